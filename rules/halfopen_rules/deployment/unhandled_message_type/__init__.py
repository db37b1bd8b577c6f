"""WS8G: one side sends a message type that no branch of the other side handles."""
