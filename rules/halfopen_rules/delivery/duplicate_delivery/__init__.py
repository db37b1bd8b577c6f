"""WS3C: a message is delivered or acted on more than once."""
