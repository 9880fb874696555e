"""Write a model to an ONNX file."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..autograd import no_grad
from ..backend import asnumpy
from ..errors import phrase, refusal
from ..errors.kinds import NotExportable
from ..nn import Module
from ..serialization import open_atomic
from ..tensor import Tensor
from . import convert_layers  # noqa: F401 - it enters converters into the table
from .convert import CONVERTERS
from .files import read_model
from .graph import GraphBuilder
from .model import OnnxModel
from .package import onnx_package
from .trace import Call, Trace, record

__all__ = ["export"]

OPSET, IR_VERSION = 21, 10  # of 2024: read by onnxruntime 1.18 and later


def export(
    model: Module,
    example_input: Tensor | Sequence[Tensor],
    path: str | os.PathLike[str],
    *,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    dynamic_batch: bool = True,
) -> None:
    """Write what `model` computes, in evaluation mode, to an ONNX file.

    The model is run on `example_input`, and again on one sample more; operations that are the same in both runs are
    written down, and sizes that grew with the batch are left open.  The file is checked by onnx's own checker, and run
    by :func:`load` on the second batch against the model's own result, before it appears under its name.

    What the model does is written as it happened: a Python ``if`` on the values of a tensor is decided once and for
    all.  Dropout is left out, batch norm uses its running statistics.

    Parameters
    ----------
    model : Module
        Or any callable of Tensors, if it keeps no parameters.
    example_input : Tensor or sequence of Tensor
        ``(N, ...)`` with any N >= 1; several for a model of several inputs.
    path : str or os.PathLike
        The file to write.
    input_names, output_names : sequence of str, optional
        ``input`` and ``output`` by default, numbered if there are several.
    dynamic_batch : bool
        Leave the first size of every input open.  False fixes all sizes: for unbatched inputs, say.

    Raises
    ------
    NotExportable
        For an operation that has no form in ONNX, or whose result depends on the number of samples in another way
        than by its size.  It is a ValueError.
    RuntimeError
        If the file does not compute what the model does, as when the model looks at values through ``.data``.

    Examples
    --------
    >>> import tempfile, tinyconv as tc
    >>> from tinyconv import onnx
    >>> model = tc.nn.Sequential(tc.nn.Conv2d(1, 4, 3), tc.nn.ReLU(), tc.nn.Flatten())
    >>> path = tempfile.mkdtemp() + "/model.onnx"
    >>> onnx.export(model, tc.zeros(1, 1, 8, 8), path)
    >>> onnx.load(path)(tc.zeros(7, 1, 8, 8)).shape
    (7, 144)
    """
    examples = _copies(example_input)
    with _evaluating(model), no_grad():
        model(*_copies(example_input))  # lazy layers take their shapes
        first, second = record(model, examples), None
        if dynamic_batch:
            second = record(model, _one_sample_more(examples))
    if second is not None:
        _check_same_calls(first, second)
    names_in = _names(input_names, "input", len(first.inputs))
    names_out = _names(output_names, "output", len(first.outputs))
    proto = _build(model, first, second, names_in, names_out)
    _check(proto, second or first)
    with open_atomic(path) as file:
        file.write(proto.SerializeToString())


def _copies(example: Tensor | Sequence[Tensor]) -> tuple[Tensor, ...]:
    """The example inputs, as copies: a model may write into its input."""
    given = (example,) if isinstance(example, Tensor) else tuple(example)
    if not given or not all(isinstance(t, Tensor) for t in given):
        raise refusal("export.example", "onnx.export", kind=type(example).__name__)
    return tuple(t.detach().clone() for t in given)


@contextlib.contextmanager
def _evaluating(model: Any) -> Iterator[None]:
    """Evaluation mode for the while; each module's own mode comes back."""
    modes = [(m, m.training) for m in model.modules()] if isinstance(model, Module) else []
    try:
        if modes:
            model.eval()
        yield
    finally:
        for module, training in modes:
            module.training = training


