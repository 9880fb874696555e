"""Time tinyconv on CuPy, and PyTorch with cuDNN, on one GPU: ``python tests/benchmarks/bench_gpu.py``.

The cases are those of ``bench.py``.  tinyconv runs twice: with the CUDA kernels of ``tinyconv.kernels.cuda``,
and on the plain path.  Each function is timed between two CUDA events, which the GPU itself sets; work
that only the host does counts where the GPU has to wait for it.

See docs/gpu_kernels.md for what it has been run on.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # this checkout, not an installed copy

import numpy as np

import tinyconv
from tests.benchmarks.bench import geometric_mean
from tests.benchmarks.cases import CASES, Case, Workload, _twin, training_batch, training_workload
from tinyconv.backend import asnumpy
from tinyconv.kernels import cuda

SAMPLE_MILLISECONDS = 20.0
WARM_UP = 3  # calls: the first compiles kernels and fills the memory pools
COLUMNS = ("tinyconv", "plain", "torch")
PARTS = ("forward", "step")


class OnGpu:
    """A library whose ``from_numpy`` makes tensors on the GPU; all else is the library's own."""

    def __init__(self, library: Any):
        self._library = library

    def __getattr__(self, name: str) -> Any:
        return getattr(self._library, name)

    def from_numpy(self, array: np.ndarray) -> Any:
        """A tensor of the GPU with these values."""
        return self._library.from_numpy(array).to("cuda")


def training_step(lib: Any) -> Workload:
    """The MNIST step of ``bench.py``, with the network on the GPU and the same weights in both libraries."""
    images, labels = training_batch(lib)
    tinyconv.manual_seed(0)
    weights = _twin(tinyconv.nn).state_dict()
    model = _twin(lib.nn).to("cuda")
    model.load_state_dict({name: lib.from_numpy(host(weight)) for name, weight in weights.items()})
    return training_workload(lib, model, images, labels)


CASES_ON_GPU = [Case(case.name, training_step) if case.name.startswith("MNIST") else case for case in CASES]


def milliseconds(cupy: Any, function: Callable[[], Any], repeats: int) -> float:
    """The median over samples of the time per call, by the GPU's clock."""
    for _ in range(WARM_UP):
        function()
    calls = max(1, round(SAMPLE_MILLISECONDS / max(between_events(cupy, function, 1), 1e-3)))
    return statistics.median(between_events(cupy, function, calls) / calls for _ in range(repeats))


def between_events(cupy: Any, function: Callable[[], Any], calls: int) -> float:
    """Milliseconds from before the first of the calls to after the last."""
    # both libraries queue their work on the legacy default stream, where these events stand too
    start, end = cupy.cuda.Event(), cupy.cuda.Event()
    cupy.cuda.runtime.deviceSynchronize()
    start.record()
    for _ in range(calls):
        function()
    end.record()
    end.synchronize()
    return float(cupy.cuda.get_elapsed_time(start, end))


def host(tensor: Any) -> np.ndarray:
    """A tensor of either library as a NumPy array."""
    tensor = tensor.detach()
    return asnumpy(tensor.array) if isinstance(tensor, tinyconv.Tensor) else tensor.cpu().numpy()


def check_equal(name: str, workloads: Sequence[Workload]) -> None:
    """Refuse to time what does not compute the same."""
    results = [[host(tensor) for tensor in workload.results()] for workload in workloads]
    for other in results[1:]:
        for mine, theirs in zip(results[0], other, strict=True):
            error = np.abs(mine - theirs).max() / max(np.abs(theirs).max(), 1e-30)
            if not error < 1e-3:
                raise SystemExit(f"{name}: results differ by {error:.2g} of the largest value")


@contextlib.contextmanager
def kernels(column: str) -> Iterator[None]:
    """The state in which a column is timed."""
    with cuda.plain_path() if column == "plain" else contextlib.nullcontext():
        yield


