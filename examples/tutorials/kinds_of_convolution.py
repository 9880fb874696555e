"""各种卷积一览:一维、三维、1x1、分组、可分离、空洞、可变形与转置.

Every kind of convolution on something it is good at: a time series, a clip of moving digits, a picture.

A rewrite of a Chinese tutorial; its own short programs are in tests/tutorials/test_kinds_of_convolution.py.

    python examples/tutorials/kinds_of_convolution.py --out pictures
    python examples/tutorials/kinds_of_convolution.py --image photo.jpg     # with a picture of your own
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import scene
from pictures import output_folder_and_photo, plt, save, say, show_maps, show_tables

import tinyconv as torch
import tinyconv.nn.functional as F
from tinyconv import nn
from tinyconv.data import mnist
from tinyconv.nn.functional import deform_conv2d  # PyTorch has it in torchvision.ops

SOBEL_COLUMN, SOBEL_ROW = (1.0, 2.0, 1.0), (-1.0, 0.0, 1.0)


def count(module: nn.Module) -> int:
    """Count a layer's numbers."""
    return sum(p.numel() for p in module.parameters())


def along_time(path: Path) -> None:
    """1-d: one kernel smooths a noisy series, another one answers where it jumps."""
    t = np.arange(200)
    clean = np.sin(t / 12) + np.where(t > 120, 2.0, 0.0)
    series = (clean + 0.25 * np.random.default_rng(0).standard_normal(200)).astype(np.float32)
    smooth = nn.Conv1d(1, 1, 9, padding=4, padding_mode="replicate", bias=False)
    smooth.weight.array[:] = 1 / 9
    jump = nn.Conv1d(1, 1, 8, padding="same", bias=False)
    jump.weight.array[0, 0, :4], jump.weight.array[0, 0, 4:] = -0.25, 0.25
    x = torch.from_numpy(series.reshape(1, 1, 200))
    smoothed, jumps = (layer(x).detach().numpy()[0, 0] for layer in (smooth, jump))
    assert np.abs(smoothed - clean)[:110].mean() < 0.5 * np.abs(series - clean)[:110].mean()
    assert abs(int(np.abs(jumps[8:-8]).argmax()) + 8 - 120) <= 1
    # a kernel of width 3 on 4 channels holds 3 * 4 numbers, for each output channel
    assert nn.Conv1d(4, 2, 3).weight.shape == (2, 4, 3)

    figure, axes = plt.subplots(2, 1, figsize=(9, 4), sharex=True, layout="constrained")
    axes[0].plot(series, ".", color="gray", label=say("series"))
    axes[0].plot(smoothed, label=say("mean of 9"))
    axes[1].plot(jumps, color="tab:red", label=say("next 4 less last 4"))
    for axis in axes:
        axis.legend(loc="upper left")
    save(figure, path)


