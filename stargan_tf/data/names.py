"""Names of labels: one spelling of each, and only such as every command can be told."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from stargan_tf.base import errors

# Flags separate names by commas and groups of them by semicolons, folders are found by them, and a
# table quotes them. Controls and line separators can't be typed; "Cs" is what is left of file names
# that are not text.
_BAD = '",;/'
_BAD_CATEGORIES = ("Cc", "Cs", "Zl", "Zp")
_CALLED = {"\n": "a line break", "\t": "a tab", ",": "a comma", ";": "a semicolon", "/": "a slash",
           '"': "a quotation mark"}  # fmt: skip
# How what has this name is renamed, by the kind of the data set.
_RENAME = {
    "image_folder": "rename the folder {0!r} to {1!r}",
    "manifest": "call it {1!r} in the table",
    "celeba": "call it {1!r} in the header of the table",
    "packed": "pack the images again with the name {1!r}",
    "tfds": "a data set of TensorFlow Datasets can't be renamed, so leave {0!r} out by naming the "
    "others with --domains or --attributes, or use your own copy of the images, called {1!r}",
}


def normalized(name: str) -> str:
    """Returns a name in Unicode's composed form (NFC), which keyboards type.

    macOS writes the names of folders in the decomposed form: the same to the eye, but other
    characters.
    """
    return unicodedata.normalize("NFC", name)


def suggested(name: str, taken: Iterable[str] = ()) -> str:
    """Returns a name that can be used in place of one that can't; none of those that are taken."""
    kept = "".join("_" if _is_bad(c) else c for c in normalized(name))
    base = re.sub(r"\s*_[\s_]*", "_", kept).strip().strip("_-").strip() or "unnamed"
    taken, number, found = set(taken), 2, base
    while found in taken:
        found, number = f"{base}_{number}", number + 1
    return found


def refuse(names: Sequence[str], what: str, kind: str = "") -> None:
    """Raises a UserError where a command could not be told one of the names.

    Commands take names separated by commas, clear one by a minus in front of it, and drop blanks
    around it.

    Args:
      names: Of all labels.
      what: What one of them is, as in "domain".
      kind: Of the data set, as `DataOptions.kind`: decides about the advice.
    """
    advice = _RENAME.get(kind, "call it {1!r}")
    for name in names:
        if problem := _problem(name):
            new = suggested(name, map(normalized, names))
            raise errors.UserError(
                f"The {what} {name!r} can't be asked for in any command, since its name {problem}; "
                f"{advice.format(name, new)}."
            )
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(normalized(name), name)
        if other != name:
            new = suggested(name, map(normalized, names))
            raise errors.UserError(
                f"The {what}s {ascii(other)} and {ascii(name)} look the same: they are one name in "
                f"two spellings of Unicode; join them, or {advice.format(name, new)}."
            )


def _problem(name: str) -> str:
    """Returns what is wrong with a name, as the end of a sentence; "": nothing."""
    if not name.strip():
        return "is empty"
    for character in name:
        if _is_bad(character):
            unnamed = "a character that can't be typed"
            return f"holds {_CALLED.get(character, unnamed)}"
    if name != name.strip():
        return "begins or ends with a blank"
    if name.startswith("-"):
        return "begins with a minus, which clears a label"
    return ""


def _is_bad(character: str) -> bool:
    return character in _BAD or unicodedata.category(character) in _BAD_CATEGORIES
