"""Data sets of images.  A sample is ``(image, target)``: a PIL image, unless a `transform` makes something else of it.

Examples
--------
>>> from tinyconv.vision import datasets, transforms
>>> data = datasets.FakeData(size=8, image_size=(3, 4, 4), transform=transforms.ToTensor())
>>> image, target = data[0]
>>> image.shape, len(data)
((3, 4, 4), 8)
"""

from typing import NoReturn

from ...absent import missing as _missing
from .base import VisionDataset
from .cifar import CIFAR10, CIFAR100
from .digits import EMNIST, KMNIST, MNIST, FashionMNIST
from .fake import FakeData
from .folder import DatasetFolder, ImageFolder

__all__ = [
    "CIFAR10", "CIFAR100", "EMNIST", "KMNIST", "MNIST", "DatasetFolder", "FakeData", "FashionMNIST", "ImageFolder",
    "VisionDataset",
]  # fmt: skip


def __getattr__(name: str) -> NoReturn:
    raise _missing(__name__, name)
