"""What the smaller examples share: options, digits, the training loop, the pictures of a classifier."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import command_line
import numpy as np
from command_line import say

import tinyconv as tc
from tinyconv import nn
from tinyconv.data import DataLoader, TensorDataset, mnist
from tinyconv.errors.install import install

try:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt
    from tqdm import tqdm
except ImportError as error:
    command_line.lacks(error, "{why}. This example needs a progress bar and plots: {how}", install("examples"))


def make_parser(doc: str, *, epochs: int, lr: float, out: str) -> command_line.Parser:
    """Give a command line with the options that every example has; `doc` is the example's docstring."""
    parser, positive = command_line.Parser(doc), command_line.positive
    parser.add_argument("--epochs", type=positive, default=epochs, help="passes over the training set")
    parser.add_argument("--limit", type=positive, help="use only so many samples of each set, for a quick try")
    parser.add_argument("--batch-size", type=positive, default=64, help="samples in a batch")
    parser.add_argument("--lr", type=command_line.rate, default=lr, help="highest learning rate")
    parser.add_argument("--seed", type=command_line.natural, default=0, help="where the random numbers start")
    parser.add_argument("--device", type=command_line.device, default="cpu", help="cpu, cuda, cuda:1")
    parser.add_argument("--threads", type=positive, help="CPU threads; all by default")
    command_line.add_out(parser, out, "the pictures")
    return parser


def start(parser: command_line.Parser, argv: Sequence[str] | None, pictures: Sequence[str]) -> argparse.Namespace:
    """Read the command line, make the folder for the pictures, seed the random numbers, set the threads."""
    args = parser.parse_args(argv)
    command_line.claim_out(parser, args, pictures)
    command_line.write_plots_in_the_language()
    tc.manual_seed(args.seed)
    if args.threads:
        tc.set_num_threads(args.threads)
    return args


def load_digits(
    split: str, args: argparse.Namespace, data: str | None = None, normalize: bool = False
) -> TensorDataset:
    """Give MNIST's digits ``(N, 1, 28, 28)`` and labels ``(N,)``, on the device."""
    images, labels = mnist.load(data, split)
    images, labels = images[: args.limit], labels[: args.limit]
    return to_dataset(mnist.to_float(images, normalize), labels, args.device)


def to_dataset(inputs: np.ndarray, labels: np.ndarray, device: str) -> TensorDataset:
    """Give arrays as a dataset of tensors on the device."""
    return TensorDataset(tc.from_numpy(inputs).to(device), tc.from_numpy(labels.astype(np.int64)).to(device))


# ------------------------------------------------------------------------------ training


def fit(
    args: argparse.Namespace,
    model: nn.Module,
    train_set: TensorDataset,
    objective: Callable[..., tc.Tensor],
    test: Callable[[], float],
    score: str = "test accuracy",
    form: str = ".2%",
) -> list[dict[str, Any]]:
    """Train with Adam, the learning rate going up and down once; give the history, one dict an epoch.

    ``objective(*batch)`` is the loss to make smaller; ``test()`` is called after each epoch, and its result kept
    and printed as `score` in the format `form`.
    """
    loader = DataLoader(train_set, batch_size=args.batch_size, shuffle=True)
    optimizer = tc.optim.Adam(model.parameters(), lr=args.lr)
    steps = args.epochs * len(loader)
    schedule = tc.optim.lr_scheduler.LambdaLR(optimizer, lambda step: one_cycle(step / steps))
    history = []
    for epoch in range(args.epochs):
        model.train()
        losses = []
        with tqdm(loader, desc=say("epoch {epoch}", epoch=epoch + 1), mininterval=0.5) as bar:
            for batch in bar:
                optimizer.zero_grad()
                loss = objective(*batch)
                losses.append(loss.item())
                what = say("the loss of step {step} in epoch {epoch}", step=len(losses), epoch=epoch + 1)
                command_line.refuse_nonfinite(losses[-1], what, args.lr)
                loss.backward()
                optimizer.step()
                schedule.step()
                bar.set_postfix({say("loss"): f"{losses[-1]:.3f}"}, refresh=False)
        value = test()
        what = say("the {score} of epoch {epoch}", score=say(score), epoch=epoch + 1)
        command_line.refuse_nonfinite(value, what, args.lr)
        history.append({"loss": float(np.mean(losses)), "losses": losses, score.replace(" ", "_"): value})
        text = "epoch {epoch}: mean loss {loss:.4f}, {score} {value}"
        told = {"epoch": epoch + 1, "loss": history[-1]["loss"], "score": say(score), "value": format(value, form)}
        print(say(text, **told))
    return history


