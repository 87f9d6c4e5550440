"""Inspects every image of a data set: its size and mode, whether it can be read, its look."""

import dataclasses
import hashlib
from collections.abc import Callable
from concurrent import futures

import numpy as np
import tensorflow as tf
from PIL import Image

from stargan_tf.data import source
from stargan_tf.data.images import reading

FORMATS = ("", *reading.FORMATS)  # `format` of a row is an index into this; "": no file
LOOK = (8, 9)  # rows and columns of `thumbnail`: 8 differences in each row make 64 bits

# A row for every inspected image: 131 bytes, 26 MB for 200,000 images.
ROW = np.dtype(
    [
        ("width", np.int32),  # in pixels, upright
        ("height", np.int32),
        ("format", np.uint8),  # index in FORMATS
        ("largest", np.uint16),  # largest value of a grey image of 16 bits; else 0
        ("transparent", np.bool_),  # some pixel is not opaque
        ("grey", np.bool_),  # red, green and blue are equal everywhere
        ("plain", np.bool_),  # all pixels have one colour
        ("pixels", np.uint64, (2,)),  # a hash of the size and all pixels
        ("differences", np.uint64),  # bit by bit, whether the thumbnail brightens to the right
        ("thumbnail", np.uint8, LOOK),  # the whole picture in grey levels
    ]
)

_THREADS = 4  # each may hold a picture of MAX_PIXELS: 192 MB
_MOST_CHARACTERS = 200  # of a source's message
_CHUNK = 64  # images for each task of the pool


@dataclasses.dataclass(frozen=True)
class Inspection:
    """The properties and problems of the images of a source.

    Attributes:
      indices: (N,) int64, ascending: the numbers of the inspected images.
      table: (N,) of ROW, one for each of these; all zeros if the image has a problem.
      problems: By number, why an image can't be used.
      late: The numbers among these that the check before training misses unless it decodes all.
    """

    indices: np.ndarray
    table: np.ndarray
    problems: dict[int, str]
    late: frozenset[int]


def inspect(
    images: source.Source, most: int = 0, progress: Callable[[int], None] = lambda count: None
) -> Inspection:
    """Inspects the images of a source, each once, and keeps none of their pixels.

    An image of 128 pixels takes about two milliseconds, most of them in the decoder. Inspects at
    most `most`, evenly spaced (0: all), but checks whether all files are complete. Calls `progress`
    now and then with the number of images inspected so far.
    """
    problems = images.problems()
    count = min(most or images.size, images.size)
    indices = np.unique(np.linspace(0, images.size - 1, count).round().astype(np.int64))
    table = np.zeros(len(indices), ROW)
    late: dict[int, str] = {}

    def look(start: int) -> int:
        for place in range(start, min(start + _CHUNK, len(indices))):
            index = int(indices[place])
            if index not in problems:
                table[place], problem = _look(images, index)
                if problem:
                    late[index] = problem
        return min(start + _CHUNK, len(indices))

    with futures.ThreadPoolExecutor(_THREADS) as pool:
        for done in pool.map(look, range(0, len(indices), _CHUNK)):
            progress(done)
    return Inspection(indices, table, dict(sorted((problems | late).items())), frozenset(late))


def _look(images: source.Source, index: int) -> tuple[np.ndarray, str]:
    """Returns the row (scalar of ROW) of an image, and why it can't be used ("": it can)."""
    row, number = np.zeros((), ROW), tf.constant(index, tf.int64)
    try:
        if isinstance(images, source.EncodedSource):
            pixels = _read_file(images.read(number).numpy(), row)
        else:
            pixels = images.load(number).numpy()
    except tf.errors.NotFoundError:
        return np.zeros((), ROW), "gone"
    except tf.errors.OpError as error:
        return np.zeros((), ROW), error.message.partition("\n")[0][:_MOST_CHARACTERS]
    except reading.UnreadableError as error:
        return np.zeros((), ROW), error.short
    _read_pixels(pixels, row)
    return row, ""


def _read_file(contents: bytes, row: np.ndarray) -> np.ndarray:
    """Returns the pixels of an image file; fills in what depends on the file's format."""
    picture = reading.decoded(contents)
    with reading.opened(contents) as image:
        row["format"] = FORMATS.index("JPEG" if reading.is_jpeg(image) else image.format)
        if image.mode in reading.GREY_16_BITS:
            row["largest"] = np.clip(np.asarray(image).max(), 0, reading.MAX_GREY)
        row["transparent"] = _is_transparent(image)
    return np.asarray(picture)


def _is_transparent(image: Image.Image) -> bool:
    """Returns whether any pixel is not opaque; many files have an alpha channel but none is."""
    may_be = image.mode in reading.WITH_ALPHA or "transparency" in image.info
    return may_be and image.convert("RGBA").getchannel("A").getextrema()[0] < 255


def _read_pixels(pixels: np.ndarray, row: np.ndarray) -> None:
    """Fills in what depends on the decoded pixels (height, width, 3) uint8."""
    height, width = pixels.shape[:2]
    row["height"], row["width"] = height, width
    # A few pixels decide for most images.
    row["plain"] = _is_plain(pixels[::16, ::16]) and _is_plain(pixels)
    row["grey"] = _is_grey(pixels[::16, ::16]) and _is_grey(pixels)
    digest = hashlib.blake2b(f"{height} {width}\n".encode(), digest_size=16)
    digest.update(np.ascontiguousarray(pixels))
    row["pixels"] = np.frombuffer(digest.digest(), np.uint64)
    picture = Image.fromarray(pixels).convert("L")
    thumbnail = np.asarray(picture.resize(LOOK[::-1], Image.Resampling.BOX))
    row["thumbnail"] = thumbnail
    row["differences"] = np.packbits(thumbnail[:, 1:] > thumbnail[:, :-1]).view(np.uint64)[0]


def _is_plain(pixels: np.ndarray) -> bool:
    return bool((pixels == pixels[0, 0]).all())


def _is_grey(pixels: np.ndarray) -> bool:
    return bool((pixels[..., 1:] == pixels[..., :1]).all())
