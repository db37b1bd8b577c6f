"""Reconnecting: whether, when, how often, and what the user is told."""
