"""Tensors made after another's shape, dtype and device; and the indices of triangles."""

from __future__ import annotations

from typing import Any

import numpy as np

from .arguments import DeviceLike, DType, Size, checked
from .backend import Device
from .creation import empty, full, ones, randint, zeros
from .defaults import get_default_device
from .tensor import Tensor, tensor

__all__ = ["empty_like", "randint_like", "tril_indices", "triu_indices"]


@checked
def empty_like(
    input: Tensor, *, dtype: DType | None = None, device: DeviceLike | None = None, requires_grad: bool = False
) -> Tensor:
    """Make a tensor like another, whose values are whatever the memory held.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.empty_like(tc.zeros(2, 3)).shape
    (2, 3)
    """
    return new_empty(input, input.shape, dtype=dtype, device=device, requires_grad=requires_grad)


@checked
def randint_like(
    input: Tensor,
    low: int,
    high: int | None = None,
    *,
    generator: Any = None,
    dtype: DType | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draw integers from `low` up to, but not including, `high`, in another's shape and dtype; one limit is `high`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.randint_like(tc.zeros(2), 5, 6)
    tensor([5., 5.])
    """
    first, last = (0, low) if high is None else (low, high)
    kind, place = dtype or input.dtype, device or input.device
    return randint(first, last, input.shape, generator=generator, dtype=kind, device=place, requires_grad=requires_grad)


@checked
def new_zeros(
    input: Tensor, *size: Any, dtype: DType | None = None, device: DeviceLike | None = None, requires_grad: bool = False
) -> Tensor:
    """Make zeros of another's dtype and device."""
    return zeros(*size, dtype=dtype or input.dtype, device=device or input.device, requires_grad=requires_grad)


@checked
def new_ones(
    input: Tensor, *size: Any, dtype: DType | None = None, device: DeviceLike | None = None, requires_grad: bool = False
) -> Tensor:
    """Make ones of another's dtype and device."""
    return ones(*size, dtype=dtype or input.dtype, device=device or input.device, requires_grad=requires_grad)


@checked
def new_empty(
    input: Tensor, *size: Any, dtype: DType | None = None, device: DeviceLike | None = None, requires_grad: bool = False
) -> Tensor:
    """Make a tensor of another's dtype and device, whose values are whatever the memory held."""
    return empty(*size, dtype=dtype or input.dtype, device=device or input.device, requires_grad=requires_grad)


@checked
def new_full(
    input: Tensor,
    size: Size,
    fill_value: float,
    *,
    dtype: DType | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Make one value in another's dtype and device."""
    return full(size, fill_value, dtype or input.dtype, device or input.device, requires_grad)


@checked
def new_tensor(
    input: Tensor,
    data: Any,
    *,
    dtype: DType | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of numbers, in another's dtype and on its device."""
    return tensor(data, dtype or input.dtype, device or input.device, requires_grad)


@checked
def tril_indices(
    row: int, col: int, offset: int = 0, *, dtype: DType | None = None, device: DeviceLike | None = None
) -> Tensor:
    """Rows and columns of the cells of a lower triangle, ``(2, count)``, row by row.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
    return _cells(np.tril_indices(row, offset, col), dtype, device)  # host: a table of sizes


@checked
def triu_indices(
    row: int, col: int, offset: int = 0, *, dtype: DType | None = None, device: DeviceLike | None = None
) -> Tensor:
    """Rows and columns of the cells of an upper triangle, ``(2, count)``, row by row."""
    return _cells(np.triu_indices(row, offset, col), dtype, device)  # host: a table of sizes


def _cells(cells: tuple[np.ndarray, np.ndarray], dtype: Any, device: Any) -> Tensor:
    """Rows and columns as one Tensor."""
    return Tensor._of(Device(device or get_default_device()).asarray(np.stack(cells).astype(dtype or np.int64)))
