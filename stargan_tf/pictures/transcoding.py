"""Videos in, videos out: every picture of an MP4 or other file changed, and its sound kept."""

import collections
import contextlib
import dataclasses
import fractions
import io
import os
import pathlib
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from PIL import Image

from stargan_tf.base import errors, files
from stargan_tf.data.images import reading
from stargan_tf.pictures import video

# Maps the frames to as many others, (H, W, 3) uint8 of one size, in their order.
Work = Callable[[Iterator[Image.Image]], Iterable[np.ndarray]]

_USUAL_RATE = fractions.Fraction(25)
_UNSPECIFIED = 2  # the code of a colour matrix that a file does not name (ITU-T H.273)
_HD = 720  # pixels; players take files of this height on that name none for BT.709


@dataclasses.dataclass(frozen=True)
class Facts:
    """What a video file says of itself.

    Attributes:
      frames: How many there are, as its header says; 0: it does not.
      sound: The name of its sound's coding; "": it has none.
    """

    frames: int
    sound: str


def facts(path: pathlib.Path, *, sound: bool = True) -> Facts:
    """Looks at a video before slow work.

    Args:
      path: The file.
      sound: Whether its sound is to be kept.

    Raises:
      UserError: It can't be read or shows no pictures, or an MP4 file can't hold its sound.
    """
    with _opened(path) as (av, container):
        stream, tracks = _stream(path, container), container.streams.audio
        rate = stream.average_rate or stream.guessed_rate or _USUAL_RATE
        length = stream.duration and stream.duration * stream.time_base
        if not length and container.duration:
            length = fractions.Fraction(container.duration, av.time_base)
        name = tracks[0].codec_context.codec.canonical_name if tracks and sound else ""
        if name and not _fits(av, tracks[0]):
            raise errors.UserError(
                f"An MP4 file can't hold the sound of {path} ({name}); leave it out with `sound`=0 "
                "(--nosound), or convert the file's sound to AAC first."
            )
        return Facts(stream.frames or round((length or 0) * rate), name)


def transcode(source: pathlib.Path, path: pathlib.Path, work: Work, *, sound: bool = True) -> int:
    """Writes a video whose frames are those of another, changed; in one step, as `video.write`.

    Every frame is shown when it was shown before. Frames come upright, and the new file has them
    so. The sound's packets are copied as they are. Few frames are held at a time: as many as `work`
    takes before it gives the first.

    Args:
      source: The file to read.
      path: The file to write; ends in .mp4, and its folder is made.
      work: What is done with the frames.
      sound: Whether the sound is kept, if there is any.

    Returns:
      The number of frames.

    Raises:
      UserError: As of `facts`; or `source` is damaged, or `path` is no MP4 file, `source` itself or
        can't be written.
    """
    check(source, path)
    files.make_folder(path.parent)
    with _opened(source) as (av, container), files.atomic(path) as file:
        name = f"file:{os.fspath(file.name)}"  # by name, as in `video`
        with av.open(name, "w", format="mp4", options=video.INDEX_IN_FRONT) as target:
            copy = _Copy(av, source, container, target, sound)
            try:
                count = copy.run(work)
            except av.FFmpegError as error:
                raise _damaged(source, error) from error
        if not count:
            raise errors.UserError(f"{source} shows no pictures; name a video.")
    return count


def check(source: pathlib.Path, path: pathlib.Path) -> None:
    """Raises a UserError where `transcode` could not write `path`: for before slow work."""
    if path.suffix.lower() != ".mp4":
        raise errors.UserError(
            f"The translation of a video is written as MP4; received {path}; end its name in .mp4."
        )
    video.check(path, 1)
    if path.exists() and source.exists() and os.path.samefile(source, path):
        raise errors.UserError(f"`output` would overwrite the video {source}; choose another name.")


