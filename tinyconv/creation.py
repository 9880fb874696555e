"""Functions that make Tensors from nothing: constants, ranges, random numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from .arguments import DeviceLike, DType, Size, checked
from .backend import Array, Device, quiet
from .defaults import get_default_device, get_default_dtype
from .errors import refusal
from .ops.dtype import fits, rank_of, scalar_of
from .ops.shape import as_int, as_sizes, common_shape
from .random import generator as numpy_generator
from .tensor import Tensor

__all__ = [
    "arange", "empty", "eye", "full", "full_like", "linspace", "logspace", "normal", "ones", "ones_like", "rand",
    "rand_like", "randint", "randn", "randn_like", "randperm", "zeros", "zeros_like",
]  # fmt: skip


def _shape(sizes: tuple[Any, ...]) -> tuple[int, ...]:
    """Accept ``zeros(2, 3)`` and ``zeros((2, 3))``."""
    shape = as_sizes(sizes, "", "sizes.ints")
    if any(n < 0 for n in shape):
        raise refusal("sizes.negative", sizes=list(shape))
    return shape


def _on_device(make: Callable[[Any], Array], device: Any, requires_grad: bool) -> Tensor:
    """Make an array with a device's own namespace, without a copy."""
    where = Device(device or get_default_device())
    with where.use():
        return Tensor._of(make(where.xp), requires_grad)


def _from_host(array: np.ndarray, dtype: Any, device: Any, requires_grad: bool) -> Tensor:
    """Send numbers drawn on the host to a device: a seed gives the same ones everywhere."""
    return Tensor._of(
        Device(device or get_default_device()).asarray(array.astype(dtype or get_default_dtype(), copy=False)),
        requires_grad,
    )


@checked
def zeros(
    *size: Any, dtype: DType | None = None, device: DeviceLike | None = None, requires_grad: bool = False
) -> Tensor:
    """Make a tensor of zeros.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    return _on_device(lambda xp: xp.zeros(_shape(size), dtype or get_default_dtype()), device, requires_grad)


@checked
def ones(
    *size: Any, dtype: DType | None = None, device: DeviceLike | None = None, requires_grad: bool = False
) -> Tensor:
    """Make a tensor of ones.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.ones(2)
    tensor([1., 1.])
    """
    return _on_device(lambda xp: xp.ones(_shape(size), dtype or get_default_dtype()), device, requires_grad)


@checked
def empty(
    *size: Any, dtype: DType | None = None, device: DeviceLike | None = None, requires_grad: bool = False
) -> Tensor:
    """Make a tensor whose values are whatever the memory held.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.empty(2, 3).shape
    (2, 3)
    """
    return _on_device(lambda xp: xp.empty(_shape(size), dtype or get_default_dtype()), device, requires_grad)


@checked
def full(
    size: Size,
    fill_value: float,
    dtype: DType | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of one value; a Python int gives int64, a float float32.

    Raises
    ------
    RuntimeError
        If an integer dtype cannot hold the value.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.full((2,), 7.0)
    tensor([7., 7.])
    """
    kind = dtype or (np.bool_, np.int64, get_default_dtype())[rank_of(fill_value)]
    value = scalar_of(np.dtype(kind), fill_value)
    shape = _shape((size,))
    return _on_device(lambda xp: xp.full(shape, value, dtype=kind), device, requires_grad)


def _like(make: Callable[..., Tensor], x: Tensor, dtype: Any, device: Any, requires_grad: bool) -> Tensor:
    return make(x.shape, dtype=dtype or x.dtype, device=device or x.device, requires_grad=requires_grad)


@checked
def zeros_like(
    input: Tensor, dtype: DType | None = None, device: DeviceLike | None = None, requires_grad: bool = False
) -> Tensor:
    """Make zeros of input's shape, dtype and device.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.zeros_like(tc.ones(2))
    tensor([0., 0.])
    """
    return _like(zeros, input, dtype, device, requires_grad)


@checked
def ones_like(
    input: Tensor, dtype: DType | None = None, device: DeviceLike | None = None, requires_grad: bool = False
) -> Tensor:
    """Make ones of input's shape, dtype and device.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.ones_like(tc.zeros(2))
    tensor([1., 1.])
    """
    return _like(ones, input, dtype, device, requires_grad)


