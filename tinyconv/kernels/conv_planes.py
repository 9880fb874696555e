"""Convolution *by planes*, where an output row is too short for an efficient product.

With the lowered memory ``B[(j, c), h, q]``, rows follow one another, and all output rows are one wide
matrix: ``y = sum_i W[i] @ B[:, rows i*d and on]``, one product per kernel row ``i``.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .gemm import multiply
from .geometry import Ints
from .lowering import Tile, Walk, is_flat, lower, tile_extent, tile_work, tiles_of
from .pieces import length
from .scratch import scratch
from .sums import sum_dtype
from .threads import parallel_for

__all__ = ["Band", "bands_of", "convolve_by_planes", "lowered_plane"]


class Band(NamedTuple):
    """Input rows lowered once, and the kernel rows that read them.

    Kernel row ``i`` reads, for output row ``p``, lowered row ``p + leads[i]``.

    Examples
    --------
    >>> Band(Walk(1, 1, 0), {0: 0, 1: 1, 2: 2}).halo
    2
    """

    walk: Walk
    leads: dict[int, int]

    @property
    def halo(self) -> int:
        """How many rows more than the output's are lowered."""
        return max(self.leads.values())


def bands_of(walk: Walk, kernel: int) -> list[Band]:
    """Kernel row ``i`` reads input row ``p*stride + i*dilation + offset``.

    Rows with one remainder modulo the stride follow one another, so they share a band.

    Examples
    --------
    >>> [band.leads for band in bands_of(Walk(stride=2, dilation=1, offset=0), kernel=3)]
    [{0: 0, 2: 1}, {1: 0}]
    """
    bands = []
    starts = [i * walk.dilation + walk.offset for i in range(kernel)]
    for remainder in sorted({start % walk.stride for start in starts}):
        leads = {i: start // walk.stride for i, start in enumerate(starts) if start % walk.stride == remainder}
        first = min(leads.values())
        leads = {i: lead - first for i, lead in leads.items()}
        bands.append(Band(Walk(walk.stride, 1, first * walk.stride + remainder), leads))
    return bands


def convolve_by_planes(x: np.ndarray, w: np.ndarray, walks: list[Walk], b: np.ndarray | None, y: np.ndarray) -> None:
    """``y[n, g] = sum_i w[g, i] @ lowered rows``: products of whole planes, added up over the kernel rows.

    Examples
    --------
    >>> x = np.array([1.0, 2, 4, 8]).reshape(1, 1, 1, 1, 4)  # (n, g, c, h, q)
    >>> w = np.array([1.0, 10]).reshape(1, 1, 1, 1, 2)  # (g, o, c, i, j)
    >>> y = np.empty((1, 1, 1, 1, 3))
    >>> convolve_by_planes(x, w, [Walk(1, 1, 0), Walk(1, 1, 0)], None, y)
    >>> y.ravel()
    array([21., 42., 84.])
    """
    kernel, o, dtype = w.shape[3:], w.shape[1], sum_dtype(x)
    bands = bands_of(walks[-2], kernel[-2])
    # (i, g, *1, o, K), with 1 for each outer axis; K runs over (*outer, j, c), as the lowered cells do
    by_row = np.moveaxis(w.astype(dtype, copy=False), (-2, 2), (0, -1))
    shape = (len(w), *[1] * (len(kernel) - 2), o, -1)
    matrices = list(np.ascontiguousarray(by_row).reshape(kernel[-2], *shape))
    depth, first = matrices[0].shape[-1], next(iter(bands[0].leads))
    if b is not None:  # one more column, which meets a row of ones
        matrices[first] = np.concatenate([matrices[first], b.reshape(shape)], axis=-1)
    halo = max(band.halo for band in bands)
    cell_bytes = (depth + 2 * o) * dtype.itemsize
    work = tile_work(y, w.shape[2], kernel)
    tiles = tiles_of(y.shape, tile_extent(y.shape, cell_bytes, work, 1, halo))

    def body(i: int) -> None:
        tile = tiles[i]
        target = tile.of(y)
        direct = target.dtype == dtype and is_flat(target)
        product = (target if direct else scratch("product", target.shape, dtype)).reshape(*target.shape[:-2], -1)
        for band in bands:
            lowered, pitch = lowered_plane(x, band, kernel, walks, tile, dtype, ones=b is not None)
            for row, lead in band.leads.items():
                matrix = matrices[row][tile.groups]
                cells = lowered[..., : matrix.shape[-1], lead * pitch : lead * pitch + product.shape[-1]]
                multiply(matrix, cells, product, add=row != first)
        if not direct:
            target[...] = product.reshape(target.shape)

    parallel_for(len(tiles), body, work)


def lowered_plane(
    x: np.ndarray,
    band: Band,
    kernel: Ints,
    walks: Sequence[Walk],
    tile: Tile,
    dtype: np.dtype,
    ones: bool = False,
) -> tuple[np.ndarray, int]:
    """Lower a tile's band: ``(n, g, *outer, K, rows * columns)``, and the cells of one row.

    `ones` appends a row of ones to the K others.

    Examples
    --------
    >>> x, first = np.array([1.0, 2, 4]).reshape(1, 1, 1, 1, 3), slice(0, 1)
    >>> walks, tile = [Walk(1, 1, 0)] * 2, Tile(first, first, (), first, slice(0, 2))
    >>> lowered, pitch = lowered_plane(x, bands_of(walks[0], 1)[0], (1, 2), walks, tile, x.dtype)
    >>> lowered[0, 0], pitch
    (array([[1., 2.],
           [2., 4.]]), 2)
    """
    taps = list(itertools.product(*map(range, kernel[:-2]), range(1), range(kernel[-1])))
    c, rows, columns = x.shape[2], length(tile.rows) + band.halo, length(tile.columns)
    depth = len(taps) * c
    buffer = scratch("lowered", (*tile.batch, depth + ones, rows, columns), dtype)
    cells = buffer[..., :depth, :, :].reshape(*tile.batch, len(taps), c, rows, columns)
    n, g, *outer, tap, channel, h, q = range(cells.ndim)
    cells = cells.transpose(tap, n, g, channel, *outer, h, q)
    lower(cells, x, taps, [*walks[:-2], band.walk, walks[-1]], tile, tile.rows.start)
    buffer[..., depth:, :, :] = 1
    return buffer.reshape(*buffer.shape[:-2], -1), columns
