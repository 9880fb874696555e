"""The shape of a tensor itself changed: ``x.unsqueeze_(0)``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..arguments import checked
from ..autograd import Tensor
from ..autograd.views import become
from ..errors import refusal
from .shape import as_sizes, squeeze, t, transpose, unsqueeze, view

__all__ = ["resize_", "squeeze_", "swapaxes_", "swapdims_", "t_", "transpose_", "unsqueeze_"]


@checked
def squeeze_(input: Tensor, dim: int | Sequence[int] | None = None) -> Tensor:
    """:func:`squeeze` of the tensor itself, which is given back; the memory stays, and so do its views."""
    return become(input, lambda x: squeeze(x, dim), "squeeze_")


@checked
def unsqueeze_(input: Tensor, dim: int) -> Tensor:
    """:func:`unsqueeze` of the tensor itself, which is given back.

    Raises
    ------
    RuntimeError
        For a leaf that requires grad.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.zeros(2, 3).unsqueeze_(0).shape
    (1, 2, 3)
    """
    return become(input, lambda x: unsqueeze(x, dim), "unsqueeze_")


@checked
def resize_(input: Tensor, *size: Any) -> Tensor:
    """:func:`view` of the tensor itself, which is given back: as many numbers in another shape.

    PyTorch's would also drop numbers, or add some that are not set.

    Raises
    ------
    RuntimeError
        If `size` has more or fewer elements, or the tensor requires grad.

    Examples
    --------
    >>> import tinyconv as tc
    >>> images = tc.zeros(64, 1, 28, 28)
    >>> images.resize_(64, 1, 784).shape
    (64, 1, 784)
    """
    sizes = as_sizes(size, "resize_")
    if min(sizes, default=0) < 0 or math.prod(sizes) != input.array.size:
        raise refusal("shape.resize", "resize_", shape=input.shape, size=sizes)
    if input.requires_grad:
        raise refusal("shape.resize_grad", "resize_")
    return become(input, lambda x: view(x, sizes), "resize_")


@checked
def transpose_(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """:func:`transpose` of the tensor itself, which is given back."""
    return become(input, lambda x: transpose(x, dim0, dim1), "transpose_")


@checked
def t_(input: Tensor) -> Tensor:
    """:func:`t` of the tensor itself, which is given back."""
    return become(input, t, "t_")


@checked
def swapaxes_(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """:func:`transpose_` under NumPy's name."""
    return transpose_(input, axis0, axis1)


@checked
def swapdims_(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """:func:`transpose_` under another name."""
    return transpose_(input, dim0, dim1)
