"""A run's folder: its configuration, its checkpoints, and what it can start from."""