def moving_digits(step: int, frames: int = 12, size: int = 48) -> np.ndarray:
    """Give a clip of two digits that move by `step` columns a frame: float32, ``(frames, size, size)``, 0 to 1."""
    images, labels = mnist.load(split="test")
    clip = np.zeros((frames, size, size), np.float32)
    for row, digit in ((0, 3), (20, 7)):
        image = images[labels == digit][0] / 255
        for frame in range(frames):
            column = 10 + step * (frame - frames // 2)
            clip[frame, row : row + 28] += np.roll(np.pad(image, ((0, 0), (0, size - 28))), column, axis=1)
    return clip.clip(0, 1)


def in_space_and_time(path: Path) -> None:
    """3-d: a kernel of 3 frames x 1 x 5 whose edge moves right by a column a frame answers to motion to the right.

    The third axis is time.  It is not the channels: those are summed, here as in two dimensions.
    """
    edge = np.array([0, -1, 1, 0, 0], np.float32)
    kernel = np.stack([np.roll(edge, shift) for shift in (-1, 0, 1)])  # the edge moves on by one column a frame
    layer = nn.Conv3d(1, 1, (3, 1, 5), padding=(0, 0, 2), bias=False)
    layer.weight.array[0, 0] = torch.from_numpy(kernel[:, None, :])
    answers = {}
    for name, step in (("to the right", 1), ("to the left", -1), ("still", 0)):
        clip = torch.from_numpy(moving_digits(step)[None, None])
        answers[name] = layer(clip).detach().numpy()[0, 0]
        assert answers[name].shape == (10, 48, 48)
    power = {name: float((answer**2).mean()) for name, answer in answers.items()}
    told = ", ".join(f"{say(name)} {p:.4f}" for name, p in power.items())
    print(say("3-d, a kernel for motion to the right, mean square of its answers: {told}", told=told))
    assert power["to the right"] > 1.3 * power["still"]
    assert power["still"] > 1.3 * power["to the left"]

    # a frames x b x c: stride and padding have three numbers too
    big = nn.Conv3d(3, 2, (2, 3, 3), stride=(1, 2, 2), padding=(0, 1, 1))
    assert big(torch.ones(1, 3, 4, 8, 8)).shape == (1, 2, 3, 4, 4)

    right = moving_digits(1)
    maps = [right[0], right[5], right[11], *(abs(answers[n][5]) for n in ("to the right", "to the left", "still"))]
    frames = [say("frame {number}", number=number) for number in (0, 5, 11)]
    titles = [*frames, say("answer: moving right"), say("moving left"), say("still")]
    show_maps(maps, titles, path, columns=6, most=1.5)  # one scale, so that answers can be compared


def mixing_channels(photo: np.ndarray | None, path: Path) -> None:
    """1x1: each pixel's channels are mixed, its neighbours play no part; red, green and blue become grey and warmth."""
    picture = scene.rgb() if photo is None else photo
    rgb = picture.astype(np.float32).transpose(2, 0, 1)[None]
    mix = nn.Conv2d(3, 2, 1, bias=False)
    mix.weight.array[:, :, 0, 0] = torch.tensor([[0.299, 0.587, 0.114], [1.0, 0.0, -1.0]])
    maps = mix(torch.from_numpy(rgb)).detach().numpy()[0]
    assert np.allclose(maps[0], scene.gray(picture), atol=0.01)
    assert np.array_equal(maps[1], rgb[0, 0] - rgb[0, 2])
    show_maps(list(maps), [say("0.299 red + 0.587 green + 0.114 blue"), say("red - blue")], path)

    # cheap before a large kernel: 256 channels down to 64, then 5x5
    direct = nn.Conv2d(256, 64, 5, padding=2)
    cheap = nn.Sequential(nn.Conv2d(256, 64, 1), nn.ReLU(), nn.Conv2d(64, 64, 5, padding=2))
    x = torch.randn(1, 256, 8, 8)
    assert direct(x).shape == cheap(x).shape == (1, 64, 8, 8)
    text = "5x5 on 256 channels: {direct:,} parameters; 1x1 first: {cheap:,}"
    print(say(text, direct=count(direct), cheap=count(cheap)))
    assert (count(direct), count(cheap)) == (409_664, 118_912)


def grouped_and_separable() -> None:
    """Groups keep channels apart; one group per channel and a 1x1 to mix is the depthwise separable convolution."""
    x = torch.randn(1, 8, 32, 32)
    grouped = nn.Conv2d(8, 6, 3, groups=2, bias=False)
    halves = [F.conv2d(x[:, 4 * i : 4 * i + 4], grouped.weight[3 * i : 3 * i + 3]) for i in range(2)]
    assert np.allclose(grouped(x).detach().numpy(), torch.cat(halves, 1).detach().numpy(), atol=1e-5)

    in_channels, out_channels = 8, 16
    conv1 = nn.Conv2d(in_channels, in_channels, kernel_size=3, stride=2, padding=1, groups=in_channels, bias=False)
    conv2 = nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=1, padding=0, bias=False)
    assert conv2(conv1(x)).shape == (1, 16, 16, 16)
    assert (count(conv1) + count(conv2), count(nn.Conv2d(8, 16, 3, bias=False))) == (200, 1152)


def separable_in_space(gray: np.ndarray, path: Path) -> None:
    """A kernel that is a column times a row (rank 1) is two smaller kernels, one after the other: 6 numbers for 9."""
    x = torch.from_numpy(gray[None, None]).double()
    column = torch.tensor(SOBEL_COLUMN).double().reshape(1, 1, 3, 1)
    row = torch.tensor(SOBEL_ROW).double().reshape(1, 1, 1, 3)
    sobel = column * row
    once, twice = F.conv2d(x, sobel).numpy(), F.conv2d(F.conv2d(x, column), row).numpy()
    assert np.allclose(once, twice)
    assert np.linalg.matrix_rank(sobel.numpy()[0, 0]) == 1
    edge = -np.ones((5, 5))
    edge[2, 2] = 24
    assert np.linalg.matrix_rank(edge) == 2  # so the edge kernel of the first tutorial cannot be split so
    half = F.conv2d(x, column).numpy()[0, 0]
    titles = [say("the column (1, 2, 1)"), say("then the row (-1, 0, 1): Sobel")]
    show_maps([half, np.clip(2 * abs(twice[0, 0]), 0, 1000)], titles, path)


