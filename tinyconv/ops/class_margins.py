"""Losses that want the scores of the right classes above those of all others by a margin."""

from __future__ import annotations

from ..arguments import checked
from ..autograd import Tensor
from ..backend import Array, get_array_module
from ..errors import refusal
from ..kernels.labels import nan_outside
from .cumulative import cumprod
from .dtype import cast, require_float
from .elementwise import where
from .loss import chosen_reduction, reduced

__all__ = ["multi_margin_loss", "multilabel_margin_loss"]


@checked
def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``sum over j != y of max(0, margin - x[y] + x[j])**p / C``, of scores ``(N, C)`` and one class each: an SVM's.

    Parameters
    ----------
    input : Tensor
        Scores ``(N, C)`` or ``(C,)``.
    target : Tensor
        Class indices ``(N,)``, or one.
    p : int
        1 or 2.
    margin : float
        How far the right class should be ahead.
    weight : Tensor, optional
        ``(C,)``: multiplies the loss of the samples of each class.

    Raises
    ------
    ValueError
        For another `p`.
    RuntimeError
        If the shapes do not fit, or (on the host) a class is out of range.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.multi_margin_loss(tc.tensor([[3.0, 5.0, 1.0]]), tc.tensor([0]))
    tensor(1.)
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    require_float(input, "multi_margin_loss")
    if p not in (1, 2):
        raise refusal("loss.margin_power", "multi_margin_loss", p=p)
    scores = input if input.ndim == 2 else input.reshape(1, -1)
    _check_targets(input, target, scores.shape[:1], "multi_margin_loss")
    classes = scores.shape[1]
    if weight is not None and weight.ndim != 1:
        raise refusal("loss.weight_dims", "multi_margin_loss", weight=weight)
    if weight is not None and weight.shape != (classes,):
        raise refusal("loss.class_weight", "multi_margin_loss", classes=classes, size=list(weight.shape))
    labels = target.array.reshape(-1)
    factor = Tensor._of(nan_outside(labels, 0, classes, "multi_margin_loss"))
    own = _one_hot(labels, classes)
    behind = _positive(margin - where(own, scores, 0.0).sum(1, keepdim=True) + scores)
    behind = where(own, 0.0, behind if p == 1 else behind * behind)
    if weight is not None:
        behind = behind * where(own, weight, 0.0).sum(1, keepdim=True)
    loss = (behind.sum(1) / classes * cast(factor, input.dtype)).reshape(target.shape)
    return reduced(loss, reduction, "multi_margin_loss")


@checked
def multilabel_margin_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
) -> Tensor:
    """``sum over right y, wrong j of max(0, 1 - x[y] + x[j]) / C``, of scores ``(N, C)`` and several classes each.

    `target` has the input's shape: each row lists the right classes, and ends at its first -1.

    Raises
    ------
    RuntimeError
        If the shapes differ, or (on the host) a class is out of range.

    Examples
    --------
    >>> import tinyconv as tc
    >>> scores, classes = tc.tensor([[0.1, 0.2, 0.4, 0.8]]), tc.tensor([[3, 0, -1, 1]])
    >>> tc.nn.functional.multilabel_margin_loss(scores, classes)
    tensor(0.8500)
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    require_float(input, "multilabel_margin_loss")
    _check_targets(input, target, input.shape, "multilabel_margin_loss")
    scores = input if input.ndim == 2 else input.reshape(1, -1)
    classes = scores.shape[1]
    labels = target.array.reshape(scores.shape)
    factor = Tensor._of(nan_outside(labels, -1, classes, "multilabel_margin_loss")).amin(1)
    listed = cumprod((Tensor._of(labels) >= 0).long(), 1) > 0  # before the first -1
    own = _one_hot(labels, classes) & listed.unsqueeze(2)  # (N, places, C)
    right = where(own, scores.unsqueeze(1), 0.0).sum(2, keepdim=True)
    behind = _positive(1.0 - right + scores.unsqueeze(1))
    counted = listed.unsqueeze(2) & ~own.any(1).unsqueeze(1)
    loss = where(counted, behind, 0.0).sum((1, 2)) / classes * cast(factor, input.dtype)
    return reduced(loss if input.ndim == 2 else loss.reshape(()), reduction, "multilabel_margin_loss")


def _check_targets(input: Tensor, target: Tensor, expected: tuple[int, ...], function: str) -> None:
    one_of_one = input.ndim < 2 and target.numel() == 1 and expected == (1,)  # a class index of no dimensions
    if input.ndim > 2 or not (target.shape == expected or one_of_one):
        raise refusal("loss.margin_target", function, input=input, target=target, expected=expected)
    if target.dtype.kind not in "iu":
        raise refusal("loss.target_dtype", function, input=input, target=target)


def _positive(x: Tensor) -> Tensor:
    """``max(0, x)`` without a slope at 0; a NaN stays."""
    return where(x.detach() <= 0, 0.0, x)


def _one_hot(labels: Array, classes: int) -> Tensor:
    """Where along a new last axis the class stands."""
    xp = get_array_module(labels)
    return Tensor._of(xp.expand_dims(labels, -1) == xp.arange(classes))
