"""Gradients that select, at infinities, NaN and ties: as PyTorch's, and never a product with 0."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

import tinyconv as tc
from tests.gates.cases import CASES, TWICE
from tests.gates.record import RECORDED, once, twice
from tests.ops.opcheck import host, leaf

inf = math.inf

OUTCOMES = json.loads(RECORDED.read_text("utf-8"))


def hold(results, expected, rtol):
    grads, y = results
    np.testing.assert_allclose(host(y), expected["value"], rtol=rtol, atol=1e-7)
    for ours, theirs in zip(grads, expected["grads"], strict=True):
        np.testing.assert_allclose(host(ours), theirs, rtol=rtol, atol=1e-7)


def test_every_case_is_recorded():
    assert OUTCOMES["once"].keys() == CASES.keys()
    assert OUTCOMES["twice"].keys() == TWICE.keys()


@pytest.mark.parametrize("name", CASES)
def test_as_pytorch(name, device):
    rtol = 2e-3 if CASES[name].dtype == "float16" else 1e-5
    hold(once(tc, tc, name, device=device), OUTCOMES["once"][name], rtol)


@pytest.mark.parametrize("name", TWICE)
def test_second_derivatives_as_pytorch(name, device):
    hold(twice(tc, tc, name, device=device), OUTCOMES["twice"][name], 1e-5)


@pytest.mark.parametrize(
    ("function", "values", "expected"),
    [
        (lambda x: x.amax(0), [-1.0, 2.0], [0.0, inf]),
        (lambda x: x.amin(0), [-1.0, 2.0], [inf, 0.0]),
        (lambda x: 0.0**x, [2.0, 1.0], [0.0, 0.0]),
        (lambda x: (x.detach() * 0) ** x, [2.0, 1.0], [0.0, 0.0]),
        (lambda x: x.norm(0.5), [0.0, 0.0], [0.0, 0.0]),
        (lambda x: x.norm(-2), [0.0, 0.0], [0.0, 0.0]),
    ],
)  # fmt: skip
def test_selected_where_pytorch_multiplies(function, values, expected, device):
    x = leaf(np.array(values), device)
    y = function(x)
    assert host(tc.grad(y, x, tc.full(y.shape, inf, dtype=y.dtype, device=device))[0]).tolist() == expected
