"""Convolution *mirrored*, at stride 1 and to few outputs: each input cell is spread over the outputs that read it.

Read backwards, such a convolution is the input gradient of one from few channels to many, with its kernel turned
around and ``d*(k - 1) - pad`` zeros.  So all three kernels are those of :mod:`.conv_columns` with the roles changed,
and what is copied are the few channels of the output, not the many of the input.
"""

from __future__ import annotations

import numpy as np

from .conv_columns import convolve_by_columns, input_grad_by_columns, weight_grad_by_columns
from .geometry import ConvGeometry, Ints

__all__ = ["can_be_mirrored", "convolve_mirrored", "input_grad_mirrored", "weight_grad_mirrored"]


def convolve_mirrored(
    x: np.ndarray, w: np.ndarray, geometry: ConvGeometry, bias: np.ndarray | None, y: np.ndarray
) -> None:
    """Spread `x`, as an input gradient does.

    Examples
    --------
    >>> from tinyconv.kernels.geometry import conv_geometry
    >>> x, w, y = np.array([[[1.0, 2, 4]]]), np.array([[[1.0, 10]]]), np.empty((1, 1, 2))
    >>> convolve_mirrored(x, w, conv_geometry((2,)), None, y)
    >>> y
    array([[[21., 42.]]])
    """
    input_grad_by_columns(x, _mirrored(w, geometry.groups), _from_outputs(geometry, w.shape[2:]), bias, y)


def input_grad_mirrored(
    gy: np.ndarray, w: np.ndarray, geometry: ConvGeometry, bias: np.ndarray | None, gx: np.ndarray
) -> None:
    """Slide the mirrored kernels over `gy`.

    Examples
    --------
    >>> from tinyconv.kernels.geometry import conv_geometry
    >>> gy, w, gx = np.ones((1, 1, 2)), np.array([[[1.0, 10]]]), np.empty((1, 1, 3))
    >>> input_grad_mirrored(gy, w, conv_geometry((2,)), None, gx)
    >>> gx
    array([[[ 1., 11., 10.]]])
    """
    convolve_by_columns(gy, _mirrored(w, geometry.groups), _from_outputs(geometry, w.shape[2:]), bias, gx)


def weight_grad_mirrored(x: np.ndarray, gy: np.ndarray, geometry: ConvGeometry, w_shape: Ints) -> np.ndarray:
    """Exchange what is read and what arrives, and mirror the result.

    Examples
    --------
    >>> from tinyconv.kernels.geometry import conv_geometry
    >>> x, gy = np.array([[[1.0, 2, 4]]]), np.array([[[1.0, 10]]])
    >>> weight_grad_mirrored(x, gy, conv_geometry((2,)), (1, 1, 2))
    array([[[21., 42.]]])
    """
    groups, kernel = geometry.groups, w_shape[2:]
    shape = (x.shape[1], w_shape[0] // groups, *kernel)
    return _mirrored(weight_grad_by_columns(gy, x, _from_outputs(geometry, kernel), shape), groups)


def can_be_mirrored(geometry: ConvGeometry, kernel: Ints) -> bool:
    """Is every stride 1, and no padding wider than the kernel reaches?

    Examples
    --------
    >>> from tinyconv.kernels.geometry import conv_geometry
    >>> can_be_mirrored(conv_geometry((3,), padding=2), (3,)), can_be_mirrored(conv_geometry((3,), padding=3), (3,))
    (True, False)
    """
    return max(geometry.stride) == 1 and min(map(min, _from_outputs(geometry, kernel).padding)) >= 0


def _from_outputs(geometry: ConvGeometry, kernel: Ints) -> ConvGeometry:
    spans = [d * (k - 1) for d, k in zip(geometry.dilation, kernel)]
    return geometry._replace(padding=tuple((s - lo, s - hi) for s, (lo, hi) in zip(spans, geometry.padding)))


def _mirrored(w: np.ndarray, groups: int) -> np.ndarray:
    """Turn every kernel around; ``(g * o, c, *K) -> (g * c, o, *K)``."""
    o, c, *kernel = len(w) // groups, *w.shape[1:]
    turned = np.flip(w, tuple(range(2, w.ndim))).reshape(groups, o, c, *kernel).swapaxes(1, 2)
    return np.ascontiguousarray(turned).reshape(groups * c, o, *kernel)
