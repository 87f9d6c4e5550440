"""The page in a real browser: what is uploaded, clicked and seen, and that nothing is loaded.

It uses the Chromium of the machine, which `.ci/run` tries to install.
"""

import importlib.util
import io
import pathlib
import shutil
import unittest
import urllib.error
import urllib.parse
import urllib.request

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import stargan_tf
from stargan_tf.demo_page import page, server
from stargan_tf.inference import model as model_lib
from stargan_tf.runs import runs

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
MISSING = [name for name in ("gradio", "playwright") if not importlib.util.find_spec(name)]
MISSING += [] if BROWSER else ["chromium"]
WAIT = 120_000  # milliseconds


@pytest.mark.slow
@unittest.skipIf(MISSING, f"NOT RUN: {', '.join(MISSING)} is not here")
class BrowserTest(tf.test.TestCase):
    def test_a_face_is_translated_and_nothing_comes_from_elsewhere(self):
        from playwright import sync_api

        self.root = pathlib.Path(self.create_tempdir().full_path)
        self.model = model_lib.Model(runs.open_run("cartoon_faces_v1"))
        files = self.root / "files"
        files.mkdir()
        with (
            server.files_in(str(files)),
            server.serving(page.build([self.model], files), None) as served,
            sync_api.sync_playwright() as playwright,
        ):
            self.assertStartsWith(served.address, "http://127.0.0.1:")
            self._check_headers(served.address)
            browser = playwright.chromium.launch(
                executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"]
            )
            self.tab = browser.new_page()
            asked = []
            self.tab.on("request", lambda request: asked.append(request.url))
            self.tab.goto(served.address)
            self._check_first_look()
            self._check_translation()
            self._check_mistake()
            for url in asked:
                if not url.startswith(("data:", "blob:")):
                    self.assertEqual(urllib.parse.urlsplit(url).hostname, "127.0.0.1", url)
            self.assertGreater(len(asked), 20)
            self._check_policy()
            self.assertTrue(any(files.rglob("face.png")))  # and not where Gradio would keep it
            browser.close()

    def _check_headers(self, address):
        with urllib.request.urlopen(address) as answer:
            self.assertIn("default-src 'self'", answer.headers["content-security-policy"])
        other = urllib.request.Request(address, headers={"Host": "example.com"})
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(other)
        self.assertEqual(refused.exception.code, 400)

    def _check_first_look(self):
        """A photo, its translation and all targets are there before anything is clicked."""
        self.tab.wait_for_selector(".made img", timeout=WAIT)
        for kind in ("given", "made", "sheet"):
            self.assertEqual(self.tab.locator(f".{kind} img").count(), 1, kind)
        self.assertIn("The photo shows: ", self.tab.locator(".notice").inner_text())

    def _check_translation(self):
        photo = self.root / "face.png"
        source = np.asarray(Image.effect_noise((90, 70), 60).convert("RGB"))
        Image.fromarray(source).save(photo)
        seen = self.model.classify(photo)
        self.tab.get_by_label("Remove Image").or_(self.tab.get_by_label("Clear")).first.click()
        self.tab.locator("text=There is no photo yet").wait_for(timeout=WAIT)
        self.tab.locator(".given input[type=file]").set_input_files(str(photo))
        self.tab.locator(".notice:not(.problem)").wait_for(timeout=WAIT)
        self.tab.get_by_label("none of these").click()
        self.tab.get_by_label("Brown Hair").click()
        told = "Asked for: Brown Hair"
        if "Brown_Hair" in seen:  # so that nothing is new
            told = "Nothing else is asked for"
        self.tab.locator(f"text={told}").wait_for(timeout=WAIT)
        expected = stargan_tf.load("cartoon_faces_v1").translate(photo, to="Brown_Hair")
        contents = self.tab.request.get(self.tab.locator(".made img").get_attribute("src")).body()
        self.assertAllEqual(np.asarray(Image.open(io.BytesIO(contents))), np.asarray(expected))

    def _check_mistake(self):
        bad = self.root / "holiday.png"
        bad.write_bytes(b"\x89PNG but no more")
        self.tab.get_by_label("Remove Image").or_(self.tab.get_by_label("Clear")).first.click()
        self.tab.locator(".given input[type=file]").set_input_files(str(bad))
        problem = self.tab.locator(".notice.problem", has_text="Cannot read the photo")
        problem.wait_for(timeout=WAIT)
        self.assertIn("Cannot read the photo 'holiday.png': ", problem.inner_text())
        self.assertEqual(self.tab.locator(".made img").count(), 0)

    def _check_policy(self):
        """The browser itself refuses what a page would load from elsewhere."""
        script = "fetch('http://127.0.0.2:9/').then(() => 'loaded', error => String(error))"
        refused = []
        self.tab.on("console", lambda message: refused.append(message.text))
        self.assertIn("TypeError", self.tab.evaluate(script))
        self.assertIn("Content Security Policy", "".join(refused))


if __name__ == "__main__":
    tf.test.main()
