"""Pooling and unpooling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..arguments import checked
from ..autograd import Operation, Tensor, whole
from ..backend import Array, get_array_module
from ..errors import refusal
from ..kernels import pool as kernels
from ..kernels.geometry import PoolGeometry, as_tuple, pool_geometry
from ..kernels.sampling import put_flat, take_flat
from ..kernels.sampling import unpool as unpool_array
from .checks import batched
from .dtype import cast, sum_dtype
from .ranks import ranks

__all__ = [
    "adaptive_avg_pool", "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool",
    "adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d", "avg_pool", "avg_pool1d", "avg_pool2d",
    "avg_pool3d", "max_pool", "max_pool1d", "max_pool2d", "max_pool3d", "max_unpool", "max_unpool1d", "max_unpool2d",
    "max_unpool3d",
]  # fmt: skip


class MaxPool(Operation):
    """The largest cell of each window, and if asked for which tap of the window it was."""

    __slots__ = ()

    def forward(self, x: Array, geometry: PoolGeometry, with_taps: bool) -> Array | tuple[Array, Array]:
        y, taps = kernels.max_pool(x, geometry, with_taps or self.needs_input_grad[0])
        self.keep(taps=taps)
        return (y, taps) if with_taps else y

    def grad_x(self, g: Any, taps: Tensor, geometry: PoolGeometry, with_taps: bool) -> Tensor:
        return PutTaps.apply(g[0] if with_taps else g, taps, geometry)


class PutTaps(Operation):
    """Values added to the cells that won; adjoint of TakeTaps."""

    __slots__ = ()

    def forward(self, values: Array, taps: Array, geometry: PoolGeometry) -> Array:
        return kernels.put_taps(values, taps, geometry)

    def grad_values(self, g: Tensor, taps: Tensor, geometry: PoolGeometry) -> Tensor:
        return TakeTaps.apply(g, taps, geometry)


class TakeTaps(Operation):
    """The cells at the winning taps; adjoint of PutTaps."""

    __slots__ = ()

    def forward(self, x: Array, taps: Array, geometry: PoolGeometry) -> Array:
        return kernels.take_taps(x, taps, geometry)

    def grad_x(self, g: Tensor, taps: Tensor, geometry: PoolGeometry) -> Tensor:
        return PutTaps.apply(g, taps, geometry)


class WindowSum(Operation):
    """The sum of each window; adjoint of WindowSpread."""

    __slots__ = ()

    def forward(self, x: Array, geometry: PoolGeometry) -> Array:
        return kernels.window_sum(x, geometry)

    def grad_x(self, g: Tensor, geometry: PoolGeometry) -> Tensor:
        return WindowSpread.apply(g, geometry)


class WindowSpread(Operation):
    """Each window's value added to all its cells; adjoint of WindowSum."""

    __slots__ = ()

    def forward(self, values: Array, geometry: PoolGeometry) -> Array:
        return kernels.window_spread(values, geometry)

    def grad_values(self, g: Tensor, geometry: PoolGeometry) -> Tensor:
        return WindowSum.apply(g, geometry)


class AdaptiveAvg(Operation):
    """The mean of each bin; adjoint of AdaptiveSpread."""

    __slots__ = ()

    def forward(self, x: Array, output_size: tuple[int, ...]) -> Array:
        return kernels.adaptive_avg_pool(x, output_size)

    def grad_x(self, g: Tensor, shape: tuple[int, ...]) -> Tensor:
        return AdaptiveSpread.apply(g, shape[2:])


class AdaptiveSpread(Operation):
    """Each bin's value shared among its cells; adjoint of AdaptiveAvg."""

    __slots__ = ()

    def forward(self, values: Array, input_size: tuple[int, ...]) -> Array:
        return kernels.adaptive_avg_pool_grad(values, input_size)

    def grad_values(self, g: Tensor, shape: tuple[int, ...]) -> Tensor:
        return AdaptiveAvg.apply(g, shape[2:])


class TakeFlat(Operation):
    """Cells at flat indices of each plane; adjoint of PutFlat."""

    __slots__ = ()

    def forward(self, x: Array, indices: Array) -> Array:
        return take_flat(x, indices)

    def grad_x(self, g: Tensor, indices: Tensor, shape: tuple[int, ...]) -> Tensor:
        return PutFlat.apply(g, indices, shape[2:])


