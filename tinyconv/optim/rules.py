"""Steps that several update rules share: on raw arrays, in place, and piece by piece.

An update rule such as Adam's is a dozen elementwise operations.  Done on whole arrays, each one reads
and writes main memory; done on pieces that fit in a cache, only the first one does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..backend import Array, get_array_module
from ..kernels import tuning
from ..kernels.passes import pass_over
from ..kernels.scratch import scratch_like

CELL_WORK = 8 * tuning.PASS_WORK  # about so many passes go over the numbers


def each_piece(update: Callable[..., None], *arrays: Array) -> None:
    """Call ``update(*piece)`` for matching pieces of arrays of one shape, which a cache holds for the whole of a step.

    Threads may share the pieces.

    Examples
    --------
    >>> import numpy
    >>> a, b = numpy.zeros(200_000), numpy.ones(200_000)
    >>> def update(piece_a, piece_b):
    ...     piece_a += piece_b
    >>> each_piece(update, a, b)
    >>> float(a.sum())
    200000.0
    """
    pass_over(update, arrays, CELL_WORK, tuning.STEP_CELLS)


def averages(state: dict[str, Any], names: list[str], param: Array) -> list[Array]:
    """Give these arrays of a parameter's state, made of zeros where they do not exist yet.

    Examples
    --------
    >>> import numpy
    >>> state = {"exp_avg": numpy.ones(2)}
    >>> averages(state, ["exp_avg", "exp_avg_sq"], numpy.ones(2))
    [array([1., 1.]), array([0., 0.])]
    """
    for name in names:
        if name not in state:
            state[name] = get_array_module(param).zeros_like(param)
    return [state[name] for name in names]


def add_scaled(target: Array, array: Array, scale: float) -> None:
    """``target += scale * array``, without an allocation.

    Examples
    --------
    >>> import numpy
    >>> target = numpy.ones(2)
    >>> add_scaled(target, numpy.array([1.0, 2.0]), -0.5)
    >>> target
    array([0.5, 0. ])
    """
    xp = get_array_module(target)
    if scale == 1:
        xp.add(target, array, out=target)
        return
    scaled = xp.multiply(array, scale, out=scratch_like("term", target))
    xp.add(target, scaled, out=target)


def split_decay(lr: float, weight_decay: float, decoupled: bool) -> tuple[float, float]:
    """What a parameter is multiplied by before a step, and what :func:`decayed_gradient` adds of it.

    Examples
    --------
    >>> split_decay(0.5, 0.5, decoupled=True), split_decay(0.5, 0.5, decoupled=False)
    ((0.75, 0), (1, 0.5))
    """
    return (1 - lr * weight_decay, 0) if decoupled else (1, weight_decay)


def decayed_gradient(param: Array, grad: Array, weight_decay: float, maximize: bool) -> Array:
    """``±grad + weight_decay * param``, the sign by `maximize`; `grad` itself when that is all.

    Examples
    --------
    >>> import numpy
    >>> decayed_gradient(numpy.full(2, 4.0), numpy.ones(2), 0.5, True)
    array([1., 1.])
    """
    xp = get_array_module(param)
    if weight_decay:
        out = xp.multiply(param, weight_decay, out=scratch_like("gradient", param))
        combine = xp.subtract if maximize else xp.add
        return combine(out, grad, out=out)
    if maximize:
        return xp.negative(grad, out=scratch_like("gradient", param))
    return grad


def average_squares(average: Array, grad: Array, keep: float) -> None:
    """``average = keep * average + (1 - keep) * grad**2``.

    Examples
    --------
    >>> import numpy
    >>> average = numpy.zeros(2)
    >>> average_squares(average, numpy.array([1.0, 2.0]), 0.75)
    >>> average
    array([0.25, 1.  ])
    """
    xp = get_array_module(average)
    squares = xp.multiply(grad, grad, out=scratch_like("term", average))
    squares *= 1 - keep
    average *= keep
    average += squares


def move_average(average: Array, array: Array, weight: float) -> None:
    """``average += weight * (array - average)``: a running mean.

    Examples
    --------
    >>> import numpy
    >>> average = numpy.zeros(2)
    >>> move_average(average, numpy.array([1.0, 2.0]), 0.5)
    >>> average
    array([0.5, 1. ])
    """
    xp = get_array_module(average)
    change = xp.subtract(array, average, out=scratch_like("term", average))
    change *= weight
    average += change


def add_quotient(target: Array, array: Array, divisor: Array, scale: float) -> None:
    """``target += scale * array / divisor``; the quotient overwrites `divisor`.

    Examples
    --------
    >>> import numpy
    >>> target = numpy.ones(2)
    >>> add_quotient(target, numpy.array([2.0, 4.0]), numpy.array([2.0, 2.0]), -0.5)
    >>> target
    array([0.5, 0. ])
    """
    xp = get_array_module(target)
    quotient = xp.divide(array, divisor, out=divisor)
    if scale != 1:
        quotient *= scale
    target += quotient
