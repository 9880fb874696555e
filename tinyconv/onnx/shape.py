"""Operators that move, make and pick elements."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import ops
from ..backend import asnumpy, get_array_module
from ..kernels.sums import sum_dtype
from ..ops.dtype import cast
from ..ops.elementwise import zeros_like
from ..ops.resize import Resample, cubic_taps, linear_taps
from ..tensor import Tensor
from .node import Node, ints, moved, operator

# The numbers by which ONNX files name dtypes, as far as this package has them.
DTYPES = {1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 9: "bool",
          10: "float16", 11: "float64", 12: "uint32", 13: "uint64"}  # fmt: skip


def _axes(node: Node, x: Tensor, axes: Tensor | None, ndim: int) -> tuple[int, ...]:
    """Axes as an input (later operator sets) or an attribute, made non-negative."""
    return node.axes(ints(axes, node.get("axes", range(x.ndim))), ndim)


@operator("Constant")
def _constant(node: Node) -> Tensor:
    for name, dtype in (("value_float", "float32"), ("value_floats", "float32"), ("value_int", "int64"),
                        ("value_ints", "int64"), ("value", None)):  # fmt: skip
        if name in node.attributes:
            return Tensor._of(np.asarray(node.get(name), dtype))
    raise node.refuse("onnx.constant")


@operator("ConstantOfShape", host=(0,))
def _constant_of_shape(node: Node, shape: Tensor) -> Tensor:
    value = np.asarray(node.get("value", np.zeros(1, np.float32))).reshape(())
    node.allow(ints(shape), value.dtype.itemsize)
    return Tensor._of(np.full(ints(shape), value))


@operator("Shape")
def _shape(node: Node, x: Tensor) -> Tensor:
    return Tensor._of(np.array(x.shape[slice(node.get("start", 0), node.get("end"))], np.int64))


@operator("Size")
def _size(node: Node, x: Tensor) -> Tensor:
    return Tensor._of(np.array(math.prod(x.shape), np.int64))


@operator("Range", host=(0, 1, 2))
def _range(node: Node, start: Tensor, limit: Tensor, delta: Tensor) -> Tensor:
    first, last, step = start.item(), limit.item(), delta.item()
    if step == 0 or not all(map(math.isfinite, (first, last, step))):
        raise node.refuse("onnx.range", first=first, last=last, step=step)
    count = max(0, math.ceil((last - first) / step))
    node.allow((count,), 8)  # computed in 64 bits
    return Tensor._of((first + np.arange(count) * step).astype(start.dtype))


@operator("Cast")
def _cast(node: Node, x: Tensor) -> Tensor:
    if node.get("to") not in DTYPES:
        raise node.refuse("onnx.cast", number=node.get("to"))
    return cast(x, DTYPES[node.get("to")])


@operator("CastLike")
def _cast_like(node: Node, x: Tensor, like: Tensor) -> Tensor:
    return cast(x, like.dtype)


@operator("Reshape", host=(1,))
def _reshape(node: Node, x: Tensor, shape: Tensor | None = None) -> Tensor:
    """0 keeps the size at its place unless `allowzero`."""
    wanted = ints(shape, node.get("shape", ()))
    if not node.get("allowzero", 0):
        wanted = tuple(x.shape[i] if n == 0 and i < x.ndim else n for i, n in enumerate(wanted))
    return x.reshape(wanted)


@operator("Flatten")
def _flatten(node: Node, x: Tensor) -> Tensor:
    axis = node.get("axis", 1)
    axis = x.ndim if axis == x.ndim else node.axis(axis, x.ndim)
    return x.reshape((math.prod(x.shape[:axis]), math.prod(x.shape[axis:])))


@operator("Transpose")
def _transpose(node: Node, x: Tensor) -> Tensor:
    return x.permute(node.axes(node.get("perm", range(x.ndim)[::-1]), x.ndim))


@operator("Squeeze", host=(1,))
def _squeeze(node: Node, x: Tensor, axes: Tensor | None = None) -> Tensor:
    if axes is None and "axes" not in node.attributes:
        return x.squeeze()
    dropped = _axes(node, x, axes, x.ndim)
    if any(x.shape[a] != 1 for a in dropped):
        raise node.refuse("onnx.squeeze", axes=dropped, x=x)
    return x.reshape(tuple(n for a, n in enumerate(x.shape) if a not in dropped))


@operator("Unsqueeze", host=(1,))
def _unsqueeze(node: Node, x: Tensor, axes: Tensor | None = None) -> Tensor:
    given = ints(axes, node.get("axes", ()))
    added = node.axes(given, x.ndim + len(given))
    sizes = iter(x.shape)
    return x.reshape(tuple(1 if a in added else next(sizes) for a in range(x.ndim + len(given))))


@operator("Expand", host=(1,))
def _expand(node: Node, x: Tensor, shape: Tensor) -> Tensor:
    target = np.broadcast_shapes(x.shape, ints(shape))
    node.allow(target, x.dtype.itemsize)
    return x.expand(target)


@operator("Concat")
def _concat(node: Node, *parts: Tensor) -> Tensor:
    if not parts:
        raise node.refuse("onnx.concat")
    node.allow((sum(math.prod(p.shape) for p in parts),), parts[0].dtype.itemsize)
    return ops.cat(list(parts), node.axis(node.get("axis", 1), parts[0].ndim))


@operator("Split", host=(1,))
def _split(node: Node, x: Tensor, sizes: Tensor | None = None) -> tuple[Tensor, ...]:
    axis = node.axis(node.get("axis", 0), x.ndim)
    lengths = list(ints(sizes, node.get("split", ())))
    if not lengths:
        size = -(-x.shape[axis] // len(node.outputs))
        lengths = [max(0, min(size, x.shape[axis] - i * size)) for i in range(len(node.outputs))]
    return tuple(ops.split(x, lengths, axis))


@operator("Slice", host=(1, 2, 3, 4))
def _slice(
    node: Node, x: Tensor, starts: Tensor | None = None, ends: Tensor | None = None, axes: Tensor | None = None,
    steps: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Cut ``starts:ends:steps``; a negative step flips the axis first."""
    begin, end = ints(starts, node.get("starts", ())), ints(ends, node.get("ends", ()))
    where = node.axes(ints(axes, node.get("axes", range(len(begin)))), x.ndim)
    stride = ints(steps, (1,) * len(begin))
    key = [slice(None)] * x.ndim
    for axis, first, last, step in zip(where, begin, end, stride):
        picked = range(x.shape[axis])[slice(first, last, step)]
        if step > 0:
            key[axis] = slice(picked.start, picked.stop, step)
        else:  # counted from the other end
            x = ops.flip(x, axis)
            n = x.shape[axis]
            key[axis] = slice(n - 1 - picked.start, n - 1 - picked.stop, -step)
    return x[tuple(key)]


