"""Reading and writing planes at computed places: flat indices, and bilinear samples between cells.

:func:`take_flat` and :func:`put_flat` are linear in the values and each other's adjoint.  Whatever
reads cells by index (adaptive max pooling, unpooling, deformable convolution) gets derivatives of
every order from these two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..backend import Array, get_array_module
from ..errors import refusal
from .geometry import ConvGeometry, show_size
from .sums import sum_dtype

__all__ = ["bilinear_corners", "put_flat", "take_flat", "tap_positions", "unpool"]


def _absolute(indices: Array, channels: int, cells: int) -> Array:
    """Plane indices ``(N, C or 1, *O)`` as indices of the whole flattened array, ``(N, C, prod(O))``."""
    xp = get_array_module(indices)
    n = indices.shape[0]
    planes = xp.arange(n * channels, dtype="int64").reshape(n, channels, 1) * cells
    return planes + indices.reshape(n, indices.shape[1], math.prod(indices.shape[2:]))


def take_flat(x: Array, indices: Array) -> Array:
    """Read each plane of `x` at flat indices.

    Parameters
    ----------
    x : array
        ``(N, C, *D)``.
    indices : array of int64
        ``(N, C, *O)``, or ``(N, 1, *O)`` to read all channels at the same places.  Each must lie in
        ``[0, prod(D))``; this is not checked.

    Returns
    -------
    array
        ``(N, C, *O)``.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[[[1., 2.], [3., 4.]], [[5., 6.], [7., 8.]]]])
    >>> take_flat(x, np.array([[[3, 0, 0]]]))
    array([[[4., 1., 1.],
            [8., 5., 5.]]])
    """
    xp = get_array_module(x)
    where = _absolute(indices, x.shape[1], math.prod(x.shape[2:]))
    return xp.take(x.reshape(-1), where).reshape(x.shape[:2] + indices.shape[2:])


def put_flat(y: Array, indices: Array, input_size: Sequence[int]) -> Array:
    """Add the values of `y` into zeroed planes at flat indices: the adjoint of :func:`take_flat`.

    Parameters
    ----------
    y : array
        ``(N, C, *O)``.
    indices : array of int64
        ``(N, C, *O)`` or ``(N, 1, *O)``, each in ``[0, prod(input_size))``; this is not checked.
    input_size : sequence of int
        ``D``, the spatial size of the result.

    Returns
    -------
    array
        ``(N, C, *D)``.  On a GPU the order of additions to one cell is not fixed, so the last bits
        may differ from run to run where an index repeats.

    Examples
    --------
    >>> import numpy as np
    >>> put_flat(np.array([[[1., 2., 4.]]]), np.array([[[3, 0, 3]]]), (2, 2))
    array([[[[2., 0.],
             [0., 5.]]]])
    """
    xp = get_array_module(y)
    size = tuple(input_size)
    where = _absolute(indices, y.shape[1], math.prod(size))
    x = xp.zeros(y.shape[0] * y.shape[1] * math.prod(size), dtype=sum_dtype(y))
    xp.add.at(x, where.reshape(-1), y.reshape(-1).astype(x.dtype, copy=False))
    return x.astype(y.dtype, copy=False).reshape(y.shape[:2] + size)


def unpool(y: Array, indices: Array, output_size: Sequence[int]) -> Array:
    """Put the values of `y` back where max pooling found them, zeros elsewhere.

    Parameters
    ----------
    y : array
        ``(N, C, *O)``.
    indices : array of int64
        ``(N, C, *O)``, as :func:`flat_indices` gives them.
    output_size : sequence of int
        ``D``, the spatial size of the result.

    Returns
    -------
    array
        ``(N, C, *D)``.  Where an index repeats, the last value in C order stays on a CPU, and any one
        of them on a GPU.

    Raises
    ------
    RuntimeError
        If an index lies outside the plane.  On a GPU looking would mean waiting for it, so there the
        whole plane becomes NaN instead.

    Examples
    --------
    >>> import numpy as np
    >>> unpool(np.array([[[6., 8.]]]), np.array([[[1, 3]]]), (4,))
    array([[[0., 6., 0., 8.]]])
    """
    xp = get_array_module(y)
    size = tuple(output_size)
    cells = math.prod(size)
    outside = (indices < 0) | (indices >= cells)
    on_gpu = xp is not np
    if not on_gpu and outside.any():
        raise refusal("unpool.index", "max_unpool", index=indices[outside][0], size=show_size(size), cells=cells)
    where = _absolute(xp.clip(indices, 0, cells - 1) if on_gpu else indices, y.shape[1], cells)
    x = xp.zeros(y.shape[0] * y.shape[1] * cells, dtype=y.dtype)
    x[where.reshape(-1)] = y.reshape(-1)
    x = x.reshape(y.shape[:2] + size)
    if on_gpu:
        every_axis = tuple(range(2, outside.ndim))
        spoiled = outside.any(axis=every_axis).reshape(y.shape[:2] + (1,) * len(size))
        x = xp.where(spoiled, y.dtype.type(math.nan), x)
    return x


def tap_positions(
    geometry: ConvGeometry, kernel_size: Sequence[int], output_size: Sequence[int], xp: Any, dtype: Any
) -> list[Array]:
    """Give where a convolution's taps lie: per axis, ``o*s - lo + k*d`` for every tap and place.

    Parameters
    ----------
    geometry : ConvGeometry
        Stride, padding and dilation.
    kernel_size, output_size : sequence of int
        ``K`` and ``O``.
    xp : module
        The namespace to make the result in.
    dtype : dtype
        Its type.

    Returns
    -------
    list of array
        One ``(prod(K), prod(O))`` array per spatial axis.

    Examples
    --------
    >>> import numpy as np
    >>> from tinyconv.kernels.geometry import conv_geometry
    >>> tap_positions(conv_geometry((2,), padding=1), (2,), (3,), np, "float32")
    [array([[-1.,  0.,  1.],
           [ 0.,  1.,  2.]], dtype=float32)]
    """
    kernel, output = tuple(kernel_size), tuple(output_size)
    ndim = geometry.ndim
    result = []
    for axis, (s, (lo, _), d) in enumerate(zip(geometry.stride, geometry.padding, geometry.dilation)):
        along = [1] * ndim
        along[axis] = -1
        taps = (xp.arange(kernel[axis], dtype="int64") * d).reshape(along + [1] * ndim)
        places = (xp.arange(output[axis], dtype="int64") * s - lo).reshape([1] * ndim + along)
        grid = xp.broadcast_to(taps + places, kernel + output)
        result.append(grid.reshape(math.prod(kernel), math.prod(output)).astype(dtype))
    return result


def bilinear_corners(
    y: Array, x: Array, input_size: tuple[int, int]
) -> tuple[Array, Array, list[tuple[int, int, Array, Array]]]:
    """Find the four cells around each point, for bilinear sampling.

    With ``fy = y - floor_y`` and ``fx = x - floor_x``, the sample of a plane is the sum over the corners
    ``(dy, dx)`` of

        (fy if dy else 1 - fy) * (fx if dx else 1 - fx) * inside * take_flat(plane, index)

    The corners are found with no derivative (``floor`` is flat); written in differentiable operations,
    the formula gives every derivative to the plane and to the points.

    Parameters
    ----------
    y, x : array
        The points, of one shape.  Clamp them to ``[-1, H]`` and ``[-1, W]`` first, which changes no
        sample: a point that far out sees no cell.  NaN is allowed.
    input_size : (int, int)
        ``(H, W)``, the size of the plane.

    Returns
    -------
    floor_y, floor_x : array
        The points rounded down.
    corners : list of (dy, dx, index, inside)
        Four of them.  `index` (int64) is the flat index of cell ``(floor_y + dy, floor_x + dx)``, moved
        to the nearest one where that lies outside, and `inside` (of the points' dtype) is 0 there.

    References
    ----------
    J. Dai et al., "Deformable Convolutional Networks", ICCV 2017, equation 3.

    Examples
    --------
    >>> import numpy as np
    >>> _, _, corners = bilinear_corners(np.array([0.25]), np.array([2.5]), (2, 3))
    >>> for corner in corners:
    ...     print(corner)
    (0, 0, array([2]), array([1.]))
    (0, 1, array([2]), array([0.]))
    (1, 0, array([5]), array([1.]))
    (1, 1, array([5]), array([0.]))
    """
    xp = get_array_module(y)
    height, width = input_size
    floor_y, floor_x = xp.floor(y), xp.floor(x)
    # NaN has no cell to cast to: it reads cell 0, and its weight, NaN, marks the sample
    row = xp.where(y == y, floor_y, 0).astype("int64")
    column = xp.where(x == x, floor_x, 0).astype("int64")
    corners = []
    for dy in (0, 1):
        for dx in (0, 1):
            r, c = row + dy, column + dx
            inside = (r >= 0) & (r < height) & (c >= 0) & (c < width)
            index = xp.clip(r, 0, height - 1) * width + xp.clip(c, 0, width - 1)
            corners.append((dy, dx, index, inside.astype(y.dtype)))
    return floor_y, floor_x, corners
