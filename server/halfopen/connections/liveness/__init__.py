"""How each side notices that the other is gone: application heartbeats, their answers, deadlines, watchdogs."""
