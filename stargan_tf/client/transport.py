"""What gRPC and REST have in common: the three questions that a client asks a server."""

import abc
import dataclasses
from collections.abc import Mapping

import numpy as np

from stargan_tf.client import target as target_lib

# Answers above this are not read. 16 float images of 1024 px are 201 MB; gRPC's own limit of 4 MB
# is about one of 512 px.
MAX_MESSAGE_BYTES = 256 * 2**20


@dataclasses.dataclass(frozen=True)
class TensorSpec:
    """A tensor of a signature.

    Attributes:
      dtype: As TensorFlow writes it, such as "float32" or "string".
      shape: None stands for any size; None instead of a tuple for any rank.
    """

    dtype: str
    shape: tuple[int | None, ...] | None

    def __str__(self) -> str:
        if self.shape is None:
            return f"{self.dtype} [...]"
        return f"{self.dtype} [{', '.join('any' if n is None else str(n) for n in self.shape)}]"


@dataclasses.dataclass(frozen=True)
class Signature:
    """What a signature takes and gives, by name."""

    inputs: dict[str, TensorSpec]
    outputs: dict[str, TensorSpec]


@dataclasses.dataclass(frozen=True)
class VersionStatus:
    """The state of a version: "START", "LOADING", "AVAILABLE", "UNLOADING" or "END".

    `error` says why it can't be served; empty: it can.
    """

    version: int
    state: str
    error: str = ""


class Transport(abc.ABC):
    """Asks a server about one model; sends nothing before. Threads may share it.

    Every method raises ServerError if the server refuses or can't be reached in time.
    """

    target: target_lib.Target

    @abc.abstractmethod
    def predict(self, signature: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Returns the outputs of a signature by name.

        Args:
          signature: Its name.
          inputs: Arrays by name; those of strings have dtype object and hold `bytes`.
        """

    @abc.abstractmethod
    def signatures(self) -> dict[str, Signature]:
        """Returns the model's signatures by name."""

    @abc.abstractmethod
    def status(self) -> list[VersionStatus]:
        """Returns the model's versions, the newest first; only the target's, if it names one.

        A label makes no difference, since not every server knows labels here.
        """

    @abc.abstractmethod
    def close(self) -> None:
        """Closes the connection."""
