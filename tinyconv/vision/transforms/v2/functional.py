"""The transforms as functions, in torchvision's newer place, with the two that are new there."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from ....errors import refusal
from ....tensor import Tensor, from_numpy
from ..functional import (
    InterpolationMode,
    adjust_brightness,
    adjust_contrast,
    adjust_gamma,
    adjust_hue,
    adjust_saturation,
    affine,
    center_crop,
    channels_first,
    convert_image_dtype,
    crop,
    erase,
    gaussian_blur,
    get_dimensions,
    get_image_num_channels,
    get_image_size,
    hflip,
    invert,
    normalize,
    pad,
    pil_to_tensor,
    posterize,
    resize,
    resized_crop,
    rgb_to_grayscale,
    rotate,
    solarize,
    to_grayscale,
    to_pil_image,
    to_tensor,
    vflip,
)

__all__ = [
    "InterpolationMode", "adjust_brightness", "adjust_contrast", "adjust_gamma", "adjust_hue", "adjust_saturation",
    "affine", "center_crop", "convert_image_dtype", "crop", "erase", "gaussian_blur", "get_dimensions",
    "get_image_num_channels", "get_image_size", "hflip", "invert", "normalize", "pad", "pil_to_tensor", "posterize",
    "resize", "resized_crop", "rgb_to_grayscale", "rotate", "solarize", "to_dtype", "to_grayscale", "to_image",
    "to_pil_image", "to_tensor", "vflip",
]  # fmt: skip


def to_image(inpt: Image.Image | np.ndarray | Tensor) -> Tensor:
    """Give a PIL image or an array ``(H, W, C)`` as a Tensor ``(C, H, W)`` of the same numbers; a Tensor as it is.

    Examples
    --------
    >>> to_image(np.zeros((4, 5, 3), np.uint8)).shape
    (3, 4, 5)
    """
    if isinstance(inpt, Tensor):
        return inpt
    if isinstance(inpt, np.ndarray):
        if inpt.ndim not in (2, 3):
            raise refusal("vision.axes", "to_image", shape=inpt.shape)
        return from_numpy(channels_first(inpt).copy())
    return pil_to_tensor(inpt)


def to_dtype(inpt: Tensor, dtype: Any = np.float32, scale: bool = False) -> Tensor:
    """Give a Tensor in another dtype; with `scale` white (1 of floats, 255 of bytes) stays white.

    Examples
    --------
    >>> import tinyconv as tc
    >>> to_dtype(tc.tensor([[[51]]], dtype=tc.uint8), scale=True)
    tensor([[[0.2000]]])
    """
    if not isinstance(inpt, Tensor):
        raise refusal("vision.no_tensor_yet", "to_dtype", kind=type(inpt).__name__)
    return convert_image_dtype(inpt, dtype) if scale else inpt.to(np.dtype(dtype))
