"""Convolution layers of 1, 2 and 3 spatial axes: one body, three names each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import refusal
from ..kernels.geometry import as_pairs, as_tuple
from ..ops.checks import check_groups
from ..tensor import Tensor
from . import functional as F
from .lazy import WeightedLayer, positive
from .parameter import UninitializedParameter

__all__ = [
    "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d", "DeformConv2d",
    "LazyConv1d", "LazyConv2d", "LazyConv3d", "LazyConvTranspose1d", "LazyConvTranspose2d", "LazyConvTranspose3d",
]  # fmt: skip

_MODES = ("zeros", "reflect", "replicate", "circular")


class _ConvNd(WeightedLayer):
    """Arguments and printing that convolution and transposed convolution share."""

    _transposed = False

    def __init__(
        self, in_channels: int | None, out_channels: int, kernel_size: Any, *, stride: Any, padding: Any,
        dilation: Any, groups: int, bias: bool, padding_mode: str = "zeros", device: Any, dtype: Any,
    ):  # fmt: skip
        super().__init__()
        name, n = type(self).__name__, self._ndim
        positive(name, out_channels=out_channels, groups=groups)
        if in_channels is not None:
            positive(name, in_channels=in_channels)
            check_groups(in_channels, out_channels, groups, name)
        if padding_mode not in _MODES:
            raise refusal("conv.padding_mode", name, modes=_MODES, mode=padding_mode)
        self.out_channels, self.groups, self.padding_mode = out_channels, groups, padding_mode
        self.kernel_size = as_tuple(kernel_size, n, "kernel_size", function=name)
        self.stride = as_tuple(stride, n, "stride", function=name)
        self.dilation = as_tuple(dilation, n, "dilation", function=name)
        pairs = as_pairs(padding, self.kernel_size, self.stride, self.dilation, name)
        even = all(lo == hi for lo, hi in pairs)
        self.padding: Any = padding if isinstance(padding, str) or not even else tuple(lo for lo, _ in pairs)
        self._fans = {"groups": groups, "transposed": self._transposed}
        self._make_parameters(in_channels, out_channels, bias, device, dtype)

    @property
    def in_channels(self) -> int | None:
        """Channels of the input; None before a lazy layer's first call."""
        if isinstance(self.weight, UninitializedParameter):
            return None
        return self.weight.shape[0] if self._transposed else self.weight.shape[1] * self.groups

    def _weight_shape(self, in_size: int) -> tuple[int, ...]:
        check_groups(in_size, self.out_channels, self.groups, type(self).__name__)
        rows, columns = (in_size, self.out_channels) if self._transposed else (self.out_channels, in_size)
        return (rows, columns // self.groups, *self.kernel_size)

    def _ready(self, x: Tensor) -> None:
        if not self._sized and isinstance(self.weight, UninitializedParameter):
            unbatched, batched = self._ndim + 1, self._ndim + 2
            if x.ndim not in (unbatched, batched):
                raise refusal("conv.lazy_input", type(self).__name__, x=x, unbatched=unbatched, batched=batched)
            self._materialize(x, x.shape[x.ndim - unbatched])

    def extra_repr(self) -> str:
        parts = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"]
        ones, zeros = (1,) * self._ndim, (0,) * self._ndim
        optional: dict[str, tuple[Any, Any]] = {
            "padding": (self.padding, zeros),
            "dilation": (self.dilation, ones),
            "output_padding": (getattr(self, "output_padding", zeros), zeros),
            "groups": (self.groups, 1),
            "bias": (self.bias is not None, True),
            "padding_mode": (self.padding_mode, "zeros"),
            "cover_all": (getattr(self, "cover_all", False), False),
        }
        parts += [f"{name}={value}" for name, (value, default) in optional.items() if value != default]
        return ", ".join(parts)


class _Conv(_ConvNd):
    """Convolution.

    Parameters
    ----------
    in_channels : int or None
        Channels of the input; None reads them off the first input.
    out_channels : int
        Channels of the result: the number of kernels.
    kernel_size : int or tuple
        Size of the window.
    stride, dilation : int or tuple
        Step of the window; distance of its taps.
    padding : int, tuple, pairs, 'same' or 'valid'
        Cells added around; ``((before, after), ...)`` may be asymmetric.
    groups : int
        Independent convolutions over equal shares of the channels; ``groups=in_channels`` is depthwise.
    bias : bool
        Whether to add one number per output channel.
    padding_mode : {'zeros', 'reflect', 'replicate', 'circular'}
        What the added cells hold.
    cover_all : bool
        Chainer's rule: pad after the end until every input cell is seen.

    Attributes
    ----------
    weight : Parameter
        ``(out_channels, in_channels/groups, {taps})``.
    bias : Parameter or None
        ``(out_channels,)``.

    Raises
    ------
    ValueError
        For arguments out of range, or groups that do not divide the channels.
    RuntimeError
        At a call, if channels do not fit, the kernel is larger than the padded input, or the input is not
        of a float dtype.

    Notes
    -----
    The output has ``floor((i + 2*padding - dilation*(k - 1) - 1)/stride) + 1`` cells where the input has ``i``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.Conv2d(64, 32, 3)(tc.zeros(8, 64, 16, 16)).shape
    (8, 32, 14, 14)
    >>> tc.nn.Conv2d(None, 5, 3, stride=2)
    Conv2d(None, 5, kernel_size=(3, 3), stride=(2, 2))
    """

    def __init__(
        self, in_channels: int | None, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        dilation: Any = 1, groups: int = 1, bias: bool = True, padding_mode: str = "zeros", device: Any = None,
        dtype: Any = None, *, cover_all: bool = False,
    ):  # fmt: skip
        super().__init__(
            in_channels, out_channels, kernel_size, stride=stride, padding=padding, dilation=dilation, groups=groups,
            bias=bias, padding_mode=padding_mode, device=device, dtype=dtype,
        )  # fmt: skip
        self.cover_all = cover_all

    def forward(self, input: Tensor) -> Tensor:
        self._ready(input)
        return F.conv(
            self._ndim, input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups,
            cover_all=self.cover_all, padding_mode=self.padding_mode,
        )  # fmt: skip


class Conv1d(_Conv, ndim=1):
    """1-d convolution of ``(N, C_in, L)`` (cross-correlation, as everywhere in deep learning)."""


class Conv2d(_Conv, ndim=2):
    """2-d convolution of ``(N, C_in, H, W)`` (cross-correlation, as everywhere in deep learning)."""


class Conv3d(_Conv, ndim=3):
    """3-d convolution of ``(N, C_in, D, H, W)`` (cross-correlation, as everywhere in deep learning)."""


class _LazyConv(_Conv):
    def __init__(
        self, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
        groups: int = 1, bias: bool = True, padding_mode: str = "zeros", device: Any = None, dtype: Any = None, *,
        cover_all: bool = False,
    ):  # fmt: skip
        super().__init__(
            None, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, device, dtype,
            cover_all=cover_all,
        )  # fmt: skip


class LazyConv1d(_LazyConv, Conv1d):
    """:class:`Conv1d` without ``in_channels``, under PyTorch's name."""

    cls_to_become = Conv1d


class LazyConv2d(_LazyConv, Conv2d):
    """:class:`Conv2d` without ``in_channels``, under PyTorch's name."""

    cls_to_become = Conv2d


class LazyConv3d(_LazyConv, Conv3d):
    """:class:`Conv3d` without ``in_channels``, under PyTorch's name."""

    cls_to_become = Conv3d


class _ConvTranspose(_ConvNd):
    """Transposed convolution.

    Parameters
    ----------
    in_channels : int or None
        Channels of the input; None reads them off the first input.
    output_padding : int or tuple
        Cells added at the end of the result; smaller than stride or dilation.
    out_channels, kernel_size, stride, padding, groups, bias, dilation
        As in ``Conv{ndim}d``, of the convolution that it transposes.

    Attributes
    ----------
    weight : Parameter
        ``(in_channels, out_channels/groups, {taps})``.

    Notes
    -----
    Where the input has ``i`` cells, the output has
    ``(i - 1)*stride - 2*padding + dilation*(k - 1) + output_padding + 1``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.ConvTranspose2d(32, 64, 3)(tc.zeros(8, 32, 6, 6)).shape
    (8, 64, 8, 8)
    >>> up = tc.nn.ConvTranspose2d(1, 1, 3, stride=2, padding=1)
    >>> up(tc.zeros(1, 1, 6, 6), output_size=(12, 12)).shape
    (1, 1, 12, 12)
    """

    _transposed = True
    _in_axis = 0

    def __init__(
        self, in_channels: int | None, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        output_padding: Any = 0, groups: int = 1, bias: bool = True, dilation: Any = 1, padding_mode: str = "zeros",
        device: Any = None, dtype: Any = None,
    ):  # fmt: skip
        if padding_mode != "zeros":
            raise refusal("conv.transposed_padding_mode", type(self).__name__, mode=padding_mode)
        if isinstance(padding, str):
            raise refusal("conv.transposed_padding", type(self).__name__, padding=padding)
        super().__init__(
            in_channels, out_channels, kernel_size, stride=stride, padding=padding, dilation=dilation, groups=groups,
            bias=bias, device=device, dtype=dtype,
        )  # fmt: skip
        self.output_padding = as_tuple(output_padding, self._ndim, "output_padding", 0, type(self).__name__)

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Spread ``(N, C_in, *D)`` or ``(C_in, *D)``; `output_size` may choose the result's size."""
        self._ready(input)
        return F.conv_transpose(
            self._ndim, input, self.weight, self.bias, stride=self.stride, padding=self.padding,
            output_padding=self.output_padding, groups=self.groups, dilation=self.dilation, output_size=output_size,
        )  # fmt: skip


class ConvTranspose1d(_ConvTranspose, ndim=1):
    """1-d transposed convolution of ``(N, C_in, L)``: the adjoint, not the inverse, of a convolution."""


class ConvTranspose2d(_ConvTranspose, ndim=2):
    """2-d transposed convolution of ``(N, C_in, H, W)``: the adjoint, not the inverse, of a convolution."""


class ConvTranspose3d(_ConvTranspose, ndim=3):
    """3-d transposed convolution of ``(N, C_in, D, H, W)``: the adjoint, not the inverse, of a convolution."""


class _LazyConvTranspose(_ConvTranspose):
    def __init__(
        self, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
        groups: int = 1, bias: bool = True, dilation: Any = 1, padding_mode: str = "zeros", device: Any = None,
        dtype: Any = None,
    ):  # fmt: skip
        super().__init__(
            None, out_channels, kernel_size, stride, padding, output_padding, groups, bias, dilation, padding_mode,
            device, dtype,
        )  # fmt: skip


class LazyConvTranspose1d(_LazyConvTranspose, ConvTranspose1d):
    """:class:`ConvTranspose1d` without ``in_channels``, under PyTorch's name."""

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(_LazyConvTranspose, ConvTranspose2d):
    """:class:`ConvTranspose2d` without ``in_channels``, under PyTorch's name."""

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(_LazyConvTranspose, ConvTranspose3d):
    """:class:`ConvTranspose3d` without ``in_channels``, under PyTorch's name."""

    cls_to_become = ConvTranspose3d


class DeformConv2d(_ConvNd):
    """2-d convolution whose taps are moved by offsets given at the call; see ``functional.deform_conv2d``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> layer = tc.nn.DeformConv2d(4, 2, 3, padding=1)
    >>> layer(tc.zeros(1, 4, 5, 5), tc.zeros(1, 18, 5, 5)).shape
    (1, 2, 5, 5)
    """

    _ndim = 2

    def __init__(
        self, in_channels: int | None, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        dilation: Any = 1, groups: int = 1, bias: bool = True, device: Any = None, dtype: Any = None,
    ):  # fmt: skip
        super().__init__(
            in_channels, out_channels, kernel_size, stride=stride, padding=padding, dilation=dilation, groups=groups,
            bias=bias, device=device, dtype=dtype,
        )  # fmt: skip

    def forward(self, input: Tensor, offset: Tensor, mask: Tensor | None = None) -> Tensor:
        """Convolve with each tap moved by its ``(y, x)`` in `offset`, times its factor in `mask`."""
        self._ready(input)
        return F.deform_conv2d(
            input, offset, self.weight, self.bias, stride=self.stride, padding=self.padding, dilation=self.dilation,
            mask=mask,
        )  # fmt: skip
