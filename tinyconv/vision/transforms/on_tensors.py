"""The transforms of Tensors ``(..., C, H, W)``.

:mod:`.functional` says what each does, and checks what it is given.  All are made of operations that have gradients,
and run where the Tensor is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...backend import get_array_module, quiet
from ...creation import ones_like, zeros_like
from ...errors import refusal
from ...nn import functional as F
from ...ops import cat, clamp, maximum, minimum, stack, where
from ...tensor import Tensor
from .modes import InterpolationMode
from .resampling import affine_matrix, nearest_pixels, resize_weights, source_points, turned_size

__all__ = [
    "adjust_brightness", "adjust_contrast", "adjust_gamma", "adjust_hue", "adjust_saturation", "affine", "blur",
    "convert_dtype", "crop", "dimensions", "gray", "hflip", "invert", "normalize", "pad", "posterize", "resize",
    "rotate", "solarize", "vflip",
]  # fmt: skip


def dimensions(img: Tensor) -> tuple[int, int, int]:
    """Channels, height, width.

    Examples
    --------
    >>> import tinyconv as tc
    >>> dimensions(tc.zeros(8, 3, 4, 5)), dimensions(tc.zeros(4, 5))
    ((3, 4, 5), (1, 4, 5))
    """
    return (1 if img.ndim == 2 else img.shape[-3]), img.shape[-2], img.shape[-1]


def hflip(img: Tensor) -> Tensor:
    """Left becomes right."""
    return img.flip(-1)


def vflip(img: Tensor) -> Tensor:
    """Top becomes bottom."""
    return img.flip(-2)


def crop(img: Tensor, top: int, left: int, height: int, width: int) -> Tensor:
    """What lies outside of the image is 0."""
    _, h, w = dimensions(img)
    right, bottom = left + width, top + height
    # of a crop that misses the image, nothing but zeros are left
    sides = [max(min(0, right) - left, 0), max(min(0, bottom) - top, 0)]
    sides += [max(right - max(w, left), 0), max(bottom - max(h, top), 0)]
    inside = img[..., max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    return pad(inside, sides, 0, "constant") if any(sides) else inside


def pad(img: Tensor, sides: Sequence[int], fill: Any, padding_mode: str) -> Tensor:
    """Add left, top, right, bottom; what is negative is cut off."""
    left, top, right, bottom = sides
    _, h, w = dimensions(img)
    img = img[..., max(-top, 0) : h - max(-bottom, 0), max(-left, 0) : w - max(-right, 0)]
    left, top, right, bottom = (max(side, 0) for side in sides)
    if padding_mode == "constant":
        if isinstance(fill, (list, tuple)):
            raise refusal("vision.pad_fill", "pad", given=fill)
        return F.pad(img, [left, right, top, bottom], value=fill or 0)
    rows, columns = (
        _repeated(size, before, after, padding_mode)
        for size, before, after in ((img.shape[-2], top, bottom), (img.shape[-1], left, right))
    )
    return img[..., rows[:, None], columns]


def _repeated(size: int, before: int, after: int, padding_mode: str) -> np.ndarray:
    """The pixels of a padded row, by their places in the row."""
    if padding_mode == "reflect" and max(before, after) >= size:
        raise refusal("vision.reflect", "pad", before=before, after=after, size=size)
    return np.pad(np.arange(size), (before, after), padding_mode)  # type: ignore[call-overload]


# ---------------------------------------------------------------------- between pixels


def _in_floats(img: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
    """What a function of floats makes of an image of any dtype; integers are rounded."""
    if img.dtype in (np.float32, np.float64):
        return function(img)
    array = function(img.float()).array
    if img.dtype.kind != "f":
        array = get_array_module(array).rint(array)
    with quiet():
        return Tensor._of(array.astype(img.dtype))


def resize(img: Tensor, size: tuple[int, int], mode: InterpolationMode, antialias: bool | None) -> Tensor:
    """Rows and then columns, each by one matrix; nearest pixels by their places."""
    _, height, width = dimensions(img)
    if mode in (InterpolationMode.NEAREST, InterpolationMode.NEAREST_EXACT):
        exact = mode is InterpolationMode.NEAREST_EXACT
        rows, columns = (nearest_pixels(old, new, exact) for old, new in zip((height, width), size))
        return img[..., rows[:, None], columns]
    if mode not in (InterpolationMode.BILINEAR, InterpolationMode.BICUBIC):
        raise refusal("vision.tensor_mode", "resize", mode=mode.value)
    cubic = mode is InterpolationMode.BICUBIC
    weights = [resize_weights(old, new, cubic, bool(antialias)) for old, new in zip((height, width), size)]

    def made(x: Tensor) -> Tensor:
        down, across = (Tensor._of(x.device.asarray(w.astype(x.dtype))) for w in weights)
        y = down @ (x @ across.mT)
        return clamp(y, 0, 255) if img.dtype == np.uint8 else y

    return _in_floats(img, made)


def rotate(
    img: Tensor, angle: float, mode: InterpolationMode, expand: bool, center: Sequence[float] | None, fill: Any
) -> Tensor:
    """Turn against the clock."""
    matrix = affine_matrix(_from_middle(center, img), -angle, [0.0, 0.0], 1.0, [0.0, 0.0])
    size = dimensions(img)[1:]
    return _sampled(img, matrix, turned_size(matrix, size) if expand else size, mode, fill, "rotate")


def affine(
    img: Tensor,
    angle: float,
    translate: Sequence[float],
    scale: float,
    shear: Sequence[float],
    mode: InterpolationMode,
    fill: Any,
    center: Sequence[float] | None,
) -> Tensor:
    """Shear, scale and turn about the middle, and move."""
    matrix = affine_matrix(_from_middle(center, img), angle, translate, scale, shear)
    return _sampled(img, matrix, dimensions(img)[1:], mode, fill, "affine")


def _from_middle(center: Sequence[float] | None, img: Tensor) -> list[float]:
    _, height, width = dimensions(img)
    return [0.0, 0.0] if center is None else [center[0] - width / 2, center[1] - height / 2]


def _sampled(
    img: Tensor, matrix: list[float], size: tuple[int, int], mode: InterpolationMode, fill: Any, function: str
) -> Tensor:
    """New pixels from the points that a matrix names; `fill`, if any, where these lie outside."""
    if mode not in (InterpolationMode.NEAREST, InterpolationMode.BILINEAR):
        raise refusal("vision.tensor_mode", function, mode=mode.value)
    channels, height, width = dimensions(img)
    colors = [] if fill is None else list(fill) if isinstance(fill, (list, tuple)) else [fill]
    if len(colors) not in (0, 1, channels):
        raise refusal("vision.fill", function, given=fill, channels=channels)

    def made(x: Tensor) -> Tensor:
        points = source_points(matrix, (height, width), size, x.dtype)
        taken = _corners(*points, mode is InterpolationMode.NEAREST)
        y, covered = zeros_like(x[..., :1, :1]), np.zeros(size, x.dtype)
        for rows, columns, share in taken:
            share = np.where((rows >= 0) & (rows < height) & (columns >= 0) & (columns < width), share, 0)
            weights = Tensor._of(x.device.asarray(share.astype(x.dtype)))
            y = y + x[..., rows.clip(0, height - 1), columns.clip(0, width - 1)] * weights
            covered += share
        if not colors:
            return y
        inside = Tensor._of(x.device.asarray(covered))
        # a pixel at the edge is mixed with the fill twice: once with the 0 outside, once by how much is inside
        fills = np.array(colors, x.dtype).reshape(-1, 1, 1) if len(colors) > 1 else np.array(colors, x.dtype)
        return y * inside + (1.0 - inside) * Tensor._of(x.device.asarray(fills))

    return _in_floats(img, made)


def _corners(rows: np.ndarray, columns: np.ndarray, nearest: bool) -> list[tuple[np.ndarray, np.ndarray, Any]]:
    """The pixels around points, with the share that each has: the nearest one, or four by their distances."""
    if nearest:
        return [(np.rint(rows).astype(np.int64), np.rint(columns).astype(np.int64), rows.dtype.type(1))]
    top, left = np.floor(rows), np.floor(columns)
    down, right = rows - top, columns - left
    i, j = top.astype(np.int64), left.astype(np.int64)
    return [
        (i, j, (1 - down) * (1 - right)),
        (i, j + 1, (1 - down) * right),
        (i + 1, j, down * (1 - right)),
        (i + 1, j + 1, down * right),
    ]


# ---------------------------------------------------------------------- values


def largest(dtype: np.dtype) -> int:
    """The value that is white: 1 of floats.

    Examples
    --------
    >>> import numpy
    >>> largest(numpy.dtype("uint8")), largest(numpy.dtype("float32"))
    (255, 1)
    """
    return int(np.iinfo(dtype).max) if dtype.kind in "iu" else 1


def convert_dtype(image: Tensor, dtype: np.dtype) -> Tensor:
    """Another dtype, with white staying white."""
    old, new = image.dtype, dtype
    if old == new or old.kind == new.kind == "f":
        return image.to(new)
    if new.kind == "f":
        return image.to(new) / largest(old)
    if old.kind == "f":
        if largest(new) >= 2 ** (np.finfo(old).nmant + 1) and old != np.float16:
            raise refusal("vision.no_safe_cast", "convert_image_dtype", old=old, new=new)
        # 255.999 rather than 255: every integer gets a part of [0, 1] of the same length
        return (image * (largest(new) + 1 - 1e-3)).to(new)
    if largest(old) > largest(new):
        return (image // ((largest(old) + 1) // (largest(new) + 1))).to(new)
    return image.to(new) * ((largest(new) + 1) // (largest(old) + 1))


def normalize(tensor: Tensor, mean: Sequence[float], std: Sequence[float], inplace: bool) -> Tensor:
    """``(x - mean) / std``, channel by channel."""
    means, stds = (np.asarray(values, tensor.dtype) for values in (mean, std))
    if not stds.all():
        raise refusal("vision.std", "normalize", std=std, dtype=tensor.dtype)
    means, stds = (values.reshape(-1, 1, 1) if values.ndim == 1 else values for values in (means, stds))
    shift, scale = Tensor._of(tensor.device.asarray(means)), Tensor._of(tensor.device.asarray(stds))
    return tensor.sub_(shift).div_(scale) if inplace else (tensor - shift) / scale


def gray(img: Tensor, channels: int) -> Tensor:
    """``0.2989 R + 0.587 G + 0.114 B``, in one channel or the same in three."""
    bright = img.clone() if img.shape[-3] == 1 else _gray(img)
    return cat([bright] * 3, -3) if channels == 3 else bright


def _gray(img: Tensor) -> Tensor:
    r, g, b = (img[..., i : i + 1, :, :] for i in range(3))
    return (0.2989 * r + 0.587 * g + 0.114 * b).to(img.dtype)


def _mixed(img: Tensor, other: Any, factor: float) -> Tensor:
    """``factor * img + (1 - factor) * other``, within the dtype's range."""
    mixed = float(factor) * img + (1.0 - float(factor)) * other
    return clamp(mixed, 0, largest(img.dtype)).to(img.dtype)


