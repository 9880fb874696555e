"""Watch a model compute, and note which operations it used on what.

While :func:`record` runs a model, the engine tells its :class:`Trace` of every operation, which becomes a
:class:`Call`.  Some functions made of several operations are one operator in ONNX, such as batch norm, or look at
values in ways that no operation sees, such as comparisons; these are decorated with
:func:`tinyconv.autograd.whole`, noted as a whole, and what happens inside them is not.  What does not depend on the
model's inputs is not noted: its results are constants.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ..autograd import Function, Operation, no_grad
from ..autograd.mode import _mode
from ..backend import Array, asnumpy, get_array_module, is_array
from ..errors import phrase, refusal
from ..tensor import Tensor

__all__ = ["Call", "Trace", "record"]

# Of the functions that may be noted as a whole, those for which it depends on the arguments; else the parts are noted.
CONDITIONS: dict[str, Callable[..., bool]] = {
    "linear": lambda input, **_: input.ndim == 2,
    "leaky_relu": lambda inplace, **_: not inplace,
    "elu": lambda inplace, **_: not inplace,
    "softplus": lambda beta, threshold, **_: beta == 1.0 and threshold >= 20.0,
    "cross_entropy": lambda input, target, label_smoothing, size_average, reduce, **_: (
        label_smoothing == 0.0 and target.dtype.kind == "i" and input.ndim > 1 and size_average is reduce is None
    ),
    "nll_loss": lambda input, size_average, reduce, **_: input.ndim > 1 and size_average is reduce is None,
    "batch_norm": lambda training, running_mean, running_var, **_: (
        not training and running_mean is not None and running_var is not None
    ),
    "instance_norm": lambda use_input_stats, **_: use_input_stats,
    "max_pool": lambda return_indices, **_: return_indices,
    "avg_pool": lambda ceil_mode, divisor_override, **_: not ceil_mode and divisor_override is None,
    "norm": lambda p, dtype, **_: p in (2, "fro", None) and dtype is None,
    "mean": lambda dtype, **_: dtype is None,
    "prod": lambda dtype, **_: dtype is None,
    "flatten": lambda input, start_dim, end_dim, **_: start_dim == 1 and end_dim in (-1, input.ndim - 1),
}
WRITE = "Overwrite"  # the operation that gives its first argument's memory new values


@dataclass(frozen=True)
class Call:
    """One use of an operation: its name, its arguments by name, and the Tensors it gave.

    Examples
    --------
    >>> import tinyconv as tc
    >>> len(list(Call("Add", {"a": tc.ones(1), "b": 2.0}, (tc.ones(1),)).tensors()))
    1
    """

    name: str
    arguments: dict[str, Any]
    outputs: tuple[Tensor, ...]

    def tensors(self) -> Iterator[Tensor]:
        """The Tensors among the arguments."""
        for value in self.arguments.values():
            for part in value if isinstance(value, tuple) else (value,):
                if isinstance(part, Tensor):
                    yield part


class Trace:
    """The calls of one run, and the arrays that depend on the inputs.

    Values are told apart by the identity of their arrays, which ``detach`` keeps; the trace holds them all, so
    that no identity is given out twice.  A write keeps the array, which is another value from then on.  Other arrays
    on the same memory are then *stale*: they changed, and no call says so.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x = tc.ones(1)
    >>> Trace((x,)).depends(x.detach())
    True
    """

    def __init__(self, inputs: tuple[Tensor, ...]):
        self.inputs = inputs
        self.given = [asnumpy(t.array).copy() for t in inputs]  # the values before the run, which may write into them
        self.outputs: tuple[Tensor, ...] = ()
        self.calls: list[Call] = []
        self.stale: tuple[str, Tensor] | None = None  # the first use of a stale value: by which operation
        self._derived = {id(t.array): t.array for t in inputs}
        self._constants: dict[int, Array] = {}  # that calls have read; the export looks at their values afterwards
        self._written: list[Array] = []  # one after the other
        self._writes_before: dict[int, int] = {}  # how many there were when an array got its values; 0 if not told
        self._quiet = False  # inside a function noted as a whole

    def operation(self, cls: type[Operation], args: tuple[Any, ...], outputs: tuple[Tensor, ...]) -> None:
        """Note an operation that was just done; the engine calls this."""
        if self._quiet:
            return
        if issubclass(cls, Function):  # the operations that it is made of were noted: is there a result beside them?
            unseen = tuple(t for t in outputs if isinstance(t, Tensor) and not self.depends(t))
            return self._note(f"{cls.__name__}.forward", {"inputs": args}, unseen) if unseen else None
        bound = inspect.signature(cls.forward).bind(None, *args).arguments
        self._note(cls.__name__, dict(list(bound.items())[1:]), outputs)

    def whole(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function that may be noted as a whole, and do so; its decorator calls this."""
        plain, condition = function.__wrapped__, CONDITIONS.get(function.__name__)
        if self._quiet:
            return plain(*args, **kwargs)
        bound = inspect.signature(plain).bind(*args, **kwargs)
        bound.apply_defaults()
        if condition is not None and not condition(**bound.arguments):
            return plain(*args, **kwargs)
        self._quiet = True
        try:
            result = plain(*args, **kwargs)
        finally:
            self._quiet = False
        self._note(function.__name__, bound.arguments, result if isinstance(result, tuple) else (result,))
        return result

    def finish(self, outputs: tuple[Tensor, ...]) -> None:
        """Take the results of the run."""
        self.outputs = tuple(Tensor._of(t.array) for t in outputs)
        self._check("return", self.outputs)

    def depends(self, tensor: Tensor) -> bool:
        """Tell whether a value was computed from the inputs."""
        return id(tensor.array) in self._derived

    def _note(self, name: str, arguments: dict[str, Any], outputs: tuple[Tensor, ...]) -> None:
        """Add a call, unless it does not depend on the inputs or gives one of its arguments back."""
        # an array may change its place in a Tensor later on: keep what it is now
        call = Call(name, {k: _frozen(v) for k, v in arguments.items()}, tuple(map(_frozen, outputs)))
        given = list(call.tensors())
        if name == WRITE and any(_share(given[0].array, read) for read in self._constants.values()):
            self.stale = self.stale or (name, given[0])
        self._check(name, given)
        if not any(map(self.depends, given)):
            return
        if name == WRITE:
            self._written.append(given.pop(0).array)
        elif len(outputs) == 1 and any(outputs[0].array is t.array for t in given):
            return
        self.calls.append(call)
        self._constants.update((id(t.array), t.array) for t in given if not self.depends(t))
        for tensor in outputs:
            self._derived[id(tensor.array)] = tensor.array
            self._writes_before[id(tensor.array)] = len(self._written)

    def _check(self, name: str, read: Iterable[Tensor]) -> None:
        """Look for a stale value among those that are read."""
        for tensor in read:
            since = self._written[self._writes_before.get(id(tensor.array), 0) :]
            if any(_share(tensor.array, array) for array in since):
                self.stale = self.stale or (name, tensor)


