"""Making Tensors out of numbers and arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from .arguments import DType, checked
from .autograd import Tensor, as_array
from .backend import Device, is_array
from .defaults import get_default_device
from .errors import refusal

__all__ = [
    "Tensor", "as_tensor", "from_numpy", "tensor",
]  # fmt: skip


@checked
def tensor(
    data: Any, dtype: DType | None = None, device: Device | str | None = None, requires_grad: bool = False
) -> Tensor:
    """Make a Tensor from numbers, nested lists or an array, copying.

    Python floats become the default dtype (float32), ints int64; arrays keep their dtype.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.tensor([1, 2]).dtype, tc.tensor([1.0, 2.0]).dtype
    (dtype('int64'), dtype('float32'))
    """
    array = as_array(data, dtype)
    moved = _placed(array, data, device)
    source = data.array if isinstance(data, Tensor) else data
    if is_array(source) and isinstance(source, type(moved)) and source.dtype == moved.dtype:
        moved = moved.copy()  # nothing converted it so far
    return Tensor._of(moved, requires_grad)


@checked
def as_tensor(data: Any, dtype: DType | None = None, device: Device | str | None = None) -> Tensor:
    """Make a Tensor as :func:`tensor` does, but without a copy where none is needed: a Tensor is given back.

    Examples
    --------
    >>> import numpy as np, tinyconv as tc
    >>> x = tc.ones(2)
    >>> tc.as_tensor(x) is x, tc.as_tensor([1, 2])
    (True, tensor([1, 2]))
    """
    if isinstance(data, Tensor):
        return data.to(device, dtype)
    return Tensor._of(_placed(as_array(data, dtype), data, device))


def _placed(array: Any, data: Any, device: Device | str | None) -> Any:
    """On the device asked for; without one numbers go to the default device, and an array of a device stays there."""
    if device is None and (isinstance(data, Tensor) or (is_array(data) and not isinstance(data, np.ndarray))):
        return array
    return Device(device or get_default_device()).asarray(array)


def from_numpy(array: np.ndarray) -> Tensor:
    """Make a Tensor that shares memory with a NumPy array; writing to one changes the other.

    Raises
    ------
    TypeError
        If it is no NumPy array.

    Examples
    --------
    >>> import numpy as np, tinyconv as tc
    >>> tc.from_numpy(np.zeros((2, 2))).dtype
    dtype('float64')
    """
    if not isinstance(array, np.ndarray):
        raise refusal("tensor.from_numpy", "from_numpy", kind=type(array).__name__)
    return Tensor._of(array)
