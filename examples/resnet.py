"""Train a small residual network on handwritten digits.

    python examples/resnet.py                    # 8,000 digits that come with the package
    python examples/resnet.py --data FOLDER      # the full MNIST, from its four idx or idx.gz files

K. He, X. Zhang, S. Ren, J. Sun, "Deep Residual Learning for Image Recognition", 2015 (arXiv:1512.03385).
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import command_line
import numpy as np
from common import draw_learning_curve, fit_classifier, load_digits, make_parser, predict, start
from train_mnist import show_grid

import tinyconv as tc
from tinyconv import nn

PICTURES = ("learning_curve.png", "mistakes.png")


class ResidualBlock(nn.Module):
    """``relu(f(x) + shortcut(x))``: two 3x3 convolutions learn what to change about the input.

    The shortcut is the input itself; where the shape changes, a 1x1 convolution with the same stride.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: tc.Tensor) -> tc.Tensor:
        """Give ``(N, C_out, H/stride, W/stride)``."""
        y = self.bn1(self.conv1(x)).relu()
        y = self.bn2(self.conv2(y))
        return (y + self.shortcut(x)).relu()


def build_model() -> nn.Sequential:
    """Give the network: a convolution, three residual blocks, the mean over space, one score per digit."""
    return nn.Sequential(
        nn.Conv2d(1, 16, kernel_size=3, stride=2, padding=1, bias=False),  # 28 -> 14
        nn.BatchNorm2d(16),
        nn.ReLU(),
        ResidualBlock(16, 16),
        ResidualBlock(16, 32, stride=2),  # 14 -> 7
        ResidualBlock(32, 64, stride=2),  # 7 -> 4
        nn.GlobalAvgPool(),
        nn.Linear(64, 10),
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Train, test, draw."""
    parser = make_parser(__doc__, epochs=4, lr=1e-2, out="runs/resnet")
    parser.add_argument("--data", metavar="DIR", help="folder with the full MNIST as idx or idx.gz files")
    begin = time.perf_counter()
    args = start(parser, argv, PICTURES)
    with command_line.reading_data(parser, args):
        train_set, test_set = (load_digits(split, args, args.data, normalize=True) for split in ("train", "test"))
    model = build_model()
    model.to(args.device)
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters")
    history = fit_classifier(args, model, train_set, test_set)

    images, labels = (tc.asnumpy(t.array) for t in test_set[:])
    guesses = predict(model, test_set[:][0]).argmax(1)
    wrong = np.flatnonzero(guesses != labels)
    print(f"test accuracy {1 - len(wrong) / len(labels):.2%}: {len(wrong)} of {len(labels)} digits wrong")
    draw_learning_curve(history, args.out / "learning_curve.png")
    if len(wrong):
        titles = [f"{labels[i]} read as {guesses[i]}" for i in wrong[:24]]
        title = f"Mistakes: {len(wrong)} of {len(labels)} test digits"
        path = args.out / "mistakes.png"
        show_grid(images[wrong[:24], 0], titles, 6, title, path)
        print("wrote", path)
    print(f"{time.perf_counter() - begin:.0f} s")


if __name__ == "__main__":
    main()
