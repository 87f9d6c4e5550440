"""The client: what users call."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stargan_tf import errors
from stargan_tf.client import failures, pictures, served, transport
from stargan_tf.client import target as target_lib
from stargan_tf.data import latents as latents_lib
from stargan_tf.inference import arguments, batches

# What signatures call a translation, and what models exported before called it.
_TRANSLATED = ("translated", "image")

Names = str | Sequence[str]


def connect(target: target_lib.Target) -> "Client":
    """Returns a client of the server that `target` names; nothing is sent yet.

    Raises:
      UserError: If gRPC is asked for without the extra `serving`, or a certificate can't be read.
    """
    # Imported where it is used: REST needs neither gRPC nor TensorFlow.
    if target.is_rest:
        from stargan_tf.client import rest_transport

        return Client(rest_transport.RestTransport(target))
    from stargan_tf.client import grpc_transport

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
        to: Names | np.ndarray = (),
        *,
        known: Names = (),
        seed: int | Sequence[int] | None = None,
        reference: pictures.Pictures | None = None,
        style: np.ndarray | None = None,
        fit: str = "crop",
    ) -> np.ndarray | list[bytes]:
        """Translates images, to labels or to styles: as the model was trained.

        The arguments are those of the model that `stargan_tf.load` returns, which also has `psi`.

        Args:
          images: Arrays or photos.
          to: Labels: the names to set; "-NAME" clears one. Or whole label vectors (N, width).
            Styles: the domain, or one for each image.
          known: Labels: the names of all that the images show; a served model does not classify.
          seed: Styles: of a latent code, or one for each image; None: 0.
          reference: Styles: one that shows the style, or one for each; `to` is its domain. Of the
            same kind as the images.
          style: Styles: (style_dim,) or (N, style_dim), of `encode` or `styles`.
          fit: "crop", "pad" or "stretch", how photos become square.
        """
        count = pictures.count(images, self.model.image_size, "image")
        given = {"seed": seed, "reference": reference, "style": style}
        given = {name: value for name, value in given.items() if value is not None}
        if not self.model.has_styles:
            label = self._labels(to, known, given)
            inputs = {"label": batches.for_each(label, count, "to")}
            return self._pictures("translate", images, fit, inputs)
        domains = arguments.several(to)
        arguments.check_styles(self.model.labels, domains, known, given, self._called, count)
        if style is not None:
            styles = arguments.checked_rows(style, self.model.style_dim, "style")
            inputs = {"style": batches.for_each(styles, count, "style")}
            return self._pictures("translate_style", images, fit, inputs)
        inputs = {"domain": self._domains(domains, count)}
        if reference is not None:
            inputs |= self._references(reference, images, count, fit)
            return self._pictures("translate_reference", images, fit, inputs)
        seeds = arguments.several(0 if seed is None else seed)
        inputs["latent"] = self._latents(batches.for_each(seeds, count, "seed"))
        return self._pictures("translate_latent", images, fit, inputs)

    def encode(self, images: pictures.Pictures, domain: Names, *, fit: str = "crop") -> np.ndarray:
        """Returns the styles (N, style_dim) float32 that images show.

        Args:
          images: Arrays or photos.
          domain: The domain as one of which they are seen, or one for each.
          fit: "crop", "pad" or "stretch", how photos become square.
        """
        self._check_styled()
        domains = self._domains(domain, pictures.count(images, self.model.image_size, "image"))
        name, inputs = self._with_images("encode_style", images, fit)
        return self._in_batches(name, inputs | {"domain": domains}, "style")

    def styles(self, domain: Names, seed: int | Sequence[int] = 0) -> np.ndarray:
        """Returns the styles (N, style_dim) float32 of latent codes.

        Args:
          domain: The domain, or several.
          seed: From 0 on; of a latent code, or several.
        """
        self._check_styled()
        domains, seeds = arguments.several(domain), arguments.several(seed)
        count = max(len(domains), len(seeds))
        z = self._latents(batches.for_each(seeds, count, "seed"))
        inputs = {"latent": z, "domain": self._domains(domains, count)}
        return self._in_batches("map_latent", inputs, "style")

    @property
    def _called(self) -> str:
        return f"the served model ({self.model})"

    def _check_styled(self) -> None:
        if not self.model.has_styles:
            raise errors.UserError(f"The translations of {self._called} have no styles.")

    def _labels(self, to: Names | np.ndarray, known: Names, styled: Mapping) -> np.ndarray:
        """Returns the label vectors (1 or N, width) that images are to have."""
        space, known = self.model.labels, arguments.several(known)
        to = to if arguments.are_labels(to) else arguments.several(to)
        arguments.check_labels(space, to, known, styled, self._called)
        if arguments.are_labels(to):
            return arguments.checked_rows(to, space.width, "to")
        own = space.edited(np.zeros(space.width, np.float32), known)
        return space.edited(own, to)[np.newaxis]

    def _latents(self, seeds: Sequence[int]) -> np.ndarray:
        arguments.check_latent(seeds)
        return latents_lib.of_seeds(seeds, self.model.latent_dim)

    def _references(
        self, reference: pictures.Pictures, images: pictures.Pictures, count: int, fit: str
    ) -> dict[str, np.ndarray]:
        if pictures.are_files(images) != pictures.are_files(reference):
            raise errors.UserError(
                "Images and references are both arrays or both files; received one of each; "
                "convert one of them."
            )
        packed = pictures.packed(reference, self.model.framing(fit), "reference")
        key = "reference_bytes" if pictures.are_files(reference) else "reference"
        return {key: batches.for_each(packed, count, "reference")}

    def _domains(self, names: Names, count: int) -> np.ndarray:
        names = batches.for_each(arguments.several(names), count, "domain")
        return np.asarray([self.model.labels.index(name) for name in names], np.int32)

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

        def ask(part: dict[str, np.ndarray]) -> np.ndarray:
            answer = self.predict(name, part)
            output = next((output for output in outputs if output in answer), outputs[0])
            return _output(answer, output, len(next(iter(part.values()))))

        return batches.in_batches(ask, inputs)


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
