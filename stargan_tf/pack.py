"""Packs a data set into a few large files, for a million images or for network disks.

  python -m stargan_tf.pack --dataset=celeba --data_dir=celeba --output=celeba_packed
  python -m stargan_tf.train --dataset=packed --data_dir=celeba_packed ...

Labels, their names and the split are packed with the images, so their flags are given here. The
same command continues after an interruption. Once all is packed, it compares every file with its
checksum and writes damaged files again.
"""

import dataclasses
import pathlib
import typing

from absl import flags

from stargan_tf.base import errors
from stargan_tf.cli import command_line, train_flags
from stargan_tf.data import options as data_options
from stargan_tf.data import sequence_options

if typing.TYPE_CHECKING:
    from stargan_tf.data.packs import packing

_MB = 10**6
# Without the flags of what training does to images, which include the size unless images are drawn,
# and without those of sequences.
# Each of several data sets is packed by itself.
_FIELDS = [
    field
    for field in dataclasses.fields(data_options.DataOptions)
    if field.name not in ("flip", "image_size", "fast_decode", "max_grey", "datasets")
    and field.name not in sequence_options.OPTIONS
    and not field.name.startswith("cache")
]

train_flags.define(data_options.DataOptions, _FIELDS)
_IMAGE_SIZE = flags.DEFINE_integer(
    "image_size",
    data_options.DataOptions.image_size,
    "cartoon_faces, cartoon_pairs: height and width in pixels; images in files are packed as they "
    "are.",
)
_OUTPUT = flags.DEFINE_string("output", "", "The folder to write; it is created.")
_SHARD_MB = flags.DEFINE_integer(
    "shard_mb", 200, "Megabytes after which to begin a new file.", lower_bound=1
)


def main() -> int:
    """Wires the data set and the folder together; returns the exit status."""
    options, settings = _options()
    if not _OUTPUT.value:
        raise errors.UserError("There is no folder to write to; pass --output=DIR.")
    command_line.import_tensorflow()
    from stargan_tf.data.packs import packed_format, packing

    directory = pathlib.Path(_OUTPUT.value)
    with packing.output_folder(directory, settings):
        make = _in_order if options.kind == "tfds" else _by_number
        splits = {name: make(options, name) for name in packed_format.SPLITS}
        packing.pack(splits, directory, settings, _SHARD_MB.value * _MB)
    counts = " and ".join(f"{split.size:,} {name}" for name, split in splits.items())
    print(
        f"Packed {counts} images. Train with --dataset=packed --data_dir={directory} in place of "
        "the flags of the data set."
    )
    return 0


def _by_number(options: data_options.DataOptions, split: str) -> "packing.Split":
    """Returns a split that can be read in any order."""
    from stargan_tf.data import loading
    from stargan_tf.data.packs import packing

    images = loading.load(options, split)
    if not images.in_memory:  # not drawn
        _refuse_size(options)
    print(f"Checking {images.size:,} {split} images.", flush=True)
    images = command_line.usable(images, options.on_corrupt)
    return packing.split_of(images, options.crop_size, options.data_dir)


def _in_order(options: data_options.DataOptions, split: str) -> "packing.Split":
    """Returns a split that can perhaps only be read in order."""
    from stargan_tf.data.packs import packing

    _refuse_size(options)
    print(f"Checking the {split} images.", flush=True)
    made, problems = packing.split_of_tfds(options, split)
    for name, reason in problems.items():
        print(f"skipped: {name} ({reason})", flush=True)
    return made


def _options() -> tuple[data_options.DataOptions, dict[str, object]]:
    """Returns the checked data options, and all flags that decide what is packed."""
    values = {name: flags.FLAGS[name].value for name in ("image_size", *(f.name for f in _FIELDS))}
    options = data_options.DataOptions(**values)
    options.check()
    changing = {field.name for field in _FIELDS if field.metadata["may_change"]}
    settings = {name: value for name, value in values.items() if name not in changing}
    return options, {**settings, "shard_mb": _SHARD_MB.value}


def _refuse_size(options: data_options.DataOptions) -> None:
    if options.image_size != data_options.DataOptions.image_size:
        raise errors.UserError(
            f"Images of --dataset={options.dataset} are packed as they are; received "
            f"--image_size={options.image_size}; leave it out here and give it to the training."
        )


if __name__ == "__main__":
    command_line.run(main)
