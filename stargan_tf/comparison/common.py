"""What compared runs have in common: held-out images and targets; and in what they differ."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from stargan_tf.base import errors
from stargan_tf.comparison import entries
from stargan_tf.data import options as data_options
from stargan_tf.data import source as source_lib
from stargan_tf.evaluation import images as images_lib
from stargan_tf.evaluation import run_subject
from stargan_tf.evaluation import subject as subject_lib
from stargan_tf.runs import runs

Load = Callable[[runs.Run, str], source_lib.Source]  # the split "train" or "test" of a run's data


@dataclasses.dataclass(frozen=True)
class Ground:
    """What all runs are compared on.

    Attributes:
      member: The held-out images that all runs hold out, with labels that all runs know; and real
        training images with these labels, which are those of the first run.
      notes: How the runs differ in what they were trained on and hold out, a sentence each.
    """

    member: subject_lib.Member
    notes: tuple[str, ...]


def find(candidates: Sequence[entries.Candidate], load: Load) -> Ground:
    """Returns what the runs can be compared on.

    Domains and held-out images are restricted to those that all runs have, and a note says so.

    Args:
      candidates: The runs.
      load: Loads the data of one.

    Raises:
      UserError: The runs have images of different sizes, images that are read in different ways,
        no held-out images in common, labels of different kinds, attributes that differ, or fewer
        than two domains in common.
    """
    _refuse(candidates, "images of different sizes", lambda c: f"{c.run.config.data.image_size} px")
    _refuse(candidates, "labels of different kinds", lambda c: c.run.label_space.kind)
    notes: list[str] = []
    targets = _targets(candidates, notes)
    members = [_member(one, load) for one in candidates]
    _refuse(
        candidates,
        "images that are cut or decoded differently",
        lambda c: _reading(members[candidates.index(c)]),
    )
    narrowed = [_narrowed(one, targets) for one in members]
    held_out = _held_out(candidates, narrowed, notes)
    _note_training(candidates, members, notes)
    member = dataclasses.replace(narrowed[0], held_out=held_out)
    return Ground(member, tuple(notes))


def _targets(candidates: Sequence[entries.Candidate], notes: list[str]) -> tuple[str, ...]:
    """Returns the labels that all runs translate to, in the order of the first."""
    spaces = {one.name: one.run.label_space for one in candidates}
    first = next(iter(spaces.values()))
    names = tuple(n for n in first.names if all(n in one.run.targets for one in candidates))
    sets = {frozenset(space.names) for space in spaces.values()}
    texts = _listed({name: " ".join(space.names) for name, space in spaces.items()})
    if first.kind != "domains":
        groups = {frozenset(map(frozenset, space.exclusive)) for space in spaces.values()}
        if len(sets) > 1 or len(groups) > 1:
            raise errors.UserError(
                "Runs on attributes are compared if they have the same, of which the same exclude "
                f"each other; received {texts}; compare runs that were trained alike."
            )
    elif len(names) < 2:
        raise errors.UserError(
            f"The runs have fewer than two domains in common; received {texts}; compare runs that "
            "translate to the same."
        )
    elif len(sets) > 1:
        notes.append(
            f"The runs have different domains ({texts}); only {', '.join(names)} are compared."
        )
    return names


def _member(candidate: entries.Candidate, load: Load) -> subject_lib.Member:
    run = candidate.run
    training, held_out = (load(run, split) for split in ("train", "test"))
    if training.label_space.names != run.label_space.names:
        raise errors.UserError(
            f"{run.shown} translates to {', '.join(run.label_space.names)}; received a data "
            f"set of {', '.join(training.label_space.names)}; give the one that it was trained on."
        )
    return run_subject.member("", training, held_out, run.config.data)


def _narrowed(member: subject_lib.Member, targets: tuple[str, ...]) -> subject_lib.Member:
    """Returns a data set of the targets alone, in their order."""
    if member.space.names == targets or member.space.kind != "domains":
        return member
    training, held_out = (part.of_domains(targets) for part in (member.training, member.held_out))
    return subject_lib.Member("", held_out.space, training, held_out)


def _held_out(
    candidates: Sequence[entries.Candidate],
    members: Sequence[subject_lib.Member],
    notes: list[str],
) -> images_lib.Images:
    """Returns the first run's held-out images that the others hold out, too, with equal labels."""
    keys = [one.held_out.keys() for one in members]
    common = set(keys[0]).intersection(*keys[1:])
    if not common:
        raise errors.UserError(
            f"The runs have no held-out image in common; {_differing(candidates)}; compare runs on "
            "the same data."
        )
    labels = [_by_key(*one, common) for one in zip(keys, members, strict=True)]
    different = sum(any((other[key] != labels[0][key]).any() for other in labels) for key in common)
    if different:
        raise errors.UserError(
            f"{different} of {len(common)} held-out images have other labels in one run than in "
            "another; compare runs whose labels agree."
        )
    counts = {c.name: f"{len(one):,}" for c, one in zip(candidates, keys, strict=True)}
    if any(len(one) > len(common) for one in keys):
        notes.append(
            f"The runs hold out different images ({_listed(counts)}); the {len(common):,} that all "
            "hold out are compared."
        )
    first = members[0].held_out
    found = first.subset([i for i, key in enumerate(keys[0]) if key in common])
    missing = [
        name
        for name, count in zip(found.space.names, found.labels.sum(axis=0), strict=True)
        if found.space.kind == "domains" and not count
    ]
    if missing:
        raise errors.UserError(
            f"No held-out image of {', '.join(missing)} is held out by all runs; "
            f"{_differing(candidates)}; compare runs on the same data."
        )
    return found


