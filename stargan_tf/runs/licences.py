"""The licence of a run's weights, as model cards and exported files state it."""

import re

from stargan_tf.base import errors
from stargan_tf.data import option_checks
from stargan_tf.runs import runs

OF_DRAWINGS = "apache-2.0"
_SHORT_NAME = re.compile(r"[a-z0-9][a-z0-9.+-]*")


def licence(run: runs.Run, given: str = "") -> str:
    """Returns the licence to state: the given one, or that of weights of drawings; "": not known.

    Raises:
      UserError: The given one is no short name.
    """
    if given and not _SHORT_NAME.fullmatch(given):
        raise errors.UserError(
            "`license` is a licence's short name in small letters, as the hub lists them "
            f"(cc-by-4.0, apache-2.0, mit, other); received license={given}."
        )
    data = run.config.data
    names = set((data.datasets or data.dataset).split(","))
    own = (
        names <= set(option_checks.ALL_DRAWN)
        and not run.imported
        and not run.config.train.init_from
    )
    return given or (OF_DRAWINGS if own else "")
