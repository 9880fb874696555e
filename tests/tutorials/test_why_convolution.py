"""The programs of 《为什么需要卷积层,深度学习中的卷积是什么?》, after Sun Yulin and Yu Benguo's book on PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

import tinyconv as torch
from tinyconv import nn

plt = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture
def imgGray() -> np.ndarray:
    """Stands for the photo that the tutorial reads."""
    return np.random.default_rng(0).uniform(0, 255, (36, 64)).astype(np.float32)


def test_a_picture_becomes_a_batch(imgGray: np.ndarray, capsys: pytest.CaptureFixture[str]) -> None:
    imh, imw = imgGray.shape
    imgGray_torch = torch.from_numpy(imgGray.reshape((1, 1, imh, imw)))
    print(imgGray_torch.shape)
    assert "1, 1, 36, 64" in capsys.readouterr().out


def test_edges_beside_a_random_kernel(imgGray: np.ndarray, capsys: pytest.CaptureFixture[str]) -> None:
    imgGray_torch = torch.from_numpy(imgGray.reshape((1, 1, *imgGray.shape)))
    kersize = 5
    ker = torch.ones(kersize, kersize, dtype=torch.float32) * -1
    ker[2, 2] = 24
    ker = ker.reshape((1, 1, kersize, kersize))
    conv2d = nn.Conv2d(1, 2, (kersize, kersize), bias=False)
    conv2d.weight.data[0] = ker
    imconv2dout = conv2d(imgGray_torch)
    imconv2dout_im = imconv2dout.data.squeeze()
    print("卷积后的尺寸:", imconv2dout_im.shape)
    plt.figure(figsize=(12, 6))
    plt.subplot(1, 2, 1)
    plt.imshow(imconv2dout_im[0], cmap=plt.cm.gray)
    plt.axis(False)
    plt.subplot(1, 2, 2)
    shown = plt.imshow(imconv2dout_im[1], cmap=plt.cm.gray)
    plt.axis(False)
    plt.close("all")
    assert "2, 32, 60" in capsys.readouterr().out
    assert conv2d.weight.data[0].sum().item() == 0.0
    middle = imgGray[:5, :5].astype(np.float64)
    assert imconv2dout_im[0, 0, 0].item() == pytest.approx(25 * middle[2, 2] - middle.sum(), rel=1e-4)
    assert np.array_equal(np.asarray(shown.get_array()), imconv2dout_im[1].numpy())
