"""Acme's own rules: one folder for each."""
