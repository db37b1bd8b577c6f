"""WS5A: a failure around the socket is stopped, and nobody learns of it."""
