"""Turns a source into batches: sampling, random draws, caching."""
