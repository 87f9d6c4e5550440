"""The training loop, its devices, and what it reports."""
