"""The notebook runs from its first cell to its last, on drawn faces and with a short training."""

import importlib.util
import os
import pathlib
import shutil
import tempfile
import unittest
from unittest import mock

import pytest
from absl.testing import absltest

_ROOT = pathlib.Path(__file__).parents[1]
_NEEDS = ("jupytext", "nbclient", "ipykernel")


@pytest.mark.slow
@unittest.skipUnless(
    all(map(importlib.util.find_spec, _NEEDS)), 'NOT RUN: needs pip install -e ".[notebook]"'
)
class NotebooksTest(absltest.TestCase):
    def test_from_a_folder_of_images_to_a_page(self):
        import jupytext
        import nbclient

        notebook = jupytext.read(_ROOT / "notebooks" / "your_images.py")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        place = pathlib.Path(folder.name)
        short = {
            "NOTEBOOK_STEPS": "3",
            "NOTEBOOK_IMAGES": "15",
            "PYTHONPATH": str(_ROOT),
            "IPYTHONDIR": str(place / "ipython"),
        }
        client = nbclient.NotebookClient(
            notebook,
            timeout=600,
            kernel_name="python3",
            resources={"metadata": {"path": str(place)}},
        )
        with mock.patch.dict(os.environ, short):
            client.execute()  # raises where a cell does
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        texts = ["".join(output.get("text", "") for output in cell.outputs) for cell in cells]
        for text in texts[:-1]:  # commands only print their errors
            self.assertNotIn("error:", text)
        self.assertLen(list((place / "runs" / "notebook" / "samples").glob("*-targets.*")), 1)
        shown = [list(output.get("data", {})) for cell in cells for output in cell.outputs]
        self.assertLen([kinds for kinds in shown if "image/png" in kinds], 4)
        if shutil.which("npm"):
            self.assertTrue((place / "site" / "index.html").is_file(), texts[-1])
        else:  # NOT RUN: the page itself
            self.assertIn("npm", texts[-1])


if __name__ == "__main__":
    absltest.main()
