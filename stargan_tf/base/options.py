"""Fields of option dataclasses: a default, a sentence of help, and what may change on resume."""

import dataclasses
from collections.abc import Sequence
from typing import Any


def option(
    default: Any, help: str, *, choices: Sequence[str] = (), may_change: bool = False
) -> Any:
    """Declares a dataclass field from which a command-line flag is generated.

    Args:
      default: The default value; its type (int, float, bool, str) is the flag's.
      help: One sentence for `--help`. Name the table or section that a default comes from.
      choices: The allowed values, where they are few.
      may_change: Whether a run that is continued may be given another value. What decides the
        outcome of a step may not.

    Returns:
      A `dataclasses.field`.
    """
    metadata = {"help": help, "choices": tuple(choices), "may_change": may_change}
    return dataclasses.field(default=default, metadata=metadata)
