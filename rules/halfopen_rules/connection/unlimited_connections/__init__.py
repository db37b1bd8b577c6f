"""WS1D unlimited-connections."""
