"""What a tensor is, in numbers."""

from __future__ import annotations

from typing import Any

from ..arguments import checked
from ..autograd import Tensor
from ..backend import address_of
from .shape import matrix_transpose, normalize_dim, reversed_dims

__all__ = [
    "is_complex", "is_floating_point", "is_nonzero", "is_tensor", "numel",
]  # fmt: skip


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


@checked
def is_complex(input: Tensor) -> bool:
    """Tell whether the elements are complex numbers: never, here."""
    return False


@checked
def is_nonzero(input: Tensor) -> bool:
    """Tell whether the only element is not 0.

    Raises
    ------
    RuntimeError
        If there is not exactly one.
    """
    return bool(input)


@checked
def is_contiguous(input: Tensor) -> bool:
    """Tell whether the elements lie in memory row by row without gaps, as :func:`contiguous` puts them.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.zeros(2, 3).is_contiguous(), tc.zeros(2, 3).T.is_contiguous()
    (True, False)
    """
    return bool(input.array.flags.c_contiguous)


@checked
def stride(input: Tensor, dim: int | None = None) -> Any:
    """How many elements of the memory lie from one to the next along each dimension, or along one.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.zeros(2, 3).stride(), tc.zeros(2, 3).T.stride()
    ((3, 1), (1, 3))
    """
    strides = tuple(step // input.dtype.itemsize for step in input.array.strides)
    return strides if dim is None else strides[normalize_dim(dim, input.ndim, "stride")]


def data_ptr(input: Tensor) -> int:
    """The memory's address: two tensors with the same one share their first element."""
    return address_of(input.array)


def is_cuda(input: Tensor) -> bool:
    """Whether it is on a GPU."""
    return input.device.type == "cuda"
