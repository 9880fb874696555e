"""How the functions that are noted as a whole are said in ONNX."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import refusal
from ..kernels.geometry import as_pairs, as_tuple, pool_geometry
from ..ops.shape import normalize_dims
from ..tensor import Tensor
from .convert import _pool_node, converter, flat_pads, host
from .graph import GraphBuilder


@converter("linear")
def _linear(g: GraphBuilder, call: Any, input: Tensor, weight: Tensor, bias: Tensor | None) -> str:
    parts = [g.value(input), g.value(weight), *([] if bias is None else [g.value(bias)])]
    return g.node("Gemm", parts, transB=1)


@converter("cast")
def _cast(g: GraphBuilder, call: Any, x: Tensor, dtype: Any) -> str:
    return g.node("Cast", [g.value(x)], to=g.dtype_number(np.dtype(dtype)))


@converter("flatten")
def _flatten(g: GraphBuilder, call: Any, input: Tensor, **_: Any) -> str:
    return g.node("Flatten", [g.value(input)], axis=1)


_COMPARISONS = {
    "equal": "Equal", "less": "Less", "less_equal": "LessOrEqual", "greater": "Greater",
    "greater_equal": "GreaterOrEqual", "bitwise_and": "And", "bitwise_or": "Or", "bitwise_xor": "Xor",
}  # fmt: skip


@converter("without_gradient")
def _comparison(g: GraphBuilder, call: Any, name: str, a: Any, b: Any) -> str:
    dtype = (a if isinstance(a, Tensor) else b).dtype
    operands = [g.value(a, dtype), g.value(b, dtype)]
    if name == "not_equal":
        return g.node("Not", [g.node("Equal", operands)])
    if name == "floor_divide" and dtype.kind == "f":
        return g.node("Floor", [g.node("Div", operands)])
    if name not in _COMPARISONS or (name.startswith("bitwise") and dtype.kind != "b"):
        raise refusal("export.dtype", name=name, dtype=dtype)
    return g.node(_COMPARISONS[name], operands)


# ------------------------------------------------------------------------------ activations


@converter("leaky_relu")
def _leaky_relu(g: GraphBuilder, call: Any, input: Tensor, negative_slope: float, inplace: bool) -> str:
    return g.node("LeakyRelu", [g.value(input)], alpha=float(negative_slope))


@converter("prelu")
def _prelu(g: GraphBuilder, call: Any, input: Tensor, weight: Tensor) -> str:
    slopes = host(weight).reshape((-1,) + (1,) * (input.ndim - 2) if weight.numel() > 1 else (1,))
    return g.node("PRelu", [g.value(input), g.constant(slopes, g.name_of(weight))])


@converter("elu")
def _elu(g: GraphBuilder, call: Any, input: Tensor, alpha: float, inplace: bool) -> str:
    return g.node("Elu", [g.value(input)], alpha=float(alpha))


@converter("gelu")
def _gelu(g: GraphBuilder, call: Any, input: Tensor, approximate: str) -> str:
    return g.node("Gelu", [g.value(input)], approximate=approximate)


@converter("softplus")
def _softplus(g: GraphBuilder, call: Any, input: Tensor, **_: Any) -> str:
    return g.node("Softplus", [g.value(input)])


# ------------------------------------------------------------------------------ reductions


@converter("mean", "prod", "logsumexp", "norm")
def _reduce(g: GraphBuilder, call: Any, input: Tensor, dim: Any, keepdim: bool, **_: Any) -> str:
    names = {"mean": "ReduceMean", "prod": "ReduceProd", "logsumexp": "ReduceLogSumExp", "norm": "ReduceL2"}
    kind = names[call.name]
    return g.reduce(kind, g.value(input), normalize_dims(dim, input.ndim, call.name), keepdim)


@converter("argmax", "argmin")
def _arg(g: GraphBuilder, call: Any, input: Tensor, dim: int | None, keepdim: bool) -> str:
    kind, source = {"argmax": "ArgMax", "argmin": "ArgMin"}[call.name], g.value(input)
    if dim is None:
        if keepdim:
            raise refusal("export.keepdim", name=call.name)
        source, dim = g.node("Reshape", [source, g.ints([-1])]), 0
    return g.node(kind, [source], axis=dim, keepdims=int(keepdim))


# ------------------------------------------------------------------------------ pooling, resizing, padding


def _need_batch(x: Tensor, ndim: int, name: str) -> None:
    if x.ndim != ndim + 2:
        raise refusal("export.unbatched", name=name, x=x)


def _plane_indices(g: GraphBuilder, indices: str, plane: int) -> str:
    """ONNX counts over the whole tensor; PyTorch within each plane."""
    return g.node("Mod", [indices, g.constant(np.array(plane, np.int64))])


@converter("max_pool")
def _max_pool_with_indices(g: GraphBuilder, call: Any, input: Tensor, **options: Any) -> tuple[str, ...]:
    ndim = options["ndim"]
    _need_batch(input, ndim, "max_pool with indices")
    names = ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "cover_all")
    geometry = pool_geometry(input.shape[2:], **{n: options[n] for n in names}, function="max_pool")
    values, indices = _pool_node(g, input, geometry, 2)
    return values, _plane_indices(g, indices, math.prod(input.shape[2:]))


@converter("avg_pool")
def _average_pool(g: GraphBuilder, call: Any, input: Tensor, **options: Any) -> str:
    ndim = options["ndim"]
    name = g.value(input) if input.ndim == ndim + 2 else g.node("Unsqueeze", [g.value(input), g.ints([0])])
    kernel = as_tuple(options["kernel_size"], ndim, "kernel_size")
    stride = kernel if options["stride"] is None else as_tuple(options["stride"], ndim, "stride")
    pads = as_tuple(options["padding"], ndim, "padding", 0)
    result = g.node(
        "AveragePool", [name], kernel_shape=list(kernel), strides=list(stride), pads=list(pads + pads),
        count_include_pad=int(options["count_include_pad"]),
    )  # fmt: skip
    return result if input.ndim == ndim + 2 else g.node("Squeeze", [result, g.ints([0])])


@converter("adaptive_max_pool")
def _adaptive_max_pool(
    g: GraphBuilder, call: Any, input: Tensor, output_size: Any, return_indices: bool, ndim: int
) -> Any:
    """Equal bins are windows; others are cut out one by one, axis after axis."""
    _need_batch(input, ndim, "adaptive_max_pool")
    size, out = input.shape[2:], call.outputs[0].shape[2:]
    if all(i % o == 0 for i, o in zip(size, out)):
        geometry = pool_geometry(size, tuple(i // o for i, o in zip(size, out)), function="adaptive_max_pool")
        if return_indices:
            values, indices = _pool_node(g, input, geometry, 2)
            return values, _plane_indices(g, indices, math.prod(size))
        return _pool_node(g, input, geometry, 1)[0]
    if return_indices:
        raise refusal("export.adaptive_indices", size=size, out=out)
    name = g.value(input)
    for axis, (i, o) in enumerate(zip(size, out), start=2):
        bins = [
            g.node("Slice", [name, g.ints([j * i // o]), g.ints([-(-(j + 1) * i // o)]), g.ints([axis])])
            for j in range(o)
        ]
        name = g.node("Concat", [g.reduce("ReduceMax", part, [axis], True) for part in bins], axis=axis)
    return name


@converter("max_unpool")
def _max_unpool(g: GraphBuilder, call: Any, input: Tensor, indices: Tensor, ndim: int, **_: Any) -> str:
    """Values scattered into planes of zeros, as ONNX's own MaxUnpool counts over the whole tensor."""
    _need_batch(input, ndim, "max_unpool")
    size = call.outputs[0].shape[2:]
    flat = g.ints([0, 0, -1])
    values, places = (g.node("Reshape", [g.value(t), flat]) for t in (input, indices))
    head = g.node("Shape", [g.value(input)], start=0, end=2)
    shape = g.node("Concat", [head, g.ints([math.prod(size)])], axis=0)
    zeros = g.zeros(shape, input.dtype)
    scattered = g.node("ScatterElements", [zeros, places, values], axis=2)
    return g.node("Reshape", [scattered, g.ints([0, 0, *size])])


