"""Convolution *by rows*, for wide outputs: one matrix product per output row.

The rows that output row ``p`` needs, ``p*s ... p*s + k - 1``, lie one after the other in the lowered memory
``B[h, (j, c), q]``, so the matrix ``V[p] = B[p*s : p*s + k]`` is a view, and ``y[:, p] = W @ V[p]`` [1]_.
Neighbouring matrices overlap; nothing is copied twice for it.  ``np.matmul`` runs over all ``p`` in C.

.. [1] M. Cho and D. Brand, "MEC: Memory-efficient Convolution for Deep Neural Network",
   arXiv:1706.06873, 2017.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.lib.stride_tricks import as_strided

from . import tuning
from .gemm import multiply
from .geometry import Ints
from .lowering import Tile, Walk, lower, tile_extent, tile_work, tiles_of
from .pieces import length
from .scratch import scratch
from .sums import sum_dtype
from .threads import parallel_for

__all__ = ["convolve_by_rows", "rows_overlap"]


def rows_overlap(walk: Walk, kernel: int) -> bool:
    """Do kernel rows that follow one another read input rows that do, and share some with the next output row?

    Examples
    --------
    >>> rows_overlap(Walk(stride=2, dilation=1, offset=0), 3), rows_overlap(Walk(2, 1, 0), 2)
    (True, False)
    """
    return walk.dilation == 1 and walk.stride < kernel


def convolve_by_rows(x: np.ndarray, w: np.ndarray, walks: list[Walk], b: np.ndarray | None, y: np.ndarray) -> None:
    """``y[n, g, :, p] = w[g] @ V[p]`` for every output row ``p``; rows must overlap (:func:`rows_overlap`).

    Examples
    --------
    >>> x = np.array([1.0, 2, 4, 8]).reshape(1, 1, 1, 2, 2)  # (n, g, c, h, q)
    >>> w = np.array([1.0, 10]).reshape(1, 1, 1, 2, 1)  # (g, o, c, i, j)
    >>> y = np.empty((1, 1, 1, 1, 2))
    >>> convolve_by_rows(x, w, [Walk(1, 1, 0), Walk(1, 1, 0)], None, y)
    >>> y.ravel()
    array([41., 82.])
    """
    kernel, dtype, step = w.shape[3:], sum_dtype(x), walks[-2].stride
    halo = kernel[-2] - step
    walks = [*walks[:-2], Walk(1, 1, walks[-2].offset), walks[-1]]  # every row is lowered, once
    taps = list(itertools.product(*map(range, kernel[:-2]), range(1), range(kernel[-1])))
    # K runs as the lowered rows do, over (i, *outer, j, c); a column of it in one piece, as a small GEMM reads it
    by_row = np.moveaxis(w.astype(dtype, copy=False), (-2, 2, 1), (1, -2, -1))
    shape = (len(w), *[1] * (len(kernel) - 1), -1, w.shape[1])  # 1 for each outer axis, and for the output rows
    matrices = np.ascontiguousarray(by_row).reshape(shape).swapaxes(-1, -2)
    cell_bytes = (len(taps) * w.shape[2] + w.shape[1]) * dtype.itemsize
    work = tile_work(y, w.shape[2], kernel)
    tiles = tiles_of(y.shape, tile_extent(y.shape, cell_bytes, work, step, halo))

    def body(i: int) -> None:
        tile = tiles[i]
        target = tile.of(y)
        o, rows, columns = target.shape[-3:]
        product = target
        if y.dtype != dtype or y.strides[-1] != dtype.itemsize:
            product = scratch("product", (*tile.batch, rows, o, columns), dtype).swapaxes(-3, -2)
        lowered = _lowered_rows(x, taps, walks, tile, (tile.rows.start * step, rows * step + halo), dtype)
        *batch_steps, h_step, _, c_step, q_step = lowered.strides
        shape, steps = (*tile.batch, rows, matrices.shape[-1], columns), (*batch_steps, step * h_step, c_step, q_step)
        multiply(matrices[tile.groups], as_strided(lowered, shape, steps), product.swapaxes(-3, -2))
        if b is not None:
            product += b[tile.groups].reshape(-1, *[1] * len(tile.outer), o, 1, 1)
        if product is not target:
            target[...] = product

    parallel_for(len(tiles), body, work)


def _lowered_rows(
    x: np.ndarray, taps: list[Ints], walks: list[Walk], tile: Tile, band: tuple[int, int], dtype: np.dtype
) -> np.ndarray:
    """Lower `band` (first row, rows) for a tile: ``(n, g, *outer, h, taps, c, q)``.

    Each row starts a cache line, and not at a multiple of four lines, for such rows share few places
    of a cache.
    """
    first, rows = band
    columns = length(tile.columns)
    lines = -(-columns * dtype.itemsize // tuning.LINE_BYTES)
    lines += lines % 4 == 0
    pitch = lines * tuning.LINE_BYTES // dtype.itemsize
    buffer = scratch("lowered", (*tile.batch, rows, len(taps), x.shape[2], pitch), dtype)[..., :columns]
    n, g, *outer, h, tap, channel, q = range(buffer.ndim)
    lower(buffer.transpose(tap, n, g, channel, *outer, h, q), x, taps, walks, tile, first)
    return buffer
