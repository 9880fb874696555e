"""Functions of one variable, element by element.

Each is written as what it computes with an array, under a decorator that says how the gradient goes back::

    @unary(lambda g, x: g * x.cos())
    def sin(xp, x):
        return xp.sin(x)

A gradient that is best written from the result names ``out`` in the place of ``x``; only what it names is kept.
"""

from __future__ import annotations

import builtins
import functools
import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arguments import checked, refuse
from ..autograd import Operation, Tensor
from ..backend import Array, get_array_module
from ..defaults import get_default_dtype
from ..errors import refusal
from .dtype import RANK, as_float, cast, rank_of, scalar_of
from .elementwise import AtLeast, AtMost, Gate, binary, zeros_like
from .numeric import erf as erf_array
from .numeric import erfc as erfc_array

__all__ = [
    "abs", "clamp", "clamp_max", "clamp_min", "clip", "cos", "deg2rad", "erf", "erfc", "exp", "expm1", "log",
    "log1p", "logit", "neg", "rad2deg", "rsqrt", "sigmoid", "sign", "sin", "sqrt", "square", "tanh",
]  # fmt: skip


def unary(
    gradient: Callable[..., Tensor], of_integers: bool = False, name: str | None = None
) -> Callable[[Callable[[Any, Array], Array]], Callable[[Tensor], Tensor]]:
    """Make a function of a Tensor out of one of an array, and the operation under it.

    Parameters
    ----------
    gradient : callable
        Of ``g``, ``(g, x)`` or ``(g, out)``: the argument's gradient, from the result's.
    of_integers : bool
        Integers stay what they are; otherwise they become floats first.
    name : str, optional
        Of the operation, which otherwise has the function's.
    """
    read = list(inspect.signature(gradient).parameters.values())

    def grad_x(self: Operation, *arguments: Tensor) -> Tensor:
        return gradient(*arguments)

    itself = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    grad_x.__signature__ = inspect.Signature([itself, *read])  # type: ignore[attr-defined]  # what the engine reads

    def decorate(value: Callable[[Any, Array], Array]) -> Callable[[Tensor], Tensor]:
        def forward(self: Operation, x: Array) -> Array:
            return value(get_array_module(x), x)

        body = {"__slots__": (), "forward": forward, "grad_x": grad_x}
        operation: Any = type(name or value.__name__.capitalize(), (Operation,), body)

        def function(input: Tensor) -> Tensor:
            if not isinstance(input, Tensor):
                raise refuse(value.__name__, "input", input, "Tensor")
            return operation.apply(input if of_integers else as_float(input))

        functools.update_wrapper(function, value, ("__module__", "__name__", "__qualname__", "__doc__"))
        del function.__wrapped__  # type: ignore[attr-defined]  # its signature is another
        return function

    return decorate


@unary(lambda g, out: g * out)
def exp(xp: Any, x: Array) -> Array:
    """Exponential, its own derivative.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.exp(tc.tensor([0.0]))
    tensor([1.])
    """
    return xp.exp(x)


@unary(lambda g, x: g * x.exp())
def expm1(xp: Any, x: Array) -> Array:
    """``exp(x) - 1`` without loss near 0; derivative ``exp(x)``."""
    return xp.expm1(x)


@unary(lambda g, x: g / x)
def log(xp: Any, x: Array) -> Array:
    """Natural logarithm; derivative ``1/x``."""
    return xp.log(x)


@unary(lambda g, x: g / (1.0 + x))
def log1p(xp: Any, x: Array) -> Array:
    """``log(1 + x)`` without loss near 0; derivative ``1/(1 + x)``."""
    return xp.log1p(x)


@unary(lambda g, x: g * (0.5 * x.rsqrt()))
def sqrt(xp: Any, x: Array) -> Array:
    """Square root; derivative ``1/(2 sqrt(x))``."""
    return xp.sqrt(x)


@unary(lambda g, x: g * (-0.5 * x.rsqrt() / x))
def rsqrt(xp: Any, x: Array) -> Array:
    """``1/sqrt(x)``; derivative ``-1/2 x**(-3/2)``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.rsqrt(tc.tensor([4.0]))
    tensor([0.5000])
    """
    return x.dtype.type(1) / xp.sqrt(x)


@unary(lambda g, x: g * x.cos())
def sin(xp: Any, x: Array) -> Array:
    """Sine; derivative ``cos(x)``."""
    return xp.sin(x)


@unary(lambda g, x: g * -x.sin())
def cos(xp: Any, x: Array) -> Array:
    """Cosine; derivative ``-sin(x)``."""
    return xp.cos(x)


@unary(lambda g, x: g * ((2 / math.sqrt(math.pi)) * (-x * x).exp()))
def erf(xp: Any, x: Array) -> Array:
    """The error function; derivative ``2/sqrt(pi) exp(-x**2)``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.erf(tc.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8427])
    """
    return erf_array(xp, x)


@unary(lambda g, x: g * ((-2 / math.sqrt(math.pi)) * (-x * x).exp()))
def erfc(xp: Any, x: Array) -> Array:
    """``1 - erf(x)``, without loss where that is near 0; derivative ``-2/sqrt(pi) exp(-x**2)``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.erfc(tc.tensor([0.0, 1.0]))
    tensor([1.0000, 0.1573])
    """
    return erfc_array(xp, x)


