"""Operations that reduce axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import autograd
from ..autograd import Function
from ..backend import Array, get_array_module
from .elementwise import cast, default_dtype, mul, where
from .indexing import take_along
from .shape import cat

if TYPE_CHECKING:
    from ..tensor import Tensor

Dims = int | Sequence[int] | None


class ValuesIndices(NamedTuple):
    """What ``max(dim)`` and ``min(dim)`` return."""

    values: Any
    indices: Any


def normalize_dims(dim: Dims, ndim: int, function: str) -> tuple[int, ...]:
    """Turn one dimension, several or None (all) into sorted non-negative ones.

    Raises
    ------
    IndexError
        If a dimension is out of range.
    ValueError
        If one appears twice.

    Examples
    --------
    >>> normalize_dims((-1, 0), 3, "sum")
    (0, 2)
    """
    if dim is None:
        return tuple(range(ndim))
    given = tuple(dim) if isinstance(dim, Sequence) else (dim,)
    room = ndim or 1  # PyTorch lets a 0-d tensor be reduced along dim 0 or -1
    for d in given:
        if not -room <= d < room:
            raise IndexError(
                f"{function}: Dimension out of range (expected to be in range of [{-room}, {room - 1}], but got {d})"
            )
    dims = tuple(sorted(d % room for d in given))
    if len(set(dims)) != len(dims):
        raise ValueError(f"{function}: dim={dim} names a dimension twice")
    return dims if ndim else ()


def kept_shape(shape: tuple[int, ...], dims: tuple[int, ...]) -> tuple[int, ...]:
    """`shape` with the reduced dimensions kept as 1."""
    return tuple(1 if i in dims else n for i, n in enumerate(shape))


class Sum(Function):
    """Sum over dimensions; every summand's gradient is the sum's."""

    __slots__ = ("_kept", "_shape")

    def forward(self, x: Array, dims: tuple[int, ...], keepdim: bool) -> Array:
        self._shape, self._kept = x.shape, kept_shape(x.shape, dims)
        return get_array_module(x).sum(x, axis=dims, keepdims=keepdim)

    def vjp(self, grad: Tensor) -> Any:
        return grad.reshape(self._kept).expand(self._shape), None, None


def _integer_sum_dtype(x: Tensor) -> Tensor:
    return cast(x, np.int64) if x.dtype.kind in "biu" else x


def sum(x: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Sum over `dim` (all dimensions by default); integers and bools sum in int64.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.sum(tc.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=1)
    tensor([3., 7.])
    """
    x = _integer_sum_dtype(x)
    return Sum.apply(x, normalize_dims(dim, x.ndim, "sum"), keepdim)


def _need_float(x: Tensor, function: str) -> None:
    if x.dtype.kind != "f":
        raise RuntimeError(
            f"{function}(): could not infer output dtype. Input dtype must be a floating point dtype. "
            f"Got: {x.dtype}. Use x.float().{function}()"
        )


def count(shape: tuple[int, ...], dims: tuple[int, ...]) -> int:
    """How many elements one result is reduced from."""
    return math.prod(shape[d] for d in dims)


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
    n = count(x.shape, dims)
    return Sum.apply(x, dims, keepdim) * (1.0 / n if n else math.nan)


def var(x: Tensor, dim: Dims = None, keepdim: bool = False, correction: float = 1) -> Tensor:
    """Variance over `dim`: ``sum((x - mean)**2) / (n - correction)``; PyTorch's default corrects by 1.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.var(tc.tensor([1.0, 2.0, 3.0]))
    tensor(1.)
    """
    _need_float(x, "var")
    dims = normalize_dims(dim, x.ndim, "var")
    centred = x - mean(x, dims, keepdim=True)
    n = count(x.shape, dims) - correction
    return Sum.apply(centred * centred, dims, keepdim) * (1.0 / n if n > 0 else math.nan)


