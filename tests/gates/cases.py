"""Gradients that select, and what arrives at them: infinities, NaN, ties; written for PyTorch and for tinyconv.

A case is a function of ``(lib, *tensors)``, its inputs, and the gradient that comes in: one number, or one per cell.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

inf, nan = math.inf, math.nan


class Case(NamedTuple):
    """A function, its inputs, the gradient of its output, and the dtype of them all."""

    function: Callable
    inputs: tuple[Any, ...]
    incoming: Any = inf
    dtype: str = "float32"


def on(name: str, **options: Any) -> Callable:
    """The function `name` of ``nn.functional``."""
    return lambda lib, *tensors: getattr(lib.nn.functional, name)(*tensors, **options)


def norm(p: float) -> Callable:
    """The p-norm of all cells."""
    return lambda lib, x: x.norm(p)


def labels(lib: Any, x: Any) -> Any:
    """Two, of which the second is ignored, where `x` is."""
    return lib.tensor([0, -100], device=x.device)


SIDES = [-1.0, 2.0, 0.0, nan, inf, -inf]
OTHER = [2.0, -1.0, 0.0, 1.0, 1.0, 1.0]
NAN_OTHER = [2.0, -1.0, 0.0, nan, nan, nan]
FAR = [3.0, -3.0, 0.5, 1.0, nan, inf]
HALVES = [40000.0, 65504.0, -40000.0, 300.0, -300.0, 1.0, 0.0]

CASES = {
    "relu of the issue": Case(lambda lib, x: lib.relu(x), ([-1.0, 2.0],), [inf, 1.0]),
    "relu": Case(lambda lib, x: lib.relu(x), (SIDES,)),
    "relu 1": Case(lambda lib, x: lib.relu(x), (SIDES,), 1.0),
    "relu nan": Case(lambda lib, x: lib.relu(x), (SIDES,), nan),
    "relu in float16": Case(lambda lib, x: lib.relu(x), (SIDES,), inf, "float16"),
    "relu in float64": Case(lambda lib, x: lib.relu(x), (SIDES,), inf, "float64"),
    "relu of a row repeated": Case(lambda lib, x: lib.relu(x.expand(2, 6)).sum(0), (SIDES,)),
    "maximum": Case(lambda lib, a, b: lib.maximum(a, b), (SIDES, OTHER)),
    "maximum of nan": Case(lambda lib, a, b: lib.maximum(a, b), (SIDES, NAN_OTHER), 1.0),
    "maximum, one row": Case(lambda lib, a, b: lib.maximum(a, b), (SIDES, [0.0])),
    "minimum": Case(lambda lib, a, b: lib.minimum(a, b), (SIDES, OTHER)),
    "minimum of nan": Case(lambda lib, a, b: lib.minimum(a, b), (SIDES, NAN_OTHER), 1.0),
    "max": Case(lambda lib, x: x.max(), ([-1.0, 2.0, 2.0],)),
    "max of nan": Case(lambda lib, x: x.max(), ([-1.0, nan, 2.0, nan],), 1.0),
    "min": Case(lambda lib, x: x.min(), ([-1.0, 2.0, 2.0],)),
    "max over a dim": Case(lambda lib, x: x.max(0)[0], ([-1.0, 2.0, 2.0],)),
    "clamp": Case(lambda lib, x: x.clamp(-1, 1), (SIDES,)),
    "clamp from below": Case(lambda lib, x: x.clamp(min=0), (SIDES,)),
    "clamp with nan": Case(lambda lib, x: x.clamp(nan, 1), (SIDES,)),
    "clamp by tensors": Case(lambda lib, x, a, b: x.clamp(a, b), (SIDES, [-1.0] * 6, [1.0] * 6)),
    "clamp by one tensor": Case(lambda lib, x, a: x.clamp(min=a), (SIDES, [0.0] * 6)),
    "clamp by nan": Case(lambda lib, x, a, b: x.clamp(a, b), ([0.5] * 3, [nan, 0.0, nan], [1.0, nan, nan]), 1.0),
    "clamp by crossed bounds": Case(lambda lib, x, a, b: x.clamp(a, b), ([0.0, 2.0, 4.0], [3.0] * 3, [1.0] * 3)),
    "where": Case(lambda lib, a, b: lib.where(a > 0, a, b), (SIDES, OTHER)),
    "masked_fill": Case(lambda lib, x: x.masked_fill(x > 0, 3.0), (SIDES,)),
    "abs": Case(lambda lib, x: x.abs(), (SIDES,)),
    "abs 1": Case(lambda lib, x: x.abs(), (SIDES,), 1.0),
    "sign": Case(lambda lib, x: x.sign(), (SIDES,)),
    "pow": Case(lambda lib, a, b: a**b, ([2.0, 3.0, 2.0], [2.0, 0.0, 0.0])),
    "pow 0": Case(lambda lib, x: x**0, (SIDES,)),
    "leaky_relu": Case(on("leaky_relu"), (SIDES,)),
    "elu": Case(on("elu"), (SIDES,)),
    "elu 1": Case(on("elu"), (SIDES,), 1.0),
    "softplus": Case(on("softplus"), ([-1.0, 30.0, inf, nan],)),
    "softplus, beta": Case(on("softplus", beta=2.0), ([-1.0, 30.0, inf, nan],)),
    "prelu": Case(on("prelu"), ([inf, -1.0, 2.0], [0.25]), 1.0),
    "prelu inf": Case(on("prelu"), ([1.0, -1.0, 2.0], [0.25]), [inf, 1.0, inf]),
    "huber": Case(on("huber_loss", reduction="none"), (FAR, [0.0] * 6)),
    "huber 1": Case(on("huber_loss", reduction="none"), (FAR, [0.0] * 6), 1.0),
    "smooth_l1": Case(on("smooth_l1_loss", reduction="none"), (FAR, [0.0] * 6)),
    "smooth_l1 1": Case(on("smooth_l1_loss", reduction="none"), (FAR, [0.0] * 6), 1.0),
    "max_pool": Case(on("max_pool1d", kernel_size=2), ([[[-1.0, 2.0, 2.0, 2.0, nan, 1.0]]],)),
    "max_pool, overlapping": Case(
        on("max_pool1d", kernel_size=3, stride=1, padding=1), ([[[-1.0, 2.0, 5.0, 2.0, 3.0, 1.0]]],), [[[inf, 1.0] * 3]]
    ),
    "adaptive_max_pool": Case(on("adaptive_max_pool1d", output_size=2), ([[[-1.0, 2.0, 5.0]]],)),
    "index": Case(lambda lib, x: x[1:3], (SIDES,)),
    "cross_entropy, ignored": Case(
        lambda lib, x: lib.nn.functional.cross_entropy(x, labels(lib, x), reduction="none"),
        ([[1.0, 2.0], [3.0, 4.0]],),
        [1.0, inf],
    ),
    "nll_loss": Case(
        lambda lib, x: lib.nn.functional.nll_loss(x, labels(lib, x), reduction="none"),
        ([[1.0, 2.0], [-inf, 4.0]],),
    ),
    "std of equals": Case(lambda lib, x: x.std(), ([2.0, 2.0],)),
    "gelu": Case(on("gelu"), (HALVES,), 2.0, "float16"),
    "gelu, tanh": Case(on("gelu", approximate="tanh"), (HALVES,), 2.0, "float16"),
    "silu": Case(on("silu"), (HALVES,), 2.0, "float16"),
    "log": Case(lambda lib, x: x.log(), ([1e-5, 2.0],), 0.5, "float16"),
    "log1p": Case(lambda lib, x: x.log1p(), ([1e-5, 2.0],), 0.5, "float16"),
    "sqrt": Case(lambda lib, x: x.sqrt(), ([1e-5, 2.0],), 0.5, "float16"),
    **{
        f"norm {p} of {x}": Case(norm(p), (x,), 1.0)
        for p in (0.5, 1, 1.5, 2, 3, -1, -2, inf, -inf)
        for x in ([0.0, 0.0], [0.0, 2.0], [-3.0, 4.0])
    },
    **{f"norm {p}, inf": Case(norm(p), ([0.0, 0.0],)) for p in (1.5, 2, 3)},
}  # fmt: skip

# of functions of x, the gradient of their gradient's sum
TWICE = {
    "norm": (norm(2), [0.0, 0.0]),
    "norm squared": (lambda lib, x: x.norm() ** 2, [0.0, 0.0]),
    "norm squared, of a row": (lambda lib, x: (x.reshape(2, 2).norm(dim=1) ** 2).sum(), [3.0, 4.0, 0.0, 0.0]),
    "norm 3 cubed": (lambda lib, x: x.norm(3) ** 3, [0.0, 0.0]),
    "std": (lambda lib, x: x.std(), [2.0, 2.0]),
    "relu": (lambda lib, x: (lib.relu(x) ** 2).sum(), [-1.0, 0.0, 2.0, nan]),
    "maximum": (lambda lib, x: (lib.maximum(x, x.flip(0)) ** 3).sum(), [-1.0, 2.0, 3.0]),
    "clamp": (lambda lib, x: (x.clamp(x.flip(0), x * 2) ** 3).sum(), [-1.0, 2.0, 3.0]),
    "huber": (lambda lib, x: lib.nn.functional.huber_loss(x, x * 0, reduction="sum"), [0.5, 3.0, -2.0]),
    "max": (lambda lib, x: x.max() ** 3, [1.0, 2.0, 2.0]),
}
