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


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "Adadelta", "Adamax", "Adagrad", "RMSprop"])
def test_a_recorded_step_is_refused(name: str) -> None:
    with pytest.raises(RuntimeError, match="differentiable=True is not offered"):
        getattr(tc.optim, name)([tc.ones(1, requires_grad=True)], lr=0.1, differentiable=True)


def test_adam_with_decoupled_decay_is_adamw() -> None:
    with pytest.raises(RuntimeError, match="AdamW"):
        tc.optim.Adam([tc.ones(1, requires_grad=True)], decoupled_weight_decay=True)


@pytest.mark.parametrize("name", ["SGD", "Adam", "Adadelta", "Adamax", "Adagrad", "RMSprop"])
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
