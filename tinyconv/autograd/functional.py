"""Derivatives of functions: the matrix of all slopes, products with it, and second derivatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..creation import zeros_like
from ..errors import refusal
from ..ops import reshape, stack
from .backward import grad
from .mode import enable_grad
from .tensor import Tensor

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]


def jacobian(func: Callable[..., Any], inputs: Any, create_graph: bool = False, strict: bool = False) -> Any:
    r"""Give :math:`\partial y_i/\partial x_j` for all elements of a function's output and input.

    Parameters
    ----------
    func : callable
        Takes a Tensor or several, gives a Tensor or a tuple of them.
    inputs : Tensor or tuple of Tensor
        Where to differentiate.
    create_graph : bool
        Record the result, so that it can be differentiated.
    strict : bool
        Raise where an output does not depend on an input, instead of giving zeros.

    Returns
    -------
    Tensor or tuple
        Of shape ``output.shape + input.shape``; for several inputs a tuple, for several outputs a tuple of these.

    Raises
    ------
    TypeError
        If the function does not give Tensors.
    RuntimeError
        With `strict`, if an output does not depend on an input.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.autograd.functional.jacobian(lambda x: x**2, tc.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    points, outputs, several_in, several_out = _called(func, inputs, "jacobian", create_graph)
    rows = []
    for number, output in enumerate(outputs):
        slopes = [_slopes(element, points, create_graph, strict, number) for element in reshape(output, (-1,))]
        columns = [
            reshape(stack([row[i] for row in slopes]), (*output.shape, *point.shape)) if slopes
            else zeros_like(point).reshape(()).expand(*output.shape, *point.shape)
            for i, point in enumerate(points)
        ]  # fmt: skip
        rows.append(tuple(columns) if several_in else columns[0])
    return tuple(rows) if several_out else rows[0]


def hessian(func: Callable[..., Any], inputs: Any, create_graph: bool = False, strict: bool = False) -> Any:
    """Give all second derivatives of a function with one number for a result.

    The parameters are those of :func:`jacobian`.

    Returns
    -------
    Tensor or tuple
        Of shape ``input.shape + input.shape``; for several inputs a tuple of tuples.

    Raises
    ------
    RuntimeError
        If the result is more than one number.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.autograd.functional.hessian(lambda x: (x**3).sum(), tc.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """

    def slope(*points: Tensor) -> Any:
        result = func(*points)
        if not isinstance(result, Tensor) or result.numel() != 1:
            raise refusal("functional.scalar", "hessian", shape=getattr(result, "shape", None))
        slopes = _slopes(result.reshape(()), points, True, strict, 0)
        return tuple(slopes) if isinstance(inputs, (tuple, list)) else slopes[0]

    return jacobian(slope, inputs, create_graph, strict)


def vjp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Give a function's result, and the product of a vector of its shape with the jacobian: what backward computes.

    Parameters
    ----------
    v : Tensor or tuple of Tensor, optional
        Of the result's shape; 1 for a single number.

    Raises
    ------
    RuntimeError
        If `v` does not fit, or with `strict`, if the result does not depend on an input.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.autograd.functional.vjp(lambda x: x**2, tc.tensor([1.0, 2.0]), tc.tensor([1.0, 10.0]))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    points, outputs, several_in, several_out = _called(func, inputs, "vjp", create_graph)
    total = _weighted(outputs, _vector(v, outputs, "vjp"))
    slopes = _slopes(total, points, create_graph, strict, 0)
    return _given_back(outputs, several_out, create_graph), tuple(slopes) if several_in else slopes[0]


def jvp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    r"""Give a function's result, and how it changes along a direction: the jacobian times a vector.

    The product with the transpose, :math:`J^T u`, is linear in `u`; its own slope along `v` is :math:`J v`.  So two
    backward passes do what a forward one would.

    Parameters
    ----------
    v : Tensor or tuple of Tensor, optional
        Of the inputs' shapes; 1 for a single number.

    Raises
    ------
    RuntimeError
        If `v` does not fit, or with `strict`, if the result does not depend on an input.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.autograd.functional.jvp(lambda x: x**2, tc.tensor([1.0, 2.0]), tc.tensor([1.0, 10.0]))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    points, outputs, _, several_out = _called(func, inputs, "jvp", create_graph)
    directions = _vector(v, points, "jvp")
    with enable_grad():
        seeds = [zeros_like(out).requires_grad_() for out in outputs]
        slopes = _slopes(_weighted(outputs, seeds), points, True, strict, 0)
        along = _weighted(slopes, directions)
    changes = _slopes(along, seeds, create_graph, False, 0)
    return _given_back(outputs, several_out, create_graph), tuple(changes) if several_out else changes[0]


def hvp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Give the one number a function computes, and its second derivatives times a vector, without their matrix.

    Parameters
    ----------
    v : Tensor or tuple of Tensor, optional
        Of the inputs' shapes; 1 for a single number.

    Raises
    ------
    RuntimeError
        If the result is more than one number, `v` does not fit, or with `strict`, if nothing depends on an input.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.autograd.functional.hvp(lambda x: (x**3).sum(), tc.tensor([1.0, 2.0]), tc.tensor([1.0, 10.0]))
    (tensor(9.), tensor([  6., 120.]))
    """
    return _curved(func, inputs, v, create_graph, strict, "hvp")


def vhp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Give a vector times a function's second derivatives: as :func:`hvp`, for their matrix is symmetric.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.autograd.functional.vhp(lambda x: (x**3).sum(), tc.tensor([1.0, 2.0]), tc.tensor([1.0, 10.0]))
    (tensor(9.), tensor([  6., 120.]))
    """
    return _curved(func, inputs, v, create_graph, strict, "vhp")


def _curved(
    func: Callable[..., Any], inputs: Any, v: Any, create_graph: bool, strict: bool, caller: str
) -> tuple[Any, Any]:
    """The slope of the slope along `v`."""
    points, outputs, several_in, several_out = _called(func, inputs, caller, create_graph)
    if several_out or outputs[0].numel() != 1:
        raise refusal("functional.scalar", caller, shape=[out.shape for out in outputs])
    directions = _vector(v, points, caller)
    with enable_grad():
        slopes = _slopes(outputs[0].reshape(()), points, True, strict, 0)
        along = _weighted(slopes, directions)
    products = _slopes(along, points, create_graph, strict, 0)
    return _given_back(outputs, False, create_graph), tuple(products) if several_in else products[0]


def _vector(v: Any, like: Sequence[Tensor], caller: str) -> list[Tensor]:
    """The vector of a product, of the shapes of `like`; 1 for a single number."""
    if v is None:
        if len(like) != 1 or like[0].numel() != 1:
            raise refusal("functional.no_vector", caller, shape=like[0].shape)
        return [zeros_like(like[0]) + 1]
    given = list(v) if isinstance(v, (tuple, list)) else [v]
    _check(given, caller)
    if [w.shape for w in given] != [x.shape for x in like]:
        raise refusal("functional.vector", caller, expected=[x.shape for x in like], given=[w.shape for w in given])
    return given


def _weighted(values: Sequence[Tensor], weights: Sequence[Tensor]) -> Tensor:
    """The sum of all products."""
    return stack([(value * weight).sum() for value, weight in zip(values, weights)]).sum()


def _given_back(outputs: Sequence[Tensor], several: bool, create_graph: bool) -> Any:
    results = outputs if create_graph else [out.detach() for out in outputs]
    return tuple(results) if several else results[0]


def _called(
    func: Callable[..., Any], inputs: Any, caller: str, create_graph: bool
) -> tuple[list[Tensor], list[Tensor], bool, bool]:
    """The function's inputs, as leaves of their own unless a graph is wanted, and its outputs; are they several?"""
    several_in = isinstance(inputs, (tuple, list))
    given = list(inputs) if several_in else [inputs]
    _check(given, caller)
    with enable_grad():
        points = [x.view_as(x) if create_graph and x.requires_grad else x.detach().requires_grad_() for x in given]
        result = func(*points)
    several_out = isinstance(result, (tuple, list))
    outputs = list(result) if several_out else [result]
    _check(outputs, caller)
    return points, outputs, several_in, several_out


def _check(values: Sequence[Any], caller: str) -> None:
    for value in values:
        if not isinstance(value, Tensor):
            raise refusal("functional.outputs", caller, kind=type(value).__name__)


def _slopes(element: Tensor, points: Sequence[Tensor], create_graph: bool, strict: bool, output: int) -> list[Tensor]:
    """The gradients of one number, with zeros where it depends on nothing."""
    found: Sequence[Tensor | None] = [None] * len(points)
    if element.requires_grad:
        found = grad(element, list(points), retain_graph=True, create_graph=create_graph, allow_unused=True)
    for number, gradient in enumerate(found):
        if gradient is None and strict:
            raise refusal("functional.independent", output=output, input=number)
    return [zeros_like(point) if gradient is None else gradient for point, gradient in zip(points, found)]
