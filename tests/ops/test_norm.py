"""Batch, layer, group and instance norm: against loops over the groups of numbers that share a mean."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinyconv as tc
from tests.ops.opcheck import check, draw, host, leaf
from tinyconv import ops
from tinyconv.kernels import normalize as kernel
from tinyconv.kernels import tuning
from tinyconv.ops.norm import normalize

EPS = 1e-2  # large enough to be seen in the values


def normalised(x, groups):
    """Normalise the elements of each group (a list of index tuples) by their own mean and variance."""
    out = np.empty_like(x)
    for places in groups:
        values = [float(x[p]) for p in places]
        mean = math.fsum(values) / len(values)
        variance = math.fsum((v - mean) ** 2 for v in values) / len(values)
        for place, value in zip(places, values, strict=True):
            out[place] = (value - mean) / math.sqrt(variance + EPS)
    return out


def grouped(shape, key):
    """The index tuples of `shape`, gathered by ``key(index)``."""
    groups = {}
    for index in np.ndindex(*shape):
        groups.setdefault(key(index), []).append(index)
    return groups.values()


def per_channel(x, w):
    return w.reshape((1, -1) + (1,) * (x.ndim - 2))


@pytest.mark.parametrize("shape", [(4, 3), (2, 3, 4), (2, 2, 3, 2)], ids=str)
def test_batch_norm(shape, device, on_device):
    def op(x, w, b):
        return ops.batch_norm(x, weight=w, bias=b, training=True, eps=EPS)

    def reference(x, w, b):
        return normalised(x, grouped(shape, lambda i: i[1])) * per_channel(x, w) + per_channel(x, b)

    inputs = draw(*shape), draw(shape[1], seed=1), draw(shape[1], seed=2)
    check(op, reference, *inputs, device=device, on_device=on_device, rtol=1e-11)


def test_batch_norm_in_evaluation(device, on_device):
    mean, var = np.array([0.5, -1.0, 0.0]), np.array([1.0, 0.25, 2.0])
    stats = {
        kind: (tc.tensor(mean, device=kind), tc.tensor(var, device=kind)) for kind in {"cpu", device.type}
    }  # fmt: skip

    def op(x, w, b):
        return ops.batch_norm(x, *stats[x.device.type], w, b, eps=EPS)

    def reference(x, w, b):
        z = (x - per_channel(x, mean)) / np.sqrt(per_channel(x, var) + EPS)
        return z * per_channel(x, w) + per_channel(x, b)

    inputs = draw(2, 3, 4), draw(3, seed=1), draw(3, seed=2)
    check(op, reference, *inputs, device=device, on_device=on_device)
    assert host(stats[device.type][0]).tolist() == mean.tolist()  # evaluation leaves them alone


def test_batch_norm_moves_its_running_statistics(device, on_device):
    x = draw(4, 2, 3)
    mean, var = tc.zeros(2, device=device, dtype=tc.float64), tc.ones(2, device=device, dtype=tc.float64)
    t = tc.tensor(x, device=device, requires_grad=True)
    with on_device():
        ops.batch_norm(t, mean, var, training=True, momentum=0.3)
    flat = np.moveaxis(x, 1, 0).reshape(2, -1)
    np.testing.assert_allclose(host(mean), 0.3 * flat.mean(1))
    np.testing.assert_allclose(host(var), 0.7 + 0.3 * flat.var(1, ddof=1))  # unbiased, as in PyTorch
    assert not mean.requires_grad


@pytest.mark.parametrize(("shape", "last"), [((2, 3), (3,)), ((2, 3, 4), (4,)), ((2, 3, 4), (3, 4)), ((3,), (3,))])
def test_layer_norm(shape, last, device, on_device):
    def op(x, w, b):
        return ops.layer_norm(x, last if len(last) > 1 else last[0], w, b, EPS)

    def reference(x, w, b):
        return normalised(x, grouped(shape, lambda i: i[: len(shape) - len(last)])) * w + b

    inputs = draw(*shape), draw(*last, seed=1), draw(*last, seed=2)
    check(op, reference, *inputs, device=device, on_device=on_device, rtol=1e-11)


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("shape", [(2, 4, 3), (1, 4, 2, 2)], ids=str)
def test_group_norm(shape, groups, device, on_device):
    def op(x, w, b):
        return ops.group_norm(x, groups, w, b, EPS)

    def reference(x, w, b):
        z = normalised(x, grouped(shape, lambda i: (i[0], i[1] * groups // 4)))
        return z * per_channel(x, w) + per_channel(x, b)

    inputs = draw(*shape), draw(4, seed=1), draw(4, seed=2)
    check(op, reference, *inputs, device=device, on_device=on_device, rtol=1e-11)


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 2, 2, 3)], ids=str)
def test_instance_norm(shape, device, on_device):
    def op(x, w, b):
        return ops.instance_norm(x, weight=w, bias=b, eps=EPS)

    def reference(x, w, b):
        return normalised(x, grouped(shape, lambda i: i[:2])) * per_channel(x, w) + per_channel(x, b)

    inputs = draw(*shape), draw(shape[1], seed=1), draw(shape[1], seed=2)
    check(op, reference, *inputs, device=device, on_device=on_device, rtol=1e-11)


def test_instance_norm_s_running_statistics():
    x = draw(3, 2, 5)
    mean, var = tc.zeros(2, dtype=tc.float64), tc.ones(2, dtype=tc.float64)
    ops.instance_norm(tc.tensor(x), mean, var, momentum=0.5)
    np.testing.assert_allclose(mean.numpy(), 0.5 * x.mean(2).mean(0))
    np.testing.assert_allclose(var.numpy(), 0.5 + 0.5 * x.var(2, ddof=1).mean(0))
    out = ops.instance_norm(tc.tensor(x), mean, var, use_input_stats=False)
    np.testing.assert_allclose(out.numpy(), ops.batch_norm(tc.tensor(x), mean, var).numpy())


def test_a_channel_of_equal_values_gives_zeros_and_finite_gradients():
    x = leaf(np.full((4, 2), 3.0, np.float32))
    y = ops.batch_norm(x, training=True)
    assert y.tolist() == [[0.0, 0.0]] * 4
    assert np.isfinite(tc.grad((y * y).sum() + y.sum(), x)[0].numpy()).all()


def test_float16_does_not_overflow():
    values = np.array([[300.0], [-300.0], [100.0]])
    results = []
    for dtype in (tc.float16, tc.float64):
        x = tc.tensor(values, dtype=dtype, requires_grad=True)
        out = ops.batch_norm(x, training=True)
        (out * tc.tensor([[100.0], [0.0], [0.0]], dtype=dtype)).sum().backward()
        assert out.dtype == x.grad.dtype == dtype
        results.append((out.detach().numpy(), x.grad.numpy()))
    np.testing.assert_allclose(results[0][0], results[1][0], rtol=2e-3)
    np.testing.assert_allclose(results[0][1], results[1][1], rtol=5e-3)


def test_large_offsets_do_not_cancel():
    x = draw(64, 1) + 1e4
    expected = normalised(x, grouped(x.shape, lambda i: i[1]))
    out = ops.batch_norm(tc.tensor(x, dtype=tc.float32), training=True, eps=EPS)
    assert np.abs(out.numpy() - expected).max() < 2e-3  # x itself is rounded to 1e-3 here


def test_empty_batches():
    for op in (lambda x: ops.layer_norm(x, 4), lambda x: ops.group_norm(x, 3), ops.instance_norm):
        assert op(tc.zeros(0, 3, 4)).shape == (0, 3, 4)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: ops.batch_norm(tc.ones(1, 3), training=True), ValueError, r"more than 1 value per channel.*\[1, 3\]"),
        (lambda: ops.batch_norm(tc.ones(2, 3), weight=tc.ones(2)), RuntimeError, "weight should contain 3 .* not 2"),
        (lambda: ops.batch_norm(tc.ones(2, 3, dtype=tc.int64), training=True), (RuntimeError, TypeError), "int64"),
        (lambda: ops.batch_norm(tc.ones(3), training=True), RuntimeError, r"at least 2 dimensions.*shape \(3,\)"),
        (lambda: ops.layer_norm(tc.ones(2, 3), 4), RuntimeError, r"expected input with shape \[\*, 4\].*\[2, 3\]"),
        (lambda: ops.layer_norm(tc.ones(2, 3), ()), RuntimeError, "normalized_shape"),
        (lambda: ops.group_norm(tc.ones(2, 3), 2), ValueError, r"divisible by num_groups.*\[2, 3\] and num_groups=2"),
        (lambda: ops.group_norm(tc.ones(2, 3), 0), ValueError, "num_groups=0"),
        (lambda: ops.instance_norm(tc.ones(2, 3, 1)), ValueError, r"more than 1 spatial element.*\[2, 3, 1\]"),
        (lambda: ops.instance_norm(tc.ones(2, 3, 2), bias=tc.ones(2)), RuntimeError, "bias should contain 3"),
    ],
)  # fmt: skip
def test_errors(call, error, text):
    with pytest.raises(error, match=text):
        call()


@pytest.mark.parametrize(("mean", "var"), [(None, None), (tc.zeros(3), None), (None, tc.ones(3))])
def test_batch_norm_in_evaluation_needs_both_running_values(mean, var):
    with pytest.raises(RuntimeError, match="batch_norm: running_mean and running_var must be defined in evaluation"):
        tc.nn.functional.batch_norm(tc.ones(2, 3), mean, var)


@pytest.mark.parametrize("with_parameters", [True, False])
@pytest.mark.parametrize(("dims", "sizes"), [((0, 2), (1, 3, 1)), ((2,), (1, 1, 5)), ((1, 2), (1, 3, 1))])
def test_a_recorded_gradient_is_the_kernel_s(dims, sizes, with_parameters):
    """Unrecorded, a kernel computes it; mean and var have a gradient of their own, or none."""
    x, w, b = leaf(draw(4, 3, 5)), leaf(draw(*sizes, seed=1)), leaf(draw(*sizes, seed=2))
    inputs = (x, w, b) if with_parameters else (x,)
    factors = [
        tc.tensor(draw(*shape))
        for shape in ((4, 3, 5), *2 * [tuple(1 if i in dims else n for i, n in enumerate((4, 3, 5)))])
    ]
    for chosen in [(0,), (1,), (2,), (0, 1, 2)]:

        def total(x, w=None, b=None, chosen=chosen):
            outputs = normalize(x, w, b, dims, EPS, "batch_norm")
            return sum((outputs[i] * factors[i]).sum() for i in chosen)

        plain = tc.grad(total(*inputs), inputs, allow_unused=True)
        recorded = tc.grad(total(*inputs), inputs, create_graph=True, allow_unused=True)
        for one, other in zip(plain, recorded, strict=True):
            assert (one is None) == (other is None)
            if one is not None:
                np.testing.assert_allclose(host(one), host(other), rtol=1e-12, atol=1e-14)
        assert tc.gradcheck(total, inputs if 0 in chosen else x)


@pytest.mark.parametrize(
    ("name", "shape", "dims", "sizes"),
    [
        ("batch", (6, 8, 30, 7), (0, 2, 3), (1, 8, 1, 1)),
        ("layer", (40, 3, 50), (2,), (1, 1, 50)),
        ("layer over all", (3, 50), (0, 1), (3, 50)),
        ("group", (9, 2, 3, 40), (2, 3), (1, 2, 3, 1)),
        ("instance", (9, 6, 40), (2,), (1, 6, 1)),
    ],
)  # fmt: skip
def test_parts_and_threads_change_nothing(name, shape, dims, sizes, monkeypatch, thread_count):
    """Cut small, the values are those of the whole; and no bit depends on the number of threads."""
    x, w, b, g = draw(*shape), draw(*sizes, seed=1), draw(*sizes, seed=2), draw(*shape, seed=3)

    def results(threads):
        tc.set_num_threads(threads)
        y, mean, var = kernel.normalize(x, w, b, dims, EPS)
        return y, mean, var, *kernel.normalize_gradients(g, x, w, sizes, mean, var, dims, EPS)

    whole = results(1)
    monkeypatch.setattr(tuning, "SMALL_WORK", 0)
    monkeypatch.setattr(tuning, "PART_CELLS", 100)
    assert len(kernel._parts(x, dims)) > 2 or name == "layer over all"
    one, three = results(1), results(3)
    for expected, a, b_ in zip(whole, one, three, strict=True):
        np.testing.assert_allclose(a, expected, rtol=1e-11, atol=1e-13)
        assert (a == b_).all()
