"""Opens a page in the browser that translates photos, or converts voices, with trained runs.

  python -m stargan_tf.demo
  python -m stargan_tf.demo --run=runs/x --run=runs/y:best

Without --run it takes the runs that come with the package. What a run can do decides what the page
has: switches, random codes, references, kept styles, voices. The page is served on 127.0.0.1, to
this machine alone, and loads nothing from elsewhere. It needs the extra demo; Ctrl-C ends it.
"""

import pathlib
import signal
import tempfile
import threading

from absl import flags

from stargan_tf.base import errors
from stargan_tf.cli import command_line
from stargan_tf.demo_page import library

_RUN = flags.DEFINE_multi_string(
    "run",
    [],
    "The directory of a run, or RUN:CHECKPOINT with latest, best or a step; may be given several "
    "times. None: the runs that come with the package.",
)
_EXAMPLES = flags.DEFINE_list(
    "examples",
    [],
    "Photos to begin with, or a folder of them; the first 8 are shown. None: held-out images of "
    "each run's data, if they are on this machine.",
)
_PORT = flags.DEFINE_integer(
    "port",
    None,
    "The port on 127.0.0.1; none: the first that is free, from 7860 on.",
    lower_bound=1,
    upper_bound=65535,
)
_BROWSER = flags.DEFINE_boolean("browser", False, "Open the page in the default browser.")


def main() -> None:
    """Serves the page until Ctrl-C."""
    library.imported()
    command_line.import_tensorflow()
    from stargan_tf.demo_page import examples, page, server
    from stargan_tf.inference import model as model_lib
    from stargan_tf.runs import places, runs

    named = [runs.folder_and_checkpoint(text) for text in _RUN.value or places.names()]
    opened = [(runs.open_run(folder), checkpoint) for folder, checkpoint in named]
    for run, checkpoint in opened:
        page.check(run, checkpoint)
    own = examples.of_user(_EXAMPLES.value, "`examples`") if _EXAMPLES.value else []
    if not opened:
        raise errors.UserError("No run comes with this package; name one with `run`.")
    models = [model_lib.Model(run, checkpoint) for run, checkpoint in opened]
    # Who ends it in another way gets the temporary folder removed, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="stargan-demo-") as folder, server.files_in(folder):
        made = page.build(models, pathlib.Path(folder), own)
        with server.serving(made, _PORT.value, _BROWSER.value) as served:
            print(f"{served.address}  (Ctrl-C ends it)", flush=True)
            try:
                threading.Event().wait()
            except KeyboardInterrupt:
                print("The demo has ended.", flush=True)


if __name__ == "__main__":
    command_line.run(main)
