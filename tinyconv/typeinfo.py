"""What dtypes hold, and what becomes of them together."""

from __future__ import annotations

from typing import Any

import numpy as np

from .arguments import DType, checked
from .autograd import Tensor
from .defaults import get_default_dtype
from .errors import refusal
from .ops.dtype import RANK, promote, promote_dtypes, rank_of

__all__ = ["can_cast", "finfo", "iinfo", "promote_types", "result_type"]


class finfo:
    """The limits of a float dtype: ``eps``, ``max``, ``min``, ``tiny``, ``smallest_normal``, ``resolution``, ``bits``.

    Raises
    ------
    TypeError
        For a dtype of integers.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.finfo(tc.float32).eps
    1.1920928955078125e-07
    """

    @checked
    def __init__(self, type: DType | None = None):
        dtype = get_default_dtype() if type is None else np.dtype(type)
        if dtype.kind != "f":
            raise refusal("typeinfo.float", "finfo", dtype=dtype)
        info = np.finfo(dtype)
        self.dtype, self.bits = dtype.name, info.bits
        self.eps, self.min, self.max = float(info.eps), float(info.min), float(info.max)
        self.tiny = self.smallest_normal = float(info.tiny)
        self.resolution = float(info.resolution)

    def __repr__(self) -> str:
        names = ("resolution", "min", "max", "eps", "smallest_normal", "tiny")
        return f"finfo({', '.join(f'{name}={getattr(self, name):g}' for name in names)}, dtype={self.dtype})"


class iinfo:
    """The limits of an integer dtype: ``min``, ``max``, ``bits``.

    Raises
    ------
    TypeError
        For a dtype of floats.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.iinfo(tc.int8)
    iinfo(min=-128, max=127, dtype=int8)
    """

    @checked
    def __init__(self, type: DType):
        dtype: Any = np.dtype(type)
        if dtype.kind not in "iu":
            raise refusal("typeinfo.int", "iinfo", dtype=dtype)
        info = np.iinfo(dtype)
        self.dtype, self.bits, self.min, self.max = dtype.name, info.bits, int(info.min), int(info.max)

    def __repr__(self) -> str:
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"


@checked
def promote_types(type1: DType, type2: DType) -> np.dtype:
    """Give the dtype that two dtypes become together: the higher of bool < int < float, then the wider.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.promote_types(tc.int64, tc.float16)
    dtype('float16')
    """
    return promote_dtypes(np.dtype(type1), np.dtype(type2))


@checked
def can_cast(from_: DType, to: DType) -> bool:
    """Tell whether a result of one dtype may be written into another: floats into no integers, numbers into no bools.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.can_cast(tc.float64, tc.float16), tc.can_cast(tc.float32, tc.int64)
    (True, False)
    """
    return RANK[np.dtype(from_).kind] <= RANK[np.dtype(to).kind]


def result_type(tensor1: Any, tensor2: Any) -> np.dtype:
    """Give the dtype of the sum of two tensors or numbers; a number never widens within its rank.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.result_type(tc.tensor([1]), 0.5), tc.result_type(tc.ones(2, dtype=tc.float16), 0.5)
    (dtype('float32'), dtype('float16'))
    """
    if isinstance(tensor1, Tensor) and isinstance(tensor2, Tensor):
        return promote(tensor1, tensor2)
    (x, number) = (tensor1, tensor2) if isinstance(tensor1, Tensor) else (tensor2, tensor1)
    if not isinstance(x, Tensor):
        return promote_dtypes(_dtype_of(tensor1), _dtype_of(tensor2))
    return x.dtype if rank_of(number) <= RANK[x.dtype.kind] else _dtype_of(number)


def _dtype_of(number: Any) -> np.dtype:
    return (np.dtype(np.bool_), np.dtype(np.int64), get_default_dtype())[rank_of(number)]
