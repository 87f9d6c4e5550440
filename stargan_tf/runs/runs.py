"""Run directories: what a run is, so that no other command has to be told again."""

import contextlib
import dataclasses
import json
import os
import pathlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

import stargan_tf
from stargan_tf import algorithms
from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.base import errors, files
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import names as names_lib
from stargan_tf.pictures import photos
from stargan_tf.runs import checkpoints, hub, places, statistics
from stargan_tf.runs import config as config_lib

_FORMAT = 1
_LOCK = ".lock"


@dataclasses.dataclass(frozen=True)
class Imported:
    """Where the weights of a run come from that was not trained here.

    Attributes:
      files: Names of the files that were imported.
      classifies: Whether they hold what `Algorithm.classify` needs, where the paper has it.
      missing: The networks, by name, that they do not hold.
    """

    files: tuple[str, ...]
    classifies: bool
    missing: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Published:
    """What the copy of a run holds that was made to be passed on: weights, no optimizer's state.

    Attributes:
      networks: The names of the networks whose weights it has.
    """

    networks: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Run:
    """A run's folder: train.flags, model.json, checkpoints/, samples/, metrics.jsonl, tensorboard/.

    Of data that tell something to keep it has statistics.npz, too.

    Attributes:
      directory: The folder.
      config: What was asked for.
      label_space: What the labels of its data mean.
      sample_shape: The shape of an example that is not an image; (): examples are images.
      imported: Where its weights come from; None: from training.
      published: What it holds as a copy that was passed on; None: it is no such copy.
      address: What the user called it where the folder is not the user's: "cartoon_faces_v1",
        "hf://user/name"; "": it is.
      statistics: What its training data told that it has to keep: `Source.statistics`.
    """

    directory: pathlib.Path
    config: config_lib.Config
    label_space: labels_lib.LabelSpace
    sample_shape: tuple[int, ...] = ()
    imported: Imported | None = None
    published: Published | None = None
    address: str = ""
    statistics: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict, compare=False)

    @property
    def shown(self) -> str:
        """What a command calls it: what the user can pass again."""
        return self.address or str(self.directory)

    @property
    def name(self) -> str:
        """Its name, without folders: for files that are made of it."""
        if self.address:
            return self.address.partition("@")[0].rpartition("/")[2]
        return self.directory.resolve().name

    def results(self, kind: str) -> pathlib.Path:
        """Returns the folder for results, such as "evaluation": its own, or one in ./evaluation.

        The folder of a run that came with the package, or from the hub, is not the user's.
        """
        if not self.address:
            return self.directory / kind
        name = self.address.partition("@")[0].removeprefix(hub.SCHEME)
        return pathlib.Path(kind) / name

    @property
    def checkpoint_dir(self) -> pathlib.Path:
        """Where the checkpoints are."""
        return self.directory / "checkpoints"

    @property
    def classifies(self) -> bool:
        """Whether its networks tell an image's labels, with weights that are no random numbers."""
        kind = algorithms.algorithm_class(self.config.train.algorithm)
        if not issubclass(kind, algorithm_lib.Classifier):
            return False
        kept = self.published is None or set(kind.classifies_with) <= set(self.published.networks)
        return kept and (self.imported is None or self.imported.classifies)

    @property
    def targets(self) -> tuple[str, ...]:
        """The labels that images are translated to; (): its networks don't translate."""
        kind = algorithms.algorithm_class(self.config.train.algorithm)
        if not issubclass(kind, algorithm_lib.Translates):
            return ()
        return kind.targets(self.label_space)

    @property
    def has_styles(self) -> bool:
        """Whether its translations are told by a style (`Styled`), not by a label alone."""
        kind = algorithms.algorithm_class(self.config.train.algorithm)
        return issubclass(kind, algorithm_lib.Styled)

    @property
    def is_directional(self) -> bool:
        """Whether translating needs to know what an image shows (`Directional`)."""
        kind = algorithms.algorithm_class(self.config.train.algorithm)
        return issubclass(kind, algorithm_lib.Directional)

    @property
    def converts(self) -> bool:
        """Whether its networks convert sequences of features (`Converts`), such as voices."""
        kind = algorithms.algorithm_class(self.config.train.algorithm)
        return issubclass(kind, algorithm_lib.Converts)

    def with_statistics(self, statistics_: Mapping[str, np.ndarray]) -> "Run":
        """Returns the run with the statistics in its folder; where there are none, with these.

        A training that is continued so goes on with those that it began with, also if files have
        come to its data since.
        """
        kept = statistics.read(self.directory)
        return dataclasses.replace(self, statistics=kept or dict(statistics_))

    def check_data(self, spec: Mapping[str, tf.TensorSpec]) -> None:
        """Raises a UserError unless its algorithm can be trained on the data.

        Args:
          spec: Of the data: `Source.example_spec`.
        """
        algorithms.algorithm_class(self.config.train.algorithm).check_examples(spec)
        starts = bool(self.config.train.init_from)
        if self.sample_shape:  # which is not known before the data are read
            self.config.hparams.check(self.config.data.image_size, self.sample_shape)
        self.config.hparams.check_training(self.label_space, starts_from_run=starts)

    def require(self, capability: type[algorithm_lib.Capability]) -> None:
        """Raises a UserError unless the run's paper has a capability, such as `Translates`."""
        own = self.config.train.algorithm
        if issubclass(algorithms.algorithm_class(own), capability):
            return
        able = [
            n for n in algorithms.names() if issubclass(algorithms.algorithm_class(n), capability)
        ]
        raise errors.UserError(
            f"The networks of {self.shown} ({own}) can't {capability.ability}; use a run of an "
            f"algorithm whose networks can: {', '.join(able)}."
        )

    def build(self, **settings: Any) -> algorithm_lib.Algorithm:
        """Builds the run's algorithm; `settings` are fields of `BuildSettings`, further or others.

        What is not for training normalizes with the package's own layers: the same numbers
        wherever the run was trained.
        """
        train = self.config.train
        backend = train.normalization_backend if settings.get("training", True) else "native"
        given = {
            "precision": train.precision,
            "jit_compile": train.jit_compile,
            "accumulate": train.accumulate,
            "normalization_backend": backend,
            "starts_from_run": bool(train.init_from),
            "sample_shape": self.sample_shape,
            "missing": self.imported.missing if self.imported else (),
            "statistics": self.statistics,
        }
        return algorithms.algorithm_class(train.algorithm)(
            self.config.hparams,
            algorithm_lib.BuildSettings(
                self.label_space,
                self.config.data.image_size,
                total_steps=train.total_steps,
                **{**given, **settings},
            ),
        )

    @contextlib.contextmanager
    def claimed(self) -> Iterator[None]:
        """Holds the folder, which is made if there is none, for one training at a time.

        Other commands may read a run while it is held.

        Raises:
          UserError: If another process trains in it (nothing is changed then), or it can't be made.
        """
        with contextlib.ExitStack() as stack:
            try:
                held = stack.enter_context(files.lock_folder(self.directory, _LOCK))
            except files.TakenError as error:
                raise errors.UserError(
                    f"Another training is under way in {self.directory} ({error}); wait for it or "
                    "stop it, or choose another `run_dir`."
                ) from None
            except OSError as error:
                raise self._not_made(error) from error
            if not held:
                print(
                    f"The file system of {self.directory} has no locks, so nothing keeps a second "
                    "training out of it; start none.",
                    flush=True,
                )
            yield

    def framing(self, fit: str = "crop", crop_size: int | None = None) -> photos.Framing:
        """Returns how photos become what its networks take: as its training made images.

        Args:
          fit: "crop", "pad" or "stretch".
          crop_size: Side in pixels of the centred square that "crop" cuts out; 0: the largest;
            None: that of the training.

        Raises:
          UserError: A crop is asked for with another fit, or it is negative; `fit` is unknown.
        """
        data = self.config.data
        if fit not in ("crop", "pad", "stretch"):
            raise errors.UserError(f"`fit` is crop, pad or stretch; received {fit!r}.")
        if crop_size and (crop_size < 0 or fit != "crop"):
            raise errors.UserError(
                f"`crop_size` is the side of a square in pixels, for `fit`=crop; received "
                f"`crop_size`={crop_size} with `fit`={fit}; leave it out."
            )
        crop_size = data.crop_size if crop_size is None else crop_size
        return photos.Framing(data.image_size, fit, crop_size, data.max_grey)

    def create(self) -> None:
        """Makes the folder, or checks that the one there holds this same model.

        Raises:
          UserError: If the folder holds another model, naming what differs.
        """
        self.check()
        try:
            for directory in (self.checkpoint_dir, self.directory / "samples"):
                directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._not_made(error) from error
        files.remove_partial(self.directory)
        files.remove_partial(self.checkpoint_dir)
        model = {
            "format": _FORMAT,
            "version": stargan_tf.__version__,
            "labels": self.label_space.to_json(),
            "options": self.config.values(),
        }
        if self.sample_shape:
            model["sample_shape"] = self.sample_shape
        if self.imported:
            model["imported"] = dataclasses.asdict(self.imported)
        if self.published:
            model["published"] = dataclasses.asdict(self.published)
        if self.statistics:
            statistics.write(self.directory, self.statistics)
        with files.atomic(self.directory / "model.json") as file:
            file.write(json.dumps(model, indent=2).encode() + b"\n")
        with files.atomic(self.directory / "train.flags") as file:
            file.write(self.config.to_flagfile().encode())

    def check(self) -> None:
        """Raises a UserError where the folder holds another model; changes nothing.

        A new run is refused, too, if no command could be told one of its labels. One that is there
        already may have such names: it continues.
        """
        if (self.directory / "model.json").exists():
            old = open_run(self.directory)
            if old.imported or old.published:
                how = "is a copy that was published"
                if not old.published:
                    how = f"was imported ({', '.join(old.imported.files)})"
                raise errors.UserError(
                    f"{self.directory} {how} and has no optimizer's state to train on with; start "
                    "a new run from its weights: "
                    f"{checkpoints.options_to_start_from(self.directory)}"
                )
            self._refuse_another(old)
        elif self.checkpoint_dir.exists():
            raise errors.UserError(
                f"{self.directory} holds checkpoints but no model.json, so what they are of is not "
                "known; choose another `run_dir`."
            )
        else:
            data = self.config.data
            parts = data.parts() if data.datasets else (data,)
            for part, block in zip(parts, self.label_space.blocks, strict=True):
                names_lib.refuse(block.space.names, block.space.what, part.kind)

    def _not_made(self, error: OSError) -> errors.UserError:
        return errors.UserError(
            f"Could not make the run directory {self.directory}: {error.strerror}; choose another "
            "`run_dir`."
        )

    def _refuse_another(self, old: "Run") -> None:
        before = old.config.values(identity=True) | {"labels": list(old.label_space.names)}
        now = self.config.values(identity=True) | {"labels": list(self.label_space.names)}
        differing = [
            f"{name} ({before.get(name)} there, {now.get(name)} here)"
            for name in sorted(before | now)
            if before.get(name) != now.get(name)
        ]
        if differing:
            again = "."
            if before["algorithm"] == now["algorithm"]:
                flags = checkpoints.options_to_start_from(self.directory)
                again = f", or start a new run from its weights: {flags}"
            raise errors.UserError(
                f"{self.directory} holds another model: {', '.join(differing)}; choose another "
                f"`run_dir`, or the flags of that run to continue it{again}"
            )


