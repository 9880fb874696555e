"""Layers that resize pictures, or trade channels for pixels."""

from __future__ import annotations

from typing import Any

from ..arguments import checked
from ..errors import refusal
from ..ops.resize import AXES_OF, WITHOUT_CORNERS
from ..tensor import Tensor
from . import functional as F
from .layer import Layer
from .module import Module

__all__ = [
    "ChannelShuffle", "PixelShuffle", "PixelUnshuffle", "Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d",
]  # fmt: skip


class Upsample(Module):
    """Resizes to `size`, or by `scale_factor`, as ``functional.interpolate``; `mode` says how.

    Raises
    ------
    NotImplementedError
        For an unknown mode.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.Upsample(scale_factor=2)(tc.ones(1, 1, 2, 2)).shape
    (1, 1, 4, 4)
    >>> tc.nn.Upsample(size=5, mode="bilinear", align_corners=True)
    Upsample(size=5, mode='bilinear')
    """

    @checked
    def __init__(
        self, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ):  # fmt: skip
        super().__init__()
        if mode not in AXES_OF and mode not in WITHOUT_CORNERS:
            modes = ", ".join([*WITHOUT_CORNERS, *AXES_OF])
            raise refusal("interpolate.mode", type(self).__name__, mode=mode, modes=modes)
        self.size, self.scale_factor, self.mode = size, scale_factor, mode
        self.align_corners, self.recompute_scale_factor = align_corners, recompute_scale_factor

    def forward(self, input: Tensor) -> Tensor:
        return F.interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor
        )

    def extra_repr(self) -> str:
        factor = self.scale_factor
        factor = tuple(map(float, factor)) if isinstance(factor, (tuple, list)) else float(factor or 0)
        chosen = f"size={self.size}" if self.size is not None else f"scale_factor={factor}"
        return f"{chosen}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """:class:`Upsample` with mode ``'nearest'``, by its old name."""

    def __init__(self, size: Any = None, scale_factor: Any = None):
        super().__init__(size, scale_factor)


class UpsamplingBilinear2d(Upsample):
    """:class:`Upsample` with mode ``'bilinear'`` and aligned corners, by its old name."""

    def __init__(self, size: Any = None, scale_factor: Any = None):
        super().__init__(size, scale_factor, "bilinear", align_corners=True)


class PixelShuffle(Layer):
    """Lays ``r**2`` channels out as blocks of r by r pixels: ``(*, C*r**2, H, W)`` becomes ``(*, C, H*r, W*r)``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.PixelShuffle(2)(tc.zeros(1, 8, 3, 3)).shape
    (1, 2, 6, 6)
    """

    def __init__(self, upscale_factor: int):
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return F.pixel_shuffle(input, self.upscale_factor)


class PixelUnshuffle(Layer):
    """Undoes :class:`PixelShuffle`: ``(*, C, H*r, W*r)`` becomes ``(*, C*r**2, H, W)``."""

    def __init__(self, downscale_factor: int):
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return F.pixel_unshuffle(input, self.downscale_factor)


class ChannelShuffle(Layer):
    """Deals the channels of ``(N, C, *)`` anew, one of each group in turn."""

    def __init__(self, groups: int):
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        return F.channel_shuffle(input, self.groups)
