"""Which features are taken for the image and the labels."""

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds
from absl.testing import parameterized

from stargan_tf.base import errors
from stargan_tf.data.tfds import features as tfds_features

IMAGE, CLASS = tfds.features.Image(), tfds.features.ClassLabel(names=("cat", "dog"))
DEPTH = tfds.features.Image(shape=(None, None, 1), dtype=np.float32)
MASK = tfds.features.LabeledImage(labels=2, shape=(None, None, 1))


def choose(features, *asked):
    return tfds_features.choose("a/1.0.0", tfds.features.FeaturesDict(features), asked)


class ChooseTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        ({"photo": IMAGE, "animal": CLASS}, "photo", "animal"),
        ({"image": IMAGE, "other": IMAGE, "label": CLASS, "breed": CLASS}, "image", "label"),
        ({"a": {"image": IMAGE}, "b": {"label": CLASS, "n": np.int64}}, "a/image", "b/label"),
        ({"depth": DEPTH, "mask": MASK, "photo": IMAGE, "label": CLASS}, "photo", "label"),
        ({"photo": IMAGE, "label": CLASS, "is_tame": np.bool_}, "photo", "label"),
        ({"photo": IMAGE, "label": CLASS, "parts": tfds.features.Sequence(
            {"image": IMAGE, "label": CLASS})}, "photo", "label"),
    )  # fmt: skip
    def test_classes(self, features, image, label):
        columns = choose(features)
        self.assertEqual(columns.image, tuple(image.split("/")))
        self.assertEqual(columns.labels, (tuple(label.split("/")),))
        self.assertEqual((columns.names, columns.are_classes), (("cat", "dog"), True))

    def test_classes_without_names(self):
        columns = choose({"image": IMAGE, "label": tfds.features.ClassLabel(num_classes=3)})
        self.assertEqual(columns.names, ("0", "1", "2"))

    def test_attributes(self):
        columns = choose({"image": IMAGE, "attributes": {"Male": np.bool_, "Bald": np.bool_}})
        self.assertEqual(columns.labels, (("attributes", "Bald"), ("attributes", "Male")))
        self.assertEqual((columns.names, columns.are_classes), (("Bald", "Male"), False))
        columns = choose({"image": IMAGE, "male": np.bool_, "bits": tfds.features.Tensor(
            shape=(3,), dtype=np.bool_)})  # fmt: skip
        self.assertEqual(columns.labels, (("male",),))

    def test_attributes_of_the_same_name_keep_their_path(self):
        columns = choose({"image": IMAGE, "left": {"open": np.bool_}, "right": {"open": np.bool_}})
        self.assertEqual(columns.names, ("left.open", "right.open"))

    def test_attributes_that_are_asked_for_go_before_classes(self):
        features = {"image": IMAGE, "label": CLASS, "tame": np.bool_, "big": np.bool_}
        columns = choose(features, "tame")
        self.assertEqual((columns.labels, columns.names), ((("tame",),), ("tame",)))
        self.assertTrue(choose(features, "cat", "dog").are_classes)
        self.assertTrue(choose(features, "tame", "dog").are_classes)

    @parameterized.parameters(
        ({"label": CLASS, "depth": DEPTH, "mask": MASK},
         "a/1.0.0 has no usable image, its features are label, depth, mask; choose"),
        ({"left": IMAGE, "right": IMAGE, "label": CLASS},
         r"has 2 features that could be the image \(left, right\) and not one .* called 'image'"),
        ({"image": IMAGE, "breed": CLASS, "coat": CLASS},
         r"has 2 features that could be the label \(breed, coat\) and not one .* called 'label'"),
        ({"image": IMAGE, "text": tfds.features.Text()},
         "has neither a class label nor boolean attributes, its features are image, text; choose"),
    )  # fmt: skip
    def test_what_is_not_clear_is_refused(self, features, message):
        with self.assertRaisesRegex(errors.UserError, message):
            choose(features)


if __name__ == "__main__":
    tf.test.main()
