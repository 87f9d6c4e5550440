"""What a served model says about itself."""

import dataclasses
import json

from stargan_tf.base import errors
from stargan_tf.data import labels as labels_lib
from stargan_tf.data.images import reading
from stargan_tf.pictures import photos

_FORMAT = 2  # the newest that is understood, with all before it


@dataclasses.dataclass(frozen=True)
class ServedModel:
    """The description that an exported model carries.

    Attributes:
      name: Of the run that was exported.
      algorithm: The paper, such as "stargan_v1".
      labels: What its labels mean: the names to ask for.
      image_size: Height and width of its images in pixels.
      crop_size: Side in pixels of the centred square that it cuts out of photos; 0: the largest.
      max_grey: The value that it takes as white in grey photos of 16 bits.
      step: Of training, after which it was exported.
      weights_sha256: Of its weights: tells models apart.
      latent_dim: Of its latent codes; None: it has none.
      style_dim: Of its styles; None: it translates to labels, without styles.
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

    @property
    def has_styles(self) -> bool:
        """Whether translations are told by a style (StarGAN v2), not by a label alone."""
        return self.style_dim is not None

    def framing(self, fit: str) -> photos.Framing:
        """Returns how photos become what the model takes; `fit`: "crop", "pad" or "stretch"."""
        return photos.Framing(self.image_size, fit, self.crop_size, self.max_grey)

    @classmethod
    def from_json(cls, text: bytes) -> "ServedModel":
        """Reads what the signature `describe` answers.

        Raises:
          UserError: If it is of a newer program, or no such description.
        """
        try:
            value = json.loads(text)
            if value["format"] > _FORMAT:
                raise errors.UserError(
                    f"The served model was exported by a newer version of this program (format "
                    f"{value['format']}, here {_FORMAT}); update this one."
                )
            fields = {field.name for field in dataclasses.fields(cls)} - {"labels"}
            added = {"crop_size", "max_grey"}  # Exports of earlier versions do not have these.
            given = {name: value[name] for name in fields - added | added & set(value)}
            _check(given)
            return cls(labels=labels_lib.LabelSpace.from_json(value["labels"]), **given)
        except errors.UserError:
            raise
        except (ValueError, TypeError, KeyError) as error:
            raise errors.UserError(
                f"The served model's description can't be read ({error!r}); export it again with "
                "this version of the program."
            ) from error

    def __str__(self) -> str:
        kinds = {"domains": "domains", "attributes": "attributes", "joint": "labels"}
        kind = kinds[self.labels.kind]
        return (
            f"{self.algorithm} {self.name!r}, step {self.step:,}, {self.image_size} px, {kind} "
            f"{', '.join(self.labels.names)}"
        )


def _check(given: dict[str, object]) -> None:
    for name, value in given.items():
        optional = name.endswith("_dim")
        kind = str if name in ("name", "algorithm", "weights_sha256") else int
        if not (isinstance(value, kind) or (optional and value is None)):
            raise ValueError(f"{name} is {value!r}")
    if not 0 < given["image_size"] <= 8192:
        raise ValueError(f"image_size is {given['image_size']}")
    for name, least in (("crop_size", 0), ("max_grey", 1)):
        if given.get(name, least) < least:
            raise ValueError(f"{name} is {given[name]}")
