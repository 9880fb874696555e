"""How a Tensor is printed: PyTorch's form, so that its tutorials' outputs can be compared by eye."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .backend import asnumpy

if TYPE_CHECKING:
    from .autograd.tensor import Tensor

LINE_WIDTH = 80
SHOW_ALL_UP_TO = 1000  # larger tensors show the ends of each dimension only
EDGE = 3  # how many at each end
PREFIX = "tensor("


def format_tensor(tensor: Tensor) -> str:
    """Write ``tensor([...], requires_grad=True)``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> print(format_tensor(tc.tensor([[0.5, 2.0], [3.0, 4.0]])))
    tensor([[0.5000, 2.0000],
            [3.0000, 4.0000]])
    """
    array = asnumpy(tensor.array)
    text = PREFIX + _format_array(array) if array.size else PREFIX + "[]"
    return _with_notes(text, _notes(tensor)) + ")"


def _notes(tensor: Tensor) -> list[str]:
    """What follows the numbers: whatever cannot be read off them."""
    notes = []
    empty = 0 in tensor.shape
    if empty and tensor.ndim > 1:
        notes.append(f"size={tensor.shape}")
    if tensor.dtype not in ((np.float32,) if empty else (np.float32, np.int64, np.bool_)):
        notes.append(f"dtype={tensor.dtype}")
    if tensor.device.type != "cpu":
        notes.append(f"device='{tensor.device}'")
    view = tensor._view
    if view is not None and view.closed and view.known is not view.base._grad_fn:
        notes.append("grad_fn=<Invalid>")  # a view that cannot follow its base
    elif tensor.grad_fn is not None:
        notes.append(f"grad_fn=<{type(tensor.grad_fn).__name__}>")
    elif tensor.requires_grad:
        notes.append("requires_grad=True")
    return notes


def _with_notes(text: str, notes: list[str]) -> str:
    """Append each note, on a new line where the last one is full."""
    room = LINE_WIDTH - 2  # for the comma and the closing bracket
    for note in notes:
        used = len(text) - (text.rfind("\n") + 1)
        text += f", {note}" if used + 2 + len(note) <= room else f",\n{' ' * len(PREFIX)}{note}"
    return text


def _format_array(array: np.ndarray) -> str:
    width, write = _float_format(array) if array.dtype.kind == "f" else _plain_format(array)
    if array.ndim == 0:
        return write(array[()])
    shorten = array.size > SHOW_ALL_UP_TO
    return _format_block(array, lambda value: f"{write(value):>{width}}", width, len(PREFIX), shorten)


def _format_block(array: np.ndarray, write: Callable[[Any], str], width: int, indent: int, shorten: bool) -> str:
    """Write one pair of brackets; what is inside starts one column further right."""
    if array.ndim == 1:
        return _format_row(array, write, width, indent, shorten)
    shown: list[Any] = list(array)
    if shorten and len(array) > 2 * EDGE:
        shown = [*array[:EDGE], None, *array[-EDGE:]]
    blocks = ["..." if part is None else _format_block(part, write, width, indent + 1, shorten) for part in shown]
    gap = "," + "\n" * (array.ndim - 1) + " " * (indent + 1)
    return "[" + gap.join(blocks) + "]"


def _format_row(row: np.ndarray, write: Callable[[Any], str], width: int, indent: int, shorten: bool) -> str:
    if shorten and len(row) > 2 * EDGE:
        words = [*map(write, row[:EDGE]), " ...", *map(write, row[-EDGE:])]
    else:
        words = [write(value) for value in row]
    per_line = max(1, (LINE_WIDTH - indent) // (width + len(", ")))
    lines = [", ".join(words[i : i + per_line]) for i in range(0, len(words), per_line)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"


def _plain_format(array: np.ndarray) -> tuple[int, Callable[[Any], str]]:
    """Column width, and how one integer or bool is written."""
    return max(len(str(v)) for v in _sample(array)), str


def _float_format(array: np.ndarray) -> tuple[int, Callable[[Any], str]]:
    """Whole numbers as ``1.``, others with 4 decimals, or in powers of ten if their range asks for it."""
    values = _sample(array).astype(np.float64)
    values = values[np.isfinite(values) & (values != 0)]  # these alone decide, as in PyTorch
    if not values.size:
        return 1, lambda value: _number(value, "whole")
    smallest, largest = np.abs(values).min(), np.abs(values).max()
    whole = bool(np.all(values == np.ceil(values)))
    too_wide = largest / smallest > 1000 or largest > 1e8 or smallest < 1e-4
    form = "scientific" if too_wide else "whole" if whole else "decimal"
    return max(len(_number(v, form)) for v in values), lambda value: _number(value, form)


def _number(value: Any, form: str) -> str:
    value = float(value)
    if form == "scientific":
        return f"{value:.4e}"
    if form == "decimal" or not np.isfinite(value):
        return f"{value:.4f}"
    return f"{value:.0f}."


def _sample(array: np.ndarray) -> np.ndarray:
    """The elements that will be printed: all, or the corners of a large array."""
    if array.size > SHOW_ALL_UP_TO:
        ends = [*range(EDGE), *range(-EDGE, 0)]
        for axis, n in enumerate(array.shape):
            array = np.take(array, ends, axis) if n > 2 * EDGE else array
    return array.ravel()
