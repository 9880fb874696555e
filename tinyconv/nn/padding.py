"""Padding layers: zeros, a constant, the mirrored or repeated border, or the opposite side."""

from __future__ import annotations

from collections.abc import Sequence

from ..kernels.geometry import as_tuple
from ..tensor import Tensor
from . import functional as F
from .layer import Layer

__all__ = [
    "CircularPad1d", "CircularPad2d", "CircularPad3d", "ConstantPad1d", "ConstantPad2d", "ConstantPad3d",
    "ReflectionPad1d", "ReflectionPad2d", "ReflectionPad3d", "ReplicationPad1d", "ReplicationPad2d",
    "ReplicationPad3d", "ZeroPad1d", "ZeroPad2d", "ZeroPad3d",
]  # fmt: skip


class _Pad(Layer):
    """Pads ``({axes})``.

    `padding` is one number of cells for every side, or one per side: before and after on the last axis, then on the
    one before it.  Negative numbers crop where ``functional.pad`` does.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.ReflectionPad1d((2, 0))(tc.tensor([[[1.0, 2.0, 3.0]]]))
    tensor([[[3., 2., 1., 2., 3.]]])
    """

    _mode = "constant"
    _value = 0.0

    def __init__(self, padding: int | Sequence[int]):
        super().__init__()
        least = -(2**31)  # negative ones crop
        self.padding = as_tuple(padding, 2 * self._ndim, "padding", least, type(self).__name__)

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, self._mode, self._value)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPad(_Pad):
    __doc__ = _Pad.__doc__

    def __init__(self, padding: int | Sequence[int], value: float):
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class _ReflectionPad(_Pad):
    __doc__ = _Pad.__doc__
    _mode = "reflect"


class _ReplicationPad(_Pad):
    __doc__ = _Pad.__doc__
    _mode = "replicate"


class _CircularPad(_Pad):
    __doc__ = _Pad.__doc__
    _mode = "circular"


class ZeroPad1d(_Pad, ndim=1):
    """Zeros around the last axis."""


class ZeroPad2d(_Pad, ndim=2):
    """Zeros around the last two axes."""


class ZeroPad3d(_Pad, ndim=3):
    """Zeros around the last three axes."""


class ConstantPad1d(_ConstantPad, ndim=1):
    """One number around the last axis."""


class ConstantPad2d(_ConstantPad, ndim=2):
    """One number around the last two axes."""


class ConstantPad3d(_ConstantPad, ndim=3):
    """One number around the last three axes."""


class ReflectionPad1d(_ReflectionPad, ndim=1):
    """The last axis mirrored about its border cells."""


class ReflectionPad2d(_ReflectionPad, ndim=2):
    """The last two axes mirrored about their border cells."""


class ReflectionPad3d(_ReflectionPad, ndim=3):
    """The last three axes mirrored about their border cells."""


class ReplicationPad1d(_ReplicationPad, ndim=1):
    """The border cells of the last axis repeated."""


class ReplicationPad2d(_ReplicationPad, ndim=2):
    """The border cells of the last two axes repeated."""


class ReplicationPad3d(_ReplicationPad, ndim=3):
    """The border cells of the last three axes repeated."""


class CircularPad1d(_CircularPad, ndim=1):
    """The last axis continued from its other end."""


class CircularPad2d(_CircularPad, ndim=2):
    """The last two axes continued from their other ends."""


class CircularPad3d(_CircularPad, ndim=3):
    """The last three axes continued from their other ends."""
