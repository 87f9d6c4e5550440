"""A SavedModel with the signatures of an exported run, whose answers NumPy can compute.

Images become half of themselves plus a number that the label, domain or style decides. A real
export can take its place: `export` is the one function that writes it.
"""

import functools
import json
import tempfile

import numpy as np
import tensorflow as tf

SIZE, LATENT, STYLE = 8, 16, 64
ATTRIBUTES = ("Black_Hair", "Blond_Hair", "Smiling")
DOMAINS = ("cat", "dog", "wild")
SHIFTS = np.float32([0.1, -0.2, 0.3])  # of each attribute or domain


def description(algorithm, **changes):
    """Returns what the model says about itself, as JSON-ready values."""
    styled = algorithm == "stargan_v2"
    labels = {
        "kind": "domains" if styled else "attributes",
        "names": list(DOMAINS if styled else ATTRIBUTES),
        "exclusive": [] if styled else [["Black_Hair", "Blond_Hair"]],
    }
    return {
        "format": 2,
        "name": "toy",
        "algorithm": algorithm,
        "labels": labels,
        "image_size": SIZE,
        "pixel_range": [-1, 1],
        "step": 1200,
        "weights_sha256": "0" * 64,
        "latent_dim": LATENT if styled else None,
        "style_dim": STYLE if styled else None,
        **changes,
    }


def translated(image, label):
    """What `translate` answers: image (N, S, S, 3) in [-1, 1], label (N, 3)."""
    return image * np.float32(0.5) + (label @ SHIFTS)[:, np.newaxis, np.newaxis, np.newaxis]


def mapped(latent, domain):
    """What `map_latent` answers."""
    return np.tile(latent, (1, STYLE // LATENT)) * np.float32(0.1) + SHIFTS[domain][:, np.newaxis]


def encoded(image, domain):
    """What `encode_style` answers."""
    return np.tile((image.mean((1, 2, 3)) + SHIFTS[domain])[:, np.newaxis], (1, STYLE))


def rendered(image, style):
    """What `translate_style` answers."""
    return image * np.float32(0.5) + style.mean(1)[:, np.newaxis, np.newaxis, np.newaxis]


@functools.cache
def export(algorithm, size=SIZE):
    """Returns a folder with the version folder 1 of the model `algorithm`; made once."""
    directory = tempfile.mkdtemp()
    module = _V2(size) if algorithm == "stargan_v2" else _V1(size)
    text = json.dumps(description(algorithm, image_size=size))
    signatures = module.signatures() | {"describe": _describe(text)}
    tf.saved_model.save(module, f"{directory}/1", signatures=signatures)
    return directory


class _Toy(tf.Module):
    def __init__(self, size):
        super().__init__()
        self.size = size
        self.shifts = tf.Variable(SHIFTS)  # so that there is something to restore

    def decode(self, contents):
        def one(entry):
            image = tf.io.decode_image(entry, channels=3, expand_animations=False)
            image = tf.ensure_shape(image, (self.size, self.size, 3))
            return tf.cast(image, tf.float32) / 127.5 - 1.0

        return tf.map_fn(one, contents, fn_output_signature=tf.float32)

    def encode(self, image):
        pixels = tf.cast(tf.round((tf.clip_by_value(image, -1, 1) + 1) * 127.5), tf.uint8)
        return tf.map_fn(tf.io.encode_png, pixels, fn_output_signature=tf.string)

    def translate_style(self, image, style):
        return {"translated": image * 0.5 + tf.reduce_mean(style, 1)[:, None, None, None]}

    def bytes_of(self, image):
        return {"translated_bytes": self.encode(image["translated"])}


class _V1(_Toy):
    def translate(self, image, label):
        shift = tf.linalg.matvec(label, self.shifts)
        return {"translated": image * 0.5 + shift[:, None, None, None]}

    def signatures(self):
        image, label = _floats("image", self.size, self.size, 3), _floats("label", 3)
        translate = tf.function(self.translate, input_signature=[image, label])

        @tf.function(input_signature=[_strings("image_bytes"), label])
        def translate_bytes(image_bytes, label):
            return self.bytes_of(self.translate(self.decode(image_bytes), label))

        return {
            "translate": translate,
            "serving_default": translate,
            "translate_bytes": translate_bytes,
        }


class _V2(_Toy):
    def map_latent(self, latent, domain):
        style = tf.tile(latent, (1, STYLE // LATENT)) * 0.1
        return {"style": style + tf.gather(self.shifts, domain)[:, None]}

    def encode_style(self, image, domain):
        seen = tf.reduce_mean(image, (1, 2, 3)) + tf.gather(self.shifts, domain)
        return {"style": tf.tile(seen[:, None], (1, STYLE))}

    def translate_latent(self, image, latent, domain):
        return self.translate_style(image, self.map_latent(latent, domain)["style"])

    def translate_reference(self, image, reference, domain):
        return self.translate_style(image, self.encode_style(reference, domain)["style"])

    def signatures(self):
        image = _floats("image", self.size, self.size, 3)
        reference = _floats("reference", self.size, self.size, 3)
        latent, style = _floats("latent", LATENT), _floats("style", STYLE)
        domain = tf.TensorSpec([None], tf.int32, "domain")
        found = {
            "translate_reference": (self.translate_reference, [image, reference, domain]),
            "translate_latent": (self.translate_latent, [image, latent, domain]),
            "translate_style": (self.translate_style, [image, style]),
            "encode_style": (self.encode_style, [image, domain]),
            "map_latent": (self.map_latent, [latent, domain]),
        }
        made = {name: tf.function(f, input_signature=specs) for name, (f, specs) in found.items()}
        made["serving_default"] = made["translate_reference"]
        return made | self.signatures_of_bytes(latent, style, domain)

    def signatures_of_bytes(self, latent, style, domain):
        photo, other = _strings("image_bytes"), _strings("reference_bytes")

        @tf.function(input_signature=[photo, other, domain])
        def translate_reference_bytes(image_bytes, reference_bytes, domain):
            x, reference = self.decode(image_bytes), self.decode(reference_bytes)
            return self.bytes_of(self.translate_reference(x, reference, domain))

        @tf.function(input_signature=[photo, latent, domain])
        def translate_latent_bytes(image_bytes, latent, domain):
            return self.bytes_of(self.translate_latent(self.decode(image_bytes), latent, domain))

        @tf.function(input_signature=[photo, style])
        def translate_style_bytes(image_bytes, style):
            return self.bytes_of(self.translate_style(self.decode(image_bytes), style))

        @tf.function(input_signature=[photo, domain])
        def encode_style_bytes(image_bytes, domain):
            return self.encode_style(self.decode(image_bytes), domain)

        return {
            "translate_reference_bytes": translate_reference_bytes,
            "translate_latent_bytes": translate_latent_bytes,
            "translate_style_bytes": translate_style_bytes,
            "encode_style_bytes": encode_style_bytes,
        }


def _describe(text):
    @tf.function(input_signature=[_strings("request")])
    def describe(request):
        return {"model_json": tf.fill(tf.shape(request), text)}

    return describe


def _floats(name, *shape):
    return tf.TensorSpec([None, *shape], tf.float32, name)


def _strings(name):
    return tf.TensorSpec([None], tf.string, name)
