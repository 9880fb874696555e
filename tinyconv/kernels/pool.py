"""Pooling: the maximum and the sum of each window, and adaptive bins.

A window has ``prod(kernel)`` cells, its *taps*.  All windows' cells of one tap lie on a regular grid,
so one slice of the input pairs with one slice of the output, and a pooling is a short loop over
taps.  Padding is never stored: the slices are cut so that they hold real cells only.

Max pooling remembers which tap won.  Its derivative then *takes* at the taps or *puts* there; the two
are linear and each other's adjoint, which makes derivatives of every order.

Arrays are ``(N, C, *D)`` with any number of spatial axes, of floating dtype.
"""

from __future__ import annotations

import functools
import itertools
import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..backend import Array, get_array_module
from ..errors import refusal
from . import cuda, tuning
from .geometry import Ints, PoolGeometry, show_size
from .pieces import pieces
from .sampling import put_flat, take_flat
from .sums import add_up, sum_dtype

__all__ = [
    "adaptive_avg_pool",
    "adaptive_avg_pool_grad",
    "adaptive_max_pool",
    "flat_indices",
    "max_pool",
    "put_taps",
    "take_taps",
    "window_divisor",
    "window_spread",
    "window_sum",
]

Slices = tuple[slice, ...]
BATCH = (slice(None), slice(None))  # the batch and channel axes, which pooling leaves alone


# --- windows as slices -------------------------------------------------------------------------------


