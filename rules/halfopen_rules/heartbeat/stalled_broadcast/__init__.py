"""WS4C: one client that stopped reading or left holds up the others."""
