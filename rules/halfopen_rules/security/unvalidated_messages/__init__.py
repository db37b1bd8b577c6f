"""WS7B: received messages are used without being checked."""