def _axis_taps(geometry: PoolGeometry, axis: int) -> list[tuple[int, slice, slice]]:
    """``(tap, windows, cells)`` of one axis: window ``w`` sees cell ``w*s + t*d - lo`` at tap ``t``.

    Only windows whose cell lies in ``[0, i)`` are in the slices; a tap without any is left out.
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
def _taps(geometry: PoolGeometry) -> tuple[tuple[int, Slices, Slices], ...]:
    """``(tap, windows, cells)`` for every tap of an N-d window, in C order."""
    result = []
    for taps in itertools.product(*(_axis_taps(geometry, a) for a in range(len(geometry.stride)))):
        number = 0
        for (tap, _, _), k in zip(taps, geometry.kernel_size):
            number = number * k + tap
        windows, cells = tuple(t[1] for t in taps), tuple(t[2] for t in taps)
        result.append((number, BATCH + windows, BATCH + cells))
    return tuple(result)


@functools.lru_cache(maxsize=128)
def _has_empty_window(geometry: PoolGeometry) -> bool:
    """Whether some window holds no real cell (``cover_all``, or a dilation that steps over the input)."""
    for axis, o in enumerate(geometry.output_size):
        seen: set[int] = set()
        for _, windows, _ in _axis_taps(geometry, axis):
            seen.update(range(windows.start, windows.stop))
        if len(seen) < o:
            return True
    return False


def _positions(geometry: PoolGeometry, xp: Any) -> list[tuple[Array, Array]]:
    """Per axis, the position of each window's first cell, and each tap's distance from it."""
    return [
        (xp.arange(o, dtype="int64") * s - lo, xp.arange(k, dtype="int64") * d)
        for o, s, (lo, _), k, d in zip(
            geometry.output_size, geometry.stride, geometry.padding, geometry.kernel_size, geometry.dilation
        )
    ]


def _outer(combine: Callable[[Array, Array], Array], per_axis: Sequence[Array]) -> Array:
    """Combine one 1-d array per axis into an N-d array, as ``add.outer`` does for two."""
    return functools.reduce(lambda result, array: combine(result[..., None], array), per_axis)


def _taps_dtype(geometry: PoolGeometry) -> str:
    """The smallest unsigned type that holds ``0 .. prod(kernel)``."""
    none = math.prod(geometry.kernel_size)
    return "uint8" if none < 2**8 else "uint16" if none < 2**16 else "uint32"


# --- max pooling -------------------------------------------------------------------------------------


def max_pool(x: Array, geometry: PoolGeometry, with_taps: bool = True) -> tuple[Array, Array]:
    """Take the largest cell of each window.

    Padding never wins.  Of equal cells the first wins, NaN beats every number, and the first NaN wins.

    Parameters
    ----------
    x : array
        ``(N, C, *D)``.
    geometry : PoolGeometry
        The windows.
    with_taps : bool
        Whether it matters which cell won: without it, NumPy takes half the time.

    Returns
    -------
    y : array
        ``(N, C, *O)``; -inf where a window lies wholly in padding.
    taps : array of unsigned int
        ``(N, C, *O)``, which of the window's ``prod(kernel)`` cells won, counted in C order;
        ``prod(kernel)`` itself, a tap that no cell has, where a window lies wholly in padding.
        None without `with_taps`.

    Examples
    --------
    >>> import numpy as np
    >>> from tinyconv.kernels.geometry import pool_geometry
    >>> x = np.array([[[[1., 2., 0.], [4., 3., 5.]]]])
    >>> max_pool(x, pool_geometry((2, 3), 2, stride=1))
    (array([[[[4., 5.]]]]), array([[[[2, 3]]]], dtype=uint8))
    """
    if cuda.available_for(x, len(geometry.stride)):
        return cuda.max_pool(x, geometry, _taps_dtype(geometry))
    xp = get_array_module(x)
    output_shape = x.shape[:2] + geometry.output_size
    planes = x.reshape((1, x.shape[0] * x.shape[1]) + geometry.input_size)
    y = xp.full(planes.shape[:2] + geometry.output_size, -math.inf, dtype=x.dtype)
    if not with_taps:
        for part in _cached(planes):
            for _, windows, cells in reversed(_taps(geometry)):
                best = y[:, part][windows]
                xp.maximum(best, planes[:, part][cells], out=best)
        return y.reshape(output_shape), None
    taps = xp.full(y.shape, math.prod(geometry.kernel_size), dtype=_taps_dtype(geometry))
    for part in _cached(planes):
        _max_pool_into(y[:, part], taps[:, part], planes[:, part], geometry)
    return y.reshape(output_shape), taps.reshape(output_shape)


def _cached(planes: Array) -> list[slice]:
    """Cut ``(1, planes, *D)`` so that a CPU keeps the piece that it goes over tap by tap in its cache.

    One thread: a piece takes some ten microseconds per operation, too little to share.
    """
    count = planes.shape[1]
    if get_array_module(planes) is not np:
        return [slice(0, count)]
    return pieces(count, max(1, tuning.POOL_BYTES * count // max(planes.nbytes, 1)))


def _max_pool_into(y: Array, taps: Array, x: Array, geometry: PoolGeometry) -> None:
    """Fill `y` and `taps`, which come as -inf and the number of no tap."""
    xp = get_array_module(x)
    none, number = math.prod(geometry.kernel_size), taps.dtype.type
    # from the last tap to the first: the one written last stays, so ">=" leaves ties to the first
    for tap, windows, cells in reversed(_taps(geometry)):
        cell = xp.ascontiguousarray(x[cells])  # read with a stride once, not three times
        best, who = y[windows], taps[windows]
        loses = ~((cell >= best) | (cell != cell))  # NaN is what differs from itself
        # `tap` where the cell wins, else `none`; arithmetic on bytes is far faster than xp.where
        xp.minimum(who, loses * number(none - tap) + number(tap), out=who)
        xp.maximum(best, cell, out=best)


def take_taps(x: Array, taps: Array, geometry: PoolGeometry) -> Array:
    """Read each window's cell that `taps` names: the derivative of max pooling, applied to `x`.

    Parameters
    ----------
    x : array
        ``(N, C, *D)``.
    taps : array
        ``(N, C, *O)``, from :func:`max_pool`.
    geometry : PoolGeometry
        The windows that `taps` counts in.

    Returns
    -------
    array
        ``(N, C, *O)``; 0 for a window wholly in padding.

    Examples
    --------
    >>> import numpy as np
    >>> from tinyconv.kernels.geometry import pool_geometry
    >>> take_taps(np.array([[[5., 6., 7.]]]), np.array([[[1, 0]]]), pool_geometry((3,), 2, 1))
    array([[[6., 6.]]])
    """
    if cuda.available_for(x, len(geometry.stride)):
        return cuda.take_taps(x, taps, geometry)
    xp = get_array_module(x)
    if xp is not np:
        return _take_by_slices(x, taps, geometry)
    indices = flat_indices(taps, geometry)
    if not _has_empty_window(geometry):
        return take_flat(x, indices)
    return xp.where(indices < 0, x.dtype.type(0), take_flat(x, xp.maximum(indices, 0)))


def put_taps(gy: Array, taps: Array, geometry: PoolGeometry) -> Array:
    """Add each window's value to the cell that `taps` names: the gradient of max pooling.

    The adjoint of :func:`take_taps`: ``<take_taps(x), gy> = <x, put_taps(gy)>``.

    Parameters
    ----------
    gy, taps : array
        ``(N, C, *O)``.
    geometry : PoolGeometry
        The windows that `taps` counts in.

    Returns
    -------
    array
        ``(N, C, *D)``, where overlapping windows add up.

    Examples
    --------
    >>> import numpy as np
    >>> from tinyconv.kernels.geometry import pool_geometry
    >>> put_taps(np.array([[[1., 10.]]]), np.array([[[1, 0]]]), pool_geometry((3,), 2, 1))
    array([[[ 0., 11.,  0.]]])
    """
    if cuda.available_for(gy, len(geometry.stride)):
        return cuda.put_taps(gy, taps, geometry)
    xp = get_array_module(gy)
    if xp is not np:
        return _put_by_slices(gy, taps, geometry)
    indices = flat_indices(taps, geometry)
    if _has_empty_window(geometry):
        gy, indices = xp.where(indices < 0, gy.dtype.type(0), gy), xp.maximum(indices, 0)
    return put_flat(gy, indices, geometry.input_size)


# On a GPU the order of a scatter's additions is left to chance; one slice per tap keeps it fixed.
# On a CPU one scatter is four times faster than the slices, and its order is fixed anyway.


def _take_by_slices(x: Array, taps: Array, geometry: PoolGeometry) -> Array:
    xp = get_array_module(x)
    y = xp.zeros(taps.shape, dtype=x.dtype)
    for tap, windows, cells in _taps(geometry):
        y[windows] = xp.where(taps[windows] == tap, x[cells], y[windows])
    return y


def _put_by_slices(gy: Array, taps: Array, geometry: PoolGeometry) -> Array:
    xp = get_array_module(gy)
    gx = xp.zeros(gy.shape[:2] + geometry.input_size, dtype=sum_dtype(gy))
    zero = gy.dtype.type(0)
    for tap, windows, cells in _taps(geometry):
        gx[cells] += xp.where(taps[windows] == tap, gy[windows], zero)
    return gx.astype(gy.dtype, copy=False)


def flat_indices(taps: Array, geometry: PoolGeometry) -> Array:
    """Turn taps into indices of the flattened input plane, as ``return_indices`` gives them.

    Parameters
    ----------
    taps : array
        ``(N, C, *O)``, from :func:`max_pool`.
    geometry : PoolGeometry
        The windows that `taps` counts in.

    Returns
    -------
    array of int64
        ``(N, C, *O)``: ``h*W + w`` of the cell that won; -1 for a window wholly in padding.

    Examples
    --------
    >>> import numpy as np
    >>> from tinyconv.kernels.geometry import pool_geometry
    >>> flat_indices(np.array([[[[2, 3]]]]), pool_geometry((2, 3), 2, stride=1))
    array([[[[3, 5]]]])
    """
    xp = get_array_module(taps)
    cells = [math.prod(geometry.input_size[axis + 1 :]) for axis in range(len(geometry.stride))]
    # the index of each window's first cell (it may lie in the padding), and each tap's distance from it
    start = _outer(operator.add, [first * n for (first, _), n in zip(_positions(geometry, xp), cells)])
    steps = _outer(operator.add, [step * n for (_, step), n in zip(_positions(geometry, xp), cells)])
    steps = xp.concatenate([steps.reshape(-1), xp.zeros(1, dtype="int64")])  # the last: for "no tap"
    indices = xp.take(steps, taps)
    indices += start
    return xp.where(taps == len(steps) - 1, -1, indices) if _has_empty_window(geometry) else indices


# --- average pooling ---------------------------------------------------------------------------------


def _along(axis: int, part: slice) -> Slices:
    """An index that cuts `part` out of one spatial axis."""
    return BATCH + (slice(None),) * axis + (part,)


def _resized(array: Array, axis: int, size: int) -> Ints:
    """The shape of `array` with another size along one spatial axis."""
    return array.shape[: axis + 2] + (size,) + array.shape[axis + 3 :]


def window_sum(x: Array, geometry: PoolGeometry) -> Array:
    """Add up each window, padding counting as 0.

    A sum over a box is a sum along one axis after the other: ``k_h + k_w`` additions, not ``k_h*k_w``.

    Parameters
    ----------
    x : array
        ``(N, C, *D)``.
    geometry : PoolGeometry
        The windows.

    Returns
    -------
    array
        ``(N, C, *O)``; divide by :func:`window_divisor` for the average.

    Examples
    --------
    >>> import numpy as np
    >>> from tinyconv.kernels.geometry import pool_geometry
    >>> window_sum(np.array([[[1., 2., 4., 8.]]]), pool_geometry((4,), 3, stride=1))
    array([[[ 7., 14.]]])
    """
    xp = get_array_module(x)
    y = x.astype(sum_dtype(x), copy=False)
    for axis, o in enumerate(geometry.output_size):
        part, y = y, xp.zeros(_resized(y, axis, o), dtype=y.dtype)
        for _, windows, cells in _axis_taps(geometry, axis):
            y[_along(axis, windows)] += part[_along(axis, cells)]
    return y.astype(x.dtype, copy=False)


def window_spread(gy: Array, geometry: PoolGeometry) -> Array:
    """Add each window's value to all of its cells: the adjoint of :func:`window_sum`.

    Parameters
    ----------
    gy : array
        ``(N, C, *O)``.
    geometry : PoolGeometry
        The windows.

    Returns
    -------
    array
        ``(N, C, *D)``.

    Examples
    --------
    >>> import numpy as np
    >>> from tinyconv.kernels.geometry import pool_geometry
    >>> window_spread(np.array([[[1., 10.]]]), pool_geometry((4,), 3, stride=1))
    array([[[ 1., 11., 11., 10.]]])
    """
    xp = get_array_module(gy)
    gx = gy.astype(sum_dtype(gy), copy=False)
    for axis, i in enumerate(geometry.input_size):
        part, gx = gx, xp.zeros(_resized(gx, axis, i), dtype=gx.dtype)
        for _, windows, cells in _axis_taps(geometry, axis):
            gx[_along(axis, cells)] += part[_along(axis, windows)]
    return gx.astype(gy.dtype, copy=False)


def window_divisor(
    geometry: PoolGeometry,
    xp: Any,
    dtype: Any,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """Give what an average pooling divides each window's sum by.

    A window counts its cells in the padded input, or only the real ones without `count_include_pad`.
    Cells that ``ceil_mode`` reaches beyond the padding never count.

    Parameters
    ----------
    geometry : PoolGeometry
        The windows.
    xp : module
        The namespace to make the result in.
    dtype : dtype
        Its type.
    count_include_pad : bool
        Whether padding counts.
    divisor_override : int, optional
        The divisor of every window instead.

    Returns
    -------
    float or array
        One number when all windows agree, else an array of shape ``O``.  At least 1: a window with
        nothing to count has the sum, and the average, 0.

    Raises
    ------
    RuntimeError
        If `divisor_override` is 0.

    Examples
    --------
    >>> import numpy as np
    >>> from tinyconv.kernels.geometry import pool_geometry
    >>> g = pool_geometry((4,), 3, stride=2, padding=1, ceil_mode=True)
    >>> window_divisor(g, np, "float32")
    array([3., 3., 2.], dtype=float32)
    >>> window_divisor(g, np, "float32", count_include_pad=False)
    array([2., 3., 1.], dtype=float32)
    """
    if divisor_override is not None:
        if divisor_override == 0:
            raise refusal("pool.divisor", "avg_pool")
        return float(divisor_override)
    has_padding = any(lo or hi for lo, hi in geometry.padding)
    if not any(geometry.reach) and (count_include_pad or not has_padding):
        return float(math.prod(geometry.kernel_size))
    counts = []
    for i, (lo, hi), (first, step) in zip(geometry.input_size, geometry.padding, _positions(geometry, xp)):
        begin, end = (-lo, i + hi) if count_include_pad else (0, i)
        cells = first[:, None] + step
        counts.append(((cells >= begin) & (cells < end)).sum(axis=1))
    return xp.maximum(_outer(operator.mul, counts), 1).astype(dtype)


# --- adaptive pooling --------------------------------------------------------------------------------


def _check_bins(input_size: Sequence[int]) -> None:
    if 0 in input_size:
        raise refusal("pool.empty", "adaptive_pool", size=show_size(input_size))


def _bins(cells: int, bins: int, xp: Any) -> tuple[Array, Array]:
    """Where the bins of an axis start and how long they are.

    Bin ``j`` of ``o`` over ``i`` cells runs from ``floor(j*i/o)`` up to ``ceil((j+1)*i/o)``.
    """
    j = xp.arange(bins, dtype="int64")
    starts = j * cells // max(bins, 1)
    return starts, -(-(j + 1) * cells // max(bins, 1)) - starts


def _binned(x: Array, axis: int, bins: int) -> tuple[Array, Array]:
    """The cells of each bin, and which of them are its own: in place of the axis, two, bins and cells.

    Bins differ in length by 2 at most; a shorter one repeats its last cell.
    """
    xp, size = get_array_module(x), x.shape[axis]
    if bins and size % bins == 0:  # no copy
        shape = x.shape[:axis] + (bins, size // bins) + x.shape[axis + 1 :]
        return x.reshape(shape), xp.ones((1,) * (x.ndim - axis + 1), dtype=bool)
    starts, lengths = (array[:, None] for array in _bins(size, bins, xp))
    tap = xp.arange(min(size, size // max(bins, 1) + 2), dtype="int64")
    cells = xp.take(x, starts + xp.minimum(tap, lengths - 1), axis=axis)
    return cells, (tap < lengths).reshape((bins, len(tap)) + (1,) * (x.ndim - axis - 1))


def _bin_sums(x: Array, axis: int, bins: int) -> Array:
    """The sum of each bin along an array axis."""
    cells, own = _binned(x, axis, bins)
    if own.size > 1:
        cells = get_array_module(x).where(own, cells, x.dtype.type(0))
    return add_up(cells, (axis + 1,))


def _lengths(x: Array, axis: int, cells: int, bins: int) -> Array:
    """The lengths of the bins, to divide by along an array axis of `x`."""
    _, lengths = _bins(cells, bins, get_array_module(x))
    return lengths.astype(x.dtype).reshape((-1,) + (1,) * (x.ndim - axis - 1))


def adaptive_avg_pool(x: Array, output_size: Sequence[int]) -> Array:
    """Average over bins that divide the input as evenly as possible.

    Parameters
    ----------
    x : array
        ``(N, C, *D)``.
    output_size : sequence of int
        ``O``, the number of bins per axis.

    Returns
    -------
    array
        ``(N, C, *O)``.

    Raises
    ------
    RuntimeError
        If a spatial axis of `x` is empty.

    Examples
    --------
    >>> import numpy as np
    >>> adaptive_avg_pool(np.array([[[1., 3., 5., 7., 9.]]]), (2,))
    array([[[3., 7.]]])
    """
    _check_bins(x.shape[2:])
    y = x.astype(sum_dtype(x), copy=False)
    for axis, bins in enumerate(output_size, start=2):
        y = _bin_sums(y, axis, bins) / _lengths(y, axis, y.shape[axis], bins)
    return y.astype(x.dtype, copy=False)


def adaptive_avg_pool_grad(gy: Array, input_size: Sequence[int]) -> Array:
    """Share each bin's value among its cells: the adjoint of :func:`adaptive_avg_pool`.

    Cell ``c`` of ``i`` lies in the bins from ``floor(c*o/i)`` up to ``ceil((c+1)*o/i)``: the bins of the
    bins are the cells, and what a cell receives is a sum over such a bin.

    Parameters
    ----------
    gy : array
        ``(N, C, *O)``.
    input_size : sequence of int
        ``D``.

    Returns
    -------
    array
        ``(N, C, *D)``.

    Examples
    --------
    >>> import numpy as np
    >>> adaptive_avg_pool_grad(np.array([[[3., 6.]]]), (5,))
    array([[[1., 1., 3., 2., 2.]]])
    """
    _check_bins(input_size)
    gx = gy.astype(sum_dtype(gy), copy=False)
    for axis, cells in enumerate(input_size, start=2):
        gx = _bin_sums(gx / _lengths(gx, axis, cells, gx.shape[axis]), axis, cells)
    return gx.astype(gy.dtype, copy=False)


def adaptive_max_pool(x: Array, output_size: Sequence[int]) -> tuple[Array, Array]:
    """Take the largest cell of each bin, with its flat index.

    The last axis is reduced first, so that of equal cells the first in C order wins.

    Parameters
    ----------
    x : array
        ``(N, C, *D)``.
    output_size : sequence of int
        ``O``, the number of bins per axis; see :func:`adaptive_avg_pool`.

    Returns
    -------
    y : array
        ``(N, C, *O)``.
    indices : array of int64
        ``(N, C, *O)``, for :func:`take_flat`, :func:`put_flat` and :func:`unpool`.

    Raises
    ------
    RuntimeError
        If a spatial axis of `x` is empty.

    Examples
    --------
    >>> import numpy as np
    >>> adaptive_max_pool(np.array([[[1., 3., 9., 7., 2.]]]), (2,))
    (array([[[9., 9.]]]), array([[[2, 2]]]))
    """
    xp, size = get_array_module(x), x.shape[2:]
    _check_bins(size)
    indices = xp.broadcast_to(xp.arange(math.prod(size), dtype="int64").reshape(size), x.shape)
    for axis, bins in reversed(list(enumerate(output_size, start=2))):
        starts, _ = _bins(x.shape[axis], bins, xp)
        cells, _ = _binned(x, axis, bins)  # a repeated cell is never the first of its value
        at = cells.argmax(axis=axis + 1) + starts.reshape((-1,) + (1,) * (x.ndim - axis - 1))
        x, indices = xp.take_along_axis(x, at, axis), xp.take_along_axis(indices, at, axis)
    return x, indices
