"""The folder of an exported model: what may lie there, and that a version is whole or absent."""

import json
import pathlib

import tensorflow as tf

from stargan_tf.base import errors
from stargan_tf.serving import versions

DESCRIPTION = {"algorithm": "stargan_v1", "labels": {"names": ["a", "b"]}}


class VersionsTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        self.output = pathlib.Path(self.create_tempdir().full_path) / "model"

    def _add(self, **changes):
        with versions.next_version(self.output) as (partial, final):
            (partial / "model.json").write_text(json.dumps({**DESCRIPTION, **changes}))
        return final

    def _check(self):
        versions.check(self.output, DESCRIPTION)

    def test_numbers_go_on_from_the_highest(self):
        self._check()
        self.assertEqual([self._add().name for _ in range(2)], ["1", "2"])
        (self.output / "2").rename(self.output / "10")
        self.assertEqual(self._add().name, "11")
        self._check()

    def test_no_number_is_there_before_the_version_is_whole(self):
        with versions.next_version(self.output) as (partial, final):
            self.assertTrue(partial.is_dir())
            self.assertFalse(final.exists())
            self.assertFalse(partial.name.isdecimal())
        self.assertTrue(final.is_dir())
        self.assertFalse(partial.exists())

    def test_a_failure_leaves_nothing(self):
        with (
            self.assertRaisesRegex(errors.UserError, "No space left.*no version was added"),
            versions.next_version(self.output) as (partial, _),
        ):
            (partial / "half").write_text("x")
            raise OSError(28, "No space left on device")
        self.assertFalse(self.output.exists())
        self._add()
        with self.assertRaises(RuntimeError), versions.next_version(self.output):
            raise RuntimeError("differs")
        self.assertEqual([p.name for p in self.output.iterdir()], ["1"])

    def test_what_a_killed_process_left_is_replaced(self):
        self._add()
        (self.output / "2.partial").mkdir()
        (self.output / "2.partial" / "half").write_text("x")
        self._check()
        final = self._add()
        self.assertEqual([p.name for p in final.iterdir()], ["model.json"])

    def test_a_folder_of_something_else(self):
        self.output.mkdir()
        (self.output / "photos").mkdir()
        with self.assertRaisesRegex(errors.UserError, "holds photos, which is no version"):
            self._check()

    def test_versions_of_another_model(self):
        self._add(labels={"names": ["a", "c"]})
        with self.assertRaisesRegex(errors.UserError, "another model: labels are not this run's"):
            self._check()

    def test_a_version_that_does_not_tell(self):
        (self.output / "3").mkdir(parents=True)
        with self.assertRaisesRegex(errors.UserError, "has no model.json"):
            self._check()

    def test_a_file(self):
        self.output.write_text("")
        with self.assertRaisesRegex(errors.UserError, "is a file"):
            self._check()


if __name__ == "__main__":
    tf.test.main()
