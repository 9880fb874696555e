"""Learning-rate schedules: by hand, saved and resumed, and their errors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import tinyconv as tc
from tinyconv.optim import SGD, Adagrad, Adam, lr_scheduler


def make_sgd(lr: float = 1.0, groups: int = 1, **options: Any) -> SGD:
    params = [tc.tensor([1.0], requires_grad=True) for _ in range(groups)]
    return SGD([{"params": [param]} for param in params], lr=lr, **options)


def rates(scheduler: lr_scheduler.LRScheduler, steps: int) -> list[float]:
    """The first group's rates at this and the next epochs."""
    found = [scheduler.get_last_lr()[0]]
    for _ in range(steps - 1):
        scheduler.optimizer.step()
        scheduler.step()
        found.append(scheduler.optimizer.param_groups[0]["lr"])
        assert scheduler.get_last_lr()[0] == found[-1]
    return found


SCHEDULES: list[tuple[type[lr_scheduler.LRScheduler], dict[str, Any], list[float]]] = [
    (lr_scheduler.StepLR, {"step_size": 2}, [1, 1, 0.1, 0.1, 0.01, 0.01]),
    (lr_scheduler.MultiStepLR, {"milestones": [3, 1, 3], "gamma": 0.5}, [1, 0.5, 0.5, 0.125, 0.125, 0.125]),
    (lr_scheduler.ExponentialLR, {"gamma": 0.5}, [1, 0.5, 0.25, 0.125, 0.0625, 0.03125]),
    (lr_scheduler.CosineAnnealingLR, {"T_max": 4}, [(1 + math.cos(math.pi * t / 4)) / 2 for t in range(6)]),
    (lr_scheduler.LambdaLR, {"lr_lambda": lambda epoch: 1 / (1 + epoch)}, [1 / (1 + t) for t in range(6)]),
    (
        lr_scheduler.OneCycleLR,
        {"max_lr": 1.0, "total_steps": 5, "pct_start": 0.6, "anneal_strategy": "linear", "div_factor": 5.0},
        [0.2, 0.6, 1.0, 0.5 + 1e-5, 2e-5],
    ),
]


def _label(value: Any) -> str:
    return value.__name__ if isinstance(value, type) else ""


each_schedule = pytest.mark.parametrize(("schedule", "arguments", "expected"), SCHEDULES, ids=_label)


@each_schedule
def test_rates(schedule: Any, arguments: dict, expected: list[float]) -> None:
    optimizer = make_sgd(momentum=0.9)
    scheduler = schedule(optimizer, **arguments)
    np.testing.assert_allclose(rates(scheduler, len(expected)), expected, rtol=1e-12, atol=1e-15)
    assert scheduler.last_epoch == len(expected) - 1


@each_schedule
def test_a_saved_schedule_goes_on(schedule: Any, arguments: dict, expected: list[float]) -> None:
    optimizer = make_sgd(momentum=0.9)
    scheduler = schedule(optimizer, **arguments)
    rates(scheduler, 3)
    saved, saved_optimizer = scheduler.state_dict(), optimizer.state_dict()
    straight = rates(scheduler, 3)

    other = make_sgd(lr=7.0, momentum=0.9)
    resumed = schedule(other, **arguments)
    resumed.load_state_dict(saved)
    other.load_state_dict(saved_optimizer)
    assert (resumed.last_epoch, resumed.base_lrs) == (2, scheduler.base_lrs)
    assert rates(resumed, 3) == straight
    assert other.param_groups[0]["momentum"] == optimizer.param_groups[0]["momentum"]


@each_schedule
def test_a_schedule_resumes_by_last_epoch(schedule: Any, arguments: dict, expected: list[float]) -> None:
    optimizer = make_sgd(momentum=0.9)
    rates(schedule(optimizer, **arguments), 3)
    saved = optimizer.state_dict()

    other = make_sgd(momentum=0.9)
    other.load_state_dict(saved)
    resumed = schedule(other, **arguments, last_epoch=1)  # its constructor goes on to epoch 2
    assert resumed.last_epoch == 2
    if schedule in (lr_scheduler.CosineAnnealingLR, lr_scheduler.LambdaLR, lr_scheduler.OneCycleLR):
        np.testing.assert_allclose(rates(resumed, len(expected) - 2), expected[2:], rtol=1e-12, atol=1e-15)