def _one_sample_more(examples: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    counts = {t.shape[0] if t.ndim else None for t in examples}
    if len(counts) != 1 or None in counts or 0 in counts:
        raise refusal("export.batch", "onnx.export", shapes=[t.shape for t in examples])
    return tuple(map(_other_values, examples))


def _other_values(x: Tensor) -> Tensor:
    """The samples in another order, the first or second of them again, and floats a little smaller."""
    values = asnumpy(x.array)[(np.arange(len(x) + 1) + 1) % len(x)]
    return Tensor._of(x.device.asarray(values * values.dtype.type(0.9375) if x.dtype.kind == "f" else values))


def _check_same_calls(first: Trace, second: Trace) -> None:
    """Refuse a model that takes another path, or other numbers, with another batch."""
    if [c.name for c in first.calls] != [c.name for c in second.calls]:
        raise refusal("export.other_path", "onnx.export")
    for a, b in zip(first.calls, second.calls):
        for name, value in a.arguments.items():
            if name != "new" and not _same(value, b.arguments[name]):
                raise refusal(
                    "export.other_number",
                    "onnx.export",
                    operation=a.name,
                    name=name,
                    value=value,
                    samples=first.inputs[0].shape[0],
                    other=b.arguments[name],
                    more=second.inputs[0].shape[0],
                )


def _same(a: Any, b: Any) -> bool:
    """Equal, leaving Tensors aside."""
    if isinstance(a, Tensor) or isinstance(b, Tensor):
        return isinstance(a, Tensor) and isinstance(b, Tensor)
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(_same, a, b))
    return bool(a == b or (a != a and b != b))


def _names(given: Sequence[str] | None, stem: str, count: int) -> list[str]:
    names = list(given) if given is not None else [stem] if count == 1 else [f"{stem}_{i}" for i in range(count)]
    if len(names) != count or len(set(names)) != count or not all(names):
        kind = phrase("export.inputs" if stem == "input" else "export.outputs")
        raise refusal("export.names", "onnx.export", count=count, kind=kind, names=names)
    return names


def _build(model: Any, first: Trace, second: Trace | None, names_in: list[str], names_out: list[str]) -> Any:
    """The ModelProto of a trace."""
    states = model.state_dict() if isinstance(model, Module) else {}
    reserved = {*names_in, *names_out}
    g = GraphBuilder({id(t.array): f"{name}_" if name in reserved else name for name, t in states.items()})
    if second is not None:
        g.open_batch(names_in[0], first.inputs[0].shape[0], second.inputs[0].shape[0])
        _pair_values(g, first, second)
    for tensor, name in zip(first.inputs, names_in):
        g.bind(tensor, name)
    for call in first.calls:
        _convert(g, call)
    for tensor, name in zip(first.outputs, names_out):
        source = g.value(tensor)
        g.nodes.append(g.onnx.helper.make_node("Identity", [source], [name], name=name))
    helper = g.onnx.helper
    described = [
        [
            helper.make_tensor_value_info(name, g.dtype_number(t.dtype), _open_shape(g, t))
            for name, t in zip(names, tensors)
        ]
        for names, tensors in ((names_in, first.inputs), (names_out, first.outputs))
    ]
    graph = helper.make_graph(g.nodes, type(model).__name__, *described, list(g.initializers.values()))
    return helper.make_model(
        graph, producer_name="tinyconv", ir_version=IR_VERSION, opset_imports=[helper.make_opsetid("", OPSET)]
    )


def _pair_values(g: GraphBuilder, first: Trace, second: Trace) -> None:
    for a, b in zip(first.calls, second.calls):
        for x, y in zip((*a.tensors(), *a.outputs), (*b.tensors(), *b.outputs)):
            g.pair(x, y)
    for x, y in zip((*first.inputs, *first.outputs), (*second.inputs, *second.outputs)):
        g.pair(x, y)


def _convert(g: GraphBuilder, call: Call) -> None:
    if call.name not in CONVERTERS:
        raise refusal("export.unknown", "onnx.export", operation=call.name)
    try:
        names = CONVERTERS[call.name](g, call, **call.arguments)
    except NotExportable as error:
        raise NotExportable(f"onnx.export: {call.name}: {error}") from error
    for tensor, name in zip(call.outputs, names if isinstance(names, tuple) else (names,)):
        g.bind(tensor, name)


def _open_shape(g: GraphBuilder, tensor: Tensor) -> list[Any]:
    """Sizes, with names for those that follow the batch."""
    named = []
    for share, rest in g.sizes(tensor):
        text = ("batch" if share == 1 else f"{share}*batch") + (f"+{rest}" if rest else "")
        named.append(text if share else rest)
    return named


def _check(proto: Any, trace: Trace) -> None:
    """Let onnx check the file's form, and the model's own result its contents."""
    onnx_package().checker.check_model(proto, full_check=True)
    loaded = OnnxModel(read_model(proto, 1 << 62)).eval()
    with no_grad():
        results = loaded(*map(Tensor._of, trace.given))
    for name, result, wanted in zip(
        loaded.output_names, results if isinstance(results, tuple) else (results,), trace.outputs
    ):
        found, expected = asnumpy(result.array), asnumpy(wanted.array)
        tolerance = 1e-2 if expected.dtype == np.float16 else 1e-4
        if found.shape != expected.shape or not np.allclose(found, expected, tolerance, tolerance, equal_nan=True):
            raise refusal("export.not_the_model", "onnx.export", name=name, found=found, expected=expected)
