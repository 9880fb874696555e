"""Smooth activations: made of exponentials, logarithms and quotients."""

from __future__ import annotations

from typing import Any

from ..arguments import checked
from ..autograd import Tensor
from ..errors import refusal
from .activation import elu, softmax
from .dtype import as_float, cast, require_float
from .elementwise import where
from .inplace import in_place
from .shape import chunk, normalize_dim
from .unary import expm1, smooth_relu

__all__ = ["celu", "glu", "logsigmoid", "mish", "selu", "softmin", "softsign", "tanhshrink"]

# so that a layer keeps mean 0 and variance 1: the paper's appendix derives them
SELU_ALPHA, SELU_SCALE = 1.6732632423543772848, 1.0507009873554804934


@checked
def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """``scale * elu(x, alpha)`` with the two constants for which activations keep mean 0 and variance 1.

    ``scale = 1.0507...`` and ``alpha = 1.6732...``.

    Raises
    ------
    RuntimeError
        For integer input, here and below where not said otherwise.

    References
    ----------
    G. Klambauer et al., "Self-normalizing neural networks", NeurIPS 2017.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.selu(tc.tensor([-1.0, 1.0]))
    tensor([-1.1113,  1.0507])
    """
    return selu_(input) if inplace else _selu(input)


def _selu(x: Tensor) -> Tensor:
    require_float(x, "selu")
    return elu(x, SELU_ALPHA) * SELU_SCALE


_selu_ = in_place(_selu, "selu_")


def selu_(input: Tensor) -> Tensor:
    """:func:`selu`, written over the input, which is given back."""
    return _selu_(input)


@checked
def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """``x`` where positive, else ``alpha * (exp(x/alpha) - 1)``: of slope 1 at 0 for every `alpha`.

    Raises
    ------
    RuntimeError
        If `alpha` is 0.

    References
    ----------
    J. T. Barron, "Continuously differentiable exponential linear units", arXiv:1704.07483, 2017.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.celu(tc.tensor([-1.0, 1.0]), alpha=2.0)
    tensor([-0.7869,  1.0000])
    """
    return celu_(input, alpha) if inplace else _celu(input, alpha)


def _celu(x: Tensor, alpha: float) -> Tensor:
    require_float(x, "celu")
    if alpha == 0:
        raise refusal("celu.alpha", "celu")
    positive = ~(x.detach() <= 0)  # or NaN
    below = where(positive, 0.0, x)
    return where(positive, x, expm1(below / alpha) * alpha)


_celu_ = in_place(_celu, "celu_")


def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """:func:`celu`, written over the input, which is given back."""
    return _celu_(input, alpha)


@checked
def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """``x * tanh(softplus(x))``.

    References
    ----------
    D. Misra, "Mish: a self regularized non-monotonic activation function", BMVC 2020.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.mish(tc.tensor([-1.0, 1.0]))
    tensor([-0.3034,  0.8651])
    """
    return _mish_(input) if inplace else _mish(input)


def _mish(x: Tensor) -> Tensor:
    require_float(x, "mish")
    return x * smooth_relu(x).tanh()


_mish_ = in_place(_mish, "mish(inplace=True)")


@checked
def logsigmoid(input: Tensor) -> Tensor:
    """``log(sigmoid(x))``, computed as ``-softplus(-x)``: nothing overflows.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.logsigmoid(tc.tensor([0.0, -200.0]))
    tensor([  -0.6931, -200.0000])
    """
    require_float(input, "logsigmoid")
    return -smooth_relu(-input)


@checked
def softsign(input: Tensor) -> Tensor:
    """``x / (1 + |x|)``; integers become floats.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.softsign(tc.tensor([-3.0, 1.0]))
    tensor([-0.7500,  0.5000])
    """
    x = as_float(input)
    return x / (x.abs() + 1.0)


@checked
def tanhshrink(input: Tensor) -> Tensor:
    """``x - tanh(x)``; integers become floats.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.tanhshrink(tc.tensor([-1.0, 0.0, 1.0]))
    tensor([-0.2384,  0.0000,  0.2384])
    """
    x = as_float(input)
    return x - x.tanh()


@checked
def softmin(input: Tensor, dim: int | None = None, *, dtype: Any = None) -> Tensor:
    """``softmax(-x)`` along `dim`, of `input` cast to `dtype` first.

    Raises
    ------
    TypeError
        Without `dim`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.softmin(tc.tensor([0.0, 0.0]), dim=0)
    tensor([0.5000, 0.5000])
    """
    return softmax(-(input if dtype is None else cast(input, dtype)), dim)


@checked
def glu(input: Tensor, dim: int = -1) -> Tensor:
    """``a * sigmoid(b)``, the two halves of `input` along `dim`: a gated linear unit.

    Raises
    ------
    RuntimeError
        If that size is odd.

    References
    ----------
    Y. N. Dauphin et al., "Language modeling with gated convolutional networks", ICML 2017.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.glu(tc.tensor([1.0, 2.0, 0.0, 0.0]))
    tensor([0.5000, 1.0000])
    """
    require_float(input, "glu")
    if not input.ndim:
        raise refusal("glu.no_dim", "glu")
    axis = normalize_dim(dim, input.ndim, "glu")
    if input.shape[axis] % 2:
        raise refusal("glu.odd", "glu", dim=axis, size=input.shape[axis])
    if not input.shape[axis]:
        return input.clone()
    values, gates = chunk(input, 2, axis)
    return values * gates.sigmoid()
