"""No operation lets a NumPy warning out, whatever the numbers: pytest turns warnings into errors."""

from __future__ import annotations

import numpy as np
import pytest

import tinyconv as tc
from tests.ops.test_activation import POINTWISE
from tests.ops.test_elementwise import BINARY, UNARY
from tests.ops.test_reduction import REDUCTIONS
from tinyconv import ops

UNUSUAL = [0.0, -0.0, 1.0, -1.0, 1e-45, 1e3, -1e3, 3e38, -3e38, np.inf, -np.inf, np.nan]


def with_its_reverse(op):
    return lambda x: op(x, x.flip(0))


OPERATIONS = {
    **{f"unary {name}": op for name, (op, *_) in UNARY.items() if name != "cast"},
    **{f"binary {name}": with_its_reverse(op) for name, (op, _) in BINARY.items()},
    **{f"reduction {name}": op for name, (op, *_) in REDUCTIONS.items()},
    **{f"activation {name}": op for name, (op, *_) in POINTWISE.items()},
    "norm 3": lambda x: tc.norm(x, 3),
    "norm 1.5": lambda x: tc.norm(x, 1.5),
    "norm inf": lambda x: tc.norm(x, np.inf),
    "softmax": lambda x: tc.softmax(x, 0),
    "log_softmax": lambda x: tc.log_softmax(x, 0),
    "matmul": lambda x: x @ x,
    "outer": lambda x: x[:, None] @ x[None],
    "layer_norm": lambda x: ops.layer_norm(x, x.shape),
    "batch_norm": lambda x: ops.batch_norm(x[:, None], training=True),
    "floor_divide": lambda x: x - x // 3 + x % x.flip(0),
    "cumulated": lambda x: x[[0, 0, 7, 7, 8]],
    "max": lambda x: tc.max(x, 0).values,
    "setitem": lambda x: _assigned(x),
    "scalars": lambda x: (x + 1e39) * 1e39 - 1e39 / x,
}


def _assigned(x):
    y = x * 1
    y[2:5] = x[7:10] * x[7:10]
    return y


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("dtype", [tc.float16, tc.float32])
def test_no_warning_forward_backward_or_twice(name, dtype):
    with np.errstate(all="ignore"):
        values = np.array(UNUSUAL).astype(dtype)
    x = tc.tensor(values, requires_grad=True)
    y = OPERATIONS[name](x)
    assert y.dtype == dtype
    (grad,) = tc.grad(y.sum(), x, create_graph=True, allow_unused=True)
    if grad is not None and grad.requires_grad:
        (grad * grad).sum().backward()
    repr(y)


def test_comparisons_and_casts_are_silent():
    x = tc.tensor(np.array(UNUSUAL, np.float32))
    for dtype in (tc.float16, tc.int32, tc.int64, tc.uint8, tc.bool):
        x.to(dtype)
    for result in (x > x.flip(0), x == 1e300, x < 1e39, x.isnan(), x.argmax(), x.all()):
        assert result is not None