class _Copy:
    """A video that is being read, and the one that is being written."""

    def __init__(
        self, av: types.ModuleType, path: pathlib.Path, source: Any, target: Any, sound: bool
    ):
        self._av, self._source, self._target = av, source, target
        self._stream = _stream(path, source)
        tracks = source.streams.audio if sound else ()
        self._tracks = tracks[:1]
        self._heard = target.add_stream_from_template(tracks[0]) if tracks else None
        self._times: collections.deque[int] = collections.deque()
        self._packets: collections.deque[Any] = collections.deque()

    def run(self, work: Work) -> int:
        """Does it; returns the number of frames."""
        rate = self._stream.average_rate or self._stream.guessed_rate or _USUAL_RATE
        out, count = None, 0
        for frame in work(self._frames(rate)):
            if out is None:
                out = video.add_stream(self._target, rate, frame.shape)
                out.codec_context.time_base = self._stream.time_base
            picture = video.picture(self._av, frame)
            picture.pts, picture.time_base = self._times.popleft(), self._stream.time_base
            self._target.mux(out.encode(picture))
            self._flush()
            count += 1
        if out is not None:
            self._target.mux(out.encode())
            self._flush()
        return count

    def _flush(self) -> None:
        """Writes the sound that was read so far: not before the pictures' stream is there."""
        while self._packets:
            packet = self._packets.popleft()
            packet.stream = self._heard
            self._target.mux(packet)

    def _frames(self, rate: fractions.Fraction) -> Iterator[Image.Image]:
        step = 1 / (rate * self._stream.time_base)
        latest = None
        for packet in self._source.demux(self._stream, *self._tracks):
            if packet.stream is not self._stream:
                if packet.dts is not None:  # the last one, which is empty, has no time
                    self._packets.append(packet)
                continue
            for frame in packet.decode():
                start = 0 if latest is None else latest + max(1, round(step))
                latest = start if frame.pts is None else frame.pts
                self._times.append(latest)
                yield _upright(frame)


def _upright(frame: Any) -> Image.Image:
    """Returns a frame as RGB, turned as players turn it."""
    matrix = None
    if int(frame.colorspace) == _UNSPECIFIED and frame.height >= _HD:
        matrix = "itu709"
    picture = frame.reformat(format="rgb24", src_colorspace=matrix)
    pixels = picture.to_ndarray(format="rgb24")
    return Image.fromarray(np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90))))


def _fits(av: types.ModuleType, track: Any) -> bool:
    """Returns whether an MP4 file can hold a stream of sound as it is."""
    try:
        with av.open(io.BytesIO(), "w", format="mp4") as trial:
            trial.add_stream_from_template(track)
            trial.start_encoding()
    except (av.FFmpegError, ValueError):
        return False
    return True


@contextlib.contextmanager
def _opened(path: pathlib.Path) -> Iterator[tuple[types.ModuleType, Any]]:
    av = video.pyav()
    if not path.is_file():  # reading a pipe or device may never end
        what = "is a folder" if path.is_dir() else "does not exist or is no regular file"
        raise errors.UserError(f"The video {path} {what}; name a video file.")
    try:
        container = av.open(f"file:{os.fspath(path)}")
    except (av.FFmpegError, UnicodeError) as error:
        raise _damaged(path, error) from error
    with container:
        yield av, container


def _stream(path: pathlib.Path, container: Any) -> Any:
    streams = container.streams.video
    if not streams:
        raise errors.UserError(f"{path} has no pictures, only sound or text; name a video.")
    stream = streams[0]
    if stream.codec_context.width * stream.codec_context.height > reading.MAX_PIXELS:
        raise errors.UserError(
            f"The frames of {path} have more than {reading.MAX_PIXELS:,} pixels; make them smaller "
            "first."
        )
    stream.thread_type = "AUTO"
    return stream


def _damaged(path: pathlib.Path, error: Exception) -> errors.UserError:
    reason = getattr(error, "strerror", None) or str(error)
    return errors.UserError(
        f"Cannot read the video {path}: it is no video, or is damaged ({reason}); name another."
    )
