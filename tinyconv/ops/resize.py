"""Resizing pictures: to the nearest cell, along straight lines or cubics, and by the mean of an area.

A picture is resized one axis after the other.  Along an axis each cell of the result is a weighed sum of a few cells,
its *taps*: two neighbours for a straight line between them, four for a cubic.  Where the taps lie and what they weigh
depends on the two sizes alone; :class:`Resample` takes the sums.
"""

from __future__ import annotations

from typing import Any

from ..arguments import checked
from ..autograd import Operation, Tensor
from ..backend import Array, get_array_module
from ..errors import refusal
from ..kernels.sums import sum_dtype
from .dtype import require_float
from .pool import adaptive_avg_pool
from .upsample import target_sizes, upsample_nearest

__all__ = ["interpolate", "upsample", "upsample_bilinear"]

AXES_OF = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}  # modes that are made for a number of axes
WITHOUT_CORNERS = ("nearest", "nearest-exact", "area")
CUBIC = -0.75  # the slope of the cubic at distance 1, as PyTorch and OpenCV have it


class Resample(Operation):
    """``y[j] = sum over taps t of weights[t, j] * x[places[t, j]]`` along an axis; adjoint of Spread."""

    __slots__ = ()

    def forward(self, x: Array, axis: int, places: Array, weights: Array) -> Array:
        xp, column = get_array_module(x), (-1,) + (1,) * (x.ndim - axis - 1)
        y: Any = 0
        for place, weight in zip(places, weights):
            y = xp.take(x, place, axis=axis) * weight.reshape(column) + y
        return y.astype(x.dtype, copy=False)

    def grad_x(self, g: Tensor, axis: int, places: Tensor, weights: Tensor, shape: tuple[int, ...]) -> Tensor:
        return Spread.apply(g, axis, places, weights, shape[axis])


class Spread(Operation):
    """``x[places[t, j]] += weights[t, j] * y[j]`` along an axis, as one product with a matrix; adjoint of Resample."""

    __slots__ = ()

    def forward(self, y: Array, axis: int, places: Array, weights: Array, size: int) -> Array:
        xp, rows = get_array_module(y), y.shape[axis]
        matrix = xp.zeros((rows, size), weights.dtype)
        for place, weight in zip(places, weights):
            matrix[xp.arange(rows), place] += weight
        last = xp.moveaxis(y, axis, -1).astype(weights.dtype, copy=False)
        return xp.moveaxis(last @ matrix, -1, axis).astype(y.dtype, copy=False)

    def grad_y(self, g: Tensor, axis: int, places: Tensor, weights: Tensor) -> Tensor:
        return Resample.apply(g, axis, places, weights)


