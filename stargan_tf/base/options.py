"""Declares the fields of option dataclasses: default, help, choices, whether it may change."""

import dataclasses
from collections.abc import Sequence
from typing import Any


def option(
    default: Any, help: str, *, choices: Sequence[str] = (), may_change: bool = False
) -> Any:
    """Declares a dataclass field, from which commands generate a flag.

    Args:
      default: The default value; its type (int, float, bool, str) is that of the option.
      help: One sentence that describes the option and names the source of its default.
      choices: The allowed values, if they are few.
      may_change: Whether the value may differ when a run is continued. Options that affect the
        result of a step may not.

    Returns:
      A `dataclasses.field`.
    """
    metadata = {"help": help, "choices": tuple(choices), "may_change": may_change}
    return dataclasses.field(default=default, metadata=metadata)
