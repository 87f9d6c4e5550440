r"""Exports runs as a page that translates in the visitor's browser, for any static server.

  python -m export.web --output=site
  python -m export.web --run=runs/quickstart --run=runs/quickstart_v2 --output=site
  python -m http.server --directory site 8000

The photos stay in the browser: LiteRT.js runs the networks there, with WebGPU where that works,
else with WebAssembly. npm fetches LiteRT.js once; on a machine without a network, pass --litert.
To publish it on GitHub Pages or elsewhere, copy the folder. Without --run the page has the runs
that come with the package. Exit status 3: a file is further from the networks than it should be.
"""

import pathlib

from absl import flags

from stargan_tf.base import errors, files
from stargan_tf.cli import command_line

_RUN = flags.DEFINE_multi_string(
    "run",
    ["cartoon_faces_v1", "cartoon_faces_v2"],
    "The directory of a run; may be repeated. The page starts with the first.",
)
_OUTPUT = flags.DEFINE_string(
    "output", None, "The folder to write; missing or empty.", required=True
)
_QUANTIZE = flags.DEFINE_enum(
    "quantize",
    "float16",
    ("none", "float16", "dynamic"),
    "none: float32; float16: half the download, hardly a difference; dynamic: a quarter, with "
    "weights in 8 bits.",
)
_LITERT = flags.DEFINE_string(
    "litert",
    "",
    "A folder with the two packages of LiteRT.js, as npm pack writes them; empty: npm fetches "
    "them into the cache of this user.",
)
_EXAMPLES = flags.DEFINE_string(
    "examples",
    "",
    "A folder of photos that the page offers to try, for everybody to see; empty: drawn ones, for "
    "runs that were trained on drawings.",
)
_LICENSE = flags.DEFINE_string(
    "license",
    "",
    "The licence of the weights, which the page states, such as cc-by-4.0; empty: apache-2.0 for "
    "runs that were trained on drawings.",
)
_LIMITS = flags.DEFINE_string("limits", "", "What else visitors should know: a sentence.")
_CHECKPOINT = flags.DEFINE_string("checkpoint", "latest", "latest, best or a step.")
_DATA_DIR = flags.DEFINE_string(
    "data_dir", "", "Where the run's data set is now, to measure the file on; empty: where it was."
)


def main() -> int:
    """Writes the folder, and prints how near each file is; returns 3 if one is too far."""
    command_line.import_tensorflow()
    from stargan_tf.browser import litert, site
    from stargan_tf.runs import licences, runs
    from stargan_tf.serving import tflite_report

    output = pathlib.Path(_OUTPUT.value)
    files.check_free(output)
    opened = [runs.open_run(run) for run in _RUN.value]
    request = site.Request(
        opened,
        output,
        litert.load(_LITERT.value),
        quantize=_QUANTIZE.value,
        checkpoint=_CHECKPOINT.value,
        data_dir=_DATA_DIR.value,
        examples=_EXAMPLES.value,
        licence=_LICENSE.value,
        limits=_LIMITS.value,
    )
    try:
        exported = site.write(request)
    except RuntimeError as error:  # of the converter or the interpreter
        raise errors.UserError(f"{error}; pass quantize=none.") from error
    status = 0
    for one in exported:
        print(f"{one.path}\n{tflite_report.table(one.path, one.reports, one.compared_on)}\n")
        for report in one.reports:
            if shortfall := report.shortfall(_QUANTIZE.value):
                command_line.fail(f"{shortfall}; pass a finer `quantize`.")
                status = 3
    _print(output)
    for run in opened:
        if not licences.licence(run, _LICENSE.value):
            print(f"note: the page states no licence for {run.shown}; say it with --license.")
    return status


def _print(output: pathlib.Path) -> None:
    paths = [path for path in output.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in paths) / 2**20
    print(f"{output}  ({len(paths)} files, {size:.1f} MB)")
    print(f"look at it   {command_line.python()} -m http.server --directory {output} 8000")
    print("             then open http://localhost:8000")


if __name__ == "__main__":
    command_line.run(main)
