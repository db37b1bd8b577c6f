"""WS3A: a message that is lost while the connection is down, or on its way to clients that are connected."""
