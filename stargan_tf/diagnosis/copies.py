"""What is wrong where a picture is in a data set more than once."""

from collections.abc import Sequence

from stargan_tf.diagnosis import collection as collection_lib
from stargan_tf.diagnosis import duplicates, finding


def copies(images: collection_lib.Collection) -> list[finding.Finding]:
    """Returns what is to be said of pictures whose pixels are the same."""
    contradictory, leaked, repeated = [], [], []
    for group in duplicates.exact(images.table["pixels"]):
        group = group.tolist()
        names = [images.describe(k) for k in group]
        labels = [images.label(k) for k in group]
        sets = [images.part(k).data_set for k in group]
        # What two data sets say of a picture need not agree: they ask different things.
        if len(set(zip(sets, labels, strict=True))) > len(set(sets)):
            contradictory.append(
                " = ".join(
                    f"{name} ({', '.join(label) or 'none'})"
                    for name, label in zip(names, labels, strict=True)
                )
            )
        splits = [images.part(k).split for k in group]
        seen = [n for n, s in zip(names, splits, strict=True) if s == collection_lib.TRAINING]
        if seen:
            leaked += [
                f"{n} = {seen[0]}"
                for n, s in zip(names, splits, strict=True)
                if s != collection_lib.TRAINING
            ]
        repeated += _repeated(names, list(zip(splits, sets, labels, strict=True)))
    return [
        *_finding("contradictory", contradictory, "Labelled in several ways",
                  "picture", "Decide which label {} shall have, and remove the other copies"),
        *_finding("leaked", leaked, "Held out, but among the training images too",
                  "file", "Move {} out of the held-out images, or remove them there"),
        *_finding("repeated", repeated, "There more than once with the same label",
                  "copy", "Remove {}: repeated pictures count more than others"),
    ]  # fmt: skip


def lookalikes(images: collection_lib.Collection) -> list[finding.Finding]:
    """Returns a hint at pictures that look nearly the same; those in both splits come first."""
    table = images.table
    pairs = duplicates.near(table["differences"], table["thumbnail"], table["pixels"])
    if not pairs:
        return []
    pairs.sort(key=lambda pair: images.part(pair[0]).split == images.part(pair[1]).split)
    names = (f"{images.describe(a)} ~ {images.describe(b)}" for a, b in pairs)
    count = finding.counted(len(pairs), "pair")
    text = (
        f"Nearly the same picture, perhaps saved again or resized: {count}; this is a guess from "
        "their thumbnails."
    )
    advice = f"Look at {finding.these(len(pairs), 'pair')} of look-alikes; of copies keep one"
    return [finding.naming("lookalikes", "hint", text, advice, names)]


def _repeated(names: Sequence[str], places: Sequence[object]) -> list[str]:
    """Returns the copies of what is at the same place: the same split, with the same label."""
    firsts: dict[object, str] = {}
    found = []
    for name, place in zip(names, places, strict=True):
        if place in firsts:
            found.append(f"{name} = {firsts[place]}")
        firsts.setdefault(place, name)
    return found


def _finding(
    kind: str, names: Sequence[str], text: str, noun: str, advice: str
) -> list[finding.Finding]:
    if not names:
        return []
    count, these = finding.counted(len(names), noun), finding.these(len(names), noun)
    message = f"{text}: {count} with the same pixels as another image."
    return [finding.naming(kind, "warning", message, advice.format(these), names)]
