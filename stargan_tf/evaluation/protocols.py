"""The published ways to measure, by name. Imports no TensorFlow."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Protocol:
    """What a name stands for.

    Attributes:
      text: What it is, for `--help`.
      metrics: Those that are measured unless others are named.
      fixed: Whether it takes all held-out images, all real ones, and `outputs` of each input.
      outputs: How many translations of each input, if it is fixed.
      pairs: Whether each pair of domains is a direction; None: where they are few.
      styled: Whether it is for algorithms with styles alone.
      files: Whether figures are written as its authors' program writes them, too.
    """

    text: str
    metrics: tuple[str, ...]
    fixed: bool = False
    outputs: int = 1
    pairs: bool | None = None
    styled: bool = False
    files: bool = False


# "clean", "ttur" and "keras" say how the features of kid, frechet and prdc are computed.
PROTOCOLS = {
    "starganv2": Protocol(
        "StarGAN v2's: all pairs of domains, all held-out images, ten outputs of each, Frechet "
        "distances to the training images, LPIPS over 45 pairs",
        ("frechet", "lpips"),
        fixed=True,
        outputs=10,
        pairs=True,
        styled=True,
        files=True,
    ),
    "starganv1": Protocol(
        "StarGAN's: the error of a classifier of real images on translations of all held-out ones",
        ("classification",),
        fixed=True,
    ),
    "ttur": Protocol("features of the Inception graph of 2015", ("frechet", "kid", "prdc")),
    "clean": Protocol("the same after antialiased bicubic resizing", ("frechet", "kid", "prdc")),
    "keras": Protocol("features of keras.applications.InceptionV3", ("frechet", "kid", "prdc")),
}
