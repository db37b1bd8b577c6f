"""Closes of a socket that its code cannot tell apart."""
