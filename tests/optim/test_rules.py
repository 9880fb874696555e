"""Optimisers step as PyTorch's do, and take its words for ways to compute."""

from __future__ import annotations

import json

import numpy as np
import pytest

import tinyconv as tc
from tests.optim.record_rules import RECORDED, RULES, steps

TOLD = json.loads(RECORDED.read_text())
CASES = [(name, number) for name, rules in RULES.items() for number in range(len(rules))]


@pytest.mark.parametrize(("name", "number"), CASES)
def test_steps_are_pytorchs(name: str, number: int) -> None:
    np.testing.assert_allclose(steps(tc, name, RULES[name][number]), TOLD[name][number], rtol=1e-12)


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "Adadelta", "Adamax", "Adagrad", "RMSprop", "NAdam", "RAdam"])
def test_a_recorded_step_is_refused(name: str) -> None:
    with pytest.raises(RuntimeError, match="differentiable=True is not offered"):
        getattr(tc.optim, name)([tc.ones(1, requires_grad=True)], lr=0.1, differentiable=True)


def test_adam_with_decoupled_decay_is_adamw() -> None:
    with pytest.raises(RuntimeError, match="AdamW"):
        tc.optim.Adam([tc.ones(1, requires_grad=True)], decoupled_weight_decay=True)


@pytest.mark.parametrize("name", ["SGD", "Adam", "Adadelta", "Adamax", "Adagrad", "RMSprop", "NAdam", "RAdam"])
def test_a_rate_in_a_tensor_is_followed(name: str) -> None:
    rate, results = tc.tensor(0.25), []
    for lr in (rate, 0.25):
        w = tc.ones(3, requires_grad=True)
        optimizer = getattr(tc.optim, name)([w], lr=lr)
        for factor in (1.0, 0.5):
            optimizer.param_groups[0]["lr"] = optimizer.param_groups[0]["lr"] * factor
            (w * w).sum().backward()
            optimizer.step()
        results.append(w.tolist())
    assert results[0] == results[1]


@pytest.mark.parametrize("rho", [-0.1, 1.1, "a", float("nan")])
def test_adadeltas_share(rho) -> None:
    with pytest.raises((ValueError, TypeError), match="rho"):
        tc.optim.Adadelta([tc.ones(1, requires_grad=True)], rho=rho)


@pytest.mark.parametrize(("name", "option"), [("NAdam", "momentum_decay"), ("NAdam", "eps"), ("RAdam", "lr")])
def test_an_option_below_zero(name: str, option: str) -> None:
    with pytest.raises(ValueError, match=option.split("_")[0].replace("lr", "learning rate")):
        getattr(tc.optim, name)([tc.ones(1, requires_grad=True)], **{option: -0.1})


@pytest.mark.parametrize("name", ["NAdam", "RAdam"])
def test_a_saved_state_goes_on_where_it_stopped(name: str) -> None:
    def go(optimizer: tc.optim.Optimizer, w: tc.Tensor, steps: int) -> None:
        for _ in range(steps):
            optimizer.zero_grad()
            (w**4).sum().backward()
            optimizer.step()

    whole, part = (tc.tensor([1.0, -2.0], requires_grad=True) for _ in range(2))
    go(getattr(tc.optim, name)([whole], lr=0.05), whole, 9)
    first = getattr(tc.optim, name)([part], lr=0.05)
    go(first, part, 6)
    state = first.state_dict()
    number = state["state"][0]
    number.update({key: tc.tensor(number[key]) for key in ("step", "mu_product") if key in number})  # as PyTorch's
    second = getattr(tc.optim, name)([part], lr=0.05)
    second.load_state_dict(state)
    go(second, part, 3)
    np.testing.assert_allclose(part.tolist(), whole.tolist(), rtol=1e-6)
