"""Operators that work element by element, and activations."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..backend import get_array_module, quiet
from ..ops.dtype import cast
from ..ops.elementwise import zeros_like
from ..ops.unary import expm1
from ..tensor import Tensor
from .node import OPERATORS, Node, operator


def _enter_unary(kind: str, function: Callable[[Tensor], Tensor]) -> None:
    OPERATORS[kind] = lambda node, x: function(x)


for _kind, _function in {
    "Abs": ops.abs, "Cos": ops.cos, "Erf": ops.erf, "Exp": ops.exp, "Identity": lambda x: x, "Log": ops.log,
    "Neg": ops.neg, "Reciprocal": lambda x: 1.0 / x, "Sigmoid": ops.sigmoid, "Sign": ops.sign, "Sin": ops.sin,
    "Sqrt": ops.sqrt, "Tanh": ops.tanh, "Relu": ops.relu,
    "Softplus": lambda x: ops.softplus(x, threshold=math.inf),
    "Softsign": lambda x: x / (ops.abs(x) + 1.0),
    "Mish": lambda x: x * ops.tanh(ops.softplus(x, threshold=math.inf)),
}.items():  # fmt: skip
    _enter_unary(_kind, _function)


def _array_function(kind: str, name: str) -> None:
    """An operator without derivative, computed by the array function `name`."""

    def call(node: Node, x: Tensor) -> Tensor:
        return Tensor._of(getattr(get_array_module(x.array), name)(x.array))

    OPERATORS[kind] = call


for _kind, _name in {"Ceil": "ceil", "Floor": "floor", "Round": "rint", "Not": "logical_not", "IsNaN": "isnan"}.items():
    _array_function(_kind, _name)


# ------------------------------------------------------------------------------ two operands


def _check_legacy(node: Node) -> None:
    if node.opset < 7 and node.get("broadcast"):
        raise node.refuse("onnx.legacy_broadcast")


def _divide(a: Tensor, b: Tensor) -> Tensor:
    """Division; of integers, towards zero."""
    if a.dtype.kind == "f":
        return ops.div(a, b)
    xp = get_array_module(a.array)
    with quiet():
        quotient = xp.sign(a.array) * xp.sign(b.array) * (xp.abs(a.array) // xp.abs(b.array))
    return Tensor._of(quotient.astype(a.dtype))


def _power(a: Tensor, b: Tensor) -> Tensor:
    return cast(ops.pow(a, b), a.dtype) if a.dtype == b.dtype else _mixed_power(a, b)


def _mixed_power(a: Tensor, b: Tensor) -> Tensor:
    wide = a if a.dtype.kind == "f" else cast(a, np.float64)
    return cast(ops.pow(wide, cast(b, wide.dtype)), a.dtype)


_BINARY: dict[str, Callable[[Any, Any], Tensor]] = {
    "Add": ops.add, "Sub": ops.sub, "Mul": ops.mul, "Div": _divide, "Pow": _power,
    "Equal": lambda a, b: ops.eq(a, b), "Less": lambda a, b: ops.lt(a, b),
    "LessOrEqual": lambda a, b: ops.le(a, b),
    "Greater": lambda a, b: ops.gt(a, b),
    "GreaterOrEqual": lambda a, b: ops.ge(a, b),
    "And": lambda a, b: ops.bitwise_and(a, b), "Or": lambda a, b: ops.bitwise_or(a, b),
    "Xor": lambda a, b: ops.bitwise_xor(a, b),
}  # fmt: skip


@operator(*_BINARY)
def _binary(node: Node, a: Tensor, b: Tensor) -> Tensor:
    _check_legacy(node)
    node.allow_broadcast(a, b)
    return _BINARY[node.kind](a, b)


@operator("Mod")
def _mod(node: Node, a: Tensor, b: Tensor) -> Tensor:
    node.allow_broadcast(a, b)
    if not node.get("fmod", 0):
        return ops.remainder(a, b)
    with quiet():
        return Tensor._of(get_array_module(a.array).fmod(a.array, b.array))


@operator("Max", "Min")
def _extreme(node: Node, first: Tensor, *rest: Tensor) -> Tensor:
    node.allow_broadcast(first, *rest)
    for other in rest:
        first = (ops.maximum if node.kind == "Max" else ops.minimum)(first, other)
    return first


@operator("Sum", "Mean")
def _sum(node: Node, first: Tensor, *rest: Tensor) -> Tensor:
    node.allow_broadcast(first, *rest)
    for other in rest:
        first = first + other
    return first if node.kind == "Sum" else first / float(1 + len(rest))


@operator("Where")
def _where(node: Node, condition: Tensor, a: Tensor, b: Tensor) -> Tensor:
    node.allow_broadcast(condition, a, b)
    return ops.where(condition, a, b)


@operator("Clip")
def _clip(node: Node, x: Tensor, low: Tensor | None = None, high: Tensor | None = None) -> Tensor:
    """Limits as inputs since operator set 11, as attributes before.  The upper one wins where they cross."""
    bounds = (node.get("min"), node.get("max")) if node.opset < 11 else (low, high)
    if any(isinstance(bound, Tensor) and bound.shape not in ((), (1,)) for bound in bounds):
        raise node.refuse("onnx.clip")
    for bound, limit in zip(bounds, (ops.maximum, ops.minimum)):
        x = x if bound is None else limit(x, bound)
    return x


# ------------------------------------------------------------------------------ activations


@operator("LeakyRelu")
def _leaky_relu(node: Node, x: Tensor) -> Tensor:
    return ops.leaky_relu(x, node.get("alpha", 0.01))


@operator("PRelu")
def _prelu(node: Node, x: Tensor, slope: Tensor) -> Tensor:
    node.allow_broadcast(x, slope)
    if node.opset < 7 and slope.ndim == 1 and x.ndim > 1:
        slope = slope.reshape((-1,) + (1,) * (x.ndim - 2))
    return ops.where(x.detach() > 0, x, x * slope)


@operator("Elu")
def _elu(node: Node, x: Tensor) -> Tensor:
    return ops.elu(x, node.get("alpha", 1.0))


@operator("Selu")
def _selu(node: Node, x: Tensor) -> Tensor:
    return ops.elu(x, node.get("alpha", 1.6732632423543772)) * node.get("gamma", 1.0507009873554805)


@operator("Celu")
def _celu(node: Node, x: Tensor) -> Tensor:
    """``max(0, x) + min(0, alpha*(exp(x/alpha) - 1))``."""
    alpha = node.get("alpha", 1.0)
    below = ops.minimum(x, 0.0)
    return ops.relu(x) + expm1(below / alpha) * alpha


@operator("Gelu")
def _gelu(node: Node, x: Tensor) -> Tensor:
    return ops.gelu(x, node.get("approximate", "none"))


@operator("HardSigmoid")
def _hard_sigmoid(node: Node, x: Tensor) -> Tensor:
    return ops.clamp(x * node.get("alpha", 0.2) + node.get("beta", 0.5), 0.0, 1.0)


@operator("HardSwish")
def _hard_swish(node: Node, x: Tensor) -> Tensor:
    return x * ops.clamp(x / 6.0 + 0.5, 0.0, 1.0)


@operator("Swish")
def _swish(node: Node, x: Tensor) -> Tensor:
    return x * ops.sigmoid(x * node.get("alpha", 1.0))


@operator("ThresholdedRelu")
def _thresholded_relu(node: Node, x: Tensor) -> Tensor:
    return ops.where(x.detach() > node.get("alpha", 1.0), x, 0.0)


@operator("Shrink")
def _shrink(node: Node, x: Tensor) -> Tensor:
    """Moved by `bias` towards 0 outside ``[-lambd, lambd]``, 0 inside."""
    bias, limit = node.get("bias", 0.0), node.get("lambd", 0.5)
    above = ops.where(x.detach() > limit, x - bias, zeros_like(x))
    return ops.where(x.detach() < -limit, x + bias, above)


def _over_axis(node: Node, x: Tensor, function: Callable[[Tensor, int], Tensor]) -> Tensor:
    """Apply along an axis; before operator set 13, along all axes from it on, taken as one."""
    if node.opset >= 13:
        return function(x, node.axis(node.get("axis", -1), max(1, x.ndim)))
    axis = node.get("axis", 1)
    axis = x.ndim if axis == x.ndim else node.axis(axis, x.ndim)
    flat = x.reshape((math.prod(x.shape[:axis]), math.prod(x.shape[axis:])))
    return function(flat, 1).reshape(x.shape)


@operator("Softmax")
def _softmax(node: Node, x: Tensor) -> Tensor:
    return _over_axis(node, x, ops.softmax)


@operator("LogSoftmax")
def _log_softmax(node: Node, x: Tensor) -> Tensor:
    return _over_axis(node, x, ops.log_softmax)


@operator("Hardmax")
def _hardmax(node: Node, x: Tensor) -> Tensor:
    """1 at the first largest value, 0 elsewhere."""

    def first_largest(value: Tensor, axis: int) -> Tensor:
        xp = get_array_module(value.array)
        best = xp.expand_dims(xp.argmax(value.array, axis=axis), axis)
        places = xp.moveaxis(xp.arange(value.shape[axis]).reshape((-1,) + (1,) * (value.ndim - 1)), 0, axis)
        return Tensor._of((places == best).astype(value.dtype))

    return _over_axis(node, x, first_largest)


@operator("Dropout", host=(1, 2))
def _dropout(node: Node, x: Tensor, ratio: Tensor | None = None, training: Tensor | None = None) -> Any:
    """The identity, as in every model that is not being trained."""
    if training is not None and bool(training.item()) and (ratio is None or ratio.item() > 0):
        raise node.refuse("onnx.training_mode")
    mask = Tensor._of(get_array_module(x.array).ones(x.shape, bool)) if node.wants(1) else None
    return x, mask
