"""Names of labels: normalizes their spelling and refuses those that no command line can hold."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from stargan_tf.base import errors

# Options separate names by commas and groups by semicolons, folders are named after them, and
# tables quote them. Nobody can type control characters and line separators; category "Cs" holds
# the bytes of file names that are not text.
_BAD = '",;/'
_BAD_CATEGORIES = ("Cc", "Cs", "Zl", "Zp")
_TERMS = {"\n": "a line break", "\t": "a tab", ",": "a comma", ";": "a semicolon", "/": "a slash",
          '"': "a quotation mark"}  # fmt: skip
# How to rename a label, by the kind of the data set.
_RENAME = {
    "image_folder": "rename the folder {0!r} to {1!r}",
    "manifest": "call it {1!r} in the table",
    "celeba": "call it {1!r} in the header of the table",
    "packed": "pack the images again with the name {1!r}",
    "tfds": "a data set of TensorFlow Datasets can't be renamed, so leave {0!r} out by naming the "
    "others in `domains` or `attributes`, or use your own copy of the images, called {1!r}",
}


def normalized(name: str) -> str:
    """Returns a name in Unicode's composed form (NFC), which keyboards produce.

    macOS stores folder names in the decomposed form, which looks the same but consists of other
    characters.
    """
    return unicodedata.normalize("NFC", name)


def suggest(name: str, taken: Iterable[str] = ()) -> str:
    """Returns a usable name similar to an unusable one, different from all `taken` names."""
    kept = "".join("_" if _is_bad(c) else c for c in normalized(name))
    base = re.sub(r"\s*_[\s_]*", "_", kept).strip().strip("_-").strip() or "unnamed"
    taken, number, candidate = set(taken), 2, base
    while candidate in taken:
        candidate, number = f"{base}_{number}", number + 1
    return candidate


def refuse(names: Sequence[str], what: str, kind: str = "") -> None:
    """Raises a UserError if a command line could not hold one of the names.

    Commands take names separated by commas, read a leading minus as "clear this label", and strip
    blanks. `what` is the noun for a name, such as "domain"; the advice depends on the `kind` of the
    data set, as in `DataOptions.kind`.
    """
    advice = _RENAME.get(kind, "call it {1!r}")
    for name in names:
        if problem := _problem(name):
            new = suggest(name, map(normalized, names))
            raise errors.UserError(
                f"No command can ask for the {what} {name!r}, since its name {problem}; "
                f"{advice.format(name, new)}."
            )
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(normalized(name), name)
        if other != name:
            new = suggest(name, map(normalized, names))
            raise errors.UserError(
                f"The {what}s {ascii(other)} and {ascii(name)} look the same: they are one name in "
                f"two Unicode spellings; join them, or {advice.format(name, new)}."
            )


def _problem(name: str) -> str:
    """Returns what is wrong with a name, as the end of a sentence; "" if nothing is."""
    if not name.strip():
        return "is empty"
    for character in name:
        if _is_bad(character):
            return f"holds {_TERMS.get(character, 'an unprintable character')}"
    if name != name.strip():
        return "begins or ends with a blank"
    if name.startswith("-"):
        return "begins with a minus, which clears a label"
    return ""


def _is_bad(character: str) -> bool:
    return character in _BAD or unicodedata.category(character) in _BAD_CATEGORIES


def split(text: str) -> tuple[str, ...]:
    """Splits comma-separated names, strips blanks and normalizes the spelling."""
    return tuple(normalized(name.strip()) for name in text.split(",") if name.strip())
