"""A folder of images with something wrong in every file but a few."""

import io
import pathlib

import numpy as np
from PIL import Image

from stargan_tf.data.sources import image_files


def scene(seed, width=64, height=64):
    """A colourful picture with soft shapes: a random one of 6 x 6, enlarged."""
    pixels = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    return Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC)


def encoded(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def write_good(root, domains=("cat", "dog"), train=6, val=2, size=64):
    """Writes pictures in which nothing is wrong but that they are few."""
    for d, domain in enumerate(domains):
        for split, count, first in (("train", train, 0), ("val", val, 500)):
            folder = pathlib.Path(root) / split / domain
            folder.mkdir(parents=True, exist_ok=True)
            for i in range(count):
                scene(1000 * d + first + i, size, size).save(folder / f"{i}.png")


def damaged_inside():
    """A JPEG file whose ends are whole and whose middle can't be decoded."""
    whole = encoded(Image.effect_noise((200, 200), 90).convert("RGB"), "JPEG")
    return whole[:900] + b"\xff\xd8\xff\xc0" * 40 + whole[1100:]


def write(root):
    """Writes the folder; each file is called after what is wrong with it."""
    root = pathlib.Path(root)
    write_good(root, train=12)
    cat, dog, val = root / "train" / "cat", root / "train" / "dog", root / "val" / "cat"
    for i in range(12, 40):
        scene(i).save(cat / f"{i}.png")  # many more cats than dogs
    (cat / "empty.jpg").write_bytes(b"")
    (cat / "text.jpg").write_text("This is no picture.")
    (dog / "truncated.jpg").write_bytes(encoded(scene(70), "JPEG")[:-500])
    (dog / "damaged.jpg").write_bytes(damaged_inside())
    (val / "leak.png").write_bytes((cat / "3.png").read_bytes())
    (dog / "mislabelled.png").write_bytes(encoded(scene(5), "PNG", compress_level=0))
    (cat / "repeated.png").write_bytes((cat / "7.png").read_bytes())
    (cat / "lookalike.jpg").write_bytes(encoded(scene(9), "JPEG", quality=85))
    scene(71, 16, 16).save(cat / "tiny.png")
    scene(72, 40, 48).save(cat / "small.png")
    scene(73, 300, 100).save(dog / "wide.png")
    x_ray = np.asarray(scene(74).convert("L")).astype(np.uint16) * 16
    Image.fromarray(x_ray).save(cat / "x_ray.png")
    image = scene(75).convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    image.save(dog / "transparent.png")
    scene(76).convert("L").save(dog / "grey.png")
    Image.new("RGB", (64, 64), "green").save(dog / "plain.png")
    (dog / "stray.heic").write_bytes(b"HEIC")
    scene(78).save(root / "above.png")
    scene(79).save(root / "train" / "beside.png")
    (cat / ".hidden").mkdir()
    scene(80).save(cat / ".hidden" / "a.png")


def sized(root):
    """Returns how many images the layout of `root` holds."""
    return sum(len(image_files.find_images(root / split / domain))
               for split in ("train", "val") for domain in ("cat", "dog"))  # fmt: skip
