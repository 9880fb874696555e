"""Pooling and unpooling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..autograd import Operation, Tensor, whole
from ..backend import Array, get_array_module
from ..errors import refusal
from ..kernels import pool as kernels
from ..kernels.geometry import PoolGeometry, as_tuple, pool_geometry
from ..kernels.sampling import put_flat, take_flat
from ..kernels.sampling import unpool as unpool_array
from .checks import batched
from .dtype import cast, sum_dtype

__all__ = ["adaptive_avg_pool", "adaptive_max_pool", "avg_pool", "max_pool", "max_unpool"]


class MaxPool(Operation):
    """The largest cell of each window, and which tap of the window it was."""

    __slots__ = ()

    def forward(self, x: Array, geometry: PoolGeometry) -> tuple[Array, Array]:
        y, taps = kernels.max_pool(x, geometry)
        self.keep(taps=taps)
        return y, taps

    def grad_x(self, g: tuple[Tensor, ...], taps: Tensor, geometry: PoolGeometry) -> Tensor:
        return PutTaps.apply(g[0], taps, geometry)


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


@whole
def max_pool(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
    cover_all: bool = False,
    *,
    ndim: int,
) -> Any:
    """Max pooling over `ndim` spatial axes; the body of max_pool1d, 2d and 3d."""
    function = f"max_pool{ndim}d"
    x, had_batch = batched(input, ndim, function)
    geometry = pool_geometry(x.shape[2:], kernel_size, stride, padding, dilation, ceil_mode, cover_all, function)
    y, taps = MaxPool.apply(x, geometry)
    y = y if had_batch else y.squeeze(0)
    if not return_indices:
        return y
    indices = Tensor(kernels.flat_indices(taps.array, geometry))
    return y, indices if had_batch else indices.squeeze(0)


@whole
def avg_pool(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
    *,
    ndim: int,
) -> Tensor:
    """Average pooling over `ndim` spatial axes; the body of avg_pool1d, 2d and 3d."""
    function = f"avg_pool{ndim}d"
    x, had_batch = batched(input, ndim, function)
    geometry = pool_geometry(x.shape[2:], kernel_size, stride, padding, 1, ceil_mode, function=function)
    divisor = kernels.window_divisor(geometry, get_array_module(x.array), x.dtype, count_include_pad, divisor_override)
    total = WindowSum.apply(cast(x, sum_dtype(x.array)), geometry)  # a sum of float16 may overflow
    y = total * (1.0 / divisor) if isinstance(divisor, float) else total / Tensor(divisor)
    y = cast(y, x.dtype)
    return y if had_batch else y.squeeze(0)


def _adaptive_size(x: Tensor, output_size: Any, ndim: int, function: str) -> tuple[int, ...]:
    """An int, or one size per axis with None for "as the input"."""
    sizes = tuple(output_size) if isinstance(output_size, Sequence) else (output_size,) * ndim
    filled = tuple(i if o is None else o for i, o in zip(x.shape[2:], sizes)) + sizes[ndim:]
    return as_tuple(filled, ndim, "output_size", 0, function)


def adaptive_avg_pool(input: Tensor, output_size: Any, *, ndim: int) -> Tensor:
    """Average of bins ``floor(j*i/o) .. ceil((j+1)*i/o)``, so that the output has `output_size`."""
    function = f"adaptive_avg_pool{ndim}d"
    x, had_batch = batched(input, ndim, function)
    y = AdaptiveAvg.apply(x, _adaptive_size(x, output_size, ndim, function))
    return y if had_batch else y.squeeze(0)


@whole
def adaptive_max_pool(input: Tensor, output_size: Any, return_indices: bool = False, *, ndim: int) -> Any:
    """Largest value of bins ``floor(j*i/o) .. ceil((j+1)*i/o)``, so that the output has `output_size`."""
    function = f"adaptive_max_pool{ndim}d"
    x, had_batch = batched(input, ndim, function)
    _, indices = kernels.adaptive_max_pool(x.array, _adaptive_size(x, output_size, ndim, function))
    places = Tensor(indices)
    y = TakeFlat.apply(x, places)
    y, places = (y, places) if had_batch else (y.squeeze(0), places.squeeze(0))
    return (y, places) if return_indices else y


@whole
def max_unpool(
    input: Tensor,
    indices: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Sequence[int] | None = None,
    *,
    ndim: int,
) -> Tensor:
    """Put pooled values back at their `indices`, zeros elsewhere; the body of max_unpool1d, 2d and 3d."""
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
