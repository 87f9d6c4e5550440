"""Checks the number of images of each label."""

from collections.abc import Sequence

from stargan_tf.diagnosis import collection as collection_lib
from stargan_tf.diagnosis import finding
from stargan_tf.runs import config as config_lib

_FEW = 100  # training images of a domain
_UNEVEN = 3.0  # ratio of the largest domain to the smallest
_RARE = 0.02  # share of images with, or without, an attribute


def of_labels(
    parts: Sequence[collection_lib.InspectedSplit], config: config_lib.Config
) -> list[finding.Finding]:
    """Returns the problems with the numbers of training images; broken images count too."""
    problems = []
    for part in (part for part in parts if part.split == collection_lib.TRAINING):
        space, counts = part.images.label_space, part.images.labels.sum(axis=0).astype(int)
        numbers = dict(zip(map(part.called, space.names), counts.tolist(), strict=True))
        if space.kind == "domains":
            problems += _of_domains(numbers, config)
        else:
            problems += _of_attributes(numbers, part.images.size)
        if part.images.size < config.train.batch_size:
            text = (
                f"batch_size={config.train.batch_size} is more than the {part.images.size} "
                "training images: a batch shows some of them twice."
            )
            problems.append(finding.Finding("batch_size", "warning", text, "Pass a smaller one"))
    return problems


def _of_domains(numbers: dict[str, int], config: config_lib.Config) -> list[finding.Finding]:
    problems = []
    empty = [name for name, count in numbers.items() if not count]
    if empty:
        text = f"Without a training image: {', '.join(empty)}; training can't learn it."
        advice = f"Add images of {', '.join(empty)}, or leave it out"
        problems.append(finding.Finding("empty_domain", "failure", text, advice))
    few = {name: count for name, count in numbers.items() if 0 < count < _FEW}
    if few:
        listed = ", ".join(f"{name} {count}" for name, count in few.items())
        text = f"Under {_FEW} training images: {listed}; D soon memorizes so few."
        advice = f"Add images of {', '.join(few)}"
        if wanted := config.hparams.flags_for_few_images():
            advice += f", and pass {wanted}"
        problems.append(finding.Finding("few_images", "warning", text, advice))
    largest, smallest = (f(numbers, key=numbers.get) for f in (max, min))
    if numbers[smallest] and numbers[largest] >= _UNEVEN * numbers[smallest]:
        ratio = f"{numbers[largest] / numbers[smallest]:.1f} times"
        name = config.train.algorithm
        consequence = (
            f"{name} draws domains equally often, so an image of {smallest} is seen {ratio} as "
            f"often as one of {largest}, and D memorizes {smallest} first"
            if config.hparams.draws_domains_equally
            else f"{name} draws images as they come, so {smallest} is seen, and "
            "chosen as a target, that much less often"
        )
        text = f"{largest} has {ratio} as many training images as {smallest}; {consequence}."
        advice = f"Add images of {smallest}, or leave some of {largest} out"
        problems.append(finding.Finding("imbalance", "warning", text, advice))
    return problems


def _of_attributes(numbers: dict[str, int], size: int) -> list[finding.Finding]:
    problems = []
    for name, count in numbers.items():
        if min(count, size - count) <= _RARE * size:
            text = (
                f"{name} is shown by {count:,} of {finding.counted(size, 'training image')}; what "
                "(nearly) all or none show can hardly be learnt."
            )
            advice = f"Leave {name} out of `attributes`, or add images"
            problems.append(finding.Finding("rare_attribute", "warning", text, advice))
    return problems
