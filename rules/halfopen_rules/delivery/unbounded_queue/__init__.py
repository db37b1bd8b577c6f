"""WS3D: messages or work pile up for a connection without a limit."""
