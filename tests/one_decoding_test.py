"""What training sees is what every use of a run sees: on files of every kind, to a grey level."""

import dataclasses
import functools
import importlib.util
import pathlib
import sys

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.data import labels
from stargan_tf.data.images import decoding, reading
from stargan_tf.data.pipeline import draws, samplers
from stargan_tf.data.sources import image_files
from stargan_tf.diagnosis import inspection
from stargan_tf.inference import images as images_lib
from stargan_tf.pictures import photos
from stargan_tf.serving import image_bytes
from tests import picture_files

SIZE = 24
EVERY = picture_files.every()
FORMATS = (27, 18, 3, 0, 2, 2, 11)  # how many there are of each of reading.FORMATS
SPACE = labels.LabelSpace("attributes", ("any",))


@functools.cache
def on_device():
    """Returns the script that runs on devices."""
    path = pathlib.Path("export/on_device/translate.py")
    spec = importlib.util.spec_from_file_location("on_device_translate", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@functools.cache
def served(crop_size=0, max_grey=reading.MAX_GREY):
    """Returns the graph of the signatures that take files."""
    spec = tf.TensorSpec((None,), tf.string)
    decode = functools.partial(
        image_bytes.decode, image_size=SIZE, crop_size=crop_size, max_grey=max_grey
    )
    return tf.function(decode, input_signature=[spec])


def levels(images):
    return np.round((np.asarray(images) + 1) * 127.5).astype(int)


class PathsTestCase(tf.test.TestCase, parameterized.TestCase):
    """Asks each path for many pictures at once: TensorFlow readies a graph anew for every test."""

    def setUp(self):
        super().setUp()
        self.dir = pathlib.Path(self.create_tempdir().full_path)

    def write(self, pictures_by_name):
        """Returns the data set of the pictures' files."""
        paths = []
        for name, picture in pictures_by_name.items():
            paths.append(self.dir / f"{name}{picture.suffix}")
            paths[-1].write_bytes(picture.contents)
        return image_files.ImageFiles(list(map(str, paths)), np.zeros((len(paths), 1)), SPACE)

    def check(self, found, expected, names):
        for image, wanted, name in zip(found, expected, names, strict=True):
            self.assertAllEqual(image, wanted, name)

    def check_served(self, contents, expected, names, crop_size=0, max_grey=reading.MAX_GREY):
        found = levels(served(crop_size, max_grey)(tf.constant(contents)))
        for image, wanted, name in zip(found, expected, names, strict=True):
            difference = np.abs(image - wanted.astype(int))
            self.assertLessEqual(difference.max(), 1, name)
            # Pillow rounds between rows and columns.
            self.assertLess((difference > 0).mean(), 0.2, name)

    def check_all(self, wanted, crop_size=0, max_grey=reading.MAX_GREY):
        """Compares what every path makes of pictures, by name, with plain Pillow and NumPy."""
        names, images = list(wanted), self.write(wanted)
        expected = [picture_files.square(p.pixels, SIZE, crop_size) for p in wanted.values()]
        self.check(self.trained(images, crop_size, max_grey), expected, names)
        framing = photos.Framing(SIZE, crop_size=crop_size, max_grey=max_grey)
        used, notes = zip(*map(framing.read, images.paths), strict=True)
        self.check(used, expected, names)
        self.assertEqual(set(map(bool, notes)), {bool(crop_size)})
        model = {"image_size": SIZE, "crop_size": crop_size, "max_grey": max_grey}
        run = [levels(on_device().read_photo(path, model))[0] for path in images.paths]
        self.check(run, expected, names)
        files = [picture.contents for picture in wanted.values()]
        asked = [photos.to_uint8(images_lib.read(one, framing)) for one in files]  # by a client
        self.check(asked, expected, names)
        for path, one in zip(images.paths, asked, strict=True):
            self.assertAllEqual(photos.to_uint8(images_lib.read(path, framing)), one)
        # What a model would cut again goes as arrays.
        sent = [] if 0 < crop_size < SIZE else list(map(images_lib.png, asked))
        known = [k for k, picture in enumerate(wanted.values()) if picture.is_jpeg_or_png]
        self.check_served(
            sent + [files[k] for k in known],
            expected[: len(sent)] + [expected[k] for k in known],
            names[: len(sent)] + [names[k] for k in known],
            crop_size,
            max_grey,
        )

    def trained(self, images, crop_size=0, max_grey=reading.MAX_GREY):
        """Returns what training and its previews see, (N, SIZE, SIZE, 3) grey levels."""
        options = {"flip": False, "max_grey": max_grey}
        sampler = samplers.Sampler(images, 0, SIZE, crop_size, **options)
        numbers = tf.data.Dataset.range(images.size)
        previews = list(numbers.map(sampler.plain).as_numpy_iterator())
        # StarGAN v2 chooses boxes in the graph; at this probability the centred square.
        boxes = numbers.map(lambda n: sampler.load(sampler.view(n, n, draws.Draw.SOURCE, 1e-9)))
        self.assertAllEqual(list(boxes.as_numpy_iterator()), levels(previews))
        which = numbers.map(lambda n: {"image": samplers.View(n, False)}).batch(1, True)
        batches = sampler.load_batches(which).as_numpy_iterator()
        self.assertAllEqual([batch["image"][0] for batch in batches], levels(previews))
        return levels(previews)


class EveryKindTest(PathsTestCase):
    def test_every_path_gives_the_same_square(self):
        self.check_all(EVERY)

    def test_whole_images(self):
        images = self.write(EVERY)
        loaded = list(tf.data.Dataset.range(images.size).map(images.load).as_numpy_iterator())
        for path, pixels, (name, picture) in zip(images.paths, loaded, EVERY.items(), strict=True):
            self.assertAllEqual(pixels, picture.pixels, name)
            self.assertAllEqual(photos.read_photo(path), picture.pixels, name)
            self.assertAllEqual(photos.read_photo_bytes(picture.contents), picture.pixels, name)
            self.assertEqual(reading.upright_size(picture.contents), picture.pixels.shape[:2], name)

    def test_are_found_and_nothing_is_wrong_with_them(self):
        images = self.write(EVERY)
        self.assertCountEqual(image_files.find_images(self.dir), images.paths)
        for thorough in (False, True):
            self.assertEqual(image_files.find_problems(images.paths, thorough=thorough), {})
        found = inspection.inspect(images)
        self.assertEqual(found.problems, {})
        shapes = [picture.pixels.shape[:2] for picture in EVERY.values()]
        self.assertAllEqual(np.stack([found.table[k] for k in ("height", "width")], -1), shapes)
        self.assertAllEqual(np.bincount(found.table["format"])[1:], FORMATS)

    def test_what_is_cut_short_is_refused(self):
        halves = {}
        for name, picture in EVERY.items():
            half = picture.contents[: len(picture.contents) // 2]
            if name in ("jpeg_several", "gif"):  # The first picture is whole in the first half.
                half = half[: len(half) // 2]
            halves[name] = dataclasses.replace(picture, contents=half)
        images = self.write(halves)
        self.assertLen(images.problems(), len(EVERY))
        for name, half in halves.items():
            if half.is_jpeg_or_png:
                with self.assertRaises(tf.errors.InvalidArgumentError, msg=name):
                    served()(tf.constant([half.contents]))

    def test_a_server_says_what_it_can_not_decode(self):
        others = [p.contents for p in EVERY.values() if not p.is_jpeg_or_png]
        for contents in (*others, b"text", b""):
            with self.assertRaisesRegex(
                tf.errors.InvalidArgumentError, "must be JPEG or PNG; convert it, or ask with"
            ):
                served()(tf.constant([contents]))


class OptionsTest(PathsTestCase):
    @parameterized.parameters(30, 17)  # 17: less than the network's images, which are enlarged
    def test_a_crop(self, crop_size):
        names = ("jpeg_jpeg", "jpeg_turned_6_little", "png_rgba", "webp_alpha", "tiff_turned_8")
        self.check_all({name: EVERY[name] for name in names}, crop_size)

    def test_a_range_of_12_bits(self):
        picture = picture_files.with_12_bits()
        self.check_all({"deep": picture}, max_grey=4095)
        dark = photos.read_photo_bytes(picture.contents)
        self.assertAllEqual(dark, np.floor(picture.values / 257 + 0.5)[..., None] + np.zeros(3))

    def test_fast_decoding_turns_upright(self):
        y, x = np.mgrid[:192, :256]
        image = Image.fromarray(np.stack([x, y, 255 - x], -1).astype(np.uint8))
        for orientation, turned in picture_files.ORIENTATIONS.items():
            contents = picture_files.encoded(
                image, "JPEG", quality=95, exif=picture_files.exif(orientation)
            )
            found = decoding.square(tf.constant(contents), SIZE, fast=True)
            expected = picture_files.square(turned(np.asarray(image)), SIZE)
            self.assertLess(np.abs(np.subtract(found, expected, dtype=int)).max(), 8)


if __name__ == "__main__":
    tf.test.main()
