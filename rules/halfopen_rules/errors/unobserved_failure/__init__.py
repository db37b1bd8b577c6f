"""WS5D: asynchronous work of a connection fails, and nobody is there to see it."""
