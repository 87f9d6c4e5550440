"""No test is left out of the run with TensorFlow 2.15 unless somebody decided so."""

from absl.testing import absltest

from tests import versions


class VersionsTest(absltest.TestCase):
    def test_every_test_file_is_decided(self):
        paths = sorted(versions.TESTS.rglob("*_test.py"))
        self.assertGreater(len(paths), 80)
        undecided = [str(path) for path in paths if versions.decided(path) is None]
        self.assertEmpty(undecided, "name these in tests/versions.py")

    def test_every_name_is_there_and_once(self):
        for name in versions.BOTH | versions.NEWEST_ONLY:
            self.assertTrue((versions.TESTS / name).exists(), name)
        self.assertEmpty(versions.BOTH & versions.NEWEST_ONLY)

    def test_a_file_decides_before_its_folder(self):
        tests = versions.TESTS
        self.assertTrue(versions.decided(tests / "data" / "pipeline" / "samplers_test.py"))
        self.assertFalse(versions.decided(tests / "data" / "joint_test.py"))
        self.assertTrue(versions.decided(tests / "algorithms" / "stargan_v1" / "golden_test.py"))
        self.assertIsNone(versions.decided(tests / "new_test.py"))


if __name__ == "__main__":
    absltest.main()
