"""Data sets packed into few large files."""
