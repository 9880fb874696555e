"""The schedules give PyTorch's rates, and go on after they were saved; what does not fit is refused."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import tinyconv as tc
from tests.schedules.programs import PLATEAUS, PROGRAMS, VALUES
from tests.schedules.record import RECORDED, advance, make, sequence, told

SEQUENCES = json.loads(RECORDED.read_text("utf-8"))["sequences"]
S = tc.optim.lr_scheduler


def test_every_program_is_recorded() -> None:
    assert SEQUENCES.keys() == {*PROGRAMS, *PLATEAUS}


@pytest.mark.parametrize("program", PROGRAMS + PLATEAUS)
def test_as_pytorch(program: str) -> None:
    np.testing.assert_allclose(sequence(tc, program), SEQUENCES[program], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("program", PROGRAMS + PLATEAUS)
@pytest.mark.parametrize("stop", [1, 4, 6])
def test_a_saved_schedule_goes_on(program: str, stop: int) -> None:
    first = make(tc, program)
    for epoch in range(stop):
        advance(*first, program, epoch)
    saved = json.loads(json.dumps(first[1].state_dict()))
    second = make(tc, program)
    second[0].load_state_dict(first[0].state_dict())
    second[1].load_state_dict(saved)
    for epoch in range(stop, len(VALUES)):
        for pair in (first, second):
            advance(*pair, program, epoch)
        assert told(*second) == told(*first)


def test_restarts_between_two_epochs() -> None:
    # PyTorch 2.13: CosineAnnealingWarmRestarts(o, 2, 2).step(epoch) from lr=1.0
    optimizer, scheduler = make(tc, "S.CosineAnnealingWarmRestarts(o, 2, 2)")
    optimizer.step()
    rates = []
    for epoch in (0.5, 1.75, 2.0, 3.5, 6.25, 1.0):
        scheduler.step(epoch)
        rates.append(scheduler.get_last_lr()[0])
    np.testing.assert_allclose(
        rates, [0.8535533905932737, 0.03806023374435663, 1.0, 0.6913417161825449, 0.9975923633360985, 0.5], rtol=1e-12
    )


def optimizer(**options: Any) -> tc.optim.Optimizer:
    return tc.optim.SGD([tc.tensor([1.0], requires_grad=True)], lr=1.0, **options)


@pytest.mark.parametrize(
    ("error", "words", "program"),
    [
        (ValueError, r"factor in \(0, 1\]", "S.ConstantLR(o, 0.0)"),
        (ValueError, r"start_factor in \(0, 1\]", "S.LinearLR(o, 1.5)"),
        (ValueError, r"end_factor in \[0, 1\]", "S.LinearLR(o, 0.5, -0.1)"),
        (ValueError, "positive integer total_iters", "S.PolynomialLR(o, 0)"),
        (ValueError, "1 values for lr_lambda", "S.MultiplicativeLR(o, [])"),
        (TypeError, "must be a function", "S.MultiplicativeLR(o, 0.5)"),
        (ValueError, "group 0 at epoch 1 is None", "S.MultiplicativeLR(o, lambda epoch: None).step()"),
        (ValueError, "positive integer T_0", "S.CosineAnnealingWarmRestarts(o, 2.5)"),
        (ValueError, "epoch to be a number >= 0", "S.CosineAnnealingWarmRestarts(o, 2).step(-1)"),
        (ValueError, "mode must be one of 'triangular'", "S.CyclicLR(o, 0.1, 1.0, mode='square')"),
        (ValueError, "2 values|1 values", "S.CyclicLR(o, [0.1, 0.1], 1.0)"),
        (ValueError, "mode must be one of 'min', 'max'", "S.ReduceLROnPlateau(o, 'low')"),
        (ValueError, r"factor in \[0, 1\)", "S.ReduceLROnPlateau(o, factor=1.0)"),
        (ValueError, "patience to be an integer", "S.ReduceLROnPlateau(o, patience=-1)"),
        (ValueError, "at least one scheduler", "S.ChainedScheduler([])"),
        (ValueError, "made for another optimizer", "S.ChainedScheduler([S.StepLR(o, 1), S.StepLR(make(), 1)])"),
        (TypeError, "ReduceLROnPlateau at index 0", "S.ChainedScheduler([S.ReduceLROnPlateau(o)], o)"),
        (ValueError, "one milestone fewer", "S.SequentialLR(o, [S.StepLR(o, 1)], [3])"),
        (ValueError, "has 0 schedules", "S.ChainedScheduler([S.StepLR(o, 1)]).load_state_dict({})"),
        (TypeError, "not an Optimizer", "S.ReduceLROnPlateau(3)"),
    ],
)
def test_what_does_not_fit_is_refused(error: type[Exception], words: str, program: str) -> None:
    momentum = optimizer(momentum=0.9)
    momentum.step()
    with pytest.raises(error, match=words):
        eval(program, {"S": S, "o": momentum, "make": optimizer})


def test_a_later_group_is_lowered_too() -> None:
    lowered = optimizer()
    scheduler = S.ReduceLROnPlateau(lowered, factor=0.5, patience=0)
    lowered.add_param_group({"params": tc.tensor([1.0], requires_grad=True), "lr": 0.5})
    for _ in range(2):
        scheduler.step(tc.tensor(1.0))
    assert scheduler.get_last_lr() == [0.5, 0.25]


def test_a_sequence_within_a_sequence_begins_at_its_beginning() -> None:
    inner = optimizer()
    first = S.SequentialLR(inner, [S.ConstantLR(inner, 0.5, 9), S.ConstantLR(inner, 0.25, 9)], [2])
    scheduler = S.SequentialLR(inner, [first, S.ConstantLR(inner, 0.125, 9)], [4])
    rates = [scheduler.get_last_lr()[0]]
    for _ in range(5):
        inner.step()
        scheduler.step()
        rates += scheduler.get_last_lr()
    assert rates == [0.5, 0.5, 0.25, 0.25, 0.125, 0.125]
