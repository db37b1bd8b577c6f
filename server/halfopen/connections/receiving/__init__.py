"""How an endpoint reads: its receive loop, what becomes of each exception, the work it does for a message."""
