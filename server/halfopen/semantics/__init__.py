"""What code means, in one language-neutral form: trees, scopes, values, flow and control."""
