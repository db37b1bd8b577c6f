"""WS4A missing-heartbeat."""
