"""Pooling, unpooling and up-sampling layers of 1, 2 and 3 spatial axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import ops
from ..errors import refusal
from ..tensor import Tensor
from .module import Module

__all__ = [
    "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d", "AvgPool1d", "AvgPool2d", "AvgPool3d", "GlobalAvgPool", "GlobalMaxPool", "MaxPool1d",
    "MaxPool2d", "MaxPool3d", "MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d", "Upsample",
]  # fmt: skip


class _Pool(Module):
    """A layer whose attributes are the arguments of one operation."""

    _ndim: int
    _hidden: dict[str, Any] = {}  # noqa: RUF012 - arguments that are printed only if they differ from this

    def __init__(self, **options: Any):
        super().__init__()
        self._options = tuple(options)
        for name, value in options.items():
            setattr(self, name, value)

    def _arguments(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self._options}

    def extra_repr(self) -> str:
        """What to print between the parentheses."""
        shown = {name: v for name, v in self._arguments().items() if v != self._hidden.get(name, ...)}
        return ", ".join(f"{name}={value}" for name, value in shown.items())


class _MaxPool(_Pool):
    _hidden = {"return_indices": False, "cover_all": False}  # noqa: RUF012

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
        return_indices: bool = False, ceil_mode: bool = False, *, cover_all: bool = False,
    ):  # fmt: skip
        super().__init__(
            kernel_size=kernel_size, stride=kernel_size if stride is None else stride, padding=padding,
            dilation=dilation, ceil_mode=ceil_mode, return_indices=return_indices, cover_all=cover_all,
        )  # fmt: skip

    def forward(self, input: Tensor) -> Any:
        """Take the largest value of each window; ``(values, indices)`` with `return_indices`."""
        return ops.max_pool(input, **self._arguments(), ndim=self._ndim)


class _AvgPool(_Pool):
    _hidden = {"ceil_mode": False, "count_include_pad": True, "divisor_override": None}  # noqa: RUF012

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: int | None = None,
    ):  # fmt: skip
        super().__init__(
            kernel_size=kernel_size, stride=kernel_size if stride is None else stride, padding=padding,
            ceil_mode=ceil_mode, count_include_pad=count_include_pad, divisor_override=divisor_override,
        )  # fmt: skip

    def forward(self, input: Tensor) -> Tensor:
        """Take the mean of each window."""
        return ops.avg_pool(input, **self._arguments(), ndim=self._ndim)


class _MaxUnpool(_Pool):
    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0):
        super().__init__(kernel_size=kernel_size, stride=kernel_size if stride is None else stride, padding=padding)

    def forward(self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Put values back at their indices, zeros elsewhere."""
        return ops.max_unpool(input, indices, **self._arguments(), output_size=output_size, ndim=self._ndim)


class _AdaptiveAvgPool(_Pool):
    def __init__(self, output_size: Any):
        super().__init__(output_size=output_size)

    def forward(self, input: Tensor) -> Tensor:
        """Take the mean of each bin."""
        return ops.adaptive_avg_pool(input, self.output_size, ndim=self._ndim)


class _AdaptiveMaxPool(_Pool):
    _hidden = {"return_indices": False}  # noqa: RUF012

    def __init__(self, output_size: Any, return_indices: bool = False):
        super().__init__(output_size=output_size, return_indices=return_indices)

    def forward(self, input: Tensor) -> Any:
        """Take the largest value of each bin; ``(values, indices)`` with `return_indices`."""
        return ops.adaptive_max_pool(input, self.output_size, self.return_indices, ndim=self._ndim)


class MaxPool1d(_MaxPool):
    """Largest value of each window of ``(N, C, L)``; arguments as :class:`MaxPool2d`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.MaxPool1d(2)(tc.ones(1, 1, 4)).shape
    (1, 1, 2)
    """

    _ndim = 1


class MaxPool2d(_MaxPool):
    """Largest value of each window of ``(N, C, H, W)``.

    Parameters
    ----------
    kernel_size, stride, padding, dilation : int or tuple
        The window; stride defaults to kernel_size.  Padding counts as -inf.
    ceil_mode : bool
        Round the output size up (PyTorch's rule for the last window).
    return_indices : bool
        Also give indices, for :class:`MaxUnpool2d`.
    cover_all : bool
        Chainer's rule for the last window, which is not the same as `ceil_mode`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.MaxPool2d(2)(tc.ones(1, 1, 4, 4)).shape
    (1, 1, 2, 2)
    """

    _ndim = 2


class MaxPool3d(_MaxPool):
    """Largest value of each window of ``(N, C, D, H, W)``; arguments as :class:`MaxPool2d`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.MaxPool3d(2)(tc.ones(1, 1, 4, 4, 4)).shape
    (1, 1, 2, 2, 2)
    """

    _ndim = 3


class AvgPool1d(_AvgPool):
    """Mean of each window of ``(N, C, L)``; see ``functional.avg_pool1d``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.AvgPool1d(2)(tc.ones(1, 1, 4)).shape
    (1, 1, 2)
    """

    _ndim = 1


