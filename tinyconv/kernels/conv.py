"""The three convolution kernels, for any array library and any number of spatial axes.

With zero padding understood, stride ``s``, dilation ``d`` and low padding ``lo``, per axis:

    y[n, o, p]  = sum over c, t of  w[o, c, t] * x[n, c, p*s + t*d - lo]

This is cross-correlation: the kernel is not flipped.  It is linear in ``x`` and in ``w``, and its two
adjoints are the other kernels:

    <convolve(x, w), gy>  =  <x, convolve_input_grad(gy, w)>  =  <w, convolve_weight_grad(x, gy)>

So these three are also one another's derivatives, to any order, and ``convolve_input_grad`` is the
transposed convolution.

:func:`simple_convolve` and its two partners are the textbook form: *im2col* copies every window into
a column, and the sum over ``(c, t)`` is one matrix product [1]_.  They run on CuPy, and are what the fast
NumPy kernels of :mod:`tinyconv.kernels.conv_cpu` are tested against.

.. [1] K. Chellapilla, S. Puri and P. Simard, "High Performance Convolutional Neural Networks for
   Document Processing", IWFHR 2006.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..backend import Array, get_array_module
from . import conv_cpu, cuda
from .geometry import ConvGeometry, conv_output_size
from .sampling import sum_dtype

__all__ = [
    "col2im",
    "convolve",
    "convolve_input_grad",
    "convolve_weight_grad",
    "im2col",
    "simple_convolve",
    "simple_input_grad",
    "simple_weight_grad",
]

CHUNK_BYTES = 1 << 26  # columns made at a time: as many samples as fit, at least one

Ints = tuple[int, ...]


def convolve(x: Array, w: Array, geometry: ConvGeometry, bias: Array | None = None) -> Array:
    """Slide the kernels `w` over `x`.

    Parameters
    ----------
    x : array, shape (N, C_in, *D)
        Input with one or more spatial axes.
    w : array, shape (C_out, C_in / groups, *K)
        Kernels.
    geometry : ConvGeometry
        Stride, padding, dilation, groups.
    bias : array, shape (C_out,), optional
        Added to each output channel.

    Returns
    -------
    array, shape (N, C_out, *O)
        C-contiguous, of `x`'s dtype; ``O`` is ``geometry.output_size(D, K)``.

    Raises
    ------
    RuntimeError
        If the channels do not fit, or the kernel is larger than the padded input.

    Examples
    --------
    The tutorial's 19 = 0*0 + 1*1 + 3*2 + 4*3:

    >>> import numpy as np
    >>> from tinyconv.kernels.geometry import conv_geometry
    >>> x = np.arange(9.0).reshape(1, 1, 3, 3)
    >>> w = np.arange(4.0).reshape(1, 1, 2, 2)
    >>> convolve(x, w, conv_geometry((2, 2)))[0, 0]
    array([[19., 25.],
           [37., 43.]])
    """
    _check_dimensions("convolve", geometry, x=x, w=w)
    _check_groups("convolve", geometry, w.shape)
    expected = w.shape[1] * geometry.groups
    if x.shape[1] != expected:
        raise RuntimeError(
            f"convolve: weight of shape {w.shape} with groups={geometry.groups} takes "
            f"{geometry.groups}*{w.shape[1]} = {expected} input channels, but the input of shape {x.shape} "
            f"has {x.shape[1]}. Use in_channels={x.shape[1]}"
        )
    output_size = conv_output_size(geometry, x.shape[2:], w.shape[2:], "convolve")
    if cuda.is_depthwise(w.shape, geometry) and cuda.available_for(x, geometry.ndim):
        return cuda.depthwise(x, w, geometry, bias)
    if get_array_module(x) is np:
        return conv_cpu.convolve(x, w, geometry, output_size, bias)
    return _add_bias(simple_convolve(x, w, geometry), bias)


def convolve_input_grad(
    gy: Array, w: Array, geometry: ConvGeometry, input_size: Sequence[int], bias: Array | None = None
) -> Array:
    """Spread `gy` back over the cells it was computed from: the transposed convolution.

    Parameters
    ----------
    gy : array, shape (N, C_out, *O)
        What arrived at each output cell.
    w : array, shape (C_out, C_in / groups, *K)
        Kernels.
    geometry : ConvGeometry
        Of the convolution that this is the adjoint of.
    input_size : tuple of int
        ``D``.  Several sizes may give the same ``O`` when the stride does not divide.
    bias : array, shape (C_in,), optional
        Added to each channel of the result, as the transposed convolution does.

    Returns
    -------
    array, shape (N, C_in, *D)
        C-contiguous, of `gy`'s dtype.

    Raises
    ------
    RuntimeError
        If the channels do not fit, or no input of that size gives an output of `gy`'s.

    Examples
    --------
    >>> import numpy as np
    >>> from tinyconv.kernels.geometry import conv_geometry
    >>> gy, w = np.array([[[1.0, 10.0]]]), np.array([[[1.0, 2.0, 3.0]]])
    >>> convolve_input_grad(gy, w, conv_geometry((3,), stride=2), (5,))
    array([[[ 1.,  2., 13., 20., 30.]]])
    """
    function = "convolve_input_grad"
    _check_dimensions(function, geometry, gy=gy, w=w)
    _check_groups(function, geometry, w.shape)
    if gy.shape[1] != w.shape[0]:
        raise RuntimeError(
            f"{function}: weight of shape {w.shape} expects {w.shape[0]} channels, but the "
            f"array of shape {gy.shape} has {gy.shape[1]}. Use a weight with first axis {gy.shape[1]}"
        )
    _check_output_size(function, geometry, tuple(input_size), w.shape[2:], gy.shape)
    if cuda.is_depthwise(w.shape, geometry) and cuda.available_for(gy, geometry.ndim):
        return cuda.depthwise_input_grad(gy, w, geometry, input_size, bias)
    if get_array_module(gy) is np:
        return conv_cpu.convolve_input_grad(gy, w, geometry, tuple(input_size), bias)
    return _add_bias(simple_input_grad(gy, w, geometry, input_size), bias)


def convolve_weight_grad(x: Array, gy: Array, geometry: ConvGeometry, kernel_size: Sequence[int]) -> Array:
    """Sum, for each weight, the products of what it read and what arrived where it wrote.

    Parameters
    ----------
    x : array, shape (N, C_in, *D)
        Input of the convolution.
    gy : array, shape (N, C_out, *O)
        What arrived at each output cell.
    geometry : ConvGeometry
        Of the convolution.
    kernel_size : tuple of int
        ``K``.

    Returns
    -------
    array, shape (C_out, C_in / groups, *K)
        C-contiguous, of `gy`'s dtype.

    Raises
    ------
    RuntimeError
        If batch, groups or sizes of `x` and `gy` do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from tinyconv.kernels.geometry import conv_geometry
    >>> x, gy = np.array([[[1.0, 2.0, 3.0]]]), np.array([[[1.0, 10.0]]])
    >>> convolve_weight_grad(x, gy, conv_geometry((2,)), (2,))
    array([[[21., 32.]]])
    """
    function = "convolve_weight_grad"
    _check_dimensions(function, geometry, x=x, gy=gy)
    groups = geometry.groups
    if x.shape[0] != gy.shape[0] or x.shape[1] % groups or gy.shape[1] % groups:
        raise RuntimeError(
            f"{function}: input of shape {x.shape} and output of shape {gy.shape} must have the "
            f"same batch size, and channels that groups={groups} divides"
        )
    _check_output_size(function, geometry, x.shape[2:], tuple(kernel_size), gy.shape)
    w_shape = (gy.shape[1], x.shape[1] // groups, *kernel_size)
    if cuda.is_depthwise(w_shape, geometry) and cuda.available_for(gy, geometry.ndim):
        return cuda.depthwise_weight_grad(x, gy, geometry, kernel_size)
    if get_array_module(x) is np:
        return conv_cpu.convolve_weight_grad(x, gy, geometry, tuple(kernel_size))
    return simple_weight_grad(x, gy, geometry, kernel_size)


def _add_bias(y: Array, bias: Array | None) -> Array:
    if bias is not None:
        y += bias.astype(y.dtype).reshape(-1, *[1] * (y.ndim - 2))
    return y


def _check_dimensions(function: str, geometry: ConvGeometry, **arrays: Array) -> None:
    for name, array in arrays.items():
        if array.ndim != geometry.ndim + 2:
            raise RuntimeError(
                f"{function}: {name} has shape {array.shape}, but a convolution of "
                f"{geometry.ndim} spatial axes needs {geometry.ndim + 2} axes: two, and the spatial ones"
            )


def _check_groups(function: str, geometry: ConvGeometry, w_shape: Ints) -> None:
    if w_shape[0] % geometry.groups:
        raise RuntimeError(
            f"{function}: groups={geometry.groups} does not divide the {w_shape[0]} output "
            f"channels of a weight of shape {w_shape}: {w_shape[0]} mod {geometry.groups} = "
            f"{w_shape[0] % geometry.groups}. Use a number of channels that is a multiple of groups"
        )


def _check_output_size(function: str, geometry: ConvGeometry, input_size: Ints, kernel: Ints, y_shape: Ints) -> None:
    expected = conv_output_size(geometry, input_size, kernel, function)
    if expected != y_shape[2:]:
        raise RuntimeError(
            f"{function}: an input of size {input_size} and a kernel of size {kernel} give an "
            f"output of size {expected} (stride={geometry.stride}, padding={geometry.padding}, "
            f"dilation={geometry.dilation}), but the array of shape {y_shape} has {y_shape[2:]}. "
            f"Use the sizes of the convolution this is the gradient of"
        )


# --- windows as columns ---------------------------------------------------------------------------


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
    if cuda.available_for(x, geometry.ndim):
        return cuda.im2col(x, kernel_size, geometry)
    xp, kernel = get_array_module(x), tuple(kernel_size)
    output_size = conv_output_size(geometry, x.shape[2:], kernel, "im2col")
    n = geometry.ndim
    padded = _padded(xp, x, geometry)
    lead, space = padded.strides[:2], padded.strides[2:]
    windows = xp.lib.stride_tricks.as_strided(
        padded,
        x.shape[:2] + kernel + output_size,
        lead
        + tuple(space[a] * geometry.dilation[a] for a in range(n))
        + tuple(space[a] * geometry.stride[a] for a in range(n)),
    )
    shape = (x.shape[0], x.shape[1] * math.prod(kernel), math.prod(output_size))
    return xp.ascontiguousarray(windows).reshape(shape)


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
    output_size = conv_output_size(geometry, input_size, kernel, "col2im")
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
    return xp.ascontiguousarray(padded[_inside(input_size, geometry)])


def _inside(input_size: Sequence[int], geometry: ConvGeometry) -> tuple[Any, ...]:
    """Index of the cells that are not padding."""
    return (..., *[slice(lo, lo + i) for i, (lo, _) in zip(input_size, geometry.padding)])


def _padded(xp: Any, x: Array, geometry: ConvGeometry) -> Array:
    if not any(map(any, geometry.padding)):
        return x
    size = tuple(i + lo + hi for i, (lo, hi) in zip(x.shape[2:], geometry.padding))
    padded = xp.zeros(x.shape[:2] + size, x.dtype)
    padded[_inside(x.shape[2:], geometry)] = x
    return padded


# --- the simple kernels ---------------------------------------------------------------------------


def simple_convolve(x: Array, w: Array, geometry: ConvGeometry) -> Array:
    """Convolve by im2col and one matrix product; see :func:`convolve`.

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
    for part in _chunks(x.shape[0], x.shape[1] * math.prod(kernel) * math.prod(output_size), x):
        columns = im2col(x[part].astype(w.dtype), kernel, geometry)
        product = xp.matmul(w, _by_group(columns, groups))  # (g, o, K) @ (n, g, K, L)
        y[part] = product.reshape(y[part].shape)
    return y


