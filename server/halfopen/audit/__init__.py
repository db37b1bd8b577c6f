"""The audit: rules, findings, settings, and the engine that runs them."""
