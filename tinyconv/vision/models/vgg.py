"""VGG: small kernels, many of them.

K. Simonyan, A. Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", 2014
(arXiv:1409.1556); the eleven layers of its table's column A.
"""

from __future__ import annotations

from typing import Any

from ... import nn
from ...tensor import Tensor
from .weights import refuse_weights

__all__ = ["VGG", "vgg11"]

_ELEVEN = [64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"]  # channels; M: halve height and width


class VGG(nn.Module):
    """Convolutions, then three large linear layers.

    Parameters
    ----------
    features : Module
        Gives ``(N, 512, H, W)``.
    num_classes : int
        Scores that it gives.
    init_weights : bool
        Whether weights are drawn as the paper's successors do; else they are as each layer begins.
    dropout : float
        How many of the linear layers' values are left out in training.
    """

    def __init__(self, features: nn.Module, num_classes: int = 1000, init_weights: bool = True, dropout: float = 0.5):
        super().__init__()
        self.features = features
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, 4096), nn.ReLU(inplace=True), nn.Dropout(dropout),
            nn.Linear(4096, 4096), nn.ReLU(inplace=True), nn.Dropout(dropout),
            nn.Linear(4096, num_classes),
        )  # fmt: skip
        if init_weights:
            for layer in self.modules():
                _initialise(layer)

    def forward(self, x: Tensor) -> Tensor:
        """Give scores ``(N, num_classes)`` of images ``(N, 3, H, W)``."""
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


def _initialise(layer: nn.Module) -> None:
    if isinstance(layer, nn.Conv2d):
        nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
        nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
    elif isinstance(layer, nn.Linear):
        nn.init.normal_(layer.weight, 0, 0.01)
        nn.init.zeros_(layer.bias)  # type: ignore[arg-type]


def _layers(plan: list[Any]) -> nn.Sequential:
    layers: list[nn.Module] = []
    channels = 3
    for item in plan:
        if item == "M":
            layers.append(nn.MaxPool2d(kernel_size=2, stride=2))
        else:
            layers += [nn.Conv2d(channels, item, kernel_size=3, padding=1), nn.ReLU(inplace=True)]
            channels = item
    return nn.Sequential(*layers)


def vgg11(*, weights: Any = None, progress: bool = True, **kwargs: Any) -> VGG:
    """Give a new VGG of eleven layers: the parameters of :class:`VGG`; `weights` must be None.

    It has 133 million parameters, most of them in the first linear layer.

    Examples
    --------
    >>> vgg11(pretrained=True)
    Traceback (most recent call last):
    ...
    ValueError: vgg11: no trained weights come with tinyconv...
    """
    refuse_weights("vgg11", weights, kwargs)
    return VGG(_layers(_ELEVEN), **kwargs)
