"""The command `stargan export onnx`, as a clone runs it: python -m export.onnx."""

import runpy

if __name__ == "__main__":
    runpy.run_module("stargan_tf.export.onnx", run_name="__main__", alter_sys=True)
