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

__all__ = ["hessian", "jacobian", "vjp"]


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
    if v is None and (len(outputs) != 1 or outputs[0].numel() != 1):
        raise refusal("functional.no_vector", "vjp", shape=outputs[0].shape)
    weights = [zeros_like(outputs[0]) + 1] if v is None else list(v) if isinstance(v, (tuple, list)) else [v]
    if [w.shape for w in weights] != [o.shape for o in outputs]:
        raise refusal("functional.vector", "vjp", expected=[o.shape for o in outputs], given=[w.shape for w in weights])
    total = stack([(out * w).sum() for out, w in zip(outputs, weights)]).sum()
    slopes = _slopes(total, points, create_graph, strict, 0)
    results = outputs if create_graph else [out.detach() for out in outputs]
    return (tuple(results) if several_out else results[0]), (tuple(slopes) if several_in else slopes[0])


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
