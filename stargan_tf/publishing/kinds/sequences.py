"""Runs that convert sequences of features, such as those of voices."""

from typing import Any

import numpy as np

from stargan_tf.data import sequence_options
from stargan_tf.inference import sounds
from stargan_tf.publishing.kinds import kind
from stargan_tf.runs import runs

_COMPARED, _FRAMES = 6, 64  # random sequences, and their length


class Sequences(kind.Kind):
    """Compared on random features around the means of the training data, in their deviations."""

    noun, outputs, compared_on = "recordings", "conversions", "random features"
    task = "audio-to-audio"
    drawn = sequence_options.DRAWN
    drawn_about = ", which this package draws: nobody's voice is in it"

    def __init__(self, run: runs.Run):
        super().__init__(run)
        self._rule = sounds.rule(run.config.data, run.sample_shape)
        self.extra = "voice" if sounds.is_heard(self._rule) else ""

    def introduction(self) -> str:
        """See `Kind`."""
        names, rule = self.run.label_space.names, self._rule
        features = f"{self.run.sample_shape[-1]} features"
        if rule and rule.kind == "mcep":
            features = (
                f"{rule.coefficients} mel-cepstral coefficients for every 5 ms of sound at "
                f"{rule.rate} Hz, which WORLD's vocoder makes sound of"
            )
        elif rule:
            features = (
                f"{rule.coefficients} log mel bands for every 8 ms of sound at {rule.rate} Hz"
            )
        return (
            f"This model converts sequences of {features}, from any of {len(names)} "
            f"{self.run.label_space.what}s to any other: {kind.listed(names)}."
        )

    def directions(self, algorithm: Any) -> list[tuple[str, str]]:
        """See `Kind`."""
        del algorithm  # each knows every direction
        names = self.run.label_space.names
        return [(target, source) for source in names for target in names if source != target]

    def networks(self, algorithm: Any) -> tuple[str, ...]:
        """See `Kind`."""
        return algorithm.converting_networks()

    def made(self, algorithm: Any) -> np.ndarray:
        """Returns conversions of random features (N, T, F), in deviations of the target."""
        names, kept = self.run.label_space.names, self.run.statistics
        length = self.run.sample_shape[-1]
        pairs = [[names.index(name) for name in one] for one in self.directions(algorithm)]
        targets, sources = np.transpose([pairs[i % len(pairs)] for i in range(_COMPARED)])
        shape = (len(names), length)
        mean, deviation = kept.get("mean", np.zeros(shape)), kept.get("deviation", np.ones(shape))
        deviation = np.where(deviation > 0, deviation, 1.0)[:, np.newaxis]
        noise = np.random.default_rng(0).normal(size=(_COMPARED, _FRAMES, length))
        given = mean[sources][:, np.newaxis] + noise * deviation[sources]
        one_hot = np.eye(len(names), dtype=np.float32)
        found = algorithm.convert(given.astype(np.float32), one_hot[sources], one_hot[targets])
        return np.asarray(found, np.float64) / deviation[targets]

    def told(self, difference: float) -> str:
        """See `Kind`."""
        return f"{difference:.2g} of a feature's deviation"

    def python(self, target: str, source: str) -> list[str]:
        """See `Kind`."""
        way = f'source="{source}", target="{target}"'
        if self.extra:
            return [f'model.convert("me.wav", {way}).save("out.wav")']
        return [f'features = model.convert("me.npz", {way})']

    def shell(self, address: str, target: str, source: str) -> str:
        """See `Kind`."""
        ending = "wav" if self.extra else "npz"
        return (
            f"stargan convert --run={address} --audio=me.{ending} --from={kind.quoted(source)} "
            f"--to={kind.quoted(target)} --output=out.{ending}"
        )

    def limits(self) -> list[str]:
        """See `Kind`."""
        names = kind.listed(self.run.label_space.names)
        lines = [
            f"It converts what {names} say, each named by who speaks; others were not tested.",
            "Rhythm and melody stay as they are; of the pitch, the mean and the range are mapped.",
        ]
        if self._rule:
            lines.insert(0, f"Sound is mixed down and resampled to {self._rule.rate} Hz.")
        if not self.extra:
            lines.append("It makes features, for a vocoder of your own; none is part of it.")
        if self.is_drawn and not self.run.imported:
            return [*lines, "It has heard drawn voices only, which don't sound like people."]
        return [
            *lines,
            "A converted voice is not its owner's word: let nobody be taken for somebody who has "
            "not agreed, and say of what you pass on that it was converted.",
        ]
