"""Serving an exported run with TensorFlow Serving: README.md."""
