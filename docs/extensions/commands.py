"""Directives that write what the program itself says: every command, a paper's hyperparameters.

- `commands`: each command with its docstring and the flags that its --help lists.
- `hyperparameters NAME`: the flags of a paper, with their defaults.

Flags in the text of any page become links to their help.
"""

import collections
import dataclasses
import functools
import re
import subprocess
import sys
import textwrap
import xml.etree.ElementTree

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from stargan_tf import __main__ as program
from stargan_tf import algorithms

PAGE = "docs/commands"  # the page that has the directive `commands`


@dataclasses.dataclass(frozen=True)
class Flag:
    """A flag of a command, as --helpxml describes it."""

    name: str
    kind: str
    default: str
    help: str

    @property
    def usage(self) -> str:
        """How it is written on a command line."""
        return f"--[no]{self.name}" if self.kind == "bool" else f"--{self.name}"


@functools.cache
def flags_of(command: str) -> list[Flag]:
    """Returns the flags that a command, such as "export tflite", lists with --help."""
    done = subprocess.run(
        [sys.executable, "-m", "stargan_tf", *command.split(), "--helpxml"],
        capture_output=True,
        text=True,
    )
    try:
        tree = xml.etree.ElementTree.fromstring(done.stdout)
    except xml.etree.ElementTree.ParseError as error:
        raise RuntimeError(f"{command} --helpxml failed: {done.stderr or error}") from error
    return [
        Flag(*(one.findtext(key) or "" for key in ("name", "type", "default", "meaning")))
        for one in tree.iter("flag")
        if one.findtext("key") == "yes"
    ]


class Commands(SphinxDirective):
    """Writes a section for each command."""

    def run(self) -> list[nodes.Node]:
        """Returns the sections."""
        self.env.note_reread()  # it does not depend on its page alone
        return [_section(name, text) for name, text in program.commands().items()]


class Hyperparameters(SphinxDirective):
    """Writes the flags of a paper as a list."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Returns the list."""
        self.env.note_reread()
        fields = dataclasses.fields(algorithms.hparams_class(self.arguments[0]))
        return [
            _flags(
                [
                    Flag(f.name, type(f.default).__name__, str(f.default), f.metadata["help"])
                    for f in fields
                ]
            )
        ]


def link_flags(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Makes a flag in a text a link to its help, if only one command has a flag of this name."""
    owners = _owners()
    for literal in list(doctree.findall(nodes.literal)):
        match = re.fullmatch(r"--(?:no)?(\w+)(?:=.*)?", literal.astext())
        inside = isinstance(literal.parent, nodes.reference | nodes.term | nodes.title)
        if inside or not match or len(owners.get(match[1], ())) != 1:
            continue
        (command,) = owners[match[1]]
        address = app.builder.get_relative_uri(page, PAGE)
        link = nodes.reference("", "", internal=True, refuri=f"{address}#{_id(command, match[1])}")
        literal.replace_self(link)
        link += literal


@functools.cache
def _owners() -> dict[str, list[str]]:
    """Returns, by name of a flag, the commands under which its help stands."""
    owners = collections.defaultdict(list)
    for command in program.commands():
        for flag in _own(command)[1]:
            owners[flag.name].append(command)
    return owners


def _own(command: str) -> tuple[str, list[Flag]]:
    """Returns the command all flags of which another has ("": none), and the other's own ones."""
    flags = flags_of(command)
    contained = {
        other: len(flags_of(other))
        for other in program.commands()
        if 1 < len(flags_of(other)) < len(flags) and set(flags_of(other)) < set(flags)
    }
    if not contained:
        return "", flags
    other = max(contained, key=contained.get)
    return other, [flag for flag in flags if flag not in flags_of(other)]


def _section(name: str, docstring: str) -> nodes.section:
    section = nodes.section(ids=[name.replace(" ", "-")], names=[name])
    section += nodes.title(name, name)
    section += _docstring(docstring)
    other, flags = _own(name)
    if other:
        section += _paragraph(f"Every flag of {other}, and:")
    section += _flags(flags, name)
    return section


def _docstring(text: str) -> list[nodes.Node]:
    """Returns a command's docstring: paragraphs, and what is indented as it is."""
    made = []
    for part in re.split(r"\n\s*\n", text):
        if part.startswith("  "):
            code = textwrap.dedent(part)
            made.append(nodes.literal_block(code, code, language="text"))
        else:
            made.append(_paragraph(" ".join(part.split())))
    return made


def _paragraph(text: str) -> nodes.paragraph:
    """Returns a paragraph in which flags are literals."""
    made = nodes.paragraph(text)
    for i, part in enumerate(re.split(r"(--\w[\w-]*(?:=[^\s;,()]*\w)?)", text)):
        made += nodes.literal(part, part) if i % 2 else nodes.Text(part)
    return made


def _flags(flags: list[Flag], command: str = "") -> nodes.definition_list:
    """Returns a list of flags; with a command, its place is where links to them lead."""
    made = nodes.definition_list(classes=["flags"])
    for flag in flags:
        ids = [_id(command, flag.name)] if command else []
        term = nodes.term("", "", nodes.literal(flag.usage, flag.usage), ids=ids)
        text = flag.help
        if flag.default and "(default: " not in text:
            text = f"{text} (default: {flag.default})"
        made += nodes.definition_list_item("", term, nodes.definition("", _paragraph(text)))
    return made


def _id(command: str, flag: str) -> str:
    return f"{command.replace(' ', '-')}-{flag}"


def setup(app: Sphinx) -> dict[str, bool]:
    """Adds the directives."""
    app.add_directive("commands", Commands)
    app.add_directive("hyperparameters", Hyperparameters)
    app.connect("doctree-resolved", link_flags)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
