"""A run as a page: networks that translate in a visitor's browser, from any static server."""
