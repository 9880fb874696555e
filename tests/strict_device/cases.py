"""Calls on a device array, sorted by what CuPy does with them.

The strict device is held to them in ``test_strict_device.py``, a real CuPy in ``test_calibrate.py``.
Each case is a function of ``(xp, x)``, with `x` the array :data:`X` of shape (2, 3, 6, 6) on the device of
`xp`.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np

Case = Callable[[Any, Any], Any]

X = np.random.default_rng(2).standard_normal((2, 3, 6, 6)).astype(np.float32)
IMAGE = np.ones((1, 3, 6, 6), np.float32)  # a host array as long as one image of X


def index(xp: Any, *values: int) -> Any:
    """Give an integer array on the device."""
    return xp.asarray(np.array(values))


def assign(x: Any, key: Any, value: Any) -> Any:
    """Do ``x[key] = value`` and give `x`."""
    x[key] = value
    return x


# --- planted bugs: each runs on NumPy, so that a suite on NumPy alone would let it pass ---

REFUSED: dict[str, Case] = {
    # host arrays among device arrays
    "add a host array": lambda xp, x: x + np.zeros(x.shape, "f4"),
    "add to a host array": lambda xp, x: np.zeros(x.shape, "f4") + x,
    "multiply by a host 0-d array": lambda xp, x: x * np.array(2, "f4"),
    "add a host array in place": lambda xp, x: x.__iadd__(np.ones(x.shape, "f4")),
    "matmul with a host array": lambda xp, x: x @ np.ones((6, 2), "f4"),
    "tensordot with a host array": lambda xp, x: xp.tensordot(x, np.ones((6, 2), "f4"), axes=1),
    "concatenate a host array": lambda xp, x: xp.concatenate([x, IMAGE]),
    "stack a host array": lambda xp, x: xp.stack([x[:1], IMAGE]),
    "where with a host condition": lambda xp, x: xp.where(np.ones(x.shape, bool), x, 0),
    "where with a bool condition": lambda xp, x: xp.where(True, x, 0),
    "write into a host array": lambda xp, x: xp.add(x, x, out=np.empty(x.shape, "f4")),
    "assign a host array": lambda xp, x: assign(x, 0, IMAGE[0]),
    "add a list": lambda xp, x: xp.add(x, [1.0]),
    "assign a list": lambda xp, x: assign(x, (0, 0, 0), [1.0] * 6),
    "sum a list": lambda xp, x: xp.sum([1.0, 2.0]),
    # the device array where a host value is needed
    "convert implicitly": lambda xp, x: np.asarray(x),
    "read as a buffer": lambda xp, x: memoryview(x),
    "range over a device integer": lambda xp, x: range(x.argmax()),
    "shape from a device integer": lambda xp, x: xp.zeros(x.argmax()),
    "axis from a device integer": lambda xp, x: xp.sum(x, axis=x[0, 0, 0, :2].argmax()),
    # names that CuPy lacks
    "errstate": lambda xp, x: xp.errstate(all="ignore"),
    "insert": lambda xp, x: xp.insert(x, 0, 0, axis=0),
    "block": lambda xp, x: xp.block([x, x]),
    "nditer": lambda xp, x: xp.nditer(x),
    "setflags": lambda xp, x: x.setflags(write=False),
    "ctypes": lambda xp, x: x.ctypes,
    "Generator.normal": lambda xp, x: xp.random.default_rng(0).normal(size=3),
    "Generator.permutation": lambda xp, x: xp.random.default_rng(0).permutation(3),
    # parameters that CuPy lacks
    "sum(where=)": lambda xp, x: xp.sum(x, where=x > 0),
    "exp(where=)": lambda xp, x: xp.exp(x, where=x > 0, out=xp.zeros_like(x)),
    "max(initial=)": lambda xp, x: x.max(initial=0.0),
    "einsum(out=)": lambda xp, x: xp.einsum("ncij->ij", x, out=xp.zeros((6, 6), "f4")),
    "take(mode=)": lambda xp, x: xp.take(x, index(xp, 0), mode="clip"),
    "astype(casting=)": lambda xp, x: x.astype("f8", casting="safe"),
    "as_strided(writeable=)": lambda xp, x: xp.lib.stride_tricks.as_strided(x, (2,), (4,), writeable=False),
    "sliding_window_view(writeable=)": lambda xp, x: xp.lib.stride_tricks.sliding_window_view(
        x[0, 0].copy(), (2, 2), writeable=True
    ),
    "pad(mode='median')": lambda xp, x: xp.pad(x, 1, mode="median"),
    # methods of ufuncs
    "maximum.reduce": lambda xp, x: xp.maximum.reduce(x),
    "maximum.accumulate": lambda xp, x: xp.maximum.accumulate(x),
    "maximum.at of float16": lambda xp, x: xp.maximum.at(x.astype("f2"), index(xp, 0), x[:1].astype("f2")),
    "subtract.at of float32": lambda xp, x: xp.subtract.at(x, index(xp, 0), x[:1]),
    "multiply.at": lambda xp, x: xp.multiply.at(x, index(xp, 0), x[:1]),
}

# Refused here, while CuPy obeys silently: slow, or with a result that depends on luck.
REFUSED_BY_STRICT_ONLY: dict[str, Case] = {
    "slice up to a device integer": lambda xp, x: x[: x[0].argmax()],  # waits for the device
    "flags.writeable": lambda xp, x: setattr(x.flags, "writeable", False),  # and protects nothing
    "np.maximum": lambda xp, x: np.maximum(x, 0),
    "np.exp": lambda xp, x: np.exp(x),
    "np.pad": lambda xp, x: np.pad(x, 1),
    "np.sum": lambda xp, x: np.sum(x),
    "np.add.at": lambda xp, x: np.add.at(x, 0, 1),
    "add.at with a host array": lambda xp, x: xp.add.at(x, index(xp, 0), IMAGE),
    "add.at with a list": lambda xp, x: xp.add.at(x, index(xp, 0), [[1.0] * 6]),
    "assign a host array by an index array": lambda xp, x: assign(x, index(xp, 0), IMAGE),
    "assign to a repeated index": lambda xp, x: assign(x, index(xp, 0, 0), x[:1].copy()),
    "put_along_axis to a repeated index": lambda xp, x: xp.put_along_axis(
        x[0, 0, 0], index(xp, 1, 1), x[0, 0, 1, :2], 0
    ),
    "assign to an overlapping part": lambda xp, x: assign(x.ravel(), slice(1, None), x.ravel()[:-1]),
}

# --- what NumPy 2 has and NumPy 1.26 lacks: refused on either ---

REFUSED_OF_NUMPY_2: dict[str, Case] = {
    "vecdot": lambda xp, x: xp.vecdot(x, x),
    "unstack": lambda xp, x: xp.unstack(x),
    "var(correction=)": lambda xp, x: xp.var(x, correction=1),
    "sort(stable=)": lambda xp, x: xp.sort(x, stable=True),
    "take_along_axis without axis": lambda xp, x: xp.take_along_axis(x, x.argmax(-1)[..., None]),
}

# --- copies between host and device that one does not see ---

HIDDEN_COPIES: dict[str, Case] = {
    "float": lambda xp, x: float(x.sum()),
    "int": lambda xp, x: int(x.argmax()),
    "if": lambda xp, x: 1 if (x > 0).all() else 0,
    "item": lambda xp, x: x.sum().item(),
    "get": lambda xp, x: x.get(),
    "asnumpy": lambda xp, x: xp.asnumpy(x),
    "tolist": lambda xp, x: x.tolist(),
    "f-string": lambda xp, x: f"{x.sum():.3f}",
    "str": lambda xp, x: str(x),
    "iteration": lambda xp, x: [int(v) for v in x[0, 0, 0]],
    "in": lambda xp, x: 1.0 in x[0, 0, 0],
    "pickle": lambda xp, x: pickle.dumps(x),
    "upload a list": lambda xp, x: xp.asarray([1.0]),
    "upload a scalar": lambda xp, x: xp.array(1.0),
    "read by a mask": lambda xp, x: x[x > 0],
    "write by a mask": lambda xp, x: assign(x, x > 0, 0.0),
    "index by a list": lambda xp, x: x[[0, 1]],
    "index by a host array": lambda xp, x: x[np.arange(2)],
    "write a scalar by an index array": lambda xp, x: assign(x, xp.arange(2), 0.0),
    "add.at a scalar": lambda xp, x: xp.add.at(x, xp.arange(2), 1.0),
    "put_along_axis a scalar": lambda xp, x: xp.put_along_axis(x, x.argmax(-1)[..., None], 0.0, -1),
    "nonzero": lambda xp, x: xp.nonzero(x),
    "where of a condition alone": lambda xp, x: xp.where(x > 0),
    "unique": lambda xp, x: xp.unique(x),
    "sliding_window_view": lambda xp, x: xp.lib.stride_tricks.sliding_window_view(x, 2, 3),
}

# --- what CuPy computes on the device: no copy, and the result is an array ---


def windows(xp: Any, x: Any) -> Any:
    """Give the 2x2 windows of each image, as a convolution reads them."""
    n, c, h, w = x.strides
    return xp.lib.stride_tricks.as_strided(x, (2, 3, 2, 2, 5, 5), (n, c, h, w, h, w))


def padded(xp: Any, x: Any) -> Any:
    """Pad as a convolution does."""
    widths = ((0, 0), (0, 0), (1, 2), (0, 1))
    return xp.pad(x, widths, mode="constant", constant_values=0)


def scattered(xp: Any, x: Any) -> Any:
    """Add rows of `x` to rows that repeat, as the gradient of integer indexing does."""
    total = xp.zeros_like(x)
    xp.add.at(total, (xp.asarray(xp.arange(4) % 2), slice(None)), xp.concatenate([x, x]))
    return total


def put(xp: Any, x: Any) -> Any:
    """Put each row's maximum where it came from, as max-pooling's gradient does."""
    at = xp.expand_dims(x.argmax(axis=-1), -1)
    target = xp.zeros_like(x)
    xp.put_along_axis(target, at, xp.take_along_axis(x, at, axis=-1), axis=-1)
    return target


def written_through_element(xp: Any, x: Any) -> Any:
    """``x[0]`` of a vector is a view of one element."""
    row = x[0, 0, 0]
    first = row[0]
    first += 10
    return row


def copied_by_index_array(xp: Any, x: Any) -> Any:
    """``x[i]`` with a 0-d integer array is a copy."""
    part = x[xp.zeros((), dtype=xp.int64)]
    part += 10
    return x


ACCEPTED: dict[str, Case] = {
    # arithmetic
    "x + 1": lambda xp, x: x + 1,
    "1 - x": lambda xp, x: 1 - x,
    "x ** 2": lambda xp, x: x**2,
    "-x": lambda xp, x: -x,
    "x > 0": lambda xp, x: x > 0,
    "NumPy scalar * x": lambda xp, x: np.float32(2) * x,
    "x * NumPy scalar": lambda xp, x: x * np.float32(2),
    "integers / 2": lambda xp, x: x.astype("i4") / 2,
    "add(out=)": lambda xp, x: xp.add(x, x, out=xp.empty_like(x)),
    "multiply(out=itself)": lambda xp, x: xp.multiply(x, 2, out=x),
    "maximum": lambda xp, x: xp.maximum(x, 0),
    "clip": lambda xp, x: xp.clip(x, 0, 1),
    "exp overflows silently": lambda xp, x: xp.exp(x * 1000),
    "log of negative numbers": lambda xp, x: xp.log(x),
    "0 / 0": lambda xp, x: (x - x) / (x - x),
    "where": lambda xp, x: xp.where(x > 0, x, 0),
    # reductions
    "sum": lambda xp, x: x.sum(),
    "sum of integers": lambda xp, x: x.astype("i4").sum(),
    "sum of bools": lambda xp, x: (x > 0).sum(),
    "sum(dtype=)": lambda xp, x: x.astype("f8").sum(dtype="f4"),
    "sum(out=)": lambda xp, x: xp.sum(x, axis=0, out=xp.empty((3, 6, 6), "f4")),
    "mean": lambda xp, x: x.mean(),
    "mean of float16": lambda xp, x: x.astype("f2").mean(),
    "mean of nothing": lambda xp, x: x[:0].mean(axis=0),
    "max over axes": lambda xp, x: x.max(axis=(1, 2)),
    "var": lambda xp, x: x.var(axis=(0, 2, 3), keepdims=True),
    "argmax": lambda xp, x: x.argmax(axis=1),
    "argmin": lambda xp, x: xp.argmin(x, axis=1),
    "cumsum": lambda xp, x: xp.cumsum(x, axis=2),
    "add.reduce": lambda xp, x: xp.add.reduce(x, axis=1),
    "norm": lambda xp, x: xp.linalg.norm(x),
    "allclose": lambda xp, x: xp.allclose(x, x),
    "array_equal": lambda xp, x: xp.array_equal(x, x),
    # products
    "matmul": lambda xp, x: x @ x.swapaxes(-1, -2),
    "matmul(out=)": lambda xp, x: xp.matmul(x, x, out=xp.empty_like(x)),
    "tensordot": lambda xp, x: xp.tensordot(x, x, axes=((1, 2, 3), (1, 2, 3))),
    "einsum": lambda xp, x: xp.einsum("ncij,ncij->n", x, x),
    # shapes
    "transpose": lambda xp, x: x.transpose(1, 0, 2, 3),
    "moveaxis": lambda xp, x: xp.moveaxis(x, -1, 1),
    "reshape": lambda xp, x: x.reshape(2, -1),
    "expand_dims": lambda xp, x: xp.expand_dims(x, 2),
    "broadcast_to": lambda xp, x: xp.broadcast_to(x[:1], (4, 3, 6, 6)),
    "concatenate": lambda xp, x: xp.concatenate([x, x], axis=1),
    "stack": lambda xp, x: xp.stack([x, x]),
    "flip": lambda xp, x: xp.flip(x, axis=(2, 3)),
    "tril": lambda xp, x: xp.tril(x[0, 0]),
    "pad": padded,
    "pad with edges": lambda xp, x: xp.pad(x, 1, mode="edge"),
    "as_strided": windows,
    "as_strided of a padded array": lambda xp, x: windows(xp, padded(xp, x)),
    "as_strided of a view": lambda xp, x: xp.lib.stride_tricks.as_strided(x[:, 1:], (2, 2), x.strides[:2]),
    # indexing
    "x[0, 0, 0, 0]": lambda xp, x: x[0, 0, 0, 0],
    "x[0] is a view": written_through_element,
    "x[0-d array] is a copy": copied_by_index_array,
    "x[..., None, ::-1]": lambda xp, x: x[..., None, ::-1],
    "gather": lambda xp, x: x[xp.arange(2), xp.arange(2)],
    "take_along_axis": lambda xp, x: xp.take_along_axis(x, x.argmax(-1)[..., None], axis=-1),
    "put_along_axis": put,
    "assign a part": lambda xp, x: assign(x, (0, slice(None, None, 2)), x[1, ::2]),
    "assign a scalar": lambda xp, x: assign(x, 0, 1.5),
    "assign by an index array": lambda xp, x: assign(x, xp.arange(2), x + 1),
    "add.at with repeats": scattered,
    # creation
    "arange": lambda xp, x: xp.arange(3),
    "full": lambda xp, x: xp.full((2,), 1.5),
    "zeros_like": lambda xp, x: xp.zeros_like(x),
    "asarray(dtype=)": lambda xp, x: xp.asarray(x, dtype="f8"),
    "deepcopy": lambda xp, x: copy.deepcopy(x),
}


def random_draw(xp: Any) -> Any:
    """Draw on the device."""
    return xp.random.default_rng(0).random((3, 2), dtype="f4")
