"""The textbook convolution: copy every window into a column, and multiply matrices.

With zero padding understood, stride ``s``, dilation ``d`` and low padding ``lo``, per axis:

    y[n, o, p]  = sum over c, t of  w[o, c, t] * x[n, c, p*s + t*d - lo]

Lay the cells that window ``p`` sees into column ``p`` (*im2col* [1]_), and one kernel's weights into a row: the
sum over ``(c, t)`` is then one matrix product.

    convolution         y  = W @ im2col(x)
    input gradient      gx = col2im(W.T @ gy)
    weight gradient     gw = gy @ im2col(x).T

These run on NumPy and on CuPy.  On a CPU there are faster forms (:mod:`.conv_cpu`), which are tested against them.

.. [1] K. Chellapilla, S. Puri and P. Simard, "High Performance Convolutional Neural Networks for
   Document Processing", IWFHR 2006.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..backend import Array, get_array_module
from . import cuda, tuning
from .geometry import ConvGeometry
from .pieces import pieces
from .sums import add_up, sum_dtype

__all__ = ["col2im", "im2col", "inside", "simple_convolve", "simple_input_grad", "simple_weight_grad", "windows"]


# --- windows as columns --------------------------------------------------------------------------------


def im2col(x: Array, kernel_size: Sequence[int], geometry: ConvGeometry) -> Array:
    """Copy each window of `x` into a column.

    Parameters
    ----------
    x : array, shape (N, C, *D)
        Input.
    kernel_size : tuple of int
        ``K``, the window.
    geometry : ConvGeometry
        How the window moves; its groups play no part.

    Returns
    -------
    array, shape (N, C * prod(K), L)
        ``L`` is the number of windows, ``prod(O)``.

    Examples
    --------
    >>> import numpy as np
    >>> from tinyconv.kernels.geometry import conv_geometry
    >>> im2col(np.array([[[1.0, 2.0, 3.0, 4.0]]]), (2,), conv_geometry((2,)))
    array([[[1., 2., 3.],
            [2., 3., 4.]]])
    """
    kernel, output_size = tuple(kernel_size), geometry.output_size(x.shape[2:], kernel_size)
    copied = get_array_module(x).ascontiguousarray(windows(x, kernel, geometry))
    return copied.reshape(x.shape[0], x.shape[1] * math.prod(kernel), math.prod(output_size))


def windows(x: Array, kernel_size: Sequence[int], geometry: ConvGeometry) -> Array:
    """Give every window of the padded `x` as a view ``(N, C, *K, *O)``: one cell of it is seen by many windows.

    Examples
    --------
    >>> import numpy as np
    >>> from tinyconv.kernels.geometry import conv_geometry
    >>> windows(np.array([[[1.0, 2.0, 3.0, 4.0]]]), (2,), conv_geometry((2,)))[0, 0]
    array([[1., 2., 3.],
           [2., 3., 4.]])
    """
    kernel, output_size = tuple(kernel_size), geometry.output_size(x.shape[2:], kernel_size)
    padded = _padded(x, geometry)
    lead, space = padded.strides[:2], padded.strides[2:]
    by_tap = tuple(step * d for step, d in zip(space, geometry.dilation))
    by_place = tuple(step * s for step, s in zip(space, geometry.stride))
    as_strided = get_array_module(x).lib.stride_tricks.as_strided
    return as_strided(padded, x.shape[:2] + kernel + output_size, lead + by_tap + by_place)


def col2im(col: Array, input_size: Sequence[int], kernel_size: Sequence[int], geometry: ConvGeometry) -> Array:
    """Add each column back onto its window: the adjoint of :func:`im2col`.

    Windows overlap where the stride is smaller than the kernel, and there cells are *added* up.  One
    slice is added per kernel tap, so the order of the sum is fixed.

    Parameters
    ----------
    col : array, shape (N, C * prod(K), L)
        Columns.
    input_size, kernel_size : tuple of int
        ``D`` and ``K``.
    geometry : ConvGeometry
        How the window moves; its groups play no part.

    Returns
    -------
    array, shape (N, C, *D)
        C-contiguous, of `col`'s dtype.

    Examples
    --------
    >>> import numpy as np
    >>> from tinyconv.kernels.geometry import conv_geometry
    >>> col2im(np.ones((1, 2, 3)), (4,), (2,), conv_geometry((2,)))
    array([[[1., 2., 2., 1.]]])
    """
    if cuda.available_for(col, geometry.ndim):
        return cuda.col2im(col, input_size, kernel_size, geometry)
    xp, kernel = get_array_module(col), tuple(kernel_size)
    output_size = geometry.output_size(input_size, kernel)
    channels = col.shape[1] // math.prod(kernel)
    taps = col.reshape((col.shape[0], channels, *kernel, *output_size))
    size = tuple(i + lo + hi for i, (lo, hi) in zip(input_size, geometry.padding))
    padded = xp.zeros((col.shape[0], channels, *size), col.dtype)
    for tap in itertools.product(*map(range, kernel)):
        cells = (
            slice(t * d, t * d + (o - 1) * s + 1, s)
            for t, d, o, s in zip(tap, geometry.dilation, output_size, geometry.stride)
        )
        seen, one_tap = (..., *cells), (slice(None), slice(None), *tap)
        padded[seen] += taps[one_tap]
    return xp.ascontiguousarray(padded[inside(input_size, geometry)])


def inside(input_size: Sequence[int], geometry: ConvGeometry) -> tuple[Any, ...]:
    """Index of the cells that are not padding."""
    return (..., *[slice(lo, lo + i) for i, (lo, _) in zip(input_size, geometry.padding)])


def _padded(x: Array, geometry: ConvGeometry) -> Array:
    if not any(map(any, geometry.padding)):
        return x
    size = tuple(i + lo + hi for i, (lo, hi) in zip(x.shape[2:], geometry.padding))
    padded = get_array_module(x).zeros(x.shape[:2] + size, x.dtype)
    padded[inside(x.shape[2:], geometry)] = x
    return padded


# --- the convolution and its two gradients -------------------------------------------------------------


def simple_convolve(x: Array, w: Array, geometry: ConvGeometry) -> Array:
    """``y = W @ im2col(x)``; see :func:`tinyconv.kernels.conv.convolve`.

    Examples
    --------
    >>> import numpy as np
    >>> from tinyconv.kernels.geometry import conv_geometry
    >>> simple_convolve(np.array([[[1.0, 2.0, 4.0]]]), np.array([[[1.0, 10.0]]]), conv_geometry((2,)))
    array([[[21., 42.]]])
    """
    xp, kernel, groups = get_array_module(x), w.shape[2:], geometry.groups
    output_size = geometry.output_size(x.shape[2:], kernel)
    y = xp.empty((x.shape[0], w.shape[0], *output_size), x.dtype)
    w = _by_group(w.reshape(1, w.shape[0], -1), groups)[0].astype(sum_dtype(x))
    for part in _samples(x.shape[0], x.shape[1] * math.prod(kernel) * math.prod(output_size), x):
        columns = im2col(x[part].astype(w.dtype), kernel, geometry)
        product = xp.matmul(w, _by_group(columns, groups))  # (g, o, K) @ (n, g, K, L)
        y[part] = product.reshape(y[part].shape)
    return y


def simple_input_grad(gy: Array, w: Array, geometry: ConvGeometry, input_size: Sequence[int]) -> Array:
    """``gx = col2im(W.T @ gy)``; see :func:`tinyconv.kernels.conv.convolve_input_grad`.

    Examples
    --------
    >>> import numpy as np
    >>> from tinyconv.kernels.geometry import conv_geometry
    >>> simple_input_grad(np.array([[[1.0, 1.0]]]), np.array([[[1.0, 10.0]]]), conv_geometry((2,)), (3,))
    array([[[ 1., 11., 10.]]])
    """
    xp, kernel, groups = get_array_module(gy), w.shape[2:], geometry.groups
    rows, cells = w.shape[1] * groups * math.prod(kernel), math.prod(gy.shape[2:])
    gx = xp.empty((gy.shape[0], w.shape[1] * groups, *input_size), gy.dtype)
    w = _by_group(w.reshape(1, w.shape[0], -1), groups)[0].astype(sum_dtype(gy))
    for part in _samples(gy.shape[0], rows * cells, gy):
        arrived = _by_group(_flat_cells(xp, gy[part], w.dtype), groups)
        columns = xp.matmul(w.swapaxes(-1, -2), arrived)  # (g, K, o) @ (n, g, o, L)
        gx[part] = col2im(columns.reshape(-1, rows, cells), input_size, kernel, geometry)
    return gx


def simple_weight_grad(x: Array, gy: Array, geometry: ConvGeometry, kernel_size: Sequence[int]) -> Array:
    """``gw = gy @ im2col(x).T``; see :func:`tinyconv.kernels.conv.convolve_weight_grad`.

    Examples
    --------
    >>> import numpy as np
    >>> from tinyconv.kernels.geometry import conv_geometry
    >>> x, gy = np.array([[[1.0, 2.0, 4.0]]]), np.array([[[1.0, 10.0]]])
    >>> simple_weight_grad(x, gy, conv_geometry((2,)), (2,))
    array([[[21., 42.]]])
    """
    xp, groups, dtype = get_array_module(x), geometry.groups, sum_dtype(gy)
    channels, taps = x.shape[1] // groups, math.prod(kernel_size)
    gw = xp.zeros((groups, gy.shape[1] // groups, channels * taps), dtype)
    for part in _samples(x.shape[0], x.shape[1] * taps * math.prod(gy.shape[2:]), x):
        columns = _by_group(im2col(x[part].astype(dtype), kernel_size, geometry), groups)
        arrived = _by_group(_flat_cells(xp, gy[part], dtype), groups)
        gw += add_up(xp.matmul(arrived, columns.swapaxes(-1, -2)), (0,))  # (n, g, o, L) @ (n, g, L, K)
    return gw.reshape((gy.shape[1], channels, *kernel_size)).astype(gy.dtype)


def _by_group(a: Array, groups: int) -> Array:
    """``(n, channels, L) -> (n, groups, channels / groups, L)``."""
    return a.reshape(a.shape[0], groups, a.shape[1] // groups, a.shape[2])


def _flat_cells(xp: Any, gy: Array, dtype: np.dtype) -> Array:
    cells = math.prod(gy.shape[2:])
    return xp.ascontiguousarray(gy.astype(dtype)).reshape(gy.shape[0], gy.shape[1], cells)


def _samples(samples: int, column_cells: int, like: Array) -> list[slice]:
    """As many samples at a time as their columns fit the memory they may take, at least one."""
    return pieces(samples, max(1, tuning.CHUNK_BYTES // max(1, column_cells * sum_dtype(like).itemsize)))
