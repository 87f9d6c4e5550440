"""The command `stargan export hub`, as a clone runs it: python -m export.hub."""

import runpy

if __name__ == "__main__":
    runpy.run_module("stargan_tf.export.hub", run_name="__main__", alter_sys=True)
