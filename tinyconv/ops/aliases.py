"""PyTorch's second names."""

from __future__ import annotations

from .elementwise import div, ge, gt, le, lt, mul, ne, sub
from .trigonometry import acos, acosh, asin, asinh, atan, atan2, atanh
from .unary import abs, neg

__all__ = [
    "absolute", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "divide", "greater",
    "greater_equal", "less", "less_equal", "multiply", "negative", "not_equal", "subtract", "true_divide",
]  # fmt: skip

absolute, negative, multiply, subtract = abs, neg, mul, sub
divide = true_divide = div
greater, greater_equal, less, less_equal, not_equal = gt, ge, lt, le, ne
arcsin, arccos, arctan, arctan2 = asin, acos, atan, atan2
arcsinh, arccosh, arctanh = asinh, acosh, atanh