def adjust_brightness(img: Tensor, factor: float) -> Tensor:
    """Mix with black."""
    return _mixed(img, 0.0, factor)


def adjust_contrast(img: Tensor, factor: float) -> Tensor:
    """Mix with the mean of its gray values."""
    dim = (-3, -2, -1) if img.ndim > 2 else (-2, -1)
    bright = _gray(img) if dimensions(img)[0] == 3 else img
    return _mixed(img, (bright if img.dtype.kind == "f" else bright.float()).mean(dim, keepdim=True), factor)


def adjust_saturation(img: Tensor, factor: float) -> Tensor:
    """Mix with its gray values."""
    return img if dimensions(img)[0] == 1 else _mixed(img, _gray(img), factor)


def adjust_gamma(img: Tensor, gamma: float, gain: float) -> Tensor:
    """``gain * x ** gamma`` of values within [0, 1]."""
    x = img if img.dtype.kind == "f" else convert_dtype(img, np.dtype(np.float32))
    return convert_dtype(clamp(gain * x**gamma, 0, 1), img.dtype)


def adjust_hue(img: Tensor, factor: float) -> Tensor:
    """Turn the circle of colors."""
    if dimensions(img)[0] == 1:
        return img
    hue, saturation, value = _hue_saturation_value(convert_dtype(img, np.dtype(np.float32)))
    return convert_dtype(_red_green_blue((hue + factor) % 1.0, saturation, value), img.dtype)


