"""Where tinyconv takes more than PyTorch does, warns, or says what to type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinyconv as tc
from tinyconv.backend import Device

F = tc.nn.functional
MATRIX = tc.tensor([[1.0, 2.0], [3.0, 5.0]])


def test_split_takes_numpys_integers():
    assert [piece.tolist() for piece in MATRIX.split(np.int64(1))] == [[[1.0, 2.0]], [[3.0, 5.0]]]


def test_max_along_a_numpy_integer_gives_values_and_indices():
    values, indices = MATRIX.max(np.int64(0))
    assert (values.tolist(), indices.tolist()) == ([3.0, 5.0], [1, 1])


def test_numpys_names_reach_var():
    assert MATRIX.var(axis=1, keepdims=True, unbiased=False).tolist() == [[0.25], [1.0]]


def test_a_mask_of_uint8_warns(device: Device):
    x = tc.tensor([1.0, 2.0, 3.0], device=device)
    mask = tc.tensor([1, 0, 1], dtype=tc.uint8, device=device)
    with pytest.warns(UserWarning, match=r"use mask.bool\(\) for a mask, index.long\(\) for indices"):
        assert x[mask].tolist() == [1.0, 3.0]
    with pytest.warns(UserWarning, match="uint8"):
        x[mask] = 9.0
    assert x.tolist() == [9.0, 2.0, 9.0]


def test_empty_batches_move_no_running_value(device: Device):
    layer = tc.nn.BatchNorm1d(3, device=device)
    assert layer(tc.ones(0, 3, device=device)).shape == (0, 3)
    assert layer.running_mean.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: MATRIX.view(4 / 2, 2), r"^view: a size must be an int, got 2.0; use //"),
        (lambda: MATRIX.expand(2.0, 3), r"^expand: .*got 2.0"),
        (lambda: MATRIX.permute(1.0, 0), r"^permute: a dimension must be an int, got 1.0"),
        (lambda: MATRIX.unsqueeze(None), r"^unsqueeze: argument 'dim' must be an int, not None"),
        (lambda: tc.cat([MATRIX], dim="a"), r"^cat: argument 'dim' must be an int, not str 'a'"),
        (lambda: MATRIX.sum(True), r"^sum: argument 'dim' must be an int or .*, not bool True"),
        (lambda: MATRIX.softmax(True), r"^softmax: argument 'dim' must be an int or None, not bool True"),
        (lambda: MATRIX.var(1, 0), r"^var: argument 'unbiased' must be True or False or None, not int 0"),
        (lambda: MATRIX.std(1, False, correction=2), r"^std: unbiased=False and correction=2"),
        (lambda: F.cross_entropy(MATRIX, tc.tensor([[0, 1], [1, 0]])), r"Use target.argmax\(1\) .* target.float\(\)"),
        (lambda: F.cross_entropy(MATRIX, MATRIX, ignore_index=0), r"got ignore_index=0; use class indices"),
        (lambda: F.nll_loss(MATRIX, tc.tensor([[0, 1], [1, 0]])), r"must have shape \(2,\) = \(N, ...\), got \(2, 2\)"),
        (lambda: tc.nn.BatchNorm1d(2, eps=0.0)(MATRIX), r"positive during training, but got 0.0; use eps=1e-5"),
        (lambda: tc.nn.BatchNorm1d(2, eps=-1.0).eval()(MATRIX), r"non-negative, but got -1.0; use eps=1e-5"),
        (lambda: F.prelu(MATRIX, tc.ones(3)), r"Use PReLU\(num_parameters=2\)"),
        (lambda: F.prelu(MATRIX, tc.ones(2, 1)), r"Use weight.reshape\(-1\)"),
        (lambda: F.one_hot(tc.tensor([0, 2]), 0), r"use num_classes=-1 to count them"),
        (lambda: tc.manual_seed(2**64), r"^manual_seed: .*from -2\*\*63 to 2\*\*64 - 1, got 18446744073709551616"),
        (lambda: tc.tensor([1]) .masked_fill(tc.tensor([1]), 0), r"use mask.bool\(\)"),
        (lambda: tc.tensor([True]) % True, r'"remainder" not implemented for bool; use x.long\(\)'),
    ],
)  # fmt: skip
def test_what_to_type(call: Callable[[], Any], words: str):
    with pytest.raises(Exception, match=words):
        call()
