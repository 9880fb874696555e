"""The programs of 《两分钟通过代码理解深度神经网络中的卷积层》, by 梦想当极客的小芦; what they print stands there."""

from __future__ import annotations

import pytest

import tinyconv as torch
import tinyconv.nn.functional as F
from tinyconv import nn

TABLES = """\
--inputs--
tensor([[[[ 0.,  1.,  2.,  3.,  4.],
          [ 5.,  6.,  7.,  8.,  9.],
          [10., 11., 12., 13., 14.],
          [15., 16., 17., 18., 19.],
          [20., 21., 22., 23., 24.]]]])
--filters--
tensor([[[[1., 1.],
          [1., 1.]]]])
--outputs--
tensor([[[[12., 16., 20., 24.],
          [32., 36., 40., 44.],
          [52., 56., 60., 64.],
          [72., 76., 80., 84.]]]])
--outputs(stride=2)--
tensor([[[[12., 20.],
          [52., 60.]]]])
--outputs(padding=1)--
tensor([[[[ 0.,  1.,  3.,  5.,  7.,  4.],
          [ 5., 12., 16., 20., 24., 13.],
          [15., 32., 36., 40., 44., 23.],
          [25., 52., 56., 60., 64., 33.],
          [35., 72., 76., 80., 84., 43.],
          [20., 41., 43., 45., 47., 24.]]]])
--outputs(dilation=2)--
tensor([[[[24., 28., 32.],
          [44., 48., 52.],
          [64., 68., 72.]]]])
"""


def test_one_picture_and_one_kernel(capsys: pytest.CaptureFixture[str]) -> None:
    inputs = torch.arange(0, 25).reshape(1, 1, 5, 5).float()
    filters = torch.tensor([[[[1.0, 1], [1, 1]]]])
    outputs = F.conv2d(inputs, filters)
    outputs_s2 = F.conv2d(inputs, filters, stride=2)
    outputs_p1 = F.conv2d(inputs, filters, padding=1)
    outputs_d2 = F.conv2d(inputs, filters, dilation=2)
    print("--inputs--")
    print(inputs)
    print("--filters--")
    print(filters)
    print("--outputs--")
    print(outputs, "\n")
    print("--outputs(stride=2)--")
    print(outputs_s2, "\n")
    print("--outputs(padding=1)--")
    print(outputs_p1, "\n")
    print("--outputs(dilation=2)--")
    print(outputs_d2, "\n")
    printed = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert [line for line in printed if line] == TABLES.splitlines()


def test_many_channels() -> None:
    features = torch.randn(2, 64, 128, 128)  # there 8 pictures
    conv = nn.Conv2d(in_channels=64, out_channels=32, kernel_size=3)
    conv_out = conv(features)
    assert conv_out.shape == torch.Size([2, 32, 126, 126])
    assert conv.weight.shape == torch.Size([32, 64, 3, 3])

    conv_group = nn.Conv2d(in_channels=64, out_channels=32, kernel_size=3, groups=8)
    group_out = conv_group(features)
    assert group_out.shape == torch.Size([2, 32, 126, 126])
    assert conv_group.weight.shape == torch.Size([32, 8, 3, 3])

    depth_conv = nn.Conv2d(in_channels=64, out_channels=64, kernel_size=3, groups=64)
    oneone_conv = nn.Conv2d(in_channels=64, out_channels=32, kernel_size=1)
    separable_conv = nn.Sequential(depth_conv, oneone_conv)
    separable_out = separable_conv(features)
    assert separable_out.shape == torch.Size([2, 32, 126, 126])
    assert depth_conv.weight.shape == torch.Size([64, 1, 3, 3])
    assert oneone_conv.weight.shape == torch.Size([32, 64, 1, 1])

    conv_t = nn.ConvTranspose2d(in_channels=32, out_channels=64, kernel_size=3)
    features_like = conv_t(conv_out)
    assert features_like.shape == torch.Size([2, 64, 128, 128])
    assert conv_t.weight.shape == torch.Size([32, 64, 3, 3])
