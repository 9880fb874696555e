"""Measure how data-parallel training scales on this machine, and what a model says about a cluster.

    python examples/mpi_scaling.py                      # 1, 2 and 4 ranks, one after another
    python examples/mpi_scaling.py --ranks 1 2 --passes 1

It starts ``mpiexec`` itself.  Strong scaling: the global batch stays, each rank takes its part, on one CPU
thread.  Three ways of averaging gradients are timed:

- *packed*: tinyconv's way, one Allreduce of all gradients after backward;
- *buckets*: gradients go out in several Iallreduces while backward is still at work, started by hooks;
- *each*: one Allreduce for each parameter, after backward.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import command_line
import numpy as np
from command_line import say

import tinyconv as tc
from tinyconv import distributed, nn
from tinyconv.errors.install import install

MPIEXEC = Path(sys.executable).with_name("mpiexec")  # the mpich package puts it there
WAYS = ("packed", "buckets", "each")
NETWORKS = {  # what one message and one byte cost: round numbers of the kind of network, not measured
    "10 Gbit/s Ethernet": (30e-6, 1 / 1.25e9),
    "100 Gbit/s InfiniBand": (2e-6, 1 / 12.5e9),
}


def small_model() -> nn.Module:
    """Give the CNN of ``train_mnist_mpi.py``: 33,354 parameters, 0.13 MB of gradients."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3), nn.ReLU(), nn.Flatten(), nn.Linear(1024, 10),
    )  # fmt: skip


def wide_model() -> nn.Module:
    """Give a network with more to send for what it computes: 2.6 million parameters, 10 MB of gradients."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(4), nn.Flatten(), nn.Linear(784, 1536), nn.ReLU(),
        nn.Linear(1536, 896), nn.ReLU(), nn.Linear(896, 10),
    )  # fmt: skip


MODELS: dict[str, Callable[[], nn.Module]] = {"small": small_model, "wide": wide_model}


# ------------------------------------------------------------------------------ ways of averaging


class Buckets:
    """Sends gradients while backward goes on: a bucket leaves when the last of its gradients is there."""

    def __init__(self, params: list[tc.Tensor], comm: Any, limit: int = 1 << 20):
        from mpi4py import MPI

        self.comm, self.in_place, self.wait = comm, MPI.IN_PLACE, MPI.Request.Waitall
        self.buckets: list[list[tc.Tensor]] = [[]]
        for param in reversed(params):  # backward comes to the last layer first
            if sum(p.array.nbytes for p in self.buckets[-1]) > limit:
                self.buckets.append([])
            self.buckets[-1].append(param)
        self.buffers = [np.empty(sum(p.numel() for p in bucket), np.float32) for bucket in self.buckets]
        self.begin()
        for number, bucket in enumerate(self.buckets):
            start = 0
            for param in bucket:
                param.register_hook(self._hook(number, slice(start, start + param.numel())))
                start += param.numel()

    def begin(self) -> None:
        """Get ready for the next backward."""
        self.missing = [len(bucket) for bucket in self.buckets]
        self.requests: list[Any] = []

    def _hook(self, number: int, place: slice) -> Callable[[tc.Tensor], None]:
        def put(grad: tc.Tensor) -> None:
            self.buffers[number][place] = grad.array.reshape(-1)
            self.missing[number] -= 1
            if not self.missing[number]:
                self.requests.append(self.comm.mpi_comm.Iallreduce(self.in_place, self.buffers[number]))

        return put

    def average(self) -> None:
        """Wait for what is under way, and give the parameters the means."""
        self.wait(self.requests)
        for bucket, buffer in zip(self.buckets, self.buffers):
            start = 0
            for param in bucket:
                mean = buffer[start : start + param.numel()].reshape(param.shape) / self.comm.size
                param.grad = tc.as_tensor(mean)
                start += param.numel()
        self.begin()


def average_each(params: list[tc.Tensor], comm: Any) -> None:
    """Average with one Allreduce for each parameter."""
    for param in params:
        param.grad = tc.as_tensor(comm.allreduce_sum(param.grad.array) / comm.size)


def make_averaging(way: str, rule: Any, params: list[tc.Tensor], comm: Any) -> Callable[[int], None]:
    """Give the function of the rank's number of samples that stands between backward and the step."""
    if way == "packed":
        return rule.average_gradients
    if way == "buckets" and comm.size > 1:
        buckets = Buckets(params, comm)
        return lambda samples: buckets.average()
    return lambda samples: average_each(params, comm) if comm.size > 1 else None


