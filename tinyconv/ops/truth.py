"""Questions that are answered by True and False: logic, comparison within a tolerance, what is finite."""

from __future__ import annotations

import numpy as np

from ..arguments import checked, refuse
from ..autograd import Tensor
from ..backend import get_array_module
from ..errors import refusal
from .dtype import as_operand, cast
from .elementwise import bitwise_and, bitwise_or, bitwise_xor, eq, isnan, le, ne
from .reduction import all, any, sum
from .shape import Dims
from .unary import abs

__all__ = [
    "allclose", "count_nonzero", "equal", "isclose", "isfinite", "isin", "isinf", "logical_and", "logical_not",
    "logical_or", "logical_xor",
]  # fmt: skip


@checked
def isfinite(input: Tensor) -> Tensor:
    """Tell which elements are neither inf nor NaN.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.isfinite(tc.tensor([1.0, float("inf"), float("nan")]))
    tensor([ True, False, False])
    """
    return Tensor._of(get_array_module(input.array).isfinite(input.array))


@checked
def isinf(input: Tensor) -> Tensor:
    """Tell which elements are inf or -inf."""
    return Tensor._of(get_array_module(input.array).isinf(input.array))


@checked
def logical_not(input: Tensor) -> Tensor:
    """Element by element "not": True where the value is 0."""
    return eq(input, 0)


@checked
def logical_and(input: Tensor, other: Tensor) -> Tensor:
    """Element by element "and"; any number but 0 is true.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.logical_and(tc.tensor([True, True]), tc.tensor([0, 2]))
    tensor([False,  True])
    """
    return bitwise_and(ne(input, 0), ne(other, 0))


@checked
def logical_or(input: Tensor, other: Tensor) -> Tensor:
    """Element by element "or"; any number but 0 is true."""
    return bitwise_or(ne(input, 0), ne(other, 0))


@checked
def logical_xor(input: Tensor, other: Tensor) -> Tensor:
    """Element by element "one of the two, but not both"; any number but 0 is true."""
    return bitwise_xor(ne(input, 0), ne(other, 0))


@checked
def isclose(input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Tensor:
    """Tell which elements are equal within ``atol + rtol * |other|``; inf equals inf alone.

    Raises
    ------
    RuntimeError
        If the dtypes differ.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.isclose(tc.tensor([1.0, 2.0]), tc.tensor([1.000001, 2.1]))
    tensor([ True, False])
    """
    _check_dtypes(input, other, "isclose")
    if not (rtol >= 0 and atol >= 0):
        raise refusal("close.tolerance", "isclose", rtol=rtol, atol=atol)
    same = eq(input, other)
    if input.dtype.kind == "b":
        return same
    if equal_nan and input.dtype.kind == "f":
        same = bitwise_or(same, bitwise_and(isnan(input), isnan(other)))
    if input.dtype.kind in "iu":  # uint8 has no negative differences
        input, other = cast(input, np.int64), cast(other, np.int64)
    difference = abs(input.detach() - other.detach())  # of inf and inf: NaN, but these are the same
    near = bitwise_and(le(difference, atol + rtol * abs(other.detach())), isfinite(difference))
    return bitwise_or(same, near)


@checked
def allclose(input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Tell whether all elements are equal within ``atol + rtol * |other|``: a Python bool.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.allclose(tc.tensor([1.0]), tc.tensor([1.000001]))
    True
    """
    _check_dtypes(input, other, "allclose")
    return bool(all(isclose(input, other, rtol, atol, equal_nan)).item())


def _check_dtypes(input: Tensor, other: Tensor, function: str) -> None:
    if input.dtype != other.dtype:
        raise refusal("close.dtypes", function, first=input.dtype, second=other.dtype)


@checked
def equal(input: Tensor, other: Tensor) -> bool:
    """Tell whether two tensors have one shape and equal values: a Python bool (``==`` compares the elements).

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.equal(tc.tensor([1, 2]), tc.tensor([1, 2]))
    True
    """
    return input.shape == other.shape and bool(all(eq(input, other)).item())


@checked
def count_nonzero(input: Tensor, dim: Dims = None) -> Tensor:
    """Count the elements that are not 0, over `dim` (all dimensions by default).

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.count_nonzero(tc.tensor([[0, 1], [2, 3]]), dim=0)
    tensor([1, 2])
    """
    return sum(ne(input, 0), dim)


def isin(
    elements: Tensor | float, test_elements: Tensor | float, *, assume_unique: bool = False, invert: bool = False
) -> Tensor:
    """Tell which elements are among others; with `invert` which are not.  `assume_unique` changes nothing here.

    Raises
    ------
    TypeError
        If neither is a Tensor.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.isin(tc.tensor([1, 2, 3]), tc.tensor([3, 1]))
    tensor([ True, False,  True])
    """
    if not isinstance(elements, Tensor) and not isinstance(test_elements, Tensor):
        raise refuse("isin", "elements", elements, "Tensor")
    these, those = (as_operand(x) for x in (elements, test_elements))
    if not isinstance(elements, Tensor):
        these = these.to(those.device)
    elif not isinstance(test_elements, Tensor):
        those = those.to(these.device)
    found = any(eq(these.unsqueeze(-1), those.reshape(-1)), -1)
    return ~found if invert else found
