"""`stop_when`: what ends a training before its last step. Imports no TensorFlow.

A list, separated by commas; the first that is met ends the training:

- alert, or alert:NAME: something is wrong, or this is;
- FIGURE<NUMBER or FIGURE>NUMBER: a metric, or a number of metrics.jsonl, is below or above this;
- stalled:METRIC:STEPS: a metric has not become better for so many steps.
"""

import abc
import dataclasses
import math
import re
from collections.abc import Collection, Mapping

from stargan_tf.base import errors

EVALUATED = "evaluate/"  # what metrics are called in metrics.jsonl, behind this
ALERTED = "alert/"


class Rule(abc.ABC):
    """Ends a training. Sees all lines of metrics.jsonl, in order; made anew for each training."""

    @abc.abstractmethod
    def met(self, step: int, numbers: Mapping[str, float]) -> str:
        """Returns why the training ends with the line of `step`; "": it goes on."""


@dataclasses.dataclass
class Alerted(Rule):
    """Ends at an alert of this name; "": at any."""

    name: str

    def met(self, step: int, numbers: Mapping[str, float]) -> str:
        """See `Rule`."""
        del step
        given = [n.removeprefix(ALERTED) for n in numbers if n.startswith(ALERTED)]
        found = [name for name in given if self.name in ("", name)]
        return f"something is wrong ({found[0]})" if found else ""


@dataclasses.dataclass
class Reached(Rule):
    """Ends when a number is below (or above) a value."""

    key: str
    below: bool
    value: float

    def met(self, step: int, numbers: Mapping[str, float]) -> str:
        """See `Rule`."""
        del step
        found = numbers.get(self.key, math.nan)
        if not (found < self.value if self.below else found > self.value):
            return ""
        return f"{self.key} is {found:g}, {'below' if self.below else 'above'} {self.value:g}"


@dataclasses.dataclass
class Stalled(Rule):
    """Ends when a metric has not become better for `steps`."""

    key: str
    steps: int
    better: str
    _best: float = math.nan
    _since: int = 0

    def met(self, step: int, numbers: Mapping[str, float]) -> str:
        """See `Rule`."""
        if self.key not in numbers:
            return ""
        found = numbers[self.key]
        if math.isnan(self._best) or is_better(found, self._best, self.better):
            self._best, self._since = found, step
        if step - self._since < self.steps:
            return ""
        return f"{self.key} has not been better than {self._best:g} since step {self._since}"


def is_better(value: float, other: float, better: str) -> bool:
    """Returns whether one value of a figure is better than another; `better`: which values are."""
    return value > other if better == "higher" else value < other


def parse(text: str, alerts: Collection[str], better: Mapping[str, str]) -> tuple[Rule, ...]:
    """Reads `stop_when`.

    Args:
      text: See the module; "": nothing ends a training early.
      alerts: The names of alerts.
      better: By its name in metrics.jsonl, for each metric that is measured: "lower" or "higher".

    Raises:
      UserError: A part of it can't be understood, or names what is not there.
    """
    parts = [part.strip() for part in text.split(",")]
    return tuple(_rule(part, alerts, better) for part in parts if part)


def _rule(part: str, alerts: Collection[str], better: Mapping[str, str]) -> Rule:
    if match := re.fullmatch(r"alert(?::(\w+))?", part):
        if match[1] and match[1] not in alerts:
            raise _refused(part, f"there is no alert of that name; use {_any(alerts)}")
        return Alerted(match[1] or "")
    if match := re.fullmatch(r"stalled:([\w/.]+):(\d+)", part):
        key = _measured(part, match[1], better)
        if not better[key]:
            raise _refused(part, f"{match[1]} has no good values; use another metric")
        return Stalled(key, int(match[2]), better[key])
    if match := re.fullmatch(r"([\w/. -]+?)\s*([<>])\s*([-+.\w]+)", part):
        name, sign, number = match.groups()
        try:
            value = float(number)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise _refused(part, f"{number!r} is no number")
        key = name if "/" in name else _measured(part, name, better)
        return Reached(key, sign == "<", value)
    raise _refused(
        part, "write alert, alert:NAME, FIGURE<NUMBER, FIGURE>NUMBER or stalled:METRIC:STEPS"
    )


def _measured(part: str, name: str, better: Mapping[str, str]) -> str:
    """Returns what a metric is called in metrics.jsonl."""
    key = name if name.startswith(EVALUATED) else f"{EVALUATED}{name}"
    if key in better:
        return key
    if better:
        known = _any([key.removeprefix(EVALUATED) for key in better])
        raise _refused(part, f"{name} is not measured; use {known}, or add it to evaluate_metrics")
    raise _refused(part, f"{name} is not measured; pass `evaluate_every` and `evaluate_metrics`")


def _any(names: Collection[str]) -> str:
    *others, last = sorted(names)
    return f"{', '.join(others)} or {last}" if others else last


def _refused(part: str, why: str) -> errors.UserError:
    return errors.UserError(f"`stop_when` can't be followed: received {part!r}, but {why}.")