@checked
def deg2rad(input: Tensor) -> Tensor:
    """Degrees as radians, ``x * pi / 180``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.deg2rad(tc.tensor([180.0]))
    tensor([3.1416])
    """
    return as_float(input) * (math.pi / 180)


@checked
def rad2deg(input: Tensor) -> Tensor:
    """Radians as degrees, ``x * 180 / pi``."""
    return as_float(input) * (180 / math.pi)


@unary(lambda g, out: g * (1.0 - out * out))
def tanh(xp: Any, x: Array) -> Array:
    """Hyperbolic tangent y; derivative ``1 - y**2``."""
    return xp.tanh(x)


@unary(lambda g, out: g * (out * (1.0 - out)))
def sigmoid(xp: Any, x: Array) -> Array:
    """``y = 1/(1 + exp(-x))``; derivative ``y (1 - y)``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.sigmoid(tc.tensor([0.0]))
    tensor([0.5000])
    """
    one = x.dtype.type(1)
    small = xp.exp(-xp.abs(x))  # in (0, 1]: nothing overflows, and tiny results keep their digits
    return xp.where(x >= 0, one, small) / (one + small)


@unary(lambda g, x: g * x.sigmoid(), name="Softplus")
def smooth_relu(xp: Any, x: Array) -> Array:
    """``log(1 + exp(x))``, computed as ``max(x, 0) + log1p(exp(-|x|))``; derivative ``sigmoid(x)``."""
    return xp.maximum(x, x.dtype.type(0)) + xp.log1p(xp.exp(-xp.abs(x)))


@unary(lambda g: -g, of_integers=True)
def neg(xp: Any, x: Array) -> Array:
    """``-x``.

    Raises
    ------
    RuntimeError
        For bool.
    """
    if x.dtype.kind == "b":
        raise refusal("neg.bool", "neg")
    return -x


@unary(lambda g, x: g * x.sign(), of_integers=True)
def abs(xp: Any, x: Array) -> Array:
    """``|x|``; derivative ``sign(x)``, 0 at 0 and at NaN."""
    return xp.abs(x)


@unary(lambda g: zeros_like(g), of_integers=True)
def sign(xp: Any, x: Array) -> Array:
    """-1, 0 or 1, and 0 of NaN; derivative 0."""
    return x.copy() if x.dtype.kind == "b" else (x > 0).astype(x.dtype) - (x < 0)


@checked
def square(input: Tensor) -> Tensor:
    """``x * x``; bools become integers."""
    input = cast(input, np.int64) if input.dtype.kind == "b" else input
    return input * input


class Clamp(Operation):
    """Values limited to ``[low, high]``; the gradient passes where they were inside."""

    __slots__ = ()

    def forward(self, x: Array, low: Any, high: Any) -> Array:
        xp = get_array_module(x)
        if x.dtype.kind == "f":  # with two bounds clip is three times as fast as with one
            low = x.dtype.type(-math.inf) if low is None else low
            high = x.dtype.type(math.inf) if high is None else high
        if self.needs_input_grad[0]:
            self.keep(inside=xp.asarray((x >= low) & (x <= high)))
        return xp.clip(x, low, high)

    def grad_x(self, g: Tensor, inside: Tensor) -> Tensor:
        return Gate.apply(g, inside)


@checked
def clamp(input: Tensor, min: float | Tensor | None = None, max: float | Tensor | None = None) -> Tensor:
    """Limit values to ``[min, max]``; either may be None, a number or a Tensor.

    Raises
    ------
    ValueError
        If both are None.
    RuntimeError
        If an integer tensor's dtype cannot hold a bound.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.clamp(tc.tensor([-2.0, 0.5, 2.0]), -1, 1)
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if min is None and max is None:
        raise refusal("clamp.bounds", "clamp")
    if isinstance(min, Tensor) or isinstance(max, Tensor):
        input = input if min is None else binary(AtLeast, input, min)
        return input if max is None else binary(AtMost, input, max)
    rank = builtins.max(rank_of(bound) for bound in (min, max) if bound is not None)
    if rank > RANK[input.dtype.kind]:
        input = cast(input, get_default_dtype() if rank == 2 else np.int64)
    if input.dtype.kind == "b":
        raise refusal("dtype.no_bool", "clamp", function="clamp")
    low, high = (None if bound is None else scalar_of(input.dtype, bound) for bound in (min, max))
    return Clamp.apply(input, low, high)


clip = clamp


@checked
def clamp_min(input: Tensor, min: float | Tensor) -> Tensor:
    """Raise values to `min` at least; :func:`clamp` with that bound alone.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.tensor([-1.0, 2.0]).clamp_min(0)
    tensor([0., 2.])
    """
    return clamp(input, min=min)


@checked
def clamp_max(input: Tensor, max: float | Tensor) -> Tensor:
    """Lower values to `max` at most; :func:`clamp` with that bound alone."""
    return clamp(input, max=max)


@checked
def logit(input: Tensor, eps: float | None = None) -> Tensor:
    """``log(x / (1 - x))``, which sigmoid undoes; with `eps` of x limited to ``[eps, 1 - eps]``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.logit(tc.tensor([0.5, 0.9]))
    tensor([0.0000, 2.1972])
    """
    x = as_float(input) if eps is None else clamp(as_float(input), eps, 1 - eps)
    return (x / (1.0 - x)).log()
