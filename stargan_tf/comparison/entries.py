"""The runs that are compared, each with the weights of a checkpoint."""

import dataclasses
import os
import pathlib
from collections.abc import Sequence

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.base import errors
from stargan_tf.inference import model as model_lib
from stargan_tf.runs import runs


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A run that is to be compared, and the checkpoint that was asked for.

    Attributes:
      name: What reports call it: its folder's name, or more where two are alike.
      run: The run.
      step: The step of the checkpoint.
    """

    name: str
    run: runs.Run
    step: int


@dataclasses.dataclass(frozen=True)
class Entry(Candidate):
    """The same with its networks.

    Attributes:
      model: The networks, with the weights of the checkpoint.
    """

    model: model_lib.Model

    @property
    def styled(self) -> bool:
        """Whether its translations have styles."""
        return self.run.has_styles


def find(texts: Sequence[str]) -> list[Candidate]:
    """Returns the runs that are named, in order; builds no network.

    Args:
      texts: FOLDER or FOLDER:STEP, where a step may be "best".

    Raises:
      UserError: There are fewer than two, one is named twice, is no run, does not translate images,
        is of several data sets, or lacks the checkpoint.
    """
    found: list[tuple[runs.Run, int]] = []
    for text in texts:
        directory, checkpoint = runs.folder_and_checkpoint(text)
        run = runs.open_run(directory, "runs")
        run.require(algorithm_lib.Translates)
        if run.config.data.datasets:
            raise errors.UserError(
                f"{directory} was trained on several data sets ({run.config.data.datasets}), and "
                "runs are compared on one; leave it out."
            )
        found.append((run, runs.find_step(run, checkpoint)))
    places = [(run.directory.resolve(), step) for run, step in found]
    if len(found) < 2 or len(set(places)) < len(places):
        raise errors.UserError(
            "A comparison is of two runs or more, each named once; received "
            f"runs={','.join(texts)}; pass runs=runs/a,runs/b, or runs=runs/a:1000,runs/a:2000 for "
            "two checkpoints of a run."
        )
    names = _names(found)
    return [Candidate(name, *one) for name, one in zip(names, found, strict=True)]


def load(candidate: Candidate) -> Entry:
    """Builds the networks of a run and gives them their weights.

    Raises:
      UserError: The checkpoint is damaged, or of other networks.
    """
    model = model_lib.Model(candidate.run, candidate.step)
    return Entry(candidate.name, candidate.run, candidate.step, model)


def _names(found: Sequence[tuple[runs.Run, int]]) -> list[str]:
    """Returns a short name for each: the end of its path that no other has, and the step."""
    folders = [_path(run) for run, _ in found]
    names = []
    for folder, (_, step) in zip(folders, found, strict=True):
        others = {other for other in folders if other != folder}
        count = 1
        while any(other.parts[-count:] == folder.parts[-count:] for other in others):
            count += 1
        name = "/".join(folder.parts[-count:])
        names.append(f"{name}:{step}" if folders.count(folder) > 1 else name)
    return names


def _path(run: runs.Run) -> pathlib.Path:
    """Returns the whole path of a run that is a folder of the user's, or what it was called."""
    return pathlib.Path(run.address or os.path.abspath(run.directory))
