"""Loss layers: the functions of :mod:`tinyconv.nn.functional` as Modules."""

from __future__ import annotations

from ..arguments import checked
from ..errors import refusal
from ..ops.loss import chosen_reduction
from ..tensor import Tensor
from . import functional as F
from .module import Module

__all__ = [
    "BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "HuberLoss", "L1Loss", "MSELoss", "NLLLoss", "SmoothL1Loss",
]  # fmt: skip


class _Loss(Module):
    _reductions: tuple[str, ...] = ("mean", "sum", "none")

    @checked
    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"):
        super().__init__()
        reduction = chosen_reduction(size_average, reduce, reduction)
        if reduction not in self._reductions:
            raise refusal("loss.reduction", type(self).__name__, reduction=reduction)
        self.reduction = reduction


class _WeightedLoss(_Loss):
    weight: Tensor | None

    @checked
    def __init__(
        self, weight: Tensor | None = None, size_average: bool | None = None, reduce: bool | None = None,
        reduction: str = "mean",
    ):  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


class CrossEntropyLoss(_WeightedLoss):
    """Cross-entropy of softmax(input) against class indices or probabilities.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.CrossEntropyLoss()(tc.tensor([[0.0, 0.0]]), tc.tensor([1]))
    tensor(0.6931)
    """

    @checked
    def __init__(
        self, weight: Tensor | None = None, size_average: bool | None = None, ignore_index: int = -100,
        reduce: bool | None = None, reduction: str = "mean", label_smoothing: float = 0.0,
    ):  # fmt: skip
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(
            input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )  # fmt: skip


class NLLLoss(_WeightedLoss):
    """Negative log-likelihood of class indices, from log-probabilities.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.NLLLoss()(tc.tensor([[-0.5, -2.0]]), tc.tensor([1]))
    tensor(2.)
    """

    @checked
    def __init__(
        self, weight: Tensor | None = None, size_average: bool | None = None, ignore_index: int = -100,
        reduce: bool | None = None, reduction: str = "mean",
    ):  # fmt: skip
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.nll_loss(input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class MSELoss(_Loss):
    """Mean squared error.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.MSELoss()(tc.tensor([1.0, 2.0]), tc.tensor([1.0, 4.0]))
    tensor(2.)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.mse_loss(input, target, reduction=self.reduction)


class L1Loss(_Loss):
    """Mean absolute error.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.L1Loss()(tc.tensor([1.0, 2.0]), tc.tensor([1.0, 4.0]))
    tensor(1.)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(_Loss):
    """``d**2/(2*beta)`` where ``|d| < beta``, else ``|d| - beta/2``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.SmoothL1Loss(reduction="none")(tc.tensor([0.0, 0.0]), tc.tensor([1.0, 3.0]))
    tensor([0.5000, 2.5000])
    """

    @checked
    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean", beta: float = 1.0
    ):
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(_Loss):
    """``d**2/2`` where ``|d| <= delta``, else ``delta*(|d| - delta/2)``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.HuberLoss(reduction="none")(tc.tensor([0.0, 0.0]), tc.tensor([1.0, 3.0]))
    tensor([0.5000, 2.5000])
    """

    @checked
    def __init__(self, reduction: str = "mean", delta: float = 1.0):
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.huber_loss(input, target, self.reduction, self.delta)


class BCELoss(_WeightedLoss):
    """Binary cross-entropy of probabilities.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.BCELoss()(tc.tensor([0.5]), tc.tensor([1.0]))
    tensor(0.6931)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_WeightedLoss):
    """Binary cross-entropy of ``sigmoid(input)``, without overflow.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.BCEWithLogitsLoss()(tc.tensor([0.0]), tc.tensor([1.0]))
    tensor(0.6931)
    """

    pos_weight: Tensor | None

    @checked
    def __init__(
        self, weight: Tensor | None = None, size_average: bool | None = None, reduce: bool | None = None,
        reduction: str = "mean", pos_weight: Tensor | None = None,
    ):  # fmt: skip
        super().__init__(weight, size_average, reduce, reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(
            input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )
