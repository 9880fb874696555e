"""Activation functions."""

from __future__ import annotations

import math

import numpy as np

from ..arguments import DType, checked
from ..autograd import Operation, Tensor, is_grad_enabled, whole
from ..backend import Array, get_array_module, quiet
from ..errors import refusal
from ..kernels.passes import pass_over
from ..kernels.sums import add_up
from .dtype import as_float, cast
from .elementwise import Gate, mul, where
from .inplace import in_place
from .reduction import sum as sum_
from .shape import normalize_dim
from .unary import erf, expm1, smooth_relu

__all__ = ["elu", "gelu", "leaky_relu", "log_softmax", "prelu", "relu", "silu", "softmax", "softplus"]


RELU_WORK = 6  # multiplications that a cell takes as long as


class ReLU(Operation):
    """``max(x, 0)``; the gradient passes where the output is not 0: it is positive, or NaN."""

    __slots__ = ()

    def forward(self, x: Array) -> Array:
        xp, zero = get_array_module(x), x.dtype.type(0)
        if x.dtype.kind != "f":
            return xp.maximum(x, zero)
        y, infinity = xp.empty_like(x), x.dtype.type(math.inf)  # clip is three times as fast as maximum with a number
        pass_over(lambda x, y: xp.clip(x, zero, infinity, out=y), (x, y), RELU_WORK)
        return y

    def grad_x(self, g: Tensor, out: Tensor) -> Tensor:
        return Gate.apply(g, Tensor._of(out.array != 0))


class Softmax(Operation):
    """``y = exp(x)/sum(exp(x))``; the gradient is ``y*(g - sum(g*y))``."""

    __slots__ = ()

    def forward(self, x: Array, dim: int) -> Array:
        y = x - x.max(axis=dim, keepdims=True)
        get_array_module(x).exp(y, out=y)
        y /= add_up(y, (dim,), keepdims=True)
        return y

    def grad_x(self, g: Tensor, out: Tensor, dim: int) -> Tensor:
        if is_grad_enabled():
            return out * (g - sum_(g * out, dim, keepdim=True))
        return Tensor._of(_softmax_grad(g.array, out.array, dim))  # the same, in the memory of one array


class LogSoftmax(Operation):
    """``y = x - logsumexp(x)``; the gradient is ``g - exp(y)*sum(g)``."""

    __slots__ = ()

    def forward(self, x: Array, dim: int) -> Array:
        return log_softmax_array(x, dim)

    def grad_x(self, g: Tensor, out: Tensor, dim: int) -> Tensor:
        if is_grad_enabled():
            return g - out.exp() * sum_(g, dim, keepdim=True)
        return Tensor._of(_log_softmax_grad(g.array, out.array, dim))  # the same, in the memory of one array


def _softmax_grad(g: Array, y: Array, dim: int) -> Array:
    gx = g * y
    total = add_up(gx, (dim,), keepdims=True).astype(gx.dtype, copy=False)
    get_array_module(gx).subtract(g, total, out=gx)
    gx *= y
    return gx


def _log_softmax_grad(g: Array, y: Array, dim: int) -> Array:
    xp = get_array_module(g)
    gx = xp.exp(y)
    gx *= add_up(g, (dim,), keepdims=True).astype(gx.dtype, copy=False)
    return xp.subtract(g, gx, out=gx)


def log_softmax_array(x: Array, dim: int) -> Array:
    """``x - logsumexp(x)`` of an array; the largest value is taken off first, so nothing overflows."""
    xp = get_array_module(x)
    with quiet():
        y = x - x.max(axis=dim, keepdims=True)
        y -= xp.log(add_up(xp.exp(y), (dim,), keepdims=True))
    return y


