"""Convolution *with channels last*, for small planes of many channels: one wide product for several samples.

Some samples are laid out as ``(n, *D, C)``.  The cells that a row of the kernel meets then follow one another, so
that a window is copied in a few long runs, and the windows of all these samples are the rows of one matrix:

    y = windows @ W              windows: (n * places, taps * channels)
    gw = windows.T @ gy
    gx = the sum over taps t of  gy @ W[t].T,  each added where that tap reads

Pieces of the batch do not depend on the number of threads, nor does the order of any sum.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from . import tuning
from .conv_columns import window_shares
from .conv_simple import inside
from .geometry import ConvGeometry, Ints
from .pieces import length
from .scratch import scratch
from .sums import sum_dtype
from .threads import parallel_for, parallel_sum

__all__ = ["convolve_by_channels", "input_grad_by_channels", "weight_grad_by_channels"]


def convolve_by_channels(
    x: np.ndarray, w: np.ndarray, geometry: ConvGeometry, bias: np.ndarray | None, y: np.ndarray
) -> None:
    """``y = windows @ W + bias``.

    Examples
    --------
    >>> from tinyconv.kernels.geometry import conv_geometry
    >>> x, w, y = np.array([[[1.0, 2, 4]]]), np.array([[[1.0, 10]]]), np.empty((1, 1, 2))
    >>> convolve_by_channels(x, w, conv_geometry((2,)), np.array([0.5]), y)
    >>> y
    array([[[21.5, 42.5]]])
    """
    groups, dtype, kernel = geometry.groups, sum_dtype(x), w.shape[2:]
    last = w.transpose(0, *range(2, w.ndim), 1).astype(dtype, order="C")
    matrices = last.reshape(groups, len(w) // groups, -1).swapaxes(1, 2)
    b = 0 if bias is None else bias.astype(dtype).reshape(groups, -1, 1)
    parts, work = _samples(y, w.shape, groups)

    def body(i: int) -> None:
        rows = _rows(x[parts[i]], kernel, geometry, dtype)
        product = np.matmul(rows, matrices, out=scratch("product", (*rows.shape[:2], matrices.shape[2]), dtype))
        split = product.reshape(groups, length(parts[i]), -1, product.shape[2])
        np.add(split.transpose(1, 0, 3, 2), b, out=_by_group(y[parts[i]], groups))

    parallel_for(len(parts), body, work)


def input_grad_by_channels(
    gy: np.ndarray, w: np.ndarray, geometry: ConvGeometry, bias: np.ndarray | None, gx: np.ndarray
) -> None:
    """``gx = bias + sum over taps of gy @ W[tap].T``, each added where that tap reads.

    Examples
    --------
    >>> from tinyconv.kernels.geometry import conv_geometry
    >>> gy, w, gx = np.ones((1, 1, 2)), np.array([[[1.0, 10]]]), np.empty((1, 1, 3))
    >>> input_grad_by_channels(gy, w, conv_geometry((2,)), None, gx)
    >>> gx
    array([[[ 1., 11., 10.]]])
    """
    groups, dtype, kernel = geometry.groups, sum_dtype(gy), w.shape[2:]
    by_tap = w.reshape(*w.shape[:2], -1).transpose(2, 0, 1).astype(dtype, order="C")
    matrices = by_tap.reshape(len(by_tap), groups, -1, w.shape[1])
    b = 0 if bias is None else bias.astype(dtype).reshape(-1, *[1] * geometry.ndim)
    parts, work = _samples(gy, w.shape, groups)
    second = (1, 0, -1, *range(2, gy.ndim))  # (g, n, *O, c) -> (n, g, c, *O)

    def body(i: int) -> None:
        n, arrived = length(parts[i]), _arrived(gy[parts[i]], groups, dtype)
        shape = (len(matrices), *arrived.shape[:2], w.shape[1])
        products = np.matmul(arrived, matrices, out=scratch("products", shape, dtype))
        cells, seen = _laid_out(gx[parts[i]], kernel, geometry, dtype)
        for tap, product in zip(itertools.product(*map(range, kernel)), products):
            one_tap: Any = (slice(None), slice(None), slice(None), *tap)
            seen[one_tap] += product.reshape(groups, n, *gy.shape[2:], -1).transpose(second)
        np.add(cells, b, out=gx[parts[i]])

    parallel_for(len(parts), body, work)


def weight_grad_by_channels(x: np.ndarray, gy: np.ndarray, geometry: ConvGeometry, w_shape: Ints) -> np.ndarray:
    """``gw = windows.T @ gy``, summed over the samples piece by piece, in a fixed order.

    Examples
    --------
    >>> from tinyconv.kernels.geometry import conv_geometry
    >>> x, gy = np.array([[[1.0, 2, 4]]]), np.array([[[1.0, 10]]])
    >>> weight_grad_by_channels(x, gy, conv_geometry((2,)), (1, 1, 2))
    array([[[21., 42.]]])
    """
    groups, dtype, kernel, c = geometry.groups, sum_dtype(gy), w_shape[2:], w_shape[1]
    shape = (groups, math.prod(w_shape[1:]), w_shape[0] // groups)

    def add(total: np.ndarray, part: slice) -> None:
        rows, arrived = _rows(x[part], kernel, geometry, dtype), _arrived(gy[part], groups, dtype)
        total += np.matmul(rows.swapaxes(1, 2), arrived, out=scratch("product", shape, dtype))

    parts, work = _samples(gy, w_shape, groups)
    total = parallel_sum(shape, dtype, parts, add, work)
    return np.ascontiguousarray(total.reshape(groups, -1, c, shape[2]).transpose(0, 3, 2, 1)).reshape(w_shape)


def _samples(y: np.ndarray, w_shape: Ints, groups: int) -> tuple[list[slice], int]:
    """Pieces of the batch, long enough for a wide product, and the work of all."""
    wide = min(-(-tuning.WIDE // math.prod(y.shape[2:])), -(-len(y) // 4))
    return window_shares(y, w_shape, groups, at_least=wide)


def _laid_out(x: np.ndarray, kernel: Ints, geometry: ConvGeometry, dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
    """Zeros, channels last, for samples like `x`: as ``(n, C, *D)``, and as windows ``(n, g, c, *K, *O)`` over it."""
    n, channels, *size = x.shape
    c = channels // geometry.groups
    padded = (i + lo + hi for i, (lo, hi) in zip(size, geometry.padding))
    memory = scratch("cells", (n, *padded, channels), dtype)
    memory.fill(0)
    sample, *space, channel = memory.strides
    by_tap = (step * d for step, d in zip(space, geometry.dilation))
    by_place = (step * s for step, s in zip(space, geometry.stride))
    shape = (n, geometry.groups, c, *kernel, *geometry.output_size(size, kernel))
    # as as_strided does, which would take a tenth of a piece's time
    seen = np.ndarray(shape, dtype, memory, strides=(sample, c * channel, channel, *by_tap, *by_place))
    return memory.transpose(0, -1, *range(1, x.ndim - 1))[inside(size, geometry)], seen


def _rows(x: np.ndarray, kernel: Ints, geometry: ConvGeometry, dtype: np.dtype) -> np.ndarray:
    """Copy every window into a row, ``(g, n * places, taps * channels)``."""
    cells, seen = _laid_out(x, kernel, geometry, dtype)
    cells[...] = x
    n, g, c, *_ = range(seen.ndim)
    taps, places = range(3, 3 + len(kernel)), range(3 + len(kernel), seen.ndim)
    seen = seen.transpose(g, n, *places, *taps, c)
    rows = scratch("windows", seen.shape, dtype)
    rows[...] = seen
    return rows.reshape(len(rows), -1, math.prod(kernel) * seen.shape[-1])


def _arrived(gy: np.ndarray, groups: int, dtype: np.dtype) -> np.ndarray:
    """``(n, g * o, *O) -> (g, n * places, o)``."""
    by_group = _by_group(gy, groups).transpose(1, 0, 3, 2)
    arrived = scratch("arrived", by_group.shape, dtype)
    arrived[...] = by_group
    return arrived.reshape(groups, -1, arrived.shape[3])


def _by_group(y: np.ndarray, groups: int) -> np.ndarray:
    """``(n, g * o, *O) -> (n, g, o, places)``."""
    return y.reshape(len(y), groups, y.shape[1] // groups, -1)
