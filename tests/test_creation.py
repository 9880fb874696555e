"""Tensors made from nothing: constants, ranges and seeded random numbers, on every device."""

from __future__ import annotations

import numpy as np
import pytest

import tinyconv as tc
from tests.ops.opcheck import host


@pytest.mark.parametrize(("make", "value"), [(tc.zeros, 0.0), (tc.ones, 1.0)])
@pytest.mark.parametrize("size", [(2, 3), ((2, 3),), ([2, 3],), (), (0, 2), (np.int64(2), 1)], ids=str)
def test_constants(make, value, size, device, on_device):
    with on_device():
        x = make(*size, device=device)
    shape = tuple(size[0]) if size and isinstance(size[0], (tuple, list)) else size
    assert (x.shape, x.dtype, x.device, x.requires_grad) == (shape, tc.float32, device, False)
    np.testing.assert_array_equal(host(x), np.full(shape, value))


@pytest.mark.parametrize("make", [tc.zeros, tc.ones, tc.empty, tc.rand, tc.randn])
@pytest.mark.parametrize("dtype", [tc.float16, tc.float32, tc.float64])
def test_dtype_and_requires_grad(make, dtype, device):
    x = make(2, 3, dtype=dtype, device=device, requires_grad=True)
    assert (x.shape, x.dtype, x.device, x.requires_grad, x.is_leaf) == ((2, 3), dtype, device, True, True)


def test_full(device):
    for value, dtype in ((1, tc.int64), (1.5, tc.float32), (True, tc.bool), (np.float64(2), tc.float32)):
        x = tc.full((2,), value, device=device)
        assert (x.dtype, x.tolist()) == (dtype, [value, value])
    assert tc.full((), 3.0).shape == ()
    assert tc.full([1, 2], 3).shape == (1, 2)
    assert tc.full(3, 1.0).shape == (3,)
    assert tc.full((1,), 0.1, dtype=tc.float64).item() == 0.1


def test_likes(device):
    x = tc.zeros(2, 1, dtype=tc.float64, device=device)
    for make in (tc.zeros_like, tc.ones_like, tc.rand_like, tc.randn_like, lambda x: tc.full_like(x, 7)):
        y = make(x)
        assert (y.shape, y.dtype, y.device) == (x.shape, x.dtype, x.device)
    assert tc.full_like(x, 7).tolist() == [[7.0], [7.0]]
    assert tc.zeros_like(x, dtype=tc.int64, device="cpu").dtype == tc.int64
    assert tc.ones_like(x, requires_grad=True).requires_grad


@pytest.mark.parametrize(
    ("args", "values", "dtype"),
    [
        ((4,), [0, 1, 2, 3], "int64"), ((1, 4), [1, 2, 3], "int64"), ((1, 8, 3), [1, 4, 7], "int64"),
        ((4, 1, -1), [4, 3, 2], "int64"), ((0,), [], "int64"), ((2, 2), [], "int64"),
        ((1.0, 2.0, 0.25), [1.0, 1.25, 1.5, 1.75], "float32"), ((2.5,), [0.0, 1.0, 2.0], "float32"),
        ((0, 1, 0.5), [0.0, 0.5], "float32"),
    ],
)  # fmt: skip
def test_arange(args, values, dtype, device, on_device):
    with on_device():
        x = tc.arange(*args, device=device)
    assert (x.dtype, x.tolist()) == (np.dtype(dtype), values)


def test_arange_of_floats_does_not_drift():
    x = tc.arange(1000, 1001, 0.001)
    np.testing.assert_array_equal(x.numpy(), (1000 + 0.001 * np.arange(1000)).astype(np.float32))
    assert tc.arange(3, dtype=tc.float64).dtype == tc.float64


def test_linspace_and_eye(device, on_device):
    with on_device():
        line, square, wide = tc.linspace(-1, 1, 5, device=device), tc.eye(2, device=device), tc.eye(1, 3, device=device)
    assert line.tolist() == [-1.0, -0.5, 0.0, 0.5, 1.0]
    assert square.tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert wide.tolist() == [[1.0, 0.0, 0.0]]
    assert tc.linspace(0, 1, 1).tolist() == [0.0]


