"""A layer's sliding window at one input size: which cell each tap of each place sits on.

Along one axis, tap ``t`` of a window at place ``p`` sits on cell

    p*stride + t*dilation - padding

of the grid that the window slides over.  A convolution or a pooling *reads* that cell to make output
``p``.  A transposed convolution is the same window used backwards: input ``p`` *writes* to that cell of
its output.  Everything in this package is read off the table of these cells.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..backend import asnumpy
from ..errors import refusal
from ..kernels.geometry import (
    Ints,
    Pairs,
    as_tuple,
    conv_geometry,
    conv_output_size,
    cover_all_padding,
    pool_geometry,
    transposed_geometry,
)
from ..nn.conv import _Conv, _ConvTranspose
from ..nn.module import Module
from ..nn.pooling import _AdaptiveAvgPool, _AdaptiveMaxPool, _AvgPool, _MaxPool
from ..tensor import Tensor

__all__ = ["ABSENT", "PADDING", "Window", "window_of"]

PADDING = -1  # in a table: this tap sits on a padding cell that no input cell fills
ABSENT = -2  # in a table: this place has no such tap


@dataclass(frozen=True)
class Window:
    """How one layer's window moves over a grid of cells.

    Attributes
    ----------
    kind : {'conv', 'transposed', 'max', 'avg'}
        What the layer does with the cells.
    cells, places : tuple of int
        Size of the grid that the window slides over, and how many places it stops at, per axis.
    kernel, stride, dilation : tuple of int
        Per axis.
    padding : tuple of (int, int)
        Cells added before and after, per axis.
    padding_mode : str
        What they hold.
    adaptive : bool
        Whether the places are bins, ``floor(p*i/o) .. ceil((p+1)*i/o)``, instead.

    Examples
    --------
    >>> Window("conv", (5,), (4,), (2,), (1,), (1,), ((0, 0),)).axis_table(0)
    array([[0, 1],
           [1, 2],
           [2, 3],
           [3, 4]])
    """

    kind: str
    cells: Ints
    places: Ints
    kernel: Ints
    stride: Ints
    dilation: Ints
    padding: Pairs
    padding_mode: str = "zeros"
    adaptive: bool = False

    @property
    def ndim(self) -> int:
        """The number of spatial axes."""
        return len(self.cells)

    @property
    def transposed(self) -> bool:
        """Whether the layer writes where the window sits, instead of reading."""
        return self.kind == "transposed"

    @property
    def input_size(self) -> Ints:
        """Spatial size of the layer's input."""
        return self.places if self.transposed else self.cells

    @property
    def output_size(self) -> Ints:
        """Spatial size of the layer's output."""
        return self.cells if self.transposed else self.places

    def position(self, axis: int, place: int, tap: int) -> int:
        """Where the tap sits, counted from the first real cell; negative in the padding before it.

        Examples
        --------
        >>> Window("conv", (5,), (3,), (3,), (2,), (1,), ((1, 1),)).position(0, 0, 0)
        -1
        """
        return place * self.stride[axis] + tap * self.dilation[axis] - self.padding[axis][0]

    def axis_table(self, axis: int) -> np.ndarray:
        """Give ``(places, taps)``: the cell along `axis` that each tap sits on, PADDING or ABSENT.

        With ``padding_mode='reflect'`` and the like, padding is filled by real cells, and these are given.

        Examples
        --------
        >>> Window("conv", (4,), (2,), (3,), (2,), (1,), ((1, 0),), "reflect").axis_table(0)
        array([[1, 0, 1],
               [1, 2, 3]])
        """
        places = np.arange(self.places[axis])[:, None]
        taps = np.arange(self.kernel[axis])[None, :]
        if self.adaptive:
            size, count = self.cells[axis], self.places[axis]
            start, end = places * size // count, -(-(places + 1) * size // count)
            return np.where(start + taps < end, start + taps, ABSENT)
        lo = self.padding[axis][0]
        return self.cells_at(axis, places * self.stride[axis] + taps * self.dilation[axis] - lo)

    def cells_at(self, axis: int, position: np.ndarray) -> np.ndarray:
        """Give the real cell at each position, or the one that fills the padding there, PADDING or ABSENT.

        Examples
        --------
        >>> window = Window("conv", (4,), (4,), (3,), (1,), (1,), ((1, 1),), "circular")
        >>> window.cells_at(0, np.array([-1, 0, 4, 5]))
        array([ 3,  0,  0, -1])
        """
        size, (lo, hi) = self.cells[axis], self.padding[axis]
        inside = (position >= 0) & (position < size)
        padded = (position >= -lo) & (position < size + hi)
        if self.padding_mode == "zeros":
            filled = np.full_like(position, PADDING)
        else:
            filled = _fill(position, size, self.padding_mode)
        # a pooling's window that reaches past the padding (ceil_mode, cover_all) ends there
        beyond = ABSENT if self.kind in ("max", "avg") else PADDING
        return np.where(inside, position, np.where(padded, filled, beyond))

    def table(self) -> np.ndarray:
        """Give ``(prod(places), prod(kernel))``: the flat index of each cell, PADDING or ABSENT.

        Examples
        --------
        >>> Window("conv", (3, 3), (2, 2), (2, 2), (1, 1), (1, 1), ((0, 0), (0, 0))).table()
        array([[0, 1, 3, 4],
               [1, 2, 4, 5],
               [3, 4, 6, 7],
               [4, 5, 7, 8]])
        """
        flat = np.zeros((1, 1), np.int64)
        for axis, size in enumerate(self.cells):
            here = self.axis_table(axis)[None, :, None, :]
            before = flat[:, None, :, None]
            joined = np.where((before < 0) | (here < 0), np.minimum(before, here), before * size + here)
            flat = joined.reshape(flat.shape[0] * here.shape[1], flat.shape[1] * here.shape[3])
        return flat

    def places_on(self, axis: int, cell: int) -> Iterator[tuple[int, int]]:
        """Give every ``(place, tap)`` along `axis` that sits on a real cell.

        Examples
        --------
        >>> list(Window("conv", (5,), (4,), (2,), (1,), (1,), ((0, 0),)).places_on(0, 3))
        [(2, 1), (3, 0)]
        """
        return ((int(p), int(t)) for p, t in np.argwhere(self.axis_table(axis) == cell))

    def divisor(self, place: Sequence[int], count_padding: bool) -> int:
        """How many cells an average over the window at `place` counts.

        Examples
        --------
        >>> window = Window("avg", (4,), (2,), (3,), (2,), (1,), ((1, 1),))
        >>> window.divisor((0,), True), window.divisor((0,), False)
        (3, 2)
        """
        least = PADDING if count_padding else 0
        counts = [int((self.axis_table(axis)[p] >= least).sum()) for axis, p in enumerate(place)]
        return max(1, math.prod(counts))


