"""How a Tensor is printed: PyTorch's form, so that its tutorials' outputs can be compared by eye."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .backend import asnumpy
from .defaults import get_default_dtype
from .errors import refusal

if TYPE_CHECKING:
    from .autograd.tensor import Tensor

PREFIX = "tensor("


class _Options:
    """What :func:`set_printoptions` sets; the class holds what is so at first."""

    precision: int = 4
    threshold: float = 1000  # larger tensors show the ends of each dimension only
    edgeitems: int = 3  # how many at each end
    linewidth: int = 80
    sci_mode: bool | None = None


_options = _Options()
_PROFILES: dict[str, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": np.inf, "edgeitems": 3, "linewidth": 80},
}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Say how Tensors are printed; what is left out stays, but `sci_mode`.

    Parameters
    ----------
    precision : int
        Digits after the point; 4 at first.
    threshold : float
        Tensors of more elements show the ends of their dimensions only; 1000 at first.
    edgeitems : int
        How many elements at each end; 3 at first.
    linewidth : int
        Characters in a line; 80 at first.
    profile : str
        ``"default"``, ``"short"`` or ``"full"``: values for all of these.
    sci_mode : bool, optional
        Whether to write in powers of ten; None lets the numbers decide.

    Raises
    ------
    ValueError
        For a profile of another name.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.set_printoptions(precision=2)
    >>> tc.tensor([0.123456])
    tensor([0.12])
    >>> tc.set_printoptions(profile="default")
    """
    if profile is not None:
        if profile not in _PROFILES:
            raise refusal("settings.profile", "set_printoptions", profile=profile, known=list(_PROFILES))
        vars(_options).update(_PROFILES[profile])
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    vars(_options).update({name: value for name, value in given.items() if value is not None})
    _options.sci_mode = sci_mode


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
    empty, usual = 0 in tensor.shape, get_default_dtype()
    if empty and tensor.ndim > 1:
        notes.append(f"size={tensor.shape}")
    if tensor.dtype not in ((usual,) if empty else (usual, np.int64, np.bool_)):
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
    room = _options.linewidth - 2  # for the comma and the closing bracket
    for note in notes:
        used = len(text) - (text.rfind("\n") + 1)
        text += f", {note}" if used + 2 + len(note) <= room else f",\n{' ' * len(PREFIX)}{note}"
    return text


def _format_array(array: np.ndarray) -> str:
    width, write = _float_format(array) if array.dtype.kind == "f" else _plain_format(array)
    if array.ndim == 0:
        return write(array[()])
    shorten = array.size > _options.threshold
    return _format_block(array, lambda value: f"{write(value):>{width}}", width, len(PREFIX), shorten)


def _format_block(array: np.ndarray, write: Callable[[Any], str], width: int, indent: int, shorten: bool) -> str:
    """Write one pair of brackets; what is inside starts one column further right."""
    if array.ndim == 1:
        return _format_row(array, write, width, indent, shorten)
    shown: list[Any] = list(array)
    if shorten and len(array) > 2 * _options.edgeitems:
        shown = [*array[: _options.edgeitems], None, *array[-_options.edgeitems :]]
    blocks = ["..." if part is None else _format_block(part, write, width, indent + 1, shorten) for part in shown]
    gap = "," + "\n" * (array.ndim - 1) + " " * (indent + 1)
    return "[" + gap.join(blocks) + "]"


def _format_row(row: np.ndarray, write: Callable[[Any], str], width: int, indent: int, shorten: bool) -> str:
    if shorten and len(row) > 2 * _options.edgeitems:
        words = [*map(write, row[: _options.edgeitems]), " ...", *map(write, row[-_options.edgeitems :])]
    else:
        words = [write(value) for value in row]
    per_line = max(1, (_options.linewidth - indent) // (width + len(", ")))
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
    if _options.sci_mode is not None:
        too_wide = _options.sci_mode
    form = "scientific" if too_wide else "whole" if whole else "decimal"
    return max(len(_number(v, form)) for v in values), lambda value: _number(value, form)


def _number(value: Any, form: str) -> str:
    value = float(value)
    if form == "scientific":
        return f"{value:.{_options.precision}e}"
    if form == "decimal" or not np.isfinite(value):
        return f"{value:.{_options.precision}f}"
    return f"{value:.0f}."


def _sample(array: np.ndarray) -> np.ndarray:
    """The elements that will be printed: all, or the corners of a large array."""
    if array.size > _options.threshold:
        ends = [*range(_options.edgeitems), *range(-_options.edgeitems, 0)]
        for axis, n in enumerate(array.shape):
            array = np.take(array, ends, axis) if n > 2 * _options.edgeitems else array
    return array.ravel()
