"""Products of matrices, and the linear map that layers are made of."""

from __future__ import annotations

import math
from typing import Any

from ..arguments import checked
from ..autograd import Operation, Tensor, whole
from ..backend import Array
from ..errors import refusal
from .dtype import cast, operands, require_float
from .elementwise import Binary

__all__ = ["matmul"]


class MatMul(Binary):
    """``a @ b`` of two (stacks of) matrices; ``d/da = g @ b.T``, ``d/db = a.T @ g``."""

    __slots__ = ()

    def forward(self, a: Array, b: Array) -> Array:
        return a @ b

    def grad_a(self, g: Tensor, b: Tensor) -> Tensor:
        return MatMul.apply(g, b.mT)

    def grad_b(self, g: Tensor, a: Tensor) -> Tensor:
        return MatMul.apply(a.mT, g)


class Linear(Operation):
    """``x @ w.T + b`` for rows ``(*, n_in)``; ``gx = g @ w``, ``gw = g.T @ x``, and ``gb`` is the sum of g's rows."""

    __slots__ = ()

    def forward(self, x: Array, w: Array, b: Array | None) -> Array:
        y = x @ w.T
        if b is not None:
            y += b
        return y

    def grad_x(self, g: Tensor, w: Tensor) -> Tensor:
        return MatMul.apply(g, w)

    def grad_w(self, g: Tensor, x: Tensor) -> Tensor:
        return MatMul.apply(_rows(g).mT, _rows(x))

    def grad_b(self, g: Tensor) -> Tensor:
        return g.sum(tuple(range(g.ndim - 1)))


def _rows(x: Tensor) -> Tensor:
    """All rows of ``(*, n)`` in one matrix."""
    return x if x.ndim == 2 else x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


def matmul(input: Any, other: Any) -> Tensor:
    """Matrix product by PyTorch's rules.

    ``(n) @ (n)`` is a scalar, ``(n) @ (..., n, m)`` and ``(..., n, m) @ (m)`` drop the added
    dimension, and leading dimensions broadcast.

    Raises
    ------
    RuntimeError
        If an operand is 0-d, or inner sizes or leading dimensions do not match.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.matmul(tc.ones(2, 3), tc.ones(3))
    tensor([3., 3.])
    """
    a, b = operands(input, other)
    if not all(isinstance(t, Tensor) and t.ndim for t in (a, b)):
        shapes = [getattr(t, "shape", ()) for t in (a, b)]
        raise refusal("matmul.dims", "matmul", shapes=shapes)
    inner_a, inner_b = a.shape[-1], b.shape[-2 if b.ndim > 1 else 0]
    if inner_a != inner_b:
        raise refusal("matmul.inner", "matmul", left=_show(a), right=_show(b), last=inner_a, first=inner_b)
    left = a.unsqueeze(0) if a.ndim == 1 else a
    right = b.unsqueeze(1) if b.ndim == 1 else b
    try:
        product = MatMul.apply(left, right)
    except ValueError:
        raise refusal("matmul.leading", "matmul", a=a, b=b, left=a.shape[:-2], right=b.shape[:-2]) from None
    if a.ndim == 1:
        product = product.squeeze(-2)
    return product.squeeze(-1) if b.ndim == 1 else product


def _show(t: Tensor) -> str:
    return "x".join(map(str, t.shape))


@checked
@whole
def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``input @ weight.T + bias``.

    Parameters
    ----------
    input : Tensor
        ``(*, in_features)``.
    weight : Tensor
        ``(out_features, in_features)``.
    bias : Tensor, optional
        ``(out_features,)``.

    Returns
    -------
    Tensor
        ``(*, out_features)``.

    Raises
    ------
    RuntimeError
        If the last size is not ``in_features``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.linear(tc.tensor([[1.0, 2.0]]), tc.tensor([[3.0, 4.0]]), tc.tensor([0.5]))
    tensor([[11.5000]])
    """
    if not input.ndim or input.shape[-1:] != weight.shape[-1:]:
        last = input.shape[-1] if input.ndim else 1
        rows = input.numel() // max(1, last)
        n_out, n_in = (weight.shape[0], weight.shape[-1]) if weight.ndim else (1, 1)
        raise refusal("linear.features", "linear", input=input, rows=rows, last=last, n_in=n_in, n_out=n_out)
    require_float(input, "linear")
    weight, bias = cast(weight, input.dtype), None if bias is None else cast(bias, input.dtype)
    if input.ndim > 1 and weight.ndim == 2 and (bias is None or bias.shape == weight.shape[:1]):
        return Linear.apply(input, weight, bias)
    product = matmul(input, weight.T)
    return product if bias is None else product + bias


@checked
def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``y[o] = sum over i, j of input1[i] * weight[o, i, j] * input2[j] + bias[o]``.

    Parameters
    ----------
    input1, input2 : Tensor
        ``(*, in1_features)`` and ``(*, in2_features)``.
    weight : Tensor
        ``(out_features, in1_features, in2_features)``.
    bias : Tensor, optional
        ``(out_features,)``.

    Returns
    -------
    Tensor
        ``(*, out_features)``.

    Raises
    ------
    RuntimeError
        If the sizes do not fit.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.bilinear(tc.tensor([1.0, 2.0]), tc.tensor([3.0, 4.0]), tc.eye(2).unsqueeze(0))
    tensor([11.])
    """
    require_float(input1, "bilinear")
    if weight.ndim != 3:
        raise refusal("bilinear.weight", "bilinear", weight=weight)
    if not input1.ndim or not input2.ndim or input1.shape[:-1] != input2.shape[:-1]:
        raise refusal("bilinear.batch", "bilinear", input1=input1, input2=input2)
    given = {"input1": (input1, 1), "input2": (input2, 2), "bias": (bias, 0)}
    for name, (x, axis) in given.items():
        if x is not None and x.shape[-1] != weight.shape[axis]:
            raise refusal("bilinear.features", "bilinear", name=name, got=x.shape[-1], expected=weight.shape[axis])
    left, right = input1.reshape(-1, 1, 1, weight.shape[1]), input2.reshape(-1, 1, weight.shape[2], 1)
    product = matmul(matmul(left, weight), right).reshape(*input1.shape[:-1], weight.shape[0])  # x1^T W_o x2 for each o
    return product if bias is None else product + bias
