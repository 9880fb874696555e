"""Loss functions."""

from __future__ import annotations

import warnings
from typing import Any

from ..arguments import checked
from ..autograd import Operation, Tensor, is_grad_enabled, whole
from ..backend import Array, get_array_module
from ..errors import phrase, refusal
from ..kernels import cuda
from ..kernels.labels import check_probabilities, checked_labels
from ..kernels.sums import add_up
from .activation import log_softmax, softmax
from .checks import check_same_size
from .dtype import cast, require_float
from .elementwise import where
from .indexing import take_along_dim
from .unary import smooth_relu

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "huber_loss", "l1_loss", "mse_loss",
    "nll_loss", "smooth_l1_loss",
]  # fmt: skip


def reduced(loss: Tensor, reduction: str, function: str) -> Tensor:
    """Take the mean or the sum of a loss, or leave it (``'none'``).

    Raises
    ------
    ValueError
        For another word.
    """
    if reduction == "mean":
        return loss.mean()
    if reduction == "sum":
        return loss.sum()
    if reduction == "none":
        return loss
    raise refusal("loss.reduction", function, reduction=reduction)


def chosen_reduction(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """PyTorch's older words for `reduction`, which win where they are given: ``size_average=False`` is ``'sum'``.

    Examples
    --------
    >>> chosen_reduction(False, None, "mean"), chosen_reduction(None, False, "mean")
    ('sum', 'none')
    """
    if size_average is None and reduce is None:
        return reduction
    if reduce is not None and not reduce:
        return "none"
    return "mean" if size_average is None or size_average else "sum"


# ------------------------------------------------------------------------------ classes


class SoftmaxCrossEntropy(Operation):
    """``logsumexp(x) - x[label]`` per cell of ``(N, C, *)``; the gradient is ``g*(softmax(x) - onehot)``.

    The exponentials below the largest score are kept for it, and of the kernel's the largest score instead.
    """

    __slots__ = ()

    def forward(self, x: Array, labels: Array) -> Array:
        if cuda.available_for(x):
            loss, peak, total = cuda.cross_entropy(x, labels)
            self.keep(peak=peak, total=total, exponentials=None)
            return loss
        xp = get_array_module(x)
        y = x - x.max(axis=1, keepdims=True)
        picked = y[_own_class(labels)]
        total = add_up(xp.exp(y, out=y), (1,))
        self.keep(peak=None, total=total, exponentials=y)
        return (xp.log(total) - picked).astype(x.dtype, copy=False)

    def grad_x(self, g: Tensor, x: Tensor, labels: Tensor, peak: Any, total: Tensor, exponentials: Any) -> Tensor:
        xp = get_array_module(x.array)
        if is_grad_enabled():
            classes = xp.arange(x.shape[1]).reshape((1, -1) + (1,) * (x.ndim - 2))
            onehot = (labels.array[:, None] == classes).astype(x.dtype)
            return g.unsqueeze(1) * (softmax(x, 1) - Tensor._of(onehot))
        if exponentials is None:  # the kernel's result has no graph
            return Tensor._of(cuda.cross_entropy_grad(g.array, x.array, labels.array, peak.array, total.array))
        gx = (exponentials.array / total.array[:, None]).astype(x.dtype, copy=False)
        gx[_own_class(labels.array)] -= 1
        gx *= g.array[:, None]
        return Tensor._of(gx)


def _own_class(labels: Array) -> tuple[Array, ...]:
    """Index ``(N, C, *)`` at the class of each cell's label."""
    xp, last = get_array_module(labels), labels.ndim - 1
    n, *space = [xp.arange(size).reshape((-1,) + (1,) * (last - axis)) for axis, size in enumerate(labels.shape)]
    return n, labels, *space


def _check_targets(input: Tensor, target: Tensor, weight: Tensor | None, function: str) -> None:
    require_float(input, function)
    expected = input.shape[:1] + input.shape[2:]
    if input.ndim < 2 or target.shape != expected:
        samples, targets = (t.shape[0] if t.ndim else 0 for t in (input, target))
        given = {"input": input, "target": target, "expected": expected}
        if samples == targets:
            raise refusal("loss.target_shape", function, **given)
        raise refusal("loss.batch", function, samples=samples, targets=targets, **given)
    if target.dtype.kind not in "iu":
        raise refusal("loss.target_dtype", function, input=input, target=target)
    if weight is not None and weight.shape != (input.shape[1],):
        raise refusal("loss.class_weight", function, classes=input.shape[1], size=list(weight.shape))


def _batch_of_one(input: Tensor, target: Tensor, function: str) -> tuple[Tensor, Tensor]:
    """Unbatched scores ``(C,)`` and their one class index as a batch."""
    if target.numel() != 1:
        raise refusal("loss.one_sample", function, size=list(target.shape), input=input, count=input.shape[0])
    return input.unsqueeze(0), target.reshape(1)


def _prepared(input: Tensor, target: Tensor, ignore_index: int, function: str) -> tuple[Tensor, Tensor | None]:
    """Labels to index with, and per cell 1, or 0 where it is ignored; None where none is."""
    safe, factor = checked_labels(target.array, input.shape[1], ignore_index, function)
    return Tensor._of(safe), None if factor is None else Tensor._of(factor.astype(input.dtype, copy=False))


def _of_no_classes(input: Tensor) -> Tensor:
    """0 for each cell, all of which are ignored: no label is in range."""
    return input.sum(1)


def _scale(labels: Tensor, factor: Tensor | None, weight: Tensor | None) -> Tensor | None:
    """What each cell counts: the weight of its class, 0 where it is ignored; None where each counts 1."""
    if weight is None or factor is None:
        return factor if weight is None else weight[labels]
    return factor * weight[labels]


def _counted(loss: Tensor, scale: Tensor | None, factor: Tensor | None) -> Tensor:
    """Let each cell count what it should; an ignored one counts 0 even where its loss is infinite."""
    scaled = loss if scale is None else loss * scale
    return scaled if factor is None else where(factor != 0, scaled, 0.0)


def _reduced_by(loss: Tensor, scale: Tensor | None, reduction: str, function: str) -> Tensor:
    """Reduce a loss whose mean divides by the sum of what the cells count."""
    if reduction == "mean" and scale is not None:
        return loss.sum() / scale.sum()
    return reduced(loss, reduction, function)


@checked
@whole
def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Negative log-likelihood of class indices, from log-probabilities.

    Parameters
    ----------
    input : Tensor
        Log-probabilities ``(N, C, *)``, or ``(C,)`` unbatched.
    target : Tensor of int
        Class indices ``(N, *)``.
    weight : Tensor, optional
        One factor per class ``(C,)``; the mean divides by the sum of the factors used.

    Raises
    ------
    IndexError
        For a target out of range (on a device the loss is NaN instead).
    ValueError
        If shapes do not fit.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.nll_loss(tc.tensor([[-0.5, -2.0]]), tc.tensor([1]))
    tensor(2.)
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    if input.ndim == 1:
        scores, label = _batch_of_one(input, target, "nll_loss")
        return nll_loss(scores, label, weight, ignore_index=ignore_index, reduction=reduction).reshape(())
    _check_targets(input, target, weight, "nll_loss")
    labels, factor = _prepared(input, target, ignore_index, "nll_loss")
    loss = -take_along_dim(input, labels.unsqueeze(1), 1).squeeze(1) if input.shape[1] else _of_no_classes(input)
    scale = _scale(labels, factor, weight)
    return _reduced_by(_counted(loss, scale, factor), scale, reduction, "nll_loss")


@checked
@whole
def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Cross-entropy of softmax(input) against class indices or probabilities.

    Parameters
    ----------
    input : Tensor
        Scores ``(N, C, *)``, or ``(C,)`` unbatched; no softmax applied.
    target : Tensor
        Class indices ``(N, *)``, or probabilities of the input's shape.
    weight : Tensor, optional
        One factor per class ``(C,)``.
    label_smoothing : float
        ``e`` in [0, 1]: targets become ``(1 - e)*target + e/C``.

    Raises
    ------
    IndexError
        For a target out of range (on a device the loss is NaN instead).
    ValueError
        If shapes do not fit.

    References
    ----------
    Smoothing: C. Szegedy et al., "Rethinking the Inception architecture", CVPR 2016.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.cross_entropy(tc.tensor([[0.0, 0.0]]), tc.tensor([1]))
    tensor(0.6931)
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    if not 0.0 <= label_smoothing <= 1.0:
        raise refusal("loss.smoothing", "cross_entropy", value=label_smoothing)
    if input.shape == target.shape and input.ndim:
        _check_probabilities(target, ignore_index)
        return _soft_cross_entropy(input, target, weight, reduction, label_smoothing)
    if input.ndim == 1:
        options: dict[str, Any] = {
            "ignore_index": ignore_index, "reduction": reduction, "label_smoothing": label_smoothing
        }  # fmt: skip
        scores, label = _batch_of_one(input, target, "cross_entropy")
        return cross_entropy(scores, label, weight, **options).reshape(())
    _check_targets(input, target, weight, "cross_entropy")
    labels, factor = _prepared(input, target, ignore_index, "cross_entropy")
    hard = SoftmaxCrossEntropy.apply(input, labels) if input.shape[1] else _of_no_classes(input)
    scale = _scale(labels, factor, weight)
    loss = _reduced_by(_counted(hard, scale, factor), scale, reduction, "cross_entropy")
    if label_smoothing == 0.0:
        return loss
    # the smoothed part weighs every class, but its mean divides by the same sum of weights
    soft = _counted(-_over_classes(log_softmax(input, 1), weight), factor, factor)
    smooth = _reduced_by(soft, scale, reduction, "cross_entropy")
    return loss * (1.0 - label_smoothing) + smooth * label_smoothing / input.shape[1]


def _over_classes(x: Tensor, weight: Tensor | None) -> Tensor:
    """Sum over the class dimension, each class weighed."""
    return (x if weight is None else x * weight.reshape((1, -1) + (1,) * (x.ndim - 2))).sum(1)


def _check_probabilities(target: Tensor, ignore_index: int) -> None:
    """Refuse one-hot integers for class probabilities, and a class to ignore in them."""
    if target.dtype.kind != "f":
        raise refusal("loss.one_hot", "cross_entropy", target=target, dim=min(1, target.ndim - 1))
    if ignore_index >= 0:
        raise refusal("loss.soft_ignore", "cross_entropy", ignore_index=ignore_index)


def _soft_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None, reduction: str, label_smoothing: float
) -> Tensor:
    require_float(input, "cross_entropy")
    if input.ndim == 1:
        batch = _soft_cross_entropy(input.unsqueeze(0), target.unsqueeze(0), weight, reduction, label_smoothing)
        return batch.reshape(())
    if label_smoothing:
        target = target * (1.0 - label_smoothing) + label_smoothing / input.shape[1]
    loss = -_over_classes(log_softmax(input, 1) * target, weight)
    if reduction == "mean":
        return loss.sum() / loss.numel()
    return reduced(loss, reduction, "cross_entropy")


