"""ResNet: each block adds to its input what it has learnt.

K. He, X. Zhang, S. Ren, J. Sun, "Deep Residual Learning for Image Recognition", 2015 (arXiv:1512.03385).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ... import nn
from ...tensor import Tensor
from .weights import refuse_weights

__all__ = ["BasicBlock", "ResNet", "resnet18"]


class BasicBlock(nn.Module):
    """``relu(f(x) + shortcut(x))`` with two 3 x 3 convolutions as f.

    Parameters
    ----------
    inplanes, planes : int
        Channels that come in, and go out.
    stride : int
        Of the first convolution.
    downsample : Module, optional
        The shortcut, where it is not the input itself.

    Examples
    --------
    >>> import tinyconv as tc
    >>> BasicBlock(4, 4)(tc.zeros(1, 4, 8, 8)).shape
    (1, 4, 8, 8)
    """

    expansion = 1  # channels that go out, for each of `planes`

    def __init__(self, inplanes: int, planes: int, stride: int = 1, downsample: nn.Module | None = None):
        super().__init__()
        self.conv1 = nn.Conv2d(inplanes, planes, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(planes, planes, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = downsample
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """Give ``(N, planes, H / stride, W / stride)``."""
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    """A convolution, four rows of blocks, the mean over space, one linear layer.

    Parameters
    ----------
    block : type
        Of the blocks: :class:`BasicBlock`, or one's own with its parameters and ``expansion``.
    layers : sequence of int
        Blocks in each of the four rows, of 64, 128, 256 and 512 channels.
    num_classes : int
        Scores that it gives.
    zero_init_residual : bool
        Whether each block begins as its shortcut alone.
    """

    def __init__(
        self,
        block: type[BasicBlock],
        layers: Sequence[int],
        num_classes: int = 1000,
        zero_init_residual: bool = False,
    ):
        super().__init__()
        self.inplanes = 64
        self.conv1 = nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.layer1 = self._row(block, 64, layers[0], stride=1)
        self.layer2 = self._row(block, 128, layers[1], stride=2)
        self.layer3 = self._row(block, 256, layers[2], stride=2)
        self.layer4 = self._row(block, 512, layers[3], stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512 * block.expansion, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(module, BasicBlock) and zero_init_residual:
                nn.init.zeros_(module.bn2.weight)  # type: ignore[arg-type]

    def _row(self, block: type[BasicBlock], planes: int, count: int, stride: int) -> nn.Sequential:
        """Blocks of one size; where the first changes it, its shortcut is a 1 x 1 convolution."""
        channels = planes * block.expansion
        shortcut = None
        if stride != 1 or self.inplanes != channels:
            convolution = nn.Conv2d(self.inplanes, channels, kernel_size=1, stride=stride, bias=False)
            shortcut = nn.Sequential(convolution, nn.BatchNorm2d(channels))
        first = block(self.inplanes, planes, stride, shortcut)
        self.inplanes = channels
        return nn.Sequential(first, *(block(channels, planes) for _ in range(1, count)))

    def forward(self, x: Tensor) -> Tensor:
        """Give scores ``(N, num_classes)`` of images ``(N, 3, H, W)``."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.avgpool(x).flatten(1))


def resnet18(*, weights: Any = None, progress: bool = True, **kwargs: Any) -> ResNet:
    """Give a new ResNet of eighteen layers: the parameters of :class:`ResNet`; `weights` must be None.

    Examples
    --------
    >>> import tinyconv as tc
    >>> resnet18(num_classes=10)(tc.zeros(2, 3, 32, 32)).shape
    (2, 10)
    """
    refuse_weights("resnet18", weights, kwargs)
    return ResNet(BasicBlock, [2, 2, 2, 2], **kwargs)
