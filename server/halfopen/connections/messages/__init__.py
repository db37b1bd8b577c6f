"""What is said: message types sent and handled, how they are parsed and validated, what of them is logged."""
