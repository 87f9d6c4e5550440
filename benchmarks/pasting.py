"""Measures the two ways in which translations go back into photos: `--paste` of `translate`.

  python -m benchmarks.pasting --run=cartoon_faces_v1 --output=docs/original_size.png

Drawn faces of 512 px are translated by a run of fewer pixels and put back. The truth is the same
face, drawn at 512 px with the other label. "Changed" is where the truth differs from the photo by
more than 8 of 255 grey levels in some channel.
"""

import argparse
import collections
import pathlib

import numpy as np
from PIL import Image

import stargan_tf
from stargan_tf.data.sources import cartoon_faces
from stargan_tf.pictures import photos, regions, sheets
from stargan_tf.reports import progress

SIZE = 512
CHANGED = 8  # grey levels
SHOWN = ("Blond_Hair", "Eyeglasses", "Smiling")


def main() -> None:
    """Prints a table of mean absolute errors, in grey levels, and writes a picture."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--run", default="cartoon_faces_v1")
    parser.add_argument("--faces", type=int, default=100)
    parser.add_argument("--output", type=pathlib.Path, help="a PNG file")
    args = parser.parse_args()
    model = stargan_tf.load(args.run)
    drawn = cartoon_faces.CartoonFaces("test", SIZE, args.faces).labelled(model.label_space)
    errors, rows = collections.defaultdict(list), {}
    for number in progress.counted(range(args.faces), args.faces, "face"):
        own, photo = drawn.labels[number], drawn.image(number)
        for name in model.names:
            target = model.label_space.changed(own[np.newaxis], (name,))[0]
            if (target == own).all():
                continue
            truth = drawn.render(number, target)
            pasted = [paste(model, photo, target, how) for how in regions.PASTES]
            changed = np.abs(truth.astype(int) - photo).max(axis=-1) > CHANGED
            kind = "hair" if name.endswith("_Hair") else name
            for way, picture in zip(("photo", *regions.PASTES), (photo, *pasted), strict=True):
                error = np.abs(picture.astype(float) - truth).mean(axis=-1)
                where = error[changed].mean(), error[~changed].mean(), error.mean()
                errors[kind, way].append(where)
            if name in SHOWN and name not in rows and number > len(rows):
                rows[name] = [photo, *pasted, truth]
    for (kind, way), values in sorted(errors.items()):
        changed, elsewhere, everywhere = np.mean(values, axis=0)
        print(
            f"{kind:12} {way:11} {changed:6.1f} {elsewhere:6.1f} {everywhere:6.1f}  {len(values)}"
        )
    if args.output:
        cells = np.stack([[reduced(picture) for picture in row] for row in rows.values()])
        headings = ["photo, 512 px", "difference", "square", "drawn: the truth"]
        photos.save_png(args.output, sheets.render(sheets.Sheet(headings, cells, "")))


def paste(model, photo, target, how):
    """Returns the translation of a photo in the photo's own size."""
    return model.translate(photo, target, size="original", paste=how)


def reduced(picture):
    """Returns a picture as a sheet shows it, (320, 320, 3) float32."""
    image = Image.fromarray(picture).resize((320, 320), Image.Resampling.LANCZOS)
    return photos.to_array(image)


if __name__ == "__main__":
    main()
