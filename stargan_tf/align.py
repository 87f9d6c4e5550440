r"""Frames the face in a photo, or in each photo of a folder, as CelebA-HQ's faces are framed.

  python -m stargan_tf.align IN OUT --wing=wing.ckpt --mean=celeba_lm_mean.npz

IN is a photo or a folder of photos, OUT a PNG file or a folder. Each photo shows one face, large
and near the middle. StarGAN v2's networks for CelebA-HQ expect photos that are framed so. The two
files are in the release of the authors of StarGAN v2; they are not part of this project.
"""

import pathlib

from absl import flags

from stargan_tf.base import errors
from stargan_tf.cli import command_line
from stargan_tf.landmarks import alignment, weights
from stargan_tf.pictures import photo_jobs, photos

_WING = flags.DEFINE_string(
    "wing", "", "The landmark network: wing.ckpt, or its weights as .safetensors or .npz."
)
_MEAN = flags.DEFINE_string("mean", "", "The mean landmarks: celeba_lm_mean.npz.")
_IMAGE_SIZE = flags.DEFINE_integer(
    "image_size", 256, "The side of the results in pixels.", lower_bound=32, upper_bound=1024
)
_MIN_CONFIDENCE = flags.DEFINE_float(
    "min_confidence",
    0.2,
    "The mean peak of the 98 heatmaps, about 1 for a clear face, below which there is no face.",
)
_FIT = flags.DEFINE_enum(
    "fit",
    "crop",
    ("crop", "pad"),
    "How the photo becomes square first: cut out its centre, or add bars.",
)


def main(image: str, output: str) -> int:
    """Aligns; a photo without a face, or that can't be read, is named and left out (status 1)."""
    weights.check_file(_WING.value, "--wing", "wing.ckpt")
    weights.check_file(_MEAN.value, "--mean", "celeba_lm_mean.npz")
    mean = weights.load_mean(_MEAN.value)
    alignment.opencv()
    jobs = photo_jobs.jobs(pathlib.Path(image), pathlib.Path(output), "IN", "OUT")
    command_line.import_tensorflow()
    from stargan_tf.landmarks import aligner

    network = weights.load(_WING.value)
    align = aligner.Aligner(network, mean, _IMAGE_SIZE.value, _MIN_CONFIDENCE.value).align

    def write(source: pathlib.Path, target: pathlib.Path) -> str:
        photo = photos.read_photo(str(source))
        side = max(photo.size) if _FIT.value == "pad" else min(photo.size)
        square = photos.fit(photo, min(side, aligner.MAX_SIDE), _FIT.value)
        try:
            pixels, confidence = align(square)
        except errors.UserError as error:
            raise errors.UserError(f"{source}: {error}") from error
        photos.save_png(target, pixels)
        return f"confidence {confidence:.2f}"

    return command_line.each_photo(jobs, write, "aligned")


if __name__ == "__main__":
    command_line.run(main, positional=("IN", "OUT"))
