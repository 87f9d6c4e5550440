#!/usr/bin/env python3
r"""Prints what an exported .tflite file says of itself, as JSON.

  python describe.py quickstart-64px-dynamic.tflite

Names of labels, licence, settings of the training, and for every signature what it takes and gives:
shape, type, range, meaning. Needs ai-edge-litert only.
"""

import argparse
import pathlib
import sys

from ai_edge_litert import schema_py_generated as schema


def describe(content):
    """Returns the description in a file's contents; None: there is none."""
    if content[4:8] != b"TFL3":
        return None
    file = schema.Model.GetRootAsModel(content, 0)
    for entry in map(file.Metadata, range(file.MetadataLength())):
        if entry.Name() == b"stargan_tf.json":
            return file.Buffers(entry.Buffer()).DataAsNumpy().tobytes().decode()
    return None


def main():
    """Prints the description; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="the .tflite file")
    path = parser.parse_args().model
    try:
        text = describe(pathlib.Path(path).read_bytes())
    except OSError as error:
        print(f"error: {path} can't be read ({error.strerror})", file=sys.stderr)
        return 2
    if text is None:
        print(f"error: {path} is no .tflite file that describes itself", file=sys.stderr)
        return 2
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
