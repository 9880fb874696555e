"""Convolution and transposed convolution: three primitives that are one another's derivatives.

A convolution is linear in its input and in its kernel, so its two gradients are trilinear partners::

    y  = Conv(x, w)             gx = ConvInputGrad(gy, w)       gw = ConvWeightGrad(x, gy)

and each one's derivatives are the other two.  `ConvInputGrad` is also the transposed convolution.
Every convolution of any dimension, forward and backward to any order, is made of these three.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..autograd import Operation, Tensor
from ..backend import Array
from ..errors import layer_name
from ..kernels.conv import col2im, convolve, convolve_input_grad, convolve_weight_grad, im2col
from ..kernels.geometry import (
    ConvGeometry,
    as_tuple,
    conv_geometry,
    conv_output_size,
    cover_all_padding,
    show_size,
    transposed_geometry,
)
from ..language import translate
from .promotion import cast
from .ranks import ranks
from .shape import pad

__all__ = [
    "conv", "conv1d", "conv2d", "conv3d", "conv_transpose", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
    "fold", "unfold",
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


class Im2Col(Operation):
    """Every window as a column, ``(N, C*prod(K), L)``; adjoint of Col2Im."""

    __slots__ = ()

    def forward(self, x: Array, kernel_size: Ints, geometry: ConvGeometry) -> Array:
        return im2col(x, kernel_size, geometry)

    def grad_x(self, g: Tensor, kernel_size: Ints, geometry: ConvGeometry, shape: Ints) -> Tensor:
        return Col2Im.apply(g, shape[2:], kernel_size, geometry)


class Col2Im(Operation):
    """Columns added back to where their windows came from; adjoint of Im2Col."""

    __slots__ = ()

    def forward(self, columns: Array, size: Ints, kernel_size: Ints, geometry: ConvGeometry) -> Array:
        return col2im(columns, size, kernel_size, geometry)

    def grad_columns(self, g: Tensor, kernel_size: Ints, geometry: ConvGeometry) -> Tensor:
        return Im2Col.apply(g, kernel_size, geometry)


# ------------------------------------------------------------------------------ checks


def require_float(x: Tensor, function: str) -> None:
    """Refuse integer and bool input, and what is no Tensor.

    Raises
    ------
    TypeError
        Naming the type.
    RuntimeError
        Naming the dtype, and the conversion that helps.
    """
    if not isinstance(x, Tensor):
        text = "{layer}: expected a Tensor, but got a {kind}; use tinyconv.tensor(...)"
        raise TypeError(translate(text, layer=layer_name(function), kind=type(x).__name__))
    if x.dtype.kind != "f":
        text = (
            '{layer}: "{function}" not implemented for {dtype} input of shape {shape}; it needs floating point '
            "numbers. Use x.float()"
        )
        layer = layer_name(function)
        raise RuntimeError(translate(text, layer=layer, function=function, dtype=x.dtype, shape=x.shape))


def _batched(x: Tensor, ndim: int, function: str) -> tuple[Tensor, bool]:
    """Give unbatched input ``(C, *D)`` a batch dimension; tell whether it had one."""
    if x.ndim not in (ndim + 1, ndim + 2):
        text = (
            "{layer}: Expected {unbatched}D (unbatched) or {batched}D (batched) input to {function}, but got input of "
            "size: {size}. The layout is (N, C, {axes}); use reshape or unsqueeze"
        )
        axes = ", ".join("DHW"[-ndim:] if ndim > 1 else "L")
        ranks = {"unbatched": ndim + 1, "batched": ndim + 2, "size": list(x.shape)}
        raise RuntimeError(translate(text, layer=layer_name(function), function=function, axes=axes, **ranks))
    return (x, True) if x.ndim == ndim + 2 else (x.unsqueeze(0), False)


def _check_channels(x: Tensor, weight: Tensor, expected: int, groups: int, function: str) -> None:
    channels = x.shape[1]
    if channels == expected:
        return
    hint = translate("Use a layer with in_channels={channels}", channels=channels)
    if x.ndim == 4 and x.shape[-1] == expected:
        hint = translate(
            "The last dimension has that size: for an image (H, W, C) use x.permute(2, 0, 1), for (N, H, W, C) "
            "x.permute(0, 3, 1, 2)"
        )
    text = (
        "{layer}: Given groups={groups}, weight of size {weight}, expected input{size} to have {expected} channels, "
        "but got {channels} channels instead: {share} channels per group * {groups} groups = {expected}. {hint}"
    )
    numbers = {"groups": groups, "expected": expected, "channels": channels, "share": expected // groups}
    sizes = {"weight": list(weight.shape), "size": list(x.shape)}
    raise RuntimeError(translate(text, layer=layer_name(function), hint=hint, **numbers, **sizes))


def check_groups(
    in_channels: int, out_channels: int, groups: int, function: str, error: type[Exception] = ValueError
) -> None:
    """Refuse groups that do not divide the channels.

    Raises
    ------
    ValueError, or `error`
        Showing the remainders, and the numbers of groups that would do.  As in PyTorch, a layer's
        arguments are values, and arrays that do not fit meet a RuntimeError.
    """
    for name, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
        if groups < 1 or channels % groups:
            fits = [g for g in range(1, min(in_channels, out_channels) + 1) if in_channels % g == out_channels % g == 0]
            rest = f"{channels} = {channels // groups}*{groups} + {channels % groups}" if groups > 0 else "groups >= 1"
            text = (
                "{layer}: {name} must be divisible by groups, got {name}={channels} and groups={groups} ({rest}). "
                "Use groups in {fits}"
            )
            given = {"name": name, "channels": channels, "groups": groups, "rest": rest}
            raise error(translate(text, layer=layer_name(function), fits=fits, **given))


def _check_bias(bias: Tensor | None, channels: int, weight: Tensor, function: str) -> None:
    if bias is not None and bias.shape != (channels,):
        text = (
            "{layer}: Given weight of size {weight}, expected bias to be 1-dimensional with {channels} elements, but "
            "got bias of size {size} instead"
        )
        sizes = {"weight": list(weight.shape), "channels": channels, "size": list(bias.shape)}
        raise RuntimeError(translate(text, layer=layer_name(function), **sizes))


def _check_weight(weight: Tensor, ndim: int, function: str) -> None:
    if not isinstance(weight, Tensor):
        text = "{layer}: argument 'weight' must be Tensor, not {kind}; use tensor(weight)"
        raise TypeError(translate(text, layer=layer_name(function), kind=type(weight).__name__))
    require_float(weight, function)
    if weight.ndim != ndim + 2 or 0 in weight.shape[2:]:
        text = (
            "{layer}: weight must have {ndim} dimensions, (channels, channels/groups, *kernel_size), none of the "
            "kernel's empty, got {size}"
        )
        raise RuntimeError(translate(text, layer=layer_name(function), ndim=ndim + 2, size=list(weight.shape)))


# ------------------------------------------------------------------------------ as functions


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
    require_float(input, function)
    _check_weight(weight, ndim, function)
    x, batched = _batched(input, ndim, function)
    geometry = conv_geometry(weight.shape[2:], stride, padding, dilation, groups, function)
    _check_channels(x, weight, weight.shape[1] * groups, groups, function)
    check_groups(x.shape[1], weight.shape[0], groups, function, RuntimeError)
    _check_bias(bias, weight.shape[0], weight, function)
    if padding_mode != "zeros":
        x, geometry = _fill_borders(x, geometry, padding_mode, function)
    if cover_all:
        geometry = cover_all_padding(geometry, x.shape[2:], weight.shape[2:])
    conv_output_size(geometry, x.shape[2:], weight.shape[2:], function)
    y = Conv.apply(x, cast(weight, x.dtype), None if bias is None else cast(bias, x.dtype), geometry)
    return y if batched else y.squeeze(0)


conv1d, conv2d, conv3d = ranks(conv)


def _without_padding(geometry: ConvGeometry) -> ConvGeometry:
    return replace(geometry, padding=((0, 0),) * geometry.ndim)


def _fill_borders(x: Tensor, geometry: ConvGeometry, mode: str, function: str) -> tuple[Tensor, ConvGeometry]:
    """Pad by copies of the input's own cells, which leaves nothing for zeros to pad."""
    largest = {
        "reflect": tuple(n - 1 for n in x.shape[2:]),
        "circular": x.shape[2:],
        "replicate": tuple(math.inf if n else 0 for n in x.shape[2:]),
    }.get(mode)
    if largest is None:
        text = "{layer}: padding_mode={mode!r} must be 'zeros', 'reflect', 'replicate' or 'circular'"
        raise ValueError(translate(text, layer=layer_name(function), mode=mode))
    if any(max(pair) > most for pair, most in zip(geometry.padding, largest)):
        text = (
            "{layer}: Padding size should be less than the corresponding input dimension, but got padding={padding} "
            "for spatial size {size}: padding_mode={mode!r} can fill at most {largest} cells on a side. Use that, or "
            "padding_mode='zeros'"
        )
        given = {"padding": geometry.padding, "size": show_size(x.shape[2:]), "mode": mode}
        raise RuntimeError(translate(text, layer=layer_name(function), largest=largest, **given))
    amounts = [n for pair in reversed(geometry.padding) for n in pair]
    return pad(x, amounts, mode), _without_padding(geometry)


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
    require_float(input, function)
    _check_weight(weight, ndim, function)
    x, batched = _batched(input, ndim, function)
    geometry = conv_geometry(weight.shape[2:], stride, padding, dilation, groups, function)
    _check_channels(x, weight, weight.shape[0], groups, function)
    check_groups(x.shape[1], weight.shape[1] * groups, groups, function, RuntimeError)
    _check_bias(bias, weight.shape[1] * groups, weight, function)
    spatial, kernel = x.shape[2:], weight.shape[2:]
    size = transposed_geometry(geometry, spatial, kernel, output_padding, output_size, function)
    w, b = cast(weight, x.dtype), None if bias is None else cast(bias, x.dtype)
    if geometry.output_size(size, kernel) == spatial:
        y = ConvInputGrad.apply(x, w, b, geometry, size)
    else:
        y = _spread_and_crop(x, w, geometry, size)
        y = y if b is None else y + b.reshape((-1,) + (1,) * ndim)
    return y if batched else y.squeeze(0)


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


