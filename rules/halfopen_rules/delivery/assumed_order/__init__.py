"""WS3B: a message arrives before or after its turn, and is believed."""
