"""WS7C: one client may set off work without end."""
