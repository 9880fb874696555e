"""Time tinyconv beside frameworks like it, each in a Python of its own, since each needs another NumPy::

    python tests/benchmarks/peers.py mygrad=/envs/mygrad/bin/python chainer=/envs/chainer/bin/python

The workers take turns, as in ``bench.py``, and the table has the shortest turn of each.  A worker runs this very file
with ``--work`` and the library's name; it imports that library alone, and NumPy.  A step is forward and backward, and
gives all gradients.  With one thread each, what counts is the processor's time, which other programs hardly lengthen.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[2]
SAMPLE_SECONDS = 0.1
SCALAR_OPERATIONS = 200
CHECKSUM = 3e-3  # the libraries' results may differ by this part of their size

Step = Callable[[], Any]  # gives the gradient of the first leaf


# ------------------------------------------------------------------------------ the libraries' words


class Tinyconv:
    def __init__(self) -> None:
        sys.path.insert(0, str(REPOSITORY))
        import tinyconv

        self.lib, self.version = tinyconv, tinyconv.__version__
        functional = tinyconv.nn.functional
        self.conv, self.relu = functional.conv2d, functional.relu
        self.pool = lambda x: functional.max_pool2d(x, 2)
        self.flat = lambda x: x.reshape(len(x), -1)
        self.linear = lambda x, w: x @ w
        self.loss = functional.cross_entropy

    def leaf(self, array: np.ndarray) -> Any:
        return self.lib.from_numpy(array).requires_grad_()

    def labels(self, array: np.ndarray) -> Any:
        return self.lib.from_numpy(array)

    def back(self, y: Any, gradient: np.ndarray | None, leaves: list[Any]) -> Any:
        for leaf in leaves:
            leaf.grad = None
        y.backward(None if gradient is None else self.lib.from_numpy(gradient))
        return leaves[0].grad.numpy()


class MyGrad(Tinyconv):
    def __init__(self) -> None:
        import mygrad
        from mygrad.nnet import activations, layers, losses

        self.lib, self.version = mygrad, mygrad.__version__
        self.conv = lambda x, w, b: layers.conv_nd(x, w, stride=1) + b.reshape(1, -1, 1, 1)
        self.relu, self.loss = activations.relu, losses.softmax_crossentropy
        self.pool = lambda x: layers.max_pool(x, (2, 2), 2)
        self.flat = lambda x: x.reshape(len(x), -1)
        self.linear = mygrad.matmul

    def leaf(self, array: np.ndarray) -> Any:
        return self.lib.tensor(array)

    def labels(self, array: np.ndarray) -> Any:
        return array

    def back(self, y: Any, gradient: np.ndarray | None, leaves: list[Any]) -> Any:
        y.backward(gradient)  # a leaf forgets its gradient when it is used again
        return leaves[0].grad


class Chainer(Tinyconv):
    def __init__(self) -> None:
        import chainer
        import chainer.functions as F

        self.lib, self.version = chainer, chainer.__version__
        self.conv, self.relu, self.linear, self.loss = F.convolution_2d, F.relu, F.matmul, F.softmax_cross_entropy
        self.pool = lambda x: F.max_pooling_2d(x, 2, cover_all=False)
        self.flat = lambda x: F.reshape(x, (len(x), -1))

    def leaf(self, array: np.ndarray) -> Any:
        return self.lib.Variable(array)

    def labels(self, array: np.ndarray) -> Any:
        return array.astype(np.int32)

    def back(self, y: Any, gradient: np.ndarray | None, leaves: list[Any]) -> Any:
        for leaf in leaves:
            leaf.cleargrad()
        if gradient is not None:
            y.grad = gradient
        y.backward()
        return leaves[0].grad


class DeZero(Chainer):
    def __init__(self) -> None:
        from importlib.metadata import version

        import dezero
        import dezero.functions as F

        self.lib, self.version = dezero, version("dezero")
        self.conv, self.relu, self.linear, self.loss = F.conv2d, F.relu, F.matmul, F.softmax_cross_entropy
        self.pool = lambda x: F.pooling(x, 2, 2)
        self.flat = F.flatten

    def labels(self, array: np.ndarray) -> Any:
        return array

    def back(self, y: Any, gradient: np.ndarray | None, leaves: list[Any]) -> Any:
        gradient = None if gradient is None else self.lib.Variable(gradient)
        return super().back(y, gradient, leaves).data


LIBRARIES = {"tinyconv": Tinyconv, "mygrad": MyGrad, "chainer": Chainer, "dezero": DeZero}


# ------------------------------------------------------------------------------ the cases


def _arrays(*shapes: tuple[int, ...]) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.standard_normal(shape).astype(np.float32) / 8 for shape in shapes]


def convolution(lib: Any, x: tuple[int, ...], w: tuple[int, ...]) -> Step:
    leaves = [lib.leaf(array) for array in _arrays(x, w, w[:1])]
    (gradient,) = _arrays(lib.conv(*leaves).shape)
    return lambda: lib.back(lib.conv(*leaves), gradient, leaves)


def one_argument(lib: Any, name: str, x: tuple[int, ...]) -> Step:
    function, leaf = getattr(lib, name), lib.leaf(*_arrays(x))
    (gradient,) = _arrays(function(leaf).shape)
    return lambda: lib.back(function(leaf), gradient, [leaf])


def network(lib: Any) -> Step:
    """Two convolutions, each with relu and pooling, and a product, on 64 digits with a rim."""
    arrays = _arrays((64, 1, 30, 30), (16, 1, 3, 3), (16,), (32, 16, 3, 3), (32,), (32 * 6 * 6, 10))
    x, *leaves = map(lib.leaf, arrays)
    w1, b1, w2, b2, w3 = leaves
    labels = lib.labels(np.random.default_rng(1).integers(0, 10, 64))

    def step() -> Any:
        y = lib.pool(lib.relu(lib.conv(x, w1, b1)))
        y = lib.pool(lib.relu(lib.conv(y, w2, b2)))
        return lib.back(lib.loss(lib.linear(lib.flat(y), w3), labels), None, leaves)

    return step


def scalars(lib: Any) -> Step:
    """``y = y*a + b`` again and again."""
    leaves = [lib.leaf(np.array(value, np.float32)) for value in (1.0, 0.99, 0.01)]

    def step() -> Any:
        y, a, b = leaves
        for _ in range(SCALAR_OPERATIONS // 2):
            y = y * a + b
        return lib.back(y, None, leaves)

    return step


CASES: dict[str, Callable[[Any], Step]] = {
    "conv2d (64,1,28,28) k3 o16": lambda lib: convolution(lib, (64, 1, 28, 28), (16, 1, 3, 3)),
    "conv2d (64,32,26,26) k3 o64": lambda lib: convolution(lib, (64, 32, 26, 26), (64, 32, 3, 3)),
    "conv2d (32,16,28,28) k5 o32": lambda lib: convolution(lib, (32, 16, 28, 28), (32, 16, 5, 5)),
    "max_pool2d (64,32,26,26) 2x2": lambda lib: one_argument(lib, "pool", (64, 32, 26, 26)),
    "relu (64,32,26,26)": lambda lib: one_argument(lib, "relu", (64, 32, 26, 26)),
    "two convolutions and a product, batch 64": network,
    "200 scalar operations": scalars,
}


# ------------------------------------------------------------------------------ worker and driver


def work(name: str, threads: int) -> None:
    """Answer each case's name on the standard input with its seconds per step and a checksum, as JSON."""
    lib = LIBRARIES[name]()
    if name == "tinyconv":
        lib.lib.set_num_threads(threads)
    print(json.dumps([lib.version, np.__version__]), flush=True)
    clock = time.process_time if threads == 1 else time.perf_counter
    steps: dict[str, Step] = {}
    for line in sys.stdin:
        case = line.strip()
        if case not in steps:
            steps.clear()
            steps[case] = CASES[case](lib)
        checksum = float(np.abs(np.asarray(steps[case](), np.float64)).sum())
        gc.collect()
        gc.disable()
        start, loops = clock(), 0
        while (passed := clock() - start) < SAMPLE_SECONDS or not loops:
            steps[case]()
            loops += 1
        gc.enable()
        print(json.dumps([passed / loops, checksum]), flush=True)


