"""What a cell of some layer sees of the input: its receptive field, by arithmetic and by gradients.

Layer by layer, per axis, with kernel ``k``, dilation ``d``, stride ``s`` and padding ``lo`` before [1]_:

    size  <- size + (d*(k - 1)) * jump        how many input cells one cell sees, first to last
    start <- start - lo * jump                the first input cell that cell 0 sees
    jump  <- jump * s                         how far two neighbours' fields lie apart

These three numbers know no borders.  What a cell at a given place really sees is read off the windows'
tables (:mod:`tinyconv.explain.window`): ``reach[p, i]`` counts the paths from input cell ``i`` to cell
``p``, and a layer multiplies it by its own table.  The same is *measured*: the gradient of one cell of a
copy of the model whose weights are positive is not zero exactly where the cell sees something.

.. [1] A. Araujo, W. Norris and J. Sim, "Computing Receptive Fields of Convolutional Neural Networks",
   Distill, 2019.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from .. import autograd
from ..autograd import Operation
from ..errors import phrase, refusal
from ..kernels.geometry import Ints
from ..nn.linear import Linear
from ..nn.module import Module
from ..nn.norm import GroupNorm, LayerNorm, _RunningNorm
from ..nn.resize import Upsample
from ..ops.conv import Conv, ConvInputGrad
from ..ops.pool import MaxPool, WindowSum
from ..tensor import Tensor
from .dry_run import Call, dry_run, probe_of
from .show import grid_text, plot_grid, table_text
from .window import Window, has_window, window_of

__all__ = ["Coverage", "LayerField", "ReceptiveFields", "coverage", "dilation_coverage", "receptive_field"]

Box = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class AxisField:
    """What the cells along one axis see of one input axis.

    Attributes
    ----------
    size, jump, start : Fraction
        The three numbers of the module's formulas.
    reach : array, shape (cells, input cells)
        How many paths lead from each input cell to each cell.

    Examples
    --------
    >>> AxisField.of_input(2).reach
    array([[1., 0.],
           [0., 1.]])
    """

    size: Fraction
    jump: Fraction
    start: Fraction
    reach: np.ndarray

    @classmethod
    def of_input(cls, size: int) -> AxisField:
        """Each input cell sees itself."""
        return cls(Fraction(1), Fraction(1), Fraction(0), np.eye(size))

    def through(self, window: Window, axis: int) -> AxisField:
        """What the cells see after one more layer."""
        reach = axis_matrix(window, axis) @ self.reach
        lo, cells = window.padding[axis][0], window.cells[axis]
        if window.adaptive:
            step, first, span = Fraction(cells, window.places[axis]), 0, window.kernel[axis]
        elif window.transposed:
            step, first, span = _transposed_steps(window, axis)
        else:
            step, first = Fraction(window.stride[axis]), -lo
            span = window.dilation[axis] * (window.kernel[axis] - 1) + 1
        return AxisField(self.size + (span - 1) * self.jump, self.jump * step, self.start + first * self.jump, reach)

    def repeated(self, size: int) -> AxisField:
        """What the cells see after nearest up-sampling."""
        source = np.arange(size) * len(self.reach) // size
        return AxisField(self.size, self.jump * Fraction(len(self.reach), size), self.start, self.reach[source])

    def whole(self, size: int) -> AxisField:
        """What `size` cells see that are each made of all cells."""
        everything = np.broadcast_to(self.reach.sum(0), (size, self.reach.shape[1]))
        return AxisField(Fraction(self.reach.shape[1]), Fraction(0), Fraction(0), everything)

    def joined(self, other: AxisField) -> AxisField:
        """What cells see that are made of two, as where a short cut is added."""
        start = min(self.start, other.start)
        end = max(self.start + self.size, other.start + other.size)
        return AxisField(end - start, max(self.jump, other.jump), start, self.reach + other.reach)


def axis_matrix(window: Window, axis: int) -> np.ndarray:
    """Count, ``(output cells, input cells)``, the taps that lead from one to the other along an axis.

    Examples
    --------
    >>> axis_matrix(Window("conv", (4,), (2,), (3,), (1,), (1,), ((0, 0),)), 0)
    array([[1., 1., 1., 0.],
           [0., 1., 1., 1.]])
    """
    table = window.axis_table(axis)
    matrix = np.zeros((window.places[axis], window.cells[axis]))
    place, tap = np.nonzero(table >= 0)
    np.add.at(matrix, (place, table[place, tap]), 1.0)
    return matrix.T if window.transposed else matrix


def _transposed_steps(window: Window, axis: int) -> tuple[Fraction, int, int]:
    """Step, first place and largest span of a transposed convolution, whose cells take turns in what they see."""
    k, s, d, lo = window.kernel[axis], window.stride[axis], window.dilation[axis], window.padding[axis][0]
    # cell q sees place (q + lo - t*d)/s for the taps t that make it whole
    taps = [[t for t in range(k) if (q + lo - t * d) % s == 0] for q in range(s)]
    span = max((t[-1] - t[0]) * d // s + 1 for t in taps if t)
    first = (lo - taps[0][-1] * d) // s if taps[0] else 0
    return Fraction(1, s), first, span


# --- the model's layers ------------------------------------------------------------------------------


@dataclass(frozen=True)
class LayerField:
    """The receptive field of one layer's cells.

    Attributes
    ----------
    name, kind : str
        Where the layer is in the model, and its class.
    output_size : tuple of int
        Spatial size of its output; empty after flattening.
    axes : tuple of AxisField
        One per spatial axis of the input.
    place : tuple of int
        The cell in the middle of the output, for which the field was measured.
    measured : tuple of (int, int), or None
        First and last input cell with a gradient, per axis; None if nothing was measured, or nothing seen.

    Examples
    --------
    >>> import tinyconv as tc
    >>> field = receptive_field(tc.nn.Conv2d(1, 1, 3, stride=2, padding=1), (1, 1, 8, 8))[0]
    >>> field.size, field.jump, field.start
    ((3, 3), (2, 2), (-1, -1))
    >>> field.box((0, 1)), field.box(field.place) == field.measured
    (((0, 1), (1, 3)), True)
    """

    name: str
    kind: str
    output_size: Ints
    axes: tuple[AxisField, ...]
    place: Ints
    measured: Box | None

    @property
    def size(self) -> tuple[Any, ...]:
        """Input cells from the first to the last one seen, per axis, where no border is near."""
        return tuple(_plain(axis.size) for axis in self.axes)

    @property
    def jump(self) -> tuple[Any, ...]:
        """Input cells between the fields of neighbours, per axis; a Fraction after up-sampling."""
        return tuple(_plain(axis.jump) for axis in self.axes)

    @property
    def start(self) -> tuple[Any, ...]:
        """First input cell that cell 0 sees, per axis; negative in the padding."""
        return tuple(_plain(axis.start) for axis in self.axes)

    def box(self, place: Sequence[int]) -> Box | None:
        """First and last input cell seen from `place`, per axis; None if it sees nothing but padding."""
        rows = place if self.output_size else [0] * len(self.axes)
        seen = [np.flatnonzero(axis.reach[row]) for axis, row in zip(self.axes, rows)]
        if any(len(cells) == 0 for cells in seen):
            return None
        return tuple((int(cells[0]), int(cells[-1])) for cells in seen)


def _plain(value: Fraction) -> Any:
    return int(value) if value.denominator == 1 else value


class ReceptiveFields(tuple[LayerField, ...]):
    """All layers' fields, in the order of the calls; ``print`` them as a table.

    Examples
    --------
    >>> import tinyconv as tc
    >>> model = tc.nn.Sequential(tc.nn.Conv1d(1, 1, 3), tc.nn.MaxPool1d(2), tc.nn.Conv1d(1, 1, 3))
    >>> print(receptive_field(model, (1, 1, 12)))
    layer   kind       output    size   jump  start  middle cell  sees   measured
    0       Conv1d         10       3      1      0  5            5..7   5..7
    1       MaxPool1d       5       4      2      0  2            4..7   4..7
    2       Conv1d          3       8      2      0  1            2..9   2..9
    """

    @property
    def agree(self) -> bool:
        """Whether every measured field is the one that was calculated."""
        return all(field.box(field.place) == field.measured for field in self)

    def __str__(self) -> str:
        head = phrase("explain.fields_head").split("|")
        rows = [head]
        for field in self:
            rows.append(
                [field.name, field.kind, *(map(_sizes, (field.output_size, field.size, field.jump, field.start))),
                 _sizes(field.place), _box_text(field.box(field.place)), _box_text(field.measured)]
            )  # fmt: skip
        return table_text(rows, right_aligned={2, 3, 4, 5})


def _sizes(values: Sequence[Any]) -> str:
    return "x".join(map(str, values)) if values else "-"


def _box_text(box: Box | None) -> str:
    return phrase("explain.sees_nothing") if box is None else " x ".join(f"{first}..{last}" for first, last in box)


def receptive_field(model: Module, x_or_shape: Any) -> ReceptiveFields:
    """Give the receptive field of every layer of a model, calculated and measured.

    Parameters
    ----------
    model : Module
        It is copied, and not changed.  Between its layers there may be functions: those that keep the spatial
        size are taken to work cell by cell, convolutions and poolings are known, and anything else is taken to
        see everything.
    x_or_shape : Tensor, array or tuple of int
        Its input, ``(N, C, *D)``, or the shape of one; the numbers play no part.

    Returns
    -------
    ReceptiveFields
        One :class:`LayerField` per call of a layer that has no layers below it.

    Notes
    -----
    The copy that is measured computes in float64, in evaluation mode, with equal positive weights, no bias, and
    normalisation of batches switched off; max pooling layers average their windows, for a maximum's gradient
    shows only the cell that won.  (Called as a function, ``F.max_pool2d``, it stays a maximum, and what is
    measured may be a part of what is calculated.)

    Examples
    --------
    >>> import tinyconv as tc
    >>> from tinyconv import nn
    >>> model = nn.Sequential(*[nn.Conv2d(1, 1, 3, dilation=d) for d in (1, 2, 4)])
    >>> fields = receptive_field(model, (1, 1, 20, 20))
    >>> fields[-1].size, fields.agree
    ((15, 15), True)
    """
    shape = tuple(x_or_shape) if isinstance(x_or_shape, (tuple, list)) else tuple(x_or_shape.shape)
    if len(shape) < 3:
        raise refusal("explain.no_spatial_axes", "receptive_field", shape=shape)
    probe = probe_of(model, shape)
    with autograd.enable_grad():
        x = Tensor._of(np.random.default_rng(0).uniform(0.5, 1.5, (1, *shape[1:])), requires_grad=True)
        calls = dry_run(probe, x)
    known: dict[Any, tuple[AxisField, ...]] = {id(x): tuple(map(AxisField.of_input, shape[2:]))}
    fields = []
    for call in calls:
        axes = _after(call, known)
        if axes is None:
            continue  # made from nothing that came from x
        known[_origin(call.output)] = axes
        if call.is_leaf:
            place = tuple(size // 2 for size in call.output.shape[2:])
            measured = _measured(call.output, place, x)
            fields.append(LayerField(call.name, call.kind, call.output.shape[2:], axes, place, measured))
    return ReceptiveFields(fields)


def _origin(tensor: Tensor) -> Any:
    """What made a tensor: a place in the graph, or the leaf itself."""
    return id(tensor) if tensor.grad_fn is None else (id(tensor.grad_fn), tensor._index)


def _measured(output: Tensor, place: Ints, x: Tensor) -> Box | None:
    index: Any = (slice(None), slice(None), *place)
    (gradient,) = autograd.grad(output[index].sum(), [x], retain_graph=True)
    assert gradient is not None  # the output was followed back to x
    seen = np.nonzero(np.abs(gradient.numpy()).sum((0, 1)))
    return tuple((int(cells.min()), int(cells.max())) for cells in seen) if len(seen[0]) else None


def _after(call: Call, known: dict[Any, tuple[AxisField, ...]]) -> tuple[AxisField, ...] | None:
    """What the cells of a call's output see."""
    if not call.is_leaf or not isinstance(call.input, Tensor):
        return _through_graph(call.output, known)
    before = _through_graph(call.input, known)
    if before is None:
        return None
    size, old_size = call.output.shape[2:], call.input.shape[2:]
    if has_window(call.source):
        window = window_of(call.source, old_size)
        return tuple(axis.through(window, i) for i, axis in enumerate(before))
    if isinstance(call.source, Upsample) and call.source.mode == "nearest":
        return tuple(axis.repeated(n) for axis, n in zip(before, size))
    if len(size) != len(old_size):
        return _all_of(before, size)
    mixed = _mixed_axes(call.source, len(size))
    changed = {axis for axis, (new, old) in enumerate(zip(size, old_size)) if new != old}
    return tuple(axis.whole(size[i] if size else 1) if i in mixed | changed else axis for i, axis in enumerate(before))


