"""WS5B: closes that mean different things and look the same."""
