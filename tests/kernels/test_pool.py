"""Pooling kernels against plain loops, PyTorch's numbers, and their own adjoints."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.kernels import slow_pool
from tinyconv import backend
from tinyconv.kernels import pool, tuning
from tinyconv.kernels.geometry import pool_geometry
from tinyconv.kernels.pool import maximum, windows
from tinyconv.kernels.sampling import put_flat

NAN, INF = math.nan, math.inf

# (size, kernel, stride, padding, dilation)
WINDOWS_2D = [
    ((6, 4), (2, 2), (2, 2), (0, 0), (1, 1)),  # no overlap, exact
    ((5, 7), (2, 2), (2, 2), (0, 0), (1, 1)),  # the last row and column are left over
    ((5, 7), (3, 2), (1, 2), (1, 1), (1, 1)),  # overlapping, padded
    ((6, 5), (3, 3), (2, 2), (1, 1), (1, 1)),
    ((7, 8), (2, 3), (1, 1), (0, 1), (3, 2)),  # dilated
    ((7, 5), (2, 2), (3, 3), (1, 0), (1, 1)),  # gaps between windows
    ((3, 5), (1, 1), (3, 2), (0, 0), (1, 1)),  # cover_all: windows past the end
    ((3, 3), (3, 3), (3, 3), (0, 0), (1, 1)),  # one window, the whole plane
    ((1, 4), (2, 2), (1, 1), (2, 1), (3, 1)),  # dilation steps over the one row: windows without a cell
]
RULES = ["floor", "ceil", "cover_all"]


def make_geometry(size, kernel, stride, padding, dilation, rule):
    return pool_geometry(
        size, kernel, stride, padding, dilation, ceil_mode=rule == "ceil", cover_all=rule == "cover_all"
    )


def random_input(*shape, seed=0, dtype=np.float64):
    """Negative numbers with many ties, so that padding by 0 or a wrong tie rule shows."""
    return (np.random.default_rng(seed).integers(-9, 0, shape)).astype(dtype)


def random_reals(*shape, seed=1):
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.fixture(params=["gather", "slices"])
def taps_by(request, monkeypatch):
    """Run take_taps and put_taps both ways: the CPU's and the GPU's."""
    if request.param == "slices":
        monkeypatch.setattr(pool, "take_taps", maximum._take_by_slices)
        monkeypatch.setattr(pool, "put_taps", maximum._put_by_slices)


# --- max pooling --------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("case", WINDOWS_2D)
def test_max_pool_equals_the_loops(case, rule):
    g = make_geometry(*case, rule)
    assert g.output_size == tuple(slow_pool.count_windows(*axis, rule) for axis in zip(*case))
    x = random_input(2, 3, *case[0])
    y, taps = pool.max_pool(x, g)
    y_slow, taps_slow, flat_slow = slow_pool.max_pool(x, *case[1:], g.output_size)
    np.testing.assert_array_equal(y, y_slow)
    np.testing.assert_array_equal(taps, taps_slow)
    np.testing.assert_array_equal(pool.flat_indices(taps, g), flat_slow)
    assert taps.dtype == np.uint8
    assert pool.flat_indices(taps, g).dtype == np.int64


@pytest.mark.parametrize("size", [(9,), (4, 5, 6)])
def test_max_pool_has_any_number_of_axes(size):
    n = len(size)
    case = (size, (3, 2, 2)[:n], (2, 1, 3)[:n], (1, 0, 1)[:n], (1, 2, 1)[:n])
    g = make_geometry(*case, "floor")
    x = random_input(2, 2, *size)
    y, taps = pool.max_pool(x, g)
    y_slow, _, flat_slow = slow_pool.max_pool(x, *case[1:], g.output_size)
    np.testing.assert_array_equal(y, y_slow)
    np.testing.assert_array_equal(pool.flat_indices(taps, g), flat_slow)


@given(
    i=st.integers(1, 12),
    k=st.integers(1, 5),
    s=st.integers(1, 5),
    p=st.integers(0, 4),
    d=st.integers(1, 3),
    rule=st.sampled_from(RULES),
    special=st.lists(st.tuples(st.integers(0, 11), st.sampled_from([NAN, -INF, INF, 0.0, -0.0]))),
)
def test_max_pool_of_any_window(i, k, s, p, d, rule, special):
    span = d * (k - 1) + 1
    assume(2 * p <= span <= i + 2 * p)
    x = random_input(1, 1, i)
    for at, value in special:
        x[0, 0, at % i] = value
    g = make_geometry((i,), (k,), (s,), (p,), (d,), rule)
    assert g.output_size == (slow_pool.count_windows(i, k, s, p, d, rule),)
    y, taps = pool.max_pool(x, g)
    y_slow, taps_slow, flat_slow = slow_pool.max_pool(x, (k,), (s,), (p,), (d,), g.output_size)
    np.testing.assert_array_equal(y, y_slow)
    y_alone, no_taps = pool.max_pool(x, g, with_taps=False)
    assert no_taps is None
    np.testing.assert_array_equal(y_alone.view(np.int32), y.view(np.int32))  # to the sign of a zero
    np.testing.assert_array_equal(taps, taps_slow)
    np.testing.assert_array_equal(pool.flat_indices(taps, g), flat_slow)


def test_padding_never_wins():
    x = np.full((1, 1, 3, 3), -1.0)
    y, _ = pool.max_pool(x, pool_geometry((3, 3), 3, 2, 1))
    np.testing.assert_array_equal(y, np.full((1, 1, 2, 2), -1.0))


def test_a_real_minus_infinity_wins_over_padding():
    g = pool_geometry((2,), 2, 2, 1)
    y, taps = pool.max_pool(np.array([[[-INF, -INF]]]), g)
    np.testing.assert_array_equal(y, [[[-INF, -INF]]])
    np.testing.assert_array_equal(taps, [[[1, 0]]])  # the second tap of the first window is cell 0


def test_the_first_maximum_wins_and_the_first_nan():
    g = pool_geometry((2, 2), 2)
    winner = {(5, 5, 5, 5): 0, (1, 5, 5, 2): 1, (NAN, 9, NAN, 1): 0, (9, NAN, INF, NAN): 1, (-INF,) * 4: 0}
    for cells, tap in winner.items():
        y, taps = pool.max_pool(np.array(cells, dtype=np.float32).reshape(1, 1, 2, 2), g)
        assert taps.item() == tap
        np.testing.assert_array_equal(y.item(), cells[tap])


def test_windows_wholly_in_padding(taps_by):
    g = pool_geometry((3,), 1, 3, cover_all=True)
    x = np.array([[[-2.0, 5.0, 7.0]]])
    y, taps = pool.max_pool(x, g)
    np.testing.assert_array_equal(y, [[[-2.0, -INF]]])
    np.testing.assert_array_equal(taps, [[[0, 1]]])  # tap 1 of a window that has only tap 0
    np.testing.assert_array_equal(pool.flat_indices(taps, g), [[[0, -1]]])
    np.testing.assert_array_equal(pool.take_taps(x, taps, g), [[[-2.0, 0.0]]])
    np.testing.assert_array_equal(pool.put_taps(np.array([[[3.0, 4.0]]]), taps, g), [[[3.0, 0.0, 0.0]]])


@pytest.mark.parametrize(("kernel", "dtype"), [((2, 127), "uint8"), ((5, 51), "uint8"), ((16, 16), "uint16")])
def test_taps_fit_their_type(kernel, dtype):
    x = np.zeros((1, 1, *kernel))
    x[..., -1, -1] = 1
    g = pool_geometry(kernel, kernel)
    y, taps = pool.max_pool(x, g)
    assert y.item() == 1
    assert taps.dtype == dtype
    assert taps.item() == math.prod(kernel) - 1


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_types_are_kept(dtype):
    g = pool_geometry((5, 5), 3, 2, 1)
    x = random_input(1, 2, 5, 5, dtype=dtype)
    y, taps = pool.max_pool(x, g)
    results = [y, pool.take_taps(x, taps, g), pool.put_taps(y, taps, g), pool.window_sum(x, g)]
    results += [
        pool.window_spread(y, g),
        pool.adaptive_avg_pool(x, (2, 3)),
        pool.adaptive_max_pool(x, (2, 3))[0],
    ]
    results += [pool.adaptive_avg_pool_grad(y, (5, 5)), pool.window_divisor(g, np, dtype, False)]
    assert {str(r.dtype) for r in results} == {dtype}
    np.testing.assert_array_equal(y, slow_pool.max_pool(x, (3, 3), (2, 2), (1, 1), (1, 1), (3, 3))[0])


def test_float16_sums_keep_their_digits():
    ones = np.ones((1, 1, 64, 64), dtype=np.float16)
    g = pool_geometry((64, 64), 64)
    assert pool.window_sum(ones, g).item() == 4096  # 2048 + 1 is 2048 in float16
    assert put_flat(ones, np.zeros(ones.shape, dtype=np.int64), (1,)).item() == 4096


def test_any_memory_layout():
    g = pool_geometry((6, 5), 3, 2, 1)
    x = random_input(2, 3, 6, 5)
    y, taps = pool.max_pool(x, g)
    moved = np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)
    moved.flags.writeable = False
    assert not moved.flags.c_contiguous
    for got, want in zip(pool.max_pool(moved, g), (y, taps)):
        np.testing.assert_array_equal(got, want)
    np.testing.assert_array_equal(pool.take_taps(moved, taps, g), y)
    np.testing.assert_array_equal(pool.window_sum(moved, g), pool.window_sum(x, g))


def test_more_planes_than_one_piece(monkeypatch):
    g = pool_geometry((6, 5), 3, 2, 1)
    x = random_input(3, 5, 6, 5)
    whole = pool.max_pool(x, g)
    monkeypatch.setattr(tuning, "POOL_BYTES", 2 * 6 * 5 * 8)  # pieces of two planes, the last of one
    for got, want in zip(pool.max_pool(x, g), whole):
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("shape", [(0, 3, 6, 5), (2, 0, 6, 5)])
def test_empty_batches(shape):
    g = pool_geometry((6, 5), 2)
    x = np.zeros(shape, dtype=np.float32)
    y, taps = pool.max_pool(x, g)
    assert y.shape == taps.shape == pool.take_taps(x, taps, g).shape == shape[:2] + (3, 2)
    assert pool.put_taps(y, taps, g).shape == shape
    assert pool.window_spread(pool.window_sum(x, g), g).shape == shape
    assert pool.adaptive_avg_pool_grad(pool.adaptive_avg_pool(x, (4, 1)), (6, 5)).shape == shape
    assert pool.adaptive_max_pool(x, (4, 1))[1].shape == shape[:2] + (4, 1)


# --- the linear maps of its derivatives ---------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("case", WINDOWS_2D)
def test_take_and_put_are_adjoint(case, rule, taps_by):
    g = make_geometry(*case, rule)
    y, taps = pool.max_pool(random_input(2, 3, *case[0]), g)
    x, gy = random_reals(2, 3, *case[0]), random_reals(*y.shape, seed=2)
    taken, put = pool.take_taps(x, taps, g), pool.put_taps(gy, taps, g)
    np.testing.assert_allclose(np.sum(taken * gy), np.sum(x * put), rtol=1e-12)
    flat = slow_pool.max_pool(random_input(2, 3, *case[0]), *case[1:], g.output_size)[2]
    for n, c in np.ndindex(2, 3):
        expected = np.zeros(math.prod(case[0]))
        for index, value in zip(flat[n, c].flat, gy[n, c].flat):
            if index >= 0:
                expected[index] += value
        np.testing.assert_allclose(put[n, c].ravel(), expected, rtol=1e-12)


def test_put_adds_where_windows_overlap(taps_by):
    g = pool_geometry((3, 3), 2, stride=1)
    x = np.zeros((1, 1, 3, 3))
    x[0, 0, 1, 1] = 1  # wins in all four windows
    _, taps = pool.max_pool(x, g)
    gx = pool.put_taps(np.array([[[[1.0, 2.0], [4.0, 8.0]]]]), taps, g)
    np.testing.assert_array_equal(gx, 15 * x)


def test_an_infinite_gradient_stays_in_its_cell(taps_by):
    g = pool_geometry((4,), 2)
    _, taps = pool.max_pool(np.array([[[1.0, 2.0, 4.0, 3.0]]]), g)
    gx = pool.put_taps(np.array([[[INF, NAN]]]), taps, g)
    np.testing.assert_array_equal(gx, [[[0, INF, NAN, 0]]])
    y = pool.take_taps(np.array([[[INF, 2.0, 4.0, NAN]]]), taps, g)
    np.testing.assert_array_equal(y, [[[2.0, 4.0]]])


# --- average pooling ----------------------------------------------------------------------------------


@pytest.mark.parametrize("count_include_pad", [True, False])
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("case", [c for c in WINDOWS_2D if c[-1] == (1, 1)])
def test_average_equals_the_loops(case, rule, count_include_pad):
    size, kernel, stride, padding, _ = case
    g = make_geometry(*case, rule)
    x = random_reals(2, 3, *size)
    y = pool.window_sum(x, g) / pool.window_divisor(g, np, x.dtype, count_include_pad)
    slow = slow_pool.avg_pool(x, kernel, stride, padding, g.output_size, count_include_pad)
    np.testing.assert_allclose(y, slow, rtol=1e-12, atol=1e-14)
    by_seven = pool.window_sum(x, g) / pool.window_divisor(g, np, x.dtype, count_include_pad, 7)
    slow = slow_pool.avg_pool(x, kernel, stride, padding, g.output_size, divisor=7)
    np.testing.assert_allclose(by_seven, slow, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("case", [*WINDOWS_2D, ((4, 5, 6), (3, 2, 2), (2, 1, 3), (1, 0, 1), (1, 2, 1))])
def test_sum_and_spread_are_adjoint(case, rule):
    g = make_geometry(*case, rule)
    x = random_reals(2, 3, *case[0])
    gy = random_reals(2, 3, *g.output_size, seed=2)
    np.testing.assert_allclose(np.sum(pool.window_sum(x, g) * gy), np.sum(x * pool.window_spread(gy, g)), rtol=1e-11)


def test_a_divisor_of_zero_is_refused():
    with pytest.raises(RuntimeError, match="avg_pool: divisor must be not zero"):
        pool.window_divisor(pool_geometry((4,), 2), np, "float32", divisor_override=0)


def test_the_divisor_is_one_number_where_windows_agree():
    assert pool.window_divisor(pool_geometry((6, 4), 2), np, "float32") == 4.0
    assert pool.window_divisor(pool_geometry((6, 4), (3, 2), 1, 1), np, "float32") == 6.0
    assert pool.window_divisor(pool_geometry((5, 4), 2, ceil_mode=True), np, "float32").shape == (3, 2)


# PyTorch 2.13.0: max_pool1d and avg_pool1d of x[j] = (7*j*j + 3*j) % 11 - 8 with ceil_mode=True.
# ((size, kernel, stride, padding), maximum, average, average with count_include_pad=False)
TORCH_CEIL_MODE = [
    ((2, 3, 2, 1), [2, 2], [-2, 1], [-3, 2]),
    ((2, 4, 3, 2), [2, 2], [-1.5, 0.666667], [-3, 2]),
    ((3, 1, 3, 0), [-8], [-8], [-8]),
    ((3, 3, 4, 1), [2], [-2], [-3]),
    ((3, 4, 2, 1), [2, 2], [-3.25, -1.66667], [-4.33333, -2.5]),
    ((3, 4, 4, 2), [2, -7], [-1.5, -2.33333], [-3, -7]),
    ((4, 3, 3, 0), [2, -2], [-4.33333, -2], [-4.33333, -2]),
    ((4, 3, 4, 1), [2, -2], [-2, -1], [-3, -2]),
    ((5, 2, 4, 0), [2, -5], [-3, -5], [-3, -5]),
    ((5, 3, 3, 0), [2, -2], [-4.33333, -3.5], [-4.33333, -3.5]),
    ((5, 3, 3, 1), [2, -2], [-2, -4.66667], [-3, -4.66667]),
    ((5, 4, 2, 1), [2, 2, -2], [-3.25, -3, -2.33333], [-4.33333, -3, -3.5]),
    ((6, 1, 4, 0), [-8, -5], [-8, -5], [-8, -5]),
    ((6, 2, 4, 1), [-8, -2], [-4, -3.5], [-8, -3.5]),
    ((6, 3, 2, 1), [2, 2, -2, -5], [-2, -2.33333, -4, -2.5], [-3, -2.33333, -4, -5]),
    ((6, 3, 4, 0), [2, -5], [-4.33333, -5], [-4.33333, -5]),
    ((6, 3, 4, 1), [2, -2], [-2, -4], [-3, -4]),
    ((6, 4, 3, 0), [2, -2], [-3.75, -4], [-3.75, -4]),
    (
        (7, 2, 1, 0),
        [2, 2, -2, -2, -5, -2],
        [-3, -2.5, -4.5, -3.5, -5, -3.5],
        [-3, -2.5, -4.5, -3.5, -5, -3.5],
    ),
    (
        (7, 3, 1, 1),
        [2, 2, 2, -2, -2, -2, -2],
        [-2, -4.33333, -2.33333, -4.66667, -4, -4, -2.33333],
        [-3, -4.33333, -2.33333, -4.66667, -4, -4, -3.5],
    ),
    ((7, 3, 3, 0), [2, -2, -2], [-4.33333, -4, -2], [-4.33333, -4, -2]),
    ((7, 4, 4, 2), [2, -2, -2], [-1.5, -4.75, -0.666667], [-3, -4.75, -2]),
    (
        (8, 2, 1, 1),
        [-8, 2, 2, -2, -2, -5, -2, -2, -7],
        [-4, -3, -2.5, -4.5, -3.5, -5, -3.5, -4.5, -3.5],
        [-8, -3, -2.5, -4.5, -3.5, -5, -3.5, -4.5, -7],
    ),
    ((8, 2, 4, 0), [2, -5], [-3, -5], [-3, -5]),
    ((8, 3, 2, 1), [2, 2, -2, -2, -7], [-2, -2.33333, -4, -4.66667, -3.5], [-3, -2.33333, -4, -4.66667, -7]),
    ((8, 3, 4, 0), [2, -2], [-4.33333, -4], [-4.33333, -4]),
    ((8, 3, 4, 1), [2, -2, -7], [-2, -4, -3.5], [-3, -4, -7]),
    ((8, 4, 2, 1), [2, 2, -2, -2], [-3.25, -3, -3.5, -3.5], [-4.33333, -3, -3.5, -4.66667]),
]


@pytest.mark.parametrize(("case", "maximum", "average", "average_of_real"), TORCH_CEIL_MODE)
def test_ceil_mode_as_torch(case, maximum, average, average_of_real):
    i, k, s, p = case
    j = np.arange(i)
    x = ((7 * j * j + 3 * j) % 11 - 8.0).reshape(1, 1, i)
    g = pool_geometry((i,), k, s, p, ceil_mode=True)
    np.testing.assert_array_equal(pool.max_pool(x, g)[0], [[maximum]])
    total = pool.window_sum(x, g)
    recorded_digits = 5e-6
    for include, expected in ((True, average), (False, average_of_real)):
        got = total / pool.window_divisor(g, np, x.dtype, include)
        np.testing.assert_allclose(got, [[expected]], rtol=recorded_digits)


# --- adaptive pooling ---------------------------------------------------------------------------------

ADAPTIVE = [
    ((5,), (2,)),
    ((4,), (4,)),
    ((3,), (5,)),  # more bins than cells: they overlap
    ((7, 5), (3, 2)),
    ((6, 4), (3, 2)),
    ((5, 6), (1, 1)),
    ((4, 5, 6), (3, 2, 4)),
]


@pytest.mark.parametrize(("size", "output"), ADAPTIVE)
def test_adaptive_pooling_equals_the_loops(size, output):
    x, ties = random_reals(2, 3, *size), random_input(2, 3, *size)
    np.testing.assert_allclose(pool.adaptive_avg_pool(x, output), slow_pool.adaptive_pool(x, output)[0], rtol=1e-12)
    _, maximum, flat = slow_pool.adaptive_pool(ties, output)
    y, indices = pool.adaptive_max_pool(ties, output)
    np.testing.assert_array_equal(y, maximum)
    np.testing.assert_array_equal(indices, flat)
    assert indices.dtype == np.int64


@pytest.mark.parametrize(("size", "output"), ADAPTIVE)
def test_adaptive_average_and_its_gradient_are_adjoint(size, output):
    x, gy = random_reals(2, 3, *size), random_reals(2, 3, *output, seed=2)
    np.testing.assert_allclose(
        np.sum(pool.adaptive_avg_pool(x, output) * gy),
        np.sum(x * pool.adaptive_avg_pool_grad(gy, size)),
        rtol=1e-11,
    )


def test_adaptive_pooling_keeps_nan_and_infinity_in_their_bins():
    x = np.array([[[NAN, 1.0, 2.0, INF, 4.0, -INF]]])
    np.testing.assert_array_equal(pool.adaptive_avg_pool(x, (3,)), [[[NAN, INF, -INF]]])
    y, indices = pool.adaptive_max_pool(x, (3,))
    np.testing.assert_array_equal(y, [[[NAN, INF, 4.0]]])
    np.testing.assert_array_equal(indices, [[[0, 3, 4]]])
    two_nans = np.array([[[[1.0, NAN], [NAN, 2.0]]]])
    assert pool.adaptive_max_pool(two_nans, (1, 1))[1].item() == 1


def test_adaptive_pooling_of_nothing_is_refused():
    with pytest.raises(RuntimeError, match=r"adaptive_pool: Expected input to have non-zero size .* \(0 x 3\)"):
        pool.adaptive_avg_pool(np.zeros((1, 1, 0, 3)), (1, 1))


# --- on each device -----------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("case", [WINDOWS_2D[k] for k in (0, 3, 4, 6)])
def test_each_device_gives_the_same_numbers(case, rule, device, on_device):
    g = make_geometry(*case, rule)
    host = random_reals(2, 3, *case[0])
    host_gy = random_reals(2, 3, *g.output_size, seed=2)

    def everything(x, gy, xp):
        y, taps = pool.max_pool(x, g)
        return [
            y,
            taps,
            pool.take_taps(x, taps, g),
            pool.put_taps(gy, taps, g),
            pool.flat_indices(taps, g),
            pool.window_sum(x, g),
            pool.window_spread(gy, g),
            gy / pool.window_divisor(g, xp, x.dtype, False),
            pool.adaptive_avg_pool(x, (2, 3)),
            pool.adaptive_avg_pool_grad(gy, case[0]),
            *pool.adaptive_max_pool(x, (2, 3)),
        ]

    x, gy = device.asarray(host), device.asarray(host_gy)
    with on_device():
        results = everything(x, gy, device.xp)
    assert all(backend.device_of(r) == device for r in results)
    for got, want in zip(results, everything(host, host_gy, np)):
        np.testing.assert_allclose(backend.asnumpy(got), want, rtol=1e-12, atol=1e-14)


def test_the_cases_hold_what_they_claim():
    """Overlapping windows, windows past the padding, and windows without a cell are all among them."""
    kinds = set()
    for case, rule in itertools.product(WINDOWS_2D, RULES):
        g = make_geometry(*case, rule)
        kinds |= {"overlap"} if g.kernel_size > g.stride else set()
        kinds |= {"reach"} if any(g.reach) else set()
        kinds |= {"empty"} if windows.has_empty_window(g) else set()
    assert kinds == {"overlap", "reach", "empty"}
