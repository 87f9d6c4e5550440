"""Image files inside a graph against Pillow; `one_decoding_test.py` has every kind of file."""

import io

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.pictures import photos
from stargan_tf.serving import image_bytes


def picture(height, width, seed=0):
    """A smooth picture: neighbours differ little, as in photographs."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 5, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


def file_of(image, kind="PNG", **options):
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


class DecodeTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(("PNG", 0.5), ("JPEG", 0.5))
    def test_of_any_size_as_pillow_reads_and_fits(self, kind, mean):
        contents = [file_of(picture(70, 50, 1), kind), file_of(picture(33, 90, 2), kind)]
        found = image_bytes.decode(tf.constant(contents), 24).numpy()
        for content, image in zip(contents, found, strict=True):
            expected = photos.fit(Image.open(io.BytesIO(content)).convert("RGB"), 24)
            difference = np.abs((image + 1) * 127.5 - np.asarray(expected, np.float32))
            self.assertLessEqual(difference.max(), 1.0001)
            self.assertLess(difference.mean(), mean)

    def test_grey_transparent_and_16_bit_files(self):
        grey = picture(40, 40).convert("L")
        with_alpha = picture(40, 40).copy()
        with_alpha.putalpha(128)
        deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
        contents = [file_of(grey), file_of(with_alpha), file_of(deep)]
        found = (image_bytes.decode(tf.constant(contents), 40).numpy() + 1) * 127.5
        self.assertAllClose(found[0], np.asarray(grey.convert("RGB"), np.float32), atol=1e-4)
        weight = 128 / 255  # the rest is white
        blended = np.floor(weight * np.asarray(picture(40, 40)) + (1 - weight) * 255 + 0.5)
        self.assertAllClose(found[1], blended, atol=1e-4)
        self.assertAllClose(found[2], found[0], atol=1e-4)

    def test_transposes_no_uint8_about_which_onednn_logs_an_error(self):
        graph = tf.function(lambda contents: image_bytes.decode(contents, 24))
        made = graph.get_concrete_function(tf.TensorSpec((None,), tf.string)).graph.as_graph_def()
        nodes = [node for function in made.library.function for node in function.node_def]
        self.assertIn("Gather", "".join(node.op for node in nodes))  # these are what decodes
        self.assertEmpty([node.name for node in nodes if node.op == "Transpose"])

    def test_bytes_that_are_no_image(self):
        with self.assertRaises(tf.errors.InvalidArgumentError):
            image_bytes.decode(tf.constant([b"not an image"]), 24)


class EncodeTest(tf.test.TestCase):
    def test_rounds_clips_and_loses_nothing(self):
        images = np.random.default_rng(0).uniform(-1.2, 1.2, (2, 5, 7, 3)).astype(np.float32)
        found = [np.asarray(Image.open(io.BytesIO(c))) for c in image_bytes.encode(images).numpy()]
        self.assertAllEqual(found, photos.to_uint8(images))


if __name__ == "__main__":
    tf.test.main()