def paddings(path: Path) -> None:
    """What the cells around the input hold: zeros, its mirror image, its border, or its other side."""
    x = torch.tensor([[[[1.0, 2, 3], [4, 5, 6], [7, 8, 9]]]])
    tables, modes = [], ("zeros", "reflect", "replicate", "circular")
    for mode in modes:
        layer = nn.Conv2d(1, 1, 1, padding=2, padding_mode=mode, bias=False)  # a 1x1 kernel shows what it sees
        layer.weight.array[:] = 1
        tables.append(layer(x).detach().numpy()[0, 0])
    corners = [table[0].tolist() for table in tables]
    assert corners == [[0] * 7, [9, 8, 7, 8, 9, 8, 7], [1, 1, 1, 2, 3, 3, 3], [5, 6, 4, 5, 6, 4, 5]]
    assert nn.Conv2d(1, 1, (2, 3))(torch.ones(1, 1, 5, 5)).shape == (1, 1, 4, 3)  # height 2, width 3
    show_tables(tables, modes, path)


def seen_by_one_output(dilations: tuple[int, ...]) -> np.ndarray:
    """Count the ways from each input cell to one output, through 3x3 layers of these dilations."""
    size = 1 + 2 * sum(dilations)
    y = x = torch.ones(1, 1, size, size, requires_grad=True)
    for dilation in dilations:
        y = F.conv2d(y, torch.ones(1, 1, 3, 3), dilation=dilation)
    assert y.shape == (1, 1, 1, 1)
    y.sum().backward()
    return x.grad.numpy()[0, 0]


def dilated(path: Path) -> None:
    """Dilation sees farther with as many numbers; stacked carelessly it leaves holes ("gridding")."""
    conv2 = nn.Conv2d(1, 1, 3, stride=1, bias=False, dilation=2)
    assert conv2(torch.ones(1, 1, 7, 7)).shape == (1, 1, 3, 3)  # 7 - (2*(3 - 1) + 1) + 1
    stacks = [(1, 1, 1), (2, 2, 2), (1, 2, 3), (1, 2, 5)]
    maps = [seen_by_one_output(dilations) for dilations in stacks]
    holes = [(int((m == 0).sum()), m.size) for m in maps]
    print(say("dilated stacks, cells never seen: {holes}", holes=dict(zip(stacks, holes))))
    assert holes == [(0, 49), (120, 169), (0, 169), (0, 289)]
    figure, axes = plt.subplots(1, 4, figsize=(12, 3.8), layout="constrained")
    for axis, ways, dilations, (unseen, cells) in zip(axes, maps, stacks, holes):
        axis.imshow(np.where(ways > 0, ways, np.nan), cmap="viridis")
        title = say(
            "dilations {dilations}\nunseen: {unseen} of {cells}", dilations=dilations, unseen=unseen, cells=cells
        )
        axis.set(title=title, xticks=[], yticks=[])
    save(figure, path)


def deformable(part: np.ndarray, path: Path) -> None:
    """Deformable: every tap has its own offset (in a network, offsets come from another convolution).

    Offsets of 0 give the ordinary layer; offsets that double each tap's distance give the dilated one; and offsets may
    turn a kernel, so that one kernel answers to edges of any slant.
    """
    gray = torch.from_numpy(part[None, None])
    weight = (torch.tensor(SOBEL_COLUMN).reshape(3, 1) * torch.tensor(SOBEL_ROW)).reshape(1, 1, 3, 3)
    taps = np.array([(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1)], np.float32)

    def answer(places: np.ndarray) -> np.ndarray:
        """Convolve with the taps at these places around each pixel."""
        offset = np.broadcast_to((places - taps).reshape(1, 18, 1, 1), (1, 18, *gray.shape[2:]))
        return deform_conv2d(gray, torch.from_numpy(offset.astype(np.float32)), weight, padding=1).numpy()[0, 0]

    inner = (slice(3, -3), slice(3, -3))
    assert np.allclose(answer(taps)[inner], F.conv2d(gray, weight, padding=1).numpy()[0, 0][inner], atol=1e-2)
    wide = F.conv2d(gray, weight, padding=2, dilation=2).numpy()[0, 0]
    assert np.allclose(answer(2 * taps)[inner], wide[inner], atol=1e-2)
    angle = np.deg2rad(90)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]], np.float32)
    turned = F.conv2d(gray, weight.transpose(2, 3), padding=1).numpy()[0, 0]
    assert np.allclose(abs(answer(taps @ turn))[inner], abs(turned)[inner], atol=1e-2)

    angle = np.deg2rad(-58)  # across the roof's slope
    slant = taps @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]], np.float32)
    kinds = {say("taps in a grid"): taps, say("twice as far"): 2 * taps, say("turned by 58 degrees"): slant}
    figure, axes = plt.subplots(2, 3, figsize=(11, 6), layout="constrained", height_ratios=(1, 1.4))
    for (top, bottom), (name, places) in zip(axes.T, kinds.items()):
        top.scatter(places[:, 1], -places[:, 0], c=weight.numpy().ravel(), cmap="RdBu", s=120, edgecolors="gray")
        top.set(title=name, xlim=(-2.6, 2.6), ylim=(-2.6, 2.6), xticks=[], yticks=[], aspect="equal")
        bottom.imshow(abs(answer(places)), cmap="gray", vmax=500)
        bottom.axis(False)
    save(figure, path)