def _hue_saturation_value(img: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Hue in parts of a circle of six sides, from red over yellow, green, cyan, blue and magenta."""
    r, g, b = (img[..., i, :, :] for i in range(3))
    value, least = maximum(maximum(r, g), b), minimum(minimum(r, g), b)
    spread = value - least
    is_gray = spread == 0
    saturation = spread / where(is_gray, ones_like(value), value)
    spread = where(is_gray, ones_like(value), spread)
    r_, g_, b_ = ((value - channel) / spread for channel in (r, g, b))
    side = where(value == r, b_ - g_, where(value == g, 2.0 + r_ - b_, 4.0 + g_ - r_))
    return (side / 6.0 + 1.0) % 1.0, saturation, value


def _red_green_blue(hue: Tensor, saturation: Tensor, value: Tensor) -> Tensor:
    """Each channel falls from `value` by up to ``saturation * value``, by its distance on the circle."""
    side = hue * 6.0
    channels = []
    for start in (5.0, 3.0, 1.0):  # red, green, blue
        place = (side + start) % 6.0
        fall = clamp(minimum(place, 4.0 - place), 0, 1)
        channels.append(clamp(value * (1.0 - saturation * fall), 0, 1))
    return stack(channels, -3)


def erase(img: Tensor, i: int, j: int, h: int, w: int, v: Any, inplace: bool) -> Tensor:
    """Write `v` over a rectangle."""
    img = img if inplace else img.clone()
    img[..., i : i + h, j : j + w] = v
    return img


def blur(img: Tensor, sizes: Sequence[int], sigmas: Sequence[float]) -> Tensor:
    """Weigh the pixels around each, borders mirrored, by a bell of `sizes` and `sigmas` (along x, then along y)."""
    channels, height, width = dimensions(img)
    x, y = sizes[0] // 2, sizes[1] // 2

    def weighed(pixels: Tensor) -> Tensor:
        bells = [_bell(size, sigma).astype(pixels.dtype) for size, sigma in zip(sizes, sigmas)]
        window = np.broadcast_to(np.outer(bells[1], bells[0]), (channels, 1, sizes[1], sizes[0]))  # host: of sizes
        weight = Tensor._of(pixels.device.asarray(np.ascontiguousarray(window)))  # host: of sizes
        padded = F.pad(pixels.reshape(-1, channels, height, width), (x, x, y, y), "reflect")
        return F.conv2d(padded, weight, groups=channels).reshape(pixels.shape)

    return _in_floats(img, weighed)


def _bell(size: int, sigma: float) -> np.ndarray:
    """Values of a normal distribution about the middle, of sum 1."""
    place = np.arange(size) - (size - 1) / 2
    density = np.exp(-0.5 * (place / sigma) ** 2)  # host: of sizes
    return density / density.sum()


def invert(img: Tensor) -> Tensor:
    """White becomes black."""
    return largest(img.dtype) - img


def posterize(img: Tensor, bits: int) -> Tensor:
    """Keep the first bits of each byte."""
    if img.dtype != np.uint8:
        raise refusal("vision.no_bytes", "posterize", dtype=img.dtype)
    return img & (256 - 2 ** (8 - bits))


def solarize(img: Tensor, threshold: float) -> Tensor:
    """Invert what is bright."""
    if threshold > largest(img.dtype):
        raise refusal("vision.threshold", "solarize", threshold=threshold, dtype=img.dtype)
    return where(img >= threshold, invert(img), img)
