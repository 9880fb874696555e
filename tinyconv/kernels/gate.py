"""Choosing numbers: what every gradient that selects comes down to."""

from __future__ import annotations

import numpy as np

from ..backend import Array, get_array_module
from .passes import pass_over

__all__ = ["gate"]

CELL_WORK = 8  # multiplications that a cell takes as long as
_INTEGERS = {2: np.dtype(np.int16), 4: np.dtype(np.int32), 8: np.dtype(np.int64)}  # by the bytes that they take


def gate(values: Array, open: Array, out: Array) -> None:
    """Write `values` where `open` is True, else 0.

    It is a choice, and not a product, as 0 times inf is NaN.  ``where`` would jump at every cell, and take ten times as
    long, so it is a product after all, of the bits of `values` read as an integer: 1 times them are the same bits, 0
    times any are 0.

    Examples
    --------
    >>> out = np.empty(3)
    >>> gate(np.array([1.0, np.inf, -3.0]), np.array([True, False, True]), out)
    >>> out
    array([ 1.,  0., -3.])
    """
    kind = _INTEGERS[values.dtype.itemsize]
    multiply = get_array_module(values).multiply
    bits, opened, into = values.view(kind), open.view(np.int8), out.view(kind)
    if bits.shape == opened.shape:
        pass_over(lambda bits, opened, into: multiply(bits, opened, out=into), (bits, opened, into), CELL_WORK)
    else:
        multiply(bits, opened, out=into)
