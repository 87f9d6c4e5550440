"""Tables of text."""

from collections.abc import Iterable, Sequence


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Returns a table: the first column is aligned to the left, the others to the right.

    Args:
      headings: Of the columns.
      rows: Cells that are formatted already, as many in each row as there are headings.
    """
    lines = [headings, *rows]
    first, *others = (max(map(len, column)) for column in zip(*lines, strict=True))
    return "\n".join(
        "  ".join([f"{name:<{first}}", *(f"{c:>{w}}" for c, w in zip(cells, others, strict=True))])
        for name, *cells in lines
    )
