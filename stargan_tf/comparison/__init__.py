"""Comparing runs: of any papers, on the same held-out images."""
