"""Measures how many training images a second the input pipeline gives, by where they come from.

  python -m benchmarks.input_pipeline

Files are drawn faces with noise, JPEG of 350 pixels and about 40 kB, in a temporary folder. What is
timed is what StarGAN v1 takes: batches of mirrored squares in [-1, 1] with labels. All of it in one
run, in turns, since machines and their load differ; the median of --repeats. PyTorch's DataLoader
with Pillow (decode, resize, mirror, to a float tensor; a worker for every core) is a yardstick
where torch is installed. At last a step of 50 ms is simulated, which takes no core.
"""

import contextlib
import json
import os
import pathlib
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent import futures
from typing import Any

import numpy as np
from absl import flags
from PIL import Image

from stargan_tf.cli import command_line

_IMAGES = flags.DEFINE_integer("images", 512, "Files to draw.", 16)
_SIZES = flags.DEFINE_list("image_sizes", ["128", "256"], "Pixels of the samples.")
_REPEATS = flags.DEFINE_integer("repeats", 5, "Times each is measured.", 1)
_SECONDS = flags.DEFINE_float("seconds", 3.0, "How long each time.", 0.1)
_STEP_MS = flags.DEFINE_float("step_ms", 50.0, "The simulated step.", 1.0)
_BATCH = 16
_SIDE = 350  # of the files, in pixels
_QUALITY = 90


def main() -> None:
    """Prints a JSON object for every form and size."""
    command_line.import_tensorflow()
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        paths = draw(root / "files" / "any", _IMAGES.value)
        mean = sum(path.stat().st_size for path in paths) / len(paths) / 1000
        print(json.dumps({"files": len(paths), "kB": round(mean, 1), "cores": os.cpu_count()}))
        for size in map(int, _SIZES.value):
            forms = {**ours(root, paths, size), **pytorch(paths, size)}
            rates = {name: [] for name in forms}
            for repeat in range(_REPEATS.value):
                for name, batches in forms.items():
                    images_per_second(batches, 0.5 if repeat else 2.0)  # others were at work
                    rates[name].append(images_per_second(batches, _SECONDS.value))
            for name, found in rates.items():
                row = {"form": name, "image_size": size,
                       "images_per_second": round(statistics.median(found))}  # fmt: skip
                if "torch" in rates:
                    ratios = [a / b for a, b in zip(found, rates["torch"], strict=True)]
                    row["times_torch"] = round(statistics.median(ratios), 2)
                if name != "torch":
                    row["waiting"] = round(waiting(forms[name]), 3)
                print(json.dumps(row), flush=True)


def draw(folder: pathlib.Path, count: int) -> list[pathlib.Path]:
    """Writes JPEG files of faces with noise, which makes them as large as photographs are."""
    from stargan_tf.data.sources import cartoon_faces

    folder.mkdir(parents=True)
    faces = cartoon_faces.CartoonFaces("train", _SIDE, count)

    def write(index: int) -> pathlib.Path:
        noise = np.random.default_rng(index).normal(0, 5, (_SIDE, _SIDE, 3))
        pixels = np.clip(faces.render(index, faces.labels[index]) + noise, 0, 255)
        path = folder / f"{index:05d}.jpg"
        Image.fromarray(pixels.astype(np.uint8)).save(path, quality=_QUALITY)
        return path

    with futures.ThreadPoolExecutor() as pool:
        return list(pool.map(write, range(count)))


def ours(root: pathlib.Path, paths: list[pathlib.Path], size: int) -> dict[str, Iterator[Any]]:
    """Returns endless iterators of batches, by where the images come from."""
    from stargan_tf.algorithms.stargan_v1 import inputs
    from stargan_tf.data import labels, source
    from stargan_tf.data.packs import packed, packing
    from stargan_tf.data.pipeline import caching, samplers
    from stargan_tf.data.sources import image_files

    names = ("a", "b", "c", "d", "e")
    table = np.random.default_rng(0).integers(0, 2, (len(paths), len(names)))
    space = labels.LabelSpace("attributes", names)
    folder = image_files.ImageFiles([str(path) for path in paths], table, space)
    directory = root / "packed"
    if not directory.exists():
        directory.mkdir()
        parts = {split: packing.split_of(folder) for split in ("train", "test")}
        with contextlib.redirect_stdout(sys.stderr):
            packing.pack(parts, directory, {}, 10**8)
    shards = packed.load_packed(str(directory), "train")

    def batches(images: source.Source, cache: caching.Budget, fast: bool = False) -> Iterator[Any]:
        sampler = samplers.Sampler(images, 0, size, cache=cache, fast_decode=fast)
        found = iter(inputs.inputs(sampler, samplers.Slices(_BATCH), 0, 1))
        if cache.where != "off":
            for _ in range(-(-len(paths) // _BATCH) + 1):  # the first epoch fills it
                next(found)
        return found

    off, memory = caching.Budget(), caching.Budget("memory")
    return {
        "files": batches(folder, off),
        "files, --fast_decode": batches(folder, off, fast=True),
        "packed": batches(shards, off),
        "cached in memory": batches(folder, memory),
    }


def pytorch(paths: list[pathlib.Path], size: int) -> dict[str, Iterator[Any]]:
    """Returns the same by PyTorch's DataLoader, if torch is installed."""
    try:
        import torch
        import torch.utils.data
    except ImportError:
        return {}

    class Files(torch.utils.data.Dataset):
        def __len__(self) -> int:
            return 10**7

        def __getitem__(self, index: int) -> torch.Tensor:
            image = Image.open(paths[index % len(paths)]).convert("RGB")
            image = image.resize((size, size), Image.Resampling.BILINEAR)
            if index % 2:
                image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)
            return pixels.float().div_(127.5).sub_(1.0)

    loader = torch.utils.data.DataLoader(Files(), _BATCH, num_workers=os.cpu_count())
    return {"torch": iter(loader)}


def images_per_second(batches: Iterator[Any], seconds: float) -> float:
    """Takes batches for a while."""
    start, count = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - start) < seconds:
        next(batches)
        count += 1
    return count * _BATCH / elapsed


def waiting(batches: Iterator[Any]) -> float:
    """Returns the share of its time that a loop with the simulated step waits for its batches."""
    waited = 0.0
    start = time.perf_counter()
    for _ in range(60):
        before = time.perf_counter()
        next(batches)
        waited += time.perf_counter() - before
        time.sleep(_STEP_MS.value / 1000)
    return waited / (time.perf_counter() - start)


if __name__ == "__main__":
    command_line.run(main)