class AvgPool2d(_AvgPool):
    """Mean of each window of ``(N, C, H, W)``; see ``functional.avg_pool2d``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.AvgPool2d(2)(tc.ones(1, 1, 4, 4)).shape
    (1, 1, 2, 2)
    """

    _ndim = 2


class AvgPool3d(_AvgPool):
    """Mean of each window of ``(N, C, D, H, W)``; see ``functional.avg_pool3d``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.AvgPool3d(2)(tc.ones(1, 1, 4, 4, 4)).shape
    (1, 1, 2, 2, 2)
    """

    _ndim = 3


class MaxUnpool1d(_MaxUnpool):
    """Puts the values of ``MaxPool1d`` back where its indices say, zeros elsewhere.

    Examples
    --------
    >>> import tinyconv as tc
    >>> pool, unpool = tc.nn.MaxPool1d(2, return_indices=True), tc.nn.MaxUnpool1d(2)
    >>> unpool(*pool(tc.ones(1, 1, 4))).shape
    (1, 1, 4)
    """

    _ndim = 1


class MaxUnpool2d(_MaxUnpool):
    """Puts the values of ``MaxPool2d`` back where its indices say, zeros elsewhere.

    Examples
    --------
    >>> import tinyconv as tc
    >>> pool, unpool = tc.nn.MaxPool2d(2, return_indices=True), tc.nn.MaxUnpool2d(2)
    >>> unpool(*pool(tc.ones(1, 1, 4, 4))).shape
    (1, 1, 4, 4)
    """

    _ndim = 2


class MaxUnpool3d(_MaxUnpool):
    """Puts the values of ``MaxPool3d`` back where its indices say, zeros elsewhere.

    Examples
    --------
    >>> import tinyconv as tc
    >>> pool, unpool = tc.nn.MaxPool3d(2, return_indices=True), tc.nn.MaxUnpool3d(2)
    >>> unpool(*pool(tc.ones(1, 1, 4, 4, 4))).shape
    (1, 1, 4, 4, 4)
    """

    _ndim = 3


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """Mean of bins of ``(N, C, L)`` that make the output have `output_size` (None keeps a size).

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.AdaptiveAvgPool1d(1)(tc.ones(1, 1, 4)).shape
    (1, 1, 1)
    """

    _ndim = 1


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """Mean of bins of ``(N, C, H, W)`` that make the output have `output_size` (None keeps a size).

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.AdaptiveAvgPool2d(1)(tc.ones(1, 1, 4, 4)).shape
    (1, 1, 1, 1)
    """

    _ndim = 2


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """Mean of bins of ``(N, C, D, H, W)`` that make the output have `output_size` (None keeps a size).

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.AdaptiveAvgPool3d(1)(tc.ones(1, 1, 4, 4, 4)).shape
    (1, 1, 1, 1, 1)
    """

    _ndim = 3


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """Largest value of bins of ``(N, C, L)`` that make the output have `output_size` (None keeps a size).

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.AdaptiveMaxPool1d(1)(tc.ones(1, 1, 4)).shape
    (1, 1, 1)
    """

    _ndim = 1


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """Largest value of bins of ``(N, C, H, W)`` that make the output have `output_size` (None keeps a size).

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.AdaptiveMaxPool2d(1)(tc.ones(1, 1, 4, 4)).shape
    (1, 1, 1, 1)
    """

    _ndim = 2


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """Largest value of bins of ``(N, C, D, H, W)`` that make the output have `output_size` (None keeps a size).

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.AdaptiveMaxPool3d(1)(tc.ones(1, 1, 4, 4, 4)).shape
    (1, 1, 1, 1, 1)
    """

    _ndim = 3


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
        """Reduce all spatial axes."""
        return input.mean(_spatial_axes(input, "GlobalAvgPool"))


class GlobalMaxPool(Module):
    """Largest value of each channel over all of space: ``(N, C, *D)`` becomes ``(N, C)``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.GlobalMaxPool()(tc.ones(2, 3, 4, 4)).shape
    (2, 3)
    """

    def forward(self, input: Tensor) -> Tensor:
        """Reduce all spatial axes."""
        return input.amax(_spatial_axes(input, "GlobalMaxPool"))


class Upsample(Module):
    """Repeats cells to reach `size`, or a multiple `scale_factor`; mode ``'nearest'`` alone.

    Raises
    ------
    NotImplementedError
        For another mode.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.Upsample(scale_factor=2)(tc.ones(1, 1, 2, 2)).shape
    (1, 1, 4, 4)
    """

    def __init__(self, size: Any = None, scale_factor: Any = None, mode: str = "nearest"):
        super().__init__()
        if mode != "nearest":
            raise refusal("interpolate.mode", "Upsample", mode=mode)
        self.size, self.scale_factor = size, scale_factor

    def forward(self, input: Tensor) -> Tensor:
        """Repeat cells."""
        return ops.upsample_nearest(input, self.size, self.scale_factor)

    def extra_repr(self) -> str:
        """What to print between the parentheses."""
        chosen = f"size={self.size}" if self.size is not None else f"scale_factor={self.scale_factor}"
        return f"{chosen}, mode='nearest'"
