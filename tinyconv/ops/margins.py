"""Losses that want a margin between things, and losses of distributions."""

from __future__ import annotations

import math
import warnings

from ..arguments import checked
from ..autograd import Tensor
from ..backend import get_array_module
from ..errors import phrase, refusal
from .distance import pairwise_distance
from .dtype import require_float
from .elementwise import minimum, where
from .loss import chosen_reduction, reduced
from .smooth import logsigmoid

__all__ = [
    "cosine_embedding_loss", "gaussian_nll_loss", "hinge_embedding_loss", "kl_div", "margin_ranking_loss",
    "poisson_nll_loss", "soft_margin_loss", "triplet_margin_loss",
]  # fmt: skip


@checked
def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``max(0, -target * (input1 - input2) + margin)``: with target 1 the first should be greater, with -1 the second.

    Raises
    ------
    RuntimeError
        If the three have unlike numbers of dimensions.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.margin_ranking_loss(tc.tensor([1.0]), tc.tensor([3.0]), tc.tensor([1]))
    tensor(2.)
    """
    require_float(input1, "margin_ranking_loss")
    require_float(input2, "margin_ranking_loss")
    _check_ranks("margin_ranking_loss", input1=input1, input2=input2, target=target)
    reduction = chosen_reduction(size_average, reduce, reduction)
    loss = (margin - target * (input1 - input2)).clamp(min=0)
    return reduced(loss, reduction, "margin_ranking_loss")


@checked
def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Of a distance: itself where the target is 1, ``max(0, margin - input)`` where it is -1.

    Examples
    --------
    >>> import tinyconv as tc
    >>> distances, target = tc.tensor([0.5, 0.25]), tc.tensor([1, -1])
    >>> tc.nn.functional.hinge_embedding_loss(distances, target, reduction="none")
    tensor([0.5000, 0.7500])
    """
    require_float(input, "hinge_embedding_loss")
    reduction = chosen_reduction(size_average, reduce, reduction)
    far = where(target != 1, (margin - input).clamp(min=0), 0.0)
    near = where(target != -1, input, 0.0)
    return reduced(far + near, reduction, "hinge_embedding_loss")


@checked
def soft_margin_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
) -> Tensor:
    """``log(1 + exp(-target * input))`` with targets 1 and -1, without overflow.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.soft_margin_loss(tc.tensor([0.0]), tc.tensor([1]))
    tensor(0.6931)
    """
    require_float(input, "soft_margin_loss")
    reduction = chosen_reduction(size_average, reduce, reduction)
    return reduced(-logsigmoid(target * input), reduction, "soft_margin_loss")


@checked
def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``1 - cos`` of vectors ``(N, D)`` or ``(D,)`` where the target is 1, ``max(0, cos - margin)`` where it is -1.

    Raises
    ------
    RuntimeError
        If the inputs are not of one shape with one target per vector.

    Examples
    --------
    >>> import tinyconv as tc
    >>> a, b = tc.tensor([[1.0, 0.0]]), tc.tensor([[3.0, 4.0]])
    >>> tc.nn.functional.cosine_embedding_loss(a, b, tc.tensor([1]))
    tensor(0.4000)
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    require_float(input1, "cosine_embedding_loss")
    if input1.shape != input2.shape or input1.ndim not in (1, 2) or target.shape != input1.shape[:-1]:
        raise refusal("loss.cosine", "cosine_embedding_loss", input1=input1, input2=input2, target=target)
    squares = (input1.square().sum(-1) + 1e-12) * (input2.square().sum(-1) + 1e-12)
    cosine = (input1 * input2).sum(-1) / squares.sqrt()
    near = where(target == 1, 1 - cosine, 0.0)
    far = where(target == -1, (cosine - margin).clamp(min=0), 0.0)
    return reduced(near + far, reduction, "cosine_embedding_loss")


def _check_ranks(function: str, **tensors: Tensor) -> None:
    """Refuse tensors of unlike numbers of dimensions, which would broadcast into pairs that nobody meant."""
    if len({x.ndim for x in tensors.values()}) > 1:
        shapes = ", ".join(f"{name} {x.shape}" for name, x in tensors.items())
        raise refusal("loss.ranks", function, shapes=shapes)


