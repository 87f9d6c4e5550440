"""What a page can ask of a file, found out from the kinds of its signatures' inputs and outputs.

No paper is named here: a file with a signature that takes an image and a label is asked for labels,
whoever made it.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.base import errors

Signatures = Mapping[str, algorithm_lib.Signature]
Json = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Way:
    """A way to a translation, as one or two questions to the file.

    Attributes:
      kind: What the visitor chooses: "label"; "latent" or "reference" (with a domain, if the file
        asks for one); "direction" (nothing but the direction).
      image: The signature that answers with the translation.
      style: The signature that is asked first, for the style that `image` takes; "": none.
      source: Of a direction: the position in labels of the domain that it starts from.
      target: Of a direction: that of the domain that it leads to.
    """

    kind: str
    image: str
    style: str = ""
    source: int | None = None
    target: int | None = None


Outputs = Mapping[str, str]


def outputs(signatures: Signatures) -> dict[str, str]:
    """Returns the name of what each signature answers with, by the signature's name.

    The functions are asked, because kinds do not tell which of them are outputs. A signature that
    hands back what it was given, as where a style is a latent code, is left out: LiteRT.js answers
    such a graph, which has no operations, with memory that was never written.
    """
    found, random = {}, np.random.default_rng(0)
    for name, signature in signatures.items():
        inputs = {
            key: tf.constant(random.standard_normal(spec.shape).astype(spec.dtype.as_numpy_dtype))
            for key, spec in signature.inputs.items()
        }
        output, answer = next(iter(signature.function(**inputs).items()))
        given = (value for value in inputs.values() if value.shape == answer.shape)
        if not any(np.array_equal(value, answer) for value in given):
            found[name] = output
    return found


def ways(
    signatures: Signatures,
    answers: Outputs,
    names: Sequence[str],
    directions: Sequence[tuple[int, int]] | None = None,
) -> list[Way]:
    """Returns the ways to a translation that signatures offer.

    Where a style can be had by itself it is, so that it serves several translations.

    Args:
      signatures: By name, for one image of a fixed size: `tflite.signatures`.
      answers: The names of the outputs of those that a page can ask: `outputs`.
      names: The names of the labels.
      directions: Of networks for each pair of domains: positions (source, target) in labels.

    Raises:
      UserError: There is none that a page could offer.
    """
    by_form: dict[tuple[frozenset[str], str], str] = {}
    for name in answers:
        signature = signatures[name]
        kinds = [signature.kinds.get(key, "") for key in signature.inputs]
        if kinds.count("image") > 1:
            kinds = ["reference", *kinds]
        form = frozenset(kinds) - {"domain"}, signature.kinds.get(answers[name], "")
        by_form.setdefault(form, name)

    def named(output: str, *inputs: str) -> str:
        return by_form.get((frozenset(inputs), output), "")

    found = []
    if named("image", "image", "label"):
        found.append(Way("label", named("image", "image", "label")))
    render = named("image", "image", "style")
    for kind, of_style, at_once in (
        ("latent", named("style", "latent"), named("image", "image", "latent")),
        ("reference", named("style", "image"), named("image", "image", "reference")),
    ):
        if render and of_style:
            found.append(Way(kind, render, of_style))
        elif at_once:
            found.append(Way(kind, at_once))
    for source, target in directions or ():
        name = f"{names[source]}_to_{names[target]}"
        if name in answers:
            found.append(Way("direction", name, "", source, target))
    if not found:
        raise errors.UserError(
            f"None of the signatures {', '.join(signatures)} makes an image of an image and a "
            "label, a style or a direction, which is what a page can offer; pass another run."
        )
    return found


def asked(found: Sequence[Way]) -> tuple[str, ...]:
    """Returns the names of the signatures that ways ask."""
    return tuple(dict.fromkeys(n for way in found for n in (way.style, way.image) if n))


def to_json(found: Sequence[Way], signatures: Signatures, answers: Outputs) -> Json:
    """Returns ways and the signatures that they ask, as the page reads them.

    Of every signature its inputs (name, kind, shape and type of each) and the name of its output.
    """
    calls = {}
    for name in asked(found):
        signature = signatures[name]
        inputs = [
            {
                "name": key,
                "kind": signature.kinds[key],
                "shape": list(spec.shape),
                "dtype": spec.dtype.name,
            }
            for key, spec in signature.inputs.items()
        ]
        calls[name] = {"inputs": inputs, "output": answers[name]}
    return {"ways": [dataclasses.asdict(way) for way in found], "signatures": calls}
