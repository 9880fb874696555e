"""Batch and instance norm that read the number of channels off the first input."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..creation import zeros
from ..tensor import Tensor
from . import init
from .layer import Layer
from .lazy import LazyLayer, positive
from .norm import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
    _RunningNorm,
)
from .parameter import UninitializedBuffer, UninitializedParameter

__all__ = [
    "LazyBatchNorm1d", "LazyBatchNorm2d", "LazyBatchNorm3d", "LazyInstanceNorm1d", "LazyInstanceNorm2d",
    "LazyInstanceNorm3d",
]  # fmt: skip


class _LazyNorm(LazyLayer, _RunningNorm):
    """A norm whose parameters and running values get their one size at the first call, or when they are loaded."""

    _channels: int | None = None  # of a norm that holds nothing which could tell

    def __init__(
        self, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True, track_running_stats: bool = True,
        device: Any = None, dtype: Any = None, *, bias: bool = True,
    ):  # fmt: skip
        Layer.__init__(self)
        self._sized = False
        self.eps, self.momentum, self.affine, self.track_running_stats = eps, momentum, affine, track_running_stats
        at: dict[str, Any] = {"dtype": dtype, "device": device, "pattern": (None,)}
        track = track_running_stats
        self.register_parameter("weight", UninitializedParameter(**at) if affine else None)
        self.register_parameter("bias", UninitializedParameter(**at) if affine and bias else None)
        self.register_buffer("running_mean", UninitializedBuffer(**at) if track else None)
        self.register_buffer("running_var", UninitializedBuffer(**at) if track else None)
        self.register_buffer("num_batches_tracked", zeros((), dtype=np.int64, device=device) if track else None)

    @property
    def num_features(self) -> int | None:  # type: ignore[override]
        """Channels of the input; None before the first call."""
        for member in (self.weight, self.running_mean):
            if member is not None and not isinstance(member, UninitializedParameter):
                return member.shape[0]
        return self._channels

    def _check(self, x: Tensor, channel_axis: int) -> None:
        if not self._sized:
            self._check_ndim(x)
            self._materialize(x, self.num_features or x.shape[channel_axis])
        super()._check(x, channel_axis)

    def _materialize(self, x: Tensor, channels: int) -> None:
        """Give every vector its size and its first value: 1 to factors and variances, 0 to the others."""
        positive(type(self).__name__, num_features=channels)
        self._channels = channels
        for member in self._lazy_members():
            member.materialize((channels,), like=x)
            if member is self.weight or member is self.running_var:
                init.ones_(member)
        count, mean = self.num_batches_tracked, self.running_mean
        if count is not None and mean is not None and count.device != mean.device:
            count.array = mean.device.asarray(count.array)

    def _become(self, cls: type[Layer]) -> None:
        channels = self.num_features
        super()._become(cls)
        self.num_features = channels  # type: ignore[misc]

    def _stay_lazy(self, members: list[tuple[UninitializedParameter, dict[str, Any]]]) -> None:
        super()._stay_lazy(members)
        self._channels = None


class LazyBatchNorm1d(_LazyNorm, BatchNorm1d):
    """:class:`BatchNorm1d` without ``num_features``, under PyTorch's name.

    Examples
    --------
    >>> import tinyconv as tc
    >>> norm = tc.nn.LazyBatchNorm1d()
    >>> norm(tc.randn(4, 3)).shape, norm.num_features
    ((4, 3), 3)
    """

    cls_to_become = BatchNorm1d


class LazyBatchNorm2d(_LazyNorm, BatchNorm2d):
    """:class:`BatchNorm2d` without ``num_features``, under PyTorch's name."""

    cls_to_become = BatchNorm2d


class LazyBatchNorm3d(_LazyNorm, BatchNorm3d):
    """:class:`BatchNorm3d` without ``num_features``, under PyTorch's name."""

    cls_to_become = BatchNorm3d


class LazyInstanceNorm1d(_LazyNorm, InstanceNorm1d):
    """:class:`InstanceNorm1d` without ``num_features``, under PyTorch's name.

    `affine` and `track_running_stats` are True by default, other than there.
    """

    cls_to_become = InstanceNorm1d


class LazyInstanceNorm2d(_LazyNorm, InstanceNorm2d):
    """:class:`InstanceNorm2d` without ``num_features``, under PyTorch's name; see :class:`LazyInstanceNorm1d`."""

    cls_to_become = InstanceNorm2d


class LazyInstanceNorm3d(_LazyNorm, InstanceNorm3d):
    """:class:`InstanceNorm3d` without ``num_features``, under PyTorch's name; see :class:`LazyInstanceNorm1d`."""

    cls_to_become = InstanceNorm3d