def std(x: Tensor, dim: Dims = None, keepdim: bool = False, correction: float = 1) -> Tensor:
    """Standard deviation, the root of :func:`var`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.std(tc.tensor([1.0, 2.0, 3.0]))
    tensor(1.)
    """
    return var(x, dim, keepdim, correction).sqrt()


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
    x = _integer_sum_dtype(x)
    dims = normalize_dims(dim, x.ndim, "prod")
    kept = kept_shape(x.shape, dims)
    rest = tuple(d for d in range(x.ndim) if d not in dims)
    outer = tuple(x.shape[d] for d in rest)
    flat = x.permute(rest + dims).reshape(outer + (count(x.shape, dims),))
    if flat.shape[-1] == 0:
        xp = get_array_module(x._data)
        flat = autograd.tensor_type(xp.ones(outer + (1,), x.dtype))
    while flat.shape[-1] > 1:
        half = flat.shape[-1] // 2
        pairs = mul(flat[..., :half], flat[..., half : 2 * half])
        flat = cat([pairs, flat[..., 2 * half :]], dim=-1) if flat.shape[-1] % 2 else pairs
    return flat.reshape(kept if keepdim else outer)


class Amax(Function):
    """The largest value over dimensions; the gradient is shared evenly among equals, as in PyTorch."""

    __slots__ = ("_kept", "_shape")
    _name = "max"

    def forward(self, x: Array, dims: tuple[int, ...], keepdim: bool) -> Array:
        xp = get_array_module(x)
        best = getattr(xp, self._name)(x, axis=dims, keepdims=True)
        self._shape, self._kept = x.shape, best.shape
        if self.needs_input_grad[0]:
            ties = ((x == best) | (x != x)).astype(x.dtype)
            self.save_for_backward(ties / xp.sum(ties, axis=dims, keepdims=True))
        return best if keepdim else best.reshape(tuple(n for i, n in enumerate(x.shape) if i not in dims))

    def vjp(self, grad: Tensor) -> Any:
        (share,) = self.saved_tensors
        return grad.reshape(self._kept) * share, None, None


class Amin(Amax):
    """The smallest value over dimensions; the gradient is shared evenly among equals."""

    __slots__ = ()
    _name = "min"


def _extreme(function: type[Amax], x: Tensor, dim: Dims, keepdim: bool) -> Tensor:
    name = function.__name__.lower()
    dims = normalize_dims(dim, x.ndim, name)
    if count(x.shape, dims) == 0:
        raise RuntimeError(
            f"{name}(): Expected reduction dim {dim} to have non-zero size, input is {x.shape}"
        )
    return function.apply(x, dims, keepdim)


