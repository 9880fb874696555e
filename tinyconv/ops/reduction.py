"""Operations that reduce axes."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np

from ..autograd import Operation, Tensor, whole
from ..backend import Array, get_array_module, quiet
from ..errors import refusal
from ..kernels.sums import add_up
from .dtype import as_float, cast
from .elementwise import Gate, eq, maximum, minimum, mul, where
from .indexing import take_along_dim
from .shape import Dims, as_int, cat, clone, normalize_dims

__all__ = [
    "all", "amax", "amin", "any", "argmax", "argmin", "logsumexp", "max", "mean", "min", "norm", "prod", "std", "sum",
    "var",
]  # fmt: skip


class ValuesIndices(NamedTuple):
    """What ``max(dim)`` and ``min(dim)`` return."""

    values: Any
    indices: Any


F = TypeVar("F", bound=Callable)


def numpy_names(function: F) -> F:
    """Let a reduction take NumPy's ``axis`` and ``keepdims`` beside PyTorch's ``dim`` and ``keepdim``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.sum(tc.ones(2, 3), axis=0, keepdims=True).shape
    (1, 3)
    """

    place = list(inspect.signature(function).parameters).index("keepdim")

    @functools.wraps(function)
    def renamed(*args: Any, **kwargs: Any) -> Any:
        if "axis" in kwargs:
            kwargs["dim"] = kwargs.pop("axis")
        if "keepdims" in kwargs:
            kwargs["keepdim"] = kwargs.pop("keepdims")
        for name in ("dtype", "out"):  # np.sum(tensor) passes these as None
            if name in kwargs and kwargs[name] is None:
                del kwargs[name]
        keepdim = args[place] if len(args) > place else kwargs.get("keepdim", False)
        if not isinstance(keepdim, (bool, np.bool_)):
            raise refusal("reduce.keepdim", function.__name__, function=function.__name__, keepdim=keepdim)
        return function(*args, **kwargs)

    return renamed  # type: ignore[return-value]


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
        return g.reshape(kept_shape(shape, dims)).expand(shape)


def _summable(x: Tensor) -> Tensor:
    """Integers and bools as int64, in which they add up and multiply."""
    return cast(x, np.int64) if x.dtype.kind in "biu" else x


@numpy_names
def sum(x: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Sum over `dim` (all dimensions by default); integers and bools sum in int64.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.sum(tc.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=1)
    tensor([3., 7.])
    """
    x = _summable(x)
    return Sum.apply(x, normalize_dims(dim, x.ndim, "sum"), keepdim)


def _need_float(x: Tensor, function: str) -> None:
    if x.dtype.kind != "f":
        raise refusal("reduce.float", function, function=function, x=x)


def count(shape: tuple[int, ...], dims: tuple[int, ...]) -> int:
    """How many elements one result is reduced from."""
    return math.prod(shape[d] for d in dims)


