"""Run a model file: :func:`load` and the module it gives."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ..autograd import check_devices
from ..backend import Device
from ..errors import refusal
from ..nn import Module, Parameter
from ..tensor import Tensor
from . import elementwise, layers, reduce, shape, training  # noqa: F401 - they enter operators into the table
from .files import Graph, read_model
from .node import HOST_INPUTS, OPERATORS, SMALL_BYTES, Node, moved

__all__ = ["OnnxModel", "load"]

_GIB = 1 << 30
_INDEXING = ("Gather", "GatherElements", "ScatterElements", "OneHot")  # they read indices where their data are
# Which inputs of which operators are weights to be trained; others, such as running means, are not.
_WEIGHTS = {"Conv": (1, 2), "ConvTranspose": (1, 2), "DeformConv": (1, 3), "Gemm": (1, 2), "MatMul": (0, 1),
            "BatchNormalization": (1, 2), "InstanceNormalization": (1, 2), "GroupNormalization": (1, 2),
            "LayerNormalization": (1, 2), "PRelu": (1,), "Add": (0, 1)}  # fmt: skip


def load(source: str | os.PathLike[str] | bytes | Any, max_bytes: int = 2 * _GIB) -> OnnxModel:
    """Read an ONNX model and give a module that computes it.

    Nothing that the file brings along is run.  Its operators are those of ONNX, each done by tinyconv's own
    differentiable operations: the module can be trained further, and its ``state_dict`` has the file's names, but for
    shapes and small integers, which say how to do something.

    Parameters
    ----------
    source : str, os.PathLike, bytes or onnx.ModelProto
        The file, its contents, or a model that is loaded already.
    max_bytes : int
        The largest file, the most bytes of weights, and the most bytes of results at one time that are accepted.

    Returns
    -------
    OnnxModel
        In evaluation mode.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    NotSupported
        If it uses operators or features that are not here; the text lists them.  It is a ValueError.
    ValueError
        If it is damaged, too large, or points outside its own folder.

    Examples
    --------
    >>> import tempfile, tinyconv as tc
    >>> from tinyconv import onnx
    >>> path = tempfile.mkdtemp() + "/linear.onnx"
    >>> model = tc.nn.Linear(3, 2)
    >>> onnx.export(model, tc.zeros(1, 3), path)
    >>> x = tc.randn(5, 3)
    >>> (onnx.load(path)(x) - model(x)).abs().max().item() < 1e-6
    True
    """
    model = OnnxModel(read_model(source, max_bytes))
    model.eval()
    return model


class OnnxModel(Module):
    """The graph of a model file; call it with one Tensor per input, in order or by name.

    What says how to do something, such as the shape of a Reshape, stays on the host wherever the model is, and
    so does what is computed from it and from the shapes of tensors, until it meets a tensor elsewhere.

    Attributes
    ----------
    input_names, output_names : list of str
        As the file names them.

    Examples
    --------
    >>> import tinyconv as tc
    >>> relu = OnnxModel(Graph([Node("Relu", {}, ("x",), ("y",))], {}, ["x"], ["y"], 21))
    >>> relu(tc.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    def __init__(self, graph: Graph):
        super().__init__()
        missing = sorted({node.kind for node in graph.nodes} - OPERATORS.keys())
        if missing:
            raise refusal("onnx.operators", graph.name, names=", ".join(missing))
        self.input_names, self.output_names = graph.inputs, graph.outputs
        self._nodes, self._file = graph.nodes, graph.name
        on_host = _host_constants(graph)
        self._constants = {name: Tensor._of(graph.arrays[name]) for name in on_host}
        self._places = {name: _register(self, name, value) for name, value in _initial_values(graph, on_host)}
        self._last_use = _last_uses(graph)
        self._copies: dict[str, tuple[Any, Tensor]] = {}  # of large constants, on the device of the last call

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """Run the graph.

        Raises
        ------
        TypeError
            If inputs are missing or unknown.
        ValueError
            Naming the node, if what it reads does not fit it, or the results would take more than `max_bytes`.
        RuntimeError
            If inputs or weights lie on different devices.
        """
        values: dict[str, Any] = {name: table[key] for name, (table, key) in self._places.items()}
        values.update(self._constants)
        values.update(self._given(inputs, named))
        said = set(self._constants) - set(self.input_names)  # what the file says, and what follows from that and shapes
        live = _Live()
        for index, node in enumerate(self._nodes):
            results = self._run(replace(node, live=live.bytes), values, said)
            for name in results:
                live.drop(values.get(name))  # a name given twice
            live.add(results.values())
            if live.bytes > node.max_bytes:  # of operators whose results are no larger than what they read
                raise node.refuse("onnx.results_size", live=live.bytes)
            values.update(results)
            for name in self._last_use.get(index, ()):
                live.drop(values.pop(name, None))  # what nobody reads again is freed
        absent = [name for name in self.output_names if name not in values]
        if absent:
            raise refusal("onnx.no_output", name=absent[0])
        found = [values[name] for name in self.output_names]
        # a caller may write into a result, which could be a constant or a weight, or a view of one
        copies = tuple(value.clone() if value.grad_fn is None or value._view is not None else value for value in found)
        return copies[0] if len(copies) == 1 else copies

    def _given(self, inputs: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
        given = dict(zip(self.input_names, inputs)) | named
        if len(inputs) + len(named) != len(self.input_names) or given.keys() != set(self.input_names):
            raise refusal(
                "onnx.inputs", "OnnxModel", inputs=self.input_names, by_position=len(inputs), by_name=sorted(named)
            )
        return {name: v if isinstance(v, Tensor) else Tensor._of(np.asarray(v)) for name, v in given.items()}

    def _together(self, node: Node, arguments: list[Any], said: set[str]) -> list[Any]:
        """Bring what the file says to where the tensors are that it meets; a caller's tensors are moved by nobody."""
        host, others = HOST_INPUTS.get(node.kind, ()), set(node.inputs) - said - {""}
        there = [
            a
            for place, (a, name) in enumerate(zip(arguments, node.inputs))
            if name in others and (place not in host or node.kind in _INDEXING)
        ]
        check_devices(node.kind, there)
        return [
            self._moved(name, a, there[0].device) if name in said and place not in host else a
            for place, (a, name) in enumerate(zip(arguments, node.inputs))
        ]

    def _moved(self, name: str, value: Tensor, device: Device) -> Tensor:
        """A value of the file on a device; a large one is kept there while it is the same array."""
        if value.device == device or value.array.nbytes <= SMALL_BYTES:
            return moved(value, device)
        array, copy = self._copies.get(name, (None, None))
        if copy is None or array is not value.array or copy.device != device:
            copy = moved(value, device)
            self._copies[name] = value.array, copy
        return copy

    def _run(self, node: Node, values: dict[str, Any], said: set[str]) -> dict[str, Any]:
        """The results of one node, by name."""
        try:
            arguments = [values[name] if name else None for name in node.inputs]
        except KeyError as error:
            raise node.refuse("onnx.not_computed", name=error.args[0]) from None
        for place in range(_required_inputs(node.kind)):
            if place >= len(arguments) or arguments[place] is None:
                raise node.refuse("onnx.omitted", place=place)
        if _stays_on_host(node, said):
            said.update(filter(None, node.outputs))
        else:
            arguments = self._together(node, arguments, said)
        try:
            result = OPERATORS[node.kind](node, *arguments)
        except Exception as error:
            if "node" in getattr(getattr(error, "refusal", None), "values", ()):
                raise  # it tells the node already
            raise node.refuse("onnx.does_not_fit", error=error or type(error).__name__) from error
        outputs = result if isinstance(result, tuple) else (result,)
        if len(node.outputs) > len(outputs):
            raise node.refuse("onnx.output_count", count=len(outputs))
        return {name: value for name, value in zip(node.outputs, outputs) if name}

    def extra_repr(self) -> str:
        """The file's name, which heads errors too."""
        return self._file


class _Live:
    """The memory of results that are still to be read; views of one array count once."""

    def __init__(self) -> None:
        self.bytes = 0
        self._uses: dict[int, tuple[int, int]] = {}  # of an array by its id: how many results are views of it, its size

    def add(self, results: Iterable[Tensor | None]) -> None:
        for array in (_owner(value.array) for value in results if value is not None):
            count, size = self._uses.get(id(array), (0, array.nbytes))
            self.bytes += size if count == 0 else 0
            self._uses[id(array)] = count + 1, size

    def drop(self, value: Tensor | None) -> None:
        key = 0 if value is None else id(_owner(value.array))
        count, size = self._uses.pop(key, (0, 0))
        if count > 1:
            self._uses[key] = count - 1, size
        else:
            self.bytes -= size


def _owner(array: Any) -> Any:
    """The array whose memory this one shows."""
    while hasattr(getattr(array, "base", None), "nbytes"):
        array = array.base
    return array


@functools.cache
def _required_inputs(kind: str) -> int:
    """How many inputs an operator cannot do without."""
    parameters = list(inspect.signature(OPERATORS[kind]).parameters.values())[1:]  # the first is the node
    return sum(p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD for p in parameters)


def _stays_on_host(node: Node, said: set[str]) -> bool:
    """Does a node compute only with what the file says, and with shapes?"""
    host = () if node.kind in _INDEXING else HOST_INPUTS.get(node.kind, ())
    data = [name for place, name in enumerate(node.inputs) if name and place not in host]
    return said.issuperset(data) or node.kind in ("Shape", "Size")


def _host_constants(graph: Graph) -> set[str]:
    """The initialisers that stay on the host: small integers, and what is only read there."""
    outputs = set(graph.outputs)
    elsewhere = {
        name for node in graph.nodes for i, name in enumerate(node.inputs) if i not in HOST_INPUTS.get(node.kind, ())
    } | outputs
    return {
        name
        for name, array in graph.arrays.items()
        if name not in elsewhere or (array.dtype.kind != "f" and array.nbytes <= SMALL_BYTES and name not in outputs)
    }


def _initial_values(graph: Graph, on_host: set[str]) -> Iterator[tuple[str, Tensor]]:
    """The other initialisers: trainable weights as parameters, the rest as plain Tensors."""
    trained = {
        node.inputs[place] for node in graph.nodes for place in _WEIGHTS.get(node.kind, ()) if place < len(node.inputs)
    }
    for name, array in ((n, a) for n, a in graph.arrays.items() if n not in on_host):
        is_weight = name in trained and array.dtype.kind == "f" and array.ndim
        yield name, Parameter(Tensor._of(array)) if is_weight else Tensor._of(array)


def _register(model: Module, name: str, value: Tensor) -> tuple[dict[str, Any], str]:
    """Put a weight under the path its name spells, ``conv1.weight``, or under a plain one if it spells none."""
    *path, key = name.split(".")
    place = model
    if len(path) < 20 and all(part.isidentifier() or part.isdigit() for part in (*path, key)):
        for part in path:
            if part not in place._modules and not hasattr(place, part):
                place.add_module(part, Module())
            child = place._modules.get(part)
            if child is None:
                break
            place = child
        else:
            if not hasattr(place, key):
                return _add(place, key, value)
    return _add(model, f"initializer_{len(model._parameters) + len(model._buffers)}", value)


def _add(place: Module, key: str, value: Tensor) -> tuple[dict[str, Any], str]:
    if isinstance(value, Parameter):
        place.register_parameter(key, value)
        return place._parameters, key
    place.register_buffer(key, value)
    return place._buffers, key


def _last_uses(graph: Graph) -> dict[int, list[str]]:
    """For each node, the values that no later one reads."""
    last: dict[str, int] = {}
    for index, node in enumerate(graph.nodes):
        last.update(dict.fromkeys((*node.inputs, *node.outputs), index))
    uses: dict[int, list[str]] = {}
    kept = set(graph.outputs)
    for name, index in last.items():
        if name not in kept:
            uses.setdefault(index, []).append(name)
    return uses
