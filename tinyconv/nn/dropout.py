"""Dropout layers."""

from __future__ import annotations

from ..errors import refusal
from ..tensor import Tensor
from . import functional as F
from .module import Module

__all__ = ["Dropout", "Dropout1d", "Dropout2d", "Dropout3d"]


class _DropoutNd(Module):
    """The probability; `inplace` is accepted for PyTorch's sake, the result is always a new tensor."""

    def __init__(self, p: float = 0.5, inplace: bool = False):
        super().__init__()
        if not 0.0 <= p <= 1.0:
            raise refusal("dropout.probability", type(self).__name__, p=p)
        self.p = p

    def extra_repr(self) -> str:
        """What to print between the parentheses."""
        return f"p={self.p}, inplace=False"


class Dropout(_DropoutNd):
    """Zeroes elements with probability `p` in training, and scales the rest by ``1/(1 - p)``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.Dropout().eval()(tc.ones(1, 2)).mean()
    tensor(1.)
    """

    def forward(self, input: Tensor) -> Tensor:
        """Drop in training, give `input` back in evaluation."""
        return F.dropout(input, self.p, self.training)


class Dropout1d(_DropoutNd):
    """Zeroes whole channels of ``(N, C, L)`` with probability `p` in training.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.Dropout1d().eval()(tc.ones(1, 2, 3)).mean()
    tensor(1.)
    """

    def forward(self, input: Tensor) -> Tensor:
        """Drop in training, give `input` back in evaluation."""
        return F.dropout1d(input, self.p, self.training)


class Dropout2d(_DropoutNd):
    """Zeroes whole channels of ``(N, C, H, W)`` with probability `p` in training.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.Dropout2d().eval()(tc.ones(1, 2, 3, 3)).mean()
    tensor(1.)
    """

    def forward(self, input: Tensor) -> Tensor:
        """Drop in training, give `input` back in evaluation."""
        return F.dropout2d(input, self.p, self.training)


class Dropout3d(_DropoutNd):
    """Zeroes whole channels of ``(N, C, D, H, W)`` with probability `p` in training.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.Dropout3d().eval()(tc.ones(1, 2, 3, 3, 3)).mean()
    tensor(1.)
    """

    def forward(self, input: Tensor) -> Tensor:
        """Drop in training, give `input` back in evaluation."""
        return F.dropout3d(input, self.p, self.training)
