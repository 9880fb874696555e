"""Reverse-mode differentiation: the recorded graph and the walk back over it.

An operation is a subclass of :class:`Function`: ``forward`` computes with arrays, ``vjp`` turns the
gradient of its output into the gradients of its inputs.  ``vjp`` is written in Tensor operations, so
it can be recorded too, and derivatives of any order need nothing more.

The graph is made of Function objects.  Each has one *edge* per input, which tells where that input
came from: ``(function, output index, shape, dtype)``, or ``(leaf tensor, 0, shape, dtype)``, or None
for an input that needs no gradient.  Edges point from results back to operands and nothing points
forward, so there is no reference cycle: dropping the last result frees the whole graph.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import itertools
import sys
import threading
import traceback
import zlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .backend import Array, asnumpy, device_of, get_array_module, is_array, quiet
from .errors import layer_name

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = [
    "Function",
    "detect_anomaly",
    "enable_grad",
    "grad",
    "is_grad_enabled",
    "no_grad",
    "set_grad_enabled",
]

tensor_type: Any = None  # tensor.py puts Tensor here: the engine needs one, and must not import upwards
Edge = tuple[Any, int, tuple[int, ...], np.dtype]


class _Mode(threading.local):
    """Per thread: is recording on, is every value checked, and is a vjp at work?"""

    grad = True
    anomaly = False
    inside_vjp = False


_mode = _Mode()


class _Switch(contextlib.ContextDecorator):
    """Set one attribute of the mode for the time of a ``with`` block or a decorated call."""

    _attribute: ClassVar[str]

    def __init__(self, value: bool):
        self._value = value
        self._previous: list[bool] = []

    def _recreate_cm(self) -> _Switch:  # a decorated function may recurse, or run in many threads
        fresh = _Switch.__new__(type(self))
        _Switch.__init__(fresh, self._value)
        return fresh

    def __call__(self, function: Any) -> Any:
        if inspect.isgeneratorfunction(function):
            return self._wrap_generator(function)
        return super().__call__(function)

    def _wrap_generator(self, function: Callable) -> Callable:
        """Switch at every step of a generator: between two steps the mode is its caller's."""

        @functools.wraps(function)
        def stepwise(*args: Any, **kwargs: Any) -> Any:
            generator, sent = function(*args, **kwargs), None
            while True:
                with self._recreate_cm():
                    try:
                        item = generator.send(sent)
                    except StopIteration as stop:
                        return stop.value
                sent = yield item

        return stepwise

    def __enter__(self) -> None:
        self._previous.append(getattr(_mode, self._attribute))
        setattr(_mode, self._attribute, self._value)

    def __exit__(self, *exc: object) -> None:
        setattr(_mode, self._attribute, self._previous.pop())


class _Recording(_Switch):
    """Recording on or off."""

    _attribute = "grad"


class set_grad_enabled(_Recording):
    """Turn recording on or off in this thread: from the call on, or inside a ``with`` block or function.

    Examples
    --------
    >>> import tinyconv as tc
    >>> with tc.set_grad_enabled(False):
    ...     tc.is_grad_enabled()
    False
    """

    _entered = False  # by the call itself, and no with block has begun yet

    def __init__(self, value: bool):
        super().__init__(value)
        super().__enter__()
        self._entered = True

    def __enter__(self) -> None:
        if not self._entered:
            super().__enter__()
        self._entered = False

    def __call__(self, function: Any) -> Any:
        """Decorate a function: then recording changes inside it alone."""
        if self._entered:
            self.__exit__()
            self._entered = False
        return super().__call__(function)


class no_grad(_Recording):
    """Record nothing inside: ``with no_grad():``, or ``@no_grad()`` on a function.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x = tc.tensor([1.0], requires_grad=True)
    >>> with tc.no_grad():
    ...     (x * 2).requires_grad
    False
    """

    def __init__(self) -> None:
        super().__init__(False)


