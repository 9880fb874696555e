"""LeNet-5, the first convolutional network that read digits for a bank.

Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document recognition", 1998; with
today's ReLU and max pooling in place of its tanh and trained averages.
"""

from __future__ import annotations

from typing import Any

from ... import nn
from ...ops import max_pool2d, relu
from ...tensor import Tensor
from .weights import refuse_weights

__all__ = ["LeNet", "lenet"]


class LeNet(nn.Module):
    """Two convolutions with pooling, three linear layers.

    Parameters
    ----------
    num_classes : int
        Scores that it gives.
    in_channels : int
        1 for gray images, 3 for colors.

    Examples
    --------
    >>> import tinyconv as tc
    >>> LeNet()(tc.zeros(2, 1, 28, 28)).shape
    (2, 10)
    """

    def __init__(self, num_classes: int = 10, in_channels: int = 1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 6, kernel_size=5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, kernel_size=5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Give scores ``(N, num_classes)`` of images ``(N, C, 28, 28)``."""
        x = max_pool2d(relu(self.conv1(x)), 2)  # 28 -> 14
        x = max_pool2d(relu(self.conv2(x)), 2)  # 10 -> 5
        return self.fc3(relu(self.fc2(relu(self.fc1(x.flatten(1))))))


def lenet(*, weights: Any = None, progress: bool = True, **kwargs: Any) -> LeNet:
    """Give a new :class:`LeNet`; `weights` must be None."""
    refuse_weights("lenet", weights, kwargs)
    return LeNet(**kwargs)
