"""Sorting, and what is found in sorted values.  Values are read at the places found, and the gradient goes there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import return_types
from ..arguments import checked
from ..autograd import Operation, Tensor
from ..backend import Array, get_array_module
from ..errors import refusal
from ..return_types import ValuesIndices
from .dtype import cast, require_float
from .elementwise import Gate, where
from .indexing import take_along_dim
from .products import lerp
from .shape import as_int, clone, normalize_dim

__all__ = [
    "argsort", "bucketize", "kthvalue", "median", "mode", "quantile", "searchsorted", "sort", "topk", "unique",
    "unique_consecutive",
]  # fmt: skip


def _order(input: Tensor, dim: int, descending: bool, function: str) -> tuple[Tensor, Tensor, int]:
    """The tensor with a dimension, the places of its values in order along it, and that dimension.

    Equal values keep their order; NaN counts as the largest.
    """
    axis = normalize_dim(dim, input.ndim, function)
    x = input if input.ndim else input.reshape(1)
    xp = get_array_module(x.array)
    if not descending:
        return x, Tensor._of(xp.argsort(x.array, axis=axis, kind="stable")), axis
    backwards = xp.argsort(xp.flip(x.array, axis), axis=axis, kind="stable")
    return x, Tensor._of(x.shape[axis] - 1 - xp.flip(backwards, axis)), axis


def _picked(x: Tensor, places: Tensor, axis: int, keepdim: bool, shape: tuple[int, ...], pair: Any) -> ValuesIndices:
    """What stands at one place along a dimension, which is dropped unless it is to be kept."""
    values = take_along_dim(x, places, axis)
    if not shape:
        return pair(values.reshape(()), places.reshape(()))
    return pair(values, places) if keepdim else pair(values.squeeze(axis), places.squeeze(axis))


@checked
def sort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> ValuesIndices:
    """Sort along `dim`; give ``(values, indices)``.  NaN counts as the largest; equal values keep their order.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.sort(tc.tensor([3.0, 1.0, 2.0]))
    tinyconv.return_types.sort(
    values=tensor([1., 2., 3.]),
    indices=tensor([1, 2, 0]))
    """
    x, places, axis = _order(input, dim, descending, "sort")
    return return_types.sort(take_along_dim(x, places, axis).reshape(input.shape), places.reshape(input.shape))


@checked
def argsort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """Indices that sort along `dim`; equal values keep their order.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.argsort(tc.tensor([3.0, 1.0, 2.0]), descending=True)
    tensor([0, 2, 1])
    """
    return _order(input, dim, descending, "argsort")[1].reshape(input.shape)


@checked
def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> ValuesIndices:
    """The `k` largest (or smallest) values along `dim`, in order, and their indices.

    Raises
    ------
    RuntimeError
        If there are not so many.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.topk(tc.tensor([3.0, 1.0, 2.0]), 2)
    tinyconv.return_types.topk(
    values=tensor([3., 2.]),
    indices=tensor([0, 2]))
    """
    x, places, axis = _order(input, dim, largest, "topk")
    count = as_int(k, "shape.no_size", "topk")
    if not 0 <= count <= x.shape[axis]:
        raise refusal("topk.count", "topk", k=k, size=x.shape[axis], dim=dim)
    places = places[(slice(None),) * axis + (slice(count),)].clone()
    values = take_along_dim(x, places, axis)
    return (
        return_types.topk(values, places) if input.ndim else return_types.topk(values.reshape(()), places.reshape(()))
    )


@checked
def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> ValuesIndices:
    """The `k`-th smallest value along `dim`, counted from 1, and its index.

    Raises
    ------
    RuntimeError
        If there are not so many.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.kthvalue(tc.tensor([3.0, 1.0, 2.0]), 2)
    tinyconv.return_types.kthvalue(
    values=tensor(2.),
    indices=tensor(2))
    """
    x, places, axis = _order(input, dim, False, "kthvalue")
    count = as_int(k, "shape.no_size", "kthvalue")
    if not 1 <= count <= x.shape[axis]:
        raise refusal("topk.count", "kthvalue", k=k, size=x.shape[axis], dim=dim)
    place = places[(slice(None),) * axis + (slice(count - 1, count),)].clone()
    return _picked(x, place, axis, keepdim, input.shape, return_types.kthvalue)


class Median(Operation):
    """The lower median of all values, or NaN; the gradient is shared evenly among its equals, as in PyTorch."""

    __slots__ = ()

    def forward(self, x: Array) -> Array:
        xp = get_array_module(x)
        flat = xp.sort(x.reshape(-1))
        value = flat[(flat.size - 1) // 2 :][:1]
        if x.dtype.kind == "f":
            value = xp.where(flat[-1:] == flat[-1:], value, flat[-1:])
        ties = (x == value) | ((x != x) & (value != value))
        self.keep(ties=ties, share=(1.0 / xp.sum(ties)).astype(x.dtype))
        return value.reshape(())

    def grad_x(self, g: Tensor, ties: Tensor, share: Tensor, shape: tuple[int, ...]) -> Tensor:
        return Gate.apply((g * share).expand(shape), ties)


@checked
def median(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The value in the middle: of all, or ``(values, indices)`` along `dim`; of two in the middle, the lower one.

    NaN is the median of what has one.  Along `dim` the gradient goes to the element at the returned index; otherwise
    equal values share it.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.median(tc.tensor([4.0, 1.0, 3.0, 2.0]))
    tensor(2.)
    >>> tc.median(tc.tensor([[4.0, 1.0, 3.0]]), dim=1)
    tinyconv.return_types.median(
    values=tensor([3.]),
    indices=tensor([2]))
    """
    if dim is None:
        return (
            Median.apply(input) if input.numel() else Tensor._of(input.device.xp.full((), math.nan, dtype=input.dtype))
        )
    x, places, axis = _order(input, dim, False, "median")
    size = x.shape[axis]
    if not size:
        raise refusal("reduce.empty_dim", "median", dim=dim, x=input)
    lead = (slice(None),) * axis
    middle = (size - 1) // 2
    place = places[lead + (slice(middle, middle + 1),)].clone()
    if x.dtype.kind == "f":
        xp = get_array_module(x.array)
        unknown = xp.isnan(x.array)
        first = xp.expand_dims(xp.argmax(unknown, axis=axis), axis)
        place = Tensor._of(xp.where(xp.any(unknown, axis=axis, keepdims=True), first, place.array))
    return _picked(x, place, axis, keepdim, input.shape, return_types.median)


