"""Convolution *by rows*, for wide outputs: one matrix product per output row.

The rows that output row ``p`` needs, ``p*s ... p*s + k - 1``, lie one after the other in the lowered memory
``B[h, (j, c), q]``, so the matrix ``V[p] = B[p*s : p*s + k]`` is a view, and ``y[:, p] = W @ V[p]`` [1]_.
Neighbouring matrices overlap; nothing is copied twice for it.  ``np.matmul`` runs over all ``p`` in C.

.. [1] M. Cho and D. Brand, "MEC: Memory-efficient Convolution for Deep Neural Network",
   arXiv:1706.06873, 2017.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import as_strided

from . import tuning
from .gemm import multiply
from .geometry import Ints
from .lowering import Tile, Walk, lower, tile_extent, tiles_of
from .pieces import length
from .scratch import scratch
from .sums import sum_dtype
from .threads import parallel_for

__all__ = ["columns_are_summed", "convolve_by_rows"]


def columns_are_summed(w: np.ndarray, walks: Sequence[Walk]) -> bool:
    """Copying costs by input channel, adding by output channel: is it less to add up kernel columns?

    Examples
    --------
    >>> few_outputs = np.zeros((1, 3, 128, 3, 3))  # (g, o, c, i, j)
    >>> columns_are_summed(few_outputs, [Walk(1, 1, 0)] * 2)
    True
    """
    return walks[-1].stride == 1 and w.shape[-1] > 1 and w.shape[2] >= tuning.SUMMED * w.shape[1]


def convolve_by_rows(x: np.ndarray, w: np.ndarray, walks: list[Walk], b: np.ndarray | None, y: np.ndarray) -> None:
    """``y[n, g, :, p] = w[g] @ V[p]`` for every output row ``p``.

    Examples
    --------
    >>> x = np.array([1.0, 2, 4, 8]).reshape(1, 1, 1, 1, 4)  # (n, g, c, h, q)
    >>> w = np.array([1.0, 10]).reshape(1, 1, 1, 1, 2)  # (g, o, c, i, j)
    >>> y = np.empty((1, 1, 1, 1, 3))
    >>> convolve_by_rows(x, w, [Walk(1, 1, 0), Walk(1, 1, 0)], None, y)
    >>> y.ravel()
    array([21., 42., 84.])
    """
    kernel, dtype = w.shape[3:], sum_dtype(x)
    row_walk, row_taps = walks[-2], kernel[-2]
    # Rows overlap only where consecutive kernel rows meet consecutive input rows; else lower all taps.
    overlap = row_walk.dilation == 1 and row_walk.stride < row_taps
    copied = [range(k) for k in kernel]
    row_step, halo = 1, 0
    if overlap:
        copied[-2] = range(1)
        row_step, halo = row_walk.stride, row_taps - row_walk.stride
        walks = [*walks[:-2], Walk(1, 1, row_walk.offset), walks[-1]]
    summed = columns_are_summed(w, walks)
    column_step, reach = 0, 0
    if summed:
        copied[-1] = range(1)
        column_step, reach = walks[-1].dilation, (kernel[-1] - 1) * walks[-1].dilation
        walks = [*walks[:-1], Walk(1, 1, walks[-1].offset)]
    taps = list(itertools.product(*copied))
    matrices = _row_matrices(w.astype(dtype, copy=False), overlap, summed)
    # rows of K cells must follow one another, so planes that are summed come before them
    order = "ngthcq" if len(matrices) > 1 else "nghtcq"
    cell_bytes = (len(taps) * w.shape[2] + w.shape[1]) * dtype.itemsize
    tiles = tiles_of(y.shape, tile_extent(y.shape, cell_bytes, row_step, halo))

    def body(i: int) -> None:
        tile = tiles[i]
        target = tile.of(y)
        first, band, width = tile.rows.start * row_step, length(tile.rows) * row_step + halo, length(tile.columns)
        lowered = _lowered_rows(x, taps, walks, tile, (first, band, width + reach), order, dtype)
        product = _multiply_rows(matrices[..., tile.groups, :, :], lowered, order, (row_step, column_step), target)
        if b is not None:
            product += b[tile.groups, :, None, None]
        if product is not target:
            target[...] = product

    parallel_for(len(tiles), body, work=y.size * math.prod(w.shape[2:]))


def _lowered_rows(
    x: np.ndarray,
    taps: list[Ints],
    walks: Sequence[Walk],
    tile: Tile,
    extent: tuple[int, int, int],
    order: str,
    dtype: np.dtype,
) -> np.ndarray:
    """Lower `extent` (first row, rows, columns) into a buffer whose axes, of ``'tngchq'``, lie in `order`.

    Each row starts a cache line, and not at a multiple of four lines, for such rows share few places
    of a cache.
    """
    first_row, rows, columns = extent
    lines = -(-columns * dtype.itemsize // tuning.LINE_BYTES)
    lines += lines % 4 == 0
    sizes = {"t": len(taps), "n": length(tile.samples), "g": length(tile.groups), "c": x.shape[2], "h": rows}
    sizes["q"] = lines * tuning.LINE_BYTES // dtype.itemsize
    buffer = scratch("lowered", tuple(sizes[axis] for axis in order), dtype)[..., :columns]
    lower(buffer.transpose([order.index(axis) for axis in "tngchq"]), x, taps, walks, tile, first_row)
    return buffer


def _row_matrices(w: np.ndarray, overlap: bool, summed: bool) -> np.ndarray:
    """``(g, o, c, *outer, i, j) -> (planes, columns, g, o, K)``: the matrices whose products are added up.

    Usually there is one, and K runs as the lowered rows do: over ``(i, *outer, j, c)`` when kernel rows
    overlap, over ``(*outer, i, j, c)`` when they do not.  When kernel columns are summed there is one
    matrix for each ``(*outer, j)`` or ``(*outer, i, j)``, and K runs over what is left.
    """
    *outer, i, j = range(3, w.ndim)
    first = [*outer, j] if overlap else [*outer, i, j]
    rows = [i] if overlap else []
    axes = [*first, 0, *rows, 2, 1] if summed else [0, *rows, *first, 2, 1]
    groups, o, columns = w.shape[0], w.shape[1], w.shape[j] if summed else 1
    planes = math.prod(w.shape[axis] for axis in first[:-1]) if summed else 1
    stacked = np.ascontiguousarray(w.transpose(axes)).reshape(planes, columns, groups, -1, o)
    return stacked.swapaxes(-1, -2)  # each column in one piece of memory, as a small GEMM reads it


def _multiply_rows(
    matrices: np.ndarray, lowered: np.ndarray, order: str, steps: tuple[int, int], y: np.ndarray
) -> np.ndarray:
    """One GEMM per sample, group and output row, straight into `y` where its memory allows.

    With several matrices, the products of each with its lowered plane and columns are added up.
    """
    dtype, (planes, shifts), (row_step, column_step) = matrices.dtype, matrices.shape[:2], steps
    n, g, o, rows, columns = y.shape
    step = dict(zip(order, lowered.strides))
    product = y
    if y.dtype != dtype or y.strides[-1] != dtype.itemsize:
        product = scratch("product", (n, g, rows, o, columns), dtype).swapaxes(2, 3)
    by_row = product.swapaxes(2, 3)
    for plane, shift in itertools.product(range(planes), range(shifts)):
        source = lowered[:, :, plane] if planes > 1 else lowered
        views = as_strided(
            source[..., shift * column_step :],
            (n, g, rows, matrices.shape[-1], columns),
            (step["n"], step["g"], row_step * step["h"], step["c"], step["q"]),
        )
        multiply(matrices[plane, shift][:, None], views, by_row, add=plane + shift > 0)
    return product
