"""The contract of a kind of runs, as far as publishing needs to know what their examples are."""

import abc
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from stargan_tf.data import options as data_options
from stargan_tf.runs import runs


class Kind(abc.ABC):
    """What is said of a run, and compared.

    Attributes:
      task: What the hub calls what its networks do.
      noun: What its data are, in the plural.
      outputs: What its networks make, in the plural.
      compared_on: What a copy and the run are compared on.
      drawn: The data sets of this kind that the package draws.
      drawn_about: What is said of these, behind their name.
      extra: The extra that using it from Python needs; "": none.
    """

    task: ClassVar[str]
    noun: ClassVar[str]
    outputs: ClassVar[str]
    compared_on: ClassVar[str]
    drawn: ClassVar[tuple[str, ...]]
    drawn_about: ClassVar[str]
    extra: str = ""

    def __init__(self, run: runs.Run):
        self.run = run

    @property
    def is_drawn(self) -> bool:
        """Whether the package draws all of the data that the run is of."""
        data = self.run.config.data
        return set(data_options.split_names(data.datasets or data.dataset)) <= set(self.drawn)

    @abc.abstractmethod
    def introduction(self) -> str:
        """Returns a sentence that says what the model does."""

    @abc.abstractmethod
    def directions(self, algorithm: Any) -> list[tuple[str, str]]:
        """Returns targets, each with what an input has to be of for that; "": anything."""

    @abc.abstractmethod
    def networks(self, algorithm: Any) -> tuple[str, ...]:
        """Returns the names of the networks that making outputs needs."""

    @abc.abstractmethod
    def made(self, algorithm: Any) -> np.ndarray:
        """Returns outputs of a few inputs that need no data set, float64, as `told` compares."""

    @abc.abstractmethod
    def told(self, difference: float) -> str:
        """Returns a mean or largest difference of two arrays of `made`, with its unit."""

    @abc.abstractmethod
    def python(self, target: str, source: str) -> list[str]:
        """Returns lines that use `model`; `target` and `source` are of `directions`."""

    @abc.abstractmethod
    def shell(self, address: str, target: str, source: str) -> str:
        """Returns a command that does the same with the run at an address."""

    @abc.abstractmethod
    def limits(self) -> Sequence[str]:
        """Returns sentences on what it can't do, and on how it must not be used."""


def quoted(name: str) -> str:
    """Returns a name as a shell takes it."""
    return f"'{name}'" if not name.replace("_", "").isalnum() else name


def listed(names: Sequence[str], most: int = 40) -> str:
    """Returns names with commas, and of many how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
