"""What the user sees: the states told apart, whether they reach the screen, what stands in while there is no connection."""
