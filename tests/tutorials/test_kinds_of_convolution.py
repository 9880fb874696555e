"""The layers of a Chinese catalogue of convolutions, from one axis to dilated ones, with the signatures it lists."""

from __future__ import annotations

import tinyconv as torch
from tinyconv import nn


def test_the_signatures_it_lists() -> None:
    options = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True}
    assert torch.nn.Conv1d(3, 4, 2, **options)(torch.rand(1, 3, 5)).shape == (1, 4, 4)
    assert torch.nn.Conv2d(3, 4, (2, 3), **options)(torch.rand(1, 3, 5, 6)).shape == (1, 4, 4, 4)
    assert torch.nn.Conv3d(3, 4, (1, 2, 3), **options)(torch.rand(1, 3, 5, 6, 7)).shape == (1, 4, 5, 5, 5)
    for padding_mode in ("zeros", "reflect", "replicate", "circular"):
        layer = nn.Conv2d(1, 1, 3, padding=(1, 2), padding_mode=padding_mode)
        assert layer(torch.rand(1, 1, 4, 5)).shape == (1, 1, 4, 7)


def test_depthwise_separable() -> None:
    in_channels, out_channels = 6, 4
    conv1 = nn.Conv2d(in_channels, in_channels, kernel_size=3, stride=2, padding=1, groups=in_channels, bias=False)
    conv2 = nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=1, padding=0, bias=False)
    x = torch.rand(2, 6, 9, 7, requires_grad=True)
    y = conv2(conv1(x))
    assert y.shape == (2, 4, 5, 4)
    y.sum().backward()
    assert conv1.weight.grad.shape == (6, 1, 3, 3)
    assert x.grad.shape == x.shape


def test_dilated() -> None:
    conv2 = nn.Conv2d(1, 1, 3, stride=1, bias=False, dilation=2)
    x = torch.zeros(1, 1, 9, 9)
    x[0, 0, 4, 4] = 1
    y = conv2(x)
    assert y.shape == (1, 1, 5, 5)
    assert torch.equal(y[0, 0, ::2, ::2].data, conv2.weight.data[0, 0].flip(0, 1))
    assert (y[0, 0, 1::2] == 0).all()
