"""Normalisation layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..creation import ones, zeros
from ..errors import phrase, refusal
from ..tensor import Tensor
from . import functional as F
from .layer import Layer
from .lazy import positive
from .parameter import Parameter

__all__ = [
    "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "GroupNorm", "InstanceNorm1d", "InstanceNorm2d",
    "InstanceNorm3d", "LayerNorm",
]  # fmt: skip


class _Affine(Layer):
    """A layer with an optional learnt factor and offset per channel (or element)."""

    weight: Parameter | None
    bias: Parameter | None

    def _make_affine(self, shape: tuple[int, ...], affine: bool, device: Any, dtype: Any, bias: bool = True) -> None:
        at: dict[str, Any] = {"dtype": dtype, "device": device}
        self.register_parameter("weight", Parameter(ones(shape, **at)) if affine else None)
        self.register_parameter("bias", Parameter(zeros(shape, **at)) if affine and bias else None)


class _RunningNorm(_Affine):
    """What batch norm and instance norm share: running mean and variance, and their checks."""

    _ndims: tuple[int, ...]
    _newer_names = ("num_batches_tracked",)
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self, num_features: int, eps: float, momentum: float | None, affine: bool, track_running_stats: bool,
        device: Any, dtype: Any, bias: bool,
    ):  # fmt: skip
        super().__init__()
        positive(type(self).__name__, num_features=num_features)
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        self._make_affine((num_features,), affine, device, dtype, bias)
        at: dict[str, Any] = {"dtype": dtype, "device": device}
        track = track_running_stats
        self.register_buffer("running_mean", zeros(num_features, **at) if track else None)
        self.register_buffer("running_var", ones(num_features, **at) if track else None)
        self.register_buffer("num_batches_tracked", zeros((), dtype=np.int64, device=device) if track else None)

    def _check_ndim(self, x: Tensor) -> None:
        if x.ndim not in self._ndims:
            wanted = phrase("norm.or").join(f"{n}D" for n in self._ndims)
            raise refusal("norm.ndim", type(self).__name__, wanted=wanted, x=x)

    def _check(self, x: Tensor, channel_axis: int) -> None:
        self._check_ndim(x)
        name, expected = type(self).__name__, self.num_features
        if (channels := x.shape[channel_axis]) != expected:
            raise refusal("norm.channels", name, expected=expected, axis=channel_axis, x=x, channels=channels)

    def _next_momentum(self) -> float:
        """Count a training batch; with momentum None the running values are the mean of all batches."""
        if self.num_batches_tracked is None:
            return self.momentum or 0.0
        self.num_batches_tracked += 1
        return 1.0 / int(self.num_batches_tracked) if self.momentum is None else self.momentum

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(_RunningNorm):
    """Batch normalisation.

    Each channel gets mean 0 and variance 1, then a learnt scale and shift.
    In training it uses the batch's own mean and variance and moves the running ones towards them by
    `momentum` (None: takes the mean of all batches); in evaluation it uses the running ones.

    Parameters
    ----------
    num_features : int
        Channels.
    eps : float
        Added to the variance.
    affine, track_running_stats, bias : bool
        Whether to learn scale and shift; whether to keep running values; with `affine`, whether to learn the shift.

    Raises
    ------
    ValueError
        For input of another number of dimensions, or a single value per channel in training.

    References
    ----------
    S. Ioffe and C. Szegedy, "Batch normalization", ICML 2015.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.BatchNorm2d(3)(tc.randn(4, 3, 5, 5)).shape
    (4, 3, 5, 5)
    """

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True, device: Any = None, dtype: Any = None, *, bias: bool = True,
    ):  # fmt: skip
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias)

    def forward(self, input: Tensor) -> Tensor:
        self._check(input, 1)
        batch_statistics = self.training or self.running_mean is None
        momentum = self._next_momentum() if self.training else 0.0
        return F.batch_norm(
            input, self.running_mean, self.running_var, self.weight, self.bias, training=batch_statistics,
            momentum=momentum, eps=self.eps,
        )  # fmt: skip


class BatchNorm1d(_BatchNorm, ndim=1):
    """Batch normalisation of ``(N, C)`` or ``(N, C, L)``."""

    _ndims = (2, 3)


class BatchNorm2d(_BatchNorm, ndim=2):
    """Batch normalisation of ``(N, C, H, W)``."""

    _ndims = (4,)


class BatchNorm3d(_BatchNorm, ndim=3):
    """Batch normalisation of ``(N, C, D, H, W)``."""

    _ndims = (5,)


class _InstanceNorm(_RunningNorm):
    """Instance normalisation.

    References
    ----------
    D. Ulyanov, A. Vedaldi and V. Lempitsky, "Instance normalization", arXiv:1607.08022, 2016.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.InstanceNorm1d(3)(tc.randn(4, 3, 5)).shape
    (4, 3, 5)
    """

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = False,
        track_running_stats: bool = False, device: Any = None, dtype: Any = None, *, bias: bool = True,
    ):  # fmt: skip
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias)

    def forward(self, input: Tensor) -> Tensor:
        batched = input.ndim == self._ndims[-1]
        self._check(input, 1 if batched else 0)
        own_statistics = self.training or not self.track_running_stats
        momentum = self.momentum or 0.0  # batches are not counted here, as PyTorch does not
        y = F.instance_norm(
            input if batched else input.unsqueeze(0), self.running_mean, self.running_var, self.weight, self.bias,
            use_input_stats=own_statistics, momentum=momentum, eps=self.eps,
        )  # fmt: skip
        return y if batched else y.squeeze(0)


class InstanceNorm1d(_InstanceNorm, ndim=1):
    """Instance normalisation of ``(N, C, L)`` or ``(C, L)``: each channel of each sample by itself."""

    _ndims = (2, 3)


class InstanceNorm2d(_InstanceNorm, ndim=2):
    """Instance normalisation of ``(N, C, H, W)`` or ``(C, H, W)``: each channel of each sample by itself."""

    _ndims = (3, 4)


class InstanceNorm3d(_InstanceNorm, ndim=3):
    """Instance normalisation of ``(N, C, D, H, W)`` or ``(C, D, H, W)``: each channel of each sample by itself."""

    _ndims = (4, 5)


class LayerNorm(_Affine):
    """Normalises the last dimensions, whose sizes are `normalized_shape`, then scales and shifts each element.

    References
    ----------
    J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer normalization", arXiv:1607.06450, 2016.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.LayerNorm(3)(tc.randn(2, 3)).shape
    (2, 3)
    """

    def __init__(
        self, normalized_shape: int | Sequence[int], eps: float = 1e-5, elementwise_affine: bool = True,
        bias: bool = True, device: Any = None, dtype: Any = None,
    ):  # fmt: skip
        super().__init__()
        shape = tuple(normalized_shape) if isinstance(normalized_shape, Sequence) else (int(normalized_shape),)
        self.normalized_shape, self.eps, self.elementwise_affine = shape, eps, elementwise_affine
        self._make_affine(shape, elementwise_affine, device, dtype, bias)

    def forward(self, input: Tensor) -> Tensor:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        shown = f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        return f"{shown}, bias={self.bias is not None}"


class GroupNorm(_Affine):
    """Normalises each sample's groups of channels over channels and space, then scales and shifts each channel.

    Raises
    ------
    ValueError
        If the groups do not divide the channels.

    References
    ----------
    Y. Wu and K. He, "Group normalization", ECCV 2018.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.GroupNorm(2, 4)(tc.randn(2, 4, 3, 3)).shape
    (2, 4, 3, 3)
    """

    def __init__(
        self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True, device: Any = None,
        dtype: Any = None, *, bias: bool = True,
    ):  # fmt: skip
        super().__init__()
        positive("GroupNorm", num_groups=num_groups, num_channels=num_channels)
        if num_channels % num_groups:
            quotient, rest = divmod(num_channels, num_groups)
            raise refusal(
                "norm.groups", "GroupNorm", channels=num_channels, groups=num_groups, quotient=quotient, rest=rest
            )
        self.num_groups, self.num_channels, self.eps, self.affine = num_groups, num_channels, eps, affine
        self._make_affine((num_channels,), affine, device, dtype, bias)

    def forward(self, input: Tensor) -> Tensor:
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        shown = f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}"
        return f"{shown}, bias={self.bias is not None}"
