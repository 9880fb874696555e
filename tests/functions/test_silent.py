"""Numbers that were once wrong without a word."""

from __future__ import annotations

import math

import pytest

import tinyconv as tc
from tinyconv.nn import functional as F


def test_a_slice_named_twice_reads_the_value_once() -> None:
    value = tc.tensor(2.0, dtype=tc.float64, requires_grad=True)
    weight = tc.tensor([[1.0, 2.0, 4.0]], dtype=tc.float64)
    y = tc.index_fill(tc.zeros(1, 3, dtype=tc.float64), 1, tc.tensor([0, 2, 0]), value)
    assert y.tolist() == [[2.0, 0.0, 2.0]]
    (y * weight).sum().backward()
    assert value.grad.item() == 5.0


def test_a_share_has_a_gradient() -> None:
    x, q = (
        tc.tensor([1.0, 2.0, 4.0, 8.0], dtype=tc.float64),
        tc.tensor([0.2, 0.7], dtype=tc.float64, requires_grad=True),
    )
    tc.quantile(x, q).sum().backward()
    assert q.grad.tolist() == pytest.approx([3.0, 12.0])


def test_a_negative_probability_has_no_divergence() -> None:
    loss = F.kl_div(tc.tensor([-1.0, -1.0, -1.0]), tc.tensor([-0.5, 0.0, 1.0]), reduction="none")
    assert math.isnan(loss[0].item())
    assert loss[1:].tolist() == [0.0, 1.0]


def test_whole_numbers_are_not_ranked() -> None:
    x = tc.tensor([1, 2], dtype=tc.uint8)
    with pytest.raises(RuntimeError, match="margin_ranking_loss"):
        F.margin_ranking_loss(x, x, x)
