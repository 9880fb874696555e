"""Transforms of sizes: resize, crop, pad."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...errors import refusal
from ...nn.module import Module
from . import functional as TF
from .modes import InterpolationMode, as_mode

__all__ = ["CenterCrop", "Pad", "Resize"]


class Resize(Module):
    """An image of another size: the parameters of :func:`~tinyconv.vision.transforms.functional.resize`.

    Examples
    --------
    >>> from PIL import Image
    >>> Resize(10)(Image.new("RGB", (40, 20))).size
    (20, 10)
    """

    def __init__(
        self,
        size: int | Sequence[int],
        interpolation: InterpolationMode | int = InterpolationMode.BILINEAR,
        max_size: int | None = None,
        antialias: bool | None = True,
    ):
        super().__init__()
        if not isinstance(size, (int, Sequence)):
            raise refusal("vision.size_kind", "Resize", kind=type(size).__name__)
        if not isinstance(size, int) and len(size) not in (1, 2):
            raise refusal("vision.size", "Resize", size=size)
        self.size, self.max_size, self.antialias = size, max_size, antialias
        self.interpolation = as_mode(interpolation, "Resize")

    def forward(self, img: Any) -> Any:
        """Give :func:`~tinyconv.vision.transforms.functional.resize`."""
        return TF.resize(img, self.size, self.interpolation, self.max_size, self.antialias)

    def extra_repr(self) -> str:
        """Give all parameters."""
        return (
            f"size={self.size}, interpolation={self.interpolation.value}, max_size={self.max_size}, "
            f"antialias={self.antialias}"
        )


class CenterCrop(Module):
    """The middle of an image; one that is too small is padded with 0.

    Parameters
    ----------
    size : int or sequence of int
        ``(height, width)``, or one number for both.
    """

    def __init__(self, size: int | Sequence[int]):
        super().__init__()
        self.size = TF.as_size(size, "CenterCrop")

    def forward(self, img: Any) -> Any:
        """Give :func:`~tinyconv.vision.transforms.functional.center_crop`."""
        return TF.center_crop(img, self.size)

    def extra_repr(self) -> str:
        """Give the size."""
        return f"size={self.size}"


class Pad(Module):
    """More pixels at the sides: the parameters of :func:`~tinyconv.vision.transforms.functional.pad`."""

    def __init__(self, padding: int | Sequence[int], fill: Any = 0, padding_mode: str = "constant"):
        super().__init__()
        TF.as_sides(padding)
        if padding_mode not in TF.PADDING_MODES:
            raise refusal("vision.padding_mode", "Pad", mode=padding_mode)
        self.padding, self.fill, self.padding_mode = padding, fill, padding_mode

    def forward(self, img: Any) -> Any:
        """Give :func:`~tinyconv.vision.transforms.functional.pad`."""
        return TF.pad(img, self.padding, self.fill, self.padding_mode)

    def extra_repr(self) -> str:
        """Give all parameters."""
        return f"padding={self.padding}, fill={self.fill}, padding_mode={self.padding_mode}"
