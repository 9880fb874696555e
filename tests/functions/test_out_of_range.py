"""Indices out of range: refused on the CPU, and on a device NaN instead of another element's value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinyconv as tc
from tinyconv.backend import Device, asnumpy

ROWS = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
nan = float("nan")

CASES: dict[str, tuple[Callable[[Any, Any], tc.Tensor], list[Any]]] = {
    "gather": (lambda x, t: tc.gather(x, 1, t([[0, 3], [2, -1]])), [[1.0, nan], [6.0, nan]]),
    "index_select": (lambda x, t: tc.index_select(x, 1, t([2, 3])), [[3.0, nan], [6.0, nan]]),
    "index_select of rows": (lambda x, t: tc.index_select(x, 0, t([-1, 1])), [[nan] * 3, [4.0, 5.0, 6.0]]),
    "take": (lambda x, t: tc.take(x, t([6, -1, 0])), [nan, 6.0, 1.0]),
    "scatter": (lambda x, t: tc.scatter(x, 1, t([[1], [3]]), 9.0), [[1.0, nan, 3.0], [nan, 5.0, 6.0]]),
    "scatter of a tensor": (lambda x, t: tc.scatter(x, 1, t([[1], [3]]), x), [[1.0, nan, 3.0], [nan, 5.0, 6.0]]),
    "scatter_add": (lambda x, t: tc.scatter_add(x, 0, t([[0, 2, 1]]), x), [[nan, nan, 3.0], [4.0, 5.0, nan]]),
    "index_add": (lambda x, t: tc.index_add(x, 0, t([2, 0]), x), [[nan] * 3, [4.0, 5.0, 6.0]]),
    "index_copy": (lambda x, t: tc.index_copy(x, 0, t([2]), x[:1]), [[nan] * 3, [4.0, 5.0, 6.0]]),
    "masked_scatter": (lambda x, t: tc.masked_scatter(x, x > 4, x.reshape(-1)[:1]), [[1.0, 2.0, 3.0], [4.0, 1.0, nan]]),
    "index_fill": (lambda x, t: tc.index_fill(x, 1, t([-4]), 9.0), [[nan, 2.0, 3.0], [nan, 5.0, 6.0]]),
}


@pytest.mark.parametrize("name", CASES)
def test_out_of_range(name: str, device: Device, on_device: Callable[[], Any]):
    function, expected = CASES[name]
    x = tc.tensor(ROWS, device=device, requires_grad=True)
    if device.type == "cpu":
        with pytest.raises((IndexError, RuntimeError), match=r"index|mask"):
            function(x, tc.tensor)
        return
    indices: list[tc.Tensor] = []
    made = lambda values: indices.append(tc.tensor(values, device=device)) or indices[-1]  # noqa: E731
    function(x, made)
    with on_device():
        result = function(x, lambda values: indices[0])
    np.testing.assert_array_equal(asnumpy(result.detach().array), np.array(expected, np.float32))
