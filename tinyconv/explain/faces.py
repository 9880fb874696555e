"""One convolution, three ways: loops, im2col and a matrix product, one sparse matrix.

All three are read off the same table of cells (see :mod:`tinyconv.explain.window`):

* **loops** visit every (output cell, input cell, weight) and add one product;
* **im2col** copies the cells of each window into a column, and multiplies by the kernels as rows;
* **the matrix** ``W`` has one row per output cell and one column per input cell, so that
  ``vec(y) = W @ vec(x)`` [1]_.

A transposed convolution runs the first two backwards, and its matrix is the transpose: ``W.T``.  So is the
matrix of every convolution's input gradient.  It is not the inverse: ``W.T @ W`` is not the identity.

.. [1] V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning",
   arXiv:1603.07285, 2016, section 4.1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import phrase, refusal
from ..kernels.geometry import Ints
from ..nn.conv import _Conv, _ConvTranspose
from ..nn.module import Module
from .cell import explain_cell
from .show import MOST_ROWS, axes_for, matrix_text, plot_matrix
from .window import PADDING, Window, channel_sources, host_array, split_shape, weight_of, window_of

__all__ = ["Im2Col", "Loops", "SparseMatrix", "ThreeWays", "conv_matrix", "im2col", "loops", "three_ways"]

MOST_ENTRIES = 1 << 24  # a matrix of more takes over half a gigabyte


def _parts(layer: Any, x: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, Window]:
    """``x (N, C, *D)``, weight and bias in float64, and the window."""
    if not isinstance(layer, (_Conv, _ConvTranspose)):
        raise refusal("explain.no_convolution", kind=type(layer).__name__)
    values = host_array(x)
    batch, channels, size = split_shape(layer, values.shape)
    if batch == (0,):
        raise refusal("explain.empty_batch", str(layer), shape=values.shape)
    weight, bias = weight_of(layer, values.dtype)
    added = np.zeros(layer.out_channels) if bias is None else bias.astype(np.float64)
    batched = values.reshape(-1, channels, *size).astype(np.float64)
    return batched, weight.astype(np.float64), added, window_of(layer, size)


# --- loops -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Loops:
    """A convolution as nested Python loops, which count what they do.

    Attributes
    ----------
    output : array
        ``(N, C_out, *O)``.
    multiply_adds : int
        How often a product was added, on padding too.

    Examples
    --------
    >>> import tinyconv as tc
    >>> loops(tc.nn.Conv1d(2, 3, 2), tc.ones(1, 2, 5)).multiply_adds  # 3 kernels * 4 places * 2*2 weights
    48
    """

    layer: Module
    x: np.ndarray
    output: np.ndarray
    multiply_adds: int

    def gradients(self, grad_output: Any) -> tuple[np.ndarray, np.ndarray]:
        """Give the gradients for input and weight: the same visits, each adding to its input and weight."""
        x, weight, _, window = _parts(self.layer, self.x)
        arrived, gx, gw = host_array(grad_output), np.zeros_like(x), np.zeros_like(weight)
        for n in range(len(x)):
            for target, source, index in _visits(self.layer, weight.shape, window):
                if target is not None and source is not None:
                    gx[n][source] += weight[index] * arrived[n][target]
                    gw[index] += x[n][source] * arrived[n][target]
        return gx, gw


def _visits(layer: Module, w_shape: Ints, window: Window) -> Iterator[tuple[Ints | None, Ints | None, Ints]]:
    """Give (output cell, input cell, weight index) of every product; None for a cell in the padding."""
    tables = [window.axis_table(axis) for axis in range(window.ndim)]
    for channel in range(layer.out_channels):
        for place in np.ndindex(*window.places):
            for source, prefix in channel_sources(layer, channel):
                for tap in np.ndindex(*window.kernel):
                    cell = tuple(int(table[p, t]) for table, p, t in zip(tables, place, tap))
                    sits_on = None if PADDING in cell else cell
                    if window.transposed:
                        target = None if sits_on is None else (channel, *sits_on)
                        yield target, (source, *place), prefix + tap
                    else:
                        yield (channel, *place), None if sits_on is None else (source, *sits_on), prefix + tap


def loops(layer: Module, x: Any) -> Loops:
    """Run a convolution or transposed convolution one product at a time; slow, and plain.

    Parameters
    ----------
    layer : Module
        Any of 1, 2 or 3 spatial axes, with any options.
    x : Tensor or array
        ``(N, C, *D)``, or ``(C, *D)``; small.

    Raises
    ------
    TypeError
        If the layer is not a convolution.

    Examples
    --------
    >>> import tinyconv as tc
    >>> conv = tc.nn.Conv1d(1, 1, 2, bias=False)
    >>> conv.weight.array[...] = [-1, 1]
    >>> loops(conv, tc.tensor([[[1.0, 2.0, 4.0]]])).output
    array([[[1., 2.]]])
    """
    values, weight, bias, window = _parts(layer, x)
    y = np.zeros((len(values), layer.out_channels, *window.output_size))
    y += bias.reshape(-1, *[1] * window.ndim)
    count = 0
    for n in range(len(values)):
        for target, source, index in _visits(layer, weight.shape, window):
            count += 1
            if target is not None and source is not None:
                y[n][target] += weight[index] * values[n][source]
    return Loops(layer, values, y, count)


# --- im2col ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Im2Col:
    """A convolution as one matrix product per group.

    Attributes
    ----------
    kernels : array
        ``(groups, C_out/groups, C_in/groups * prod(K))``: each kernel is a row.
    columns : array
        ``(N, groups, C_in/groups * prod(K), L)``: each window is a column.  Of a transposed convolution: the
        columns that are added back onto the output.
    output : array
        ``(N, C_out, *O)``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> conv = tc.nn.Conv1d(1, 1, 2, bias=False)
    >>> im2col(conv, tc.tensor([[[1.0, 2.0, 4.0]]])).columns[0, 0]
    array([[1., 2.],
           [2., 4.]])
    """

    layer: Module
    x: np.ndarray
    kernels: np.ndarray
    columns: np.ndarray
    output: np.ndarray

    def gradients(self, grad_output: Any) -> tuple[np.ndarray, np.ndarray]:
        """Give the gradients for input and weight: products with the transposed matrices."""
        weight, window = host_array(self.layer.weight), window_of(self.layer, self.x.shape[2:])
        n, groups = len(self.x), len(self.kernels)
        arrived = host_array(grad_output).astype(np.float64)
        if window.transposed:  # y = col2im(kernels.T @ x)
            columns = _gather(arrived, window, groups)
            gx = (self.kernels @ columns).reshape(self.x.shape)
            gw = (self.x.reshape(n, groups, -1, columns.shape[-1]) @ columns.swapaxes(-1, -2)).sum(0)
        else:  # y = kernels @ im2col(x)
            arrived = arrived.reshape(n, groups, -1, self.columns.shape[-1])
            gx = _scatter(self.kernels.swapaxes(-1, -2) @ arrived, window)
            gw = (arrived @ self.columns.swapaxes(-1, -2)).sum(0)
        return gx, gw.reshape(weight.shape)


def _gather(x: np.ndarray, window: Window, groups: int) -> np.ndarray:
    """im2col: ``(N, C, *cells) -> (N, groups, C/groups * taps, places)``, zeros where a tap sits on padding."""
    table = window.table().T
    planes = x.reshape(*x.shape[:2], -1)
    columns = np.where(table >= 0, planes[..., np.maximum(table, 0)], 0.0)
    return columns.reshape(len(x), groups, -1, table.shape[1])


def _scatter(columns: np.ndarray, window: Window) -> np.ndarray:
    """col2im, the adjoint: each entry is *added* to the cell that it was copied from."""
    table = window.table().T
    n, size = len(columns), math.prod(window.cells)
    entries = columns.reshape(-1, *table.shape)[:, table >= 0]
    planes = [np.bincount(table[table >= 0], weights=plane, minlength=size) for plane in entries]
    return np.stack(planes).reshape(n, -1, *window.cells)


def im2col(layer: Module, x: Any) -> Im2Col:
    """Run a convolution as a product of two matrices, kernels and windows.

    Parameters
    ----------
    layer, x
        As for :func:`loops`.

    Raises
    ------
    TypeError
        If the layer is not a convolution.

    Examples
    --------
    >>> import tinyconv as tc
    >>> im2col(tc.nn.Conv2d(4, 6, 3, groups=2), tc.ones(1, 4, 5, 5)).columns.shape  # 2 channels * 9, 9 places
    (1, 2, 18, 9)
    """
    values, weight, bias, window = _parts(layer, x)
    n, groups = len(values), layer.groups
    kernels = weight.reshape(groups, len(weight) // groups, -1)
    if window.transposed:
        columns = kernels.swapaxes(-1, -2) @ values.reshape(n, groups, kernels.shape[1], -1)
        y = _scatter(columns, window)
    else:
        columns = _gather(values, window, groups)
        y = (kernels @ columns).reshape(n, -1, *window.output_size)
    return Im2Col(layer, values, kernels, columns, y + bias.reshape(-1, *[1] * window.ndim))


# --- the matrix --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SparseMatrix:
    """A matrix as a list of its entries (coordinate format, COO); entries of one place add up.

    Attributes
    ----------
    rows, columns, values : array
        One entry each: where it stands, and what.
    shape : (int, int)
        Of the whole matrix.
    weight_index : array
        Which element of the flattened weight each entry is: the entries that share one are why a
        convolution has so few parameters.

    Examples
    --------
    >>> m = SparseMatrix(np.array([0, 1]), np.array([1, 0]), np.array([5.0, 7.0]), (2, 2))
    >>> print(m)
    . 5
    7 .
    >>> m.T @ np.array([1.0, 2.0])
    array([14.,  5.])
    """

    rows: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    shape: tuple[int, int]
    weight_index: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64), repr=False)

    @property
    def T(self) -> SparseMatrix:
        """The transpose: rows and columns change places, nothing is computed."""
        return SparseMatrix(self.columns, self.rows, self.values, self.shape[::-1], self.weight_index)

    @property
    def nnz(self) -> int:
        """The number of entries."""
        return len(self.values)

    def __matmul__(self, vector: Any) -> np.ndarray:
        """Multiply by a vector of ``shape[1]`` numbers."""
        v = host_array(vector)
        if v.shape != (self.shape[1],):
            raise refusal("explain.vector", rows=self.shape[0], columns=self.shape[1], shape=v.shape)
        return np.bincount(self.rows, weights=self.values * v[self.columns], minlength=self.shape[0])

    def dense(self) -> np.ndarray:
        """Give the matrix with its zeros."""
        flat = np.bincount(
            self.rows * self.shape[1] + self.columns, weights=self.values, minlength=math.prod(self.shape)
        )
        return flat.reshape(self.shape)

    def plot(self, axes: Any = None, title: str = "") -> Any:
        """Draw a heat map through matplotlib; see :func:`tinyconv.explain.show.plot_matrix`."""
        return plot_matrix(self.dense(), axes, title or phrase("explain.entries", size=self._size(), count=self.nnz))

    def __str__(self) -> str:
        if max(self.shape) <= MOST_ROWS:
            return matrix_text(self.dense())
        share = self.nnz / max(1, math.prod(self.shape))
        return phrase("explain.share", size=self._size(), count=self.nnz, share=share)

    def _size(self) -> str:
        return f"{self.shape[0]} x {self.shape[1]}"


def conv_matrix(layer: Module, in_shape: Any) -> SparseMatrix:
    """Write a convolution as the matrix ``W`` of ``vec(y) = W @ vec(x)`` (before the bias), for one sample.

    Parameters
    ----------
    layer : Module
        A convolution, or a transposed one, whose matrix is that of the convolution with the same weight and
        options, transposed.
    in_shape : tuple of int, Tensor or array
        ``(C, *D)``, or ``(N, C, *D)``, or an input of that shape; the batch plays no part.

    Returns
    -------
    SparseMatrix
        ``(C_out * prod(O), C_in * prod(D))``.

    Raises
    ------
    TypeError
        If the layer is not a convolution.
    ValueError
        If the matrix would have more than 16.8 million entries.

    Examples
    --------
    >>> import tinyconv as tc
    >>> conv = tc.nn.Conv1d(1, 1, 3, bias=False)
    >>> conv.weight.array[...] = [1, 2, 3]
    >>> print(conv_matrix(conv, (1, 5)))
    1 2 3 . .
    . 1 2 3 .
    . . 1 2 3
    >>> up = tc.nn.ConvTranspose1d(1, 1, 3, bias=False)
    >>> up.weight.array = conv.weight.array
    >>> print(conv_matrix(up, (1, 3)))
    1 . .
    2 1 .
    3 2 1
    . 3 2
    . . 3
    """
    in_shape = tuple(getattr(in_shape, "shape", in_shape))
    _, channels, size = split_shape(layer, in_shape)
    # any numbers of that shape: the matrix does not depend on them
    _, weight, _, window = _parts(layer, np.broadcast_to(np.float64(0), (channels, *size)))
    groups, places, taps = layer.groups, math.prod(window.places), math.prod(window.kernel)
    if weight.size * places > MOST_ENTRIES:
        raise refusal(
            "explain.matrix_size",
            "conv_matrix",
            layer=layer,
            shape=in_shape,
            weights=weight.size,
            places=places,
            entries=weight.size * places,
            most=MOST_ENTRIES,
        )
    # the matrix of the convolution that reads the window's cells; the shape of each index is (o, c, places, taps)
    o, c = (n.reshape(shape) for n, shape in zip(map(np.arange, weight.shape), ((-1, 1, 1, 1), (1, -1, 1, 1))))
    place, tap = np.arange(places).reshape(-1, 1), np.arange(taps)
    cell = window.table()
    row = o * places + place
    column = ((o // (len(weight) // groups)) * weight.shape[1] + c) * math.prod(window.cells) + cell
    index = (o * weight.shape[1] + c) * taps + tap
    on_cell = np.broadcast_to(cell >= 0, (*weight.shape[:2], places, taps))
    row, column, index = (np.broadcast_to(a, on_cell.shape)[on_cell] for a in (row, column, index))
    shape = len(weight) * places, weight.shape[1] * groups * math.prod(window.cells)
    matrix = SparseMatrix(row, column, weight.reshape(-1)[index], shape, index)
    return matrix.T if window.transposed else matrix


def matrix_gradients(matrix: SparseMatrix, x: Any, grad_output: Any, weight_shape: Ints) -> tuple[Any, np.ndarray]:
    """Give the gradients for input and weight through the matrix: ``W.T @ gy``, and a sum per shared weight.

    Examples
    --------
    >>> import tinyconv as tc
    >>> conv = tc.nn.Conv1d(1, 1, 2, bias=False)
    >>> conv.weight.array[...] = [1, 10]
    >>> matrix_gradients(conv_matrix(conv, (1, 3)), np.array([[[1.0, 2.0, 3.0]]]), np.ones((1, 1, 2)), (1, 1, 2))
    (array([[[ 1., 11., 10.]]]), array([[[3., 5.]]]))
    """
    values, arrived = host_array(x), host_array(grad_output)
    gx = [matrix.T @ sample.reshape(-1) for sample in arrived]
    gw = np.zeros(math.prod(weight_shape))
    for sample, grad in zip(values, arrived):
        products = grad.reshape(-1)[matrix.rows] * sample.reshape(-1)[matrix.columns]
        gw += np.bincount(matrix.weight_index, weights=products, minlength=len(gw))
    return np.stack(gx).reshape(values.shape), gw.reshape(weight_shape)


# --- side by side ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ThreeWays:
    """One convolution computed by loops, by im2col and by its matrix; ``print`` or :meth:`plot` it.

    Attributes
    ----------
    loops : Loops
    im2col : Im2Col
    matrix : SparseMatrix
    matrix_output : array
        ``(N, C_out, *O)``, the matrix times each sample, and the bias.

    Examples
    --------
    >>> import tinyconv as tc
    >>> conv = tc.nn.Conv1d(1, 1, 2, bias=False)
    >>> conv.weight.array[...] = [1, 2]
    >>> print(three_ways(conv, tc.tensor([[[1.0, 2.0, 4.0]]])))
    Conv1d(1, 1, kernel_size=(2,), stride=(1,), bias=False)
    <BLANKLINE>
    1. loops: 4 multiply-adds
    y[0, 0, 0] = 1*1 + 2*2 = 5
    y[0, 0, 1] = 2*1 + 4*2 = 10
    <BLANKLINE>
    2. im2col: kernels as rows, windows as columns; kernels @ columns
    kernels:
    1 2
    columns:
    1 2
    2 4
    <BLANKLINE>
    3. matrix: vec(y) = W @ vec(x), W is
    1 2 .
    . 1 2
    <BLANKLINE>
    largest difference between the three: 0
    """

    layer: Module
    x: np.ndarray
    loops: Loops
    im2col: Im2Col
    matrix: SparseMatrix
    matrix_output: np.ndarray

    @property
    def largest_difference(self) -> float:
        """Between any two of the three outputs."""
        outputs = np.stack([self.loops.output, self.im2col.output, self.matrix_output])
        return float((outputs.max(0) - outputs.min(0)).max(initial=0))

    def __str__(self) -> str:
        transposed = isinstance(self.layer, _ConvTranspose)
        cells = list(np.ndindex(*self.loops.output.shape))[:4]
        lines = [f"{self.layer}", "", phrase("explain.way_loops", count=self.loops.multiply_adds)]
        lines += [str(explain_cell(self.layer, self.x, cell)) for cell in cells]
        lines += ["..."] if self.loops.output.size > len(cells) else []
        lines += ["", phrase("explain.way_columns_back" if transposed else "explain.way_columns")]
        lines += [phrase("explain.kernels"), matrix_text(self.im2col.kernels[0])]
        lines += [phrase("explain.columns"), matrix_text(self.im2col.columns[0, 0])]
        if len(self.im2col.kernels) > 1:
            lines += [phrase("explain.first_group", count=len(self.im2col.kernels))]
        lines += ["", phrase("explain.way_matrix_back" if transposed else "explain.way_matrix"), str(self.matrix)]
        lines += ["", phrase("explain.three_differ", difference=self.largest_difference)]
        return "\n".join(lines)

    def plot(self, axes: Sequence[Any] | None = None) -> Any:
        """Draw the kernels, the columns and the matrix as heat maps; give the figure.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        if axes is None:
            figure = axes_for(figsize=(12.0, 4.0)).figure
            figure.clear()
            axes = figure.subplots(1, 3)
        plot_matrix(self.im2col.kernels[0], axes[0], phrase("explain.plot_kernels"))
        plot_matrix(self.im2col.columns[0, 0], axes[1], phrase("explain.plot_columns"))
        self.matrix.plot(axes[2], phrase("explain.plot_matrix"))
        return axes[0].figure


def three_ways(layer: Module, x: Any) -> ThreeWays:
    """Compute one convolution by loops, by im2col and by its matrix.

    Parameters
    ----------
    layer : Module
        A convolution or transposed convolution of 1, 2 or 3 spatial axes, with any options.
    x : Tensor or array
        ``(N, C, *D)``, or ``(C, *D)``; small, the loops are Python's.

    Raises
    ------
    TypeError
        If the layer is not a convolution.

    Examples
    --------
    >>> import tinyconv as tc
    >>> three_ways(tc.nn.Conv2d(2, 3, 3, padding=1), tc.randn(2, 2, 4, 4)).largest_difference < 1e-12
    True
    """
    looped, lowered = loops(layer, x), im2col(layer, x)
    matrix = conv_matrix(layer, looped.x.shape)
    flat = np.stack([matrix @ sample.reshape(-1) for sample in looped.x])
    _, _, bias, _ = _parts(layer, x)
    y = flat.reshape(looped.output.shape) + bias.reshape(-1, *[1] * (looped.x.ndim - 2))
    return ThreeWays(layer, looped.x, looped, lowered, matrix, y)
