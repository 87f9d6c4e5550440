"""The client: what users call."""

import contextlib
import functools
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.client import failures, served, transport
from stargan_tf.client import target as target_lib
from stargan_tf.data import labels as labels_lib
from stargan_tf.inference import batches, converter, translator
from stargan_tf.inference import images as images_lib
from stargan_tf.pictures import photos

# What signatures call a translation, and what models exported before called it.
_TRANSLATED = ("translated", "image")


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
            f"{errors.install_command('serving')}, or use REST: server=http://HOST:8501."
        ) from error
    return Client(grpc_transport.GrpcTransport(target))


class Client(translator.Translator, converter.Converter, contextlib.AbstractContextManager):
    """Translates images, or converts sequences, with a served model.

    It may be used by several threads at once.

    Every method that asks the server raises ServerError, a UserError, if it refuses or can't be
    reached in time. Photos are read and made square here, so that what is sent is small and of a
    known kind: PNG files if nothing is lost by that, else arrays.

    Args:
      connection: How the server is asked.
    """

    def __init__(self, connection: transport.Transport):
        self._transport = connection

    def __exit__(self, *unused: Any) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection."""
        self._transport.close()

    @functools.cached_property
    def model(self) -> served.ServedModel:
        """What the model is; asked once. Pin a version where versions differ in their names."""
        target, request = self._transport.target, {"request": _strings([b""])}
        try:
            answer = self._transport.predict("describe", request)
        except failures.ServerError as error:
            if error.code not in failures.REFUSALS:
                raise
            raise errors.UserError(
                f"The {target} at {target.server} does not say which names it knows; serve "
                f"one that this program exported. {error}"
            ) from error
        return served.ServedModel.from_json(_output(answer, ["model_json"], request)[0])

    def status(self) -> list[transport.VersionStatus]:
        """Returns the model's versions, the newest first."""
        return self._transport.status()

    def signatures(self) -> dict[str, transport.Signature]:
        """Returns the model's signatures by name."""
        return self._transport.signatures()

    def predict(self, signature: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Returns the outputs of any signature by name, in one request; see `Transport.predict`.

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

    @property
    def about(self) -> translator.About:
        """The description that a model of `stargan_tf.load` has, too."""
        one = self.model
        if one.sequences:
            raise errors.UserError(
                f"The served model ({one}) converts sequences and takes no images; call convert, "
                "or pass `audio`."
            )
        size = one.image_size, one.style_dim, one.latent_dim
        name = f"the served model ({one})"
        return translator.About(name, one.labels, *size, one.framing, one.targets, one.directions)

    @property
    def label_space(self) -> labels_lib.LabelSpace:
        """What the labels mean."""
        return self.model.labels

    @property
    def about_conversions(self) -> converter.About:
        """What the model is; a UserError if it does not convert sequences."""
        one = self.model
        if one.sequences is None:
            raise errors.UserError(
                f"The served model ({one}) translates images and converts no sequences; call "
                "translate, or pass `image`."
            )
        takes = one.sequences
        name = f"the served model ({one})"
        return converter.About(name, one.labels, takes.features, takes.rule, takes.statistics)

    def _convert(
        self, features: np.ndarray, sources: np.ndarray, labels: np.ndarray, differential: bool
    ) -> np.ndarray:
        """Asks once; of the differential form twice: it is no signature of its own."""
        source, target = (one.argmax(axis=1).astype(np.int32) for one in (sources, labels))

        def ask(wanted: np.ndarray) -> np.ndarray:
            inputs = {"features": features, "source": source, "target": wanted}
            return _output(self.predict("convert", inputs), ["converted"], inputs)

        if differential:
            return features + ask(target) - ask(source)
        return ask(target)

    def _translate(self, images: np.ndarray, sources: np.ndarray, labels: np.ndarray) -> np.ndarray:
        inputs = {"label": labels}
        if self.model.directions is not None:
            inputs["source"] = sources
        return self._pictures("translate", images, inputs)

    def _render(self, images: np.ndarray, styles: np.ndarray) -> np.ndarray:
        return self._pictures("translate_style", images, {"style": styles})

    def _encode(self, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
        return self._ask("encode_style", images, self._domains(labels), ["style"])

    def _map_latents(self, z: np.ndarray, labels: np.ndarray, psi: float) -> np.ndarray:
        if psi != 1.0:
            raise errors.UserError(f"A served model has no `psi` but 1; received {psi:g}.")
        inputs = {"latent": z, **self._domains(labels)}
        return batches.in_batches(
            lambda part: _output(self.predict("map_latent", part), ["style"], part), inputs
        )

    def _domains(self, labels: np.ndarray) -> dict[str, np.ndarray]:
        """Returns the domains of labels (N, width) as an input; none where there is only one."""
        if not self.model.takes_domains:
            return {}
        return {"domain": labels.argmax(axis=1).astype(np.int32)}

    def _pictures(
        self, signature: str, images: np.ndarray, rest: dict[str, np.ndarray]
    ) -> np.ndarray:
        answer = self._ask(signature, images, rest, _TRANSLATED)
        if answer.dtype == object:
            answer = np.stack([_decoded(contents) for contents in answer])
        if np.isnan(answer).any():
            raise errors.UserError(
                "The server's answer holds NaN; the served model's weights are broken: serve "
                "another version."
            )
        return answer

    def _ask(
        self,
        signature: str,
        images: np.ndarray,
        rest: dict[str, np.ndarray],
        outputs: Sequence[str],
    ) -> np.ndarray:
        """Asks for a batch of images (N, S, S, 3); returns the first of `outputs` in the answer."""
        levels = photos.to_uint8(images)
        cuts = 0 < self.model.crop_size < self.model.image_size  # the model: out of files
        inputs = {"image": images} | rest
        if np.array_equal(photos.from_uint8(levels), images) and not cuts:
            signature += "_bytes"
            inputs = {"image_bytes": _strings(list(map(images_lib.png, levels)))} | rest
            outputs = [*(f"{name}_bytes" for name in outputs), *outputs]
        return _output(self.predict(signature, inputs), outputs, inputs)


def _decoded(contents: bytes) -> np.ndarray:
    if not contents.startswith(b"\x89PNG\r\n\x1a\n"):
        raise errors.UserError(
            f"The server's answer is no PNG file (it begins with {contents[:8]!r}); serve a model "
            "that this program exported."
        )
    return photos.to_array(Image.open(io.BytesIO(contents)))


def _strings(values: Sequence[bytes]) -> np.ndarray:
    array = np.empty(len(values), object)
    array[:] = values
    return array


def _output(
    answer: Mapping[str, np.ndarray], names: Sequence[str], inputs: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Returns the first of `names` that the answer holds, with an entry for each of the inputs."""
    name = next((name for name in names if name in answer), names[0])
    count = len(next(iter(inputs.values())))
    if name not in answer or len(answer[name]) != count:
        shapes = {key: array.shape for key, array in answer.items()}
        raise errors.UserError(
            f"The server answered with {shapes} where {count} of {name!r} were expected; serve a "
            "model that this program exported."
        )
    return answer[name]
