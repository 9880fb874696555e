"""走进卷积神经网络:滤波器、步幅、最大池化与 SimpleCNN (Chainer).

Into a convolutional network, in Chainer's words: random filters, edge filters, stride, max pooling, and SimpleCNN with
both of its output sizes.

A rewrite of a Chinese tutorial; its own short programs are in tests/tutorials/test_chainer_walkthrough.py.

    python examples/tutorials/chainer_walkthrough.py --out pictures
    python examples/tutorials/chainer_walkthrough.py --image photo.jpg     # with a picture of your own
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import scene
from pictures import output_folder_and_photo, plot_channels, plt, save, say, show_maps

import tinyconv.chainer as chainer
import tinyconv.chainer.functions as F
import tinyconv.chainer.links as L
from tinyconv import manual_seed as seed  # Chainer draws from NumPy: from numpy.random import seed


def as_input(photo: np.ndarray | None) -> np.ndarray:
    """Turn the picture (height, width, channel) into a layer's input (batch index, channel, height, width)."""
    image = scene.rgb() if photo is None else photo
    print(say("image.shape (height, width, channel) = {shape}", shape=image.shape))
    image = image.transpose(2, 0, 1)
    image = image[np.newaxis, :, :, :]
    image = image.astype(np.float32)
    print(say("input shape (batch index, channel, height, width) = {shape}", shape=image.shape))
    return image


def random_filters(image: np.ndarray, conv1: L.Convolution2D, path: Path) -> np.ndarray:
    """Apply three filters as they were drawn: they blur, shift colours, or show edges a little."""
    assert conv1.W.data is None  # in_channels is None: there is no W before the first call
    output = conv1(image).data
    print("conv1:", output.shape, "W:", conv1.W.data.shape)
    height, width = image.shape[2:]  # 360 x 640 of the scene: 356 x 636
    assert output.shape == (1, 3, output_size(height, 5, 1), output_size(width, 5, 1))
    assert conv1.W.data.shape == (3, 3, 5, 5)
    plot_channels(output[0].transpose(1, 2, 0), path)
    return output


def one_output_cell_by_hand(image: np.ndarray, conv1: L.Convolution2D, output: np.ndarray) -> None:
    """Compute one output as the definition says: the inner product of a patch and a filter, plus that filter's bias."""
    row, column, channel = image.shape[2] // 4, image.shape[3] // 3, 1
    patch = image[0, :, row : row + 5, column : column + 5]
    conv1.b.data[channel] = 0.5
    cell = (patch * conv1.W.data[channel]).sum() + 0.5
    assert np.isclose(conv1(image).data[0, channel, row, column], cell, rtol=1e-4, atol=1e-2)
    assert np.allclose(conv1(image).data[0, channel], output[0, channel] + 0.5, atol=1e-2)  # the bias is everywhere
    conv1.b.data[channel] = 0


def edge_filters(photo: np.ndarray | None, path: Path) -> None:
    """Write two filters by hand: one answers where brightness changes from left to right, one from top to bottom."""
    gray = scene.gray(photo)[np.newaxis, np.newaxis, :, :]
    conv_vertical = L.Convolution2D(1, 1, 3)
    conv_horizontal = L.Convolution2D(1, 1, 3)
    print(say("a filter as drawn:"), conv_vertical.W.data, sep="\n")
    conv_vertical.W.data = np.asarray([[[[-1.0, 0, 1], [-1, 0, 1], [-1, 0, 1]]]])
    conv_horizontal.W.data = np.asarray([[[[-1.0, -1, -1], [0, 0.0, 0], [1, 1, 1]]]])
    vertical, horizontal = conv_vertical(gray).data, conv_horizontal(gray).data
    height, width = gray.shape[2] - 2, gray.shape[3] - 2  # of the scene: 358 x 638
    assert vertical.shape == horizontal.shape == (1, 1, height, width)
    assert vertical.dtype == np.float32  # the filter was float64; the result follows the input
    assert vertical[0].transpose(1, 2, 0).shape == (height, width, 1)
    v, h = abs(vertical[0, 0]), abs(horizontal[0, 0])
    if photo is None:  # of a photo nothing is known beforehand
        house, lake = (slice(230, 275), slice(90, 140)), (slice(235, 275), slice(420, 600))
        assert v[house].mean() > 20 * h[house].mean()  # upright planks
        assert h[lake].mean() > 20 * v[lake].mean()  # lying ripples
    show_maps([v, h], [say("vertical edges"), say("horizontal edges")], path, most=250)


def output_size(i: int, k: int, s: int, p: int = 0, cover_all: bool = False) -> int:
    """Give the output size by Chainer's two formulas."""
    return (i + 2 * p - k + (s - 1 if cover_all else 0)) // s + 1


def strides(image: np.ndarray, conv1: L.Convolution2D, conv2: L.Convolution2D, path: Path) -> None:
    """Step by two: an output of half the height and width."""
    output = conv2(conv1(image)).data
    print(say("conv2(conv1(image)), stride 2: {shape}", shape=output.shape))
    height, width = image.shape[2:]  # of the scene: 356 x 636 after conv1, and then 177 x 317
    assert output.shape == (1, 5, output_size(height - 4, 3, 2), output_size(width - 4, 3, 2))
    plot_channels(output[0].transpose(1, 2, 0), path)

    x, ones = np.arange(25, dtype=np.float32).reshape(1, 1, 5, 5), np.ones((1, 1, 2, 2), np.float32)
    covered = F.convolution_2d(x, ones, stride=2, cover_all=True).data
    assert covered[0, 0].tolist() == [[12, 20, 13], [52, 60, 33], [41, 45, 24]]  # the last windows reach outside
    assert covered.shape[2] == output_size(5, 2, 2, cover_all=True) == 3
    assert F.convolution_2d(x, ones, stride=2).shape[2] == output_size(5, 2, 2) == 2


