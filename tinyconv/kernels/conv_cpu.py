"""Convolution on NumPy, fast: kernel rows lowered tile by tile, and multiplied as matrices.

Full im2col copies each input cell once per kernel tap.  Here only the taps of one kernel *row* are
copied (:mod:`.lowering`), and the rows of the input stay rows:

    B[h, (j, c), q] = x[c, h, q*s + j*d - pad]          h: input row,  j: kernel column

Kernel row ``i`` then reads, for output row ``p``, lowered row ``p*s + i*d``.  There are two ways on:

* *by rows*, for wide outputs: the rows that output row ``p`` needs, ``p*s ... p*s + k - 1``, lie one
  after the other in memory, so the matrix ``V[p] = B[p*s : p*s + k]`` is a view, and ``y[:, p] = W @
  V[p]`` [1]_.  Neighbouring matrices overlap; nothing is copied twice for it.  ``np.matmul`` runs over
  all ``p`` in C;
* *by planes*, where a row is too short for an efficient product: with ``B[(j, c), h, q]``, rows are
  contiguous, and all output rows are one wide matrix: ``y = sum_i W[i] @ B[:, rows i*d and on]``.

A tile is a piece of the output (some samples, channel groups and rows) whose buffer fits a core's
cache, unless there are very many channels.  Tiles are shared among threads, and no temporary grows with the batch.

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
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from . import lowering
from .geometry import ConvGeometry
from .lowering import Tile, Walk, length, lower, pieces, tile_extent, tiles_of
from .sampling import sum_dtype
from .threads import LINE_BYTES, parallel_for, scratch

__all__ = ["convolve", "convolve_input_grad", "convolve_weight_grad"]

# Measured (Zen 4 and Sapphire Rapids, OpenBLAS 0.3.31); they change the speed only.
SMALL_GEMM = 100**3  # OpenBLAS skips packing up to so many products
GEMM_COLUMNS = 128  # width of a piece of a GEMM that is cut to be small; half of it for long sums
LONG_DEPTH = 288  # cells under a kernel, from which on a sum is long
NARROW = 16  # output rows shorter than this are not multiplied one by one
ROW_COLUMNS = 64  # output rows from this on are
JOINED_PLANE = 100  # planes with fewer cells are put side by side, for a wider GEMM
JOINED_CELLS = 1024  # and together get so many
SHORT_SUM = 64  # weight gradient: planes with fewer cells are joined, for a longer sum
LONG_SUM = 512  # weight gradient: sums are not cut shorter than this to make a GEMM small
FEW_TAPS = 16  # up to so many cells under a kernel, all are lowered at once, for one wide GEMM per sample
SUMMED = 2  # this many input channels per output channel make adding cheaper than copying
LANES = 16  # weight gradient: partial sums, each over its own tiles in order
LANE_BYTES = 1 << 24  # memory they may take together

Ints = tuple[int, ...]


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
    gw = _weight_grad(x, gy, walks, kernel, dtype)
    return np.ascontiguousarray(gw.reshape(shape), gy.dtype)


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


# --- convolution ----------------------------------------------------------------------------------


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
    if _is_pointwise(x, walks, kernel, y):
        _pointwise(x, w.reshape(w.shape[:3]), b, y)
    elif _has_few_taps(x, w, walks, y):
        _correlate_few_taps(x, w, walks, b, y)
    elif _rows_are_better(w, walks, y):
        _correlate_by_rows(x, w, walks, b, y)
    else:
        _correlate_by_planes(x, w, walks, b, y)


def _is_pointwise(x: np.ndarray, walks: Sequence[Walk], kernel: Ints, y: np.ndarray) -> bool:
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
    extent = tile_extent((*y.shape[:3], 1, y.shape[3]), cell_bytes)
    tiles = tiles_of((*y.shape[:3], 1, y.shape[3]), extent)

    def body(i: int) -> None:
        n, g, _, _, columns = tiles[i]
        target = y[n, g, :, columns]
        np.matmul(w[g], x[n, g, :, columns], out=target)
        if b is not None:
            target += b[g, :, None]

    parallel_for(len(tiles), body, work=y.size * w.shape[2])


def _has_few_taps(x: np.ndarray, w: np.ndarray, walks: Sequence[Walk], y: np.ndarray) -> bool:
    """A network's first layer: few cells under each kernel, and enough kernels to share their lowering."""
    few = math.prod(w.shape[2:]) <= FEW_TAPS and w.shape[1] >= 8 and all(walk.offset <= 0 for walk in walks)
    sample_bytes = math.prod(y.shape[3:]) * (math.prod(w.shape[2:]) + 1) * len(w) * x.itemsize
    return few and sample_bytes <= lowering.TILE_BYTES and x.dtype == y.dtype == sum_dtype(x) and y.flags.c_contiguous


