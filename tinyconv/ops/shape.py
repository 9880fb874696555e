"""Operations that move elements without changing them."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arguments import Dims, checked
from ..autograd import Operation, Tensor, whole
from ..backend import Array, get_array_module
from ..errors import phrase, refusal
from .dtype import cast, promote_dtypes

__all__ = [
    "cat", "chunk", "clone", "flatten", "flip", "permute", "reshape", "split", "squeeze", "stack", "t", "transpose",
    "unflatten", "unsqueeze",
]  # fmt: skip


class Reshape(Operation):
    """The same elements in another shape; its gradient is shaped back."""

    __slots__ = ()
    is_view = True

    def forward(self, x: Array, new: tuple[int, ...]) -> Array:
        return x.reshape(new)

    def grad_x(self, g: Tensor, shape: tuple[int, ...]) -> Tensor:
        return Reshape.apply(g, shape)


class Permute(Operation):
    """Dimensions in another order; its gradient is put back in order."""

    __slots__ = ()
    is_view = True

    def forward(self, x: Array, dims: tuple[int, ...]) -> Array:
        return x.transpose(dims)

    def grad_x(self, g: Tensor, dims: tuple[int, ...]) -> Tensor:
        return Permute.apply(g, tuple(sorted(range(len(dims)), key=dims.__getitem__)))


class Expand(Operation):
    """Broadcast to a larger shape; the engine sums the gradient over the copies."""

    __slots__ = ()
    is_view = broadcasts = True

    def forward(self, x: Array, new: tuple[int, ...]) -> Array:
        return get_array_module(x).broadcast_to(x, new)

    def grad_x(self, g: Tensor) -> Tensor:
        return g


class Flip(Operation):
    """Order reversed along dimensions; its own inverse."""

    __slots__ = ()

    def forward(self, x: Array, dims: tuple[int, ...]) -> Array:
        return get_array_module(x).flip(x, dims).copy()  # a copy, as in PyTorch

    def grad_x(self, g: Tensor, dims: tuple[int, ...]) -> Tensor:
        return Flip.apply(g, dims)


class Clone(Operation):
    """A copy in its own memory."""

    __slots__ = ()

    def forward(self, x: Array) -> Array:
        return x.copy()

    def grad_x(self, g: Tensor) -> Tensor:
        return g


class Alias(Operation):
    """The same tensor under another name in the graph."""

    __slots__ = ()
    is_view = True

    def forward(self, x: Array) -> Array:
        return x[...]

    def grad_x(self, g: Tensor) -> Tensor:
        return g


class PadConstant(Operation):
    """Constant cells around; the gradient is cropped."""

    __slots__ = ()

    def forward(self, x: Array, pairs: tuple[tuple[int, int], ...], value: float) -> Array:
        return get_array_module(x).pad(x, pairs, mode="constant", constant_values=value)

    def grad_x(self, g: Tensor, pairs: tuple[tuple[int, int], ...], shape: tuple[int, ...]) -> Tensor:
        return g[tuple(slice(lo, lo + n) for n, (lo, _) in zip(shape, pairs))]


class Cat(Operation):
    """Arrays joined along a dimension; the gradient is cut up again."""

    __slots__ = ()

    def forward(self, dim: int, *arrays: Array) -> Array:
        self.keep(sizes=[a.shape[dim] for a in arrays])
        return get_array_module(arrays[0]).concatenate(arrays, axis=dim)

    def vjp(self, g: Tensor, dim: int, sizes: list[int]) -> Any:
        return None, *split(g, sizes, dim)


def resolve_shape(shape: Sequence[int], size: int, function: str) -> tuple[int, ...]:
    """Replace the -1 of a shape by what `size` elements need there.

    Raises
    ------
    RuntimeError
        If the elements do not fit.

    Examples
    --------
    >>> resolve_shape((2, -1), 6, "reshape")
    (2, 3)
    """
    known = math.prod(n for n in shape if n != -1)
    unknown = sum(n == -1 for n in shape)
    fits = known == size if unknown == 0 else unknown == 1 and known > 0 and size % known == 0
    if not fits or any(n < -1 for n in shape):
        hint = phrase("shape.not_divided", size=size) if unknown == 1 and not fits else ""
        raise refusal("shape.sizes", function, sizes=list(shape), size=size, known=known, hint=hint)
    return tuple(size // known if n == -1 else n for n in shape)


def as_int(value: Any, text: str, function: str, **given: Any) -> int:
    """Take an int, NumPy's too; refuse, by the name of a text, what only looks like one: a bool, ``4 / 2``.

    Examples
    --------
    >>> as_int(np.int64(2), "shape.no_size", "reshape")
    2
    """
    try:
        if not isinstance(value, (bool, np.bool_)) and -(2**63) <= operator.index(value) < 2**63:
            return operator.index(value)
    except TypeError:
        pass
    raise refusal(text, function, value=value, **given) from None


def common_shape(shapes: Sequence[tuple[int, ...]], function: str) -> tuple[int, ...]:
    """Give the shape that several have together when they broadcast.

    Raises
    ------
    RuntimeError
        If they do not.
    """
    try:
        return np.broadcast_shapes(*shapes)  # host: shapes are tuples
    except ValueError:
        raise refusal("elementwise.shapes", function, shapes=", ".join(map(str, shapes))) from None


def as_sizes(sizes: tuple[Any, ...], function: str, text: str = "shape.no_size") -> tuple[int, ...]:
    """Accept sizes one by one or as one sequence: ``reshape(2, 3)`` and ``reshape((2, 3))``.

    Raises
    ------
    TypeError
        If one is no integer.
    """
    alone = len(sizes) == 1 and isinstance(sizes[0], Sequence) and not isinstance(sizes[0], (str, bytes))
    return tuple([as_int(n, text, function) for n in (sizes[0] if alone else sizes)])


@checked
def reshape(input: Tensor, *shape: Any) -> Tensor:
    """Give the same elements in another shape; one size may be -1.

    The result shares memory where that can be; otherwise it is a copy.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.reshape(tc.arange(6), (2, -1)).shape
    (2, 3)
    """
    return Reshape.apply(input, resolve_shape(as_sizes(shape, "reshape"), input.array.size, "reshape"))


@checked
def view(input: Tensor, *shape: Any) -> Tensor:
    """Give the same elements in another shape, in the same memory: a write to one is seen in the other.

    Raises
    ------
    RuntimeError
        If the elements do not lie in memory so that this can be.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x = tc.zeros(2, 2)
    >>> x.view(-1)[0] = 1.0
    >>> x
    tensor([[1., 0.],
            [0., 0.]])
    """
    sizes = resolve_shape(as_sizes(shape, "view"), input.array.size, "view")
    seen = input.array.reshape(sizes)
    if seen.size and not get_array_module(seen).may_share_memory(seen, input.array):
        raise refusal("shape.view", "view", shape=input.shape, sizes=sizes)
    return Reshape.apply(input, sizes)


@checked
def view_as(input: Tensor, other: Tensor) -> Tensor:
    """Give another's shape, in the same memory."""
    return view(input, other.shape)


