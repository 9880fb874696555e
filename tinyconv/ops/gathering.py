"""Reading and writing at indices: gather and scatter, whole slices by their numbers, masks.

All are made of ``x[key]``, ``x[key] = value`` and the sum of values put at places, so that their gradients are those.
On the CPU an index out of range is refused.  A GPU would have to be waited for: there what is read with such an index
is NaN, and a write with one writes NaN alone.  Integers and bools have no NaN: of them the first element stands in.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..arguments import checked
from ..autograd import Tensor
from ..backend import Array, get_array_module
from ..errors import refusal
from .dtype import cast
from .elementwise import add, where
from .indexing import PutItem, as_index, getitem, own_index
from .inplace import in_place, setitem
from .rearranging import broadcast_tensors
from .shape import cat, clone, normalize_dim

__all__ = [
    "argwhere", "gather", "index_add", "index_copy", "index_fill", "index_put", "index_select", "masked_scatter",
    "masked_select", "nonzero", "scatter", "scatter_add", "take",
]  # fmt: skip


def _checked_index(
    index: Tensor, size: int, dim: int, function: str, least: int = 0, kind: str = "index.bounds"
) -> tuple[Array, Array | None]:
    """Indices in range, and which ones were not; on the CPU these are refused, and it is None."""
    if index.dtype.kind not in "iu":
        raise refusal("index.take_dtype", function, indices=index)
    array = index.array
    xp = get_array_module(array)
    outside = (array < least) | (array >= size)
    if xp is not np:
        return xp.where(outside, array.dtype.type(0), array), outside
    if outside.any():
        raise refusal(kind, function, index=int(array[outside].reshape(-1)[0]), size=size, dim=dim)
    return array, None


def _spoiled(values: Any, outside: Array | None, x: Tensor) -> Any:
    """Put NaN in the place of values that belong to indices out of range, if `x` has floats."""
    if outside is None or x.dtype.kind != "f":
        return values
    if not isinstance(values, Tensor):
        nan, number = x.dtype.type(math.nan), x.dtype.type(values)
        return Tensor._of(get_array_module(outside).where(outside, nan, number))
    return where(Tensor._of(outside), math.nan, values)


def _all_spoiled(values: Any, outside: Array | None, x: Tensor) -> Any:
    """Put NaN in the place of all values, if any index is out of range: of two for one place, either may stay."""
    return values if outside is None else _spoiled(values, get_array_module(outside).any(outside), x)


def _places(
    x: Tensor, dim: int, index: Tensor, function: str, src: Any = None
) -> tuple[tuple[Array, ...], Array | None]:
    """The index of every cell that ``index`` names along `dim`, dimension by dimension, and which are outside."""
    axis = normalize_dim(dim, x.ndim, function)
    inside, outside = _checked_index(index, x.shape[axis], axis, function)
    if index.ndim != x.ndim:
        raise refusal("gather.rank", function, index=index, x=x)
    too_large = any(n > m for d, (n, m) in enumerate(zip(index.shape, x.shape)) if d != axis)
    if isinstance(src, Tensor):
        too_large |= src.ndim != index.ndim or any(n > m for n, m in zip(index.shape, src.shape))
    if too_large:
        raise refusal("gather.sizes", function, index=index, x=x, dim=axis)
    xp = get_array_module(index.array)
    grid = [xp.arange(n).reshape((-1,) + (1,) * (index.ndim - d - 1)) for d, n in enumerate(index.shape)]
    grid[axis] = inside
    return tuple(grid), outside


def _lifted(*values: Any) -> Any:
    """A tensor without dimensions is treated as one of one element, which is a view of it."""
    return tuple(v.reshape(1) if isinstance(v, Tensor) and not v.ndim else v for v in values)


@checked
def gather(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """Pick along `dim`: ``out[i, j] = input[index[i, j], j]`` for dim 0.

    Parameters
    ----------
    index : Tensor of integers
        As many dimensions as `input`, and no larger along the others; the result has its shape.

    Raises
    ------
    RuntimeError
        If the index does not fit.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.gather(tc.tensor([[1, 2], [3, 4]]), 1, tc.tensor([[0], [1]]))
    tensor([[1],
            [4]])
    """
    x, places = _lifted(input, index)
    key, outside = _places(x, dim, places, "gather")
    return _spoiled(getitem(x, key), outside, x).reshape(index.shape)


@checked
def scatter_(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Tensor | float | None = None,
    *,
    value: Tensor | float | None = None,
    reduce: str | None = None,
) -> Tensor:
    """:func:`scatter`, written over `input`, which is given back."""
    if reduce is not None:
        raise refusal("scatter.reduce", "scatter", reduce=reduce)
    if src is None:
        src = value
    if isinstance(src, Tensor) and src.dtype != input.dtype:
        raise refusal("close.dtypes", "scatter", first=input.dtype, second=src.dtype)
    x, index, src = _lifted(input, index, src)
    key, outside = _places(x, dim, index, "scatter", src)
    setitem(x, key, _all_spoiled(_cropped(src, index.shape), outside, x), "scatter_")
    return input


def _cropped(src: Any, shape: tuple[int, ...]) -> Any:
    """As much of the source as the index names."""
    return src[tuple(slice(n) for n in shape)] if isinstance(src, Tensor) and src.shape != shape else src


@checked
def scatter(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Tensor | float | None = None,
    *,
    value: Tensor | float | None = None,
    reduce: str | None = None,
) -> Tensor:
    """Put values along `dim`: ``out[index[i, j], j] = src[i, j]`` for dim 0; elsewhere `out` is `input`.

    Of several values for one place any one may stay.

    Parameters
    ----------
    src, value : Tensor or number
        Values of input's dtype, at least as many as `index` has; or one number for all.
    reduce : None
        PyTorch's 'add' is :func:`scatter_add`.

    Raises
    ------
    RuntimeError
        If the index or the source does not fit.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.scatter(tc.zeros(2, 3), 1, tc.tensor([[2], [0]]), 1.0)
    tensor([[0., 0., 1.],
            [1., 0., 0.]])
    """
    return scatter_(clone(input), dim, index, src, value=value, reduce=reduce)


@checked
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """Add values along `dim`: ``out[index[i, j], j] += src[i, j]`` for dim 0; all that meet in one place add up.

    Raises
    ------
    RuntimeError
        If the index or the source does not fit.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.scatter_add(tc.zeros(3), 0, tc.tensor([0, 0, 2]), tc.tensor([1.0, 2.0, 3.0]))
    tensor([3., 0., 3.])
    """
    if src.dtype != input.dtype:
        raise refusal("close.dtypes", "scatter_add", first=input.dtype, second=src.dtype)
    x, index, src = _lifted(input, index, src)
    key, outside = _places(x, dim, index, "scatter_add", src)
    return _added(x, key, _all_spoiled(_cropped(src, index.shape), outside, x)).reshape(input.shape)


def _added(x: Tensor, places: Any, values: Tensor) -> Tensor:
    """`x` with values added at places, which may repeat."""
    if x.dtype.kind != "f":  # a GPU adds into int64, and not into every smaller integer
        whole = PutItem.apply(cast(values, np.int64), own_index(places), x.shape)
        return cast(add(cast(x, np.int64), whole), x.dtype)
    return add(x, PutItem.apply(cast(values, x.dtype), own_index(places), x.shape))


def _rows(x: Tensor, dim: int, index: Tensor, function: str, least: int = 0) -> tuple[tuple[Any, ...], Array | None]:
    """The key that names whole slices along `dim`, and which of them are outside."""
    axis = normalize_dim(dim, x.ndim, function)
    if index.ndim > 1:
        raise refusal("index.vector", function, index=index)
    inside, outside = _checked_index(index, x.shape[axis], axis, function, least, "index.rows")
    return (slice(None),) * axis + (inside.reshape(-1),), outside


@checked
def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """Take slices along `dim` by their numbers.

    Raises
    ------
    IndexError
        If there is no such slice.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.index_select(tc.tensor([[1, 2], [3, 4]]), 1, tc.tensor([1, 1]))
    tensor([[2, 2],
            [4, 4]])
    """
    (x,) = _lifted(input)
    key, outside = _rows(x, dim, index, "index_select")
    across = None if outside is None else outside.reshape((-1,) + (1,) * (x.ndim - len(key)))
    taken = _spoiled(getitem(x, key), across, x)
    return taken if input.ndim else taken.reshape(())


@checked
def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1) -> Tensor:
    """Add slices ``alpha * source`` along `dim` at their numbers; all that meet in one place add up.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.index_add(tc.zeros(3), 0, tc.tensor([0, 0]), tc.tensor([1.0, 2.0]))
    tensor([3., 0., 0.])
    """
    if source.dtype != input.dtype:
        raise refusal("close.dtypes", "index_add", first=input.dtype, second=source.dtype)
    x, source = _lifted(input, source)
    key, outside = _rows(x, dim, index, "index_add")
    _check_slices(x, key, source, "index_add")
    return _added(x, key, _all_spoiled(source if alpha == 1 else source * alpha, outside, x)).reshape(input.shape)


def _check_slices(x: Tensor, key: tuple[Any, ...], source: Tensor, function: str) -> None:
    axis, count = len(key) - 1, key[-1].size
    expected = x.shape[:axis] + (count,) + x.shape[axis + 1 :]
    if source.shape != expected:
        raise refusal("index.source", function, source=source, expected=expected)


@checked
def index_copy_(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """:func:`index_copy`, written over `input`, which is given back."""
    if source.dtype != input.dtype:
        raise refusal("close.dtypes", "index_copy", first=input.dtype, second=source.dtype)
    x, source = _lifted(input, source)
    key, outside = _rows(x, dim, index, "index_copy")
    _check_slices(x, key, source, "index_copy")
    setitem(x, key, _all_spoiled(source, outside, x), "index_copy_")
    return input


@checked
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """Put slices along `dim` at their numbers.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.index_copy(tc.zeros(3), 0, tc.tensor([2, 0]), tc.tensor([1.0, 2.0]))
    tensor([2., 0., 1.])
    """
    return index_copy_(clone(input), dim, index, source)


@checked
def index_fill_(input: Tensor, dim: int, index: Tensor, value: Tensor | float) -> Tensor:
    """:func:`index_fill`, written over `input`, which is given back."""
    (x,) = _lifted(input)
    size = x.shape[normalize_dim(dim, x.ndim, "index_fill")]
    key, outside = _rows(x, dim, index, "index_fill", -size)
    setitem(x, key, _all_spoiled(value, outside, x), "index_fill_")
    return input


@checked
def index_fill(input: Tensor, dim: int, index: Tensor, value: Tensor | float) -> Tensor:
    """Put one value into whole slices along `dim`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.index_fill(tc.zeros(2, 2), 1, tc.tensor([0]), 5.0)
    tensor([[5., 0.],
            [5., 0.]])
    """
    return index_fill_(clone(input), dim, index, value)


@checked
def index_put(input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: bool = False) -> Tensor:
    """``x[indices] = values`` of a copy; with `accumulate`, values are added, and all that meet add up.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.index_put(tc.zeros(2), (tc.tensor([0, 0]),), tc.tensor([1.0, 2.0]), accumulate=True)
    tensor([3., 0.])
    """
    key = tuple(indices)
    if not accumulate:
        return setitem(clone(input), key, values, "index_put")
    key = as_index(input, key)
    return _added(input, key, values.expand(getitem(input.detach(), key).shape))


@checked
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where a mask is True, in one dimension; the two broadcast.

    On a GPU this waits for the number of elements.

    Raises
    ------
    RuntimeError
        If the mask is not of bools.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.masked_select(tc.tensor([1, 2, 3]), tc.tensor([True, False, True]))
    tensor([1, 3])
    """
    if mask.dtype.kind != "b":
        raise refusal("masked_fill.mask", "masked_select", mask=mask)
    x, chosen = broadcast_tensors(input, mask)
    return getitem(x.reshape(-1), chosen.reshape(-1))


