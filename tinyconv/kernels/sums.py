"""Sums that keep their digits: the type in which values are added, and the order."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..backend import Array, get_array_module
from . import tuning
from .pieces import axis_pieces
from .threads import parallel_passes

__all__ = ["add_up", "sum_dtype", "sum_of_squares"]


def sum_dtype(array: Array) -> np.dtype:
    """Give the type to add values of `array` in: float16 would lose digits with every term (2048 + 1 is 2048).

    A sum of float16 is taken in float32, which BLAS knows too, and rounded once.

    Examples
    --------
    >>> import numpy as np
    >>> sum_dtype(np.ones(3, dtype="float16"))
    dtype('float32')
    """
    return np.dtype("float32") if array.dtype == "float16" else array.dtype


def add_up(x: Array, axes: Sequence[int] | None = None, keepdims: bool = False) -> Array:
    """Add up the values of `x` over `axes` so that the digits of a long float32 sum are kept.

    NumPy adds in pairs, and pairs of pairs, only along the axis that is innermost in memory.  Along
    any other axis it adds row after row to one total, and once that is 2**24 times as large as a
    value, the value is lost.  Here the rows are added in short chains, and the chains' totals
    again in short chains; the error grows with the logarithm of their number.

    A GPU adds in a tree by itself; float64 and integers are left to NumPy.

    Parameters
    ----------
    x : array
        Of any layout.
    axes : sequence of int, optional
        All of them by default.
    keepdims : bool
        Whether the summed axes stay, with length 1.

    Returns
    -------
    array
        Of the type that :func:`sum_dtype` gives.

    Examples
    --------
    >>> import numpy as np
    >>> ones = np.broadcast_to(np.float32(1), (1 << 25, 2))
    >>> ones.sum(axis=0).tolist(), add_up(ones, (0,)).tolist()
    ([16777216.0, 16777216.0], [33554432.0, 33554432.0])
    """
    axes = tuple(range(x.ndim) if axes is None else axes)
    if sum_dtype(x) != np.float32 or not isinstance(x, np.ndarray):
        return get_array_module(x).sum(x, axis=axes, keepdims=keepdims, dtype=sum_dtype(x))
    if x.size <= tuning.SMALL_SUM:
        return x.sum(axes, dtype=np.float64, keepdims=keepdims).astype(np.float32)
    axes = tuple(axis % x.ndim for axis in axes)
    if x.size > tuning.SHARED_SUM:
        return _shared_sum(x, axes, keepdims)
    return _sum(x, axes, keepdims)


def _shared_sum(x: np.ndarray, axes: tuple[int, ...], keepdims: bool) -> np.ndarray:
    """Cut along the axis with the longest step in memory, for threads; where it is summed, add the parts up."""
    axis = max(range(x.ndim), key=lambda axis: abs(x.strides[axis]) * (x.shape[axis] > 1))
    parts = axis_pieces(x.shape[axis], x.size, tuning.SHARED_SUM)
    sums: list[np.ndarray] = [x] * len(parts)

    def body(i: int) -> None:
        sums[i] = _sum(x[(slice(None),) * axis + (parts[i],)], axes, keepdims=True)

    parallel_passes(len(parts), body, tuning.PASS_WORK * x.size)
    total = np.concatenate(sums, axis)  # host: a GPU's sum is never cut
    total = _sum(total, (axis,), keepdims=True) if axis in axes else total
    return total if keepdims else total.reshape([n for i, n in enumerate(x.shape) if i not in axes])


def _sum(x: np.ndarray, axes: tuple[int, ...], keepdims: bool) -> np.ndarray:
    innermost = x.flags.c_contiguous and min(axes, default=0) == x.ndim - len(axes)
    x = x.astype(np.float32, copy=False)
    if innermost or math.prod(x.shape[axis] for axis in axes) < 2 * tuning.SUM_CHAIN:
        return x.sum(axes, keepdims=keepdims)
    return _in_memory_order(x, axes, keepdims)


def _in_memory_order(x: np.ndarray, axes: tuple[int, ...], keepdims: bool) -> np.ndarray:
    """Sum over `axes`, those with the shortest step in memory first."""
    order = sorted(range(x.ndim), key=lambda axis: -abs(x.strides[axis]))
    kept = [axis for axis in order if axis not in axes]
    y, summed = _merged(x.transpose(order), [axis in axes for axis in order])
    for axis in reversed(range(len(summed))):
        if summed[axis]:
            y = y.sum(axis) if axis == y.ndim - 1 else _add_rows(y, axis)
    y = y.astype(np.float32, copy=False).reshape([x.shape[axis] for axis in kept])
    y = y.transpose(sorted(range(len(kept)), key=kept.__getitem__))
    return y.reshape([1 if i in axes else n for i, n in enumerate(x.shape)]) if keepdims else y


def _merged(x: np.ndarray, summed: list[bool]) -> tuple[np.ndarray, list[bool]]:
    """Make one axis of neighbours that lie in memory without a gap and are both summed or both kept."""
    shape: list[int] = []
    marks: list[bool] = []
    step = 0
    for length, stride, mark in zip(x.shape, x.strides, summed):
        if length == 1:
            continue
        if marks and marks[-1] == mark and step == length * stride:
            shape[-1] *= length
        else:
            shape.append(length)
            marks.append(mark)
        step = stride
    return x.reshape(shape), marks


def _add_rows(x: np.ndarray, axis: int) -> np.ndarray:
    """Sum over an axis with others inside it: in chains of rows side by side, then over the chains."""
    outer, rows, inner = x.shape[:axis], x.shape[axis], x.shape[axis + 1 :]
    if x.size <= tuning.SMALL_SUM:
        return x.sum(axis, dtype=np.float64)
    if rows < 2 * tuning.SUM_CHAIN:
        return x.sum(axis)
    side_by_side = max(1, tuning.SUM_CELLS // math.prod(inner))
    blocks = max(1, rows // (tuning.SUM_CHAIN * side_by_side))
    chains = rows // (tuning.SUM_CHAIN * blocks) * blocks
    whole = rows // chains * chains
    before = (slice(None),) * axis
    chained = x[before + (slice(whole),)].reshape(*outer, blocks, whole // chains, chains // blocks, *inner)
    result = _add_rows(chained.sum(axis + 1).reshape(*outer, chains, *inner), axis)
    return result + _add_rows(x[before + (slice(whole, rows),)], axis) if whole < rows else result


def sum_of_squares(x: Array) -> Array:
    """Sum the squares of all values of `x`: BLAS multiplies short rows by themselves, and their products are added.

    One long product of BLAS loses digits as a long chain of rows does.

    Examples
    --------
    >>> import numpy as np
    >>> float(sum_of_squares(np.array([3.0, 4.0])))
    25.0
    """
    xp = get_array_module(x)
    if xp is not np or x.size <= 2 * tuning.SQUARES:
        return xp.vdot(x, x)
    flat = x.reshape(-1)
    whole = x.size // tuning.SQUARES * tuning.SQUARES
    rows, rest = flat[:whole].reshape(-1, 1, tuning.SQUARES), flat[whole:]
    return (rows @ rows.swapaxes(1, 2)).sum(dtype=np.float64) + rest @ rest