@checked
def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """Give another's shape."""
    return reshape(input, other.shape)


@checked
def contiguous(input: Tensor) -> Tensor:
    """Give a tensor whose memory is in C order (itself if it is)."""
    return input if input.array.flags.c_contiguous else clone(input)


@checked
def clone(input: Tensor) -> Tensor:
    """Give a differentiable copy in its own memory."""
    return Clone.apply(input)


def normalize_dim(dim: int, ndim: int, function: str) -> int:
    """Make a dimension non-negative, or raise PyTorch's IndexError; TypeError for what is no int.

    Examples
    --------
    >>> normalize_dim(-1, 3, "cat")
    2
    """
    dim = as_int(dim, "shape.no_dim", function)
    room = max(ndim, 1)
    if not -room <= dim < room:
        raise refusal("shape.dim", function, least=-room, most=room - 1, dim=dim)
    return dim % room


def normalize_dims(dim: Dims, ndim: int, function: str) -> tuple[int, ...]:
    """Turn one dimension, several or None (all) into sorted non-negative ones; none given means all.

    Raises
    ------
    IndexError
        If a dimension is out of range.
    ValueError
        If one appears twice.
    TypeError
        If one is no int.

    Examples
    --------
    >>> normalize_dims((-1, 0), 3, "sum")
    (0, 2)
    """
    several = isinstance(dim, Sequence)
    given: tuple[Any, ...] = () if dim is None else tuple(dim) if several else (dim,)  # type: ignore[arg-type]
    if not given:
        return tuple(range(ndim))
    whole_numbers = [as_int(d, "reduce.dims", function, dim=dim) for d in given]
    dims = tuple(sorted(normalize_dim(d, ndim, function) for d in whole_numbers))
    if len(set(dims)) != len(dims):
        raise refusal("reduce.twice", function, dims=dims)
    return dims if ndim else ()  # PyTorch lets a 0-d tensor be reduced along dim 0 or -1


