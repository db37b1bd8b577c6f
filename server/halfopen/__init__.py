"""halfopen: finds the WebSocket bugs that show only in production."""

__version__ = "0.1.0"
