"""Commands that export a run: `stargan export saved_model`, `tflite`, `onnx`, `web` and `hub`."""
