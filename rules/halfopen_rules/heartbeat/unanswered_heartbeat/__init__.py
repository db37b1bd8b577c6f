"""WS4D unanswered-heartbeat."""
