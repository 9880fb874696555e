"""Running totals, products and extremes along a dimension.

Products and extremes are found by doubling: after k steps every place knows what the 2**k elements up to it give, so
that a few operations on whole tensors do what a loop over the elements would.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import return_types
from ..arguments import DType, checked
from ..autograd import Operation, Tensor
from ..backend import Array, get_array_module
from ..return_types import ValuesIndices
from .dtype import cast
from .elementwise import mul
from .indexing import take_along_dim
from .shape import cat, clone, expand, normalize_dim

__all__ = ["cummax", "cummin", "cumprod", "cumsum"]


class CumSum(Operation):
    """Running sum along a dimension, from its start or its end; the one's gradient is the other."""

    __slots__ = ()

    def forward(self, x: Array, dim: int, from_end: bool) -> Array:
        xp = get_array_module(x)
        wide = np.dtype(np.float64) if x.dtype.kind == "f" else x.dtype  # a long float32 sum loses digits
        if from_end:
            x = xp.flip(x, dim)
        y = xp.cumsum(x, axis=dim, dtype=wide).astype(x.dtype, copy=False)
        return xp.flip(y, dim).copy() if from_end else y

    def grad_x(self, g: Tensor, dim: int, from_end: bool) -> Tensor:
        return CumSum.apply(g, dim, not from_end)


def _prepared(input: Tensor, dtype: Any) -> Tensor:
    """In the dtype asked for; integers and bools as int64 otherwise, as in a sum."""
    if dtype is not None:
        return cast(input, dtype)
    return input if input.dtype.kind == "f" else cast(input, np.int64)


@checked
def cumsum(input: Tensor, dim: int, *, dtype: DType | None = None) -> Tensor:
    """Running sum along `dim`: ``y[i] = x[0] + ... + x[i]``; integers and bools sum in int64.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.cumsum(tc.tensor([1.0, 2.0, 3.0]), dim=0)
    tensor([1., 3., 6.])
    """
    x = _prepared(input, dtype)
    axis = normalize_dim(dim, x.ndim, "cumsum")
    return CumSum.apply(x, axis, False) if x.ndim else clone(x)


@checked
def cumprod(input: Tensor, dim: int, *, dtype: DType | None = None) -> Tensor:
    """Running product along `dim`: ``y[i] = x[0] * ... * x[i]``; integers and bools multiply in int64.

    Made of products alone, so that its gradient is right where factors are zero too, to any order.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.cumprod(tc.tensor([1.0, 2.0, 3.0]), dim=0)
    tensor([1., 2., 6.])
    """
    x = clone(_prepared(input, dtype))
    axis = normalize_dim(dim, x.ndim, "cumprod")
    step = 1
    while x.ndim and step < x.shape[axis]:
        early, late, before = _shifted(x, axis, step)
        x = cat([early, mul(late, before)], axis)
        step *= 2
    return x


def _shifted(x: Tensor, axis: int, step: int) -> tuple[Tensor, Tensor, Tensor]:
    """The first `step` elements, those after them, and for each of these the one `step` places before."""
    lead = (slice(None),) * axis
    return x[lead + (slice(step),)], x[lead + (slice(step, None),)], x[lead + (slice(-step),)]


@checked
def cummax(input: Tensor, dim: int) -> ValuesIndices:
    """Largest value so far along `dim`, and where it stands (the last place among equals); NaN is the largest.

    The gradient goes to the element at the returned index.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.cummax(tc.tensor([2.0, 5.0, 3.0]), dim=0)
    tinyconv.return_types.cummax(
    values=tensor([2., 5., 5.]),
    indices=tensor([0, 1, 1]))
    """
    return _running_extreme(input, dim, "cummax", lambda early, late: early > late)


@checked
def cummin(input: Tensor, dim: int) -> ValuesIndices:
    """Smallest value so far along `dim`, and where it stands (the last place among equals); NaN is the smallest.

    The gradient goes to the element at the returned index.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.cummin(tc.tensor([3.0, 5.0, 2.0]), dim=0)
    tinyconv.return_types.cummin(
    values=tensor([3., 3., 2.]),
    indices=tensor([0, 0, 2]))
    """
    return _running_extreme(input, dim, "cummin", lambda early, late: early < late)


def _running_extreme(input: Tensor, dim: int, function: str, better: Callable[[Any, Any], Any]) -> ValuesIndices:
    axis = normalize_dim(dim, input.ndim, function)
    x = input if input.ndim else input.reshape(1)
    xp = get_array_module(x.array)
    along = (1,) * axis + (-1,) + (1,) * (x.ndim - axis - 1)
    places = expand(Tensor._of(xp.arange(x.shape[axis], dtype="int64").reshape(along)), x.shape)
    best, step = x.detach(), 1
    while step < x.shape[axis]:
        first, late, early = _shifted(best, axis, step)
        first_place, late_place, early_place = _shifted(places, axis, step)
        stays = (better(early.array, late.array) | (early.array != early.array)) & (late.array == late.array)
        best = cat([first, Tensor._of(xp.where(stays, early.array, late.array))], axis)
        places = cat([first_place, Tensor._of(xp.where(stays, early_place.array, late_place.array))], axis)
        step *= 2
    values = take_along_dim(x, places.clone(), axis)
    return getattr(return_types, function)(values.reshape(input.shape), places.reshape(input.shape))
