"""WS8F pinned-session."""
