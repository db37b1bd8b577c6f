"""WS1A untold-closes."""
