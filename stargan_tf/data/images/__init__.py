"""Decodes, crops and resizes images."""
