"""Deformable convolution in plain Python loops, written from its definition.

Dai et al., "Deformable Convolutional Networks" (2017), and Zhu et al., "Deformable ConvNets v2" (2018),
for the mask; the order of the offset channels is torchvision's: group, tap, then (y, x).
"""

from __future__ import annotations

import itertools
import math

import numpy as np


def sample(plane, y: float, x: float) -> float:
    """Interpolate between the four cells around a point; cells outside count as 0."""
    total = 0.0
    for r in (math.floor(y), math.floor(y) + 1):
        for c in (math.floor(x), math.floor(x) + 1):
            if 0 <= r < plane.shape[0] and 0 <= c < plane.shape[1]:
                total += float(plane[r, c]) * (1 - abs(y - r)) * (1 - abs(x - c))
    return total


def deform_conv2d(x, offset, weight, stride, padding, dilation, mask=None):
    (n, c_in, _, _), (c_out, c_group, k_h, k_w) = x.shape, weight.shape
    o_h, o_w = offset.shape[2:]
    offset_groups = offset.shape[1] // (2 * k_h * k_w)
    channels_per_offset, out_per_group = c_in // offset_groups, c_out // (c_in // c_group)
    y = np.zeros((n, c_out, o_h, o_w))
    for b, co, i, j in itertools.product(range(n), range(c_out), range(o_h), range(o_w)):
        for cw, kh, kw in itertools.product(range(c_group), range(k_h), range(k_w)):
            ci = co // out_per_group * c_group + cw
            tap = ci // channels_per_offset * k_h * k_w + kh * k_w + kw
            row = i * stride[0] - padding[0] + kh * dilation[0] + offset[b, 2 * tap, i, j]
            column = j * stride[1] - padding[1] + kw * dilation[1] + offset[b, 2 * tap + 1, i, j]
            strength = 1.0 if mask is None else mask[b, tap, i, j]
            y[b, co, i, j] += weight[co, cw, kh, kw] * strength * sample(x[b, ci], row, column)
    return y