# ------------------------------------------------------------------------------ distances


def _warn_of_sizes(input: Tensor, target: Tensor, function: str) -> None:
    """Sizes that differ broadcast, as in PyTorch, and seldom because that was meant."""
    if input.shape != target.shape:
        warnings.warn(phrase("loss.sizes_differ", function=function, target=target, input=input), stacklevel=3)


def _check_cell_weight(input: Tensor, weight: Tensor, function: str) -> None:
    if weight.shape != input.shape:
        raise refusal("loss.cell_weight", function, input=input, weight=weight)


def _weighed(loss: Tensor, input: Tensor, weight: Tensor | None, reduction: str, function: str) -> Tensor:
    """Weigh each cell; the mean divides by the sum of the weights."""
    if weight is None:
        return reduced(loss, reduction, function)
    _check_cell_weight(input, weight, function)
    loss = loss * weight
    return loss.sum() / weight.sum() if reduction == "mean" else reduced(loss, reduction, function)


@checked
def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """Squared error ``(input - target)**2``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.mse_loss(tc.tensor([1.0, 2.0]), tc.tensor([1.0, 4.0]))
    tensor(2.)
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    _warn_of_sizes(input, target, "mse_loss")
    difference = input - target
    return _weighed(difference * difference, input, weight, reduction, "mse_loss")


@checked
def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """Absolute error ``|input - target|``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.l1_loss(tc.tensor([1.0, 2.0]), tc.tensor([1.0, 4.0]))
    tensor(1.)
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    _warn_of_sizes(input, target, "l1_loss")
    return _weighed((input - target).abs(), input, weight, reduction, "l1_loss")