def simple_input_grad(gy: Array, w: Array, geometry: ConvGeometry, input_size: Sequence[int]) -> Array:
    """Give the input gradient by a matrix product and col2im; see :func:`convolve_input_grad`.

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
    for part in _chunks(gy.shape[0], rows * cells, gy):
        arrived = _by_group(_flat_cells(xp, gy[part], w.dtype), groups)
        columns = xp.matmul(w.swapaxes(-1, -2), arrived)  # (g, K, o) @ (n, g, o, L)
        gx[part] = col2im(columns.reshape(-1, rows, cells), input_size, kernel, geometry)
    return gx


def simple_weight_grad(x: Array, gy: Array, geometry: ConvGeometry, kernel_size: Sequence[int]) -> Array:
    """Give the weight gradient by im2col and a matrix product; see :func:`convolve_weight_grad`.

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
    for part in _chunks(x.shape[0], x.shape[1] * taps * math.prod(gy.shape[2:]), x):
        columns = _by_group(im2col(x[part].astype(dtype), kernel_size, geometry), groups)
        arrived = _by_group(_flat_cells(xp, gy[part], dtype), groups)
        gw += xp.matmul(arrived, columns.swapaxes(-1, -2)).sum(axis=0)  # (n, g, o, L) @ (n, g, L, K)
    return gw.reshape((gy.shape[1], channels, *kernel_size)).astype(gy.dtype)


def _by_group(a: Array, groups: int) -> Array:
    """``(n, channels, L) -> (n, groups, channels / groups, L)``."""
    return a.reshape(a.shape[0], groups, a.shape[1] // groups, a.shape[2])


def _flat_cells(xp: Any, gy: Array, dtype: np.dtype) -> Array:
    cells = math.prod(gy.shape[2:])
    return xp.ascontiguousarray(gy.astype(dtype)).reshape(gy.shape[0], gy.shape[1], cells)


def _chunks(samples: int, column_cells: int, like: Array) -> Iterator[slice]:
    size = max(1, CHUNK_BYTES // max(1, column_cells * sum_dtype(like).itemsize))
    for start in range(0, samples, size):
        yield slice(start, start + size)