def _inside(node: Node, x: Tensor, axis: int, indices: Tensor) -> tuple[Tensor, Tensor | None]:
    """Indices made non-negative, and where they are outside the axis; on the host that is an error.

    On a device looking would mean waiting for it, so there the caller makes floats NaN instead.
    """
    size, raw, xp = x.shape[axis], indices.array, get_array_module(indices.array)
    raw = xp.where(raw < 0, raw + size, raw)
    outside = (raw < 0) | (raw >= size)
    if xp is not np and x.dtype.kind == "f":
        return Tensor._of(xp.where(outside, 0, raw)), Tensor._of(outside)
    if bool(outside.any()):
        raise node.refuse("onnx.index", size=size)
    return moved(Tensor._of(raw), x.device), None


def _nan_where(outside: Tensor | None, result: Tensor) -> Tensor:
    return result if outside is None else ops.where(outside, math.nan, result)


@operator("Gather", host=(1,))
def _gather(node: Node, x: Tensor, indices: Tensor) -> Tensor:
    axis = node.axis(node.get("axis", 0), x.ndim)
    node.allow(x.shape[:axis] + indices.shape + x.shape[axis + 1 :], x.dtype.itemsize)
    places, outside = _inside(node, x, axis, indices)
    if outside is not None:
        outside = outside.reshape(outside.shape + (1,) * (x.ndim - axis - 1))
    return _nan_where(outside, x[(slice(None),) * axis + (places,)])


