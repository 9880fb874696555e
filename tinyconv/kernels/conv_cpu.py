"""Convolution on NumPy, fast: kernel rows lowered tile by tile, one small GEMM per output row.

Full im2col copies each input cell once per kernel tap.  Here only the taps of one kernel *row* are
copied, into a buffer whose rows are the input's rows [1]_:

    B[h, (j, c), q] = x[c, h, q*s + j*d - pad]          h: input row,  j: kernel column

The cells that output row ``p`` needs, kernel rows ``h = p*s ... p*s + k - 1``, then lie one after the
other in memory, so the matrix ``V[p] = B[p*s : p*s + k]`` is a view, and ``y[:, p] = W @ V[p]``.
Neighbouring matrices overlap; nothing is copied twice for it.  ``np.matmul`` runs over all ``p`` in C.

A tile is a piece of the output (some samples, channel groups and rows) whose buffer fits a core's
cache.  Tiles are shared among threads, and no temporary grows with the batch.

The other two kernels come from the same lowering:

* input gradient: ``gx[i] = sum_t w[t] * gy[(i + pad - t*d) / s]`` over the taps that divide.  Cells with
  the same ``i mod s`` (a *phase*) have the same taps, so each phase is a stride-1 convolution of
  ``gy`` with some of the taps, reversed;
* weight gradient: ``gw[t] = sum_p gy[p] * x[p*s + t*d - pad]``, a product of ``gy`` with the lowered ``x``.

.. [1] M. Cho and D. Brand, "MEC: Memory-efficient Convolution for Deep Neural Network",
   arXiv:1706.06873, 2017.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .geometry import ConvGeometry
from .sampling import sum_dtype
from .threads import parallel_for, scratch

__all__ = ["convolve", "convolve_input_grad", "convolve_weight_grad"]

# Measured on one machine (Zen 4, OpenBLAS 0.3.31); they change the speed only.
TILE_BYTES = 1 << 21  # lowered cells of one tile
SMALL_GEMM = 100**3  # OpenBLAS skips packing up to so many products, and then is 1.3 times as fast
GEMM_COLUMNS = 64  # width of a piece of a GEMM that is cut to be small
NARROW = 16  # output rows shorter than this are put side by side, for a wider GEMM
SHORT_SUM = 64  # weight gradient: planes smaller than this are joined, for a longer sum
LONG_SUM = 512  # weight gradient: sums are not cut shorter than this to make a GEMM small
WIDE_COLUMNS = 256  # how wide, or long, joined rows and planes may get
FEW_TAPS = 16  # up to so many cells under a kernel, all are lowered at once, for one wide GEMM per sample
SUMMED = 2  # this many input channels per output channel make adding cheaper than copying
LANES = 16  # weight gradient: partial sums, each over its own tiles in order
LANE_BYTES = 1 << 24  # memory they may take together

Ints = tuple[int, ...]


class _Walk(NamedTuple):
    """Along one axis, cell ``p`` under tap ``t`` reads input cell ``p*stride + t*dilation + offset``."""

    stride: int
    dilation: int
    offset: int


class _Tile(NamedTuple):
    """A piece of the output: slices, and one fixed cell on each axis before the last two."""

    samples: slice
    groups: slice
    outer: Ints
    rows: slice
    columns: slice

    def of(self, y: np.ndarray) -> np.ndarray:
        """Its part of ``y (n, g, o, *outer, h, q)``, without the outer axes."""
        index: Any = (self.samples, self.groups, slice(None), *self.outer, self.rows, self.columns)
        return y[index]


class _Extent(NamedTuple):
    """How much of each axis one tile takes."""

    samples: int
    groups: int
    rows: int
    columns: int


# --- the three kernels ----------------------------------------------------------------------------


def convolve(
    x: np.ndarray, w: np.ndarray, geometry: ConvGeometry, output_size: Ints, bias: np.ndarray | None = None
) -> np.ndarray:
    """Convolve `x` with `w`; see :func:`tinyconv.kernels.conv.convolve`.

    Examples
    --------
    >>> from tinyconv.kernels.geometry import conv_geometry
    >>> x = np.arange(9, dtype=np.float32).reshape(1, 1, 3, 3)
    >>> w = np.arange(4, dtype=np.float32).reshape(1, 1, 2, 2)
    >>> convolve(x, w, conv_geometry((2, 2)), (2, 2))[0, 0]
    array([[19., 25.],
           [37., 43.]], dtype=float32)
    """
    y = np.empty((len(x), len(w), *output_size), x.dtype)
    _correlate(x, w, _walks(geometry), geometry.groups, bias, y)
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
    x, gy, walks, kernel = _with_rows(x, gy, _walks(geometry), kernel_size)
    x, gy = _split_channels(x, geometry.groups), _split_channels(gy, geometry.groups)
    if walks[-2].stride == 1 and math.prod(gy.shape[-2:]) >= SHORT_SUM:
        gw = _weight_grad_by_rows(x, gy, walks, kernel, dtype)
    else:
        gw = _weight_grad_joined(x, gy, walks, kernel, dtype)
    return np.ascontiguousarray(gw.reshape(shape), gy.dtype)


# --- geometry, tiles, lowering --------------------------------------------------------------------


def _walks(geometry: ConvGeometry) -> list[_Walk]:
    low = [-lo for lo, _ in geometry.padding]
    return list(map(_Walk, geometry.stride, geometry.dilation, low))


def _phases(stride: int, walk: _Walk, kernel: int) -> list[tuple[slice, slice, _Walk]]:
    """Split one axis of the input gradient: its cells, the taps they see, and the walk over gy."""
    phases = []
    for r in range(stride):
        taps = [t for t in range(kernel) if (r - walk.offset - t * walk.dilation) % stride == 0]
        if not taps:
            phases.append((slice(r, None, stride), slice(0, 0), _Walk(1, 1, 0)))
            continue
        step = taps[1] - taps[0] if len(taps) > 1 else 1
        offset = (r - walk.offset - taps[-1] * walk.dilation) // stride  # of the last tap, now first
        backwards = slice(taps[-1], taps[0] - 1 if taps[0] else None, -step)
        gap = step * walk.dilation // stride if len(taps) > 1 else 1
        phases.append((slice(r, None, stride), backwards, _Walk(1, gap, offset)))
    return phases


def _with_rows(
    a: np.ndarray, b: np.ndarray, walks: Sequence[_Walk], kernel: Ints
) -> tuple[np.ndarray, np.ndarray, list[_Walk], Ints]:
    """Give a one-dimensional convolution a row axis of one cell, so that all have rows and columns."""
    if len(walks) > 1:
        return a, b, list(walks), tuple(kernel)
    return a[:, :, None], b[:, :, None], [_Walk(1, 1, 0), *walks], (1, *kernel)


def _split_channels(a: np.ndarray, groups: int) -> np.ndarray:
    """``(N, C, ...) -> (N, groups, C/groups, ...)``, always a view."""
    return a.reshape(a.shape[0], groups, a.shape[1] // groups, *a.shape[2:])


def _tile_extent(
    y_shape: Ints, cell_bytes: int, row_step: int = 1, halo: int = 0, wanted: int = 1, widest: int = 1 << 30
) -> _Extent:
    """Fill the tile's memory with columns, then rows, then groups, then samples.

    `cell_bytes` are taken per output cell and group; a tile of ``r`` rows lowers
    ``r*row_step + halo`` rows of them.  Samples are joined until there are `wanted` cells side by
    side, and beyond that only while memory lasts and at least 8 tiles remain to be shared.
    """
    samples, groups, all_rows, all_columns = y_shape[0], y_shape[1], y_shape[-2], y_shape[-1]
    columns = min(all_columns, widest, max(NARROW, TILE_BYTES // ((row_step + halo) * cell_bytes)))
    row_bytes = columns * cell_bytes
    room = (TILE_BYTES // row_bytes - halo) // row_step if columns == all_columns else 1
    rows = min(all_rows, max(4 * halo, room, 1))
    tile_bytes = row_bytes * (rows * row_step + halo)
    together = min(groups, max(1, TILE_BYTES // tile_bytes)) if rows == all_rows else 1
    tile_bytes *= together
    joined = 1
    if together == groups:
        others = math.prod(y_shape[3:-2]) * -(-all_rows // rows) * -(-all_columns // columns)
        by_room = min(TILE_BYTES // tile_bytes, -(-samples * others // 8), samples)
        by_need = min(-(-wanted // columns), -(-samples // 4))
        joined = max(1, by_room, by_need)
    return _Extent(joined, together, rows, columns)


def _tiles(y_shape: Ints, extent: _Extent) -> list[_Tile]:
    outer = itertools.product(*map(range, y_shape[3:-2]))
    return [
        _Tile(*tile)
        for tile in itertools.product(
            _pieces(y_shape[0], extent.samples),
            _pieces(y_shape[1], extent.groups),
            outer,
            _pieces(y_shape[-2], extent.rows),
            _pieces(y_shape[-1], extent.columns),
        )
    ]


def _pieces(length: int, at_most: int) -> list[slice]:
    """Cut ``range(length)`` into as few pieces as the bound allows, of nearly equal size."""
    count = -(-length // at_most)
    size = -(-length // count)
    return [slice(start, min(start + size, length)) for start in range(0, length, size)]


def _length(piece: slice) -> int:
    return piece.stop - piece.start


def _seen(walk: _Walk, tap: int, first: int, count: int, size: int) -> tuple[slice, slice] | None:
    """Which of `count` cells from `first` on read inside the input, and what they read.

    None when all of them read padding.
    """
    start = first * walk.stride + tap * walk.dilation + walk.offset
    lo = max(0, -(start // walk.stride))
    hi = min(count, (size - 1 - start) // walk.stride + 1)
    if hi <= lo:
        return None
    source = slice(start + lo * walk.stride, start + (hi - 1) * walk.stride + 1, walk.stride)
    return slice(lo, hi), source


def _lower(
    into: np.ndarray, x: np.ndarray, taps: list[Ints], walks: Sequence[_Walk], tile: _Tile, first_row: int
) -> None:
    """Copy ``into[t, n, g, c, h, q]`` from the input cell that tap ``t`` of row ``h``, column ``q`` reads."""
    first = (*tile.outer, first_row, tile.columns.start)
    count = (*([1] * len(tile.outer)), *into.shape[-2:])
    seen = [list(map(_seen, walks, tap, first, count, x.shape[3:])) for tap in taps]
    if any(axis is None or _length(axis[0]) < n for axes in seen for n, axis in zip(count, axes)):
        into.fill(0)  # all of it at once, which is faster than its thin borders one by one
    for t, axes in enumerate(seen):
        inside = [axis for axis in axes if axis is not None]
        if len(inside) < len(axes):
            continue
        *outer, (rows, source_rows), (columns, source_columns) = inside
        at = (source.start for _, source in outer)
        index = (tile.samples, tile.groups, slice(None), *at, source_rows, source_columns)
        into[t, ..., rows, columns] = x[index]


# --- convolution ----------------------------------------------------------------------------------


def _correlate(
    x: np.ndarray,
    w: np.ndarray,
    walks: Sequence[_Walk],
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
    if _is_pointwise(x, walks, kernel, y):
        _pointwise(x, w.reshape(w.shape[:3]), b, y)
    elif _has_few_taps(x, w, walks, y):
        _correlate_few_taps(x, w, walks, b, y)
    else:
        _correlate_by_rows(x, w, walks, b, y)


def _is_pointwise(x: np.ndarray, walks: Sequence[_Walk], kernel: Ints, y: np.ndarray) -> bool:
    """A 1x1 convolution with stride 1 and no padding is a matrix product as it stands."""
    return (
        max(kernel) == 1
        and all(walk.stride == 1 and walk.offset == 0 for walk in walks)
        and x.shape[3:] == y.shape[3:]
        and x.dtype == y.dtype == sum_dtype(x)
        and x.flags.c_contiguous
        and y.flags.c_contiguous
        and math.prod(y.shape[3:]) >= NARROW
    )


def _pointwise(x: np.ndarray, w: np.ndarray, b: np.ndarray | None, y: np.ndarray) -> None:
    """``y[n, g] = w[g] @ x[n, g]`` with all spatial axes as one."""
    x, y = (a.reshape(*a.shape[:3], -1) for a in (x, y))
    w = w.astype(x.dtype, copy=False)
    cell_bytes = (x.shape[2] + y.shape[2]) * x.itemsize
    extent = _tile_extent((*y.shape[:3], 1, y.shape[3]), cell_bytes)
    tiles = _tiles((*y.shape[:3], 1, y.shape[3]), extent)

    def body(i: int) -> None:
        n, g, _, _, columns = tiles[i]
        target = y[n, g, :, columns]
        np.matmul(w[g], x[n, g, :, columns], out=target)
        if b is not None:
            target += b[g, :, None]

    parallel_for(len(tiles), body, work=y.size * w.shape[2])


def _has_few_taps(x: np.ndarray, w: np.ndarray, walks: Sequence[_Walk], y: np.ndarray) -> bool:
    """A network's first layer: few cells under each kernel, and enough kernels to share their lowering."""
    few = math.prod(w.shape[2:]) <= FEW_TAPS and w.shape[1] >= 8 and all(walk.offset <= 0 for walk in walks)
    sample_bytes = math.prod(y.shape[3:]) * (math.prod(w.shape[2:]) + 1) * len(w) * x.itemsize
    return few and sample_bytes <= TILE_BYTES and x.dtype == y.dtype == sum_dtype(x) and y.flags.c_contiguous


