"""Train a small CNN on handwritten digits, and draw what it learnt.

    python examples/train_mnist.py                    # 8,000 digits that come with the package
    python examples/train_mnist.py --data FOLDER      # the full MNIST, from its four idx or idx.gz files
    python examples/train_mnist.py --download         # the full MNIST, fetched once and checked
    python examples/train_mnist.py --resume           # go on where the last run stopped

Everything goes to ``--out`` (``runs/mnist``): ``checkpoint.npz`` and four pictures.  Ctrl-C saves and
stops; a resumed run ends with exactly the weights of one that was never interrupted.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import tinyconv as tc
from tinyconv import nn
from tinyconv.data import DataLoader, TensorDataset, mnist

try:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt
    from tqdm import tqdm
except ImportError as error:
    sys.exit(f"{error}. This example needs a progress bar and plots: pip install '.[examples]'")

FIXED = ("data", "download", "limit", "seed", "batch_size", "lr", "decay")  # a resumed run must not change these


def build_model() -> nn.Sequential:
    """Give the CNN: three convolutions, two poolings, one linear layer, 33,000 parameters.

    ``(N, 1, 28, 28)`` becomes ``(N, 10)`` scores.  Sizes that follow from the input are left out (None).
    """
    return nn.Sequential(
        nn.Conv2d(None, 16, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(None, 32, kernel_size=3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(None, 64, kernel_size=3),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Flatten(),
        nn.Linear(None, 10),
    )


def parse_arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--data", metavar="DIR", help="folder with the full MNIST as idx or idx.gz files")
    parser.add_argument("--download", action="store_true", help="fetch the full MNIST into the cache")
    parser.add_argument("--limit", type=int, help="use only so many digits of each set, for a quick try")
    parser.add_argument("--epochs", type=int, default=5, help="passes over the training set")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--lr", type=float, default=2e-3, help="learning rate of the first epoch")
    parser.add_argument("--decay", type=float, default=0.7, help="factor on the learning rate after each epoch")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1")
    parser.add_argument("--threads", type=int, help="CPU threads; all by default")
    parser.add_argument("--out", type=Path, default=Path("runs/mnist"), help="folder for checkpoint and pictures")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    return parser.parse_args(argv)


class Run:
    """A training run: model, optimiser, schedule, data, and all it takes to stop and go on."""

    def __init__(self, args: argparse.Namespace):
        self.args = args
        self.path = args.out / "checkpoint.npz"
        self.device = tc.Device(args.device)
        tc.manual_seed(args.seed)
        self.train_set, self.test_set = (self._load(split) for split in ("train", "test"))
        self.loader = DataLoader(self.train_set, batch_size=args.batch_size, shuffle=True)
        self.model = build_model().to(self.device)
        with tc.no_grad():
            self.model(self.train_set[:1][0])  # the first call fixes the sizes left open
        self.optimizer = tc.optim.Adam(self.model.parameters(), lr=args.lr)
        self.schedule = tc.optim.lr_scheduler.ExponentialLR(self.optimizer, gamma=args.decay)
        self.epoch = 0
        self.history: list[dict[str, float]] = []
        self.losses: list[float] = []  # of the steps of the epoch under way

    def _load(self, split: str) -> TensorDataset:
        """Give a split as tensors on the device: ``(N, 1, 28, 28)`` images and ``(N,)`` labels."""
        images, labels = mnist.load(self.args.data, split, download=self.args.download)
        images, labels = images[: self.args.limit], labels[: self.args.limit]
        pixels = tc.from_numpy(mnist.to_float(images)).to(self.device)
        return TensorDataset(pixels, tc.from_numpy(labels.astype(np.int64)).to(self.device))

    def save(self) -> None:
        """Write the checkpoint; the file appears only when it is complete."""
        state = {
            "config": {name: getattr(self.args, name) for name in FIXED},
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "loader": self.loader.state_dict(),
            "rng": tc.get_rng_state(),
            "epoch": self.epoch,
            "history": self.history,
            "losses": self.losses,
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        tc.save(state, self.path)

    def resume(self) -> None:
        """Take everything up from the checkpoint."""
        if not self.path.exists():
            sys.exit(f"--resume: there is no {self.path}; run without --resume first, or set --out")
        state = tc.load(self.path, device=self.device)
        changed = {k: v for k, v in state["config"].items() if v != getattr(self.args, k)}
        if changed:
            sys.exit(f"--resume: {self.path} was made with {changed}; give the same options, or another --out")
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.loader.load_state_dict(state["loader"])
        tc.set_rng_state(state["rng"])
        self.epoch, self.history, self.losses = state["epoch"], state["history"], state["losses"]

    def step(self, images: tc.Tensor, labels: tc.Tensor) -> tuple[float, float]:
        """Learn from one batch; give its loss and accuracy."""
        self.optimizer.zero_grad()
        scores = self.model(images)
        loss = nn.functional.cross_entropy(scores, labels)
        loss.backward()
        self.optimizer.step()
        return loss.item(), (scores.argmax(1) == labels).float().mean().item()

    def train_epoch(self, stopped: Callable[[], bool]) -> bool:
        """Go through the training set once, or through what is left of it; False if stopped midway."""
        self.model.train()
        samples, begin = 0, time.perf_counter()
        done = len(self.losses)
        with tqdm(self.loader, total=len(self.loader), initial=done, desc=f"epoch {self.epoch + 1}") as bar:
            for images, labels in bar:
                loss, accuracy = self.step(images, labels)
                self.losses.append(loss)
                samples += len(labels)
                rate = samples / (time.perf_counter() - begin)
                bar.set_postfix(loss=f"{loss:.3f}", acc=f"{accuracy:.1%}", img_s=f"{rate:.0f}", refresh=False)
                if stopped():
                    return False
        return True

    def predict(self, images: tc.Tensor, batch_size: int = 500) -> np.ndarray:
        """Give the scores of many images, ``(N, 10)``."""
        self.model.eval()
        with tc.no_grad():
            batches = [self.model(images[i : i + batch_size]) for i in range(0, len(images), batch_size)]
        return tc.asnumpy(tc.cat(batches).array)

    def finish_epoch(self) -> None:
        """Test, remember the numbers, lower the learning rate, save."""
        images, labels = self.test_set[:]
        accuracy = float((self.predict(images).argmax(1) == tc.asnumpy(labels.array)).mean())
        self.epoch += 1
        self.history.append({"loss": float(np.mean(self.losses)), "test_accuracy": accuracy})
        self.losses = []
        self.schedule.step()
        self.save()
        print(f"epoch {self.epoch}: mean loss {self.history[-1]['loss']:.4f}, test accuracy {accuracy:.2%}")


@contextlib.contextmanager
def ctrl_c() -> Iterator[Callable[[], bool]]:
    """Turn Ctrl-C into a question: the loop asks after each step, so it never stops in the middle of one.

    A second Ctrl-C stops at once.
    """
    pressed: list[int] = []

    def note(number: int, frame: Any) -> None:
        pressed.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    previous = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, previous)


# ------------------------------------------------------------------------------ pictures


def show_grid(images: np.ndarray, titles: Sequence[str], columns: int, title: str, path: Path) -> None:
    """Draw many small grey pictures ``(N, H, W)`` into one file."""
    rows = -(-len(images) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(1.3 * columns, 1.45 * rows + 0.5), squeeze=False)
    for axis in axes.flat[len(images) :]:
        axis.axis("off")
    for axis, image, label in zip(axes.flat, images, titles):
        axis.imshow(image, cmap="gray")
        axis.set(xticks=[], yticks=[])
        axis.set_title(label, fontsize=9)
    figure.suptitle(title)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def draw_learning_curve(history: list[dict[str, float]], path: Path) -> None:
    """Draw loss and test error of each epoch."""
    epochs = range(1, len(history) + 1)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2))
    left.plot(epochs, [h["loss"] for h in history], "o-")
    left.set(title="training loss", xlabel="epoch", ylim=(0, None))
    right.plot(epochs, [100 * h["test_accuracy"] for h in history], "o-", color="tab:green")
    right.set(title="test accuracy (%)", xlabel="epoch")
    for axis in (left, right):
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def draw_all(run: Run) -> list[Path]:
    """Draw the learning curve, the first layer's filters and feature maps, and the mistakes."""
    out = run.args.out
    paths = [out / name for name in ("learning_curve.png", "filters.png", "feature_maps.png", "mistakes.png")]
    draw_learning_curve(run.history, paths[0])
    filters = tc.asnumpy(run.model[0].weight.array)[:, 0]
    numbers = [str(i) for i in range(len(filters))]
    show_grid(filters, numbers, 8, "The first layer's filters", paths[1])

    images, labels = run.test_set[:]
    with tc.no_grad():
        maps = tc.asnumpy(run.model[:2](images[:1]).array)[0]
    digit = tc.asnumpy(images[0, 0].array)
    show_grid(
        np.concatenate([digit[None], maps]), ["input", *numbers], 6, "What each filter sees, after ReLU", paths[2]
    )

    guesses, truth = run.predict(images).argmax(1), tc.asnumpy(labels.array)
    wrong = np.flatnonzero(guesses != truth)
    titles = [f"{truth[i]} read as {guesses[i]}" for i in wrong[:24]]
    pixels = tc.asnumpy(images.array)[wrong[:24], 0]
    show_grid(pixels, titles, 6, f"Mistakes: {len(wrong)} of {len(truth)} test digits", paths[3])
    return paths


def main(argv: Sequence[str] | None = None) -> Run:
    """Train, test, save, draw."""
    args = parse_arguments(argv)
    if args.threads:
        tc.set_num_threads(args.threads)
    run = Run(args)
    if args.resume:
        run.resume()
    print(f"{len(run.train_set)} digits to learn from, {len(run.test_set)} to test on, {run.device}")
    with ctrl_c() as stopped:
        while run.epoch < args.epochs:
            if not run.train_epoch(stopped):
                run.save()
                print(f"\nstopped; saved to {run.path}. Go on with --resume")
                return run
            run.finish_epoch()
    print("pictures:", *draw_all(run))
    return run


if __name__ == "__main__":
    main()
