"""The description that a served model gives of itself."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.data.images import reading
from stargan_tf.inference import sounds
from stargan_tf.pictures import photos

_FORMAT = 2  # the newest that is understood, with all before it


@dataclasses.dataclass(frozen=True)
class Sequences:
    """What a model takes that converts sequences of features.

    Attributes:
      features: F, how many numbers a frame has.
      rule: How sound becomes features; None: they are not of sound.
      statistics: Of pitch, (K,) by name; {}: it is not known.
    """

    features: int
    rule: sounds.Rule | None
    statistics: Mapping[str, np.ndarray]

    @classmethod
    def from_json(cls, value: Mapping[str, Any], domains: int) -> "Sequences":
        """Reads what an export says; raises as `ServedModel.from_json` expects it."""
        rule = None if value["rule"] is None else sounds.Rule(**value["rule"])
        statistics = {name: np.array(v, np.float64) for name, v in value["statistics"].items()}
        known = rule is None or (rule.kind in ("mcep", "mel") and type(rule.rate) is int)
        if type(value["features"]) is not int or value["features"] < 1 or not known:
            raise ValueError(f"sequences is {dict(value)!r}")
        if any(one.shape != (domains,) for one in statistics.values()):
            raise ValueError("statistics have not one number for each domain")
        return cls(value["features"], rule, statistics)


@dataclasses.dataclass(frozen=True)
class ServedModel:
    """The description that an exported model carries.

    Attributes:
      name: The name of the run that was exported.
      algorithm: The paper, such as "stargan_v1".
      labels: The names to ask for.
      image_size: Height and width of its images in pixels.
      step: The training step of its weights.
      weights_sha256: The checksum of its weights, which tells models apart.
      latent_dim: The length of a latent code; None: it has none.
      style_dim: The length of a style; None: it translates to labels, without styles.
      crop_size: Side in pixels of the centred square that it cuts out of photos; 0: the largest.
      max_grey: The value that it takes as white in grey photos of 16 bits.
      directions: From which to which domain it translates, as positions in labels, if it has to
        know from which; None: it has not.
      targets: The names among the labels that images are translated to; (): all.
      sequences: What it takes if it converts sequences; None: it is for images.
    """

    name: str
    algorithm: str
    labels: labels_lib.LabelSpace
    image_size: int
    step: int
    weights_sha256: str
    latent_dim: int | None
    style_dim: int | None
    crop_size: int = 0
    max_grey: int = reading.MAX_GREY
    targets: tuple[str, ...] = ()
    directions: tuple[tuple[int, int], ...] | None = None
    sequences: Sequences | None = None

    @property
    def takes_domains(self) -> bool:
        """Whether its signatures ask for a domain, of which there is more than one then."""
        return len(self.targets) != 1

    @property
    def has_styles(self) -> bool:
        """Whether it translates to styles (StarGAN v2), not to labels."""
        return self.style_dim is not None

    def framing(self, fit: str, crop_size: int | None = None) -> photos.Framing:
        """Returns how photos become the model's images; see `translator.Translator`."""
        crop_size = self.crop_size if crop_size is None else crop_size
        return photos.Framing(self.image_size, fit, crop_size, self.max_grey)

    @classmethod
    def from_json(cls, text: bytes) -> "ServedModel":
        """Returns the description that the signature `describe` answers with.

        Raises:
          UserError: If a newer program wrote it, or it is no such description.
        """
        try:
            value = json.loads(text)
            if value["format"] > _FORMAT:
                raise errors.UserError(
                    f"The served model was exported by a newer version of this program (format "
                    f"{value['format']}, here {_FORMAT}); update this one."
                )
            others = {"labels", "targets", "directions", "sequences"}
            names = {field.name for field in dataclasses.fields(cls)} - others
            # Exports of earlier versions have neither a crop size nor a maximal grey.
            values = {"crop_size": 0, "max_grey": reading.MAX_GREY} | value
            values = {name: values[name] for name in names}
            _check(values)
            space = labels_lib.LabelSpace.from_json(value["labels"])
            targets = tuple(value.get("targets", ()))
            if not set(targets) <= set(space.names):
                raise ValueError(f"targets is {targets!r}")
            directions = value.get("directions")  # exports of earlier versions have none
            if directions is not None:
                directions = tuple((int(source), int(target)) for source, target in directions)
            sequences = value.get("sequences")  # of images there are none
            if sequences is not None:
                sequences = Sequences.from_json(sequences, space.width)
            return cls(
                labels=space, targets=targets, directions=directions, sequences=sequences, **values
            )
        except errors.UserError:
            raise
        except (ValueError, TypeError, KeyError) as error:
            raise errors.UserError(
                f"The served model's description can't be read ({error!r}); export it again with "
                "this version of the program."
            ) from error

    def __str__(self) -> str:
        kind = "labels" if self.labels.kind == "joint" else self.labels.kind
        size = f"{self.image_size} px"
        if self.sequences:
            size = f"{self.sequences.features} features"
        return (
            f"{self.algorithm} {self.name!r}, step {self.step:,}, {size}, {kind} "
            f"{', '.join(self.labels.names)}"
        )


def _check(values: dict[str, object]) -> None:
    least = {"image_size": 1, "crop_size": 0, "max_grey": 1}
    for name, value in values.items():
        kind = str if name in ("name", "algorithm", "weights_sha256") else int
        right = isinstance(value, kind) and (name not in least or value >= least[name])
        if not (right or (name.endswith("_dim") and value is None)):
            raise ValueError(f"{name} is {value!r}")
    if values["image_size"] > 8192:
        raise ValueError(f"image_size is {values['image_size']}")
