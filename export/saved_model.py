"""The command `stargan export saved_model`, as a clone runs it: python -m export.saved_model."""

import runpy

if __name__ == "__main__":
    runpy.run_module("stargan_tf.export.saved_model", run_name="__main__", alter_sys=True)
