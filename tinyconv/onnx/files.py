"""Read an ONNX file as a stranger's: nothing in it is run, and nothing outside its folder is opened.

What a file may do to its reader, and what is done about it: a huge file (refused by size before it is parsed); data
in other files (only ones in the model's own folder or below it, no link out of it, and no further than their end);
a small file that asks for huge results (:meth:`.node.Node.allow` refuses each before memory is taken); custom
operators, functions and loops (refused by name).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import refusal
from ..errors.kinds import NotSupported
from .node import Node
from .package import onnx_package
from .shape import DTYPES

__all__ = ["Graph", "read_model"]

MAX_NODES = 100_000
_DOMAINS = ("", "ai.onnx", "ai.onnx.preview.training")


class Graph:
    """A model file's contents as plain Python: nodes, arrays, and the names that go in and out.

    Attributes
    ----------
    nodes : list of Node
        In the order of their use.
    arrays : dict of str to numpy.ndarray
        The initialisers.
    inputs, outputs : list of str
        Names; an input that has an initialiser is not listed.
    opset : int
        The version of the main operator set.
    name : str
        Of the file, for errors.

    Examples
    --------
    >>> Graph([], {}, ["x"], ["x"], 21).inputs
    ['x']
    """

    def __init__(
        self,
        nodes: list[Node],
        arrays: dict[str, np.ndarray],
        inputs: list[str],
        outputs: list[str],
        opset: int,
        name: str = "model",
    ):
        self.nodes, self.arrays, self.inputs, self.outputs, self.opset = nodes, arrays, inputs, outputs, opset
        self.name = name


def read_model(source: Any, max_bytes: int) -> Graph:
    """Read a file, bytes or a ``ModelProto``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged, too large, or reaches outside its folder.
    NotSupported
        If it holds what this package cannot run at all: functions, sparse tensors, quantised dtypes.

    Examples
    --------
    >>> read_model(b"no model", 1000)
    Traceback (most recent call last):
    ...
    ValueError: model: not an ONNX file, or a damaged one (...)
    """
    onnx = onnx_package()
    folder: Path | None = None
    name = "model"
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        name, folder = os.fspath(source), path.resolve().parent
        with open(path, "rb") as file:
            source = file.read(max_bytes + 1)  # a device or a pipe has no size to ask for
        if len(source) > max_bytes:
            raise refusal("onnx.file_size", name, limit=max_bytes)
    if isinstance(source, bytes):
        try:
            source = onnx.ModelProto.FromString(source)
        except Exception as error:  # protobuf's DecodeError, whose module differs between its versions
            raise refusal("onnx.no_file", name, error=error) from error
    try:
        graph = _graph_of(onnx, source, folder, max_bytes)
    except NotSupported as error:
        raise NotSupported(f"{name}: {error}") from error
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    except (TypeError, AttributeError, MemoryError, OverflowError, RecursionError) as error:
        raise refusal("onnx.unreadable", name, error=error) from error
    graph.name = name
    return graph


def _graph_of(onnx: Any, model: Any, folder: Path | None, max_bytes: int) -> Graph:
    graph = model.graph
    if not model.HasField("graph") or not len(graph.output):
        raise refusal("onnx.no_graph")
    if len(model.functions):
        raise refusal("onnx.functions", name=model.functions[0].name)
    if len(graph.sparse_initializer):
        raise refusal("onnx.sparse")
    if len(graph.node) > MAX_NODES:
        raise refusal("onnx.nodes", count=len(graph.node), limit=MAX_NODES)
    opsets = {entry.domain: entry.version for entry in model.opset_import}
    opset = opsets.get("", opsets.get("ai.onnx", 1))
    if opset < 1:
        raise refusal("onnx.opset", version=opset)
    reader = _ArrayReader(onnx, folder, max_bytes)
    arrays = {_text(tensor.name): reader.read(tensor) for tensor in graph.initializer}
    nodes = [_node_of(onnx, node, opset, max_bytes, reader) for node in graph.node]
    given = [value for value in graph.input if value.name not in arrays]
    for value in given:
        _check_input(value)
    inputs = [_text(value.name) for value in given]
    return Graph(nodes, arrays, inputs, [_text(value.name) for value in graph.output], opset)


def _text(name: str | bytes) -> str:
    """A name of the file; protobuf gives bytes where they are not UTF-8."""
    if isinstance(name, bytes):
        raise refusal("onnx.name", name=name)
    return name


def _check_input(value: Any) -> None:
    """Refuse an input that is no Tensor of a dtype we have."""
    kind = value.type.WhichOneof("value")
    if kind not in (None, "tensor_type"):
        raise refusal("onnx.input_kind", name=value.name, kind=kind)
    number = value.type.tensor_type.elem_type
    if number and number not in DTYPES:
        raise refusal("onnx.input_dtype", name=value.name, number=number)


def _node_of(onnx: Any, proto: Any, opset: int, max_bytes: int, reader: _ArrayReader) -> Node:
    if proto.domain not in _DOMAINS:
        raise refusal("onnx.domain", kind=proto.op_type, domain=proto.domain)
    _text(proto.op_type)
    attributes = {_text(a.name): _attribute(onnx, a, proto.op_type, reader) for a in proto.attribute}
    return Node(
        proto.op_type, attributes, tuple(map(_text, proto.input)), tuple(map(_text, proto.output)), opset, max_bytes
    )


def _attribute(onnx: Any, attribute: Any, kind: str, reader: _ArrayReader) -> Any:
    types = onnx.AttributeProto
    if attribute.type == types.TENSOR:
        return reader.read(attribute.t)
    if attribute.type in (types.GRAPH, types.GRAPHS):
        raise refusal("onnx.subgraph", kind=kind)
    if attribute.type not in (types.FLOAT, types.INT, types.STRING, types.FLOATS, types.INTS, types.STRINGS):
        raise refusal("onnx.attribute", kind=kind, name=attribute.name)
    value = onnx.helper.get_attribute_value(attribute)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return tuple(value) if isinstance(value, (list, tuple)) or hasattr(value, "extend") else value


class _ArrayReader:
    """Turns tensors of the file into arrays, and keeps count of their bytes."""

    def __init__(self, onnx: Any, folder: Path | None, max_bytes: int):
        self._onnx, self._folder, self._left, self._limit = onnx, folder, max_bytes, max_bytes

    def read(self, tensor: Any) -> np.ndarray:
        dtype = self._dtype(tensor)
        shape = tuple(tensor.dims)
        if min(shape, default=0) < 0 or len(shape) > 32:
            raise refusal("onnx.tensor_shape", name=tensor.name, shape=shape[:40])
        count = 1
        for n in shape:
            count *= n
        self._left -= count * dtype.itemsize
        if self._left < 0:
            raise refusal("onnx.tensor_limit", name=tensor.name, limit=self._limit)
        if tensor.data_location == self._onnx.TensorProto.EXTERNAL:
            return self._external(tensor, dtype, shape, count * dtype.itemsize)
        try:
            return np.array(self._onnx.numpy_helper.to_array(tensor))  # a copy of its own, writeable
        except (ValueError, TypeError, KeyError) as error:
            raise refusal("onnx.tensor_damaged", name=tensor.name, shape=shape, error=error) from error

    def _dtype(self, tensor: Any) -> np.dtype:
        if tensor.data_type not in DTYPES:
            raise refusal("onnx.tensor_dtype", name=tensor.name, number=tensor.data_type)
        return np.dtype(DTYPES[tensor.data_type])

    def _external(self, tensor: Any, dtype: np.dtype, shape: tuple[int, ...], size: int) -> np.ndarray:
        """Read data kept in a file beside the model, and nowhere else."""
        entries = {entry.key: entry.value for entry in tensor.external_data}
        path = self._beside(tensor.name, entries.get("location", ""))
        try:
            offset, length = int(entries.get("offset", 0)), int(entries.get("length", size))
        except ValueError:
            raise refusal("onnx.external_place", name=tensor.name) from None
        if length != size or offset < 0 or offset + size > path.stat().st_size:
            raise refusal(
                "onnx.external_size",
                name=tensor.name,
                shape=shape,
                size=size,
                offset=offset,
                file=path.name,
                held=path.stat().st_size,
                length=length,
            )
        with open(path, "rb") as file:
            file.seek(offset)
            data = file.read(size)
        return np.frombuffer(data, dtype.newbyteorder("<")).astype(dtype).reshape(shape)

    def _beside(self, name: str, location: str) -> Path:
        if self._folder is None:
            raise refusal("onnx.external_folder", name=name, location=location)
        path = Path(os.path.realpath(self._folder / location))
        inside = path != self._folder and path.is_relative_to(self._folder)
        if not location or os.path.isabs(location) or ".." in Path(location).parts or "\\" in location or not inside:
            raise refusal("onnx.external_outside", name=name, location=location)
        if not path.is_file():
            raise refusal("onnx.external_absent", name=name, location=location)
        return path
