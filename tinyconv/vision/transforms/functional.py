"""The transforms as functions, with everything random decided: of PIL images and of Tensors ``(..., C, H, W)``.

What is given is checked here; :mod:`.on_images` and :mod:`.on_tensors` do it.  A Tensor's result has the Tensor's
dtype, its device and, where its numbers are floats, gradients.

Examples
--------
>>> import tinyconv as tc
>>> import tinyconv.vision.transforms.functional as TF
>>> TF.hflip(tc.tensor([[[1, 2, 3]]]))
tensor([[[3, 2, 1]]])
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np
from PIL import Image

from ...absent import missing as _missing
from ...backend import asnumpy
from ...errors import refusal
from ...tensor import Tensor, from_numpy
from . import on_images, on_tensors
from .modes import InterpolationMode, as_mode
from .resampling import resized

__path__: list[str] = []  # so that ``from ... import`` asks tinyconv.alias, which says why a name is not here
__all__ = [
    "InterpolationMode", "adjust_brightness", "adjust_contrast", "adjust_gamma", "adjust_hue", "adjust_saturation",
    "affine", "center_crop", "convert_image_dtype", "crop", "erase", "gaussian_blur", "get_dimensions",
    "get_image_num_channels", "get_image_size", "hflip", "invert", "normalize", "pad", "pil_to_tensor", "posterize",
    "resize", "resized_crop", "rgb_to_grayscale", "rotate", "solarize", "to_grayscale", "to_pil_image", "to_tensor",
    "vflip",
]  # fmt: skip


def __getattr__(name: str) -> NoReturn:
    raise _missing(__name__, name)


PADDING_MODES = ("constant", "edge", "reflect", "symmetric")
_SHORT = "I;16" if sys.byteorder == "little" else "I;16B"
_MODES = {  # by the number of channels, and then by the dtype; the first is what is meant where nothing is said
    1: {"uint8": ["L"], "int16": [_SHORT], "int32": ["I"], "float32": ["F"]},
    2: {"uint8": ["LA"]},
    3: {"uint8": ["RGB", "YCbCr", "HSV"]},
    4: {"uint8": ["RGBA", "CMYK", "RGBX"]},
}


def _room(img: Any, function: str) -> Any:
    """The functions for this kind of image."""
    if isinstance(img, Image.Image):
        return on_images
    if isinstance(img, Tensor):
        if img.ndim < 2:
            raise refusal("vision.no_picture", function, shape=img.shape)
        return on_tensors
    raise refusal("vision.no_image", function, kind=type(img).__name__)


def _color_room(img: Any, function: str) -> Any:
    """The same; colors are for images of one or three channels."""
    room = _room(img, function)
    if room is on_tensors and room.dimensions(img)[0] not in (1, 3):
        raise refusal("vision.channels", function, shape=img.shape)
    return room


def as_size(size: Any, function: str) -> tuple[int, int]:
    """Give ``(height, width)`` for one number, or a sequence of one or two.

    Examples
    --------
    >>> as_size(3, "crop"), as_size([3], "crop"), as_size((3, 4), "crop")
    ((3, 3), (3, 3), (3, 4))
    """
    sides = [size] if isinstance(size, (int, float)) else list(size)
    if len(sides) not in (1, 2):
        raise refusal("vision.size", function, size=size)
    return int(sides[0]), int(sides[-1])


def get_dimensions(img: Any) -> list[int]:
    """Give ``[channels, height, width]``.

    Examples
    --------
    >>> get_dimensions(Image.new("RGB", (4, 2)))
    [3, 2, 4]
    """
    return list(_room(img, "get_dimensions").dimensions(img))


def get_image_size(img: Any) -> list[int]:
    """Give ``[width, height]``: in this order."""
    return get_dimensions(img)[:0:-1]


def get_image_num_channels(img: Any) -> int:
    """Give the number of channels."""
    return get_dimensions(img)[0]


# ---------------------------------------------------------------------- from one kind to the other


def pil_to_tensor(pic: Image.Image) -> Tensor:
    """Give an image's numbers as they are, a Tensor ``(C, H, W)``.

    Raises
    ------
    TypeError
        If it is no PIL image.

    Examples
    --------
    >>> pil_to_tensor(Image.new("L", (3, 1), 7))
    tensor([[[7, 7, 7]]], dtype=uint8)
    """
    if not isinstance(pic, Image.Image):
        raise refusal("vision.no_pil_image", "pil_to_tensor", kind=type(pic).__name__)
    return from_numpy(channels_first(np.array(pic)))


def channels_first(pixels: np.ndarray) -> np.ndarray:
    """Give ``(H, W, C)`` or ``(H, W)`` as ``(C, H, W)``.

    Examples
    --------
    >>> channels_first(np.zeros((4, 5, 3))).shape
    (3, 4, 5)
    """
    return np.ascontiguousarray(pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1))


def to_tensor(pic: Image.Image | np.ndarray) -> Tensor:
    """Give a PIL image, or an array ``(H, W)`` or ``(H, W, C)``, as a Tensor ``(C, H, W)``.

    Bytes, 0 to 255, become float32 within [0, 1]; other numbers stay what they are.

    Raises
    ------
    TypeError, ValueError
        If it is no image, or an array of other than 2 or 3 axes.

    Examples
    --------
    >>> to_tensor(Image.new("RGB", (2, 1), (255, 0, 51)))[:, 0, 0]
    tensor([1.0000, 0.0000, 0.2000])
    """
    if isinstance(pic, np.ndarray):
        if pic.ndim not in (2, 3):
            raise refusal("vision.axes", "to_tensor", shape=pic.shape)
        pixels = pic
    elif isinstance(pic, Image.Image):
        pixels = np.asarray(pic)
        if pic.mode == "1":
            pixels = pixels * np.uint8(255)
        elif pic.mode == _SHORT:
            pixels = pixels.astype(np.int16)
    else:
        raise refusal("vision.no_pil_image", "to_tensor", kind=type(pic).__name__)
    pixels = channels_first(pixels)
    if pixels.dtype == np.uint8:
        return from_numpy(np.divide(pixels, np.float32(255), dtype=np.float32))
    return from_numpy(pixels.copy())  # the image and the Tensor are two things


def to_pil_image(pic: Tensor | np.ndarray, mode: str | None = None) -> Image.Image:
    """Give a Tensor ``(C, H, W)`` or ``(H, W)``, or an array ``(H, W, C)`` or ``(H, W)``, as a PIL image.

    Floats within [0, 1] become bytes, unless `mode` is ``'F'``.

    Raises
    ------
    TypeError, ValueError
        If there is no mode for that number of channels and dtype, or not the one asked for.

    Examples
    --------
    >>> import tinyconv as tc
    >>> to_pil_image(tc.ones(3, 2, 4)).getpixel((0, 0))
    (255, 255, 255)
    """
    if isinstance(pic, Tensor):
        pixels = asnumpy(pic.array)
        pixels = pixels.transpose(1, 2, 0) if pixels.ndim == 3 else pixels
    elif isinstance(pic, np.ndarray):
        pixels = pic
    else:
        raise refusal("vision.no_tensor", "to_pil_image", kind=type(pic).__name__)
    if pixels.ndim not in (2, 3):
        raise refusal("vision.axes", "to_pil_image", shape=pixels.shape)
    pixels = pixels[:, :, None] if pixels.ndim == 2 else pixels
    channels = pixels.shape[2]
    if channels not in _MODES:
        raise refusal("vision.too_many_channels", "to_pil_image", channels=channels)
    if pixels.dtype.kind == "f" and mode != "F":
        pixels = (pixels * 255).astype(np.int64).astype(np.uint8)
    modes = _MODES[channels].get(pixels.dtype.name, [])
    if not modes and mode is None:
        raise refusal("vision.no_mode", "to_pil_image", dtype=pixels.dtype, channels=channels)
    if mode is not None and mode not in modes:
        raise refusal(
            "vision.other_mode", "to_pil_image", mode=mode, dtype=pixels.dtype, channels=channels, modes=modes
        )
    return on_images.as_image(pixels, mode or modes[0])


def convert_image_dtype(image: Tensor, dtype: Any = np.float32) -> Tensor:
    """Give a Tensor in another dtype, with white (1 of floats, 255 of bytes) staying white.

    Raises
    ------
    TypeError
        If it is no Tensor.
    RuntimeError
        If the floats cannot tell all integers of the new dtype apart.

    Examples
    --------
    >>> import tinyconv as tc
    >>> convert_image_dtype(tc.tensor([[0.0, 0.5, 1.0]]), tc.uint8)
    tensor([[  0, 127, 255]], dtype=uint8)
    """
    return on_tensors.convert_dtype(_tensor(image, "convert_image_dtype"), np.dtype(dtype))


def _tensor(img: Any, function: str) -> Tensor:
    if not isinstance(img, Tensor):
        raise refusal("vision.no_tensor_yet", function, kind=type(img).__name__)
    return img


# ---------------------------------------------------------------------- places


def hflip(img: Any) -> Any:
    """Mirror: left becomes right."""
    return _room(img, "hflip").hflip(img)


def vflip(img: Any) -> Any:
    """Mirror: top becomes bottom."""
    return _room(img, "vflip").vflip(img)


def crop(img: Any, top: int, left: int, height: int, width: int) -> Any:
    """Cut out a rectangle; what lies outside of the image is 0.

    Examples
    --------
    >>> import tinyconv as tc
    >>> crop(tc.ones(1, 2, 2), 1, 1, 2, 2)
    tensor([[[1., 0.],
             [0., 0.]]])
    """
    return _room(img, "crop").crop(img, top, left, height, width)


def center_crop(img: Any, output_size: int | Sequence[int]) -> Any:
    """Cut out the middle; an image that is too small is first padded with 0.

    Examples
    --------
    >>> center_crop(Image.new("L", (9, 5)), 3).size
    (3, 3)
    """
    height, width = as_size(output_size, "center_crop")
    _, h, w = get_dimensions(img)
    if height > h or width > w:
        over, down = max(width - w, 0), max(height - h, 0)
        img = pad(img, [over // 2, down // 2, (over + 1) // 2, (down + 1) // 2])
        _, h, w = get_dimensions(img)
    return crop(img, round((h - height) / 2), round((w - width) / 2), height, width)


def pad(img: Any, padding: int | Sequence[int], fill: Any = 0, padding_mode: str = "constant") -> Any:
    """Add pixels at the sides.

    Parameters
    ----------
    img : PIL image or Tensor
        ``(..., C, H, W)``.
    padding : int or sequence of int
        One for all sides; two for left and right, top and bottom; or four: left, top, right, bottom.  Negative
        ones cut off.
    fill : number or sequence
        For ``'constant'``; of PIL images also one for each channel.
    padding_mode : {'constant', 'edge', 'reflect', 'symmetric'}
        Of a row ``a b c``, two more to the right are: the fill; ``c c``; ``b a``; ``c b``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> pad(tc.tensor([[[1, 2, 3]]]), (2, 0), padding_mode="reflect")
    tensor([[[3, 2, 1, 2, 3, 2, 1]]])
    """
    room = _room(img, "pad")
    if padding_mode not in PADDING_MODES:
        raise refusal("vision.padding_mode", "pad", mode=padding_mode)
    return room.pad(img, as_sides(padding), fill, padding_mode)


def as_sides(padding: int | Sequence[int]) -> tuple[int, int, int, int]:
    """Give left, top, right and bottom for one number, two or four.

    Examples
    --------
    >>> as_sides((1, 2))
    (1, 2, 1, 2)
    """
    given = [padding] if isinstance(padding, int) else list(padding) if isinstance(padding, (list, tuple)) else []
    if len(given) not in (1, 2, 4) or not all(isinstance(n, (int, np.integer)) for n in given):
        raise refusal("vision.padding", "pad", padding=padding)
    left, top, right, bottom = given * (4 // len(given))
    return int(left), int(top), int(right), int(bottom)


def resize(
    img: Any,
    size: int | Sequence[int],
    interpolation: InterpolationMode | int = InterpolationMode.BILINEAR,
    max_size: int | None = None,
    antialias: bool | None = True,
) -> Any:
    """Make an image of another size.

    Parameters
    ----------
    img : PIL image or Tensor
        ``(..., C, H, W)``.
    size : int or sequence of int
        ``(height, width)``; one number is the shorter side's, and the image keeps its shape.
    interpolation : InterpolationMode or int
        Tensors: nearest, nearest-exact, bilinear, bicubic.
    max_size : int, optional
        The longer side's limit, with one number as `size`.
    antialias : bool, optional
        Whether a Tensor that shrinks gets a wider filter, as PIL images always do.

    Examples
    --------
    >>> import tinyconv as tc
    >>> resize(tc.tensor([[[0.0, 1.0, 2.0, 3.0]]]), [1, 2])
    tensor([[[0.7143, 2.2857]]])
    """
    room = _room(img, "resize")
    mode = as_mode(interpolation, "resize")
    wanted = [size] if isinstance(size, int) else list(size)
    if len(wanted) not in (1, 2):
        raise refusal("vision.size", "resize", size=size)
    _, height, width = room.dimensions(img)
    new = resized((height, width), wanted, max_size)
    return img if new == (height, width) else room.resize(img, new, mode, antialias)


def resized_crop(
    img: Any,
    top: int,
    left: int,
    height: int,
    width: int,
    size: int | Sequence[int],
    interpolation: InterpolationMode | int = InterpolationMode.BILINEAR,
    antialias: bool | None = True,
) -> Any:
    """Cut out a rectangle (:func:`crop`) and make it of another size (:func:`resize`)."""
    return resize(crop(img, top, left, height, width), size, interpolation, antialias=antialias)


def rotate(
    img: Any,
    angle: float,
    interpolation: InterpolationMode | int = InterpolationMode.NEAREST,
    expand: bool = False,
    center: Sequence[float] | None = None,
    fill: Any = None,
) -> Any:
    """Turn an image against the clock.

    Parameters
    ----------
    img : PIL image or Tensor
        ``(..., C, H, W)``.
    angle : float
        In degrees.
    interpolation : InterpolationMode or int
        Tensors: nearest or bilinear.
    expand : bool
        Whether the new image is as large as it must be to hold all of the old one.
    center : sequence, optional
        ``(x, y)`` in pixels from the upper left corner; the middle by default.
    fill : number or sequence, optional
        What lies outside of the old image: one number, or one for each channel; 0 by default.

    Examples
    --------
    >>> import tinyconv as tc
    >>> rotate(tc.tensor([[[1, 2], [3, 4]]]), 90)
    tensor([[[2, 4],
             [1, 3]]])
    """
    return _room(img, "rotate").rotate(img, angle, as_mode(interpolation, "rotate"), expand, center, fill)


def affine(
    img: Any,
    angle: float,
    translate: Sequence[float],
    scale: float,
    shear: float | Sequence[float],
    interpolation: InterpolationMode | int = InterpolationMode.NEAREST,
    fill: Any = None,
    center: Sequence[float] | None = None,
) -> Any:
    """Shear, scale and turn an image about `center`, and then move it.

    Parameters
    ----------
    img : PIL image or Tensor
        ``(..., C, H, W)``.
    angle : float
        In degrees, with the clock.
    translate : sequence
        Pixels to the right and down.
    scale : float
        How much larger.
    shear : float or sequence
        Degrees along x, and along y.
    interpolation, fill, center
        As for :func:`rotate`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> affine(tc.tensor([[[1, 2, 3]]]), 0, [1, 0], 1.0, 0.0)
    tensor([[[0, 1, 2]]])
    """
    room = _room(img, "affine")
    if len(translate) != 2:
        raise refusal("vision.translate", "affine", translate=translate)
    if scale <= 0:
        raise refusal("vision.scale", "affine", scale=scale)
    shears = [shear, 0.0] if isinstance(shear, (int, float)) else list(shear) * (2 if len(shear) == 1 else 1)
    if len(shears) != 2:
        raise refusal("vision.shear", "affine", shear=shear)
    mode = as_mode(interpolation, "affine")
    return room.affine(img, float(angle), list(translate), scale, shears, mode, fill, center)


# ---------------------------------------------------------------------- values


def normalize(tensor: Tensor, mean: Sequence[float], std: Sequence[float], inplace: bool = False) -> Tensor:
    """Give ``(x - mean) / std``, with one mean and one standard deviation for each channel.

    Raises
    ------
    TypeError
        If it is no Tensor of floats.
    ValueError
        If it has fewer than 3 axes, or a standard deviation is 0.

    Examples
    --------
    >>> import tinyconv as tc
    >>> normalize(tc.ones(1, 1, 2), (0.5,), (0.25,))
    tensor([[[2., 2.]]])
    """
    _tensor(tensor, "normalize")
    if tensor.dtype.kind != "f":
        raise refusal("vision.no_floats", "normalize", dtype=tensor.dtype)
    if tensor.ndim < 3:
        raise refusal("vision.no_channels", "normalize", shape=tensor.shape)
    return on_tensors.normalize(tensor, mean, std, inplace)


def rgb_to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """Give how bright each pixel is, in one channel or the same in three.

    Examples
    --------
    >>> rgb_to_grayscale(Image.new("RGB", (2, 2), (255, 0, 0))).getpixel((0, 0))
    76
    """
    room = _color_room(img, "rgb_to_grayscale")
    if num_output_channels not in (1, 3):
        raise refusal("vision.gray_channels", "rgb_to_grayscale", channels=num_output_channels)
    if room is on_tensors and img.ndim < 3:
        raise refusal("vision.no_channels", "rgb_to_grayscale", shape=img.shape)
    return room.gray(img, num_output_channels)


def to_grayscale(img: Image.Image, num_output_channels: int = 1) -> Image.Image:
    """Give :func:`rgb_to_grayscale` of a PIL image."""
    if not isinstance(img, Image.Image):
        raise refusal("vision.no_pil_image", "to_grayscale", kind=type(img).__name__)
    return rgb_to_grayscale(img, num_output_channels)


def adjust_brightness(img: Any, brightness_factor: float) -> Any:
    """Make an image brighter: 0 gives black, 1 the image, 2 twice its values."""
    return _color_room(img, "adjust_brightness").adjust_brightness(img, _factor(brightness_factor, "brightness"))


def adjust_contrast(img: Any, contrast_factor: float) -> Any:
    """Give more contrast: 0 gives one gray, 1 the image, 2 twice the distance from that gray."""
    return _color_room(img, "adjust_contrast").adjust_contrast(img, _factor(contrast_factor, "contrast"))


def adjust_saturation(img: Any, saturation_factor: float) -> Any:
    """Give stronger colors: 0 gives grays, 1 the image, 2 twice the distance from its grays."""
    return _color_room(img, "adjust_saturation").adjust_saturation(img, _factor(saturation_factor, "saturation"))


def _factor(factor: float, name: str) -> float:
    if factor < 0:
        raise refusal("vision.factor", f"adjust_{name}", name=f"{name}_factor", factor=factor)
    return factor


def adjust_hue(img: Any, hue_factor: float) -> Any:
    """Turn the circle of colors by a part of it, from -0.5 to 0.5."""
    if not -0.5 <= hue_factor <= 0.5:
        raise refusal("vision.hue", "adjust_hue", factor=hue_factor)
    return _color_room(img, "adjust_hue").adjust_hue(img, hue_factor)


def adjust_gamma(img: Any, gamma: float, gain: float = 1.0) -> Any:
    """Give ``gain * x ** gamma`` of values within [0, 1]: above 1 shadows darken, below they lighten."""
    if gamma < 0:
        raise refusal("vision.factor", "adjust_gamma", name="gamma", factor=gamma)
    return _color_room(img, "adjust_gamma").adjust_gamma(img, gamma, gain)


def erase(img: Tensor, i: int, j: int, h: int, w: int, v: Any, inplace: bool = False) -> Tensor:
    """Write `v` over the rectangle of `h` rows and `w` columns whose upper left pixel is ``(i, j)``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> erase(tc.ones(1, 2, 3), 0, 1, 2, 2, 0.0)
    tensor([[[1., 0., 0.],
             [1., 0., 0.]]])
    """
    return on_tensors.erase(_tensor(img, "erase"), i, j, h, w, v, inplace)


def gaussian_blur(img: Any, kernel_size: int | Sequence[int], sigma: float | Sequence[float] | None = None) -> Any:
    """Mix each pixel with those around it, weighed by a normal distribution; borders are mirrored.

    Parameters
    ----------
    img : PIL image or Tensor
        ``(..., C, H, W)``.
    kernel_size : int or sequence of int
        How many pixels are mixed: one odd number, or one along x and one along y.
    sigma : float or sequence of float, optional
        The distribution's standard deviation, in pixels, likewise; by default ``0.15 * kernel_size + 0.35``.

    Raises
    ------
    ValueError
        For sizes that are not odd and positive, or standard deviations that are not positive.

    Examples
    --------
    >>> import tinyconv as tc
    >>> gaussian_blur(tc.tensor([[[0.0, 0.0, 1.0, 0.0, 0.0]]]), (3, 1), 1.0)
    tensor([[[0.0000, 0.2741, 0.4519, 0.2741, 0.0000]]])
    """
    _room(img, "gaussian_blur")
    sizes = as_kernel(kernel_size, "gaussian_blur")
    sigmas = [0.15 * size + 0.35 for size in sizes] if sigma is None else as_pair(sigma, "sigma", "gaussian_blur")
    if min(sigmas) <= 0:
        raise refusal("vision.sigma", "gaussian_blur", sigma=sigma)
    if isinstance(img, Image.Image):
        return to_pil_image(on_tensors.blur(pil_to_tensor(img), sizes, sigmas), img.mode)
    return on_tensors.blur(img, sizes, sigmas)


def as_kernel(kernel_size: int | Sequence[int], function: str) -> list[int]:
    """Give the size along x and along y; both must be odd.

    Examples
    --------
    >>> as_kernel(3, "gaussian_blur")
    [3, 3]
    """
    sizes = as_pair(kernel_size, "kernel_size", function)
    if any(size != int(size) or size < 1 or size % 2 == 0 for size in sizes):
        raise refusal("vision.kernel_size", function, given=kernel_size)
    return [int(size) for size in sizes]


def as_pair(value: Any, name: str, function: str) -> list[float]:
    """Give two numbers for one or two.

    Examples
    --------
    >>> as_pair(0.5, "sigma", "gaussian_blur"), as_pair([1, 2], "sigma", "gaussian_blur")
    ([0.5, 0.5], [1, 2])
    """
    if isinstance(value, (int, float)):
        return [value, value]
    if not isinstance(value, (tuple, list)):
        raise refusal("vision.range", function, name=name, given=value)
    if len(value) not in (1, 2):
        raise refusal("vision.pair", function, name=name, given=value)
    return [value[0], value[-1]]


def invert(img: Any) -> Any:
    """Turn white into black: 255 (of floats 1) minus the values.

    Examples
    --------
    >>> import tinyconv as tc
    >>> invert(tc.tensor([[[0.25, 1.0]]]))
    tensor([[[0.7500, 0.0000]]])
    """
    return _picture_room(img, "invert").invert(img)


def posterize(img: Any, bits: int) -> Any:
    """Keep the first `bits` of each byte: fewer colors."""
    return _picture_room(img, "posterize").posterize(img, bits)


def solarize(img: Any, threshold: float) -> Any:
    """Turn what is `threshold` or brighter into its negative."""
    return _picture_room(img, "solarize").solarize(img, threshold)


def _picture_room(img: Any, function: str) -> Any:
    """The same; a Tensor must have its axis of channels."""
    room = _room(img, function)
    if room is on_tensors and img.ndim < 3:
        raise refusal("vision.channel_axis", function, shape=img.shape)
    return _color_room(img, function)
