"""How a Tensor is printed: PyTorch's form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .backend import asnumpy

if TYPE_CHECKING:
    from .tensor import Tensor


def format_tensor(tensor: Tensor) -> str:
    """Write ``tensor([...], requires_grad=True)``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> print(format_tensor(tc.tensor([[0.5, 2.0], [3.0, 4.0]])))
    tensor([[0.5000, 2.0000],
            [3.0000, 4.0000]])
    """
    prefix = "tensor("
    if tensor._data is None:
        return "tensor(<not initialised>)"
    body = _format_array(asnumpy(tensor._data), prefix)
    notes = []
    if 0 in tensor.shape and tensor.ndim > 1:
        notes.append(f"size={tensor.shape}")
    if tensor.dtype not in (np.float32, np.int64, np.bool_):
        notes.append(f"dtype={tensor.dtype}")
    if tensor.device.type != "cpu":
        notes.append(f"device='{tensor.device}'")
    if tensor.grad_fn is not None:
        notes.append(f"grad_fn=<{type(tensor.grad_fn).__name__}>")
    elif tensor.requires_grad:
        notes.append("requires_grad=True")
    return prefix + ", ".join([body, *notes]) + ")"


def _format_array(array: np.ndarray, prefix: str) -> str:
    formatter = _float_formatter(array) if array.dtype.kind == "f" else _plain_formatter(array)
    if array.ndim == 0:
        return formatter(array[()]).strip()
    return np.array2string(
        array, separator=", ", prefix=prefix, formatter={"all": formatter}, threshold=1000, max_line_width=100
    )


def _plain_formatter(array: np.ndarray) -> Any:
    width = max((len(str(v)) for v in _sample(array)), default=1)
    return lambda value: f"{value!s:>{width}}"


def _float_formatter(array: np.ndarray) -> Any:
    """Whole numbers as ``1.``, others with 4 decimals, or in powers of ten if their range asks for it."""
    values = _sample(array).astype(np.float64)
    finite = values[np.isfinite(values)]
    if finite.size == 0 or np.all(finite == np.round(finite)):
        big = finite.size and np.abs(finite).max() >= 1e8
        text = (lambda v: f"{v:.4e}") if big else (lambda v: f"{v:.0f}." if np.isfinite(v) else str(float(v)))
    else:
        sizes = np.abs(finite[finite != 0])
        scientific = sizes.max() > 1e8 or sizes.min() < 1e-4 or sizes.max() / sizes.min() > 1000 * 1e4
        text = (lambda v: f"{v:.4e}") if scientific else (lambda v: f"{v:.4f}")
    width = max((len(text(v)) for v in values), default=1)
    return lambda value: f"{text(float(value)):>{width}}"


def _sample(array: np.ndarray) -> np.ndarray:
    """The elements that will be printed: all, or the corners of a large array."""
    if array.size > 1000:
        for axis, n in enumerate(array.shape):
            array = np.take(array, (0, 1, 2, -3, -2, -1), axis) if n > 6 else array
    return array.ravel()