def open_run(directory: str | os.PathLike[str], name: str = "run") -> Run:
    """Reads what a run is from its folder.

    Args:
      directory: The folder; or the name of a run that comes with the package, or "hf://USER/NAME",
        see `places.find`.
      name: What messages call `directory`: the option or argument.

    Raises:
      UserError: If it is no run's folder, or can't be fetched.
    """
    place = places.find(directory, name)
    directory = place.directory
    path = directory / "model.json"
    _refuse_parts(directory, name)
    try:
        model = json.loads(path.read_text())
        if model["format"] > _FORMAT:
            raise errors.UserError(f"{path} was written by a newer version of this program.")
        config = config_lib.Config.from_values(model["options"])
        space = labels_lib.LabelSpace.from_json(model["labels"])
        imported = model.get("imported")
        if imported:
            imported = Imported(
                tuple(imported["files"]),
                bool(imported["classifies"]),
                tuple(imported.get("missing", ())),
            )
        published = model.get("published")
        if published:
            published = Published(tuple(map(str, published["networks"])))
        shape = tuple(model.get("sample_shape", ()))
        found = statistics.read(directory)
        return Run(directory, config, space, shape, imported, published, place.address, found)
    except FileNotFoundError as error:
        hint = f"{directory} does not exist" if not directory.exists() else "no model.json in it"
        raise errors.UserError(
            f"{name}={directory} is not the folder of a run ({hint}); give the `run_dir` of a "
            f"training, such as runs/quickstart{places.hint(directory)}."
        ) from error
    except ModuleNotFoundError as error:
        raise errors.UserError(
            f"{path} is of an algorithm that this version does not have ({error}); use a newer one."
        ) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise errors.UserError(
            f"{path} can't be read ({type(error).__name__}: {error}); restore it from a copy."
        ) from error


