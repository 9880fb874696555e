"""两分钟读懂卷积层:步幅、填充、空洞、分组、可分离与转置.

The numbers of a convolution with each option, then the shapes and the cost of its grouped, separable and transposed
relatives.

A rewrite of a Chinese tutorial; its own short programs are in tests/tutorials/test_two_minutes.py.

    python examples/tutorials/two_minutes.py --out pictures
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pictures import output_folder, plt, save, say, show_tables

import tinyconv as torch
import tinyconv.nn.functional as F
from tinyconv import nn


def signal_through_a_system(path: Path) -> None:
    """Convolve in time as signal theory does: reverse, shift, multiply, integrate.

    A system that answers a pulse with h(t) = exp(-t) answers a switched-on 1 with 1 - exp(-t).
    """
    dt = 0.005
    t = np.arange(0, 5, dt)
    signal, h = np.ones_like(t), np.exp(-t)
    x = torch.from_numpy(signal.reshape(1, 1, -1))
    reversed_h = torch.from_numpy(h[::-1].copy().reshape(1, 1, -1))  # the layer does not reverse, so we do
    answer = F.conv1d(x, reversed_h, padding=len(t) - 1).numpy()[0, 0, : len(t)] * dt
    assert np.allclose(answer, np.convolve(signal, h)[: len(t)] * dt)
    assert np.abs(answer - (1 - np.exp(-t))).max() < 0.01

    figure, axis = plt.subplots(figsize=(8, 3.5), layout="constrained")
    axis.plot([-0.5, 0, 0, 5], [0, 0, 1, 1], label=say("input: switched on at 0"))
    axis.plot(t, h, label=say("h(t): answer to a pulse"))
    axis.plot(t, answer, label=say("output: their convolution"))
    axis.set_xlabel("t")
    axis.legend()
    save(figure, path)


def output_size(i: int, k: int, s: int = 1, p: int = 0, d: int = 1) -> int:
    """Give a convolution's output size: o = (i + 2p - k')//s + 1 with k' = d(k - 1) + 1."""
    return (i + 2 * p - (d * (k - 1) + 1)) // s + 1


def options_one_by_one(path: Path) -> None:
    """Slide a 2x2 kernel of ones over the numbers 0 to 24, with each option in turn."""
    inputs = torch.arange(0, 25).reshape(1, 1, 5, 5).float()
    filters = torch.tensor([[[[1.0, 1], [1, 1]]]])
    outputs = F.conv2d(inputs, filters)
    outputs_s2 = F.conv2d(inputs, filters, stride=2)
    outputs_p1 = F.conv2d(inputs, filters, padding=1)
    outputs_d2 = F.conv2d(inputs, filters, dilation=2)
    for title, result in [
        ("inputs", inputs), ("filters", filters), ("outputs", outputs), ("outputs (stride=2)", outputs_s2),
        ("outputs (padding=1)", outputs_p1), ("outputs (dilation=2)", outputs_d2),
    ]:  # fmt: skip
        print(f"--{say(title)}--\n{result}\n")

    assert outputs.tolist() == [[[[12, 16, 20, 24], [32, 36, 40, 44], [52, 56, 60, 64], [72, 76, 80, 84]]]]
    assert outputs_s2.tolist() == [[[[12, 20], [52, 60]]]]
    assert outputs_p1.tolist()[0][0] == [
        [0, 1, 3, 5, 7, 4],
        [5, 12, 16, 20, 24, 13],
        [15, 32, 36, 40, 44, 23],
        [25, 52, 56, 60, 64, 33],
        [35, 72, 76, 80, 84, 43],
        [20, 41, 43, 45, 47, 24],
    ]
    assert outputs_d2.tolist() == [[[[24, 28, 32], [44, 48, 52], [64, 68, 72]]]]
    assert outputs.shape[-1] == output_size(5, 2) == 4
    assert outputs_s2.shape[-1] == output_size(5, 2, s=2) == 2  # (5 - 2)/2 is no whole number: the rest is dropped
    assert outputs_p1.shape[-1] == output_size(5, 2, p=1) == 6
    assert outputs_d2.shape[-1] == output_size(5, 2, d=2) == 3

    layer = nn.Conv2d(1, 1, 2, bias=False)  # the layer holds the weight and calls the function
    layer.weight.array[0] = filters[0]
    assert layer(inputs).tolist() == outputs.tolist()
    tables = [t.numpy()[0, 0] for t in (inputs, outputs, outputs_s2, outputs_p1, outputs_d2)]
    titles = [say("input 5x5"), say("kernel 2x2 of ones"), "stride=2", "padding=1", "dilation=2"]
    show_tables(tables, titles, path)


