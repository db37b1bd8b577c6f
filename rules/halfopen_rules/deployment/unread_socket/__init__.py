"""WS8D: a server that does not read closes its own healthy connections."""
