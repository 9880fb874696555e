"""Watch a model compute, and note which operations it used on what.

While :func:`record` runs a model, every use of an operation becomes a :class:`Call`.  Most are primitives, noted
where all of them pass: ``Function.apply``.  Some functions made of several primitives are one operator in ONNX, such
as batch norm, or look at values in ways that no primitive sees, such as comparisons; these are noted as a whole, and
what happens inside them is not.  Operations that do not depend on the model's inputs are not noted: their results
are constants.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .. import autograd
from ..autograd import Function
from ..backend import asnumpy
from ..errors import phrase, refusal
from ..ops.activation import elu, gelu, leaky_relu, prelu, softplus
from ..ops.deform import deform_conv2d
from ..ops.dtype import cast
from ..ops.elementwise import _without_gradient
from ..ops.linalg import linear
from ..ops.loss import cross_entropy, nll_loss
from ..ops.norm import batch_norm, group_norm, instance_norm, layer_norm
from ..ops.pool import adaptive_max_pool, avg_pool, max_pool, max_unpool
from ..ops.reduction import _arg, logsumexp, mean, norm, prod
from ..ops.shape import flatten, pad
from ..ops.upsample import upsample_nearest
from ..tensor import Tensor

__all__ = ["Call", "Trace", "record"]

_tracing = threading.local()  # .trace: the Trace of this thread; others run the same functions unwatched
_patching = threading.Lock()

# Functions noted as a whole, if their condition (on the arguments by name) holds; else their parts are noted.
WHOLE: dict[Callable[..., Any], Callable[..., bool] | None] = {
    linear: lambda input, **_: input.ndim == 2,
    leaky_relu: None,
    prelu: None,
    elu: None,
    gelu: None,
    softplus: lambda beta, threshold, **_: beta == 1.0 and threshold >= 20.0,
    deform_conv2d: None,
    _without_gradient: None,
    cross_entropy: lambda input, target, label_smoothing, **_: (
        label_smoothing == 0.0 and target.dtype.kind == "i" and input.ndim > 1
    ),
    nll_loss: lambda input, **_: input.ndim > 1,
    batch_norm: lambda training, running_mean, running_var, **_: (
        not training and running_mean is not None and running_var is not None
    ),
    layer_norm: None,
    group_norm: None,
    instance_norm: lambda use_input_stats, **_: use_input_stats,
    max_pool: lambda return_indices, **_: return_indices,
    avg_pool: lambda ceil_mode, divisor_override, **_: not ceil_mode and divisor_override is None,
    adaptive_max_pool: None,
    max_unpool: None,
    upsample_nearest: None,
    cast: None,
    mean: None,
    prod: None,
    logsumexp: None,
    norm: lambda p, **_: p == 2,
    _arg: None,
    flatten: lambda x, start_dim, end_dim, **_: start_dim == 1 and end_dim in (-1, x.ndim - 1),
    pad: None,
}


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
    that no identity is given out twice.

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
        self._alive = [t.array for t in inputs]
        self._derived = {id(t.array) for t in inputs}
        self._quiet = 0  # how many functions noted as a whole are at work

    @property
    def listening(self) -> bool:
        """Is a call now to be noted?"""
        return not self._quiet

    @contextlib.contextmanager
    def not_listening(self) -> Iterator[None]:
        """Around the inside of a function that is noted as a whole."""
        self._quiet += 1
        try:
            yield
        finally:
            self._quiet -= 1

    def note(self, name: str, arguments: dict[str, Any], result: Any) -> None:
        """Add a call, unless it does not depend on the inputs or gives one of its arguments back."""
        outputs = result if isinstance(result, tuple) else (result,)
        call = Call(name, arguments, outputs)
        given = {id(t.array) for t in call.tensors()}
        if not given & self._derived or (len(outputs) == 1 and id(outputs[0].array) in given and name != "overwrite"):
            return
        # an array may change its place in a Tensor later on: keep what it is now
        self.calls.append(Call(name, {k: _frozen(v) for k, v in arguments.items()}, tuple(map(_frozen, outputs))))
        for tensor in (*call.tensors(), *outputs):
            self._alive.append(tensor.array)
        self._derived.update(id(t.array) for t in outputs)

    def depends(self, tensor: Tensor) -> bool:
        """Tell whether a value was computed from the inputs."""
        return id(tensor.array) in self._derived


def _frozen(value: Any) -> Any:
    if isinstance(value, tuple) and any(isinstance(part, Tensor) for part in value):
        return tuple(map(_frozen, value))
    return Tensor(value.array) if isinstance(value, Tensor) else value


def record(model: Callable[..., Any], inputs: tuple[Tensor, ...]) -> Trace:
    """Run ``model(*inputs)`` without gradients and give its trace.

    Raises
    ------
    TypeError
        If the result is not a Tensor, or a tuple or list of them.

    Examples
    --------
    >>> import tinyconv as tc
    >>> [call.name for call in record(lambda x: (x + 1).relu(), (tc.zeros(2),)).calls]
    ['Add', 'ReLU']
    """
    trace = Trace(inputs)
    with _patching, _watched(), autograd.no_grad():
        _tracing.trace = trace
        try:
            result = model(*inputs)
        finally:
            _tracing.trace = None
    outputs = tuple(result) if isinstance(result, (tuple, list)) else (result,)
    if not outputs or not all(isinstance(t, Tensor) for t in outputs):
        kinds = ", ".join(type(t).__name__ for t in outputs) or phrase("export.nothing")
        raise refusal("export.results", "onnx.export", kinds=kinds)
    trace.outputs = tuple(Tensor(t.array) for t in outputs)
    return trace


@contextlib.contextmanager
def _watched() -> Iterator[None]:
    """Put watchers in place of `Function.apply`, of ``Tensor._overwrite`` and of the functions of `WHOLE`."""
    undo: list[tuple[Any, str, Any]] = []

    def replace(place: Any, name: str, value: Any) -> None:
        undo.append((place, name, place.__dict__[name]))
        setattr(place, name, value)

    try:
        replace(Function, "apply", _watch_apply(Function.__dict__["apply"]))
        replace(Tensor, "_overwrite", _watch_overwrite(Tensor._overwrite))
        watchers = {function: _watch_whole(function, condition) for function, condition in WHOLE.items()}
        for module in [m for name, m in sys.modules.items() if name.split(".")[0] == "tinyconv" and m is not None]:
            if module.__name__.startswith("tinyconv.onnx"):
                continue
            for name, value in list(vars(module).items()):
                if inspect.isfunction(value) and value in watchers:
                    replace(module, name, watchers[value])
        yield
    finally:
        for place, name, value in reversed(undo):
            setattr(place, name, value)


def _current() -> Trace | None:
    trace = getattr(_tracing, "trace", None)
    return trace if trace is not None and trace.listening else None


def _watch_apply(original: Any) -> Any:
    def apply(cls: type[Function], *args: Any, **kwargs: Any) -> Any:
        trace = _current()
        if trace is None:
            return original.__func__(cls, *args, **kwargs)
        with trace.not_listening():
            result = original.__func__(cls, *args, **kwargs)
        bound = inspect.signature(cls.forward).bind(None, *args, **kwargs)
        trace.note(cls.__name__, {k: v for k, v in bound.arguments.items() if k != "self"}, result)
        return result

    return classmethod(apply)


def _watch_whole(function: Callable[..., Any], condition: Callable[..., bool] | None) -> Callable[..., Any]:
    signature = inspect.signature(function)

    @functools.wraps(function)
    def watched(*args: Any, **kwargs: Any) -> Any:
        trace = _current()
        if trace is None:
            return function(*args, **kwargs)
        plain = {{"axis": "dim", "keepdims": "keepdim"}.get(k, k): v for k, v in kwargs.items()}
        bound = signature.bind(*args, **plain)
        bound.apply_defaults()
        if condition is not None and not condition(**bound.arguments):
            return function(*args, **kwargs)
        with trace.not_listening():
            result = function(*args, **kwargs)
        trace.note(function.__name__, dict(bound.arguments), result)
        return result

    return watched


def _watch_overwrite(original: Any) -> Any:
    def overwrite(self: Tensor, key: Any, value: Any, how: str) -> None:
        original(self, key, value, how)
        trace = _current()
        if trace is not None:
            source = value if isinstance(value, Tensor) else Tensor(value) if hasattr(value, "ndim") else value
            trace.note("overwrite", {"target": self, "key": key, "value": source, "how": how}, self)

    return overwrite