def transposed(small: np.ndarray, path: Path) -> None:
    """A convolution is a matrix M times the picture as a list; its gradient, and the transposed layer, use M.T.

    The transposed layer gives the shape back and enlarges pictures, but M.T is not the inverse of M.
    """
    w = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]).double()
    cells = torch.from_numpy(np.eye(9).reshape(9, 1, 3, 3))
    M = F.conv2d(cells, w).numpy().reshape(9, 4).T  # column by column: what each input cell becomes
    x, y = np.arange(9.0), np.array([1.0, -1.0, 2.0, 0.5])
    assert np.allclose(M @ x, F.conv2d(torch.from_numpy(x.reshape(1, 1, 3, 3)), w).numpy().ravel())
    back = F.conv_transpose2d(torch.from_numpy(y.reshape(1, 1, 2, 2)), w)
    assert np.allclose(M.T @ y, back.numpy().ravel())
    leaf = torch.from_numpy(x.reshape(1, 1, 3, 3)).requires_grad_()
    F.conv2d(leaf, w).backward(torch.from_numpy(y.reshape(1, 1, 2, 2)))
    assert np.allclose(leaf.grad.numpy(), back.numpy())  # the layer's backward is the transposed layer's forward
    assert not np.allclose(F.conv2d(back, w).numpy().ravel(), y)

    up = nn.ConvTranspose2d(1, 1, 4, stride=2, padding=1, bias=False)  # fill in between by weighted neighbours
    line = torch.tensor([0.25, 0.75, 0.75, 0.25])
    up.weight.array[0, 0] = line.reshape(4, 1) * line
    large = up(torch.from_numpy(small[None, None])).detach().numpy()[0, 0]
    assert large.shape == (2 * small.shape[0], 2 * small.shape[1])
    # inside, every cell of the result is a mean of four cells, weighted by 9, 3, 3 and 1 sixteenths
    assert np.isclose(large[2, 2], (9 * small[1, 1] + 3 * small[0, 1] + 3 * small[1, 0] + small[0, 0]) / 16, rtol=1e-4)
    figure, axes = plt.subplots(1, 3, figsize=(12, 3), layout="constrained", width_ratios=(1.1, 1, 1))
    axes[0].imshow(M, cmap="Blues")
    axes[0].set(title=say("the matrix M of a 2x2 kernel on 3x3 cells"), xticks=range(9), yticks=range(4))
    sizes = ["{} x {}".format(*image.shape) for image in (small, large)]
    titles = [sizes[0], say("transposed, stride 2: {size}", size=sizes[1])]
    for axis, image, name in zip(axes[1:], (small, large), titles):
        axis.imshow(image, cmap="gray")
        axis.set(title=name, xticks=[], yticks=[])
    save(figure, path)


def main() -> None:
    """Run it all."""
    out, photo = output_folder_and_photo(__doc__)
    gray = scene.gray(photo)
    # parts of the scene: its roof, and its house in steps of three pixels
    roof, house = (gray[96:224, 60:260], gray[160:280:3, 80:250:3]) if photo is None else (gray, gray[::3, ::3])
    torch.manual_seed(0)
    along_time(out / "time_series.png")
    in_space_and_time(out / "moving_digits.png")
    mixing_channels(photo, out / "one_by_one.png")
    grouped_and_separable()
    separable_in_space(gray, out / "separable.png")
    paddings(out / "paddings.png")
    dilated(out / "gridding.png")
    deformable(roof.copy(), out / "deformable.png")
    transposed(house.copy(), out / "transposed.png")


if __name__ == "__main__":
    main()
