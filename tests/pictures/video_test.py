"""Videos, decoded again: frames, times, sizes, colours, and that no half of one remains."""

import pathlib
import sys
from unittest import mock

import av
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.base import errors
from stargan_tf.pictures import video


def frames(count, height=48, width=64, colours=200):
    """Yields frames with large smooth areas, of which only the lower half changes."""
    top = np.linspace(0, colours, width).astype(np.uint8)
    for number in range(count):
        frame = np.zeros((height, width, 3), np.uint8)
        frame[: height // 2] = top[:, np.newaxis]
        frame[height // 2 :, : width // 2] = (230, 10 * number, 20)
        frame[height // 2 :, width // 2 :] = (20, 60, 230 - 10 * number)
        yield frame


class VideoTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)

    def assertIsAsBefore(self, path, content=None):
        """Asserts that a failed attempt has left what there was, and nothing beside it."""
        self.assertEqual([p.name for p in path.parent.iterdir()], [path.name] if content else [])
        if content:
            self.assertEqual(path.read_bytes(), content)

    @parameterized.parameters(30, 24)
    def test_mp4_plays_everywhere_and_shows_the_frames(self, fps):
        path = self.root / "new" / "a: b.MP4"
        self.assertEqual(video.write(path, frames(10), fps), 10)
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            codec = stream.codec_context
            self.assertEqual((codec.name, codec.pix_fmt), ("h264", "yuv420p"))
            self.assertEqual((stream.average_rate, stream.frames), (fps, 10))
            self.assertEqual(stream.duration * stream.time_base * fps, 10)
            # Matrix, primaries, transfer: BT.709; limited range. Else players would guess.
            told = (codec.colorspace, codec.color_primaries, codec.color_trc, codec.color_range)
            self.assertEqual(tuple(map(int, told)), (1, 1, 1, 1))
            found = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
        self.assertLen(found, 10)
        for one, other in zip(found, frames(10), strict=True):
            # Away from the edges, where colours have half the resolution. A wrong matrix or range
            # is off by 15 and more.
            inner = np.s_[28:44, [4, 12, 20, 44, 52, 60]]
            self.assertAllClose(one[inner].astype(int), other[inner].astype(int), rtol=0, atol=11)
            self.assertAllClose(one[:20].astype(int), other[:20].astype(int), rtol=0, atol=7)
        content = path.read_bytes()
        self.assertLess(content.index(b"moov"), content.index(b"mdat"))

    def test_odd_sides_are_padded_with_the_edge(self):
        path = self.root / "a.mp4"
        grey = np.linspace(0, 240, 33 * 47).reshape(33, 47, 1).astype(np.uint8).repeat(3, axis=2)
        video.write(path, [grey], 30)
        with av.open(str(path)) as container:
            found = next(container.decode(video=0)).to_ndarray(format="rgb24")
        self.assertEqual(found.shape, (34, 48, 3))
        self.assertAllClose(found[:33, :47].astype(int), grey.astype(int), rtol=0, atol=7)
        self.assertAllClose(found[33, :47].astype(int), grey[32].astype(int), rtol=0, atol=9)

    @parameterized.parameters((30, [30, 30, 40]), (25, [40, 40, 40]), (50, [20, 20, 20]))
    def test_gif_frames_are_exact_and_their_times_add_up(self, fps, durations):
        path = self.root / "a.gif"
        written = list(frames(3 * 4))
        written[5] = written[4]  # one that changes nothing
        self.assertEqual(video.write(path, iter(written), fps), 12)
        with Image.open(path) as image:
            self.assertEqual((image.n_frames, image.info["loop"]), (12, 0))
            for number, frame in enumerate(written):
                image.seek(number)
                self.assertAllEqual(np.asarray(image.convert("RGB")), frame)
                self.assertEqual(image.info["duration"], durations[number % 3])

    def test_gif_with_more_than_256_colours_is_near(self):
        noise = np.random.default_rng(0).integers(0, 256, (2, 6, 6, 3))
        smooth = [np.asarray(Image.fromarray(n.astype(np.uint8)).resize((80, 80))) for n in noise]
        self.assertGreater(len(np.unique(smooth[0].reshape(-1, 3), axis=0)), 1000)
        video.write(self.root / "a.gif", smooth, 10)
        with Image.open(self.root / "a.gif") as image:
            for number, frame in enumerate(smooth):
                image.seek(number)
                error = np.abs(np.asarray(image.convert("RGB")).astype(int) - frame)
                self.assertBetween(error.mean(), 0.1, 8)

    @parameterized.product(suffix=(".mp4", ".gif"), old=(None, b"old"))
    def test_no_half_of_a_video_remains(self, suffix, old):
        path = self.root / f"a{suffix}"
        if old:
            path.write_bytes(old)

        def broken():
            yield from frames(3)
            raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            video.write(path, broken(), 30)
        self.assertIsAsBefore(path, old)

    @parameterized.parameters(".mp4", ".gif")
    def test_a_full_disk(self, suffix):
        path = self.root / f"a{suffix}"
        (self.root / f"a{suffix}.partial").symlink_to("/dev/full")
        with self.assertRaisesRegex(errors.UserError, "Could not write .*No space left"):
            video.write(path, frames(3), 30)
        self.assertIsAsBefore(path)

    @parameterized.parameters(".mp4", ".gif")
    def test_frames_are_taken_while_they_are_written(self, suffix):
        alive, most = 0, 0

        class Frame(np.ndarray):
            def __del__(self):
                nonlocal alive
                alive -= self.base is None

        def counted():
            nonlocal alive, most
            for _ in range(40):
                frame = np.ndarray.__new__(Frame, (16, 16, 3), np.uint8)
                frame[:] = 7
                alive += 1
                most = max(most, alive)
                yield frame
                del frame

        self.assertEqual(video.write(self.root / f"a{suffix}", counted(), 30), 40)
        self.assertBetween(most, 1, 4)

    @parameterized.parameters(".mp4", ".gif")
    def test_frames_that_are_none(self, suffix):
        one = next(frames(1))
        for wrong in ([], [one, one[:-2]], [one.astype(np.float32)], [one[..., 0]]):
            with self.assertRaisesRegex(ValueError, "frames must"):
                video.write(self.root / f"a{suffix}", wrong, 30)
        self.assertEmpty(list(self.root.iterdir()))

    @parameterized.named_parameters(
        ("suffix", "a.avi", 30, "MP4 or GIF; received .*a.avi; end its name in .mp4 or .gif"),
        ("none", "a", 30, "MP4 or GIF; received .*a; end"),
        ("fast_gif", "a.gif", 60, "of .gif files go from 1 to 50; received 60"),
        ("fast_mp4", "a.mp4", 121, "of .mp4 files go from 1 to 120; received 121"),
        ("stands", "a.mp4", 0, "received 0"),
        ("folder", "folder.mp4", 30, "folder.mp4 is a folder; name a file that ends in .mp4"),
        ("below_a_file", "file/a.gif", 30, "Could not make the folder .*file"),
    )
    def test_mistakes(self, name, fps, message):
        (self.root / "folder.mp4").mkdir()
        (self.root / "file").write_text("x")
        with self.assertRaisesRegex(errors.UserError, message):
            video.write(self.root / name, frames(1), fps)
        self.assertCountEqual([p.name for p in self.root.iterdir()], ["folder.mp4", "file"])

    def test_without_pyav_mp4_names_the_extra_and_gif_is_written(self):
        with mock.patch.dict(sys.modules, {"av": None}):
            with self.assertRaisesRegex(errors.UserError, r'pip install -e "\.\[video\]"'):
                video.check(self.root / "a.mp4", 30)
            self.assertEqual(video.write(self.root / "a.gif", frames(2), 30), 2)


if __name__ == "__main__":
    tf.test.main()