@checked
def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """``max(x, 0)``, element by element; NaN stays NaN.  `inplace`, here and below: written over `input`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.relu(tc.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    if inplace:
        return relu_(input)
    return ReLU.apply(input)


relu_ = in_place(relu, "relu_")


def _softmax_dim(x: Tensor, dim: int | None, function: str) -> int:
    if dim is None:
        raise refusal("softmax.dim", function)
    return normalize_dim(dim, x.ndim, function)


@checked
def softmax(input: Tensor, dim: int | None = None, dtype: DType | None = None) -> Tensor:
    """``exp(x) / sum(exp(x))`` along `dim`; with `dtype`, of the input in it.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.softmax(tc.tensor([0.0, 0.0]), dim=0)
    tensor([0.5000, 0.5000])
    """
    input = as_float(input) if dtype is None else cast(input, dtype)
    if not input.ndim:
        return softmax(input.reshape(1), dim).reshape(())
    axis = _softmax_dim(input, dim, "softmax")
    return Softmax.apply(input, axis) if input.shape[axis] else input.clone()  # nothing has no largest element


@checked
def log_softmax(input: Tensor, dim: int | None = None, dtype: DType | None = None) -> Tensor:
    """``log(softmax(x))`` along `dim`, without overflow; with `dtype`, of the input in it.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.log_softmax(tc.tensor([0.0, 0.0]), dim=0)
    tensor([-0.6931, -0.6931])
    """
    input = as_float(input) if dtype is None else cast(input, dtype)
    if not input.ndim:
        return log_softmax(input.reshape(1), dim).reshape(())
    axis = _softmax_dim(input, dim, "log_softmax")
    return LogSoftmax.apply(input, axis) if input.shape[axis] else input.clone()


@checked
@whole
def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """``log(1 + exp(beta*x)) / beta``, and just ``x`` where ``beta*x > threshold``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.softplus(tc.tensor([0.0, 100.0]))
    tensor([  0.6931, 100.0000])
    """
    input = as_float(input)
    scaled = input * beta if beta != 1.0 else input
    smooth = smooth_relu(scaled)
    return where(scaled.detach() > threshold, input, smooth / beta if beta != 1.0 else smooth)


@checked
@whole
def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """``x`` where positive, else ``negative_slope * x``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.leaky_relu(tc.tensor([-1.0, 2.0]), 0.5)
    tensor([-0.5000,  2.0000])
    """
    if inplace:
        return leaky_relu_(input, negative_slope)
    return where(input.detach() > 0, input, input * negative_slope)


leaky_relu_ = in_place(leaky_relu, "leaky_relu_")


@checked
@whole
def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """``x`` where positive, else ``weight * x`` with one learnt slope, or one per channel (dimension 1).

    Raises
    ------
    RuntimeError
        If the number of slopes is neither 1 nor the number of channels, or they are no vector.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.prelu(tc.tensor([-1.0, 2.0]), tc.tensor([0.25]))
    tensor([-0.2500,  2.0000])
    """
    slopes, channels = weight.numel(), input.shape[1] if input.ndim > 1 else 1
    if weight.ndim > 1:
        raise refusal("prelu.weight", "prelu", weight=weight)
    if slopes not in (1, channels):
        raise refusal("prelu.slopes", "prelu", slopes=slopes, channels=channels, x=input)
    shaped = weight.reshape((1, slopes) + (1,) * (input.ndim - 2)) if slopes != 1 else weight.reshape((1,) * input.ndim)
    positive = input.detach() > 0
    return where(positive, input, mul(where(positive, 0.0, input), shaped))  # an infinite x is none of the slope's


@checked
@whole
def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """``x`` where positive, else ``alpha * (exp(x) - 1)``, exact near 0 too.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.elu(tc.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """
    if inplace:
        return elu_(input, alpha)
    positive = ~(input.detach() <= 0)  # or NaN
    below = where(positive, 0.0, input)  # exp of a large positive x is not wanted, and inf * 0 would be NaN
    return where(positive, input, expm1(below) * alpha)


elu_ = in_place(elu, "elu_")


@checked
@whole
def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """``x * Phi(x)``, Phi the normal distribution function; or its tanh approximation.

    Raises
    ------
    RuntimeError
        If `approximate` is neither ``'none'`` nor ``'tanh'``.

    References
    ----------
    D. Hendrycks and K. Gimpel, "Gaussian error linear units", arXiv:1606.08415, 2016.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.gelu(tc.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8413])
    """
    if approximate not in ("none", "tanh"):
        raise refusal("gelu.approximate", "gelu", approximate=approximate)
    if input.dtype == np.float16:  # what is between may overflow where the result does not
        return cast(gelu(cast(input, np.float32), approximate), np.float16)
    if approximate == "none":
        return input * ((erf(input * math.sqrt(0.5)) + 1.0) * 0.5)
    inner = (input + input * input * input * 0.044715) * math.sqrt(2.0 / math.pi)
    return input * ((inner.tanh() + 1.0) * 0.5)


@checked
def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """``x * sigmoid(x)``, also called swish.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.silu(tc.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7311])
    """
    if inplace:
        return silu_(input)
    if input.dtype == np.float16:  # as in gelu
        return cast(silu(cast(input, np.float32)), np.float16)
    return input * input.sigmoid()


silu_ = in_place(silu, "silu(inplace=True)")
