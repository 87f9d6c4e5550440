"""What each image of a data set is like: its size, its mode, whether it can be read, its look."""

import dataclasses
import hashlib
from collections.abc import Callable
from concurrent import futures

import numpy as np
import tensorflow as tf
from PIL import Image

from stargan_tf.data import source
from stargan_tf.data.images import reading

FORMATS = ("", *reading.FORMATS)  # what `format` of a row counts; "": no file
LOOK = (8, 9)  # rows and columns of `thumbnail`: 8 differences in each row make 64 bits

# A row for every image that was looked at. 131 bytes, so that 200,000 images take 26 MB.
ROW = np.dtype(
    [
        ("width", np.int32),  # in pixels, upright
        ("height", np.int32),
        ("format", np.uint8),  # in FORMATS
        ("largest", np.uint16),  # value of a grey image of 16 bits; else 0
        ("transparent", np.bool_),  # some pixel is
        ("grey", np.bool_),  # red, green and blue are equal everywhere
        ("plain", np.bool_),  # all pixels are of one colour
        ("pixels", np.uint64, (2,)),  # a hash of the size and all pixels
        ("differences", np.uint64),  # bit by bit, whether the thumbnail brightens to the right
        ("thumbnail", np.uint8, LOOK),  # the whole picture in grey levels
    ]
)

_THREADS = 4  # each may hold a picture of MAX_PIXELS: 192 MB
_MOST_TOLD = 200  # characters of a message of a source
_CHUNK = 64  # images for each task of the pool


@dataclasses.dataclass(frozen=True)
class Inspection:
    """What was found out about the images of a source.

    Attributes:
      indices: (N,) int64, ascending: the numbers of the images that were looked at.
      table: (N,) of ROW, theirs; a row of an image with a problem is all zeros.
      problems: What is wrong with each image that can't be used, by its number.
      late: Those of them that the check before training does not find, unless it decodes all.
    """

    indices: np.ndarray
    table: np.ndarray
    problems: dict[int, str]
    late: frozenset[int]


def inspect(
    images: source.Source, most: int = 0, progress: Callable[[int], None] = lambda count: None
) -> Inspection:
    """Looks at the images of a source, each once, and keeps none of their pixels.

    About two milliseconds for each of 128 pixels, most of it waiting for the decoder.

    Args:
      images: The source.
      most: Look at no more than this many, evenly spaced; 0: all. Whether files are complete is
        checked of all.
      progress: Is called now and then with how many were looked at.
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
    """Returns the row (scalar of ROW) of an image, and what is wrong with it ("": nothing)."""
    row, number = np.zeros((), ROW), tf.constant(index, tf.int64)
    try:
        if isinstance(images, source.EncodedSource):
            pixels = _read_file(images.read(number).numpy(), row)
        else:
            pixels = images.load(number).numpy()
    except tf.errors.NotFoundError:
        return np.zeros((), ROW), "gone"
    except tf.errors.OpError as error:
        return np.zeros((), ROW), error.message.partition("\n")[0][:_MOST_TOLD]
    except reading.UnreadableError as error:
        return np.zeros((), ROW), error.short
    _read_pixels(pixels, row)
    return row, ""


def _read_file(contents: bytes, row: np.ndarray) -> np.ndarray:
    """Returns the pixels of an image file; fills in what the file says of them."""
    picture = reading.decoded(contents)
    with reading.opened(contents) as image:
        row["format"] = FORMATS.index("JPEG" if reading.is_jpeg(image) else image.format)
        if image.mode in reading.GREY_16_BITS:
            row["largest"] = np.clip(np.asarray(image).max(), 0, reading.MAX_GREY)
        row["transparent"] = _is_transparent(image)
    return np.asarray(picture)


def _is_transparent(image: Image.Image) -> bool:
    """Tells whether a pixel lets something through; many files have an alpha that is all opaque."""
    if image.mode not in reading.WITH_ALPHA and "transparency" not in image.info:
        return False
    lowest, _ = image.convert("RGBA").getchannel("A").getextrema()
    return lowest < 255


def _read_pixels(pixels: np.ndarray, row: np.ndarray) -> None:
    """Fills in what the decoded pixels (height, width, 3) uint8 tell."""
    height, width = pixels.shape[:2]
    row["height"], row["width"] = height, width
    # A few pixels tell for most images.
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
