"""What an audit found, as text for people and as data for machines."""
