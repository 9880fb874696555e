"""Well-known networks, with torchvision's names of layers and parameters, so that its weight files fit.

Examples
--------
>>> from tinyconv.vision import models
>>> sum(p.numel() for p in models.lenet().parameters())
61706
"""

from typing import NoReturn

from ...absent import missing as _missing
from .lenet import LeNet, lenet
from .resnet import BasicBlock, ResNet, resnet18
from .vgg import VGG, vgg11

__all__ = ["VGG", "BasicBlock", "LeNet", "ResNet", "lenet", "resnet18", "vgg11"]


def __getattr__(name: str) -> NoReturn:
    raise _missing(__name__, name)
