"""What a translation keeps of its source, and what follows the reference: of drawn faces.

A style should change the colours (shade of the hair, skin, background, light) and leave the pose
(position, size and turn of the head). Each is judged alone, by renders that differ in it only.
"""

from collections.abc import Sequence

import numpy as np

from stargan_tf.data.sources import cartoon_faces
from stargan_tf.evaluation import render_error

RIVALS = 9  # other faces' poses or colours: by chance the right one is nearest in a tenth


def keeps_pose(
    source: cartoon_faces.CartoonFaces,
    index: int,
    reference: int,
    label: np.ndarray,
    output: np.ndarray,
    rivals: Sequence[int],
) -> bool:
    """Returns whether the output is nearest to the render with the source's pose.

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
    own = source.render(index, label, colours_of=reference)
    others = [source.render(index, label, colours_of=reference, pose_of=k) for k in rivals]
    return _is_nearest(output, own, others)


def follows_colours(
    source: cartoon_faces.CartoonFaces,
    index: int,
    reference: int,
    label: np.ndarray,
    output: np.ndarray,
    rivals: Sequence[int],
) -> bool:
    """Returns whether the output is nearest to the render in the reference's colours.

    The renders are the source in the colours of the reference and in those of the rivals; all else
    is the source's. Arguments as for `keeps_pose`.
    """
    asked = source.render(index, label, colours_of=reference)
    others = [source.render(index, label, colours_of=k) for k in rivals]
    return _is_nearest(output, asked, others)


def _is_nearest(output: np.ndarray, asked: np.ndarray, others: list[np.ndarray]) -> bool:
    others = [other for other in others if (other != asked).any()]  # a rival may look the same
    if not others:
        raise ValueError("Some rival has to look different. Received: none that does")
    return render_error.compare(output, output, [asked, *others], asked=0).nearest
