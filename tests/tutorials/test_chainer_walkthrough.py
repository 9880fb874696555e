"""The programs of a Chinese walk through Chainer's convolutional networks (《了解卷积层》), one after the other.

Its readers work in a notebook, where each cell sees the names of the cells before; so the cells are one test here.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tinyconv.chainer as chainer
import tinyconv.chainer.links as L
from tinyconv.chainer import functions as F

plt = pytest.importorskip("matplotlib.pyplot")


def plot_channels(array, filepath="out.jpg"):
    ch_number = array.shape[2]
    _, axes = plt.subplots(1, ch_number)
    for i in range(ch_number):
        axes[i].set_title(f"Channel {i}")
        axes[i].axis("off")
        axes[i].imshow(array[:, :, i], cmap="gray")
    plt.savefig(filepath)
    plt.close("all")


def test_the_cells(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (360, 640, 3), dtype=np.uint8)  # for cv2.imread
    gray_image = image[:, :, 0]

    conv1 = L.Convolution2D(None, 3, 5)
    image = image.transpose(2, 0, 1)
    image = image[np.newaxis, :, :, :]
    image = image.astype(np.float32)
    assert image.shape == (1, 3, 360, 640)
    out_image = conv1(image).data
    assert out_image.shape == (1, 3, 356, 636)
    out_image = out_image[0].transpose(1, 2, 0)
    plot_channels(out_image, filepath=tmp_path / "output_conv1.jpg")

    gray_image = gray_image[np.newaxis, np.newaxis, :, :]
    gray_image = gray_image.astype(np.float32)
    conv_vertical = L.Convolution2D(1, 1, 3)
    conv_horizontal = L.Convolution2D(1, 1, 3)
    print(conv_vertical.W.data)
    conv_vertical.W.data = np.asarray([[[[-1.0, 0, 1], [-1, 0, 1], [-1, 0, 1]]]])
    conv_horizontal.W.data = np.asarray([[[[-1.0, -1, -1], [0, 0.0, 0], [1, 1, 1]]]])
    out_image_v = conv_vertical(gray_image).data
    out_image_h = conv_horizontal(gray_image).data
    assert out_image_v.shape == (1, 1, 358, 638)
    out_image_v = out_image_v[0].transpose(1, 2, 0)
    out_image_h = out_image_h[0].transpose(1, 2, 0)
    assert out_image_v.shape == (358, 638, 1)
    plt.imshow(out_image_v[:, :, 0], cmap="gray")
    plt.imshow(out_image_h[:, :, 0], cmap="gray")
    g = gray_image[0, 0]
    assert np.allclose(out_image_v[0, 0, 0], g[:3, 2].sum() - g[:3, 0].sum())
    assert np.allclose(out_image_h[0, 0, 0], g[2, :3].sum() - g[0, :3].sum())

    conv2 = L.Convolution2D(None, 5, 3, 2)
    out_image = conv2(conv1(image)).data
    assert out_image.shape == (1, 5, 177, 317)
    plot_channels(out_image[0].transpose(1, 2, 0), filepath=tmp_path / "output_conv2.jpg")

    out_image = F.max_pooling_2d(image, 2).data
    assert out_image.shape == (1, 3, 180, 320)
    plot_channels(out_image[0].transpose(1, 2, 0), filepath=tmp_path / "output_max_pooling.jpg")

    class SimpleCNN(chainer.Chain):
        def __init__(self):
            super().__init__(
                conv1=L.Convolution2D(None, 5, 3),
                conv2=L.Convolution2D(None, 5, 3),
            )

        def __call__(self, x):
            h = F.relu(conv1(x))  # the layers of the cells above, as the tutorial has it
            h = F.max_pooling_2d(h, 2)
            h = F.relu(conv2(h))
            h = F.max_pooling_2d(h, 2)
            return h

    model = SimpleCNN()
    out_image = model(image).data
    assert out_image.shape == (1, 5, 44, 79)
    plot_channels(out_image[0].transpose(1, 2, 0), filepath=tmp_path / "output_simple_cnn.jpg")
    assert len(list(tmp_path.glob("*.jpg"))) == 4


def test_settings_it_names() -> None:
    x = np.ones((1, 1, 7, 7), np.float32)
    with chainer.using_config("autotune", True), chainer.using_config("cudnn_deterministic", True):
        assert L.Convolution2D(1, 2, 3, stride=2, pad=1)(x).shape == (1, 2, 4, 4)
    assert F.convolution_2d(x, np.ones((1, 1, 2, 2), np.float32), stride=2, cover_all=True).shape == (1, 1, 4, 4)
