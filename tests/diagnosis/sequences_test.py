"""The doctor on sequences: what it says of recordings, and of drawn voices."""

import pathlib
from unittest import mock

import numpy as np
import soundfile
import tensorflow as tf

from stargan_tf.diagnosis import cost, examination
from tests import tiny

MACHINE = cost.Machine(10**10, 10**12, False)


class SequencesTest(tf.test.TestCase):
    def _examine(self, **given):
        root = pathlib.Path(self.create_tempdir().full_path)
        config = tiny.config(root / "run", image_size=128, **given)
        return examination.examine(config, MACHINE)

    def test_recordings(self):
        folder = pathlib.Path(self.create_tempdir().full_path)
        self.enter_context(mock.patch.dict("os.environ", {"XDG_CACHE_HOME": str(folder / "c")}))
        for speaker in ("anna", "ben"):
            (folder / "v" / speaker).mkdir(parents=True)
            for number in range(20):
                soundfile.write(folder / "v" / speaker / f"{number}.wav", np.zeros(16_000), 16_000)
        (folder / "v" / "ben" / "1.wav").write_text("no sound")
        report, sheet = self._examine(
            dataset="voice_folder",
            data_dir=str(folder / "v"),
            cartoon_train_size=2000,
            cartoon_test_size=200,
        )
        self.assertIsNone(sheet)
        kinds = {one.kind: one for one in report.findings}
        self.assertLessEqual({"algorithm", "unreadable", "silent", "minutes"}, set(kinds))
        self.assertLen(kinds["unreadable"].names, 1)
        self.assertRegex(kinds["unreadable"].message, "Cannot be read: 1 of 40 recordings")
        text = report.text(3)
        self.assertIn("in parts of 128 frames", text)
        self.assertRegex(text, r"Recordings +training +held-out")
        self.assertRegex(text, "Minutes of each speaker: anna 0.3, ben 0.3")

    def test_drawn_voices_have_nothing_wrong(self):
        report, sheet = self._examine(
            dataset="drawn_voices",
            voice_train_size=2,
            voice_test_size=1,
            cartoon_train_size=2000,
            cartoon_test_size=200,
        )
        self.assertIsNone(sheet)
        # The tiny run is of a paper for images, which is all that is wrong.
        self.assertEqual({one.kind for one in report.findings}, {"algorithm"})
        self.assertRegex(report.text(3), r"anna +2 +1")


if __name__ == "__main__":
    tf.test.main()