def _mixed_axes(layer: Module, ndim: int) -> set[int]:
    """The spatial axes along which each output cell of a layer without a window is made of all input cells."""
    mixes_all = isinstance(layer, GroupNorm) or (isinstance(layer, _RunningNorm) and layer.running_mean is None)
    if mixes_all:
        return set(range(ndim))
    if isinstance(layer, LayerNorm):
        return set(range(max(0, ndim - len(layer.normalized_shape)), ndim))
    return {ndim - 1} if isinstance(layer, Linear) and ndim else set()


def _all_of(before: tuple[AxisField, ...], size: Ints) -> tuple[AxisField, ...]:
    """The fields of cells that see everything; without spatial axes, of the only cell."""
    sizes = size if len(size) == len(before) else (1,) * len(before)
    return tuple(axis.whole(n) for axis, n in zip(before, sizes))


def _through_graph(tensor: Tensor, known: dict[Any, tuple[AxisField, ...]]) -> tuple[AxisField, ...] | None:
    """Follow the graph from a tensor back to what is known, through the functions between layers."""
    if _origin(tensor) in known or tensor.grad_fn is None:
        return known.get(_origin(tensor))
    stack: list[tuple[Operation, int, Ints]] = [(tensor.grad_fn, tensor._index, tensor.shape)]
    done: dict[Any, tuple[AxisField, ...] | None] = {}
    while stack:
        node, index, shape = stack[-1]
        waiting = [
            (edge[0], edge[1], edge[2])
            for edge in _edges_of(node)
            if isinstance(edge[0], Operation) and _edge_origin(edge) not in known and _edge_origin(edge) not in done
        ]
        if waiting:
            stack.extend(waiting)
            continue
        stack.pop()
        found = [(known.get(_edge_origin(edge)) or done.get(_edge_origin(edge)), edge) for edge in _edges_of(node)]
        branches = [_through_function(node, edge, axes, shape[2:]) for axes, edge in found if axes is not None]
        done[(id(node), index)] = functools.reduce(_join, branches) if branches else None
    return done[_origin(tensor)]