def folder_and_checkpoint(text: str) -> tuple[str, str]:
    """Splits FOLDER or FOLDER:STEP into the folder and the step, "latest" or "best".

    Instead of a folder there may be all that `open_run` takes.
    """
    match = re.fullmatch(r"(.+?)(?::(\d+|latest|best))?", text, re.DOTALL)
    return match[1], match[2] or "latest"


def _refuse_parts(path: pathlib.Path, name: str) -> None:
    """Raises a UserError where `path` is a file, or a run's folder of checkpoints."""
    around = pathlib.Path(os.path.abspath(path)).parents[:2]
    run = next((folder for folder in around if (folder / "model.json").is_file()), None)
    if path.is_dir() and ((path / "model.json").exists() or not run):
        return  # it is a run, or what is wrong with it is told elsewhere
    if path.exists():
        instead = "the `run_dir` of a training, such as runs/quickstart"
        if run:
            instead = f"{name}={run if path.is_absolute() else os.path.relpath(run)}"
            if match := re.fullmatch(r"step-(\d+)\.npz", path.name):
                step = int(match[1])
                instead += f":{step}" if name == "init_from" else f" checkpoint={step}"
        raise errors.UserError(
            f"`{name}` is the folder of a run; received the "
            f"{'folder' if path.is_dir() else 'file'} {path}; pass {instead}."
        )


