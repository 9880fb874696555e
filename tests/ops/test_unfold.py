"""unfold and fold (im2col and col2im): against plain loops, and against the convolution made of them."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import tinyconv as tc
from tinyconv import nn

F = nn.functional

# x, kernel, options: stride, padding (before, after), dilation, one per axis
CASES = {
    "1d": ((2, 3, 7), (3,), ((2,), ((1, 1),), (1,))),
    "2d, not square": ((2, 2, 4, 5), (2, 3), ((1, 1), ((0, 0), (0, 0)), (1, 1))),
    "overlapping, padded": ((1, 2, 5, 4), (3, 3), ((2, 1), ((1, 1), (2, 2)), (1, 1))),
    "gaps, left over": ((1, 2, 6, 5), (2, 1), ((3, 2), ((0, 0), (0, 0)), (1, 1))),
    "dilated": ((1, 1, 6, 5), (2, 2), ((1, 2), ((1, 1), (0, 0)), (3, 2))),
    "asymmetric": ((1, 2, 3, 4), (2, 2), ((2, 1), ((2, 0), (0, 1)), (1, 1))),
    "3d": ((1, 2, 3, 2, 4), (2, 1, 3), ((1, 1, 2), ((0, 0), (1, 1), (1, 1)), (1, 1, 1))),
}
cases = pytest.mark.parametrize(("shape", "kernel", "options"), CASES.values(), ids=CASES.keys())


def window_counts(size: tuple, kernel: tuple, options: tuple) -> tuple[int, ...]:
    each = zip(size, kernel, *options)
    return tuple((i + lo + hi - d * (k - 1) - 1) // s + 1 for i, k, s, (lo, hi), d in each)


def places(shape: tuple, kernel: tuple, options: tuple):
    """Pairs ``(row, column, channel, cell)`` of the matrix of columns, for cells inside the input."""
    stride, pairs, dilation = options
    counts = window_counts(shape[2:], kernel, options)
    for column, window in enumerate(itertools.product(*map(range, counts))):
        for row, (channel, *tap) in enumerate(itertools.product(range(shape[1]), *map(range, kernel))):
            cell = tuple(w * s - lo + t * d for w, s, (lo, _), t, d in zip(window, stride, pairs, tap, dilation))
            if all(0 <= c < i for c, i in zip(cell, shape[2:])):
                yield row, column, (channel, *cell)


def slow_unfold(x: np.ndarray, kernel: tuple, options: tuple) -> np.ndarray:
    rows, columns = x.shape[1] * math.prod(kernel), math.prod(window_counts(x.shape[2:], kernel, options))
    y = np.zeros((len(x), rows, columns))
    for row, column, cell in places(x.shape, kernel, options):
        y[:, row, column] = x[(slice(None), *cell)]
    return y


def slow_fold(columns: np.ndarray, shape: tuple, kernel: tuple, options: tuple) -> np.ndarray:
    x = np.zeros(shape)
    for row, column, cell in places(shape, kernel, options):
        x[(slice(None), *cell)] += columns[:, row, column]
    return x


def unfold(x: tc.Tensor, kernel: tuple, options: tuple) -> tc.Tensor:
    stride, pairs, dilation = options
    return F.unfold(x, kernel, dilation, pairs, stride)


def fold(columns: tc.Tensor, size: tuple, kernel: tuple, options: tuple) -> tc.Tensor:
    stride, pairs, dilation = options
    return F.fold(columns, size, kernel, dilation, pairs, stride)


def leaf(array: np.ndarray, device: tc.Device | None = None) -> tc.Tensor:
    return tc.as_tensor(device.asarray(array) if device else array).requires_grad_()


def close(actual: tc.Tensor, expected: np.ndarray) -> None:
    np.testing.assert_allclose(tc.asnumpy(actual.array), expected, 1e-10, 1e-10)


@cases
def test_unfold_and_fold_equal_the_loops_on_every_device(
    shape: tuple, kernel: tuple, options: tuple, device, on_device
) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape)
    expected = slow_unfold(x, kernel, options)
    columns = rng.standard_normal(expected.shape)
    tx, tcolumns = leaf(x, device), leaf(columns, device)
    with on_device():
        y, z = unfold(tx, kernel, options), fold(tcolumns, shape[2:], kernel, options)
        y.backward(tcolumns.detach())
        z.backward(tx.detach())
    close(y, expected)
    close(z, slow_fold(columns, shape, kernel, options))
    close(tx.grad, slow_fold(columns, shape, kernel, options))  # each is the other's adjoint
    close(tcolumns.grad, expected)


@cases
def test_first_and_second_derivatives(shape: tuple, kernel: tuple, options: tuple) -> None:
    x = np.random.default_rng(0).standard_normal((1, *shape[1:]))
    columns = slow_unfold(x, kernel, options)
    for function, argument in [
        (lambda x: unfold(x, kernel, options).exp(), x),
        (lambda c: fold(c, shape[2:], kernel, options).exp(), columns),
    ]:
        assert tc.gradcheck(function, leaf(argument))
        assert tc.gradgradcheck(function, leaf(argument))


@given(data=st.data())
def test_any_unfold_equals_the_loops(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 3))
    numbers = lambda low, high: tuple(data.draw(st.integers(low, high)) for _ in range(n))  # noqa: E731
    kernel, pairs = numbers(1, 3), tuple(zip(numbers(0, 2), numbers(0, 2)))
    options = (numbers(1, 3), pairs, numbers(1, 2))
    shape = (data.draw(st.integers(0, 2)), data.draw(st.integers(1, 2)), *numbers(1, 5 if n < 3 else 3))
    assume(min(window_counts(shape[2:], kernel, options)) > 0)
    x = np.random.default_rng(0).standard_normal(shape)
    columns = slow_unfold(x, kernel, options)
    close(unfold(tc.as_tensor(x), kernel, options), columns)
    close(fold(tc.as_tensor(columns), shape[2:], kernel, options), slow_fold(columns, shape, kernel, options))


def test_a_convolution_is_a_product_with_the_columns() -> None:
    x, w = tc.randn(2, 3, 6, 5).double(), tc.randn(4, 3, 3, 2).double()
    product = w.reshape(4, 18) @ F.unfold(x, (3, 2), padding=1, stride=2)
    close(product.reshape(2, 4, 3, 3), F.conv2d(x, w, padding=1, stride=2).array)


def test_fold_of_unfold_counts_how_often_each_cell_is_seen() -> None:
    ones = tc.ones(1, 1, 3, 3)
    assert F.fold(F.unfold(ones, 2), (3, 3), 2).tolist() == [[[[1, 2, 1], [2, 4, 2], [1, 2, 1]]]]


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: F.unfold(tc.ones(1, 1, 2, 5), 3), RuntimeError, r"unfold: .*Kernel size: \(3 x 3\)"),
        (lambda: F.unfold(tc.ones(4, 4), 2), RuntimeError, r"unfold: .*at least 3 dimensions, got \[4, 4\]"),
        (
            lambda: F.unfold(tc.ones(2, 4, 4), (2,) * 3),
            ValueError,
            r"unfold: kernel_size=\(2, 2, 2\) has 3 entries for 2",
        ),
        (lambda: F.unfold(tc.ones(1, 1, 4, 4).long(), 2), RuntimeError, r"unfold.*\.float\(\)"),
        (lambda: F.fold(tc.ones(1, 4, 9), (3, 3), 2), RuntimeError, r"fold: .*\(N, C\*4, 4\).*\(2 x 2\) = 4 windows"),
        (lambda: F.fold(tc.ones(1, 3, 4), (3, 3), 2), RuntimeError, r"fold: .*but got \[1, 3, 4\]"),
        (lambda: F.fold(tc.ones(1, 4, 4), 3, 2), TypeError, r"fold: output_size=3 must be .* such as \(3, 3\)"),
        (
            lambda: F.fold(tc.ones(1, 4, 4), (1, 3), 2),
            RuntimeError,
            r"fold: .*padded input size per channel: \(1 x 3\)",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_the_numbers(call, error: type, text: str) -> None:
    with pytest.raises(error, match=text):
        call()
