"""Dtypes, and what happens when they meet: PyTorch's promotion, scalars that never promote, casts."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Operation, Tensor, as_array, whole
from ..backend import Array, is_array, quiet
from ..defaults import get_default_dtype
from ..errors import refusal
from ..kernels.sums import sum_dtype

__all__ = [
    "RANK", "Cast", "as_float", "as_operand", "cast", "fits", "operands", "promote", "promote_dtypes",
    "rank_of", "require_float", "scalar_of", "sum_dtype",
]  # fmt: skip

RANK = {"b": 0, "u": 1, "i": 1, "f": 2}  # bool < integer < float


def rank_of(value: Any) -> int:
    """Rank of a Python or NumPy scalar among bool (0) < integer (1) < float (2)."""
    if isinstance(value, (bool, np.bool_)):
        return 0
    return 1 if isinstance(value, (int, np.integer)) else 2


def promote_dtypes(a: np.dtype, b: np.dtype) -> np.dtype:
    """PyTorch's promotion of dtypes: the higher of bool < int < float wins, then the wider."""
    rank_a, rank_b = RANK[a.kind], RANK[b.kind]
    if rank_a != rank_b:
        return a if rank_a > rank_b else b
    return np.promote_types(a, b)


def promote(a: Tensor, b: Tensor) -> np.dtype:
    """PyTorch's promotion of tensors: as of dtypes, but a 0-d tensor yields within its rank."""
    if RANK[a.dtype.kind] == RANK[b.dtype.kind] and (a.ndim == 0) != (b.ndim == 0):
        return b.dtype if a.ndim == 0 else a.dtype
    return promote_dtypes(a.dtype, b.dtype)


def _with_scalar(tensor: Tensor, scalar: Any) -> tuple[Tensor, np.generic]:
    """A scalar never promotes within its rank: it takes the tensor's dtype."""
    dtype = tensor.dtype
    rank = rank_of(scalar)
    if rank > RANK[dtype.kind]:
        dtype = get_default_dtype() if rank == 2 else np.dtype(np.int64)
        tensor = cast(tensor, dtype)
    return tensor, scalar_of(dtype, scalar)


def scalar_of(dtype: np.dtype, value: Any) -> np.generic:
    """A Python or NumPy scalar in `dtype`; floats round (to inf if need be), integers must fit.

    Raises
    ------
    RuntimeError
        If an integer dtype cannot hold the value.

    Examples
    --------
    >>> int(scalar_of(np.dtype(np.int64), 2.7))
    2
    """
    if dtype.kind == "f":
        if -6e4 < value < 6e4:
            return dtype.type(value)
        try:
            with quiet():
                return dtype.type(value)
        except OverflowError:  # an int beyond all floats
            raise refusal("dtype.overflow", value=value, dtype=dtype) from None
    if dtype.kind != "b" and not fits(dtype, value):
        raise refusal("dtype.overflow", value=value, dtype=dtype)
    return dtype.type(value)


def fits(dtype: np.dtype, value: Any) -> bool:
    """Tell whether an integer dtype can hold a number, once it is truncated."""
    value = value.item() if isinstance(value, np.generic) else value
    limits = np.iinfo(dtype)
    return int(limits.min) - 1 < value < int(limits.max) + 1


def operands(a: Any, b: Any) -> tuple[Any, Any]:
    """Bring two operands to one dtype; scalars come back as NumPy scalars, arrays as Tensors."""
    a_is_tensor, b_is_tensor = isinstance(a, Tensor), isinstance(b, Tensor)
    if a_is_tensor and b_is_tensor and a._array.dtype is b._array.dtype:  # the usual case first
        return a, b
    if isinstance(b, (int, float, np.generic)):
        return _with_scalar(a if a_is_tensor else as_operand(a), b)
    if isinstance(a, (int, float, np.generic)):
        b, a = _with_scalar(b if b_is_tensor else as_operand(b), a)
        return a, b
    a, b = as_operand(a), as_operand(b)
    dtype = promote(a, b)
    return cast(a, dtype), cast(b, dtype)


def as_operand(x: Any) -> Tensor:
    """A Tensor as it is; an array or a number as one.

    Raises
    ------
    TypeError
        For anything else, a list too.
    """
    if isinstance(x, Tensor):
        return x
    if is_array(x) or isinstance(x, (int, float, np.generic)):
        return Tensor._of(as_array(x))
    raise refusal("dtype.operand", x=x)


class Cast(Operation):
    """The same values in another dtype; the engine gives a gradient the dtype of its argument."""

    __slots__ = ()

    def forward(self, x: Array, dtype: np.dtype) -> Array:
        return x.astype(dtype)

    def grad_x(self, g: Tensor) -> Tensor:
        return g


@whole
def cast(x: Tensor, dtype: Any) -> Tensor:
    """Give `x` in another dtype (`x` itself if it has it)."""
    dtype = np.dtype(dtype)
    if x.array.dtype == dtype:
        return x
    if dtype.kind == "f" and x.array.dtype.kind == "f":
        return Cast.apply(x, dtype)
    with quiet():
        return Tensor._of(x.array.astype(dtype))


def as_float(x: Tensor) -> Tensor:
    """A Tensor of a float dtype: integers become the default one, as in PyTorch."""
    return x if x._array.dtype.kind == "f" else cast(x, get_default_dtype())


def require_float(x: Tensor, function: str) -> None:
    """Refuse integer and bool input.

    Raises
    ------
    RuntimeError
        Naming the dtype, and the conversion that helps.
    """
    if x.dtype.kind != "f":
        raise refusal("dtype.no_float", function, function=function, x=x)
