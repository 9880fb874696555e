"""The transforms in torchvision's newer place, ``transforms.v2``, with the two that are new there.

Here they take one image, and no targets beside it.

Examples
--------
>>> from PIL import Image
>>> import tinyconv as tc
>>> from tinyconv.vision.transforms import v2
>>> transform = v2.Compose([v2.ToImage(), v2.ToDtype(tc.float32, scale=True), v2.Normalize((0.5,), (0.5,))])
>>> transform(Image.new("L", (2, 1), 255))
tensor([[[1., 1.]]])
"""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from ....nn.linear import Identity
from ....nn.module import Module
from ....tensor import Tensor
from ..convert import ConvertImageDtype, Grayscale, Normalize, PILToTensor, ToPILImage, ToTensor
from ..geometry import CenterCrop, Pad, Resize
from ..modes import InterpolationMode
from ..order import Compose, Lambda, RandomApply, RandomChoice, RandomOrder
from ..random_color import (
    ColorJitter,
    GaussianBlur,
    RandomErasing,
    RandomGrayscale,
    RandomInvert,
    RandomPosterize,
    RandomSolarize,
)
from ..random_place import (
    RandomAffine,
    RandomCrop,
    RandomHorizontalFlip,
    RandomResizedCrop,
    RandomRotation,
    RandomVerticalFlip,
)
from . import functional

__all__ = [
    "CenterCrop", "ColorJitter", "Compose", "ConvertImageDtype", "GaussianBlur", "Grayscale", "Identity",
    "InterpolationMode", "Lambda", "Normalize", "PILToTensor", "Pad", "RandomAffine", "RandomApply", "RandomChoice",
    "RandomCrop", "RandomErasing", "RandomGrayscale", "RandomHorizontalFlip", "RandomInvert", "RandomOrder",
    "RandomPosterize", "RandomResizedCrop", "RandomRotation", "RandomSolarize", "RandomVerticalFlip", "Resize",
    "ToDtype", "ToImage", "ToPILImage", "ToTensor", "functional",
]  # fmt: skip


class ToImage(Module):
    """A PIL image or an array ``(H, W, C)`` as a Tensor ``(C, H, W)`` of the same numbers; a Tensor as it is."""

    def forward(self, inpt: Image.Image | np.ndarray | Tensor) -> Tensor:
        """Give the Tensor."""
        return functional.to_image(inpt)


class ToDtype(Module):
    """A Tensor in another dtype.

    Parameters
    ----------
    dtype : dtype
        The new one.
    scale : bool
        Whether white (1 of floats, 255 of bytes) stays white; without it the numbers stay what they are.
    """

    def __init__(self, dtype: Any, scale: bool = False):
        super().__init__()
        self.dtype, self.scale = np.dtype(dtype), scale

    def forward(self, inpt: Tensor) -> Tensor:
        """Give the Tensor in the dtype."""
        return functional.to_dtype(inpt, self.dtype, self.scale)

    def extra_repr(self) -> str:
        """Give what was chosen."""
        return f"scale={self.scale}"
