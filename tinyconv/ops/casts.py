"""The dtypes as functions: ``x.float()``, ``x.long()``.

They are in a room of their own because they have the names of Python's types.
"""

from __future__ import annotations

import numpy as np

from ..autograd import Tensor
from .dtype import cast


def half(x: Tensor) -> Tensor:
    """Give the tensor in float16."""
    return cast(x, np.float16)


def float(x: Tensor) -> Tensor:
    """Give the tensor in float32."""
    return cast(x, np.float32)


def double(x: Tensor) -> Tensor:
    """Give the tensor in float64."""
    return cast(x, np.float64)


def int(x: Tensor) -> Tensor:
    """Give the tensor in int32."""
    return cast(x, np.int32)


def long(x: Tensor) -> Tensor:
    """Give the tensor in int64."""
    return cast(x, np.int64)


def short(x: Tensor) -> Tensor:
    """Give the tensor in int16."""
    return cast(x, np.int16)


def char(x: Tensor) -> Tensor:
    """Give the tensor in int8."""
    return cast(x, np.int8)


def byte(x: Tensor) -> Tensor:
    """Give the tensor in uint8."""
    return cast(x, np.uint8)


def bool(x: Tensor) -> Tensor:
    """Give the tensor as bool."""
    return cast(x, np.bool_)
