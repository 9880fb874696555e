"""Run the MPI example whole, then stopped by Ctrl-C at every place and resumed: ``SCRIPT FOLDER SAVE_EVERY``."""

from __future__ import annotations

import importlib
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

script, folder, save_every = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
sys.path.insert(0, str(script.parent))
example: Any = importlib.import_module(script.stem)
options = ["--limit", "50", "--batch-size", "20", "--epochs", "2", "--threads", "1", "--save-every", save_every]


def interrupting(original: Callable[..., Any], number: int) -> Callable[..., Any]:
    """Give a method that is interrupted on rank 1, or on a rank alone, in one of its calls."""
    calls = iter(range(100))

    def method(run: Any, *args: Any) -> Any:
        if next(calls) == number and run.comm.rank == run.comm.size - 1:
            signal.raise_signal(signal.SIGINT)
        return original(run, *args)

    return method


example.main([*options, "--out", str(folder / "whole")])
for place, numbers in (("step", range(6)), ("test", range(1))):
    original = getattr(example.Run, place)
    for number in numbers:
        out = ["--out", str(folder / f"{place}{number}")]
        setattr(example.Run, place, interrupting(original, number))
        example.main([*options, *out])
        setattr(example.Run, place, original)
        example.main([*options, *out, "--resume"])