class enable_grad(_Recording):
    """Record again inside a ``no_grad`` block.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x = tc.tensor([1.0], requires_grad=True)
    >>> with tc.no_grad(), tc.enable_grad():
    ...     (x * 2).requires_grad
    True
    """

    def __init__(self) -> None:
        super().__init__(True)


class detect_anomaly(_Switch):
    """Check every value for NaN and every saved array for changes; slow, for finding bugs.

    Inside, an operation that makes a NaN out of inputs without one raises at once, a NaN born in the
    backward pass raises with the line of the forward call, and an array that was written through
    ``.data`` (which the version counters do not see) raises when its saved copy is needed.

    Raises
    ------
    RuntimeError
        From the operation at fault, naming it.

    Examples
    --------
    >>> import tinyconv as tc
    >>> with tc.detect_anomaly():
    ...     tc.tensor([-1.0]).log()
    Traceback (most recent call last):
    ...
    RuntimeError: Log made NaN in 1 of 1 values of its output ...
    """

    _attribute = "anomaly"

    def __init__(self, value: bool = True):
        super().__init__(value)


class _inside_vjp(_Switch):
    """A NaN made inside a vjp is reported by the operation whose vjp it is, not by what it is made of."""

    _attribute = "inside_vjp"


def is_grad_enabled() -> bool:
    """Tell whether operations are being recorded in this thread.

    Examples
    --------
    >>> is_grad_enabled()
    True
    """
    return _mode.grad


class _Saved:
    """An array kept for the backward pass, and what it takes to notice that it changed."""

    __slots__ = ("array", "checksum", "edge", "seen", "version")

    def __init__(self, array: Array, edge: Edge | int | None, version: list[int] | None):
        self.array = array
        self.edge = edge  # of the input it was, or the index of the output it is, or None: a constant
        self.version = version  # the counter shared by all Tensors on this memory, and its value now
        self.seen = version[0] if version else 0
        self.checksum = _checksum(array) if _mode.anomaly else None

    def changed(self) -> bool:
        """Was the memory written to since it was saved?"""
        if self.version is not None and self.version[0] != self.seen:
            return True
        if self.edge is not None and not isinstance(self.edge, int):
            target = self.edge[0]
            if not isinstance(target, Function) and target._data is not self.array:
                return True  # the leaf was given another array through .data
        return self.checksum is not None and self.checksum != _checksum(self.array)


def _checksum(array: Array) -> int:
    return zlib.crc32(np.ascontiguousarray(_host_array(array)).data)


def _host_array(value: Any) -> np.ndarray:
    """A NumPy array of what ``forward`` made, which may be a scalar too."""
    return asnumpy(tensor_type(value)._data)


