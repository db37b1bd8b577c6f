"""WS2A: a client that does not come back after its connection was lost."""