def count(module: nn.Module) -> int:
    """Count a layer's numbers."""
    return sum(p.numel() for p in module.parameters())


def multiplications(layer: nn.Module, output: torch.Tensor) -> int:
    """Count a convolution's multiplications: each output number is one sum over one kernel."""
    return output.numel() * layer.weight[0].numel()


def relatives(path: Path) -> None:
    """Run the ordinary, grouped, separable and transposed layers on eight pictures of 64 channels."""
    features = torch.randn(8, 64, 128, 128)
    text = "features.shape: {shape} - four axes: 8 samples, 64 channels, 128 rows, 128 columns"
    print(say(text, shape=tuple(features.shape)))
    conv = nn.Conv2d(in_channels=64, out_channels=32, kernel_size=3)
    conv_group = nn.Conv2d(in_channels=64, out_channels=32, kernel_size=3, groups=8)
    depth_conv = nn.Conv2d(in_channels=64, out_channels=64, kernel_size=3, groups=64)
    oneone_conv = nn.Conv2d(in_channels=64, out_channels=32, kernel_size=1)
    separable_conv = nn.Sequential(depth_conv, oneone_conv)
    conv_t = nn.ConvTranspose2d(in_channels=32, out_channels=64, kernel_size=3)
    with torch.no_grad():
        conv_out, group_out = conv(features), conv_group(features)
        depth_out, separable_out = depth_conv(features), separable_conv(features)
        features_like = conv_t(conv_out)

    for name, output, layers in [
        ("conv", conv_out, [conv]), ("grouped", group_out, [conv_group]),
        ("separable", separable_out, [depth_conv, oneone_conv]), ("transposed", features_like, [conv_t]),
    ]:  # fmt: skip
        weights = [tuple(layer.weight.shape) for layer in layers]
        text = "{name:10} -> {shape}, weights {weights}, {count:,} parameters"
        told = {"name": say(name), "shape": tuple(output.shape), "weights": weights}
        print(say(text, **told, count=sum(map(count, layers))))

    assert conv_out.shape == group_out.shape == separable_out.shape == (8, 32, 126, 126)
    assert features_like.shape == (8, 64, 128, 128)
    assert conv.weight.shape == (32, 64, 3, 3)
    assert conv_group.weight.shape == (32, 8, 3, 3)  # each kernel sees one group: 64/8 channels
    assert (depth_conv.weight.shape, oneone_conv.weight.shape) == ((64, 1, 3, 3), (32, 64, 1, 1))
    assert conv_t.weight.shape == (32, 64, 3, 3)  # here the first axis is the input's channels
    assert (count(conv), count(conv_group), count(separable_conv)) == (18_464, 2_336, 2_720)

    costs = {
        "ordinary": multiplications(conv, conv_out),
        "8 groups": multiplications(conv_group, group_out),
        "separable": multiplications(depth_conv, depth_out) + multiplications(oneone_conv, separable_out),
    }
    assert list(costs.values()) == [2_341_011_456, 292_626_432, 333_268_992]
    parameters = dict(zip(costs, (count(conv), count(conv_group), count(separable_conv))))
    print(say("separable: {ratio:.2f} times fewer multiplications", ratio=costs["ordinary"] / costs["separable"]))

    figure, axes = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
    for axis, numbers, title in zip(axes, (parameters, costs), ("parameters", "multiplications")):
        bars = axis.bar(
            [say(name) for name in numbers], list(numbers.values()), color=["tab:gray", "tab:blue", "tab:green"]
        )
        axis.bar_label(bars, labels=[f"{n:,}" for n in numbers.values()])
        axis.set(title=say(title), yticks=[])
        axis.margins(y=0.15)
    save(figure, path)


def main() -> None:
    """Run it all."""
    out = output_folder(__doc__)
    torch.manual_seed(0)
    signal_through_a_system(out / "signal.png")
    options_one_by_one(out / "options.png")

    # as many results as kernels: 6 x 6 x 3 through two kernels of 3 x 3 x 3 is 4 x 4 x 2
    assert nn.Conv2d(3, 2, 3)(torch.ones(1, 3, 6, 6)).shape == (1, 2, 4, 4)
    relatives(out / "cost.png")


if __name__ == "__main__":
    main()
