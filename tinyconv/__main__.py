"""``python -m tinyconv``: what is installed here, what it runs on, and where to start."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence

import numpy as np

from . import __version__, backend
from .errors.install import install
from .kernels.threads import get_num_threads

START = """\
Where to start
  python -m tinyconv.explain conv --input 5x5 --kernel 2x2 --stride 2
                                 a window sliding over an input, in this terminal (also: transposed, pool)
  python examples/train_mnist.py a small CNN learns handwritten digits in a quarter of a minute
  >>> import tinyconv as tc
  >>> conv = tc.nn.Conv2d(1, 8, kernel_size=3)
  >>> conv(tc.randn(4, 1, 28, 28)).shape
  (4, 8, 26, 26)
  >>> help(tc.nn.Conv2d)         every class and function has an example that runs
  Read tensor.py, operation.py and backward.py in tinyconv/autograd/ first: they are the engine."""


def describe_backends() -> list[str]:
    """Say, for each array library, which devices it offers, or why none.

    Examples
    --------
    >>> describe_backends()[0].startswith("cpu   NumPy")
    True
    """
    lines = [f"cpu   NumPy {np.__version__} on {platform.machine()}, {_cores()} cores for this process"]
    cupy, reason = backend._cupy_or_reason()
    if cupy is None:
        return [*lines, f"cuda  not available: {reason}"]
    for index in range(cupy.cuda.runtime.getDeviceCount()):
        properties = cupy.cuda.runtime.getDeviceProperties(index)
        name, size = properties["name"].decode(), properties["totalGlobalMem"] / 2**30
        lines.append(f"cuda:{index} CuPy {cupy.__version__}: {name}, {size:.0f} GiB")
    return lines


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def describe_threads() -> list[str]:
    """Say which BLAS multiplies matrices, and how many threads work.

    Examples
    --------
    >>> any("threads" in line for line in describe_threads())
    True
    """
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        return [
            f"{blas.get('name', 'unknown')} {blas.get('version', '')}".rstrip() + ", as NumPy was built",
            "convolutions run in one Python thread, BLAS in its own; with threadpoolctl they share their tiles",
            f"among threads: {install('fast')}",
        ]
    found = [info for info in threadpool_info() if info["user_api"] == "blas"]
    lines = [
        f"{info['internal_api']} {info['version']}, {info['num_threads']} threads ({info.get('architecture', '?')})"
        for info in found
    ]
    count = get_num_threads()
    return [*lines, f"tinyconv shares a convolution's tiles among {count} threads: tinyconv.set_num_threads(n)"]


def main(argv: Sequence[str] | None = None) -> int:
    """Print the report; returns the exit status.

    Examples
    --------
    >>> main([])
    tinyconv ...
    0
    """
    arguments = sys.argv[1:] if argv is None else list(argv)
    if arguments:
        wants_help = arguments[0] in ("-h", "--help")
        print("usage: python -m tinyconv\n" + (__doc__ or ""), file=sys.stdout if wants_help else sys.stderr)
        return 0 if wants_help else 2
    try:
        _report()
        sys.stdout.flush()
    except BrokenPipeError:  # `| head` has seen enough; what is left to flush at the end goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


def _report() -> None:
    print(f"tinyconv {__version__}, Python {platform.python_version()}, {platform.system()}")
    for title, lines in (("Arrays", describe_backends()), ("BLAS and threads", describe_threads())):
        print("", title, *[f"  {line}" for line in lines], sep="\n")
    print("", START, sep="\n")


if __name__ == "__main__":
    sys.exit(main())
