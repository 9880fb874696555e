"""Adaptive pooling: bins that divide an axis as evenly as possible, one axis after the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ...backend import Array, get_array_module
from ...errors import refusal
from ..geometry import show_size
from ..sums import add_up, sum_dtype

__all__ = ["adaptive_avg_pool", "adaptive_avg_pool_grad", "adaptive_max_pool"]


def _check_bins(input_size: Sequence[int]) -> None:
    if 0 in input_size:
        raise refusal("pool.empty", "adaptive_pool", size=show_size(input_size))


def _bins(cells: int, bins: int, xp: Any) -> tuple[Array, Array]:
    """Where the bins of an axis start and how long they are.

    Bin ``j`` of ``o`` over ``i`` cells runs from ``floor(j*i/o)`` up to ``ceil((j+1)*i/o)``.
    """
    j = xp.arange(bins, dtype="int64")
    starts = j * cells // max(bins, 1)
    return starts, -(-(j + 1) * cells // max(bins, 1)) - starts


def _binned(x: Array, axis: int, bins: int) -> tuple[Array, Array]:
    """The cells of each bin, and which of them are its own: in place of the axis, two, bins and cells.

    Bins differ in length by 2 at most; a shorter one repeats its last cell.
    """
    xp, size = get_array_module(x), x.shape[axis]
    if bins and size % bins == 0:  # no copy
        shape = x.shape[:axis] + (bins, size // bins) + x.shape[axis + 1 :]
        return x.reshape(shape), xp.ones((1,) * (x.ndim - axis + 1), dtype=bool)
    starts, lengths = (array[:, None] for array in _bins(size, bins, xp))
    tap = xp.arange(min(size, size // max(bins, 1) + 2), dtype="int64")
    cells = xp.take(x, starts + xp.minimum(tap, lengths - 1), axis=axis)
    return cells, (tap < lengths).reshape((bins, len(tap)) + (1,) * (x.ndim - axis - 1))


def _bin_sums(x: Array, axis: int, bins: int) -> Array:
    """The sum of each bin along an array axis."""
    cells, own = _binned(x, axis, bins)
    if own.size > 1:
        cells = get_array_module(x).where(own, cells, x.dtype.type(0))
    return add_up(cells, (axis + 1,))


def _lengths(x: Array, axis: int, cells: int, bins: int) -> Array:
    """The lengths of the bins, to divide by along an array axis of `x`."""
    _, lengths = _bins(cells, bins, get_array_module(x))
    return lengths.astype(x.dtype).reshape((-1,) + (1,) * (x.ndim - axis - 1))


def adaptive_avg_pool(x: Array, output_size: Sequence[int]) -> Array:
    """Average over bins that divide the input as evenly as possible.

    Parameters
    ----------
    x : array
        ``(N, C, *D)``.
    output_size : sequence of int
        ``O``, the number of bins per axis.

    Returns
    -------
    array
        ``(N, C, *O)``.

    Raises
    ------
    RuntimeError
        If a spatial axis of `x` is empty.

    Examples
    --------
    >>> import numpy as np
    >>> adaptive_avg_pool(np.array([[[1., 3., 5., 7., 9.]]]), (2,))
    array([[[3., 7.]]])
    """
    _check_bins(x.shape[2:])
    y = x.astype(sum_dtype(x), copy=False)
    for axis, bins in enumerate(output_size, start=2):
        y = _bin_sums(y, axis, bins) / _lengths(y, axis, y.shape[axis], bins)
    return y.astype(x.dtype, copy=False)


def adaptive_avg_pool_grad(gy: Array, input_size: Sequence[int]) -> Array:
    """Share each bin's value among its cells: the adjoint of :func:`adaptive_avg_pool`.

    Cell ``c`` of ``i`` lies in the bins from ``floor(c*o/i)`` up to ``ceil((c+1)*o/i)``: the bins of the
    bins are the cells, and what a cell receives is a sum over such a bin.

    Parameters
    ----------
    gy : array
        ``(N, C, *O)``.
    input_size : sequence of int
        ``D``.

    Returns
    -------
    array
        ``(N, C, *D)``.

    Examples
    --------
    >>> import numpy as np
    >>> adaptive_avg_pool_grad(np.array([[[3., 6.]]]), (5,))
    array([[[1., 1., 3., 2., 2.]]])
    """
    _check_bins(input_size)
    gx = gy.astype(sum_dtype(gy), copy=False)
    for axis, cells in enumerate(input_size, start=2):
        gx = _bin_sums(gx / _lengths(gx, axis, cells, gx.shape[axis]), axis, cells)
    return gx.astype(gy.dtype, copy=False)


def adaptive_max_pool(x: Array, output_size: Sequence[int]) -> tuple[Array, Array]:
    """Take the largest cell of each bin, with its flat index.

    The last axis is reduced first, so that of equal cells the first in C order wins.

    Parameters
    ----------
    x : array
        ``(N, C, *D)``.
    output_size : sequence of int
        ``O``, the number of bins per axis; see :func:`adaptive_avg_pool`.

    Returns
    -------
    y : array
        ``(N, C, *O)``.
    indices : array of int64
        ``(N, C, *O)``, for :func:`take_flat`, :func:`put_flat` and :func:`unpool`.

    Raises
    ------
    RuntimeError
        If a spatial axis of `x` is empty.

    Examples
    --------
    >>> import numpy as np
    >>> adaptive_max_pool(np.array([[[1., 3., 9., 7., 2.]]]), (2,))
    (array([[[9., 9.]]]), array([[[2, 2]]]))
    """
    xp, size = get_array_module(x), x.shape[2:]
    _check_bins(size)
    indices = xp.broadcast_to(xp.arange(math.prod(size), dtype="int64").reshape(size), x.shape)
    for axis, bins in reversed(list(enumerate(output_size, start=2))):
        starts, _ = _bins(x.shape[axis], bins, xp)
        cells, _ = _binned(x, axis, bins)  # a repeated cell is never the first of its value
        at = cells.argmax(axis=axis + 1) + starts.reshape((-1,) + (1,) * (x.ndim - axis - 1))
        x, indices = xp.take_along_axis(x, at, axis), xp.take_along_axis(indices, at, axis)
    return x, indices
