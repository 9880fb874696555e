"""Pooling, unpooling and resizing: values and derivatives against plain loops, on every device."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import tinyconv as tc
from tests.kernels import slow_pool
from tinyconv import nn

F = nn.functional
MAX = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
AVG = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}
UNPOOL = {1: F.max_unpool1d, 2: F.max_unpool2d, 3: F.max_unpool3d}
NAN, INF = math.nan, math.inf
RULES = ["floor", "ceil", "cover_all"]

# size, kernel, stride, padding, dilation
WINDOWS = {
    "1d": ((7,), (3,), (2,), (1,), (1,)),
    "exact": ((4, 6), (2, 3), (2, 3), (0, 0), (1, 1)),
    "left over": ((5, 4), (2, 3), (2, 3), (0, 0), (1, 1)),
    "overlapping": ((4, 5), (3, 2), (1, 1), (0, 0), (1, 1)),
    "overlapping, padded": ((5, 4), (3, 3), (2, 2), (1, 1), (1, 1)),
    "dilated": ((5, 6), (2, 3), (2, 1), (1, 0), (3, 2)),
    "gaps": ((7, 5), (2, 1), (3, 2), (1, 0), (1, 1)),
    "past the end": ((3, 5), (1, 1), (3, 2), (0, 0), (1, 1)),  # cover_all: a window without a cell
    "3d": ((3, 4, 3), (2, 2, 3), (1, 2, 2), (0, 1, 1), (2, 1, 1)),
}
windows = pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS.keys())


def output_size(window: tuple, rule: str) -> tuple[int, ...]:
    return tuple(slow_pool.count_windows(*axis, rule) for axis in zip(*window))


def negatives(*shape: int, seed: int = 0) -> np.ndarray:
    """Different negative numbers: no ties, and a padding of 0 would win over all of them."""
    order = np.random.default_rng(seed).permutation(math.prod(shape))
    return -0.1 * (1 + order.reshape(shape))


def reals(*shape: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def leaf(array: np.ndarray, device: tc.Device | None = None) -> tc.Tensor:
    return tc.as_tensor(device.asarray(array) if device else array).requires_grad_()


def host(tensor: tc.Tensor) -> np.ndarray:
    return tc.asnumpy(tensor.array)


def close(actual: object, expected: np.ndarray) -> None:
    np.testing.assert_allclose(tc.asnumpy(getattr(actual, "array", actual)), expected, 1e-10, 1e-10)


def slow_put(gy: np.ndarray, flat: np.ndarray, size: tuple) -> np.ndarray:
    """Each window's gradient added to the cell that `flat` names; -1 names none."""
    gx = np.zeros((*gy.shape[:2], math.prod(size)))
    for place in np.ndindex(gy.shape):
        if flat[place] >= 0:
            gx[(*place[:2], flat[place])] += gy[place]
    return gx.reshape(gy.shape[:2] + size)


# --- max pooling --------------------------------------------------------------------------------------


def max_pool(x: tc.Tensor, window: tuple, rule: str, return_indices: bool = False):
    return MAX[len(window[0])](x, *window[1:], rule == "ceil", return_indices, cover_all=rule == "cover_all")


@windows
@pytest.mark.parametrize("rule", RULES)
def test_max_pool_equals_the_loops_on_every_device(window: tuple, rule: str, device, on_device) -> None:
    size, output = window[0], output_size(window, rule)
    x = negatives(2, 3, *size)
    expected, _, flat = slow_pool.max_pool(x, *window[1:], output)
    gy = reals(*expected.shape)
    there, seed = leaf(x, device), tc.as_tensor(device.asarray(gy))
    with on_device():
        y, indices = max_pool(there, window, rule, return_indices=True)
        y.backward(seed)
    np.testing.assert_array_equal(host(y), expected)
    np.testing.assert_array_equal(host(indices), flat)
    assert indices.dtype == np.int64
    assert not indices.requires_grad
    close(there.grad, slow_put(gy, flat, size))