@operator("GatherElements", host=(1,))
def _gather_elements(node: Node, x: Tensor, indices: Tensor) -> Tensor:
    axis = node.axis(node.get("axis", 0), x.ndim)
    if indices.ndim != x.ndim or any(n > m for d, (n, m) in enumerate(zip(indices.shape, x.shape)) if d != axis):
        raise node.refuse("onnx.gather_shape", indices=indices, x=x)
    places, outside = _inside(node, x, axis, indices)
    return _nan_where(outside, ops.gather(x, axis, places))


@operator("ScatterElements", host=(1,))
def _scatter_elements(node: Node, x: Tensor, indices: Tensor, updates: Tensor) -> Tensor:
    if node.get("reduction", "none") != "none":
        raise node.refuse("onnx.reduction", reduction=node.get("reduction"))
    axis = node.axis(node.get("axis", 0), x.ndim)
    along, outside = _inside(node, x, axis, indices)
    places = [moved(Tensor._of(p), x.device) for p in np.indices(indices.shape, sparse=True)]
    places[axis] = along
    result = x.clone()
    result[tuple(places)] = updates
    return _nan_where(None if outside is None else Tensor._of(outside.array.any()), result)


@operator("Tile", host=(1,))
def _tile(node: Node, x: Tensor, repeats: Tensor) -> Tensor:
    times = ints(repeats)
    if len(times) != x.ndim or min(times, default=0) < 0:
        raise node.refuse("onnx.repeats", repeats=times, ndim=x.ndim)
    node.allow([max(1, n * r) for n, r in zip(x.shape, times)], x.dtype.itemsize)  # a 0 may come after a huge one
    for axis, count in enumerate(times):
        before, after = x.shape[:axis], x.shape[axis:]
        x = x.reshape(before + (1,) + after).expand(before + (count,) + after)
        x = x.reshape(before + (count * after[0],) + after[1:])
    return x


@operator("Trilu", host=(1,))
def _trilu(node: Node, x: Tensor, k: Tensor | None = None) -> Tensor:
    if x.ndim < 2:
        raise node.refuse("onnx.matrix", x=x)
    kept = (np.triu if node.get("upper", 1) else np.tril)(np.ones(x.shape[-2:], bool), 0 if k is None else int(k))
    return ops.where(moved(Tensor._of(kept), x.device), x, zeros_like(x))


@operator("OneHot", host=(0, 1))
def _one_hot(node: Node, indices: Tensor, depth: Tensor, values: Tensor) -> Tensor:
    count, axis = int(depth.reshape(-1)[0]), node.get("axis", -1)
    axis = node.axis(axis, indices.ndim + 1)
    node.allow((max(1, math.prod(indices.shape)), count), max(8, values.dtype.itemsize))
    classes = asnumpy(indices.array).astype(np.int64)
    classes = np.where(classes < 0, classes + count, classes)
    hot = np.moveaxis(classes[..., None] == np.arange(count), -1, axis)
    return ops.where(moved(Tensor._of(hot), values.device), values[1], values[0])


# ------------------------------------------------------------------------------ padding, resizing

_MODES = {"edge": "replicate", "reflect": "reflect", "wrap": "circular"}