def one_cycle(part: float) -> float:
    """Give the factor on the learning rate: up in the first fifth of the steps, then down to 0, in straight lines."""
    return min(0.1 + 4.5 * part, 1.25 * (1 - part))


def fit_classifier(
    args: argparse.Namespace, model: nn.Module, train_set: TensorDataset, test_set: TensorDataset
) -> list[dict[str, Any]]:
    """Train a model that gives one score per class."""
    text = "{train} samples to learn from, {test} to test on, {device}"
    print(say(text, train=len(train_set), test=len(test_set), device=args.device))
    return fit(
        args,
        model,
        train_set,
        lambda inputs, labels: nn.functional.cross_entropy(model(inputs), labels),
        lambda: accuracy(model, test_set),
    )


def predict(model: nn.Module, inputs: tc.Tensor, batch_size: int = 250) -> np.ndarray:
    """Give the model's results for many inputs, as an array."""
    model.eval()
    with tc.no_grad():
        batches = [model(inputs[i : i + batch_size]) for i in range(0, len(inputs), batch_size)]
    return tc.asnumpy(tc.cat(batches).array)


def accuracy(model: nn.Module, dataset: TensorDataset) -> float:
    """Give the part of a dataset whose class has the highest score; NaN if a score is none."""
    inputs, labels = dataset[:]
    scores = predict(model, inputs)
    right = scores.argmax(1) == tc.asnumpy(labels.array)
    return float(np.where(np.isfinite(scores).all(1), right, np.nan).mean())


# ------------------------------------------------------------------------------ pictures


def save(figure: Any, path: Path) -> None:
    """Write a figure into a file, and say so."""
    figure.savefig(path, dpi=110)
    plt.close(figure)
    print(say("wrote {path}", path=path))


def draw_confusion(truth: np.ndarray, guesses: np.ndarray, names: Sequence[str], title: str, path: Path) -> None:
    """Draw how many samples of each class (rows) were taken for which (columns)."""
    counts = np.zeros((len(names), len(names)), int)
    np.add.at(counts, (truth, guesses), 1)
    parts = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    side = 0.62 * len(names) + 1.9
    figure, axis = plt.subplots(figsize=(side, side), layout="constrained")
    axis.imshow(parts, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.argwhere(counts):
        ink = "white" if parts[row, column] > 0.5 else "black"
        axis.text(column, row, counts[row, column], ha="center", va="center", color=ink, fontsize=9)
    places = range(len(names))
    axis.set_xticks(places, names, rotation=45, ha="right")
    axis.set_yticks(places, names)
    axis.set(xlabel=say("taken for"), ylabel=say("is"), title=title)
    save(figure, path)


def draw_learning_curve(history: list[dict[str, Any]], path: Path) -> None:
    """Draw the loss of every step, and the test accuracy after every epoch."""
    losses = np.concatenate([epoch["losses"] for epoch in history])
    steps = np.arange(1, len(losses) + 1)
    width = min(len(losses), 20)
    smooth = np.convolve(losses, np.full(width, 1 / width), "valid")
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
    left.semilogy(steps, losses, color="0.75", linewidth=0.8, label=say("each step"))
    left.semilogy(steps[width - 1 :], smooth, label=say("mean of {width} steps", width=width))
    left.set(title=say("training loss"), xlabel=say("step"))
    left.legend()
    percent = [100 * epoch["test_accuracy"] for epoch in history]
    epochs = range(1, len(history) + 1)
    right.plot(epochs, percent, "o-", color="tab:green")
    right.annotate(f"{percent[-1]:.2f}", (len(history), percent[-1]), xytext=(-12, -16), textcoords="offset points")
    right.set(title=say("test accuracy (%)"), xlabel=say("epoch"), xlim=(0.5, len(history) + 0.5))
    right.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    for axis in (left, right):
        axis.grid(alpha=0.3)
    save(figure, path)