# ------------------------------------------------------------------------------ one rank's measurement


def time_steps(comm: Any, model_name: str, way: str, batch: int, rounds: int) -> dict[str, float]:
    """Give the seconds of a step and, of these, of averaging: the fastest of many, by the slowest rank."""
    tc.manual_seed(0)
    model = MODELS[model_name]()
    rule: Any = tc.optim.SGD(model.parameters(), lr=0.01)
    if way == "packed":
        rule = distributed.DistributedOptimizer(rule, comm)
    averaging = make_averaging(way, rule, list(model.parameters()), comm)
    own = len(np.array_split(np.arange(batch), comm.size)[comm.rank])
    images, labels = tc.rand(own, 1, 28, 28), tc.randint(0, 10, (own,))
    times = []
    for _ in range(rounds):
        rule.zero_grad()
        comm.barrier()
        begin = time.perf_counter()
        nn.functional.cross_entropy(model(images), labels).backward()
        middle = time.perf_counter()
        averaging(own)
        end = time.perf_counter()
        rule.step()
        times.append((time.perf_counter() - begin, end - middle))
    slowest = [[max(values) for values in zip(*one_step)] for one_step in zip(*comm.allgather(times))]
    step, average = min(slowest)
    return {"step": step, "average": average, "elements": sum(p.numel() for p in model.parameters())}


