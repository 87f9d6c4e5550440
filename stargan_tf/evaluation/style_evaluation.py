"""Measures translations with styles against true renders: domain, diversity, transfer."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.data.sources import cartoon_faces
from stargan_tf.evaluation import diversity, kept_and_followed, metric, render_error
from stargan_tf.evaluation import outputs as outputs_lib
from stargan_tf.inference import batches
from stargan_tf.pictures import photos, sheets

FIGURES = (
    metric.Figure("latent_domain", "latent", ".1%", "higher"),
    metric.Figure("reference_domain", "reference", ".1%", "higher"),
    metric.Figure("pose", "pose", ".1%", "higher"),
    metric.Figure("colours", "colours", ".1%", "higher"),
    metric.Figure("cut", "cut", ".1%", "higher"),
    metric.Figure("looks", "looks", ".1%", "higher"),
    metric.Figure("distance", "distance", ".1f"),
    metric.Figure("true_distance", "true", ".1f"),
    metric.Figure("sources", "sources", ".1f"),
    metric.Figure("true_sources", "true", ".1f"),
    metric.Figure("images", "faces", ".0f", total=True),
)
EXPLANATION = """\
latent, reference: share of the outputs, of random latent codes and of held-out references, that are
nearest to the true render of the domain asked for, over the pixels in which the domains' renders
differ. pose: share of the outputs nearest to the render with the source's position, size and turn
of the head, among renders in those of nine other faces too (chance: 10 %). colours: the same of
the reference's shade of hair, skin and background. cut: share nearer to the render with the
reference's cut than to one with another face's (chance: 50 %); looks: the same of the reference's
glasses and smile. distance: mean absolute difference in grey levels (0-255) between ten outputs of
a face; true: between ten renders of it in other faces' styles. sources: between the outputs of ten
faces in one style (0: the input does not matter); true: between their renders."""
_OUTPUTS = 10  # of a source, as in the paper's protocol
_SOURCES_OF_DIVERSITY = 20  # of each domain: ten outputs each take a while
_SHEET_ROWS = 6
_SEED = 1  # of latent codes and of which face is a reference

_render = outputs_lib.in_grey_levels


@dataclasses.dataclass(frozen=True)
class _Pairs:
    """Translations to one domain: every source that is of another, with a reference of it."""

    domain: int
    sources: np.ndarray
    references: np.ndarray
    others: np.ndarray  # faces whose style is another than the reference's
    rivals: np.ndarray  # (sources, n), faces with other poses and colours, all different


def against_renders(
    algorithm: algorithm_lib.Styled,
    source: cartoon_faces.CartoonFaces,
    count: int,
    draw: int = 0,
) -> tuple[dict[str, dict[str, float]], sheets.Sheet]:
    """Translates held-out faces to every other domain, by latent codes and by references.

    Args:
      algorithm: With the weights to measure; `Styled`.
      source: Held-out faces, whose labels are domains.
      count: How many of them, from the first.
      draw: Decides the latent codes and the references.

    Returns:
      By domain: images; latent_domain and reference_domain, the shares of outputs nearest to the
      render of the domain that was asked for; pose and colours, the shares that keep the source's
      pose and follow the reference's colours, see `kept_and_followed`; cut, the share nearer to the
      render with the reference's cut than to one with another face's; looks, the same of what else
      the reference shows (glasses, smile); distance and true_distance, the mean absolute
      difference in grey levels between ten outputs of a source, and between ten renders; sources
      and true_sources, the same of ten sources in one style: 0 where the source does not matter.
      And a sheet of references with outputs and true renders.
    """
    images = np.stack([source.image(i) for i in range(count)])
    domains = source.labels[:count].argmax(axis=1)
    random = np.random.default_rng(_SEED + draw)
    table, rows = {}, []
    for domain, name in enumerate(source.label_space.names):
        pairs = _pairs(domain, domains, random)
        styles = _latent_styles(algorithm, domain, len(pairs.sources), random)
        latent = _render(algorithm.render, images[pairs.sources], styles)
        styles = _reference_styles(algorithm, images, pairs)
        guided = _render(algorithm.render, images[pairs.sources], styles)
        table[name] = {
            "images": len(pairs.sources),
            "latent_domain": _domain_share(source, pairs, latent, by_reference=False),
            "reference_domain": _domain_share(source, pairs, guided, by_reference=True),
            "pose": _judged(kept_and_followed.keeps_pose, source, pairs, guided),
            "colours": _judged(kept_and_followed.follows_colours, source, pairs, guided),
            "cut": _share(source, pairs, guided, "style_of"),
            "looks": _share(source, pairs, guided, "looks_of"),
            **_diversity(algorithm, source, images, pairs, random),
            **_kept(algorithm, source, images, pairs, random),
        }
        rows += _sheet_rows(source, images, pairs, latent, guided)
    columns = ("input", "latent", "reference", "in its style", "true render")
    return table, sheets.Sheet(columns, photos.from_uint8(np.stack(rows)))


def _pairs(domain: int, domains: np.ndarray, random: np.random.Generator) -> _Pairs:
    sources = np.flatnonzero(domains != domain)
    members = np.flatnonzero(domains == domain)
    references = random.choice(members, len(sources))
    others = (references + random.integers(1, len(domains), len(sources))) % len(domains)
    most = min(kept_and_followed.RIVALS, len(domains) - 2)
    rivals = [
        np.setdiff1d(random.permutation(len(domains))[: most + 2], pair, True)[:most]
        for pair in np.stack([sources, references], axis=1)
    ]
    return _Pairs(domain, sources, references, others, np.stack(rivals))


def _in_style_of(face: int) -> dict[str, int]:
    """Returns whose style, looks and colours the render of a translation has."""
    return {"style_of": face, "looks_of": face, "colours_of": face}


def _labels(algorithm: algorithm_lib.Algorithm, domain: int, count: int) -> np.ndarray:
    width = algorithm.settings.label_space.width
    return np.eye(width, dtype=np.float32)[[domain] * count]


def _latent_styles(algorithm, domain: int, count: int, random) -> np.ndarray:
    """Returns the styles (count, style_dim) of random latent codes."""
    z = random.standard_normal((count, algorithm.latent_dim), np.float32)
    return algorithm.map_latents(z, _labels(algorithm, domain, count))


def _reference_styles(algorithm, images, pairs: _Pairs) -> np.ndarray:
    """Returns the styles (sources, style_dim) of the references."""
    labels = _labels(algorithm, pairs.domain, len(pairs.sources))
    references = photos.from_uint8(images[pairs.references])
    return batches.in_batches(algorithm.encode, references, labels, size=outputs_lib.BATCH)


def _domain_share(source, pairs: _Pairs, outputs: np.ndarray, by_reference: bool) -> float:
    """Returns the share of outputs nearest to their domain's render, of those of all domains.

    The renders have the reference's colours and its or the source's cut if there is one, or else
    the source's own style.
    """
    labels = np.roll(np.eye(source.label_space.width), -pairs.domain, axis=0)  # its own first
    nearest = []
    for i, j, output in zip(pairs.sources, pairs.references, outputs, strict=True):
        if by_reference:
            nearest.append(kept_and_followed.shows_label(source, i, j, labels, output))
        else:
            truths = [source.render(i, label) for label in labels]
            nearest.append(render_error.compare(output, output, truths, asked=0).nearest)
    return float(np.mean(nearest))


def _share(source, pairs: _Pairs, outputs: np.ndarray, changed: str) -> float:
    """Returns the share of outputs nearer to the reference's render than to one that differs.

    `changed` is what the other render takes from another face: its style or its looks.
    """
    label = np.eye(source.label_space.width)[pairs.domain]
    nearest = []
    for i, j, k, output in zip(pairs.sources, pairs.references, pairs.others, outputs, strict=True):
        style = _in_style_of(j)
        truths = [source.render(i, label, **style), source.render(i, label, **style | {changed: k})]
        if (truths[0] != truths[1]).any():  # two faces may look alike
            nearest.append(render_error.compare(output, output, truths, asked=0).nearest)
    return float(np.mean(nearest))


def _judged(judge, source, pairs: _Pairs, outputs: np.ndarray) -> float:
    """Returns the share of outputs that a function of `kept_and_followed` finds right."""
    label = np.eye(source.label_space.width)[pairs.domain]
    each = zip(pairs.sources, pairs.references, outputs, pairs.rivals, strict=True)
    return float(np.mean([judge(source, i, j, label, out, rivals) for i, j, out, rivals in each]))


def _diversity(algorithm, source, images, pairs: _Pairs, random) -> dict[str, float]:
    label = np.eye(source.label_space.width)[pairs.domain]
    outputs, truths = [], []
    for i in pairs.sources[:_SOURCES_OF_DIVERSITY]:
        styles = _latent_styles(algorithm, pairs.domain, _OUTPUTS, random)
        rendered = _render(algorithm.render, np.stack([images[i]] * _OUTPUTS), styles)
        outputs.append(diversity.mean_pairwise_distance(rendered))
        faces = random.integers(0, len(images), _OUTPUTS)
        renders = [source.render(i, label, **_in_style_of(k)) for k in faces]
        truths.append(diversity.mean_pairwise_distance(np.stack(renders)))
    return {"distance": float(np.mean(outputs)), "true_distance": float(np.mean(truths))}


def _kept(algorithm, source, images, pairs: _Pairs, random) -> dict[str, float]:
    """Measures what is left of the source: how ten sources differ in one and the same style."""
    label = np.eye(source.label_space.width)[pairs.domain]
    outputs, truths = [], []
    for i in pairs.sources[:_SOURCES_OF_DIVERSITY]:
        chosen = random.choice(pairs.sources, _OUTPUTS)
        style = _latent_styles(algorithm, pairs.domain, 1, random)
        styles = np.repeat(style, _OUTPUTS, axis=0)
        rendered = _render(algorithm.render, images[chosen], styles)
        outputs.append(diversity.mean_pairwise_distance(rendered))
        renders = [source.render(j, label, **_in_style_of(i)) for j in chosen]
        truths.append(diversity.mean_pairwise_distance(np.stack(renders)))
    return {"sources": float(np.mean(outputs)), "true_sources": float(np.mean(truths))}


def _sheet_rows(source, images, pairs: _Pairs, latent, guided) -> Sequence[np.ndarray]:
    label = np.eye(source.label_space.width)[pairs.domain]
    rows = []
    for n in range(min(_SHEET_ROWS // 2, len(pairs.sources))):
        i, j = pairs.sources[n], pairs.references[n]
        truth = source.render(i, label, **_in_style_of(j))
        rows.append(np.stack([images[i], latent[n], images[j], guided[n], truth]))
    return rows
