"""The command `stargan client`, as a clone runs it: python -m export.serving.client."""

import runpy

if __name__ == "__main__":
    runpy.run_module("stargan_tf.client", run_name="__main__", alter_sys=True)
