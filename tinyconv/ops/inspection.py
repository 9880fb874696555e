"""What a tensor is, in numbers."""

from __future__ import annotations

from typing import Any

from ..arguments import checked
from ..autograd import Tensor
from .shape import matrix_transpose, reversed_dims

__all__ = ["is_floating_point", "is_tensor", "numel"]


@checked
def numel(input: Tensor) -> int:
    """Give the number of elements.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.numel(tc.zeros(2, 3))
    6
    """
    return input.numel()


def is_tensor(obj: Any) -> bool:
    """Tell whether it is a Tensor.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.is_tensor([1.0])
    False
    """
    return isinstance(obj, Tensor)


@checked
def is_floating_point(input: Tensor) -> bool:
    """Tell whether the elements are floats."""
    return input.dtype.kind == "f"


@checked
def element_size(input: Tensor) -> int:
    """Give the bytes of one element."""
    return input.dtype.itemsize


def itemsize(input: Tensor) -> int:
    """The bytes of one element."""
    return input.dtype.itemsize


def nbytes(input: Tensor) -> int:
    """The bytes of all elements."""
    return input.numel() * input.dtype.itemsize


def adjoint(input: Tensor) -> Tensor:
    """The matrix transposed; for real numbers the same as ``mT``."""
    return matrix_transpose(input) if input.ndim else reversed_dims(input)
