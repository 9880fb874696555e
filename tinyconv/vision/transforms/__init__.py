"""What is done to images before a network sees them: on PIL images and on Tensors ``(..., C, H, W)``.

Examples
--------
>>> from PIL import Image
>>> from tinyconv.vision import transforms
>>> transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
>>> transform(Image.new("L", (2, 1), 255))
tensor([[[1., 1.]]])
"""

from typing import NoReturn

from ...absent import missing as _missing
from . import functional, v2
from .convert import ConvertImageDtype, Grayscale, Normalize, PILToTensor, ToPILImage, ToTensor
from .geometry import CenterCrop, Pad, Resize
from .modes import InterpolationMode
from .order import Compose, Lambda, RandomApply, RandomChoice, RandomOrder
from .random_color import (
    ColorJitter,
    GaussianBlur,
    RandomErasing,
    RandomGrayscale,
    RandomInvert,
    RandomPosterize,
    RandomSolarize,
)
from .random_place import (
    RandomAffine,
    RandomCrop,
    RandomHorizontalFlip,
    RandomResizedCrop,
    RandomRotation,
    RandomVerticalFlip,
)

__all__ = [
    "CenterCrop", "ColorJitter", "Compose", "ConvertImageDtype", "GaussianBlur", "Grayscale", "InterpolationMode",
    "Lambda", "Normalize", "PILToTensor", "Pad", "RandomAffine", "RandomApply", "RandomChoice", "RandomCrop",
    "RandomErasing", "RandomGrayscale", "RandomHorizontalFlip", "RandomInvert", "RandomOrder", "RandomPosterize",
    "RandomResizedCrop", "RandomRotation", "RandomSolarize", "RandomVerticalFlip", "Resize", "ToPILImage",
    "ToTensor", "functional", "v2",
]  # fmt: skip


def __getattr__(name: str) -> NoReturn:
    raise _missing(__name__, name)
