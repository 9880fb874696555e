"""``python -m tinyconv``: what is installed here, what it runs on, and where to start."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence

import numpy as np

from . import __version__, backend
from .command_line import Parser, split_language
from .errors import phrase
from .errors.install import install
from .kernels.threads import get_num_threads
from .language import use_language


def describe_backends() -> list[str]:
    """Say, for each array library, which devices it offers, or why none.

    Examples
    --------
    >>> describe_backends()[0].startswith("cpu   NumPy")
    True
    """
    lines = [phrase("main.cpu", version=np.__version__, machine=platform.machine(), cores=_cores())]
    cupy, reason = backend._cupy_or_reason()
    if cupy is None:
        return [*lines, phrase("main.no_cuda", reason=reason)]
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
        built = f"{blas.get('name', '?')} {blas.get('version', '')}".rstrip()
        told = phrase("main.one_thread", install=install("fast"))
        return [phrase("main.as_built", blas=built), *told.split("\n")]
    found = [info for info in threadpool_info() if info["user_api"] == "blas"]
    lines = [
        phrase("main.blas", name=info["internal_api"], version=info["version"], threads=info["num_threads"],
               architecture=info.get("architecture", "?"))
        for info in found
    ]  # fmt: skip
    return [*lines, phrase("main.shares", count=get_num_threads())]


def main(argv: Sequence[str] | None = None) -> int:
    """Print the report; returns the exit status.

    Examples
    --------
    >>> main([])
    tinyconv ...
    0
    """
    prog = "python -m tinyconv"
    try:
        language, rest = split_language(sys.argv[1:] if argv is None else argv, prog)
        with use_language(language):
            parser = Parser(prog=prog, description=phrase("main.about"))
            parser.add_language()
            parser.parse_args(rest)
            _report()
        sys.stdout.flush()
    except SystemExit as done:  # argparse has told its help, or what is wrong
        return int(done.code or 0)
    except BrokenPipeError:  # `| head` has seen enough; what is left to flush at the end goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


def _report() -> None:
    print(f"tinyconv {__version__}, Python {platform.python_version()}, {platform.system()}")
    for title, lines in (
        (phrase("main.arrays"), describe_backends()),
        (phrase("main.threads_title"), describe_threads()),
    ):
        print("", title, *[f"  {line}" for line in lines], sep="\n")
    print("", phrase("main.start"), sep="\n")


if __name__ == "__main__":
    sys.exit(main())
