"""More ways to rearrange a tensor: repeated, rolled, turned, cut, put side by side.  All made of those in shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arguments import checked
from ..autograd import Operation, Tensor
from ..backend import Array, asnumpy, get_array_module
from ..errors import refusal
from .elementwise import where
from .indexing import getitem
from .reduction import sum
from .shape import as_int, as_sizes, cat, clone, common_shape, expand, flip, normalize_dim, permute, reshape, transpose

__all__ = [
    "atleast_1d", "atleast_2d", "atleast_3d", "broadcast_tensors", "broadcast_to", "column_stack", "concat",
    "concatenate", "diag", "diag_embed", "diagonal", "dstack", "fliplr", "flipud", "hstack", "kron", "meshgrid",
    "moveaxis", "movedim", "narrow", "ravel", "repeat_interleave", "roll", "rot90", "row_stack", "select",
    "swapaxes", "swapdims", "tile", "trace", "tril", "triu", "unbind", "vstack",
]  # fmt: skip

concat = concatenate = cat


# ------------------------------------------------------------------------------ repeating


@checked
def repeat(input: Tensor, *repeats: Any) -> Tensor:
    """Put copies side by side, so many along each dimension; more numbers than dimensions add leading ones.

    Raises
    ------
    RuntimeError
        For fewer numbers than dimensions, or a negative one.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    counts = as_sizes(repeats, "repeat")
    if len(counts) < input.ndim:
        raise refusal("repeat.count", "repeat", counts=counts, x=input)
    if min(counts, default=0) < 0:
        raise refusal("repeat.negative", "repeat", counts=counts)
    shape = (1,) * (len(counts) - input.ndim) + input.shape
    apart = tuple(n for size in shape for n in (1, size))
    copies = tuple(n for count, size in zip(counts, shape) for n in (count, size))
    whole = tuple(count * size for count, size in zip(counts, shape))
    return clone(reshape(expand(reshape(input, apart), copies), whole))


@checked
def tile(input: Tensor, *dims: Any) -> Tensor:
    """Put copies side by side, so many along each of the last dimensions; the others stay as they are.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.tile(tc.tensor([[1, 2]]), (2,))
    tensor([[1, 2, 1, 2]])
    """
    counts = as_sizes(dims, "tile")
    return repeat(input, (1,) * (input.ndim - len(counts)) + counts)


