"""Translating frames: in batches, with one answer for each face, and the rest untouched."""

import contextlib
import io
import pathlib
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

import stargan_tf
from stargan_tf.base import errors
from stargan_tf.inference import translation, video_translation
from stargan_tf.pictures import face_framing, faces, framed, photos
from tests import commands, shared, tiny
from tests.pictures import regions_test, transcoding_test


class Lightens:
    """Stands for a translator: lightens by 0.1 for each number."""

    def __init__(self):
        self.sizes = []

    def outputs(self, squares, who):
        self.sizes.append(len(squares))
        return squares + 0.1 * (1 + np.array(who, np.float32))[:, None, None, None]


class Moving:
    """Stands for a detector: two faces that move to the right, from the second frame on."""

    def __init__(self):
        self.frame = -1

    def find(self, photo):
        self.frame += 1
        there = [faces.Face(20 + self.frame, 40, 30, 30), faces.Face(120, 40, 30, 30)]
        return there if self.frame else []


class FramesTest(tf.test.TestCase, parameterized.TestCase):
    def test_whole_frames_in_batches(self):
        work = Lightens()
        video = video_translation.Video(work, framed.Whole(photos.Framing(16), "difference"))
        pictures = [regions_test.smooth(40, 60, seed) for seed in range(18)]
        found = list(video.frames(iter(pictures)))
        self.assertEqual(work.sizes, [16, 2])
        for frame, picture in zip(found, pictures, strict=True):
            self.assertAllClose(frame[20, 30], np.asarray(picture)[20, 30] + 12.75, rtol=0, atol=1)
            self.assertAllEqual(frame[:, :9], np.asarray(picture)[:, :9])

    def test_frames_at_the_networks_size(self):
        video = video_translation.Video(Lightens(), framed.Whole(photos.Framing(16)))
        self.assertEqual(next(video.frames([Image.new("RGB", (40, 30))])).shape, (16, 16, 3))

    def test_every_face_keeps_its_number(self):
        framer = face_framing.Faces(Moving(), 16, margin=0.2)
        picture = regions_test.smooth(120, 200)
        found = list(video_translation.Video(Lightens(), framer).frames([picture] * 10))
        self.assertAllEqual(found[0], np.asarray(picture))
        change = found[9].astype(int) - np.asarray(picture)
        self.assertAllClose(change[55, 38], [12.75] * 3, rtol=0, atol=1)
        self.assertAllClose(change[55, 135], [25.5] * 3, rtol=0, atol=1)

    def test_no_face_in_any_frame(self):
        never = mock.Mock(find=lambda photo: [])
        video = video_translation.Video(Lightens(), face_framing.Faces(never, 16))
        with self.assertRaisesRegex(errors.UserError, "No frame of the video shows a face"):
            list(video.frames([Image.new("RGB", (40, 30))] * 3))

    def test_the_most_frequent_labels(self):
        rows = np.array([[0, 1], [1, 0], [1, 1], [1, 0]], np.float32)
        self.assertAllEqual(video_translation.most_frequent(rows), [1, 0])


class CommandTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)
        self.enter_context(shared.in_runs())
        self.run_ = tiny.untrained_run(self.root / "run")
        self.video = transcoding_test.write(self.root / "in.mp4")

    def _command(self, **flags):
        flags = {"run": str(self.root / "run"), "video": str(self.video), "to": "Smiling",
                 "output": str(self.root / "out.mp4"), **flags}  # fmt: skip
        with (
            commands.given("translate", **flags),
            contextlib.redirect_stdout(io.StringIO()) as said,
        ):
            self.assertEqual(commands.load("translate").main(), 0)
        return said.getvalue()

    @parameterized.parameters("model", "original")
    def test_frames_are_those_of_the_api_and_the_sound_stays(self, size):
        flags = {"from": "Black_Hair", "size": size}
        said = self._command(**flags)
        self.assertIn("from: Black_Hair, as given; to: Black_Hair, Smiling; 10 frames", said)
        self.assertIn("sound: aac, as it was", said)
        found, times, sound = transcoding_test.read(self.root / "out.mp4")
        self.assertAllClose(times, [time / 25 for time in transcoding_test.TIMES], atol=1e-3)
        self.assertEqual(sound, transcoding_test.read(self.video)[2])
        model = stargan_tf.load(self.root / "run")
        for frame, before in zip(found, transcoding_test.read(self.video)[0], strict=True):
            wanted = model.translate(before, "Smiling", known="Black_Hair", size=size)
            self.assertEqual(frame.shape, wanted.shape)
            # Colours have half the resolution, and these networks' outputs are noise.
            apart = np.dot(frame.astype(int) - wanted, (0.2126, 0.7152, 0.0722))
            self.assertLess(np.abs(apart).mean(), 8)

    def test_one_answer_of_the_classifier_for_all_frames(self):
        translator = translation.ToLabels(self.run_, self.run_.framing(), ("Smiling",))
        squares = photos.to_array(Image.new("RGB", (32, 32)))[None].repeat(3, axis=0)
        seen = np.array([[1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 1, 0, 0, 0]], np.float32)
        model = translator.model
        with (
            mock.patch.object(model.algorithm, "classify", return_value=seen) as classify,
            mock.patch.object(model, "translate", side_effect=lambda x, y, **_: y),
        ):
            targets = [translator.outputs(squares, [0, 0, 0]) for _ in range(2)]
            classify.assert_called_once()
        self.assertAllEqual(targets, np.tile([0, 1, 0, 0, 1], (2, 3, 1)))
        self.assertEqual(
            translator.described(), "from: Blond_Hair, as classified; to: Blond_Hair, Smiling"
        )

    @parameterized.parameters(
        ({"image": "a.png"}, "one of the two; received both"),
        ({"video": None}, "one of the two; received neither"),
        ({"sheet": True, "to": ""}, "--video with --sheet"),
        ({"face_boxes": "fixed"}, "--face_boxes is of --video with --faces"),
        ({"margin": 0.1}, "--margin is of --faces"),
        ({"faces": True, "wing": "wing.ckpt"}, "--wing and --mean belong together"),
        ({"faces": True, "fit": "pad"}, "--fit is of whole photos"),
        ({"faces": True, "crop_size": 0}, "--crop_size is of whole photos"),
        ({"output": "out.png"}, "end its name in .mp4"),
        ({"video": "none.mp4"}, "none.mp4 does not exist"),
        ({"video": None, "image": "a.png", "sound": False}, "--nosound is of --video"),
    )
    def test_mistakes(self, flags, message):
        with self.assertRaisesRegex(errors.UserError, message):
            self._command(**flags)
        self.assertEqual({p.name for p in self.root.iterdir()}, {"run", "in.mp4"})

    def test_a_video_without_faces_writes_nothing(self):
        with self.assertRaisesRegex(errors.UserError, "No frame of the video shows a face"):
            self._command(faces=True, **{"from": "Black_Hair"})
        self.assertFalse((self.root / "out.mp4").exists())
        self.assertEmpty(list(self.root.glob("*.partial")))

    def test_faces_of_a_photo(self):
        picture = self.root / "group.png"
        regions_test.smooth(150, 250).save(picture)
        found = [faces.Face(30, 40, 40, 40), faces.Face(150, 60, 30, 30)]
        with mock.patch.object(faces.Detector, "find", return_value=found):
            said = self._command(
                video=None, image=str(picture), output=str(self.root / "o.png"), faces=True,
                **{"from": "Black_Hair"},
            )  # fmt: skip
        self.assertIn("2 faces: from: Black_Hair, as given", said)
        model, asked = stargan_tf.load(self.root / "run"), {"to": "Smiling", "known": "Black_Hair"}
        again = model.translate_faces(picture, detector=mock.Mock(find=lambda _: found), **asked)
        self.assertAllEqual(np.asarray(again), np.asarray(Image.open(self.root / "o.png")))
        with self.assertRaisesRegex(errors.UserError, "`margin` goes from 0 to 4"):
            model.translate_faces(picture, margin=-1, **asked)
        change = np.asarray(Image.open(self.root / "o.png")).astype(int) - Image.open(picture)
        self.assertGreater(np.abs(change[60, 50]).sum() + np.abs(change[75, 165]).sum(), 0)
        self.assertAllEqual(change[:, 220:], np.zeros_like(change[:, 220:]))


if __name__ == "__main__":
    tf.test.main()