def amax(x: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Largest value over `dim`; equal values share the gradient.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.amax(tc.tensor([[1.0, 5.0], [7.0, 2.0]]), dim=0)
    tensor([7., 5.])
    """
    return _extreme(Amax, x, dim, keepdim)


def amin(x: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Smallest value over `dim`; equal values share the gradient.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.amin(tc.tensor([[1.0, 5.0], [7.0, 2.0]]), dim=0)
    tensor([1., 2.])
    """
    return _extreme(Amin, x, dim, keepdim)


def _with_indices(x: Tensor, dim: int, keepdim: bool, arg: Any) -> ValuesIndices:
    indices = arg(x, dim, True)
    values = take_along(x, indices, dim) if x.ndim else x
    if keepdim or not x.ndim:
        return ValuesIndices(values, indices.reshape(values.shape))
    return ValuesIndices(values.squeeze(dim), indices.squeeze(dim))


def max(x: Tensor, dim: Dims = None, keepdim: bool = False) -> Any:
    """Largest value: of all, or ``(values, indices)`` along one `dim`, or of several dims (a tuple).

    Along one `dim` the gradient goes to the element at the returned index; otherwise equal values
    share it.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.max(tc.tensor([[1.0, 5.0], [7.0, 2.0]]), dim=1)
    ValuesIndices(values=tensor([5., 7.]), indices=tensor([1, 0]))
    """
    return _with_indices(x, dim, keepdim, argmax) if isinstance(dim, int) else amax(x, dim, keepdim)


def min(x: Tensor, dim: Dims = None, keepdim: bool = False) -> Any:
    """Smallest value: of all, or ``(values, indices)`` along one `dim`, or of several dims (a tuple).

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.min(tc.tensor([[1.0, 5.0], [7.0, 2.0]]), dim=1)
    ValuesIndices(values=tensor([1., 2.]), indices=tensor([0, 1]))
    """
    return _with_indices(x, dim, keepdim, argmin) if isinstance(dim, int) else amin(x, dim, keepdim)


def _arg(name: str, x: Tensor, dim: int | None, keepdim: bool) -> Tensor:
    xp = get_array_module(x._data)
    if x._data.size == 0:
        raise IndexError(f"{name}(): Expected reduction dim {dim} to have non-zero size, input is {x.shape}")
    if dim is None:
        result = getattr(xp, name)(x._data)
        return autograd.tensor_type(result.reshape((1,) * x.ndim) if keepdim else result)
    if not x.ndim:
        return autograd.tensor_type(xp.zeros((), np.int64))
    (axis,) = normalize_dims(dim, x.ndim, name)
    result = getattr(xp, name)(x._data, axis=axis)
    return autograd.tensor_type(xp.expand_dims(result, axis) if keepdim else result)


def argmax(x: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Index of the largest value, the first among equals; of the flattened tensor without `dim`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.argmax(tc.tensor([[1.0, 5.0], [7.0, 2.0]]), dim=1)
    tensor([1, 0])
    """
    return _arg("argmax", x, dim, keepdim)


def argmin(x: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Index of the smallest value, the first among equals; of the flattened tensor without `dim`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.argmin(tc.tensor([[1.0, 5.0], [7.0, 2.0]]), dim=1)
    tensor([0, 1])
    """
    return _arg("argmin", x, dim, keepdim)


def truth(name: str, x: Tensor, dim: Dims, keepdim: bool) -> Tensor:
    """``all`` or ``any`` over dimensions."""
    xp = get_array_module(x._data)
    dims = normalize_dims(dim, x.ndim, name)
    return autograd.tensor_type(getattr(xp, name)(x._data, axis=dims, keepdims=keepdim))


def _finite_or_zero(x: Tensor) -> Tensor:
    """The values of `x`, cut off from the graph, with 0 for inf and NaN."""
    xp = get_array_module(x._data)
    return autograd.tensor_type(xp.where(xp.isfinite(x._data), x._data, x.dtype.type(0)))


def logsumexp(x: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """``log(sum(exp(x)))``, computed as ``m + log(sum(exp(x - m)))`` with m the largest value.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.logsumexp(tc.tensor([100.0, 100.0]), dim=0)
    tensor(100.6931)
    """
    x = x if x.dtype.kind == "f" else cast(x, default_dtype)
    dims = normalize_dims(dim, x.ndim, "logsumexp")
    shift = _finite_or_zero(amax(x.detach(), dims, keepdim=True))
    result = sum((x - shift).exp(), dims, keepdim=True).log() + shift
    return result if keepdim else result.reshape(tuple(n for i, n in enumerate(x.shape) if i not in dims))


def norm(x: Tensor, p: float = 2, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """The p-norm ``sum(|x|**p)**(1/p)``; largest or smallest magnitude for p = inf or -inf.

    At an all-zero slice the gradient is taken as 0, as in PyTorch.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.norm(tc.tensor([3.0, 4.0]))
    tensor(5.)
    """
    _need_float(x, "norm")
    if p in (math.inf, -math.inf):
        return (amax if p > 0 else amin)(x.abs(), dim, keepdim)
    if p == 0:
        return sum(cast(x != 0, x.dtype), dim, keepdim)
    if p == 1:
        return sum(x.abs(), dim, keepdim)
    total = sum(x * x if p == 2 else x.abs() ** p, dim, keepdim)
    empty = total.detach() == 0
    safe = where(empty, 1.0, total)  # its root's slope at 0 is infinite, and inf * 0 is NaN
    return where(empty, total, safe.sqrt() if p == 2 else safe ** (1.0 / p))
