"""The command `stargan export web`, as a clone runs it: python -m export.web."""

import runpy

if __name__ == "__main__":
    runpy.run_module("stargan_tf.export.web", run_name="__main__", alter_sys=True)