def _edges_of(node: Operation) -> list[Any]:
    return [edge for edge in node.edges if edge is not None]


def _edge_origin(edge: Any) -> Any:
    return (id(edge[0]), edge[1]) if isinstance(edge[0], Operation) else id(edge[0])


def _join(a: tuple[AxisField, ...], b: tuple[AxisField, ...]) -> tuple[AxisField, ...]:
    return tuple(one.joined(other) for one, other in zip(a, b))


def _through_function(node: Operation, edge: Any, axes: tuple[AxisField, ...], new: Ints) -> tuple[AxisField, ...]:
    """What the cells of a function's output see of the input through one of its arguments."""
    old = edge[2][2:]
    if not isinstance(node, (Conv, ConvInputGrad, MaxPool, WindowSum)):
        return axes if old == new else _all_of(axes, new)
    if edge is not node.edges[0]:
        return _all_of(axes, new)  # it became a weight or a bias
    window = _window_of_function(node, old, new)
    return tuple(axis.through(window, i) for i, axis in enumerate(axes))


def _window_of_function(node: Operation, old: Ints, new: Ints) -> Window:
    geometry = node.recall("geometry")
    moves = (geometry.stride, geometry.dilation, geometry.padding)
    if isinstance(node, (MaxPool, WindowSum)):
        return Window("max", old, new, geometry.kernel_size, *moves)
    kernel = node.recall("w").shape[2:]
    if isinstance(node, ConvInputGrad):
        return Window("transposed", new, old, kernel, *moves)
    return Window("conv", old, new, kernel, *moves)


