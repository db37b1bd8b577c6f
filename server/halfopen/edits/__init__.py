"""Edit builders: text changes that keep everything else as it stands."""
