"""WS4B mistimed-heartbeat."""
