"""Arguments that are easily misread, each taken as PyTorch takes it: values, dtypes, shapes, types of errors."""

from __future__ import annotations

import json
from typing import Any

import pytest

import tinyconv as tc
from tests.signatures.programs import GROUPS, ON_THE_HOST, PROGRAMS
from tests.signatures.record import RECORDED, outcome, run
from tinyconv.backend import Device

OUTCOMES = json.loads(RECORDED.read_text("utf-8"))["outcomes"]


def test_every_program_is_recorded():
    assert OUTCOMES.keys() == set(PROGRAMS)


@pytest.mark.parametrize("group", GROUPS)
def test_as_pytorch(group: str, device: Device):
    differing = {}
    for program in GROUPS[group]:
        if program in ON_THE_HOST and device.type != "cpu":
            continue
        ours, theirs = outcome(tc, program, str(device)), OUTCOMES[program]
        if not same(ours, theirs):
            differing[program] = ours, theirs
    assert not differing, "\n".join(f"{p}\n   ours: {o}\n   theirs: {t}" for p, (o, t) in differing.items())


@pytest.mark.parametrize("program", [program for program in PROGRAMS if "error" in OUTCOMES[program]])
def test_no_error_is_a_bare_text_of_python_or_numpy(program: str):
    with pytest.raises(Exception) as info:  # noqa: PT011 - which one, test_as_pytorch looks at
        run(tc, program)
    assert hasattr(info.value, "refusal"), info.value


def same(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    if "error" in theirs:
        return ours.get("error") == theirs["error"]
    return "result" in ours and alike(ours["result"], theirs["result"])


def alike(ours: Any, theirs: Any) -> bool:
    """Equal, but for the last digits of floats."""
    if isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(alike(ours[key], theirs[key]) for key in theirs)
    if isinstance(theirs, list):
        return len(ours) == len(theirs) and all(alike(a, b) for a, b in zip(ours, theirs))
    return ours == pytest.approx(theirs, rel=1e-5, abs=1e-6) if type(theirs) is float else ours == theirs
