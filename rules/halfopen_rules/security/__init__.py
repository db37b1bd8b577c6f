"""Checks of who may connect, what is trusted, and what becomes visible to others."""
