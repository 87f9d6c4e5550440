"""Groups of the same pixels, pairs of the same look."""

import io
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.diagnosis import duplicates, inspection


def scene(seed):
    """A picture with soft shapes, as photos have: noise of 6 x 6, enlarged."""
    pixels = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    return Image.fromarray(pixels).resize((120, 100), Image.Resampling.BICUBIC)


def table(pictures):
    rows = np.zeros(len(pictures), inspection.ROW)
    for row, picture in zip(rows, pictures, strict=True):
        inspection._read_pixels(np.asarray(picture), row)
    return rows


def near(pictures):
    rows = table(pictures)
    return duplicates.near(rows["differences"], rows["thumbnail"], rows["pixels"])


def saved_again(picture, quality):
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return Image.open(io.BytesIO(buffer.getvalue())).convert("RGB")


class ExactTest(tf.test.TestCase):
    def test_groups(self):
        digests = np.array([[5, 1], [2, 9], [5, 1], [5, 2], [2, 9], [7, 7], [5, 1]], np.uint64)
        groups = [group.tolist() for group in duplicates.exact(digests)]
        self.assertEqual(groups, [[0, 2, 6], [1, 4]])
        self.assertEqual(duplicates.exact(digests[3:4]), [])
        self.assertEqual(duplicates.exact(digests[:0]), [])


class NearTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.named_parameters(
        ("saved_again", lambda picture: saved_again(picture, 40)),
        ("resized", lambda picture: picture.resize((60, 50), Image.Resampling.BICUBIC)),
        ("one_pixel", lambda picture: Image.fromarray(np.asarray(picture) ^ np.eye(
            100, 120, dtype=np.uint8)[..., np.newaxis])),
    )  # fmt: skip
    def test_copies_are_found_and_nothing_else(self, change):
        pictures = [scene(seed) for seed in range(40)]
        copies = [change(pictures[i]) for i in (3, 17)]
        self.assertEqual(near([*pictures, *copies]), [(3, 40), (17, 41)])

    def test_the_same_pixels_are_no_pair(self):
        self.assertEqual(near([scene(1), scene(1), scene(2)]), [])

    def test_what_shows_little_is_no_pair(self):
        faint = [Image.fromarray((np.asarray(scene(1)) // 32 + n).astype(np.uint8)) for n in (0, 1)]
        self.assertEqual(near(faint), [])
        self.assertEqual(near([]), [])

    def test_a_crowd_of_lookalikes_ends(self):
        base = table([scene(1)])[0]
        rows = np.repeat(base, 300)
        rows["pixels"][:, 0] = np.arange(300)
        pairs = duplicates.near(rows["differences"], rows["thumbnail"], rows["pixels"])
        self.assertLess(len(pairs), 300 * 16 * 4)
        self.assertLen({k for pair in pairs for k in pair}, 300)
        with mock.patch.object(duplicates, "_MOST_PAIRS", 100):
            pairs = duplicates.near(rows["differences"], rows["thumbnail"], rows["pixels"])
        self.assertLen(pairs, 100)

    def test_bounds(self):
        thumbnail = np.tile(np.arange(0, 180, 20, dtype=np.uint8), (8, 1))
        hashes = np.array([0, 0b111, 0b1111 << 20], np.uint64)
        digests = np.arange(6, dtype=np.uint64).reshape(3, 2)
        same = np.stack([thumbnail] * 3)
        # 3 bits differ; 4 do; 7 do.
        self.assertEqual(duplicates.near(hashes, same, digests), [(0, 1)])
        brighter = np.stack([thumbnail, thumbnail + 3, thumbnail])
        self.assertEqual(duplicates.near(hashes, brighter, digests), [(0, 1)])
        brighter = np.stack([thumbnail, thumbnail + 4, thumbnail])
        self.assertEqual(duplicates.near(hashes, brighter, digests), [])


if __name__ == "__main__":
    tf.test.main()
