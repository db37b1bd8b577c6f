"""WS8A upgrade-not-passed."""
