"""Launchers of the kernels around a network: cross-entropy and Adam's step."""

from __future__ import annotations

import math

from ...backend import Array, get_array_module
from ..sums import sum_dtype
from .program import launch, with_device

__all__ = ["adam_step", "cross_entropy", "cross_entropy_grad"]


@with_device
def cross_entropy(x: Array, labels: Array) -> tuple[Array, Array, Array]:
    """``logsumexp(x) - x[label]`` over axis 1, in one pass.

    Parameters
    ----------
    x : array
        Scores ``(N, C, *)`` with at least one class.
    labels : array of int
        ``(N, *)``.

    Returns
    -------
    loss : array
        ``(N, *)``; NaN where there is no such class.
    peak, total : array
        ``(N, *)``, of single precision for float16: the largest score, and the sum of ``exp(x - peak)``;
        for :func:`cross_entropy_grad`.

    Examples
    --------
    >>> loss, peak, total = cross_entropy(scores, labels)  # doctest: +SKIP
    """
    xp = get_array_module(x)
    x, labels = xp.ascontiguousarray(x), xp.ascontiguousarray(labels.astype("int64", copy=False))
    loss = xp.empty(labels.shape, x.dtype)
    peak, total = xp.empty(labels.shape, sum_dtype(x)), xp.empty(labels.shape, sum_dtype(x))
    classes, cells = x.shape[1], math.prod(x.shape[2:])
    launch("cross_entropy", loss.size, x, x, labels, loss, peak, total, classes, cells)
    return loss, peak, total


@with_device
def cross_entropy_grad(gy: Array, x: Array, labels: Array, peak: Array, total: Array) -> Array:
    """``gy * (softmax(x) - onehot(labels))``, in one pass.

    Parameters
    ----------
    gy : array
        ``(N, *)``.
    x, labels, peak, total : array
        Arguments and results of :func:`cross_entropy`.

    Returns
    -------
    array
        Of `x`'s shape and type.

    Examples
    --------
    >>> gx = cross_entropy_grad(gy, scores, labels, peak, total)  # doctest: +SKIP
    """
    xp = get_array_module(x)
    gx = xp.empty(x.shape, x.dtype)
    gy = xp.ascontiguousarray(gy.astype(x.dtype, copy=False))
    x, labels = xp.ascontiguousarray(x), xp.ascontiguousarray(labels.astype("int64", copy=False))
    classes, cells = x.shape[1], math.prod(x.shape[2:])
    launch("cross_entropy_grad", gx.size, x, gy, x, labels, peak, total, gx, classes, cells)
    return gx


@with_device
def adam_step(
    param: Array,
    grad: Array,
    mean: Array,
    squares: Array,
    largest: Array | None,
    step: int,
    lr: float,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float = 0.0,
    decoupled: bool = False,
    maximize: bool = False,
) -> None:
    """Change `param` and its running means in place, as Adam, or AdamW with `decoupled`, does.

    Parameters
    ----------
    param, grad, mean, squares : array
        C-contiguous, of one shape and type.
    largest : array or None
        The largest `squares` so far, for AMSGrad.
    step : int
        The number of this step, from 1.

    Examples
    --------
    >>> adam_step(param, grad, mean, squares, None, 1, 1e-3, (0.9, 0.999), 1e-8)  # doctest: +SKIP
    """
    lr, eps, weight_decay = float(lr), float(eps), float(weight_decay)
    beta1, beta2 = (float(beta) for beta in betas)
    shrink, decay = (1 - lr * weight_decay, 0.0) if decoupled else (1.0, weight_decay)
    root, rate = math.sqrt(1 - beta2**step), lr / (1 - beta1**step)
    numbers = shrink, decay, 1 - beta1, beta2, 1 - beta2, root, eps, rate
    most = squares if largest is None else largest  # without AMSGrad it is not touched
    arrays = param, grad, mean, squares, most
    launch("adam_step", param.size, param, *arrays, *numbers, largest is not None, bool(maximize))
