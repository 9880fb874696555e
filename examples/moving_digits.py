"""Tell which way a digit moves with a 3-d convolutional network, whose kernels see space and time.

    python examples/moving_digits.py              # clips made of the digits that come with the package
    python examples/moving_digits.py --noise 0.6  # noisier frames

A clip is 6 frames of 28x28 in which a digit moves one or two pixels a frame, in one of eight directions, or
rests.  What leaves at one side comes back at the other, so that a single frame says nothing about the motion.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import command_line
import numpy as np
from command_line import say
from common import (
    draw_confusion,
    draw_learning_curve,
    fit_classifier,
    make_parser,
    plt,
    predict,
    save,
    start,
    to_dataset,
)

import tinyconv as tc
from tinyconv import nn
from tinyconv.data import mnist

CLASSES = ("right", "down right", "down", "down left", "left", "up left", "up", "up right", "at rest")
STEPS = np.array([(0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 0)])  # (down, right)
OPPOSITE = np.array([4, 5, 6, 7, 0, 1, 2, 3, 8])
FRAMES, SIDE = 6, 28
PICTURES = ("clips.png", "confusion.png", "filters.png", "learning_curve.png")


def make_clips(digits: np.ndarray, noise: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Give a clip of each digit ``(N, 28, 28)``: clips ``(N, 1, 6, 28, 28)`` and directions ``(N,)``."""
    number = len(digits)
    labels = rng.integers(0, len(CLASSES), number)
    canvas = np.zeros((number, SIDE, SIDE), np.float32)
    canvas[:, :14, :14] = digits.reshape(number, 14, 2, 14, 2).mean((2, 4)) / 255  # half as large
    origin = rng.integers(0, SIDE, (number, 2))
    velocity = STEPS[labels] * rng.integers(1, 3, (number, 1))
    clips = np.empty((number, 1, FRAMES, SIDE, SIDE), np.float32)
    sample, line = np.arange(number)[:, None, None], np.arange(SIDE)
    for frame in range(FRAMES):
        down, right = (origin + frame * velocity).T[:, :, None]
        rows, columns = (line - down) % SIDE, (line - right) % SIDE
        clips[:, 0, frame] = canvas[sample, rows[:, :, None], columns[:, None, :]]
    clips += noise * rng.standard_normal(clips.shape, dtype=np.float32)
    return clips, labels


def build_model() -> nn.Sequential:
    """Give the network: two 3-d convolutions, the mean over space and time, one score per direction."""
    return nn.Sequential(
        nn.Conv3d(1, 16, kernel_size=(3, 5, 5), stride=(1, 2, 2), padding=(0, 2, 2), bias=False),  # 4 x 14 x 14
        nn.BatchNorm3d(16),
        nn.ReLU(),
        nn.Conv3d(16, 32, kernel_size=3, stride=(1, 2, 2), padding=(0, 1, 1), bias=False),  # 2 x 7 x 7
        nn.BatchNorm3d(32),
        nn.ReLU(),
        nn.GlobalAvgPool(),
        nn.Linear(32, len(CLASSES)),
    )


def draw_clips(clips: np.ndarray, labels: np.ndarray, guesses: np.ndarray, path: Path) -> None:
    """Draw a test clip of each direction as a strip of frames: the one with most ink away from the edges."""
    ink = clips[:, 0, :, 6:-6, 6:-6].mean((1, 2, 3))
    chosen = [max(np.flatnonzero(labels == kind), key=ink.__getitem__) for kind in np.unique(labels)]
    figure, axes = plt.subplots(
        len(chosen), FRAMES, figsize=(1.05 * FRAMES + 2.6, 1.05 * len(chosen) + 0.7), squeeze=False,
        layout="constrained",
    )  # fmt: skip
    for row, i in zip(axes, chosen):
        for axis, frame in zip(row, clips[i, 0]):
            axis.imshow(frame, cmap="gray", vmin=0, vmax=1)
            axis.set(xticks=[], yticks=[])
        right = guesses[i] == labels[i]
        told = say("{direction}\nread as {guess}", direction=say(CLASSES[labels[i]]), guess=say(CLASSES[guesses[i]]))
        row[0].set_ylabel(told, rotation=0, ha="right", va="center", color="tab:green" if right else "tab:red")
    for frame, axis in enumerate(axes[0]):
        axis.set_title(say("frame {number}", number=frame + 1), fontsize=9)
    figure.suptitle(say("Test clips"))
    save(figure, path)


def draw_filters(filters: np.ndarray, path: Path) -> None:
    """Draw the kernels ``(16, 3, 5, 5)`` of the first layer: each is three small frames, in the order of time."""
    figure: Any = plt.figure(figsize=(9, 4), layout="constrained")
    for part, kernel in zip(figure.subfigures(4, 4, wspace=0.1, hspace=0.1).flat, filters):
        scale = abs(kernel).max()
        for axis, frame in zip(part.subplots(1, 3), kernel):
            axis.imshow(frame, cmap="RdBu_r", vmin=-scale, vmax=scale)
            axis.set(xticks=[], yticks=[])
    figure.suptitle(say("The first layer's filters, three frames each: red is positive, blue is negative"))
    save(figure, path)


def main(argv: Sequence[str] | None = None) -> None:
    """Make clips, train, test, play the clips backwards, draw."""
    parser = make_parser(__doc__, epochs=4, lr=1e-2, out="runs/moving_digits")
    parser.add_argument(
        "--noise", type=command_line.spread, default=0.3, help="standard deviation of the noise; ink is 1"
    )
    begin = time.perf_counter()
    args = start(parser, argv, PICTURES)
    (x, y), (clips, truth) = (
        make_clips(mnist.load(None, split)[0][: args.limit], args.noise, np.random.default_rng([args.seed, part]))
        for part, split in enumerate(("train", "test"))
    )
    train_set, test_set = to_dataset(x, y, args.device), to_dataset(clips, truth, args.device)
    model = build_model()
    model.to(args.device)
    history = fit_classifier(args, model, train_set, test_set)

    test_clips = test_set[:][0]
    guesses = predict(model, test_clips).argmax(1)
    backwards = predict(model, test_clips.flip(2)).argmax(1)
    right = (guesses == truth).mean()
    text = "test accuracy {right:.2%} of {all} clips; guessing gives {chance:.0%}"
    print(say(text, right=right, all=len(truth), chance=1 / len(CLASSES)))
    turned = (backwards == OPPOSITE[truth]).mean()
    print(say("played backwards, {turned:.2%} are read as the opposite direction", turned=turned))
    title = say("{right:.1%} of {all} test clips right", right=right, all=len(truth))
    draw_confusion(truth, guesses, [say(name) for name in CLASSES], title, args.out / "confusion.png")
    draw_clips(clips, truth, guesses, args.out / "clips.png")
    draw_filters(tc.asnumpy(model[0].weight.array)[:, 0], args.out / "filters.png")
    draw_learning_curve(history, args.out / "learning_curve.png")
    print(say("{seconds:.0f} s", seconds=time.perf_counter() - begin))


if __name__ == "__main__":
    main()
