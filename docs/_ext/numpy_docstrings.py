"""Three things that NumPy-style docstrings need and napoleon does not do.

A shape such as ``(N, C_in, *D)`` in the line of a parameter's type would begin emphasis, footnotes ``[1]_`` of several
docstrings on one page would have one name, and the types of attributes would be links, ``array`` to ``Tensor.array``.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx import addnodes
from sphinx.application import Sphinx

_TYPE_LINE = re.compile(r"^\s*(\w.* : )?array, shape \(")
_FOOTNOTE = re.compile(r"^(\s*\.\. )\[(\d+)\]")
_REFERENCE = re.compile(r"\[(\d+)\]_")


def prepare(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Edit the lines of one docstring before napoleon reads them."""
    label = name.replace(".", "-").replace("_", "-")
    for i, line in enumerate(lines):
        if _TYPE_LINE.match(line):
            line = line.replace("*", r"\*")
        line = _FOOTNOTE.sub(rf"\1[#{label}-\2]", line)
        lines[i] = _REFERENCE.sub(rf"[#{label}-\1]_", line)


def unlink(app: Sphinx, doctree: Any) -> None:
    """Leave the types of attributes words, as those of parameters are (conf.py)."""
    for node in list(doctree.findall(addnodes.pending_xref)):
        if node.get("reftype") == "class" and node.get("refspecific"):  # not written as a link by anybody
            node.replace_self(node.children)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx, before napoleon, whose priority is 500."""
    app.connect("autodoc-process-docstring", prepare, priority=400)
    app.connect("doctree-read", unlink)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
