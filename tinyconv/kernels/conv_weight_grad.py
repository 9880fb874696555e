"""The weight gradient: ``gw[t] = sum_p gy[p] * x[p*s + t*d - pad]``, a product of ``gy`` with the lowered ``x``."""

from __future__ import annotations

import math

import numpy as np

from . import tuning
from .conv_planes import bands_of, lowered_plane
from .geometry import Ints
from .lowering import Tile, Walk, is_flat, tile_extent, tile_work, tiles_of
from .scratch import scratch
from .sums import add_up
from .threads import parallel_sum

__all__ = ["weight_grad_by_planes"]


def weight_grad_by_planes(
    x: np.ndarray, gy: np.ndarray, walks: list[Walk], kernel: Ints, dtype: np.dtype
) -> np.ndarray:
    """``gw[i] = lowered[lead_i:] @ gy.T`` for each kernel row ``i``.

    Examples
    --------
    >>> x = np.array([1.0, 2, 4]).reshape(1, 1, 1, 1, 3)
    >>> gy = np.array([1.0, 10]).reshape(1, 1, 1, 1, 2)
    >>> weight_grad_by_planes(x, gy, [Walk(1, 1, 0)] * 2, (1, 2), x.dtype).ravel()
    array([21., 42.])
    """
    bands = bands_of(walks[-2], kernel[-2])
    halo = max(band.halo for band in bands)
    groups, o, depth = gy.shape[1], gy.shape[2], x.shape[2] * math.prod(kernel) // kernel[-2]
    work = tile_work(gy, x.shape[2], kernel)
    extent = tile_extent(gy.shape, depth * dtype.itemsize, work, 1, halo)
    longest = tuning.SMALL_GEMM // (o * depth)
    if longest >= tuning.LONG_SUM:
        extent = extent._replace(rows=min(extent.rows, max(1, longest // extent.columns)))
    product_bytes = extent.groups * o * depth * dtype.itemsize * math.prod(extent.outer)
    extent = extent._replace(samples=min(extent.samples, max(1, tuning.TILE_BYTES // product_bytes)))
    tiles = tiles_of(gy.shape, extent)
    others = (0, *range(2, gy.ndim - 3))  # samples and outer cells

    def add(total: np.ndarray, tile: Tile) -> None:
        right = _columns_of(tile.of(gy), dtype)
        for band in bands:
            lowered, pitch = lowered_plane(x, band, kernel, walks, tile, dtype)
            product = scratch("product", (*lowered.shape[:-1], o), dtype)
            for row, lead in band.leads.items():
                np.matmul(lowered[..., lead * pitch : lead * pitch + right.shape[-2]], right, out=product)
                total[row, tile.groups] += add_up(product, others)

    total = parallel_sum((kernel[-2], groups, depth, o), dtype, tiles, add, work)
    # (i, g, (*outer, j, c), o) -> (g, o, c, *outer, i, j)
    total = total.reshape(kernel[-2], groups, *kernel[:-2], kernel[-1], x.shape[2], o)
    outer, j = range(2, total.ndim - 3), total.ndim - 3
    return total.transpose(1, j + 2, j + 1, *outer, 0, j)


def _columns_of(gy: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """``(n, g, *outer, o, h, q) -> (n, g, *outer, h * q, o)``: a view where memory allows."""
    plane = gy
    if not is_flat(gy) or gy.dtype != dtype:
        plane = scratch("plane", gy.shape, dtype)
        plane[...] = gy
    return plane.reshape(*plane.shape[:-2], -1).swapaxes(-1, -2)
