"""What hyperparameters of papers on sequences check alike. Imports no TensorFlow."""

from stargan_tf.base import errors
from stargan_tf.data import labels


def check_frames(paper: str, frames: int, multiple: int) -> None:
    """Raises a UserError unless windows of so many frames fit networks that halve them.

    Args:
      paper: What the message calls the networks.
      frames: Of a window.
      multiple: What the length has to be a multiple of.
    """
    if frames % multiple or not frames:
        raise errors.UserError(
            f"{paper} needs windows whose length is a multiple of {multiple} frames; received "
            f"frames={frames}; choose {max(multiple, frames // multiple * multiple)}."
        )


def check_speakers(paper: str, label_space: labels.LabelSpace) -> None:
    """Raises a UserError unless labels are those of two speakers or more."""
    if label_space.kind != "domains" or label_space.width < 2:
        raise errors.UserError(
            f"{paper} converts between speakers and needs sequences of two or more, each of one "
            f"speaker; received the {label_space.kind} {', '.join(label_space.names)}; choose "
            "another data set or add a speaker."
        )
