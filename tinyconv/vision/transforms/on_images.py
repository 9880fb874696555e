"""The transforms of PIL images: Pillow does them.

:mod:`.functional` says what each does, and checks what it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from ...errors import refusal
from .modes import InterpolationMode, pillow_mode
from .resampling import affine_matrix

__all__ = [
    "adjust_brightness", "adjust_contrast", "adjust_gamma", "adjust_hue", "adjust_saturation", "affine", "as_image",
    "crop", "dimensions", "gray", "hflip", "invert", "pad", "posterize", "resize", "rotate", "solarize", "vflip",
]  # fmt: skip


def as_image(pixels: np.ndarray, mode: str) -> Image.Image:
    """Make an image of ``(H, W)`` or ``(H, W, C)`` numbers that have the mode's own type.

    Examples
    --------
    >>> import numpy
    >>> as_image(numpy.zeros((2, 3, 3), "uint8"), "RGB").size
    (3, 2)
    """
    return Image.frombytes(mode, (pixels.shape[1], pixels.shape[0]), np.ascontiguousarray(pixels).tobytes())


def dimensions(img: Image.Image) -> tuple[int, int, int]:
    """Channels, height, width."""
    return len(img.getbands()), img.height, img.width


def hflip(img: Image.Image) -> Image.Image:
    """Left becomes right."""
    return img.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def vflip(img: Image.Image) -> Image.Image:
    """Top becomes bottom."""
    return img.transpose(Image.Transpose.FLIP_TOP_BOTTOM)


def crop(img: Image.Image, top: int, left: int, height: int, width: int) -> Image.Image:
    """What lies outside of the image is 0."""
    return img.crop((left, top, left + width, top + height))


def resize(img: Image.Image, size: tuple[int, int], mode: InterpolationMode, antialias: bool | None) -> Image.Image:
    """Pillow always widens its filters when an image shrinks."""
    return img.resize((size[1], size[0]), pillow_mode(mode))


def pad(img: Image.Image, sides: Sequence[int], fill: Any, padding_mode: str) -> Image.Image:
    """Add left, top, right, bottom; what is negative is cut off."""
    left, top, right, bottom = sides
    if padding_mode == "constant":
        padded = ImageOps.expand(img, (left, top, right, bottom), _color(fill, img))
    else:
        img = img.crop((max(-left, 0), max(-top, 0), img.width - max(-right, 0), img.height - max(-bottom, 0)))
        pixels = np.asarray(img)
        widths = [(max(top, 0), max(bottom, 0)), (max(left, 0), max(right, 0)), (0, 0)][: pixels.ndim]
        padded = as_image(np.pad(pixels, widths, padding_mode), img.mode)  # type: ignore[call-overload]
    if img.mode == "P":
        padded.putpalette(img.getpalette() or [])
    return padded


def rotate(
    img: Image.Image, angle: float, mode: InterpolationMode, expand: bool, center: Sequence[float] | None, fill: Any
) -> Image.Image:
    """Turn against the clock."""
    middle = None if center is None else (center[0], center[1])
    return img.rotate(angle, pillow_mode(mode), expand, middle, fillcolor=_color(fill, img))


def affine(
    img: Image.Image,
    angle: float,
    translate: Sequence[float],
    scale: float,
    shear: Sequence[float],
    mode: InterpolationMode,
    fill: Any,
    center: Sequence[float] | None,
) -> Image.Image:
    """Shear, scale and turn about the middle, and move."""
    middle = [img.width / 2, img.height / 2] if center is None else center
    matrix = affine_matrix(middle, angle, translate, scale, shear)
    color = _color(fill, img)
    return img.transform(img.size, Image.Transform.AFFINE, matrix, pillow_mode(mode), fillcolor=color)


def _color(fill: Any, img: Image.Image) -> Any:
    """A fill as Pillow wants it: one number for each channel, integers but in mode F."""
    channels = len(img.getbands())
    given = [0 if fill is None else fill] if not isinstance(fill, (list, tuple)) else list(fill)
    if len(given) not in (1, channels):
        raise refusal("vision.fill", given=fill, channels=channels)
    numbers = [value if img.mode == "F" else int(value) for value in given * (channels if len(given) == 1 else 1)]
    return numbers[0] if channels == 1 else tuple(numbers)


def gray(img: Image.Image, channels: int) -> Image.Image:
    """``0.299 R + 0.587 G + 0.114 B``, in one channel or the same in three."""
    bright = img.convert("L")
    return bright if channels == 1 else Image.merge("RGB", (bright, bright, bright))


def adjust_brightness(img: Image.Image, factor: float) -> Image.Image:
    """Mix with black."""
    return ImageEnhance.Brightness(img).enhance(factor)


def adjust_contrast(img: Image.Image, factor: float) -> Image.Image:
    """Mix with the mean of its gray values."""
    return ImageEnhance.Contrast(img).enhance(factor)


def adjust_saturation(img: Image.Image, factor: float) -> Image.Image:
    """Mix with its gray values."""
    return ImageEnhance.Color(img).enhance(factor)


def adjust_hue(img: Image.Image, factor: float) -> Image.Image:
    """Turn the circle of colors, which has 256 steps."""
    if img.mode in ("L", "1", "I", "F"):
        return img
    hue, saturation, value = img.convert("HSV").split()
    turned = np.asarray(hue) + np.int32(factor * 255).astype(np.uint8)  # modulo 256
    return Image.merge("HSV", (as_image(turned, "L"), saturation, value)).convert(img.mode)


def adjust_gamma(img: Image.Image, gamma: float, gain: float) -> Image.Image:
    """``gain * x ** gamma`` of values within [0, 1]."""
    table = [min(int((255 + 1 - 1e-3) * gain * pow(value / 255, gamma)), 255) for value in range(256)]
    return img.convert("RGB").point(table * 3).convert(img.mode)


def invert(img: Image.Image) -> Image.Image:
    """White becomes black."""
    return ImageOps.invert(img)


def posterize(img: Image.Image, bits: int) -> Image.Image:
    """Keep the first bits of each byte."""
    return ImageOps.posterize(img, bits)


def solarize(img: Image.Image, threshold: float) -> Image.Image:
    """Invert what is bright."""
    least: Any = int(threshold) if threshold == int(threshold) else threshold  # Pillow compares it with each byte
    return ImageOps.solarize(img, least)
