"""WS1B unclosed-connection."""