def _share(a: Array, b: Array) -> bool:
    return type(a) is type(b) and get_array_module(a).may_share_memory(a, b)


def _frozen(value: Any) -> Any:
    """Tensors, and the arrays of an index, as Tensors of their own."""
    if type(value) is tuple:
        return tuple(map(_frozen, value))
    if isinstance(value, Tensor):
        return Tensor._of(value.array)
    return Tensor._of(value) if is_array(value) and not isinstance(value, type) else value


def record(model: Callable[..., Any], inputs: tuple[Tensor, ...]) -> Trace:
    """Run ``model(*inputs)`` without gradients and give its trace.

    Raises
    ------
    TypeError
        If the result is not a Tensor, or a tuple or list of them.
    NotExportable
        If the model uses a value whose memory was written to in a way that the trace does not follow.

    Examples
    --------
    >>> import tinyconv as tc
    >>> [call.name for call in record(lambda x: (x + 1).relu(), (tc.zeros(2),)).calls]
    ['Add', 'ReLU']
    """
    trace, above = Trace(inputs), _mode.trace
    with no_grad():
        _mode.trace = trace
        try:
            result = model(*inputs)
        finally:
            _mode.trace = above
    outputs = tuple(result) if isinstance(result, (tuple, list)) else (result,)
    if not outputs or not all(isinstance(t, Tensor) for t in outputs):
        kinds = ", ".join(type(t).__name__ for t in outputs) or phrase("export.nothing")
        raise refusal("export.results", "onnx.export", kinds=kinds)
    trace.finish(outputs)
    if trace.stale is not None:
        raise refusal("export.stale", "onnx.export", operation=trace.stale[0], value=trace.stale[1])
    return trace