@checked
def size(input: Tensor, dim: int | None = None) -> Any:
    """Give the shape, or one size of it.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.zeros(2, 3).size(), tc.zeros(2, 3).size(-1)
    ((2, 3), 3)
    """
    if dim is None:
        return input.shape
    axis = normalize_dim(dim, input.ndim, "size")
    if not input.ndim:
        raise refusal("shape.size_of_0d", "size", dim=dim)
    return input.shape[axis]


@checked
def permute(input: Tensor, *dims: Any) -> Tensor:
    """Reorder the dimensions.

    Raises
    ------
    RuntimeError
        If `dims` is not an order of all dimensions.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.permute(tc.zeros(360, 640, 3), (2, 0, 1)).shape
    (3, 360, 640)
    """
    given = as_sizes(dims, "permute", "shape.no_dim")
    order = tuple(normalize_dim(d, input.ndim, "permute") for d in given)
    if sorted(order) != list(range(input.ndim)):
        raise refusal("shape.order", "permute", dims=given, x=input)
    return Permute.apply(input, order)


@checked
def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Swap two dimensions; :func:`permute` reorders them all.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.transpose(tc.zeros(2, 3), 0, 1).shape
    (3, 2)
    """
    order = list(range(input.ndim))
    a, b = normalize_dim(dim0, input.ndim, "transpose"), normalize_dim(dim1, input.ndim, "transpose")
    if input.ndim:
        order[a], order[b] = order[b], order[a]
    return Permute.apply(input, tuple(order))


@checked
def t(input: Tensor) -> Tensor:
    """Transpose a matrix.

    Raises
    ------
    RuntimeError
        For more than two dimensions.
    """
    if input.ndim > 2:
        raise refusal("shape.matrix", "t", x=input)
    return reversed_dims(input)


def reversed_dims(input: Tensor) -> Tensor:
    """The dimensions in reverse order."""
    return Permute.apply(input, tuple(range(input.ndim))[::-1])


def matrix_transpose(input: Tensor) -> Tensor:
    """The last two dimensions swapped."""
    return transpose(input, -1, -2)


@checked
def squeeze(input: Tensor, dim: int | Sequence[int] | None = None) -> Tensor:
    """Drop dimensions of size 1: all of them, or those in `dim` that have size 1.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.squeeze(tc.zeros(1, 2, 1)).shape
    (2,)
    """
    wanted = range(input.ndim) if dim is None else as_sizes((dim,), "squeeze", "shape.no_dim")
    dropped = {normalize_dim(d, input.ndim, "squeeze") for d in wanted}
    return Reshape.apply(input, tuple(n for i, n in enumerate(input.shape) if n != 1 or i not in dropped))


@checked
def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """Insert a dimension of size 1 at `dim`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.unsqueeze(tc.zeros(2, 3), 0).shape
    (1, 2, 3)
    """
    at = normalize_dim(dim, input.ndim + 1, "unsqueeze")
    shape = input.array.shape
    return Reshape.apply(input, (*shape[:at], 1, *shape[at:]))


@checked
@whole
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Merge dimensions `start_dim` to `end_dim` into one.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.flatten(tc.zeros(2, 3, 4), 1).shape
    (2, 12)
    """
    start, end = (normalize_dim(d, input.ndim, "flatten") for d in (start_dim, end_dim))
    if start > end:
        raise refusal("shape.flatten", "flatten", start_dim=start_dim, end_dim=end_dim)
    shape = input.array.shape
    return Reshape.apply(input, (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :]))


