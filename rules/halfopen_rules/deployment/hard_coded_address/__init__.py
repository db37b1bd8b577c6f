"""WS8E hard-coded-address."""
