"""Sums of every layout keep their digits; emptiness, infinities and types are NumPy's."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tinyconv.backend import Device
from tinyconv.kernels import threads, tuning
from tinyconv.kernels.sums import add_up, sum_of_squares

inf, nan = math.inf, math.nan
LENGTHS = [1, 2, 3, 17, 33, 64, 100, 1000, 3000]
ROWS = [1, 2, 31, 32, 33, 47, 63, 64, 255, 1000, 4097, 70001]


def random_layout(random: np.random.Generator) -> np.ndarray:
    """An array of up to 4 axes, of random or of equal values, permuted, flipped, with gaps or repeats."""
    shape = [int(random.choice(LENGTHS)) for _ in range(random.integers(1, 5))]
    while math.prod(shape) > 1e6:
        shape[np.argmax(shape)] = int(random.choice([1, 2, 7]))
    equal = random.random() < 0.5
    x = np.full(shape, 0.1 + random.random(), np.float32) if equal else random.random(shape, dtype=np.float32)
    x = x.transpose(random.permutation(x.ndim))
    for axis in range(x.ndim):
        change = random.integers(8)
        along = np.moveaxis(x, axis, 0)
        if change == 0:
            along = along[::-1]
        elif change == 1:
            along = along[::2]
        elif change == 2:
            along = np.broadcast_to(along[:1], (50, *along.shape[1:]))
        x = np.moveaxis(along, 0, axis)
    return x


@pytest.mark.parametrize("seed", range(60))
def test_random_layouts(seed: int) -> None:
    random = np.random.default_rng(seed)
    x = random_layout(random)
    axes = tuple(random.permutation(x.ndim)[: random.integers(x.ndim + 1)].tolist())
    keepdims = bool(random.integers(2))
    expected = x.sum(axes, dtype=np.float64, keepdims=keepdims)
    result = add_up(x, axes, keepdims)
    assert result.dtype == np.float32
    assert result.shape == expected.shape
    np.testing.assert_allclose(result, expected, rtol=1e-6)


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("columns", [1, 3, 200])
def test_every_number_of_rows(rows: int, columns: int) -> None:
    x = np.random.default_rng(rows).random((2, rows, columns), dtype=np.float32)
    expected = [[math.fsum(x[i, :, j]) for j in range(columns)] for i in range(2)]
    np.testing.assert_allclose(add_up(x, (1,)), expected, rtol=1e-6)


@pytest.mark.parametrize("value", [0.1, 1 / 3, 1.7, 1e-40, 1e30])
def test_equal_values_add_up(value: float) -> None:
    x = np.full((1 << 18, 3), value, np.float32)
    expected = float(x[0, 0]) * len(x)
    np.testing.assert_allclose(add_up(x, (0,)), expected, rtol=1e-6)


def test_more_ones_than_float32_can_count() -> None:
    ones = np.broadcast_to(np.float32(1), (1 << 25, 2))
    assert add_up(ones, (0,)).tolist() == [1 << 25] * 2


def test_whole_numbers_are_exact_whatever_the_order() -> None:
    x = np.random.default_rng(0).integers(-9, 9, (50, 40, 30)).astype(np.float32)
    for axes in [(0,), (1,), (0, 2), (0, 1), (0, 1, 2)]:
        np.testing.assert_array_equal(add_up(x, axes), x.astype(np.int64).sum(axes))


def test_negative_axes_and_all_axes() -> None:
    x = np.arange(3000 * 4, dtype=np.float32).reshape(3000, 4)
    np.testing.assert_array_equal(add_up(x, (-2,), keepdims=True), x.sum(0, dtype=np.float64, keepdims=True))
    assert add_up(x.T[:, ::2]) == x[::2].sum(dtype=np.float64)


@pytest.mark.parametrize(("shape", "axes"), [((0, 5000), (0,)), ((5000, 0), (0,)), ((0,), None), ((3, 0, 2), (0, 2))])
def test_empty_axes(shape: tuple[int, ...], axes: tuple[int, ...] | None) -> None:
    x = np.zeros(shape, np.float32)
    np.testing.assert_array_equal(add_up(x, axes), x.sum(axes))


@pytest.mark.parametrize("rows", [8, 5000])
def test_infinities_and_overflow(rows: int) -> None:
    x = np.zeros((rows, 5), np.float32)
    x[1, 0] = inf
    x[2, 1] = nan
    x[1, 2], x[-1, 2] = inf, -inf
    x[:, 3] = 3e38
    x[:, 4] = -3e38
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(add_up(x, (0,)), np.float32([inf, nan, nan, inf, -inf]))


@pytest.mark.parametrize("axes", [(0,), (1,), (0, 1)])
def test_float16_is_summed_in_float32(axes: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).random((3000, 200)).astype(np.float16)
    result = add_up(x, axes)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, x.sum(axes, dtype=np.float64), rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float64", "int64"])
def test_other_types_are_numpys(dtype: str) -> None:
    x = (100 * np.random.default_rng(0).random((3000, 4))).astype(dtype)
    result = add_up(x, (0,))
    assert result.dtype == dtype
    np.testing.assert_array_equal(result, x.sum(0))


def test_a_device_sums_by_itself() -> None:
    array = Device("strict").asarray(np.ones((tuning.SMALL_SUM, 2), np.float32))
    assert add_up(array, (0,)).get().tolist() == [tuning.SMALL_SUM] * 2


def test_the_argument_is_left_alone() -> None:
    x = np.ones((5000, 2), np.float32)
    for axes in [(), (0,), (1,)]:
        result = add_up(x, axes)
        result += 1
    assert (x == 1).all()


@pytest.mark.parametrize("size", [0, 1, 1024, 1025, 1536, 1 << 20, (1 << 20) + 3])
@pytest.mark.parametrize("step", [1, 2])
def test_squares_of_every_length(size: int, step: int) -> None:
    x = np.full(size * step, 0.1, np.float32)[::step]
    np.testing.assert_allclose(sum_of_squares(x), size * float(np.float32(0.1)) ** 2, rtol=1e-6)


def test_squares_on_a_device() -> None:
    assert sum_of_squares(Device("strict").asarray(np.full((2, 600), 2, np.float32))).get() == 4800


@pytest.mark.parametrize("seed", range(30))
def test_parts_for_threads(seed: int, monkeypatch: pytest.MonkeyPatch, thread_count: None) -> None:
    """Cut into parts the sum keeps its digits, and no bit of it depends on the number of threads."""
    monkeypatch.setattr(tuning, "SHARED_SUM", tuning.SMALL_SUM)
    monkeypatch.setattr(tuning, "SMALL_WORK", 0)
    random = np.random.default_rng(seed)
    x = random_layout(random)
    axes = tuple(random.permutation(x.ndim)[: random.integers(x.ndim + 1)].tolist())
    keepdims = bool(random.integers(2))
    results = []
    for number in (1, 3):
        threads.set_num_threads(number)
        results.append(add_up(x, axes, keepdims))
    assert (results[0] == results[1]).all()
    expected = x.sum(axes, dtype=np.float64, keepdims=keepdims)
    assert results[0].shape == expected.shape
    np.testing.assert_allclose(results[0], expected, rtol=1e-6)
