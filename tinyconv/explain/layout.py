"""Where to put the boxes of a layered drawing: rows by depth, order by neighbours, places by least squares.

The method is Sugiyama's [1]_, in its simplest form: a node's row is its longest distance from the
sources; edges that span several rows get a bend in each row between; the order within a row follows the
mean position of the neighbours, swept down and up a few times; at last every box goes as close to that
mean as the boxes beside it allow.

.. [1] K. Sugiyama, S. Tagawa and M. Toda, "Methods for visual understanding of hierarchical system
   structures", IEEE Transactions on Systems, Man and Cybernetics 11(2), 1981.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

__all__ = ["Box", "Layout", "layered", "text_width"]

GAP = 22.0  # between two boxes of a row
LONGEST = 24  # an edge over more rows than this is cut, and its source is named at the target instead
SWEEPS = 4


def text_width(text: str, size: float) -> float:
    """Give a width in pixels that `text` does not exceed in any usual monospaced font.

    Latin letters are 0.60 em wide in them, Chinese ones 1 em; a little is added.

    Examples
    --------
    >>> text_width("ab", 10) < text_width("\u5377\u79ef", 10)
    True
    """
    wide = sum(unicodedata.east_asian_width(c) in "WFA" for c in text)
    return size * (0.64 * (len(text) - wide) + 1.08 * wide)


@dataclass
class Box:
    """One thing that takes part in the layout: a node, the bend of a long edge, or the name of a cut one.

    Attributes
    ----------
    width : float
        Pixels it needs.
    row : int
        Counted from the top.
    x : float
        Its centre, in pixels from the left, once laid out.

    Examples
    --------
    >>> Box(30, row=2)
    Box(width=30, row=2, x=0.0)
    """

    width: float
    row: int = 0
    x: float = 0.0
    above: list[Box] = field(default_factory=list, repr=False)
    below: list[Box] = field(default_factory=list, repr=False)


@dataclass
class Layout:
    """The result of :func:`layered`.

    Attributes
    ----------
    rows : list of list of Box
        From top to bottom, each from left to right.
    routes : list of list of Box
        Per edge, the boxes that its line goes through; one whose first box is not its source was cut.
    width : float
        From the leftmost to the rightmost edge of a box, in pixels.

    Examples
    --------
    >>> layered([Box(30), Box(50)], [], []).width
    102.0
    """

    rows: list[list[Box]]
    routes: list[list[Box]]
    width: float


def layered(boxes: Sequence[Box], edges: Sequence[tuple[int, int]], name_width: Sequence[float]) -> Layout:
    """Place boxes in rows so that every edge goes down.

    Parameters
    ----------
    boxes : sequence of Box
        In topological order; their `row` and `x` are set.
    edges : sequence of (int, int)
        Positions of source and target in `boxes`.
    name_width : sequence of float
        Per edge, the pixels for its source's name, needed if it is cut.

    Examples
    --------
    >>> a, b, c = Box(10), Box(10), Box(10)
    >>> result = layered([a, b, c], [(0, 1), (1, 2), (0, 2)], [5, 5, 5])
    >>> a.row, b.row, c.row, [len(route) for route in result.routes]
    (0, 1, 2, [2, 2, 3])
    """
    _assign_rows(boxes, edges)
    extra: list[Box] = []
    routes = [_route(boxes[s], boxes[t], width, extra) for (s, t), width in zip(edges, name_width)]
    rows: list[list[Box]] = [[] for _ in range(1 + max((box.row for box in boxes), default=0))]
    for box in [*boxes, *extra]:
        rows[box.row].append(box)
    for route in routes:
        for upper, lower in pairwise(route):
            upper.below.append(lower)
            lower.above.append(upper)
    _order(rows)
    return Layout(rows, routes, _assign_places(rows))


def _assign_rows(boxes: Sequence[Box], edges: Sequence[tuple[int, int]]) -> None:
    """Row = longest path from a source; then what has no more arrows in than out moves down to its targets.

    So a parameter, and what only reshapes it, stands beside its use and not at the top.
    """
    incoming = [0] * len(boxes)
    targets: list[list[int]] = [[] for _ in boxes]
    for box in boxes:
        box.row = 0
    for s, t in sorted(edges):  # by source: a source's row is final before it is used
        boxes[t].row = max(boxes[t].row, boxes[s].row + 1)
        incoming[t] += 1
        targets[s].append(t)
    for i in reversed(range(len(boxes))):
        if targets[i] and incoming[i] <= len(targets[i]):
            boxes[i].row = min(boxes[t].row for t in targets[i]) - 1


def _route(source: Box, target: Box, name_width: float, extra: list[Box]) -> list[Box]:
    if target.row - source.row > LONGEST:
        name = Box(name_width, target.row - 1)
        extra.append(name)
        return [name, target]
    bends = [Box(4.0, row) for row in range(source.row + 1, target.row)]
    extra.extend(bends)
    return [source, *bends, target]


def _mean(places: Sequence[float], default: float) -> float:
    return sum(places) / len(places) if places else default


def _order(rows: list[list[Box]]) -> None:
    """Sort each row by the mean position of its neighbours in the row before, downwards and upwards."""
    for row in rows:
        for position, box in enumerate(row):
            box.x = position
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for row in rows if down else reversed(rows):
            keys = {id(box): _mean([n.x for n in (box.above if down else box.below)], box.x) for box in row}
            row.sort(key=lambda box: keys[id(box)])
            for position, box in enumerate(row):
                box.x = position - (len(row) - 1) / 2  # rows of different lengths compare by their middles


def _assign_places(rows: list[list[Box]]) -> float:
    """Give every box its centre; return the width of the drawing."""
    for row in rows:
        _settle(row, [0.0] * len(row))
    for sweep in range(2 * SWEEPS):
        down = sweep % 2 == 0
        for row in rows if down else reversed(rows):
            near = [[n.x for n in (box.above if down else box.below)] for box in row]
            _settle(row, [_mean(places, box.x) for places, box in zip(near, row)])
    left = min((box.x - box.width / 2 for row in rows for box in row), default=0.0)
    right = max((box.x + box.width / 2 for row in rows for box in row), default=0.0)
    for row in rows:
        for box in row:
            box.x -= left
    return right - left


def _settle(row: list[Box], wanted: Sequence[float]) -> None:
    """Move boxes as little as possible from where they want to be, in squares, without overlap.

    With offsets ``o_i`` of tightly packed boxes this is isotonic regression of ``wanted_i - o_i``:
    neighbours that are in the wrong order are pooled, and a pool sits at its mean.
    """
    offsets, edge = [], 0.0
    for box in row:
        offsets.append(edge + box.width / 2)
        edge += box.width + GAP
    pools: list[tuple[float, int]] = []  # (sum, count)
    for want, offset in zip(wanted, offsets):
        pools.append((want - offset, 1))
        while len(pools) > 1 and pools[-2][0] * pools[-1][1] >= pools[-1][0] * pools[-2][1]:
            (s, n), (t, m) = pools.pop(-2), pools.pop()
            pools.append((s + t, n + m))
    shifts = [total / count for total, count in pools for _ in range(count)]
    for box, shift, offset in zip(row, shifts, offsets):
        box.x = shift + offset