class Function:
    """One differentiable operation, and the record of one use of it.

    Subclass it, then call ``MyFunction.apply(...)``.  ``forward`` gets the arguments of ``apply`` with
    Tensors replaced by their arrays, and returns an array or a tuple of arrays.  ``vjp`` gets one
    gradient Tensor per output and returns one gradient (or None) per positional argument, each of that
    argument's shape.

    Attributes
    ----------
    needs_input_grad : tuple of bool
        Per positional argument: is its gradient wanted?
    saved_tensors : tuple
        What ``save_for_backward`` was given in ``forward``.
    is_view : bool
        Class attribute: the output may share memory with the first input.

    Examples
    --------
    >>> import tinyconv as tc
    >>> class Cube(tc.Function):
    ...     def forward(self, x):
    ...         self.save_for_backward(x)
    ...         return x**3
    ...     def vjp(self, grad):
    ...         (x,) = self.saved_tensors
    ...         return grad * 3 * x**2
    >>> x = tc.tensor([2.0], requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor([12.])
    """

    __slots__ = ("__weakref__", "_hooks", "_outputs", "_saved", "_where", "edges", "needs_input_grad")
    is_view: ClassVar[bool] = False

    edges: tuple[Edge | None, ...]
    needs_input_grad: tuple[bool, ...]
    _saved: tuple[Any, ...] | None

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output array(s) from the input arrays."""
        raise NotImplementedError(f"{type(self).__name__} must define forward(self, *arrays)")

    def vjp(self, *grads: Tensor) -> Any:
        """Give the vector-Jacobian product: input gradients from output gradients."""
        raise NotImplementedError(f"{type(self).__name__} must define vjp(self, grad) to be differentiated")

    def save_for_backward(self, *arrays: Any) -> None:
        """Keep arrays (inputs, outputs or others) for ``vjp``; others than arrays pass unchanged."""
        self._saved = arrays

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What was saved, as Tensors tied into the graph.

        Raises
        ------
        RuntimeError
            If the graph was freed by an earlier backward, or a saved array was modified in place.
        """
        if self._saved is None:
            raise RuntimeError(
                f"Trying to backward through the graph a second time: what {type(self).__name__} saved was "
                f"freed by the first backward. Use backward(retain_graph=True) the first time, or compute "
                f"the result again"
            )
        return tuple([self._unpack(item) for item in self._saved])

    def _unpack(self, item: Any) -> Any:
        if not isinstance(item, _Saved):
            return item
        if item.changed():
            raise RuntimeError(
                f"one of the variables needed for gradient computation has been modified by an inplace "
                f"operation: {type(self).__name__} saved an array of shape {item.array.shape}, and it was "
                f"written to before backward. Assign to a copy (x.clone()), or do it after backward"
            )
        edge = item.edge
        if edge is None:
            return tensor_type(item.array)
        if isinstance(edge, int):
            return tensor_type._from_graph(item.array, self, edge)
        if isinstance(edge[0], Function):
            return tensor_type._from_graph(item.array, edge[0], edge[1])
        return edge[0]

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run ``forward`` on the arguments and record the call if a gradient may be wanted."""
        if kwargs and any(isinstance(a, tensor_type) for a in kwargs.values()):
            raise TypeError(f"{cls.__name__}.apply: pass Tensors by position; keywords are for other arguments")
        inputs, needs_grad, on_host = [], [], True  # one plain loop: this method is most of a small call's time
        for arg in args:
            if isinstance(arg, tensor_type):
                needs_grad.append(arg.requires_grad)
                arg = arg._data
                on_host = on_host and type(arg) is np.ndarray
            else:
                needs_grad.append(False)
            inputs.append(arg)
        if not on_host:
            _check_devices(cls.__name__, [a for a in args if isinstance(a, tensor_type)])
        recording = _mode.grad and True in needs_grad
        node = cls()
        node._saved = ()
        node.needs_input_grad = tuple(needs_grad) if recording else (False,) * len(args)
        result = node.forward(*inputs, **kwargs)
        if isinstance(result, np.generic):  # NumPy gives scalars for 0-d results
            result = np.asarray(result)
        if _mode.anomaly:
            node._check_forward(result, [a for a in args if isinstance(a, tensor_type)])
        several = isinstance(result, tuple)
        outputs = tuple(map(tensor_type, result)) if several else (tensor_type(result),)
        if recording:
            node._record(args, outputs)
        if cls.is_view:
            outputs[0]._version, outputs[0]._is_view = args[0]._version, True
        return outputs if several else outputs[0]

    def _record(self, args: tuple[Any, ...], outputs: tuple[Tensor, ...]) -> None:
        """Tie the outputs to this node, and this node to where its inputs came from."""
        self._hooks = self._outputs = None
        self.edges = tuple([_edge_of(a) if needs else None for a, needs in zip(args, self.needs_input_grad)])
        for index, output in enumerate(outputs):
            if output._data.dtype.kind == "f":  # integers carry no gradient
                output.requires_grad, output.grad_fn, output._index = True, self, index
        if len(outputs) > 1:
            self._outputs = [(o.shape, o.dtype, get_array_module(o._data)) for o in outputs]
        if self._saved:
            self._saved = tuple([self._pack(array, args, outputs) for array in self._saved])

    def _pack(self, array: Any, args: tuple[Any, ...], outputs: tuple[Tensor, ...]) -> Any:
        """Remember which input or output a saved array is, so that double backward can go on from it."""
        for arg, edge in zip(args, self.edges):
            if isinstance(arg, tensor_type) and arg._data is array:
                return _Saved(array, edge, arg._version)
        for index, output in enumerate(outputs):
            if output._data is array:
                return _Saved(array, index, output._version)
        return _Saved(array, None, None) if is_array(array) else array

    def _check_forward(self, result: Any, inputs: list[Tensor]) -> None:
        """In anomaly mode: note the line of the call, and stop at the operation that makes a NaN."""
        self._where = "".join(traceback.format_list(traceback.extract_stack()[:-2][-6:]))
        if _mode.inside_vjp:
            return
        arrays = [_host_array(a) for a in (result if isinstance(result, tuple) else (result,))]
        bad = sum(int(np.isnan(a).sum()) for a in arrays if a.dtype.kind == "f")
        if bad and not any(_has_nan(t) for t in inputs):
            raise RuntimeError(
                f"{type(self).__name__} made NaN in {bad} of {sum(a.size for a in arrays)} values of its "
                f"output although its inputs (shapes {[t.shape for t in inputs]}) have none; called at\n"
                f"{self._where}"
            )

    def _run_vjp(self, grads: list[Tensor | None]) -> tuple[Tensor | None, ...]:
        """Call ``vjp``, and hold what it returns against the edges."""
        if self._outputs is not None:
            filled = [
                tensor_type(xp.zeros(shape, dtype)) if g is None else g
                for g, (shape, dtype, xp) in zip(grads, self._outputs)
            ]
            grads_in: Sequence[Any] = filled
        else:
            grads_in = grads
        if _mode.anomaly:
            with _inside_vjp(True):
                results = self.vjp(*grads_in)
        else:
            results = self.vjp(*grads_in)
        if type(results) is not tuple:
            results = tuple(results) if isinstance(results, (tuple, list)) else (results,)
        if len(results) != len(self.edges):
            raise RuntimeError(
                f"{type(self).__name__}.vjp returned {len(results)} gradients for {len(self.edges)} "
                f"arguments of apply(); return one (or None) per argument"
            )
        if _mode.anomaly:
            self._check_backward(results, grads)
        return results

    def _check_backward(self, results: tuple[Any, ...], grads: list[Tensor | None]) -> None:
        bad = [i for i, g in enumerate(results) if g is not None and self.edges[i] and _has_nan(g)]
        if bad and not any(g is not None and _has_nan(g) for g in grads):
            raise RuntimeError(
                f"{type(self).__name__} made NaN in the gradient of its input {bad[0]} although the incoming "
                f"gradient has none; the forward call was at\n{getattr(self, '_where', '(not recorded)')}"
            )


def _has_nan(tensor: Tensor) -> bool:
    return tensor.dtype.kind == "f" and bool(np.isnan(asnumpy(tensor._data)).any())


def _edge_of(tensor: Tensor) -> Edge:
    data = tensor._data
    return (tensor.grad_fn or tensor, tensor._index, data.shape, data.dtype)


def _check_devices(function: str, tensors: Sequence[Tensor]) -> None:
    first = type(tensors[0]._data)
    if first is np.ndarray and all([type(t._data) is first for t in tensors]):  # noqa: C419
        return
    devices = [device_of(t._data) for t in tensors]
    if any(d != devices[0] for d in devices):
        found = ", ".join(f"{d} (shape {t.shape})" for d, t in zip(devices, tensors))
        other = next(d for d in devices if d != devices[0])
        raise RuntimeError(
            f"{layer_name(function)}: Expected all tensors to be on the same device, but found {found}. "
            f"Move them first, e.g. x.to({str(other)!r}), or the model: model.to({str(devices[0])!r})"
        )


# ------------------------------------------------------------------------------ the walk back


class _Consumers(dict):
    """For each node and leaf reachable from the roots: the nodes that will send it a gradient."""

    def __init__(self, roots: list[Any]):
        super().__init__((root, []) for root in roots)
        stack = [root for root in self if isinstance(root, Function)]
        while stack:
            node = stack.pop()
            for edge in node.edges:
                if edge is None:
                    continue
                target = edge[0]
                if target in self:
                    self[target].append(node)
                else:
                    self[target] = [node]
                    if isinstance(target, Function):
                        stack.append(target)

    def leading_to(self, targets: set[Any]) -> set[Any]:
        """All nodes from which a target can be reached, the targets among them."""
        found, stack = set(), [t for t in targets if t in self]
        while stack:
            node = stack.pop()
            if node not in found:
                found.add(node)
                stack.extend(self[node])
        return found


def run_backward(
    roots: list[tuple[Tensor, Tensor]],
    retain_graph: bool,
    create_graph: bool,
    targets: Sequence[Tensor] | None = None,
) -> list[Tensor | None]:
    """Send gradients from the roots back through the graph (Kahn's algorithm, no recursion).

    A node runs once all its consumers have, so it sees the sum of their gradients.  Without
    `targets`, leaves add what they receive to their ``.grad``; with `targets`, only the nodes that
    lead to one of them run, no ``.grad`` is touched, and the targets' gradients are returned.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x = tc.tensor(3.0, requires_grad=True)
    >>> y = x * x
    >>> run_backward([(y, tc.tensor(1.0))], retain_graph=False, create_graph=False)
    []
    >>> x.grad
    tensor(6.)
    """
    keys = [(t.grad_fn or t, t._index) for t in targets or ()]
    consumers = _Consumers([root.grad_fn or root for root, _ in roots])
    waiting = {node: len(senders) for node, senders in consumers.items()}
    wanted = None if targets is None else consumers.leading_to({node for node, _ in keys})
    pending: dict[Any, dict[int, Tensor]] = {node: {} for node in waiting}
    captured: dict[tuple[Any, int], Tensor] = {}
    with _Recording(create_graph), quiet():
        for root, seed in roots:
            _add_gradient(pending[root.grad_fn or root], root._index, seed)
        ready = [node for node, count in waiting.items() if count == 0]
        while ready:
            node = ready.pop()
            received = pending.pop(node)
            if node._hooks:
                _run_hooks(node, received)
            if keys:
                captured.update({k: received[k[1]] for k in keys if k[0] is node and k[1] in received})
            if not isinstance(node, Function):
                if targets is None and received:
                    _accumulate(node, received, keep_graph=create_graph)
                continue
            leads_on = wanted is None or any(edge is not None and edge[0] in wanted for edge in node.edges)
            gradients: Sequence[Any] = (None,) * len(node.edges)
            if leads_on and received:
                gradients = _input_gradients(node, received, wanted)
            for edge, gradient in zip(node.edges, gradients):
                if edge is None:
                    continue
                target = edge[0]
                if gradient is not None and (wanted is None or target in wanted):
                    _add_gradient(pending[target], edge[1], _checked(node, edge, gradient))
                waiting[target] = left = waiting[target] - 1
                if not left:
                    ready.append(target)
            gradient = gradients = None  # type: ignore[assignment]  # let go of them: see _accumulate
            if leads_on and not retain_graph and node._saved:  # what was pruned stays for another walk
                node._saved = None
    return [captured.get(key) for key in keys]


def _input_gradients(node: Function, received: dict[int, Tensor], wanted: set[Any] | None) -> Sequence[Any]:
    """The gradients a node sends on; with `wanted`, its vjp is asked for those that lead there only."""
    grads = [received.pop(i, None) for i in range(1 if node._outputs is None else len(node._outputs))]
    if wanted is None:
        return node._run_vjp(grads)
    mask = node.needs_input_grad
    node.needs_input_grad = tuple(edge is not None and edge[0] in wanted for edge in node.edges)
    try:
        return node._run_vjp(grads)
    finally:
        node.needs_input_grad = mask


def _checked(node: Function, edge: Edge, gradient: Tensor) -> Tensor:
    """A gradient must be a Tensor of its input's shape; its dtype is made the input's."""
    if not isinstance(gradient, tensor_type):
        raise TypeError(
            f"{type(node).__name__}.vjp returned a {type(gradient).__name__} as a gradient; it must return "
            f"Tensors (or None), computed with Tensor operations so that they can be differentiated again"
        )
    if gradient._data.shape != edge[2]:
        raise RuntimeError(
            f"{type(node).__name__}.vjp returned a gradient of shape {gradient.shape} for an input of shape "
            f"{edge[2]}; they must be equal (sum over the axes that forward broadcast)"
        )
    return gradient if gradient._data.dtype == edge[3] else gradient.to(edge[3])


def _add_gradient(slots: dict[int, Tensor], index: int, gradient: Tensor) -> None:
    slots[index] = _sum(slots[index], gradient) if index in slots else gradient


def _sum(a: Tensor, b: Tensor) -> Tensor:
    """``a + b``; where nothing watches, straight on the arrays, for a node with thousands of consumers."""
    if _mode.grad or _mode.anomaly:
        return a + b
    total = a._data + b._data
    return tensor_type(np.asarray(total) if isinstance(total, np.generic) else total)


def _run_hooks(node: Any, received: dict[int, Tensor]) -> None:
    """Let hooks see, and replace, the finished gradients of a node's outputs or of a leaf."""
    for index, hooks in node._hooks.items():
        if index in received:
            for hook in list(hooks.values()):
                replacement = hook(received[index])
                if replacement is not None:
                    received[index] = _checked_hook(replacement, received[index])


def _checked_hook(replacement: Any, gradient: Tensor) -> Tensor:
    if not isinstance(replacement, tensor_type) or replacement.shape != gradient.shape:
        raise RuntimeError(
            f"a hook returned {getattr(replacement, 'shape', type(replacement).__name__)} for a gradient of shape "
            f"{gradient.shape}; it must return a Tensor of that shape, or None to leave the gradient as it is"
        )
    return replacement


def _references_when_alone() -> int:
    """What getrefcount gives for an object held by one local name (it depends on the Python version)."""
    local = object()
    return sys.getrefcount(local)


_ALONE = _references_when_alone()
_accumulating = threading.Lock()  # two threads may reach one leaf at once


def _accumulate(leaf: Tensor, received: dict[int, Tensor], keep_graph: bool) -> None:
    """Add to ``leaf.grad``, which must own its memory: a vjp may hand one array to two inputs."""
    gradient = received.pop(0)
    with _accumulating:
        if leaf.grad is not None:
            leaf.grad = leaf.grad + gradient
        elif keep_graph:
            leaf.grad = gradient.clone()
        else:
            array = gradient._data
            # held by `array` and the gradient, which nobody else holds: no one could see the array change
            alone = sys.getrefcount(array) == _ALONE + 1 and sys.getrefcount(gradient) == _ALONE
            leaf.grad = tensor_type(array if alone and array.base is None else array.copy())


# ------------------------------------------------------------------------------ the public faces


def seed_gradient(output: Tensor, gradient: Any, function: str) -> Tensor:
    """Check the gradient to start from, or make the 1.0 of a scalar output.

    Raises
    ------
    RuntimeError
        If the output needs no gradient, is no scalar and has no seed, or the seed has another shape.

    Examples
    --------
    >>> import tinyconv as tc
    >>> seed_gradient(tc.tensor(2.0, requires_grad=True), None, "backward")
    tensor(1.)
    """
    if not output.requires_grad:
        raise RuntimeError(
            f"{function}: element 0 of tensors does not require grad and does not have a grad_fn: nothing "
            f"that led to this tensor of shape {output.shape} had requires_grad=True (or it was computed "
            f"under no_grad, or detached)"
        )
    if gradient is None:
        if output._data.size != 1:
            raise RuntimeError(
                f"{function}: grad can be implicitly created only for scalar outputs, but the output has shape "
                f"{output.shape}. Reduce it first (y.sum().backward()), or pass gradient= of that shape"
            )
        return tensor_type(get_array_module(output._data).ones_like(output._data))
    if not isinstance(gradient, tensor_type):
        gradient = tensor_type(gradient)
    if gradient.shape != output.shape:
        raise RuntimeError(
            f"{function}: Mismatch in shape: gradient has a shape of {gradient.shape} and output has a shape "
            f"of {output.shape}; they must be equal"
        )
    _check_devices(function, [output, gradient])
    return gradient if gradient.dtype == output.dtype else gradient.to(output.dtype)


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Tensor | None, ...]:
    """Give the gradients of `outputs` with respect to `inputs`, touching no ``.grad``.

    Parameters
    ----------
    outputs, inputs : Tensor or sequence of Tensor
        Several outputs are summed, weighted by `grad_outputs`.
    grad_outputs : Tensor or sequence of Tensor, optional
        One per output, of its shape; may be left out for scalars.
    retain_graph : bool, optional
        Keep what the graph saved, for another walk; defaults to `create_graph`.
    create_graph : bool
        Record the walk itself, so that the result can be differentiated again.
    allow_unused : bool
        Give None for an input that the outputs do not depend on, instead of raising.

    Returns
    -------
    tuple of Tensor
        One per input, of its shape.

    Raises
    ------
    RuntimeError
        If an output has no graph, a seed does not fit, or an input was not used.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x = tc.tensor(2.0, requires_grad=True)
    >>> (g,) = tc.grad(x**3, x, create_graph=True)
    >>> g, tc.grad(g, x)[0]
    (tensor(12., grad_fn=<Mul>), tensor(12.))
    """
    outputs = [outputs] if isinstance(outputs, tensor_type) else list(outputs)
    inputs = [inputs] if isinstance(inputs, tensor_type) else list(inputs)
    seeds = grad_outputs if isinstance(grad_outputs, (list, tuple)) else [grad_outputs] * len(outputs)
    if len(seeds) != len(outputs):
        raise RuntimeError(
            f"grad: got {len(outputs)} outputs and {len(seeds)} grad_outputs; give one (or None) per output"
        )
    roots = [(out, seed_gradient(out, seed, "grad")) for out, seed in zip(outputs, seeds)]
    for position, tensor in enumerate(inputs):
        if not tensor.requires_grad:
            raise RuntimeError(f"grad: input {position} (shape {tensor.shape}) does not require grad")
    keep = create_graph if retain_graph is None else retain_graph
    results = run_backward(roots, keep, create_graph, inputs)
    if None in [None if g is None else 0 for g in results] and not allow_unused:
        position = next(i for i, g in enumerate(results) if g is None)
        raise RuntimeError(
            f"grad: input {position} (shape {inputs[position].shape}) appears to not have been used in the "
            f"graph of the outputs. Set allow_unused=True if that is meant, to get None for it"
        )
    return tuple(results)


class RemovableHandle:
    """What registering a hook gives back: call :meth:`remove` to take the hook off again.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x = tc.tensor([1.0], requires_grad=True)
    >>> handle = x.register_hook(lambda g: g * 10)
    >>> handle.remove()
    """

    _keys = itertools.count()  # never used twice, so that a second remove() cannot hit another hook

    def __init__(self, table: dict[int, Callable], hook: Callable):
        self._table = table
        self._key = next(self._keys)
        table[self._key] = hook

    def remove(self) -> None:
        """Take the hook off; a second call does nothing."""
        self._table.pop(self._key, None)
