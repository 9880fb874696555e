"""Random numbers that depend on a tensor, or are written over one.

They are drawn on the host and sent to the device, so that a seed gives the same ones everywhere.  Each takes a
``generator=`` to draw from in the place of the one that all draws come from.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arguments import checked
from ..autograd import Tensor
from ..backend import get_array_module
from ..errors import refusal
from ..random import generator as numpy_generator
from .activation import softmax
from .cumulative import cumsum
from .dtype import cast, require_float
from .elementwise import zeros_like
from .indexing import one_hot
from .inplace import setitem
from .rearranging import movedim
from .reduction import argmax
from .rounding import ceil
from .sorting import searchsorted, topk
from .unary import clamp

__all__ = ["bernoulli", "multinomial"]


def _sent(drawn: Any, input: Tensor) -> Tensor:
    """Numbers drawn on the host, on the tensor's device."""
    return Tensor._of(input.device.asarray(np.asarray(drawn)))  # host: drawn there


@checked
def normal_(input: Tensor, mean: float = 0, std: float = 1, *, generator: Any = None) -> Tensor:
    """Draw every element from the normal distribution; gives the tensor back."""
    require_float(input, "normal_")
    if not std >= 0:
        raise refusal("normal.std", "normal_", std=std)
    return setitem(input, ..., _sent(numpy_generator(generator).normal(mean, std, input.shape), input), "normal_")


@checked
def uniform_(input: Tensor, low: float = 0, to: float = 1, *, generator: Any = None) -> Tensor:
    """Draw every element uniformly from ``[low, to)``; gives the tensor back."""
    require_float(input, "uniform_")
    if not low <= to:
        raise refusal("uniform.range", "uniform_", low=low, high=to)
    return setitem(input, ..., _sent(numpy_generator(generator).uniform(low, to, input.shape), input), "uniform_")


@checked
def exponential_(input: Tensor, lambd: float = 1, *, generator: Any = None) -> Tensor:
    """Draw every element from the exponential distribution of rate `lambd`; gives the tensor back."""
    require_float(input, "exponential_")
    if not lambd > 0:
        raise refusal("exponential.rate", "exponential_", rate=lambd)
    return setitem(
        input, ..., _sent(numpy_generator(generator).exponential(1 / lambd, input.shape), input), "exponential_"
    )


@checked
def random_(input: Tensor, low: int = 0, to: int | None = None, *, generator: Any = None) -> Tensor:
    """Draw every element from the integers ``low ... to - 1``; ``random_(n)`` from 0 on; gives the tensor back.

    Without limits, from 0 to the largest integer that the dtype holds, or to which a float counts one by one.
    """
    if to is None:
        low, to = 0, low or _count_of(input.dtype)
    if low >= to:
        raise refusal("randint.range", "random_", low=low, high=to)
    return setitem(input, ..., _sent(numpy_generator(generator).integers(low, to, input.shape), input), "random_")


def _count_of(dtype: np.dtype) -> int:
    """How many integers from 0 on a dtype holds without a gap."""
    if dtype.kind == "f":
        return 2 ** (np.finfo(dtype).nmant + 1)
    return 2 if dtype.kind == "b" else min(int(np.iinfo(dtype).max) + 1, 2**63 - 1)


@checked
def bernoulli_(input: Tensor, p: float | Tensor = 0.5, *, generator: Any = None) -> Tensor:
    """Draw 1 with probability `p` (a number or a tensor), else 0, for every element; gives the tensor back."""
    _check_chances(p, "bernoulli_")
    drawn = _sent(numpy_generator(generator).random(input.shape), input) < p
    return setitem(input, ..., cast(drawn, input.dtype), "bernoulli_")


@checked
def bernoulli(input: Tensor, p: float | None = None, *, generator: Any = None) -> Tensor:
    """Draw 1 with the probability that each element says, else 0; or with probability `p` for all of them.

    The gradient of a draw is 0.

    Raises
    ------
    RuntimeError
        For a probability outside [0, 1] (on a device they are not looked at).

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.bernoulli(tc.tensor([0.0, 1.0]))
    tensor([0., 1.])
    """
    if p is None:
        require_float(input, "bernoulli")
    _check_chances(input if p is None else p, "bernoulli")
    drawn = _sent(numpy_generator(generator).random(input.shape), input)
    if p is not None:
        return cast(drawn < p, input.dtype)
    return cast(ceil(clamp(cast(input, drawn.dtype) - drawn, min=0)), input.dtype)  # 1 above the number drawn; slope 0


def _check_chances(p: float | Tensor, function: str) -> None:
    """Refuse what are no probabilities; those on a device are not looked at."""
    values = p.array if isinstance(p, Tensor) else np.asarray(p)  # host: a number
    if get_array_module(values) is np and not ((values >= 0) & (values <= 1)).all():
        raise refusal("bernoulli.probability", function)


@checked
def multinomial(input: Tensor, num_samples: int, replacement: bool = False, *, generator: Any = None) -> Tensor:
    """Draw indices with probabilities proportional to the weights of a vector, or of each row of a matrix.

    Without replacement no index comes twice: those with the largest ``weight / e`` are taken, where each `e` is drawn
    from the exponential distribution (Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006).

    Raises
    ------
    RuntimeError
        For more samples than weights, or (on the CPU) weights that are negative, not finite, or all 0.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.multinomial(tc.tensor([0.0, 1.0]), 3, replacement=True)
    tensor([1, 1, 1])
    """
    require_float(input, "multinomial")
    if input.ndim not in (1, 2):
        raise refusal("multinomial.dims", "multinomial", x=input)
    if num_samples < 1 or (not replacement and num_samples > input.shape[-1]):
        raise refusal("multinomial.count", "multinomial", count=num_samples, size=input.shape[-1])
    weights = cast(input.detach(), np.float64)
    array = weights.array
    if get_array_module(array) is np and not ((array >= 0) & (array < np.inf)).all():
        raise refusal("multinomial.weights", "multinomial")
    if get_array_module(array) is np and not (array.sum(-1) > 0).all():
        raise refusal("multinomial.zero", "multinomial")
    if not replacement:
        return topk(
            weights / _sent(numpy_generator(generator).exponential(size=input.shape), input), num_samples
        ).indices
    edges = cumsum(weights, -1)
    points = _sent(numpy_generator(generator).random(input.shape[:-1] + (num_samples,)), input) * edges[..., -1:]
    return searchsorted(edges, points, right=True)


@checked
def gumbel_softmax(logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Tensor:
    """Draw from the classes whose logarithms of probabilities these are, so that gradients pass.

    ``softmax((logits + g) / tau)`` with g from the Gumbel distribution: near one-hot where `tau` is small.  With
    `hard` the value is one-hot, and the gradient that of the soft one.

    Parameters
    ----------
    logits : Tensor
        ``(*, classes)`` along `dim`.
    tau : float
        The temperature.
    hard : bool
        Whether to give one-hot values.
    eps : float
        Changes nothing, as in PyTorch.

    References
    ----------
    E. Jang, S. Gu and B. Poole, "Categorical reparameterization with Gumbel-softmax", ICLR 2017.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.gumbel_softmax(tc.zeros(5, 3), hard=True).sum(1)
    tensor([1., 1., 1., 1., 1.])
    """
    require_float(logits, "gumbel_softmax")
    noise = -exponential_(zeros_like(logits)).log()
    soft = softmax((logits + noise) / tau, dim)
    if not hard:
        return soft
    chosen = one_hot(argmax(soft.detach(), dim), logits.shape[dim])
    return cast(movedim(chosen, -1, dim), soft.dtype) - soft.detach() + soft
