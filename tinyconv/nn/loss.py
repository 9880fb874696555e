"""Loss layers: the functions of :mod:`tinyconv.nn.functional` as Modules."""

from __future__ import annotations

from ..errors import refusal
from ..tensor import Tensor
from . import functional as F
from .module import Module

__all__ = [
    "BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "HuberLoss", "L1Loss", "MSELoss", "NLLLoss", "SmoothL1Loss",
]  # fmt: skip


class _Loss(Module):
    def __init__(self, reduction: str = "mean"):
        super().__init__()
        if reduction not in ("mean", "sum", "none"):
            raise refusal("loss.reduction", type(self).__name__, reduction=reduction)
        self.reduction = reduction


class _WeightedLoss(_Loss):
    weight: Tensor | None

    def __init__(self, weight: Tensor | None = None, reduction: str = "mean"):
        super().__init__(reduction)
        self.register_buffer("weight", weight)


class CrossEntropyLoss(_WeightedLoss):
    """Cross-entropy of softmax(input) against class indices or probabilities.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.CrossEntropyLoss()(tc.tensor([[0.0, 0.0]]), tc.tensor([1]))
    tensor(0.6931)
    """

    def __init__(
        self, weight: Tensor | None = None, ignore_index: int = -100, reduction: str = "mean",
        label_smoothing: float = 0.0,
    ):  # fmt: skip
        super().__init__(weight, reduction)
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(input, target, self.weight, self.ignore_index, self.reduction, self.label_smoothing)


class NLLLoss(_WeightedLoss):
    """Negative log-likelihood of class indices, from log-probabilities.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.NLLLoss()(tc.tensor([[-0.5, -2.0]]), tc.tensor([1]))
    tensor(2.)
    """

    def __init__(self, weight: Tensor | None = None, ignore_index: int = -100, reduction: str = "mean"):
        super().__init__(weight, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.nll_loss(input, target, self.weight, self.ignore_index, self.reduction)


class MSELoss(_Loss):
    """Mean squared error.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.MSELoss()(tc.tensor([1.0, 2.0]), tc.tensor([1.0, 4.0]))
    tensor(2.)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.mse_loss(input, target, self.reduction)


class L1Loss(_Loss):
    """Mean absolute error.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.L1Loss()(tc.tensor([1.0, 2.0]), tc.tensor([1.0, 4.0]))
    tensor(1.)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.l1_loss(input, target, self.reduction)


class SmoothL1Loss(_Loss):
    """``d**2/(2*beta)`` where ``|d| < beta``, else ``|d| - beta/2``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.SmoothL1Loss(reduction="none")(tc.tensor([0.0, 0.0]), tc.tensor([1.0, 3.0]))
    tensor([0.5000, 2.5000])
    """

    def __init__(self, reduction: str = "mean", beta: float = 1.0):
        super().__init__(reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.smooth_l1_loss(input, target, self.reduction, self.beta)


class HuberLoss(_Loss):
    """``d**2/2`` where ``|d| <= delta``, else ``delta*(|d| - delta/2)``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.HuberLoss(reduction="none")(tc.tensor([0.0, 0.0]), tc.tensor([1.0, 3.0]))
    tensor([0.5000, 2.5000])
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0):
        super().__init__(reduction)
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
        return F.binary_cross_entropy(input, target, self.weight, self.reduction)


class BCEWithLogitsLoss(_WeightedLoss):
    """Binary cross-entropy of ``sigmoid(input)``, without overflow.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.BCEWithLogitsLoss()(tc.tensor([0.0]), tc.tensor([1.0]))
    tensor(0.6931)
    """

    pos_weight: Tensor | None

    def __init__(self, weight: Tensor | None = None, reduction: str = "mean", pos_weight: Tensor | None = None):
        super().__init__(weight, reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(input, target, self.weight, self.reduction, self.pos_weight)
