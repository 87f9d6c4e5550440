"""Exporters, python -m export.saved_model and python -m export.tflite; serving/ asks a server."""
