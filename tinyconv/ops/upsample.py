"""Resizing by repeated cells: every cell of the result copies the nearest one, and no number is computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..autograd import Tensor, whole
from ..backend import get_array_module
from ..errors import refusal
from ..kernels.geometry import as_tuple, show_size

__all__ = ["upsample_nearest"]


@whole
def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """Repeat cells: output cell ``o`` of an axis copies input cell ``floor(o * i / size)``.

    With `scale_factor` f an axis of ``i`` cells becomes ``floor(i*f)`` cells, and cell ``o`` copies ``floor(o/f)``.

    Raises
    ------
    RuntimeError
        If a size would be 0.
    ValueError
        Unless exactly one of `size` and `scale_factor` is given, or if the input has no spatial axis.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.upsample_nearest(tc.tensor([[[1.0, 2.0]]]), scale_factor=2)
    tensor([[[1., 1., 2., 2.]]])
    """
    target, factors = target_sizes(input, size, scale_factor)
    y = input.clone() if target == input.shape[2:] else input
    for axis, (o, factor) in enumerate(zip(target, factors), start=2):
        y = _repeat_axis(y, axis, o, factor)
    return y


def _repeat_axis(x: Tensor, axis: int, o: int, factor: float | None) -> Tensor:
    """Give one axis `o` cells, where cell ``j`` copies ``floor(j/factor)``, or ``floor(j*i/o)`` without factor."""
    i, before, after = x.shape[axis], x.shape[:axis], x.shape[axis + 1 :]
    if o == i and factor in (None, 1):
        return x
    if o % i == 0 and factor in (None, o // i):  # whole numbers need no index, and no scatter backward
        return x.unsqueeze(axis + 1).expand(before + (i, o // i) + after).reshape(before + (o,) + after)
    xp = get_array_module(x.array)
    places = xp.arange(o)
    source = places * i // o if factor is None else xp.minimum((places / factor).astype("int64"), i - 1)
    return x[(slice(None),) * axis + (Tensor._of(source),)]


def target_sizes(input: Tensor, size: Any, scale_factor: Any) -> tuple[tuple[int, ...], tuple[float | None, ...]]:
    """Give the sizes of the spatial axes that are asked for, and the factor of each where one was given."""
    ndim = input.ndim - 2
    if (size is None) == (scale_factor is None):
        raise refusal("interpolate.one", "interpolate", size=size, scale_factor=scale_factor)
    if ndim < 1:
        raise refusal("interpolate.no_space", "interpolate", size=list(input.shape))
    if size is not None:
        target = as_tuple(size, ndim, "size", function="interpolate")
        factors: tuple[float | None, ...] = (None,) * ndim
    else:
        factors = tuple(scale_factor) if isinstance(scale_factor, Sequence) else (float(scale_factor),) * ndim
        target = tuple(int(i * f) for i, f in zip(input.shape[2:], factors))  # type: ignore[operator]
    if len(factors) != ndim or min(target + input.shape[2:]) < 1:
        sizes = {"given": show_size(input.shape[2:]), "target": show_size(target), "ndim": ndim}
        raise refusal("interpolate.size", "interpolate", size=size, scale_factor=scale_factor, **sizes)
    return target, factors
