"""The precision in which sums are taken."""

from __future__ import annotations

import numpy as np

from ..backend import Array

__all__ = ["sum_dtype"]


def sum_dtype(array: Array) -> np.dtype:
    """Give the type to add values of `array` in: float16 would lose digits with every term (2048 + 1 is 2048).

    A sum of float16 is taken in float32, which BLAS knows too, and rounded once.

    Examples
    --------
    >>> import numpy as np
    >>> sum_dtype(np.ones(3, dtype="float16"))
    dtype('float32')
    """
    return np.dtype("float32") if array.dtype == "float16" else array.dtype
