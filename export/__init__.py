"""Exporting trained runs, and serving what was exported."""
