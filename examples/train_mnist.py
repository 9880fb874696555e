"""Train a small CNN on handwritten digits, and draw what it learnt.

    python examples/train_mnist.py                    # 8,000 digits that come with the package
    python examples/train_mnist.py --data FOLDER      # the full MNIST, from its four idx or idx.gz files
    python examples/train_mnist.py --download         # the full MNIST, fetched once and checked
    python examples/train_mnist.py --resume           # go on where the last run stopped
    python examples/train_mnist.py --resume --image photo.jpg    # read a digit that you wrote and photographed

Everything goes to ``--out`` (``runs/mnist``): ``checkpoint.npz``, four pictures, and ``draw.html``, a page on
which you draw a digit yourself and watch the network read it.  Ctrl-C saves and stops; a resumed run ends
with exactly the weights of one that was never interrupted.  A new run into a folder that holds one is
refused: ``--resume`` goes on with it, ``--overwrite`` replaces it.

``--image FILE`` shows the trained network a digit of your own, made like MNIST's before, and prints its scores;
``own_digit.png`` shows what the network saw.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import command_line
import numpy as np
import own_picture
from command_line import say

import tinyconv as tc
from tinyconv import nn
from tinyconv.data import DataLoader, TensorDataset, mnist
from tinyconv.errors.install import install
from tinyconv.explain import draw_page

try:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt
    from tqdm import tqdm
except ImportError as error:
    command_line.lacks(error, "{why}. This example needs a progress bar and plots: {how}", install("examples"))

PICTURES = ("learning_curve.png", "filters.png", "feature_maps.png", "mistakes.png")
PAGE = "draw.html"
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


def parse_arguments(argv: Sequence[str] | None = None) -> tuple[command_line.Parser, argparse.Namespace]:
    """Read the command line, and make the folder for the results."""
    positive, rate = command_line.positive, command_line.rate
    parser = command_line.Parser(__doc__)
    parser.add_argument("--data", metavar="DIR", help="folder with the full MNIST as idx or idx.gz files")
    parser.add_argument("--download", action="store_true", help="fetch the full MNIST into the cache")
    parser.add_argument("--limit", type=positive, help="use only so many digits of each set, for a quick try")
    parser.add_argument("--epochs", type=positive, default=5, help="passes over the training set")
    parser.add_argument("--batch-size", type=positive, default=64, help="samples in a batch")
    parser.add_argument("--lr", type=rate, default=2e-3, help="learning rate of the first epoch")
    parser.add_argument("--decay", type=rate, default=0.7, help="factor on the learning rate after each epoch")
    parser.add_argument("--seed", type=command_line.natural, default=0, help="where the random numbers start")
    parser.add_argument("--device", type=command_line.device, default="cpu", help="cpu, cuda, cuda:1")
    parser.add_argument("--threads", type=positive, help="CPU threads; all by default")
    command_line.add_out(parser, "runs/mnist", "checkpoint, pictures and a page to draw on")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    own_picture.add_option(parser, own_picture.read_digit, "a photo of one digit of your own to read")
    args = parser.parse_args(argv)
    command_line.claim_out(parser, args, (command_line.CHECKPOINT, *PICTURES, PAGE), args.resume)
    command_line.write_plots_in_the_language()
    return parser, args


def load_digits(args: argparse.Namespace, split: str) -> TensorDataset:
    """Give a split as tensors on the device: ``(N, 1, 28, 28)`` images and ``(N,)`` labels."""
    images, labels = mnist.load(args.data, split, download=args.download)
    images, labels = images[: args.limit], labels[: args.limit]
    pixels = tc.from_numpy(mnist.to_float(images)).to(args.device)
    return TensorDataset(pixels, tc.from_numpy(labels.astype(np.int64)).to(args.device))


class Run:
    """A training run: model, optimiser, schedule, data, and all it takes to stop and go on."""

    def __init__(self, args: argparse.Namespace, train_set: TensorDataset, test_set: TensorDataset):
        self.args = args
        self.path = args.out / command_line.CHECKPOINT
        self.device = tc.Device(args.device)
        tc.manual_seed(args.seed)
        self.train_set, self.test_set = train_set, test_set
        self.loader = DataLoader(self.train_set, batch_size=args.batch_size, shuffle=True)
        self.model = build_model().to(self.device)
        with tc.no_grad():
            self.model(self.train_set[:1][0])  # the first call fixes the sizes left open
        self.optimizer = tc.optim.Adam(self.model.parameters(), lr=args.lr)
        self.schedule = tc.optim.lr_scheduler.ExponentialLR(self.optimizer, gamma=args.decay)
        self.epoch = 0
        self.history: list[dict[str, float]] = []
        self.losses: list[float] = []  # of the steps of the epoch under way

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
        tc.save(state, self.path)

    def resume(self) -> None:
        """Take everything up from the checkpoint."""
        with command_line.resuming(self.path):
            state = tc.load(self.path, device=self.device)
            command_line.refuse_other_options(self.path, state["config"], self.args)
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
        value = loss.item()
        self.refuse_nonfinite(
            value, say("the loss of step {step} in epoch {epoch}", step=len(self.losses) + 1, epoch=self.epoch + 1)
        )
        loss.backward()
        self.optimizer.step()
        return value, (scores.argmax(1) == labels).float().mean().item()

    def refuse_nonfinite(self, value: float, what: str) -> None:
        """End the program if training has diverged; the last checkpoint stays as it is."""
        command_line.refuse_nonfinite(value, what, self.optimizer.param_groups[0]["lr"])

    def train_epoch(self, stopped: Callable[[], bool]) -> bool:
        """Go through the training set once, or through what is left of it; False if stopped before its end."""
        self.model.train()
        samples, begin = 0, time.perf_counter()
        done, steps = len(self.losses), len(self.loader)
        with tqdm(self.loader, total=steps, initial=done, desc=say("epoch {epoch}", epoch=self.epoch + 1)) as bar:
            for images, labels in bar:
                loss, accuracy = self.step(images, labels)
                self.losses.append(loss)
                samples += len(labels)
                rate = samples / (time.perf_counter() - begin)
                told = {say("loss"): f"{loss:.3f}", say("acc"): f"{accuracy:.1%}", say("img_s"): f"{rate:.0f}"}
                bar.set_postfix(told, refresh=False)
                if stopped() and len(self.losses) < steps:  # after the last step, the epoch is finished first
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
        scores = self.predict(images)
        self.refuse_nonfinite(float(scores.sum(dtype=float)), say("a score after epoch {epoch}", epoch=self.epoch + 1))
        accuracy = float((scores.argmax(1) == tc.asnumpy(labels.array)).mean())
        self.epoch += 1
        self.history.append({"loss": float(np.mean(self.losses)), "test_accuracy": accuracy})
        self.losses = []
        self.schedule.step()
        self.save()
        text = "epoch {epoch}: mean loss {loss:.4f}, test accuracy {accuracy:.2%}"
        print(say(text, epoch=self.epoch, loss=self.history[-1]["loss"], accuracy=accuracy))

    def train(self, stopped: Callable[[], bool]) -> bool:
        """Train up to the last epoch; False, and saved, if stopped before."""
        while self.epoch < self.args.epochs:
            if not self.train_epoch(stopped):
                self.save()
                return False
            self.finish_epoch()
            if stopped():
                return False
        return True


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
    left.set(title=say("training loss"), xlabel=say("epoch"), ylim=(0, None))
    right.plot(epochs, [100 * h["test_accuracy"] for h in history], "o-", color="tab:green")
    right.set(title=say("test accuracy (%)"), xlabel=say("epoch"))
    for axis in (left, right):
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def draw_all(run: Run) -> list[Path]:
    """Draw the learning curve, the first layer's filters and feature maps, and the mistakes."""
    out = run.args.out
    paths = [out / name for name in PICTURES]
    draw_learning_curve(run.history, paths[0])
    filters = tc.asnumpy(run.model[0].weight.array)[:, 0]
    numbers = [str(i) for i in range(len(filters))]
    show_grid(filters, numbers, 8, say("The first layer's filters"), paths[1])

    images, labels = run.test_set[:]
    with tc.no_grad():
        maps = tc.asnumpy(run.model[:2](images[:1]).array)[0]
    digit = tc.asnumpy(images[0, 0].array)
    seen = np.concatenate([digit[None], maps])
    show_grid(seen, [say("input"), *numbers], 6, say("What each filter sees, after ReLU"), paths[2])

    guesses, truth = run.predict(images).argmax(1), tc.asnumpy(labels.array)
    wrong = np.flatnonzero(guesses != truth)
    pixels = tc.asnumpy(images.array)[wrong[:24], 0]
    title = say("Mistakes: {wrong} of {all} test digits", wrong=len(wrong), all=len(truth))
    show_grid(pixels, tell_mistakes(truth[wrong[:24]], guesses[wrong[:24]]), 6, title, paths[3])
    return paths