@windows
@pytest.mark.parametrize("rule", RULES)
def test_max_pool_first_and_second_derivatives(window: tuple, rule: str) -> None:
    x = leaf(negatives(1, 1, *window[0]))
    if rule == "cover_all" and window == WINDOWS["past the end"]:
        pool = lambda x: max_pool(x, window, rule)[:, :, :1, :].exp()  # noqa: E731 - the last row is -inf
    else:
        pool = lambda x: max_pool(x, window, rule).exp()  # noqa: E731 - curved, so that a second derivative is left
    assert tc.gradcheck(pool, x)
    assert tc.gradgradcheck(pool, x)


@pytest.mark.parametrize("pool", [F.max_pool2d, F.avg_pool2d, F.adaptive_avg_pool2d, F.adaptive_max_pool2d])
def test_third_derivatives(pool) -> None:
    def slope(x: tc.Tensor) -> tuple[tc.Tensor, ...]:
        with tc.enable_grad():  # gradgradcheck looks at the outputs once without
            return tc.grad(pool(x, 2).exp().sum(), x, create_graph=True)

    assert tc.gradgradcheck(slope, leaf(negatives(1, 1, 4, 5)))


@st.composite
def any_window(draw: st.DrawFn) -> tuple:
    n = draw(st.integers(1, 3))
    each = []
    for _ in range(n):
        i, k = draw(st.integers(1, 8 if n == 1 else 5)), draw(st.integers(1, 4))
        s, d = draw(st.integers(1, 4)), draw(st.integers(1, 3))
        span = d * (k - 1) + 1
        p = draw(st.integers(0, span // 2))
        assume(span <= i + 2 * p)
        each.append((i, k, s, p, d))
    return tuple(zip(*each))


@given(any_window(), st.sampled_from(RULES), st.integers(0, 99))
def test_any_max_pool_equals_the_loops(window: tuple, rule: str, seed: int) -> None:
    x = np.random.default_rng(seed).integers(-4, 0, (2, 1, *window[0])).astype(float)  # with ties
    expected, _, flat = slow_pool.max_pool(x, *window[1:], output_size(window, rule))
    tensor, gy = leaf(x), reals(*expected.shape)
    y, indices = max_pool(tensor, window, rule, return_indices=True)
    y.backward(tc.as_tensor(gy))
    np.testing.assert_array_equal(y.array, expected)
    np.testing.assert_array_equal(indices.array, flat)  # the first of equals, in C order
    close(tensor.grad, slow_put(gy, flat, window[0]))


def test_padding_never_wins_over_negative_numbers() -> None:
    x = tc.full((1, 1, 4, 4), -1.0)
    assert (F.max_pool2d(x, 3, stride=2, padding=1).array == -1).all()
    assert (F.max_pool2d(x, 3, stride=2, padding=1, ceil_mode=True).array == -1).all()


def test_nan_wins_and_takes_the_gradient(device, on_device) -> None:
    x = leaf(np.array([[[1.0, NAN, 3.0, 5.0, INF, -INF, NAN, NAN]]]), device)
    with on_device():
        y = F.max_pool1d(x, 2)
        y.sum().backward()
    np.testing.assert_array_equal(host(y), [[[NAN, 5, INF, NAN]]])
    np.testing.assert_array_equal(host(x.grad), [[[0, 1, 0, 1, 1, 0, 1, 0]]])


def test_minus_infinity_is_a_number_like_any_other() -> None:
    x = leaf(np.full((1, 1, 4), -INF))
    y, indices = F.max_pool1d(x, 2, return_indices=True)
    y.backward(tc.ones(1, 1, 2).double())
    assert indices.tolist() == [[[0, 2]]]
    assert x.grad.tolist() == [[[1, 0, 1, 0]]]


def test_cover_all_may_give_a_window_wholly_in_padding_and_ceil_mode_does_not() -> None:
    x = leaf(negatives(1, 1, 3))
    y, indices = F.max_pool1d(x, 1, 3, cover_all=True, return_indices=True)
    assert (y.tolist()[0][0][1], indices.tolist()[0][0]) == (-INF, [0, -1])
    y.backward(tc.ones(1, 1, 2).double())
    assert x.grad.tolist() == [[[1, 0, 0]]]
    assert F.max_pool1d(x, 1, 3, ceil_mode=True).shape == (1, 1, 1)


def test_overlapping_windows_add_their_gradients() -> None:
    x = leaf(np.array([[[1.0, 9.0, 2.0, 3.0]]]))
    F.max_pool1d(x, 3, 1).sum().backward()
    assert x.grad.tolist() == [[[0, 2, 0, 0]]]


@pytest.mark.parametrize("pool", [F.max_pool2d, F.avg_pool2d])
@pytest.mark.parametrize("rule", ["floor", "ceil"])
def test_unbatched_and_empty_batch(pool, rule: str) -> None:
    x = leaf(negatives(2, 3, 5, 4))
    options = {"stride": 2, "padding": 1, "ceil_mode": rule == "ceil"}
    np.testing.assert_array_equal(pool(x[1], 3, **options).array, pool(x, 3, **options).array[1])
    none = leaf(np.zeros((0, 3, 5, 4)))
    y = pool(none, 3, **options)
    y.sum().backward()
    assert y.shape == (0, 3, *pool(x, 3, **options).shape[2:])
    assert none.grad.shape == none.shape


def test_unbatched_indices() -> None:
    x = leaf(negatives(3, 5, 4))
    y, indices = F.max_pool2d(x, 2, return_indices=True)
    assert y.shape == indices.shape == (3, 2, 2)
    assert F.max_unpool2d(y, indices, 2, output_size=(5, 4)).shape == x.shape


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtypes_are_kept(dtype: str) -> None:
    x = leaf(negatives(1, 2, 5, 4).astype(dtype))
    results = [
        F.max_pool2d(x, 2), F.avg_pool2d(x, 2, ceil_mode=True), F.adaptive_avg_pool2d(x, 3),
        F.adaptive_max_pool2d(x, 3), F.interpolate(x, size=7), F.avg_pool2d(x, 3, padding=1),
    ]  # fmt: skip
    assert {y.dtype for y in results} == {np.dtype(dtype)}
    sum(y.sum() for y in results).backward()
    assert x.grad.dtype == dtype


@pytest.mark.parametrize(
    "call",
    [
        lambda x: F.max_pool2d(x, 2),
        lambda x: F.avg_pool2d(x, 2),
        lambda x: F.adaptive_avg_pool2d(x, 1),
        lambda x: F.adaptive_max_pool2d(x, 1),
    ],
)
def test_integers_are_refused_with_the_conversion_that_helps(call) -> None:
    image = tc.arange(16).reshape(1, 1, 4, 4)
    with pytest.raises(RuntimeError, match=r"_pool2d: .*int64 input of shape \(1, 1, 4, 4\).*Use x\.float\(\)"):
        call(image)
    call(image.float())


# --- unpooling ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(6,), (4, 6), (4, 2, 6)])
def test_unpool_puts_values_back_where_they_were(size: tuple, device, on_device) -> None:
    n = len(size)
    x = negatives(2, 3, *size)
    there = leaf(x, device)
    with on_device():
        y, indices = MAX[n](there, 2, return_indices=True)
        back = UNPOOL[n](y, indices, 2)
        (back * back).sum().backward()
    won = np.zeros(x.shape, bool)
    _, _, flat = slow_pool.max_pool(x, (2,) * n, (2,) * n, (0,) * n, (1,) * n, tuple(i // 2 for i in size))
    for place in np.ndindex(flat.shape):
        won.reshape(2, 3, -1)[(*place[:2], flat[place])] = True
    np.testing.assert_array_equal(host(back), np.where(won, x, 0))
    close(there.grad, np.where(won, 2 * x, 0))


def test_unpool_derivatives_and_output_size() -> None:
    x = negatives(1, 2, 5, 4)
    y, indices = F.max_pool2d(tc.as_tensor(x), 2, return_indices=True)
    unpool = lambda y: F.max_unpool2d(y, indices, 2, output_size=(5, 4)).exp()  # noqa: E731
    assert tc.gradcheck(unpool, leaf(y.array))
    assert tc.gradgradcheck(unpool, leaf(y.array))
    assert F.max_unpool2d(y, indices, 2, output_size=(1, 2, 5, 4)).shape == x.shape
    layer = nn.MaxUnpool2d(2)
    assert layer(y, indices, output_size=x.shape).shape == x.shape


def test_unpool_of_padded_windows() -> None:
    x = tc.as_tensor(negatives(1, 1, 6, 7))
    y, indices = F.max_pool2d(x, (2, 3), (2, 3), (1, 1), return_indices=True)
    back = F.max_unpool2d(y, indices, (2, 3), (2, 3), (1, 1))
    assert y.shape == (1, 1, 4, 3)
    assert back.shape == (1, 1, (4 - 1) * 2 - 2 + 2, (3 - 1) * 3 - 2 + 3)
    np.testing.assert_array_equal(back.array, np.where(np.isin(x.array, y.array), x.array, 0))
    layer = nn.MaxUnpool2d((2, 3), (2, 3), (1, 1))
    np.testing.assert_array_equal(layer(y, indices).array, back.array)


@pytest.mark.parametrize("output_size", [(7, 4), (2, 4), (4,)])
def test_unpool_refuses_an_impossible_size(output_size: tuple) -> None:
    y, indices = F.max_pool2d(tc.ones(1, 1, 4, 4), 2, return_indices=True)
    with pytest.raises(ValueError, match=r"max_unpool2d: invalid output_size .*\(4, 4\)"):
        F.max_unpool2d(y, indices, 2, output_size=output_size)


def test_unpool_refuses_indices_of_another_shape_or_type() -> None:
    y, indices = F.max_pool2d(tc.ones(1, 1, 4, 4), 2, return_indices=True)
    for wrong in (indices[:, :, :1], indices.float()):
        with pytest.raises(RuntimeError, match=r"max_unpool2d: indices must be integers .*return_indices=True"):
            F.max_unpool2d(y, wrong, 2)


# --- average pooling ----------------------------------------------------------------------------------

AVERAGES = [{}, {"count_include_pad": False}, {"divisor_override": 3}]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        (name, options)
        for name, window in WINDOWS.items()
        for options in AVERAGES
        # averages have no dilation, and avg_pool1d, as PyTorch's, no divisor_override
        if set(window[4]) == {1} and not (name == "1d" and "divisor_override" in options)
    ],
)
@pytest.mark.parametrize("ceil_mode", [False, True])
def test_avg_pool_equals_the_loops(name: str, options: dict, ceil_mode: bool, device, on_device) -> None:
    window = WINDOWS[name]
    n, (size, kernel, stride, padding, _) = len(window[0]), window
    x = reals(2, 2, *size)
    output = output_size(window, "ceil" if ceil_mode else "floor")
    slow = (options.get("count_include_pad", True), options.get("divisor_override"))
    expected = slow_pool.avg_pool(x, kernel, stride, padding, output, *slow)
    gy, there = reals(*expected.shape), leaf(x, device)
    seed = tc.as_tensor(device.asarray(gy))
    with on_device():
        y = AVG[n](there, kernel, stride, padding, ceil_mode, **options)
        y.backward(seed)
    close(y, expected)
    # linear: the gradient's product with x is the output's with gy
    np.testing.assert_allclose(np.vdot(host(there.grad), x), np.vdot(expected, gy), rtol=1e-9)
    if device.type == "cpu":
        average = lambda x: AVG[n](x, kernel, stride, padding, ceil_mode, **options) ** 2  # noqa: E731
        assert tc.gradcheck(average, leaf(x[:1, :1]))
        assert tc.gradgradcheck(average, leaf(x[:1, :1]))


@given(any_window(), st.booleans(), st.booleans())
def test_any_avg_pool_equals_the_loops(window: tuple, ceil_mode: bool, count_include_pad: bool) -> None:
    size, kernel, stride, padding, _ = window
    plain = (size, kernel, stride, tuple(min(p, k // 2) for p, k in zip(padding, kernel)), (1,) * len(size))
    assume(all(k <= i + 2 * p for i, k, p in zip(size, kernel, plain[3])))
    x = reals(2, 1, *size)
    output = output_size(plain, "ceil" if ceil_mode else "floor")
    expected = slow_pool.avg_pool(x, kernel, stride, plain[3], output, count_include_pad)
    close(AVG[len(size)](tc.as_tensor(x), kernel, stride, plain[3], ceil_mode, count_include_pad), expected)


def test_average_of_float16_does_not_overflow() -> None:
    x = leaf(np.full((1, 1, 16, 16), 1000, np.float16))
    y = F.avg_pool2d(x, 16)
    assert y.item() == 1000.0
    assert F.adaptive_avg_pool2d(x, 1).item() == 1000.0


# --- adaptive pooling ---------------------------------------------------------------------------------

ADAPTIVE_AVG = {1: F.adaptive_avg_pool1d, 2: F.adaptive_avg_pool2d, 3: F.adaptive_avg_pool3d}
ADAPTIVE_MAX = {1: F.adaptive_max_pool1d, 2: F.adaptive_max_pool2d, 3: F.adaptive_max_pool3d}
BINS = [((7,), (3,)), ((5, 4), (2, 4)), ((4, 3), (5, 7)), ((5, 6), (1, 1)), ((3, 4, 5), (2, 3, 2))]


@pytest.mark.parametrize(("size", "output"), BINS)
def test_adaptive_pools_equal_the_loops(size: tuple, output: tuple, device, on_device) -> None:
    n, x = len(size), negatives(2, 2, *size)
    average, maximum, flat = slow_pool.adaptive_pool(x, output)
    gy = reals(*average.shape)
    for_avg, for_max, seed = leaf(x, device), leaf(x, device), tc.as_tensor(device.asarray(gy))
    with on_device():
        a = ADAPTIVE_AVG[n](for_avg, output)
        m, indices = ADAPTIVE_MAX[n](for_max, output, return_indices=True)
        a.backward(seed)
        m.backward(seed)
    close(a, average)
    np.testing.assert_array_equal(host(m), maximum)
    np.testing.assert_array_equal(host(indices), flat)
    close(for_max.grad, slow_put(gy, flat, size))
    shares = np.zeros(x.shape)
    for place, cells in slow_pool.bins(size, output):
        for cell in cells:
            shares[(..., *cell)] += gy[(..., *place)] / len(cells)
    close(for_avg.grad, shares)


@pytest.mark.parametrize(("size", "output"), BINS)
def test_adaptive_pools_have_their_derivatives(size: tuple, output: tuple) -> None:
    n = len(size)
    for pool in (ADAPTIVE_AVG[n], ADAPTIVE_MAX[n]):
        curved = lambda x, pool=pool: pool(x, output).exp()  # noqa: E731
        assert tc.gradcheck(curved, leaf(negatives(1, 1, *size)))
        assert tc.gradgradcheck(curved, leaf(negatives(1, 1, *size)))


@pytest.mark.parametrize(("cells", "bins"), [(1_500_000, 1_000_000), (1000, 1_000_000), (1_000_003, 2)])
def test_many_adaptive_bins_and_many_cells(cells: int, bins: int) -> None:
    """Bins and gradients against sums of integers, which are exact; a Python loop over so many takes minutes."""
    lo, hi = np.arange(bins) * cells // bins, -(-(np.arange(bins) + 1) * cells // bins)
    values = np.random.default_rng(0).integers(-8, 8, cells)
    running = np.concatenate([[0], np.cumsum(values)])
    x = tc.tensor(values.astype("float64")[None, None], requires_grad=True)
    y = F.adaptive_avg_pool1d(x, bins)
    np.testing.assert_allclose(
        y.detach().numpy()[0, 0], (running[hi] - running[lo]) / (hi - lo), rtol=1e-12, atol=1e-12
    )
    y.sum().backward()
    received = np.zeros(cells + 1)
    np.add.at(received, lo, 1 / (hi - lo))
    np.add.at(received, hi, -1 / (hi - lo))
    np.testing.assert_allclose(x.grad.numpy()[0, 0], np.cumsum(received)[:-1], rtol=1e-6, atol=1e-6)
    largest, places = F.adaptive_max_pool1d(x, bins, return_indices=True)
    np.testing.assert_array_equal(largest.detach().numpy()[0, 0], values[places.numpy()[0, 0]])
    assert ((places.numpy()[0, 0] >= lo) & (places.numpy()[0, 0] < hi)).all()


def test_adaptive_sizes_may_be_left_open_or_empty() -> None:
    x = tc.ones(2, 3, 5, 4)
    for pool in (F.adaptive_avg_pool2d, F.adaptive_max_pool2d):
        assert pool(x, (None, 2)).shape == (2, 3, 5, 2)
        assert pool(x[0], 2).shape == (3, 2, 2)
        assert pool(x, (0, 2)).shape == (2, 3, 0, 2)
        assert pool(tc.zeros(0, 3, 5, 4), 2).shape == (0, 3, 2, 2)
        with pytest.raises(ValueError, match=r"adaptive_\w+_pool2d: output_size=.*3 entries for 2 spatial axes"):
            pool(x, (1, 2, 3))


def test_global_pooling_layers() -> None:
    x = reals(2, 3, 4, 5)
    close(nn.GlobalAvgPool()(tc.as_tensor(x)), x.reshape(2, 3, 20).sum(2) / 20)
    close(nn.GlobalMaxPool()(tc.as_tensor(x)), x.reshape(2, 3, 20).max(2))
    assert tc.gradcheck(nn.GlobalMaxPool(), leaf(negatives(1, 2, 2, 3)))


# --- layers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 3])
def test_layers_pass_every_option_on(n: int) -> None:
    x = tc.as_tensor(reals(1, 2, *(7, 6, 5)[:n]))
    layer = getattr(nn, f"MaxPool{n}d")(2, 3, 1, 2, return_indices=True, ceil_mode=True)
    for actual, expected in zip(layer(x), MAX[n](x, 2, 3, 1, 2, True, True)):
        np.testing.assert_array_equal(actual.array, expected.array)
    layer = getattr(nn, f"MaxPool{n}d")(2, 3, cover_all=True)
    np.testing.assert_array_equal(layer(x).array, MAX[n](x, 2, 3, cover_all=True).array)
    layer = getattr(nn, f"AvgPool{n}d")(3, 2, 1, ceil_mode=True, count_include_pad=False)
    np.testing.assert_array_equal(layer(x).array, AVG[n](x, 3, 2, 1, True, False).array)
    layer = getattr(nn, f"AdaptiveMaxPool{n}d")(2, return_indices=True)
    np.testing.assert_array_equal(layer(x)[1].array, ADAPTIVE_MAX[n](x, 2, True)[1].array)
    layer = getattr(nn, f"AdaptiveAvgPool{n}d")(2)
    np.testing.assert_array_equal(layer(x).array, ADAPTIVE_AVG[n](x, 2).array)


# --- resizing -----------------------------------------------------------------------------------------


def slow_nearest(x: np.ndarray, sources: list[list[int]]) -> np.ndarray:
    y = np.zeros(x.shape[:2] + tuple(map(len, sources)))
    for place in itertools.product(*(range(len(s)) for s in sources)):
        y[(..., *place)] = x[(..., *(s[p] for s, p in zip(sources, place)))]
    return y


@pytest.mark.parametrize(
    ("size", "target"),
    [((3,), (7,)), ((3, 4), (6, 4)), ((4, 5), (3, 2)), ((2, 3), (5, 9)), ((2, 3, 2), (4, 4, 2)), ((14,), (18,))],
)
def test_interpolate_to_a_size_equals_the_loops(size: tuple, target: tuple, device, on_device) -> None:
    x = reals(2, 2, *size)
    there = leaf(x, device)
    with on_device():
        y = F.interpolate(there, size=target)
        y.sum().backward()
    sources = [[p * i // o for p in range(o)] for i, o in zip(size, target)]
    np.testing.assert_array_equal(host(y), slow_nearest(x, sources))
    counts = np.ones(())
    for source, i in zip(sources, size):
        counts = np.multiply.outer(counts, np.bincount(source, minlength=i))
    close(there.grad, np.broadcast_to(counts, x.shape))
    if device.type == "cpu":
        assert tc.gradcheck(lambda x: F.interpolate(x, size=target).exp(), leaf(x[:1, :1]))
        assert tc.gradgradcheck(lambda x: F.interpolate(x, size=target).exp(), leaf(x[:1, :1]))


@given(i=st.integers(1, 60), o=st.integers(1, 60))
def test_no_size_is_off_by_one_from_rounding(i: int, o: int) -> None:
    y = F.interpolate(tc.arange(i).float().reshape(1, 1, i), size=o)
    assert y.tolist() == [[[p * i // o for p in range(o)]]]


@pytest.mark.parametrize("factor", [1, 2, 3, 1.5, 0.5, 2.5, (2, 1.5), (0.75, 3)])
def test_interpolate_by_a_factor_equals_the_loops(factor, device, on_device) -> None:
    x = reals(1, 2, 4, 6)
    there = leaf(x, device)
    with on_device():
        y = F.interpolate(there, scale_factor=factor)
        y.sum().backward()
    factors = factor if isinstance(factor, tuple) else (factor, factor)
    sources = [[min(math.floor(p / f), i - 1) for p in range(math.floor(i * f))] for i, f in zip((4, 6), factors)]
    np.testing.assert_array_equal(host(y), slow_nearest(x, sources))
    np.testing.assert_array_equal(nn.Upsample(scale_factor=factor)(tc.as_tensor(x)).array, host(y))


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({}, ValueError),
        ({"size": 4, "scale_factor": 2}, ValueError),
        ({"size": 0}, ValueError),
        ({"size": (1, 2, 3)}, ValueError),
        ({"scale_factor": 0.1}, RuntimeError),
        ({"scale_factor": -1}, RuntimeError),
        ({"scale_factor": (2, 2, 2)}, RuntimeError),
        ({"size": 4, "mode": "linear"}, NotImplementedError),
    ],
)
def test_interpolate_refuses_what_it_cannot_do(options: dict, error: type) -> None:
    with pytest.raises(error, match=r"^interpolate: "):
        F.interpolate(tc.ones(1, 1, 4, 4), **options)


@settings(max_examples=10)
@given(any_window(), st.sampled_from(["floor", "ceil"]))
def test_any_max_pool_has_its_derivatives(window: tuple, rule: str) -> None:
    assume(math.prod(window[0]) < 40)
    x = leaf(negatives(1, 1, *window[0]))
    assume(np.isfinite(max_pool(x, window, rule).array).all())  # a dilated window may step over all cells
    assert tc.gradcheck(lambda x: max_pool(x, window, rule).exp(), x)
    assert tc.gradgradcheck(lambda x: max_pool(x, window, rule).exp(), x)
