"""Chapter 6: state that messages and the page both change."""