def max_pooling(image: np.ndarray, drawn: bool, path: Path) -> None:
    """Keep the largest of each 2x2 cells and forget the rest; a moved picture then changes less, but it does change."""
    output = F.max_pooling_2d(image, 2).data
    print(say("max pooling: {shape}", shape=output.shape))
    covered = [output_size(size, 2, 2, cover_all=True) for size in image.shape[2:]]  # of the scene: 180 x 320
    assert output.shape == (1, 3, *covered)
    plot_channels(output[0].transpose(1, 2, 0), path)

    moved = np.roll(image, 1, axis=3)
    pooled = F.max_pooling_2d(moved, 2).data
    before, after = abs(moved - image).mean(), abs(pooled - output).mean()
    text = "picture moved by a pixel: mean change {before:.1f} without pooling, {after:.1f} after it"
    print(say(text, before=before, after=after))
    if drawn:
        assert 0 < after < before  # some invariance, not all of it


def activations(path: Path) -> None:
    """Draw the four functions that stand between the layers."""
    x = np.linspace(-4, 4, 81, dtype=np.float32)
    figure, axes = plt.subplots(1, 4, figsize=(12, 2.8), layout="constrained")
    for axis, function in zip(axes, (F.relu, F.leaky_relu, F.sigmoid, F.tanh)):
        axis.plot(x, function(x).data)
        axis.grid(alpha=0.3)
        axis.set_title(function.__name__)
    save(figure, path)
    assert F.relu(x).data.min() == 0
    assert np.isclose(F.leaky_relu(x).data.min(), -0.8)  # Chainer's slope is 0.2


class SimpleCNN(chainer.Chain):
    """Two 3x3 convolutions, each followed by relu and 2x2 max pooling."""

    def __init__(self) -> None:
        super().__init__(
            conv1=L.Convolution2D(None, 5, 3),
            conv2=L.Convolution2D(None, 5, 3),
        )

    def __call__(self, x: np.ndarray) -> chainer.Variable:
        """Give the five feature maps."""
        h = F.relu(self.conv1(x))
        h = F.max_pooling_2d(h, 2)
        h = F.relu(self.conv2(h))
        return F.max_pooling_2d(h, 2)


class SimpleCNNAsPrinted(SimpleCNN):
    """The class as the tutorial printed it: without ``self.``, so that the notebook's older layers are called."""

    def __init__(self, conv1: L.Convolution2D, conv2: L.Convolution2D) -> None:
        super().__init__()
        self.notebook = (conv1, conv2)

    def __call__(self, x: np.ndarray) -> chainer.Variable:
        """Give what the notebook gave."""
        conv1, conv2 = self.notebook
        h = F.relu(conv1(x))
        h = F.max_pooling_2d(h, 2)
        h = F.relu(conv2(h))
        return F.max_pooling_2d(h, 2)


def simple_cnn(image: np.ndarray, conv1: L.Convolution2D, conv2: L.Convolution2D, path: Path) -> None:
    """Run SimpleCNN, and explain the tutorial's 44 x 79 (of 360 x 640 pixels).

    =========================  ==============================  ==============================
    step                       the class's own layers          as printed: the older layers
    =========================  ==============================  ==============================
    conv1                      3x3: 358 x 638                  5x5: 356 x 636
    pooling, cover_all         179 x 319                       178 x 318
    conv2                      3x3: 177 x 317                  3x3, stride 2: 88 x 158
    pooling, cover_all         **89 x 159** (rounded up)       **44 x 79**
    =========================  ==============================  ==============================
    """
    output = SimpleCNN()(image).data
    printed = SimpleCNNAsPrinted(conv1, conv2)(image).data
    text = "SimpleCNN: {own} - as printed, with the notebook's conv1 and conv2: {printed}"
    print(say(text, own=output.shape, printed=printed.shape))
    if image.shape[2:] == (scene.HEIGHT, scene.WIDTH):
        assert output.shape == (1, 5, 89, 159)
        assert printed.shape == (1, 5, 44, 79)
        h = F.max_pooling_2d(SimpleCNN().conv1(image), 2, cover_all=False)
        assert F.max_pooling_2d(L.Convolution2D(5, 3)(h), 2, cover_all=False).shape == (1, 5, 88, 158)  # rounded down
    plot_channels(output[0].transpose(1, 2, 0), path)


def main() -> None:
    """Run it all."""
    out, photo = output_folder_and_photo(__doc__)
    seed(0)
    # switches for cuDNN; tinyconv accepts them and computes the same either way
    chainer.configuration.config.cudnn_deterministic = True
    image = as_input(photo)
    conv1 = L.Convolution2D(None, 3, 5)  # in_channels, out_channels, ksize
    conv2 = L.Convolution2D(None, 5, 3, 2)  # and stride
    with chainer.using_config("autotune", True), chainer.no_backprop_mode():
        show_maps(list(image[0]), [say("red"), say("green"), say("blue")], out / "channels.png", columns=3)
        output = random_filters(image, conv1, out / "output_conv1.png")
        one_output_cell_by_hand(image, conv1, output)
        edge_filters(photo, out / "edges.png")
        strides(image, conv1, conv2, out / "output_conv2.png")
        max_pooling(image, photo is None, out / "output_max_pooling.png")
        activations(out / "activations.png")
        simple_cnn(image, conv1, conv2, out / "output_simple_cnn.png")


if __name__ == "__main__":
    main()
