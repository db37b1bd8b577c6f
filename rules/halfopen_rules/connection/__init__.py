"""Chapter 1: how connections are owned, validated and released."""
