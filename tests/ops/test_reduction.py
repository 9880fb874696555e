"""Reductions: values, derivatives, dims in every spelling, ties, extremes, dtypes, emptiness, errors."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import tinyconv as tc
from tests.ops.opcheck import check, draw, host, leaf

inf, nan = math.inf, math.nan
SHAPE = (2, 3, 4)
DIMS = [None, 0, 1, -1, (0, 2), (-1, 0), [1], (0, 1, 2), (-2, -3)]


def fold(combine, dim, keepdim=False):
    """Reduce by plain loops: `combine` gets the list of the floats that one result is made of."""

    def reduced(x):
        dims = range(x.ndim) if dim is None else [dim] if isinstance(dim, int) else dim
        dims = {d % x.ndim for d in dims} if x.ndim else set()
        shape = [1 if i in dims else n for i, n in enumerate(x.shape)]
        out = np.empty(shape)
        for index in np.ndindex(*shape):
            ranges = [range(n) if i in dims else [index[i]] for i, n in enumerate(x.shape)]
            out[index] = combine([float(x[place]) for place in itertools.product(*ranges)])
        return out if keepdim else out.reshape([n for i, n in enumerate(x.shape) if i not in dims])

    return reduced


def variance(values, correction=1):
    mean = math.fsum(values) / len(values)
    return math.fsum((v - mean) ** 2 for v in values) / (len(values) - correction)


def p_norm(p):
    return lambda values: math.fsum(abs(v) ** p for v in values) ** (1 / p)


REDUCTIONS = {
    "sum": (tc.sum, math.fsum),
    "mean": (tc.mean, lambda v: math.fsum(v) / len(v)),
    "var": (tc.var, variance),
    "std": (tc.std, lambda v: math.sqrt(variance(v))),
    "prod": (tc.prod, math.prod),
    "amax": (tc.amax, max),
    "amin": (tc.amin, min),
    "logsumexp": (tc.logsumexp, lambda v: math.log(math.fsum(map(math.exp, v)))),
    "norm": (tc.norm, p_norm(2)),
}


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("dim", [None, 1, (0, -1)], ids=str)
def test_value_and_derivatives(name, dim, device, on_device):
    op, combine = REDUCTIONS[name]
    x = draw(2, 3, 2, apart=0.1)
    check(lambda x: op(x, dim=dim), fold(combine, dim), x, device=device, on_device=on_device)


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("dim", DIMS, ids=str)
def test_dims_in_every_spelling(name, dim):
    op, combine = REDUCTIONS[name]
    x = draw(*SHAPE)
    t = tc.tensor(x)
    method = getattr(t, name)
    for keepdim in (False, True):
        expected = fold(combine, dim, keepdim)(x)
        for out in (
            op(t, dim=dim, keepdim=keepdim),
            op(t, axis=dim, keepdims=keepdim),
            method(dim=dim, keepdim=keepdim),
            method(axis=dim, keepdims=keepdim),
        ):
            assert out.shape == expected.shape
            np.testing.assert_allclose(out.numpy(), expected, rtol=1e-12)


@pytest.mark.parametrize("p", [1, 1.5, 2, 3, 0.5, -1, inf, -inf])
def test_norms(p, device, on_device):
    x = draw(2, 3, high=1.9, apart=0.1)  # no two of one magnitude
    combine = {inf: lambda v: max(map(abs, v)), -inf: lambda v: min(map(abs, v))}.get(p) or p_norm(p)
    check(lambda x: tc.norm(x, p, dim=1), fold(combine, 1), x, device=device, on_device=on_device)
    check(lambda x: x.norm(p), fold(combine, None), x, device=device, on_device=on_device)


@pytest.mark.parametrize("correction", [0, 1, 2])
def test_variance_correction(correction):
    x = draw(5)
    t = tc.tensor(x)
    expected = variance(list(x), correction)
    assert t.var(correction=correction).item() == pytest.approx(expected)
    assert t.std(correction=correction).item() == pytest.approx(math.sqrt(expected))
    if correction < 2:
        assert tc.var(t, unbiased=bool(correction)).item() == pytest.approx(expected)
        assert t.std(unbiased=bool(correction)).item() == pytest.approx(math.sqrt(expected))


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("dim", [None, 0, -1])
def test_zero_dimensional(name, dim):
    op, combine = REDUCTIONS[name]
    x = leaf(np.float64(1.5))
    out = op(x, dim=dim)
    assert out.shape == ()
    if name in ("var", "std"):
        assert math.isnan(out.item())
    else:
        assert out.item() == pytest.approx(combine([1.5]))
        assert tc.grad(out, x)[0].item() == pytest.approx(1.0)


def test_no_dims_means_all_dims_as_in_pytorch():
    assert tc.ones(2, 3).sum(dim=()).item() == 6
    assert tc.ones(2, 3).amax(dim=()).item() == 1


# --- largest and smallest ---


@pytest.mark.parametrize("name", ["max", "min"])
@pytest.mark.parametrize("dim", [0, 1, -1])
@pytest.mark.parametrize("keepdim", [False, True])
def test_values_and_indices(name, dim, keepdim, device, on_device):
    x = draw(3, 4, apart=0.1)
    op, arg = getattr(tc, name), getattr(tc, f"arg{name}")
    combine = {"max": max, "min": min}[name]
    check(lambda x: op(x, dim, keepdim), fold(combine, dim, keepdim), x, device=device, on_device=on_device)
    t = tc.tensor(x, device=device)
    result = op(t, dim, keepdim)
    where = fold(lambda v: v.index(combine(v)), dim, keepdim)(x)
    method = getattr(t, f"arg{name}")
    for indices in (result.indices, result[1], arg(t, dim, keepdim), method(axis=dim, keepdims=keepdim)):
        assert indices.dtype == tc.int64
        np.testing.assert_array_equal(host(indices), where)


def test_ties():
    x = leaf(np.array([[2.0, 2.0, 1.0], [0.0, 3.0, 3.0]]))
    shared, first = [[0.5, 0.5, 0], [0, 0.5, 0.5]], [[1, 0, 0], [0, 1, 0]]
    assert tc.grad(tc.amax(x, 1).sum(), x)[0].tolist() == shared
    assert tc.grad(tc.max(x, 1).values.sum(), x)[0].tolist() == first
    assert tc.grad(tc.max(x), x)[0].tolist() == [[0, 0, 0], [0, 0.5, 0.5]]
    assert x.argmax().item() == 4
    assert (-x).argmin().item() == 4


def test_nan_is_the_largest_and_the_smallest():
    x = tc.tensor([1.0, nan, 2.0])
    for op in (tc.max, tc.min, tc.amax, tc.amin):
        assert math.isnan(op(x).item())
    assert x.argmax().item() == x.argmin().item() == 1
    assert math.isnan(tc.max(x, 0).values.item())


def test_max_of_integers_and_bools():
    assert tc.tensor([3, 7, 1]).max().item() == 7
    assert tc.max(tc.tensor([[3, 7], [9, 1]]), 0).values.tolist() == [9, 7]
    assert tc.tensor([False, True]).max().item() is True


@pytest.mark.parametrize("dim", [None, 0, (0, 1)])
def test_all_and_any(dim):
    for x in (np.array([[True, False], [True, True]]), np.array([[0.0, 0.0], [0.0, 2.0]])):
        t = tc.tensor(x)
        np.testing.assert_array_equal(t.all(dim).numpy(), np.all(x, axis=dim))
        np.testing.assert_array_equal(t.any(axis=dim, keepdims=True).numpy(), np.any(x, axis=dim, keepdims=True))
        assert t.all().dtype == tc.bool


# --- extremes ---


def test_prod_with_zeros_has_the_right_gradient():
    for values, expected in (
        ([2.0, 0.0, 3.0], [0.0, 6.0, 0.0]),
        ([0.0, 0.0, 3.0], [0.0, 0.0, 0.0]),
        ([0.0], [1.0]),
    ):
        x = leaf(np.array(values))
        assert tc.grad(x.prod(), x)[0].tolist() == expected
        assert tc.gradcheck(tc.prod, leaf(np.array(values)))
        assert tc.gradgradcheck(tc.prod, leaf(np.array(values)))


def test_logsumexp_at_extremes():
    for values, expected, slope in (
        ([1e3, 1e3], 1e3 + math.log(2), [0.5, 0.5]),
        ([-1e3, -1e3], -1e3 + math.log(2), [0.5, 0.5]),
        ([1e3, -1e3], 1e3, [1, 0]),
        ([-inf, 0.0], 0.0, [0, 1]),
    ):
        x = leaf(np.array(values, np.float32))
        out = tc.logsumexp(x, 0)
        assert out.item() == pytest.approx(expected)
        assert tc.grad(out, x)[0].tolist() == pytest.approx(slope)
    assert tc.logsumexp(tc.tensor([-inf, -inf]), 0).item() == -inf
    assert tc.logsumexp(tc.tensor([inf, 0.0]), 0).item() == inf
    assert tc.logsumexp(tc.tensor([1, 2]), 0).item() == pytest.approx(math.log(math.e + math.e**2))


@pytest.mark.parametrize("p", [1, 1.5, 2, 3, 0.5])
def test_norm_of_zeros_has_gradient_zero(p):
    x = leaf(np.array([[0.0, 0.0], [3.0, 0.0]]))
    out = tc.norm(x, p, dim=1)
    assert out.tolist() == pytest.approx([0.0, 3.0])
    np.testing.assert_allclose(tc.grad(out.sum(), x)[0].numpy(), [[0.0, 0.0], [1.0, 0.0]])


@pytest.mark.parametrize("p", [2, 3])
@pytest.mark.parametrize("size", [1e30, 1e-30, 1e-37, 3e38])
def test_norm_neither_overflows_nor_underflows(p, size):
    x = leaf(np.array([size, 0.0], np.float32))
    out = tc.norm(x, p)
    assert out.item() == pytest.approx(size, rel=1e-3)
    assert tc.grad(out, x)[0].tolist() == pytest.approx([1.0, 0.0], abs=1e-3)


def test_norm_of_infinities_and_float16():
    assert tc.norm(tc.tensor([inf, 1.0])).item() == inf
    assert math.isnan(tc.norm(tc.tensor([nan, 1.0])).item())
    out = tc.norm(tc.full((2,), 300.0, dtype=tc.float16))
    assert (out.dtype, out.item()) == (tc.float16, np.float16(300 * math.sqrt(2)))


def test_std_of_equal_values_has_gradient_zero():
    x = leaf(np.array([[2.0, 2.0], [1.0, 3.0]]))
    assert tc.grad(tc.std(x, 1).sum(), x)[0].tolist() == pytest.approx(np.array([[0, 0], [-(0.5**0.5), 0.5**0.5]]))
    assert tc.grad(x.std(1).sum(), x)[0].tolist()[0] == [0.0, 0.0]


def test_mean_of_equal_values_is_that_value():
    for n in range(1, 300):
        assert tc.ones(n).mean().item() == 1.0


def test_var_of_too_few_values_is_nan():
    assert math.isnan(tc.tensor([1.0]).var().item())
    assert tc.tensor([1.0]).var(correction=0).item() == 0.0


def test_overflow_is_silent():
    huge = tc.tensor([3e38, 3e38])
    assert huge.sum().item() == inf
    assert huge.prod().item() == inf
    assert not math.isfinite(huge.var().item())


# --- dtypes ---


def test_float16_adds_up_in_float32():
    x = tc.ones(70000, dtype=tc.float16)
    assert (x.mean().item(), x.mean().dtype) == (1.0, tc.float16)
    assert x.sum().item() == inf  # 70000 is beyond float16
    assert tc.ones(4097, dtype=tc.float16).sum().item() == 4096.0  # its nearest float16
    spread = tc.tensor([-200.0, 200.0], dtype=tc.float16)
    assert (spread.var(correction=0).item(), spread.std(correction=0).item()) == (40000.0, 200.0)


@pytest.mark.parametrize("dtype", [tc.bool, tc.uint8, tc.int32, tc.int64])
def test_integers_sum_and_multiply_in_int64(dtype):
    x = tc.ones(300, dtype=dtype)
    assert (x.sum().item(), x.sum().dtype) == (300, tc.int64)
    assert (x.prod().item(), x.prod(0).dtype) == (1, tc.int64)


def test_the_gradient_of_a_float16_mean_of_more_elements_than_float16_can_count():
    x = tc.ones(70000, dtype=tc.float16).requires_grad_()
    x.mean().backward()
    assert set(x.grad.tolist()) == {float(np.float16(1 / 70000))}


@pytest.mark.parametrize("name", ["sum", "mean", "var", "std", "prod", "amax", "logsumexp", "norm"])
@pytest.mark.parametrize("dtype", [tc.float16, tc.float32, tc.float64])
def test_floats_keep_their_dtype(name, dtype):
    x = tc.tensor([1.0, 2.0], dtype=dtype, requires_grad=True)
    out = getattr(tc, name)(x, dim=0)
    assert out.dtype == dtype
    assert tc.grad(out, x)[0].dtype == dtype


# --- nothing to reduce ---


def test_empty_tensors():
    x = tc.zeros(0, 3)
    assert x.sum().item() == 0.0
    assert x.sum(0).tolist() == [0.0, 0.0, 0.0]
    assert x.sum(1).shape == (0,)
    assert x.prod().item() == 1.0
    assert math.isnan(x.mean().item())
    assert math.isnan(x.var().item())
    assert x.norm().item() == 0.0
    assert x.logsumexp(0).tolist() == [-inf] * 3
    assert x.argmax(1).shape == x.amax(1).shape == (0,)
    assert x.all().item() is True
    assert x.any().item() is False


def test_the_gradient_of_an_empty_sum_is_empty():
    x = tc.zeros(0, 3, requires_grad=True)
    for op in (tc.sum, tc.prod, tc.norm, tc.mean):
        assert tc.grad(op(x), x)[0].shape == (0, 3)


# --- errors ---


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: tc.ones(2, 3).sum(2), IndexError, r"sum: Dimension out of range .*\[-2, 1\], but got 2"),
        (lambda: tc.ones(2, 3).mean(-3), IndexError, "mean: Dimension out of range"),
        (lambda: tc.tensor(1.0).sum(1), IndexError, r"range of \[-1, 0\], but got 1"),
        (lambda: tc.ones(2, 3).sum((0, 0)), (ValueError, RuntimeError), "names a dimension twice"),
        (lambda: tc.ones(2, 3).amax((1, -1)), (ValueError, RuntimeError), "names a dimension twice"),
        (
            lambda: tc.tensor([1]).mean(),
            RuntimeError,
            r"mean: could not infer output dtype.*int64. Use x.float",
        ),
        (lambda: tc.tensor([1]).var(), RuntimeError, "var.*int64"),
        (lambda: tc.tensor([1]).norm(), RuntimeError, "norm.*int64"),
        (lambda: tc.zeros(0, 3).amax(), RuntimeError, r"amax: Expected reduction dim .*non-zero size.*\(0, 3\)"),
        (lambda: tc.zeros(0, 3).max(0), IndexError, r"argmax: Expected reduction dim 0 to have non-zero size"),
        (lambda: tc.zeros(0, 3).argmin(), IndexError, r"argmin: Expected reduction dim"),
        (lambda: tc.zeros(0, 3).amax(0), IndexError, r"amax: Expected reduction dim 0"),
        (
            lambda: tc.ones(2, 3).argmax((0, 1)),
            TypeError,
            r"argmax: argument 'dim' must be an int or None, not tuple \(0, 1\)",
        ),
        (
            lambda: tc.ones(2, 3).sum("rows"),
            TypeError,
            "sum: argument 'dim' must be an int or .* or None, not str 'rows'",
        ),
        (lambda: tc.ones(2, 3).sum(0, 1), TypeError, "sum: argument 'keepdim' must be True or False, not int 1"),
        (lambda: tc.tensor([1]).std(), RuntimeError, r"std.*int64"),
        (lambda: tc.ones(2).norm("nuc"), TypeError, "norm: p must be a number, inf, -inf or 'fro', got 'nuc'"),
    ],
)
def test_errors(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_max_and_min_of_two_tensors():
    a, b = tc.tensor([1.0, 5.0]), tc.tensor([3.0, 2.0])
    assert a.max(b).tolist() == tc.max(a, b).tolist() == [3.0, 5.0]
    assert a.min(b).tolist() == tc.min(a, b).tolist() == [1.0, 2.0]


def test_numpys_reductions_of_a_tensor_are_its_own():
    x = tc.tensor([[1.0, 2.0], [3.0, 6.0]])
    assert np.sum(x).item() == 12.0
    assert np.mean(x, axis=0).tolist() == [2.0, 4.0]


def test_the_frobenius_norm_is_the_2_norm():
    assert tc.tensor([[3.0, 0.0], [0.0, 4.0]]).norm("fro").item() == 5.0


LONG = 1 << 18


def tenths(*shape):
    return tc.from_numpy(np.full(shape, 0.1, np.float32)).requires_grad_()


def close(result, expected):
    np.testing.assert_allclose(np.asarray(host(result), np.float64), expected, rtol=1e-6)


def test_a_long_mean_keeps_its_digits():
    close(tenths(1_000_000, 2).mean(0), np.float32(0.1))


def test_a_mean_of_more_ones_than_float32_can_count():
    assert tc.ones(1).expand(1 << 25, 2).mean(0).tolist() == [1.0, 1.0]


def test_the_variance_of_two_million_rows():
    x = np.random.default_rng(0).normal(100, 1, (1_000_000, 2)).astype(np.float32)
    close(tc.from_numpy(x).var(0), x.var(0, dtype=np.float64, ddof=1))
    close(tc.from_numpy(x).std(0), x.std(0, dtype=np.float64, ddof=1))
    close(tc.from_numpy(x).norm(dim=0), np.sqrt((x.astype(np.float64) ** 2).sum(0)))


def test_long_logsumexp_and_softmax():
    x = tc.zeros(1 << 25, 1).expand(1 << 25, 2)[: 3 << 23]
    close(tc.logsumexp(x, 0), math.log(3 << 23))
    y = tc.nn.functional.softmax(tc.from_numpy(np.linspace(0, 1, 3 * LONG, dtype="f4").reshape(LONG, 3)), 0)
    np.testing.assert_allclose(y.numpy().sum(0, dtype=np.float64), 1, rtol=1e-6)


def test_the_gradient_of_what_was_broadcast():
    a, x = tenths(3), tenths(LONG, 3)
    (a * x).sum().backward()
    close(a.grad, LONG * float(np.float32(0.1)))


def biased(layer, shape):
    """The bias gradient of `layer` where every output's gradient is 0.1."""
    y = layer(tc.ones(*shape))
    y.backward(tc.from_numpy(np.full(y.shape, 0.1, np.float32)))
    return layer.bias.grad, y.numel() // layer.bias.numel()


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (lambda: tc.nn.Linear(2, 3), (LONG, 2)),
        (lambda: tc.nn.LayerNorm(3), (LONG, 3)),
        (lambda: tc.nn.BatchNorm1d(3), (LONG, 3)),
        (lambda: tc.nn.Conv1d(2, 3, 1), (LONG, 2, 1)),
        (lambda: tc.nn.Conv2d(1, 3, 1), (LONG // 4, 1, 2, 2)),
    ],
    ids=["Linear", "LayerNorm", "BatchNorm1d", "Conv1d", "Conv2d"],
)
def test_the_gradient_of_a_bias(layer, shape):
    gradient, terms = biased(layer(), shape)
    close(gradient, terms * float(np.float32(0.1)))