@operator("Pad", host=(1, 2, 3))
def _pad(
    node: Node, x: Tensor, pads: Tensor | None = None, value: Tensor | None = None, axes: Tensor | None = None
) -> Tensor:
    amounts = ints(pads, node.get("pads", node.get("paddings", ())))
    where = node.axes(ints(axes, range(x.ndim)), x.ndim)
    if len(amounts) != 2 * len(where):
        raise node.refuse("onnx.pads", pads=amounts, ndim=len(where))
    pairs = [(0, 0)] * x.ndim
    for place, axis in enumerate(where):
        pairs[axis] = amounts[place], amounts[place + len(where)]
    node.allow([n + max(0, lo) + max(0, hi) for n, (lo, hi) in zip(x.shape, pairs)], x.dtype.itemsize)
    fill = node.get("value", 0.0) if value is None else value.item()
    return pad_pairs(x, pairs, node.get("mode", "constant"), fill)


def pad_pairs(x: Tensor, pairs: Sequence[tuple[int, int]], mode: str, value: float = 0.0) -> Tensor:
    """Pad by ``(before, after)`` of each axis, in ONNX's modes; negative numbers crop.

    Examples
    --------
    >>> import tinyconv as tc
    >>> pad_pairs(tc.tensor([1.0, 2.0]), [(1, -1)], "edge")
    tensor([1., 1.])
    """
    if mode == "constant":
        return ops.pad(x, [n for pair in reversed(pairs) for n in pair], "constant", value)
    crop = tuple(slice(max(0, -lo), n - max(0, -hi)) for n, (lo, hi) in zip(x.shape, pairs))
    x, grown = x[crop], [(max(0, lo), max(0, hi)) for lo, hi in pairs]
    return ops.pad(x, [n for pair in reversed(grown) for n in pair], _MODES[mode])


_SOURCES: dict[str, Callable[..., Any]] = {  # where new cell j of `new` reads an axis of `old` cells, with the factor s
    "half_pixel": lambda j, s, old, new: (j + 0.5) / s - 0.5,
    "pytorch_half_pixel": lambda j, s, old, new: (j + 0.5) / s - 0.5 if new > 1 else j * 0,
    "asymmetric": lambda j, s, old, new: j / s,
    "half_pixel_symmetric": lambda j, s, old, new: (j + 0.5) / s - 0.5 + (old - new / s) / 2,
    "align_corners": lambda j, s, old, new: j * (old - 1) / (old * s - 1) if new > 1 else j * 0,
}
_ROUNDINGS: dict[str, Callable[[Any, Any], Any]] = {
    "round_prefer_floor": lambda xp, place: xp.ceil(place - 0.5),
    "round_prefer_ceil": lambda xp, place: xp.floor(place + 0.5),
    "floor": lambda xp, place: xp.floor(place),
    "ceil": lambda xp, place: xp.ceil(place),
}


@operator("Resize", "Upsample", host=(1, 2, 3))
def _resize(node: Node, x: Tensor, *inputs: Tensor | None) -> Tensor:
    """One axis after the other, by nearest cells, straight lines or cubics; beyond the border there is the border."""
    old = node.kind == "Upsample" or node.opset < 11
    _, scales, sizes = (None, *inputs[:1], None, None)[:3] if old else (*inputs, None, None, None)[:3]
    mode, source, rounding = _resize_rule(node, old)
    axes = node.axes(node.get("axes", range(x.ndim)), x.ndim)
    factors = [float(f) for f in asnumpy(scales.array).reshape(-1)] if scales is not None else node.get("scales", ())
    wanted = ints(sizes) or tuple(math.floor(x.shape[a] * f) for a, f in zip(axes, factors))
    factors = [n / x.shape[a] for a, n in zip(axes, wanted)] if ints(sizes) else factors
    if len(wanted) != len(axes) or len(factors) != len(axes) or min(wanted, default=0) < 0:
        raise node.refuse("onnx.resize_axes", x=x, target=wanted)
    target = [wanted[axes.index(a)] if a in axes else n for a, n in enumerate(x.shape)]
    node.allow([max(n, m, 1) for n, m in zip(target, x.shape)], x.dtype.itemsize)  # axes grow and shrink in turn
    for axis, new, factor in zip(axes, wanted, factors):
        if new != x.shape[axis] or factor != 1.0:
            cells = get_array_module(x.array).arange(new).astype("float64")
            place = _SOURCES[source](cells, factor, x.shape[axis], new)
            x = _resample(x, axis, place, mode, rounding)
    return x


