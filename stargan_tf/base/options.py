"""Declares the fields of option dataclasses: default, help, range, whether it may change."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from stargan_tf.base import errors


def option(
    default: Any,
    help: str,
    *,
    choices: Sequence[str] = (),
    may_change: bool = False,
    minimum: float | None = None,
    maximum: float | None = None,
    above: float | None = None,
    below: float | None = None,
    advice: str = "",
) -> Any:
    """Declares a dataclass field, from which commands generate a flag.

    Args:
      default: The default value; its type (int, float, bool, str) is that of the option.
      help: One sentence that describes the option and names the source of its default.
      choices: The allowed values, if they are few.
      may_change: Whether the value may differ when a run is continued. Options that affect the
        result of a step may not.
      minimum: The smallest allowed number; None: there is no bound.
      maximum: The largest allowed number.
      above: A bound that an allowed number exceeds.
      below: A bound that an allowed number stays below.
      advice: What to do about a number outside the range, for the message.

    Returns:
      A `dataclasses.field`.
    """
    metadata = {
        "help": help,
        "choices": tuple(choices),
        "may_change": may_change,
        "bounds": {"minimum": minimum, "maximum": maximum, "above": above, "below": below},
        "advice": f"; {advice}" if advice else "",
    }
    return dataclasses.field(default=default, metadata=metadata)


def check_ranges(options: Any) -> None:
    """Checks every number of an option dataclass against the range stated with the option.

    Raises:
      UserError: If a number is outside its range, or not finite.
    """
    for field in dataclasses.fields(options):
        value, bounds = getattr(options, field.name), field.metadata["bounds"]
        if isinstance(field.default, bool | str) or _inside(value, **bounds):
            continue
        raise errors.UserError(
            f"{field.name} must be {_range_text(isinstance(field.default, float), **bounds)}; "
            f"received {value}{field.metadata['advice']}."
        )


def _inside(value, minimum, maximum, above, below) -> bool:
    return (
        math.isfinite(value)
        and (minimum is None or value >= minimum)
        and (maximum is None or value <= maximum)
        and (above is None or value > above)
        and (below is None or value < below)
    )


def _range_text(real: bool, minimum, maximum, above, below) -> str:
    """Returns the range in words; for `real` numbers without an upper limit, also "finite"."""
    if minimum is not None and maximum is not None:
        return f"from {minimum} to {maximum}"
    limits = {"at least": minimum, "at most": maximum, "above": above, "below": below}
    text = " and ".join(f"{word} {n}" for word, n in limits.items() if n is not None)
    bounded = below is not None or maximum is not None
    if real and not bounded:
        return f"a finite number{', ' if text else ''}{text}"
    return text