@checked
def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``max(0, d(anchor, positive) - d(anchor, negative) + margin)`` with the p-norm's distances.

    With `swap` the negative's distance is the smaller one of those to anchor and positive (V. Balntas et al.,
    "Learning shallow convolutional feature descriptors with triplet losses", BMVC 2016).

    Raises
    ------
    ValueError
        If `margin` is not positive.
    RuntimeError
        If the three have unlike numbers of dimensions.

    Examples
    --------
    >>> import tinyconv as tc
    >>> a, b, c = tc.tensor([[0.0]]), tc.tensor([[2.0]]), tc.tensor([[5.0]])
    >>> tc.nn.functional.triplet_margin_loss(a, c, b)
    tensor(4.)
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    if not margin > 0:
        raise refusal("loss.margin", "triplet_margin_loss", margin=margin)
    _check_ranks("triplet_margin_loss", anchor=anchor, positive=positive, negative=negative)
    near, far = (pairwise_distance(anchor, other, p, eps) for other in (positive, negative))
    if swap:
        far = minimum(far, pairwise_distance(positive, negative, p, eps))
    return reduced((margin + near - far).clamp(min=0), reduction, "triplet_margin_loss")


@checked
def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """``target * (log(target) - input)``: the Kullback-Leibler divergence, `input` being a logarithm.

    `reduction` ``"batchmean"`` divides the sum by the number of rows, which is the divergence's definition; ``"mean"``
    divides by that of all cells, and warns.  With `log_target` the target is a logarithm too.

    Examples
    --------
    >>> import tinyconv as tc
    >>> guess, truth = tc.tensor([[0.5, 0.5]]), tc.tensor([[1.0, 0.0]])
    >>> tc.nn.functional.kl_div(guess.log(), truth, reduction="batchmean")
    tensor(0.6931)
    """
    require_float(input, "kl_div")
    if reduction == "mean" and size_average is None and reduce is None:
        warnings.warn(phrase("loss.mean_of_cells"), stacklevel=3)
    reduction = chosen_reduction(size_average, reduce, reduction)
    if log_target:
        loss = target.exp() * (target - input)
    else:
        logarithm = where(target == 0, 1.0, target).log()  # 0 log 0 is 0, and a negative target has none
        loss = target * logarithm - target * input
    if reduction == "batchmean":
        return loss.sum() / (input.shape[0] if input.ndim else 1)
    return reduced(loss, reduction, "kl_div")


@checked
def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``exp(input) - target * input``, of a count whose rate's logarithm is `input`.

    Without `log_input` it is the rate itself: ``input - target * log(input + eps)``.  `full` adds Stirling's
    approximation of ``log(target!)`` where the target is above 1.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.poisson_nll_loss(tc.tensor([0.0]), tc.tensor([3.0]))
    tensor(1.)
    """
    require_float(input, "poisson_nll_loss")
    reduction = chosen_reduction(size_average, reduce, reduction)
    loss = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        count = where(target > 1, target, 1.0)
        stirling = count * count.log() - count + 0.5 * (2 * math.pi * count).log()
        loss = loss + where(target > 1, stirling, 0.0)
    return reduced(loss, reduction, "poisson_nll_loss")


@checked
def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """``(log(var) + (input - target)**2 / var) / 2``, of a normal distribution's mean and variance.

    A variance below `eps` counts as `eps`.  `var` has the input's shape, or one variance per row: a last axis of 1
    or none.  `full` adds ``log(2 * pi) / 2``.

    Raises
    ------
    ValueError
        If a variance is negative, or their shape does not fit.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.gaussian_nll_loss(tc.tensor([1.0]), tc.tensor([3.0]), tc.tensor([1.0]))
    tensor(2.)
    """
    require_float(input, "gaussian_nll_loss")
    variance = var if isinstance(var, Tensor) else _filled(input, var)
    if variance.shape != input.shape and variance.shape == input.shape[:-1]:
        variance = variance.unsqueeze(-1)
    wrong = [own for own, size in zip(variance.shape, input.shape) if own != size]
    if variance.ndim != input.ndim or wrong not in ([], [1]):
        raise refusal("loss.variance", "gaussian_nll_loss", size=list(variance.shape), input=input)
    if bool((variance < 0).any()):
        raise refusal("loss.negative_variance", "gaussian_nll_loss")
    # the bound changes the value alone: the gradient goes on to the variance, as in PyTorch
    variance = variance + (variance.detach().clamp(min=eps) - variance.detach())
    loss = 0.5 * (variance.log() + (input - target).square() / variance)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return reduced(loss, reduction, "gaussian_nll_loss")


def _filled(input: Tensor, value: float) -> Tensor:
    xp = get_array_module(input.array)
    return Tensor._of(xp.full(input.shape, value, input.dtype))
