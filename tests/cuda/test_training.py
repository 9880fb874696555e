"""Cross-entropy and Adam's step against their plain twins."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinyconv as tc
from tinyconv.backend import Device, asnumpy
from tinyconv.kernels import cuda
from tinyconv.ops.activation import log_softmax_array

DTYPES = ["float16", "float32", "float64"]
EXACT = {"float16": 2e-3, "float32": 1e-6, "float64": 1e-14}  # some units in the last place
NAN, INF = np.nan, np.inf


def reals(*shape: int, dtype: str = "float64", seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


# --- cross-entropy ---


def plain_loss(x: np.ndarray, labels: np.ndarray) -> np.ndarray:
    picked = np.take_along_axis(log_softmax_array(x, 1), labels[:, None], axis=1)
    return -picked[:, 0]


def plain_grad(gy: np.ndarray, x: np.ndarray, labels: np.ndarray) -> np.ndarray:
    classes = np.arange(x.shape[1]).reshape(-1, *[1] * (x.ndim - 2))
    return gy[:, None] * (np.exp(log_softmax_array(x, 1)) - (labels[:, None] == classes))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(300, 10), (2, 3, 5), (2, 4, 3, 5), (1, 1)])
def test_cross_entropy(place: Device, shape: tuple[int, ...], dtype: str) -> None:
    x = 5 * reals(*shape, dtype=dtype)
    labels = np.random.default_rng(1).integers(0, shape[1], shape[:1] + shape[2:])
    gy = reals(*labels.shape, dtype=dtype, seed=2)
    dx, dlabels = place.asarray(x), place.asarray(labels)
    loss, peak, total = cuda.cross_entropy(dx, dlabels)
    gx = cuda.cross_entropy_grad(place.asarray(gy), dx, dlabels, peak, total)
    wide_x, wide_gy = x.astype("float64"), gy.astype("float64")
    want, want_grad = plain_loss(wide_x, labels), plain_grad(wide_gy, wide_x, labels)
    np.testing.assert_allclose(asnumpy(loss), want, rtol=EXACT[dtype], atol=EXACT[dtype])
    np.testing.assert_allclose(asnumpy(gx), want_grad, rtol=EXACT[dtype], atol=EXACT[dtype])
    assert (loss.dtype, gx.dtype) == (dtype, dtype)


def test_cross_entropy_of_large_and_strange_scores(place: Device) -> None:
    x = np.array([[1e4, 1e4 - 1, -1e4], [NAN, 0, 1], [0, NAN, 1], [INF, 0, 0], [-INF, -INF, -INF], [-INF, 0, 0]])
    labels = np.array([1, 1, 0, 0, 0, 0])
    loss, peak, total = cuda.cross_entropy(place.asarray(x), place.asarray(labels))
    np.testing.assert_allclose(asnumpy(loss), plain_loss(x, labels), rtol=1e-14)
    ones = place.asarray(np.ones(6))
    gx = cuda.cross_entropy_grad(ones, place.asarray(x), place.asarray(labels), peak, total)
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(asnumpy(gx), plain_grad(np.ones(6), x, labels), rtol=1e-14, atol=1e-300)


def test_a_label_without_a_class_gives_nan(place: Device) -> None:
    x, labels = reals(4, 3), np.array([3, -1, 0, 2**40])
    loss, *_ = cuda.cross_entropy(place.asarray(x), place.asarray(labels))
    np.testing.assert_array_equal(np.isnan(asnumpy(loss)), [True, True, False, True])


def test_labels_of_any_integer_type(place: Device) -> None:
    x, labels = reals(4, 3), np.array([2, 1, 0, 1])
    for dtype in ("uint8", "int32"):
        loss, *_ = cuda.cross_entropy(place.asarray(x), place.asarray(labels.astype(dtype)))
        np.testing.assert_allclose(asnumpy(loss), plain_loss(x, labels), rtol=1e-14)


# --- Adam's step ---

ADAM = [
    {"lr": 0.1},
    {"lr": 0.1, "weight_decay": 0.3},
    {"lr": 0.1, "betas": (0.7, 0.8), "eps": 1e-3, "maximize": True},
    {"lr": 0.1, "amsgrad": True, "weight_decay": 0.3},
]


def gradients(dtype: str) -> list[np.ndarray]:
    """Three; the second is large, so that AMSGrad has something to remember."""
    return [(scale * reals(700, seed=step)).astype(dtype) for step, scale in enumerate((1.0, 10.0, 0.1), 1)]


def plain_steps(kind: Any, options: dict[str, Any], dtype: str) -> list[np.ndarray]:
    """The parameter and its state after three steps of the plain path, in single precision for float16."""
    wide = "float32" if dtype == "float16" else dtype
    w = tc.tensor(reals(700, dtype=dtype).astype(wide), requires_grad=True)
    optimizer = kind([w], **options)
    for gradient in gradients(dtype):
        w.grad = tc.tensor(gradient.astype(wide))
        with cuda.plain_path():
            optimizer.step()
    state = optimizer.state[w]
    names = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")
    return [w.array, *(state[name] for name in names if name in state)]


def assert_steps_equal(place: Device, got: list[Any], want: list[np.ndarray], dtype: str) -> None:
    """On the CPU to the last bit; a GPU may fuse a product and a sum, float16 is rounded at every step."""
    assert len(got) == len(want)
    for array, expected in zip(got, want):
        assert array.dtype == dtype
        if place.type == "cpu" and dtype != "float16":
            np.testing.assert_array_equal(asnumpy(array), expected)
        else:
            tolerance = {"float16": 5e-3, "float32": 1e-5, "float64": 1e-13}[dtype]
            np.testing.assert_allclose(asnumpy(array), expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("decoupled", [False, True], ids=["Adam", "AdamW"])
@pytest.mark.parametrize("options", ADAM, ids=lambda o: "-".join(o))
def test_adam(place: Device, options: dict[str, Any], decoupled: bool, dtype: str) -> None:
    kind = tc.optim.AdamW if decoupled else tc.optim.Adam
    full = {"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 1e-2 if decoupled else 0, **options}
    amsgrad = full.pop("amsgrad", False)
    param = place.asarray(reals(700, dtype=dtype))
    state = [place.xp.zeros_like(param) for _ in range(3 if amsgrad else 2)]
    mean, squares, largest = (*state, None)[:3]
    for step, gradient in enumerate(gradients(dtype), 1):
        here = place.asarray(gradient)
        cuda.adam_step(param, here, mean, squares, largest, step=step, decoupled=decoupled, **full)
    assert_steps_equal(place, [param, *state], plain_steps(kind, options, dtype), dtype)


def test_a_nan_gradient_stays(place: Device) -> None:
    """AMSGrad's maximum keeps NaN, as NumPy's does."""
    param, grad = (place.asarray(np.array(values)) for values in ([1.0, 1.0], [NAN, 1.0]))
    mean, squares, largest = (place.xp.zeros_like(param) for _ in range(3))
    cuda.adam_step(param, grad, mean, squares, largest, 1, 0.1, (0.9, 0.999), 1e-8)
    for array in (param, mean, squares, largest):
        np.testing.assert_array_equal(np.isnan(asnumpy(array)), [True, False])