@checked
def mode(input: Tensor, dim: int = -1, keepdim: bool = False) -> ValuesIndices:
    """The most frequent value along `dim`, the smallest of several, and the last index at which it stands.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.mode(tc.tensor([3, 1, 2, 3, 1]))
    tinyconv.return_types.mode(
    values=tensor(1),
    indices=tensor(4))
    """
    x, places, axis = _order(input, dim, False, "mode")
    if not x.shape[axis]:
        raise refusal("reduce.empty_dim", "mode", dim=dim, x=input)
    xp = get_array_module(x.array)
    ordered = xp.moveaxis(xp.take_along_axis(x.array, places.array, axis=axis), axis, -1)
    rows = ordered.reshape(-1, ordered.shape[-1])
    new = xp.zeros(rows.shape, "int64")
    new[:, 1:] = rows[:, 1:] != rows[:, :-1]
    run = xp.cumsum(new, axis=1)  # which run of equal values each belongs to
    lengths = xp.zeros(rows.shape, "int64")
    xp.add.at(lengths, (xp.arange(rows.shape[0])[:, None], run), xp.ones(rows.shape, "int64"))
    longest = xp.argmax(lengths, axis=1)[:, None]
    last = (xp.sum(run <= longest, axis=1) - 1).reshape(ordered.shape[:-1])
    place = take_along_dim(places, Tensor._of(xp.expand_dims(last, axis)), axis)
    return _picked(x, place, axis, keepdim, input.shape, return_types.mode)