def _by_key(keys, member: subject_lib.Member, common: set[bytes]) -> dict[bytes, np.ndarray]:
    """Returns the labels of the common images by key, each with the entries sorted by name."""
    order = np.argsort(member.space.names)
    each = zip(keys, member.held_out.labels[:, order], strict=True)
    return {key: label for key, label in each if key in common}


def _note_training(
    candidates: Sequence[entries.Candidate],
    members: Sequence[subject_lib.Member],
    notes: list[str],
) -> None:
    sources = [one.training.source for one in members]
    keys = [[source.key(i) for i in range(source.size)] for source in sources]
    if all(one == keys[0] for one in keys):
        return
    counts = {c.name: f"{len(one):,}" for c, one in zip(candidates, keys, strict=True)}
    notes.append(
        f"The runs were trained on different images ({_listed(counts)}); real images in metrics "
        f"are those of {candidates[0].name}."
    )


def _reading(member: subject_lib.Member) -> str:
    how = member.held_out.sampler
    return f"crop_size={how.crop_size} fast_decode={how.fast_decode} max_grey={how.max_grey}"


def _refuse(
    candidates: Sequence[entries.Candidate],
    what: str,
    of: Callable[[entries.Candidate], str],
) -> None:
    """Raises a UserError where the runs differ in something that makes them unlike."""
    values = {one.name: of(one) for one in candidates}
    if len(set(values.values())) > 1:
        raise errors.UserError(
            f"The runs have {what}; received {_listed(values)}; compare runs that are alike in it."
        )


def _differing(candidates: Sequence[entries.Candidate]) -> str:
    """Returns in which options of their data the runs differ, as half a sentence."""
    texts = []
    for field in dataclasses.fields(data_options.DataOptions):
        values = {c.name: getattr(c.run.config.data, field.name) for c in candidates}
        if len(set(values.values())) > 1:
            texts.append(f"{field.name} ({_listed(values)})")
    return f"they differ in {', '.join(texts)}" if texts else "their files are different ones"


def _listed(values: Mapping[str, object]) -> str:
    """Returns "a: 64; b: 128"."""
    return "; ".join(f"{name}: {value}" for name, value in values.items())
