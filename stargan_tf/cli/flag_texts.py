"""Texts of the library, which name options, as command lines print them: with flags."""

import re
from collections.abc import Container


def as_flags(text: str, names: Container[str]) -> str:
    """Returns a text with its options written as flags.

    The library writes an option alone in backquotes and one with a value as name=value, as in "pass
    `run_dir`, or crop_size=0". A command line says "pass --run_dir, or --crop_size=0".

    Args:
      text: A message of the library. Text that is no option stays as it is.
      names: The options that there are.
    """

    def alone(match: re.Match) -> str:
        return f"--{match[1]}" if match[1] in names else match[0]

    def with_value(match: re.Match) -> str:
        return f"--{match[0]}" if match[1] in names else match[0]

    text = re.sub(r"`(\w+)`", alone, text)
    # Not inside of a path or a word, and not where a flag is written already.
    return re.sub(r"(?<![\w/.`=-])(\w+)=(?=\S)", with_value, text)
