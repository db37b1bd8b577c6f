"""WS6B stale-handler."""