@checked
def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """Split one dimension into several.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.zeros(2, 12).unflatten(1, (3, 4)).shape
    (2, 3, 4)
    """
    at = normalize_dim(dim, input.ndim, "unflatten")
    if not isinstance(sizes, Sequence):
        raise refusal("shape.no_sizes", "unflatten", sizes=sizes)
    inner = resolve_shape(as_sizes((sizes,), "unflatten"), input.shape[at], "unflatten")
    return Reshape.apply(input, input.shape[:at] + inner + input.shape[at + 1 :])


@checked
def expand(input: Tensor, *size: Any) -> Tensor:
    """Repeat dimensions of size 1 (and new leading ones) to reach `size`; -1 keeps a size.

    Raises
    ------
    RuntimeError
        If a size other than 1 would have to change.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.zeros(3, 1).expand(2, 3, 4).shape
    (2, 3, 4)
    """
    sizes = as_sizes(size, "expand")
    extra = len(sizes) - input.ndim
    target = tuple(input.shape[i - extra] if n == -1 and i >= extra else n for i, n in enumerate(sizes))
    if (
        extra < 0
        or any(n not in (1, target[extra + i]) for i, n in enumerate(input.shape))
        or min(target, default=0) < 0
    ):
        raise refusal("shape.expand", "expand", x=input, sizes=sizes)
    return Expand.apply(input, target)


@checked
def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """Expand to another's shape."""
    return expand(input, other.shape)


@checked
def flip(input: Tensor, *dims: Any) -> Tensor:
    """Reverse the order along `dims`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.flip(tc.arange(3), 0)
    tensor([2, 1, 0])
    """
    wanted = as_sizes(dims, "flip", "shape.no_dim")
    axes = tuple(normalize_dim(d, input.ndim, "flip") for d in wanted)
    if len(set(axes)) != len(axes):
        raise refusal("shape.twice", "flip", dims=wanted)
    return Flip.apply(input, axes if input.ndim else ())


def _list_of_tensors(tensors: Sequence[Tensor], function: str) -> list[Tensor]:
    if isinstance(tensors, Tensor) or not all(isinstance(t, Tensor) for t in tensors):
        raise refusal("join.no_list", function)
    if not len(tensors):
        raise refusal("join.empty", function)
    return list(tensors)


