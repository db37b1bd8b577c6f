"""Heartbeats and dead connections: what notices a peer that is gone, and what waits for it."""