def unfold(input: Tensor, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Tensor:
    """Lay out every window of ``(N, C, *D)`` as a column: ``(N, C*prod(kernel_size), L)`` (im2col).

    A 3-d input is a batch of 1-d signals; PyTorch would take it for one unbatched image.

    Raises
    ------
    RuntimeError
        If the input is not of floats, has no spatial axis, or is smaller than the kernel.
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x = tc.arange(9).reshape(1, 1, 3, 3).float()
    >>> tc.nn.functional.unfold(x, 2)[0, :, 0]
    tensor([0., 1., 3., 4.])
    """
    require_float(input, "unfold")
    if input.ndim < 3:
        text = "{layer}: expected input (N, C, *D) with at least 3 dimensions, got {size}; use unsqueeze"
        raise RuntimeError(translate(text, layer=layer_name("unfold"), size=list(input.shape)))
    kernel = as_tuple(kernel_size, input.ndim - 2, "kernel_size", function="unfold")
    geometry = conv_geometry(kernel, stride, padding, dilation, function="unfold")
    conv_output_size(geometry, input.shape[2:], kernel, "unfold")
    return Im2Col.apply(input, kernel, geometry)


def fold(
    input: Tensor,
    output_size: Sequence[int],
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Tensor:
    """Add columns ``(N, C*prod(kernel_size), L)`` back to ``(N, C, *output_size)`` (col2im), the adjoint of unfold.

    Raises
    ------
    RuntimeError
        If `input` is not of floats, or has not one column for every window of `output_size`.
    TypeError
        If `output_size` is no sequence.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.fold(tc.ones(1, 4, 4), (3, 3), 2)[0, 0]
    tensor([[1., 2., 1.],
            [2., 4., 2.],
            [1., 2., 1.]])
    """
    require_float(input, "fold")
    if not isinstance(output_size, Sequence):
        text = (
            "{layer}: output_size={size!r} must be a sequence with one size per spatial axis, such as ({size}, {size})"
        )
        raise TypeError(translate(text, layer=layer_name("fold"), size=output_size))
    size = tuple(output_size)
    kernel = as_tuple(kernel_size, len(size), "kernel_size", function="fold")
    geometry = conv_geometry(kernel, stride, padding, dilation, function="fold")
    windows = conv_output_size(geometry, size, kernel, "fold")
    taps, expected = math.prod(kernel), math.prod(windows)
    if input.ndim != 3 or input.shape[1] % taps or input.shape[2] != expected:
        text = (
            "{layer}: Given output_size={output}, kernel_size={kernel}, dilation={dilation}, padding={padding}, "
            "stride={stride}, expected input (N, C*{taps}, {expected}) with {windows} = {expected} windows, but got "
            "{size}"
        )
        options = {"output": size, "kernel": kernel, "dilation": dilation, "padding": padding, "stride": stride}
        counts = {"taps": taps, "expected": expected, "windows": show_size(windows), "size": list(input.shape)}
        raise RuntimeError(translate(text, layer=layer_name("fold"), **options, **counts))
    return Col2Im.apply(input, size, kernel, geometry)
