"""Pooling and unpooling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ... import ops
from ...tensor import Tensor


def max_pool1d(
    input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False, return_indices: bool = False, *, cover_all: bool = False,
) -> Any:  # fmt: skip
    """Largest value of each window of ``(N, C, L)`` (or unbatched); see :func:`max_pool2d`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> max_pool1d(tc.ones(1, 1, 4), 2).shape
    (1, 1, 2)
    """
    options = (stride, padding, dilation, ceil_mode, return_indices, cover_all)
    return ops.max_pool(input, kernel_size, *options, ndim=1)


def max_pool2d(
    input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False, return_indices: bool = False, *, cover_all: bool = False,
) -> Any:  # fmt: skip
    """Largest value of each window of ``(N, C, H, W)`` (or unbatched).

    Padding counts as -inf, the first of equal values wins, NaN wins over all.

    Parameters
    ----------
    stride : int or tuple, optional
        Defaults to `kernel_size`.
    ceil_mode : bool
        Round the output size up; a last window that would start in the padding after the end is
        dropped (PyTorch's rule).
    return_indices : bool
        Also give each maximum's index ``h*W + w`` in its plane, for ``max_unpool2d``.
    cover_all : bool
        Chainer's rule, ``(i + 2p - k + s - 1)//s + 1`` windows: not the same as `ceil_mode`.

    Returns
    -------
    Tensor, or (Tensor, Tensor of int64)
        ``(N, C, H_out, W_out)``.

    Raises
    ------
    RuntimeError
        If a window does not fit, or padding exceeds half the kernel.
    ValueError
        If both rules are asked for.

    Examples
    --------
    >>> import tinyconv as tc
    >>> max_pool2d(tc.ones(1, 1, 4, 4), 2).shape
    (1, 1, 2, 2)
    """
    options = (stride, padding, dilation, ceil_mode, return_indices, cover_all)
    return ops.max_pool(input, kernel_size, *options, ndim=2)


def max_pool3d(
    input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False, return_indices: bool = False, *, cover_all: bool = False,
) -> Any:  # fmt: skip
    """Largest value of each window of ``(N, C, D, H, W)`` (or unbatched); see :func:`max_pool2d`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> max_pool3d(tc.ones(1, 1, 4, 4, 4), 2).shape
    (1, 1, 2, 2, 2)
    """
    options = (stride, padding, dilation, ceil_mode, return_indices, cover_all)
    return ops.max_pool(input, kernel_size, *options, ndim=3)


def max_unpool1d(
    input: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:  # fmt: skip
    """Put the values of ``max_pool1d`` back where its indices say, zeros elsewhere; see :func:`max_unpool2d`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> max_unpool1d(tc.tensor([[[5.0]]]), tc.tensor([[[1]]]), 2).sum().item()
    5.0
    """
    return ops.max_unpool(input, indices, kernel_size, stride, padding, output_size, ndim=1)


def max_unpool2d(
    input: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:  # fmt: skip
    """Put the values of ``max_pool2d`` back where its indices say, zeros elsewhere.

    The inverse of max pooling as far as there is one; `output_size` chooses among the sizes that pool to
    the input's.

    Raises
    ------
    RuntimeError
        If an index lies outside the output (on a device, such a plane becomes NaN instead).

    Examples
    --------
    >>> import tinyconv as tc
    >>> max_unpool2d(tc.tensor([[[[5.0]]]]), tc.tensor([[[[3]]]]), 2).sum().item()
    5.0
    """
    return ops.max_unpool(input, indices, kernel_size, stride, padding, output_size, ndim=2)


def max_unpool3d(
    input: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:  # fmt: skip
    """Put the values of ``max_pool3d`` back where its indices say, zeros elsewhere; see :func:`max_unpool2d`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> max_unpool3d(tc.tensor([[[[[5.0]]]]]), tc.tensor([[[[[7]]]]]), 2).sum().item()
    5.0
    """
    return ops.max_unpool(input, indices, kernel_size, stride, padding, output_size, ndim=3)


def avg_pool1d(
    input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:  # fmt: skip
    """Mean of each window of ``(N, C, L)`` (or unbatched); see :func:`avg_pool2d`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> avg_pool1d(tc.ones(1, 1, 4), 2).shape
    (1, 1, 2)
    """
    options = (stride, padding, ceil_mode, count_include_pad)
    return ops.avg_pool(input, kernel_size, *options, ndim=1)


def avg_pool2d(
    input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Tensor:  # fmt: skip
    """Mean of each window of ``(N, C, H, W)`` (or unbatched).

    Parameters
    ----------
    ceil_mode : bool
        Round the output size up, by the rule of :func:`max_pool2d`.
    count_include_pad : bool
        Whether padding counts in the divisor.
    divisor_override : int, optional
        Divide every window's sum by this instead.

    Examples
    --------
    >>> import tinyconv as tc
    >>> avg_pool2d(tc.ones(1, 1, 4, 4), 2).shape
    (1, 1, 2, 2)
    """
    options = (stride, padding, ceil_mode, count_include_pad, divisor_override)
    return ops.avg_pool(input, kernel_size, *options, ndim=2)


def avg_pool3d(
    input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Tensor:  # fmt: skip
    """Mean of each window of ``(N, C, D, H, W)`` (or unbatched); see :func:`avg_pool2d`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> avg_pool3d(tc.ones(1, 1, 4, 4, 4), 2).shape
    (1, 1, 2, 2, 2)
    """
    options = (stride, padding, ceil_mode, count_include_pad, divisor_override)
    return ops.avg_pool(input, kernel_size, *options, ndim=3)


def adaptive_avg_pool1d(input: Tensor, output_size: Any) -> Tensor:
    """Mean of bins of ``(N, C, L)`` that make the output have `output_size` (None keeps a size).

    Bin ``j`` of ``o`` over ``i`` cells runs from ``floor(j*i/o)`` up to ``ceil((j+1)*i/o)``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> adaptive_avg_pool1d(tc.ones(1, 1, 4), 1).shape
    (1, 1, 1)
    """
    return ops.adaptive_avg_pool(input, output_size, ndim=1)


def adaptive_max_pool1d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """Largest value of bins of ``(N, C, L)`` that make the output have `output_size` (None keeps a size).

    Examples
    --------
    >>> import tinyconv as tc
    >>> adaptive_max_pool1d(tc.ones(1, 1, 4), 1).shape
    (1, 1, 1)
    """
    return ops.adaptive_max_pool(input, output_size, return_indices, ndim=1)


def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """Mean of bins of ``(N, C, H, W)`` that make the output have `output_size` (None keeps a size).

    Bin ``j`` of ``o`` over ``i`` cells runs from ``floor(j*i/o)`` up to ``ceil((j+1)*i/o)``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> adaptive_avg_pool2d(tc.ones(1, 1, 4, 4), 1).shape
    (1, 1, 1, 1)
    """
    return ops.adaptive_avg_pool(input, output_size, ndim=2)


def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """Largest value of bins of ``(N, C, H, W)`` that make the output have `output_size` (None keeps a size).

    Examples
    --------
    >>> import tinyconv as tc
    >>> adaptive_max_pool2d(tc.ones(1, 1, 4, 4), 1).shape
    (1, 1, 1, 1)
    """
    return ops.adaptive_max_pool(input, output_size, return_indices, ndim=2)


def adaptive_avg_pool3d(input: Tensor, output_size: Any) -> Tensor:
    """Mean of bins of ``(N, C, D, H, W)`` that make the output have `output_size` (None keeps a size).

    Bin ``j`` of ``o`` over ``i`` cells runs from ``floor(j*i/o)`` up to ``ceil((j+1)*i/o)``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> adaptive_avg_pool3d(tc.ones(1, 1, 4, 4, 4), 1).shape
    (1, 1, 1, 1, 1)
    """
    return ops.adaptive_avg_pool(input, output_size, ndim=3)


def adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """Largest value of bins of ``(N, C, D, H, W)`` that make the output have `output_size` (None keeps a size).

    Examples
    --------
    >>> import tinyconv as tc
    >>> adaptive_max_pool3d(tc.ones(1, 1, 4, 4, 4), 1).shape
    (1, 1, 1, 1, 1)
    """
    return ops.adaptive_max_pool(input, output_size, return_indices, ndim=3)
