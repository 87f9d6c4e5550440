"""Writes the options in messages of the library as flags."""

import re
from collections.abc import Mapping


def as_flags(text: str, names: Mapping[str, str]) -> str:
    """Returns a text in which options are written as flags.

    The library writes an option in backquotes or, with its value, as name=value: "pass `run_dir`,
    or crop_size=0". A command prints "pass --run_dir, or --crop_size=0".

    Args:
      text: A message of the library.
      names: The names of all options; other words stay as they are.
    """

    def alone(match: re.Match) -> str:
        return f"--{names[match[1]]}" if match[1] in names else match[0]

    def with_value(match: re.Match) -> str:
        return f"--{names[match[1]]}=" if match[1] in names else match[0]

    text = re.sub(r"`(\w+)`", alone, text)
    # Not inside a path or a word, and not if it is a flag already.
    return re.sub(r"(?<![\w/.`=-])(\w+)=(?=\S)", with_value, text)
