"""Losses, and the steps of optimisers as ONNX's training operators define them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .. import ops
from ..ops.dtype import cast
from ..ops.loss import nll_loss
from ..tensor import Tensor
from .node import Node, operator

_NOT_A_CLASS = -(2**31)  # stands for "no class is ignored"


@operator("NegativeLogLikelihoodLoss")
def _nll(node: Node, log_p: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    ignored = node.get("ignore_index", _NOT_A_CLASS)
    return nll_loss(log_p, cast(target, "int64"), weight, ignore_index=ignored, reduction=node.get("reduction", "mean"))


@operator("SoftmaxCrossEntropyLoss")
def _softmax_cross_entropy(node: Node, scores: Tensor, target: Tensor, weight: Tensor | None = None) -> Any:
    """Also the log-probabilities, if they are wanted."""
    log_p = ops.log_softmax(scores, 1)
    return _nll(node, log_p, target, weight), log_p


def _states(node: Node, tensors: tuple[Tensor, ...], kinds: int) -> Iterator[tuple[Tensor, ...]]:
    """ONNX lists all parameters, then all gradients, then all states of each kind."""
    count = len(tensors) // kinds
    for group in zip(*[tensors[i * count : (i + 1) * count] for i in range(kinds)]):
        if len({t.shape for t in group}) > 1:
            raise node.refuse("onnx.states")
        yield group


def _grouped(results: Sequence[tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
    return tuple(value for kind in zip(*results) for value in kind)


@operator("Adagrad", host=(1,))
def _adagrad(node: Node, rate: Tensor, step: Tensor, *tensors: Tensor) -> tuple[Tensor, ...]:
    """``h += g*g;  x -= rate/(1 + step*decay) * g/(sqrt(h) + eps)`` with ``g = gradient + norm*x``."""
    norm, eps = node.get("norm_coefficient", 0.0), node.get("epsilon", 1e-6)
    slowed = rate / (step * node.get("decay_factor", 0.0) + 1.0)
    results = []
    for x, gradient, total in _states(node, tensors, 3):
        g = gradient + x * norm
        total = total + g * g
        results.append((x - slowed * g / (ops.sqrt(total) + eps), total))
    return _grouped(results)


@operator("Momentum", host=(1,))
def _momentum(node: Node, rate: Tensor, step: Tensor, *tensors: Tensor) -> tuple[Tensor, ...]:
    """``v = alpha*v + beta*g;  x -= rate*v`` (or ``rate*(g + alpha*v)``); beta counts as 1 in the first step."""
    norm, alpha = node.get("norm_coefficient"), node.get("alpha")
    beta = node.get("beta") if step.item() > 0 else 1.0
    results = []
    for x, gradient, velocity in _states(node, tensors, 3):
        g = gradient + x * norm
        velocity = velocity * alpha + g * beta
        move = g + velocity * alpha if node.get("mode") == "nesterov" else velocity
        results.append((x - rate * move, velocity))
    return _grouped(results)


@operator("Adam", host=(1,))
def _adam(node: Node, rate: Tensor, step: Tensor, *tensors: Tensor) -> tuple[Tensor, ...]:
    """``v, h`` are running means of g and g*g; the rate corrects for their start at 0."""
    alpha, beta, eps = node.get("alpha", 0.9), node.get("beta", 0.999), node.get("epsilon", 0.0)
    norm, after, count = node.get("norm_coefficient", 0.0), node.get("norm_coefficient_post", 0.0), step.item()
    corrected = rate * ((1.0 - beta**count) ** 0.5 / (1.0 - alpha**count)) if count > 0 else rate
    results = []
    for x, gradient, first, second in _states(node, tensors, 4):
        g = gradient + x * norm
        first, second = first * alpha + g * (1.0 - alpha), second * beta + g * g * (1.0 - beta)
        moved = x - corrected * first / (ops.sqrt(second) + eps)
        results.append((moved * (1.0 - after), first, second))
    return _grouped(results)
