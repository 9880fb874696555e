"""Operators that reduce axes."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .. import ops
from ..backend import get_array_module
from ..ops.dtype import cast
from ..tensor import Tensor
from .node import Node, ints, operator

Axes = tuple[int, ...]


def _empty(x: Tensor, axes: Axes) -> bool:
    return math.prod(x.shape[a] for a in axes) == 0


def _extreme(largest: bool) -> Callable[[Tensor, Axes, bool], Tensor]:
    def reduce(x: Tensor, axes: Axes, keep: bool) -> Tensor:
        if _empty(x, axes):  # the largest of nothing is the least number there is
            shape = [1 if a in axes else n for a, n in enumerate(x.shape) if keep or a not in axes]
            return Tensor._of(get_array_module(x.array).full(shape, _least(x.dtype, largest), x.dtype))
        return (ops.amax if largest else ops.amin)(x, axes, keep)

    return reduce


def _least(dtype: np.dtype, least: bool) -> float | int | bool:
    if dtype.kind == "f":
        return -math.inf if least else math.inf
    if dtype.kind == "b":
        return not least
    limits = np.iinfo(dtype)
    return int(limits.min if least else limits.max)


def _mean(x: Tensor, axes: Axes, keep: bool) -> Tensor:
    if x.dtype.kind == "f":
        return ops.mean(x, axes, keep)
    return ops.floor_divide(ops.sum(x, axes, keep), math.prod(x.shape[a] for a in axes))


def _log_of_sum(x: Tensor, axes: Axes, keep: bool) -> Tensor:
    return ops.log(ops.sum(x, axes, keep))


def _l2(x: Tensor, axes: Axes, keep: bool) -> Tensor:
    value = x if x.dtype.kind == "f" else cast(x, np.float64)
    return ops.norm(value, 2, axes, keep)


_REDUCTIONS: dict[str, Callable[[Tensor, Axes, bool], Tensor]] = {
    "ReduceSum": ops.sum,
    "ReduceMean": _mean,
    "ReduceProd": ops.prod,
    "ReduceMax": _extreme(True),
    "ReduceMin": _extreme(False),
    "ReduceL1": lambda x, axes, keep: ops.sum(ops.abs(x), axes, keep),
    "ReduceL2": _l2,
    "ReduceLogSum": _log_of_sum,
    "ReduceLogSumExp": ops.logsumexp,
    "ReduceSumSquare": lambda x, axes, keep: ops.sum(x * x, axes, keep),
}


@operator(*_REDUCTIONS, host=(1,))
def _reduce(node: Node, x: Tensor, axes_input: Tensor | None = None) -> Tensor:
    """Axes are an attribute in early operator sets, an input later; none given means all, or none at all."""
    axes = ints(axes_input, node.get("axes", ()))
    if not axes and node.flag("noop_with_empty_axes"):
        return _elementwise_part(node.kind, x)
    axes = tuple(sorted(node.axes(axes, x.ndim))) or tuple(range(x.ndim))
    return cast(_REDUCTIONS[node.kind](x, axes, node.flag("keepdims", 1)), x.dtype)


def _elementwise_part(kind: str, x: Tensor) -> Tensor:
    """What is left of a reduction over no axis: the work on each element."""
    parts: dict[str, Callable[[Tensor], Tensor]] = {
        "ReduceL1": ops.abs, "ReduceL2": ops.abs, "ReduceSumSquare": lambda v: v * v, "ReduceLogSum": ops.log,
    }  # fmt: skip
    return parts.get(kind, lambda v: v)(x)


@operator("ArgMax", "ArgMin")
def _arg(node: Node, x: Tensor) -> Tensor:
    axis = node.axis(node.get("axis", 0), max(1, x.ndim))
    arg = ops.argmax if node.kind == "ArgMax" else ops.argmin
    keep = node.flag("keepdims", 1)
    if not node.flag("select_last_index"):
        return arg(x, axis, keep)
    return x.shape[axis] - 1 - arg(ops.flip(x, axis), axis, keep)


@operator("GlobalAveragePool", "GlobalMaxPool")
def _global_pool(node: Node, x: Tensor) -> Tensor:
    axes = tuple(range(2, x.ndim))
    return ops.mean(x, axes, True) if node.kind == "GlobalAveragePool" else ops.amax(x, axes, True)


@operator("GlobalLpPool")
def _global_lp_pool(node: Node, x: Tensor) -> Tensor:
    return ops.norm(x, node.get("p", 2), tuple(range(2, x.ndim)), True)
