"""WS2B: retries that all clients make at the same moment, too often, or ever later without a bound."""