@checked
def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """Put the source's elements, one after the other, where a mask is True; `input` and the mask broadcast.

    On a GPU, which would have to be waited for, elements that the source lacks are NaN (of integers, 0).

    Raises
    ------
    RuntimeError
        If the mask is not of bools, the source of another dtype, or (on the CPU) too short.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.masked_scatter(tc.zeros(3), tc.tensor([True, False, True]), tc.tensor([1.0, 2.0]))
    tensor([1., 0., 2.])
    """
    if mask.dtype.kind != "b":
        raise refusal("masked_fill.mask", "masked_scatter", mask=mask)
    if source.dtype != input.dtype:
        raise refusal("close.dtypes", "masked_scatter", first=input.dtype, second=source.dtype)
    x, chosen = broadcast_tensors(input, mask)
    xp, count = get_array_module(x.array), source.numel()
    order = xp.cumsum(chosen.array.reshape(-1).astype("int64"))
    if xp is np and order.size and order[-1] > count:
        raise refusal("masked_scatter.source", "masked_scatter", count=int(order[-1]), elements=count)
    missing = Tensor._of(xp.full((1,), math.nan if x.dtype.kind == "f" else 0, dtype=x.dtype))
    values = getitem(cat([source.reshape(-1), missing]), xp.clip(order - 1, 0, count))
    return where(chosen, values.reshape(x.shape), x)


