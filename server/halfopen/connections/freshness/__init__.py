"""Whether handlers see current props and state, and how often the socket is made anew."""
