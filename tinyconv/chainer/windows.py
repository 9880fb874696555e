"""Chainer's functions whose window slides: convolution, transposed convolution, pooling.

Those of 1, 2 and 3 axes also take input without a batch, ``(C, *D)``; those of n axes read n off the arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import ops
from ..errors import refusal
from .variable import Variable, as_result, as_variable, optional

__all__ = [
    "average_pooling_1d", "average_pooling_2d", "average_pooling_3d", "average_pooling_nd", "convolution_1d",
    "convolution_2d", "convolution_3d", "convolution_nd", "deconvolution_1d", "deconvolution_2d", "deconvolution_3d",
    "deconvolution_nd", "max_pooling_1d", "max_pooling_2d", "max_pooling_3d", "max_pooling_nd",
]  # fmt: skip


# ------------------------------------------------------------------------------ convolution


def _convolution(
    ndim: int, x: Any, W: Any, b: Any = None, stride: Any = 1, pad: Any = 0, cover_all: bool = False, dilate: Any = 1,
    groups: int = 1,
) -> Variable:  # fmt: skip
    options = (stride, pad, dilate, groups, cover_all)
    return as_result(ops.conv(as_variable(x), as_variable(W), optional(b), *options, ndim=ndim))


def _deconvolution(
    ndim: int, x: Any, W: Any, b: Any = None, stride: Any = 1, pad: Any = 0, outsize: Sequence[int] | None = None,
    dilate: Any = 1, groups: int = 1,
) -> Variable:  # fmt: skip
    options = (stride, pad, 0, groups, dilate)
    arrays = (as_variable(x), as_variable(W), optional(b))
    return as_result(ops.conv_transpose(*arrays, *options, ndim=ndim, output_size=outsize))


def convolution_nd(
    x: Any, W: Any, b: Any = None, stride: Any = 1, pad: Any = 0, cover_all: bool = False, dilate: Any = 1,
    groups: int = 1,
) -> Variable:  # fmt: skip
    """Convolution of ``(N, C_in, *D)`` with ``(C_out, C_in/groups, *K)``, over as many axes as W has.

    Parameters
    ----------
    cover_all : bool
        Whether to add windows at the end until every input cell is seen:
        ``o = (i + 2p - k + s - 1)//s + 1`` instead of ``(i + 2p - k)//s + 1``.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.arange(25, dtype=np.float32).reshape(1, 1, 5, 5)
    >>> convolution_nd(x, np.ones((1, 1, 2, 2), np.float32), stride=2, cover_all=True).array[0, 0]
    array([[12., 20., 13.],
           [52., 60., 33.],
           [41., 45., 24.]], dtype=float32)
    """
    return _convolution(as_variable(W).ndim - 2, x, W, b, stride, pad, cover_all, dilate, groups)


def convolution_1d(x: Any, W: Any, b: Any = None, *args: Any, **kwargs: Any) -> Variable:
    """Convolution of ``(N, C_in, L)`` with ``(C_out, C_in/groups, K)``; see :func:`convolution_nd`.

    Examples
    --------
    >>> import numpy as np
    >>> convolution_1d(np.ones((1, 1, 5), np.float32), np.ones((1, 1, 3), np.float32)).array
    array([[[3., 3., 3.]]], dtype=float32)
    """
    return _convolution(1, x, W, b, *args, **kwargs)


def convolution_2d(x: Any, W: Any, b: Any = None, *args: Any, **kwargs: Any) -> Variable:
    """Convolution of ``(N, C_in, H, W)`` with ``(C_out, C_in/groups, kH, kW)``; see :func:`convolution_nd`.

    Examples
    --------
    >>> import numpy as np
    >>> convolution_2d(np.ones((1, 1, 5, 5), np.float32), np.ones((1, 1, 3, 3), np.float32), stride=2).shape
    (1, 1, 2, 2)
    """
    return _convolution(2, x, W, b, *args, **kwargs)


def convolution_3d(x: Any, W: Any, b: Any = None, *args: Any, **kwargs: Any) -> Variable:
    """Convolution of ``(N, C_in, D, H, W)`` with ``(C_out, C_in/groups, kD, kH, kW)``; see :func:`convolution_nd`.

    Examples
    --------
    >>> import numpy as np
    >>> convolution_3d(np.ones((1, 1, 3, 4, 5), np.float32), np.ones((1, 1, 2, 2, 2), np.float32)).shape
    (1, 1, 2, 3, 4)
    """
    return _convolution(3, x, W, b, *args, **kwargs)


def deconvolution_nd(
    x: Any, W: Any, b: Any = None, stride: Any = 1, pad: Any = 0, outsize: Sequence[int] | None = None,
    dilate: Any = 1, groups: int = 1,
) -> Variable:  # fmt: skip
    """Transposed convolution of ``(N, C_in, *D)`` with ``(C_in, C_out/groups, *K)``.

    Parameters
    ----------
    outsize : sequence of int, optional
        The result's spatial size, where the stride leaves a choice.

    Examples
    --------
    >>> import numpy as np
    >>> x, W = np.array([[[1.0, 10.0]]], np.float32), np.array([[[1.0, 2.0, 3.0]]], np.float32)
    >>> deconvolution_nd(x, W, stride=2).array
    array([[[ 1.,  2., 13., 20., 30.]]], dtype=float32)
    """
    return _deconvolution(as_variable(W).ndim - 2, x, W, b, stride, pad, outsize, dilate, groups)


def deconvolution_1d(x: Any, W: Any, b: Any = None, *args: Any, **kwargs: Any) -> Variable:
    """Transposed convolution of ``(N, C_in, L)``; see :func:`deconvolution_nd`.

    Examples
    --------
    >>> import numpy as np
    >>> deconvolution_1d(np.ones((1, 1, 3), np.float32), np.ones((1, 1, 2), np.float32)).array
    array([[[1., 2., 2., 1.]]], dtype=float32)
    """
    return _deconvolution(1, x, W, b, *args, **kwargs)


def deconvolution_2d(x: Any, W: Any, b: Any = None, *args: Any, **kwargs: Any) -> Variable:
    """Transposed convolution of ``(N, C_in, H, W)``; see :func:`deconvolution_nd`.

    Examples
    --------
    >>> import numpy as np
    >>> deconvolution_2d(np.ones((1, 1, 3, 3), np.float32), np.ones((1, 2, 3, 3), np.float32)).shape
    (1, 2, 5, 5)
    """
    return _deconvolution(2, x, W, b, *args, **kwargs)


def deconvolution_3d(x: Any, W: Any, b: Any = None, *args: Any, **kwargs: Any) -> Variable:
    """Transposed convolution of ``(N, C_in, D, H, W)``; see :func:`deconvolution_nd`.

    Examples
    --------
    >>> import numpy as np
    >>> deconvolution_3d(np.ones((1, 1, 2, 2, 2), np.float32), np.ones((1, 2, 3, 3, 3), np.float32)).shape
    (1, 2, 4, 4, 4)
    """
    return _deconvolution(3, x, W, b, *args, **kwargs)


# ------------------------------------------------------------------------------ pooling


def _max_pooling(ndim: int, x: Any, ksize: Any, stride: Any, pad: Any, cover_all: bool) -> Variable:
    return as_result(ops.max_pool(as_variable(x), ksize, stride, pad, cover_all=cover_all, ndim=ndim))


def _average_pooling(ndim: int, x: Any, ksize: Any, stride: Any, pad: Any, pad_value: float | None) -> Variable:
    if pad_value not in (0, None):
        raise refusal("chainer.pad_value", "average_pooling", value=pad_value)
    return as_result(ops.avg_pool(as_variable(x), ksize, stride, pad, count_include_pad=pad_value == 0, ndim=ndim))


def max_pooling_nd(x: Any, ksize: Any, stride: Any = None, pad: Any = 0, cover_all: bool = True) -> Variable:
    """Largest value of each window of ``(N, C, *D)``, over as many axes as x has after the channels.

    Parameters
    ----------
    stride : int or tuple, optional
        Defaults to `ksize`.
    cover_all : bool
        Whether every input cell must be in a window: ``o = (i + 2p - k + s - 1)//s + 1``.  True is Chainer's
        default; PyTorch's default is this function with False, and its ``ceil_mode`` is a third rule.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.arange(5, dtype=np.float32).reshape(1, 1, 5)
    >>> max_pooling_nd(x, 2).array, max_pooling_nd(x, 2, cover_all=False).array
    (array([[[1., 3., 4.]]], dtype=float32), array([[[1., 3.]]], dtype=float32))
    """
    x = as_variable(x)
    return _max_pooling(x.ndim - 2, x, ksize, stride, pad, cover_all)


def max_pooling_1d(x: Any, ksize: Any, stride: Any = None, pad: Any = 0, cover_all: bool = True) -> Variable:
    """Largest value of each window of ``(N, C, L)``; see :func:`max_pooling_nd`.

    Examples
    --------
    >>> import numpy as np
    >>> max_pooling_1d(np.ones((1, 1, 5), np.float32), 2).shape
    (1, 1, 3)
    """
    return _max_pooling(1, x, ksize, stride, pad, cover_all)


def max_pooling_2d(x: Any, ksize: Any, stride: Any = None, pad: Any = 0, cover_all: bool = True) -> Variable:
    """Largest value of each window of ``(N, C, H, W)``; see :func:`max_pooling_nd`.

    Examples
    --------
    >>> import numpy as np
    >>> max_pooling_2d(np.zeros((1, 3, 360, 640), np.float32), 2).data.shape
    (1, 3, 180, 320)
    """
    return _max_pooling(2, x, ksize, stride, pad, cover_all)


def max_pooling_3d(x: Any, ksize: Any, stride: Any = None, pad: Any = 0, cover_all: bool = True) -> Variable:
    """Largest value of each window of ``(N, C, D, H, W)``; see :func:`max_pooling_nd`.

    Examples
    --------
    >>> import numpy as np
    >>> max_pooling_3d(np.ones((1, 1, 4, 4, 5), np.float32), 2).shape
    (1, 1, 2, 2, 3)
    """
    return _max_pooling(3, x, ksize, stride, pad, cover_all)


def average_pooling_nd(
    x: Any, ksize: Any, stride: Any = None, pad: Any = 0, pad_value: float | None = 0
) -> Variable:  # fmt: skip
    """Mean of each window of ``(N, C, *D)``; the last windows may leave cells out (no ``cover_all`` here).

    Parameters
    ----------
    pad_value : 0 or None
        Count padding as zeros, or leave it out of the mean.

    Raises
    ------
    ValueError
        For another `pad_value`.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.ones((1, 1, 3), np.float32)
    >>> average_pooling_nd(x, 2, 2, 1).array, average_pooling_nd(x, 2, 2, 1, pad_value=None).array
    (array([[[0.5, 1. ]]], dtype=float32), array([[[1., 1.]]], dtype=float32))
    """
    x = as_variable(x)
    return _average_pooling(x.ndim - 2, x, ksize, stride, pad, pad_value)


def average_pooling_1d(x: Any, ksize: Any, stride: Any = None, pad: Any = 0, pad_value: float | None = 0) -> Variable:
    """Mean of each window of ``(N, C, L)``; see :func:`average_pooling_nd`.

    Examples
    --------
    >>> import numpy as np
    >>> average_pooling_1d(np.ones((1, 1, 5), np.float32), 2).shape
    (1, 1, 2)
    """
    return _average_pooling(1, x, ksize, stride, pad, pad_value)


def average_pooling_2d(x: Any, ksize: Any, stride: Any = None, pad: Any = 0) -> Variable:
    """Mean of each window of ``(N, C, H, W)``, padding counted as zeros; see :func:`average_pooling_nd`.

    Examples
    --------
    >>> import numpy as np
    >>> average_pooling_2d(np.ones((1, 1, 4, 5), np.float32), 2).shape
    (1, 1, 2, 2)
    """
    return _average_pooling(2, x, ksize, stride, pad, 0)


def average_pooling_3d(x: Any, ksize: Any, stride: Any = None, pad: Any = 0, pad_value: float | None = 0) -> Variable:
    """Mean of each window of ``(N, C, D, H, W)``; see :func:`average_pooling_nd`.

    Examples
    --------
    >>> import numpy as np
    >>> average_pooling_3d(np.ones((1, 1, 4, 4, 5), np.float32), 2).shape
    (1, 1, 2, 2, 2)
    """
    return _average_pooling(3, x, ksize, stride, pad, pad_value)
