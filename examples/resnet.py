"""Train a small residual network on handwritten digits.

    python examples/resnet.py                    # 8,000 digits that come with the package
    python examples/resnet.py --data FOLDER      # the full MNIST, from its four idx or idx.gz files
    python examples/resnet.py --image photo.jpg  # and read a digit that you wrote and photographed

K. He, X. Zhang, S. Ren, J. Sun, "Deep Residual Learning for Image Recognition", 2015 (arXiv:1512.03385).
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import command_line
import numpy as np
import own_picture
from command_line import say
from common import draw_learning_curve, fit_classifier, load_digits, make_parser, predict, start
from train_mnist import read_own, show_grid, tell_mistakes

import tinyconv as tc
from tinyconv import nn
from tinyconv.data import mnist

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
    own_picture.add_option(parser, own_picture.read_digit, "a photo of one digit of your own to read")
    begin = time.perf_counter()
    args = start(parser, argv, PICTURES)
    with command_line.reading_data(parser, args):
        train_set, test_set = (load_digits(split, args, args.data, normalize=True) for split in ("train", "test"))
    model = build_model()
    model.to(args.device)
    print(say("{count:,} parameters", count=sum(p.numel() for p in model.parameters())))
    history = fit_classifier(args, model, train_set, test_set)

    images, labels = (tc.asnumpy(t.array) for t in test_set[:])
    guesses = predict(model, test_set[:][0]).argmax(1)
    wrong = np.flatnonzero(guesses != labels)
    text = "test accuracy {right:.2%}: {wrong} of {all} digits wrong"
    print(say(text, right=1 - len(wrong) / len(labels), wrong=len(wrong), all=len(labels)))
    draw_learning_curve(history, args.out / "learning_curve.png")
    if len(wrong):
        titles = tell_mistakes(labels[wrong[:24]], guesses[wrong[:24]])
        title = say("Mistakes: {wrong} of {all} test digits", wrong=len(wrong), all=len(labels))
        path = args.out / "mistakes.png"
        show_grid(images[wrong[:24], 0], titles, 6, title, path)
        print(say("wrote {path}", path=path))
    if args.image is not None:
        pixels = tc.from_numpy(mnist.to_float(args.image.digit[None])).to(args.device)
        read_own(args.image, predict(model, pixels)[0], args.out / own_picture.PICTURE)
    print(say("{seconds:.0f} s", seconds=time.perf_counter() - begin))


if __name__ == "__main__":
    main()
