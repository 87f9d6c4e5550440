"""From a source to batches: sampling, random draws, caching."""
