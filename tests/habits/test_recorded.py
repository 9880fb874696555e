"""Programs of habit print and compute what they do with PyTorch."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

import tinyconv as tc
from tests.habits.programs import PROGRAMS
from tests.habits.record import RECORDED, outcome
from tests.signatures.test_recorded import alike

OUTCOMES = json.loads(RECORDED.read_text("utf-8"))["outcomes"]


def test_every_program_is_recorded() -> None:
    assert OUTCOMES.keys() == {program.__name__ for program in PROGRAMS}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_as_pytorch(program: Callable[[Any], Any]) -> None:
    ours, theirs = outcome(tc, program), OUTCOMES[program.__name__]
    assert ours["printed"] == theirs["printed"]
    assert alike(ours["result"], theirs["result"]), (ours["result"], theirs["result"])
