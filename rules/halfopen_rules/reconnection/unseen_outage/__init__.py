"""WS2D unseen-outage."""
