"""Fonts that can draw a heading, in whatever script it is: never boxes. Pillow only.

Pillow's own font has the letters of ASCII. For other text the first font of this machine that has
all of its letters is taken. Where there is none, accents are left out, and other letters become
their numbers in Unicode, as in "U+732B", which anything that knows Unicode can look up.
"""

import functools
import os
import unicodedata
from collections.abc import Iterator, Sequence

from PIL import ImageFont, features

# Linux, macOS, and Windows as WSL sees it.
_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts",
            "/System/Library/Fonts", "/Library/Fonts", "~/Library/Fonts",
            "/mnt/c/Windows/Fonts")  # fmt: skip
_SUFFIXES = (".ttf", ".otf", ".ttc")
# Plain fonts for many scripts first; the others after them, by name.
_PREFERRED = ("dejavusans", "notosans", "liberationsans", "freesans", "arialunicode", "arial",
              "segoeui", "helvetica")  # fmt: skip
_STYLES = ("bold", "italic", "oblique", "black", "light", "thin", "condensed", "mono", "serif")
_NOT_LETTERS = ("lastresort",)  # draws a box for every letter, each a different one
_MOST_FILES = 500  # that are looked into
_CHECKED_SIZE = 16  # pixels, at which letters are looked for
_NO_CHARACTER = "\uffff"  # no font has it, so that it is drawn as what is missing is drawn
_JOINERS = "\u200c\u200d"


def drawable(
    text: str, size: int, files: Sequence[str] | None = None
) -> tuple[str, ImageFont.FreeTypeFont]:
    """Returns what to draw for a heading, and the font to draw it in.

    Args:
      text: The heading.
      size: In pixels.
      files: Paths of the fonts to choose from, after Pillow's own; None: those of this machine.
    """
    text = "".join(c for c in unicodedata.normalize("NFC", text) if not _is_ignored(c))
    path = _file(text, None if files is None else tuple(files))
    if path:
        return text, ImageFont.truetype(path, size)
    font = ImageFont.load_default(size)
    return text if path == "" else _spelled_out(text), font


@functools.cache
def installed() -> tuple[str, ...]:
    """Returns the paths of the fonts of this machine, those that read best first."""
    found = [
        os.path.join(folder, name)
        for root in _FOLDERS
        for folder, _, names in os.walk(os.path.expanduser(root))
        for name in names
        if name.lower().endswith(_SUFFIXES)
    ]
    return tuple(sorted(found, key=_order)[:_MOST_FILES])


def _order(path: str) -> tuple[bool, int, str]:
    name = os.path.basename(path).lower().replace(" ", "").replace("-", "").replace("_", "")
    ranks = [rank for rank, start in enumerate(_PREFERRED) if name.startswith(start)]
    return any(style in name for style in _STYLES), min(ranks, default=len(_PREFERRED)), path


@functools.lru_cache(1024)
def _file(text: str, files: tuple[str, ...] | None) -> str | None:
    """Returns the font that has all letters of a text; "": Pillow's own; None: there is none."""
    if _has_all(ImageFont.load_default(_CHECKED_SIZE), text):
        return ""
    # Letters that join, stack or run from right to left need the library Raqm: without it they
    # would be there, but not readable.
    shapes = features.check("raqm") and features.check("fribidi")
    if not shapes and any(_needs_shaping(c) for c in text):
        return None
    candidates = installed() if files is None else files
    names = [f for f in candidates if not os.path.basename(f).lower().startswith(_NOT_LETTERS)]
    return next((f for f in names if _file_has_all(f, text)), None)


def _file_has_all(path: str, text: str) -> bool:
    try:  # and close it again: there may be hundreds
        return _has_all(ImageFont.truetype(path, _CHECKED_SIZE), text)
    except OSError:  # no font, or one that can't be drawn at any size, as colour bitmaps
        return False


def _has_all(font: ImageFont.FreeTypeFont, text: str) -> bool:
    if any("\ud800" <= c <= "\udfff" for c in text):  # bytes of a file's name that are no text
        return False
    missing = _mask(font, _NO_CHARACTER)
    # Raqm takes joiners as what they are; without it they are drawn, as a box.
    unseen = _JOINERS if font.layout_engine == ImageFont.Layout.RAQM else ""
    masks = (_mask(font, c) for c in set(text) if not c.isspace() and c not in unseen)
    return all(any(mask[1]) and mask != missing for mask in masks)


def _mask(font: ImageFont.FreeTypeFont, character: str) -> tuple[tuple[int, int], bytes]:
    """Returns a letter's size in pixels and its ink."""
    mask = font.getmask(character)
    return mask.size, bytes(mask)


def _needs_shaping(character: str) -> bool:
    right_to_left = unicodedata.bidirectional(character) in ("R", "AL", "AN")
    is_mark = unicodedata.category(character) in ("Mn", "Mc")
    return right_to_left or is_mark or character in _JOINERS


def _is_ignored(character: str) -> bool:
    """Returns whether a character has no look of its own, and is not needed to join others."""
    if "\ufe00" <= character <= "\ufe0f":  # asks for an emoji in colour, or not
        return True
    return unicodedata.category(character) == "Cf" and character not in _JOINERS


def _spelled_out(text: str) -> str:
    """Returns a text in letters of Pillow's own font."""
    return " ".join("".join(_letters(text)).split())


def _letters(text: str) -> Iterator[str]:
    font = ImageFont.load_default(_CHECKED_SIZE)
    for character in text:
        plain = "".join(
            c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c)
        )
        if plain and _has_all(font, plain):
            yield plain
        elif character not in _JOINERS:
            yield f" U+{ord(character):04X} "