@numpy_names
@whole
def mean(x: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Arithmetic mean over `dim`; NaN for no elements.

    Raises
    ------
    RuntimeError
        For integer input.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.mean(tc.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor(2.5000)
    """
    _need_float(x, "mean")
    dims = normalize_dims(dim, x.ndim, "mean")
    if x.dtype == np.float16:  # the sum may overflow where the mean does not
        return cast(mean(cast(x, np.float32), dims, keepdim), np.float16)
    return Sum.apply(x, dims, keepdim) / count(x.shape, dims)


@numpy_names
def var(
    x: Tensor,
    dim: Dims = None,
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
    return _variance(x, *_var_arguments("var", dim, unbiased, keepdim, correction), "var")


@numpy_names
def std(
    x: Tensor,
    dim: Dims = None,
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
    return _root(_variance(x, *_var_arguments("std", dim, unbiased, keepdim, correction), "std"))


def _var_arguments(
    function: str, dim: Dims, unbiased: bool | None, keepdim: bool, correction: float | None
) -> tuple[Dims, bool, float]:
    """Tell PyTorch's overloads apart: a bool alone, in the place of `dim`, is `unbiased`."""
    if isinstance(dim, bool) and unbiased is correction is None and not keepdim:
        dim, unbiased = None, dim
    if unbiased is None:
        return dim, keepdim, 1 if correction is None else correction
    if not isinstance(unbiased, (bool, np.bool_)):
        raise refusal("reduce.unbiased", function, unbiased=unbiased)
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


@numpy_names
@whole
def prod(x: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Product over `dim`, by pairwise multiplication.

    Multiplying pairs, then pairs of pairs, makes the gradient right where factors are zero too
    (the textbook ``prod / x`` is not), to any order.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.prod(tc.tensor([2.0, 3.0, 4.0]))
    tensor(24.)
    """
    x = _summable(x)
    dims = normalize_dims(dim, x.ndim, "prod")
    kept = kept_shape(x.shape, dims)
    rest = tuple(d for d in range(x.ndim) if d not in dims)
    outer = tuple(x.shape[d] for d in rest)
    flat = x.permute(rest + dims).reshape(outer + (count(x.shape, dims),))
    if flat.shape[-1] == 0:
        xp = get_array_module(x.array)
        flat = cat([flat, Tensor(xp.ones(outer + (1,), x.dtype))], dim=-1)  # of nothing: 1
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


@numpy_names
def amax(x: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Largest value over `dim`; equal values share the gradient.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.amax(tc.tensor([[1.0, 5.0], [7.0, 2.0]]), dim=0)
    tensor([7., 5.])
    """
    return _extreme(Amax, x, dim, keepdim)


@numpy_names
def amin(x: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Smallest value over `dim`; equal values share the gradient.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.amin(tc.tensor([[1.0, 5.0], [7.0, 2.0]]), dim=0)
    tensor([1., 2.])
    """
    return _extreme(Amin, x, dim, keepdim)


def _several(dim: Dims) -> bool:
    return dim is None or isinstance(dim, Sequence)


def _with_indices(x: Tensor, dim: Any, keepdim: bool, arg: Any) -> ValuesIndices:
    indices = arg(x, dim, True)
    values = take_along_dim(x, indices, dim) if x.ndim else clone(x)
    if keepdim or not x.ndim:
        return ValuesIndices(values, indices.reshape(values.shape))
    return ValuesIndices(values.squeeze(dim), indices.squeeze(dim))


@numpy_names
def max(x: Tensor, dim: Dims = None, keepdim: bool = False) -> Any:
    """Largest value: of all, or ``(values, indices)`` along one `dim`, or of several dims (a tuple).

    With a Tensor in the place of `dim`, :func:`maximum` of the two.

    Along one `dim` the gradient goes to the element at the returned index; otherwise equal values
    share it.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.max(tc.tensor([[1.0, 5.0], [7.0, 2.0]]), dim=1)
    ValuesIndices(values=tensor([5., 7.]), indices=tensor([1, 0]))
    """
    if isinstance(dim, Tensor):
        return maximum(x, dim)
    return amax(x, dim, keepdim) if _several(dim) else _with_indices(x, dim, keepdim, argmax)


@numpy_names
def min(x: Tensor, dim: Dims = None, keepdim: bool = False) -> Any:
    """Smallest value: of all, or ``(values, indices)`` along one `dim`, or of several dims (a tuple).

    With a Tensor in the place of `dim`, :func:`minimum` of the two.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.min(tc.tensor([[1.0, 5.0], [7.0, 2.0]]), dim=1)
    ValuesIndices(values=tensor([1., 2.]), indices=tensor([0, 1]))
    """
    if isinstance(dim, Tensor):
        return minimum(x, dim)
    return amin(x, dim, keepdim) if _several(dim) else _with_indices(x, dim, keepdim, argmin)


def _arg(name: str, x: Tensor, dim: int | None, keepdim: bool) -> Tensor:
    xp = get_array_module(x.array)
    dims = normalize_dims(dim if dim is None else as_int(dim, "reduce.one_dim", name), x.ndim, name)
    if count(x.shape, dims) == 0:
        raise refusal("reduce.empty_dim", name, dim=dim, x=x)
    if dim is None:
        result = getattr(xp, name)(x.array)
        return Tensor(result.reshape((1,) * x.ndim) if keepdim else result)
    if not x.ndim:
        return Tensor(xp.zeros((), np.int64))
    (axis,) = dims
    result = getattr(xp, name)(x.array, axis=axis)
    return Tensor(xp.expand_dims(result, axis) if keepdim else result)


@numpy_names
@whole
def argmax(x: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Index of the largest value, the first among equals; of the flattened tensor without `dim`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.argmax(tc.tensor([[1.0, 5.0], [7.0, 2.0]]), dim=1)
    tensor([1, 0])
    """
    return _arg("argmax", x, dim, keepdim)


@numpy_names
@whole
def argmin(x: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Index of the smallest value, the first among equals; of the flattened tensor without `dim`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.argmin(tc.tensor([[1.0, 5.0], [7.0, 2.0]]), dim=1)
    tensor([0, 1])
    """
    return _arg("argmin", x, dim, keepdim)


@numpy_names
def all(x: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Tell whether all elements over `dim` are true."""
    return _truth("all", x, dim, keepdim)


@numpy_names
def any(x: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Tell whether any element over `dim` is true."""
    return _truth("any", x, dim, keepdim)


def _truth(name: str, x: Tensor, dim: Dims, keepdim: bool) -> Tensor:
    dims = normalize_dims(dim, x.ndim, name)
    return Tensor(getattr(get_array_module(x.array), name)(x.array, axis=dims, keepdims=keepdim))


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
    return Tensor(xp.where(xp.isfinite(x.array), x.array, x.dtype.type(0)))


@numpy_names
@whole
def logsumexp(x: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """``log(sum(exp(x)))``, computed as ``m + log(sum(exp(x - m)))`` with m the largest value.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.logsumexp(tc.tensor([100.0, 100.0]), dim=0)
    tensor(100.6931)
    """
    x = as_float(x)
    dims = normalize_dims(dim, x.ndim, "logsumexp")
    if count(x.shape, dims) == 0:
        return sum(x, dims, keepdim).log()  # of nothing: log(0)
    shift = _finite_or_zero(amax(x.detach(), dims, keepdim=True))
    result = sum((x - shift).exp(), dims, keepdim=True).log() + shift
    return result.reshape(reduced_shape(x.shape, dims, keepdim))


@numpy_names
@whole
def norm(x: Tensor, p: float = 2, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """The p-norm ``sum(|x|**p)**(1/p)``; largest or smallest magnitude for p = inf or -inf.

    Where the norm is 0 the gradient is taken as 0, as in PyTorch; the 2-norm's second derivative is NaN there.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.norm(tc.tensor([3.0, 4.0]))
    tensor(5.)
    """
    _need_float(x, "norm")
    p = 2 if p == "fro" else p
    if not isinstance(p, (int, float, np.number)):
        raise refusal("reduce.power", "norm", p=p)
    if p in (math.inf, -math.inf):
        return (amax if p > 0 else amin)(x.abs(), dim, keepdim)
    if p == 0:
        return sum(cast(x != 0, x.dtype), dim, keepdim)
    if p == 1:
        return sum(x.abs(), dim, keepdim)
    if x.dtype == np.float16:
        return cast(norm(cast(x, np.float32), p, dim, keepdim), np.float16)
    if count(x.shape, normalize_dims(dim, x.ndim, "norm")) == 0:
        return sum(x, dim, keepdim)  # of nothing: 0
    if p == 2:
        return Norm.apply(x, normalize_dims(dim, x.ndim, "norm"), keepdim)
    leading = (amax if p > 0 else amin)(x.detach().abs(), dim, keepdim=True).array
    unit = Tensor(_power_of_two_below(get_array_module(leading), leading))  # powers of x / unit cannot overflow
    total = sum(_power((x / unit).abs(), p), dim, keepdim)
    return _power(total, 1.0 / p) * unit.reshape(total.shape)


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
        return g.reshape(kept) * Gate.apply(x / y, Tensor(y.array != 0))


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
