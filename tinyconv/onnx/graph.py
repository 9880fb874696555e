"""Build an ONNX graph: names for values, nodes, constants, and sizes that follow the batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..backend import asnumpy
from ..errors import refusal
from ..tensor import Tensor
from .package import onnx_package

__all__ = ["GraphBuilder"]

Size = tuple[int, int]  # (share, rest): share*batch + rest cells, where a share of 0 is a fixed size


class GraphBuilder:
    """Collects the nodes and initialisers of a graph.

    Parameters
    ----------
    names : dict of int to str
        Names of the model's parameters and buffers, by the identity of their arrays.

    Examples
    --------
    >>> g = GraphBuilder({})
    >>> g.node("Relu", ["x"])
    'relu_1'
    """

    def __init__(self, names: dict[int, str]):
        self.onnx = onnx_package()
        self.nodes: list[Any] = []
        self.initializers: dict[str, Any] = {}
        self._parameters = names
        self._names: dict[int, str] = {}  # of values, by the identity of their arrays
        self._constants: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self._count: dict[str, int] = {}
        self._alive: list[Any] = []
        self._twins: dict[int, Tensor] = {}
        self._batches: tuple[int, int] | None = None
        self._batch_source = ""

    # ------------------------------------------------------------------------ the batch

    def open_batch(self, source: str, first: int, second: int) -> None:
        """Say that the batch is the first size of the input `source`, and what it was in the two runs."""
        self._batch_source, self._batches = source, (first, second)

    def pair(self, tensor: Tensor, twin: Tensor) -> None:
        """Say which value of the second run, with another batch, is the same as one of the first."""
        self._twins[id(tensor.array)] = twin

    def sizes(self, tensor: Tensor) -> list[Size]:
        """The sizes of a value, as far as they follow the batch."""
        twin = self._twins.get(id(tensor.array), tensor)
        if self._batches is None or twin.shape == tensor.shape:
            return [(0, n) for n in tensor.shape]
        first, second = self._batches
        sizes = []
        for a, b in zip(tensor.shape, twin.shape):
            share = (b - a) // (second - first)
            if len(tensor.shape) != len(twin.shape) or a - share * first != b - share * second:
                raise refusal("export.other_shape", tensor=tensor, samples=first, twin=twin, more=second)
            sizes.append((share, a - share * first))
        return sizes

    def shape_tensor(self, sizes: Sequence[Size]) -> str:
        """A shape as a value of the graph."""
        if not any(share for share, _ in sizes):
            return self.ints([n for _, n in sizes])
        batch = self.node("Shape", [self._batch_source], start=0, end=1)
        parts = []
        for share, rest in sizes:
            size = self.ints([rest])
            if share:
                size = batch if share == 1 else self.node("Mul", [batch, self.ints([share])])
                size = size if rest == 0 else self.node("Add", [size, self.ints([rest])])
            parts.append(size)
        return self.node("Concat", parts, axis=0)

    # ------------------------------------------------------------------------ values

    def bind(self, tensor: Tensor, name: str) -> None:
        """Give a value its name."""
        self._names[id(tensor.array)] = name
        self._alive.append(tensor.array)

    def value(self, value: Any, dtype: Any = None) -> str:
        """The name of a Tensor (a constant, if nothing computes it) or of a number."""
        if not isinstance(value, Tensor):
            return self.constant(np.asarray(value, dtype))
        known = self._names.get(id(value.array))
        if known is not None:
            return known
        twin = self._twins.get(id(value.array))
        if twin is not None and not _equal(value, twin):
            raise refusal("export.unseen", value=value)
        name = self.constant(asnumpy(value.array), self.name_of(value))
        self.bind(value, name)
        return name

    def name_of(self, tensor: Tensor) -> str | None:
        """The name of a parameter or buffer in the model's state_dict."""
        return self._parameters.get(id(tensor.array))

    def number(self, value: Any, like: Tensor) -> str:
        """A number in the dtype of a Tensor."""
        return self.constant(np.asarray(value, like.dtype))

    def ints(self, values: Sequence[int]) -> str:
        """A list of integers, such as a shape or axes."""
        return self.constant(np.array([int(v) for v in values], np.int64))

    def constant(self, array: np.ndarray, name: str | None = None) -> str:
        """Store an array, once if it is small and comes again."""
        array = np.ascontiguousarray(array).reshape(np.shape(array))
        key = (array.dtype.str, array.shape, array.tobytes()) if name is None and array.size <= 64 else None
        if key in self._constants:
            return self._constants[key]
        name = name or self._new_name("constant")
        if name not in self.initializers:
            self.initializers[name] = self.onnx.numpy_helper.from_array(array, name)
        if key is not None:
            self._constants[key] = name
        return name

    def zeros(self, shape: str, dtype: np.dtype) -> str:
        """Zeros of a shape that is a value of the graph."""
        return self.node("ConstantOfShape", [shape], value=self.onnx.numpy_helper.from_array(np.zeros(1, dtype)))

    def dtype_number(self, dtype: np.dtype) -> int:
        """ONNX's number of a dtype."""
        return self.onnx.helper.np_dtype_to_tensor_dtype(dtype)

    # ------------------------------------------------------------------------ nodes

    def node(self, kind: str, inputs: Sequence[str], outputs: int = 1, **attributes: Any) -> Any:
        """Add a node; give the name of its output, or a tuple of names for several."""
        if "?" in inputs:
            raise refusal("export.taps")
        stem = kind.lower()
        names = [self._new_name(stem) for _ in range(outputs)]
        while inputs and inputs[-1] == "":
            inputs = inputs[:-1]
        self.nodes.append(self.onnx.helper.make_node(kind, list(inputs), names, name=names[0], **attributes))
        return names[0] if outputs == 1 else tuple(names)

    def _new_name(self, stem: str) -> str:
        while True:
            self._count[stem] = self._count.get(stem, 0) + 1
            name = f"{stem}_{self._count[stem]}"
            if name not in self._parameters.values():
                return name

    def reduce(self, kind: str, x: str, axes: Sequence[int], keepdim: bool) -> str:
        """A reduction over the axes given; over none it changes nothing."""
        return self.node(kind, [x, self.ints(axes)], keepdims=int(keepdim), noop_with_empty_axes=1)

    def pad(self, x: str, pairs: Sequence[tuple[int, int]], mode: str, value: str) -> str:
        """A Pad of (before, after) cells per axis."""
        pads = self.ints([lo for lo, _ in pairs] + [hi for _, hi in pairs])
        return self.node("Pad", [x, pads, value], mode=mode)


def _equal(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and np.array_equal(asnumpy(a.array), asnumpy(b.array), equal_nan=a.dtype.kind == "f")
