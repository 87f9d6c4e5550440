"""The page in a real browser: its pixels are those that Python makes; nothing leaves the host."""

import contextlib
import functools
import http.server
import pathlib
import shutil
import threading

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import stargan_tf
from stargan_tf.base import errors
from stargan_tf.browser import litert, site
from stargan_tf.data.sources import cartoon_faces
from stargan_tf.runs import runs

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
RUNS = ("cartoon_faces_v1", "cartoon_faces_v2")
PATH = "/some/where/site/"  # as on GitHub Pages: not the root of the host
LEVELS = 2  # grey levels that a pixel may be off
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
_PATIENCE = 120_000  # milliseconds
# What a tile shows, as bytes of RGBA.
_PIXELS = """tile => {
  const canvas = tile.querySelector('canvas');
  const {width, height} = canvas;
  return [...canvas.getContext('2d').getImageData(0, 0, width, height).data];
}"""

# Gives the page a blue picture as a drop or a paste does.
_GIVE = """async kind => {
  const canvas = new OffscreenCanvas(40, 30);
  const context = canvas.getContext('2d');
  context.fillStyle = 'blue';
  context.fillRect(0, 0, 40, 30);
  const data = new DataTransfer();
  data.items.add(new File([await canvas.convertToBlob()], 'blue.png', {type: 'image/png'}));
  dispatchEvent(kind === 'drop' ? new DragEvent(kind, {dataTransfer: data, cancelable: true}) :
    new ClipboardEvent(kind, {clipboardData: data}));
}"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *unused):
        pass


@contextlib.contextmanager
def served(folder):
    """Serves a folder on this machine; yields the address."""
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.slow
class PageTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        if not CHROMIUM:
            self.skipTest("NOT RUN: there is no Chromium on this machine (apt install chromium)")
        self.playwright = pytest.importorskip(
            "playwright.sync_api", reason="NOT RUN: playwright is not installed (the extra `test`)"
        )
        pytest.importorskip("ai_edge_litert", reason="NOT RUN: the extra `tflite` is missing")
        try:
            library = litert.load()
        except errors.UserError as error:
            self.skipTest(f"NOT RUN: {error}")
        self.root = pathlib.Path(self.create_tempdir().full_path)
        self.folder = self.root / PATH.strip("/")
        self.folder.parent.mkdir(parents=True)
        opened = [runs.open_run(name) for name in RUNS]
        site.write(site.Request(opened, self.folder, library))

    def test_it_translates_as_python_does(self):
        for name, number in (("photo", 0), ("other", 1)):
            self._face(number).save(self.root / f"{name}.png")
        (self.root / "notes.png").write_text("no picture")
        requests, failures = [], []
        with (
            served(self.root) as address,
            self.playwright.sync_playwright() as playwright,
            playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS) as browser,
        ):
            self.page = browser.new_page()
            self.page.set_default_timeout(_PATIENCE)
            self.page.on("request", lambda request: requests.append(request.url))
            self.page.on("pageerror", lambda error: failures.append(str(error)))
            self.page.on("console", lambda line: failures.append(line.text)
                         if "Content Security" in line.text else None)  # fmt: skip
            with self._making("Blond_Hair"):
                self.page.goto(address + PATH)
            self._check_other_ways_in()
            self._check_labels()
            self._check_styles()
            self._check_mistake()
        self.assertEmpty(failures)
        self.assertGreater(len(requests), 20)
        for url in requests:
            self.assertStartsWith(url.removeprefix("blob:"), (address + PATH, "data:image/"))

    def _check_other_ways_in(self):
        """A picture that is dropped, one that is pasted, and one of a camera that plays a test."""
        for kind in ("drop", "paste"):
            with self._making("Blond_Hair"):
                self.page.evaluate(_GIVE, kind)
            self.assertEqual(self._middle("#source"), [0, 0, 255])
        self.page.get_by_role("button", name="Use the camera").click()
        with self._making("Blond_Hair"):
            self.page.get_by_role("button", name="Take the picture").click()
        self.assertNotEqual(self._middle("#source"), [0, 0, 255])
        self.assertTrue(self.page.locator("#video").is_hidden())

    def _middle(self, canvas):
        return self.page.locator(canvas).evaluate(
            "c => [...c.getContext('2d').getImageData(c.width / 2, c.height / 2, 1, 1).data]"
        )[:3]

    def _check_labels(self):
        model, photo = stargan_tf.load(RUNS[0]), str(self.root / "photo.png")
        self._upload("#file", "photo.png", "Blond_Hair")
        answers = []
        for name in model.names:
            answers.append(self._compare(name, model.translate(photo, to=name, known=())))
        for one, other in zip(answers, answers[1:], strict=False):  # else a wrong one passed
            self.assertGreater(np.abs(one - other).max(), 10 * LEVELS)
        with self._making("Smiling"):
            self.page.locator("#shows").get_by_label("Smiling").check()
        self._compare("Smiling", model.translate(photo, to="-Smiling", known="Smiling"))
        self._compare("Eyeglasses", model.translate(photo, to="Eyeglasses", known="Smiling"))
        self.page.locator("#mixture").get_by_label("Brown Hair").check()
        with self._making("mixture"):
            self.page.locator("#mixture").get_by_label("Eyeglasses").check()
        wanted = model.translate(photo, to=("Brown_Hair", "Eyeglasses"), known="Smiling")
        expected = self._compare("mixture", wanted)
        with self.page.expect_download() as downloading:
            self.page.get_by_text("Download").click()
        self.assertEqual(downloading.value.suggested_filename, "brown-hair-eyeglasses.png")
        with Image.open(downloading.value.path()) as image:
            found = np.asarray(image.convert("RGB"), int)
        self.assertAllClose(found, expected, rtol=0, atol=LEVELS)

    def _check_styles(self):
        model, photo = stargan_tf.load(RUNS[1]), str(self.root / "photo.png")
        with self._making("Blond_Hair/seed-0"):
            self.page.select_option("#model", RUNS[1])
        self._upload("#file", "photo.png", "Blond_Hair/seed-0")
        for name in model.names:
            for seed in (0, 3):
                self._compare(f"{name}/seed-{seed}", model.translate(photo, to=name, seed=seed))
        with self._making("Brown_Hair/seed-98"):
            self.page.fill("#seed", "98")
            self.page.press("#seed", "Enter")
        self._compare("Brown_Hair/seed-98", model.translate(photo, to="Brown_Hair", seed=98))
        with self._making("Black_Hair/reference-1"):
            self.page.get_by_label("Of another picture").check()
        key = f"Blond_Hair/reference-{site.EXAMPLES + 1}"
        self._upload("#reference-file", "other.png", key)
        other = str(self.root / "other.png")
        self._compare(key, model.translate(photo, to="Blond_Hair", reference=other))

    def _check_mistake(self):
        self.page.set_input_files("#file", self.root / "notes.png")
        self.page.get_by_text("notes.png can’t be read as a picture").wait_for()
        self.assertEqual(self.page.locator(".tile:disabled").count(), 0)  # all is as it was
        self._upload("#file", "photo.png", "Blond_Hair/reference-1")
        self.assertTrue(self.page.locator("#problem").is_hidden())

    def _face(self, number):
        """Returns a drawn face in a picture that is no square, larger than the networks' images."""
        face = Image.fromarray(cartoon_faces.CartoonFaces("test", 160, 2).image(number))
        picture = Image.new("RGB", (200, 160), "teal")
        picture.paste(face, (20, 0))
        return picture

    def _upload(self, field, name, key):
        with self._making(key):
            self.page.set_input_files(field, self.root / name)

    @contextlib.contextmanager
    def _making(self, key):
        """Waits, after what a visitor does, for results that were not there before.

        One of them has this key, and all are finished.
        """
        self.page.evaluate("document.querySelectorAll('.tile').forEach(t => t.dataset.old = '')")
        yield
        tile = f'.tile[data-key="{key}"]:not([data-old], [disabled])'
        self.page.wait_for_selector(f"#results[aria-busy=false] {tile}")

    def _compare(self, key, wanted):
        """Compares a result with Python's; returns that."""
        pixels = self.page.locator(f'.tile[data-key="{key}"]').evaluate(_PIXELS)
        found = np.reshape(pixels, (64, 64, 4))[..., :3]
        expected = np.asarray(wanted, int)
        off = np.abs(found - expected).max()
        self.assertLessEqual(off, LEVELS, key)
        return expected


if __name__ == "__main__":
    tf.test.main()
