"""Train a small CNN on handwritten digits with several processes, each learning from its part of every batch.

    mpiexec -n 2 python -m mpi4py examples/train_mnist_mpi.py             # two ranks
    mpiexec -n 2 python -m mpi4py examples/train_mnist_mpi.py --resume    # go on where the last run stopped
    python examples/train_mnist_mpi.py                                    # the same program with one

``-m mpi4py`` makes an error of one rank end them all.  The batch size is that of all ranks together, so
that any number of ranks learns the same.  Ctrl-C saves and stops.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TypeVar

import command_line
import numpy as np
from command_line import say

import tinyconv as tc
from tinyconv import distributed, nn
from tinyconv.data import TensorDataset, mnist
from tinyconv.errors.install import install

try:
    from tqdm import tqdm
except ImportError as error:
    command_line.lacks(error, "{why}. This example needs a progress bar: {how}", install("mpi,examples"))

Result = TypeVar("Result")

FIXED = ("data", "limit", "seed", "batch_size", "lr", "decay", "dropout")  # a resumed run must not change these


def build_model(dropout: float) -> nn.Sequential:
    """Give a CNN of 33,000 parameters: ``(N, 1, 28, 28)`` becomes ``(N, 10)`` scores."""
    return nn.Sequential(
        nn.Conv2d(1, 16, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, kernel_size=3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, kernel_size=3),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Flatten(),
        nn.Linear(64 * 4 * 4, 10),
    )


def parse_arguments(argv: Sequence[str] | None = None) -> tuple[command_line.Parser, argparse.Namespace]:
    """Read the command line."""
    positive, rate, share = command_line.positive, command_line.rate, command_line.share
    parser = command_line.Parser(__doc__)
    parser.add_argument("--data", metavar="DIR", help="folder with the full MNIST as idx or idx.gz files")
    parser.add_argument("--limit", type=positive, help="use only so many digits of each set, for a quick try")
    parser.add_argument("--epochs", type=positive, default=3, help="passes over the training set")
    parser.add_argument("--batch-size", type=positive, default=128, help="samples in a batch of all ranks together")
    parser.add_argument("--lr", type=rate, default=2e-3, help="learning rate of the first epoch")
    parser.add_argument("--decay", type=rate, default=0.7, help="factor on the learning rate after each epoch")
    parser.add_argument("--dropout", type=share, default=0.3, help="the one thing that ranks draw by themselves")
    parser.add_argument("--seed", type=command_line.natural, default=0, help="where the random numbers start")
    parser.add_argument("--device", default="cpu", help="cpu; or cuda, of which each rank takes one")
    parser.add_argument("--threads", type=positive, help="CPU threads of each rank; its part of the cores by default")
    parser.add_argument("--save-every", type=positive, metavar="STEPS", help="save within an epoch too")
    command_line.add_out(parser, "runs/mnist_mpi", "the checkpoint")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    return parser, parser.parse_args(argv)


def prepare(
    argv: Sequence[str] | None, comm: distributed.Communicator
) -> tuple[argparse.Namespace, TensorDataset, TensorDataset]:
    """Read the command line and the data; exit where a rank cannot go on."""
    parser, args = parse_arguments(argv)
    if comm.is_main:
        command_line.claim_out(parser, args, [command_line.CHECKPOINT], args.resume)
    try:
        args.device = command_line.device(f"cuda:{comm.intra_rank}" if args.device == "cuda" else args.device)
    except argparse.ArgumentTypeError as error:
        parser.error(f"argument --device: {error}")
    with command_line.reading_data(parser, args):
        train_set, test_set = (load_digits(args, split) for split in ("train", "test"))
    return args, train_set, test_set


def load_digits(args: argparse.Namespace, split: str) -> TensorDataset:
    """Give a split as tensors on the device: ``(N, 1, 28, 28)`` images and ``(N,)`` labels."""
    images, labels = mnist.load(args.data, split)
    images, labels = images[: args.limit], labels[: args.limit]
    pixels = tc.from_numpy(mnist.to_float(images)).to(args.device)
    return TensorDataset(pixels, tc.from_numpy(labels.astype(np.int64)).to(args.device))


# ------------------------------------------------------------------------------ ends on which all ranks agree


def agree(comm: distributed.Communicator, work: Callable[[], Result]) -> Result:
    """Do the same on every rank; where it exits with a line on any of them, end them all (collective)."""
    line = ""
    try:
        result = work()
    except SystemExit as stop:
        if not isinstance(stop.code, str):  # --help
            raise
        line = stop.code
    lines = [told for told in comm.allgather(line) if told]
    if lines:
        end(comm, lines[0])
    return result


def end(comm: distributed.Communicator, line: str) -> NoReturn:
    """End the program on every rank, with one line of rank 0's (collective)."""
    if comm.size == 1:
        sys.exit(line)
    comm.print(line, file=sys.stderr)
    from mpi4py import MPI

    MPI.Finalize()  # waits for all; an exit before it is an abort, with more lines of mpiexec's own
    sys.exit(1)


