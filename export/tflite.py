"""The command `stargan export tflite`, as a clone runs it: python -m export.tflite."""

import runpy

if __name__ == "__main__":
    runpy.run_module("stargan_tf.export.tflite", run_name="__main__", alter_sys=True)
