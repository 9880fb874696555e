"""Why is this output 19?  What does this input cell change?"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import phrase, refusal
from ..kernels.geometry import Ints
from ..nn.module import Module
from .show import number, product, shortened
from .window import (
    ABSENT,
    PADDING,
    Window,
    channel_sources,
    host_array,
    out_channels,
    split_shape,
    weight_of,
    window_of,
)

__all__ = ["CellExplanation", "Influence", "Influences", "Term", "explain_cell", "influences"]

MOST_TERMS = 32  # of one channel, written out
MOST_CHANNELS = 8


@dataclass(frozen=True)
class Term:
    """One product of an output cell's sum.

    Attributes
    ----------
    input : tuple of int or None
        Where in ``x`` the value was read; None for a padding cell that no input cell fills.
    value : float
        What was read: padding holds 0 (for max pooling, -inf).
    weight_index : tuple of int or None
        Where in the layer's weight the factor stands; None for a pooling.
    weight : float
        The factor: of average pooling ``1/divisor``; of max pooling 1 for the winner and 0 for the others.
    product : float
        ``value * weight``; 0 for a cell that lost to the maximum.
    padding : bool
        Whether the tap sits outside the input.

    Examples
    --------
    >>> Term((0, 0, 1, 0), 3.0, (0, 0, 1, 0), 2.0, 6.0, padding=False).product
    6.0
    """

    input: Ints | None
    value: float
    weight_index: Ints | None
    weight: float
    product: float
    padding: bool

    def __str__(self) -> str:
        place = phrase("explain.padding") if self.input is None else f"x{_listed(self.input)}"
        factor = "" if self.weight_index is None else f" w{_listed(self.weight_index)}"
        return f"{place}{factor}: {product(number(self.value), self.weight)} = {number(self.product)}"


@dataclass(frozen=True)
class CellExplanation:
    """The arithmetic of one output cell; ``print`` it.

    Attributes
    ----------
    kind : {'conv', 'transposed', 'max', 'avg'}
        The kind of layer.
    index : tuple of int
        Of the output cell.
    terms : tuple of Term
        All products, in the order of the weights (of a transposed convolution: of the inputs).
    bias : float
        Added to the products.
    has_bias : bool
        Whether the layer has one.
    divisor : float
        What an average pooling divides by; else 1.

    Examples
    --------
    >>> import tinyconv as tc
    >>> pool = tc.nn.AvgPool1d(2)
    >>> cell = explain_cell(pool, tc.tensor([[[1.0, 2.0, 3.0, 5.0]]]), (0, 0, 1))
    >>> print(cell)
    y[0, 0, 1] = (3 + 5) / 2 = 4
    >>> print(cell.table())
    x[0, 0, 2]: 3*0.5 = 1.5
    x[0, 0, 3]: 5*0.5 = 2.5
    """

    kind: str
    index: Ints
    terms: tuple[Term, ...]
    bias: float = 0.0
    has_bias: bool = False
    divisor: float = 1.0

    @property
    def sum(self) -> float:
        """The cell's value: the products' sum and the bias (of max pooling: the largest value)."""
        if self.kind == "max":
            winners = [term.product for term in self.terms if term.weight]
            return winners[0] if winners else -math.inf
        return sum(term.product for term in self.terms) + self.bias

    def table(self) -> str:
        """Write one line per term, with the coordinates of input and weight."""
        lines = [str(term) for term in self.terms]
        return "\n".join([*lines, phrase("explain.bias", value=number(self.bias))] if self.has_bias else lines)

    def __str__(self) -> str:
        name = f"y{_listed(self.index)}"
        if self.kind == "max":
            return f"{name} = max({shortened(self._values(), MOST_TERMS, ', ')}) = {number(self.sum)}"
        if self.kind == "avg":
            values = shortened(list(map(_in_sum, self._values())), MOST_TERMS)
            return f"{name} = ({values}) / {number(self.divisor)} = {number(self.sum)}"
        by_channel = self._by_channel()
        bias = [phrase("explain.plus_bias", value=_in_sum(number(self.bias)))] if self.has_bias else []
        if len(by_channel) <= 1:
            products = [shortened(_products(terms), MOST_TERMS) for terms in by_channel]
            told = " + ".join(products + bias) or phrase("explain.none_reaches")
            return f"{name} = {told} = {number(self.sum)}"
        lines = [
            f"  + {shortened(_products(terms), MOST_TERMS)} = {number(sum(term.product for term in terms))}"
            for terms in by_channel
        ]
        return "\n".join([f"{name} =", shortened(lines, MOST_CHANNELS, "\n"), *[f"  + {b}" for b in bias],
                          f"  = {number(self.sum)}"])  # fmt: skip

    def _values(self) -> list[str]:
        return [phrase("explain.pad") if term.input is None else number(term.value) for term in self.terms]

    def _by_channel(self) -> list[list[Term]]:
        channel = 0 if self.kind == "transposed" else 1  # the axis of the weight that counts input channels
        groups = itertools.groupby(self.terms, key=lambda term: term.weight_index and term.weight_index[channel])
        return [list(terms) for _, terms in groups]


def _products(terms: Sequence[Term]) -> list[str]:
    return [product(phrase("explain.pad") if term.input is None else number(term.value), term.weight) for term in terms]


def _listed(index: Sequence[int]) -> str:
    return f"[{', '.join(map(str, index))}]"


def explain_cell(layer: Module, x: Any, index: Sequence[int]) -> CellExplanation:
    """Show which inputs and weights make one output cell of a layer, term by term.

    Parameters
    ----------
    layer : Module
        A convolution, transposed convolution or pooling, of 1, 2 or 3 spatial axes, with any options.
    x : Tensor or array
        Its input, ``(N, C, *D)`` or ``(C, *D)``.
    index : tuple of int
        Of the output cell: ``(n, channel, *position)``, or ``(channel, *position)`` if there is no batch.

    Returns
    -------
    CellExplanation
        Its ``sum`` is the value that the layer computes there.

    Raises
    ------
    TypeError
        If the layer has no window.
    IndexError
        If there is no such output cell.
    RuntimeError
        If `x` does not fit the layer, or a lazy layer has not seen an input yet.

    Examples
    --------
    >>> import tinyconv as tc
    >>> conv = tc.nn.Conv2d(1, 1, 2, bias=False)
    >>> conv.weight.array[...] = [[0, 1], [2, 3]]
    >>> cell = explain_cell(conv, tc.arange(9).reshape(1, 1, 3, 3).float(), (0, 0, 0, 0))
    >>> print(cell)
    y[0, 0, 0, 0] = 0*0 + 1*1 + 3*2 + 4*3 = 19
    >>> cell.terms[2].input, cell.terms[2].weight_index, cell.terms[2].product
    ((0, 0, 1, 0), (0, 0, 1, 0), 6.0)
    """
    values = host_array(x)
    batch, channels, size = split_shape(layer, values.shape)
    window = window_of(layer, size)
    index = _checked(index, (*batch, out_channels(layer, channels), *window.output_size), "explain.output", layer)
    sample, channel, place = index[: len(batch)], index[len(batch)], index[len(batch) + 1 :]
    if window.kind == "max":
        return CellExplanation("max", index, _max_terms(window, values, (*sample, channel), place))
    if window.kind == "avg":
        divisor = _divisor(layer, window, place)
        return CellExplanation("avg", index, _avg_terms(window, values, (*sample, channel), place, divisor),
                               divisor=divisor)  # fmt: skip
    weight, bias = weight_of(layer, values.dtype)
    terms = [
        _weighted(values, weight, (*sample, source), cell, is_padding, (*prefix, *tap))
        for source, prefix in channel_sources(layer, channel)
        for tap, cell, is_padding in taps_making(window, place)
    ]
    added = 0.0 if bias is None else float(bias[channel])
    return CellExplanation(window.kind, index, tuple(terms), added, bias is not None)


def _checked(index: Sequence[int], shape: Ints, what: str, layer: Module) -> Ints:
    """Refuse an index outside the shape of `what`, which names a phrase; count negative ones from the end."""
    if len(index) != len(shape):
        raise refusal(
            "explain.index_length",
            str(layer),
            what=phrase(what),
            ndim=len(shape),
            shape=shape,
            index=tuple(index),
            given=len(index),
        )
    if any(not -n <= i < n for i, n in zip(index, shape)):
        raise refusal("explain.index_range", str(layer), index=tuple(index), what=phrase(what), shape=shape)
    return tuple(int(i) + n if i < 0 else int(i) for i, n in zip(index, shape))


def taps_making(window: Window, place: Ints) -> Iterator[tuple[Ints, Ints | None, bool]]:
    """Give ``(tap, input cell or None, is padding)`` for all taps that make the output at `place`.

    Examples
    --------
    >>> list(taps_making(Window("conv", (5,), (5,), (3,), (1,), (1,), ((1, 1),)), (0,)))
    [((0,), None, True), ((1,), (0,), False), ((2,), (1,), False)]
    """
    if window.transposed:  # those input places whose window sits on the output cell
        for pairs in itertools.product(*(list(window.places_on(axis, cell)) for axis, cell in enumerate(place))):
            yield tuple(tap for _, tap in pairs), tuple(source for source, _ in pairs), False
        return
    tables = [window.axis_table(axis)[p] for axis, p in enumerate(place)]
    for tap in itertools.product(*map(range, window.kernel)):
        cells = tuple(int(table[t]) for table, t in zip(tables, tap))
        if ABSENT in cells:
            continue
        outside = any(_is_outside(window, axis, p, t) for axis, (p, t) in enumerate(zip(place, tap)))
        yield tap, None if PADDING in cells else cells, outside


def _is_outside(window: Window, axis: int, place: int, tap: int) -> bool:
    return not window.adaptive and not 0 <= window.position(axis, place, tap) < window.cells[axis]


def _weighted(
    x: np.ndarray, w: np.ndarray, plane: Ints, cell: Ints | None, is_padding: bool, weight_index: Ints
) -> Term:
    where = None if cell is None else plane + cell
    value, weight = 0.0 if where is None else float(x[where]), float(w[weight_index])
    return Term(where, value, weight_index, weight, value * weight, is_padding)


def _avg_terms(window: Window, x: np.ndarray, plane: Ints, place: Ints, divisor: float) -> tuple[Term, ...]:
    terms = []
    for _, cell, is_padding in taps_making(window, place):
        where = None if cell is None else plane + cell
        value = 0.0 if where is None else float(x[where])
        terms.append(Term(where, value, None, 1 / divisor, value / divisor, is_padding))
    return tuple(terms)


def _divisor(layer: Any, window: Window, place: Ints) -> float:
    override = getattr(layer, "divisor_override", None)
    if override == 0:
        raise refusal("explain.divisor", str(layer))
    if override is not None:
        return float(override)
    return float(window.divisor(place, getattr(layer, "count_include_pad", True)))


def _max_terms(window: Window, x: np.ndarray, plane: Ints, place: Ints) -> tuple[Term, ...]:
    cells = [cell for _, cell, _ in taps_making(window, place)]
    values = [-math.inf if cell is None else float(x[plane + cell]) for cell in cells]
    winner = _winner(cells, values)
    return tuple(
        Term(None if cell is None else plane + cell, value, None, float(cell is not None and cell == winner),
             value if cell is not None and cell == winner else 0.0, cell is None)
        for cell, value in zip(cells, values)
    )  # fmt: skip


def _winner(cells: Sequence[Ints | None], values: Sequence[float]) -> Ints | None:
    """The first of the largest real cells; the first NaN before all others."""
    best: tuple[Ints | None, float] = (None, -math.inf)
    for cell, value in zip(cells, values):
        if cell is None:
            continue
        if best[0] is None or value > best[1] or (math.isnan(value) and not math.isnan(best[1])):
            best = (cell, value)
    return best[0]


# --- the reverse -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Influence:
    """One way from an input cell to an output cell.

    Attributes
    ----------
    output : tuple of int
        Index of the output cell.
    weight_index : tuple of int or None
        Where in the layer's weight the factor stands; None for a pooling.
    weight : float
        How much the output changes per unit of the input: their derivative along this way.

    Examples
    --------
    >>> print(Influence((0, 0, 1), (0, 0, 2), 3.0))
    y[0, 0, 1] with weight w[0, 0, 2] = 3
    """

    output: Ints
    weight_index: Ints | None
    weight: float

    def __str__(self) -> str:
        factor = "" if self.weight_index is None else f" w{_listed(self.weight_index)} ="
        output = f"y{_listed(self.output)}"
        return phrase("explain.way", output=output, factor=factor, weight=number(self.weight))


@dataclass(frozen=True)
class Influences:
    """All outputs that one input cell reaches; ``print`` it.

    Attributes
    ----------
    index : tuple of int
        Of the input cell.
    output_shape : tuple of int
        Of the layer's output.
    terms : tuple of Influence
        The ways.  An output may occur twice where padding repeats the input (reflect, circular ...).

    Examples
    --------
    >>> import tinyconv as tc
    >>> conv = tc.nn.Conv1d(1, 1, 2, bias=False)
    >>> conv.weight.array[...] = [1, 10]
    >>> reached = influences(conv, (1, 1, 3), (0, 0, 1))
    >>> print(reached)
    x[0, 0, 1] reaches 2 of 2 outputs:
      y[0, 0, 0] with weight w[0, 0, 1] = 10
      y[0, 0, 1] with weight w[0, 0, 0] = 1
    gradient of the outputs' sum: 10 + 1 = 11
    """

    index: Ints
    output_shape: Ints
    terms: tuple[Influence, ...]

    def gradient(self, grad_output: Any = None) -> float:
        """Give the loss's derivative for this input cell.

        Parameters
        ----------
        grad_output : Tensor or array, optional
            The loss's derivative for every output; by default ones, for the loss ``y.sum()``.
        """
        if grad_output is None:
            return float(sum(term.weight for term in self.terms))
        arrived = host_array(grad_output)
        if arrived.shape != self.output_shape:
            raise refusal("explain.grad_output", "gradient", expected=self.output_shape, shape=arrived.shape)
        return float(sum(float(arrived[term.output]) * term.weight for term in self.terms))

    def __str__(self) -> str:
        reached = len({term.output for term in self.terms})
        outputs = math.prod(self.output_shape)
        lines = [phrase("explain.reaches", cell=f"x{_listed(self.index)}", reached=reached, total=outputs)]
        ways = [f"  {term}" for term in self.terms]
        weights = [_in_sum(number(term.weight)) for term in self.terms]
        total = f"{shortened(weights, MOST_TERMS)} = {number(self.gradient())}" if weights else "0"
        return "\n".join([*lines, *([shortened(ways, MOST_TERMS, "\n")] if ways else []),
                          phrase("explain.gradient_of_sum", total=total)])  # fmt: skip


def _in_sum(text: str) -> str:
    return f"({text})" if text.startswith("-") else text


def influences(layer: Module, x_or_shape: Any, index: Sequence[int]) -> Influences:
    """Show which outputs an input cell reaches and with which weights, hence its gradient.

    Parameters
    ----------
    layer : Module
        As for :func:`explain_cell`.
    x_or_shape : Tensor, array or tuple of int
        The input, or its shape; max pooling needs the numbers, to know who wins.
    index : tuple of int
        Of the input cell.

    Returns
    -------
    Influences
        Its ``gradient(gy)`` is what backward gives this cell.

    Raises
    ------
    TypeError
        If the layer has no window, or max pooling is given a shape.
    IndexError
        If there is no such input cell.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x = tc.tensor([[[1.0, 3.0, 2.0]]], requires_grad=True)
    >>> pool = tc.nn.MaxPool1d(2, stride=1)
    >>> pool(x).sum().backward()
    >>> x.grad[0, 0, 1].item(), influences(pool, x, (0, 0, 1)).gradient()
    (2.0, 2.0)
    """
    values = None if isinstance(x_or_shape, tuple) else host_array(x_or_shape)
    shape = tuple(x_or_shape) if values is None else values.shape
    batch, channels, size = split_shape(layer, shape)
    window = window_of(layer, size)
    if window.kind == "max" and values is None:
        raise refusal("explain.needs_values", str(layer))
    index = _checked(index, shape, "explain.input", layer)
    sample, channel, cell = index[: len(batch)], index[len(batch)], index[len(batch) + 1 :]
    produced = out_channels(layer, channels)
    output_shape = (*batch, produced, *window.output_size)
    ways = list(_ways_out(window, cell))
    if window.kind in ("max", "avg"):
        weights = _pool_weights(layer, window, values, (*sample, channel), cell)
        terms = [Influence((*sample, channel, *place), None, weights(place)) for place, _ in ways]
        return Influences(index, output_shape, tuple(terms))
    weight, _ = weight_of(layer, np.float64 if values is None else values.dtype)
    prefixes = [
        (target, prefix)
        for target in range(produced)
        for source, prefix in channel_sources(layer, target)
        if source == channel
    ]
    terms = [
        Influence((*sample, target, *place), (*prefix, *tap), float(weight[prefix + tap]))
        for target, prefix in prefixes
        for place, tap in ways
    ]
    return Influences(index, output_shape, tuple(terms))


def _ways_out(window: Window, cell: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Give ``(output place, tap)`` for all outputs that the input cell reaches."""
    if not window.transposed:
        for pairs in itertools.product(*(list(window.places_on(axis, c)) for axis, c in enumerate(cell))):
            yield tuple(place for place, _ in pairs), tuple(tap for _, tap in pairs)
        return
    tables = [window.axis_table(axis)[c] for axis, c in enumerate(cell)]
    for tap in itertools.product(*map(range, window.kernel)):
        target = tuple(int(table[t]) for table, t in zip(tables, tap))
        if PADDING not in target:  # else it falls on what the padding cuts off
            yield target, tap


def _pool_weights(layer: Any, window: Window, x: np.ndarray | None, plane: Ints, cell: Ints) -> Any:
    """A function that gives the weight with which `cell` enters the output at a place."""
    if window.kind == "avg":
        return lambda place: 1 / _divisor(layer, window, place)

    def wins(place: Ints) -> float:
        winners = [term.input for term in _max_terms(window, _known(x), plane, place) if term.weight]
        return float(winners == [plane + cell])

    return wins


def _known(x: np.ndarray | None) -> np.ndarray:
    assert x is not None  # influences() has refused a shape
    return x
