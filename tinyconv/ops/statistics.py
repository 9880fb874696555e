"""Counts, and several reductions at once."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..arguments import checked
from ..autograd import Tensor
from ..backend import get_array_module
from ..errors import refusal
from .dtype import as_float, cast, require_float
from .elementwise import isnan, ones_like, where
from .rearranging import diagonal
from .reduction import amax, amin, mean, std, sum, var
from .shape import Dims
from .unary import clamp

__all__ = [
    "aminmax", "bincount", "corrcoef", "cov", "histc", "nanmean", "nansum", "std_mean", "var_mean",
]  # fmt: skip


class MinMax(NamedTuple):
    """What :func:`aminmax` returns."""

    min: Any
    max: Any


@checked
def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> MinMax:
    """Smallest and largest value, of all or along `dim`; equal values share the gradient.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.aminmax(tc.tensor([3.0, 1.0]))
    MinMax(min=tensor(1.), max=tensor(3.))
    """
    return MinMax(amin(input, dim, keepdim), amax(input, dim, keepdim))


def _known(input: Tensor) -> Tensor:
    """0 in the place of NaN."""
    return where(isnan(input), 0.0, input) if input.dtype.kind == "f" else input


@checked
def nansum(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Sum over `dim` of what is not NaN.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nansum(tc.tensor([1.0, float("nan")]))
    tensor(1.)
    """
    return sum(_known(input), dim, keepdim)


@checked
def nanmean(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Mean over `dim` of what is not NaN.

    Raises
    ------
    RuntimeError
        For integer input.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nanmean(tc.tensor([1.0, 3.0, float("nan")]))
    tensor(2.)
    """
    require_float(input, "nanmean")
    return nansum(input, dim, keepdim) / sum(~isnan(input), dim, keepdim)


@checked
def var_mean(
    input: Tensor, dim: Dims | bool = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Variance and mean over `dim`, as `var` and `mean` give them.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.var_mean(tc.tensor([1.0, 2.0, 3.0]))
    (tensor(1.), tensor(2.))
    """
    over = None if isinstance(dim, bool) else dim
    return var(input, dim, unbiased, keepdim, correction=correction), mean(input, over, keepdim)


@checked
def std_mean(
    input: Tensor, dim: Dims | bool = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Standard deviation and mean over `dim`, as `std` and `mean` give them."""
    over = None if isinstance(dim, bool) else dim
    return std(input, dim, unbiased, keepdim, correction=correction), mean(input, over, keepdim)


@checked
def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each of 0, 1, 2, ... occurs in a vector, or the sum of its weights; has no gradient.

    On a GPU this waits for the largest number.

    Raises
    ------
    RuntimeError
        For what is no vector of integers from 0 on.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.bincount(tc.tensor([0, 2, 2]))
    tensor([1, 0, 2])
    """
    xp = get_array_module(input.array)
    negative = xp is np and input.ndim == 1 and bool((input.array < 0).any())
    if input.ndim != 1 or input.dtype.kind not in "iu" or negative:
        raise refusal("bincount.input", "bincount", x=input)
    if minlength < 0 or (weights is not None and weights.shape != input.shape):
        raise refusal("bincount.options", "bincount", x=input, minlength=minlength)
    if weights is None:
        return Tensor._of(xp.bincount(input.array, minlength=minlength))
    counted = Tensor._of(xp.bincount(input.array, weights.array, minlength=minlength))
    return cast(counted, weights.dtype if weights.dtype.kind == "f" else np.float64)


@checked
def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """How many values lie in each of `bins` equal intervals from `min` to `max`; has no gradient.

    With both 0, from the smallest value to the largest.  What lies outside is not counted.

    Raises
    ------
    RuntimeError
        For no bins, ``max < min``, or a tensor of integers.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.histc(tc.tensor([1.0, 2.0, 1.0]), bins=4, min=0, max=3)
    tensor([0., 2., 1., 0.])
    """
    require_float(input, "histc")
    if bins < 1 or max < min:
        raise refusal("histc.range", "histc", bins=bins, least=min, most=max)
    xp, x = get_array_module(input.array), input.array.reshape(-1).astype("float64")
    own = min == max == 0 and x.size > 0
    low, high = (xp.min(x), xp.max(x)) if own else (xp.full((), float(min)), xp.full((), float(max)))
    one_value = (low == high).astype("float64")
    low, high = low - one_value, high + one_value
    inside = (x >= low) & (x <= high)
    place = xp.where(inside, xp.floor((xp.where(inside, x, low) - low) * bins / (high - low)), bins).astype("int64")
    place = xp.where(inside, xp.minimum(place, bins - 1), bins)  # the upper end belongs to the last interval
    counts = xp.zeros(bins + 1, "float64")
    xp.add.at(counts, place, xp.ones(place.shape))
    return Tensor._of(counts[:bins].astype(input.dtype))


@checked
def cov(
    input: Tensor, *, correction: int = 1, fweights: Tensor | None = None, aweights: Tensor | None = None
) -> Tensor:
    """Covariances of the rows of a matrix, whose columns are observations.

    Parameters
    ----------
    input : Tensor
        ``(variables, observations)``, or a vector: one variable.
    correction : int
        Taken off the number of observations, which the sum of products is divided by.
    fweights : Tensor, optional
        How often each observation counts.
    aweights : Tensor, optional
        How much each observation weighs.

    Raises
    ------
    RuntimeError
        For more than two dimensions.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.cov(tc.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    if input.ndim > 2:
        raise refusal("cov.rank", "cov", x=input)
    x = as_float(input) if input.ndim == 2 else as_float(input).reshape(1, input.numel())
    weights = ones_like(sum(x.detach(), 0))
    for given in (fweights, aweights):
        weights = weights if given is None else weights * given
    total = sum(weights)
    centred = x - sum(x * weights, 1, keepdim=True) / total
    lost = correction if aweights is None else correction * sum(weights * aweights) / total
    result = (centred * weights) @ centred.T / clamp(total - lost, min=0)
    return result.reshape(()) if len(x) == 1 else result  # of one variable: its variance


@checked
def corrcoef(input: Tensor) -> Tensor:
    """Correlations of the rows of a matrix, whose columns are observations: covariances over standard deviations.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.corrcoef(tc.tensor([[1.0, 2.0, 3.0], [3.0, 1.0, 2.0]]))
    tensor([[ 1.0000, -0.5000],
            [-0.5000,  1.0000]])
    """
    if input.ndim > 2:
        raise refusal("cov.rank", "corrcoef", x=input)
    covariances = cov(input)
    if not covariances.ndim:
        return covariances / covariances
    spread = diagonal(covariances).sqrt()
    return clamp(covariances / spread.unsqueeze(1) / spread, -1, 1)
