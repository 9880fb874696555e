"""Write PyTorch's learning rates: ``python -m tests.schedules.record`` with PyTorch 2.13 installed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.schedules.programs import PLATEAUS, PROGRAMS, VALUES

RECORDED = Path(__file__).with_name("recorded.json")


def make(lib: Any, program: str) -> tuple[Any, Any]:
    """The optimiser and its schedule."""
    weights = [lib.tensor([1.0], requires_grad=True) for _ in range(2)]
    optimizer = lib.optim.SGD([{"params": [weights[0]]}, {"params": [weights[1]], "lr": 0.5}], lr=1.0, momentum=0.9)
    return optimizer, eval(program, {"S": lib.optim.lr_scheduler, "o": optimizer})


def advance(optimizer: Any, scheduler: Any, program: str, epoch: int) -> None:
    """An epoch's end."""
    optimizer.step()
    scheduler.step(*([VALUES[epoch]] if program in PLATEAUS else []))


def told(optimizer: Any, scheduler: Any) -> list[float]:
    """Rates and momenta of both groups, and what the schedule says."""
    return [group[name] for group in optimizer.param_groups for name in ("lr", "momentum")] + scheduler.get_last_lr()


def sequence(lib: Any, program: str) -> list[list[float]]:
    """What stands there at the beginning and after each epoch."""
    optimizer, scheduler = make(lib, program)
    rows = [told(optimizer, scheduler)]
    for epoch in range(len(VALUES)):
        advance(optimizer, scheduler, program, epoch)
        rows.append(told(optimizer, scheduler))
    return rows


if __name__ == "__main__":
    import torch

    sequences = {program: sequence(torch, program) for program in PROGRAMS + PLATEAUS}
    recorded = {"torch": torch.__version__, "sequences": sequences}
    RECORDED.write_text(json.dumps(recorded) + "\n", encoding="utf-8")