@each_schedule
def test_state_is_plain(schedule: Any, arguments: dict, expected: list[float]) -> None:
    state = schedule(make_sgd(momentum=0.9), **arguments).state_dict()
    for value in state.values():
        items = value if isinstance(value, list) else [value]
        assert all(isinstance(item, (int, float, str, bool)) for item in items), state
    assert "optimizer" not in state


def test_saved_state_does_not_change_with_the_schedule() -> None:
    scheduler = lr_scheduler.ExponentialLR(make_sgd(), gamma=0.5)
    saved = scheduler.state_dict()
    scheduler.get_last_lr()[0] = 99.0
    rates(scheduler, 3)
    assert (saved["last_epoch"], saved["_last_lr"]) == (0, [1.0])


def test_two_schedules_on_one_optimizer_multiply() -> None:
    optimizer = make_sgd()
    steps = lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.1)
    decay = lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    for _ in range(2):
        optimizer.step()
        steps.step()
        decay.step()
    np.testing.assert_allclose(optimizer.param_groups[0]["lr"], 0.1 * 0.25)


def test_a_rate_set_by_hand_is_the_new_start() -> None:
    optimizer = make_sgd()
    scheduler = lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    optimizer.param_groups[0]["lr"] = 10.0
    assert rates(scheduler, 2)[-1] == 5.0


def test_every_group_has_its_rate() -> None:
    optimizer = make_sgd(groups=2)
    optimizer.param_groups[1]["lr"] = 0.5
    scheduler = lr_scheduler.LambdaLR(optimizer, [lambda epoch: 2**epoch, lambda epoch: 10**epoch])
    rates(scheduler, 2)
    assert scheduler.get_last_lr() == [2.0, 5.0]


# --- a group that came later ---

LATER: list[tuple[type[lr_scheduler.LRScheduler], dict[str, Any], list[float]]] = [
    # PyTorch 2.13's rates of a group with lr=0.3 that was added after one step
    (lr_scheduler.StepLR, {"step_size": 1, "gamma": 0.5}, [0.15, 0.075, 0.0375]),
    (lr_scheduler.MultiStepLR, {"milestones": [1, 3], "gamma": 0.5}, [0.3, 0.15, 0.15]),
    (lr_scheduler.ExponentialLR, {"gamma": 0.5}, [0.15, 0.075, 0.0375]),
    (lr_scheduler.CosineAnnealingLR, {"T_max": 4}, [0.1757359312880715, 0.05147186257614299, 0.0]),
]


def with_a_later_group(schedule: Any, arguments: dict) -> tuple[SGD, Any]:
    optimizer = make_sgd(lr=0.8, momentum=0.9)
    scheduler = schedule(optimizer, **arguments)
    optimizer.step()
    scheduler.step()
    optimizer.add_param_group({"params": tc.tensor([1.0], requires_grad=True), "lr": 0.3})
    return optimizer, scheduler


@pytest.mark.parametrize(("schedule", "arguments", "expected"), LATER, ids=_label)
def test_a_group_added_later_is_scaled_with_the_others(schedule: Any, arguments: dict, expected: list[float]) -> None:
    optimizer, scheduler = with_a_later_group(schedule, arguments)
    found = []
    for _ in expected:
        scheduler.step()
        found.append(scheduler.get_last_lr()[1])
        assert found[-1] == optimizer.param_groups[1]["lr"]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    ("schedule", "arguments", "steps"),
    [
        (lr_scheduler.LambdaLR, {"lr_lambda": lambda epoch: 0.5**epoch}, 0),
        (lr_scheduler.LambdaLR, {"lr_lambda": [lambda epoch: 0.5**epoch]}, 0),
        (lr_scheduler.OneCycleLR, {"max_lr": 1.0, "total_steps": 10}, 0),
        (lr_scheduler.CosineAnnealingLR, {"T_max": 2}, 1),  # at the turn it needs the first rate, in PyTorch too
    ],
    ids=_label,
)
def test_a_group_added_later_is_never_left_out(schedule: Any, arguments: dict, steps: int) -> None:
    optimizer, scheduler = with_a_later_group(schedule, arguments)
    for _ in range(steps):
        scheduler.step()
    before = [dict(group) for group in optimizer.param_groups]
    with pytest.raises(ValueError, match=r"the schedule knows \d parameter groups, but the optimizer has 2"):
        scheduler.step()
    assert [dict(group) for group in optimizer.param_groups] == before
    schedule(optimizer, **arguments if schedule is not lr_scheduler.LambdaLR else {"lr_lambda": abs}).step()


