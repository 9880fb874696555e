"""Write what PyTorch makes of the programs: ``python -m tests.layer_values.record`` with PyTorch 2.13 installed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.layer_values.programs import PROGRAMS

RECORDED = Path(__file__).with_name("recorded.json")
X = np.random.default_rng(5).normal(0.0, 1.5, (2, 4, 5, 6)).round(3)  # rounded: as short in the archive as exact


def outcome(lib: Any, program: str, device: str = "cpu") -> list[list[float]]:
    """A program's value, and the gradient of the sum of its squares, both flat."""
    x = lib.tensor(X.tolist(), dtype=lib.float64, device=device, requires_grad=True)
    y = eval(program, {"F": lib.nn.functional, "t": lib, "x": x})
    (y * y).sum().backward()
    return [y.detach().cpu().reshape(-1).tolist(), x.grad.cpu().reshape(-1).tolist()]


def summary(outcome: list[list[float]]) -> list[list[float]]:
    """Numbers that change when any of a long row does: its length, and two weighed sums; of a short one all."""
    return [row if len(row) <= 12 else [len(row), *_weighed(row)] for row in outcome]


def _weighed(row: list[float]) -> list[float]:
    place = np.arange(len(row))
    return [float(np.dot(np.cos(place * step), row)) for step in (1.0, 2.3)]


if __name__ == "__main__":
    import torch

    recorded = {"torch": torch.__version__, "outcomes": {name: summary(outcome(torch, name)) for name in PROGRAMS}}
    RECORDED.write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")
