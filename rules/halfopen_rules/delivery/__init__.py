"""Chapter 3: messages that are lost, reordered, doubled, or piled up."""
