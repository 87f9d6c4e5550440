"""What the client makes of answers that are not what they should be."""

import json

import numpy as np
from absl.testing import absltest, parameterized

from stargan_tf.base import errors
from stargan_tf.client import client as client_lib
from stargan_tf.client import served, transport
from stargan_tf.client import target as target_lib
from stargan_tf.pictures import photos
from tests.serving import client_test, toy


class Answers(transport.Transport):
    """Answers `describe` as a model does, and everything else as it is told."""

    def __init__(self, answer=None, **changes):
        self.target = target_lib.Target("localhost:8500")
        self._answer, self._description = answer, toy.description("stargan_v1", **changes)

    def predict(self, signature, inputs):
        if signature == "describe":
            return {"model_json": np.array([json.dumps(self._description).encode()], object)}
        return self._answer

    def signatures(self):
        return {}

    def status(self):
        return []

    def close(self):
        pass


def strings(*values):
    return np.array(values, object)


class AnswersTest(parameterized.TestCase):
    @parameterized.parameters(
        ({"translated": np.full((2, 8, 8, 3), np.nan, np.float32)}, "answer holds NaN; .*weights"),
        ({"translated": np.zeros((1, 8, 8, 3), np.float32)}, "with .*2 of 'translated' were"),
        ({"picture": np.zeros((2, 8, 8, 3), np.float32)}, "'picture': .*2 of 'translated' were"),
        ({}, "2 of 'translated' were expected"),
    )
    def test_arrays(self, answer, message):
        client = client_lib.Client(Answers(answer))
        with self.assertRaisesRegex(errors.UserError, message):
            client.translate(client_test.noise(2), to=["Smiling"])

    def test_files_that_are_none(self):
        client = client_lib.Client(Answers({"translated_bytes": strings(b"<html>")}))
        photo = client_test.png(client_test.noise(1)[0])
        with self.assertRaisesRegex(errors.UserError, "no PNG file .it begins with b'<html>'"):
            client.translate([photo], to=["Smiling"])

    def test_values_outside_the_range_of_grey_levels_are_clipped(self):
        answer = {"translated": np.linspace(-2, 2, 192, dtype=np.float32).reshape(1, 8, 8, 3)}
        found = client_lib.Client(Answers(answer)).translate(client_test.noise(1), to=["Smiling"])
        self.assertEqual((found.ravel()[0], found.ravel()[-1]), (0, 255))

    def test_models_that_were_exported_before_call_a_translation_image(self):
        picture = np.full((1, 8, 8, 3), 0.2, np.float32)  # (0.2 + 1) * 127.5 = 153
        client = client_lib.Client(Answers({"image": picture}, format=1))
        found = client.translate(client_test.noise(1), to=["Smiling"])
        self.assertEqual((found.shape, set(found.ravel())), ((1, 8, 8, 3), {153}))
        png = client_test.png(client_test.noise(1)[0])
        client = client_lib.Client(Answers({"image_bytes": strings(png)}, format=1))
        self.assertEqual(client.translate([png], to=["Smiling"]), [png])

    def test_strings_that_numpy_would_shorten_are_not_sent(self):
        client = client_lib.Client(Answers({}))
        with self.assertRaisesRegex(ValueError, "must have dtype object. Received: .S3"):
            client.predict("describe", {"request": np.array([b"a\0\0", b"bc"])})

    @parameterized.parameters(
        ({"format": 3}, "exported by a newer version of this program .format 3, here 2"),
        ({"image_size": "64"}, "can't be read .*image_size is '64'.*export it again"),
        ({"image_size": 10**6}, "can't be read .*image_size is 1000000"),
        ({"step": None}, "can't be read .*step is None"),
        ({"crop_size": -1}, "can't be read .*crop_size is -1"),
        ({"labels": {"kind": "attributes"}}, "can't be read .*'names'"),
        ({"labels": {"kind": "moods", "names": [], "exclusive": []}}, "can't be read .*'moods'"),
    )
    def test_descriptions(self, changes, message):
        with self.assertRaisesRegex(errors.UserError, message):
            _ = client_lib.Client(Answers(**changes)).model

    @parameterized.parameters(
        ({}, photos.Framing(8, "pad")),  # as exported by earlier versions
        ({"crop_size": 17, "max_grey": 4095}, photos.Framing(8, "pad", 17, 4095)),
    )
    def test_photos_are_read_as_the_description_says(self, given, expected):
        self.assertEqual(client_lib.Client(Answers(**given)).model.framing("pad"), expected)

    @parameterized.parameters(b"", b"[]", b"{}", b"\xff")
    def test_what_is_no_description(self, text):
        with self.assertRaisesRegex(errors.UserError, "description can't be read"):
            served.ServedModel.from_json(text)


if __name__ == "__main__":
    absltest.main()
