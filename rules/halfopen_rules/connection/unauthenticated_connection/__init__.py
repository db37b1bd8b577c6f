"""WS1C unauthenticated-connection."""