@checked
def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Join tensors along an existing dimension; an empty one of one dimension joins any others, as in PyTorch.

    Raises
    ------
    RuntimeError
        If there are none, or another dimension differs.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.cat([tc.zeros(1, 2), tc.ones(1, 2)])
    tensor([[0., 0.],
            [1., 1.]])
    """
    tensors = _list_of_tensors(tensors, "cat")
    model = next((position for position, t in enumerate(tensors) if t.shape != (0,)), 0)
    first = tensors[model].shape
    for position, t in enumerate(tensors):
        if not t.ndim:
            raise refusal("cat.no_dim", "cat", position=position)
    axis = normalize_dim(dim, len(first), "cat")
    tensors = [reshape(t, _emptied(first, axis)) if t.shape == (0,) != first else t for t in tensors]
    for position, t in enumerate(tensors):
        if t.ndim != len(first) or _emptied(t.shape, axis) != _emptied(first, axis):
            raise refusal("cat.sizes", "cat", axis=axis, model=model, first=first, position=position, shape=t.shape)
    dtype = functools.reduce(promote_dtypes, [t.dtype for t in tensors])
    return Cat.apply(axis, *[cast(t, dtype) for t in tensors])


def _emptied(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    """A shape with nothing along one axis."""
    return shape[:axis] + (0,) + shape[axis + 1 :]


@checked
def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Join tensors of one shape along a new dimension.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.stack([tc.tensor(1.0), tc.tensor(2.0)])
    tensor([1., 2.])
    """
    tensors = _list_of_tensors(tensors, "stack")
    for position, t in enumerate(tensors):
        if t.shape != tensors[0].shape:
            raise refusal("stack.sizes", "stack", first=tensors[0].shape, shape=t.shape, position=position)
    return cat([unsqueeze(t, dim) for t in tensors], normalize_dim(dim, tensors[0].ndim + 1, "stack"))


