"""Tiles of a convolution's output, and the input cells they read, copied side by side ("lowered").

A *tap* is a place of the kernel; a *walk* says which input cell it reads from each output cell.  The
convolutions of :mod:`.conv_cpu` multiply matrices with what is lowered here.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from . import tuning
from .geometry import Ints
from .pieces import length, longest, pieces

__all__ = ["Extent", "Tile", "Walk", "is_flat", "lower", "tile_extent", "tile_work", "tiles_of"]


class Walk(NamedTuple):
    """Along one axis, cell ``p`` under tap ``t`` reads input cell ``p*stride + t*dilation + offset``.

    Examples
    --------
    >>> Walk(stride=2, dilation=1, offset=-1)
    Walk(stride=2, dilation=1, offset=-1)
    """

    stride: int
    dilation: int
    offset: int


class Tile(NamedTuple):
    """A piece of the output: slices of all its axes but the channels'.

    Examples
    --------
    >>> first = slice(0, 1)
    >>> Tile(first, first, (slice(0, 2),), first, slice(2, 5)).of(np.zeros((1, 1, 8, 3, 4, 6))).shape
    (1, 1, 2, 8, 1, 3)
    """

    samples: slice
    groups: slice
    outer: tuple[slice, ...]
    rows: slice
    columns: slice

    @property
    def batch(self) -> Ints:
        """How many samples, groups and outer cells: as many matrices."""
        return length(self.samples), length(self.groups), *map(length, self.outer)

    def of(self, y: np.ndarray) -> np.ndarray:
        """Its part of ``y (n, g, o, *outer, h, q)``, as matrices ``(n, g, *outer, o, h, q)``."""
        index: Any = (self.samples, self.groups, slice(None), *self.outer, self.rows, self.columns)
        outer = range(3, 3 + len(self.outer))
        return y[index].transpose(0, 1, *outer, 2, -2, -1)


class Extent(NamedTuple):
    """How much of each axis one tile takes.

    Examples
    --------
    >>> Extent(samples=2, groups=1, outer=(), rows=8, columns=30).rows
    8
    """

    samples: int
    groups: int
    outer: Ints
    rows: int
    columns: int


def tile_extent(y_shape: Ints, cell_bytes: int, work: int, row_step: int = 1, halo: int = 0) -> Extent:
    """Fill the tile's memory with columns, then rows, then groups, then outer cells, then samples.

    `cell_bytes` are taken per output cell and group; a tile of ``r`` rows lowers ``r*row_step + halo`` rows of them.
    `work` is that of all tiles together: where only one axis is cut, into how many pieces (:func:`.pieces.shares`).

    Examples
    --------
    >>> tile_extent((1, 1, 64, 1000, 1000), cell_bytes=256, work=0)
    Extent(samples=1, groups=1, outer=(), rows=32, columns=1000)
    """
    samples, groups, _, *all_outer, all_rows, all_columns = y_shape
    sizes = [*all_outer[::-1], samples]
    alone = work if set(sizes) | {groups} == {1} else 0  # nothing else is there to be cut
    columns = min(all_columns, max(tuning.LINE_CELLS, tuning.TILE_BYTES // ((row_step + halo) * cell_bytes)))
    if all_rows == 1:
        columns = longest(all_columns, columns, alone)
    row_bytes = columns * cell_bytes
    room = (tuning.TILE_BYTES // row_bytes - halo) // row_step if columns == all_columns else 1
    rows = longest(all_rows, max(4 * halo, room, 1), alone)
    tile_bytes = row_bytes * (rows * row_step + halo)
    together = min(groups, max(1, tuning.TILE_BYTES // tile_bytes)) if rows == all_rows else 1
    tile_bytes *= together
    if together < groups:
        return Extent(1, together, (1,) * len(all_outer), rows, columns)
    whole = rows == all_rows and columns == all_columns
    taken: list[int] = []
    for axis, cells in enumerate(sizes):
        last = set(sizes[axis + 1 :]) <= {1}  # the last axis that can be cut, where none is yet
        room = max(1, tuning.TILE_BYTES // tile_bytes)
        taken.append(longest(cells, room, work if whole and last else 0))
        tile_bytes *= taken[-1]
        whole = whole and taken[-1] == cells
    return Extent(taken[-1], together, tuple(taken[-2::-1]), rows, columns)


def tile_work(y: np.ndarray, channels: int, kernel: Ints) -> int:
    """Multiplications, and as many as take as long as lowering the input and adding up kernel rows.

    `y` is the output ``(n, g, o, *outer, h, q)``, and `channels` are those that each of its cells reads.

    Examples
    --------
    >>> tile_work(np.empty((1, 1, 32, 10, 10)), channels=8, kernel=(3, 3))
    422400
    """
    outputs, taps = y.shape[2], math.prod(kernel)
    lowered, added = channels * taps // kernel[-2], outputs * kernel[-2]
    return y.size // outputs * (outputs * channels * taps + tuning.PASS_WORK * (lowered + added))


def tiles_of(y_shape: Ints, extent: Extent) -> list[Tile]:
    """Cut an output ``(n, g, o, *outer, h, q)`` into tiles.

    Examples
    --------
    >>> len(tiles_of((2, 1, 8, 9, 7), Extent(samples=1, groups=1, outer=(), rows=3, columns=7)))
    6
    """
    outer = itertools.product(*map(pieces, y_shape[3:-2], extent.outer))
    return [
        Tile(*tile)
        for tile in itertools.product(
            pieces(y_shape[0], extent.samples),
            pieces(y_shape[1], extent.groups),
            outer,
            pieces(y_shape[-2], extent.rows),
            pieces(y_shape[-1], extent.columns),
        )
    ]


def _seen(walk: Walk, tap: int, first: int, count: int, size: int) -> tuple[slice, slice] | None:
    """Which of `count` cells from `first` on read inside the input, and what they read.

    None when all of them read padding.
    """
    start = first * walk.stride + tap * walk.dilation + walk.offset
    lo = max(0, -(start // walk.stride))
    hi = min(count, (size - 1 - start) // walk.stride + 1)
    if hi <= lo:
        return None
    source = slice(start + lo * walk.stride, start + (hi - 1) * walk.stride + 1, walk.stride)
    return slice(lo, hi), source


def lower(into: np.ndarray, x: np.ndarray, taps: list[Ints], walks: Sequence[Walk], tile: Tile, first_row: int) -> None:
    """Copy ``into[t, n, g, c, *outer, h, q]`` from the input cell that tap ``t`` of row ``h``, column ``q`` reads.

    Examples
    --------
    >>> x = np.arange(1, 5).reshape(1, 1, 1, 1, 4)
    >>> everything = slice(0, 1)
    >>> tile = Tile(everything, everything, (), everything, slice(0, 4))
    >>> into = np.empty((3, 1, 1, 1, 1, 4), int)
    >>> lower(into, x, [(0, 0), (0, 1), (0, 2)], [Walk(1, 1, 0), Walk(1, 1, -1)], tile, first_row=0)
    >>> into[:, 0, 0, 0, 0]
    array([[0, 1, 2, 3],
           [1, 2, 3, 4],
           [2, 3, 4, 0]])
    """
    first = (*(cells.start for cells in tile.outer), first_row, tile.columns.start)
    count = into.shape[4:]
    seen = [list(map(_seen, walks, tap, first, count, x.shape[3:])) for tap in taps]
    if any(axis is None or length(axis[0]) < n for axes in seen for n, axis in zip(count, axes)):
        into.fill(0)  # all of it at once, which is faster than its thin borders one by one
    for copy, axes in zip(into, seen):
        inside = [axis for axis in axes if axis is not None]
        if len(inside) == len(axes):
            cells, sources = zip(*inside)
            read = (tile.samples, tile.groups, slice(None), *sources)
            copy[(slice(None),) * 3 + cells] = x[read]


def is_flat(plane: np.ndarray) -> bool:
    """Do the rows of ``(..., h, q)`` follow one another in memory?

    Examples
    --------
    >>> is_flat(np.zeros((4, 6))), is_flat(np.zeros((4, 6))[:, :5])
    (True, False)
    """
    row_follows_row = plane.strides[-2] == plane.strides[-1] * plane.shape[-1] or plane.shape[-2] == 1
    return plane.strides[-1] == plane.itemsize and row_follows_row
