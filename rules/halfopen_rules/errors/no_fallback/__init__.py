"""WS5C no-fallback."""