def run_case(cupy: Any, case: Case, libraries: dict[str, Any], repeats: int) -> dict[tuple[str, str], float]:
    """Milliseconds by column and part."""
    workloads = {name: case.setup(library) for name, library in libraries.items()}
    check_equal(case.name, list(workloads.values()))
    times: dict[tuple[str, str], float] = {}
    for part in PARTS:
        for column in COLUMNS:
            workload = workloads.get("torch" if column == "torch" else "tinyconv")
            function = getattr(workload, part, None)
            if function is not None:
                with kernels(column):
                    times[column, part] = milliseconds(cupy, function, repeats)
    return times


def table_row(name: str, times: dict[tuple[str, str], float]) -> list[str]:
    """One line of the table: per part the three times, and tinyconv's by PyTorch's."""
    row = [name]
    for part in PARTS:
        row += [f"{times[column, part]:.3g}" if (column, part) in times else "" for column in COLUMNS]
        both = ("tinyconv", part) in times and ("torch", part) in times
        row.append(f"{times['tinyconv', part] / times['torch', part]:.2f}" if both else "")
    return row


def summary(rows: list[dict[tuple[str, str], float]]) -> list[str]:
    """Geometric means of the ratios that exist."""
    lines = []
    for label, one, other in (("PyTorch", "tinyconv", "torch"), ("the plain path", "tinyconv", "plain")):
        ratios = [t[one, p] / t[other, p] for t in rows for p in PARTS if (one, p) in t and (other, p) in t]
        if ratios:
            lines.append(f"tinyconv's time by that of {label}: geometric mean {geometric_mean(ratios):.2f}")
    return lines


def load_libraries() -> dict[str, Any]:
    """tinyconv, and PyTorch where it is installed and sees the GPU; both in full single precision."""
    libraries = {"tinyconv": OnGpu(tinyconv)}
    try:
        import torch
    except ImportError:
        return libraries
    if torch.cuda.is_available():
        # tinyconv's matrix products have no TF32 either
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
        torch.backends.cudnn.benchmark = True  # let cuDNN choose its fastest algorithm
        libraries["torch"] = OnGpu(torch)
    return libraries


def describe(cupy: Any, libraries: dict[str, Any]) -> list[str]:
    """The card and the versions: numbers without them say nothing."""
    card = cupy.cuda.runtime.getDeviceProperties(cupy.cuda.Device().id)["name"].decode()
    versions = [f"CuPy {cupy.__version__}", f"CUDA {cupy.cuda.runtime.runtimeGetVersion()}"]
    versions += [f"{name} {library.__version__}" for name, library in libraries.items()]
    if "torch" in libraries:
        versions.append(f"cuDNN {libraries['torch'].backends.cudnn.version()}")
    return [f"Card: {card}.", f"Versions: {', '.join(versions)}. Full single precision, no TF32."]


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time tinyconv on CuPy beside PyTorch with cuDNN.")
    parser.add_argument("--cases", metavar="TEXT", nargs="+", help="only cases whose name holds one of these")
    parser.add_argument("--repeats", type=int, default=15, help="samples per function (default: 15)")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    options = arguments(argv)
    if not tinyconv.cuda_is_available():
        raise SystemExit("This benchmark needs a GPU and CuPy: pip install '.[cupy]'")
    import cupy

    libraries = load_libraries()
    print(*describe(cupy, libraries), sep="\n")
    print("| case | forward, ms | plain | torch | ratio | forward + backward, ms | plain | torch | ratio |")
    print("| --- |" + " ---: |" * 8)
    rows = []
    for case in CASES_ON_GPU:
        if not options.cases or any(text in case.name for text in options.cases):
            rows.append(run_case(cupy, case, libraries, options.repeats))
            print("| " + " | ".join(table_row(case.name, rows[-1])) + " |", flush=True)
    print("\n".join(f"- {line}" for line in summary(rows)))


if __name__ == "__main__":
    main()
