r"""Aligns the face in a photo, or in each photo of a folder, like the faces of CelebA-HQ.

  python -m stargan_tf.align IN OUT --wing=wing.ckpt --mean=celeba_lm_mean.npz

IN is a photo or a folder of photos, OUT a PNG file or a folder. Each photo should show one face,
large and near the middle. StarGAN v2's networks for CelebA-HQ expect aligned photos. The two files
are part of the release of StarGAN v2's authors, not of this project.
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
    "Photos with a lower mean peak of the 98 heatmaps (about 1 for a clear face) show no face.",
)
_FIT = flags.DEFINE_enum(
    "fit",
    "crop",
    ("crop", "pad"),
    "How to make the photo square first: cut out its centre, or add bars.",
)


def main(image: str, output: str) -> int:
    """Aligns photos; names and skips those that show no face or can't be read (status 1)."""
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
