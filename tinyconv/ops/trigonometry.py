"""Angles, hyperbolas, and powers and logarithms of other bases, element by element."""

from __future__ import annotations

import math
from typing import Any

from ..arguments import checked
from ..autograd import Tensor
from ..backend import Array, get_array_module
from .dtype import as_float, operands
from .elementwise import Binary, Gate, binary
from .unary import unary

__all__ = [
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cosh", "exp2", "hypot", "log2", "log10",
    "reciprocal", "sinh", "tan",
]  # fmt: skip


@unary(lambda g, out: g * (1.0 + out * out))
def tan(xp: Any, x: Array) -> Array:
    """Tangent y; derivative ``1 + y**2``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.tan(tc.tensor([0.0, 0.7854]))
    tensor([0.0000, 1.0000])
    """
    return xp.tan(x)


@unary(lambda g, x: g * (1.0 - x * x).rsqrt())
def asin(xp: Any, x: Array) -> Array:
    """Inverse sine, NaN outside [-1, 1]; derivative ``1/sqrt(1 - x**2)``."""
    return xp.arcsin(x)


@unary(lambda g, x: g * -(1.0 - x * x).rsqrt())
def acos(xp: Any, x: Array) -> Array:
    """Inverse cosine, NaN outside [-1, 1]; derivative ``-1/sqrt(1 - x**2)``."""
    return xp.arccos(x)


@unary(lambda g, x: g / (1.0 + x * x))
def atan(xp: Any, x: Array) -> Array:
    """Inverse tangent; derivative ``1/(1 + x**2)``."""
    return xp.arctan(x)


@unary(lambda g, x: g * cosh(x))
def sinh(xp: Any, x: Array) -> Array:
    """Hyperbolic sine; derivative ``cosh(x)``."""
    return xp.sinh(x)


@unary(lambda g, x: g * sinh(x))
def cosh(xp: Any, x: Array) -> Array:
    """Hyperbolic cosine; derivative ``sinh(x)``."""
    return xp.cosh(x)


@unary(lambda g, x: g * (x * x + 1.0).rsqrt())
def asinh(xp: Any, x: Array) -> Array:
    """Inverse hyperbolic sine; derivative ``1/sqrt(x**2 + 1)``."""
    return xp.arcsinh(x)


@unary(lambda g, x: g * (x * x - 1.0).rsqrt())
def acosh(xp: Any, x: Array) -> Array:
    """Inverse hyperbolic cosine, NaN below 1; derivative ``1/sqrt(x**2 - 1)``."""
    return xp.arccosh(x)


@unary(lambda g, x: g / (1.0 - x * x))
def atanh(xp: Any, x: Array) -> Array:
    """Inverse hyperbolic tangent, NaN outside [-1, 1]; derivative ``1/(1 - x**2)``."""
    return xp.arctanh(x)


@unary(lambda g, out: g * (out * math.log(2.0)))
def exp2(xp: Any, x: Array) -> Array:
    """``2**x``; derivative ``log(2) * 2**x``."""
    return xp.exp2(x)


@unary(lambda g, x: g / (x * math.log(2.0)))
def log2(xp: Any, x: Array) -> Array:
    """Logarithm to base 2; derivative ``1/(x log(2))``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.log2(tc.tensor([1.0, 8.0]))
    tensor([0., 3.])
    """
    return xp.log2(x)


@unary(lambda g, x: g / (x * math.log(10.0)))
def log10(xp: Any, x: Array) -> Array:
    """Logarithm to base 10; derivative ``1/(x log(10))``."""
    return xp.log10(x)


@unary(lambda g, out: g * -(out * out))
def reciprocal(xp: Any, x: Array) -> Array:
    """``y = 1/x``; derivative ``-y**2``."""
    return x.dtype.type(1) / x


class Atan2(Binary):
    """The angle of the point ``(b, a)``; its gradient at the origin, which has no angle, is 0, as in PyTorch."""

    __slots__ = ()

    def forward(self, a: Array, b: Array) -> Array:
        return get_array_module(a).arctan2(a, b)

    def grad_a(self, g: Tensor, a: Any, b: Any) -> Tensor:
        return _over_square(g * b, a, b)

    def grad_b(self, g: Tensor, a: Any, b: Any) -> Tensor:
        return _over_square(g * -a, a, b)


def _over_square(g: Tensor, a: Any, b: Any) -> Tensor:
    """``g / (a**2 + b**2)``, and 0 at the origin."""
    square = a * a + b * b
    return Gate.apply(g / square, square != 0)


class Hypot(Binary):
    """``c = sqrt(a**2 + b**2)`` without overflow; ``dc/da = a/c``."""

    __slots__ = ()

    def forward(self, a: Array, b: Array) -> Array:
        return get_array_module(a).hypot(a, b)

    def grad_a(self, g: Tensor, a: Any, out: Tensor) -> Tensor:
        return g * (a / out)

    def grad_b(self, g: Tensor, b: Any, out: Tensor) -> Tensor:
        return g * (b / out)


@checked
def atan2(input: Tensor, other: Tensor) -> Tensor:
    """Angle of the point ``(other, input)``, in (-pi, pi]: the inverse tangent of input/other, in the right quadrant.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.atan2(tc.tensor([1.0, 1.0]), tc.tensor([1.0, -1.0]))
    tensor([0.7854, 2.3562])
    """
    return binary(Atan2, *(as_float(v) for v in operands(input, other)))


@checked
def hypot(input: Tensor, other: Tensor) -> Tensor:
    """Length of the hypotenuse, ``sqrt(input**2 + other**2)``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.hypot(tc.tensor([3.0]), tc.tensor([4.0]))
    tensor([5.])
    """
    return binary(Hypot, *(as_float(v) for v in operands(input, other)))
