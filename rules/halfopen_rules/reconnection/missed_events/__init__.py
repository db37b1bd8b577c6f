"""WS2C: events of an outage that nobody asks for again."""