def _resize_rule(node: Node, old: bool) -> tuple[str, str, str]:
    """Mode, coordinates and rounding, or the refusal of what is not here."""
    mode = node.get("mode", "nearest")
    source = "asymmetric" if old else node.get("coordinate_transformation_mode", "half_pixel")
    rounding = "floor" if old else node.get("nearest_mode", "round_prefer_floor")
    usual = {"antialias": 0, "exclude_outside": 0, "cubic_coeff_a": -0.75, "keep_aspect_ratio_policy": "stretch"}
    unusual = [f"{name}={node.get(name)}" for name, value in usual.items() if node.get(name, value) != value]
    if mode not in ("nearest", "linear", "cubic") or source not in _SOURCES or rounding not in _ROUNDINGS or unusual:
        raise node.refuse("onnx.resize_rule", rule=", ".join([mode, source, rounding, *unusual]))
    return mode, source, rounding


def _resample(x: Tensor, axis: int, place: Any, mode: str, rounding: str) -> Tensor:
    """An axis read at places between its cells."""
    xp, last = get_array_module(x.array), x.shape[axis] - 1

    def inside(cells: Any) -> Any:
        return xp.minimum(xp.maximum(cells, 0), last)

    if mode == "nearest":
        cells = inside(_ROUNDINGS[rounding](xp, place)).astype("int64")
        return x[(slice(None),) * axis + (Tensor._of(cells),)]
    taps, weights = linear_taps(xp, inside(place)) if mode == "linear" else cubic_taps(xp, place)
    return Resample.apply(x, axis, inside(taps).astype("int64"), weights.astype(sum_dtype(x.array)))


@operator("CumSum", host=(1,))
def _cumsum(node: Node, x: Tensor, axis: Tensor) -> Tensor:
    """`reverse` sums from the end; `exclusive` leaves each element itself out."""
    along = node.axis(int(axis.item()), x.ndim)
    backwards = node.flag("reverse")
    y = ops.flip(x, along) if backwards else x
    total = cast(ops.cumsum(y, along), x.dtype)
    if node.flag("exclusive"):  # moved by one; taking the element away again would make inf NaN
        total = ops.pad(total, [0, 0] * (x.ndim - 1 - along) + [1, -1])
    return ops.flip(total, along) if backwards else total


@operator("TopK", host=(1,))
def _top_k(node: Node, x: Tensor, k: Tensor | None = None) -> tuple[Tensor, Tensor]:
    count = node.get("k") if k is None else int(k.item())
    axis = node.axis(node.get("axis", -1), x.ndim)
    values, places = ops.topk(x, count, axis, node.flag("largest", 1), node.flag("sorted", 1))
    return values, places


@operator("DepthToSpace")
def _depth_to_space(node: Node, x: Tensor) -> Tensor:
    b, (n, c, h, w) = node.get("blocksize"), x.shape
    if node.get("mode", "DCR") == "DCR":
        y = x.reshape(n, b, b, c // (b * b), h, w).permute(0, 3, 4, 1, 5, 2)
    else:
        y = x.reshape(n, c // (b * b), b, b, h, w).permute(0, 1, 4, 2, 5, 3)
    return y.reshape(n, c // (b * b), h * b, w * b)


@operator("SpaceToDepth")
def _space_to_depth(node: Node, x: Tensor) -> Tensor:
    if node.get("mode", "DCR") != "DCR":
        raise node.refuse("onnx.mode", mode=node.get("mode"))
    b, (n, c, h, w) = node.get("blocksize"), x.shape
    y = x.reshape(n, c, h // b, b, w // b, b).permute(0, 3, 5, 1, 2, 4)
    return y.reshape(n, c * b * b, h // b, w // b)
