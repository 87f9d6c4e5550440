"""Every kind of data set trains three steps from files that are laid out as its own are."""

import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf
from absl.testing import parameterized
from PIL import Image

from stargan_tf.data import loading
from stargan_tf.data.pipeline import samplers
from stargan_tf.runs import runs
from stargan_tf.training import loop
from tests import commands, tiny, tiny_tfds


def draw(path: pathlib.Path, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (20, 18, 3), np.uint8)
    Image.fromarray(pixels).save(path)


def image_folder(root, parts=("train", "val")):
    for part in parts:
        for domain in ("cat", "dog"):
            for i in range(6):
                draw(root / part / domain / f"{i}.jpg", i)
    return {"dataset": "image_folder", "data_dir": str(root)}


def folder_without_parts(root):
    for domain in ("cat", "dog"):
        for i in range(12):
            draw(root / domain / f"{i}.png", i)
    return {"dataset": "image_folder", "data_dir": str(root), "val_fraction": 0.3}


def celeba(root):
    names = ("Black_Hair", "Blond_Hair", "Brown_Hair", "Male", "Young")
    random = np.random.default_rng(0)
    lines = ["2010", " ".join(names)]
    for i in range(2010):
        lines.append(f"{i}.jpg " + " ".join(random.choice(["1", "-1"], len(names))))
        draw(root / "images" / f"{i}.jpg", i)
    (root / "list_attr_celeba.txt").write_text("\n".join(lines) + "\n")
    return {"dataset": "celeba", "data_dir": str(root)}


def rafd(root):
    for person in range(1, 11):
        for expression in ("angry", "happy"):
            draw(root / f"Rafd090_{person:02d}_Caucasian_male_{expression}_left.jpg", person)
    return {"dataset": "rafd", "data_dir": str(root)}


def manifest_of_labels(root):
    lines = ["path,label,split"]
    for i in range(12):
        draw(root / f"{i}.png", i)
        lines.append(f"{i}.png,{'cat' if i % 2 else 'dog'},{'val' if i < 4 else 'train'}")
    (root / "labels.csv").write_text("\n".join(lines))
    return {"dataset": "manifest", "data_dir": str(root / "labels.csv")}


def manifest_of_attributes(root):
    lines = []
    for i in range(20):
        draw(root / f"{i}.png", i)
        row = {"path": f"{i}.png", "Smiling": i % 2, "Male": i // 2 % 2}
        lines.append(json.dumps({**row, "split": "val" if i < 4 else "train"}))
    (root / "labels.jsonl").write_text("\n".join(lines))
    return {"dataset": "manifest", "data_dir": str(root / "labels.jsonl")}


def tfds_classes(root):
    tiny_tfds.prepare(tiny_tfds.TinyClasses, str(root), config="tested")
    return {"dataset": "tfds:tiny_classes/tested", "data_dir": str(root)}


def tfds_attributes(root):
    tiny_tfds.prepare(tiny_tfds.TinyFlags, str(root))
    return {"dataset": "tfds:tiny_flags", "data_dir": str(root)}


def packed(root):
    flags = image_folder(root / "images")
    arguments = [f"--{name}={value}" for name, value in flags.items()]
    result = commands.run("stargan_tf.pack", f"--output={root / 'packed'}", *arguments)
    assert result.returncode == 0, result.stderr
    return {"dataset": "packed", "data_dir": str(root / "packed")}


def packed_tfds(root):
    """Of a set that is stored without random access."""
    tiny_tfds.prepare(tiny_tfds.TinyClasses, str(root), "tfrecord", config="tested")
    arguments = [f"--data_dir={root}", f"--output={root / 'packed'}"]
    result = commands.run("stargan_tf.pack", "--dataset=tfds:tiny_classes/tested", *arguments)
    assert result.returncode == 0, result.stderr
    return {"dataset": "packed", "data_dir": str(root / "packed")}


def joint(root):
    first, second = image_folder(root / "a"), manifest_of_attributes(root / "b")
    return {
        "datasets": f"{first['dataset']},{second['dataset']},cartoon_faces",
        "data_dir": f"{first['data_dir']};{second['data_dir']};",
        "attributes": ";;Smiling,Eyeglasses",
        "image_size": 32,
    }


MAKERS = (image_folder, folder_without_parts, celeba, rafd, manifest_of_labels,
          manifest_of_attributes, tfds_classes, tfds_attributes, packed, packed_tfds,
          joint)  # fmt: skip


class EverySourceTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.named_parameters((maker.__name__, maker) for maker in MAKERS)
    @pytest.mark.slow
    def test_trains_three_steps(self, maker):
        root = pathlib.Path(self.create_tempdir().full_path)
        flags = {"image_size": 16, "attributes": "", "total_steps": 3, **maker(root / "data")}
        flags = {"dataset": "cartoon_faces", **flags}
        config = tiny.config(root / "run", **flags)
        config.data.check()
        images, held_out = (loading.load(config.data, split) for split in ("train", "test"))
        self.assertEqual(images.label_space, held_out.label_space)
        images, problems = loading.usable(images, "error")
        self.assertEmpty(problems)
        sheets = loading.sampler(held_out, config.data, 0, augment=False)
        run = runs.Run(root / "run", config, images.label_space)
        sampler = loading.sampler(images, config.data, config.train.seed)
        strategy = tf.distribute.get_strategy()
        self.assertEqual(loop.train(run, strategy, sampler, samplers.spread_out(sheets, 2)), 0)
        lines = (root / "run" / "metrics.jsonl").read_text().splitlines()
        self.assertEqual([json.loads(line)["step"] for line in lines], [1, 2, 3])


if __name__ == "__main__":
    tf.test.main()