@checked
def fill_diagonal_(input: Tensor, fill_value: float, wrap: bool = False) -> Tensor:
    """Write a number over the main diagonal; of a tall matrix with `wrap`, a new one begins a row below its end.

    Raises
    ------
    RuntimeError
        For fewer than two dimensions, or more of which not all have one size.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.zeros(2, 3).fill_diagonal_(5.0)
    tensor([[5., 0., 0.],
            [0., 5., 0.]])
    """
    if input.ndim < 2:
        raise refusal("rank.least", "fill_diagonal_", least=2, x=input)
    if input.ndim > 2 and len(set(input.shape)) > 1:
        raise refusal("fill_diagonal.sizes", "fill_diagonal_", x=input)
    columns = input.shape[1]
    rows = input.shape[0] if wrap and input.ndim == 2 else min(input.shape[0], columns)
    xp = get_array_module(input.array)
    step = columns + 1  # from one cell to the next, counted row by row
    steps = xp.arange(0, rows * columns, step) if input.ndim == 2 else xp.arange(rows)
    key = (steps // max(columns, 1), steps % max(columns, 1)) if input.ndim == 2 else (steps,) * input.ndim
    return setitem(input, key, fill_value, "fill_diagonal_")


@checked
def take(input: Tensor, index: Tensor) -> Tensor:
    """The elements of the flattened tensor at indices, in the shape of these; negative ones count from the end.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.take(tc.tensor([[1, 2], [3, 4]]), tc.tensor([0, 3]))
    tensor([1, 4])
    """
    inside, outside = _checked_index(index, input.numel(), 0, "take", -input.numel(), "index.rows")
    return _spoiled(getitem(input.reshape(-1), inside), outside, input).reshape(index.shape)


@checked
def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """Where the elements are that are not 0: ``(count, ndim)``, or with `as_tuple` one index tensor per dimension.

    On a GPU this waits for the count.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nonzero(tc.tensor([0, 3, 4]))
    tensor([[1],
            [2]])
    """
    found = argwhere(input if input.ndim or not as_tuple else input.reshape(1))
    return tuple(found[:, d].clone() for d in range(found.shape[1])) if as_tuple else found


@checked
def argwhere(input: Tensor) -> Tensor:
    """Where the elements are that are not 0, ``(count, ndim)``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.argwhere(tc.tensor([0, 3, 4]))
    tensor([[1],
            [2]])
    """
    return Tensor._of(get_array_module(input.array).argwhere(input.array))


scatter_add_: Callable[..., Tensor] = in_place(scatter_add, "scatter_add_")
index_add_: Callable[..., Tensor] = in_place(index_add, "index_add_")
index_put_: Callable[..., Tensor] = in_place(index_put, "index_put_")