def restore_weights(
    run: Run, algorithm: algorithm_lib.Algorithm, checkpoint: str = "latest"
) -> int:
    """Gives the algorithm's networks their weights from a checkpoint of the run.

    Args:
      run: The run.
      algorithm: As `run.build` made it.
      checkpoint: "latest", "best" or a step.

    Returns:
      The step of the checkpoint.
    """
    weights, step = algorithm.weights(), find_step(run, checkpoint)
    if run.published:
        weights = {n: v for n, v in weights.items() if n.split("/")[0] in run.published.networks}
    checkpoints.Checkpoints(run.checkpoint_dir, weights).restore(step, list(weights))
    return step


def find_step(run: Run, checkpoint: str = "latest") -> int:
    """Returns the step of a checkpoint that the run has.

    Args:
      run: The run.
      checkpoint: "latest", "best" (of a training with `keep_best`) or a step.

    Raises:
      UserError: If it has none, or not that one.
    """
    saved = checkpoints.Checkpoints(run.checkpoint_dir, {})
    steps, best = saved.steps(), saved.best()
    if not steps:
        raise errors.UserError(
            f"{run.shown} has no checkpoint yet; train it until the first one is written."
        )
    step = {"latest": steps[-1], "best": best}.get(checkpoint)
    if checkpoint == "best" and best is None:
        raise errors.UserError(
            f"No checkpoint of {run.shown} was called the best; train with `evaluate_every` "
            "and `keep_best`, or name a step or 'latest'."
        )
    if checkpoint.isdecimal():
        step = int(checkpoint)
    if step not in steps:
        names = "'latest'" if best is None else "'latest' or 'best'"
        raise errors.UserError(
            f"{run.shown} has no checkpoint {checkpoint!r}; it has "
            f"{', '.join(map(str, steps))}; name one of those or {names}."
        )
    return step
