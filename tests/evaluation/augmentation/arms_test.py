"""What each arm learns from, and that a classifier gets better where an arm has what it needs."""

from unittest import mock

import numpy as np
import tensorflow as tf

from stargan_tf.data.pipeline import samplers
from stargan_tf.evaluation import images as images_lib
from stargan_tf.evaluation.augmentation import arms
from stargan_tf.evaluation.augmentation import images as pool_lib
from stargan_tf.evaluation.classifiers import network, training
from tests import tiny

DOMAINS, ATTRIBUTES = tiny.LABELS["stargan_v2"], tiny.LABELS["stargan_v1"]
RECIPE = training.Recipe(batch_size=32)
REAL, TRANSLATED = [0, 0, 0, 0, 1, 2, 2], [1, 1, 1, 1, 0, 1, 0]


def pool(space=DOMAINS, real=REAL, translated=TRANSLATED):
    labels = np.eye(3, dtype=np.float32)[[*real, *translated]]
    return pool_lib.Pool(space, shown(labels), labels, len(real))


def shown(labels, seed=0):
    """Returns noise in which the channel of the label is brighter."""
    noise = np.random.default_rng(seed).integers(0, 80, (len(labels), tiny.SIZE, tiny.SIZE, 3))
    return (noise + 170 * labels[:, None, None]).astype(np.uint8)


def narrow(image_size, width):
    made = network.ResNet(width, (16,), 1, False, name="classifier")
    made(tf.zeros((1, image_size, image_size, 3)))
    return made


class ArmsTest(tf.test.TestCase):
    def test_images_of_each(self):
        numbers = {arm.name: arm.numbers(pool()).tolist() for arm in arms.of(pool())}
        self.assertEqual(
            numbers,
            {
                "real": [0, 1, 2, 3, 4, 5, 6],
                "real, even": [0, 1, 2, 3, 4, 4, 4, 4, 5, 5, 6, 6],
                "real + classical": [0, 1, 2, 3, 4, 5, 6],
                "real + translated": list(range(14)),
                # Five of the second domain, of the first two; none was translated to the third.
                "translated only": [7, 8, 9, 10, 11, 11, 11, 12, 13, 13],
            },
        )

    def test_counts(self):
        found = arms.counts(pool())
        self.assertEqual(found["real, even"], {"Black": 4, "Blond": 4, "Brown": 4})
        self.assertEqual(found["real + translated"], {"Black": 6, "Blond": 6, "Brown": 2})

    def test_attributes_are_not_evened(self):
        attributes = pool(ATTRIBUTES)
        names = [arm.name for arm in arms.of(attributes)]
        self.assertEqual(
            names, ["real", "real + classical", "real + translated", "translated only"]
        )
        self.assertAllEqual(arms.of(attributes)[-1].numbers(attributes), range(7, 14))

    def test_only_what_an_arm_has_is_learned(self):
        # The real images lack a domain, which only the translated ones show.
        given = pool(real=[0, 1] * 8, translated=[2] * 16)
        labels = np.eye(3, dtype=np.float32)[np.arange(12) % 3]
        source = tiny.Pictures(12, DOMAINS)
        source.images, source.labels = shown(labels, seed=1), labels
        sampler = samplers.Sampler(source, 0, tiny.SIZE)
        held_out = images_lib.Images(sampler, DOMAINS, labels)
        with mock.patch.object(network, "for_size", narrow):  # quick to trace
            real = arms.measure(arms.ARMS[0], given, held_out, True, RECIPE, steps=40)
            both = arms.measure(arms.ARMS[3], given, held_out, True, RECIPE, steps=40)
        self.assertEqual(real, {"Black": 1, "Blond": 1, "Brown": 0, "mean": 2 / 3})
        self.assertEqual(both, {"Black": 1, "Blond": 1, "Brown": 1, "mean": 1})


if __name__ == "__main__":
    tf.test.main()