@checked
def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """``d**2/(2*beta)`` where ``|d| < beta``, else ``|d| - beta/2``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.smooth_l1_loss(tc.tensor([0.0, 0.0]), tc.tensor([1.0, 3.0]), reduction="none")
    tensor([0.5000, 2.5000])
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    if not beta >= 0:
        raise refusal("loss.beta", "smooth_l1_loss", beta=beta)
    if beta == 0:
        return l1_loss(input, target, reduction=reduction)
    _warn_of_sizes(input, target, "smooth_l1_loss")
    difference = input - target
    size = difference.abs()
    far = size.detach() >= beta
    near = where(far, 0.0, difference)  # the square of a far one may be infinite, and inf * 0 would be NaN
    loss = where(far, size - 0.5 * beta, near * near * (0.5 / beta))
    return reduced(loss, reduction, "smooth_l1_loss")


@checked
def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    """``d**2/2`` where ``|d| <= delta``, else ``delta*(|d| - delta/2)``.

    References
    ----------
    P. J. Huber, "Robust estimation of a location parameter", Ann. Math. Statist. 35 (1964) 73-101.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.huber_loss(tc.tensor([0.0, 0.0]), tc.tensor([1.0, 3.0]), reduction="none")
    tensor([0.5000, 2.5000])
    """
    if not delta > 0:
        raise refusal("loss.delta", "huber_loss", delta=delta)
    _warn_of_sizes(input, target, "huber_loss")
    difference = input - target
    size = difference.abs()
    far = size.detach() > delta
    near = where(far, 0.0, difference)  # as in smooth_l1_loss
    loss = where(far, (size - 0.5 * delta) * delta, near * near * 0.5)
    if weight is not None:  # unlike the two above, the mean divides by the number of cells, as in PyTorch
        _check_cell_weight(input, weight, "huber_loss")
        loss = loss * weight
    return reduced(loss, reduction, "huber_loss")


# ------------------------------------------------------------------------------ two classes


class BinaryCrossEntropy(Operation):
    """``-(t*log(x) + (1-t)*log(1-x))`` with each logarithm held at -100 or above.

    ``d/dx = (x - t)/(x*(1 - x))`` with the denominator held at 1e-12 or above, as PyTorch holds it.
    """

    __slots__ = ()

    def forward(self, x: Array, t: Array) -> Array:
        xp = get_array_module(x)
        floor = x.dtype.type(-100)
        return -(t * xp.maximum(xp.log(x), floor) + (1 - t) * xp.maximum(xp.log1p(-x), floor))

    def grad_x(self, g: Tensor, x: Tensor, t: Tensor) -> Tensor:
        return g * (x - t) / (x * (1.0 - x)).clamp(min=1e-12)

    def grad_t(self, g: Tensor, x: Tensor) -> Tensor:
        return g * ((-x).log1p().clamp(min=-100) - x.log().clamp(min=-100))


@checked
def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Cross-entropy of probabilities `input` in [0, 1] against `target` in [0, 1], of one shape.

    Raises
    ------
    RuntimeError
        If the input leaves [0, 1] (on a device the loss is NaN instead).
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.binary_cross_entropy(tc.tensor([0.5]), tc.tensor([1.0]))
    tensor(0.6931)
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    check_same_size(input, target, "binary_cross_entropy")
    check_probabilities(input.array, "binary_cross_entropy")
    loss = BinaryCrossEntropy.apply(input, cast(target, input.dtype))
    return reduced(loss if weight is None else loss * weight, reduction, "binary_cross_entropy")


@checked
def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """Binary cross-entropy of ``sigmoid(input)``, computed as ``(1-t)*x + l*softplus(-x)``.

    ``l = 1 + (pos_weight - 1)*t``; nothing overflows.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.binary_cross_entropy_with_logits(tc.tensor([0.0]), tc.tensor([1.0]))
    tensor(0.6931)
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    check_same_size(input, target, "binary_cross_entropy_with_logits")
    target = cast(target, input.dtype)
    smooth = smooth_relu(-input)
    if pos_weight is not None:
        smooth = smooth * ((pos_weight - 1.0) * target + 1.0)
    loss = (1.0 - target) * input + smooth
    return reduced(loss if weight is None else loss * weight, reduction, "binary_cross_entropy_with_logits")
