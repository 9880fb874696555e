"""The windows of a pooling as slices.

A window has ``prod(kernel)`` cells, its *taps*.  All windows' cells of one tap lie on a regular grid, so one slice of
the input pairs with one slice of the output, and a pooling is a short loop over taps.  Padding is never stored: the
slices are cut so that they hold real cells only.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import Any

from ...backend import Array
from ..geometry import PoolGeometry

__all__ = ["BATCH", "Slices", "axis_taps", "has_empty_window", "outer", "positions", "times_read", "window_taps"]

Slices = tuple[slice, ...]
BATCH = (slice(None), slice(None))  # the batch and channel axes, which pooling leaves alone


def axis_taps(geometry: PoolGeometry, axis: int) -> list[tuple[int, slice, slice]]:
    """``(tap, windows, cells)`` of one axis: window ``w`` sees cell ``w*s + t*d - lo`` at tap ``t``.

    Only windows whose cell lies in ``[0, i)`` are in the slices; a tap without any is left out.

    Examples
    --------
    >>> from tinyconv.kernels.geometry import pool_geometry
    >>> axis_taps(pool_geometry((4,), 2, stride=2, padding=1), 0)
    [(0, slice(1, 3, None), slice(1, 4, 2)), (1, slice(0, 2, None), slice(0, 3, 2))]
    """
    i, o, s = geometry.input_size[axis], geometry.output_size[axis], geometry.stride[axis]
    pairs = []
    for tap in range(geometry.kernel_size[axis]):
        offset = tap * geometry.dilation[axis] - geometry.padding[axis][0]
        first = max(0, -(offset // s))  # the least w with w*s + offset >= 0
        last = min(o - 1, (i - 1 - offset) // s)
        if first <= last:
            cells = slice(first * s + offset, last * s + offset + 1, s)
            pairs.append((tap, slice(first, last + 1), cells))
    return pairs


@functools.lru_cache(maxsize=128)
def window_taps(geometry: PoolGeometry) -> tuple[tuple[int, Slices, Slices], ...]:
    """``(tap, windows, cells)`` for every tap of an N-d window, in C order.

    Examples
    --------
    >>> from tinyconv.kernels.geometry import pool_geometry
    >>> len(window_taps(pool_geometry((4, 4), (2, 3))))
    6
    """
    result = []
    for taps in itertools.product(*(axis_taps(geometry, a) for a in range(len(geometry.stride)))):
        number = 0
        for (tap, _, _), k in zip(taps, geometry.kernel_size):
            number = number * k + tap
        windows, cells = tuple(t[1] for t in taps), tuple(t[2] for t in taps)
        result.append((number, BATCH + windows, BATCH + cells))
    return tuple(result)


@functools.lru_cache(maxsize=128)
def has_empty_window(geometry: PoolGeometry) -> bool:
    """Whether some window holds no real cell (``cover_all``, or a dilation that steps over the input).

    Examples
    --------
    >>> from tinyconv.kernels.geometry import pool_geometry
    >>> has_empty_window(pool_geometry((4,), 2, padding=1))
    False
    """
    for axis, o in enumerate(geometry.output_size):
        seen: set[int] = set()
        for _, windows, _ in axis_taps(geometry, axis):
            seen.update(range(windows.start, windows.stop))
        if len(seen) < o:
            return True
    return False


@functools.lru_cache(maxsize=128)
def times_read(geometry: PoolGeometry) -> tuple[int, int]:
    """How many windows read a cell, at least and at most.

    Examples
    --------
    >>> from tinyconv.kernels.geometry import pool_geometry
    >>> times_read(pool_geometry((5,), 2)), times_read(pool_geometry((5,), 3, stride=1))
    ((0, 1), (1, 3))
    """
    least, most = 1, 1
    for axis, size in enumerate(geometry.input_size):
        times = [0] * size
        for _, _, cells in axis_taps(geometry, axis):
            for cell in range(cells.start, cells.stop, cells.step):
                times[cell] += 1
        least, most = least * min(times), most * max(times)
    return least, most


def positions(geometry: PoolGeometry, xp: Any) -> list[tuple[Array, Array]]:
    """Per axis, the position of each window's first cell, and each tap's distance from it.

    Examples
    --------
    >>> import numpy as np
    >>> from tinyconv.kernels.geometry import pool_geometry
    >>> positions(pool_geometry((4,), 2, stride=2, padding=1), np)
    [(array([-1,  1,  3]), array([0, 1]))]
    """
    return [
        (xp.arange(o, dtype="int64") * s - lo, xp.arange(k, dtype="int64") * d)
        for o, s, (lo, _), k, d in zip(
            geometry.output_size, geometry.stride, geometry.padding, geometry.kernel_size, geometry.dilation
        )
    ]


def outer(combine: Callable[[Array, Array], Array], per_axis: Sequence[Array]) -> Array:
    """Combine one 1-d array per axis into an N-d array, as ``add.outer`` does for two.

    Examples
    --------
    >>> import operator
    >>> import numpy as np
    >>> outer(operator.add, [np.array([0, 10]), np.array([1, 2, 3])])
    array([[ 1,  2,  3],
           [11, 12, 13]])
    """
    return functools.reduce(lambda result, array: combine(result[..., None], array), per_axis)
