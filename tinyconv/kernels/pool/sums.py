"""The sums of windows, one axis after the other, and what an average divides them by."""

from __future__ import annotations

import math
import operator
from typing import Any

from ...backend import Array, get_array_module
from ...errors import refusal
from ..geometry import Ints, PoolGeometry
from ..sums import sum_dtype
from .windows import BATCH, Slices, axis_taps, outer, positions

__all__ = ["window_divisor", "window_spread", "window_sum"]


def _along(axis: int, part: slice) -> Slices:
    """An index that cuts `part` out of one spatial axis."""
    return BATCH + (slice(None),) * axis + (part,)


def _resized(array: Array, axis: int, size: int) -> Ints:
    """The shape of `array` with another size along one spatial axis."""
    return array.shape[: axis + 2] + (size,) + array.shape[axis + 3 :]


def window_sum(x: Array, geometry: PoolGeometry) -> Array:
    """Add up each window, padding counting as 0.

    A sum over a box is a sum along one axis after the other: ``k_h + k_w`` additions, not ``k_h*k_w``.

    Parameters
    ----------
    x : array
        ``(N, C, *D)``.
    geometry : PoolGeometry
        The windows.

    Returns
    -------
    array
        ``(N, C, *O)``; divide by :func:`window_divisor` for the average.

    Examples
    --------
    >>> import numpy as np
    >>> from tinyconv.kernels.geometry import pool_geometry
    >>> window_sum(np.array([[[1., 2., 4., 8.]]]), pool_geometry((4,), 3, stride=1))
    array([[[ 7., 14.]]])
    """
    xp = get_array_module(x)
    y = x.astype(sum_dtype(x), copy=False)
    for axis, o in enumerate(geometry.output_size):
        part, y = y, xp.zeros(_resized(y, axis, o), dtype=y.dtype)
        for _, windows, cells in axis_taps(geometry, axis):
            y[_along(axis, windows)] += part[_along(axis, cells)]
    return y.astype(x.dtype, copy=False)


def window_spread(gy: Array, geometry: PoolGeometry) -> Array:
    """Add each window's value to all of its cells: the adjoint of :func:`window_sum`.

    Parameters
    ----------
    gy : array
        ``(N, C, *O)``.
    geometry : PoolGeometry
        The windows.

    Returns
    -------
    array
        ``(N, C, *D)``.

    Examples
    --------
    >>> import numpy as np
    >>> from tinyconv.kernels.geometry import pool_geometry
    >>> window_spread(np.array([[[1., 10.]]]), pool_geometry((4,), 3, stride=1))
    array([[[ 1., 11., 11., 10.]]])
    """
    xp = get_array_module(gy)
    gx = gy.astype(sum_dtype(gy), copy=False)
    for axis, i in enumerate(geometry.input_size):
        part, gx = gx, xp.zeros(_resized(gx, axis, i), dtype=gx.dtype)
        for _, windows, cells in axis_taps(geometry, axis):
            gx[_along(axis, cells)] += part[_along(axis, windows)]
    return gx.astype(gy.dtype, copy=False)


def window_divisor(
    geometry: PoolGeometry,
    xp: Any,
    dtype: Any,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """Give what an average pooling divides each window's sum by.

    A window counts its cells in the padded input, or only the real ones without `count_include_pad`.
    Cells that ``ceil_mode`` reaches beyond the padding never count.

    Parameters
    ----------
    geometry : PoolGeometry
        The windows.
    xp : module
        The namespace to make the result in.
    dtype : dtype
        Its type.
    count_include_pad : bool
        Whether padding counts.
    divisor_override : int, optional
        The divisor of every window instead.

    Returns
    -------
    float or array
        One number when all windows agree, else an array of shape ``O``.  At least 1: a window with
        nothing to count has the sum, and the average, 0.

    Raises
    ------
    RuntimeError
        If `divisor_override` is 0.

    Examples
    --------
    >>> import numpy as np
    >>> from tinyconv.kernels.geometry import pool_geometry
    >>> g = pool_geometry((4,), 3, stride=2, padding=1, ceil_mode=True)
    >>> window_divisor(g, np, "float32")
    array([3., 3., 2.], dtype=float32)
    >>> window_divisor(g, np, "float32", count_include_pad=False)
    array([2., 3., 1.], dtype=float32)
    """
    if divisor_override is not None:
        if divisor_override == 0:
            raise refusal("pool.divisor", "avg_pool")
        return float(divisor_override)
    has_padding = any(lo or hi for lo, hi in geometry.padding)
    if not any(geometry.reach) and (count_include_pad or not has_padding):
        return float(math.prod(geometry.kernel_size))
    counts = []
    for i, (lo, hi), (first, step) in zip(geometry.input_size, geometry.padding, positions(geometry, xp)):
        begin, end = (-lo, i + hi) if count_include_pad else (0, i)
        cells = first[:, None] + step
        counts.append(((cells >= begin) & (cells < end)).sum(axis=1))
    return xp.maximum(outer(operator.mul, counts), 1).astype(dtype)
