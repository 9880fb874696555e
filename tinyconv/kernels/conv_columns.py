"""Convolution *by columns*, where few cells lie under a kernel: whole windows of some samples, copied at once.

The forms of :mod:`.conv_simple`, on pieces of the batch whose columns stay in a cache, shared among threads.
"""

from __future__ import annotations

import math

import numpy as np

from . import tuning
from .conv_simple import col2im, windows
from .geometry import ConvGeometry, Ints
from .pieces import shares
from .scratch import scratch
from .sums import add_up, sum_dtype
from .threads import parallel_for, parallel_sum

__all__ = ["convolve_by_columns", "input_grad_by_columns", "weight_grad_by_columns", "window_shares"]


def convolve_by_columns(
    x: np.ndarray, w: np.ndarray, geometry: ConvGeometry, bias: np.ndarray | None, y: np.ndarray
) -> None:
    """``y = [w | bias] @ [columns; 1]``: the bias is one more column, which meets a row of ones.

    Examples
    --------
    >>> from tinyconv.kernels.geometry import conv_geometry
    >>> x, w, y = np.array([[[1.0, 2, 4]]]), np.array([[[1.0, 10]]]), np.empty((1, 1, 2))
    >>> convolve_by_columns(x, w, conv_geometry((2,)), np.array([0.5]), y)
    >>> y
    array([[[21.5, 42.5]]])
    """
    groups, dtype, kernel = geometry.groups, sum_dtype(x), w.shape[2:]
    b = np.zeros(len(w)) if bias is None else bias
    matrices = np.concatenate([_by_group(w, groups), b.reshape(groups, -1, 1)], axis=2, dtype=dtype)
    parts, work = window_shares(y, w.shape, groups)

    def body(i: int) -> None:
        columns = _columns(x[parts[i]], kernel, geometry, ones=1)
        product = y[parts[i]].reshape(*columns.shape[:2], -1, columns.shape[3])
        if y.dtype == dtype:
            np.matmul(matrices, columns, out=product)
        else:
            product[...] = np.matmul(matrices, columns)

    parallel_for(len(parts), body, work)


def input_grad_by_columns(
    gy: np.ndarray, w: np.ndarray, geometry: ConvGeometry, bias: np.ndarray | None, gx: np.ndarray
) -> None:
    """``gx = bias + col2im(w.T @ gy)``, piece by piece.

    Examples
    --------
    >>> from tinyconv.kernels.geometry import conv_geometry
    >>> gy, w, gx = np.ones((1, 1, 2)), np.array([[[1.0, 10]]]), np.empty((1, 1, 3))
    >>> input_grad_by_columns(gy, w, conv_geometry((2,)), None, gx)
    >>> gx
    array([[[ 1., 11., 10.]]])
    """
    dtype, kernel, size = sum_dtype(gy), w.shape[2:], gx.shape[2:]
    matrices = _by_group(w, geometry.groups).swapaxes(-1, -2).astype(dtype)
    b = None if bias is None else bias.reshape(-1, *[1] * geometry.ndim)
    parts, work = window_shares(gy, w.shape, geometry.groups)

    def body(i: int) -> None:
        arrived = _arrived(gy[parts[i]], geometry.groups, dtype)
        shape = (*arrived.shape[:2], matrices.shape[1], arrived.shape[3])
        columns = np.matmul(matrices, arrived, out=scratch("columns", shape, dtype))
        gx[parts[i]] = col2im(columns.reshape(len(columns), -1, shape[3]), size, kernel, geometry)
        if b is not None:
            gx[parts[i]] += b

    parallel_for(len(parts), body, work)


def weight_grad_by_columns(x: np.ndarray, gy: np.ndarray, geometry: ConvGeometry, w_shape: Ints) -> np.ndarray:
    """``gw = gy @ columns.T``, summed over the samples piece by piece, in a fixed order.

    Examples
    --------
    >>> from tinyconv.kernels.geometry import conv_geometry
    >>> x, gy = np.array([[[1.0, 2, 4]]]), np.array([[[1.0, 10]]])
    >>> weight_grad_by_columns(x, gy, conv_geometry((2,)), (1, 1, 2))
    array([[[21., 42.]]])
    """
    groups, dtype, cells = geometry.groups, sum_dtype(gy), math.prod(w_shape[1:])

    def add(total: np.ndarray, part: slice) -> None:
        columns = _columns(x[part], w_shape[2:], geometry).astype(dtype, copy=False)
        total += add_up(np.matmul(_arrived(gy[part], groups, dtype), columns.swapaxes(-1, -2)), (0,))

    parts, work = window_shares(gy, w_shape, groups)
    return parallel_sum((groups, w_shape[0] // groups, cells), dtype, parts, add, work).reshape(w_shape)


def window_shares(y: np.ndarray, w_shape: Ints, groups: int, at_least: int = 1) -> tuple[list[slice], int]:
    """Pieces of the batch for threads to share, and the work of all.

    Their windows fit a cache, or they have `at_least` so many samples, as far as ``SAMPLE_BYTES`` hold those.  The work
    is in multiplications, and as many as take as long as copying the windows.

    Examples
    --------
    >>> window_shares(np.empty((64, 16, 28, 28), np.float32), (16, 1, 3, 3), groups=1)
    ([slice(0, 32, None), slice(32, 64, None)], 14450688)
    """
    sample_cells = groups * math.prod(w_shape[1:]) * math.prod(y.shape[2:])
    sample_bytes = sample_cells * sum_dtype(y).itemsize
    work = len(y) * sample_cells * (w_shape[0] // groups + tuning.PASS_WORK)
    at_least = max(1, min(at_least, tuning.SAMPLE_BYTES // sample_bytes))
    return shares(len(y), max(at_least, tuning.TILE_BYTES // sample_bytes), work, at_least), work


def _columns(x: np.ndarray, kernel: Ints, geometry: ConvGeometry, ones: int = 0) -> np.ndarray:
    """Copy every window into a column, ``(n, groups, cells + ones, places)``; rows of ones come last."""
    n, channels, groups = *x.shape[:2], geometry.groups
    seen = windows(x, kernel, geometry)
    seen = seen.reshape(n, groups, channels // groups, *seen.shape[2:])
    cells = channels // groups * math.prod(kernel)
    columns = scratch("columns", (n, groups, cells + ones, seen[0, 0].size // cells), sum_dtype(x))
    columns[:, :, :cells].reshape(seen.shape)[...] = seen
    columns[:, :, cells:] = 1
    return columns


def _arrived(gy: np.ndarray, groups: int, dtype: np.dtype) -> np.ndarray:
    """``(n, channels, *O) -> (n, groups, channels / groups, places)``."""
    return gy.reshape(len(gy), groups, gy.shape[1] // groups, -1).astype(dtype, copy=False)


def _by_group(w: np.ndarray, groups: int) -> np.ndarray:
    """``(channels, C_in / groups, *K) -> (groups, channels / groups, cells)``."""
    return w.reshape(groups, len(w) // groups, -1)
