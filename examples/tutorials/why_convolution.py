"""为什么需要卷积层:从灰度图到边缘.

Why convolutional layers: what a dense layer would cost on a picture, an edge kernel beside a random one, and what
happens to the result when the picture moves.

A rewrite of a Chinese tutorial; its own short programs are in tests/tutorials/test_why_convolution.py.

    python examples/tutorials/why_convolution.py --out pictures
    python examples/tutorials/why_convolution.py --image photo.jpg     # with a picture of your own
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import scene
from pictures import output_folder_and_photo, plt, save, say, show_maps

import tinyconv as torch
from tinyconv import nn


def count_parameters(height: int, width: int) -> None:
    """Compare a dense layer with a convolution that gives as many numbers."""
    cells = height * width
    dense, shared = cells * cells, 5 * 5
    text = "a dense layer from {height} x {width} pixels to as many numbers: {dense:,} weights"
    print(say(text, height=height, width=width, dense=dense))
    print(say("a 5 x 5 kernel: {shared} weights, each used at every place (sharing),", shared=shared))
    print(say("and each result looks at {shared} of {cells:,} pixels (sparse connections)", shared=shared, cells=cells))
    if (height, width) == (scene.HEIGHT, scene.WIDTH):
        assert dense == 53_084_160_000


def list_layers() -> None:
    """Run the six layers: convolution and transposed convolution along 1, 2 and 3 axes."""
    layers = [
        (nn.Conv1d(1, 2, 3), (1, 1, 10), (1, 2, 8)),
        (nn.Conv2d(1, 2, 3), (1, 1, 10, 10), (1, 2, 8, 8)),
        (nn.Conv3d(1, 2, 3), (1, 1, 10, 10, 10), (1, 2, 8, 8, 8)),
        (nn.ConvTranspose1d(2, 1, 3), (1, 2, 8), (1, 1, 10)),
        (nn.ConvTranspose2d(2, 1, 3), (1, 2, 8, 8), (1, 1, 10, 10)),
        (nn.ConvTranspose3d(2, 1, 3), (1, 2, 8, 8, 8), (1, 1, 10, 10, 10)),
    ]
    print(f"\n{say('layer'):16} {say('input'):20} {say('output')}")
    for layer, before, after in layers:
        output = layer(torch.randn(*before))
        print(f"{type(layer).__name__:16} {before!s:20} {tuple(output.shape)}")
        assert output.shape == after
    print(say("The transposed layers bring the shape back, not the numbers: they are no inverse.\n"))


def edge_kernel(size: int) -> torch.Tensor:
    """Give the kernel that is 24 in the middle and -1 around: it compares a pixel with its 24 neighbours."""
    kernel = torch.ones(size, size, dtype=torch.float32) * -1
    kernel[size // 2, size // 2] = size * size - 1
    return kernel.reshape((1, 1, size, size))


def show_kernels(weights: np.ndarray, path: Path) -> None:
    """Draw the two kernels with their numbers."""
    figure, axes = plt.subplots(1, 2, figsize=(8, 4), layout="constrained")
    for axis, kernel, title in zip(axes, weights, (say("edge kernel"), say("random kernel"))):
        axis.imshow(kernel, cmap="RdBu", vmin=-abs(kernel).max(), vmax=abs(kernel).max())
        for (row, column), value in np.ndenumerate(kernel):
            color = "white" if abs(value) > 0.7 * abs(kernel).max() else "black"
            axis.text(column, row, f"{value:.2g}", ha="center", va="center", color=color)
        axis.set_title(title)
        axis.axis(False)
    save(figure, path)


def likeness(a: np.ndarray, b: np.ndarray) -> float:
    """Give the correlation of two pictures, -1 to 1; 0 if one of them is the same everywhere."""
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1]) if np.ptp(a) and np.ptp(b) else 0.0


def compare_maps(picture: np.ndarray, edges: np.ndarray, random: np.ndarray, drawn: bool) -> None:
    """Say how strongly the edge kernel answers, and how much each map is like the picture."""
    inner = picture[2:-2, 2:-2]  # what both maps look at the middle of
    print(say("largest answer of the edge kernel: {most:.0f}", most=abs(edges).max()))
    text = "likeness to the picture: edge map {edges:.2f}, random map {random:.2f}"
    print(say(text, edges=likeness(edges, inner), random=likeness(random, inner)))
    if drawn:  # of a photo nothing is known beforehand
        sky = (slice(5, 60), slice(5, 300))
        print(say("in the sky the edge kernel answers at most {most:.0f}", most=abs(edges[sky]).max()))
        assert abs(edges[sky]).max() < 60
        assert abs(edges).max() > 2000
        assert abs(likeness(edges, inner)) < 0.5 < abs(likeness(random, inner))


def main() -> None:
    """Run it all."""
    out, photo = output_folder_and_photo(__doc__)
    torch.manual_seed(0)
    picture = scene.gray(photo)  # a grey picture is a table: height x width
    height, width = picture.shape
    count_parameters(height, width)
    list_layers()

    # a layer wants four axes: how many pictures, channels, height, width
    x = torch.from_numpy(picture.reshape((1, 1, height, width)))
    print(say("the picture for the layer: {shape}", shape=tuple(x.shape)))

    size = 5
    kernel = edge_kernel(size)
    assert kernel.sum().item() == 0  # so that where all pixels are alike the result is 0
    conv2d = nn.Conv2d(1, 2, (size, size), bias=False)  # two kernels, so two feature maps; no padding
    conv2d.weight.array[0] = kernel[0]  # the first by hand, the second stays as it was drawn
    maps = conv2d(x).array.squeeze()
    print(say("after the convolution: {shape}", shape=tuple(maps.shape)))
    assert tuple(maps.shape) == (2, height - 4, width - 4)

    edges, random = np.asarray(maps[0]), np.asarray(maps[1])
    compare_maps(picture, edges, random, drawn=photo is None)

    # equivariance: move the picture by 16 columns and the map moves by 16 columns
    moved = conv2d(x[:, :, :, 16:]).array.squeeze()
    assert np.allclose(moved, maps[:, :, 16:], atol=0.01)
    text = "the moved picture's map is the map, moved: a convolution is equivariant. Invariance would be no change."
    print(say(text))

    show_maps([picture], [say("the picture")], out / "picture.png", columns=1)
    show_kernels(conv2d.weight.detach().numpy()[:, 0], out / "kernels.png")
    titles = [say("edge kernel"), say("random kernel")]
    show_maps([np.clip(abs(edges), 0, 900), random], titles, out / "feature_maps.png")


if __name__ == "__main__":
    main()
