"""Special functions that array libraries lack."""

from __future__ import annotations

import math
from typing import Any

from ..backend import Array

# Rational approximations of W. J. Cody, "Rational Chebyshev approximations for the error function",
# Mathematics of Computation 23 (1969) 631-637: on |x| <= 0.46875, on |x| <= 4, and beyond.
# Coefficients run from the highest power to the constant.
_A = (
    1.85777706184603153e-1,
    3.16112374387056560e0,
    1.13864154151050156e2,
    3.77485237685302021e2,
    3.20937758913846947e3,
)
_B = (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3)
_C = (
    2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e1,
    2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
    1.23033935479799725e3,
)  # fmt: skip
_D = (
    1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
    3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3,
)  # fmt: skip


_P = (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
      1.60837851487422766e-2, 6.58749161529837803e-4)  # fmt: skip
_Q = (1.0, 2.56852019228982242e0, 1.87295284992346725e0, 5.27905102951428412e-1, 6.05183413124413191e-2,
      2.33520497626869185e-3)  # fmt: skip


def _horner(coefficients: tuple[float, ...], x: Array) -> Array:
    result = x * coefficients[0] + coefficients[1]
    for c in coefficients[2:]:
        result = result * x + c
    return result


def erf(xp: Any, x: Array) -> Array:
    """The error function ``2/sqrt(pi) * integral of exp(-t**2) from 0 to x``, to double precision."""
    wide = x.astype("float64")
    size = xp.minimum(xp.abs(wide), 6.0)  # erfc(6) = 2e-17: from there on erf is 1
    near = size * _horner(_A, size * size) / _horner(_B, size * size)
    far = 1.0 - xp.exp(-size * size) * _horner(_C, size) / _horner(_D, size)
    magnitude = xp.where(size <= 0.46875, near, far)
    return (xp.sign(wide) * magnitude).astype(x.dtype)


def erfc(xp: Any, x: Array) -> Array:
    """``1 - erf(x)`` to double precision, the tiny values far to the right too."""
    wide = x.astype("float64")
    size = xp.minimum(xp.maximum(xp.abs(wide), 0.46875), 30.0)  # erfc(30) is 0
    coarse = xp.floor(size * 16.0) / 16.0  # its square is exact: what exp loses of a large square is not small
    fall = xp.exp(-coarse * coarse) * xp.exp((coarse - size) * (coarse + size))
    square = 1.0 / (size * size)
    beyond = (1.0 / math.sqrt(math.pi) - square * _horner(_P, square) / _horner(_Q, square)) / size
    right = fall * xp.where(size <= 4.0, _horner(_C, size) / _horner(_D, size), beyond)
    near = 1.0 - erf(xp, wide)
    result = xp.where(xp.abs(wide) <= 0.46875, near, xp.where(wide > 0, right, 2.0 - right))
    return xp.where(xp.isnan(wide), wide, result).astype(x.dtype)
