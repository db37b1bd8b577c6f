"""WS6D: state that a message handler changes in place."""