def test_a_schedule_of_one_s_own_must_give_every_rate() -> None:
    class First(lr_scheduler.LRScheduler):
        def get_lr(self) -> list[float]:
            return self.present_lrs()[:1]

    with pytest.raises(ValueError, match="First: the schedule knows 1 parameter groups, but the optimizer has 2"):
        First(make_sgd(groups=2))


def test_one_cycle_moves_momentum_against_the_rate() -> None:
    for optimizer in (make_sgd(momentum=0.5), Adam([tc.tensor([1.0], requires_grad=True)])):
        scheduler = lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=10, pct_start=0.5)
        group = optimizer.param_groups[0]
        found = []
        for _ in range(9):
            found.append((group["lr"], group["betas"][0] if "betas" in group else group["momentum"]))
            optimizer.step()
            scheduler.step()
        assert found[0] == pytest.approx((0.04, 0.95))
        assert found[4] == pytest.approx((1.0, 0.85))
        assert group["lr"] == pytest.approx(1 / 25 / 1e4)
        if "betas" in group:
            assert group["betas"] == (pytest.approx(0.95), 0.999)


@pytest.mark.parametrize("arguments", [{"pct_start": 0.1}, {"pct_start": 0.0}, {"pct_start": 1.0}])
def test_one_cycle_with_no_way_up_or_down(arguments: dict) -> None:
    scheduler = lr_scheduler.OneCycleLR(make_sgd(momentum=0.9), max_lr=1.0, total_steps=10, **arguments)
    found = rates(scheduler, 10)
    assert all(0 < rate <= 1.0 for rate in found)
    assert max(found) == pytest.approx(1.0, abs=0.03)


def test_stepping_before_the_optimizer_warns() -> None:
    scheduler = lr_scheduler.StepLR(make_sgd(), 1)
    with pytest.warns(UserWarning, match="Call optimizer.step\\(\\) first"):
        scheduler.step()