@converter("upsample_nearest")
def _upsample(g: GraphBuilder, call: Any, input: Tensor, **options: Any) -> str:
    """Whole factors are a Resize; else each axis is gathered cell by cell."""
    size, out, name = input.shape[2:], call.outputs[0].shape[2:], g.value(input)
    if all(o % i == 0 for i, o in zip(size, out)):
        scales = g.constant(np.array([1, 1, *[o // i for i, o in zip(size, out)]], np.float32))
        rule: dict[str, Any] = {
            "mode": "nearest",
            "coordinate_transformation_mode": "asymmetric",
            "nearest_mode": "floor",
        }
        return g.node("Resize", [name, "", scales], **rule)
    factors = options["scale_factor"]
    for place, (i, o) in enumerate(zip(size, out)):
        if factors is None:
            source = np.arange(o) * i // o
        else:
            factor = factors[place] if isinstance(factors, Sequence) else float(factors)
            source = np.minimum((np.arange(o) / factor).astype(np.int64), i - 1)
        name = g.node("Gather", [name, g.constant(source)], axis=place + 2)
    return name


@converter("Resample")
def _resample(g: GraphBuilder, call: Any, x: Tensor, axis: int, places: Any, weights: Any) -> str:
    """The taps of every new cell, gathered and weighed."""
    name, column, total = g.value(x), (-1,) + (1,) * (x.ndim - axis - 1), ""
    for place, weight in zip(host(places), host(weights)):
        cells = g.node("Gather", [name, g.constant(place)], axis=axis)
        part = g.node("Mul", [cells, g.constant(weight.astype(x.dtype).reshape(column))])
        total = g.node("Add", [total, part]) if total else part
    return total


@converter("pad")
def _pad(g: GraphBuilder, call: Any, input: Tensor, pad: Sequence[int], mode: str, value: float) -> str:
    amounts = tuple(pad)
    pairs = [(0, 0)] * (input.ndim - len(amounts) // 2) + list(zip(amounts[::2], amounts[1::2]))[::-1]
    names = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    return g.pad(g.value(input), pairs, names[mode], g.number(value, input) if mode == "constant" else "")


@converter("deform_conv2d")
def _deform_conv(
    g: GraphBuilder, call: Any, input: Tensor, offset: Tensor, weight: Tensor, bias: Tensor | None,
    stride: Any, padding: Any, dilation: Any, mask: Tensor | None,
) -> str:  # fmt: skip
    kernel = weight.shape[2:]
    strides, dilations = as_tuple(stride, 2, "stride"), as_tuple(dilation, 2, "dilation")
    parts = [g.value(t) if t is not None else "" for t in (input, weight, offset, bias, mask)]
    return g.node(
        "DeformConv", parts, kernel_shape=list(kernel), strides=list(strides), dilations=list(dilations),
        pads=flat_pads(as_pairs(padding, kernel, strides, dilations)), group=input.shape[1] // weight.shape[1],
        offset_group=offset.shape[1] // (2 * math.prod(kernel)),
    )  # fmt: skip


# ------------------------------------------------------------------------------ normalisation


def _scale_and_bias(
    g: GraphBuilder, x: Tensor, weight: Tensor | None, bias: Tensor | None, shape: tuple[int, ...]
) -> list[str]:
    """ONNX wants both; ones and zeros change nothing."""
    return [
        g.value(given) if given is not None else g.constant(np.full(shape, number, x.dtype))
        for given, number in ((weight, 1), (bias, 0))
    ]


@converter("batch_norm")
def _batch_norm(
    g: GraphBuilder, call: Any, input: Tensor, running_mean: Tensor, running_var: Tensor, weight: Any, bias: Any,
    eps: float, **_: Any,
) -> str:  # fmt: skip
    parts = _scale_and_bias(g, input, weight, bias, (input.shape[1],))
    return g.node("BatchNormalization", [g.value(input), *parts, g.value(running_mean), g.value(running_var)],
                  epsilon=eps)  # fmt: skip


@converter("layer_norm")
def _layer_norm(
    g: GraphBuilder, call: Any, input: Tensor, normalized_shape: Any, weight: Any, bias: Any, eps: float
) -> str:
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    parts = _scale_and_bias(g, input, weight, bias, shape)
    return g.node("LayerNormalization", [g.value(input), *parts], axis=-len(shape), epsilon=eps)


@converter("group_norm")
def _group_norm(g: GraphBuilder, call: Any, input: Tensor, num_groups: int, weight: Any, bias: Any, eps: float) -> str:
    parts = _scale_and_bias(g, input, weight, bias, (input.shape[1],))
    return g.node("GroupNormalization", [g.value(input), *parts], num_groups=num_groups, epsilon=eps)


@converter("instance_norm")
def _instance_norm(g: GraphBuilder, call: Any, input: Tensor, weight: Any, bias: Any, eps: float, **_: Any) -> str:
    parts = _scale_and_bias(g, input, weight, bias, (input.shape[1],))
    return g.node("InstanceNormalization", [g.value(input), *parts], epsilon=eps)


# ------------------------------------------------------------------------------ losses


@converter("cross_entropy", "nll_loss")
def _class_loss(
    g: GraphBuilder, call: Any, input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int,
    reduction: str, **_: Any,
) -> str:  # fmt: skip
    kind = {"cross_entropy": "SoftmaxCrossEntropyLoss", "nll_loss": "NegativeLogLikelihoodLoss"}[call.name]
    parts = [g.value(input), g.value(target), *([] if weight is None else [g.value(weight)])]
    return g.node(kind, parts, ignore_index=ignore_index, reduction=reduction)
