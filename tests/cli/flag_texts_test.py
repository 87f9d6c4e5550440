"""Options in texts become flags where a command prints them."""

from absl.testing import absltest, parameterized

from stargan_tf.cli import flag_texts

NAMES = {"run_dir", "crop_size", "seed"}


class FlagTextsTest(parameterized.TestCase):
    @parameterized.parameters(
        ("pass `run_dir` again", "pass --run_dir again"),
        ("pass crop_size=0.", "pass --crop_size=0."),
        ("(crop_size=0; seed=3)", "(--crop_size=0; --seed=3)"),
        ("received seed=runs/seed=3", "received --seed=runs/seed=3"),
        ("runs/a-seed=3/x.png is no folder", "runs/a-seed=3/x.png is no folder"),
        ("`G` has no `other` at loss=3", "`G` has no `other` at loss=3"),
        ("pass --seed=3 or --crop_size", "pass --seed=3 or --crop_size"),
        ("seed = 3 and seed= 3", "seed = 3 and seed= 3"),
    )
    def test_only_options_become_flags(self, text, expected):
        self.assertEqual(flag_texts.as_flags(text, NAMES), expected)


if __name__ == "__main__":
    absltest.main()
