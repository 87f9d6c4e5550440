"""Exporting a run: the module with its typed signatures, and the files that hold it."""
