"""Writes formulas as MathML, which browsers show themselves: no script, nothing from elsewhere."""

import re
from typing import Any

from docutils import nodes
from docutils.utils.math import latex2mathml
from sphinx.application import Sphinx


def _visit(self: Any, node: nodes.Element) -> None:
    """Writes a formula; one that can't be converted is a warning, hence an error."""
    block = isinstance(node, nodes.math_block)
    try:
        markup = latex2mathml.tex2mathml(node.astext(), as_block=block)
    except Exception as error:
        raise ValueError(f"The formula {node.astext()!r} can't be written: {error}") from error
    # Browsers put no space between a function's name and an argument without brackets: log D.
    markup = re.sub(r"<mo>&ApplyFunction;</mo>(?!\s*<mo)", '<mspace width="0.17em"/>', markup)
    self.body.append(markup)
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Adds the renderer, which conf.py chooses."""
    app.add_html_math_renderer("mathml", (_visit, None), (_visit, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