@checked
def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The different values in ascending order, or along `dim` the different slices; has no gradient.

    On a GPU this waits for the number of values.

    Returns
    -------
    Tensor, or tuple of Tensors
        The values; with `return_inverse` also where each element of the input is among them, with `return_counts`
        also how often each occurs.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.unique(tc.tensor([3, 1, 3]), return_counts=True)
    (tensor([1, 3]), tensor([1, 2]))
    """
    axis = None if dim is None else normalize_dim(dim, input.ndim, "unique")
    if axis is not None and not input.ndim:
        raise refusal("shape.size_of_0d", "unique", dim=dim)
    xp = get_array_module(input.array)
    found = xp.unique(input.array, return_inverse=True, return_counts=True, axis=axis, equal_nan=False)
    values, inverse, counts = (Tensor._of(array) for array in found)
    inverse = inverse.reshape(input.shape if axis is None else input.shape[axis])
    results = (values, *((inverse,) if return_inverse else ()), *((counts,) if return_counts else ()))
    return results if len(results) > 1 else values


@checked
def unique_consecutive(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """Keep one of each run of equal values, or along `dim` of equal slices; has no gradient.

    On a GPU this waits for the number of runs.

    Returns
    -------
    Tensor, or tuple of Tensors
        The values; with `return_inverse` also the run of each element of the input, with `return_counts` also the
        runs' lengths.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.unique_consecutive(tc.tensor([1, 1, 2, 1]), return_counts=True)
    (tensor([1, 2, 1]), tensor([2, 1, 1]))
    """
    axis = 0 if dim is None else normalize_dim(dim, input.ndim, "unique_consecutive")
    array = input.array.reshape(-1) if dim is None else input.array
    xp = get_array_module(array)
    size = array.shape[axis]
    rows = xp.moveaxis(array, axis, 0).reshape(size, array.size // max(size, 1))
    new = xp.ones(size, "bool")
    new[1:] = xp.any(rows[1:] != rows[:-1], axis=1)
    starts = xp.nonzero(new)[0]
    ends = xp.concatenate([starts[1:], xp.full((min(size, 1),), size, dtype=starts.dtype)])
    run = (xp.cumsum(new.astype("int64")) - 1).reshape(input.shape if dim is None else (size,))
    results = (xp.take(array, starts, axis=axis), *([run] if return_inverse else []))
    results += (ends - starts,) if return_counts else ()
    tensors = tuple(Tensor._of(result) for result in results)
    return tensors if len(tensors) > 1 else tensors[0]


@checked
def searchsorted(
    sorted_sequence: Tensor,
    input: Tensor | float,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
) -> Tensor:
    """Where values would be inserted into a sorted sequence: before its equals, or with `right` after them.

    Parameters
    ----------
    sorted_sequence : Tensor
        ``(n,)``, or ``(*, n)`` with sequences for each row of the input ``(*, m)``.
    input : Tensor or number
        The values.

    Raises
    ------
    RuntimeError
        If the leading sizes differ, or `side` contradicts `right`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.searchsorted(tc.tensor([1, 3, 5]), tc.tensor([3, 4]))
    tensor([1, 2])
    """
    if side not in (None, "left", "right") or (side == "left" and right):
        raise refusal("searchsorted.side", "searchsorted", side=side, right=right)
    after = right or side == "right"
    sequence, kind = sorted_sequence.array, np.int32 if out_int32 else np.int64
    if not sequence.ndim:
        raise refusal("searchsorted.no_dim", "searchsorted")
    xp = get_array_module(sequence)
    values = input.array if isinstance(input, Tensor) else xp.full((), input)
    if sequence.ndim == 1:
        places = xp.searchsorted(sequence, values, side="right" if after else "left")
    elif sequence.shape[:-1] != values.shape[:-1]:
        raise refusal("searchsorted.rows", "searchsorted", sequence=sequence, values=values)
    else:
        rows, columns = sequence[..., None, :], values[..., :, None]
        places = xp.sum(rows <= columns if after else rows < columns, axis=-1)
    return cast(Tensor._of(places), kind)


@checked
def bucketize(input: Tensor | float, boundaries: Tensor, *, out_int32: bool = False, right: bool = False) -> Tensor:
    """Which bucket each value falls into, between sorted boundaries; one that equals a boundary lies below it.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.bucketize(tc.tensor([0, 3, 9]), tc.tensor([1, 3, 5]))
    tensor([0, 1, 3])
    """
    if boundaries.ndim != 1:
        raise refusal("product.rank", "bucketize", name="boundaries", ndim=1, x=boundaries)
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


@checked
def quantile(
    input: Tensor, q: float | Tensor, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Tensor:
    """The values below which a share `q` of the elements lies, over `dim` or over all.

    Parameters
    ----------
    q : float or Tensor
        Shares from 0 to 1; a vector of them gives a leading dimension.
    interpolation : {'linear', 'lower', 'higher', 'midpoint', 'nearest'}
        What to give between two elements.

    Raises
    ------
    RuntimeError
        For a tensor of integers, a share outside [0, 1] (a tensor on a device is not looked at), or another
        interpolation.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.quantile(tc.tensor([1.0, 2.0, 4.0]), 0.75)
    tensor(3.)
    """
    require_float(input, "quantile")
    if interpolation not in _BETWEEN:
        raise refusal("quantile.between", "quantile", interpolation=interpolation, known=", ".join(_BETWEEN))
    xp = get_array_module(input.array)
    shares = q.array if isinstance(q, Tensor) else xp.full((), q, dtype=input.dtype)
    if shares.ndim > 1 or (xp is np and not ((shares >= 0) & (shares <= 1)).all()):
        raise refusal("quantile.share", "quantile", q=q)
    x, _, axis = _order(input.reshape(-1) if dim is None else input, 0 if dim is None else dim, False, "quantile")
    if not x.shape[axis]:
        raise refusal("reduce.empty", "quantile", dim=dim, x=input)
    order = [axis, *(d for d in range(x.ndim) if d != axis)]
    ordered = sort(x, axis).values.permute(order)
    place = shares.reshape(-1).astype("float64") * (x.shape[axis] - 1)
    low, high, weight = _BETWEEN[interpolation](xp, place)
    below, above = (ordered[Tensor._of(p.astype("int64"))] for p in (low, high))
    along = (-1,) + (1,) * (x.ndim - 1)
    between = Tensor._of(weight.astype(x.dtype))
    if interpolation == "linear" and isinstance(q, Tensor):  # which has a gradient: the slope between the two
        between = cast(cast(q.reshape(-1), "float64") * (x.shape[axis] - 1) - Tensor._of(low), x.dtype)
    result = lerp(below, above, between.reshape(along))
    largest = ordered[-1:]
    result = where(largest == largest, result, largest)  # NaN is the largest, and spoils all
    kept = (1,) * input.ndim if dim is None else x.shape[:axis] + (1,) + x.shape[axis + 1 :]
    dropped = kept if keepdim else tuple(n for i, n in enumerate(kept) if dim is not None and i != axis)
    return clone(result.reshape(shares.shape + (dropped if input.ndim else ())))


_BETWEEN: dict[str, Any] = {
    "linear": lambda xp, p: (xp.floor(p), xp.ceil(p), p - xp.floor(p)),
    "lower": lambda xp, p: (xp.floor(p), xp.floor(p), p * 0),
    "higher": lambda xp, p: (xp.ceil(p), xp.ceil(p), p * 0),
    "midpoint": lambda xp, p: (xp.floor(p), xp.ceil(p), p * 0 + 0.5),
    "nearest": lambda xp, p: (xp.rint(p), xp.rint(p), p * 0),
}
