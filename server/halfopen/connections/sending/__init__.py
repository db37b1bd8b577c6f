"""How an endpoint sends: guards, timeouts, broadcasts, queues, what a client that comes back is given."""
