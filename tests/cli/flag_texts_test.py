"""Options in texts become flags where a command prints them."""

from unittest import mock

from absl import flags
from absl.testing import absltest, parameterized

from stargan_tf.cli import command_line


class FlagTextsTest(parameterized.TestCase):
    @parameterized.parameters(
        ("pass `run_dir` again", "pass --run_dir again"),
        ("pass crop_size=0.", "pass --crop_size=0."),
        ("(crop_size=0; seed=3)", "(--crop_size=0; --seed=3)"),
        ("say it with `known`, such as known=cat", "say it with --from, such as --from=cat"),
        ("received seed=runs/seed=3", "received --seed=runs/seed=3"),
        ("runs/a-seed=3/x.png is no folder", "runs/a-seed=3/x.png is no folder"),
        ("Cannot read the photo 'seed=3.jpg'", "Cannot read the photo 'seed=3.jpg'"),
        ("`G` has no `other` at loss=3", "`G` has no `other` at loss=3"),
        ("pass --seed=3 or --crop_size", "pass --seed=3 or --crop_size"),
        ("seed = 3 and seed= 3", "seed = 3 and seed= 3"),
    )
    def test_only_options_become_flags(self, text, expected):
        with mock.patch.object(flags, "FLAGS", {"from": "a command's own flag"}):
            self.assertEqual(command_line.as_flags(text), expected)

    def test_commands_know_the_options_of_training_data_and_every_paper(self):
        text = "pass `run_dir`, crop_size=0, n_critic=1 or `w_hpf`; `G` is none"
        expected = "pass --run_dir, --crop_size=0, --n_critic=1 or --w_hpf; `G` is none"
        self.assertEqual(command_line.as_flags(text), expected)


if __name__ == "__main__":
    absltest.main()
