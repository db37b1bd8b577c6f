"""WS7D: credentials, personal data and internals show in logs, messages, errors and URLs."""
