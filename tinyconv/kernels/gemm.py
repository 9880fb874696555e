"""Matrix products cut to what BLAS multiplies fastest."""

from __future__ import annotations

import numpy as np

from . import tuning
from .scratch import scratch

__all__ = ["multiply"]


def multiply(a: np.ndarray, b: np.ndarray, out: np.ndarray, add: bool = False) -> None:
    """``out = a @ b``, or ``out += a @ b``, in pieces that BLAS multiplies without packing where that is faster.

    It is where the pieces are not too thin, and begin where a cache line does; packing a matrix pays
    only for a wide one.  That holds for OpenBLAS with AVX-512; without, cutting costs up to a tenth.

    Examples
    --------
    >>> out = np.ones((1, 2))
    >>> multiply(np.array([[1.0, 10]]), np.eye(2), out, add=True)
    >>> out
    array([[ 2., 11.]])
    """
    if add:
        term = scratch("term", out.shape, out.dtype)
        multiply(a, b, term)
        out += term
        return
    rows, depth, columns = a.shape[-2], a.shape[-1], b.shape[-1]
    width = tuning.GEMM_COLUMNS if depth <= tuning.LONG_DEPTH else tuning.GEMM_COLUMNS // 2
    if columns <= width * 5 // 4:
        width = columns
    height = tuning.SMALL_GEMM // (depth * width) // 4 * 4  # BLAS works on blocks of four rows
    aligned = all(step % tuning.LINE_BYTES == 0 for step in b.strides[:-1])
    thin = 8 if columns <= 2 * tuning.GEMM_COLUMNS else 16 if aligned and depth <= tuning.LONG_DEPTH else 72
    if height < thin or rows * depth * columns <= tuning.SMALL_GEMM:
        np.matmul(a, b, out=out)
        return
    for r, h in _whole_and_rest(rows, height):
        for c, w in _whole_and_rest(columns, width):
            # all blocks of a size in one call: threads would wait for each other between many
            left, right, block = a[..., r, :], b[..., c], out[..., r, c]
            np.matmul(
                left.reshape(*left.shape[:-2], -1, 1, h, depth),
                right.reshape(*right.shape[:-2], 1, depth, -1, w).swapaxes(-3, -2),
                out=block.reshape(*block.shape[:-2], -1, h, block.shape[-1] // w, w).swapaxes(-3, -2),
            )


def _whole_and_rest(size: int, block: int) -> list[tuple[slice, int]]:
    """Cut ``range(size)`` into whole blocks and a rest: their places, and the size of each block there."""
    whole = size // block * block
    return [(slice(lo, hi), each) for lo, hi, each in ((0, whole, block), (whole, size, size - whole)) if lo < hi]
