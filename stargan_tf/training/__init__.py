"""Training, run directories, checkpoints, summaries and what is done with a run afterwards."""
