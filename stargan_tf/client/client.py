"""The client: what users call."""

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from stargan_tf.base import errors
from stargan_tf.client import failures, pictures, served, transport
from stargan_tf.client import target as target_lib
from stargan_tf.data import labels as labels_lib
from stargan_tf.data import latents as latents_lib

# What signatures call a translation, and what models exported before called it.
_TRANSLATED = ("translated", "image")
_BATCH = 16  # images sent at a time; export/serving/batching.config has the same bound


def connect(target: target_lib.Target) -> "Client":
    """Returns a client of the server that `target` names; nothing is sent yet.

    Raises:
      UserError: If gRPC is asked for without the extra `serving`, or a certificate can't be read.
    """
    # Imported where it is used: REST needs neither gRPC nor TensorFlow.
    if target.is_rest:
        from stargan_tf.client import rest_transport

        return Client(rest_transport.RestTransport(target))
    try:
        from stargan_tf.client import grpc_transport
    except ImportError as error:
        raise errors.UserError(
            f"gRPC needs packages that are missing ({error}); install them with "
            f"{errors.install_command('serving')}, or use REST: --server=http://HOST:8501."
        ) from error
    return Client(grpc_transport.GrpcTransport(target))


class Client:
    """Translates images with a served model. May be used by several threads at once.

    Images are uint8 arrays (N, size, size, 3), or lists of photos, each a path or a file's
    contents; translations come back as arrays, or as lists of PNG files. Every method that asks the
    server raises ServerError, a UserError, where it refuses or can't be reached in time.

    Args:
      connection: How the server is asked.
    """

    def __init__(self, connection: transport.Transport):
        self._transport = connection

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *unused: Any) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection."""
        self._transport.close()

    @functools.cached_property
    def model(self) -> served.ServedModel:
        """What the model is; asked once. Pin a version where versions differ in their names."""
        target = self._transport.target
        try:
            answer = self._transport.predict("describe", {"request": _strings([b""])})
        except failures.ServerError as error:
            if error.code in failures.REFUSALS:
                raise errors.UserError(
                    f"The {target} at {target.server} does not say which names it knows; serve "
                    f"one that this program exported. {error}"
                ) from error
            raise
        return served.ServedModel.from_json(_output(answer, "model_json", 1)[0])

    def status(self) -> list[transport.VersionStatus]:
        """Returns the model's versions, the newest first."""
        return self._transport.status()

    def signatures(self) -> dict[str, transport.Signature]:
        """Returns the model's signatures by name."""
        return self._transport.signatures()

    def predict(self, signature: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Returns what any signature makes of `inputs`, in one request.

        Args:
          signature: Its name.
          inputs: Arrays by name; those of strings have dtype object and hold `bytes`.

        Raises:
          UserError: If an input holds NaN or infinity.
          ValueError: If strings are not `bytes` in an array of dtype object.
        """
        for name, array in inputs.items():
            if array.dtype.kind in "SU":  # NumPy would cut off zero bytes at the end
                raise ValueError(f"{name} must have dtype object. Received: {array.dtype}")
            if np.issubdtype(array.dtype, np.floating) and not np.isfinite(array).all():
                raise errors.UserError(
                    f"The input {name!r} holds NaN or infinity; send finite numbers."
                )
        return self._transport.predict(signature, inputs)

    def translate(
        self,
        images: pictures.Pictures,
        to: Iterable[str],
        shows: Iterable[str] = (),
        fit: str = "crop",
    ) -> np.ndarray | list[bytes]:
        """Translates images to attributes or domains, with a model without styles.

        Args:
          images: Arrays or photos.
          to: What to change: names, "-NAME" clears one (as `LabelSpace.edited`).
          shows: What the images show, by name; what is not named is taken as absent.
          fit: "crop", "pad" or "stretch", how photos become square.
        """
        space = self._label_space()
        own = space.edited(np.zeros(space.width, np.float32), shows)
        label = space.edited(own, to)
        return self.translate_to_labels(images, np.tile(label, (self._count(images), 1)), fit)

    def translate_to_labels(
        self, images: pictures.Pictures, labels: np.ndarray, fit: str = "crop"
    ) -> np.ndarray | list[bytes]:
        """Translates each image to a label vector of its own.

        Args:
          images: Arrays or photos.
          labels: (N, width), each entry 0 or 1, in the order of `model.labels.names`.
          fit: "crop", "pad" or "stretch", how photos become square.
        """
        space = self._label_space()
        labels = _rows(labels, space.width, self._count(images), "labels", ", ".join(space.names))
        return self._pictures("translate", images, fit, {"label": labels})

    def translate_latent(
        self,
        images: pictures.Pictures,
        to: str | Sequence[str],
        seeds: Sequence[int] = (0,),
        fit: str = "crop",
    ) -> np.ndarray | list[bytes]:
        """Translates images to a domain in the styles of random codes.

        Args:
          images: Arrays or photos.
          to: The domain's name, or one for each image.
          seeds: Of the latent codes, as `--seed` of `stargan_tf.translate`: one, or one for each.
          fit: "crop", "pad" or "stretch", how photos become square.
        """
        if not all(seed >= 0 for seed in seeds):
            raise errors.UserError(f"Seeds are numbers from 0 on; received {list(seeds)}.")
        width, count = self._styled().latent_dim, self._count(images)
        z = latents_lib.draw_each(_each(seeds, count, "seeds"), width)
        inputs = {"latent": z, "domain": self._domains(to, count)}
        return self._pictures("translate_latent", images, fit, inputs)

    def translate_reference(
        self,
        images: pictures.Pictures,
        references: pictures.Pictures,
        to: str | Sequence[str],
        fit: str = "crop",
    ) -> np.ndarray | list[bytes]:
        """Translates images in the styles of references.

        Args:
          images: Arrays or photos.
          references: Of the same kind: one, or one for each image.
          to: The domain as one of which the references are seen, or one for each.
          fit: "crop", "pad" or "stretch", how photos become square.
        """
        framing, count = self._styled().framing(fit), self._count(images)
        if pictures.are_files(images) != pictures.are_files(references):
            raise errors.UserError(
                "Images and references are both arrays or both files; received one of each; "
                "convert one of them."
            )
        domains = self._domains(to, count)
        packed = pictures.packed(references, framing, "reference")
        key = "reference_bytes" if pictures.are_files(references) else "reference"
        rows = np.asarray(_each(range(len(packed)), count, "references"))
        inputs = {key: packed[rows], "domain": domains}
        return self._pictures("translate_reference", images, fit, inputs)

    def translate_style(
        self, images: pictures.Pictures, styles: np.ndarray, fit: str = "crop"
    ) -> np.ndarray | list[bytes]:
        """Translates each image in a style (N, style_dim), of `encode_style` or `map_latent`."""
        styles = _rows(styles, self._styled().style_dim, self._count(images), "styles")
        return self._pictures("translate_style", images, fit, {"style": styles})

    def encode_style(
        self, images: pictures.Pictures, to: str | Sequence[str], fit: str = "crop"
    ) -> np.ndarray:
        """Returns the styles (N, style_dim) float32 of images, seen as of the domain `to`."""
        domains = self._domains(to, self._count(images))
        name, inputs = self._with_images("encode_style", images, fit)
        inputs["domain"] = domains
        return self._in_batches(name, inputs, "style")

    def map_latent(self, latents: np.ndarray, to: str | Sequence[str]) -> np.ndarray:
        """Returns the styles (N, style_dim) float32 of latent codes (N, latent_dim)."""
        latents = _rows(latents, self._styled().latent_dim, len(latents), "latents")
        inputs = {"latent": latents, "domain": self._domains(to, len(latents))}
        return self._in_batches("map_latent", inputs, "style")

    def _label_space(self) -> labels_lib.LabelSpace:
        if self.model.has_styles:
            raise errors.UserError(
                f"The served model ({self.model}) translates to styles; ask for one by a latent "
                "code (--seed) or a reference (--reference)."
            )
        return self.model.labels

    def _styled(self) -> served.ServedModel:
        if not self.model.has_styles:
            raise errors.UserError(
                f"The served model ({self.model}) has no styles; name what to change with --to, "
                "and leave --seed and --reference out."
            )
        return self.model

    def _count(self, images: pictures.Pictures) -> int:
        return pictures.count(images, self.model.image_size, "image")

    def _domains(self, names: str | Sequence[str], count: int) -> np.ndarray:
        space = self._styled().labels
        names = _each([names] if isinstance(names, str) else names, count, "domains")
        return np.asarray([space.index(name) for name in names], np.int32)

    def _pictures(
        self, signature: str, images: pictures.Pictures, fit: str, rest: dict[str, np.ndarray]
    ) -> np.ndarray | list[bytes]:
        name, inputs = self._with_images(signature, images, fit)
        ending = "_bytes" if pictures.are_files(images) else ""
        outputs = [output + ending for output in _TRANSLATED]
        return pictures.unpacked(self._in_batches(name, inputs | rest, *outputs))

    def _with_images(
        self, signature: str, images: pictures.Pictures, fit: str
    ) -> tuple[str, dict[str, np.ndarray]]:
        packed = pictures.packed(images, self.model.framing(fit), "image")
        if pictures.are_files(images):
            return f"{signature}_bytes", {"image_bytes": packed}
        return signature, {"image": packed}

    def _in_batches(self, name: str, inputs: dict[str, np.ndarray], *outputs: str) -> np.ndarray:
        """Returns the first of `outputs` that the answers hold."""
        count = len(next(iter(inputs.values())))
        if count == 0:
            raise errors.UserError("There is nothing to send; pass at least one.")
        parts = [slice(i, min(i + _BATCH, count)) for i in range(0, count, _BATCH)]
        found = []
        for part in parts:
            answer = self.predict(name, {key: array[part] for key, array in inputs.items()})
            output = next((output for output in outputs if output in answer), outputs[0])
            found.append(_output(answer, output, part.stop - part.start))
        return np.concatenate(found)


def _strings(values: Sequence[bytes]) -> np.ndarray:
    array = np.empty(len(values), object)
    array[:] = values
    return array


def _output(answer: Mapping[str, np.ndarray], name: str, count: int) -> np.ndarray:
    if name not in answer or len(answer[name]) != count:
        shapes = {key: array.shape for key, array in answer.items()}
        raise errors.UserError(
            f"The server answered with {shapes} where {count} of {name!r} were expected; serve a "
            "model that this program exported."
        )
    return answer[name]


def _each(values: Sequence[Any], count: int, what: str) -> list[Any]:
    """Returns `count` values, of which one stands for all."""
    if len(values) not in (1, count):
        raise errors.UserError(
            f"Pass one of the {what} for all images, or one for each; received {len(values)} for "
            f"{count} images."
        )
    return list(values) * (count if len(values) == 1 else 1)


def _rows(array: np.ndarray, width: int, count: int, what: str, names: str = "") -> np.ndarray:
    array = np.asarray(array, np.float32)
    if array.shape != (count, width):
        raise errors.UserError(
            f"The model takes {what} ({count}, {width}) here{f': {names}' if names else ''}; "
            f"received {array.shape}."
        )
    return array
