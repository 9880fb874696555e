"""Operations that reduce axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeGuard

import numpy as np

from .. import return_types
from ..arguments import Dims, DType, checked
from ..autograd import Operation, Tensor, whole
from ..backend import Array, get_array_module, quiet
from ..errors import refusal
from ..kernels.sums import add_up, sum_dtype
from ..return_types import ValuesIndices
from .dtype import as_float, cast
from .elementwise import Div, Gate, eq, maximum, minimum, mul, where, zeros_like
from .indexing import take_along_dim
from .shape import Expand, Reshape, cat, clone, normalize_dims
from .unary import unary

__all__ = [
    "all", "amax", "amin", "any", "argmax", "argmin", "logsumexp", "max", "mean", "min", "norm", "prod", "std", "sum",
    "var",
]  # fmt: skip


def kept_shape(shape: tuple[int, ...], dims: tuple[int, ...]) -> tuple[int, ...]:
    """`shape` with the reduced dimensions kept as 1."""
    return tuple(1 if i in dims else n for i, n in enumerate(shape))


def reduced_shape(shape: tuple[int, ...], dims: tuple[int, ...], keepdim: bool) -> tuple[int, ...]:
    """`shape` after a reduction, which keeps the reduced dimensions as 1 or drops them."""
    return kept_shape(shape, dims) if keepdim else tuple(n for i, n in enumerate(shape) if i not in dims)


class Sum(Operation):
    """Sum over dimensions; every summand's gradient is the sum's."""

    __slots__ = ()

    def forward(self, x: Array, dims: tuple[int, ...], keepdim: bool) -> Array:
        return add_up(x, dims, keepdim).astype(x.dtype, copy=False)

    def grad_x(self, g: Tensor, dims: tuple[int, ...], shape: tuple[int, ...]) -> Tensor:
        return repeated(g, dims, shape)


class Mean(Operation):
    """Mean over dimensions; every element's gradient is its share of the mean's."""

    __slots__ = ()

    def forward(self, x: Array, dims: tuple[int, ...], keepdim: bool) -> Array:
        total = add_up(x, dims, keepdim)
        return (total / total.dtype.type(count(x.shape, dims))).astype(x.dtype, copy=False)

    def grad_x(self, g: Tensor, dims: tuple[int, ...], shape: tuple[int, ...]) -> Tensor:
        g = cast(g, sum_dtype(g.array))  # float16 may not hold the number of elements
        return repeated(Div.apply(g, g.dtype.type(count(shape, dims))), dims, shape)


def repeated(g: Tensor, dims: tuple[int, ...], shape: tuple[int, ...]) -> Tensor:
    """What was reduced from `shape` over `dims`, along them again: the same for every element."""
    return Expand.apply(Reshape.apply(g, kept_shape(shape, dims)) if g.ndim else g, shape)


def _summable(x: Tensor, dtype: Any) -> Tensor:
    """In the wanted dtype; otherwise integers and bools as int64, in which they add up and multiply."""
    if dtype is not None:
        return cast(x, dtype)
    return cast(x, np.int64) if x.dtype.kind in "biu" else x


@checked
def sum(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: DType | None = None) -> Tensor:
    """Sum over `dim` (all dimensions by default) in `dtype`; by default integers and bools sum in int64.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.sum(tc.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=1)
    tensor([3., 7.])
    """
    input = _summable(input, dtype)
    return Sum.apply(input, normalize_dims(dim, input.ndim, "sum"), keepdim)


def _need_float(x: Tensor, function: str) -> None:
    if x.dtype.kind != "f":
        raise refusal("reduce.float", function, function=function, x=x)


def count(shape: tuple[int, ...], dims: tuple[int, ...]) -> int:
    """How many elements one result is reduced from."""
    return math.prod(shape[d] for d in dims)


@checked
@whole
def mean(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: DType | None = None) -> Tensor:
    """Arithmetic mean over `dim`, of the input in `dtype` if one is given; NaN for no elements.

    Raises
    ------
    RuntimeError
        For integer input without a float `dtype`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.mean(tc.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor(2.5000)
    """
    input = input if dtype is None else cast(input, dtype)
    _need_float(input, "mean")
    dims = normalize_dims(dim, input.ndim, "mean")
    return Mean.apply(input, dims, keepdim)


@checked
def var(
    input: Tensor,
    dim: Dims | bool = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """Variance over `dim`: ``sum((x - mean)**2) / (n - correction)``; PyTorch's default corrects by 1.

    The older ``unbiased=False`` means ``correction=0``; it may stand alone: ``var(x, False)``.

    Raises
    ------
    TypeError
        If both `unbiased` and `correction` are given.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.var(tc.tensor([1.0, 2.0, 3.0]))
    tensor(1.)
    """
    return _variance(input, *_var_arguments("var", dim, unbiased, keepdim, correction), "var")


@checked
def std(
    input: Tensor,
    dim: Dims | bool = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """Standard deviation, the root of :func:`var`; its gradient is 0 where all values are equal.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.std(tc.tensor([1.0, 2.0, 3.0]))
    tensor(1.)
    """
    return _root(_variance(input, *_var_arguments("std", dim, unbiased, keepdim, correction), "std"))


def _var_arguments(
    function: str, dim: Dims, unbiased: bool | None, keepdim: bool, correction: float | None
) -> tuple[Dims, bool, float]:
    """Tell PyTorch's overloads apart: a bool alone, in the place of `dim`, is `unbiased`."""
    if isinstance(dim, bool) and unbiased is correction is None and not keepdim:
        dim, unbiased = None, dim
    if unbiased is None:
        return dim, keepdim, 1 if correction is None else correction
    if correction is not None:
        raise refusal("reduce.two_corrections", function, unbiased=unbiased, correction=correction)
    return dim, keepdim, int(unbiased)


def _variance(x: Tensor, dim: Dims, keepdim: bool, correction: float, function: str) -> Tensor:
    _need_float(x, function)
    dims = normalize_dims(dim, x.ndim, function)
    if x.dtype == np.float16:
        return cast(_variance(cast(x, np.float32), dims, keepdim, correction, function), np.float16)
    centred = x - mean(x, dims, keepdim=True)
    n = count(x.shape, dims) - correction
    return Sum.apply(centred * centred, dims, keepdim) / (n if n > 0 else 0.0)


def _root(x: Tensor) -> Tensor:
    """Square root whose gradient is 0 at 0, where the root's slope is infinite and inf * 0 is NaN."""
    empty = x.detach() == 0
    return where(empty, 0.0, where(empty, 1.0, x).sqrt())


@checked
@whole
def prod(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: DType | None = None) -> Tensor:
    """Product over `dim` in `dtype`, by pairwise multiplication.

    Multiplying pairs, then pairs of pairs, makes the gradient right where factors are zero too
    (the textbook ``prod / x`` is not), to any order.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.prod(tc.tensor([2.0, 3.0, 4.0]))
    tensor(24.)
    """
    input = _summable(input, dtype)
    dims = normalize_dims(dim, input.ndim, "prod")
    kept = kept_shape(input.shape, dims)
    rest = tuple(d for d in range(input.ndim) if d not in dims)
    outer = tuple(input.shape[d] for d in rest)
    flat = input.permute(rest + dims).reshape(outer + (count(input.shape, dims),))
    if flat.shape[-1] == 0:
        xp = get_array_module(input.array)
        flat = cat([flat, Tensor._of(xp.ones(outer + (1,), input.dtype))], dim=-1)  # of nothing: 1
    if flat.shape[-1] == 1:
        flat = clone(flat)  # no product follows, and the result is no view
    while flat.shape[-1] > 1:
        half = flat.shape[-1] // 2
        pairs = mul(flat[..., :half], flat[..., half : 2 * half])
        flat = cat([pairs, flat[..., 2 * half :]], dim=-1) if flat.shape[-1] % 2 else pairs
    return flat.reshape(kept if keepdim else outer)


class Amax(Operation):
    """The largest value over dimensions; the gradient is shared evenly among equals, as in PyTorch."""

    __slots__ = ()
    _name = "max"

    def forward(self, x: Array, dims: tuple[int, ...], keepdim: bool) -> Array:
        xp = get_array_module(x)
        best = getattr(xp, self._name)(x, axis=dims, keepdims=True)
        if self.needs_input_grad[0]:
            ties = (x == best) | (x != x)
            share = 1.0 / xp.sum(ties, axis=dims, keepdims=True)
            self.keep(ties=xp.asarray(ties), share=xp.asarray(share.astype(x.dtype)))
        return best.reshape(reduced_shape(x.shape, dims, keepdim))

    def grad_x(self, g: Tensor, ties: Tensor, share: Tensor, dims: tuple[int, ...], shape: tuple[int, ...]) -> Tensor:
        return Gate.apply(g.reshape(kept_shape(shape, dims)) * share, ties)


class Amin(Amax):
    """The smallest value over dimensions; the gradient is shared evenly among equals."""

    __slots__ = ()
    _name = "min"


def _extreme(operation: type[Amax], x: Tensor, dim: Dims, keepdim: bool) -> Tensor:
    name = operation.__name__.lower()
    dims = normalize_dims(dim, x.ndim, name)
    if count(x.shape, dims) == 0:
        raise refusal("reduce.empty" if dim is None else "reduce.empty_dim", name, dim=dim, x=x)
    return operation.apply(x, dims, keepdim)


@checked
def amax(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Largest value over `dim`; equal values share the gradient.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.amax(tc.tensor([[1.0, 5.0], [7.0, 2.0]]), dim=0)
    tensor([7., 5.])
    """
    return _extreme(Amax, input, dim, keepdim)


@checked
def amin(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Smallest value over `dim`; equal values share the gradient.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.amin(tc.tensor([[1.0, 5.0], [7.0, 2.0]]), dim=0)
    tensor([1., 2.])
    """
    return _extreme(Amin, input, dim, keepdim)


def _operand(function: str, dim: Any, keepdim: bool, other: Tensor | None) -> Tensor | None:
    """The second Tensor of ``max(a, b)``, which may stand in the place of `dim`; None where dims are reduced."""
    second = dim if isinstance(dim, Tensor) else other
    if second is not None and (keepdim or (dim is not None and other is not None)):
        raise refusal("reduce.of_two", function)
    return second


def _several(dim: Any) -> TypeGuard[Sequence[int] | None]:
    return dim is None or isinstance(dim, Sequence)


def _with_indices(x: Tensor, dim: Any, keepdim: bool, arg: Any, pair: Any) -> ValuesIndices:
    indices = arg(x, dim, True)
    values = take_along_dim(x, indices, dim) if x.ndim else clone(x)
    if keepdim or not x.ndim:
        return pair(values, indices.reshape(values.shape))
    return pair(values.squeeze(dim), indices.squeeze(dim))


@checked
def max(input: Tensor, dim: Dims | Tensor = None, keepdim: bool = False, *, other: Tensor | None = None) -> Any:
    """Largest value: of all, or ``(values, indices)`` along one `dim`, or of several dims (a tuple).

    With a Tensor in the place of `dim`, :func:`maximum` of the two.

    Along one `dim` the gradient goes to the element at the returned index; otherwise equal values
    share it.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.max(tc.tensor([[1.0, 5.0], [7.0, 2.0]]), dim=1)
    tinyconv.return_types.max(
    values=tensor([5., 7.]),
    indices=tensor([1, 0]))
    """
    second = _operand("max", dim, keepdim, other)
    if second is not None:
        return maximum(input, second)
    return amax(input, dim, keepdim) if _several(dim) else _with_indices(input, dim, keepdim, argmax, return_types.max)


@checked
def min(input: Tensor, dim: Dims | Tensor = None, keepdim: bool = False, *, other: Tensor | None = None) -> Any:
    """Smallest value: of all, or ``(values, indices)`` along one `dim`, or of several dims (a tuple).

    With a Tensor in the place of `dim`, :func:`minimum` of the two.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.min(tc.tensor([[1.0, 5.0], [7.0, 2.0]]), dim=1)
    tinyconv.return_types.min(
    values=tensor([1., 2.]),
    indices=tensor([0, 1]))
    """
    second = _operand("min", dim, keepdim, other)
    if second is not None:
        return minimum(input, second)
    return amin(input, dim, keepdim) if _several(dim) else _with_indices(input, dim, keepdim, argmin, return_types.min)


def _arg(name: str, x: Tensor, dim: int | None, keepdim: bool) -> Tensor:
    xp = get_array_module(x.array)
    dims = normalize_dims(dim, x.ndim, name)
    if count(x.shape, dims) == 0:
        raise refusal("reduce.empty_dim", name, dim=dim, x=x)
    if dim is None:
        result = getattr(xp, name)(x.array)
        return Tensor._of(result.reshape((1,) * x.ndim) if keepdim else result)
    if not x.ndim:
        return Tensor._of(xp.zeros((), np.int64))
    (axis,) = dims
    result = getattr(xp, name)(x.array, axis=axis)
    return Tensor._of(xp.expand_dims(result, axis) if keepdim else result)


@checked
@whole
def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Index of the largest value, the first among equals; of the flattened tensor without `dim`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.argmax(tc.tensor([[1.0, 5.0], [7.0, 2.0]]), dim=1)
    tensor([1, 0])
    """
    return _arg("argmax", input, dim, keepdim)


@checked
@whole
def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Index of the smallest value, the first among equals; of the flattened tensor without `dim`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.argmin(tc.tensor([[1.0, 5.0], [7.0, 2.0]]), dim=1)
    tensor([0, 1])
    """
    return _arg("argmin", input, dim, keepdim)


@checked
def all(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Tell whether all elements over `dim` are true; of uint8 the answer is uint8, 0 or 1, as in PyTorch."""
    return _truth("all", input, dim, keepdim)


@checked
def any(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Tell whether any element over `dim` is true; of uint8 the answer is uint8, 0 or 1, as in PyTorch."""
    return _truth("any", input, dim, keepdim)


def _truth(name: str, x: Tensor, dim: Dims, keepdim: bool) -> Tensor:
    dims = normalize_dims(dim, x.ndim, name)
    told = Tensor._of(getattr(get_array_module(x.array), name)(x.array, axis=dims, keepdims=keepdim))
    return cast(told, x.dtype) if x.dtype == np.uint8 else told


def contains(x: Tensor, value: Any) -> bool:
    """Tell whether any element equals `value`: ``2 in x``.

    Raises
    ------
    RuntimeError
        For what is neither a number nor a Tensor.
    """
    if not isinstance(value, (Tensor, int, float, np.generic)):
        raise refusal("tensor.contains", value=value)
    return any(eq(x, value)).item()


def _finite_or_zero(x: Tensor) -> Tensor:
    """The values of `x`, cut off from the graph, with 0 for inf and NaN."""
    xp = get_array_module(x.array)
    return Tensor._of(xp.where(xp.isfinite(x.array), x.array, x.dtype.type(0)))


@checked
@whole
def logsumexp(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """``log(sum(exp(x)))``, computed as ``m + log(sum(exp(x - m)))`` with m the largest value.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.logsumexp(tc.tensor([100.0, 100.0]), dim=0)
    tensor(100.6931)
    """
    input = as_float(input)
    dims = normalize_dims(dim, input.ndim, "logsumexp")
    if count(input.shape, dims) == 0:
        return sum(input, dims, keepdim).log()  # of nothing: log(0)
    shift = _finite_or_zero(amax(input.detach(), dims, keepdim=True))
    result = sum((input - shift).exp(), dims, keepdim=True).log() + shift
    return result.reshape(reduced_shape(input.shape, dims, keepdim))


@checked
@whole
def norm(
    input: Tensor, p: float | str | None = "fro", dim: Dims = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Tensor:
    """The p-norm ``sum(|x|**p)**(1/p)``; largest or smallest magnitude for p = inf or -inf.

    Where the norm is 0 the gradient is taken as 0, as in PyTorch; the 2-norm's second derivative is NaN there.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.norm(tc.tensor([3.0, 4.0]))
    tensor(5.)
    """
    input = input if dtype is None else cast(input, dtype)
    _need_float(input, "norm")
    p = 2 if p in ("fro", None) else p
    if not isinstance(p, (int, float, np.number)):
        raise refusal("reduce.power", "norm", p=p)
    if p in (math.inf, -math.inf):
        return (amax if p > 0 else amin)(input.abs(), dim, keepdim)
    if p == 0:
        return sum(_present(input), dim, keepdim)
    if p == 1:
        return sum(input.abs(), dim, keepdim)
    if input.dtype == np.float16:
        return cast(norm(cast(input, np.float32), p, dim, keepdim), np.float16)
    if count(input.shape, normalize_dims(dim, input.ndim, "norm")) == 0:
        return sum(input, dim, keepdim)  # of nothing: 0
    if p == 2:
        return Norm.apply(input, normalize_dims(dim, input.ndim, "norm"), keepdim)
    leading = (amax if p > 0 else amin)(input.detach().abs(), dim, keepdim=True).array
    unit = Tensor._of(_power_of_two_below(get_array_module(leading), leading))  # powers of x / unit cannot overflow
    total = sum(_power((input / unit).abs(), p), dim, keepdim)
    return _power(total, 1.0 / p) * unit.reshape(total.shape)


@unary(lambda g: zeros_like(g))
def _present(xp: Any, x: Array) -> Array:
    """1 where x is not 0, else 0: a step; derivative 0."""
    return (x != 0).astype(x.dtype)


class Norm(Operation):
    """``sqrt(sum(x**2))``; the gradient is ``g * x/y``, with the direction ``x/y`` of no length taken as 0."""

    __slots__ = ()

    def forward(self, x: Array, dims: tuple[int, ...], keepdim: bool) -> Array:
        xp = get_array_module(x)
        longest = xp.max(xp.abs(x), axis=dims, keepdims=True)
        unit = _power_of_two_below(xp, longest)  # squares of x / unit cannot overflow
        scaled = x / unit
        y = xp.sqrt(add_up(xp.asarray(scaled * scaled), dims, keepdims=True)) * unit
        return y.reshape(reduced_shape(x.shape, dims, keepdim))

    def grad_x(self, g: Tensor, x: Tensor, out: Tensor, dims: tuple[int, ...], shape: tuple[int, ...]) -> Tensor:
        kept = kept_shape(shape, dims)
        y = out.reshape(kept)
        return g.reshape(kept) * Gate.apply(x / y, Tensor._of(y.array != 0))


def _power_of_two_below(xp: Any, size: Array) -> Array:
    """The power of two just below each value (dividing by it rounds nothing); 1 for 0, inf and NaN."""
    with quiet():
        unit = xp.exp2(xp.floor(xp.log2(size)))
        usable = xp.isfinite(unit) & (unit > 0)
    return xp.where(usable, unit, size.dtype.type(1))


def _power(size: Tensor, p: float) -> Tensor:
    """``size**p`` with gradient 0 at 0, where the slope may be infinite."""
    zero = size.detach() == 0
    return where(zero, 0.0 if p > 0 else math.inf, where(zero, 1.0, size) ** p)
