"""The directive ``{pytorch-names}``: which of PyTorch's names tinyconv offers, made from the package at each build.

PyTorch's names are those recorded in ``tinyconv/pytorch_names.json``.  Why one is not offered is told in the words of
the error that asking for it raises (``tinyconv/absent.py``), so it is written once, in both languages.
"""

from __future__ import annotations

import importlib
from collections import defaultdict
from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import tinyconv
from tinyconv.absent import reason, recorded, substitute

WORDS = {
    "en": ["names of", "PyTorch has", "offered", "under another name", "not offered", ", "],
    "zh": ["所在模块", "PyTorch 有", "提供", "换一个名字", "不提供", "、"],
}


def title(room: str) -> str:
    """Give the room's name in PyTorch.

    Examples
    --------
    >>> title("nn.init"), title("vision.models")
    ('torch.nn.init', 'torchvision.models')
    """
    if room.startswith("vision"):
        return f"torch{room}"
    return f"torch.{room}".rstrip(".")


def sort_out(room: str) -> tuple[list[str], dict[str, str], dict[str, list[str]]]:
    """Sort a room's names: those that are here, what to use for others, and the rest by the reason."""
    if room == "Tensor":
        here: Any = tinyconv.Tensor
    else:
        here = importlib.import_module(f"tinyconv.{room}".rstrip("."))
    offered, elsewhere, reasons = [], {}, defaultdict(list)
    for name in sorted(recorded()[room], key=str.lower):
        if hasattr(here, name):
            offered.append(name)
        elif instead := substitute(room, name):
            elsewhere[name] = instead
        else:
            reasons[reason(room, name).lstrip(":： ")].append(name)
    return offered, elsewhere, dict(sorted(reasons.items(), key=lambda item: -len(item[1])))


def as_html(language: str) -> str:
    """Give the table of numbers, and under it a part for each room that opens at a click."""
    with tinyconv.use_language(language):
        rooms = {room: sort_out(room) for room in recorded()}
    head = "".join(f"<th>{word}</th>" for word in WORDS[language][:5])
    rows = "".join(_row(room, *sorted_names) for room, sorted_names in rooms.items())
    parts = "".join(_part(language, room, *sorted_names) for room, sorted_names in rooms.items())
    table = f'<table class="names docutils align-default"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    return f'<div class="table-wrapper docutils container">{table}</div>\n{parts}'


def _row(room: str, offered: list[str], elsewhere: dict[str, str], reasons: dict[str, list[str]]) -> str:
    numbers = [len(offered), len(elsewhere), sum(map(len, reasons.values()))]
    cells = "".join(f"<td>{number}</td>" for number in [sum(numbers), *numbers])
    words = title(room).replace(".", ".<wbr>")  # on a narrow screen a line ends at a dot
    return f"<tr><td><code>{words}</code></td>{cells}</tr>"


def _part(
    language: str, room: str, offered: list[str], elsewhere: dict[str, str], reasons: dict[str, list[str]]
) -> str:
    _, _, here, other, _, comma = WORDS[language]
    paragraphs = [_paragraph(here, offered, comma)]
    if elsewhere:
        paragraphs.append(_paragraph(other, [f"{name} → {instead}" for name, instead in elsewhere.items()], comma))
    paragraphs += [_paragraph(why, names, comma) for why, names in reasons.items()]
    return f'<details class="names"><summary><code>{title(room)}</code></summary>{"".join(paragraphs)}</details>\n'


def _paragraph(head: str, names: list[str], comma: str) -> str:
    listed = comma.join(f"<code>{escape(name)}</code>" for name in names)
    return f"<p><strong>{escape(head)}</strong> ({len(names)}): {listed}</p>"


class PyTorchNames(SphinxDirective):
    """Stands where the page shows the names; its language is that of the page's folder."""

    def run(self) -> list[nodes.Node]:
        """Give the page's nodes."""
        return [nodes.raw("", as_html(self.env.docname.partition("/")[0]), format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("pytorch-names", PyTorchNames)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
