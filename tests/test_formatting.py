"""Printing: strings recorded from PyTorch 2.13 (with ``torch.`` taken off the dtypes)."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinyconv as tc

inf, nan = math.inf, math.nan

ONE_LINE = [
    (1.5, "tensor(1.5000)"),
    (3, "tensor(3)"),
    (True, "tensor(True)"),
    (inf, "tensor(inf)"),
    (1e10, "tensor(1.0000e+10)"),
    (1e-6, "tensor(1.0000e-06)"),
    (0.00012, "tensor(0.0001)"),
    ([], "tensor([])"),
    ([1.0, 2.0], "tensor([1., 2.])"),
    ([-1.0, 20.0], "tensor([-1., 20.])"),
    ([0.5, -2.25], "tensor([ 0.5000, -2.2500])"),
    ([0.0, 0.0], "tensor([0., 0.])"),
    ([-0.0, 1.0], "tensor([-0., 1.])"),
    ([nan, 1.5, inf, -inf], "tensor([   nan, 1.5000,    inf,   -inf])"),
    ([nan, 1.0, inf], "tensor([nan, 1., inf])"),
    ([nan, inf], "tensor([nan, inf])"),
    ([1e9, 1.0], "tensor([1.0000e+09, 1.0000e+00])"),
    ([1e8], "tensor([100000000.])"),
    ([2e8], "tensor([2.0000e+08])"),
    ([1e5, 1.5], "tensor([1.0000e+05, 1.5000e+00])"),
    ([1.0, 1001.5], "tensor([1.0000e+00, 1.0015e+03])"),
    ([1e-4, 1.0], "tensor([1.0000e-04, 1.0000e+00])"),
    ([0.0, 1e-6], "tensor([0.0000e+00, 1.0000e-06])"),
    ([True, False], "tensor([ True, False])"),
    ([[1, -10], [100, 2]], "tensor([[  1, -10],\n        [100,   2]])"),
    ([[1.0, 2.0], [3.0, -4.5]], "tensor([[ 1.0000,  2.0000],\n        [ 3.0000, -4.5000]])"),
]


@pytest.mark.parametrize(("data", "expected"), ONE_LINE, ids=[text for _, text in ONE_LINE])
def test_numbers(data, expected):
    assert repr(tc.tensor(data)) == expected


def test_what_is_not_the_default_is_told():
    x = tc.ones(1, requires_grad=True)
    for tensor, expected in (
        (tc.tensor([1.5], dtype=tc.float64), "tensor([1.5000], dtype=float64)"),
        (tc.tensor([1, 200], dtype=tc.uint8), "tensor([  1, 200], dtype=uint8)"),
        (x, "tensor([1.], requires_grad=True)"),
        (x * 2, "tensor([2.], grad_fn=<Mul>)"),
        (tc.zeros(0, 3), "tensor([], size=(0, 3))"),
        (tc.zeros(0, dtype=tc.int64), "tensor([], dtype=int64)"),
        (tc.zeros(2, 0, dtype=tc.bool), "tensor([], size=(2, 0), dtype=bool)"),
        (tc.ones(1, device="strict"), "tensor([1.], device='strict:0')"),
    ):
        assert repr(tensor) == str(tensor) == expected


def test_three_dimensions():
    assert (
        repr(tc.arange(12).reshape(2, 2, 3))
        == """\
tensor([[[ 0,  1,  2],
         [ 3,  4,  5]],

        [[ 6,  7,  8],
         [ 9, 10, 11]]])"""
    )


def test_long_rows_are_wrapped_at_80_columns():
    assert (
        repr(tc.arange(30) * 0.5)
        == """\
tensor([ 0.0000,  0.5000,  1.0000,  1.5000,  2.0000,  2.5000,  3.0000,  3.5000,
         4.0000,  4.5000,  5.0000,  5.5000,  6.0000,  6.5000,  7.0000,  7.5000,
         8.0000,  8.5000,  9.0000,  9.5000, 10.0000, 10.5000, 11.0000, 11.5000,
        12.0000, 12.5000, 13.0000, 13.5000, 14.0000, 14.5000])"""
    )
    assert (
        repr(tc.zeros(21, requires_grad=True))
        == """\
tensor([0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0.],
       requires_grad=True)"""
    )


def test_large_tensors_show_their_corners():
    assert repr(tc.arange(2000)) == "tensor([   0,    1,    2,  ..., 1997, 1998, 1999])"
    assert repr(tc.arange(1001.0)) == "tensor([   0.,    1.,    2.,  ...,  998.,  999., 1000.])"
    assert (
        repr(tc.arange(10000).reshape(100, 100))
        == """\
tensor([[   0,    1,    2,  ...,   97,   98,   99],
        [ 100,  101,  102,  ...,  197,  198,  199],
        [ 200,  201,  202,  ...,  297,  298,  299],
        ...,
        [9700, 9701, 9702,  ..., 9797, 9798, 9799],
        [9800, 9801, 9802,  ..., 9897, 9898, 9899],
        [9900, 9901, 9902,  ..., 9997, 9998, 9999]])"""
    )
    thin = tc.zeros(2, 600)
    assert repr(thin) == "tensor([[0., 0., 0.,  ..., 0., 0., 0.],\n        [0., 0., 0.,  ..., 0., 0., 0.]])"
    assert repr(tc.zeros(1000)).count("0.") == 1000  # up to 1000 all are shown


def test_the_width_comes_from_what_is_shown_alone():
    x = tc.ones(2000)
    x[1000] = 1e30
    assert repr(x) == "tensor([1., 1., 1.,  ..., 1., 1., 1.])"


def test_printing_does_not_change_numpy_s_settings():
    before = np.get_printoptions()
    repr(tc.rand(3))
    assert np.get_printoptions() == before