def _fill(position: np.ndarray, size: int, mode: str) -> np.ndarray:
    """The real cell that fills a padding cell."""
    if mode == "replicate":
        return np.clip(position, 0, size - 1)
    if mode == "circular":
        return position % max(1, size)
    mirrored = np.abs(position)  # reflect: about the first cell, then about the last
    return np.where(mirrored > size - 1, 2 * (size - 1) - mirrored, mirrored)


def window_of(layer: Module, input_size: Sequence[int]) -> Window:
    """Give the window of a convolution or pooling layer at one spatial input size.

    Parameters
    ----------
    layer : Module
        ``Conv1d/2d/3d``, ``ConvTranspose1d/2d/3d``, or a max, average or adaptive pooling.
    input_size : tuple of int
        Spatial size, without batch and channels.

    Raises
    ------
    TypeError
        If the layer has no window of its own.
    RuntimeError, ValueError
        If the input does not fit, as the layer itself would raise.

    Examples
    --------
    >>> import tinyconv as tc
    >>> window_of(tc.nn.Conv2d(1, 1, 3, stride=2, padding=1), (5, 6)).places
    (3, 3)
    """
    size, n = tuple(input_size), _require_window(layer)._ndim
    if len(size) != n:
        raise refusal("explain.axes", str(layer), ndim=n, size=size)
    if isinstance(layer, _ConvTranspose):
        return _transposed_window(layer, size)
    if isinstance(layer, _Conv):
        return _conv_window(layer, size)
    return _pool_window(layer, size) if isinstance(layer, (_MaxPool, _AvgPool)) else _adaptive_window(layer, size)


def has_window(layer: object) -> bool:
    """Tell whether :func:`window_of` knows this kind of layer.

    Examples
    --------
    >>> import tinyconv as tc
    >>> has_window(tc.nn.Conv2d(1, 1, 3)), has_window(tc.nn.ReLU())
    (True, False)
    """
    return isinstance(layer, (_Conv, _ConvTranspose, _MaxPool, _AvgPool, _AdaptiveAvgPool, _AdaptiveMaxPool))


def _require_window(layer: Any) -> Any:
    if not has_window(layer):
        raise refusal("explain.no_window", kind=type(layer).__name__)
    return layer


def _conv_window(layer: _Conv, size: Ints) -> Window:
    name, kernel = type(layer).__name__, layer.kernel_size
    geometry = conv_geometry(kernel, layer.stride, layer.padding, layer.dilation, layer.groups, name)
    covering = cover_all_padding(geometry, size, kernel) if layer.cover_all else geometry
    places = conv_output_size(covering, size, kernel, name)
    return Window("conv", size, places, kernel, *_moves(geometry), layer.padding_mode)


