"""The documentation builds as a site without a warning; its links, flags and formulas are there."""

import html.parser
import importlib.util
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

import pytest
from absl.testing import absltest

from stargan_tf import __main__ as program
from stargan_tf import algorithms
from tests import commands


class Page(html.parser.HTMLParser):
    """The ids, the links and the text of a page."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.tags, self.texts = set(), [], set(), []
        self.feed(path.read_text(encoding="utf-8"))
        self.text = "".join(self.texts)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.add(tag)
        self.ids.add(attrs.get("id"))
        self.links += [attrs[name] for name in ("href", "src") if attrs.get(name)]

    def handle_data(self, data):
        self.texts.append(data)


@pytest.mark.slow
@unittest.skipUnless(
    importlib.util.find_spec("sphinx"), 'NOT RUN: needs pip install -e ".[docs]" (make docs)'
)
class SiteTest(absltest.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.site = pathlib.Path(folder.name).resolve()
        cls.built = subprocess.run(
            [sys.executable, "-m", "sphinx", "-c", "docs", "-qW", ".", cls.site],
            capture_output=True,
            text=True,
        )
        # Pages of sources link to Python's documents only.
        paths = [p for p in cls.site.rglob("*.html") if "_modules" not in p.parts]
        cls.pages = {path: Page(path) for path in paths}

    def test_there_is_no_warning(self):
        self.assertEqual((self.built.returncode, self.built.stderr), (0, ""))

    def test_every_local_link_leads_somewhere(self):
        checked = 0
        for path, page in self.pages.items():
            for link in page.links:
                parts = urllib.parse.urlsplit(link)
                if parts.scheme or parts.netloc:
                    continue
                name = urllib.parse.unquote(parts.path)
                target = (path.parent / name).resolve() if name else path
                self.assertTrue(target.is_file(), f"{path}: {link}")
                anchor = urllib.parse.unquote(parts.fragment)
                if anchor and target in self.pages:
                    self.assertIn(anchor, self.pages[target].ids, f"{path}: {link}")
                checked += 1
        self.assertGreater(checked, 2000)

    def test_nothing_is_loaded_from_elsewhere(self):
        for path in self.pages:
            text = path.read_text(encoding="utf-8")
            loaded = re.findall(
                r"<(?:script|img|link)\b[^>]*\b(?:src|href)=\"(https?:[^\"]*)", text
            )
            self.assertEmpty(loaded, path)

    def test_the_address_of_the_site_leads_to_the_start_page(self):
        self.assertIn("Two commands", self.pages[self.site / "index.html"].text)

    def test_every_command_is_there_with_its_flags_and_their_help(self):
        page = self.pages[self.site / "docs" / "commands.html"]
        words = " ".join(page.text.split())
        for name in program.commands():
            self.assertIn(name.replace(" ", "-"), page.ids)
            shown = commands.run(f"stargan_tf.{name.replace(' ', '.')}", "--help").stdout
            flags = re.findall(r"^  --(?:\[no\])?(\w+):", shown, re.MULTILINE)
            self.assertNotEmpty(flags, name)
            for flag in flags:
                # The doctor's are those of train.
                places = {f"{own}-{flag}" for own in (name.replace(" ", "-"), "train")}
                self.assertTrue(places & page.ids, f"{name} --{flag}")
        self.assertIn("Weight of the style reconstruction (section 3). (default: 1.0)", words)

    def test_a_flag_in_a_text_is_a_link_to_its_help(self):
        links = self.pages[self.site / "docs" / "faq.html"].links
        self.assertIn("commands.html#train-lambda_cyc", links)

    def test_papers_have_formulas_code_and_hyperparameters(self):
        for name in algorithms.names():
            page = self.pages[self.site / "docs" / "papers" / f"{name}.html"]
            self.assertIn("math", page.tags, name)
            self.assertRegex(page.text, r"def \w+\(", name)
            # Some papers have one for each network.
            self.assertRegex(page.text, r"--(\w+_)?beta_1", name)


if __name__ == "__main__":
    absltest.main()
