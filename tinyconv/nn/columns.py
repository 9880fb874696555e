"""Layers that lay windows out as columns, and add columns up again."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor
from . import functional as F
from .layer import Layer

__all__ = ["Fold", "Unfold"]


class Unfold(Layer):
    """Lays out every window of ``(N, C, H, W)`` as a column: ``(N, C*prod(kernel_size), L)`` (im2col).

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.Unfold(kernel_size=(2, 3))(tc.zeros(2, 5, 3, 4)).shape
    (2, 30, 4)
    """

    def __init__(self, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1):
        super().__init__()
        self.kernel_size, self.dilation, self.padding, self.stride = kernel_size, dilation, padding, stride

    def forward(self, input: Tensor) -> Tensor:
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)


class Fold(Layer):
    """Adds columns ``(N, C*prod(kernel_size), L)`` up to pictures ``(N, C, *output_size)`` (col2im).

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.Fold((3, 3), kernel_size=2)(tc.ones(1, 4, 4))[0, 0]
    tensor([[1., 2., 1.],
            [2., 4., 2.],
            [1., 2., 1.]])
    """

    def __init__(self, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1):
        super().__init__()
        self.output_size, self.kernel_size = output_size, kernel_size
        self.dilation, self.padding, self.stride = dilation, padding, stride

    def forward(self, input: Tensor) -> Tensor:
        return F.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)
