"""An endpoint that the proxy does not pass on."""
