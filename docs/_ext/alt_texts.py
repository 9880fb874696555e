"""Figures in words: the option ``:alt:`` of a cell describes its figures to those who do not see them.

A cell with several figures gives a list, one text for each.  A figure without words is a warning (``-W``: an error).
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)


def describe(app: Sphinx, doctree: nodes.document) -> None:
    """Give the figures of every cell their words."""
    for cell in doctree.findall(nodes.container):
        if cell.get("nb_element") != "cell_code":
            continue
        figures = list(cell.findall(nodes.image))
        words = cell["cell_metadata"].get("alt", [])
        texts = [words] * len(figures) if isinstance(words, str) else words
        if figures and len(texts) != len(figures):
            logger.warning("%d figures and %d texts in `:alt:`", len(figures), len(texts), location=cell)
        for figure, text in zip(figures, texts):
            figure["alt"] = text


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("doctree-read", describe)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