def _correlate_few_taps(
    x: np.ndarray, w: np.ndarray, walks: Sequence[Walk], b: np.ndarray | None, y: np.ndarray
) -> None:
    """``y[n, g] = [w | b] @ [windows; 1]``: plain im2col of a few samples, the bias as one more row."""
    groups, o, kernel, output = *w.shape[:2], w.shape[3:], y.shape[3:]
    cells = math.prod(w.shape[2:])
    offsets = np.zeros((groups, o, 1), x.dtype) if b is None else b[..., None]
    matrices = np.concatenate([w.reshape(groups, o, cells), offsets], axis=2, dtype=x.dtype)
    pads = [(0, 0)] * 3
    for walk, k, size, cells_there in zip(walks, kernel, output, x.shape[3:]):
        reach = (size - 1) * walk.stride + (k - 1) * walk.dilation + 1 + walk.offset
        pads.append((-walk.offset, max(0, reach - cells_there)))
    sample_bytes = math.prod(output) * (cells + 1) * groups * x.itemsize
    parts = pieces(len(x), max(1, min(lowering.TILE_BYTES // 4 // sample_bytes, -(-len(x) // 8))))

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


# --- by rows --------------------------------------------------------------------------------------


def _rows_are_better(w: np.ndarray, walks: Sequence[Walk], y: np.ndarray) -> bool:
    """Are output rows wide enough, or would planes lower or add up more than a wider product saves?"""
    kernel_rows, outputs = w.shape[-2], w.shape[1]
    if kernel_rows == 1 or y.shape[-1] < NARROW:
        return False
    cells_of_a_row = math.prod(w.shape[2:]) // kernel_rows
    return y.shape[-1] >= ROW_COLUMNS or cells_of_a_row < outputs or _columns_are_summed(w, walks)


def _columns_are_summed(w: np.ndarray, walks: Sequence[Walk]) -> bool:
    """Copying costs by input channel, adding by output channel: is it less to add up kernel columns?"""
    return walks[-1].stride == 1 and w.shape[-1] > 1 and w.shape[2] >= SUMMED * w.shape[1]


def _correlate_by_rows(x: np.ndarray, w: np.ndarray, walks: list[Walk], b: np.ndarray | None, y: np.ndarray) -> None:
    kernel, dtype = w.shape[3:], sum_dtype(x)
    row_walk, row_taps = walks[-2], kernel[-2]
    # Rows overlap only where consecutive kernel rows meet consecutive input rows; else lower all taps.
    overlap = row_walk.dilation == 1 and row_walk.stride < row_taps
    copied = [range(k) for k in kernel]
    row_step, halo = 1, 0
    if overlap:
        copied[-2] = range(1)
        row_step, halo = row_walk.stride, row_taps - row_walk.stride
        walks = [*walks[:-2], Walk(1, 1, row_walk.offset), walks[-1]]
    summed = _columns_are_summed(w, walks)
    column_step, reach = 0, 0
    if summed:
        copied[-1] = range(1)
        column_step, reach = walks[-1].dilation, (kernel[-1] - 1) * walks[-1].dilation
        walks = [*walks[:-1], Walk(1, 1, walks[-1].offset)]
    taps = list(itertools.product(*copied))
    matrices = _row_matrices(w.astype(dtype, copy=False), overlap, summed)
    # rows of K cells must follow one another, so planes that are summed come before them
    order = "ngthcq" if len(matrices) > 1 else "nghtcq"
    cell_bytes = (len(taps) * w.shape[2] + w.shape[1]) * dtype.itemsize
    tiles = tiles_of(y.shape, tile_extent(y.shape, cell_bytes, row_step, halo))

    def body(i: int) -> None:
        tile = tiles[i]
        target = tile.of(y)
        first, band, width = tile.rows.start * row_step, length(tile.rows) * row_step + halo, length(tile.columns)
        lowered = _lowered_rows(x, taps, walks, tile, (first, band, width + reach), order, dtype)
        product = _multiply_rows(matrices[..., tile.groups, :, :], lowered, order, (row_step, column_step), target)
        if b is not None:
            product += b[tile.groups, :, None, None]
        if product is not target:
            target[...] = product

    parallel_for(len(tiles), body, work=y.size * math.prod(w.shape[2:]))


def _lowered_rows(
    x: np.ndarray,
    taps: list[Ints],
    walks: Sequence[Walk],
    tile: Tile,
    extent: tuple[int, int, int],
    order: str,
    dtype: np.dtype,
) -> np.ndarray:
    """Lower `extent` (first row, rows, columns) into a buffer whose axes, of ``'tngchq'``, lie in `order`.

    Each row starts a cache line, and not at a multiple of four lines, for such rows share few places
    of a cache.
    """
    first_row, rows, columns = extent
    lines = -(-columns * dtype.itemsize // LINE_BYTES)
    lines += lines % 4 == 0
    sizes = {"t": len(taps), "n": length(tile.samples), "g": length(tile.groups), "c": x.shape[2], "h": rows}
    sizes["q"] = lines * LINE_BYTES // dtype.itemsize
    buffer = scratch("lowered", tuple(sizes[axis] for axis in order), dtype)[..., :columns]
    lower(buffer.transpose([order.index(axis) for axis in "tngchq"]), x, taps, walks, tile, first_row)
    return buffer


def _row_matrices(w: np.ndarray, overlap: bool, summed: bool) -> np.ndarray:
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


def _multiply_rows(
    matrices: np.ndarray, lowered: np.ndarray, order: str, steps: tuple[int, int], y: np.ndarray
) -> np.ndarray:
    """One GEMM per sample, group and output row, straight into `y` where its memory allows.

    With several matrices, the products of each with its lowered plane and columns are added up.
    """
    dtype, (planes, shifts), (row_step, column_step) = matrices.dtype, matrices.shape[:2], steps
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
        _multiply(matrices[plane, shift][:, None], views, by_row, add=plane + shift > 0)
    return product


def _multiply(a: np.ndarray, b: np.ndarray, out: np.ndarray, add: bool = False) -> None:
    """``out = a @ b``, or ``out += a @ b``, in pieces that BLAS multiplies without packing where that is faster.

    It is where the pieces are not too thin, and begin where a cache line does; packing a matrix pays
    only for a wide one.
    """
    if add:
        term = scratch("term", out.shape, out.dtype)
        _multiply(a, b, term)
        out += term
        return
    rows, depth, columns = a.shape[-2], a.shape[-1], b.shape[-1]
    width = GEMM_COLUMNS if depth <= LONG_DEPTH else GEMM_COLUMNS // 2
    if columns <= width * 5 // 4:
        width = columns
    height = SMALL_GEMM // (depth * width) // 4 * 4  # BLAS works on blocks of four rows
    aligned = all(step % LINE_BYTES == 0 for step in b.strides[:-1])
    thin = 8 if columns <= 2 * GEMM_COLUMNS else 16 if aligned and depth <= LONG_DEPTH else 72
    if height < thin:
        np.matmul(a, b, out=out)
        return
    for r, h in _blocks(rows, height):
        for c, w in _blocks(columns, width):
            # all blocks of a size in one call: threads would wait for each other between many
            left, right, block = a[..., r, :], b[..., c], out[..., r, c]
            np.matmul(
                left.reshape(*left.shape[:-2], -1, 1, h, depth),
                right.reshape(*right.shape[:-2], 1, depth, -1, w).swapaxes(-3, -2),
                out=block.reshape(*block.shape[:-2], -1, h, block.shape[-1] // w, w).swapaxes(-3, -2),
            )


def _blocks(size: int, block: int) -> list[tuple[slice, int]]:
    """Cut ``range(size)`` into whole blocks and a rest: their places, and the size of each block there."""
    whole = size // block * block
    return [(slice(lo, hi), each) for lo, hi, each in ((0, whole, block), (whole, size, size - whole)) if lo < hi]


# --- by planes ------------------------------------------------------------------------------------


class _Band(NamedTuple):
    """Input rows lowered once, and the kernel rows that read them.

    Kernel row ``i`` reads, for output row ``p``, lowered row ``p + leads[i]``.
    """

    walk: Walk
    leads: dict[int, int]

    @property
    def halo(self) -> int:
        """How many rows more than the output's are lowered."""
        return max(self.leads.values())


def _bands(walk: Walk, kernel: int) -> list[_Band]:
    """Kernel row ``i`` reads input row ``p*stride + i*dilation + offset``.

    Rows with one remainder modulo the stride follow one another, so they share a band.
    """
    bands = []
    starts = [i * walk.dilation + walk.offset for i in range(kernel)]
    for remainder in sorted({start % walk.stride for start in starts}):
        leads = {i: start // walk.stride for i, start in enumerate(starts) if start % walk.stride == remainder}
        first = min(leads.values())
        leads = {i: lead - first for i, lead in leads.items()}
        bands.append(_Band(Walk(walk.stride, 1, first * walk.stride + remainder), leads))
    return bands


def _correlate_by_planes(x: np.ndarray, w: np.ndarray, walks: list[Walk], b: np.ndarray | None, y: np.ndarray) -> None:
    kernel, o, dtype = w.shape[3:], w.shape[1], sum_dtype(x)
    bands = _bands(walks[-2], kernel[-2])
    # K runs over (*outer, j, c), as the lowered cells do
    by_row = np.moveaxis(w.astype(dtype, copy=False), (-2, 2), (0, -1))
    matrices = list(np.ascontiguousarray(by_row).reshape(kernel[-2], len(w), o, -1))
    depth, first = matrices[0].shape[-1], next(iter(bands[0].leads))
    if b is not None:  # one more column, which meets a row of ones
        matrices[first] = np.concatenate([matrices[first], b[..., None]], axis=2)
    joined = math.prod(y.shape[-2:]) < JOINED_PLANE
    halo = max(band.halo for band in bands)
    cell_bytes = (depth + 2 * o) * dtype.itemsize
    tiles = tiles_of(y.shape, tile_extent(y.shape, cell_bytes, 1, halo, JOINED_CELLS if joined else 1))

    def body(i: int) -> None:
        tile = tiles[i]
        target = tile.of(y)
        direct = not joined and target.dtype == dtype and _is_flat(target)
        product = target.reshape(*target.shape[:3], -1) if direct else _plane_product(target, dtype, joined)
        for band in bands:
            lowered, pitch = _lowered_plane(x, band, kernel, walks, tile, dtype, joined, ones=b is not None)
            for row, lead in band.leads.items():
                matrix = matrices[row][tile.groups]
                cells = lowered[..., : matrix.shape[-1], lead * pitch : lead * pitch + product.shape[-1]]
                _multiply(matrix, cells, product, add=row != first)
        if not direct:
            target[...] = _apart(product, target.shape, joined)

    parallel_for(len(tiles), body, work=y.size * math.prod(w.shape[2:]))


def _lowered_plane(
    x: np.ndarray,
    band: _Band,
    kernel: Ints,
    walks: Sequence[Walk],
    tile: Tile,
    dtype: np.dtype,
    joined: bool,
    ones: bool = False,
) -> tuple[np.ndarray, int]:
    """Lower a tile's band: ``(n, g, K, rows * columns)``, or joined ``(1, g, K, rows * n * columns)``.

    Given with it: the cells of one row.  `ones` appends a row of ones to the K others.
    """
    taps = list(itertools.product(*map(range, kernel[:-2]), range(1), range(kernel[-1])))
    c, n, g = x.shape[2], length(tile.samples), length(tile.groups)
    rows, columns, depth = length(tile.rows) + band.halo, length(tile.columns), len(taps) * c
    plane = (rows, n, columns) if joined else (rows, columns)
    buffer = scratch("lowered", (1 if joined else n, g, depth + ones, *plane), dtype)
    cells = buffer[:, :, :depth].reshape(len(buffer), g, len(taps), c, *plane)
    into = cells[0].transpose(1, 4, 0, 2, 3, 5) if joined else cells.transpose(2, 0, 1, 3, 4, 5)
    lower(into, x, taps, [*walks[:-2], band.walk, walks[-1]], tile, tile.rows.start)
    buffer[:, :, depth:] = 1
    return buffer.reshape(*buffer.shape[:3], -1), math.prod(plane[1:])


def _plane_product(y: np.ndarray, dtype: np.dtype, joined: bool) -> np.ndarray:
    n, g, o, rows, columns = y.shape
    return scratch("product", (1, g, o, rows * n * columns) if joined else (n, g, o, rows * columns), dtype)


def _apart(product: np.ndarray, shape: Ints, joined: bool) -> np.ndarray:
    """Undo the joining: ``(n, g, o, rows, columns)``."""
    if not joined:
        return product.reshape(shape)
    n, g, o, rows, columns = shape
    return product.reshape(g, o, rows, n, columns).transpose(3, 0, 1, 2, 4)


def _is_flat(plane: np.ndarray) -> bool:
    """Do the rows of ``(..., h, q)`` follow one another in memory?"""
    row_follows_row = plane.strides[-2] == plane.strides[-1] * plane.shape[-1] or plane.shape[-2] == 1
    return plane.strides[-1] == plane.itemsize and row_follows_row


# --- weight gradient ------------------------------------------------------------------------------


def _sum_over_tiles(
    shape: Ints, dtype: np.dtype, tiles: list[Tile], work: int, add: Callable[[np.ndarray, Tile], None]
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


def _weight_grad(x: np.ndarray, gy: np.ndarray, walks: list[Walk], kernel: Ints, dtype: np.dtype) -> np.ndarray:
    """``gw[i] = lowered[lead_i:] @ gy.T`` for each kernel row ``i``."""
    bands = _bands(walks[-2], kernel[-2])
    halo = max(band.halo for band in bands)
    groups, o, depth = gy.shape[1], gy.shape[2], x.shape[2] * math.prod(kernel) // kernel[-2]
    joined = math.prod(gy.shape[-2:]) < SHORT_SUM
    extent = tile_extent(gy.shape, depth * dtype.itemsize, 1, halo, JOINED_CELLS if joined else 1)
    longest = SMALL_GEMM // (o * depth)
    if longest >= LONG_SUM:
        extent = extent._replace(rows=min(extent.rows, max(1, longest // extent.columns)))
    if not joined:
        product_bytes = extent.groups * o * depth * dtype.itemsize
        extent = extent._replace(samples=min(extent.samples, max(1, lowering.TILE_BYTES // product_bytes)))
    tiles = tiles_of(gy.shape, extent)

    def add(total: np.ndarray, tile: Tile) -> None:
        right = _columns_of(tile.of(gy), dtype, joined)
        for band in bands:
            lowered, pitch = _lowered_plane(x, band, kernel, walks, tile, dtype, joined)
            product = scratch("product", (*lowered.shape[:3], o), dtype)
            for row, lead in band.leads.items():
                np.matmul(lowered[..., lead * pitch : lead * pitch + right.shape[-2]], right, out=product)
                total[row, tile.groups] += product.sum(axis=0) if len(product) > 1 else product[0]

    total = _sum_over_tiles((kernel[-2], groups, depth, o), dtype, tiles, gy.size * depth * kernel[-2], add)
    # (i, g, (*outer, j, c), o) -> (g, o, c, *outer, i, j)
    total = total.reshape(kernel[-2], groups, *kernel[:-2], kernel[-1], x.shape[2], o)
    outer, j = range(2, total.ndim - 3), total.ndim - 3
    return total.transpose(1, j + 2, j + 1, *outer, 0, j)


def _columns_of(gy: np.ndarray, dtype: np.dtype, joined: bool) -> np.ndarray:
    """``(n, g, o, h, q) -> (n, g, h * q, o)``, or ``(1, g, h * n * q, o)``: a view where memory allows."""
    n, g, o, rows, columns = gy.shape
    if joined:
        plane = scratch("plane", (1, g, o, rows, n, columns), dtype)
        plane[0] = gy.transpose(1, 2, 3, 0, 4)
    elif _is_flat(gy) and gy.dtype == dtype:
        plane = gy
    else:
        plane = scratch("plane", gy.shape, dtype)
        plane[...] = gy
    return plane.reshape(*plane.shape[:3], -1).swapaxes(-1, -2)
