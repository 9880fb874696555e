"""Write what PyTorch makes of the programs: ``python -m tests.habits.record`` with PyTorch 2.13 installed."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.habits.programs import PROGRAMS

RECORDED = Path(__file__).with_name("recorded.json")


def outcome(lib: Any, program: Callable[[Any], Any]) -> dict[str, Any]:
    """What a program prints and returns, as JSON."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        result = program(lib)
    return {"printed": printed.getvalue().splitlines(), "result": plain(result)}


def plain(value: Any) -> Any:
    """Tensors and arrays as lists."""
    if isinstance(value, (tuple, list)):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray) or hasattr(value, "requires_grad"):
        return value.tolist()
    return value


if __name__ == "__main__":
    import torch

    outcomes = {program.__name__: outcome(torch, program) for program in PROGRAMS}
    RECORDED.write_text(
        json.dumps({"torch": torch.__version__, "outcomes": outcomes}, indent=1) + "\n", encoding="utf-8"
    )
