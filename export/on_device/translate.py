#!/usr/bin/env python3
r"""Translates a photo with an exported .tflite file, on a device.

  python translate.py --model=quickstart-64px-dynamic.tflite --image=face.jpg \
      --to=Blond_Hair,Smiling --output=out.png
  python translate.py --model=afhq-256px-float16.tflite --image=cat.jpg --to=dog --seed=3 \
      --output=out.png          (or --reference=dog.jpg instead of --seed)

Copy this file and the model to a Raspberry Pi, say; all it needs is
`pip install ai-edge-litert numpy pillow`. It is also meant to be read: the few lines that an app
for a phone has to write in its own language.
"""

import argparse
import json
import os
import pathlib
import sys
import unicodedata

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

MAX_PIXELS = 64_000_000  # a small file can unpack to gigabytes
ORIENTATION = 0x0112  # EXIF's tag
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,  # Pillow counts anticlockwise
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class Mistake(Exception):
    """What the user can mend."""


def read_photo(path, model):
    """Returns a photo as the networks take it: (1, size, size, 3) float32 in [-1, 1].

    Args:
      path: The file; the first frame counts, turned upright, on white where it is transparent.
      model: What the model's .json says: the size of its images, and how training cut them out.
    """
    size = model["image_size"]
    try:
        with Image.open(path) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Mistake(f"{path} has more than {MAX_PIXELS:,} pixels; make it smaller first.")
            image.load()
            turn = TURNS.get(orientation(image))
            image = on_white(image, model.get("max_grey", 65_535))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Mistake(f"{path} can't be read as an image ({error}); give a JPEG or PNG.") from error
    image = image if turn is None else image.transpose(turn)
    side = min(model.get("crop_size", 0) or image.width, *image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    image = image.crop((left, top, left + side, top + side))
    image = image.resize((size, size), Image.Resampling.BILINEAR)  # Pillow's is antialiased
    return (np.asarray(image, np.float32) / 127.5 - 1)[np.newaxis]


def orientation(image):
    """Returns the EXIF orientation of a picture that was loaded; 1 means upright."""
    if image.format == "TIFF":  # Pillow turns it as it loads it
        return image.getexif().get(ORIENTATION, 1)
    exif = Image.Exif()
    try:
        exif.load(image.info.get("exif", b""))
        return exif.get(ORIENTATION, 1)
    except Exception:  # damaged metadata; the picture itself may be whole
        return 1


def on_white(image, max_grey):
    """Returns a picture as RGB; in grey ones of 16 bits the value `max_grey` is white."""
    transparency = image.info.get("transparency")
    if image.mode.startswith("I"):  # convert() would cut these off at 255
        values = np.asarray(image)
        levels = np.clip(values, 0, max_grey).astype(np.uint32)
        levels = (levels * 510 + max_grey) // (2 * max_grey)  # to the nearest of 0 to 255
        if transparency is not None:
            levels[values == transparency] = 255
        return Image.fromarray(levels.astype(np.uint8)).convert("RGB")
    if image.mode == "F":
        raise ValueError("its pixels are 32-bit floats of unknown range")
    if image.mode in ("RGBA", "RGBa", "LA", "PA") or transparency is not None:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def to_levels(image):
    """Returns an image in [-1, 1] as uint8 from 0 to 255."""
    return np.round((np.clip(image, -1, 1) + 1) * 127.5).astype(np.uint8)


def save_photo(path, image):
    """Writes (1, H, W, 3), uint8 or in [-1, 1], as an image file, whole or not at all."""
    levels = (image if image.dtype == np.uint8 else to_levels(image))[0]
    partial = f"{path}.partial"
    try:
        Image.fromarray(levels).save(partial, "PNG")
        os.replace(partial, path)
    finally:
        pathlib.Path(partial).unlink(missing_ok=True)


def label_vector(labels, to, shown):
    """Returns (1, width) of 0 and 1: what the photo shows, changed to what it is to show.

    Args:
      labels: Of the model's .json: "names" and the groups of "exclusive" ones.
      to: Names to set; those that begin with "-" are cleared.
      shown: Names of what the photo shows now.
    """
    names = labels["names"]
    for name in [*to, *shown]:
        if name.removeprefix("-") not in names:
            raise Mistake(f"The model does not know {name!r}; it knows {', '.join(names)}.")
    values = dict.fromkeys(names, 0.0)
    for name in [*shown, *to]:
        if labels["kind"] == "domains":
            values = dict.fromkeys(names, 0.0)
        for group in labels["exclusive"]:
            if name in group:
                values |= dict.fromkeys(set(group) & set(names), 0.0)
        values[name.removeprefix("-")] = float(not name.startswith("-"))
    return np.array([[values[name] for name in names]], np.float32)


def joint_vector(labels, to, shown):
    """Returns (1, width) for a model of several data sets: their labels, then whose are given."""
    vector, start = np.zeros((1, len(labels["names"]) + len(labels["sets"])), np.float32), 0
    asked = {name.removeprefix("-") for name in to}
    for number, one in enumerate(labels["sets"]):
        end = start + len(one["names"])
        names = labels["names"][start:end]
        if asked & set(names):
            if not asked <= set(names):
                raise Mistake(
                    f"Ask for labels of one data set at a time; received {', '.join(to)}."
                )
            own = {"names": names, "kind": one["kind"], "exclusive": labels["exclusive"]}
            seen = [name for name in shown if name.removeprefix("-") in names]
            vector[:, start:end] = label_vector(own, to, seen)
            vector[:, len(labels["names"]) + number] = 1
        start = end
    return vector


def composed(labels):
    """Returns the labels of a model's .json with all names in Unicode's form NFC."""
    text = json.dumps(labels, ensure_ascii=False)
    return json.loads(unicodedata.normalize("NFC", text))


def split_names(text):
    """Returns comma-separated names, spelled as the model spells them (Unicode's form NFC)."""
    names = (unicodedata.normalize("NFC", name.strip()) for name in text.split(","))
    return [name for name in names if name]


def signature_of_direction(names, to, shown, signatures):
    """Returns the signature from the domain that the photo shows to the one that is asked for."""
    if len(names) == 2 and len(to) == 1 and not shown:
        shown = [name for name in names if name != to[0]]
    if len(to) != 1 or len(shown) != 1 or not {*to, *shown} <= set(names):
        raise Mistake(
            f"Name the domain that the photo shows, and the one to go to; received --shows="
            f"{','.join(shown)} --to={','.join(to)}; the model knows {', '.join(names)}."
        )
    name = f"{shown[0]}_to_{to[0]}"
    if name not in signatures:
        raise Mistake(f"This file has no {name}; it has {', '.join(signatures)}.")
    return name


def inputs_of(model, signatures, args):
    """Returns the signature to run and its inputs by name, the photo's aside."""
    to = split_names(args.to)
    labels = model["labels"]
    if model.get("directions") is not None:
        return signature_of_direction(labels["names"], to, split_names(args.shows), signatures), {}
    if "translate" in signatures:
        shown = split_names(args.shows)
        vector = label_vector(labels, to, shown)  # refuses unknown names, too
        if labels["kind"] == "joint":
            vector = joint_vector(labels, to, shown)
        return "translate", {"label": vector}
    targets = model.get("targets", labels["names"])
    if len(to) != 1 or to[0] not in targets:
        raise Mistake(
            f"Name the one domain to go to; received --to={args.to}; the model knows "
            f"{', '.join(targets)}."
        )
    # A model that goes to one domain only does not ask for it.
    domain = {"domain": np.array([labels["names"].index(to[0])], np.int32)}
    domain = domain if len(targets) > 1 else {}
    kind = "translate_reference" if args.reference else "translate_latent"
    if kind not in signatures:
        raise Mistake(f"This file has no {kind}; it has {', '.join(signatures)}.")
    if args.reference:
        reference = read_photo(args.reference, model)
        return kind, {"reference": reference, **domain}
    z = np.random.default_rng(args.seed).standard_normal((1, model["latent_dim"]), np.float32)
    return kind, {"latent": z, **domain}


def description(path):
    """Returns what a model's file says of itself or, for older ones, the .json beside it."""
    if not path.is_file():
        raise Mistake(f"There is no {path}; copy the model here.")
    content = path.read_bytes()
    if content[4:8] != b"TFL3":
        raise Mistake(f"{path} is no .tflite file; copy it again.")
    file = schema.Model.GetRootAsModel(content, 0)
    for entry in map(file.Metadata, range(file.MetadataLength())):
        if entry.Name() == b"stargan_tf.json":
            return json.loads(file.Buffers(entry.Buffer()).DataAsNumpy().tobytes())
    beside = path.with_suffix(".json")
    if not beside.is_file():
        raise Mistake(
            f"{path} does not describe itself, and there is no {beside}; copy both side by side."
        )
    return json.loads(beside.read_text())


def translate(args):
    """Does what the command line asks for."""
    path = pathlib.Path(args.model)
    model = description(path)
    model["labels"] = composed(model["labels"])
    interpreter = Interpreter(str(path), num_threads=args.threads)
    kind, inputs = inputs_of(model, interpreter.get_signature_list(), args)
    image = read_photo(args.image, model)
    run, inputs = interpreter.get_signature_runner(kind), {"image": image, **inputs}
    for name, details in run.get_input_details().items():
        if details["dtype"] == np.uint8:  # exported with --io=uint8
            inputs[name] = to_levels(inputs[name])
    outputs = run(**inputs)
    # Files that were exported before this script call it "image".
    save_photo(args.output, outputs["translated" if "translated" in outputs else "image"])
    to = [args.to]
    if "label" in inputs:
        to = [n for n, v in zip(model["labels"]["names"], inputs["label"][0]) if v]  # noqa: B905
    print(f"{args.output}  (to: {', '.join(to) or 'none of the attributes'})")


def main():
    """Returns the exit status; a mistake is one sentence."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, help="the .tflite file")
    parser.add_argument("--image", required=True, help="the photo")
    parser.add_argument("--to", required=True, help="names to set, comma-separated; -NAME clears")
    parser.add_argument(
        "--shows",
        default="",
        help="StarGAN v1: names that the photo shows now; CycleGAN: its domain",
    )
    parser.add_argument("--reference", help="StarGAN v2: a photo in whose style")
    parser.add_argument("--seed", type=int, default=0, help="StarGAN v2: or of a latent code")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="threads to use")
    parser.add_argument("--output", required=True, help="the PNG file to write")
    try:
        translate(parser.parse_args())
    except (Mistake, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