@checked
def split(tensor: Tensor, split_size_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Cut along `dim` into pieces of `split_size_or_sections` (the last may be smaller), or of the listed sizes.

    Examples
    --------
    >>> import tinyconv as tc
    >>> [piece.shape[0] for piece in tc.split(tc.arange(5), 2)]
    [2, 2, 1]
    """
    if not tensor.ndim:
        raise refusal("split.no_dim", "split")
    axis = normalize_dim(dim, tensor.ndim, "split")
    n = tensor.shape[axis]
    if not isinstance(split_size_or_sections, Sequence):
        size = int(split_size_or_sections)
        if size < 1:
            raise refusal("split.size", "split", size=size)
        sizes = [min(size, n - start) for start in range(0, n, size)] or [0]
    else:
        sizes = list(as_sizes((split_size_or_sections,), "split"))
        if min(sizes, default=0) < 0:
            raise refusal("split.negative", "split", sizes=sizes)
        if sum(sizes) != n:
            raise refusal("split.sum", "split", sizes=sizes, total=sum(sizes), dim=dim, x=tensor, n=n)
    ends = [sum(sizes[: i + 1]) for i in range(len(sizes))]
    before = (slice(None),) * axis
    return tuple(tensor[before + (slice(end - n, end),)] for end, n in zip(ends, sizes))


@checked
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Cut along `dim` into at most `chunks` pieces of equal size (the last may be smaller).

    Examples
    --------
    >>> import tinyconv as tc
    >>> [piece.shape[0] for piece in tc.chunk(tc.arange(5), 2)]
    [3, 2]
    """
    chunks = as_int(chunks, "chunk.no_count", "chunk")
    if chunks < 1:
        raise refusal("chunk.count", "chunk", chunks=chunks)
    if not input.ndim:
        raise refusal("split.no_dim", "chunk")
    n = input.shape[normalize_dim(dim, input.ndim, "chunk")]
    return split(input, max(1, -(-n // chunks)), dim)


# ------------------------------------------------------------------------------ padding


@checked
@whole
def pad(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float = 0.0) -> Tensor:
    """Pad the last dimensions, as ``torch.nn.functional.pad``.

    Parameters
    ----------
    pad : sequence of int
        ``(before, after)`` of the last dimension, then of the one before it, and so on.  Negative numbers crop:
        with `circular` before it goes round, with the other modes after the border is filled.
    mode : {'constant', 'reflect', 'replicate', 'circular'}
        `reflect` mirrors about the border cell, which is not repeated.

    Raises
    ------
    ValueError
        For an unknown mode, or an odd number of entries.
    RuntimeError
        For a padding larger than the mode can fill, or a cropping of more than there is.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x = tc.tensor([[1.0, 2.0, 3.0]])
    >>> tc.nn.functional.pad(x, (2, 1), mode="reflect")
    tensor([[3., 2., 1., 2., 3., 2.]])
    """
    amounts = as_sizes((pad,), "pad")
    if len(amounts) % 2 or len(amounts) > 2 * input.ndim:
        raise refusal("pad.entries", "pad", pad=amounts, x=input)
    pairs = [(amounts[i], amounts[i + 1]) for i in range(0, len(amounts), 2)]
    if mode == "constant":
        return _pad_constant(input, [(0, 0)] * (input.ndim - len(pairs)) + pairs[::-1], value)
    if mode not in SIDES:
        raise refusal("pad.mode", "pad", mode=mode)
    if not any(amounts):
        return clone(input)
    for back, (lo, hi) in enumerate(pairs):
        input = _pad_dim(input, input.ndim - 1 - back, lo, hi, mode)
    return input


def _pad_constant(x: Tensor, pairs: Sequence[tuple[int, int]], value: float) -> Tensor:
    if any(lo < 0 or hi < 0 for lo, hi in pairs):
        cropped = tuple(slice(max(0, -lo), n - max(0, -hi)) for n, (lo, hi) in zip(x.shape, pairs))
        if any(c.stop < c.start for c in cropped):
            raise refusal("pad.crop", "pad", pairs=list(pairs), x=x)
        x = x[cropped]
    return PadConstant.apply(x, tuple((max(0, lo), max(0, hi)) for lo, hi in pairs), value)


def _pad_dim(x: Tensor, dim: int, lo: int, hi: int, mode: str) -> Tensor:
    """Pad one dimension by joining pieces of the tensor itself; what is negative crops."""
    if min(lo, hi) < 0:
        return _pad_and_crop(x, dim, lo, hi, mode)
    most = most_cells(mode, x.shape[dim])
    if max(lo, hi) > most:
        raise refusal("pad.size", "pad", lo=lo, hi=hi, dim=dim, x=x, mode=mode, most=most)
    if lo == hi == 0:
        return x
    before, after = SIDES[mode](x, dim, lo, hi)
    return cat([piece for piece in (before, x, after) if piece.shape[dim]], dim)


def _pad_and_crop(x: Tensor, dim: int, lo: int, hi: int, mode: str) -> Tensor:
    if x.shape[dim] + lo + hi < (mode != "circular"):
        raise refusal("pad.crop", "pad", pairs=(lo, hi), x=x)
    filled = max(0, lo), max(0, hi)
    if mode != "circular":
        x = _pad_dim(x, dim, *filled, mode)
    x = _slice(x, dim, max(0, -lo), x.shape[dim] + min(0, hi))
    return _pad_dim(x, dim, *filled, mode) if mode == "circular" else x


def _slice(x: Tensor, dim: int, start: int, stop: int) -> Tensor:
    return x[(slice(None),) * dim + (slice(start, stop),)]


def _reflect_sides(x: Tensor, dim: int, lo: int, hi: int) -> tuple[Tensor, Tensor]:
    n = x.shape[dim]
    return flip(_slice(x, dim, 1, lo + 1), dim), flip(_slice(x, dim, n - 1 - hi, n - 1), dim)


def _replicate_sides(x: Tensor, dim: int, lo: int, hi: int) -> tuple[Tensor, Tensor]:
    n = x.shape[dim]
    sized = lambda count: x.shape[:dim] + (count,) + x.shape[dim + 1 :]  # noqa: E731
    return expand(_slice(x, dim, 0, 1), sized(lo)), expand(_slice(x, dim, n - 1, n), sized(hi))


def _circular_sides(x: Tensor, dim: int, lo: int, hi: int) -> tuple[Tensor, Tensor]:
    n = x.shape[dim]
    return _slice(x, dim, n - lo, n), _slice(x, dim, 0, hi)


SIDES = {"reflect": _reflect_sides, "replicate": _replicate_sides, "circular": _circular_sides}


def most_cells(mode: str, n: int) -> float:
    """How many cells a mode can fill on a side of `n` cells."""
    return {"reflect": n - 1, "replicate": math.inf if n else 0, "circular": n}[mode]
