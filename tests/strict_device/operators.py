"""Give the device array its operators (Python's data model) and its methods (from ``api.json``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.strict_device.calls import device_method
from tests.strict_device.device_array import SCALARS, ndarray
from tests.strict_device.spec import API, kind_of

ARITHMETIC = {  # x + y, y + x, x += y
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "true_divide",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "pow": "power",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "lshift": "left_shift",
    "rshift": "right_shift",
    "matmul": "matmul",
}
COMPARISON = {
    "eq": "equal",
    "ne": "not_equal",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
}
UNARY = {"neg": "negative", "pos": "positive", "abs": "absolute", "invert": "invert"}


def defers_to(other: Any) -> bool:
    """Tell whether ``device_array + other`` is `other`'s to compute, by CuPy's rule.

    With an ``__array_ufunc__`` CuPy defers if and only if it is None (NEP 13); without one the higher
    ``__array_priority__`` decides.
    """
    if isinstance(other, (ndarray, *SCALARS)):
        return False
    if hasattr(other, "__array_ufunc__"):
        return other.__array_ufunc__ is None
    return getattr(other, "__array_priority__", 0) > ndarray.__array_priority__


def binary(xp: Any, name: str) -> Callable:
    """Build ``x + y`` from ``xp.add``."""

    def operator(self: ndarray, other: Any) -> Any:
        return NotImplemented if defers_to(other) else getattr(xp, name)(self, other)

    return operator


def reflected(xp: Any, name: str) -> Callable:
    """Build ``y + x`` from ``xp.add``."""

    def operator(self: ndarray, other: Any) -> Any:
        return NotImplemented if defers_to(other) else getattr(xp, name)(other, self)

    return operator


def in_place(xp: Any, name: str) -> Callable:
    """Build ``x += y`` from ``xp.add``."""

    def operator(self: ndarray, other: Any) -> Any:
        return NotImplemented if defers_to(other) else getattr(xp, name)(self, other, out=self)

    return operator


def unary(xp: Any, name: str) -> Callable:
    """Build ``-x`` from ``xp.negative``."""
    return lambda self: getattr(xp, name)(self)


def add_operators(xp: Any) -> None:
    """Define every operator of the array by the ufunc of that meaning in `xp`."""
    for operator, name in ARITHMETIC.items():
        setattr(ndarray, f"__{operator}__", binary(xp, name))
        setattr(ndarray, f"__r{operator}__", reflected(xp, name))
        if f"__i{operator}__" in API["ndarray"]:
            setattr(ndarray, f"__i{operator}__", in_place(xp, name))
    for operator, name in COMPARISON.items():
        setattr(ndarray, f"__{operator}__", binary(xp, name))
    for operator, name in UNARY.items():
        setattr(ndarray, f"__{operator}__", unary(xp, name))


def add_methods() -> None:
    """Define the methods that CuPy's array has, except those written out in the class."""
    for name, entry in API["ndarray"].items():
        if kind_of(entry) == "call" and name not in vars(ndarray):
            setattr(ndarray, name, device_method(name, entry))