@pytest.mark.parametrize(
    "make",
    [
        lambda d: tc.rand(3, 4, device=d), lambda d: tc.randn(3, 4, device=d), lambda d: tc.randperm(10, device=d),
        lambda d: tc.randint(0, 100, (5,), device=d), lambda d: tc.normal(1.0, 2.0, (3,), device=d),
        lambda d: tc.rand(3, dtype=tc.float64, device=d), lambda d: tc.randn(3, dtype=tc.float16, device=d),
    ],
)  # fmt: skip
def test_a_seed_gives_the_same_numbers_on_every_device(make, device):
    tc.manual_seed(7)
    first, second = make(device), make(device)
    tc.manual_seed(7)
    np.testing.assert_array_equal(host(make("cpu")), host(first))
    assert not np.array_equal(host(first), host(second))


def test_distributions():
    n = 20_000
    uniform, normal, shifted = tc.rand(n).numpy(), tc.randn(n).numpy(), tc.normal(3.0, 0.5, (n,)).numpy()
    assert uniform.min() >= 0
    assert uniform.max() < 1
    for sample, mean, std in ((uniform, 0.5, 12**-0.5), (normal, 0, 1), (shifted, 3, 0.5)):
        assert abs(sample.mean() - mean) < 5 * std / n**0.5
        assert abs(sample.std() - std) < 5 * std / n**0.5
    assert tc.rand(3, dtype=tc.float64).numpy().tolist() != tc.rand(3).double().tolist()


def test_integers():
    draws = tc.randint(2, 5, (1000,))
    assert (draws.dtype, sorted(set(draws.tolist()))) == (tc.int64, [2, 3, 4])
    assert sorted(set(tc.randint(3, (1000,)).tolist())) == [0, 1, 2]  # PyTorch's short form
    assert sorted(set(tc.randint(3, size=(1000,)).tolist())) == [0, 1, 2]
    assert tc.randint(0, 2, (3,), dtype=tc.uint8).dtype == tc.uint8
    assert tc.randint(5).shape == ()
    assert sorted(tc.randperm(50).tolist()) == list(range(50))
    assert tc.randperm(0).tolist() == []


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: tc.zeros(-1), r"negative dimension: \[-1\]"),
        (lambda: tc.randn(2, -3), r"negative dimension: \[2, -3\]"),
        (lambda: tc.arange(3, 0), "upper bound and lower bound inconsistent with step sign: from 3 to 0 by 1"),
        (lambda: tc.arange(0, 3, -1), "inconsistent with step sign"),
        (lambda: tc.arange(0, 3, 0), "step must be nonzero"),
        (lambda: tc.randint(5, 5, (1,)), "expects low < high, but got low=5 and high=5"),
        (lambda: tc.randint(0, (1,)), "low=0 and high=0"),
        (lambda: tc.randint(0, 300, (1,), dtype=tc.uint8), "uint8 cannot hold all integers from 0 to 299"),
        (lambda: tc.ones(1, dtype=tc.int64, requires_grad=True), "floating point dtype can require gradients"),
        (lambda: tc.linspace(0, 1, -1), "number of steps must be non-negative"),
        (lambda: tc.randn(2, dtype=tc.int64), "need a floating point dtype, got int64; use randint"),
        (lambda: tc.rand(2, dtype=tc.bool), "need a floating point dtype, got bool"),
    ],
)
def test_errors(call, text):
    with pytest.raises(RuntimeError, match=text):
        call()


@pytest.mark.parametrize("sizes", [(2.5,), ("a",), (2, None)])
def test_sizes_are_integers(sizes):
    with pytest.raises(TypeError, match="sizes must be ints, got"):
        tc.zeros(*sizes)


@pytest.mark.parametrize("value", [2**70, -1, float("nan")])
def test_full_refuses_what_an_integer_dtype_cannot_hold(value):
    with pytest.raises(RuntimeError, match="cannot be converted to uint8"):
        tc.full((2,), value, dtype=tc.uint8)
