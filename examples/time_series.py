"""Tell wave forms apart under noise with a 1-d convolutional network.

    python examples/time_series.py                # 4,000 generated series of 128 points
    python examples/time_series.py --noise 1.0    # as much noise as signal

Five kinds of wave, each with a random frequency, phase and amplitude.  A 1-d kernel slides along time and
fires on a local form: a slope, an edge, a bend.  Sine and triangle are the hard pair: they differ by a third
harmonic of a ninth of the amplitude, which soon drowns in noise.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

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

CLASSES = ("sine", "triangle", "square", "sawtooth", "chirp")
LENGTH = 128
PICTURES = ("series.png", "confusion.png", "filters.png", "learning_curve.png")


def make_series(number: int, noise: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give noisy series ``(N, 1, 128)``, the same without noise, and their classes ``(N,)``."""
    labels = rng.integers(0, len(CLASSES), number)
    t = np.linspace(0, 1, LENGTH, endpoint=False)
    frequency, phase, amplitude = rng.uniform((2, 0, 0.7), (8, 1, 1.3), (number, 3)).T[:, :, None]
    sweep = rng.uniform(1, 3, (number, 1)) * frequency  # of a chirp: its frequency grows by this
    turns = frequency * t + phase + np.where(labels[:, None] == 4, sweep * t**2 / 2, 0)
    place = turns % 1  # where in its period, 0 to 1
    sine = np.sin(2 * np.pi * turns)
    waves = np.stack([sine, 1 - 4 * abs(place - 0.5), np.sign(sine), 2 * place - 1, sine])
    clean = amplitude * waves[labels, np.arange(number)]
    noisy = clean + noise * rng.standard_normal(clean.shape)
    return noisy[:, None].astype(np.float32), clean.astype(np.float32), labels


def build_model() -> nn.Sequential:
    """Give the network: three 1-d convolutions, the mean over time, one score per class."""
    return nn.Sequential(
        nn.Conv1d(1, 16, kernel_size=15, padding=7, bias=False),
        nn.BatchNorm1d(16),
        nn.ReLU(),
        nn.MaxPool1d(2),
        nn.Conv1d(16, 32, kernel_size=7, padding=3, bias=False),
        nn.BatchNorm1d(32),
        nn.ReLU(),
        nn.MaxPool1d(2),
        nn.Conv1d(32, 64, kernel_size=7, padding=3, bias=False),
        nn.BatchNorm1d(64),
        nn.ReLU(),
        nn.GlobalAvgPool(),
        nn.Linear(64, len(CLASSES)),
    )


def draw_series(noisy: np.ndarray, clean: np.ndarray, labels: np.ndarray, guesses: np.ndarray, path: Path) -> None:
    """Draw three test series of each class: what the network sees in grey, the wave below it in blue."""
    columns = [np.flatnonzero(labels == kind)[:3] for kind in range(len(CLASSES))]
    figure, axes = plt.subplots(
        3, len(CLASSES), figsize=(2.6 * len(CLASSES), 5), sharex=True, sharey=True, layout="constrained"
    )
    for column, chosen, name in zip(axes.T, columns, CLASSES):
        column[0].set_title(say(name), pad=18)
        for axis, i in zip(column, chosen):
            axis.plot(noisy[i, 0], ".", color="0.6", markersize=3)
            axis.plot(clean[i], linewidth=1.2)
            right = guesses[i] == labels[i]
            told, color = say("read as {guess}", guess=say(CLASSES[guesses[i]])), "tab:green" if right else "tab:red"
            axis.text(0.5, 1.02, told, transform=axis.transAxes, ha="center", fontsize=8, color=color)
    figure.suptitle(say("Test series: dots are the input, the line is the wave without noise"))
    save(figure, path)


def draw_filters(filters: np.ndarray, path: Path) -> None:
    """Draw the kernels ``(16, 15)`` of the first layer as curves."""
    figure, axes = plt.subplots(2, 8, figsize=(12, 3.2), sharex=True, sharey=True, layout="constrained")
    for axis, kernel in zip(axes.flat, filters):
        axis.axhline(0, color="0.7", linewidth=0.8)
        axis.plot(kernel, ".-", markersize=4)
        axis.set_xticks([0, 7, 14])
    figure.suptitle(say("The first layer's filters: 15 points of time each"))
    save(figure, path)


def main(argv: Sequence[str] | None = None) -> None:
    """Generate, train, test, draw."""
    parser = make_parser(__doc__, epochs=8, lr=1e-2, out="runs/time_series")
    parser.add_argument(
        "--noise", type=command_line.spread, default=0.3, help="standard deviation of the noise; waves have 0.7 to 1.3"
    )
    begin = time.perf_counter()
    args = start(parser, argv, PICTURES)
    sizes = [min(size, args.limit or size) for size in (4000, 2000)]
    # two generators, so that the test set does not depend on the size of the training set
    (x, _, y), (test_x, clean, truth) = (
        make_series(size, args.noise, np.random.default_rng([args.seed, part])) for part, size in enumerate(sizes)
    )
    train_set, test_set = to_dataset(x, y, args.device), to_dataset(test_x, truth, args.device)
    model = build_model()
    model.to(args.device)
    history = fit_classifier(args, model, train_set, test_set)

    guesses = predict(model, test_set[:][0]).argmax(1)
    right = (guesses == truth).mean()
    text = "test accuracy {right:.2%} of {all} series; guessing gives {chance:.0%}"
    print(say(text, right=right, all=len(truth), chance=1 / len(CLASSES)))
    title = say("{right:.1%} of {all} test series right", right=right, all=len(truth))
    draw_confusion(truth, guesses, [say(name) for name in CLASSES], title, args.out / "confusion.png")
    draw_series(test_x, clean, truth, guesses, args.out / "series.png")
    draw_filters(tc.asnumpy(model[0].weight.array)[:, 0], args.out / "filters.png")
    draw_learning_curve(history, args.out / "learning_curve.png")
    print(say("{seconds:.0f} s", seconds=time.perf_counter() - begin))


if __name__ == "__main__":
    main()
