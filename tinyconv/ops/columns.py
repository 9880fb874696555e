"""Windows laid out as the columns of a matrix, and added back: unfold (im2col) and fold (col2im)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..arguments import checked
from ..autograd import Operation, Tensor
from ..backend import Array
from ..errors import refusal
from ..kernels.conv_simple import col2im, im2col
from ..kernels.geometry import ConvGeometry, as_tuple, conv_geometry, conv_output_size, show_size
from .dtype import require_float

__all__ = ["fold", "unfold"]

Ints = tuple[int, ...]


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


@checked
def unfold(input: Tensor, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Tensor:
    """Lay out every window of ``(N, C, *D)`` as a column: ``(N, C*prod(kernel_size), L)`` (im2col).

    A 3-d input is one image ``(C, H, W)`` without a batch, unless `kernel_size` has one entry alone: then a batch of
    1-d signals, which PyTorch does not take.

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
        raise refusal("unfold.no_space", "unfold", size=list(input.shape))
    if input.ndim == 3 and not (isinstance(kernel_size, Sequence) and len(kernel_size) == 1):
        return unfold(input.unsqueeze(0), kernel_size, dilation, padding, stride)[0]
    kernel = as_tuple(kernel_size, input.ndim - 2, "kernel_size", function="unfold")
    geometry = conv_geometry(kernel, stride, padding, dilation, function="unfold")
    conv_output_size(geometry, input.shape[2:], kernel, "unfold")
    return Im2Col.apply(input, kernel, geometry)


@checked
def fold(
    input: Tensor,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Tensor:
    """Add columns ``(N, C*prod(kernel_size), L)`` back to ``(N, C, *output_size)`` (col2im), the adjoint of unfold.

    Columns without a batch, ``(C*prod(kernel_size), L)``, give one image without a batch.

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
        raise refusal("fold.output_size", "fold", size=output_size)
    if input.ndim == 2:
        return fold(input.unsqueeze(0), output_size, kernel_size, dilation, padding, stride)[0]
    size = tuple(output_size)
    kernel = as_tuple(kernel_size, len(size), "kernel_size", function="fold")
    geometry = conv_geometry(kernel, stride, padding, dilation, function="fold")
    windows = conv_output_size(geometry, size, kernel, "fold")
    taps, expected = math.prod(kernel), math.prod(windows)
    if input.ndim != 3 or input.shape[1] % taps or input.shape[2] != expected:
        options = {"output": size, "kernel": kernel, "dilation": dilation, "padding": padding, "stride": stride}
        counts = {"taps": taps, "expected": expected, "windows": show_size(windows), "size": list(input.shape)}
        raise refusal("fold.input", "fold", **options, **counts)
    return Col2Im.apply(input, size, kernel, geometry)
