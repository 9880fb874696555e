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
from . import functional
from .convert import ConvertImageDtype, Grayscale, Normalize, PILToTensor, ToPILImage, ToTensor
from .geometry import CenterCrop, Pad, Resize
from .modes import InterpolationMode
from .order import Compose, Lambda, RandomApply, RandomChoice, RandomOrder
from .random_color import ColorJitter, RandomErasing, RandomGrayscale
from .random_place import (
    RandomAffine,
    RandomCrop,
    RandomHorizontalFlip,
    RandomResizedCrop,
    RandomRotation,
    RandomVerticalFlip,
)

__all__ = [
    "CenterCrop", "ColorJitter", "Compose", "ConvertImageDtype", "Grayscale", "InterpolationMode", "Lambda",
    "Normalize", "PILToTensor", "Pad", "RandomAffine", "RandomApply", "RandomChoice", "RandomCrop", "RandomErasing",
    "RandomGrayscale", "RandomHorizontalFlip", "RandomOrder", "RandomResizedCrop", "RandomRotation",
    "RandomVerticalFlip", "Resize", "ToPILImage", "ToTensor", "functional",
]  # fmt: skip


def __getattr__(name: str) -> NoReturn:
    raise _missing(__name__, name)
