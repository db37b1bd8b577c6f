"""Connections and their dossiers: the vocabulary of facts, and what finds them."""
