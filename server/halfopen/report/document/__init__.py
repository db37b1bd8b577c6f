"""The full report of an audit: one model of what it says, which the Markdown and the HTML show alike."""
