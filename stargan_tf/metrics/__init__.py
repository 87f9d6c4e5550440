"""Metrics of translated images, one file each."""
