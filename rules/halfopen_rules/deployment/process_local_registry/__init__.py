"""WS8B: connections are kept in the memory of one process while several serve."""
