"""Convolution as its definition reads: one Python loop per index, in double precision."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from tinyconv.kernels.geometry import ConvGeometry


def _terms(x_shape: tuple, w_shape: tuple, y_shape: tuple, geometry: ConvGeometry) -> Iterator[tuple]:
    """Every product in the sum: where in y it lands, which x and which w it multiplies."""
    batch, out_channels, *output_size = y_shape
    per_group_in, per_group_out = w_shape[1], out_channels // geometry.groups
    for n, o, c in itertools.product(range(batch), range(out_channels), range(per_group_in)):
        channel = (o // per_group_out) * per_group_in + c
        for place in itertools.product(*map(range, output_size)):
            for tap in itertools.product(*map(range, w_shape[2:])):
                cell = tuple(
                    p * s + t * d - lo
                    for p, s, t, d, (lo, _) in zip(place, geometry.stride, tap, geometry.dilation, geometry.padding)
                )
                if all(0 <= i < size for i, size in zip(cell, x_shape[2:])):
                    yield (n, o, *place), (n, channel, *cell), (o, c, *tap)


def output_size(x_shape: tuple, w_shape: tuple, geometry: ConvGeometry) -> tuple[int, ...]:
    """Count the places of the window by trying them."""
    sizes = []
    for i, k, s, d, (lo, hi) in zip(x_shape[2:], w_shape[2:], geometry.stride, geometry.dilation, geometry.padding):
        starts = range(-lo, i + hi, s)
        sizes.append(sum(start + d * (k - 1) < i + hi for start in starts))
    return tuple(sizes)


def slow_convolve(x: np.ndarray, w: np.ndarray, geometry: ConvGeometry) -> np.ndarray:
    y = np.zeros((x.shape[0], w.shape[0], *output_size(x.shape, w.shape, geometry)))
    for at_y, at_x, at_w in _terms(x.shape, w.shape, y.shape, geometry):
        y[at_y] += float(x[at_x]) * float(w[at_w])
    return y


def slow_input_grad(gy: np.ndarray, w: np.ndarray, geometry: ConvGeometry, input_size: tuple) -> np.ndarray:
    gx = np.zeros((gy.shape[0], w.shape[1] * geometry.groups, *input_size))
    for at_y, at_x, at_w in _terms(gx.shape, w.shape, gy.shape, geometry):
        gx[at_x] += float(gy[at_y]) * float(w[at_w])
    return gx


def slow_weight_grad(x: np.ndarray, gy: np.ndarray, geometry: ConvGeometry, kernel: tuple) -> np.ndarray:
    gw = np.zeros((gy.shape[1], x.shape[1] // geometry.groups, *kernel))
    for at_y, at_x, at_w in _terms(x.shape, gw.shape, gy.shape, geometry):
        gw[at_w] += float(x[at_x]) * float(gy[at_y])
    return gw
