"""Videos in and out: frames, times, turns and sound; bad files; nothing half-written."""

import fractions
import pathlib
from unittest import mock

import av
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.base import errors
from stargan_tf.pictures import transcoding
from tests.pictures import video_test

HEIGHT, WIDTH, COUNT = 48, 64, 10
TIMES = (0, 1, 2, 3, 5, 6, 7, 9, 10, 11)  # of the frames, in 1/25 s: not evenly


def write(path, turn=0, sound="aac", **options):
    """Writes a video of 0.44 s with uneven times and a tone."""
    with av.open(str(path), "w", **options) as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "10"})
        stream.height, stream.width, stream.pix_fmt = HEIGHT, WIDTH, "yuv420p"
        stream.codec_context.time_base = fractions.Fraction(1, 25)
        if turn:
            stream.set_display_rotation(turn)
        track = container.add_stream(sound, rate=8000, layout="mono") if sound else None
        for time, frame in zip(TIMES, video_test.frames(COUNT, HEIGHT, WIDTH), strict=True):
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            picture.pts, picture.time_base = time, fractions.Fraction(1, 25)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
        if track:
            tone = np.sin(np.arange(4096) / 3)
            tone = (20000 * tone).astype(np.int16)[np.newaxis]
            wave = av.AudioFrame.from_ndarray(tone, format="s16", layout="mono")
            wave.sample_rate, wave.pts = 8000, 0
            container.mux(track.encode(wave))
            container.mux(track.encode())
    return path


def read(path):
    """Returns the frames, their times in seconds, and the packets of the sound."""
    with av.open(str(path)) as container:
        packets = [bytes(p) for p in container.demux(audio=0) if p.size] if (
            container.streams.audio) else []  # fmt: skip
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    assert all(frame.rotation == 0 for frame in frames)
    return [f.to_ndarray(format="rgb24") for f in frames], [f.time for f in frames], packets


def negative(frames):
    """Changes frames in batches of four, as a network does."""
    waiting = []
    for frame in frames:
        waiting.append(frame)
        if len(waiting) == 4:
            yield from (255 - np.asarray(picture) for picture in waiting)
            waiting = []
    yield from (255 - np.asarray(picture) for picture in waiting)


class TranscodingTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)
        self.out = self.root / "new" / "out.mp4"

    @parameterized.parameters((0, "aac"), (90, "aac"), (180, None), (-90, "pcm_s16le"))
    def test_frames_change_and_times_turn_and_sound_stay(self, turn, sound):
        source = write(self.root / "in: a.mov", turn, sound)
        about = transcoding.facts(source)
        self.assertEqual(about.frames, COUNT)
        self.assertStartsWith(about.sound, sound or "")
        self.assertEqual(transcoding.transcode(source, self.out, negative), COUNT)
        found, times, packets = read(self.out)
        self.assertAllClose(times, [time / 25 for time in TIMES], rtol=0, atol=1e-3)
        for frame, before in zip(found, video_test.frames(COUNT, HEIGHT, WIDTH), strict=True):
            wanted = 255 - np.rot90(before, turn // 90).astype(int)
            self.assertEqual(frame.shape, wanted.shape)
            self.assertLess(np.abs(frame - wanted).mean(), 8)
        with av.open(str(source)) as container:
            heard = [bytes(p) for p in container.demux(audio=0) if p.size] if sound else []
        self.assertEqual(packets, heard)
        self.assertEqual(bool(packets), bool(sound))

    def test_without_the_sound(self):
        source = write(self.root / "in.mp4")
        self.assertEqual(transcoding.facts(source, sound=False).sound, "")
        transcoding.transcode(source, self.out, negative, sound=False)
        with av.open(str(self.out)) as container:
            self.assertEmpty(container.streams.audio)

    def test_sound_that_mp4_can_not_hold(self):
        source = write(self.root / "in.avi", sound="adpcm_ms")
        with self.assertRaisesRegex(errors.UserError, "can't hold the sound .*adpcm_ms.*--nosound"):
            transcoding.facts(source)
        self.assertGreater(transcoding.facts(source, sound=False).frames, 0)

    @parameterized.parameters(KeyboardInterrupt, errors.UserError("no"))
    def test_an_interrupted_run_leaves_what_there_was(self, error):
        source = write(self.root / "in.mp4")
        self.out.parent.mkdir()
        self.out.write_bytes(b"before")

        def stops(frames):
            yield from (np.asarray(next(frames)) for _ in range(5))
            raise error

        with self.assertRaises(type(error) if isinstance(error, Exception) else error):
            transcoding.transcode(source, self.out, stops)
        self.assertEqual([p.name for p in self.out.parent.iterdir()], ["out.mp4"])
        self.assertEqual(self.out.read_bytes(), b"before")

    def test_files_that_are_no_videos(self):
        text, cut, heard = (self.root / name for name in ("a.mp4", "cut.mp4", "sound.mp4"))
        text.write_bytes(b"no video " * 100)
        whole = write(self.root / "in.mp4").read_bytes()
        cut.write_bytes(whole[: len(whole) // 2])
        with av.open(str(heard), "w") as container:
            track = container.add_stream("aac", rate=8000, layout="mono")
            silence = np.zeros((1, 2048), np.int16)
            wave = av.AudioFrame.from_ndarray(silence, "s16", "mono")
            wave.sample_rate = 8000
            container.mux(track.encode(wave))
            container.mux(track.encode())
        for path, message in (
            (self.root / "none.mp4", "does not exist"),
            (self.root, "is a folder"),
            (text, "no video, or is damaged"),
            (cut, "no video, or is damaged"),
            (heard, "has no pictures"),
        ):
            for call in (transcoding.facts, lambda p: transcoding.transcode(p, self.out, negative)):
                with self.assertRaisesRegex(errors.UserError, message):
                    call(path)
        self.assertEmpty(list(self.out.parent.glob("*")))

    def test_outputs_that_can_not_be(self):
        source = write(self.root / "in.mp4")
        before = source.read_bytes()
        with self.assertRaisesRegex(errors.UserError, "end its name in .mp4"):
            transcoding.transcode(source, self.root / "a.gif", negative)
        with self.assertRaisesRegex(errors.UserError, "would overwrite the video"):
            transcoding.transcode(source, source, negative)
        self.assertEqual(source.read_bytes(), before)

    def test_without_pyav(self):
        missing = mock.patch.dict("sys.modules", {"av": None})
        with missing, self.assertRaisesRegex(errors.UserError, "extra video"):
            transcoding.facts(self.root / "in.mp4")


if __name__ == "__main__":
    tf.test.main()
