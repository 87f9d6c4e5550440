"""How the documentation becomes a site: `make docs` builds build/docs, warnings are errors.

The pages are the Markdown files that a code host shows, in their places: docs/, BUILD.md and so on.
So the source folder is the top of the repository and this folder only configures
(`sphinx-build -c docs . build/docs`).
"""

import os
import pathlib
import re
import shutil
import sys

from sphinx.application import Sphinx

ROOT = pathlib.Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "docs" / "extensions")]

# Docstrings are read from the imported package. Sphinx could mock TensorFlow, but its mock objects
# can't be joined in type hints, as in `tf.Tensor | tuple[()]`. Imported here it is quiet, and
# autodoc, which may import a module twice, finds it.
_stderr, _nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
os.dup2(_nowhere, 2)
try:
    import tensorflow  # noqa: F401
finally:
    os.dup2(_stderr, 2)

project = "stargan-tf"
author = "The stargan-tf contributors"
copyright = author
release = version = re.search(
    r'__version__ = "(.+)"', (ROOT / "stargan_tf" / "__init__.py").read_text(encoding="utf-8")
).group(1)

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "commands",
    "mathml",
]
root_doc = "README"
include_patterns = [
    "docs/**.md",
    "README.md",
    "BUILD.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "benchmarks/results.md",
    "export/*/README.md",
]
# Folders that hold no pages are not searched.
exclude_patterns = [".*", "build", "dist", "runs", "stargan_tf", "tests", "configs", "*.egg-info"]

default_role = "literal"  # of `words` in docstrings
smartquotes = False  # they would make dashes of the hyphens of flags

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4  # the anchors that code hosts give to headings

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "show-inheritance": True}
napoleon_numpy_docstring = False
napoleon_use_rtype = False
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88

html_math_renderer = "mathml"
html_theme = "furo"
html_title = f"stargan-tf {release}"
html_static_path = ["site_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
pygments_style = "tango"
highlight_language = "text"  # of blocks that don't name theirs


def add_contents(app: Sphinx, page: str, text: list[str]) -> None:
    """Adds the site's contents to the start page; a code host would show them as code."""
    if page == root_doc:
        contents = ROOT / "docs" / "contents.txt"
        app.env.note_dependency(contents, docname=page)
        text[0] += contents.read_text(encoding="utf-8")


def name_start_page(app: Sphinx, error: Exception | None) -> None:
    """Copies the start page to where the site's address without a page leads."""
    if error is None and app.builder.name == "html":
        shutil.copy(app.outdir / f"{root_doc}.html", app.outdir / "index.html")


def setup(app: Sphinx) -> None:
    """Connects the two."""
    app.connect("source-read", add_contents)
    app.connect("build-finished", name_start_page)