def _transposed_window(layer: _ConvTranspose, size: Ints) -> Window:
    name, kernel = type(layer).__name__, layer.kernel_size
    geometry = conv_geometry(kernel, layer.stride, layer.padding, layer.dilation, layer.groups, name)
    cells = transposed_geometry(geometry, size, kernel, layer.output_padding, function=name)
    return Window("transposed", cells, size, kernel, *_moves(geometry))


def _moves(geometry: Any) -> tuple[Ints, Ints, Pairs]:
    return geometry.stride, geometry.dilation, geometry.padding


def _pool_window(layer: Any, size: Ints) -> Window:
    options = {name: value for name, value in layer._arguments().items() if name in _POOL_OPTIONS}
    geometry = pool_geometry(size, **options, function=type(layer).__name__)
    kind = "max" if isinstance(layer, _MaxPool) else "avg"
    return Window(kind, size, geometry.output_size, geometry.kernel_size, *_moves(geometry))


_POOL_OPTIONS = ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "cover_all")


def _adaptive_window(layer: Any, size: Ints) -> Window:
    wanted = layer.output_size if isinstance(layer.output_size, Sequence) else (layer.output_size,) * layer._ndim
    filled = tuple(i if o is None else o for i, o in zip(size, wanted))
    places = as_tuple(filled, layer._ndim, "output_size", 0, type(layer).__name__)
    longest = tuple(max((-(-(p + 1) * i // o) - p * i // o for p in range(o)), default=1) for i, o in zip(size, places))
    kind = "max" if isinstance(layer, _AdaptiveMaxPool) else "avg"
    ones = (1,) * layer._ndim
    return Window(kind, size, places, longest, ones, ones, ((0, 0),) * layer._ndim, adaptive=True)


# --- the layer's channels --------------------------------------------------------------------------


def out_channels(layer: Module, in_channels: int) -> int:
    """How many channels the layer makes of `in_channels`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> out_channels(tc.nn.Conv2d(3, 8, 1), 3), out_channels(tc.nn.MaxPool2d(2), 3)
    (8, 3)
    """
    return layer.out_channels if isinstance(layer, (_Conv, _ConvTranspose)) else in_channels


def channel_sources(layer: Module, channel: int) -> list[tuple[int, Ints]]:
    """Give ``(input channel, its first two weight indices)`` for all that output `channel` is made of.

    A pooling has no weights, and every channel is made of itself.

    Examples
    --------
    >>> import tinyconv as tc
    >>> channel_sources(tc.nn.Conv2d(4, 4, 1, groups=2), 3)
    [(2, (3, 0)), (3, (3, 1))]
    """
    if not isinstance(layer, (_Conv, _ConvTranspose)):
        return [(channel, ())]
    rows, columns = layer.weight.shape[:2]
    if isinstance(layer, _ConvTranspose):
        group, own, per_group = *divmod(channel, columns), rows // layer.groups
        return [(c, (c, own)) for c in range(group * per_group, (group + 1) * per_group)]
    group = channel // (rows // layer.groups)
    return [(group * columns + c, (channel, c)) for c in range(columns)]


def host_array(x: Any) -> np.ndarray:
    """Give a Tensor's or array's numbers as a NumPy array, from whatever device they are on.

    Examples
    --------
    >>> import tinyconv as tc
    >>> host_array(tc.ones(2))
    array([1., 1.], dtype=float32)
    """
    return asnumpy(x.detach().array if isinstance(x, Tensor) else x)


def weight_of(layer: Any, dtype: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """Give weight and bias as the layer uses them: in the input's dtype.

    Examples
    --------
    >>> import tinyconv as tc
    >>> weight_of(tc.nn.Conv1d(1, 1, 2, bias=False), "float64")[1] is None
    True
    """
    bias = None if layer.bias is None else host_array(layer.bias).astype(dtype, copy=False)
    return host_array(layer.weight).astype(dtype, copy=False), bias


def split_shape(layer: Module, shape: Sequence[int]) -> tuple[Ints, int, Ints]:
    """Split an input's shape into batch (empty if there is none), channels and spatial size, and check them.

    Raises
    ------
    RuntimeError
        If the number of axes or of channels is not the layer's.

    Examples
    --------
    >>> import tinyconv as tc
    >>> split_shape(tc.nn.Conv2d(3, 1, 1), (2, 3, 4, 5))
    ((2,), 3, (4, 5))
    """
    n, shape = _require_window(layer)._ndim, tuple(shape)
    if len(shape) not in (n + 1, n + 2):
        raise refusal("explain.dimensions", str(layer), batched=n + 2, unbatched=n + 1, shape=shape)
    batch, channels, size = shape[: -n - 1], shape[-n - 1], shape[-n:]
    expected = getattr(layer, "in_channels", channels)
    if expected is not None and channels != expected:
        raise refusal("explain.channels", str(layer), expected=expected, shape=shape, channels=channels)
    return batch, channels, size
