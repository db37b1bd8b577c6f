"""WS6A: an older answer or an early change overwrites what the socket brought."""
