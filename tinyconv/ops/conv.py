"""Convolution and transposed convolution: three primitives that are one another's derivatives.

A convolution is linear in its input and in its kernel, so its two gradients are trilinear partners::

    y  = Conv(x, w)             gx = ConvInputGrad(gy, w)       gw = ConvWeightGrad(x, gy)

and each one's derivatives are the other two.  `ConvInputGrad` is also the transposed convolution.
Every convolution of any dimension, forward and backward to any order, is made of these three.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..arguments import checked
from ..autograd import Operation, Tensor
from ..backend import Array
from ..errors import refusal
from ..kernels.conv import convolve, convolve_input_grad, convolve_weight_grad
from ..kernels.geometry import (
    ConvGeometry,
    conv_geometry,
    conv_output_size,
    cover_all_padding,
    show_size,
    transposed_geometry,
)
from .checks import batched, check_bias, check_channels, check_groups, check_weight
from .dtype import cast
from .ranks import ranks
from .shape import SIDES, most_cells, pad

__all__ = [
    "conv", "conv1d", "conv2d", "conv3d", "conv_transpose", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
]  # fmt: skip

Ints = tuple[int, ...]


class Conv(Operation):
    """``y = x * w + b``: the window slides, products are summed (cross-correlation)."""

    __slots__ = ()

    def forward(self, x: Array, w: Array, b: Array | None, geometry: ConvGeometry) -> Array:
        return convolve(x, w, geometry, b)

    def grad_x(self, g: Tensor, w: Tensor, geometry: ConvGeometry, shape: Ints) -> Tensor:
        return ConvInputGrad.apply(g, w, None, geometry, shape[2:])

    def grad_w(self, g: Tensor, x: Tensor, geometry: ConvGeometry, shape: Ints) -> Tensor:
        return ConvWeightGrad.apply(x, g, geometry, shape[2:])

    def grad_b(self, g: Tensor) -> Tensor:
        return _sum_per_channel(g)


class ConvInputGrad(Operation):
    """The adjoint of Conv in x: spread ``gy`` through the window.  The transposed convolution."""

    __slots__ = ()

    def forward(self, gy: Array, w: Array, b: Array | None, geometry: ConvGeometry, input_size: Ints) -> Array:
        return convolve_input_grad(gy, w, geometry, input_size, b)

    def grad_gy(self, g: Tensor, w: Tensor, geometry: ConvGeometry) -> Tensor:
        return Conv.apply(g, w, None, geometry)

    def grad_w(self, g: Tensor, gy: Tensor, geometry: ConvGeometry, shape: Ints) -> Tensor:
        return ConvWeightGrad.apply(g, gy, geometry, shape[2:])

    def grad_b(self, g: Tensor) -> Tensor:
        return _sum_per_channel(g)


class ConvWeightGrad(Operation):
    """The adjoint of Conv in w: correlate the input with ``gy``."""

    __slots__ = ()

    def forward(self, x: Array, gy: Array, geometry: ConvGeometry, kernel_size: Ints) -> Array:
        return convolve_weight_grad(x, gy, geometry, kernel_size)

    def grad_x(self, g: Tensor, gy: Tensor, geometry: ConvGeometry, shape: Ints) -> Tensor:
        return ConvInputGrad.apply(gy, g, None, geometry, shape[2:])

    def grad_gy(self, g: Tensor, x: Tensor, geometry: ConvGeometry) -> Tensor:
        return Conv.apply(x, g, None, geometry)


def _sum_per_channel(g: Tensor) -> Tensor:
    return g.sum((0, *range(2, g.ndim)))


# ------------------------------------------------------------------------------ as functions


@checked
def conv(
    ndim: int, input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1, padding: Any = 0,
    dilation: Any = 1, groups: int = 1, *, cover_all: bool = False, padding_mode: str = "zeros",
) -> Tensor:  # fmt: skip
    """{ndim}-d convolution (cross-correlation, as in every deep-learning library).

    In two dimensions
    ``y[n, o, i, j] = b[o] + sum over c, u, v of w[o, c, u, v] * x[n, c, i*s + u*d - p, j*s + v*d - p]``

    Parameters
    ----------
    input : Tensor
        ``(N, C_in, {axes})`` or ``(C_in, {axes})``.
    weight : Tensor
        ``(C_out, C_in/groups, {taps})``.  Another float dtype than the input's is converted: the result
        follows the input (Chainer's rule), the gradient the weight.
    bias : Tensor, optional
        ``(C_out,)``.
    stride, dilation : int or tuple
        Step of the window; distance of its taps.
    padding : int, tuple, pairs, 'same' or 'valid'
        Cells added around; ``((before, after), ...)`` may be asymmetric.
    groups : int
        Independent convolutions over equal shares of the channels.
    cover_all : bool
        Chainer's rule: pad after the end until every input cell is seen.
    padding_mode : {'zeros', 'reflect', 'replicate', 'circular'}
        What the added cells hold.

    Returns
    -------
    Tensor
        ``(N, C_out, ...)`` with ``floor((i + 2*padding - dilation*(k - 1) - 1)/stride) + 1`` cells where the
        input has ``i`` and the kernel ``k``.

    Raises
    ------
    RuntimeError
        If channels do not fit, the kernel is larger than the padded input, or dtype is not float.
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x = tc.arange(9).reshape(1, 1, 3, 3).float()
    >>> w = tc.arange(4).reshape(1, 1, 2, 2).float()
    >>> tc.nn.functional.conv2d(x, w)[0, 0]
    tensor([[19., 25.],
            [37., 43.]])
    """
    function = f"conv{ndim}d"
    x, had_batch = batched(input, ndim, function)
    check_weight(weight, ndim, function)
    outputs, share, *kernel = weight.array.shape
    geometry = conv_geometry(kernel, stride, padding, dilation, groups, function)
    check_channels(x, weight, share * groups, groups, function)
    check_groups(x.array.shape[1], outputs, groups, function, of_weight=True)
    check_bias(bias, outputs, weight, function)
    if padding_mode != "zeros":
        x, geometry = _fill_borders(x, geometry, padding_mode, function)
    size = x.array.shape[2:]
    if cover_all:
        geometry = cover_all_padding(geometry, size, kernel)
    conv_output_size(geometry, size, kernel, function)

    y = Conv.apply(x, cast(weight, x.dtype), None if bias is None else cast(bias, x.dtype), geometry)
    return y if had_batch else y.squeeze(0)


# def conv1d, def conv2d, def conv3d:
conv1d, conv2d, conv3d = ranks(conv)


def _without_padding(geometry: ConvGeometry) -> ConvGeometry:
    return geometry._replace(padding=((0, 0),) * geometry.ndim)


def _fill_borders(x: Tensor, geometry: ConvGeometry, mode: str, function: str) -> tuple[Tensor, ConvGeometry]:
    """Pad by copies of the input's own cells, which leaves nothing for zeros to pad."""
    if mode not in SIDES:
        raise refusal("conv.border_mode", function, mode=mode)
    size, padding = x.shape[2:], geometry.padding
    most = tuple(most_cells(mode, n) for n in size)
    if any(max(pair) > cells for pair, cells in zip(padding, most)):
        raise refusal("conv.border", function, padding=padding, size=show_size(size), mode=mode, most=most)
    amounts = [n for pair in reversed(padding) for n in pair]
    return pad(x, amounts, mode), _without_padding(geometry)


@checked
def conv_transpose(
    ndim: int, input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1, padding: Any = 0,
    output_padding: Any = 0, groups: int = 1, dilation: Any = 1, *, output_size: Sequence[int] | None = None,
) -> Tensor:  # fmt: skip
    """{ndim}-d transposed convolution: the adjoint (not the inverse) of a convolution with the same arguments.

    Parameters
    ----------
    input : Tensor
        ``(N, C_in, {axes})`` or ``(C_in, {axes})``.
    weight : Tensor
        ``(C_in, C_out/groups, {taps})``: the weight of the convolution that it transposes.
    output_padding : int or tuple
        Which of the several sizes that the convolution maps to the input's to give; below stride or dilation.
    output_size : sequence of int, optional
        That size itself.

    Returns
    -------
    Tensor
        ``(N, C_out, ...)`` with ``(i - 1)*stride - 2*padding + dilation*(k - 1) + output_padding + 1`` cells
        where the input has ``i`` and the kernel ``k``.

    Raises
    ------
    RuntimeError
        If channels do not fit, or the output padding is too large.
    ValueError
        If `output_size` cannot be reached.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.conv_transpose1d(tc.tensor([[[1.0, 10.0]]]), tc.tensor([[[1.0, 2.0, 3.0]]]), stride=2)
    tensor([[[ 1.,  2., 13., 20., 30.]]])
    """
    function = f"conv_transpose{ndim}d"
    x, had_batch = batched(input, ndim, function)
    check_weight(weight, ndim, function)
    spatial, kernel = x.shape[2:], weight.shape[2:]
    geometry = conv_geometry(kernel, stride, padding, dilation, groups, function)
    channels = weight.shape[1] * groups
    check_channels(x, weight, weight.shape[0], groups, function)
    check_groups(x.shape[1], channels, groups, function, of_weight=True)
    check_bias(bias, channels, weight, function)
    size = transposed_geometry(geometry, spatial, kernel, output_padding, output_size, function)

    w, b = cast(weight, x.dtype), None if bias is None else cast(bias, x.dtype)
    if geometry.output_size(size, kernel) == spatial:
        y = ConvInputGrad.apply(x, w, b, geometry, size)
    else:
        y = _spread_and_crop(x, w, geometry, size)
        y = y if b is None else y + b.reshape((-1,) + (1,) * ndim)
    return y if had_batch else y.squeeze(0)


# def conv_transpose1d, def conv_transpose2d, def conv_transpose3d:
conv_transpose1d, conv_transpose2d, conv_transpose3d = ranks(conv_transpose)


def _spread_and_crop(x: Tensor, w: Tensor, geometry: ConvGeometry, size: tuple[int, ...]) -> Tensor:
    """A transposed convolution whose output the convolution would not map back to the input's size.

    That is so for an output padding of a whole stride or more (allowed where the dilation is larger).
    Spread without padding, then cut the cells ``lo .. lo + o`` out of the result.
    """
    spans = [
        (i - 1) * s + d * (k - 1) + 1
        for i, s, d, k in zip(x.shape[2:], geometry.stride, geometry.dilation, w.shape[2:])
    ]
    y = ConvInputGrad.apply(x, w, None, _without_padding(geometry), tuple(spans))
    starts = [lo for lo, _ in geometry.padding]
    missing = [max(0, lo + o - n) for lo, o, n in zip(starts, size, spans)]
    y = pad(y, [n for m in reversed(missing) for n in (0, m)])
    return y[(slice(None),) * 2 + tuple(slice(lo, lo + o) for lo, o in zip(starts, size))]
