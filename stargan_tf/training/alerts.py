"""Tells from a training's numbers when something is wrong: once for each thing, in plain words.

What is told follows from the lines of metrics.jsonl alone. A training that continues reads them
again, and goes on as if it had never stopped.
"""

import collections
import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from stargan_tf.algorithms import watched
from stargan_tf.training import probe

PREFIX = "alert/"
_DEAD = f"{probe.PREFIX}dead/"


@dataclasses.dataclass(frozen=True)
class Rule:
    """When an alert is given.

    Attributes:
      looks: Everything that was seen at so many looks in a row, the last ones, has to be wrong.
      start: The first look that it may be given at: what is wrong then is not for want of time.
      limit: What is compared with; see the methods of `Alerts`.
      of_losses: Whether losses are judged, and not what is seen at looks.
    """

    looks: int
    start: int
    limit: float
    of_losses: bool = False


# By the alert's name.
ALERTS = {
    "dead_units": Rule(looks=2, start=2, limit=0.5),  # share of a network's units
    "classification_at_chance": Rule(3, 5, 0.97, of_losses=True),  # share of the loss at chance
    "loss_at_zero": Rule(5, 10, 0.01, of_losses=True),
    "identity": Rule(looks=3, start=10, limit=1.0),  # grey levels
    "label_ignored": Rule(looks=3, start=10, limit=0.1),  # share of the whole change
    "style_ignored": Rule(looks=5, start=10, limit=0.5),  # grey levels
    "source_ignored": Rule(looks=5, start=10, limit=0.1),  # share of the sources' differences
    "target_at_chance": Rule(looks=5, start=10, limit=0.05),  # above chance
}


@dataclasses.dataclass(frozen=True)
class Alert:
    """Something is wrong.

    Attributes:
      name: A key of `ALERTS`.
      text: What was seen and what usually helps, with options written as in a `UserError`.
    """

    name: str
    text: str


