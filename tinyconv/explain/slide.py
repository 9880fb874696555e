"""The sliding window as a film of text pictures, and the arithmetic of its sizes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..autograd import no_grad
from ..errors import phrase
from ..kernels.geometry import Ints
from ..nn.module import Module
from ..tensor import Tensor
from .cell import explain_cell, taps_making
from .dry_run import copy_of
from .show import number, product
from .window import Window, channel_sources, host_array, split_shape, weight_of, window_of

__all__ = ["Shot", "frame", "frames", "shots", "size_arithmetic"]

Planes = list[list[list[str]]]  # planes of rows of cells
Cells = dict[Ints, str]  # what stands at each position; positions before the first real cell are negative


def size_arithmetic(layer: Module, input_size: Sequence[int]) -> str:
    """Write out how a layer's output size follows from its input size, axis by axis.

    Examples
    --------
    >>> import tinyconv as tc
    >>> print(size_arithmetic(tc.nn.Conv2d(1, 1, 2, stride=2), (5, 6)))
    o = floor((i + padding - (d*(k - 1) + 1)) / s) + 1
    axis 0: floor((5 + 0 + 0 - (1*(2 - 1) + 1)) / 2) + 1 = floor(3 / 2) + 1 = 2
            the window never reaches the last cell
    axis 1: floor((6 + 0 + 0 - (1*(2 - 1) + 1)) / 2) + 1 = floor(4 / 2) + 1 = 3
    output size: 2 x 3
    """
    window = window_of(layer, input_size)
    if window.adaptive:
        lines = [phrase("explain.adaptive_window")]
    elif window.transposed:
        lines = ["o = (i - 1)*s - padding + d*(k - 1) + output_padding + 1"]
        lines += [
            phrase("explain.axis", axis=axis, arithmetic=_transposed_axis(window, axis)) for axis in range(window.ndim)
        ]
    else:
        covers = getattr(layer, "cover_all", False)
        rounding = "ceil" if covers or getattr(layer, "ceil_mode", False) else "floor"
        lines = [f"o = {rounding}((i + padding - (d*(k - 1) + 1)) / s) + 1"]
        for axis in range(window.ndim):
            lines.append(phrase("explain.axis", axis=axis, arithmetic=_axis(window, axis, rounding)))
            lines += _remark(window, axis, rounding, covers)
    return "\n".join([*lines, phrase("explain.output_size", size=" x ".join(map(str, window.output_size)))])


def _axis(window: Window, axis: int, rounding: str) -> str:
    (lo, hi), i = window.padding[axis], window.cells[axis]
    k, s, d = window.kernel[axis], window.stride[axis], window.dilation[axis]
    left = i + lo + hi - (d * (k - 1) + 1)
    count = -(-left // s) + 1 if rounding == "ceil" else left // s + 1
    return f"{rounding}(({i} + {lo} + {hi} - ({d}*({k} - 1) + 1)) / {s}) + 1 = {rounding}({left} / {s}) + 1 = {count}"


def _remark(window: Window, axis: int, rounding: str, covers: bool) -> list[str]:
    """What the formula does not say: cells that are left over, windows that are dropped."""
    (lo, hi), i, s = window.padding[axis], window.cells[axis], window.stride[axis]
    span = window.dilation[axis] * (window.kernel[axis] - 1) + 1
    left = i + lo + hi - span
    if rounding == "ceil":
        dropped = -(-left // s) + 1 > window.places[axis]
        return [phrase("explain.dropped")] if dropped and not covers else []
    unread = i - 1 - window.position(axis, window.places[axis] - 1, window.kernel[axis] - 1)
    if unread <= 0:
        return []
    return [phrase("explain.unread_one") if unread == 1 else phrase("explain.unread", count=unread)]


def _transposed_axis(window: Window, axis: int) -> str:
    (lo, hi), i, o = window.padding[axis], window.places[axis], window.cells[axis]
    k, s, d = window.kernel[axis], window.stride[axis], window.dilation[axis]
    extra = o - ((i - 1) * s - lo - hi + d * (k - 1) + 1)
    return f"({i} - 1)*{s} - {lo} - {hi} + {d}*({k} - 1) + {extra} + 1 = {o}"


# --- pictures ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shot:
    """One place of the window, before it is drawn: what stands in the cells, and which of them take part.

    Attributes
    ----------
    before, after : dict from position to str
        One channel of the input, with padding (``.``) as far as the window goes, and one of the output, in which ``?``
        comes later.
    read, written : set of positions
        The cells of the two that take part.
    arithmetic : str
        The sum that makes the output cell, or what an input cell spreads.

    Examples
    --------
    >>> print(Shot({(0,): "3", (1,): "4"}, {(0,): "9"}, {(1,)}, {(0,)}, "4 + 5 = 9").text())
     3 [4]     [9]
    4 + 5 = 9
    """

    before: Cells
    after: Cells
    read: set[Ints]
    written: set[Ints]
    arithmetic: str

    def text(self) -> str:
        """Draw it as text, cells that take part in ``[ ]``; of three spatial axes, the first as planes."""
        pictures = _side_by_side(_as_planes(self.before, self.read), _as_planes(self.after, self.written))
        return f"{pictures}\n{self.arithmetic}"


def frame(layer: Module, x: Any, index: Sequence[int]) -> str:
    """Picture the window that makes one output cell, and the cell's arithmetic.

    The first channel that the cell is made of is drawn; ``[ ]`` marks the cells under the window's taps,
    ``.`` padding, and ``?`` outputs that come later.  Of three spatial axes, the first is drawn as planes.

    Parameters
    ----------
    layer, x, index
        As for :func:`tinyconv.explain.explain_cell`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> conv = tc.nn.Conv2d(1, 1, 2, bias=False)
    >>> conv.weight.array[...] = [[0, 1], [2, 3]]
    >>> print(frame(conv, tc.arange(9).reshape(1, 1, 3, 3).float(), (0, 0, 0, 1)))
     0 [1][2]      19 [25]
     3 [4][5]       ?   ?
     6  7  8
    y[0, 0, 0, 1] = 1*0 + 2*1 + 4*2 + 5*3 = 25
    """
    values = host_array(x)
    return _shot(layer, values, _output(layer, values), index).text()


def _shot(layer: Module, values: np.ndarray, output: np.ndarray, index: Sequence[int]) -> Shot:
    """The window that makes the output cell at `index`."""
    window, cell = window_of(layer, split_shape(layer, values.shape)[2]), explain_cell(layer, values, index)
    planes = cell.index[: len(cell.index) - window.ndim]
    place = cell.index[len(planes) :]
    source = (*planes[:-1], channel_sources(layer, planes[-1])[0][0])
    made = output[planes]
    after = {each: number(float(made[each])) if each <= place else "?" for each in np.ndindex(*made.shape)}
    return Shot(_input_cells(values[source], window), after, _under(window, place), {place}, str(cell))


def _output(layer: Module, values: np.ndarray) -> np.ndarray:
    with no_grad():
        result = copy_of(layer)(Tensor._of(values))
    return host_array(result[0] if isinstance(result, tuple) else result)


def _under(window: Window, place: Ints) -> set[Ints]:
    """Positions under the window's taps, counted from the first real cell; the padding's are among them."""
    if window.transposed or window.adaptive:
        return {cell for _, cell, _ in taps_making(window, place) if cell is not None}
    taps = itertools.product(*map(range, window.kernel))
    return {tuple(window.position(axis, p, t) for axis, (p, t) in enumerate(zip(place, tap))) for tap in taps}


def _input_cells(x: np.ndarray, window: Window) -> Cells:
    """The cells of an input with the padding around, as far as the window goes."""
    pairs = _shown_padding(window)
    positions = [np.arange(-lo, size + hi) for size, (lo, hi) in zip(x.shape, pairs)]
    held = positions if window.transposed else [window.cells_at(axis, p) for axis, p in enumerate(positions)]
    return {
        tuple(map(int, position)): "." if min(cell) < 0 else number(float(x[cell]))
        for position, cell in zip(itertools.product(*positions), itertools.product(*held))
    }


def _shown_padding(window: Window) -> tuple[tuple[int, int], ...]:
    """The padding, and as much more after the end as the last window reaches."""
    if window.transposed or window.adaptive:
        return ((0, 0),) * window.ndim
    pairs = []
    for axis, (lo, hi) in enumerate(window.padding):
        last = window.position(axis, window.places[axis] - 1, window.kernel[axis] - 1)
        pairs.append((lo, max(hi, last - window.cells[axis] + 1)))
    return tuple(pairs)


def _marked(text: str, marked: bool) -> str:
    return f"[{text}]" if marked else f" {text} "


def _as_planes(cells: Cells, marked: set[Ints]) -> Planes:
    """Arrange cells by position: planes of rows; one row of one plane if there is but one axis."""
    *outer, columns = [sorted(set(axis)) for axis in zip(*cells)]
    rows = [(row,) for row in outer.pop()] if outer else [()]
    planes = list(itertools.product(*outer))
    places = [[[plane + row + (column,) for column in columns] for row in rows] for plane in planes]
    return [[[_marked(cells[at], at in marked) for at in row] for row in plane] for plane in places]


def _side_by_side(left: Planes, right: Planes) -> str:
    """Lay two stacks of planes next to each other, a blank line between planes."""
    widths = [max(len(cell) for plane in side for row in plane for cell in row) for side in (left, right)]
    blank = [" " * widths[0]] * len(left[0][0])
    no_plane: list[list[str]] = []
    no_row: list[str] = []
    pictures = []
    for before, after in itertools.zip_longest(left, right, fillvalue=no_plane):
        lines = []
        for row, made in itertools.zip_longest(before, after, fillvalue=no_row):
            cells = [cell.rjust(widths[0]) for cell in row] or blank
            lines.append(f"{''.join(cells)}     {''.join(cell.rjust(widths[1]) for cell in made)}".rstrip())
        pictures.append("\n".join(lines))
    return "\n\n".join(pictures)


def frames(layer: Module, x: Any, most: int | None = None) -> Iterator[str]:
    """Give the pictures of all places of the first output channel, one after the other.

    Parameters
    ----------
    layer, x
        As for :func:`tinyconv.explain.explain_cell`.
    most : int, optional
        How many; by default all.

    Examples
    --------
    >>> import tinyconv as tc
    >>> for picture in frames(tc.nn.MaxPool1d(2), tc.tensor([[[1.0, 4.0, 3.0, 2.0]]])):
    ...     print(picture)
    [1][4] 3  2      [4] ?
    y[0, 0, 0] = max(1, 4) = 4
     1  4 [3][2]      4 [3]
    y[0, 0, 1] = max(3, 2) = 3
    """
    return (shot.text() for shot in shots(layer, x, most))


def shots(layer: Module, x: Any, most: int | None = None) -> Iterator[Shot]:
    """Give what :func:`frames` draws: all places of the first output channel, one after the other.

    Parameters
    ----------
    layer, x, most
        As for :func:`frames`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> first, second = shots(tc.nn.MaxPool1d(2), tc.tensor([[[1.0, 4.0, 3.0, 2.0]]]))
    >>> second.read == {(2,), (3,)}, second.written, second.after
    (True, {(1,)}, {(0,): '4', (1,): '3'})
    """
    values = host_array(x)
    batch, _, size = split_shape(layer, values.shape)
    output = _output(layer, values)
    for place in itertools.islice(np.ndindex(*window_of(layer, size).output_size), most):
        yield _shot(layer, values, output, (*([0] * len(batch)), 0, *place))


def spread_frames(layer: Module, x: Any, most: int | None = None) -> Iterator[str]:
    """Give the pictures of a transposed convolution that spreads one input cell after the other.

    At each place, the cell times the kernel is added to the output cells in ``[ ]``; the output is shown as far as
    it has come.  What falls on the padding is cut away.

    Parameters
    ----------
    layer : Module
        ``ConvTranspose1d/2d/3d``.
    x : Tensor
        Its input; the first sample's first channel is drawn, and all that the first output channel is made of spread.
    most : int, optional
        How many; by default all.

    Examples
    --------
    >>> import tinyconv as tc
    >>> layer = tc.nn.ConvTranspose1d(1, 1, 2, bias=False)
    >>> layer.weight.array[...] = [1, 2]
    >>> for picture in spread_frames(layer, tc.tensor([[[1.0, 10.0]]])):
    ...     print(picture)
     [1] 10      [1][2] 0
    x[0, 0, 0] = 1 spreads: y[0, 0, 0] += 1*1, y[0, 0, 1] += 1*2
      1 [10]       1 [12][20]
    x[0, 0, 1] = 10 spreads: y[0, 0, 1] += 10*1, y[0, 0, 2] += 10*2
    """
    return (shot.text() for shot in spread_shots(layer, x, most))


def spread_shots(layer: Module, x: Any, most: int | None = None) -> Iterator[Shot]:
    """Give what :func:`spread_frames` draws.

    Examples
    --------
    >>> import tinyconv as tc
    >>> first, second = spread_shots(tc.nn.ConvTranspose1d(1, 1, 2), tc.tensor([[[1.0, 10.0]]]))
    >>> second.read, second.written == {(1,), (2,)}
    ({(1,)}, True)
    """
    values = host_array(x)
    batch, channels, size = split_shape(layer, values.shape)
    planes = values.reshape(-1, channels, *size)[0]
    window, (weight, bias) = window_of(layer, size), weight_of(layer, values.dtype)
    sources = channel_sources(layer, 0)
    output = np.full(window.output_size, 0 if bias is None else bias[0], values.dtype)
    origin = [0] * (len(batch) + 1)  # of the first sample's first channel
    before = {place: number(float(planes[0][place])) for place in np.ndindex(*size)}
    for place in itertools.islice(np.ndindex(*size), most):
        under, terms = set(), []
        for tap in np.ndindex(*window.kernel):
            cell = tuple(window.position(axis, p, t) for axis, (p, t) in enumerate(zip(place, tap)))
            if all(0 <= c < o for c, o in zip(cell, output.shape)):
                factors = [(planes[source][place], weight[prefix + tap]) for source, prefix in sources]
                output[cell] += sum(value * factor for value, factor in factors)
                under.add(cell)
                products = [product(number(float(value)), float(factor)) for value, factor in factors]
                terms.append(f"y{[*origin, *cell]} += {' + '.join(products)}")
        told = ", ".join(terms) if terms else phrase("explain.spreads_nothing")
        after = {cell: number(float(output[cell])) for cell in np.ndindex(*output.shape)}
        said = phrase("explain.spreads", cell=f"x{[*origin, *place]}", value=before[place], told=told)
        yield Shot(before, after, {place}, under, said)


def count_frames(layer: Module, input_size: Sequence[int]) -> int:
    """How many places the window has.

    Examples
    --------
    >>> import tinyconv as tc
    >>> count_frames(tc.nn.MaxPool2d(2), (4, 6))
    6
    """
    return math.prod(window_of(layer, input_size).output_size)
