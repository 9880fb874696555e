"""How each operation of a trace is said in ONNX: first the primitives, one function for each."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from ..backend import asnumpy
from ..errors import refusal
from ..tensor import Tensor
from .graph import GraphBuilder

__all__ = ["CONVERTERS", "converter"]

Converter = Callable[..., Any]
CONVERTERS: dict[str, Converter] = {}
F = TypeVar("F", bound=Callable)
_END = np.iinfo(np.int64).max


def converter(*names: str) -> Callable[[F], F]:
    """Enter ``f(g, output shapes, **arguments)``, which gives the names of the outputs, under operations' names.

    Examples
    --------
    >>> @converter("Twice")
    ... def twice(g, call, x):
    ...     return g.node("Add", [g.value(x), g.value(x)])
    >>> CONVERTERS.pop("Twice") is twice
    True
    """

    def enter(function: F) -> F:
        for name in names:
            CONVERTERS[name] = function
        return function

    return enter


# ------------------------------------------------------------------------------ element by element

_SAME = {
    "Add": "Add", "Sub": "Sub", "Mul": "Mul", "Div": "Div", "Pow": "Pow", "Maximum": "Max", "Minimum": "Min",
    "AtLeast": "Max", "AtMost": "Min",
    "MatMul": "MatMul", "Where": "Where", "Neg": "Neg", "Exp": "Exp", "Log": "Log", "Sqrt": "Sqrt", "Abs": "Abs",
    "Sign": "Sign", "Sin": "Sin", "Cos": "Cos", "Erf": "Erf", "Tanh": "Tanh", "Sigmoid": "Sigmoid",
    "Softplus": "Softplus", "ReLU": "Relu",
}  # fmt: skip


def _enter_same(name: str, kind: str) -> None:
    def convert(g: GraphBuilder, call: Any, **arguments: Any) -> str:
        dtype = call.outputs[0].dtype  # of the operands too, and of the numbers among them
        return g.node(kind, [g.value(v, dtype) for v in arguments.values()])

    CONVERTERS[name] = convert


for _name, _kind in _SAME.items():
    _enter_same(_name, _kind)


@converter("Clone", "Alias", "ToDevice")
def _identity(g: GraphBuilder, call: Any, x: Tensor, **_: Any) -> str:
    return g.value(x)


@converter("Remainder")
def _remainder(g: GraphBuilder, call: Any, a: Any, b: Any) -> str:
    dtype = call.outputs[0].dtype
    a, b = g.value(a, dtype), g.value(b, dtype)
    if dtype.kind != "f":
        return g.node("Mod", [a, b])
    return g.node("Sub", [a, g.node("Mul", [g.node("Floor", [g.node("Div", [a, b])]), b])])


@converter("Expm1")
def _expm1(g: GraphBuilder, call: Any, x: Tensor) -> str:
    return g.node("Sub", [g.node("Exp", [g.value(x)]), g.number(1.0, x)])


@converter("Log1p")
def _log1p(g: GraphBuilder, call: Any, x: Tensor) -> str:
    return g.node("Log", [g.node("Add", [g.value(x), g.number(1.0, x)])])


@converter("Rsqrt")
def _rsqrt(g: GraphBuilder, call: Any, x: Tensor) -> str:
    return g.node("Reciprocal", [g.node("Sqrt", [g.value(x)])])


@converter("Clamp")
def _clamp(g: GraphBuilder, call: Any, x: Tensor, low: Any, high: Any) -> str:
    return g.node("Clip", [g.value(x), *["" if v is None else g.number(v, x) for v in (low, high)]])


@converter("Softmax", "LogSoftmax")
def _softmax(g: GraphBuilder, call: Any, x: Tensor, dim: int) -> str:
    return g.node(call.name, [g.value(x)], axis=dim)


@converter("BinaryCrossEntropy")
def _binary_cross_entropy(g: GraphBuilder, call: Any, x: Tensor, t: Tensor) -> str:
    """``-(t*log(x) + (1 - t)*log(1 - x))``, each logarithm held at -100 or above."""
    one, floor = g.number(1.0, x), g.number(-100.0, x)
    p, target = g.value(x), g.value(t)
    log_p = g.node("Max", [g.node("Log", [p]), floor])
    log_q = g.node("Max", [g.node("Log", [g.node("Sub", [one, p])]), floor])
    rest = g.node("Mul", [g.node("Sub", [one, target]), log_q])
    return g.node("Neg", [g.node("Add", [g.node("Mul", [target, log_p]), rest])])


# ------------------------------------------------------------------------------ shapes


@converter("Reshape")
def _reshape(g: GraphBuilder, call: Any, x: Tensor, new: Sequence[int]) -> str:
    """The one size that follows the batch is left to be worked out."""
    sizes = g.sizes(call.outputs[0])
    moving = [i for i, (share, _) in enumerate(sizes) if share]
    if len(moving) > 1:
        raise refusal("export.reshape_sizes", shape=tuple(new), count=len(moving))
    if moving and 0 in x.shape[1:]:
        raise refusal("export.reshape_empty", x=x)
    target = [-1 if share else n for share, n in sizes]
    return g.node("Reshape", [g.value(x), g.ints(target)], **({} if moving else {"allowzero": 1}))


@converter("Expand")
def _expand(g: GraphBuilder, call: Any, x: Tensor, new: Sequence[int]) -> str:
    return g.node("Expand", [g.value(x), g.shape_tensor(g.sizes(call.outputs[0]))])


@converter("Permute")
def _permute(g: GraphBuilder, call: Any, x: Tensor, dims: Sequence[int]) -> str:
    return g.node("Transpose", [g.value(x)], perm=list(dims))


@converter("Linear")
def _linear(g: GraphBuilder, call: Any, x: Tensor, w: Tensor, b: Tensor | None) -> str:
    """Of more dimensions than two, which Gemm does not take."""
    product = g.node("MatMul", [g.value(x), g.node("Transpose", [g.value(w)], perm=[1, 0])])
    return product if b is None else g.node("Add", [product, g.value(b)])


@converter("Flip")
def _flip(g: GraphBuilder, call: Any, x: Tensor, dims: Sequence[int]) -> str:
    n = len(dims)
    return g.node("Slice", [g.value(x), g.ints([-1] * n), g.ints([-_END] * n), g.ints(dims), g.ints([-1] * n)])


@converter("Cat")
def _cat(g: GraphBuilder, call: Any, dim: int, arrays: Sequence[Tensor]) -> str:
    return g.node("Concat", [g.value(a) for a in arrays], axis=dim)


@converter("PadConstant")
def _pad_constant(g: GraphBuilder, call: Any, x: Tensor, pairs: Any, value: float) -> str:
    return g.pad(g.value(x), pairs, "constant", g.number(value, x))


@converter("GetItem", "GetView")
def _get_item(g: GraphBuilder, call: Any, x: Tensor, key: Any) -> str:
    """Slices first, then one integer array, then the axes that an int drops and None adds."""
    parts = _full_key(key, x.ndim)
    name, cuts, dropped, added, axis, place = g.value(x), [], [], [], 0, 0
    gathered: tuple[int, Any] | None = None
    for part in parts:
        if part is None:
            added.append(place)
            place += 1
            continue
        if isinstance(part, slice):
            if part != slice(None):
                cuts.append((axis, *_ends(part)))
            place += 1
        elif isinstance(part, (int, np.integer)):
            cuts.append((axis, int(part), int(part) + 1 or _END, 1))
            dropped.append(axis)
        elif gathered is None and getattr(part, "dtype", np.dtype(bool)).kind in "iu" and part.ndim:
            gathered = axis, part
            place += part.ndim
        else:
            raise refusal("export.several_indices")
        axis += 1
    if gathered and (dropped or added):
        raise refusal("export.mixed_index")
    if cuts:
        axes, starts, stops, steps = (list(column) for column in zip(*cuts))
        name = g.node("Slice", [name, g.ints(starts), g.ints(stops), g.ints(axes), g.ints(steps)])
    if gathered:
        return g.node("Gather", [name, g.value(gathered[1])], axis=gathered[0])
    if dropped:
        name = g.node("Squeeze", [name, g.ints(dropped)])
    return g.node("Unsqueeze", [name, g.ints(added)]) if added else name


def _full_key(key: Any, ndim: int) -> list[Any]:
    """The index as a list of one part per axis (and the Nones), without an ellipsis."""
    parts = list(key) if isinstance(key, tuple) else [key]
    missing = ndim - sum(p is not None and p is not Ellipsis for p in parts)
    at = next((i for i, p in enumerate(parts) if p is Ellipsis), len(parts))
    return parts[:at] + [slice(None)] * missing + parts[at + 1 :]


def _ends(part: slice) -> tuple[int, int, int]:
    step = 1 if part.step is None else int(part.step)
    start = (0 if step > 0 else -1) if part.start is None else int(part.start)
    stop = (_END if step > 0 else -_END) if part.stop is None else int(part.stop)
    return start, stop, step


@converter("TakeAlong")
def _take_along(g: GraphBuilder, call: Any, x: Tensor, indices: Tensor, dim: int) -> str:
    return g.node("GatherElements", [g.value(x), g.value(indices)], axis=dim)


@converter("Overwrite")
def _overwrite(g: GraphBuilder, call: Any, x: Tensor, value: Any, key: Any, path: tuple) -> str:
    """A whole tensor given new values, as by ``x += y``: from here on it is another value."""
    if key is not Ellipsis or path or getattr(value, "shape", None) != x.shape or value.dtype != x.dtype:
        raise refusal("export.write")
    return g.value(value)


# ------------------------------------------------------------------------------ reductions


@converter("Sum", "Mean", "Amax", "Amin", "Norm")
def _reduce(g: GraphBuilder, call: Any, x: Tensor, dims: Sequence[int], keepdim: bool) -> str:
    kinds = {"Sum": "ReduceSum", "Mean": "ReduceMean", "Amax": "ReduceMax", "Amin": "ReduceMin", "Norm": "ReduceL2"}
    return g.reduce(kinds[call.name], g.value(x), dims, keepdim)


@converter("Normalize")
def _normalize(
    g: GraphBuilder, call: Any, x: Tensor, weight: Tensor | None, bias: Tensor | None, dims: Sequence[int], eps: float
) -> tuple[str, ...]:
    """``(x - mean)/sqrt(var + eps) * weight + bias``, and mean and var."""
    if x.dtype == np.float16:
        raise refusal("export.float16_norm")
    mean = g.reduce("ReduceMean", g.value(x), dims, True)
    centred = g.node("Sub", [g.value(x), mean])
    var = g.reduce("ReduceMean", g.node("Mul", [centred, centred]), dims, True)
    spread = g.node("Sqrt", [g.node("Add", [var, g.number(eps, x)])])
    y = g.node("Div", [centred, spread])
    y = y if weight is None else g.node("Mul", [y, g.value(weight)])
    y = y if bias is None else g.node("Add", [y, g.value(bias)])
    return y, mean, var


# ------------------------------------------------------------------------------ windows


def flat_pads(pairs: Sequence[tuple[int, int]]) -> list[int]:
    """ONNX lists all the paddings before the axes, then all those after.

    Examples
    --------
    >>> flat_pads([(1, 2), (3, 4)])
    [1, 3, 2, 4]
    """
    return [lo for lo, _ in pairs] + [hi for _, hi in pairs]


@converter("Conv")
def _conv(g: GraphBuilder, call: Any, x: Tensor, w: Tensor, b: Tensor | None = None, geometry: Any = None) -> str:
    return g.node(
        "Conv", [g.value(x), g.value(w), *([] if b is None else [g.value(b)])], kernel_shape=list(w.shape[2:]),
        strides=list(geometry.stride), pads=flat_pads(geometry.padding), dilations=list(geometry.dilation),
        group=geometry.groups,
    )  # fmt: skip


@converter("ConvInputGrad")
def _conv_transpose(
    g: GraphBuilder, call: Any, gy: Tensor, w: Tensor, b: Tensor | None, geometry: Any, input_size: Sequence[int]
) -> str:
    axes = zip(gy.shape[2:], w.shape[2:], geometry.stride, geometry.dilation, geometry.padding, input_size)
    extra = [o - ((i - 1) * s - lo - hi + d * (k - 1) + 1) for i, k, s, d, (lo, hi), o in axes]
    return g.node(
        "ConvTranspose", [g.value(gy), g.value(w), *([] if b is None else [g.value(b)])], group=geometry.groups,
        kernel_shape=list(w.shape[2:]), strides=list(geometry.stride), pads=flat_pads(geometry.padding),
        dilations=list(geometry.dilation), output_padding=extra,
    )  # fmt: skip


@converter("MaxPool")
def _max_pool(g: GraphBuilder, call: Any, x: Tensor, geometry: Any, with_taps: bool) -> Any:
    values = _pool_node(g, x, geometry, 1)[0]
    return (values, "?") if with_taps else values  # which tap won has no name in ONNX


def _pool_node(g: GraphBuilder, x: Tensor, geometry: Any, outputs: int) -> tuple[str, ...]:
    """A MaxPool; what the windows reach past the padding is padding too.  Always a tuple."""
    pairs = [(lo, hi + reach) for (lo, hi), reach in zip(geometry.padding, geometry.reach)]
    name = g.value(x)
    if any(max(pair) >= k for pair, k in zip(pairs, geometry.kernel_size)):  # runtimes refuse so much in the operator
        if outputs > 1:
            raise refusal("export.pool_padding", pairs=pairs)
        name = g.pad(name, [(0, 0), (0, 0), *pairs], "constant", g.number(-math.inf, x))
        pairs = [(0, 0)] * len(pairs)
    result = g.node(
        "MaxPool", [name], outputs, kernel_shape=list(geometry.kernel_size), strides=list(geometry.stride),
        pads=flat_pads(pairs), dilations=list(geometry.dilation),
    )  # fmt: skip
    return result if isinstance(result, tuple) else (result,)


@converter("WindowSum")
def _window_sum(g: GraphBuilder, call: Any, x: Tensor, geometry: Any) -> str:
    """A depthwise convolution with a kernel of ones."""
    pairs = [(lo, hi + reach) for (lo, hi), reach in zip(geometry.padding, geometry.reach)]
    ones = g.constant(np.ones((x.shape[1], 1, *geometry.kernel_size), x.dtype))
    return g.node(
        "Conv", [g.value(x), ones], kernel_shape=list(geometry.kernel_size), strides=list(geometry.stride),
        pads=flat_pads(pairs), dilations=list(geometry.dilation), group=x.shape[1],
    )  # fmt: skip


@converter("AdaptiveAvg")
def _adaptive_average(g: GraphBuilder, call: Any, x: Tensor, output_size: Sequence[int]) -> str:
    """One bin, equal bins, or for each axis a product with the matrix of the bins' means."""
    size = x.shape[2:]
    if all(o == 1 for o in output_size):
        return g.node("GlobalAveragePool", [g.value(x)])
    if all(o and i % o == 0 for i, o in zip(size, output_size)):
        window = [i // o for i, o in zip(size, output_size)]
        return g.node("AveragePool", [g.value(x)], kernel_shape=window, strides=window)
    name = g.value(x)
    for axis, (i, o) in enumerate(zip(size, output_size), start=2):
        bins = np.zeros((i, o), x.dtype)
        for j in range(o):
            lo, hi = j * i // o, -(-(j + 1) * i // o)
            bins[lo:hi, j] = 1.0 / (hi - lo)
        order = [a for a in range(x.ndim) if a != axis] + [axis]
        last = g.node("MatMul", [g.node("Transpose", [name], perm=order), g.constant(bins)])
        name = g.node("Transpose", [last], perm=[order.index(a) for a in range(x.ndim)])
    return name


def host(value: Any) -> np.ndarray:
    """The array of a constant Tensor.

    Examples
    --------
    >>> import tinyconv as tc
    >>> host(tc.ones(2)).tolist()
    [1.0, 1.0]
    """
    return asnumpy(value.array)
