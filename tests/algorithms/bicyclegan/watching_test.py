import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from stargan_tf.algorithms.bicyclegan import hparams, watching
from stargan_tf.training import alerts, probe
from tests import tiny

NAME = "bicyclegan"


class WatchingTest(tf.test.TestCase, parameterized.TestCase):
    def test_units_are_the_last_hidden_maps_of_both_scales(self):
        made = tiny.build(NAME)
        images = np.random.default_rng(0).uniform(-1, 1, (4, 16, 16, 3)).astype(np.float32)
        shown = np.eye(2, dtype=np.float32)[[0, 0, 1, 1]]
        found = made.units(images, shown)
        names = [f"{D}/{scale}1" for D in ("D", "D2") for scale in ("fine", "coarse")]
        self.assertCountEqual(found, names)
        maps = made.D.looked(tf.constant(images[2:]))
        for (_, y), name in zip(maps, names[:2], strict=True):
            self.assertAllClose(found[name][:2], np.max(y, axis=(1, 2)))
            self.assertAllEqual(found[name][:2], found[name][2:])
        # A layer whose units never fire is seen.
        made.D.fine[1].bias.assign(np.full(made.D.fine[1].bias.shape, -1e6))
        made.D.fine[1].kernel.assign(tf.zeros_like(made.D.fine[1].kernel))
        self.assertAllLessEqual(made.units(images, shown)["D/fine1"], 0.0)

    @parameterized.parameters(
        ({}, [("D/real", "D/fake"), ("D2/real", "D2/fake"), ("E/kl",)]),
        ({"use_same_d": True, "lambda_kl": 0.0}, [("D/real", "D/fake")]),
    )
    def test_losses_that_do_not_stay_at_zero(self, changes, expected):
        made = tiny.build(NAME, changes=changes)
        self.assertCountEqual(made.watchlist([]).never_zero, expected)

    def test_advice_names_options_with_values(self):
        advice = watching.advice(hparams.HParams())
        self.assertLessEqual(set(advice), set(alerts.ALERTS))
        self.assertIn("lambda_z=1.5", advice["style_ignored"])
        self.assertIn("lambda_kl=0.0033", advice["style_ignored"])
        self.assertIn("lambda_l1=30", advice["source_ignored"])

    def test_a_look_translates_images_of_the_first_domain_only(self):
        made = tiny.build(NAME)
        random = np.random.default_rng(0)
        images = random.uniform(-1, 1, (8, 16, 16, 3)).astype(np.float32)
        shown = np.repeat(np.eye(2, dtype=np.float32), 4, axis=0)
        seen = []
        render = made.render

        def rendered(x, styles):
            seen.append(x)
            return render(x, styles)

        made.render = rendered
        found = probe.Probe(made, images, shown, 4).look()
        for x in seen:
            self.assertTrue(all((images[:4] == one).all(axis=(1, 2, 3)).any() for one in x))
        self.assertIn("watch/by_style", found)
        self.assertIn("watch/dead/D/fine1", found)


if __name__ == "__main__":
    tf.test.main()