@checked
def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Resize the spatial axes of ``(N, C, *D)`` to `size`, or by `scale_factor`.

    Cell j of an axis of ``o`` cells reads the input's axis of ``i`` cells at ``(j + 1/2) * i/o - 1/2``: cells are
    squares, and the two pictures share their outer edges.  With `scale_factor` f it is ``(j + 1/2) / f - 1/2``.

    Parameters
    ----------
    size, scale_factor : int or float, or one per axis
        One of the two.  A factor f makes ``floor(i * f)`` cells of ``i``.
    mode : {'nearest', 'nearest-exact', 'linear', 'bilinear', 'trilinear', 'bicubic', 'area'}
        `nearest` copies cell ``floor(j * i/o)``, `nearest-exact` the cell whose square the place lies in, ``floor((j +
        1/2) * i/o)``.  The linear ones (of 1, 2 and 3 axes) join the centres of cells by straight lines, `bicubic` (of
        2 axes) by cubics, which may overshoot.  `area` is the mean of the bins of ``adaptive_avg_pool``.
    align_corners : bool, optional
        Of the linear modes and `bicubic`: cells are points, the first and the last of both pictures coincide, and cell
        j reads at ``j * (i - 1)/(o - 1)``.
    recompute_scale_factor : bool, optional
        Use the factor only to find the sizes, and then go by these.
    antialias : bool
        Not available.

    Raises
    ------
    NotImplementedError
        For an unknown mode, one that is made for another number of axes, or `antialias`.
    RuntimeError
        If a size would be 0, or for integer input to a mode that computes.
    ValueError
        Unless exactly one of `size` and `scale_factor` is given; for `align_corners` with a mode that has no use for
        it, or `recompute_scale_factor` without a factor.

    References
    ----------
    R. G. Keys, "Cubic convolution interpolation for digital image processing", IEEE Trans. ASSP 29 (1981) 1153-1160.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x = tc.tensor([[[1.0, 3.0]]])
    >>> tc.nn.functional.interpolate(x, scale_factor=2)
    tensor([[[1., 1., 3., 3.]]])
    >>> tc.nn.functional.interpolate(x, scale_factor=2, mode="linear")
    tensor([[[1.0000, 1.5000, 2.5000, 3.0000]]])
    >>> tc.nn.functional.interpolate(x, size=3, mode="linear", align_corners=True)
    tensor([[[1., 2., 3.]]])
    """
    _check_mode(input, mode, align_corners, antialias)
    if recompute_scale_factor:
        if scale_factor is None:
            raise refusal("interpolate.recompute", "interpolate")
        size, scale_factor = target_sizes(input, size, scale_factor)[0], None
    if mode == "nearest":
        return upsample_nearest(input, size, scale_factor)
    target, factors = target_sizes(input, size, scale_factor)
    if mode == "area":
        return adaptive_avg_pool(input.ndim - 2, input, target)
    if mode != "nearest-exact":
        require_float(input, "interpolate")
    y = input.clone() if target == input.shape[2:] else input
    for axis, (cells, factor) in enumerate(zip(target, factors), start=2):
        if cells != y.shape[axis] or factor not in (None, 1):
            y = _resize_axis(y, axis, cells, factor, mode, bool(align_corners))
    return y


def _check_mode(input: Tensor, mode: str, align_corners: bool | None, antialias: bool) -> None:
    ndim = input.ndim - 2
    if mode not in AXES_OF and mode not in WITHOUT_CORNERS:
        raise refusal("interpolate.mode", "interpolate", mode=mode, modes=", ".join([*WITHOUT_CORNERS, *AXES_OF]))
    if antialias:
        raise refusal("interpolate.antialias", "interpolate")
    if ndim >= 1 and AXES_OF.get(mode, ndim) != ndim:
        fits = ", ".join(m for m in (*AXES_OF, *WITHOUT_CORNERS) if AXES_OF.get(m, ndim) == ndim)
        given = {"mode": mode, "ndim": input.ndim, "wanted": AXES_OF[mode] + 2, "fits": fits}
        raise refusal("interpolate.axes", "interpolate", size=list(input.shape), **given)
    if mode in WITHOUT_CORNERS and align_corners is not None:
        raise refusal("interpolate.corners", "interpolate", mode=mode, align_corners=align_corners)


def _resize_axis(x: Tensor, axis: int, cells: int, factor: float | None, mode: str, align_corners: bool) -> Tensor:
    xp, old = get_array_module(x.array), x.shape[axis]
    if mode == "nearest-exact":
        return x[(slice(None),) * axis + (Tensor._of(_nearest_places(xp, old, cells, factor)),)]
    source = _source(xp, old, cells, factor, align_corners)
    places, weights = cubic_taps(xp, source) if mode == "bicubic" else linear_taps(xp, xp.maximum(source, 0.0))
    places = xp.minimum(xp.maximum(places.astype("int64"), 0), old - 1)  # beyond the border there is the border
    return Resample.apply(x, axis, places, weights.astype(sum_dtype(x.array)))


def _nearest_places(xp: Any, old: int, cells: int, factor: float | None) -> Array:
    """The cell whose square holds the middle of each new one: ``floor((j + 1/2) * i/o)``."""
    if factor is None:
        return (2 * xp.arange(cells) + 1) * old // (2 * cells)
    return xp.minimum(((xp.arange(cells) + 0.5) / factor).astype("int64"), old - 1)


def _source(xp: Any, old: int, cells: int, factor: float | None, align_corners: bool) -> Array:
    """Where each new cell reads, in cells of the old axis."""
    j = xp.arange(cells).astype("float64")
    if align_corners:
        return j * (old - 1) / max(cells - 1, 1)
    return (j + 0.5) * (old / cells if factor is None else 1.0 / factor) - 0.5


def linear_taps(xp: Any, source: Array) -> tuple[Array, Array]:
    """The two neighbours of a place, each weighed by how near the place is."""
    low = xp.floor(source)
    past = source - low
    return xp.stack([low, low + 1]), xp.stack([1.0 - past, past])


def cubic_taps(xp: Any, source: Array) -> tuple[Array, Array]:
    """The four neighbours of a place; with ``a`` the slope at 1, a neighbour at distance d < 1 or 1 <= d < 2 weighs::

    ((a + 2)*d - (a + 3))*d*d + 1        ((d - 5)*d + 8)*d*a - 4*a
    """
    low = xp.floor(source)
    past = source - low
    near = [((CUBIC + 2) * d - (CUBIC + 3)) * d * d + 1 for d in (past, 1.0 - past)]
    far = [((d - 5) * d + 8) * d * CUBIC - 4 * CUBIC for d in (past + 1.0, 2.0 - past)]
    return xp.stack([low - 1, low, low + 1, low + 2]), xp.stack([far[0], *near, far[1]])


@checked
def upsample(
    input: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None
) -> Tensor:
    """:func:`interpolate`, by its old name."""
    return interpolate(input, size, scale_factor, mode, align_corners)


@checked
def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """:func:`interpolate` with mode ``'bilinear'`` and aligned corners, by its old name."""
    return interpolate(input, size, scale_factor, "bilinear", align_corners=True)
