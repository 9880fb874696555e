"""Pooling and unpooling layers of 1, 2 and 3 spatial axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import refusal
from ..tensor import Tensor
from . import functional as F
from .layer import Layer
from .module import Module

__all__ = [
    "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d", "AvgPool1d", "AvgPool2d", "AvgPool3d", "GlobalAvgPool", "GlobalMaxPool", "MaxPool1d",
    "MaxPool2d", "MaxPool3d", "MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d",
]  # fmt: skip


class _MaxPool(Layer):
    """Largest value of each window.

    Parameters
    ----------
    kernel_size, stride, padding, dilation : int or tuple
        The window; stride defaults to kernel_size.  Padding counts as -inf.
    ceil_mode : bool
        Round the output size up (PyTorch's rule for the last window).
    return_indices : bool
        Give ``(values, indices)``, for ``MaxUnpool{ndim}d``.
    cover_all : bool
        Chainer's rule for the last window, which is not the same as `ceil_mode`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.MaxPool2d(2)(tc.ones(1, 1, 4, 4)).shape
    (1, 1, 2, 2)
    """

    _shown = ("stride", "ceil_mode")

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
        return_indices: bool = False, ceil_mode: bool = False, *, cover_all: bool = False,
    ):  # fmt: skip
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode, self.cover_all = return_indices, ceil_mode, cover_all

    def forward(self, input: Tensor) -> Any:
        return F.max_pool(
            self._ndim, input, self.kernel_size, self.stride, self.padding, self.dilation,
            ceil_mode=self.ceil_mode, return_indices=self.return_indices, cover_all=self.cover_all,
        )  # fmt: skip


class MaxPool1d(_MaxPool, ndim=1):
    """Largest value of each window of ``(N, C, L)``."""


class MaxPool2d(_MaxPool, ndim=2):
    """Largest value of each window of ``(N, C, H, W)``."""


class MaxPool3d(_MaxPool, ndim=3):
    """Largest value of each window of ``(N, C, D, H, W)``."""


class _AvgPool(Layer):
    """Mean of each window.

    Parameters
    ----------
    kernel_size, stride, padding : int or tuple
        The window; stride defaults to kernel_size.
    ceil_mode : bool
        Round the output size up (PyTorch's rule for the last window).
    count_include_pad : bool
        Whether padding counts in the divisor.
    divisor_override : int, optional
        Divide every window's sum by this instead.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.AvgPool2d(2)(tc.ones(1, 1, 4, 4)).shape
    (1, 1, 2, 2)
    """

    _shown = ("stride",)

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: int | None = None,
    ):  # fmt: skip
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.ceil_mode = padding, ceil_mode
        self.count_include_pad, self.divisor_override = count_include_pad, divisor_override

    def forward(self, input: Tensor) -> Tensor:
        return F.avg_pool(
            self._ndim, input, self.kernel_size, self.stride, self.padding, ceil_mode=self.ceil_mode,
            count_include_pad=self.count_include_pad, divisor_override=self.divisor_override,
        )  # fmt: skip


class AvgPool1d(_AvgPool, ndim=1):
    """Mean of each window of ``(N, C, L)``."""


class AvgPool2d(_AvgPool, ndim=2):
    """Mean of each window of ``(N, C, H, W)``."""


class AvgPool3d(_AvgPool, ndim=3):
    """Mean of each window of ``(N, C, D, H, W)``."""


class _MaxUnpool(Layer):
    """Puts pooled values back.

    It is called with what ``MaxPool{ndim}d(..., return_indices=True)`` gave, and has the same arguments.

    Examples
    --------
    >>> import tinyconv as tc
    >>> pool, unpool = tc.nn.MaxPool1d(2, return_indices=True), tc.nn.MaxUnpool1d(2)
    >>> unpool(*pool(tc.tensor([[[1.0, 4.0, 3.0, 2.0]]])))
    tensor([[[0., 4., 3., 0.]]])
    """

    _shown = ("stride",)

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0):
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding = padding

    def forward(self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Put values back; `output_size` chooses among the sizes that pool to the input's."""
        return F.max_unpool(self._ndim, input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool1d(_MaxUnpool, ndim=1):
    """Puts the values of ``MaxPool1d`` back where its indices say, zeros elsewhere."""


class MaxUnpool2d(_MaxUnpool, ndim=2):
    """Puts the values of ``MaxPool2d`` back where its indices say, zeros elsewhere."""


class MaxUnpool3d(_MaxUnpool, ndim=3):
    """Puts the values of ``MaxPool3d`` back where its indices say, zeros elsewhere."""


class _AdaptiveAvgPool(Layer):
    """Mean of each bin.

    `output_size` is one size, or one per axis; None keeps an axis as it is.  The bins are those of
    ``functional.adaptive_avg_pool{ndim}d``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.AdaptiveAvgPool2d((1, None))(tc.ones(1, 1, 4, 4)).shape
    (1, 1, 1, 4)
    """

    def __init__(self, output_size: Any):
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        return F.adaptive_avg_pool(self._ndim, input, self.output_size)


class AdaptiveAvgPool1d(_AdaptiveAvgPool, ndim=1):
    """Mean of as many bins of ``(N, C, L)`` as the output is to have cells."""


class AdaptiveAvgPool2d(_AdaptiveAvgPool, ndim=2):
    """Mean of as many bins of ``(N, C, H, W)`` as the output is to have cells."""


class AdaptiveAvgPool3d(_AdaptiveAvgPool, ndim=3):
    """Mean of as many bins of ``(N, C, D, H, W)`` as the output is to have cells."""


class _AdaptiveMaxPool(Layer):
    """Largest value of each bin.

    `output_size` is one size, or one per axis; None keeps an axis as it is.  With `return_indices` it gives
    ``(values, indices)``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.AdaptiveMaxPool2d(1)(tc.ones(1, 1, 4, 4)).shape
    (1, 1, 1, 1)
    """

    def __init__(self, output_size: Any, return_indices: bool = False):
        super().__init__()
        self.output_size, self.return_indices = output_size, return_indices

    def forward(self, input: Tensor) -> Any:
        return F.adaptive_max_pool(self._ndim, input, self.output_size, self.return_indices)


class AdaptiveMaxPool1d(_AdaptiveMaxPool, ndim=1):
    """Largest value of as many bins of ``(N, C, L)`` as the output is to have cells."""


class AdaptiveMaxPool2d(_AdaptiveMaxPool, ndim=2):
    """Largest value of as many bins of ``(N, C, H, W)`` as the output is to have cells."""


class AdaptiveMaxPool3d(_AdaptiveMaxPool, ndim=3):
    """Largest value of as many bins of ``(N, C, D, H, W)`` as the output is to have cells."""


def _spatial_axes(x: Tensor, layer: str) -> tuple[int, ...]:
    if x.ndim < 3:
        raise refusal("pool.no_space", layer, x=x)
    return tuple(range(2, x.ndim))


class GlobalAvgPool(Module):
    """Mean of each channel over all of space: ``(N, C, *D)`` becomes ``(N, C)``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.GlobalAvgPool()(tc.ones(2, 3, 4, 4)).shape
    (2, 3)
    """

    def forward(self, input: Tensor) -> Tensor:
        return input.mean(_spatial_axes(input, "GlobalAvgPool"))


class GlobalMaxPool(Module):
    """Largest value of each channel over all of space: ``(N, C, *D)`` becomes ``(N, C)``."""

    def forward(self, input: Tensor) -> Tensor:
        return input.amax(_spatial_axes(input, "GlobalMaxPool"))
