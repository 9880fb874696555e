"""Memory that tensors share, and Functions in the static form: as PyTorch, results and errors."""

from __future__ import annotations

import json

import pytest

import tinyconv as tc
from tests.aliasing.programs import PROGRAMS
from tests.aliasing.record import RECORDED, outcome

OUTCOMES = json.loads(RECORDED.read_text("utf-8"))["outcomes"]


def test_every_program_is_recorded():
    assert OUTCOMES.keys() == PROGRAMS.keys()


@pytest.mark.parametrize("name", PROGRAMS)
def test_as_pytorch(name):
    ours, theirs = outcome(tc, name), OUTCOMES[name]
    assert ours.get("error") == theirs.get("error"), ours.get("text")
    assert ours.get("result") == theirs.get("result")
