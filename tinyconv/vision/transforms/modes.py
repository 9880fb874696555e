"""How values between pixels are found."""

from __future__ import annotations

from enum import Enum
from typing import Any

from PIL import Image

from ...errors import refusal

__all__ = ["InterpolationMode", "as_mode", "pillow_mode"]


class InterpolationMode(Enum):
    """Names of the ways to find a value between pixels.

    On Tensors: nearest, nearest-exact, bilinear and, in ``resize``, bicubic.  Pillow has no nearest-exact of its own:
    its nearest is that.

    Examples
    --------
    >>> InterpolationMode.BILINEAR.value
    'bilinear'
    """

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"


_PILLOW = {
    InterpolationMode.NEAREST: Image.Resampling.NEAREST,
    InterpolationMode.BILINEAR: Image.Resampling.BILINEAR,
    InterpolationMode.BICUBIC: Image.Resampling.BICUBIC,
    InterpolationMode.BOX: Image.Resampling.BOX,
    InterpolationMode.HAMMING: Image.Resampling.HAMMING,
    InterpolationMode.LANCZOS: Image.Resampling.LANCZOS,
}


def as_mode(interpolation: Any, function: str) -> InterpolationMode:
    """Give the mode for a mode or for one of Pillow's numbers, such as ``PIL.Image.BILINEAR``.

    Raises
    ------
    TypeError
        For anything else.

    Examples
    --------
    >>> as_mode(3, "resize")
    <InterpolationMode.BICUBIC: 'bicubic'>
    """
    for mode, number in _PILLOW.items():
        if interpolation is mode or (isinstance(interpolation, int) and interpolation == number):
            return mode
    if interpolation is not InterpolationMode.NEAREST_EXACT:
        raise refusal("vision.interpolation", function, given=interpolation)
    return interpolation


def pillow_mode(mode: InterpolationMode) -> Image.Resampling:
    """Give Pillow's name of a mode.

    Examples
    --------
    >>> pillow_mode(InterpolationMode.NEAREST_EXACT).name
    'NEAREST'
    """
    return _PILLOW.get(mode, Image.Resampling.NEAREST)
