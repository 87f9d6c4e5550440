r"""Converts a voice, or other sequences of features, with a trained run.

  python -m stargan_tf.convert --run=runs/x --audio=me.wav --from=anna --to=ben --output=out.wav

--audio is a wav or flac file, or a folder of them; a folder becomes a folder. Sound needs the extra
voice. Files of features (.npz with an array `features`, and the pitch `f0` if it is known) need
nothing, and become features again, or sound: --output=out.wav.
"""

import pathlib

from absl import flags

from stargan_tf.cli import command_line

_RUN = flags.DEFINE_string("run", None, "The directory of the run.", required=True)
_AUDIO = flags.DEFINE_string(
    "audio",
    None,
    "A file of sound (.wav, .flac) or of features (.npz), or a folder of them; sub-folders are "
    "read too.",
    required=True,
)
_OUTPUT = flags.DEFINE_string(
    "output",
    None,
    "The .wav or .npz file to write; a folder where --audio is one.",
    required=True,
)
_FROM = flags.DEFINE_string("from", None, "Whose voice it is: a domain of the run.", required=True)
_TO = flags.DEFINE_string("to", None, "Whose voice it is to become.", required=True)
_DIFFERENTIAL = flags.DEFINE_boolean(
    "differential",
    False,
    "Keep the input, and add what differs between the conversions to --to and to --from: less is "
    "changed, and less is damaged.",
)
_SPECTRAL_GAIN = flags.DEFINE_boolean(
    "spectral_gain",
    False,
    "Multiply the sound's own spectrum by what the conversion changes, which keeps its fine "
    "structure, in place of a spectrum made of the features.",
)
_CHECKPOINT = flags.DEFINE_string("checkpoint", "latest", "latest, best or a step.")


def main() -> int:
    """Converts; a file of a folder that can't be read is named and left out (status 1)."""
    from stargan_tf.inference import conversion_files, converter

    jobs = conversion_files.jobs(pathlib.Path(_AUDIO.value), pathlib.Path(_OUTPUT.value))
    command_line.import_tensorflow()
    from stargan_tf.algorithms import algorithm
    from stargan_tf.inference import model as model_lib
    from stargan_tf.runs import runs

    run = runs.open_run(_RUN.value)
    run.require(algorithm.Converts)
    way = converter.way_of(_FROM.value, _TO.value, _DIFFERENTIAL.value, _SPECTRAL_GAIN.value)
    model = model_lib.Model(run, _CHECKPOINT.value)
    model.check(way)
    return command_line.each_photo(
        jobs,
        lambda audio, output: conversion_files.convert(model, audio, output, way),
        "converted",
        what="files",
    )


if __name__ == "__main__":
    command_line.run(main)
