"""What every operation's test does: value against a reference, first and second derivatives, the device.

``check(op, reference, *inputs, device=..., on_device=...)`` holds ``op`` on Tensors against ``reference``
on NumPy arrays.  On the CPU it then takes numeric derivatives of both orders; on another device it
runs forward, backward and double backward where no copy is allowed, and compares with the CPU.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np

import tinyconv as tc
from tinyconv.backend import Device, asnumpy

OnDevice = Callable[[], contextlib.AbstractContextManager]


def draw(*shape: int, low: float = -2.0, high: float = 2.0, seed: int = 0, apart: float = 0.0) -> np.ndarray:
    """Uniform float64 numbers; with `apart`, any two of them differ by more, so that there are no ties."""
    random = np.random.default_rng(seed)
    if not apart:
        return np.asarray(random.uniform(low, high, shape))
    values = np.linspace(low, high, int(np.prod(shape)))
    assert values.size < 2 or values[1] - values[0] > apart
    return random.permutation(values).reshape(shape)


def leaf(array: Any, device: Device | str = "cpu") -> tc.Tensor:
    """A tensor on `device` that asks for its gradient."""
    return tc.tensor(np.asarray(array), device=device, requires_grad=True)


def host(tensor: tc.Tensor) -> np.ndarray:
    """A tensor's values, wherever it lives."""
    return asnumpy(tensor.array)


def first_float(result: Any) -> tc.Tensor:
    """The differentiable part of a result: itself, or the values of ``(values, indices)``."""
    return result[0] if isinstance(result, tuple) else result


def derivatives(op: Callable, tensors: list[tc.Tensor], order: int) -> list[tc.Tensor]:
    """The result of `op`, and gradients up to `order`, of a loss whose slope varies from place to place."""
    out = first_float(op(*tensors))
    results, level = [out], [out]
    for step in range(order):
        loss = sum((value * value).sum() for value in level if value.requires_grad)
        last = step == order - 1
        grads = tc.grad(loss, tensors, create_graph=not last, allow_unused=True)
        level = [g for g in grads if g is not None]
        results += level
    return results


def check(
    op: Callable,
    reference: Callable,
    *inputs: np.ndarray,
    device: Device,
    on_device: OnDevice,
    order: int = 2,
    rtol: float = 1e-12,
) -> None:
    """Hold `op` against `reference`; see the module's text."""
    tensors = [leaf(array, device) for array in inputs]
    with on_device():
        results = derivatives(op, tensors, order)
    assert all(type(r.array) is device.xp.ndarray for r in results)
    expected = np.asarray(reference(*inputs))
    assert results[0].shape == expected.shape
    np.testing.assert_allclose(host(results[0]), expected, rtol=rtol, atol=rtol)
    if device.type != "cpu":
        on_cpu = derivatives(op, [leaf(array) for array in inputs], order)
        for here, there in zip(results, on_cpu, strict=True):
            np.testing.assert_allclose(host(here), host(there), rtol=1e-9, atol=1e-12)
        return
    assert tc.gradcheck(op, [leaf(array) for array in inputs])
    if order > 1:
        assert tc.gradgradcheck(op, [leaf(array) for array in inputs])
