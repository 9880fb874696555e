"""Dropout layers."""

from __future__ import annotations

from ..errors import refusal
from ..tensor import Tensor
from . import functional as F
from .layer import Layer

__all__ = ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout"]


class _Dropout(Layer):
    _shown = ("inplace",)

    def __init__(self, p: float = 0.5, inplace: bool = False):
        super().__init__()
        if not 0.0 <= p <= 1.0:
            raise refusal("dropout.probability", type(self).__name__, p=p)
        self.p, self.inplace = p, inplace


class Dropout(_Dropout):
    """Zeroes elements with probability `p` in training, and scales the rest by ``1/(1 - p)``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.Dropout().eval()(tc.ones(1, 2)).mean()
    tensor(1.)
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout(input, self.p, self.training, self.inplace)


class _DropoutNd(_Dropout):
    """Zeroes whole channels.

    The others are scaled by ``1/(1 - p)``; in evaluation the input is given back.
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropoutnd(self._ndim, input, self.p, self.training, self.inplace)


class Dropout1d(_DropoutNd, ndim=1):
    """Zeroes whole channels of ``(N, C, L)`` with probability `p` in training."""


class Dropout2d(_DropoutNd, ndim=2):
    """Zeroes whole channels of ``(N, C, H, W)`` with probability `p` in training."""


class Dropout3d(_DropoutNd, ndim=3):
    """Zeroes whole channels of ``(N, C, D, H, W)`` with probability `p` in training."""


class AlphaDropout(_Dropout):
    """Puts SELU's floor in the place of elements in training, and brings mean 0 and variance 1 back.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.AlphaDropout().eval()(tc.ones(2))
    tensor([1., 1.])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.alpha_dropout(input, self.p, self.training, self.inplace)


class FeatureAlphaDropout(_Dropout):
    """:class:`AlphaDropout` of whole channels of ``(N, C, *)``."""

    def forward(self, input: Tensor) -> Tensor:
        return F.feature_alpha_dropout(input, self.p, self.training, self.inplace)
