r"""Translates photos, or converts sound, with a model that a TensorFlow Serving server serves.

  python -m stargan_tf.client --server=localhost:8500 --status
  python -m stargan_tf.client --server=localhost:8500 --image=face.jpg \
      --to=Blond_Hair,Smiling --output=out.png

--server=HOST:PORT asks by gRPC (with the extra serving), --server=http://HOST:PORT by REST,
which needs nothing. --metadata says which names the model knows. A model of StarGAN v1 sees a photo
as --from says (default: none of the attributes); one of StarGAN v2 wants one domain, --to=cat, and
a style: --seed=3 (a latent code, default 0) or --reference=photo.jpg. A model of voices takes
--audio=me.wav --from=anna --to=ben, as `stargan_tf.convert` does.
"""

import pathlib
from typing import Any

import numpy as np
from absl import flags

from stargan_tf.base import errors
from stargan_tf.cli import command_line
from stargan_tf.client import client as client_lib
from stargan_tf.client import failures
from stargan_tf.client import target as target_lib
from stargan_tf.data import options
from stargan_tf.inference import arguments, conversion_files, converter
from stargan_tf.pictures import photo_jobs, photos

_SERVER = flags.DEFINE_string(
    "server", "localhost:8500", "HOST:PORT for gRPC, http://HOST:PORT or https:// for REST."
)
_MODEL = flags.DEFINE_string("model", "stargan", "The name under which the server has the model.")
_VERSION = flags.DEFINE_integer("version", None, "The model's version (default: the newest).")
_LABEL = flags.DEFINE_string("label", None, "The version with this label, such as stable.")
_TIMEOUT = flags.DEFINE_float("timeout", 30.0, "Seconds for a photo, retries included.")
_STATUS = flags.DEFINE_boolean("status", False, "Say which versions there are, and stop.")
_METADATA = flags.DEFINE_boolean("metadata", False, "Say names and signatures, and stop.")

_IMAGE = flags.DEFINE_string(
    "image", None, "A photo, or a folder of photos; sub-folders are read too."
)
_AUDIO = flags.DEFINE_string(
    "audio",
    None,
    "In place of --image, for models of sequences: a file of sound (.wav, .flac) or features "
    "(.npz), or a folder of them.",
)
_DIFFERENTIAL = flags.DEFINE_boolean(
    "differential", False, "--audio: keep the input, and add what differs between the two domains."
)
_SPECTRAL_GAIN = flags.DEFINE_boolean(
    "spectral_gain", False, "--audio: keep the fine structure of the sound's own spectrum."
)
_OUTPUT = flags.DEFINE_string(
    "output",
    None,
    "The PNG file to write, or of --audio the .wav or .npz file; a folder where the input is one.",
)
_TO = flags.DEFINE_string("to", "", "What to change: names, comma-separated; -NAME clears one.")
_FROM = flags.DEFINE_string(
    "from",
    "",
    "What the photo shows: names, comma-separated; empty: none of the attributes. Needed by models "
    "with a generator for each pair of more than two domains.",
)
_SEED = flags.DEFINE_integer("seed", None, "Styles: that of this latent code (default: 0).")
_REFERENCE = flags.DEFINE_string("reference", None, "Styles: that of this photo.")
_FIT = flags.DEFINE_enum(
    "fit",
    "crop",
    ("crop", "pad", "stretch"),
    "How photos become square: cut out the centre, add bars, or change the proportions.",
)
_SIZE = flags.DEFINE_enum(
    "size",
    "model",
    ("model", "original"),
    "model: write the translated square; original: put it back into the photo at its own size.",
)

_TLS = flags.DEFINE_boolean("tls", False, "gRPC: encrypt (https:// does by itself).")
_ROOT_CERTIFICATE = flags.DEFINE_string(
    "root_certificate", None, "PEM file of who signed the server's certificate; implies --tls."
)
_CLIENT_CERTIFICATE = flags.DEFINE_string(
    "client_certificate", None, "PEM file of the client's certificate; implies --tls."
)
_CLIENT_KEY = flags.DEFINE_string("client_key", None, "PEM file of that certificate's key.")


