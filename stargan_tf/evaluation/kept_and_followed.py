"""What a translation keeps of its source, and what follows the reference: of drawn faces.

A style should change the colours (shade of the hair, skin, background, light) and leave the pose
(position, size and turn of the head). Each is judged alone, by renders that differ in it only.
Whether cut, glasses and smile follow too makes no difference: there are renders of either case.
"""

from collections.abc import Sequence

import numpy as np

from stargan_tf.data.sources import cartoon_faces

RIVALS = 9  # other faces' poses or colours: by chance the right one is nearest in a tenth


def keeps_pose(
    source: cartoon_faces.CartoonFaces,
    index: int,
    reference: int,
    label: np.ndarray,
    output: np.ndarray,
    rivals: Sequence[int],
) -> bool:
    """Returns whether the output is nearest to a render with the source's pose.

    The renders are the source in the colours of the reference, in its own pose and in those of
    the rivals, compared over the pixels in which they differ.

    Args:
      source: Can draw the faces.
      index: The face that was translated.
      reference: The face whose style was asked for.
      label: (width,) of 0 and 1, the label that was asked for.
      output: (S, S, 3) uint8, the translation.
      rivals: Faces with other poses, for instance `RIVALS` of them.
    """
    renders = [
        [source.render(index, label, colours_of=reference, pose_of=k, **whose)
         for whose in _either(reference)]
        for k in (index, *rivals)
    ]  # fmt: skip
    return _is_of_the_first(output, np.array(renders))


def follows_colours(
    source: cartoon_faces.CartoonFaces,
    index: int,
    reference: int,
    label: np.ndarray,
    output: np.ndarray,
    rivals: Sequence[int],
) -> bool:
    """Returns whether the output is nearest to a render in the reference's colours.

    The renders are the source in the colours of the reference and in those of the rivals.
    Arguments as for `keeps_pose`.
    """
    renders = [
        [source.render(index, label, colours_of=k, **whose) for whose in _either(reference)]
        for k in (reference, *rivals)
    ]
    return _is_of_the_first(output, np.array(renders))


def shows_label(
    source: cartoon_faces.CartoonFaces,
    index: int,
    reference: int,
    labels: np.ndarray,
    output: np.ndarray,
) -> bool:
    """Returns whether the output is nearest to a render with the first of some labels (n, width).

    The renders are the source in the colours of the reference, with each of the labels. Other
    arguments as for `keeps_pose`.
    """
    renders = [
        [source.render(index, label, colours_of=reference, **whose) for whose in _either(reference)]
        for label in labels
    ]
    return _is_of_the_first(output, np.array(renders))


def _either(reference: int) -> tuple[dict[str, int], dict[str, int]]:
    """Returns what else a translation may take from the reference: nothing, or all."""
    return {}, {"style_of": reference, "looks_of": reference}


def _is_of_the_first(output: np.ndarray, renders: np.ndarray) -> bool:
    """Returns whether the output is nearest to a render of the first row, (rows, n, S, S, 3)."""
    renders = renders.astype(np.float64)
    # Where a row looks like the first, such as two faces of one pose, it is no rival.
    rivals = renders[(renders != renders[0]).any(axis=(1, 2, 3, 4))]
    if not len(rivals):
        raise ValueError("Some rival has to look different. Received: none that does")
    differing = (rivals != renders[0]).any(axis=(0, 1, 4))
    errors = [np.abs(some - output)[:, :, differing].mean(axis=(2, 3)).min()
              for some in (renders[:1], rivals)]  # fmt: skip
    return bool(errors[0] < errors[1])
