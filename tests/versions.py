"""Which tests run with TensorFlow 2.15 too: those of what its version or Keras' may change.

`make test-addons` runs these, and `make test-addons-all` every test. A folder decides for all that
is in it, unless a file is named itself. A new file at the top of tests/ has to be named here.
"""

import pathlib

TESTS = pathlib.Path(__file__).parent

BOTH = {
    "addons_oracle_test.py",
    "algorithms",
    "command_line_test.py",
    "conformance_test.py",
    "data/pipeline_test.py",  # random numbers are the same in both
    "diff_augment_test.py",
    "environments_test.py",
    "gan_losses_test.py",
    "import_reference_test.py",
    "keras_versions_test.py",
    "landmarks",
    "layers",
    "log_filter_test.py",
    "new_paper_test.py",
    "normalization_backends_test.py",
    "optimization",
    "serving/saved_model_test.py",
    "serving/tflite_test.py",
    "training/checkpoints_test.py",
    "training/loop_test.py",
}
NEWEST_ONLY = {
    "align_test.py",
    "animate_test.py",
    "architecture_test.py",
    "data",
    "diagnosis",
    "doctor_test.py",
    "errors_test.py",
    "files_test.py",
    "flag_files_test.py",
    "hyperparameters_test.py",
    "many_domains_test.py",
    "metrics",
    "notebook_test.py",
    "old_run_test.py",
    "one_decoding_test.py",
    "pack_test.py",
    "resume_test.py",
    "serving",
    "sheet_fonts_test.py",
    "sheets_test.py",
    "state_dicts_test.py",
    "torch_files_test.py",
    "torch_pickles_test.py",
    "training",
    "versions_test.py",
    "video_test.py",
}


def decided(path: pathlib.Path) -> bool | None:
    """Returns whether a test file runs with both versions; None: it is not decided."""
    own = path.relative_to(TESTS)
    for name in (own.as_posix(), own.parts[0]):
        if name in BOTH or name in NEWEST_ONLY:
            return name in BOTH
    return None
