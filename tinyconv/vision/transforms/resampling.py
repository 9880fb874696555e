"""The arithmetic of resizing and turning: which pixels a new pixel is made of, and how much of each."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ...errors import refusal

__all__ = ["affine_matrix", "nearest_pixels", "resize_weights", "resized", "source_points", "turned_size"]


def resized(size: tuple[int, int], wanted: Sequence[int], max_size: int | None) -> tuple[int, int]:
    """Give the new ``(height, width)`` of an image: two numbers as they are, one for the shorter side.

    Raises
    ------
    ValueError
        If `max_size`, of the longer side, is given with two numbers, or is not larger than the shorter side.

    Examples
    --------
    >>> resized((20, 40), [10], None), resized((20, 40), [10], 15), resized((20, 40), [5, 6], None)
    ((10, 20), (7, 15), (5, 6))
    """
    if len(wanted) == 2:
        if max_size is not None:
            raise refusal("vision.max_size_of_two", "resize", size=tuple(wanted))
        return int(wanted[0]), int(wanted[1])
    short, long = min(size), max(size)
    new_short, new_long = int(wanted[0]), int(wanted[0] * long / short)
    if max_size is not None:
        if max_size <= new_short:
            raise refusal("vision.max_size", "resize", max_size=max_size, size=new_short)
        if new_long > max_size:
            new_short, new_long = int(max_size * new_short / new_long), max_size
    return (new_long, new_short) if size[0] > size[1] else (new_short, new_long)


def nearest_pixels(old: int, new: int, exact: bool) -> np.ndarray:
    """Give the pixel that each new one is a copy of: where its start lies in the old row, or, if `exact`, its middle.

    Examples
    --------
    >>> nearest_pixels(4, 2, exact=False), nearest_pixels(4, 2, exact=True)
    (array([0, 2]), array([1, 3]))
    """
    start = np.arange(new, dtype=np.float32) + np.float32(0.5 if exact else 0)
    return np.minimum((start * np.float32(old / new)).astype(np.int64), old - 1)


def resize_weights(old: int, new: int, cubic: bool, antialias: bool) -> np.ndarray:
    """Give the matrix ``(new, old)`` that makes a row of `new` pixels from one of `old`, by triangles or cubics.

    Pixel ``i`` has its middle at ``c = (i + 0.5) * old / new``; each old pixel ``j`` counts by its distance
    ``j + 0.5 - c``.  With `antialias`, a shrinking row takes a filter that is wider by the factor it shrinks, cut off
    at the ends and scaled to a sum of 1, as Pillow does; without, pixels beyond the ends repeat the last one.

    Examples
    --------
    >>> resize_weights(4, 2, cubic=False, antialias=False)
    array([[0.5, 0.5, 0. , 0. ],
           [0. , 0. , 0.5, 0.5]])
    >>> resize_weights(4, 2, cubic=False, antialias=True)
    array([[0.42857143, 0.42857143, 0.14285714, 0.        ],
           [0.        , 0.14285714, 0.42857143, 0.42857143]])
    """
    stretch = max(old / new, 1.0) if antialias else 1.0
    middles = (np.arange(new)[:, None] + 0.5) * (old / new)
    reach = math.ceil((2 if cubic else 1) * stretch) + 1
    pixels = np.floor(middles).astype(np.int64) + np.arange(-reach, reach + 1)
    distances = np.abs(pixels + 0.5 - middles) / stretch
    # the cubic through its neighbours: Pillow takes the slope -0.5, interpolation without antialias -0.75
    shares = _cubic(distances, -0.5 if antialias else -0.75) if cubic else np.maximum(1 - distances, 0)
    if antialias:
        shares = np.where((pixels >= 0) & (pixels < old), shares, 0)
        shares = shares / shares.sum(1, keepdims=True)
    weights = np.zeros((new, old))
    np.add.at(weights, (np.arange(new)[:, None], pixels.clip(0, old - 1)), shares)
    return weights


def _cubic(x: np.ndarray, a: float) -> np.ndarray:
    """R. Keys, "Cubic convolution interpolation for digital image processing", 1981."""
    inner = ((a + 2) * x - (a + 3)) * x * x + 1
    outer = ((x - 5) * x + 8) * x * a - 4 * a
    return np.where(x < 1, inner, np.where(x < 2, outer, 0))


def affine_matrix(
    center: Sequence[float], angle: float, translate: Sequence[float], scale: float, shear: Sequence[float]
) -> list[float]:
    """Give the six numbers ``a b c d e f`` of where a new pixel comes from: ``(a x + b y + c, d x + e y + f)``.

    The image is sheared, scaled and turned about `center` and then moved; this is the inverse of that.  Angles are in
    degrees.

    Examples
    --------
    >>> affine_matrix([0, 0], 0.0, [3, 1], 2.0, [0.0, 0.0])
    [0.5, 0.0, -1.5, 0.0, 0.5, -0.5]
    """
    turn, sx, sy = (math.radians(degrees) for degrees in (angle, *shear))
    # turn * shear along y * shear along x, a matrix of determinant 1
    a, b = math.cos(turn - sy) / math.cos(sy), -math.cos(turn - sy) * math.tan(sx) / math.cos(sy) - math.sin(turn)
    c, d = math.sin(turn - sy) / math.cos(sy), -math.sin(turn - sy) * math.tan(sx) / math.cos(sy) + math.cos(turn)
    (p, q), (r, s) = (d / scale, -b / scale + 0.0), (-c / scale + 0.0, a / scale)  # + 0.0: no -0
    x, y = -center[0] - translate[0], -center[1] - translate[1]
    return [p, q, p * x + q * y + center[0], r, s, r * x + s * y + center[1]]


def turned_size(matrix: Sequence[float], size: tuple[int, int]) -> tuple[int, int]:
    """Give the ``(height, width)`` that holds the whole of a turned image.

    Examples
    --------
    >>> turned_size(affine_matrix([0, 0], 90.0, [0, 0], 1.0, [0, 0]), (10, 20))
    (20, 10)
    """
    height, width = size
    corners = np.array([[x, y, 1] for x in (-width / 2, width / 2) for y in (-height / 2, height / 2)], np.float32)
    points = corners @ np.array(matrix, np.float32).reshape(2, 3).T
    half = np.array([width / 2, height / 2], np.float32)
    # whole steps of 1e-4: what rounding leaves over an integer adds no pixel
    low, high = (np.trunc((edge + half) / 1e-4) * 1e-4 for edge in (points.min(0), points.max(0)))
    wide, high_ = np.ceil(high) - np.floor(low)
    return int(high_), int(wide)


def source_points(
    matrix: Sequence[float], size: tuple[int, int], new_size: tuple[int, int], dtype: np.dtype
) -> tuple[np.ndarray, np.ndarray]:
    """Give for each new pixel the row and column, two arrays ``(H', W')``, of the point it comes from.

    `matrix` counts from the image's middle; rows and columns count from the middle of the first pixel.

    Examples
    --------
    >>> import numpy
    >>> rows, columns = source_points([1, 0, 1, 0, 1, 0], (2, 4), (2, 4), numpy.dtype("float32"))
    >>> columns[0]
    array([1., 2., 3., 4.], dtype=float32)
    """
    axes = [np.arange(n, dtype=dtype) - dtype.type(n / 2 - 0.5) for n in new_size]
    y, x = np.meshgrid(*axes, indexing="ij")
    # in units of half the image and back, as grids of sampling points are, so that the last digit is theirs too
    a, b, c, d, e, f = (
        np.array(matrix, dtype).reshape(2, 3) / np.array([size[1] / 2, size[0] / 2], dtype)[:, None]
    ).flat
    one, two = dtype.type(1), dtype.type(2)
    columns, rows = x * a + y * b + c, x * d + y * e + f
    return ((rows + one) * size[0] - one) / two, ((columns + one) * size[1] - one) / two
