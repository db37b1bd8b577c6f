"""WS6C: state that no reconnect puts right again."""
