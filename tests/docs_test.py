"""The documents say what is there: links, flags, paths, make's targets, and the README's Python."""

import contextlib
import functools
import io
import pathlib
import re
import runpy
import sys
import urllib.parse
from unittest import mock

import tensorflow as tf
from absl.testing import absltest, parameterized
from PIL import Image

from stargan_tf import algorithms
from tests import commands, tiny

PAGES = [pathlib.Path("README.md"), pathlib.Path("BUILD.md"), pathlib.Path("CONTRIBUTING.md"),
         *sorted(pathlib.Path("docs").rglob("*.md")), pathlib.Path("benchmarks/results.md"),
         *sorted(pathlib.Path("export").glob("*/README.md"))]  # fmt: skip
ALL_PAGES = [*PAGES, *pathlib.Path().glob("[A-Z]*.md"), *pathlib.Path("tests").rglob("*.md")]
CONFIGS = sorted(pathlib.Path("configs").glob("*.flags"))
ABSL = {"help", "flagfile"}
# Flags of programs that are not in this project.
OTHER_PROGRAMS = {
    "mlflow": {"backend-store-uri"},
    "docker": {"file", "detach", "wait"},
    "tensorboard": {"logdir"},
    "curl": {"data-binary"},
    "pip": {"no-deps"},
    "pytest": {"dist"},
    "ruff": {"check"},
    "tensorflow_model_server": {"enable_batching", "ssl_config_file"},
}
_FLAG = re.compile(r"(?<![\w-])--(?:\[no\])?([a-z][\w-]*)")


def blocks(text, language=""):
    """Returns the fenced blocks of a language in a Markdown text."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def prose(text):
    """Returns a Markdown text without its fenced blocks."""
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


def anchors(text):
    """Returns the anchors that GitHub gives to the headings of a Markdown text."""
    headings = re.findall(r"^#+ (.*)$", prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(path):
    """Returns the targets of a page's links and pictures that are not on the web."""
    found = re.findall(r"\]\(([^)\s]+)\)", prose(path.read_text()))
    return [link for link in found if not re.match(r"https?:|mailto:", link)]


def command_lines(text):
    """Yields (module, arguments) for each command of this project that a text shows."""
    joined = re.sub(r"\\\n(?:#)?\s*", " ", text)
    for module, rest in re.findall(
        r"\bpython -m ((?:stargan_tf|export|benchmarks)[\w.]*)([^\n`|#;]*)", joined
    ):
        yield module, rest
    for script, rest in re.findall(
        r"\bpython (?:export/on_device/)?(\w+\.py)\b([^\n`#;]*)", joined
    ):
        yield f"export/on_device/{script}", rest
    for words, rest in re.findall(r"^stargan ((?:export )?\w+)([^\n`#]*)", joined, re.MULTILINE):
        yield f"stargan_tf.{words.replace(' ', '.')}", rest


@functools.cache
def flags_of(module):
    """Returns the flags that a command, called in this process, lists with --help."""
    if module.endswith(".py"):
        with (
            contextlib.redirect_stdout(io.StringIO()) as stdout,
            mock.patch.object(sys, "argv", [module, "--help"]),
            contextlib.suppress(SystemExit),
        ):
            runpy.run_path(module, run_name="__main__")
        text = stdout.getvalue()
    else:
        text = commands.run(module, "--help").stdout
    if not text:
        raise AssertionError(f"{module} is no command")
    return ABSL | set(_FLAG.findall(text))


class LinksTest(parameterized.TestCase):
    @parameterized.parameters(*((page.as_posix(),) for page in ALL_PAGES))
    def test_relative_links_and_anchors_resolve(self, name):
        page = pathlib.Path(name)
        for link in links(page):
            path, _, anchor = urllib.parse.unquote(link).partition("#")
            target = page.parent / path if path else page
            self.assertTrue(target.exists(), f"{page}: {link}")
            if anchor:
                self.assertIn(anchor, anchors(target.read_text()), f"{page}: {link}")

    def test_every_page_can_be_reached_from_the_readme(self):
        reached, new = set(), {pathlib.Path("README.md").resolve()}
        while new:
            page = new.pop()
            reached.add(page)
            for link in links(page):
                target = (page.parent / link.partition("#")[0]).resolve()
                if target.suffix == ".md" and target not in reached:
                    new.add(target)
        self.assertContainsSubset({page.resolve() for page in PAGES}, reached)

    def test_every_page_is_in_the_contents_of_the_site_and_every_paper_has_one(self):
        contents = pathlib.Path("docs/contents.txt").read_text()
        for page in PAGES:
            listed = re.search(rf"^(.* <)?{page.with_suffix('').as_posix()}>?$", contents, re.M)
            if page.parent.name != "papers" and page.name != "README.md":
                self.assertTrue(listed, f"add {page} to docs/contents.txt")
        pages = {page.stem for page in PAGES if page.parent.name == "papers"}
        self.assertEqual(pages, set(algorithms.names()), "docs/papers/")

    def test_no_row_of_a_table_stands_twice(self):
        rows = {}
        for page in PAGES:
            for row in re.findall(r"^\|.*\d.*\|$", page.read_text(), re.MULTILINE):
                self.assertNotIn(row, rows, f"{page} and {rows.get(row)}")
                rows[row] = page
        self.assertGreater(len(rows), 50)