@checked
def repeat_interleave(
    input: Tensor, repeats: int | Tensor, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Repeat each element in its place; of the flattened tensor without `dim`.

    Parameters
    ----------
    repeats : int or Tensor
        How often; a tensor says it for each element along `dim` (and is read on the host, as the size depends on it).
    output_size : int, optional
        Taken for PyTorch's sake; the size is counted.

    Raises
    ------
    RuntimeError
        If a number is negative, or there is not one for each element.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.repeat_interleave(tc.tensor([1, 2]), 2)
    tensor([1, 1, 2, 2])
    >>> tc.repeat_interleave(tc.tensor([1, 2]), tc.tensor([1, 3]))
    tensor([1, 2, 2, 2])
    """
    x = input.reshape(-1) if dim is None else input
    axis = 0 if dim is None else normalize_dim(dim, x.ndim, "repeat_interleave")
    if not x.ndim:
        raise refusal("shape.size_of_0d", "repeat_interleave", dim=dim)
    size = x.shape[axis]
    if not isinstance(repeats, Tensor):
        repeats = Tensor._of(np.array(as_int(repeats, "shape.no_size", "repeat_interleave")))  # host: read there
    counts = asnumpy(repeats.array)
    if counts.dtype.kind not in "iu" or counts.ndim > 1 or counts.size not in (1, size):
        raise refusal("repeat.one_for_each", "repeat_interleave", repeats=repeats, size=size)
    if counts.size and counts.min() < 0:
        raise refusal("repeat.negative", "repeat_interleave", counts=counts.tolist())
    if counts.size == 1:
        wide = expand(x.unsqueeze(axis + 1), x.shape[: axis + 1] + (int(counts.reshape(())),) + x.shape[axis + 1 :])
        return clone(wide.flatten(axis, axis + 1))
    places = np.repeat(np.arange(size), counts)  # host: the counts give the size of the result
    return getitem(x, (slice(None),) * axis + (places,))


@checked
def broadcast_to(input: Tensor, size: Sequence[int]) -> Tensor:
    """Expand to a size, as `expand`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.broadcast_to(tc.tensor([1, 2]), (2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    return expand(input, size)


@checked
def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """Expand all to the shape that they have together.

    Examples
    --------
    >>> import tinyconv as tc
    >>> a, b = tc.broadcast_tensors(tc.zeros(2, 1), tc.zeros(3))
    >>> a.shape, b.shape
    ((2, 3), (2, 3))
    """
    several = _several(tensors)
    shape = common_shape([t.shape for t in several], "broadcast_tensors")
    return tuple(expand(t, shape) for t in several)


def _several(tensors: tuple[Any, ...]) -> list[Tensor]:
    """Tensors one by one or as one sequence."""
    alone = len(tensors) == 1 and isinstance(tensors[0], (list, tuple))
    return list(tensors[0] if alone else tensors)


@checked
def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """Make the coordinates of a grid out of its axes: result i varies along dimension i as axis i does.

    Parameters
    ----------
    indexing : {'ij', 'xy'}
        With 'xy' the first two dimensions are swapped: rows of the grid belong to the second axis.

    Raises
    ------
    RuntimeError
        For another indexing, or an axis of more than one dimension.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x, y = tc.meshgrid(tc.tensor([1, 2]), tc.tensor([3, 4]), indexing="xy")
    >>> x
    tensor([[1, 2],
            [1, 2]])
    """
    axes = _several(tensors)
    if indexing not in ("ij", "xy"):
        raise refusal("meshgrid.indexing", "meshgrid", indexing=indexing)
    for axis in axes:
        if axis.ndim > 1:
            raise refusal("meshgrid.axis", "meshgrid", axis=axis)
    sizes = tuple(axis.numel() for axis in axes)
    grids = tuple(
        expand(axis.reshape((1,) * i + (-1,) + (1,) * (len(axes) - i - 1)), sizes) for i, axis in enumerate(axes)
    )
    return tuple(grid.transpose(0, 1) for grid in grids) if indexing == "xy" and len(axes) > 1 else grids


# ------------------------------------------------------------------------------ order


@checked
def roll(input: Tensor, shifts: int | Sequence[int], dims: int | Sequence[int] | None = None) -> Tensor:
    """Move the elements along `dims`; what leaves at the end comes back at the start.

    Without `dims` the flattened tensor is rolled.

    Raises
    ------
    RuntimeError
        If there is not one shift for each dimension.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.roll(tc.tensor([1, 2, 3]), 1)
    tensor([3, 1, 2])
    """
    steps = as_sizes((shifts,), "roll", "shape.no_size")
    if dims is None:
        if len(steps) != 1:
            raise refusal("roll.shifts", "roll", shifts=steps, dims=())
        return roll(input.reshape(-1), steps, (0,)).reshape(input.shape)
    if not input.ndim:
        raise refusal("shape.size_of_0d", "roll", dim=dims)
    axes = as_sizes((dims,), "roll", "shape.no_dim")
    if len(steps) != len(axes):
        raise refusal("roll.shifts", "roll", shifts=steps, dims=axes)
    result = input
    for step, dim in zip(steps, axes):
        axis = normalize_dim(dim, input.ndim, "roll")
        cut = -step % max(1, input.shape[axis])
        lead = (slice(None),) * axis
        result = cat([result[lead + (slice(cut, None),)], result[lead + (slice(cut),)]], axis)
    return clone(result) if result is input else result


@checked
def movedim(input: Tensor, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """Move dimensions to other places; the others keep their order.

    Raises
    ------
    RuntimeError
        If there is not one place for each dimension, or one is named twice.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.movedim(tc.zeros(360, 640, 3), -1, 0).shape
    (3, 360, 640)
    """
    given = as_sizes((source,), "movedim", "shape.no_dim"), as_sizes((destination,), "movedim", "shape.no_dim")
    start, end = (tuple(normalize_dim(d, input.ndim, "movedim") for d in dims) for dims in given)
    if len(start) != len(end) or len(set(start)) != len(start) or len(set(end)) != len(end):
        raise refusal("movedim.dims", "movedim", source=given[0], destination=given[1])
    order = [d for d in range(input.ndim) if d not in start]
    for to, dim in sorted(zip(end, start)):
        order.insert(to, dim)
    return permute(input, order) if input.ndim else input[...]


moveaxis = movedim


@checked
def swapaxes(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """Swap two dimensions.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.swapaxes(tc.zeros(2, 3), 0, 1).shape
    (3, 2)
    """
    return transpose(input, axis0, axis1)


@checked
def swapdims(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Swap two dimensions."""
    return transpose(input, dim0, dim1)


@checked
def ravel(input: Tensor) -> Tensor:
    """Give all elements in one dimension."""
    return input.reshape(-1)


@checked
def fliplr(input: Tensor) -> Tensor:
    """Reverse the columns: the order along dimension 1.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.fliplr(tc.tensor([[1, 2], [3, 4]]))
    tensor([[2, 1],
            [4, 3]])
    """
    _check_ndim(input, 2, "fliplr")
    return flip(input, 1)


@checked
def flipud(input: Tensor) -> Tensor:
    """Reverse the rows: the order along dimension 0."""
    _check_ndim(input, 1, "flipud")
    return flip(input, 0)


@checked
def rot90(input: Tensor, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """Turn by `k` quarters, from the first of `dims` towards the second.

    Raises
    ------
    RuntimeError
        If `dims` are not two different dimensions.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.rot90(tc.tensor([[1, 2], [3, 4]]))
    tensor([[2, 4],
            [1, 3]])
    """
    given = as_sizes((dims,), "rot90", "shape.no_dim")
    axes = [normalize_dim(d, input.ndim, "rot90") for d in given]
    if len(axes) != 2 or axes[0] == axes[1] or input.ndim < 2:
        raise refusal("rot90.dims", "rot90", dims=given, x=input)
    turns = k % 4
    if turns == 0:
        return clone(input)
    if turns == 2:
        return flip(input, axes)
    return clone(transpose(flip(input, axes[1] if turns == 1 else axes[0]), *axes))


# ------------------------------------------------------------------------------ parts


@checked
def select(input: Tensor, dim: int, index: int) -> Tensor:
    """Take ``x[index]`` along `dim`, which is dropped: a view.

    Raises
    ------
    IndexError
        If there is no such index.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.select(tc.tensor([[1, 2], [3, 4]]), 1, 0)
    tensor([1, 3])
    """
    axis = _axis_of(input, dim, "select")
    size, place = input.shape[axis], as_int(index, "shape.no_dim", "select")
    if not -size <= place < size:
        raise refusal("select.index", "select", index=place, x=input, dim=axis)
    return input[(slice(None),) * axis + (place,)]


@checked
def narrow(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """Take `length` elements along `dim`, from `start` on: a view.

    Raises
    ------
    IndexError
        If `start` is outside.
    RuntimeError
        If there are not so many elements.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.narrow(tc.arange(5), 0, 1, 3)
    tensor([1, 2, 3])
    """
    axis = _axis_of(input, dim, "narrow")
    size = input.shape[axis]
    first, count = (as_int(n, "shape.no_size", "narrow") for n in (start, length))
    if not -size <= first <= size:
        raise refusal("narrow.start", "narrow", start=first, size=size)
    first += size if first < 0 else 0
    if count < 0 or first + count > size:
        raise refusal("narrow.length", "narrow", start=first, length=count, size=size)
    return input[(slice(None),) * axis + (slice(first, first + count),)]


@checked
def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """Take apart along `dim`: ``x[0], x[1], ...``, views.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.unbind(tc.tensor([[1, 2], [3, 4]]))
    (tensor([1, 2]), tensor([3, 4]))
    """
    axis = _axis_of(input, dim, "unbind")
    return tuple(input[(slice(None),) * axis + (i,)] for i in range(input.shape[axis]))


def _axis_of(input: Tensor, dim: int, function: str) -> int:
    """A dimension of a tensor that has some."""
    if not input.ndim:
        raise refusal("shape.size_of_0d", function, dim=dim)
    return normalize_dim(dim, input.ndim, function)


def _check_ndim(input: Tensor, least: int, function: str) -> None:
    if input.ndim < least:
        raise refusal("rank.least", function, least=least, x=input)


# ------------------------------------------------------------------------------ side by side


@checked
def atleast_1d(input: Tensor) -> Tensor:
    """Give a tensor of no dimension one."""
    return input if input.ndim else input.reshape(1)


@checked
def atleast_2d(input: Tensor) -> Tensor:
    """Give leading dimensions, up to two in all.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.atleast_2d(tc.tensor([1, 2]))
    tensor([[1, 2]])
    """
    return input if input.ndim > 1 else input.reshape(1, -1)


@checked
def atleast_3d(input: Tensor) -> Tensor:
    """Give dimensions, up to three in all: of a vector the middle one, of a matrix the first two are its own."""
    return input if input.ndim > 2 else atleast_2d(input).unsqueeze(-1)


@checked
def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Put side by side: along dimension 1, vectors along their only one.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.hstack([tc.tensor([1]), tc.tensor([2, 3])])
    tensor([1, 2, 3])
    """
    parts = [atleast_1d(t) for t in tensors]
    return cat(parts, 0 if not parts or parts[0].ndim == 1 else 1)


@checked
def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Put under one another: along dimension 0, vectors as rows.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.vstack([tc.tensor([1, 2]), tc.tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    return cat([atleast_2d(t) for t in tensors], 0)


row_stack = vstack


@checked
def dstack(tensors: Sequence[Tensor]) -> Tensor:
    """Put behind one another: along dimension 2."""
    return cat([atleast_3d(t) for t in tensors], 2)


@checked
def column_stack(tensors: Sequence[Tensor]) -> Tensor:
    """Put side by side, vectors as columns.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.column_stack([tc.tensor([1, 2]), tc.tensor([3, 4])])
    tensor([[1, 3],
            [2, 4]])
    """
    return cat([t if t.ndim > 1 else t.reshape(-1, 1) for t in tensors], 1)


# ------------------------------------------------------------------------------ diagonals and triangles


class Diagonal(Operation):
    """The diagonal of the last two dimensions, as a view; adjoint of PutDiagonal."""

    __slots__ = ()
    is_view = True

    def forward(self, x: Array, offset: int) -> Array:
        return _look_at_diagonal(x, offset)

    def grad_x(self, g: Tensor, offset: int, shape: tuple[int, ...]) -> Tensor:
        return PutDiagonal.apply(g, offset, shape)


class PutDiagonal(Operation):
    """Zeros of a shape with values on the diagonal of the last two dimensions; adjoint of Diagonal."""

    __slots__ = ()

    def forward(self, values: Array, offset: int, whole: tuple[int, ...]) -> Array:
        out = get_array_module(values).zeros(whole, values.dtype)
        _look_at_diagonal(out, offset)[...] = values
        return out

    def grad_values(self, g: Tensor, offset: int) -> Tensor:
        return clone(Diagonal.apply(g, offset))


def _look_at_diagonal(x: Array, offset: int) -> Array:
    """``x[..., i, i + offset]`` for all i, in x's memory: one step down and one to the right each time."""
    rows, columns = x.shape[-2:]
    start = x[..., max(0, -offset) :, max(0, offset) :]
    length = max(0, min(rows - max(0, -offset), columns - max(0, offset)))
    step = x.strides[-2] + x.strides[-1]
    as_strided = get_array_module(x).lib.stride_tricks.as_strided
    return as_strided(start, x.shape[:-2] + (length,), x.strides[:-2] + (step,))


@checked
def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """Look at the diagonal of two dimensions, which becomes the last one; `offset` > 0 is above the main one.

    Raises
    ------
    RuntimeError
        If the two dimensions are one.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.diagonal(tc.tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    axes = [normalize_dim(d, input.ndim, "diagonal") for d in (dim1, dim2)]
    if axes[0] == axes[1]:
        raise refusal("diagonal.dims", "diagonal", dim1=dim1, dim2=dim2)
    rest = [d for d in range(input.ndim) if d not in axes]
    return Diagonal.apply(permute(input, rest + axes), as_int(offset, "shape.no_size", "diagonal"))


@checked
def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """Make a matrix with a vector on its diagonal, or take the diagonal of a matrix.

    Raises
    ------
    RuntimeError
        For another number of dimensions.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.diag(tc.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    offset = as_int(diagonal, "shape.no_size", "diag")
    if input.ndim == 1:
        side = input.shape[0] + abs(offset)
        return PutDiagonal.apply(input, offset, (side, side))
    if input.ndim != 2:
        raise refusal("diag.dims", "diag", x=input)
    return clone(Diagonal.apply(input, offset))


@checked
def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Make matrices with the last dimension on their diagonals; `dim1` and `dim2` are the matrices' dimensions.

    Raises
    ------
    RuntimeError
        If the two dimensions are one, or the tensor has none.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.diag_embed(tc.ones(4, 2), offset=1).shape
    (4, 3, 3)
    """
    _check_ndim(input, 1, "diag_embed")
    axes = [normalize_dim(d, input.ndim + 1, "diag_embed") for d in (dim1, dim2)]
    if axes[0] == axes[1]:
        raise refusal("diagonal.dims", "diag_embed", dim1=dim1, dim2=dim2)
    away = as_int(offset, "shape.no_size", "diag_embed")
    side = input.shape[-1] + abs(away)
    return movedim(PutDiagonal.apply(input, away, input.shape[:-1] + (side, side)), (-2, -1), axes)


@checked
def trace(input: Tensor) -> Tensor:
    """Sum of a matrix's diagonal.

    Raises
    ------
    RuntimeError
        For what is no matrix.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.trace(tc.tensor([[1, 2], [3, 4]]))
    tensor(5)
    """
    if input.ndim != 2:
        raise refusal("product.rank", "trace", name="input", ndim=2, x=input)
    return sum(diagonal(input))


@checked
def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """The lower triangle of matrices, up to a diagonal; 0 above it.

    Raises
    ------
    RuntimeError
        For fewer than two dimensions.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.tril(tc.ones(2, 3))
    tensor([[1., 0., 0.],
            [1., 1., 0.]])
    """
    return _triangle(input, diagonal, "tril")


@checked
def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """The upper triangle of matrices, from a diagonal on; 0 below it.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.triu(tc.ones(2, 3), diagonal=1)
    tensor([[0., 1., 1.],
            [0., 0., 1.]])
    """
    return _triangle(input, diagonal, "triu")


def _triangle(input: Tensor, diagonal: int, function: str) -> Tensor:
    _check_ndim(input, 2, function)
    offset = as_int(diagonal, "shape.no_size", function)
    xp = get_array_module(input.array)
    right_of = xp.arange(input.shape[-1])[None, :] - xp.arange(input.shape[-2])[:, None]  # columns from the diagonal
    inside = right_of <= offset if function == "tril" else right_of >= offset
    return where(Tensor._of(inside), input, input.dtype.type(0))


@checked
def kron(input: Tensor, other: Tensor) -> Tensor:
    """Kronecker product: every element of `input` times the whole of `other`, in its place.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.kron(tc.tensor([1, 10]), tc.tensor([1, 2]))
    tensor([ 1,  2, 10, 20])
    """
    ndim = max(input.ndim, other.ndim)
    a, b = (t.reshape((1,) * (ndim - t.ndim) + t.shape) for t in (input, other))
    spread = [t.reshape(tuple(m for n in t.shape for m in ((n, 1) if t is a else (1, n)))) for t in (a, b)]
    return (spread[0] * spread[1]).reshape(tuple(m * n for m, n in zip(a.shape, b.shape)))


@checked
def unfold(input: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """Lay out every window of `size` elements along a dimension, `step` apart, as a last dimension; a copy.

    Raises
    ------
    RuntimeError
        If the dimension is shorter than a window, `size` negative or `step` not positive.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.arange(5).unfold(0, 3, 2)
    tensor([[0, 1, 2],
            [2, 3, 4]])
    """
    x = input if input.ndim else input.reshape(1)
    axis = normalize_dim(dimension, x.ndim, "unfold")
    if size < 0 or step < 1 or size > x.shape[axis]:
        raise refusal("unfold.windows", "unfold", size=size, step=step, length=x.shape[axis], dim=axis)
    xp = get_array_module(x.array)
    starts = xp.arange(0, x.shape[axis] - size + 1, step)
    windows = x[(slice(None),) * axis + (starts.reshape(-1, 1) + xp.arange(size),)]  # in the place of the dimension
    return movedim(windows, axis + 1, -1) if input.ndim else windows[0]
