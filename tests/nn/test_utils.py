"""Gradient clipping, by norm and by value, on every device."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinyconv as tc
from tinyconv.backend import Device, asnumpy
from tinyconv.nn.utils import clip_grad_norm_, clip_grad_value_


def with_grads(*grads: Any, device: Device | str = "cpu", dtype: Any = np.float32) -> list[tc.Tensor]:
    params = []
    for grad in grads:
        array = np.array(grad, dtype)
        params.append(tc.as_tensor(Device(device).asarray(np.zeros_like(array))).requires_grad_())
        params[-1].grad = tc.as_tensor(Device(device).asarray(array))
    return params


def grads_of(params: list[tc.Tensor]) -> list[Any]:
    return [asnumpy(param.grad.array).tolist() for param in params]


@pytest.mark.parametrize("order", [1.0, 2.0, 2.5, math.inf, -math.inf])
def test_norm_is_that_of_one_long_vector(order: float, device: Device, on_device: Callable) -> None:
    grads = [[[3.0, -4.0], [1.0, 2.0]], [0.5, -6.0], 2.0]
    params = with_grads(*grads, device=device)
    flat = np.concatenate([np.ravel(grad) for grad in grads])
    expected = float(np.linalg.norm(flat, order))
    with on_device():
        total = clip_grad_norm_(params, max_norm=0.25, norm_type=order)
    assert (total.shape, total.dtype, total.device) == ((), np.float32, device)
    np.testing.assert_allclose(total.item(), expected, rtol=1e-6)
    factor = 0.25 / (expected + 1e-6)
    for clipped, grad in zip(grads_of(params), grads):
        np.testing.assert_allclose(clipped, np.array(grad) * factor, rtol=1e-5)


def test_small_gradients_stay_as_they_are() -> None:
    params = with_grads([0.3, 0.4], [0.0])
    assert clip_grad_norm_(params, 1.0).item() == pytest.approx(0.5)
    np.testing.assert_array_equal(params[0].grad.array, np.array([0.3, 0.4], np.float32))


def test_no_gradients() -> None:
    w = tc.tensor([1.0], requires_grad=True)
    assert clip_grad_norm_([w], 1.0).item() == 0.0
    assert clip_grad_norm_([], 1.0).item() == 0.0
    clip_grad_value_([w], 1.0)
    assert w.grad is None


def test_empty_and_missing_gradients_among_others() -> None:
    params = [*with_grads([3.0], np.zeros((0, 2))), tc.tensor([1.0], requires_grad=True)]
    assert clip_grad_norm_(iter(params), 1.0).item() == pytest.approx(3.0)
    assert clip_grad_norm_(params[:2], 1.0, norm_type=math.inf).item() == pytest.approx(1.0)


def test_one_tensor_in_place_of_a_list() -> None:
    (w,) = with_grads([3.0, 4.0])
    assert clip_grad_norm_(w, 10.0).item() == 5.0
    clip_grad_value_(w, 3.5)
    assert w.grad.tolist() == [3.0, 3.5]


def test_half_precision_norm_does_not_overflow() -> None:
    (w,) = with_grads([300.0, 400.0], dtype=np.float16)
    assert clip_grad_norm_([w], 1.0).item() == 500.0
    assert w.grad.dtype == np.float16
    np.testing.assert_allclose(w.grad.array.astype(float), [0.6, 0.8], rtol=1e-3)


def test_two_parameters_with_one_gradient_are_scaled_once() -> None:
    a, b = with_grads([3.0], [0.0])
    b.grad = tc.as_tensor(a.grad.array)  # one array under two gradients
    total = clip_grad_norm_([a, b], 1.0).item()
    np.testing.assert_allclose(total, math.sqrt(18), rtol=1e-6)
    np.testing.assert_allclose(grads_of([a, b]), [[3 / total], [3 / total]], rtol=1e-5)


def test_one_gradient_tensor_of_two_parameters_is_scaled_once() -> None:
    a, b = with_grads([3.0], [0.0])
    b.grad = a.grad
    total = clip_grad_norm_([a, b], 1.0).item()
    np.testing.assert_allclose(grads_of([a, b]), [[3 / total], [3 / total]], rtol=1e-5)


@pytest.mark.parametrize("bad", [math.inf, math.nan])
def test_non_finite_norm_is_an_error_on_request(bad: float) -> None:
    params = with_grads([1.0, bad])
    with pytest.raises(RuntimeError, match=r"total norm of order 2.0 .* is non-finite"):
        clip_grad_norm_(params, 1.0, error_if_nonfinite=True)
    np.testing.assert_array_equal(params[0].grad.array, [1.0, bad])


def test_nan_gradients_stay_nan() -> None:
    params = with_grads([1.0, math.nan])
    assert math.isnan(clip_grad_norm_(params, 1.0).item())
    assert np.isnan(params[0].grad.array).all()


def test_value_clipping(device: Device, on_device: Callable) -> None:
    params = with_grads([[3.0, -0.5], [-7.0, 1.0]], 2.0, device=device)
    with on_device():
        clip_grad_value_(params, 1.5)
    assert grads_of(params) == [[[1.5, -0.5], [-1.5, 1.0]], 1.5]


@pytest.mark.parametrize("value", [-1.0, math.nan])
def test_wrong_arguments(value: float) -> None:
    params = with_grads([1.0])
    with pytest.raises(ValueError, match="max_norm must be >= 0"):
        clip_grad_norm_(params, value)
    with pytest.raises(ValueError, match="clip_value must be >= 0"):
        clip_grad_value_(params, value)
    with pytest.raises(ValueError, match="norm_type must be a nonzero number"):
        clip_grad_norm_(params, 1.0, norm_type=0.0)