class Worker:
    """A library in a process of its own."""

    def __init__(self, name: str, python: str, threads: int):
        self.name = name
        command = [python, __file__, "--work", name, "--threads", str(threads)]
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self.versions = self._answer()

    def _answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} ended; its error stands above")
        return json.loads(line)

    def time(self, case: str) -> tuple[float, float]:
        assert self.process.stdin is not None
        print(case, file=self.process.stdin, flush=True)
        seconds, checksum = self._answer()
        return seconds, checksum


def measure(case: str, workers: list[Worker], repeats: int) -> dict[str, float]:
    """The shortest of a step's times in each library; the results must agree."""
    seconds: dict[str, list[float]] = {worker.name: [] for worker in workers}
    for turn in range(repeats):
        checksums = []
        for worker in workers if turn % 2 else reversed(workers):
            passed, checksum = worker.time(case)
            seconds[worker.name].append(passed)
            checksums.append(checksum)
        if max(checksums) - min(checksums) > CHECKSUM * max(checksums):
            raise SystemExit(f"{case}: the gradients differ: {checksums}")
    return {name: min(times) for name, times in seconds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description="Time tinyconv beside MyGrad, Chainer and DeZero on the CPU.")
    parser.add_argument("peers", nargs="*", metavar="NAME=PYTHON", help=f"of {', '.join(list(LIBRARIES)[1:])}")
    parser.add_argument("--repeats", type=int, default=9, help="turns (default: 9)")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="of each (default: all)")
    parser.add_argument("--work", metavar="NAME", help="be the worker of this library")
    options = parser.parse_args()
    if options.work:
        work(options.work, options.threads)
        return
    pythons = {"tinyconv": sys.executable, **dict(peer.split("=", 1) for peer in options.peers)}
    workers = [Worker(name, python, options.threads) for name, python in pythons.items()]
    print("| forward + backward, ms | " + " | ".join(pythons) + " |")
    print("| --- |" + " ---: |" * len(workers))
    for case in CASES:
        times = measure(case, workers, options.repeats)
        own = times["tinyconv"]
        cells = [f"{own * 1e3:.3g}"] + [f"{t * 1e3:.3g} ({t / own:.1f})" for t in list(times.values())[1:]]
        print("| " + " | ".join([case, *cells]) + " |", flush=True)
    versions = [f"{w.name} {w.versions[0]} (NumPy {w.versions[1]})" for w in workers]
    each = f"{options.threads} thread{'s' * (options.threads > 1)} each"
    print("", f"In parentheses: how many times tinyconv's. {', '.join(versions)}; {each}.", sep="\n")


if __name__ == "__main__":
    main()
