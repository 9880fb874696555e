"""A layered graph as an SVG element: boxes, curves between them, and colours for light and dark pages."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from ..errors import phrase
from .layout import Box, layered, text_width

if TYPE_CHECKING:
    from .merging import Edge, Node

__all__ = ["Picture"]

TITLE_SIZE, DETAIL_SIZE = 12.5, 10.5
BOX, LINE, LABEL, ROW_GAP, MARGIN = 26.0, 16.0, 17.0, 20.0, 16.0
FONT = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Noto Sans Mono CJK SC',monospace"
# colour names: what they are for, in light and in dark
PALETTE = {
    "page": ("#ffffff", "#16181d"),
    "ink": ("#1c2330", "#e8eaf0"),
    "faint": ("#566072", "#a9b2c3"),
    "line": ("#8791a3", "#78839a"),
    "operation": ("#eef1f6", "#2a2f3a"),
    "parameter": ("#fdeecb", "#4a3a12"),
    "leaf": ("#d9f2e0", "#173f28"),
    "module": ("#dde8fd", "#1f3358"),
    "chain": ("#f1e5fb", "#3d2a52"),
    "outside": ("none", "none"),
    "number": ("#1c2330", "#e8eaf0"),
    "grad": ("#a8480a", "#f2a766"),
}


def themed(scope: str, palette: dict[str, tuple[str, str]]) -> str:
    """The colours of one picture: dark by the system's wish, or by the page's (Jupyter, Sphinx themes).

    Examples
    --------
    >>> themed("p", {"ink": ("black", "white")})[:20]
    '.p{--ink:black;font-'
    """
    light, dark = ("".join(f"--{name}:{pair[i]};" for name, pair in palette.items()) for i in (0, 1))
    is_dark = '[data-theme="dark"],[data-jp-theme-light="false"]'
    is_light = '[data-theme="light"],[data-jp-theme-light="true"]'
    return (
        f".{scope}{{{light}font-family:{FONT}}}"
        f"@media(prefers-color-scheme:dark){{.{scope}{{{dark}}}}}"
        f":is({is_dark}) .{scope}{{{dark}}}:is({is_light}) .{scope}{{{light}}}"
    )


KINDS = ("operation", "parameter", "leaf", "module", "chain", "outside")


def _style(scope: str) -> str:
    kinds = "".join(f".{scope} .{k}{{fill:var(--{k})}}" for k in KINDS)
    return themed(scope, PALETTE) + (
        f".{scope} .page{{fill:var(--page)}}.{scope} rect.box{{stroke:var(--line)}}"
        f".{scope} rect.output{{stroke:var(--ink);stroke-width:2}}{kinds}"
        f".{scope} :is(.chain,.outside){{stroke-dasharray:5 3}}"
        f".{scope} path{{fill:none;stroke:var(--line);stroke-width:1.3}}.{scope} .tip{{fill:var(--line);stroke:none}}"
        f".{scope} .cut path{{stroke-dasharray:3 3}}"
        f".{scope} text{{fill:var(--ink);text-anchor:middle;font-size:{TITLE_SIZE}px}}"
        f".{scope} text.detail{{fill:var(--faint);font-size:{DETAIL_SIZE}px}}"
        f".{scope} text.number{{fill:var(--number)}}.{scope} text.grad{{fill:var(--grad)}}"
    )


def _clipped(text: str, length: int = 44) -> str:
    return text if len(text) <= length else text[: length - 1] + "\u2026"


def _lines(node: Node) -> list[tuple[str, str]]:
    """What stands below a box's title: each line's text and style."""
    lines = [("detail", node.detail), ("detail number", f"= {node.value}"), ("detail grad", f"grad {node.grad}")]
    wanted = (node.detail, node.value, node.grad)
    return [(style, _clipped(text)) for (style, text), each in zip(lines, wanted) if each]


class Picture:
    """Boxes with places, written as SVG.

    Parameters
    ----------
    nodes, edges : sequence of Node, of Edge
        As in a :class:`~tinyconv.explain.graph.GraphDrawing`.
    shapes : sequence of list of str
        Per node, what is written under its box.

    Examples
    --------
    >>> from tinyconv.explain.merging import Node
    >>> Picture([Node("leaf", "x", "", (0,))], [], [["(2, 3)"]]).svg()[:4]
    '<svg'
    """

    def __init__(self, nodes: Sequence[Node], edges: Sequence[Edge], shapes: Sequence[list[str]]):
        self.nodes, self.edges = nodes, edges
        self.shapes = [_clipped(" ".join(each)) for each in shapes]
        self.boxes = [Box(self._width(i)) for i in range(len(nodes))]
        names = [text_width(_clipped(nodes[e.source].title), DETAIL_SIZE) for e in edges]
        self.layout = layered(self.boxes, [(e.source, e.target) for e in edges], names)
        self.height_of = {id(box): BOX + LINE * len(_lines(node)) for box, node in zip(self.boxes, nodes)}
        self.tops, y = [], MARGIN
        for row in self.layout.rows:
            self.tops.append(y)
            y += max(self.height_of.get(id(box), 0.0) for box in row) + LABEL + ROW_GAP
        self.width, self.height = self.layout.width + 2 * MARGIN, y - ROW_GAP + MARGIN

    def _width(self, i: int) -> float:
        node = self.nodes[i]
        texts = [
            (_clipped(node.title), TITLE_SIZE),
            (self.shapes[i], DETAIL_SIZE),
            *((text, DETAIL_SIZE) for _, text in _lines(node)),
        ]
        return max(text_width(text, size) for text, size in texts) + 18

    def _bottom(self, box: Box) -> float:
        return self.tops[box.row] + self.height_of.get(id(box), 0.0)

    def svg(self) -> str:
        """Give the whole element, with its own style sheet."""
        body = [self._edge(edge, route) for edge, route in zip(self.edges, self.layout.routes)]
        body += [self._node(i) for i in range(len(self.nodes))]
        text = "".join(body)
        scope = f"tc{zlib.crc32(text.encode()):08x}"  # two pictures on one page must not share a style
        what = phrase("explain.graph", boxes=len(self.nodes), edges=len(self.edges))
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="tinyconv-graph {scope}" role="img" '
            f'width="{self.width:.0f}" height="{self.height:.0f}" viewBox="0 0 {self.width:.0f} {self.height:.0f}">'
            f"<title>{what}</title><style>{escape(_style(scope), quote=False)}</style>"
            f'<rect class="page" width="100%" height="100%" rx="6"/>{text}</svg>'
        )

    def _node(self, i: int) -> str:
        node, box, shape = self.nodes[i], self.boxes[i], self.shapes[i]
        height, y, x = self.height_of[id(box)], self.tops[box.row], box.x + MARGIN
        text = f'<text x="{x:.1f}" y="{y + 17:.1f}">{escape(_clipped(node.title))}</text>'
        for position, (style, line) in enumerate(_lines(node)):
            below = y + 33 + position * LINE
            text += f'<text class="{style}" x="{x:.1f}" y="{below:.1f}">{escape(line)}</text>'
        if shape:
            width, under = text_width(shape, DETAIL_SIZE), y + height
            text += f'<rect class="page" x="{x - width / 2:.1f}" y="{under + 3:.1f}" width="{width:.1f}" height="13"/>'
            text += f'<text class="detail" x="{x:.1f}" y="{under + 13:.1f}">{escape(shape)}</text>'
        output = " output" if node.is_output else ""
        return (
            f'<g class="node" data-members="{" ".join(map(str, node.members))}">'
            f"<title>{escape(f'{node.title} {node.detail} {shape}')}</title>"
            f'<rect class="box {node.kind}{output}" x="{x - box.width / 2:.1f}" y="{y:.1f}" rx="5" '
            f'width="{box.width:.1f}" height="{height:.1f}"/>{text}</g>'
        )

    def _edge(self, edge: Edge, route: list[Box]) -> str:
        source = self.nodes[edge.source]
        cut = route[0] is not self.boxes[edge.source]
        x, y = route[0].x + MARGIN, self._bottom(route[0])
        name = ""
        if cut:  # the source is far away: say its name
            y = self.tops[route[1].row] - LABEL - ROW_GAP
            name = f'<text class="detail" x="{x:.1f}" y="{y:.1f}">{escape(_clipped(source.title))}</text>'
            y += 4
            path = f"M{x:.1f} {y:.1f}"
        else:
            path = f"M{x:.1f} {y:.1f}V{y + LABEL:.1f}"
            y += LABEL
        for box in route[1:]:
            to_x, to_y = box.x + MARGIN, self.tops[box.row]
            middle = (y + to_y) / 2
            path += f"C{x:.1f} {middle:.1f} {to_x:.1f} {middle:.1f} {to_x:.1f} {to_y:.1f}"
            x, y = to_x, to_y
            if box is not route[-1]:  # straight through the row of a bend
                y = self.tops[box.row + 1] - ROW_GAP
                path += f"V{y:.1f}"
        tip = f'<path class="tip" d="M{x:.1f} {y:.1f}l-4 -7h8z"/>'
        title = f"{source.title} {edge.shape} to {self.nodes[edge.target].title}"
        return f'<g class="edge{" cut" * cut}"><title>{escape(title)}</title><path d="{path}"/>{tip}{name}</g>'
