"""WS8C: a call holds the event loop of all connections."""
