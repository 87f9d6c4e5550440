"""Measuring styles: what a perfect translator gets, one that does nothing, and one in between."""

import types

import numpy as np
import tensorflow as tf

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.data.sources import cartoon_faces
from stargan_tf.evaluation import style_evaluation
from stargan_tf.pictures import photos

COUNT = 12
NAMES = ("Black_Hair", "Blond_Hair", "Brown_Hair")


class Perfect(algorithm_lib.Styled):
    """Draws the true render: a style is (face, domain)."""

    style_dim, latent_dim = 2, 3

    def __init__(self, source):
        self.source = source
        self.settings = types.SimpleNamespace(label_space=source.label_space)

    def _index(self, image):
        return self.source.index[photos.to_uint8(image).tobytes()]

    def map_latents(self, z, labels, psi=1.0):
        return np.stack([(z[:, 0] * 1000).astype(int) % COUNT, labels.argmax(1)], axis=1)

    def encode(self, images, labels):
        return np.stack([[self._index(image) for image in images], labels.argmax(1)], axis=1)

    def face(self, image, style):
        label, of = np.eye(3)[style[1]], {"style_of": style[0], "looks_of": style[0]}
        return self.source.render(self._index(image), label, colours_of=style[0], **of)

    def render(self, images, styles):
        drawn = [self.face(x, s) for x, s in zip(images, styles, strict=True)]
        return photos.from_uint8(np.stack(drawn))


class Idle(Perfect):
    """Returns its input."""

    def render(self, images, styles):
        return images


class Recolours(Perfect):
    """Changes the domain, and keeps the source's own style, looks and colours."""

    def face(self, image, style):
        return self.source.render(self._index(image), np.eye(3)[style[1]])


class Forgets(Perfect):
    """Draws the style it is asked for, and always the same face."""

    def face(self, image, style):
        label, of = np.eye(3)[style[1]], {"style_of": style[0], "looks_of": style[0]}
        return self.source.render(0, label, colours_of=style[0], **of)


class Drawn(cartoon_faces.CartoonFaces):
    """Faces that are drawn once each, for all tests."""

    def __init__(self):
        super().__init__("test", 32, COUNT, NAMES, (), 1.0, as_domains=True, pose=1.0)
        self.drawn = {}
        self.index = {self.image(i).tobytes(): i for i in range(COUNT)}

    def render(self, index, label, **whose):
        key = (index, tuple(label), *sorted(whose.items()))
        if key not in self.drawn:
            self.drawn[key] = super().render(index, label, **whose)
        return self.drawn[key]


class StyleEvaluationTest(tf.test.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.source = Drawn()

    def _table(self, kind):
        return style_evaluation.against_renders(kind(self.source), self.source, COUNT)

    def test_a_perfect_translator(self):
        table, sheet = self._table(Perfect)
        self.assertCountEqual(table, NAMES)
        self.assertEqual(sum(row["images"] for row in table.values()), 2 * COUNT)
        for row in table.values():
            for share in ("reference_domain", "pose", "colours", "cut", "looks"):
                self.assertEqual(row[share], 1.0, share)
            # Ten random faces' styles, both: of equal spread.
            self.assertAllClose(row["distance"], row["true_distance"], rtol=0.3)
            self.assertAllClose(row["sources"], row["true_sources"], rtol=0.3)
        cells = sheet.images
        self.assertAllEqual(cells[:, 3], cells[:, 4])  # in its style, the true render

    def test_one_that_does_nothing(self):
        for row in self._table(Idle)[0].values():
            self.assertEqual(row["latent_domain"], 0.0)
            self.assertEqual(row["distance"], 0.0)
            self.assertGreater(row["true_distance"], 1.0)

    def test_one_that_forgets_the_source(self):
        for row in self._table(Forgets)[0].values():
            self.assertEqual(row["sources"], 0.0)
            self.assertGreater(row["true_sources"], 1.0)
            self.assertLess(row["pose"], 0.5)  # one in ten, and where the face itself was asked for

    def test_one_that_only_recolours(self):
        rows = self._table(Recolours)[0].values()
        for row in rows:
            self.assertEqual(row["latent_domain"], 1.0)
            self.assertEqual(row["distance"], 0.0)
            self.assertGreater(row["pose"], 0.9)
            self.assertLess(row["colours"], 0.5)
        self.assertLess(np.mean([row["cut"] for row in rows]), 0.9)


if __name__ == "__main__":
    tf.test.main()
