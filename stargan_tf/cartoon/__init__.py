"""Draws the cartoon faces that come with the package."""
