"""Measurements, run by hand and reported in results.md: none of them is a test."""
