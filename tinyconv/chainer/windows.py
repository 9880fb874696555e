"""Chainer's functions whose window slides: convolution, transposed convolution, pooling.

Those of 1, 2 and 3 axes also take input without a batch, ``(C, *D)``; those of n axes read n off the arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import ops
from ..errors import refusal
from ..ops.ranks import ranks
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
    """Convolution of ``(N, C_in, {axes})`` with ``(C_out, C_in/groups, {taps})``.

    Parameters
    ----------
    cover_all : bool
        Whether to add windows at the end until every input cell is seen:
        ``o = (i + 2p - k + s - 1)//s + 1`` instead of ``(i + 2p - k)//s + 1``.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.arange(25, dtype=np.float32).reshape(1, 1, 5, 5)
    >>> convolution_2d(x, np.ones((1, 1, 2, 2), np.float32), stride=2, cover_all=True).array[0, 0]
    array([[12., 20., 13.],
           [52., 60., 33.],
           [41., 45., 24.]], dtype=float32)
    """
    y = ops.conv(
        ndim, as_variable(x), as_variable(W), optional(b), stride=stride, padding=pad, dilation=dilate, groups=groups,
        cover_all=cover_all,
    )  # fmt: skip
    return as_result(y)


convolution_1d, convolution_2d, convolution_3d = ranks(_convolution, "convolution_{ndim}d")


def convolution_nd(x: Any, W: Any, *args: Any, **kwargs: Any) -> Variable:
    """As :func:`convolution_2d`, over as many axes as `W` has."""
    return _convolution(as_variable(W).ndim - 2, x, W, *args, **kwargs)


def _deconvolution(
    ndim: int, x: Any, W: Any, b: Any = None, stride: Any = 1, pad: Any = 0, outsize: Sequence[int] | None = None,
    dilate: Any = 1, groups: int = 1,
) -> Variable:  # fmt: skip
    """Transposed convolution of ``(N, C_in, {axes})`` with ``(C_in, C_out/groups, {taps})``.

    Parameters
    ----------
    outsize : sequence of int, optional
        The result's spatial size, where the stride leaves a choice.

    Examples
    --------
    >>> import numpy as np
    >>> x, W = np.array([[[1.0, 10.0]]], np.float32), np.array([[[1.0, 2.0, 3.0]]], np.float32)
    >>> deconvolution_1d(x, W, stride=2).array
    array([[[ 1.,  2., 13., 20., 30.]]], dtype=float32)
    """
    y = ops.conv_transpose(
        ndim, as_variable(x), as_variable(W), optional(b), stride=stride, padding=pad, dilation=dilate, groups=groups,
        output_size=outsize,
    )  # fmt: skip
    return as_result(y)


deconvolution_1d, deconvolution_2d, deconvolution_3d = ranks(_deconvolution, "deconvolution_{ndim}d")


def deconvolution_nd(x: Any, W: Any, *args: Any, **kwargs: Any) -> Variable:
    """As :func:`deconvolution_2d`, over as many axes as `W` has."""
    return _deconvolution(as_variable(W).ndim - 2, x, W, *args, **kwargs)


# ------------------------------------------------------------------------------ pooling


def _max_pooling(
    ndim: int, x: Any, ksize: Any, stride: Any = None, pad: Any = 0, cover_all: bool = True
) -> Variable:  # fmt: skip
    """Largest value of each window of ``(N, C, {axes})``.

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
    >>> max_pooling_1d(x, 2).array, max_pooling_1d(x, 2, cover_all=False).array
    (array([[[1., 3., 4.]]], dtype=float32), array([[[1., 3.]]], dtype=float32))
    """
    return as_result(ops.max_pool(ndim, as_variable(x), ksize, stride, pad, cover_all=cover_all))


max_pooling_1d, max_pooling_2d, max_pooling_3d = ranks(_max_pooling, "max_pooling_{ndim}d")


def max_pooling_nd(x: Any, ksize: Any, *args: Any, **kwargs: Any) -> Variable:
    """As :func:`max_pooling_2d`, over as many axes as `x` has after the channels."""
    x = as_variable(x)
    return _max_pooling(x.ndim - 2, x, ksize, *args, **kwargs)


def _average_pooling(
    ndim: int, x: Any, ksize: Any, stride: Any = None, pad: Any = 0, pad_value: float | None = 0
) -> Variable:  # fmt: skip
    """Mean of each window of ``(N, C, {axes})``; the last windows may leave cells out (no ``cover_all`` here).

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
    >>> average_pooling_1d(x, 2, 2, 1).array, average_pooling_1d(x, 2, 2, 1, pad_value=None).array
    (array([[[0.5, 1. ]]], dtype=float32), array([[[1., 1.]]], dtype=float32))
    """
    if pad_value not in (0, None):
        raise refusal("chainer.pad_value", "average_pooling", value=pad_value)
    return as_result(ops.avg_pool(ndim, as_variable(x), ksize, stride, pad, count_include_pad=pad_value == 0))


average_pooling_1d, _, average_pooling_3d = ranks(_average_pooling, "average_pooling_{ndim}d")


def average_pooling_2d(x: Any, ksize: Any, stride: Any = None, pad: Any = 0) -> Variable:
    """Mean of each window of ``(N, C, H, W)``, padding counted as zeros: Chainer's has no `pad_value`."""
    return _average_pooling(2, x, ksize, stride, pad)


def average_pooling_nd(x: Any, ksize: Any, *args: Any, **kwargs: Any) -> Variable:
    """As :func:`average_pooling_1d`, over as many axes as `x` has after the channels."""
    x = as_variable(x)
    return _average_pooling(x.ndim - 2, x, ksize, *args, **kwargs)
