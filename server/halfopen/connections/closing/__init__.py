"""The close codes that a side sends, and those it tells apart."""
