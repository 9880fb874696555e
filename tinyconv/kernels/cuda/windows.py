"""Launchers of the window kernels: max pooling, columns, depthwise convolution.

Each does what the function of the same name in :mod:`tinyconv.kernels.pool` or
:mod:`tinyconv.kernels.conv` does, which is its twin: the tests compare the two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ...backend import Array, get_array_module
from ..geometry import ConvGeometry, PoolGeometry
from ..sums import sum_dtype
from .program import Window, launch, window_of, with_device

__all__ = [
    "col2im",
    "depthwise",
    "depthwise_input_grad",
    "depthwise_weight_grad",
    "max_pool",
    "put_taps",
    "take_taps",
]


# --- max pooling ---


def _pool_window(geometry: PoolGeometry) -> Window:
    return window_of(geometry, geometry.input_size, geometry.output_size, geometry.kernel_size)


@with_device
def max_pool(x: Array, geometry: PoolGeometry, taps_dtype: str) -> tuple[Array, Array]:
    """Take the largest cell of each window; see :func:`tinyconv.kernels.pool.max_pool`.

    Parameters
    ----------
    x : array
        ``(N, C, *D)``.
    geometry : PoolGeometry
        The windows.
    taps_dtype : str
        The unsigned type of the taps.

    Examples
    --------
    >>> y, taps = max_pool(cupy_array, geometry, "uint8")  # doctest: +SKIP
    """
    xp = get_array_module(x)
    y = xp.empty(x.shape[:2] + geometry.output_size, x.dtype)
    taps = xp.empty(y.shape, taps_dtype)
    launch("max_pool", y.size, x, xp.ascontiguousarray(x), y, taps, _pool_window(geometry), tap=taps_dtype)
    return y, taps


@with_device
def take_taps(x: Array, taps: Array, geometry: PoolGeometry) -> Array:
    """Read the cell that each tap names; see :func:`tinyconv.kernels.pool.take_taps`.

    Examples
    --------
    >>> y = take_taps(cupy_array, taps, geometry)  # doctest: +SKIP
    """
    xp = get_array_module(x)
    y = xp.empty(taps.shape, x.dtype)
    x, taps = xp.ascontiguousarray(x), xp.ascontiguousarray(taps)
    launch("take_taps", y.size, x, x, taps, y, _pool_window(geometry), tap=str(taps.dtype))
    return y


@with_device
def put_taps(gy: Array, taps: Array, geometry: PoolGeometry) -> Array:
    """Add each value to the cell that its tap names; see :func:`tinyconv.kernels.pool.put_taps`.

    Examples
    --------
    >>> gx = put_taps(gy, taps, geometry)  # doctest: +SKIP
    """
    xp = get_array_module(gy)
    gx = xp.empty(gy.shape[:2] + geometry.input_size, gy.dtype)
    gy, taps = xp.ascontiguousarray(gy), xp.ascontiguousarray(taps)
    launch("put_taps", gx.size, gy, gy, taps, gx, _pool_window(geometry), tap=str(taps.dtype))
    return gx


# --- columns ---


@with_device
def col2im(columns: Array, input_size: Sequence[int], kernel_size: Sequence[int], geometry: ConvGeometry) -> Array:
    """Add each column back onto its window; see :func:`tinyconv.kernels.conv_simple.col2im`.

    Examples
    --------
    >>> x = col2im(columns, (8, 8), (3, 3), geometry)  # doctest: +SKIP
    """
    xp, kernel, size = get_array_module(columns), tuple(kernel_size), tuple(input_size)
    output = geometry.output_size(size, kernel)
    x = xp.empty((columns.shape[0], columns.shape[1] // math.prod(kernel), *size), columns.dtype)
    window = window_of(geometry, size, output, kernel)
    launch("col2im", x.size, x, xp.ascontiguousarray(columns), x, window)
    return x


# --- depthwise convolution ---


def _flat(xp: Any, array: Array, dtype: Any) -> Array:
    return xp.ascontiguousarray(array.astype(dtype, copy=False))


@with_device
def depthwise(x: Array, w: Array, geometry: ConvGeometry, bias: Array | None = None) -> Array:
    """Convolve each channel with kernels of its own; see :func:`tinyconv.kernels.conv.convolve`.

    Parameters
    ----------
    x : array, shape (N, C, *D)
        Input.
    w : array, shape (m*C, 1, *K)
        ``m`` kernels per channel.
    geometry : ConvGeometry
        With ``groups = C``.
    bias : array, shape (m*C,), optional
        Added to each output channel.

    Examples
    --------
    >>> y = depthwise(x, w, geometry)  # doctest: +SKIP
    """
    xp, kernel = get_array_module(x), w.shape[2:]
    output = geometry.output_size(x.shape[2:], kernel)
    y = xp.empty((x.shape[0], w.shape[0], *output), x.dtype)
    x, w = _flat(xp, x, x.dtype), _flat(xp, w, x.dtype)
    b = w if bias is None else _flat(xp, bias, x.dtype)  # without a bias any array will do: it is not read
    window = window_of(geometry, x.shape[2:], output, kernel)
    outputs, multiplier = w.shape[0], w.shape[0] // x.shape[1]
    launch("depthwise", y.size, x, x, w, b, y, outputs, multiplier, bias is not None, window)
    return y


@with_device
def depthwise_input_grad(
    gy: Array, w: Array, geometry: ConvGeometry, input_size: Sequence[int], bias: Array | None = None
) -> Array:
    """Spread `gy` back; see :func:`tinyconv.kernels.conv.convolve_input_grad`.

    Examples
    --------
    >>> gx = depthwise_input_grad(gy, w, geometry, (8, 8))  # doctest: +SKIP
    """
    xp, size = get_array_module(gy), tuple(input_size)
    channels = geometry.groups
    gx = xp.empty((gy.shape[0], channels, *size), gy.dtype)
    gy, w = _flat(xp, gy, gy.dtype), _flat(xp, w, gy.dtype)
    b = w if bias is None else _flat(xp, bias, gy.dtype)
    window = window_of(geometry, size, gy.shape[2:], w.shape[2:])
    multiplier = w.shape[0] // channels
    launch("depthwise_input_grad", gx.size, gx, gy, w, b, gx, channels, multiplier, bias is not None, window)
    return gx


@with_device
def depthwise_weight_grad(x: Array, gy: Array, geometry: ConvGeometry, kernel_size: Sequence[int]) -> Array:
    """Sum what each weight was multiplied with; see :func:`tinyconv.kernels.conv.convolve_weight_grad`.

    Examples
    --------
    >>> gw = depthwise_weight_grad(x, gy, geometry, (3, 3))  # doctest: +SKIP
    """
    xp, kernel, output = get_array_module(x), tuple(kernel_size), gy.shape[2:]
    samples, outputs = gy.shape[:2]
    rows = math.prod(output[:-1])
    partial = xp.empty((outputs, math.prod(kernel), samples, rows), sum_dtype(gy))
    x, gy = _flat(xp, x, gy.dtype), _flat(xp, gy, gy.dtype)
    window = window_of(geometry, x.shape[2:], output, kernel)
    numbers = samples, outputs, outputs // x.shape[1]
    launch("depthwise_weight_grad", partial.size, gy, x, gy, partial, *numbers, window)
    return partial.sum(axis=(2, 3)).astype(gy.dtype, copy=False).reshape((outputs, 1, *kernel))