def main() -> int:
    """Asks the server; a photo of a folder that can't be read is named and left out (status 1)."""
    paths = _ROOT_CERTIFICATE.value, _CLIENT_CERTIFICATE.value, _CLIENT_KEY.value
    tls = None
    if _TLS.value or any(paths):
        tls = target_lib.Tls(*(pathlib.Path(path) if path else None for path in paths))
    target = target_lib.Target(
        _SERVER.value, _MODEL.value, _VERSION.value, _LABEL.value, _TIMEOUT.value, tls
    )
    jobs = None if _STATUS.value or _METADATA.value else _jobs()
    if not target.is_rest:
        command_line.import_tensorflow()
    with client_lib.connect(target) as client:
        if _STATUS.value:
            return _print_status(client)
        if _METADATA.value:
            return _print_metadata(client)
        if _AUDIO.value:
            return _convert(client, jobs)
        to, text = _style(client) if client.model.has_styles else _labels(client)

        def work(image: pathlib.Path, output: pathlib.Path) -> str:
            picture = client.translate(image, fit=_FIT.value, size=_SIZE.value, **to)
            photos.save_png(output, np.asarray(picture))
            return f"to: {text}"

        return command_line.each_photo(jobs, work, "translated", stop=failures.ServerError)


def _convert(client: client_lib.Client, jobs: photo_jobs.Jobs) -> int:
    """Converts sound or features."""
    way = converter.way_of(_FROM.value, _TO.value, _DIFFERENTIAL.value, _SPECTRAL_GAIN.value)
    client.check(way)
    return command_line.each_photo(
        jobs,
        lambda audio, output: conversion_files.convert(client, audio, output, way),
        "converted",
        stop=failures.ServerError,
        what="files",
    )


def _jobs() -> photo_jobs.Jobs:
    if _AUDIO.value:
        return _audio_jobs()
    for flag in (_DIFFERENTIAL, _SPECTRAL_GAIN):
        if flag.value:
            raise errors.UserError(
                f"--{flag.name} is of --audio; received it without; leave it out."
            )
    for name in ("image", "output", "to"):
        if not flags.FLAGS[name].value:
            raise errors.UserError(
                "Pass --image, --output and --to to translate, or --status or --metadata to ask "
                f"about the model; received no --{name}."
            )
    return photo_jobs.jobs(pathlib.Path(_IMAGE.value), pathlib.Path(_OUTPUT.value))


def _audio_jobs() -> photo_jobs.Jobs:
    for name in ("output", "to", "from"):
        if not flags.FLAGS[name].value:
            raise errors.UserError(
                f"Pass --audio, --output, --from and --to to convert; received no --{name}."
            )
    for name in ("image", *_styled()):
        if flags.FLAGS[name].value is not None:
            raise errors.UserError(
                f"--{name} is of images; received it with --audio; leave it out."
            )
    return conversion_files.jobs(pathlib.Path(_AUDIO.value), pathlib.Path(_OUTPUT.value))


def _print_status(client: client_lib.Client) -> int:
    """Returns 0 if at least one version can be asked."""
    versions = client.status()
    for status in versions:
        error = f" ({status.error})" if status.error else ""
        print(f"version {status.version}: {status.state}{error}")
    if any(status.state == "AVAILABLE" for status in versions):
        return 0
    command_line.fail("No version is available yet; wait, or see the server's log.")
    return 1


def _print_metadata(client: client_lib.Client) -> int:
    print(client.model)
    for name, signature in sorted(client.signatures().items()):
        sides = (signature.inputs, signature.outputs)
        takes, gives = (", ".join(f"{k}: {spec}" for k, spec in sorted(s.items())) for s in sides)
        print(f"{name}({takes}) -> {gives}")
    return 0


def _labels(client: client_lib.Client) -> tuple[dict[str, Any], str]:
    """Returns the labels to translate to, as arguments of `translate` and as text."""
    edits, known = options.split_names(_TO.value), options.split_names(_FROM.value)
    space = client.model.labels
    directional = client.model.directions is not None
    arguments.check_labels(space, edits, known, _styled(), client.model, directional)
    target = space.edited(space.edited([0.0] * space.width, known), edits)
    names = ", ".join(space.present(target)) or "none of the attributes"
    return {"to": edits, "known": known or None}, names


def _style(client: client_lib.Client) -> tuple[dict[str, Any], str]:
    """Returns the style to translate to, as `_labels` returns labels."""
    domains = options.split_names(_TO.value)
    model = client.model
    arguments.check_styles(
        model.labels, domains, _FROM.value, _styled(), model, targets=model.targets
    )
    seed, of_whom = _SEED.value or 0, f", seed {_SEED.value or 0}"
    if _REFERENCE.value is None:  # asked for once, however many photos there are
        style = client.styles(domains[0], seed)
    else:
        style = client.encode(_REFERENCE.value, domains[0], fit=_FIT.value)
        of_whom = f", in the style of {pathlib.Path(_REFERENCE.value).name}"
    return {"style": style}, f"{domains[0]}{of_whom}"


def _styled() -> list[str]:
    """Returns the flags for styles that were passed."""
    return [name for name in ("seed", "reference") if flags.FLAGS[name].value is not None]


if __name__ == "__main__":
    command_line.run(main)