class CommandsTest(parameterized.TestCase):
    @parameterized.parameters(*((path.as_posix(),) for path in [*PAGES, *CONFIGS]))
    def test_every_flag_of_a_command_is_that_commands(self, name):
        for module, arguments in command_lines(pathlib.Path(name).read_text()):
            unknown = set(_FLAG.findall(arguments)) - flags_of(module)
            self.assertEmpty(unknown, f"{name}: {module} has no such flag")

    def test_every_flag_that_is_named_exists(self):
        texts = [path.read_text() for path in [*PAGES, *CONFIGS]]
        shown = {module for text in texts for module, _ in command_lines(text)}
        known = set().union(*OTHER_PROGRAMS.values(), *map(flags_of, shown))
        named = 0
        for path, text in zip([*PAGES, *CONFIGS], texts, strict=True):
            for flag in _FLAG.findall(text):
                self.assertTrue({flag, flag.removeprefix("no")} & known, f"{path}: --{flag}")
                named += 1
        self.assertGreater(named, 200)

    def test_examples_in_help_can_be_pasted(self):
        for path in pathlib.Path("stargan_tf").rglob("*.py"):
            for line in path.read_text().splitlines():
                self.assertFalse(re.search(r"--\w.* \\\\$", line), f"{path}: {line}")

    def test_every_target_of_make_exists(self):
        targets = re.findall(r"^([\w-]+):", pathlib.Path("Makefile").read_text(), re.MULTILINE)
        for page in PAGES:
            for target in re.findall(r"(?:`|^)make ([a-z][\w-]*)", page.read_text(), re.MULTILINE):
                self.assertIn(target, targets, page)

    def test_ci_runs_the_test_command_of_the_readme(self):
        for path in ("README.md", ".ci/run"):
            self.assertRegex(pathlib.Path(path).read_text(), r"(?m)^make test\b")

    @parameterized.parameters(*((page.as_posix(),) for page in PAGES))
    def test_every_file_of_the_project_that_is_named_exists(self, name):
        page = pathlib.Path(name)
        for path in re.findall(r"`([\w./-]+/[\w.-]+\.(?:py|flags|md|yaml))`", page.read_text()):
            roots = (pathlib.Path(), pathlib.Path("stargan_tf"), page.parent)
            self.assertTrue(any((root / path).exists() for root in roots), f"{page}: {path}")


class ArchitectureTest(absltest.TestCase):
    def test_the_tree_in_build_md_is_the_package(self):
        tree = next(b for b in blocks(pathlib.Path("BUILD.md").read_text()) if "stargan_tf/\n" in b)
        package, top, drawn = pathlib.Path("stargan_tf"), pathlib.Path(), set()
        for line in tree.partition("stargan_tf/\n")[2].splitlines():
            indent = len(line) - len(line.lstrip())
            if not indent:
                break
            names = re.match(r"((?:\w+(?:/|\.py)(?: |$))*)", line.lstrip())[1].split()
            if indent == 2 and names:
                top = package / names[0]
                drawn.update(name.rstrip("/") for name in names)
            for name in names:
                self.assertTrue(((package if indent == 2 else top) / name).exists(), line)
        there = {path.name for path in package.iterdir() if path.suffix == ".py" or path.is_dir()}
        self.assertEqual(drawn, there - {"__pycache__"})


class PythonTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters("README.md", "docs/translating.md")
    def test_the_python_lines_run(self, name):
        code = blocks(pathlib.Path(name).read_text(), "python")
        self.assertNotEmpty(code)
        folder = pathlib.Path(self.create_tempdir().full_path)
        tiny.untrained_run(folder / "runs" / "quickstart")
        tiny.untrained_run(folder / "runs" / "quickstart_v2", algorithm="stargan_v2")
        for photo, colour in (("face.jpg", "pink"), ("other.jpg", "teal")):
            Image.new("RGB", (50, 40), colour).save(folder / photo)
        names = {}
        with contextlib.chdir(folder):
            exec("\n".join(code), names)
        pictures = [value for value in names.values() if isinstance(value, Image.Image)]
        self.assertNotEmpty(pictures)
        for written in re.findall(r'\.save\("(.+?)"\)', "\n".join(code)):
            with Image.open(folder / written) as picture:
                self.assertEqual(picture.format, "PNG")
                pictures.append(picture)
        self.assertEqual({picture.size for picture in pictures}, {(32, 32)})


if __name__ == "__main__":
    absltest.main()
