"""What a card says, and how a copy is compared, by the kind of examples that a run is of."""

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.publishing.kinds import images, kind, sequences
from stargan_tf.runs import runs


def of(run: runs.Run) -> kind.Kind:
    """Returns the kind of a run.

    Raises:
      UserError: It neither translates images nor converts sequences.
    """
    if run.converts:
        return sequences.Sequences(run)
    run.require(algorithm_lib.Translates)
    return images.Images(run)
