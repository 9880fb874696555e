"""Convolution on NumPy, fast: windows copied piece by piece, and multiplied as matrices.

Which form a convolution takes, :func:`_form` chooses.  Where few cells lie under a kernel (:mod:`.conv_columns`),
and where planes are small (:mod:`.conv_channels`), whole samples are taken, with all taps copied.

Larger planes are cut into tiles, and only the taps of one kernel *row* are copied (:mod:`.lowering`), while the
rows of the input stay rows:

    B[h, (j, c), q] = x[c, h, q*s + j*d - pad]          h: input row,  j: kernel column

Kernel row ``i`` then reads, for output row ``p``, lowered row ``p*s + i*d``.  There are two ways on: *by rows*
(:mod:`.conv_rows`), for wide outputs, and *by planes* (:mod:`.conv_planes`), where a row is too short for an
efficient product.  Those of one tap want neither (:mod:`.conv_pointwise`).

A tile is a piece of the output (some samples, channel groups, outer cells and rows) whose buffer fits a
cache, unless there are very many channels.  Tiles are shared among threads, and no temporary grows with the batch.

In tiles, the other two kernels come from the same lowering:

* input gradient: ``gx[i] = sum_t w[t] * gy[(i + pad - t*d) / s]`` over the taps that divide.  Cells with
  the same ``i mod s`` (a *phase*) have the same taps, so each phase is a stride-1 convolution of
  ``gy`` with some of the taps, reversed;
* weight gradient (:mod:`.conv_weight_grad`): ``gw[t] = sum_p gy[p] * x[p*s + t*d - pad]``, a product of ``gy``
  with the lowered ``x``.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from . import tuning
from .conv_channels import convolve_by_channels, input_grad_by_channels, weight_grad_by_channels
from .conv_columns import convolve_by_columns, input_grad_by_columns, weight_grad_by_columns
from .conv_mirrored import can_be_mirrored, convolve_mirrored, input_grad_mirrored, weight_grad_mirrored
from .conv_planes import convolve_by_planes
from .conv_pointwise import convolve_pointwise
from .conv_rows import convolve_by_rows, rows_overlap
from .conv_weight_grad import weight_grad_by_planes
from .geometry import ConvGeometry, Ints
from .lowering import Walk
from .sums import sum_dtype

__all__ = ["convolve", "convolve_input_grad", "convolve_weight_grad"]

TileForm = Callable[[np.ndarray, np.ndarray, list[Walk], "np.ndarray | None", np.ndarray], None]


# --- the three kernels ----------------------------------------------------------------------------


def convolve(x: np.ndarray, w: np.ndarray, geometry: ConvGeometry, bias: np.ndarray | None = None) -> np.ndarray:
    """Convolve `x` with `w`; see :func:`tinyconv.kernels.conv.convolve`.

    Examples
    --------
    >>> from tinyconv.kernels.geometry import conv_geometry
    >>> x = np.arange(9, dtype=np.float32).reshape(1, 1, 3, 3)
    >>> w = np.arange(4, dtype=np.float32).reshape(1, 1, 2, 2)
    >>> convolve(x, w, conv_geometry((2, 2)))[0, 0]
    array([[19., 25.],
           [37., 43.]], dtype=float32)
    """
    y = np.empty((len(x), len(w), *geometry.output_size(x.shape[2:], w.shape[2:])), x.dtype)
    form = _form(x, w.shape, geometry, y)
    if form is None:
        _correlate(x, w, _walks(geometry), geometry.groups, bias, y)
    else:
        form.convolve(x, w, geometry, bias, y)
    return y


def convolve_input_grad(
    gy: np.ndarray, w: np.ndarray, geometry: ConvGeometry, input_size: Ints, bias: np.ndarray | None = None
) -> np.ndarray:
    """Give the gradient for `x`; see :func:`tinyconv.kernels.conv.convolve_input_grad`.

    Examples
    --------
    >>> from tinyconv.kernels.geometry import conv_geometry
    >>> gy, w = np.ones((1, 1, 2), np.float32), np.array([[[1, 2]]], np.float32)
    >>> convolve_input_grad(gy, w, conv_geometry((2,)), (3,))
    array([[[1., 3., 2.]]], dtype=float32)
    """
    groups, channels = geometry.groups, w.shape[1] * geometry.groups
    gx = np.empty((len(gy), channels, *input_size), gy.dtype)
    form = _form(gx, w.shape, geometry, gy)
    if form is not None:
        form.input_grad(gy, w, geometry, bias, gx)
        return gx
    # (C_out, C_in/g, *K) -> (C_in, C_out/g, *K): what was summed over is now produced
    split = w.reshape(groups, len(w) // groups, *w.shape[1:])
    swapped = split.swapaxes(1, 2).reshape(channels, len(w) // groups, *w.shape[2:])
    per_axis = map(_phases, geometry.stride, _walks(geometry), w.shape[2:])
    for phases in itertools.product(*per_axis):
        cells, taps, walks = zip(*phases)
        some, phase = (..., *taps), (..., *cells)
        _correlate(gy, swapped[some], walks, groups, bias, gx[phase])
    return gx


def convolve_weight_grad(x: np.ndarray, gy: np.ndarray, geometry: ConvGeometry, kernel_size: Ints) -> np.ndarray:
    """Give the gradient for `w`; see :func:`tinyconv.kernels.conv.convolve_weight_grad`.

    Examples
    --------
    >>> from tinyconv.kernels.geometry import conv_geometry
    >>> x, gy = np.array([[[1, 2, 3]]], np.float32), np.ones((1, 1, 2), np.float32)
    >>> convolve_weight_grad(x, gy, conv_geometry((2,)), (2,))
    array([[[3., 5.]]], dtype=float32)
    """
    dtype = sum_dtype(gy)
    shape = (gy.shape[1], x.shape[1] // geometry.groups, *kernel_size)
    if x.size == 0 or gy.size == 0:
        return np.zeros(shape, gy.dtype)
    form = _form(x, shape, geometry, gy)
    if form is not None:
        return form.weight_grad(x, gy, geometry, shape).astype(gy.dtype, copy=False)
    x, gy, walks, kernel = _with_rows(x, gy, _walks(geometry), kernel_size)
    x, gy = _split_channels(x, geometry.groups), _split_channels(gy, geometry.groups)
    gw = weight_grad_by_planes(x, gy, walks, kernel, dtype)
    return np.ascontiguousarray(gw.reshape(shape), gy.dtype)


# --- which form -----------------------------------------------------------------------------------


class Form(NamedTuple):
    """A way to compute the three kernels on whole samples."""

    convolve: Callable[..., None]
    input_grad: Callable[..., None]
    weight_grad: Callable[..., np.ndarray]


COLUMNS = Form(convolve_by_columns, input_grad_by_columns, weight_grad_by_columns)
MIRRORED = Form(convolve_mirrored, input_grad_mirrored, weight_grad_mirrored)
CHANNELS = Form(convolve_by_channels, input_grad_by_channels, weight_grad_by_channels)


def _form(x: np.ndarray, w_shape: Ints, geometry: ConvGeometry, y: np.ndarray) -> Form | None:
    """Choose how whole samples are computed, by what was measured (:mod:`.tuning`); None: in tiles.

    ========  ===============================================  =============================================
    form      when                                             why
    ========  ===============================================  =============================================
    columns   few cells under a kernel, and kernels enough     one wide product, of columns soon copied: 0.3
              to share them (:func:`_few`)                     to 1.2 of the time in tiles
    mirrored  at stride 1, few outputs that read an input      what is copied are the outputs: 0.3 to 1 of
              cell, and channels enough                        the time in tiles
    channels  output rows below ``NARROW`` cells, or planes    a product for several samples at once: 0.5 to
              of ``SMALL_PLANE``; in both, ``LONG_RUN`` cells  1 of the time in tiles; on larger planes up to
              of a window that follow one another              1.5 times as long
    ========  ===============================================  =============================================

    In tiles, :func:`_tile_form` chooses once more.
    """
    if 0 in (x.size, y.size, *w_shape):
        return None
    outputs, channels, taps = w_shape[0] // geometry.groups, w_shape[1], math.prod(w_shape[2:])
    room = tuning.SAMPLE_BYTES // (sum_dtype(y).itemsize * geometry.groups * taps)
    places = math.prod(y.shape[2:])
    fits = channels * places <= room
    strided = max(geometry.stride) > 1
    if fits and _few(channels, outputs, taps, strided):
        return COLUMNS
    mirrored_fits = outputs * math.prod(x.shape[2:]) <= room and can_be_mirrored(geometry, w_shape[2:])
    if mirrored_fits and _few(outputs, channels, taps):
        return MIRRORED
    run = channels * (w_shape[-1] if geometry.groups == 1 else 1)
    small = y.shape[-1] < tuning.NARROW or places <= tuning.SMALL_PLANE
    if fits and small and run >= tuning.LONG_RUN and (taps > 1 or places < tuning.NARROW):
        return CHANNELS
    return None


def _few(copied: int, shared_by: int, taps: int, strided: bool = False) -> bool:
    """Are there few cells to copy for a window, and as many products for each as pay for it?"""
    if copied * taps <= (tuning.FEW_STRIDED if strided else tuning.FEW_CELLS):
        return taps > 1 and shared_by >= tuning.FEW_KERNELS
    return copied * taps <= tuning.MORE_CELLS and shared_by >= tuning.FEW_KERNELS * copied


def _tile_form(x: np.ndarray, w: np.ndarray, walks: Sequence[Walk], y: np.ndarray) -> TileForm:
    """Choose how tiles are computed, by what was measured (:mod:`.tuning`).

    =========  =================================================  ==========================================
    form       when                                               why
    =========  =================================================  ==========================================
    pointwise  1x1, stride 1, no padding                          nothing is copied: 0.75 of the time
    rows       output rows of at least ``ROW_COLUMNS`` cells,     one product, where planes add up one for
               kernel rows that read consecutive input rows       each kernel row: 0.5 to 0.8 of the time
    planes     everything else                                    short rows side by side: one wide product
    =========  =================================================  ==========================================
    """
    if _is_pointwise(x, w.shape[3:], walks, y):
        return convolve_pointwise
    if y.shape[-1] >= tuning.ROW_COLUMNS and rows_overlap(walks[-2], w.shape[-2]):
        return convolve_by_rows
    return convolve_by_planes


def _is_pointwise(x: np.ndarray, kernel: Ints, walks: Sequence[Walk], y: np.ndarray) -> bool:
    """A 1x1 convolution with stride 1 and no padding is a matrix product as it stands."""
    return (
        max(kernel) == 1
        and all(walk.stride == 1 and walk.offset == 0 for walk in walks)
        and x.shape[3:] == y.shape[3:]
        and x.dtype == y.dtype == sum_dtype(x)
        and x.flags.c_contiguous
        and y.flags.c_contiguous
        and math.prod(y.shape[3:]) >= tuning.NARROW
    )


# --- one convolution ------------------------------------------------------------------------------


def _correlate(
    x: np.ndarray,
    w: np.ndarray,
    walks: Sequence[Walk],
    groups: int,
    bias: np.ndarray | None,
    y: np.ndarray,
) -> None:
    """Fill ``y[n, o, p] = b[o] + sum over c, t of w[o, c, t] * x[n, c, walk(p, t)]``, x being 0 outside."""
    if y.size == 0:
        return
    b = None if bias is None else bias.astype(sum_dtype(x), copy=False)
    if x.size == 0 or w.size == 0:
        y[...] = 0 if b is None else b.reshape(-1, *[1] * len(walks))
        return
    x, y, walks, kernel = _with_rows(x, y, walks, w.shape[2:])
    w = w.reshape(groups, len(w) // groups, w.shape[1], *kernel)
    x, y = _split_channels(x, groups), _split_channels(y, groups)
    b = None if b is None else b.reshape(groups, -1)
    _tile_form(x, w, walks, y)(x, w, walks, b, y)


# --- geometry --------------------------------------------------------------------------------------


def _walks(geometry: ConvGeometry) -> list[Walk]:
    low = [-lo for lo, _ in geometry.padding]
    return list(map(Walk, geometry.stride, geometry.dilation, low))


def _phases(stride: int, walk: Walk, kernel: int) -> list[tuple[slice, slice, Walk]]:
    """Split one axis of the input gradient: its cells, the taps they see, and the walk over gy."""
    phases = []
    for r in range(stride):
        taps = [t for t in range(kernel) if (r - walk.offset - t * walk.dilation) % stride == 0]
        if not taps:
            phases.append((slice(r, None, stride), slice(0, 0), Walk(1, 1, 0)))
            continue
        step = taps[1] - taps[0] if len(taps) > 1 else 1
        offset = (r - walk.offset - taps[-1] * walk.dilation) // stride  # of the last tap, now first
        backwards = slice(taps[-1], taps[0] - 1 if taps[0] else None, -step)
        gap = step * walk.dilation // stride if len(taps) > 1 else 1
        phases.append((slice(r, None, stride), backwards, Walk(1, gap, offset)))
    return phases


def _with_rows(
    a: np.ndarray, b: np.ndarray, walks: Sequence[Walk], kernel: Ints
) -> tuple[np.ndarray, np.ndarray, list[Walk], Ints]:
    """Give a one-dimensional convolution a row axis of one cell, so that all have rows and columns."""
    if len(walks) > 1:
        return a, b, list(walks), tuple(kernel)
    return a[:, :, None], b[:, :, None], [Walk(1, 1, 0), *walks], (1, *kernel)


def _split_channels(a: np.ndarray, groups: int) -> np.ndarray:
    """``(N, C, ...) -> (N, groups, C/groups, ...)``, always a view."""
    return a.reshape(a.shape[0], groups, a.shape[1] // groups, *a.shape[2:])
