"""Activations: values against math, derivatives of both orders, extremes, dropout's statistics, errors."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinyconv as tc
from tests.ops.opcheck import check, draw, host, leaf
from tinyconv import ops

inf, nan = math.inf, math.nan


def normal_cdf(v):
    return 0.5 * math.erfc(-v / math.sqrt(2))


POINTWISE = {
    "relu": (tc.relu, lambda v: max(v, 0)),
    "leaky_relu": (ops.leaky_relu, lambda v: v if v > 0 else 0.01 * v),
    "leaky_relu 0.2": (lambda x: ops.leaky_relu(x, 0.2), lambda v: v if v > 0 else 0.2 * v),
    "elu": (ops.elu, lambda v: v if v > 0 else math.expm1(v)),
    "elu 0.5": (lambda x: ops.elu(x, 0.5), lambda v: v if v > 0 else 0.5 * math.expm1(v)),
    "gelu": (ops.gelu, lambda v: v * normal_cdf(v)),
    "gelu tanh": (
        lambda x: ops.gelu(x, "tanh"),
        lambda v: 0.5 * v * (1 + math.tanh(math.sqrt(2 / math.pi) * (v + 0.044715 * v**3))),
    ),
    "silu": (ops.silu, lambda v: v / (1 + math.exp(-v))),
    "softplus": (ops.softplus, lambda v: math.log1p(math.exp(v))),
    "softplus beta": (
        lambda x: ops.softplus(x, 3.0, 4.0),
        lambda v: v if 3 * v > 4 else math.log1p(math.exp(3 * v)) / 3,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", POINTWISE)
@pytest.mark.parametrize("shape", [(3, 4), ()], ids=str)
def test_pointwise(name, shape, device, on_device):
    op, reference = POINTWISE[name]
    x = draw(*shape, low=-3, high=3)
    check(op, np.vectorize(reference, otypes=[float]), x, device=device, on_device=on_device)


@pytest.mark.parametrize("name", POINTWISE)
def test_pointwise_dtypes_and_emptiness(name):
    op, reference = POINTWISE[name]
    x = draw(5, low=-3, high=3)
    for dtype, tolerance in ((tc.float16, 5e-3), (tc.float32, 1e-5)):
        out = op(tc.tensor(x, dtype=dtype))
        assert out.dtype == dtype
        np.testing.assert_allclose(out.numpy(), [reference(v) for v in x], rtol=tolerance, atol=tolerance)
    assert op(tc.zeros(0, 2)).shape == (0, 2)


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu", "gelu", "gelu tanh", "silu", "softplus"])
def test_pointwise_extremes(name):
    x = leaf(np.array([-1e3, 1e3], np.float32))
    y = POINTWISE[name][0](x)
    low = {"leaky_relu": (-10.0, 0.01), "elu": (-1.0, 0.0)}.get(name, (0.0, 0.0))
    assert y.tolist() == pytest.approx([low[0], 1e3])
    assert tc.grad(y.sum(), x)[0].tolist() == pytest.approx([low[1], 1.0])


def test_elu_is_precise_near_zero():
    assert ops.elu(tc.tensor(-1e-6)).item() == pytest.approx(math.expm1(-1e-6), rel=1e-6)


def test_relu_at_zero_and_nan():
    x = leaf(np.array([0.0, -0.0, nan]))
    y = tc.relu(x)
    assert math.isnan(y[2].item())
    assert tc.grad(y[:2].sum(), x)[0].tolist() == [0.0, 0.0, 0.0]
    assert tc.relu(tc.tensor([-1, 2])).tolist() == [0, 2]


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 3), (3,), ()], ids=str)
@pytest.mark.parametrize("slopes", [1, 3])
def test_prelu(shape, slopes, device, on_device):
    if slopes == 3 and len(shape) < 2:
        pytest.skip("one slope per channel needs a channel dimension")
    spread = (1, 3) + (1,) * (len(shape) - 2) if slopes == 3 else ()

    def reference(x, w):
        return np.where(x > 0, x, x * w.reshape(spread))

    check(ops.prelu, reference, draw(*shape), draw(slopes, seed=1), device=device, on_device=on_device)


# --- softmax ---


def softmax(x, dim):
    out = np.empty_like(x)
    lines, sums = np.moveaxis(x, dim, -1), np.moveaxis(out, dim, -1)
    for index in np.ndindex(*lines.shape[:-1]):
        powers = [math.exp(v) for v in lines[index]]
        sums[index] = [p / math.fsum(powers) for p in powers]
    return out


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_softmax(dim, device, on_device):
    x = draw(2, 3, 4)
    where = {"device": device, "on_device": on_device}
    check(lambda x: tc.softmax(x, dim), lambda x: softmax(x, dim), x, **where)
    check(lambda x: tc.log_softmax(x, dim=dim), lambda x: np.log(softmax(x, dim)), x, **where)
    check(lambda x: x.softmax(dim).log(), lambda x: np.log(softmax(x, dim)), x, **where)


@pytest.mark.parametrize("op", [tc.softmax, tc.log_softmax])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("dim", [0, 1])
def test_the_gradient_of_softmax_has_the_same_bits_whether_it_is_recorded_or_not(op, dtype, dim, device, on_device):
    random = np.random.default_rng(0)
    x = leaf(random.standard_normal((5, 7, 3)).astype(dtype), device)
    g = tc.from_numpy(random.standard_normal((5, 7, 3)).astype(dtype)).to(device)
    with on_device():
        y = op(x, dim)
        (plain,) = tc.grad(y, x, g, retain_graph=True)
        (recorded,) = tc.grad(y, x, g, create_graph=True)
    assert plain.dtype == dtype
    assert np.array_equal(host(plain), host(recorded))


def test_softmax_at_extremes():
    x = leaf(np.array([[1e3, 1e3, -1e3], [-inf, 0.0, 0.0]], np.float32))
    assert tc.softmax(x, 1).tolist() == [[0.5, 0.5, 0.0], [0.0, 0.5, 0.5]]
    y = tc.log_softmax(x, 1)
    half = -math.log(2)
    np.testing.assert_allclose(y.detach().numpy(), [[half, half, half - 2e3], [-inf, half, half]], rtol=1e-6)
    (grad,) = tc.grad(y[:, 1].sum(), x)
    np.testing.assert_allclose(grad.numpy(), [[-0.5, 0.5, 0.0], [0.0, 0.5, -0.5]])
    assert math.isnan(tc.softmax(tc.tensor([-inf, -inf]), 0)[0].item())


def test_softmax_of_integers_scalars_and_nothing():
    assert tc.softmax(tc.tensor([0, 0]), 0).tolist() == [0.5, 0.5]
    x = leaf(np.float64(3.0))
    assert (tc.softmax(x, 0).item(), tc.log_softmax(x, -1).item()) == (1.0, 0.0)
    assert tc.grad(tc.softmax(x, 0), x)[0].item() == 0.0
    assert tc.softmax(tc.zeros(0, 3), 1).shape == (0, 3)
    assert tc.log_softmax(tc.zeros(2, 0), 1).shape == (2, 0)


@pytest.mark.parametrize("op", [tc.softmax, tc.log_softmax])
def test_softmax_errors(op):
    with pytest.raises(TypeError, match="softmax: say along which dimension"):
        op(tc.ones(2, 3))
    with pytest.raises(IndexError, match=r"softmax: Dimension out of range .*\[-2, 1\], but got 2"):
        op(tc.ones(2, 3), 2)
    with pytest.raises(IndexError, match="Dimension out of range"):
        op(tc.tensor(1.0), 1)


# --- dropout ---


def test_dropout_zeroes_a_fraction_and_keeps_the_mean(device, on_device):
    x = tc.ones(100, 100, device=device, requires_grad=True)
    with on_device():
        y = ops.dropout(x, 0.3)
        (grad,) = tc.grad(y.sum(), x)
    values = host(y)
    assert set(np.unique(values)) == {np.float32(0.0), np.float32(1 / 0.7)}
    assert abs((values == 0).mean() - 0.3) < 5 * math.sqrt(0.3 * 0.7 / values.size)
    np.testing.assert_array_equal(host(grad), values)  # the same mask, the same scale


def test_dropout_is_seeded_and_does_nothing_in_evaluation():
    x = tc.ones(20)
    tc.manual_seed(3)
    first = ops.dropout(x)
    assert not bool((first == ops.dropout(x)).all())
    tc.manual_seed(3)
    assert bool((first == ops.dropout(x)).all())
    assert ops.dropout(x, 0.5, training=False) is x
    assert ops.dropout(x, 0.0) is x
    assert ops.dropout(x, 1.0).tolist() == [0.0] * 20


@pytest.mark.parametrize("channels", [1, 2])
def test_dropout_of_whole_channels(channels):
    y = ops.dropoutnd(channels, tc.ones(4, 50, *(3,) * channels), 0.5).numpy().reshape(4, 50, -1)
    assert (y == y[..., :1]).all()
    assert 0 < (y[..., 0] == 0).mean() < 1


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: ops.dropout(tc.ones(1), 1.5), ValueError, "between 0 and 1, but got 1.5"),
        (lambda: ops.dropout(tc.ones(1), -0.1), ValueError, "between 0 and 1, but got -0.1"),
        (lambda: ops.gelu(tc.ones(1), "fast"), RuntimeError, "must be either none or tanh, got 'fast'"),
        (lambda: ops.prelu(tc.ones(2, 3), tc.ones(2)), RuntimeError, r"numbers = 2 and channel size = 3 .*\(2, 3\)"),
    ],
)
def test_errors(call, error, text):
    with pytest.raises(error, match=text):
        call()
