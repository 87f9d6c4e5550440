"""Whether a translation keeps its input: what comes back when it is translated back."""

import collections

import numpy as np

from stargan_tf.evaluation import metric, options, ranking, subject
from stargan_tf.evaluation.features import lpips

_L1 = metric.Figure("l1", "L1", ".2f", "lower")
_LPIPS = metric.Figure("lpips", "LPIPS", ".4f", "lower")


class Cycle(metric.Metric):
    """The reconstruction error (equation 4 of StarGAN, 4 of StarGAN v2) on held-out images.

    Between the input and the 8-bit output that is translated back to the input's labels or, with
    styles, to its own style: the mean absolute difference in grey levels, 0 to 255, and the
    perceptual distance if there are weights for it. A generator that returns its input has none, so
    it says nothing alone.
    """

    name = "cycle"
    better = "lower"
    needs = frozenset({subject.Need.INPUTS, subject.Need.NETWORKS, subject.Need.BACK})

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._lpips = _network(self.subject, self.options)
        self.figures = (_L1, _LPIPS) if self._lpips else (_L1,)
        of = "inputs and of the outputs translated back"
        self.explanation = f"L1: mean absolute difference of {of}, in grey levels (0-255)."
        if self._lpips:
            self.explanation += f"\nLPIPS: perceptual distance of {of}."
        self._errors: dict[str, list[np.ndarray]] = collections.defaultdict(list)
        self._ranking = ranking.Ranking("lower")

    @classmethod
    def unsuitable(cls, subject: subject.Subject, options: options.MetricOptions) -> str:
        """Returns "", and reads the weights if there are any."""
        _network(subject, options)
        return ""

    def add(self, batch: subject.Batch) -> None:
        """Adds the errors of a batch."""
        back = self.subject.translated_back(batch)
        inputs = np.broadcast_to(batch.images[:, np.newaxis], back.shape)
        errors = [np.abs(back.astype(np.float64) - inputs).mean(axis=(2, 3, 4))]
        if self._lpips:
            pairs = zip(np.moveaxis(back, 1, 0), np.moveaxis(inputs, 1, 0), strict=True)
            errors.append(np.stack([self._lpips.distances(*pair) for pair in pairs], axis=1))
        self._errors[batch.direction.name].append(np.stack(errors, axis=-1))
        shown = np.stack([batch.images, batch.outputs[:, 0], back[:, 0]], axis=1)
        self._ranking.add(errors[0][:, 0], shown)

    def result(self, draw: int = 0) -> metric.Result:
        """Returns the mean errors of each direction, and a strip of outputs."""
        del draw
        keys, rows = [figure.key for figure in self.figures], {}
        for name, some in self._errors.items():
            means = np.concatenate(some).mean(axis=(0, 1), dtype=np.float64)
            rows[name] = dict(zip(keys, means.tolist(), strict=True))
        notes = (self._lpips.remark,) if self._lpips and self._lpips.remark else ()
        strip = self._ranking.strip(".1f", ("input", "output", "translated back"))
        return metric.Result(rows, notes, {"strip": strip})

    def about(self) -> dict[str, object]:
        """Returns the weights of the perceptual distance."""
        return {"lpips_sha256": self._lpips.sha256} if self._lpips else {}


def _network(subject_: subject.Subject, options_: options.MetricOptions) -> lpips.Lpips | None:
    """Returns the perceptual distance if there are weights for it, and images are large enough."""
    if not options_.lpips_weights or subject_.image_size < lpips.SMALLEST:
        return None
    return lpips.of(subject_, options_)


METRIC = Cycle
