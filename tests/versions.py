"""Which tests run with TensorFlow 2.15 too: those of what its version or Keras' may change.

`make test-addons` runs these, and `make test-addons-all` every test. A folder decides for all that
is in it, unless a file is named itself. A new file at the top of tests/ has to be named here.
"""

import pathlib

TESTS = pathlib.Path(__file__).parent

BOTH = {
    "addons_oracle_test.py",
    "algorithms",
    "base/keras_versions_test.py",
    "cli/command_line_test.py",
    "cli/log_filter_test.py",
    "conformance_test.py",
    "data/pipeline/samplers_test.py",  # random numbers are the same in both
    "environments_test.py",
    "evaluation/classifiers/classifier_test.py",
    "evaluation/features/efficientnet_lite0_test.py",
    "evaluation/features/inception_test.py",
    "evaluation/features/lpips_test.py",
    "gan",
    "import_reference_test.py",
    "keras_files_test.py",
    "landmarks",
    "layers",
    "normalization_backends_test.py",
    "optimization",
    "runs/checkpoints_test.py",
    "serving/saved_model_test.py",
    "serving/tflite_test.py",
    "training/loop_test.py",
}
NEWEST_ONLY = {
    "align_test.py",
    "animate_test.py",
    "architecture_test.py",
    "audio",
    "augment_study_test.py",
    "base",
    "browser",
    "cartoon",
    "cli",
    "compare_test.py",
    "comparison",
    "data",
    "demo_page",
    "diagnosis",
    "docker_test.py",
    "docs_test.py",
    "doctor_test.py",
    "evaluate_test.py",
    "evaluation",
    "inference",
    "installed_test.py",
    "many_domains_test.py",
    "new_paper_test.py",
    "notebook_test.py",
    "notebooks_test.py",
    "old_run_test.py",
    "one_decoding_test.py",
    "pack_test.py",
    "pictures",
    "program_test.py",
    "publishing",
    "reports",
    "resume_test.py",
    "runs",
    "serving",
    "site_test.py",
    "training",
    "versions_test.py",
    "voices",
    "weights",
}


def decided(path: pathlib.Path) -> bool | None:
    """Returns whether a test file runs with both versions; None: it is not decided."""
    own = path.relative_to(TESTS)
    for name in (own.as_posix(), own.parts[0]):
        if name in BOTH or name in NEWEST_ONLY:
            return name in BOTH
    return None
