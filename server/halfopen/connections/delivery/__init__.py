"""What becomes of messages: sends and their guard, the outbox, acknowledgement, order, duplicates, what is asked for after a gap."""
