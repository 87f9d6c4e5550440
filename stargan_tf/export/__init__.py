"""Commands that export a run: `stargan export saved_model` and `stargan export tflite`."""