def test_one_cycle_stepped_too_often() -> None:
    scheduler = lr_scheduler.OneCycleLR(make_sgd(momentum=0.9), max_lr=1.0, total_steps=3)
    rates(scheduler, 4)
    with pytest.raises(ValueError, match=r"Tried to step 4 times. The specified number of total steps is 3"):
        scheduler.step()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({}, "You must define either total_steps"),
        ({"epochs": 3}, "You must define either total_steps"),
        ({"total_steps": 0}, "Expected positive integer total_steps, but got 0"),
        ({"total_steps": 2.5}, "Expected positive integer total_steps, but got 2.5"),
        ({"epochs": 0, "steps_per_epoch": 2}, "Expected positive integer epochs, but got 0"),
        ({"epochs": 2, "steps_per_epoch": -1}, "Expected positive integer steps_per_epoch, but got -1"),
        ({"total_steps": 5, "pct_start": 1.5}, "Expected pct_start between 0 and 1, but got 1.5"),
        (
            {"total_steps": 5, "anneal_strategy": "poly"},
            "must be one of 'cos' or 'linear', instead got 'poly'",
        ),
        ({"total_steps": 5, "max_momentum": [0.9, 0.8]}, "Expected 1 values for max_momentum"),
    ],
)
def test_one_cycle_arguments(arguments: dict, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        lr_scheduler.OneCycleLR(make_sgd(momentum=0.9), 1.0, **arguments)


def test_one_cycle_needs_a_momentum_to_cycle() -> None:
    optimizer = Adagrad([tc.tensor([1.0], requires_grad=True)])
    with pytest.raises(ValueError, match=r"Adagrad has neither. Pass cycle_momentum=False"):
        lr_scheduler.OneCycleLR(optimizer, 1.0, total_steps=5)


def test_other_arguments() -> None:
    with pytest.raises(TypeError, match="float is not an Optimizer"):
        lr_scheduler.StepLR(0.1, 3)
    with pytest.raises(ValueError, match="Expected positive integer step_size, but got 0"):
        lr_scheduler.StepLR(make_sgd(), 0)
    with pytest.raises(ValueError, match=r"Expected positive integer T_max, but got 2.0"):
        lr_scheduler.CosineAnnealingLR(make_sgd(), 2.0)
    with pytest.raises(ValueError, match="Expected 1 values for lr_lambda, one per parameter group, but got 2"):
        lr_scheduler.LambdaLR(make_sgd(), [abs, abs])
    with pytest.raises(KeyError, match="Load the optimizer's saved state first"):
        lr_scheduler.StepLR(make_sgd(), 3, last_epoch=4)


NAN, INF = float("nan"), float("inf")
NO_WHOLE = [0, -1, 2.5, NAN, INF, "1", None, True, [1], 1j]
NO_RATE = [-1, NAN, INF, "1", None, ["a"], 1j]
NONSENSE = [
    *[(lr_scheduler.StepLR, "step_size", value) for value in NO_WHOLE],
    *[(lr_scheduler.CosineAnnealingLR, "T_max", value) for value in NO_WHOLE],
    *[(lr_scheduler.OneCycleLR, "total_steps", value) for value in NO_WHOLE if value is not None],
    *[
        (lr_scheduler.MultiStepLR, "milestones", value)
        for value in (3, None, 1.5, [1.5], [1, "2"], [True], "12", [NAN])
    ],
    *[(lr_scheduler.StepLR, "gamma", value) for value in NO_RATE],
    *[(lr_scheduler.MultiStepLR, "gamma", value) for value in NO_RATE],
    *[(lr_scheduler.ExponentialLR, "gamma", value) for value in NO_RATE],
    *[(lr_scheduler.CosineAnnealingLR, "eta_min", value) for value in NO_RATE],
    *[
        (lr_scheduler.OneCycleLR, name, value)
        for name in ("max_lr", "base_momentum", "max_momentum", "div_factor", "final_div_factor", "pct_start")
        for value in NO_RATE
    ],
    *[(lr_scheduler.OneCycleLR, name, 0) for name in ("div_factor", "final_div_factor")],
    *[(lr_scheduler.OneCycleLR, name, "no") for name in ("three_phase", "cycle_momentum", "anneal_strategy")],
    *[(lr_scheduler.LambdaLR, "lr_lambda", value) for value in (None, 0.5, "half", [0.5])],
    *[(lr_scheduler.StepLR, "last_epoch", value) for value in (-2, 2.5, NAN, "1", None, True)],
]


@pytest.mark.parametrize(("schedule", "option", "value"), NONSENSE, ids=str)
def test_nonsense_is_refused_by_its_name(schedule: Any, option: str, value: Any) -> None:
    optimizer = make_sgd(momentum=0.9)
    before = {**optimizer.param_groups[0]}
    arguments = next(arguments for kind, arguments, _ in SCHEDULES if kind is schedule)
    with pytest.raises((ValueError, TypeError), match=option) as caught:
        schedule(optimizer, **{**arguments, option: value})
    assert hasattr(caught.value, "refusal")
    assert optimizer.param_groups[0] == before


@pytest.mark.parametrize("rate", [NAN, INF, None, "0.1"])
def test_a_rate_must_be_a_finite_number(rate: Any) -> None:
    class Constant(lr_scheduler.LRScheduler):
        def get_lr(self) -> list[Any]:
            return [rate]

    with pytest.raises(ValueError, match=r"the learning rate of group 0 at epoch 0 is .*not a finite number"):
        Constant(make_sgd())
    with pytest.raises(ValueError, match=r"LambdaLR: the learning rate of group 0 at epoch 0 is .*not a finite number"):
        lr_scheduler.LambdaLR(make_sgd(), lambda epoch: rate)


def test_whole_numbers_may_be_numpy_s() -> None:
    scheduler = lr_scheduler.StepLR(make_sgd(), np.int64(2))
    assert type(scheduler.state_dict()["step_size"]) is int
    assert lr_scheduler.MultiStepLR(make_sgd(), np.array([3, 1])).milestones == [1, 3]


def test_state_of_another_schedule() -> None:
    state = lr_scheduler.StepLR(make_sgd(), 3).state_dict()
    with pytest.raises(ValueError, match="ExponentialLR has no step_size: the state is another schedule's"):
        lr_scheduler.ExponentialLR(make_sgd(), 0.5).load_state_dict(state)


def test_a_schedule_without_a_rule() -> None:
    with pytest.raises(NotImplementedError, match="LRScheduler must define get_lr"):
        lr_scheduler.LRScheduler(make_sgd())
