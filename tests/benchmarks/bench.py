"""Time tinyconv, and PyTorch where it is installed, side by side: ``python tests/benchmarks/bench.py``.

Each works in a process of its own, as it would for its user: the two would share one heap otherwise, and what one
leaves there makes the other faster or slower.  They take turns, each for about 30 ms, in the order A B, B A, A B, ...;
so a busy spell of the machine hits both.  Before the clock runs, their results are held against each other.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import importlib.util
import math
import multiprocessing
import os
import platform
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # this checkout, not an installed copy

from tests.benchmarks.cases import CASES

SAMPLE_SECONDS = 0.03
REST_SECONDS = 0.005  # after a turn, PyTorch's OpenMP threads spin for a while before they sleep
MIB = 1 << 20
PARTS = ("forward", "step")
MARKERS = ("<!-- results -->", "<!-- end of results -->")


# ------------------------------------------------------------------------------ the workers


def serve(pipe: Any, library: str, threads: int) -> None:
    """Be the process of one library: say its version, then set up cases and time their parts as asked."""
    lib = load_library(library, threads)
    pipe.send(lib.__version__)
    clock = time.process_time if threads == 1 else time.perf_counter  # the first is hardly lengthened by others
    case, loops = CASES[0].setup(lib), {}
    while (message := pipe.recv()) is not None:
        question, argument = message
        if question == "set up":
            case, loops = CASES[argument].setup(lib), {}
            results = [np.asarray(t.detach()) for t in case.results()]
            pipe.send((results, [part for part in PARTS if getattr(case, part) is not None]))
        else:
            if argument not in loops:
                loops[argument] = calls_per_sample(getattr(case, argument), clock)
            pipe.send(sample(getattr(case, argument), loops[argument], clock))


def load_library(name: str, threads: int) -> Any:
    """Import it, and hold it to so many threads."""
    lib = importlib.import_module(name)
    lib.set_num_threads(threads)
    if name == "tinyconv" and importlib.util.find_spec("threadpoolctl") is not None:
        from threadpoolctl import threadpool_limits

        threadpool_limits(threads, user_api="blas")
    return lib


def calls_per_sample(function: Callable[[], Any], clock: Callable[[], float]) -> int:
    """Warm up, and find how many calls take about SAMPLE_SECONDS."""
    function()
    best = min(sample(function, 1, clock) for _ in range(3))
    return max(1, round(SAMPLE_SECONDS / best))


def sample(function: Callable[[], Any], loops: int, clock: Callable[[], float]) -> float:
    """Seconds per call, after one call that brings the data back into the caches."""
    gc.collect()
    gc.disable()  # as timeit does: collections belong to no case in particular
    try:
        function()
        start = clock()
        for _ in range(loops):
            function()
        return (clock() - start) / loops
    finally:
        gc.enable()


class Worker:
    """The other end of :func:`serve`."""

    def __init__(self, library: str, threads: int):
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        context.Process(target=serve, args=(theirs, library, threads), daemon=True).start()
        theirs.close()  # so that its end is noticed
        self.version = self.answer()

    def answer(self) -> Any:
        try:
            return self.pipe.recv()
        except EOFError:
            raise SystemExit("a worker has ended; its error stands above") from None

    def ask(self, question: str, argument: Any) -> Any:
        self.pipe.send((question, argument))
        return self.answer()

    def end(self) -> None:
        self.pipe.send(None)


# ------------------------------------------------------------------------------ one case


@dataclass
class Timing:
    """Seconds per call, one entry per turn, of one function in each library."""

    seconds: dict[str, list[float]]

    def median(self, library: str) -> float:
        return statistics.median(self.seconds[library])

    def ratio(self, reduce: Callable[[Sequence[float]], float] = statistics.median) -> float | None:
        """How many times longer tinyconv takes; None without PyTorch."""
        if "torch" not in self.seconds:
            return None
        return reduce(self.seconds["tinyconv"]) / reduce(self.seconds["torch"])


@dataclass
class Row:
    name: str
    timings: dict[str, Timing] = field(default_factory=dict)  # by part


def run_case(index: int, workers: dict[str, Worker], repeats: int) -> Row:
    answers = [worker.ask("set up", index) for worker in workers.values()]
    row = Row(CASES[index].name)
    check_equal(row.name, [results for results, _ in answers])
    for part in answers[0][1]:
        row.timings[part] = in_turns(part, workers, repeats)
    return row


def in_turns(part: str, workers: dict[str, Worker], repeats: int) -> Timing:
    """Time a part of the case that is set up, `repeats` times in each library."""
    seconds: dict[str, list[float]] = {name: [] for name in workers}
    order = list(workers)
    for _ in range(repeats):
        for name in order:
            seconds[name].append(workers[name].ask("time", part))
            time.sleep(REST_SECONDS)
        order.reverse()
    return Timing(seconds)


def check_equal(name: str, results: Sequence[Sequence[np.ndarray]]) -> None:
    """Refuse to time libraries that do not compute the same."""
    for mine, other in zip(results[0], results[-1]):
        error = np.abs(mine - other).max() / max(np.abs(other).max(), 1e-30)
        if not error < 1e-3:
            raise SystemExit(f"{name}: tinyconv and torch differ by {error:.2g} of the largest value")


def extra_memory() -> float:
    """Peak MiB that the forward pass of ``(8,64,128,128) k3 o32`` takes beyond its output.

    NumPy reports its allocations to tracemalloc.  Call it before all else: the kernels keep their
    working memory, and what an earlier call left behind would not be counted.
    """
    import tinyconv

    x = tinyconv.ones(8, 64, 128, 128)
    conv = tinyconv.nn.Conv2d(64, 32, 3)
    tracemalloc.start()
    with tinyconv.no_grad():
        y = conv(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return (peak - y.array.nbytes) / MIB


def import_times(libraries: Sequence[str], repeats: int = 9) -> str:
    """What ``python -c "import ..."`` takes, interpreter and NumPy included."""
    seconds: dict[str, list[float]] = {name: [] for name in ("numpy", *libraries)}
    root = str(Path(__file__).resolve().parents[2])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # the first import of all compiles, and is not counted
    for turn in range(repeats + 1):
        for name, times in seconds.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", f"import {name}"], check=True, env=environment)
            if turn:
                times.append(time.perf_counter() - start)
    shown = [f"{name} {min(times) * 1e3:.0f} ms" for name, times in seconds.items()]
    ratio = min(seconds["tinyconv"]) / min(seconds["numpy"])
    return f"Import, the fastest of {repeats}: {', '.join(shown)}; tinyconv takes {ratio:.2f} times NumPy's."


# ------------------------------------------------------------------------------ report


def geometric_mean(ratios: Sequence[float]) -> float:
    return math.exp(statistics.fmean(map(math.log, ratios)))


HEADER = [
    "case", "forward, ms", "torch", "ratio", "forward + backward, ms", "torch", "ratio",
]  # fmt: skip


def cells(row: Row) -> list[str]:
    """One line of the table; times are medians."""
    result = [row.name]
    for part in PARTS:
        timing = row.timings.get(part)
        ratio = timing.ratio() if timing else None
        result.append(f"{timing.median('tinyconv') * 1e3:.3g}" if timing else "")
        result.append(f"{timing.median('torch') * 1e3:.3g}" if timing and ratio else "")
        result.append(f"{ratio:.2f}" if ratio else "")
    return result


def summary(rows: list[Row]) -> list[str]:
    lines = []
    for label, reduce in (("medians", statistics.median), ("minima", min)):
        ratios = {(row.name, part): timing.ratio(reduce) for row in rows for part, timing in row.timings.items()}
        known = {key: ratio for key, ratio in ratios.items() if ratio is not None}
        if not known:
            return ["PyTorch is not installed: no ratios (pip install torch==2.13.0)."]
        means = [
            f"{title} {geometric_mean(chosen):.2f}"
            for title, chosen in (
                ("forward", [r for (_, part), r in known.items() if part == "forward"]),
                ("forward + backward", [r for (_, part), r in known.items() if part == "step"]),
                ("all", list(known.values())),
            )
            if chosen
        ]
        (name, part), worst = max(known.items(), key=lambda item: item[1])
        part = "forward" if part == "forward" else "forward + backward"
        lines.append(f"Ratios of {label}: geometric mean {', '.join(means)}; worst {worst:.2f} ({name}, {part}).")
    return lines


def machine(workers: dict[str, Worker], threads: int) -> list[str]:
    versions = [f"Python {platform.python_version()}", f"NumPy {np.__version__}"]
    versions += [f"{name} {worker.version}" for name, worker in workers.items()]
    blas = ", ".join(_blas()) or "unknown (install threadpoolctl)"
    each = f"{threads} threads each" if threads > 1 else "1 thread each, and its processor time"
    return [
        f"Machine: {_cpu_name()}, {os.cpu_count()} cores; {each}; {platform.system()} {platform.machine()}.",
        f"Versions: {', '.join(versions)}; NumPy's BLAS: {blas}.",
    ]


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    flags = next((line for line in lines if line.startswith("flags")), "").split()
    widest = next((flag for flag in ("avx512f", "avx2", "avx") if flag in flags), "")
    return f"{names[0] if names else 'unknown processor'} {widest}".strip()


def _blas() -> list[str]:
    if importlib.util.find_spec("threadpoolctl") is None:
        return []
    from threadpoolctl import threadpool_info

    infos = [info for info in threadpool_info() if info["user_api"] == "blas"]
    return [f"{i['internal_api']} {i['version']} {i.get('architecture', '')}".strip() for i in infos]


def markdown(rows: list[Row], notes: list[str]) -> str:
    lines = [HEADER, ["---"] + ["---:"] * (len(HEADER) - 1), *map(cells, rows)]
    table = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([*table, "", *(f"- {note}" for note in notes), ""])


def write_markdown(path: Path, text: str) -> None:
    """Write the file, or only the part between its two markers where it has them."""
    if path.exists():
        before, start, rest = path.read_text(encoding="utf-8").partition(MARKERS[0])
        _, end, after = rest.partition(MARKERS[1])
        if start and end:
            text = f"{before}{start}\n\n{text}\n{end}{after}"
    path.write_text(text, encoding="utf-8")


def print_line(line: list[str]) -> None:
    print(f"{line[0]:40}" + "".join(f"{cell:>{width}}" for cell, width in zip(line[1:], _WIDTHS)), flush=True)


_WIDTHS = [14, 8, 8, 25, 8, 8]


# ------------------------------------------------------------------------------ command line


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time tinyconv beside PyTorch on the CPU.")
    parser.add_argument("--cases", metavar="TEXT", nargs="+", help="only cases whose name holds one of these")
    parser.add_argument("--threads", type=int, default=available_cores(), help="of each (default: all cores)")
    parser.add_argument("--repeats", type=int, default=15, help="turns per function (default: 15)")
    parser.add_argument(
        "--markdown", metavar="FILE", type=Path, help="write the table there; docs/benchmarks.md keeps its text"
    )
    return parser.parse_args(argv)


def available_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def main(argv: Sequence[str] | None = None) -> None:
    options = arguments(argv)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    chosen = [i for i, c in enumerate(CASES) if not options.cases or any(text in c.name for text in options.cases)]
    if not chosen:
        raise SystemExit(f"no case has {options.cases} in its name; there are {[c.name for c in CASES]}")
    if importlib.util.find_spec("threadpoolctl") is None:
        print("Without threadpoolctl tinyconv's kernels use one Python thread: pip install '.[fast]'")
    installed = ["tinyconv", *(["torch"] if importlib.util.find_spec("torch") else [])]
    memory = extra_memory()
    workers = {name: Worker(name, options.threads) for name in installed}
    print_line(HEADER)
    rows = []
    for index in chosen:
        rows.append(run_case(index, workers, options.repeats))
        print_line(cells(rows[-1]))
    for worker in workers.values():
        worker.end()
    notes = [
        *summary(rows),
        f"Peak memory of tinyconv's (8,64,128,128) k3 o32 forward beyond its output: {memory:.1f} MiB.",
        import_times(installed),
        *machine(workers, options.threads),
        f"Load average before the run: {load:.1f}" + (" (the machine was not idle)." if load > 0.5 else "."),
    ]
    print("", *notes, sep="\n")
    if options.markdown:
        write_markdown(options.markdown, markdown(rows, notes))


if __name__ == "__main__":
    main()