# --- which cells inside the field --------------------------------------------------------------------


@dataclass(frozen=True)
class Coverage:
    """How often each input cell enters one output cell of a stack of layers.

    Attributes
    ----------
    counts : array
        Paths from each cell of the receptive field's box; 0 for a cell that is stepped over.
    corner : tuple of int
        Input cell at which the box begins.

    Examples
    --------
    >>> cover = dilation_coverage([2, 2])
    >>> cover.untouched, cover.total
    (56, 81)
    >>> print(dilation_coverage([2], ndim=1))
    # . # . #
    2 of 5 cells untouched (40%)
    """

    counts: np.ndarray
    corner: Ints

    @property
    def total(self) -> int:
        """Cells of the box."""
        return int(self.counts.size)

    @property
    def untouched(self) -> int:
        """Cells of the box that play no part."""
        return int((self.counts == 0).sum())

    def __str__(self) -> str:
        rows = self.counts.reshape(-1, self.counts.shape[-1])
        picture = grid_text([["#" if count else "." for count in row] for row in rows])
        share = self.untouched / max(1, self.total)
        told = phrase("explain.untouched_share", untouched=self.untouched, total=self.total, share=share)
        return f"{picture}\n{told}"

    def plot(self, axes: Any = None, title: str = "") -> Any:
        """Draw the counts through matplotlib; see :func:`tinyconv.explain.show.plot_grid`."""
        rows = self.counts.reshape(-1, self.counts.shape[-1])
        told = phrase("explain.untouched", untouched=self.untouched, total=self.total)
        return plot_grid(rows, axes, title or told)


