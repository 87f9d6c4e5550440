"""LPIPS against the package lpips with the same weights, and files that do not hold it."""

import pathlib

import numpy as np
import tensorflow as tf

from stargan_tf.base import errors
from stargan_tf.evaluation.features import lpips
from tests import torch_writer
from tests.evaluation.features import golden


def _by_numpy(maps, heads):
    """The distance of two images from the maps of AlexNet's layers, before normalization."""
    total = 0
    for layer, head in zip(maps, heads, strict=True):
        unit = [one / np.sqrt((one**2).sum(-1, keepdims=True)) for one in layer]
        total += ((unit[0] - unit[1]) ** 2 @ head.reshape(-1)).mean()
    return total


class LpipsTest(tf.test.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.trunk, cls.heads = golden.lpips()

    def _file(self, name, tensors):
        return str(torch_writer.write(pathlib.Path(self.get_temp_dir(), name), tensors))

    def test_distances_equal_the_packages(self):
        network = lpips.load(
            f"{self._file('alexnet.pth', self.trunk)},{self._file('alex.pth', self.heads)}"
        )
        self.assertEqual(list(network.sha256), ["alexnet.pth", "alex.pth"])
        self.assertIn("not known", network.remark)
        for size in (64, 128):
            images, wanted = golden.images("lpips", 3, size), golden.outputs(f"lpips_{size}")
            found = network.distances(images[[0, 0, 1]], images[[1, 2, 2]])
            self.assertAllClose(found, wanted, rtol=1e-5)
            self.assertAllClose(network.mean_pairwise_distance(images), wanted.mean(), rtol=1e-5)
            self.assertAllEqual(network.distances(images, images), np.zeros(3))

    def test_the_distance_from_the_maps_by_numpy(self):
        # The file of a whole lpips.LPIPS names AlexNet's layers in another way.
        slices = {0: 1, 3: 2, 6: 3, 8: 4, 10: 5}
        named = {}
        for name, value in self.trunk.items():
            place = int(name.split(".")[1])
            named[name.replace("features", f"net.slice{slices[place]}")] = value
        network = lpips.load(self._file("whole.pth", {**named, **self.heads}))
        images = golden.images("lpips", 2, 64)
        maps = [np.asarray(layer, np.float64) for layer in network.features(images)]
        for layer in maps:  # each pixel has features of length 1, or none at all
            length = np.sqrt((layer**2).sum(-1))
            self.assertAllClose(length[length > 0.5], np.ones((length > 0.5).sum()), rtol=1e-5)
        self.assertAllClose(
            network.distances(images[:1], images[1:])[0],
            _by_numpy(maps, self.heads.values()),
            rtol=1e-5,
        )

    def test_other_files_are_refused(self):
        alexnet, heads = self._file("a.pth", self.trunk), self._file("h.pth", self.heads)
        for paths, reason in (
            (alexnet, "without lin0, lin1, lin2 and 2 more"),
            (heads, "without 0.weight, 0.bias, 3.weight and 7 more"),
            (self._file("x-0123abcd.pth", self.heads), "damaged: by its name"),
            ("nowhere.pth", "nowhere.pth: No such file"),
        ):
            with self.assertRaisesRegex(errors.UserError, reason):
                lpips.load(paths)


if __name__ == "__main__":
    tf.test.main()