@checked
def full_like(
    input: Tensor,
    fill_value: float,
    dtype: DType | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Make one value in input's shape, dtype and device.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.full_like(tc.zeros(2), 3)
    tensor([3., 3.])
    """
    return full(input.shape, fill_value, dtype or input.dtype, device or input.device, requires_grad)


@checked
def arange(
    start: float,
    end: float | None = None,
    step: float = 1,
    dtype: DType | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Make ``start, start + step, ...`` up to, but not including, `end`.

    An integer dtype truncates the three numbers first, as in PyTorch.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.arange(0, 4)
    tensor([0, 1, 2, 3])
    """
    first, last = (0, start) if end is None else (start, end)
    if not all(map(_is_measured, (first, last, step))):
        raise refusal("arange.endless", "arange", first=first, last=last, step=step)
    if dtype is not None and np.dtype(dtype).kind in "iu":
        last = _last_of_integers(first, last, step, np.dtype(dtype))
        first, step = _truncated(first), _truncated(step)
    rank = max(rank_of(value) for value in (first, last, step))
    kind = np.dtype(dtype or (np.int64, np.int64, get_default_dtype())[rank])
    if step == 0:
        raise refusal("arange.zero_step", "arange")
    if (last - first) * step < 0:
        raise refusal("arange.direction", "arange", first=first, last=last, step=step)
    exact = np.float64 if rank == 2 else np.int64  # NumPy's float32 ranges drift: they add up a rounded step
    return _on_device(lambda xp: xp.arange(first, last, step, dtype=exact).astype(kind), device, requires_grad)


def _is_measured(value: float) -> bool:
    """Is this a finite number that the longest integers hold?"""
    return -(2**63) <= value < 2**63


def _last_of_integers(first: float, last: float, step: float, kind: np.dtype) -> int:
    """The end of a range of truncated numbers; but int64 alone counts them after truncating, as in PyTorch."""
    start, end, stride = (_truncated(value) for value in (first, last, step))
    if kind == np.int64 or not stride:
        return end
    return start + math.ceil((last - first) / step) * stride


def _truncated(value: float) -> int:
    """A number without its fraction; inf and NaN are refused."""
    return int(scalar_of(np.dtype(np.int64), value))


@checked
def linspace(
    start: float,
    end: float,
    steps: int,
    dtype: DType | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Make `steps` evenly spaced numbers from `start` to `end`, both included.

    An integer dtype truncates the ends first, and then what lies between them, as in PyTorch.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.linspace(0, 1, 3)
    tensor([0.0000, 0.5000, 1.0000])
    """
    steps = _count(steps, "linspace")
    kind = np.dtype(dtype or get_default_dtype())
    if kind.kind in "iu":
        return _on_device(
            lambda xp: _spaced_integers(xp, _truncated(start), _truncated(end), steps).astype(kind),
            device,
            requires_grad,
        )
    return _on_device(lambda xp: xp.linspace(float(start), float(end), steps, dtype=kind), device, requires_grad)


@checked
def logspace(
    start: float,
    end: float,
    steps: int,
    base: float = 10.0,
    dtype: DType | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Make `steps` numbers from ``base**start`` to ``base**end``, whose exponents are evenly spaced.

    An integer dtype truncates the exponents' ends first, and then the powers, as in PyTorch.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    steps = _count(steps, "logspace")
    kind = np.dtype(dtype or get_default_dtype())
    ends = (_truncated(start), _truncated(end)) if kind.kind in "iu" else (float(start), float(end))
    with quiet():  # a power may be larger than the dtype
        return _on_device(
            lambda xp: xp.power(float(base), xp.linspace(*ends, steps, dtype=np.float64)).astype(kind),
            device,
            requires_grad,
        )


def _count(steps: Any, function: str) -> int:
    """A number of steps."""
    steps = as_int(steps, "sizes.ints", function)
    if steps < 0:
        raise refusal("linspace.steps", function, steps=steps)
    return steps


def _spaced_integers(xp: Any, start: int, end: int, steps: int) -> Array:
    """Evenly spaced floats that truncate as PyTorch's do: each half is counted from its own end."""
    if steps < 2:
        return xp.full((steps,), float(start))
    step = (end - start) / (steps - 1)
    places = xp.arange(steps, dtype=np.float64)
    return xp.where(places < steps // 2, start + step * places, end - step * (steps - 1 - places))


@checked
def eye(
    n: int,
    m: int | None = None,
    dtype: DType | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Make a matrix with ones on its diagonal.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    sizes = _shape((n, n if m is None else m))
    return _on_device(lambda xp: xp.eye(*sizes, dtype=dtype or get_default_dtype()), device, requires_grad)


@checked
def rand(
    *size: Any,
    generator: Any = None,
    dtype: DType | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draw uniformly from [0, 1).

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.rand(2, 3).shape
    (2, 3)
    """
    return _from_host(numpy_generator(generator).random(_shape(size), dtype=_draw(dtype)), dtype, device, requires_grad)


@checked
def randn(
    *size: Any,
    generator: Any = None,
    dtype: DType | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draw from the standard normal distribution.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.randn(8, 64, 4, 4).shape
    (8, 64, 4, 4)
    """
    return _from_host(
        numpy_generator(generator).standard_normal(_shape(size), dtype=_draw(dtype)), dtype, device, requires_grad
    )


def _draw(dtype: Any) -> Any:
    """What to draw in: NumPy's generators know float32 and float64."""
    if dtype is not None and np.dtype(dtype).kind != "f":
        raise refusal("random.dtype", dtype=np.dtype(dtype))
    return np.float64 if np.dtype(dtype or get_default_dtype()) == np.float64 else np.float32


@checked
def rand_like(
    input: Tensor,
    *,
    generator: Any = None,
    dtype: DType | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draw uniformly from [0, 1) in input's shape, dtype and device.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.rand_like(tc.zeros(2)).shape
    (2,)
    """
    return _like(partial(rand, generator=generator), input, dtype, device, requires_grad)


@checked
def randn_like(
    input: Tensor,
    *,
    generator: Any = None,
    dtype: DType | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draw from the standard normal distribution in input's shape, dtype and device.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.randn_like(tc.zeros(2)).shape
    (2,)
    """
    return _like(partial(randn, generator=generator), input, dtype, device, requires_grad)


@checked
def normal(
    mean: float | Tensor = 0.0,
    std: float | Tensor = 1.0,
    size: Size | None = None,
    *,
    generator: Any = None,
    dtype: DType | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draw from the normal distribution of a mean and a standard deviation: numbers, or Tensors and then no `size`.

    Raises
    ------
    ValueError
        If `size` is missing beside numbers, or given beside Tensors, or a standard deviation is negative.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.normal(0.0, 1.0, (2,)).shape
    (2,)
    """
    given = [t for t in (mean, std) if isinstance(t, Tensor)]
    if (size is None) != bool(given):
        raise refusal("normal.size", "normal", size=size)
    if (std < 0) if not isinstance(std, Tensor) else std.device.type == "cpu" and bool((std < 0).any()):
        raise refusal("normal.std", "normal", std=std)
    if given:  # a draw of the shape that they broadcast to
        size = common_shape([t.shape for t in given], "normal")
        dtype, device = dtype or given[0].dtype, device or given[0].device
    drawn = (randn(size, generator=generator, dtype=dtype, device=device) * std + mean).detach()
    return drawn.requires_grad_() if requires_grad else drawn


@checked
def randint(
    low: int = 0,
    high: int | Sequence[int] | None = None,
    size: Size | None = None,
    *,
    generator: Any = None,
    dtype: DType | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draw integers from `low` up to, but not including, `high`; ``randint(high, size)`` starts at 0.

    Raises
    ------
    RuntimeError
        If there is no integer between the limits, or `dtype` cannot hold them all.

    Examples
    --------
    >>> import tinyconv as tc
    >>> bool((tc.randint(0, 10, (5,)) < 10).all())
    True
    """
    if isinstance(high, Sequence):
        high, size = None, high
    if high is None:
        low, high = 0, low
    if low >= high:
        raise refusal("randint.range", "randint", low=low, high=high)
    kind = np.dtype(dtype or np.int64)
    if kind.kind in "iu" and not (fits(kind, low) and fits(kind, high - 1)):
        raise refusal("randint.dtype", "randint", dtype=kind, low=low, last=high - 1)
    drawn = np.asarray(numpy_generator(generator).integers(low, high, () if size is None else _shape((size,))))
    return _from_host(drawn, kind, device, requires_grad)


@checked
def randperm(
    n: int,
    *,
    generator: Any = None,
    dtype: DType | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draw a random order of ``0 ... n-1``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> sorted(tc.randperm(4).tolist())
    [0, 1, 2, 3]
    """
    (n,) = _shape((n,))
    return _from_host(numpy_generator(generator).permutation(n), dtype or np.int64, device, requires_grad)
