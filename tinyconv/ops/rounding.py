"""Rounding, and remainders of division: steps, whose gradient is 0 or passes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arguments import checked
from ..autograd import Tensor
from ..backend import Array, get_array_module, is_array, quiet
from ..errors import refusal
from .dtype import operands
from .elementwise import Binary, binary, div, where, zeros_like
from .unary import unary

__all__ = ["ceil", "fix", "floor", "fmod", "frac", "nan_to_num", "round", "trunc"]


def _step(gradient: Any = lambda g: zeros_like(g)) -> Any:
    """An operation on floats whose value for integers is the integer itself; bools have none."""

    def decorate(value: Any) -> Any:
        def of_integers_too(xp: Any, x: Array) -> Array:
            if x.dtype.kind == "b":
                raise refusal("dtype.no_bool", value.__name__, function=value.__name__)
            return value(xp, x) if x.dtype.kind == "f" else x.copy()

        of_integers_too.__name__ = of_integers_too.__qualname__ = value.__name__
        of_integers_too.__doc__ = value.__doc__
        return unary(gradient, of_integers=True)(of_integers_too)

    return decorate


@_step()
def floor(xp: Any, x: Array) -> Array:
    """The next integer below, or x itself; derivative 0.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.floor(tc.tensor([-1.5, 1.5]))
    tensor([-2.,  1.])
    """
    return xp.floor(x)


@_step()
def ceil(xp: Any, x: Array) -> Array:
    """The next integer above, or x itself; derivative 0."""
    return xp.ceil(x)


@_step()
def trunc(xp: Any, x: Array) -> Array:
    """The number without its fraction; derivative 0."""
    return xp.trunc(x)


fix = trunc


@_step()
def _rint(xp: Any, x: Array) -> Array:
    """The nearest integer, halves to the even one; derivative 0."""
    return xp.rint(x)


@checked
def round(input: Tensor, *, decimals: int = 0) -> Tensor:
    """Round to the nearest number of so many decimals, halves to the even one; derivative 0.

    Raises
    ------
    NotImplementedError
        For integers with `decimals`, and for bools.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.round(tc.tensor([0.5, 1.5, 2.345]))
    tensor([0., 2., 2.])
    >>> tc.round(tc.tensor([2.346]), decimals=2)
    tensor([2.3500])
    """
    if not decimals:
        return _rint(input)
    if input.dtype.kind != "f":
        raise refusal("round.decimals", "round", x=input, decimals=decimals)
    scale = 10.0 ** abs(decimals)
    return _rint(input * scale) / scale if decimals > 0 else _rint(input / scale) * scale


@unary(lambda g: g, of_integers=True)
def frac(xp: Any, x: Array) -> Array:
    """The fraction ``x - trunc(x)``, with x's sign; derivative 1.

    Raises
    ------
    NotImplementedError
        For integers and bools.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.frac(tc.tensor([-1.25, 2.5]))
    tensor([-0.2500,  0.5000])
    """
    if x.dtype.kind != "f":
        raise refusal("round.frac", "frac", x=x)
    return x - xp.trunc(x)


class Fmod(Binary):
    """``a - trunc(a/b) * b``, which has the sign of a; ``d/da = 1``, ``d/db = -trunc(a/b)``."""

    __slots__ = ()

    def forward(self, a: Array, b: Array) -> Array:
        xp = get_array_module(a if is_array(a) else b)
        with quiet() if a.dtype.kind == "f" else np.errstate(divide="raise"):
            return xp.fmod(a, b)

    def grad_a(self, g: Tensor) -> Tensor:
        return g

    def grad_b(self, g: Tensor, a: Any, b: Any) -> Tensor:
        return -g * div(a, b, rounding_mode="trunc")


@checked
def fmod(input: Tensor, other: Tensor | float) -> Tensor:
    """Element by element remainder of ``trunc(input / other)``, with the sign of input, as C's ``fmod``.

    Raises
    ------
    RuntimeError
        For an integer divided by 0 (on the CPU; a GPU cannot tell in time).
    NotImplementedError
        For bools.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.fmod(tc.tensor([-3.0, 3.0]), 2)
    tensor([-1.,  1.])
    """
    a, b = operands(input, other)
    if a.dtype.kind == "b":
        raise refusal("dtype.no_bool", "fmod", function="fmod")
    try:
        return binary(Fmod, a, b)
    except FloatingPointError:
        raise refusal("remainder.zero", "fmod") from None


@checked
def nan_to_num(
    input: Tensor, nan: float | None = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """Put numbers in the place of NaN, inf and -inf (the dtype's largest and smallest by default).

    What was replaced gets no gradient.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nan_to_num(tc.tensor([float("nan"), 1.0]), nan=-1.0)
    tensor([-1.,  1.])
    """
    if input.dtype.kind != "f":
        return input.clone()
    limits = np.finfo(input.dtype)
    most = float(limits.max) if posinf is None else posinf
    least = float(limits.min) if neginf is None else neginf
    x = where(input != input, nan or 0.0, input)
    x = where(x == float("inf"), most, x)
    return where(x == float("-inf"), least, x)
