"""The contract of a paper's `reference_files.py`: what its authors' released weights tell.

Such a module imports no TensorFlow at its top (command lines read it for `--help`) and has

  FILES: the files to give, a tuple of `File`;
  LABEL_KINDS: which kinds of `LabelSpace` the networks can be of;
  HPARAMS: names of hyperparameters that a file may not tell, and that a user may therefore give;
  DATA, which may be left out: a sentence for `--help` for each option of data sets, by its name,
    that a user may give for the same reason;
  recognize(state) -> str: which `content` of FILES a state dict is, or "";
  describe(states, given) -> Networks: what the networks are, from the shapes in the state dicts;
  load(algorithm, states) -> Loaded: gives a built algorithm its weights, all or none.

`states` are the state dicts by flag; `given` are hyperparameters, options of data and image_size as
the user gave them, None where not.
"""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from stargan_tf.base import errors

State = Mapping[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class File:
    """A file of released weights.

    Attributes:
      flag: The command line's, without dashes.
      content: What it holds, for messages: "the generator of StarGAN v1".
      required: Whether there is no import without it.
      help: A sentence for `--help`.
    """

    flag: str
    content: str
    required: bool
    help: str


@dataclasses.dataclass(frozen=True)
class Networks:
    """What state dicts tell about their networks.

    Attributes:
      values: Hyperparameters, and options of data such as image_size, by flag.
      labels: The length of a label vector.
      sample_shape: The shape of an example that is not an image; (): examples are images.
      statistics: What the run has to keep of its training data, as far as the files tell it; with
        a `data_dir` among `values` the data tell the rest.
    """

    values: Mapping[str, Any]
    labels: int
    sample_shape: tuple[int, ...] = ()
    statistics: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Loaded:
    """What was loaded.

    Attributes:
      ignored: Names in the files that no variable here has a use for.
      classifies: Whether `Algorithm.classify` works with what was loaded.
      missing: The networks, by name, for which there was no file: `BuildSettings.missing`.
      target: The position of a label to which what was loaded can translate.
    """

    ignored: tuple[str, ...]
    classifies: bool
    missing: tuple[str, ...] = ()
    target: int = 0


def check(
    content: str, shapes: Mapping[str, tuple[int, ...]], state: State, ignored: str = "$^"
) -> tuple[str, ...]:
    """Compares a state dict with what is needed; returns its names that are ignored.

    Args:
      content: What the state dict is, for messages.
      shapes: Of every tensor that is needed, by its name there.
      state: The state dict.
      ignored: A regular expression: what may be there besides.

    Raises:
      UserError: If names are missing, unknown, or of another shape, or values are not finite.
    """
    spare = [name for name in state if name not in shapes]
    both = [name for name in shapes if name in state]
    problems = {
        "missing": [name for name in shapes if name not in state],
        "unknown": [name for name in spare if not re.search(ignored, name)],
        "of another shape": [
            f"{name} {state[name].shape} for {shapes[name]}"
            for name in both
            if state[name].shape != shapes[name]
        ],
        "not finite": [name for name in both if not np.isfinite(state[name]).all()],
    }
    faults = [f"{len(n)} {what} ({errors.some(n)})" for what, n in problems.items() if n]
    if faults:
        raise errors.UserError(
            f"The tensors of {content} are not as they must be: {', '.join(faults)}; give the "
            "authors' file, or one with the same names and shapes."
        )
    return tuple(spare)


def count(state: State, pattern: str) -> int:
    """Returns how many names of a state dict a regular expression matches as a whole."""
    return sum(re.fullmatch(pattern, name) is not None for name in state)
