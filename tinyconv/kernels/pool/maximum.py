"""Max pooling, which remembers which tap won.

Its derivative then *takes* at the taps or *puts* there; the two are linear and each other's adjoint, which makes
derivatives of every order.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable

import numpy as np

from ...backend import Array, get_array_module
from .. import cuda, tuning
from ..gate import gate
from ..geometry import PoolGeometry
from ..pieces import axis_pieces, shares
from ..sampling import put_flat, take_flat
from ..sums import sum_dtype
from ..threads import parallel_passes
from .windows import has_empty_window, outer, positions, times_read, window_taps

__all__ = ["flat_indices", "max_pool", "put_taps", "take_taps"]

CELL_WORK = 4 * tuning.PASS_WORK  # about so many passes go over the input
# Of windows that share no cell: so many passes over the output take as long as one scatter over the cells that won.
FEW_TAPS = 4


def max_pool(x: Array, geometry: PoolGeometry, with_taps: bool = True) -> tuple[Array, Array | None]:
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
    taps = xp.zeros(y.shape, _taps_dtype(geometry)) if with_taps else None
    parts = _cached(planes)

    def body(i: int) -> None:
        if taps is None:
            _largest_into(y[:, parts[i]], planes[:, parts[i]], geometry)
        else:
            _max_pool_into(y[:, parts[i]], taps[:, parts[i]], planes[:, parts[i]], geometry)

    parallel_passes(len(parts), body, work=CELL_WORK * x.size)
    return y.reshape(output_shape), None if taps is None else taps.reshape(output_shape)


def _cached(planes: Array) -> list[slice]:
    """Cut ``(1, planes, *D)`` so that a CPU keeps the piece that it goes over tap by tap in its cache."""
    count = planes.shape[1]
    if get_array_module(planes) is not np:
        return [slice(0, count)]
    return axis_pieces(count, planes.nbytes, tuning.POOL_BYTES, CELL_WORK * planes.size)


def _largest_into(y: Array, x: Array, geometry: PoolGeometry) -> None:
    """Fill `y`, which comes as -inf."""
    for _, windows, cells in reversed(window_taps(geometry)):
        best = y[windows]
        get_array_module(x).maximum(best, x[cells], out=best)


def _max_pool_into(y: Array, taps: Array, x: Array, geometry: PoolGeometry) -> None:
    """Fill `y` and `taps`, which come as -inf and as 0."""
    xp = get_array_module(x)
    on_host = xp is np
    _note_largest(y, taps, x, geometry, operator.ge if on_host else _wins)
    if on_host and y.size and xp.isnan(y.max()):  # looked for once, not at every tap
        y.fill(-math.inf)
        taps.fill(0)
        _note_largest(y, taps, x, geometry, _wins)
    xp.subtract(taps.dtype.type(math.prod(geometry.kernel_size)), taps, out=taps)


def _note_largest(
    y: Array, codes: Array, x: Array, geometry: PoolGeometry, wins: Callable[[Array, Array], Array]
) -> None:
    """Fill `y`, and for each window the number of taps less that of the tap that won."""
    xp, number, none = get_array_module(x), codes.dtype.type, math.prod(geometry.kernel_size)
    # from the last tap to the first, whose code is the largest: so ties go to the first
    for tap, windows, cells in reversed(window_taps(geometry)):
        cell = xp.ascontiguousarray(x[cells])  # read with a stride once, not twice
        best, code = y[windows], codes[windows]
        # arithmetic on bytes is far faster than xp.where
        xp.maximum(code, wins(cell, best).view("uint8") * number(none - tap), out=code)
        xp.maximum(best, cell, out=best)


def _wins(cell: Array, best: Array) -> Array:
    """NaN beats every number; it is what differs from itself."""
    return (cell >= best) | (cell != cell)


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
    if not has_empty_window(geometry):
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
    if math.prod(geometry.kernel_size) <= FEW_TAPS and times_read(geometry)[1] <= 1:
        return _put_apart(gy, taps, geometry)
    indices = flat_indices(taps, geometry)
    if has_empty_window(geometry):
        gy, indices = xp.where(indices < 0, gy.dtype.type(0), gy), xp.maximum(indices, 0)
    return put_flat(gy, indices, geometry.input_size)


def _put_apart(gy: np.ndarray, taps: np.ndarray, geometry: PoolGeometry) -> np.ndarray:
    """:func:`put_taps` of windows that share no cell: tap by tap, where the tap won its value, elsewhere 0."""
    empty = np.empty if times_read(geometry)[0] == 1 else np.zeros  # host: NumPy's own path
    gx = empty(gy.shape[:2] + geometry.input_size, gy.dtype)
    parts = shares(len(gy), len(gy), CELL_WORK * gx.size)

    def body(i: int) -> None:
        values, winners, into = gy[parts[i]], taps[parts[i]], gx[parts[i]]
        for tap, windows, cells in window_taps(geometry):
            gate(values[windows], winners[windows] == tap, into[cells])

    parallel_passes(len(parts), body, CELL_WORK * gx.size)
    return gx


# On a GPU the order of a scatter's additions is left to chance; one slice per tap keeps it fixed.
# On a CPU one scatter is four times faster than the slices of many taps, and its order is fixed anyway.


def _take_by_slices(x: Array, taps: Array, geometry: PoolGeometry) -> Array:
    xp = get_array_module(x)
    y = xp.zeros(taps.shape, dtype=x.dtype)
    for tap, windows, cells in window_taps(geometry):
        y[windows] = xp.where(taps[windows] == tap, x[cells], y[windows])
    return y


def _put_by_slices(gy: Array, taps: Array, geometry: PoolGeometry) -> Array:
    xp = get_array_module(gy)
    gx = xp.zeros(gy.shape[:2] + geometry.input_size, dtype=sum_dtype(gy))
    zero = gy.dtype.type(0)
    for tap, windows, cells in window_taps(geometry):
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
    start = outer(operator.add, [first * n for (first, _), n in zip(positions(geometry, xp), cells)])
    steps = outer(operator.add, [step * n for (_, step), n in zip(positions(geometry, xp), cells)])
    steps = xp.concatenate([steps.reshape(-1), xp.zeros(1, dtype="int64")])  # the last: for "no tap"
    indices = xp.take(steps, taps)
    indices += start
    return xp.where(taps == len(steps) - 1, -1, indices) if has_empty_window(geometry) else indices


def _taps_dtype(geometry: PoolGeometry) -> str:
    """The smallest unsigned type that holds ``0 .. prod(kernel)``."""
    none = math.prod(geometry.kernel_size)
    return "uint8" if none < 2**8 else "uint16" if none < 2**16 else "uint32"
