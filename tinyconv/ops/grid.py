"""Pictures read at other places: where an affine map puts each pixel, and what stands between pixels there."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arguments import checked
from ..autograd import Tensor
from ..backend import Array, get_array_module
from ..errors import refusal
from .dtype import cast, require_float
from .elementwise import Gate, add, where
from .piecewise import hardtanh
from .pool import TakeFlat
from .rounding import floor, round

__all__ = ["affine_grid", "grid_sample"]

MODES = ("bilinear", "nearest")
PADDINGS = ("zeros", "border", "reflection")


@checked
def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """Say where an affine map takes each pixel of the output from, for :func:`grid_sample`.

    A pixel's place p = (x, y) counts from -1 to 1 across the picture; the map gives ``theta @ (x, y, 1)``.

    Parameters
    ----------
    theta : Tensor
        ``(N, 2, 3)`` for pictures, ``(N, 3, 4)`` for volumes.
    size : sequence of int
        Of the output: ``(N, C, H, W)`` or ``(N, C, D, H, W)``.
    align_corners : bool, optional
        Whether -1 and 1 are the middles of the outermost pixels, or (by default) their outer borders.

    Returns
    -------
    Tensor
        ``(N, H, W, 2)`` or ``(N, D, H, W, 3)``.

    Raises
    ------
    NotImplementedError
        For a size of neither 4 nor 5 numbers.
    RuntimeError
        If `theta` does not fit `size`.

    References
    ----------
    M. Jaderberg et al., "Spatial transformer networks", NeurIPS 2015.

    Examples
    --------
    >>> import tinyconv as tc
    >>> same = tc.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
    >>> tc.nn.functional.affine_grid(same, (1, 1, 1, 2))
    tensor([[[[-0.5000,  0.0000],
              [ 0.5000,  0.0000]]]])
    """
    require_float(theta, "affine_grid")
    axes = len(size) - 2
    if axes not in (2, 3):
        raise refusal("grid.size", "affine_grid", size=tuple(size))
    if theta.shape != (size[0], axes, axes + 1):
        raise refusal("grid.theta", "affine_grid", theta=theta, size=tuple(size))
    xp = get_array_module(theta.array)
    ticks = [_ticks(xp, n, theta.dtype, bool(align_corners)) for n in size[2:]]
    places = [along.reshape(-1) for along in xp.meshgrid(*ticks, indexing="ij")][::-1]  # x, the last axis, comes first
    base = Tensor._of(xp.stack([*places, xp.ones_like(places[0])], axis=-1))
    return (base @ theta.transpose(1, 2)).reshape(size[0], *size[2:], axes)


def _ticks(xp: Any, n: int, dtype: np.dtype, align_corners: bool) -> Array:
    """The places of n pixels between -1 and 1."""
    if align_corners:
        return xp.linspace(-1, 1, n, dtype=dtype) if n > 1 else xp.zeros(1, dtype)
    return ((2 * xp.arange(n) + 1) / n - 1).astype(dtype)


@checked
def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """Read a picture at the places of a grid, which may lie between pixels.

    ``'bilinear'`` weighs the pixels around a place, each by ``(1 - |dx|)(1 - |dy|)``; ``'nearest'`` takes one.

    Parameters
    ----------
    input : Tensor
        ``(N, C, H, W)``, or ``(N, C, D, H, W)``.
    grid : Tensor
        ``(N, H_out, W_out, 2)``: places ``(x, y)`` from -1 (left, top) to 1; ``(..., 3)`` of ``(x, y, z)`` for volumes.
    padding_mode : str
        What is read outside: ``'zeros'``, the pixel at the ``'border'``, or the picture's ``'reflection'``.
    align_corners : bool, optional
        Whether -1 and 1 are the middles of the outermost pixels, or (by default) their outer borders.

    Returns
    -------
    Tensor
        ``(N, C, H_out, W_out)``, or ``(N, C, D_out, H_out, W_out)``; differentiable in both arguments.

    Raises
    ------
    RuntimeError
        If the shapes or dtypes do not fit, or `input` is empty along an axis of space.
    ValueError
        For an unknown mode.

    References
    ----------
    M. Jaderberg et al., "Spatial transformer networks", NeurIPS 2015.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x = tc.tensor([[[[1.0, 3.0]]]])
    >>> tc.nn.functional.grid_sample(x, tc.tensor([[[[0.0, 0.0], [0.5, 0.0], [1.0, 0.0]]]]))
    tensor([[[[2.0000, 3.0000, 1.5000]]]])
    """
    require_float(input, "grid_sample")
    axes = input.ndim - 2
    if mode not in MODES or padding_mode not in PADDINGS:
        raise refusal("grid.mode", "grid_sample", mode=mode, padding_mode=padding_mode)
    fits = axes in (2, 3) and grid.ndim == input.ndim and grid.shape[-1] == axes and grid.shape[0] == input.shape[0]
    if not fits or input.dtype != grid.dtype or 0 in input.shape[1:]:
        raise refusal("grid.sample", "grid_sample", input=input, grid=grid)
    sizes = input.shape[2:]
    places = [_pixel(grid[..., axes - 1 - i], n, padding_mode, bool(align_corners)) for i, n in enumerate(sizes)]
    if mode == "nearest":
        read = _read(input, [round(place) for place in places])
        return read + _step(places) if grid.requires_grad else read
    lower = [floor(place.detach()) for place in places]
    shares = [(1.0 - (place - low), place - low) for place, low in zip(places, lower)]
    terms = []
    for corner in itertools.product((0, 1), repeat=axes):  # the pixels around a place
        share = math.prod(share[step] for share, step in zip(shares, corner)).unsqueeze(1)
        terms.append(_read(input, [low + step for low, step in zip(lower, corner)]) * share)
    return functools.reduce(add, terms)


def _step(places: list[Tensor]) -> Tensor:
    """0 with a gradient of 0 for each place, ``(N, 1, *out)``: the nearest pixel jumps, and does not slide."""
    nowhere = Tensor._of(get_array_module(places[0].array).zeros(places[0].shape, bool))
    return functools.reduce(add, [Gate.apply(place, nowhere) for place in places]).unsqueeze(1)


def _pixel(place: Tensor, n: int, padding: str, align_corners: bool) -> Tensor:
    """The place between -1 and 1 in pixels, brought into the picture unless it is surrounded by zeros."""
    place = (place + 1.0) * ((n - 1) / 2) if align_corners else ((place + 1.0) * n - 1.0) / 2
    if padding == "reflection":
        low, span = (0.0, n - 1.0) if align_corners else (-0.5, float(n))
        place = _reflected(place, low, span)
    return place if padding == "zeros" else hardtanh(place, 0.0, n - 1.0)


def _reflected(place: Tensor, low: float, span: float) -> Tensor:
    """To and fro between `low` and ``low + span``."""
    if not span:
        return place * 0.0
    away = (place - low).abs()
    turns = floor(away.detach() / span)
    rest = away - turns * span
    return low + rest + (turns % 2) * (span - 2.0 * rest)


def _read(x: Tensor, places: list[Tensor]) -> Tensor:
    """The pixels at whole places, 0 outside: ``(N, C, *out)``."""
    inside = Tensor._of(get_array_module(x.array).ones(places[0].shape, bool))
    index = cast(inside, np.int64) * 0
    for place, n in zip(places, x.shape[2:]):
        within = (place >= 0) & (place <= n - 1)  # NaN is not
        inside = inside & within
        index = index * n + cast(where(within, place.detach(), 0.0), np.int64)
    read = TakeFlat.apply(x, index.unsqueeze(1))
    return Gate.apply(read, inside.unsqueeze(1).expand(read.shape))
