"""WS7A unrevalidated-session."""