class PutFlat(Operation):
    """Values added at flat indices of each plane; adjoint of TakeFlat."""

    __slots__ = ()

    def forward(self, values: Array, indices: Array, size: tuple[int, ...]) -> Array:
        return put_flat(values, indices, size)

    def grad_values(self, g: Tensor, indices: Tensor) -> Tensor:
        return TakeFlat.apply(g, indices)


class Unpool(Operation):
    """Values set at flat indices of each plane, zeros elsewhere; its gradient is read there."""

    __slots__ = ()

    def forward(self, values: Array, indices: Array, size: tuple[int, ...]) -> Array:
        return unpool_array(values, indices, size)

    def grad_values(self, g: Tensor, indices: Tensor) -> Tensor:
        return TakeFlat.apply(g, indices)


# ------------------------------------------------------------------------------ as functions


@checked
@whole
def max_pool(
    ndim: int, input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False, return_indices: bool = False, *, cover_all: bool = False,
) -> Any:  # fmt: skip
    """Largest value of each window of ``(N, C, {axes})`` or ``(C, {axes})``.

    Padding counts as -inf, the first of equal values wins, NaN wins over all.

    Parameters
    ----------
    stride : int or tuple, optional
        Defaults to `kernel_size`.
    ceil_mode : bool
        Round the output size up; a last window that would start in the padding after the end is
        dropped (PyTorch's rule).
    return_indices : bool
        Also give each maximum's place in its plane, counted row by row, for ``max_unpool{ndim}d``.
    cover_all : bool
        Chainer's rule, ``(i + 2p - k + s - 1)//s + 1`` windows: not the same as `ceil_mode`.

    Returns
    -------
    Tensor, or (Tensor, Tensor of int64)
        The values; and their indices.

    Raises
    ------
    RuntimeError
        If a window does not fit, or padding exceeds half the kernel.
    ValueError
        If both rules are asked for.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.max_pool1d(tc.tensor([[[1.0, 4.0, 3.0, 2.0]]]), 2, return_indices=True)
    (tensor([[[4., 3.]]]), tensor([[[1, 2]]]))
    """
    function = f"max_pool{ndim}d"
    x, had_batch = batched(input, ndim, function)
    geometry = pool_geometry(x.shape[2:], kernel_size, stride, padding, dilation, ceil_mode, cover_all, function)
    if not return_indices:
        y = MaxPool.apply(x, geometry, False)
        return y if had_batch else y.squeeze(0)
    y, taps = MaxPool.apply(x, geometry, True)
    indices = Tensor._of(kernels.flat_indices(taps.array, geometry))
    return (y, indices) if had_batch else (y.squeeze(0), indices.squeeze(0))


# def max_pool1d, def max_pool2d, def max_pool3d:
max_pool1d, max_pool2d, max_pool3d = ranks(max_pool)