def time_allreduce(comm: Any, nbytes: int, repeats: int = 200) -> float:
    """Give the seconds of one Allreduce: the fastest, by the slowest rank."""
    array, times = np.zeros(nbytes // 4, np.float32), []
    for _ in range(repeats):
        comm.barrier()
        begin = time.perf_counter()
        comm.allreduce_sum(array)
        times.append(time.perf_counter() - begin)
    return min(max(ranks) for ranks in zip(*comm.allgather(times)))


def measure(args: argparse.Namespace) -> None:
    """Measure on these ranks; rank 0 prints the numbers as JSON."""
    comm = distributed.create_communicator()
    tc.set_num_threads(1)
    results = {model: {way: time_steps(comm, model, way, args.batch, args.rounds) for way in WAYS} for model in MODELS}
    allreduce = {size: time_allreduce(comm, size) for size in (8, 1 << 17, 10 << 20)}
    comm.print(json.dumps({"models": results, "allreduce": allreduce}))


# ------------------------------------------------------------------------------ all of it


def ring_allreduce(ranks: int, nbytes: float, alpha: float, beta: float) -> float:
    """Give the seconds of a ring Allreduce by the alpha-beta model.

    ``2*(p - 1)`` messages, one after another, of ``n/p`` bytes: ``2*(p - 1) * (alpha + beta*n/p)``.
    """
    return 2 * (ranks - 1) * (alpha + beta * nbytes / ranks)


def launch(ranks: int, args: argparse.Namespace) -> dict[str, Any]:
    """Measure with so many ranks, each on one thread."""
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    command = [str(MPIEXEC), "-n", str(ranks), sys.executable, "-m", "mpi4py", __file__, "--measure"]
    command += ["--batch", str(args.batch), "--rounds", str(args.rounds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **one_thread})
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def fastest(passes: list[dict[str, Any]]) -> dict[str, Any]:
    """Give the best of several measurements with the same number of ranks."""
    models = {
        model: {way: min((p["models"][model][way] for p in passes), key=lambda t: t["step"]) for way in WAYS}
        for model in MODELS
    }
    sizes = passes[0]["allreduce"]
    return {"models": models, "allreduce": {size: min(p["allreduce"][size] for p in passes) for size in sizes}}


def print_measured(results: dict[int, dict[str, Any]], batch: int) -> None:
    """Print the scaling table, and the ways beside one another."""
    for model in MODELS:
        whole = results[min(results)]["models"][model]["packed"]
        megabytes = 4e-6 * whole["elements"]
        text = "\n{model}: {count:,.0f} parameters, {megabytes:.2f} MB of gradients, global batch {batch}"
        print(say(text, model=model, count=whole["elements"], megabytes=megabytes, batch=batch))
        print(say("| ranks | ms a step | of it averaging | images/s | speed-up | MB sent per rank and step (ring) |"))
        print("|--:|--:|--:|--:|--:|--:|")
        for ranks, result in results.items():
            packed = result["models"][model]["packed"]
            step, average = packed["step"], packed["average"]
            sent = 2 * (ranks - 1) / ranks * megabytes
            cells = (1e3 * step, 1e3 * average, batch / step, whole["step"] / step, sent)
            print("| {} | {:.1f} | {:.2f} | {:.0f} | {:.2f} | {:.2f} |".format(ranks, *cells))
        heads = [say("ranks"), *(say("{way}: ms a step", way=way) for way in WAYS)]
        print(f"\n| {' | '.join(heads)} |\n" + "|--:" * len(heads) + "|")
        for ranks, result in results.items():
            times = (result["models"][model][way]["step"] for way in WAYS)
            print(f"| {ranks} | " + " | ".join(f"{1e3 * t:.1f}" for t in times) + " |")
    print(say("\nAllreduce alone, microseconds:"))
    for ranks, result in results.items():
        print(
            say("  {ranks} ranks:", ranks=ranks),
            ", ".join(f"{int(n):,} B: {1e6 * t:.0f}" for n, t in result["allreduce"].items()),
        )


def print_model(results: dict[int, dict[str, Any]]) -> None:
    """Print what the alpha-beta model gives for a cluster of machines like this one."""
    for model in MODELS:
        one = results[min(results)]["models"][model]["packed"]
        nbytes, work = 4 * one["elements"], one["step"]
        text = "\nMODEL, not measured: {model}, each rank with a batch that takes {work:.0f} ms (weak scaling)"
        print(say(text, model=model, work=1e3 * work))
        for network, (alpha, beta) in NETWORKS.items():
            times = {p: ring_allreduce(p, nbytes, alpha, beta) for p in (2, 4, 8, 16, 64)}
            cells = (f"{p}: {1e3 * t:.2f} ms, {work / (work + t):.0%}" for p, t in times.items())
            print(f"  {network}: " + "; ".join(cells))


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, or start what measures."""
    positive = command_line.positive
    parser = command_line.Parser(__doc__)
    parser.add_argument("--ranks", type=positive, nargs="+", default=[1, 2, 4], help="numbers of processes to try")
    parser.add_argument("--batch", type=positive, default=128, help="samples in a batch of all ranks together")
    parser.add_argument("--rounds", type=positive, default=40, help="steps, of which the fastest counts")
    parser.add_argument("--passes", type=positive, default=4, help="over all numbers of ranks, for a busy machine")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.measure:
        measure(args)
        return
    if args.batch < max(args.ranks):
        told = say("{ranks} ranks need a batch of as many samples at least", ranks=max(args.ranks))
        parser.error(f"argument --batch: {told}")
    if importlib.util.find_spec("mpi4py") is None or not MPIEXEC.exists():
        parser.error(say("mpi4py and mpiexec are not installed beside Python: {how}", how=install("mpi")))
    passes = [{ranks: launch(ranks, args) for ranks in args.ranks} for _ in range(args.passes)]
    results = {ranks: fastest([one[ranks] for one in passes]) for ranks in args.ranks}
    print_measured(results, args.batch)
    print_model(results)


if __name__ == "__main__":
    main()
