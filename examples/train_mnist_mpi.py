"""Train a small CNN on handwritten digits with several processes, each learning from its part of every batch.

    mpiexec -n 2 python -m mpi4py examples/train_mnist_mpi.py             # two ranks
    mpiexec -n 2 python -m mpi4py examples/train_mnist_mpi.py --resume    # go on where the last run stopped
    python examples/train_mnist_mpi.py                                    # the same program with one

``-m mpi4py`` makes an error of one rank end them all.  The batch size is that of all ranks together, so
that any number of ranks learns the same.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import tinyconv as tc
from tinyconv import distributed, nn
from tinyconv.data import TensorDataset, mnist

try:
    from tqdm import tqdm
except ImportError as error:
    sys.exit(f"{error}. This example needs a progress bar: pip install '.[mpi,examples]'")

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


def parse_arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--data", metavar="DIR", help="folder with the full MNIST as idx or idx.gz files")
    parser.add_argument("--limit", type=int, help="use only so many digits of each set, for a quick try")
    parser.add_argument("--epochs", type=int, default=3, help="passes over the training set")
    parser.add_argument("--batch-size", type=int, default=128, help="samples in a batch of all ranks together")
    parser.add_argument("--lr", type=float, default=2e-3, help="learning rate of the first epoch")
    parser.add_argument("--decay", type=float, default=0.7, help="factor on the learning rate after each epoch")
    parser.add_argument("--dropout", type=float, default=0.3, help="the one thing that ranks draw by themselves")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu", help="cpu; or cuda, of which each rank takes one")
    parser.add_argument("--threads", type=int, help="CPU threads of each rank; its part of the cores by default")
    parser.add_argument("--save-every", type=int, metavar="STEPS", help="save within an epoch too")
    parser.add_argument("--out", type=Path, default=Path("runs/mnist_mpi"), help="folder for the checkpoint")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    return parser.parse_args(argv)


class Run:
    """One rank's side of a training run."""

    def __init__(self, args: argparse.Namespace, comm: distributed.Communicator):
        self.args, self.comm = args, comm
        self.path = args.out / "checkpoint.npz"
        self.device = tc.Device(f"cuda:{comm.intra_rank}" if args.device == "cuda" else args.device)
        self.train_set, self.test_set = (self._load(split) for split in ("train", "test"))
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
        tc.manual_seed(args.seed + comm.rank)  # from here on each rank draws its own: dropout

    def _load(self, split: str) -> TensorDataset:
        """Give a split as tensors on the device: ``(N, 1, 28, 28)`` images and ``(N,)`` labels."""
        images, labels = mnist.load(self.args.data, split)
        images, labels = images[: self.args.limit], labels[: self.args.limit]
        pixels = tc.from_numpy(mnist.to_float(images)).to(self.device)
        return TensorDataset(pixels, tc.from_numpy(labels.astype(np.int64)).to(self.device))

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
        }
        if self.comm.is_main:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        distributed.save_on_main(state, self.path, self.comm)

    def resume(self) -> None:
        """Take everything up from the checkpoint, on every rank."""
        state = distributed.load_on_all(self.path, self.comm)
        changed = {k: v for k, v in state["config"].items() if v != getattr(self.args, k)}
        if changed:
            raise SystemExit(f"--resume: {self.path} was made with {changed}; give the same options, or another --out")
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.sampler.load_state_dict(state["sampler"])
        self.epoch = state["epoch"]
        distributed.restore_rng_state(state["rng"], self.comm)

    def step(self, indices: np.ndarray) -> float:
        """Learn from this rank's part of a batch; give the sum of its losses."""
        loss_sum = 0.0
        self.optimizer.zero_grad()
        if len(indices):
            images, labels = self.train_set.take(indices)
            loss = nn.functional.cross_entropy(self.model(images), labels)
            loss.backward()
            loss_sum = loss.item() * len(indices)
        self.optimizer.step(samples=len(indices))  # also without samples: the other ranks wait for it
        return loss_sum

    def train_epoch(self) -> float:
        """Go through the training set once, or through what is left of it; give the mean loss."""
        self.model.train()
        total, samples = 0.0, 0
        done, hidden = self.sampler.state_dict()["done"], not self.comm.is_main
        for indices in tqdm(self.sampler, desc=f"epoch {self.epoch + 1}", initial=done, disable=hidden):
            total += self.step(indices)
            samples += len(indices)
            done = self.sampler.state_dict()["done"]  # 0 after the last: the end of an epoch is saved by train()
            if self.args.save_every and done and done % self.args.save_every == 0:
                self.save()
        return sum_over_ranks(self.comm, total) / max(sum_over_ranks(self.comm, samples), 1)

    def test(self) -> float:
        """Give the accuracy on the test set, of which each rank looks at its part."""
        self.model.eval()
        part = distributed.scatter_dataset(self.test_set, self.comm)
        right = 0.0
        with tc.no_grad():
            for start in range(0, len(part), 500):
                images, labels = part.take(np.arange(start, min(start + 500, len(part))))
                right += (self.model(images).argmax(1) == labels).float().sum().item()
        return sum_over_ranks(self.comm, right) / len(self.test_set)

    def train(self) -> None:
        """Train up to the last epoch."""
        while self.epoch < self.args.epochs:
            begin = time.perf_counter()
            loss = self.train_epoch()
            seconds = time.perf_counter() - begin
            accuracy = self.test()
            self.epoch += 1
            self.schedule.step()
            self.save()
            self.comm.print(f"epoch {self.epoch}: mean loss {loss:.4f}, test accuracy {accuracy:.2%}, {seconds:.1f} s")


def sum_over_ranks(comm: distributed.Communicator, value: Any) -> float:
    """Add up one number of each rank."""
    return float(sum(comm.allgather(value)))


def main(argv: Sequence[str] | None = None) -> Run:
    """Train on all ranks."""
    args = parse_arguments(argv)
    comm = distributed.create_communicator()
    tc.set_num_threads(args.threads or max(1, (os.cpu_count() or 1) // comm.intra_size))
    run = Run(args, comm)
    if args.resume:
        run.resume()
    digits, batch = len(run.train_set), args.batch_size
    comm.print(f"{digits} digits to learn from, {comm.size} ranks, batches of {batch} in all, {run.device}")
    run.train()
    comm.print("saved", run.path)
    return run


if __name__ == "__main__":
    main()
