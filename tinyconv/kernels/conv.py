"""The three convolution kernels, for any array library and any number of spatial axes.

Cross-correlation, the kernel not flipped (:mod:`.conv_simple` has the formula), is linear in ``x`` and in ``w``,
and its two adjoints are the other kernels:

    <convolve(x, w), gy>  =  <x, convolve_input_grad(gy, w)>  =  <w, convolve_weight_grad(x, gy)>

So these three are also one another's derivatives, to any order, and ``convolve_input_grad`` is the
transposed convolution.

Here it is only chosen who computes: a CUDA kernel, the fast code for a CPU, or the textbook form.  Sizes are not
checked again: whoever calls has done so (``tinyconv/ops/conv.py``).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from types import ModuleType

import numpy as np

from ..backend import Array, get_array_module
from . import cuda
from .conv_simple import simple_convolve, simple_input_grad, simple_weight_grad
from .geometry import ConvGeometry

__all__ = ["convolve", "convolve_input_grad", "convolve_weight_grad"]


def convolve(x: Array, w: Array, geometry: ConvGeometry, bias: Array | None = None) -> Array:
    """Slide the kernels `w` over `x`.

    Parameters
    ----------
    x : array, shape (N, C_in, *D)
        Input with one or more spatial axes.
    w : array, shape (C_out, C_in / groups, *K)
        Kernels.
    geometry : ConvGeometry
        Stride, padding, dilation, groups.
    bias : array, shape (C_out,), optional
        Added to each output channel.

    Returns
    -------
    array, shape (N, C_out, *O)
        C-contiguous, of `x`'s dtype; ``O`` is ``geometry.output_size(D, K)``.

    Examples
    --------
    The tutorial's 19 = 0*0 + 1*1 + 3*2 + 4*3:

    >>> import numpy as np
    >>> from tinyconv.kernels.geometry import conv_geometry
    >>> x = np.arange(9.0).reshape(1, 1, 3, 3)
    >>> w = np.arange(4.0).reshape(1, 1, 2, 2)
    >>> convolve(x, w, conv_geometry((2, 2)))[0, 0]
    array([[19., 25.],
           [37., 43.]])
    """
    if cuda.depthwise_available_for(x, w.shape, geometry):
        return cuda.depthwise(x, w, geometry, bias)
    if get_array_module(x) is np:
        return _on_cpu().convolve(x, w, geometry, bias)
    return _add_bias(simple_convolve(x, w, geometry), bias)


def convolve_input_grad(
    gy: Array, w: Array, geometry: ConvGeometry, input_size: Sequence[int], bias: Array | None = None
) -> Array:
    """Spread `gy` back over the cells it was computed from: the transposed convolution.

    Parameters
    ----------
    gy : array, shape (N, C_out, *O)
        What arrived at each output cell.
    w : array, shape (C_out, C_in / groups, *K)
        Kernels.
    geometry : ConvGeometry
        Of the convolution that this is the adjoint of.
    input_size : tuple of int
        ``D``.  Several sizes may give the same ``O`` when the stride does not divide.
    bias : array, shape (C_in,), optional
        Added to each channel of the result, as the transposed convolution does.

    Returns
    -------
    array, shape (N, C_in, *D)
        C-contiguous, of `gy`'s dtype.

    Examples
    --------
    >>> import numpy as np
    >>> from tinyconv.kernels.geometry import conv_geometry
    >>> gy, w = np.array([[[1.0, 10.0]]]), np.array([[[1.0, 2.0, 3.0]]])
    >>> convolve_input_grad(gy, w, conv_geometry((3,), stride=2), (5,))
    array([[[ 1.,  2., 13., 20., 30.]]])
    """
    if cuda.depthwise_available_for(gy, w.shape, geometry):
        return cuda.depthwise_input_grad(gy, w, geometry, input_size, bias)
    if get_array_module(gy) is np:
        return _on_cpu().convolve_input_grad(gy, w, geometry, tuple(input_size), bias)
    return _add_bias(simple_input_grad(gy, w, geometry, input_size), bias)


def convolve_weight_grad(x: Array, gy: Array, geometry: ConvGeometry, kernel_size: Sequence[int]) -> Array:
    """Sum, for each weight, the products of what it read and what arrived where it wrote.

    Parameters
    ----------
    x : array, shape (N, C_in, *D)
        Input of the convolution.
    gy : array, shape (N, C_out, *O)
        What arrived at each output cell.
    geometry : ConvGeometry
        Of the convolution.
    kernel_size : tuple of int
        ``K``.

    Returns
    -------
    array, shape (C_out, C_in / groups, *K)
        C-contiguous, of `gy`'s dtype.

    Examples
    --------
    >>> import numpy as np
    >>> from tinyconv.kernels.geometry import conv_geometry
    >>> x, gy = np.array([[[1.0, 2.0, 3.0]]]), np.array([[[1.0, 10.0]]])
    >>> convolve_weight_grad(x, gy, conv_geometry((2,)), (2,))
    array([[[21., 32.]]])
    """
    w_shape = (gy.shape[1], x.shape[1] // geometry.groups, *kernel_size)
    if cuda.depthwise_available_for(gy, w_shape, geometry):
        return cuda.depthwise_weight_grad(x, gy, geometry, kernel_size)
    if get_array_module(x) is np:
        return _on_cpu().convolve_weight_grad(x, gy, geometry, tuple(kernel_size))
    return simple_weight_grad(x, gy, geometry, kernel_size)


@functools.cache
def _on_cpu() -> ModuleType:
    from . import conv_cpu  # here: with what it brings it takes a tenth of the time of importing tinyconv

    return conv_cpu


def _add_bias(y: Array, bias: Array | None) -> Array:
    if bias is not None:
        y += bias.astype(y.dtype).reshape(-1, *[1] * (y.ndim - 2))
    return y