def coverage(layers: Sequence[Module], input_size: Sequence[int], place: Sequence[int] | None = None) -> Coverage:
    """Count the paths from every input cell to one output cell of layers called one after the other.

    Parameters
    ----------
    layers : sequence of Module
        Convolutions, transposed convolutions and poolings; others are taken to work cell by cell.
    input_size : tuple of int
        Spatial size of the first one's input.
    place : tuple of int, optional
        The cell of the last one's output; by default the middle.

    Raises
    ------
    ValueError
        If that cell sees nothing but padding.

    Examples
    --------
    >>> from tinyconv import nn
    >>> coverage([nn.Conv1d(1, 1, 3), nn.Conv1d(1, 1, 3)], (5,)).counts
    array([1., 2., 3., 2., 1.])
    """
    axes = tuple(map(AxisField.of_input, input_size))
    for layer in layers:
        if has_window(layer):
            window = window_of(layer, [len(axis.reach) for axis in axes])
            axes = tuple(axis.through(window, i) for i, axis in enumerate(axes))
    middle = tuple(len(axis.reach) // 2 for axis in axes)
    return _coverage_at(axes, tuple(place) if place is not None else middle)


def dilation_coverage(dilations: Sequence[int], kernel_size: int = 3, ndim: int = 2) -> Coverage:
    """Count the paths within the receptive field of dilated convolutions called one after the other.

    Equal dilations that are larger than 1 leave holes, the *gridding* of dilated convolutions [1]_.  In ascending
    order ``d_1 <= d_2 <= ...`` they leave none exactly if each ``d_j <= 1 + (k - 1)*(d_1 + ... + d_(j-1))``: what
    the smaller ones see is then a run of cells that is at least as long as the step between its copies.

    References
    ----------
    .. [1] P. Wang et al., "Understanding Convolution for Semantic Segmentation", WACV 2018.

    Examples
    --------
    >>> [(d, dilation_coverage(d).untouched, dilation_coverage(d).total) for d in ([2, 2, 2], [1, 2, 3], [1, 2, 5])]
    [([2, 2, 2], 120, 169), ([1, 2, 3], 0, 169), ([1, 2, 5], 0, 289)]
    """
    size = 1 + sum(d * (kernel_size - 1) for d in dilations)
    axis = AxisField.of_input(size)
    for d in dilations:
        cells = len(axis.reach)
        places = cells - d * (kernel_size - 1)
        axis = axis.through(Window("conv", (cells,), (places,), (kernel_size,), (1,), (d,), ((0, 0),)), 0)
    return _coverage_at((axis,) * ndim, (0,) * ndim)


def _coverage_at(axes: Sequence[AxisField], place: Ints) -> Coverage:
    rows = [axis.reach[p] for axis, p in zip(axes, place)]
    seen = [np.flatnonzero(row) for row in rows]
    if any(len(cells) == 0 for cells in seen):
        raise refusal("explain.only_padding", "coverage", place=place)
    inside = [row[cells[0] : cells[-1] + 1] for row, cells in zip(rows, seen)]
    counts = functools.reduce(np.multiply.outer, inside)
    return Coverage(counts, tuple(int(cells[0]) for cells in seen))
