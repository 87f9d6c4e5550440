"""Writing videos: frames, one after the other, into an MP4 or a GIF file."""

import fractions
import os
import pathlib
import types
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import numpy as np
from PIL import GifImagePlugin, Image, ImageChops

from stargan_tf.base import errors, files

MAX_FPS = {".mp4": 120, ".gif": 50}  # browsers slow down a GIF whose delays are below 0.02 s

# x264's constant quality: 0 is lossless, 23 its default, 18 looks as the frames do. The index goes
# in front, so that a browser starts before all is there.
_QUALITY = {"crf": "18", "preset": "medium"}
INDEX_IN_FRONT = {"movflags": "+faststart"}
_BT709 = 1  # the code of this standard for matrix, primaries and transfer alike (ITU-T H.273)
_TV_RANGE = 1


def check(path: pathlib.Path, fps: int) -> None:
    """Raises a UserError where `write` could not write `path`: for before slow work.

    That is another suffix than .mp4 and .gif, a folder of that name, more frames a second than
    MAX_FPS or fewer than 1, or an MP4 file without the package PyAV.
    """
    suffix = path.suffix.lower()
    if suffix not in MAX_FPS:
        raise errors.UserError(
            f"A video is written as MP4 or GIF; received {path}; end its name in .mp4 or .gif."
        )
    if path.is_dir():
        raise errors.UserError(f"{path} is a folder; name a file that ends in {suffix}.")
    if not 1 <= fps <= MAX_FPS[suffix]:
        raise errors.UserError(
            f"The frames per second of {suffix} files go from 1 to {MAX_FPS[suffix]}; received "
            f"{fps}; choose a number from there."
        )
    if suffix == ".mp4":
        pyav()


def write(path: pathlib.Path, frames: Iterable[np.ndarray], fps: int) -> int:
    """Writes a video in one step: `path` holds all of it, or on any error what it held before.

    MP4: H.264 with 8 bits, 4:2:0, BT.709 and limited range, which every player takes; sides that
    are odd get one more row or column, as the last one. GIF: up to 256 colours for every frame,
    chosen for what has changed since the frame before; it repeats for ever, and since delays are
    whole hundredths of a second, they differ by one where `fps` does not divide 100.

    Args:
      path: Ends in .mp4 or .gif; its folder is made.
      frames: (H, W, 3) uint8, all of one size, at least one; few are held at a time.
      fps: Frames per second.

    Returns:
      The number of frames.

    Raises:
      UserError: As of `check`; or if the file can't be written.
      ValueError: There is no frame, or one is not as `frames` asks.
    """
    check(path, fps)
    files.make_folder(path.parent)
    encode = _encode_mp4 if path.suffix.lower() == ".mp4" else _encode_gif
    with files.atomic(path) as file:
        count = encode(file, _checked(frames), fps)
        if not count:
            raise ValueError("frames must hold at least one.")
    return count


def _checked(frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    shape = None
    for frame in frames:
        shape = shape or frame.shape
        if frame.dtype != np.uint8 or frame.shape != shape or shape[2:] != (3,):
            raise ValueError(
                "frames must be (H, W, 3) uint8 of one size. "
                f"Received: {frame.shape} {frame.dtype} after {shape}"
            )
        yield frame


def _encode_mp4(file: BinaryIO, frames: Iterator[np.ndarray], fps: int) -> int:
    av = pyav()
    count = 0
    # By name, not as a file object: to put the index in front, FFmpeg opens the file once more.
    # "file:" keeps it from reading what is before a colon as a protocol.
    name = f"file:{os.fspath(file.name)}"
    with av.open(name, "w", format="mp4", options=INDEX_IN_FRONT) as container:
        for count, frame in enumerate(frames, 1):
            if count == 1:
                stream = add_stream(container, fractions.Fraction(fps), frame.shape)
            encoded = picture(av, frame)
            encoded.pts = count - 1
            container.mux(stream.encode(encoded))
        if count:
            container.mux(stream.encode())
    return count


def add_stream(container: Any, rate: fractions.Fraction, shape: tuple[int, ...]) -> Any:
    """Adds a stream for frames of `shape` (H, W, 3), as `write` describes it, to PyAV's output."""
    stream = container.add_stream("libx264", rate=rate, options=_QUALITY)
    stream.pix_fmt = "yuv420p"
    stream.height, stream.width = (side + side % 2 for side in shape[:2])
    codec = stream.codec_context
    codec.colorspace = codec.color_primaries = codec.color_trc = _BT709
    codec.color_range = _TV_RANGE
    return stream


def picture(av: types.ModuleType, frame: np.ndarray) -> Any:
    """Returns a frame (H, W, 3) uint8 as PyAV's, for a stream of `add_stream`."""
    frame = np.pad(frame, [(0, side % 2) for side in frame.shape[:2]] + [(0, 0)], "edge")
    encoded = av.VideoFrame.from_ndarray(frame, format="rgb24")
    return encoded.reformat(format="yuv420p", dst_colorspace="itu709")


def _encode_gif(file: BinaryIO, frames: Iterator[np.ndarray], fps: int) -> int:
    """Writes frame by frame; Pillow's own way to save an animation holds all of them."""
    before = None
    count = 0
    for count, frame in enumerate(frames, 1):  # noqa: B007
        picture = Image.fromarray(frame)
        if before is None:
            file.write(_gif_header(*picture.size))
            box = (0, 0, *picture.size)
        else:
            box = ImageChops.difference(before, picture).getbbox() or (0, 0, 1, 1)
        delay = 100 * count // fps - 100 * (count - 1) // fps  # hundredths of a second
        part = picture.crop(box).quantize(256)
        file.writelines(
            GifImagePlugin.getdata(part, box[:2], duration=10 * delay, include_color_table=True)
        )
        before = picture
    file.write(b";")
    return count


def _gif_header(width: int, height: int) -> bytes:
    """Returns signature, screen size without a table of colours, and "repeat for ever"."""
    size = width.to_bytes(2, "little") + height.to_bytes(2, "little")
    return b"GIF89a" + size + b"\0\0\0" + b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"


def pyav() -> types.ModuleType:
    """Returns the module av, or raises a UserError that says how to install it."""
    try:
        import av
    except ImportError as error:
        raise errors.UserError(
            f"MP4 videos need the package PyAV, which could not be imported ({error}); install the "
            f"extra video: {errors.install_command('video')}, or write a .gif instead."
        ) from error
    return av
