"""The ways to a translation that a page finds in signatures, whoever made them."""

import dataclasses

import tensorflow as tf
from absl.testing import absltest

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.base import errors
from stargan_tf.browser import plan

_SHAPES = {"image": (1, 4, 4, 3), "label": (1, 3), "domain": (1,), "latent": (1, 2)}
_SHAPES |= {"style": (1, 5), "reference": (1, 4, 4, 3), "mask": (1, 4, 4, 1)}
_KINDS = {"image": "image", "reference": "image", "painted": "image", "label": "label"}
_KINDS |= {"domain": "domain", "latent": "latent", "style": "style", "code": "style"}


def signature(output, *names):
    """Returns a signature of inputs by these names that answers with zeros."""
    specs = {
        name: tf.TensorSpec(_SHAPES[name], tf.int32 if name == "domain" else tf.float32)
        for name in names
    }
    return algorithm_lib.Signature(lambda **inputs: {output: tf.zeros(9)}, specs, _KINDS)


def ways(directions=None, **signatures):
    answers = plan.outputs(signatures)
    return plan.ways(signatures, answers, ("A", "B", "C"), directions)


class WaysTest(absltest.TestCase):
    def test_a_label(self):
        self.assertEqual(ways(go=signature("painted", "image", "label")), [plan.Way("label", "go")])

    def test_a_style_by_itself_serves_several_pictures(self):
        found = ways(
            at_once=signature("painted", "image", "latent", "domain"),
            like=signature("painted", "image", "reference", "domain"),
            paint=signature("painted", "image", "style"),
            look=signature("code", "image", "domain"),
            roll=signature("code", "latent", "domain"),
        )
        expected = [plan.Way("latent", "paint", "roll"), plan.Way("reference", "paint", "look")]
        self.assertEqual(found, expected)
        self.assertEqual(plan.asked(found), ("roll", "paint", "look"))

    def test_without_a_domain_and_at_once(self):
        found = ways(
            at_once=signature("painted", "image", "latent"),
            like=signature("painted", "image", "reference"),
        )
        self.assertEqual(found, [plan.Way("latent", "at_once"), plan.Way("reference", "like")])

    def test_a_style_that_is_the_latent_code_is_not_asked_for(self):
        same = signature("code", "latent")
        same = dataclasses.replace(same, function=lambda latent: {"code": tf.identity(latent)})
        found = ways(
            roll=same,
            paint=signature("painted", "image", "style"),
            at_once=signature("painted", "image", "latent"),
        )
        self.assertEqual(found, [plan.Way("latent", "at_once")])

    def test_directions(self):
        one = signature("painted", "image")
        found = ways([(0, 2), (2, 0), (1, 2)], A_to_C=one, C_to_A=one)
        self.assertEqual(
            found,
            [plan.Way("direction", "A_to_C", "", 0, 2), plan.Way("direction", "C_to_A", "", 2, 0)],
        )

    def test_what_a_page_can_not_ask(self):
        with self.assertRaisesRegex(errors.UserError, "None of the signatures go, look makes"):
            ways(
                go=signature("painted", "image", "label", "mask"),
                look=signature("code", "image"),
            )

    def test_what_the_page_reads(self):
        signatures = {"go": signature("painted", "image", "domain", "latent")}
        answers = plan.outputs(signatures)
        content = plan.to_json(plan.ways(signatures, answers, ("A", "B")), signatures, answers)
        (call,) = content["signatures"].values()
        self.assertEqual(call["output"], "painted")
        self.assertEqual(
            call["inputs"][1], {"name": "domain", "kind": "domain", "shape": [1], "dtype": "int32"}
        )


if __name__ == "__main__":
    absltest.main()
