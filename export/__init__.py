"""Exporters as commands of a clone, such as python -m export.onnx; serving/ asks a server."""
