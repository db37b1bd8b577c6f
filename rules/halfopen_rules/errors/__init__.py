"""Errors: what becomes of failures, and of the connection that they end."""