def _correlate_few_taps(
    x: np.ndarray, w: np.ndarray, walks: Sequence[_Walk], b: np.ndarray | None, y: np.ndarray
) -> None:
    """``y[n, g] = [w | b] @ [windows; 1]``: plain im2col of a few samples, the bias as one more row."""
    groups, o, kernel, output = *w.shape[:2], w.shape[3:], y.shape[3:]
    cells = math.prod(w.shape[2:])
    offsets = np.zeros((groups, o, 1), x.dtype) if b is None else b[..., None]
    matrices = np.concatenate([w.reshape(groups, o, cells), offsets], axis=2, dtype=x.dtype)
    pads = [(0, 0)] * 3
    for walk, k, size, length in zip(walks, kernel, output, x.shape[3:]):
        reach = (size - 1) * walk.stride + (k - 1) * walk.dilation + 1 + walk.offset
        pads.append((-walk.offset, max(0, reach - length)))
    sample_bytes = math.prod(output) * (cells + 1) * groups * x.itemsize
    parts = _pieces(len(x), max(1, min(TILE_BYTES // 4 // sample_bytes, -(-len(x) // 8))))

    def body(i: int) -> None:
        some = x[parts[i]] if not any(map(any, pads)) else np.pad(x[parts[i]], pads)
        steps, spatial = some.strides[:3], list(zip(some.strides[3:], walks))
        strides = (*steps, *(s * walk.dilation for s, walk in spatial), *(s * walk.stride for s, walk in spatial))
        windows = as_strided(some, (*some.shape[:3], *kernel, *output), strides, writeable=False)
        lowered = scratch("lowered", (len(some), groups, cells + 1, math.prod(output)), x.dtype)
        lowered[:, :, :cells].reshape(windows.shape)[...] = windows
        lowered[:, :, cells] = 1
        np.matmul(matrices, lowered, out=y[parts[i]].reshape(len(some), groups, o, -1))

    parallel_for(len(parts), body, work=y.size * cells)


def _correlate_by_rows(x: np.ndarray, w: np.ndarray, walks: list[_Walk], b: np.ndarray | None, y: np.ndarray) -> None:
    kernel, dtype = w.shape[3:], sum_dtype(x)
    row_walk, row_taps = walks[-2], kernel[-2]
    # Rows overlap only where consecutive kernel rows meet consecutive input rows; else lower all taps.
    overlap = row_walk.dilation == 1 and row_walk.stride < row_taps
    copied = [range(k) for k in kernel]
    row_step, halo = 1, 0
    if overlap:
        copied[-2] = range(1)
        row_step, halo = row_walk.stride, row_taps - row_walk.stride
        walks = [*walks[:-2], _Walk(1, 1, row_walk.offset), walks[-1]]
    narrow = y.shape[-1] < NARROW
    # Copying costs by input channel, adding by output channel: sum over kernel columns where that is less.
    summed = not narrow and walks[-1].stride == 1 and kernel[-1] > 1 and w.shape[2] >= SUMMED * w.shape[1]
    column_step, reach = 0, 0
    if summed:
        copied[-1] = range(1)
        column_step, reach = walks[-1].dilation, (kernel[-1] - 1) * walks[-1].dilation
        walks = [*walks[:-1], _Walk(1, 1, walks[-1].offset)]
    taps = list(itertools.product(*copied))
    matrices = _weight_matrices(w.astype(dtype, copy=False), overlap, summed)
    cell_bytes = (len(taps) * w.shape[2] + w.shape[1]) * dtype.itemsize
    wanted, widest = WIDE_COLUMNS if narrow else 1, GEMM_COLUMNS if y.shape[-2] == 1 else y.shape[-1]
    tiles = _tiles(y.shape, _tile_extent(y.shape, cell_bytes, row_step, halo, wanted, widest))

    def body(i: int) -> None:
        tile = tiles[i]
        target = tile.of(y)
        band, width = _length(tile.rows) * row_step + halo, _length(tile.columns) + reach
        lower = _Lowering(x, taps, walks, tile, tile.rows.start * row_step, band, width)
        a = matrices[..., tile.groups, :, :]
        if narrow:
            product = _multiply_narrow(a[0, 0], lower, row_step, target)
        else:
            product = _multiply_wide(a, lower, row_step, column_step, target)
        if b is not None:
            product += b[tile.groups, :, None, None]
        if product is not target:
            target[...] = product

    parallel_for(len(tiles), body, work=y.size * math.prod(w.shape[2:]))


class _Lowering(NamedTuple):
    """What :func:`_lower` copies for one tile: `band` rows, from `first_row` on, of `width` cells."""

    x: np.ndarray
    taps: list[Ints]
    walks: Sequence[_Walk]
    tile: _Tile
    first_row: int
    band: int
    width: int

    def buffer(self, order: str, dtype: np.dtype) -> np.ndarray:
        """Lower into this thread's buffer, whose axes (of ``'tngchq'``) lie in the given order."""
        tile = self.tile
        sizes = {
            "t": len(self.taps),
            "n": _length(tile.samples),
            "g": _length(tile.groups),
            "c": self.x.shape[2],
            "h": self.band,
            "q": self.width,
        }
        buffer = scratch("lowered", tuple(sizes[axis] for axis in order), dtype)
        into = buffer.transpose([order.index(axis) for axis in "tngchq"])
        _lower(into, self.x, self.taps, self.walks, tile, self.first_row)
        return buffer


def _weight_matrices(w: np.ndarray, overlap: bool, summed: bool) -> np.ndarray:
    """``(g, o, c, *outer, i, j) -> (planes, columns, g, o, K)``: the matrices whose products are added up.

    Usually there is one, and K runs as the lowered rows do: over ``(i, *outer, j, c)`` when kernel rows
    overlap, over ``(*outer, i, j, c)`` when they do not.  When kernel columns are summed there is one
    matrix for each ``(*outer, j)`` or ``(*outer, i, j)``, and K runs over what is left.
    """
    *outer, i, j = range(3, w.ndim)
    first = [*outer, j] if overlap else [*outer, i, j]
    rows = [i] if overlap else []
    axes = [*first, 0, *rows, 2, 1] if summed else [0, *rows, *first, 2, 1]
    groups, o, columns = w.shape[0], w.shape[1], w.shape[j] if summed else 1
    planes = math.prod(w.shape[axis] for axis in first[:-1]) if summed else 1
    stacked = np.ascontiguousarray(w.transpose(axes)).reshape(planes, columns, groups, -1, o)
    return stacked.swapaxes(-1, -2)  # each column in one piece of memory, as a small GEMM reads it


def _multiply_wide(
    matrices: np.ndarray, lower: _Lowering, row_step: int, column_step: int, y: np.ndarray
) -> np.ndarray:
    """One GEMM per sample, group and output row, straight into `y` where its memory allows.

    With several matrices, the products of each with its lowered plane and columns are added up.
    """
    dtype, (planes, shifts) = matrices.dtype, matrices.shape[:2]
    # rows of K cells must follow one another, so planes that are summed come before them
    order = "ngthcq" if planes > 1 else "nghtcq"
    lowered = lower.buffer(order, dtype)
    n, g, o, rows, columns = y.shape
    step = dict(zip(order, lowered.strides))
    product = y
    if y.dtype != dtype or y.strides[-1] != dtype.itemsize:
        product = scratch("product", (n, g, rows, o, columns), dtype).swapaxes(2, 3)
    by_row = product.swapaxes(2, 3)
    for plane, shift in itertools.product(range(planes), range(shifts)):
        source = lowered[:, :, plane] if planes > 1 else lowered
        views = as_strided(
            source[..., shift * column_step :],
            (n, g, rows, matrices.shape[-1], columns),
            (step["n"], step["g"], row_step * step["h"], step["c"], step["q"]),
        )
        if plane == shift == 0:
            _multiply(matrices[0, 0][:, None], views, by_row)
        else:
            term = scratch("term", by_row.shape, dtype)
            _multiply(matrices[plane, shift][:, None], views, term)
            by_row += term
    return product


def _multiply_narrow(matrix: np.ndarray, lower: _Lowering, row_step: int, y: np.ndarray) -> np.ndarray:
    """One GEMM per group and output row, with the rows of all the tile's samples side by side."""
    dtype = matrix.dtype
    lowered = lower.buffer("ghtcnq", dtype)
    n, g, o, rows, columns = y.shape
    strides = lowered.strides
    views = as_strided(
        lowered,
        (g, rows, matrix.shape[-1], n * columns),
        (strides[0], row_step * strides[1], strides[3], strides[5]),
    )
    product = scratch("product", (g, rows, o, n * columns), dtype)
    _multiply(matrix[:, None], views, product)
    return product.reshape(g, rows, o, n, columns).transpose(3, 0, 2, 1, 4)


def _multiply(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
    """``out = a @ b``, cut into pieces that BLAS multiplies without packing where they are not too thin."""
    rows, depth, columns = a.shape[-2], a.shape[-1], b.shape[-1]
    width = columns if columns <= 2 * GEMM_COLUMNS else GEMM_COLUMNS
    height = SMALL_GEMM // (depth * width) // 4 * 4  # BLAS works on blocks of four rows
    if height < 8:
        np.matmul(a, b, out=out)
        return
    for start in range(0, rows, height):
        r = slice(start, start + height)
        for c in _pieces(columns, width):
            np.matmul(a[..., r, :], b[..., c], out=out[..., r, c])


# --- weight gradient ------------------------------------------------------------------------------


def _sum_over_tiles(
    shape: Ints, dtype: np.dtype, tiles: list[_Tile], work: int, add: Callable[[np.ndarray, _Tile], None]
) -> np.ndarray:
    """Sum the tiles' contributions in an order that no number of threads changes.

    The tiles are dealt out to a fixed number of lanes; a lane adds its tiles up in order, and the
    lanes are added up last.
    """
    lanes = min(LANES, len(tiles), max(2, LANE_BYTES // max(1, math.prod(shape) * dtype.itemsize)))
    partial = np.zeros((lanes, *shape), dtype)

    def body(lane: int) -> None:
        for tile in tiles[lane::lanes]:
            add(partial[lane], tile)

    parallel_for(lanes, body, work)
    return partial.sum(axis=0)


def _weight_grad_by_rows(
    x: np.ndarray, gy: np.ndarray, walks: list[_Walk], kernel: Ints, dtype: np.dtype
) -> np.ndarray:
    """Stride 1: lower the kernel's columns only; kernel row ``i`` reads the same cells ``i*d`` rows on."""
    row_taps, dilation = kernel[-2], walks[-2].dilation
    halo = (row_taps - 1) * dilation
    taps = list(itertools.product(*map(range, kernel[:-2]), range(1), range(kernel[-1])))
    groups, o, c = gy.shape[1], gy.shape[2], x.shape[2]
    extent = _tile_extent(gy.shape, len(taps) * c * dtype.itemsize, halo=halo)
    longest = SMALL_GEMM // (o * len(taps) * c)
    if longest >= LONG_SUM:
        extent = extent._replace(rows=min(extent.rows, max(1, longest // extent.columns)))
    product_bytes = extent.groups * o * len(taps) * c * dtype.itemsize
    extent = extent._replace(samples=min(extent.samples, max(1, TILE_BYTES // product_bytes)))
    tiles = _tiles(gy.shape, extent)

    def add(total: np.ndarray, tile: _Tile) -> None:
        rows, columns = _length(tile.rows), _length(tile.columns)
        lowered = _Lowering(x, taps, walks, tile, tile.rows.start, rows + halo, columns).buffer("ngtchq", dtype)
        n, g = lowered.shape[:2]
        left = lowered.reshape(n, g, len(taps) * c, -1)
        right = _flat_plane(tile.of(gy), dtype)
        right = right.swapaxes(-1, -2)
        product = scratch("product", (n, g, len(taps) * c, o), dtype)
        for i in range(row_taps):
            start = i * dilation * columns
            np.matmul(left[..., start : start + rows * columns], right, out=product)
            total[i, tile.groups] += product[0] if n == 1 else product.sum(axis=0)

    shape = (row_taps, groups, len(taps) * c, o)
    total = _sum_over_tiles(shape, dtype, tiles, gy.size * math.prod(kernel) * c, add)
    # (i, g, (*outer, j, c), o) -> (g, o, c, *outer, i, j)
    total = total.reshape(row_taps, groups, *kernel[:-2], kernel[-1], c, o)
    outer, j = range(2, total.ndim - 3), total.ndim - 3
    return total.transpose(1, j + 2, j + 1, *outer, 0, j)


def _flat_plane(gy: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """``(n, g, o, h, q) -> (n, g, o, h*q)``: a view where rows follow one another, else a copy."""
    shape = (*gy.shape[:3], gy.shape[3] * gy.shape[4])
    row_follows_row = gy.strides[3] == gy.strides[4] * gy.shape[4] or gy.shape[3] == 1
    if gy.dtype == dtype and gy.strides[4] == dtype.itemsize and row_follows_row:
        return gy.reshape(shape)
    flat = scratch("plane", gy.shape, dtype)
    flat[...] = gy
    return flat.reshape(shape)


def _weight_grad_joined(x: np.ndarray, gy: np.ndarray, walks: list[_Walk], kernel: Ints, dtype: np.dtype) -> np.ndarray:
    """Any stride, small planes: lower every tap, and sum over the cells of several samples at once."""
    taps = list(itertools.product(*map(range, kernel)))
    groups, o, c = gy.shape[1], gy.shape[2], x.shape[2]
    tiles = _tiles(gy.shape, _tile_extent(gy.shape, len(taps) * c * dtype.itemsize, wanted=WIDE_COLUMNS))

    def add(total: np.ndarray, tile: _Tile) -> None:
        rows, columns = _length(tile.rows), _length(tile.columns)
        lowered = _Lowering(x, taps, walks, tile, tile.rows.start, rows, columns).buffer("gtcnhq", dtype)
        source = tile.of(gy)
        right = scratch("plane", tuple(source.shape[axis] for axis in (1, 2, 0, 3, 4)), dtype)
        right[...] = source.transpose(1, 2, 0, 3, 4)
        g = len(right)
        right = right.reshape(g, o, -1).swapaxes(1, 2)
        product = scratch("product", (g, len(taps) * c, o), dtype)
        total[tile.groups] += np.matmul(lowered.reshape(g, len(taps) * c, -1), right, out=product)

    total = _sum_over_tiles((groups, len(taps) * c, o), dtype, tiles, gy.size * len(taps) * c, add)
    return total.reshape(groups, len(taps), c, o).transpose(0, 3, 2, 1)