@checked
@whole
def avg_pool(
    ndim: int, input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Tensor:  # fmt: skip
    """Mean of each window of ``(N, C, {axes})`` or ``(C, {axes})``.

    Parameters
    ----------
    stride : int or tuple, optional
        Defaults to `kernel_size`.
    ceil_mode : bool
        Round the output size up, by the rule of ``max_pool{ndim}d``.
    count_include_pad : bool
        Whether padding counts in the divisor.
    divisor_override : int, optional
        Divide every window's sum by this instead.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.avg_pool1d(tc.tensor([[[1.0, 4.0, 3.0]]]), 2, stride=1)
    tensor([[[2.5000, 3.5000]]])
    """
    function = f"avg_pool{ndim}d"
    x, had_batch = batched(input, ndim, function)
    geometry = pool_geometry(x.shape[2:], kernel_size, stride, padding, 1, ceil_mode, function=function)
    divisor = kernels.window_divisor(geometry, get_array_module(x.array), x.dtype, count_include_pad, divisor_override)
    total = WindowSum.apply(cast(x, sum_dtype(x.array)), geometry)  # a sum of float16 may overflow
    y = total * (1.0 / divisor) if isinstance(divisor, float) else total / Tensor._of(divisor)
    y = cast(y, x.dtype)
    return y if had_batch else y.squeeze(0)


# def avg_pool1d, def avg_pool2d, def avg_pool3d:
avg_pool1d, avg_pool2d, avg_pool3d = ranks(avg_pool)


def _adaptive_size(x: Tensor, output_size: Any, ndim: int, function: str) -> tuple[int, ...]:
    """An int, or one size per axis with None for "as the input"."""
    sizes = tuple(output_size) if isinstance(output_size, Sequence) else (output_size,) * ndim
    filled = tuple(i if o is None else o for i, o in zip(x.shape[2:], sizes)) + sizes[ndim:]
    return as_tuple(filled, ndim, "output_size", 0, function)


@checked
def adaptive_avg_pool(ndim: int, input: Tensor, output_size: Any) -> Tensor:
    """Mean of bins of ``(N, C, {axes})`` that make the output have `output_size` (None keeps a size).

    Bin ``j`` of ``o`` over ``i`` cells runs from ``floor(j*i/o)`` up to ``ceil((j+1)*i/o)``.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.adaptive_avg_pool1d(tc.tensor([[[1.0, 4.0, 3.0]]]), 2)
    tensor([[[2.5000, 3.5000]]])
    """
    function = f"adaptive_avg_pool{ndim}d"
    x, had_batch = batched(input, ndim, function)
    y = AdaptiveAvg.apply(x, _adaptive_size(x, output_size, ndim, function))
    return y if had_batch else y.squeeze(0)


# def adaptive_avg_pool1d, def adaptive_avg_pool2d, def adaptive_avg_pool3d:
adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d = ranks(adaptive_avg_pool)


@checked
@whole
def adaptive_max_pool(ndim: int, input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """Largest value of bins of ``(N, C, {axes})`` that make the output have `output_size` (None keeps a size).

    The bins are those of ``adaptive_avg_pool{ndim}d``; with `return_indices` also each maximum's place in its plane.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.adaptive_max_pool1d(tc.tensor([[[1.0, 4.0, 3.0]]]), 2)
    tensor([[[4., 4.]]])
    """
    function = f"adaptive_max_pool{ndim}d"
    x, had_batch = batched(input, ndim, function)
    _, indices = kernels.adaptive_max_pool(x.array, _adaptive_size(x, output_size, ndim, function))
    places = Tensor._of(indices)
    y = TakeFlat.apply(x, places)
    y, places = (y, places) if had_batch else (y.squeeze(0), places.squeeze(0))
    return (y, places) if return_indices else y


# def adaptive_max_pool1d, def adaptive_max_pool2d, def adaptive_max_pool3d:
adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d = ranks(adaptive_max_pool)


@checked
@whole
def max_unpool(
    ndim: int, input: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:  # fmt: skip
    """Put the values of ``max_pool{ndim}d`` back where its indices say, zeros elsewhere.

    The inverse of max pooling as far as there is one; `output_size` chooses among the sizes that pool to
    the input's.

    Raises
    ------
    RuntimeError
        If an index lies outside the output (on a device, such a plane becomes NaN instead).

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.max_unpool1d(tc.tensor([[[5.0, 7.0]]]), tc.tensor([[[1, 2]]]), 2)
    tensor([[[0., 5., 7., 0.]]])
    """
    function = f"max_unpool{ndim}d"
    x, had_batch = batched(input, ndim, function)
    if indices.shape != input.shape or indices.dtype.kind not in "iu":
        raise refusal("unpool.indices", function, shape=input.shape, indices=indices)
    kernel = as_tuple(kernel_size, ndim, "kernel_size", function=function)
    strides = kernel if stride is None else as_tuple(stride, ndim, "stride", function=function)
    pads = as_tuple(padding, ndim, "padding", 0, function)
    default = tuple((i - 1) * s - 2 * p + k for i, s, p, k in zip(x.shape[2:], strides, pads, kernel))
    size = default if output_size is None else tuple(output_size)[-ndim:]
    if len(size) != ndim or any(not d - s < n < d + s for n, d, s in zip(size, default, strides)):
        raise refusal("unpool.size", function, size=size, stride=strides, default=default)
    places = indices if had_batch else indices.unsqueeze(0)
    y = Unpool.apply(x, places, size)
    return y if had_batch else y.squeeze(0)


# def max_unpool1d, def max_unpool2d, def max_unpool3d:
max_unpool1d, max_unpool2d, max_unpool3d = ranks(max_unpool)
