"""Chapter 8: what the deployment and the runtime do to connections."""
