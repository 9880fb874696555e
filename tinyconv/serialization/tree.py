"""Where a value stands in a nested object, and how deep it may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..backend import Device
from ..errors import refusal
from ..tensor import Tensor

__all__ = ["MAX_DEPTH", "NUMBER_KINDS", "Target", "data_of", "place"]

MAX_DEPTH = 100
NUMBER_KINDS = "biuf"  # bool, int, unsigned, float: the dtypes a Tensor, and so a file, may hold

Target = Callable[[Tensor, str], Device]  # where a Tensor goes, by what it is and where it was saved from


def data_of(tensor: Tensor, where: tuple[Any, ...]) -> Any:
    """Give the array of a Tensor that is to be saved; `where` is for the error of one without a shape yet.

    Examples
    --------
    >>> import tinyconv as tc
    >>> data_of(tc.ones(1), ("w",)).tolist()
    [1.0]
    """
    if tensor.is_lazy:
        raise refusal("save.lazy", "save", place=place(where))
    return tensor.array


def place(where: tuple[Any, ...]) -> str:
    """Give the user's own expression for a place in the object: ``obj['optim']['lr'][0]``.

    Examples
    --------
    >>> place(("optim", "lr", 0))
    "obj['optim']['lr'][0]"
    """
    return "obj" + "".join(f"[{key!r}]" for key in where[:8]) + ("..." if len(where) > 8 else "")