class Run:
    """One rank's side of a training run."""

    def __init__(
        self,
        args: argparse.Namespace,
        comm: distributed.Communicator,
        train_set: TensorDataset,
        test_set: TensorDataset,
    ):
        self.args, self.comm = args, comm
        self.path = args.out / command_line.CHECKPOINT
        self.device = tc.Device(args.device)
        self.train_set, self.test_set = train_set, test_set
        self.sampler = distributed.DistributedSampler(
            self.train_set, args.batch_size, comm, shuffle=True, seed=args.seed
        )
        tc.manual_seed(args.seed)
        self.model = build_model(args.dropout).to(self.device)
        distributed.broadcast_parameters(self.model, comm)
        self.optimizer = distributed.DistributedOptimizer(
            tc.optim.Adam(self.model.named_parameters(), lr=args.lr), comm
        )
        self.schedule = tc.optim.lr_scheduler.ExponentialLR(self.optimizer, gamma=args.decay)
        self.epoch = 0
        self.loss_sum, self.samples = 0.0, 0  # of this rank, in the epoch under way
        tc.manual_seed(args.seed + comm.rank)  # from here on each rank draws its own: dropout

    def save(self) -> None:
        """Write the checkpoint on rank 0."""
        state = {
            "config": {name: getattr(self.args, name) for name in FIXED},
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "sampler": self.sampler.state_dict(),
            "rng": distributed.gather_rng_states(self.comm),
            "epoch": self.epoch,
            "losses": self.comm.allgather((self.loss_sum, self.samples)),
        }
        distributed.save_on_main(state, self.path, self.comm)

    def resume(self) -> None:
        """Take everything up from the checkpoint, on every rank."""
        with command_line.resuming(self.path):
            state = distributed.load_on_all(self.path, self.comm)
            command_line.refuse_other_options(self.path, state["config"], self.args)
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.schedule.load_state_dict(state["schedule"])
            self.sampler.load_state_dict(state["sampler"])
            distributed.restore_rng_state(state["rng"], self.comm)
            self.epoch, (self.loss_sum, self.samples) = state["epoch"], state["losses"][self.comm.rank]

    def step(self, indices: np.ndarray, stopped: Callable[[], bool]) -> bool:
        """Learn from this rank's part of a batch; tell whether Ctrl-C was pressed on any rank."""
        value = 0.0
        self.optimizer.zero_grad()
        if len(indices):
            images, labels = self.train_set.take(indices)
            loss = nn.functional.cross_entropy(self.model(images), labels)
            value = loss.item()
        reports = self.comm.allgather((value, stopped()))  # so that all ranks stop together
        for rank, (reported, _) in enumerate(reports):
            what = say("the loss on rank {rank} in epoch {epoch}", rank=rank, epoch=self.epoch + 1)
            self.refuse_nonfinite(reported, what)
        if len(indices):
            loss.backward()
        self.optimizer.step(samples=len(indices))  # also without samples: the other ranks wait for it
        self.loss_sum += value * len(indices)
        self.samples += len(indices)
        return any(pressed for _, pressed in reports)

    def refuse_nonfinite(self, value: float, what: str) -> None:
        """End the program, if training has diverged; the last checkpoint stays as it is (collective)."""
        if not math.isfinite(value):
            line = command_line.diverged(value, what, self.optimizer.param_groups[0]["lr"])
            end(self.comm, f"\n{line}")  # below the progress bar

    def train_epoch(self, stopped: Callable[[], bool]) -> bool:
        """Go through the training set once, or through what is left of it; False, and saved, if stopped before."""
        self.model.train()
        done, hidden = self.sampler.state_dict()["done"], not self.comm.is_main
        title = say("epoch {epoch}", epoch=self.epoch + 1)
        for indices in tqdm(self.sampler, desc=title, initial=done, disable=hidden):
            stops = self.step(indices, stopped)
            done = self.sampler.state_dict()["done"]  # 0 after the last: the end of an epoch is saved by train()
            if done and (stops or (self.args.save_every and done % self.args.save_every == 0)):
                self.save()
            if done and stops:
                return False
        return True

    def test(self) -> float:
        """Give the accuracy on the test set, of which each rank looks at its part; NaN if a score is none."""
        self.model.eval()
        part = distributed.scatter_dataset(self.test_set, self.comm)
        right = 0.0
        with tc.no_grad():
            for start in range(0, len(part), 500):
                images, labels = part.take(np.arange(start, min(start + 500, len(part))))
                scores = self.model(images)
                finite = math.isfinite(scores.sum().item())
                right += (scores.argmax(1) == labels).float().sum().item() if finite else math.nan
        return sum_over_ranks(self.comm, right) / len(self.test_set)

    def train(self, stopped: Callable[[], bool]) -> bool:
        """Train up to the last epoch; False, and saved, if stopped before."""
        while self.epoch < self.args.epochs:
            begin = time.perf_counter()
            if not self.train_epoch(stopped):
                return False
            seconds = time.perf_counter() - begin
            loss = sum_over_ranks(self.comm, self.loss_sum) / max(sum_over_ranks(self.comm, self.samples), 1)
            accuracy = self.test()
            what = say("the {score} of epoch {epoch}", score=say("test accuracy"), epoch=self.epoch + 1)
            self.refuse_nonfinite(accuracy, what)
            self.epoch += 1
            self.loss_sum, self.samples = 0.0, 0
            self.schedule.step()
            self.save()
            text = "epoch {epoch}: mean loss {loss:.4f}, test accuracy {accuracy:.2%}, {seconds:.1f} s"
            self.comm.print(say(text, epoch=self.epoch, loss=loss, accuracy=accuracy, seconds=seconds))
            if any(self.comm.allgather(stopped())):
                return False
        return True


def sum_over_ranks(comm: distributed.Communicator, value: Any) -> float:
    """Add up one number of each rank."""
    return float(sum(comm.allgather(value)))


def main(argv: Sequence[str] | None = None) -> Run:
    """Train on all ranks."""
    comm = distributed.create_communicator()
    args, train_set, test_set = agree(comm, lambda: prepare(argv, comm))
    tc.set_num_threads(args.threads or max(1, (os.cpu_count() or 1) // comm.intra_size))
    run = Run(args, comm, train_set, test_set)
    if args.resume:
        agree(comm, run.resume)
    digits, batch = len(run.train_set), args.batch_size
    text = "{digits} digits to learn from, {ranks} ranks, batches of {batch} in all, {device}"
    comm.print(say(text, digits=digits, ranks=comm.size, batch=batch, device=run.device))
    if run.epoch >= args.epochs:
        comm.print(say("already trained for {epochs} epochs; a larger --epochs goes on", epochs=run.epoch))
    with command_line.ctrl_c() as stopped:
        done = run.train(stopped)
    comm.print(say("saved {path}" if done else "\nstopped; saved to {path}. Go on with --resume", path=run.path))
    return run


if __name__ == "__main__":
    main()
