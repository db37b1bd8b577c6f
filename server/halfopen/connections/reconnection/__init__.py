"""What a client does after its connection ended: trigger, delay, cap, jitter, attempts, reset, close codes."""
