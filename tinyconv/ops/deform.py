"""Deformable convolution: a convolution whose taps are moved by learnt offsets."""

from __future__ import annotations

import math
from typing import Any

from ..arguments import checked
from ..autograd import Tensor, whole
from ..backend import get_array_module
from ..errors import refusal
from ..kernels.geometry import conv_geometry, conv_output_size
from ..kernels.sampling import bilinear_corners, tap_positions
from .checks import check_bias, check_channels, check_groups, check_weight
from .dtype import cast, require_float
from .pool import TakeFlat
from .unary import clamp

__all__ = ["deform_conv2d"]


@checked
@whole
def deform_conv2d(
    input: Tensor,
    offset: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    mask: Tensor | None = None,
) -> Tensor:
    """Convolve with every tap moved by its own offset, sampled bilinearly.

    Parameters
    ----------
    input : Tensor
        ``(N, C_in, H, W)``.
    offset : Tensor
        ``(N, 2*offset_groups*kH*kW, H_out, W_out)``: per tap a (y, x) pair, in cells.
    weight : Tensor
        ``(C_out, C_in/groups, kH, kW)``; groups follow from the channels.
    mask : Tensor, optional
        ``(N, offset_groups*kH*kW, H_out, W_out)``: a factor for each tap (version 2).

    Returns
    -------
    Tensor
        ``(N, C_out, H_out, W_out)``.

    Raises
    ------
    RuntimeError
        If a shape does not fit.

    References
    ----------
    J. Dai et al., "Deformable Convolutional Networks", ICCV 2017; X. Zhu et al., "Deformable ConvNets
    v2", CVPR 2019.  The layout is torchvision's.

    Examples
    --------
    Whole-number offsets shift the taps:

    >>> import tinyconv as tc
    >>> x = tc.arange(9).reshape(1, 1, 3, 3).float()
    >>> offset = tc.zeros(1, 2, 3, 3)
    >>> offset[:, 1] = 1.0
    >>> tc.nn.functional.deform_conv2d(x, offset, tc.ones(1, 1, 1, 1))[0, 0]
    tensor([[1., 2., 0.],
            [4., 5., 0.],
            [7., 8., 0.]])
    """
    function = "deform_conv2d"
    require_float(input, function)
    check_weight(weight, 2, function)
    if input.ndim != 4:
        raise refusal("deform.input", function, size=list(input.shape))
    groups = max(1, input.shape[1] // weight.shape[1])
    check_channels(input, weight, weight.shape[1] * groups, groups, function)
    check_groups(input.shape[1], weight.shape[0], groups, function, of_weight=True)
    check_bias(bias, weight.shape[0], weight, function)
    kernel = weight.shape[2:]
    geometry = conv_geometry(kernel, stride, padding, dilation, groups, function)
    out = conv_output_size(geometry, input.shape[2:], kernel, function)
    offset_groups = _check_offset(input, offset, mask, kernel, out, function)

    samples = _sample(input, offset, kernel, out, offset_groups, geometry)  # (N, G_off, C/G_off, K, L)
    if mask is not None:
        factors = cast(mask, input.dtype)
        samples = samples * factors.reshape(len(mask), offset_groups, 1, math.prod(kernel), math.prod(out))
    n, c_out, taps = len(input), weight.shape[0], math.prod(weight.shape[1:])
    columns = samples.reshape(n, groups, taps, math.prod(out))
    matrix = cast(weight, input.dtype).reshape(1, groups, c_out // groups, taps)
    y = (matrix @ columns).reshape((n, c_out) + out)
    return y if bias is None else y + cast(bias, y.dtype).reshape(1, -1, 1, 1)


def _sample(x: Tensor, offset: Tensor, kernel: Any, out: Any, offset_groups: int, geometry: Any) -> Tensor:
    """Read every moved tap: ``(N, G_off, C/G_off, prod(K), prod(O))``."""
    n, channels, height, width = x.shape
    taps, cells = math.prod(kernel), math.prod(out)
    base_y, base_x = tap_positions(geometry, kernel, out, get_array_module(x.array), x.dtype)
    moved = cast(offset, x.dtype).reshape(n * offset_groups, taps, 2, cells)
    # a point outside [-1, size] sees no cell; clamped there it still sees none, and its index stays small
    y = clamp(moved[:, :, 0] + Tensor._of(base_y), -1, height)
    x_ = clamp(moved[:, :, 1] + Tensor._of(base_x), -1, width)
    floor_y, floor_x, corners = bilinear_corners(y.array, x_.array, (height, width))
    fy, fx = y - Tensor._of(floor_y), x_ - Tensor._of(floor_x)
    planes = x.reshape(n * offset_groups, channels // offset_groups, height, width)
    total: Any = 0.0
    for dy, dx, index, inside in corners:
        weight = (fy if dy else 1.0 - fy) * (fx if dx else 1.0 - fx) * Tensor._of(inside)
        corner = TakeFlat.apply(planes, Tensor._of(index).unsqueeze(1))
        total = total + corner * weight.unsqueeze(1)
    return total.reshape(n, offset_groups, channels // offset_groups, taps, cells)


def _check_offset(x: Tensor, offset: Tensor, mask: Tensor | None, kernel: Any, out: Any, function: str) -> int:
    """Give the number of offset groups, or say what does not fit."""
    n, channels, taps = x.shape[0], x.shape[1], math.prod(kernel)
    offset_groups = offset.shape[1] // (2 * taps) if offset.ndim == 4 else 0
    if offset.shape != (n, 2 * offset_groups * taps) + out or offset_groups < 1 or channels % offset_groups:
        sizes = {"n": n, "pairs": 2 * taps, "height": out[0], "width": out[1], "channels": channels}
        raise refusal("deform.offset", function, offset=offset, **sizes)
    expected = (n, offset_groups * taps) + out
    if mask is not None and mask.shape != expected:
        raise refusal("deform.mask", function, expected=expected, mask=mask)
    return offset_groups
