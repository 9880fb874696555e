"""Transforms of values: from images to Tensors and back, normalised, in another dtype, in gray."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from ...nn.module import Module
from ...tensor import Tensor
from . import functional as TF

__all__ = ["ConvertImageDtype", "Grayscale", "Normalize", "PILToTensor", "ToPILImage", "ToTensor"]


class ToTensor(Module):
    """A PIL image or an array ``(H, W, C)`` as a Tensor ``(C, H, W)``; bytes become float32 within [0, 1].

    Examples
    --------
    >>> from PIL import Image
    >>> ToTensor()(Image.new("L", (2, 1), 51))
    tensor([[[0.2000, 0.2000]]])
    """

    def forward(self, pic: Image.Image | np.ndarray) -> Tensor:
        """Give :func:`~tinyconv.vision.transforms.functional.to_tensor`."""
        return TF.to_tensor(pic)


class PILToTensor(Module):
    """A PIL image as a Tensor ``(C, H, W)`` of the same numbers."""

    def forward(self, pic: Image.Image) -> Tensor:
        """Give :func:`~tinyconv.vision.transforms.functional.pil_to_tensor`."""
        return TF.pil_to_tensor(pic)


class ToPILImage(Module):
    """A Tensor ``(C, H, W)`` or an array ``(H, W, C)`` as a PIL image.

    Parameters
    ----------
    mode : str, optional
        Pillow's name of what the channels are, such as ``'YCbCr'``; by default what their number and dtype suggest.
    """

    def __init__(self, mode: str | None = None):
        super().__init__()
        self.mode = mode

    def forward(self, pic: Tensor | np.ndarray) -> Image.Image:
        """Give :func:`~tinyconv.vision.transforms.functional.to_pil_image`."""
        return TF.to_pil_image(pic, self.mode)

    def extra_repr(self) -> str:
        """Give the mode, if one was given."""
        return "" if self.mode is None else f"mode={self.mode}"


class ConvertImageDtype(Module):
    """A Tensor in another dtype, with white (1 of floats, 255 of bytes) staying white.

    Parameters
    ----------
    dtype : dtype
        The new one.
    """

    def __init__(self, dtype: Any):
        super().__init__()
        self.dtype = dtype

    def forward(self, image: Tensor) -> Tensor:
        """Give :func:`~tinyconv.vision.transforms.functional.convert_image_dtype`."""
        return TF.convert_image_dtype(image, self.dtype)


class Normalize(Module):
    """``(x - mean) / std`` of a Tensor, with one mean and one standard deviation for each channel.

    Parameters
    ----------
    mean, std : sequence of float
        One for each channel, or one for all.
    inplace : bool
        Whether to write into the Tensor itself.

    Examples
    --------
    >>> import tinyconv as tc
    >>> Normalize((0.1307,), (0.3081,))
    Normalize(mean=(0.1307,), std=(0.3081,))
    >>> Normalize((0.5,), (0.5,))(tc.tensor([[[0.0, 1.0]]]))
    tensor([[[-1.,  1.]]])
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float], inplace: bool = False):
        super().__init__()
        self.mean, self.std, self.inplace = mean, std, inplace

    def forward(self, tensor: Tensor) -> Tensor:
        """Give :func:`~tinyconv.vision.transforms.functional.normalize`."""
        return TF.normalize(tensor, self.mean, self.std, self.inplace)

    def extra_repr(self) -> str:
        """Give the means and standard deviations."""
        return f"mean={self.mean}, std={self.std}"


class Grayscale(Module):
    """How bright each pixel is.

    Parameters
    ----------
    num_output_channels : {1, 3}
        Whether to give that in one channel, or the same in three.
    """

    def __init__(self, num_output_channels: int = 1):
        super().__init__()
        self.num_output_channels = num_output_channels

    def forward(self, img: Any) -> Any:
        """Give :func:`~tinyconv.vision.transforms.functional.rgb_to_grayscale`."""
        return TF.rgb_to_grayscale(img, self.num_output_channels)

    def extra_repr(self) -> str:
        """Give the number of channels."""
        return f"num_output_channels={self.num_output_channels}"
