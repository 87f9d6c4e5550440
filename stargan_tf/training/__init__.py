"""The training loop, run directories, checkpoints and summaries: nothing of any one paper."""
