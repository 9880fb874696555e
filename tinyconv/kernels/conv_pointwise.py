"""A 1x1 convolution with stride 1 and no padding: a matrix product as it stands."""

from __future__ import annotations

import numpy as np

from .lowering import Walk, tile_extent, tile_work, tiles_of
from .threads import parallel_for

__all__ = ["convolve_pointwise"]


def convolve_pointwise(x: np.ndarray, w: np.ndarray, walks: list[Walk], b: np.ndarray | None, y: np.ndarray) -> None:
    """``y[n, g] = w[g] @ x[n, g]`` with all spatial axes as one.

    Examples
    --------
    >>> x = np.array([1.0, 2, 4, 8]).reshape(1, 1, 2, 1, 2)  # (n, g, c, h, q)
    >>> w = np.array([1.0, 10]).reshape(1, 1, 2, 1, 1)  # (g, o, c, 1, 1)
    >>> y = np.empty((1, 1, 1, 1, 2))
    >>> convolve_pointwise(x, w, [Walk(1, 1, 0)] * 2, None, y)
    >>> y.ravel()
    array([41., 82.])
    """
    x, y = (a.reshape(*a.shape[:3], -1) for a in (x, y))
    matrices = w.reshape(w.shape[:3]).astype(x.dtype, copy=False)
    cell_bytes = (x.shape[2] + y.shape[2]) * x.itemsize
    work, shape = tile_work(y, x.shape[2], (1, 1)), (*y.shape[:3], 1, y.shape[3])
    tiles = tiles_of(shape, tile_extent(shape, cell_bytes, work))

    def body(i: int) -> None:
        n, g, _, _, columns = tiles[i]
        target = y[n, g, :, columns]
        np.matmul(matrices[g], x[n, g, :, columns], out=target)
        if b is not None:
            target += b[g, :, None]

    parallel_for(len(tiles), body, work)
