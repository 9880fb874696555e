"""Convolution and transposed convolution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ... import ops
from ...tensor import Tensor


def conv1d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1, padding: Any = 0,
    dilation: Any = 1, groups: int = 1, *, cover_all: bool = False, padding_mode: str = "zeros",
) -> Tensor:  # fmt: skip
    """1-d convolution of ``(N, C_in, L)`` with ``(C_out, C_in/groups, K)``; see :func:`conv2d`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> conv1d(tc.tensor([[[1.0, 2.0, 4.0]]]), tc.tensor([[[-1.0, 1.0]]]))
    tensor([[[1., 2.]]])
    """
    options = (stride, padding, dilation, groups, cover_all)
    return ops.conv(input, weight, bias, *options, ndim=1, padding_mode=padding_mode)


def conv2d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1, padding: Any = 0,
    dilation: Any = 1, groups: int = 1, *, cover_all: bool = False, padding_mode: str = "zeros",
) -> Tensor:  # fmt: skip
    """2-d convolution (cross-correlation, as in every deep-learning library).

    ``y[n, o, i, j] = b[o] + sum over c, u, v of w[o, c, u, v] * x[n, c, i*s + u*d - p, j*s + v*d - p]``

    Parameters
    ----------
    input : Tensor
        ``(N, C_in, H, W)`` or ``(C_in, H, W)``.
    weight : Tensor
        ``(C_out, C_in/groups, kH, kW)``.  Another float dtype than the input's is converted: the result
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
        ``(N, C_out, H_out, W_out)`` with ``H_out = floor((H + 2p - d*(kH-1) - 1)/s) + 1``.

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
    >>> conv2d(x, w)[0, 0]
    tensor([[19., 25.],
            [37., 43.]])
    """
    options = (stride, padding, dilation, groups, cover_all)
    return ops.conv(input, weight, bias, *options, ndim=2, padding_mode=padding_mode)


def conv3d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1, padding: Any = 0,
    dilation: Any = 1, groups: int = 1, *, cover_all: bool = False, padding_mode: str = "zeros",
) -> Tensor:  # fmt: skip
    """3-d convolution of ``(N, C_in, D, H, W)``; see :func:`conv2d`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> conv3d(tc.ones(1, 1, 3, 3, 3), tc.ones(1, 1, 3, 3, 3)).item()
    27.0
    """
    options = (stride, padding, dilation, groups, cover_all)
    return ops.conv(input, weight, bias, *options, ndim=3, padding_mode=padding_mode)


def conv_transpose1d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1, padding: Any = 0,
    output_padding: Any = 0, groups: int = 1, dilation: Any = 1, *, output_size: Sequence[int] | None = None,
) -> Tensor:  # fmt: skip
    """1-d transposed convolution of ``(N, C_in, L)`` with ``(C_in, C_out/groups, K)``; see :func:`conv_transpose2d`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> conv_transpose1d(tc.tensor([[[1.0, 10.0]]]), tc.tensor([[[1.0, 2.0, 3.0]]]), stride=2)
    tensor([[[ 1.,  2., 13., 20., 30.]]])
    """
    options = (stride, padding, output_padding, groups, dilation)
    return ops.conv_transpose(input, weight, bias, *options, ndim=1, output_size=output_size)


def conv_transpose2d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1, padding: Any = 0,
    output_padding: Any = 0, groups: int = 1, dilation: Any = 1, *, output_size: Sequence[int] | None = None,
) -> Tensor:  # fmt: skip
    """2-d transposed convolution: the adjoint (not the inverse) of :func:`conv2d` with the same arguments.

    Parameters
    ----------
    input : Tensor
        ``(N, C_in, H, W)`` or ``(C_in, H, W)``.
    weight : Tensor
        ``(C_in, C_out/groups, kH, kW)``: the weight of the convolution that it transposes.
    output_padding : int or tuple
        Which of the several sizes that the convolution maps to ``(H, W)`` to give; below stride or dilation.
    output_size : sequence of int, optional
        That size itself.

    Returns
    -------
    Tensor
        ``(N, C_out, H_out, W_out)`` with ``H_out = (H-1)*s - 2p + d*(kH-1) + output_padding + 1``.

    Raises
    ------
    RuntimeError
        If channels do not fit, or the output padding is too large.
    ValueError
        If `output_size` cannot be reached.

    Examples
    --------
    >>> import tinyconv as tc
    >>> conv_transpose2d(tc.ones(8, 32, 6, 6), tc.ones(32, 64, 3, 3)).shape
    (8, 64, 8, 8)
    """
    options = (stride, padding, output_padding, groups, dilation)
    return ops.conv_transpose(input, weight, bias, *options, ndim=2, output_size=output_size)


def conv_transpose3d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1, padding: Any = 0,
    output_padding: Any = 0, groups: int = 1, dilation: Any = 1, *, output_size: Sequence[int] | None = None,
) -> Tensor:  # fmt: skip
    """3-d transposed convolution; see :func:`conv_transpose2d`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> conv_transpose3d(tc.ones(1, 1, 2, 2, 2), tc.ones(1, 1, 2, 2, 2), stride=2).shape
    (1, 1, 4, 4, 4)
    """
    options = (stride, padding, output_padding, groups, dilation)
    return ops.conv_transpose(input, weight, bias, *options, ndim=3, output_size=output_size)