def test_batch_statistics_of_many_rows():
    x = np.random.default_rng(0).normal(100, 1, (LONG, 2)).astype(np.float32)
    layer = tc.nn.BatchNorm1d(2, momentum=1.0)
    layer(tc.from_numpy(x))
    close(layer.running_mean, x.mean(0, dtype=np.float64))
    close(layer.running_var, x.var(0, dtype=np.float64, ddof=1))


@pytest.mark.parametrize("pool", [tc.nn.GlobalAvgPool(), tc.nn.AdaptiveAvgPool2d(1)], ids=["global", "adaptive"])
def test_channels_last_pooling(pool):
    x = tenths(1, 512, 512, 3).permute(0, 3, 1, 2)
    close(pool(x).reshape(3), np.float32(0.1))


def test_clipping_by_the_norm_of_a_long_gradient():
    w = tenths(1 << 22)
    w.grad = w.detach().clone()
    close(tc.nn.utils.clip_grad_norm_([w], 1.0), math.sqrt(w.numel()) * float(np.float32(0.1)))


def test_a_long_float16_mean():
    x = np.random.default_rng(0).random((LONG, 3)).astype(np.float16)
    np.testing.assert_array_equal(tc.from_numpy(x).mean(0).numpy(), x.mean(0, dtype=np.float64).astype(np.float16))
