"""The full report of an audit: its Markdown, its HTML, and that page in a browser."""
