"""Convolution, pooling, normalisation, matrix products: the operators that layers become."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import ops
from ..backend import get_array_module
from ..kernels import pool as kernels
from ..kernels.geometry import ConvGeometry, PoolGeometry
from ..ops.conv import ConvInputGrad
from ..ops.dtype import cast
from ..ops.norm import normalize, per_channel, reshaped
from ..ops.pool import MaxPool, Unpool, WindowSum
from ..tensor import Tensor
from .node import Node, ints, operator

Pairs = tuple[tuple[int, int], ...]


def _pairs(pads: Any) -> Pairs:
    """ONNX lists all the paddings before the axes, then all those after."""
    half = len(pads) // 2
    return tuple(zip(pads[:half], pads[half:]))


def _window(node: Node, kernel: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Strides and dilations, checked."""
    n = len(kernel)
    strides, dilations = tuple(node.get("strides", (1,) * n)), tuple(node.get("dilations", (1,) * n))
    if n < 1 or min(kernel + strides + dilations) < 1 or len(strides) != n or len(dilations) != n:
        raise node.refuse("onnx.window", kernel=kernel, strides=strides, dilations=dilations)
    return strides, dilations


def _padding(node: Node, size: tuple[int, ...], kernel: tuple[int, ...]) -> Pairs:
    """The paddings that `pads` or `auto_pad` say; SAME gives ``ceil(size/stride)`` windows."""
    strides, dilations = _window(node, kernel)
    auto = node.get("auto_pad", "NOTSET")
    if auto in ("NOTSET", ""):
        pairs = _pairs(tuple(node.get("pads", (0,) * (2 * len(kernel)))))
    elif auto == "VALID":
        pairs = ((0, 0),) * len(kernel)
    else:
        needed = [
            max(0, (-(-i // s) - 1) * s + d * (k - 1) + 1 - i) for i, s, d, k in zip(size, strides, dilations, kernel)
        ]
        pairs = tuple((p // 2, p - p // 2) if auto == "SAME_UPPER" else (p - p // 2, p // 2) for p in needed)
    if len(pairs) != len(size) or any(min(pair) < 0 for pair in pairs):
        raise node.refuse("onnx.pads", pads=pairs, ndim=len(size))
    return pairs


def _check_kernel(node: Node, w: Tensor) -> None:
    stated = tuple(node.get("kernel_shape", w.shape[2:]))
    if w.ndim < 3 or stated != w.shape[2:]:
        raise node.refuse("onnx.kernel_shape", kernel=stated, weight=w)


@operator("Conv")
def _conv(node: Node, x: Tensor, w: Tensor, b: Tensor | None = None) -> Tensor:
    _check_kernel(node, w)
    size, kernel, ndim = x.shape[2:], w.shape[2:], x.ndim - 2
    strides, dilations = _window(node, kernel)
    pairs = _padding(node, size, kernel)
    spread = [i + lo + hi for i, (lo, hi) in zip(size, pairs)]
    node.allow((x.shape[0], x.shape[1], *spread), x.dtype.itemsize)
    node.allow((x.shape[0], w.shape[0], *[n // s + 1 for n, s in zip(spread, strides)]), x.dtype.itemsize)
    if ndim != w.ndim - 2:
        raise node.refuse("onnx.weight", weight=w, x=x)
    return ops.conv(ndim, x, w, b, strides, pairs, dilations, node.get("group", 1))


@operator("ConvTranspose")
def _conv_transpose(node: Node, x: Tensor, w: Tensor, b: Tensor | None = None) -> Tensor:
    """Spread without padding, then keep the cells from `lo` on, as many as the result has."""
    _check_kernel(node, w)
    size, kernel, ndim, groups = x.shape[2:], w.shape[2:], x.ndim - 2, node.get("group", 1)
    if ndim != len(kernel) or x.shape[1] != w.shape[0] or groups < 1 or w.shape[0] % groups:
        raise node.refuse("onnx.group", weight=w, groups=groups, x=x)
    _check_channels(node, w.shape[1] * groups, bias=b)
    strides, dilations = _window(node, kernel)
    extra = tuple(node.get("output_padding", (0,) * ndim))
    full = [(i - 1) * s + d * (k - 1) + 1 for i, s, d, k in zip(size, strides, dilations, kernel)]
    pairs, out = _transposed_size(node, size, strides, full, extra)
    reach = [max(f, lo + o) for f, (lo, _), o in zip(full, pairs, out)]  # zeros where no tap reaches
    node.allow((x.shape[0], w.shape[1] * groups, *reach), x.dtype.itemsize)
    geometry = ConvGeometry(strides, ((0, 0),) * ndim, dilations, groups)
    y = ConvInputGrad.apply(x, cast(w, x.dtype), None, geometry, tuple(full))
    y = ops.pad(y, [n for f, r in zip(full[::-1], reach[::-1]) for n in (0, r - f)])
    key = (slice(None), slice(None), *[slice(lo, lo + o) for (lo, _), o in zip(pairs, out)])
    y = y[key]
    return y if b is None else y + b.reshape((-1,) + (1,) * ndim)


def _transposed_size(
    node: Node, size: Any, strides: Any, full: list[int], extra: tuple[int, ...]
) -> tuple[Pairs, list[int]]:
    """Paddings and output size of a transposed convolution, whichever of them the node states."""
    auto = node.get("auto_pad", "NOTSET")
    stated = node.get("output_shape")
    if stated is None and auto in ("NOTSET", "", "VALID"):
        pads = tuple(node.get("pads", ())) if auto != "VALID" else ()
        pairs = _pairs(pads or (0,) * (2 * len(full)))
        return pairs, [f + e - lo - hi for f, e, (lo, hi) in zip(full, extra, pairs)]
    out = list(stated)[-len(full) :] if stated is not None else [i * s for i, s in zip(size, strides)]
    surplus = [max(0, f + e - o) for f, e, o in zip(full, extra, out)]
    upper = auto == "SAME_UPPER"
    return tuple((p // 2, p - p // 2) if upper else (p - p // 2, p // 2) for p in surplus), out


@operator("DeformConv")
def _deform_conv(
    node: Node, x: Tensor, w: Tensor, offset: Tensor, b: Tensor | None = None, mask: Tensor | None = None
) -> Tensor:
    _check_kernel(node, w)
    if w.ndim != 4:
        raise node.refuse("onnx.deform_axes", ndim=w.ndim - 2)
    strides, dilations = _window(node, w.shape[2:])
    pairs = _padding(node, x.shape[2:], w.shape[2:])
    node.allow((x.shape[0], x.shape[1], math.prod(w.shape[2:]), *offset.shape[2:]), x.dtype.itemsize)
    return ops.deform_conv2d(x, offset, w, b, strides, pairs, dilations, mask=mask)


# ------------------------------------------------------------------------------ pooling


_MOST_TAPS = 1 << 16  # of a window; they are gone through one by one


def _check_taps(node: Node, count: int) -> None:
    if count > _MOST_TAPS:
        raise node.refuse("onnx.taps", count=count, limit=_MOST_TAPS)


def _pool_geometry(node: Node, x: Tensor) -> PoolGeometry:
    """Windows by ONNX's rules: any paddings, and in `ceil_mode` no window that starts in the end padding."""
    kernel, size = tuple(node.get("kernel_shape", ())), x.shape[2:]
    if len(kernel) != len(size):
        raise node.refuse("onnx.pool_kernel", kernel=kernel, x=x)
    _check_taps(node, math.prod(kernel))
    strides, dilations = _window(node, kernel)
    pairs = _padding(node, size, kernel)
    output, reach = [], []
    for i, k, s, d, (lo, hi) in zip(size, kernel, strides, dilations, pairs):
        span, ceil = d * (k - 1) + 1, bool(node.get("ceil_mode", 0))
        count = (i + lo + hi - span + (s - 1 if ceil else 0)) // s + 1
        count -= ceil and (count - 1) * s >= i + lo
        if count < 1:
            raise node.refuse("onnx.no_place", span=span, lo=lo, size=i, hi=hi)
        output.append(count)
        reach.append(max(0, (count - 1) * s + span - (i + lo + hi)))
    geometry = PoolGeometry(size, tuple(output), kernel, strides, pairs, dilations, tuple(reach))
    padded = [i + lo + hi + r for i, (lo, hi), r in zip(size, pairs, reach)]
    node.allow((*x.shape[:2], *padded), x.dtype.itemsize)
    node.allow((*x.shape[:2], *output), max(8, x.dtype.itemsize))
    return geometry


@operator("MaxPool")
def _max_pool(node: Node, x: Tensor) -> Any:
    """ONNX counts indices over the whole tensor, not within each plane."""
    geometry = _pool_geometry(node, x)
    values = x if x.dtype.kind == "f" else cast(x, "float64")  # exact for the small integers that ONNX allows
    if not node.wants(1):
        return cast(MaxPool.apply(values, geometry, False), x.dtype)
    y, taps = MaxPool.apply(values, geometry, True)
    xp, plane = get_array_module(x.array), math.prod(x.shape[2:])
    places = kernels.flat_indices(taps.array, geometry)
    if node.get("storage_order", 0):
        places = _column_major(xp, places, x.shape[2:])
    first = xp.arange(x.shape[0] * x.shape[1]).reshape(x.shape[:2] + (1,) * (x.ndim - 2)) * plane
    return cast(y, x.dtype), Tensor._of(places + first)


def _column_major(xp: Any, places: Any, size: tuple[int, ...]) -> Any:
    """Flat indices with the first axis counted fastest."""
    total, step, rest = xp.zeros_like(places), 1, places
    parts = []
    for n in size[::-1]:
        parts.append(rest % n)
        rest = rest // n
    for part, n in zip(parts[::-1], size):
        total, step = total + part * step, step * n
    return total


@operator("AveragePool")
def _average_pool(node: Node, x: Tensor) -> Tensor:
    geometry = _pool_geometry(node, x)
    xp = get_array_module(x.array)
    divisor = kernels.window_divisor(geometry, xp, x.dtype, bool(node.get("count_include_pad", 0)), None)
    total = WindowSum.apply(x, geometry)
    return total / (divisor if isinstance(divisor, float) else Tensor._of(divisor))


@operator("MaxUnpool", host=(2,))
def _max_unpool(node: Node, x: Tensor, indices: Tensor, output_shape: Tensor | None = None) -> Tensor:
    """Indices count over the default result even where `output_shape` asks for a larger one."""
    kernel = tuple(node.get("kernel_shape", ()))
    strides, _ = _window(node, kernel)
    pairs = _pairs(tuple(node.get("pads", (0,) * (2 * len(kernel)))))
    size = tuple((i - 1) * s - lo - hi + k for i, s, (lo, hi), k in zip(x.shape[2:], strides, pairs, kernel))
    wanted = ints(output_shape)[2:] if output_shape is not None else size
    node.allow((*x.shape[:2], *map(max, size, wanted)), x.dtype.itemsize)
    xp, plane = get_array_module(x.array), math.prod(size)
    first = xp.arange(x.shape[0] * x.shape[1]).reshape(x.shape[:2] + (1,) * (x.ndim - 2)) * plane
    places = indices.array - first
    if x.shape != indices.shape or (places.size and not (int(places.min()) >= 0 and int(places.max()) < plane)):
        raise node.refuse("onnx.unpool", indices=indices, x=x, size=size)
    y = Unpool.apply(x, Tensor._of(places), size)
    return ops.pad(y, [n for a, b in zip(size[::-1], wanted[::-1]) for n in (0, b - a)])


@operator("LpPool")
def _lp_pool(node: Node, x: Tensor) -> Tensor:
    """``(sum of |x|**p over the window)**(1/p)``."""
    p = node.get("p", 2)
    return WindowSum.apply(ops.abs(x) ** p, _pool_geometry(node, x)) ** (1.0 / p)


# ------------------------------------------------------------------------------ normalisation


@operator("BatchNormalization")
def _batch_norm(node: Node, x: Tensor, scale: Tensor, bias: Tensor, mean: Tensor, var: Tensor) -> Any:
    """In training mode also the new running statistics; ONNX's momentum is the share that stays."""
    eps, momentum = node.get("epsilon", 1e-5), node.get("momentum", 0.9)
    _check_channels(node, x.shape[1], scale=scale, bias=bias, mean=mean, var=var)
    if not node.get("training_mode", 0):
        return ops.batch_norm(x, mean, var, scale, bias, False, 0.0, eps)
    dims, shape = (0, *range(2, x.ndim)), per_channel(x)
    parameters = reshaped(scale, shape), reshaped(bias, shape)
    y, batch_mean, batch_var = normalize(x, *parameters, dims, eps, "BatchNormalization")
    moved = [old * momentum + new.reshape(-1) * (1.0 - momentum) for old, new in ((mean, batch_mean), (var, batch_var))]
    return y, *moved


def _check_channels(node: Node, channels: int, **parameters: Tensor | None) -> None:
    """One number per channel, no more: another size would broadcast to who knows what."""
    for name, p in parameters.items():
        if p is not None and p.shape != (channels,):
            raise node.refuse("onnx.per_channel", name=name, value=p, channels=channels)


@operator("InstanceNormalization")
def _instance_norm(node: Node, x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    _check_channels(node, x.shape[1], scale=scale, bias=bias)
    dims, eps, shape = tuple(range(2, x.ndim)), node.get("epsilon", 1e-5), per_channel(x)
    return normalize(x, reshaped(scale, shape), reshaped(bias, shape), dims, eps, "InstanceNormalization")[0]


@operator("LayerNormalization")
def _layer_norm(node: Node, x: Tensor, scale: Tensor, bias: Tensor | None = None) -> Any:
    """Also the mean and ``1/sqrt(var + epsilon)``, if they are wanted."""
    axis, eps = node.axis(node.get("axis", -1), x.ndim), node.get("epsilon", 1e-5)
    node.allow_broadcast(x, scale, bias)
    z, mean, var = normalize(x, None, None, tuple(range(axis, x.ndim)), eps, "LayerNormalization")
    y = z * scale
    return (y if bias is None else y + bias), mean, (var + eps).rsqrt()


@operator("GroupNormalization")
def _group_norm(node: Node, x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    """Scale and bias per channel; per group before operator set 21."""
    groups, eps = node.get("num_groups"), node.get("epsilon", 1e-5)
    if node.opset < 21:
        scale, bias = (p.reshape(-1, 1).expand(groups, x.shape[1] // groups).reshape(-1) for p in (scale, bias))
    return ops.group_norm(x, groups, scale, bias, eps)


@operator("LRN")
def _local_response_norm(node: Node, x: Tensor) -> Tensor:
    """Divide by ``(bias + alpha/size * sum of squares over `size` channels around)**beta``."""
    size = node.get("size")
    lo, beyond = (size - 1) // 2, max(0, x.shape[1] - 1)
    lo, hi = min(lo, beyond), min(size - 1 - lo, beyond)  # farther away there are no channels
    _check_taps(node, lo + hi + 1)
    node.allow((x.shape[0], x.shape[1] + lo + hi, *x.shape[2:]), x.dtype.itemsize)
    squares = ops.pad(x * x, [0, 0] * (x.ndim - 2) + [lo, hi])
    total: Any = 0.0
    for i in range(lo + hi + 1):
        total = total + squares[:, i : i + x.shape[1]]
    return x / (total * (node.get("alpha", 1e-4) / size) + node.get("bias", 1.0)) ** node.get("beta", 0.75)


# ------------------------------------------------------------------------------ matrix products


@operator("MatMul")
def _matmul(node: Node, a: Tensor, b: Tensor) -> Tensor:
    if a.ndim > 1 and b.ndim > 1:
        node.allow((*_broadcast(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1]), a.dtype.itemsize)
    return ops.matmul(a, b)


def _broadcast(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    n = max(len(a), len(b))
    return tuple(map(max, (1,) * (n - len(a)) + a, (1,) * (n - len(b)) + b))


@operator("Gemm")
def _gemm(node: Node, a: Tensor, b: Tensor, c: Tensor | None = None) -> Tensor:
    """``alpha*A@B + beta*C``."""
    if a.ndim != 2 or b.ndim != 2:
        raise node.refuse("onnx.gemm", a=a, b=b)
    a, b = (m.T if node.get(flag, 0) else m for m, flag in ((a, "transA"), (b, "transB")))
    node.allow((a.shape[0], b.shape[1]), a.dtype.itemsize)
    if c is not None:
        node.allow(np.broadcast_shapes((a.shape[0], b.shape[1]), c.shape), a.dtype.itemsize)
    y, alpha, beta = ops.matmul(a, b), node.get("alpha", 1.0), node.get("beta", 1.0)
    y = y if alpha == 1.0 else y * alpha
    return y if c is None else y + (c if beta == 1.0 else c * beta)
