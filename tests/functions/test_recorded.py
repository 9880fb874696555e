"""Functions on tensors: values, dtypes, shapes, gradients and types of errors, as PyTorch's, on every device."""

from __future__ import annotations

import json

import pytest

import tinyconv as tc
from tests.functions.programs import GROUPS, ON_THE_HOST, PROGRAMS
from tests.functions.record import RECORDED
from tests.signatures.record import outcome, run
from tests.signatures.test_recorded import same
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