class Alerts:
    """Judges one line of numbers after the other.

    Args:
      watchlist: Of the paper.
      target_chance: The target accuracy of guesses, where it is measured.
      every: Steps from look to look.
      losses_every: Steps from one line of losses to the next; where these are rarer than looks,
        they count as looks to the rules of losses.
      lines: Those of metrics.jsonl up to the step that the training continues from.
    """

    def __init__(
        self,
        watchlist: watched.Watchlist,
        target_chance: float,
        every: int,
        losses_every: int,
        lines: Iterable[Mapping[str, Any]] = (),
    ):
        self._watchlist, self._target_chance = watchlist, target_chance
        self._every = {False: every, True: max(every, losses_every)}  # by `Rule.of_losses`
        self._lines: collections.deque = collections.deque()
        self.given: set[str] = set()
        for line in lines:
            self._remember(line["step"], line)

    def judge(self, step: int, numbers: Mapping[str, float]) -> list[Alert]:
        """Returns the alerts that the numbers of a step, and those before, give rise to.

        Args:
          step: Of the numbers.
          numbers: Losses, what a look has seen, or both, by name.
        """
        self._remember(step, numbers)
        seen = {
            "dead_units": self._dead_units,
            "classification_at_chance": self._classification_at_chance,
            "loss_at_zero": self._loss_at_zero,
            "identity": self._identity,
            "label_ignored": self._label_ignored,
            "style_ignored": self._style_ignored,
            "source_ignored": self._source_ignored,
            "target_at_chance": self._target_at_chance,
        }
        found = []
        for name, rule in ALERTS.items():
            early = step < rule.start * self._every[rule.of_losses]
            what = "" if early or name in self.given else seen[name](rule)
            if what:
                found.append(Alert(name, self._sentence(step, name, what)))
                self.given.add(name)
        return found

    def _remember(self, step: int, numbers: Mapping[str, float]) -> None:
        self._lines.append((step, numbers))
        self.given |= {n.removeprefix(PREFIX) for n in numbers if n.startswith(PREFIX)}
        longest = max(rule.looks * self._every[rule.of_losses] for rule in ALERTS.values())
        while self._lines[0][0] <= step - longest:
            self._lines.popleft()

    def _sentence(self, step: int, name: str, what: str) -> str:
        advice = self._watchlist.advice.get(name)
        helps = f" What usually helps: {advice}." if advice else ""
        return f"Step {step}: {what} ({name}).{helps}"

    def _window(self, rule: Rule, name: str) -> list[float]:
        """Returns the values of a number over the last looks of a rule; [] if they are too few."""
        first = self._lines[-1][0] - rule.looks * self._every[rule.of_losses]
        values = [n[name] for step, n in self._lines if step > first and name in n]
        return values if len(values) >= rule.looks else []

    def _seen(self, rule: Rule, name: str) -> list[float]:
        return self._window(rule, f"{probe.PREFIX}{name}")

    def _dead_units(self, rule: Rule) -> str:
        """Units that are positive for no image: `limit` of a network's, averaged over layers."""
        shares: dict[str, list[list[float]]] = {}
        for name in self._lines[-1][1]:
            if name.startswith(_DEAD):
                network = name.removeprefix(_DEAD).partition("/")[0]
                shares.setdefault(network, []).append(self._window(rule, name))
        for network, layers in shares.items():
            means = [sum(look) / len(look) for look in zip(*layers, strict=True)]
            if means and min(means) >= rule.limit:
                return (
                    f"{means[-1]:.0%} of the units in the last layers of {network} are dead, which "
                    "means negative for every image, so this network hardly learns any more and "
                    "the others learn little from it"
                )
        return ""

    def _classification_at_chance(self, rule: Rule) -> str:
        """A classification's loss: in the mean at least `limit` of what it is at chance."""
        for name, chance in self._watchlist.chance.items():
            losses = self._window(rule, name)
            if losses and chance and sum(losses) / len(losses) >= rule.limit * chance:
                return (
                    f"{name} is still {sum(losses) / len(losses):.2f}, and {chance:.2f} is what "
                    "a classifier gets that knows how frequent the labels are and nothing else"
                )
        return ""

    def _loss_at_zero(self, rule: Rule) -> str:
        """Losses that add up to at most `limit`, positive or negative, in every line."""
        for names, meaning in self._watchlist.never_zero.items():
            columns = [self._window(rule, name) for name in names]
            sums = [abs(sum(values)) for values in zip(*columns, strict=False)]
            if sums and max(sums) <= rule.limit:
                return f"{' + '.join(names)} stays at 0, so {meaning}"
        return ""

    def _identity(self, rule: Rule) -> str:
        """Translations differ from the images by at most `limit` grey levels."""
        change = self._seen(rule, "change")
        if change and max(change) <= rule.limit:
            return (
                "the translations are the images themselves: they differ by "
                f"{change[-1]:.1f} of 255 grey levels"
            )
        return ""

    def _label_ignored(self, rule: Rule) -> str:
        """At most `limit` of what a translation changes depends on the label."""
        by_label, change = self._seen(rule, "by_label"), self._seen(rule, "change")
        if by_label and all(a <= rule.limit * b for a, b in zip(by_label, change, strict=True)):
            return (
                "the label makes next to no difference: translations of an image to another label "
                f"and to its own differ by {by_label[-1]:.1f} of 255 grey levels, and from the "
                f"image by {change[-1]:.1f}"
            )
        return ""

    def _style_ignored(self, rule: Rule) -> str:
        """Renderings in two styles differ by at most `limit` grey levels."""
        difference = self._seen(rule, "by_style")
        if difference and max(difference) <= rule.limit:
            return (
                "the style makes no difference: an image looks the same in two styles of a domain, "
                f"to {difference[-1]:.1f} of 255 grey levels"
            )
        return ""

    def _source_ignored(self, rule: Rule) -> str:
        """Translations of two images differ by at most `limit` of what the images do."""
        share = self._seen(rule, "by_source")
        if share and max(share) <= rule.limit:
            return (
                "the source makes next to no difference: the translations of two images to the "
                f"same label or style differ by {share[-1]:.0%} of what the images differ by"
            )
        return ""

    def _target_at_chance(self, rule: Rule) -> str:
        """Of translations at most `limit` more than by chance are taken for their target."""
        right = self._seen(rule, "target_accuracy")
        if right and sum(right) / len(right) <= self._target_chance + rule.limit:
            return (
                f"only {sum(right) / len(right):.0%} of the translations of held-out images are "
                f"taken for what was asked for, and guessing gives {self._target_chance:.0%}"
            )
        return ""
