"""Run the MPI example whole, then stopped by Ctrl-C at every place and resumed: ``SCRIPT FOLDER SAVE_EVERY``."""

from __future__ import annotations

import importlib
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def interrupting(original: Callable[..., Any], number: int) -> Callable[..., Any]:
    """Give a method that is interrupted on rank 1, or on a rank alone, in one of its calls."""
    calls = iter(range(100))

    def method(run: Any, *args: Any) -> Any:
        if next(calls) == number and run.comm.rank == run.comm.size - 1:
            signal.raise_signal(signal.SIGINT)
        return original(run, *args)

    return method


def main(script: Path, folder: Path, save_every: str) -> None:
    sys.path.insert(0, str(script.parent))
    example: Any = importlib.import_module(script.stem)
    options = ["--limit", "50", "--batch-size", "20", "--epochs", "2", "--threads", "1", "--save-every", save_every]
    example.main([*options, "--out", str(folder / "whole")])
    for place, numbers in (("step", range(6)), ("test", range(1))):
        original = getattr(example.Run, place)
        for number in numbers:
            out = ["--out", str(folder / f"{place}{number}")]
            setattr(example.Run, place, interrupting(original, number))
            example.main([*options, *out])
            setattr(example.Run, place, original)
            example.main([*options, *out, "--resume"])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