def tell_mistakes(truth: np.ndarray, guesses: np.ndarray) -> list[str]:
    """Give each misread digit its title."""
    return [say("{digit} read as {guess}", digit=digit, guess=guess) for digit, guess in zip(truth, guesses)]


def read_own(own: own_picture.OwnDigit, scores: np.ndarray, path: Path) -> None:
    """Print what the network reads in one's own digit, and draw the photo, what the network saw, and its scores."""
    shares = own_picture.tell(own, scores)
    figure, axes = plt.subplots(1, 3, figsize=(9, 3), width_ratios=(1, 1, 1.4), layout="constrained")
    for axis, picture, title in zip(axes, (own.photo, own.digit), (own.name, say("what the network sees"))):
        axis.imshow(picture, cmap="gray", vmin=0, vmax=255)
        axis.set(xticks=[], yticks=[], title=title)
    axes[2].bar(range(10), 100 * shares, color="tab:green")
    axes[2].set(title=say("read as (%)"), xticks=range(10), ylim=(0, 100))
    figure.savefig(path, dpi=110)
    plt.close(figure)
    print(say("wrote {path}", path=path))


def main(argv: Sequence[str] | None = None) -> Run:
    """Train, test, save, draw."""
    parser, args = parse_arguments(argv)
    with command_line.reading_data(parser, args):
        train_set, test_set = (load_digits(args, split) for split in ("train", "test"))
    if args.threads:
        tc.set_num_threads(args.threads)
    run = Run(args, train_set, test_set)
    if args.resume:
        run.resume()
    text = "{train} digits to learn from, {test} to test on, {device}"
    print(say(text, train=len(run.train_set), test=len(run.test_set), device=run.device))
    if run.epoch >= args.epochs:
        print(say("already trained for {epochs} epochs; a larger --epochs goes on", epochs=run.epoch))
    with command_line.ctrl_c() as stopped:
        if not run.train(stopped):
            print(say("\nstopped; saved to {path}. Go on with --resume", path=run.path))
            return run
    print(say("pictures: {paths}", paths=" ".join(map(str, draw_all(run)))))
    draw_page(run.model, args.out / PAGE)
    print(say("draw a digit yourself: open {path}", path=args.out / PAGE))
    if args.image is not None:
        pixels = tc.from_numpy(mnist.to_float(args.image.digit[None])).to(run.device)
        read_own(args.image, run.predict(pixels)[0], args.out / own_picture.PICTURE)
    return run


if __name__ == "__main__":
    main()
