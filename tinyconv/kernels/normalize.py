"""Normalisation, forward and backward, as much at once as a cache holds.

What shares a mean lies in one part, so the parts know nothing of each other, and threads may share them.  A part is
read from main memory once and written once; the passes between meet it in the cache.  A GPU takes all at once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..backend import Array, get_array_module
from . import tuning
from .pieces import axis_pieces
from .scratch import scratch
from .sums import add_up, sum_dtype
from .threads import parallel_passes

__all__ = ["normalize", "normalize_gradients"]

Part = tuple[slice, ...]
CELL_WORK = 8 * tuning.PASS_WORK  # about so many passes go over a part


def normalize(
    x: Array, weight: Array | None, bias: Array | None, dims: tuple[int, ...], eps: float
) -> tuple[Array, Array, Array]:
    """Give ``(x - mean) / sqrt(var + eps) * weight + bias``, and mean and var over `dims`, which stay as 1.

    Parameters
    ----------
    x : array
    weight, bias : array, optional
        With as many axes as `x`, each as long as that of `x` or 1; both of one shape.
    dims : tuple of int
        What mean and var are taken over.
    eps : float
        Added to the variance.

    Returns
    -------
    tuple of array
        The first of the common type of `x`, `weight` and `bias`.  For float16 mean and var are float32: the variance of
        300 and -300 is beyond float16.

    Examples
    --------
    >>> y, mean, var = normalize(np.array([[1.0, 3.0]]), None, np.array([[0.5, 0.5]]), (1,), 0.0)
    >>> y.tolist(), mean.tolist(), var.tolist()
    ([[-0.5, 1.5]], [[2.0]], [[1.0]])
    """
    xp = get_array_module(x)
    y = xp.empty(x.shape, xp.result_type(x, *[p for p in (weight, bias) if p is not None]))
    mean = xp.empty([1 if axis in dims else n for axis, n in enumerate(x.shape)], sum_dtype(x))
    var = xp.empty_like(mean)

    parts = _parts(x, dims)

    def body(i: int) -> None:
        part = parts[i]
        parameters = _of(weight, part), _of(bias, part)
        _normalize_part(x[part], *parameters, dims, eps, mean[part], var[part], y[part])

    parallel_passes(len(parts), body, CELL_WORK * x.size)
    return y, mean, var


def _normalize_part(
    x: Array, weight: Array | None, bias: Array | None, dims: tuple[int, ...], eps: float,
    mean: Array, var: Array, y: Array,
) -> None:  # fmt: skip
    xp, n = get_array_module(x), _count(x, dims)
    mean[...] = add_up(x, dims, keepdims=True) / n
    z = xp.subtract(x, mean, out=_room("z", y))
    squares = xp.multiply(z, z, out=_room("product", y))
    var[...] = add_up(squares, dims, keepdims=True) / n
    factor, weight = _factor(_scale(var, eps), weight, dims)
    z *= factor
    if weight is not None:
        z *= weight
    if bias is None:
        y[...] = z
    else:
        xp.add(z, bias, out=y, casting="same_kind")


def normalize_gradients(
    g: Array, x: Array, weight: Array | None, shape: tuple[int, ...] | None, mean: Array, var: Array,
    dims: tuple[int, ...], eps: float,
) -> tuple[Array, Array | None, Array | None]:  # fmt: skip
    """Give the gradients of `x`, of `weight` and of `bias` in :func:`normalize`, for `g` that of its first result.

    With ``z = (x - mean)*s``, ``s = 1/sqrt(var + eps)`` and ``h = g*weight``::

        gx = s*(h - z*mean(h*z) - mean(h)),    gweight = sum(g*z),    gbias = sum(g)

    Where `weight` is the same number all over an axis of `dims`, as it is in a channel, ``g*z`` and ``g`` are summed
    over that axis once for all three.

    Parameters
    ----------
    g, x, weight, mean, var, dims, eps
        As they were given and came; `g` like the first result.
    shape : tuple of int or None
        Of `weight` and `bias`; None for neither, and then there are no gradients of theirs.

    Examples
    --------
    >>> x, g, zero, one = np.array([[1.0, 3.0]]), np.array([[1.0, 0.0]]), np.zeros((1, 1)), np.ones((1, 1))
    >>> gx, gweight, gbias = normalize_gradients(g, x, None, (1, 2), 2 * one, one, (1,), 0.0)
    >>> gx.tolist(), gweight.tolist(), gbias.tolist()
    ([[0.0, 0.0]], [[-1.0, 0.0]], [[1.0, 0.0]])
    """
    gx = get_array_module(g).empty_like(x)
    parts = _parts(x, dims)
    sums: list[list[Array]] = [[] for _ in parts]

    def body(i: int) -> None:
        part = parts[i]
        arrays = g[part], x[part], _of(weight, part), mean[part], var[part]
        sums[i] = _differentiate_part(*arrays, shape, dims, eps, gx[part])

    parallel_passes(len(parts), body, CELL_WORK * x.size)
    if shape is None:
        return gx, None, None
    gweight, gbias = (_joined(each, parts[0], shape) for each in zip(*sums))
    return gx, gweight, gbias


def _differentiate_part(
    g: Array, x: Array, weight: Array | None, mean: Array, var: Array, shape: tuple[int, ...] | None,
    dims: tuple[int, ...], eps: float, gx: Array,
) -> list[Array]:  # fmt: skip
    """Fill `gx`, and give the sums of ``g*z`` and of ``g``, of one part, for `weight` and `bias`."""
    xp, n = get_array_module(g), _count(x, dims)
    shared = [axis for axis in range(x.ndim) if shape is None or shape[axis] == 1]  # along which weight is one number
    z = xp.subtract(x, mean, out=_room("z", g))
    s = _scale(var, eps)
    z *= s
    gz = xp.multiply(g, z, out=_room("product", g))
    totals = [_sum(a, [axis for axis in shared if axis in dims]) for a in (gz, g)]
    sums = [] if shape is None else [_sum(total, shared) for total in totals]
    sums = [gz.copy() if total is gz else total for total in sums]  # its memory is used again
    factor, weight = _factor(s, weight, dims)
    means = [_sum(total if weight is None else total * weight, dims) / n for total in totals]
    z *= means[0]
    z += means[1]
    h = g if weight is None else xp.multiply(g, weight, out=gz)
    xp.subtract(h, z, out=z)
    xp.multiply(z, factor, out=gx, casting="same_kind")
    return sums


def _scale(var: Array, eps: float) -> Array:
    return 1.0 / get_array_module(var).sqrt(var + var.dtype.type(eps))


def _factor(s: Array, weight: Array | None, dims: tuple[int, ...]) -> tuple[Array, Array | None]:
    """The scale, times `weight` where that is one number for all that share a mean; else the weight is left."""
    if weight is not None and all(weight.shape[axis] == 1 for axis in dims):
        return s * weight, None
    return s, weight


# --- parts ----------------------------------------------------------------------------------------


def _parts(x: Array, dims: tuple[int, ...]) -> list[Part]:
    """Cut `x` into pieces of about ``PART_CELLS``, along its longest axis that is not in `dims`."""
    kept = [axis for axis in range(x.ndim) if axis not in dims]
    if get_array_module(x) is not np or x.size <= tuning.PART_CELLS or not kept:
        return [()]
    axis = max(kept, key=x.shape.__getitem__)
    return [
        (*[slice(None)] * axis, piece)
        for piece in axis_pieces(x.shape[axis], x.size, tuning.PART_CELLS, CELL_WORK * x.size)
    ]


def _of(parameter: Array | None, part: Part) -> Array | None:
    """What of a parameter belongs to a part: along the axes where it is one number, that one."""
    if parameter is None:
        return None
    return parameter[tuple(slice(None) if n == 1 else piece for n, piece in zip(parameter.shape, part))]


def _joined(sums: Sequence[Array], part: Part, shape: tuple[int, ...]) -> Array:
    """The sums of all parts: side by side where each part has its own cells of the parameter, added up elsewhere."""
    if len(sums) == 1:
        return sums[0]
    xp, axis = get_array_module(sums[0]), len(part) - 1
    if shape[axis] > 1:
        return xp.concatenate(sums, axis)
    return add_up(xp.stack(sums), (0,))


def _sum(a: Array, axes: Sequence[int]) -> Array:
    """Add up over those of the axes along which there is more than one."""
    long = [axis for axis in axes if a.shape[axis] != 1]
    return add_up(a, long, keepdims=True) if long else a


def _count(x: Array, dims: tuple[int, ...]) -> int:
    return math.prod(x.shape[axis] for axis in dims)


def _room(name: str, like: Array) -> Array:
    """Memory to compute a part in; only what is small is kept from call to call."""
    if isinstance(like, np.ndarray) and like.size <= 2 * tuning.PART_CELLS:
        return scratch(name, like.shape, sum_dtype(like))
    return get_array_module(like).empty(like.shape, sum_dtype(like))
