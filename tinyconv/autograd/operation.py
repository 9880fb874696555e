"""Operations, and the graph they record (walked by :mod:`.backward`).

An operation is a subclass of :class:`Operation`.  ``forward`` computes with arrays; one method per argument,
``grad_x`` for the argument ``x``, turns the gradient of the output into that of the argument.  These are written in
Tensor operations, so they can be recorded too, and derivatives of any order need nothing more.  What a gradient
method reads it names in its own signature, and nothing else is kept for it::

    class Mul(Operation):
        def forward(self, a, b):
            return a * b

        def grad_a(self, g, b):
            return g * b

        def grad_b(self, g, a):
            return g * a

The graph is made of Operation objects.  Each has one *edge* per argument, which tells where that argument came from:
``(operation, output index, shape, dtype)``, or ``(leaf tensor, 0, shape, dtype)``, or None for an argument that needs
no gradient.  Edges point from results back to operands and nothing points forward, so there is no reference cycle:
dropping the last result frees the whole graph.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any, ClassVar, NamedTuple
from weakref import ref

import numpy as np

from ..backend import Array, array_types, asnumpy, device_of, get_array_module, is_array, silenced
from ..errors import refusal
from . import views
from .mode import _inside_gradient, _mode
from .tensor import Tensor

__all__ = ["Operation", "check_devices"]

Edge = tuple[Any, int, tuple[int, ...], np.dtype]
OWN_SHAPE = "shape"  # read by this name: the shape of the argument whose gradient is asked for
OUTPUT = "out"  # the result


class _Saved:
    """An array kept for the backward pass, and what it takes to notice that it changed."""

    __slots__ = ("array", "checksum", "edge", "leaf", "seen", "version")

    def __init__(self, tensor: Tensor, edge: Edge | int | None):
        self.array = tensor._array
        self.edge = edge  # of the argument it was, or the index of the output it is, or None: a constant
        self.leaf = tensor if type(edge) is tuple and edge[0] is tensor else None
        self.version = tensor._version  # the counter shared by all Tensors on this memory, and its value now
        self.seen = tensor._version[0]
        self.checksum = _checksum(self.array) if _mode.anomaly else None

    def changed(self) -> bool:
        """Was the memory written to since it was saved, or the leaf given another?"""
        if self.version[0] != self.seen or (self.leaf is not None and self.leaf._array is not self.array):
            return True
        return self.checksum is not None and self.checksum != _checksum(self.array)

    def tensor(self, node: Operation) -> Tensor:
        """The Tensor it was, tied into the graph again; `node` saved it."""
        if self.changed():
            raise refusal("autograd.saved_changed", operation=type(node).__name__, array=self.array)
        if self.leaf is not None:
            return self.leaf
        result, edge = Tensor._of(self.array), self.edge
        if isinstance(edge, int):
            result._put(node, edge)
        elif edge is not None:
            result._put(edge[0], edge[1])
        result._version = self.version
        return result


def _signature(forward: Any) -> tuple[tuple[str, ...], dict[str, Any], str | None]:
    """The arguments after ``self``, their defaults, and the name of ``*arrays``."""
    if type(forward) is FunctionType and not vars(forward):
        code, defaults = forward.__code__, forward.__defaults__ or ()
        stars = code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS)
        if code.co_argcount and not code.co_kwonlyargcount and not stars:  # a tenth of inspect's time, in most cases
            names = code.co_varnames[1 : code.co_argcount]
            return names, dict(zip(reversed(names), reversed(defaults))), None
    parameters = list(inspect.signature(forward).parameters.values())[1:]
    rest = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), None)
    return tuple(p.name for p in parameters), {p.name: p.default for p in parameters}, rest


def _checksum(array: Array) -> int:
    import zlib  # here: anomaly mode alone needs it

    return zlib.crc32(np.ascontiguousarray(asnumpy(array)).data)


class _Plan(NamedTuple):
    """What one use of an operation keeps and calls; it depends on which arguments need a gradient."""

    kept: dict[str, int]  # the names that the wanted gradients read; of each, which argument it is, or -1
    calls: tuple[tuple[Callable, tuple[int, ...]] | None, ...]  # per argument: its gradient, and which kept it reads


class AccumulateGrad:
    """The end of the graph at a leaf, whose ``.grad`` adds up what arrives; PyTorch's name for it.

    Attributes
    ----------
    variable : Tensor
        The leaf.
    """

    next_functions = ()

    def __init__(self, variable: Tensor):
        self.variable = variable


class Operation:
    """One differentiable operation, and the record of one use of it.

    Subclass it, then call ``MyOperation.apply(...)``.  ``forward`` gets the arguments of ``apply`` with Tensors
    replaced by their arrays, and returns an array or a tuple of arrays.

    Per argument that has a gradient, a method ``grad_<argument>(self, g, ...)`` gets the output's gradient `g` (of
    several outputs, the tuple of theirs) and gives the argument's, of the argument's shape, both Tensors.  It is called
    only where that gradient is wanted.  Its further parameters name what it reads: arguments of ``forward`` (a Tensor
    comes back as a Tensor), ``out`` for the output, ``shape`` for the shape of its own argument, and what ``forward``
    put aside by :meth:`keep`.  Where one formula gives all gradients, write ``vjp`` (vector-Jacobian product) instead:
    it gets `g` and reads by name likewise, and returns one gradient or None per argument.  ``forward`` must not write
    into its arguments: what the graph saved of them would change unnoticed.

    Attributes
    ----------
    needs_input_grad : tuple of bool
        Per argument: will its gradient be wanted?
    is_view : bool
        Class attribute: the output may share memory with the first argument.
    broadcasts : bool
        Class attribute: arguments broadcast against each other, and the engine sums their gradients back.

    Examples
    --------
    >>> import tinyconv as tc
    >>> class Cube(tc.autograd.Operation):
    ...     def forward(self, x):
    ...         return x**3
    ...     def grad_x(self, g, x):
    ...         return g * 3 * x**2
    >>> x = tc.tensor([2.0], requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor([12.])
    """

    __slots__ = (
        "__weakref__", "_aside", "_hooks", "_outputs", "_plan", "_retained", "_saved", "_where", "edges",
        "needs_input_grad",
    )  # fmt: skip
    is_view: ClassVar[bool] = False
    broadcasts: ClassVar[bool] = False
    _arguments: ClassVar[tuple[str, ...]] = ()
    _defaults: ClassVar[dict[str, Any]] = {}
    _materializes: bool = True  # of several outputs, one that no gradient arrived at has zeros; otherwise None
    _rest: ClassVar[str | None] = None  # the name of ``*arrays``, which no gradient can read
    _plans: ClassVar[dict[tuple[bool, ...], _Plan]]

    edges: tuple[Edge | None, ...]
    _hooks: dict[int, dict[int, Callable]] | None
    _retained: dict[int, ref[Tensor]] | None  # by output, the tensors whose gradient is to stay
    _outputs: list[tuple[tuple[int, ...], np.dtype, Any] | None] | None  # of several outputs: shape, dtype, library
    _plan: _Plan
    needs_input_grad: tuple[bool, ...]
    _aside: dict[str, Any] | None
    _saved: tuple[Any, ...] | None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._plans = {}
        cls._arguments, cls._defaults, cls._rest = _signature(cls.forward)
        for name in (OWN_SHAPE, OUTPUT):
            if name in cls._arguments:
                raise refusal("autograd.reserved_name", operation=cls.__name__, name=name)

    def forward(self, *args: Any) -> Any:
        """Compute the output array(s) from the input arrays; inf and NaN arise in silence, as on a GPU."""
        raise refusal("class.must_define", owner=type(self).__name__, method="forward(self, *arrays)")

    def keep(self, **values: Any) -> None:
        """Put arrays, or other values, aside in ``forward`` for the gradients that name them."""
        self._aside = values

    # ---------------------------------------------------------------------- recording

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Run ``forward`` on the arguments and record the call if a gradient may be wanted."""
        inputs, edges, recorded = [], [], False
        grad_mode = _mode.grad
        for arg in args:  # one plain loop: this method is most of a small call's time
            edge = None
            if isinstance(arg, Tensor):
                array = arg._array
                if grad_mode:
                    view = arg._view
                    if view is not None and view.known is not view.base._grad_fn:
                        views.refresh(arg)
                    if arg._requires_grad:
                        recorded = True
                        edge = arg._grad_fn or arg, arg._index, array.shape, array.dtype
                arg = array
            inputs.append(arg)
            edges.append(edge)
        if len(array_types) > 1:
            check_devices(cls.__name__, [a for a in args if isinstance(a, Tensor)])
        node = cls()
        node._aside = None
        node.needs_input_grad = tuple([edge is not None for edge in edges]) if recorded else (False,) * len(args)
        result = node.forward(*inputs) if _mode.quiet else _forward_in_silence(node, inputs)
        several = isinstance(result, tuple)
        if several:
            outputs = tuple(map(Tensor._of, result))
        elif isinstance(result, list):
            raise refusal("autograd.list", operation=cls.__name__)
        else:
            if not cls.is_view and getattr(result, "base", None) is not None and _looks_into(result, inputs):
                result = result.copy()  # a view that no path leads to: no write to it, or under it, could be followed
            outputs = (Tensor._of(result),)
        if _mode.anomaly:
            node._check_forward(outputs, [a for a in args if isinstance(a, Tensor)])
        if recorded:
            node._record(args, edges, outputs, several)
        if cls.is_view:
            _note_view(outputs[0], args, cls)
        elif inputs and result is inputs[0] and isinstance(args[0], Tensor):  # handed through
            views.hand_through(outputs[0], args[0])
        if _mode.trace is not None:
            _mode.trace.operation(cls, args, outputs)
        return outputs if several else outputs[0]

    def _record(
        self, args: tuple[Any, ...], edges: list[Edge | None], outputs: tuple[Tensor, ...], several: bool
    ) -> None:
        """Tie the outputs to this node, and this node to where its inputs came from."""
        self._hooks = self._outputs = self._retained = None
        self.edges = tuple(edges)
        for index, output in enumerate(outputs):
            output._put(self, index)
        if several:
            self._outputs = [(o._array.shape, o._array.dtype, get_array_module(o._array)) for o in outputs]
        cls = type(self)
        plan = cls._plans.get(self.needs_input_grad)
        if plan is None:
            plan = cls._plans[self.needs_input_grad] = _plan_of(cls, self.needs_input_grad)
        self._plan = plan
        self._saved = tuple([self._save(name, at, args, outputs) for name, at in plan.kept.items()])
        self._aside = None

    def _save(self, name: str, at: int, args: tuple[Any, ...], outputs: tuple[Tensor, ...]) -> Any:
        """Remember an argument, the output or an array put aside, so that double backward can go on from it."""
        if at >= 0:
            if at >= len(args):
                return self._defaults[name]
            if isinstance(args[at], Tensor):
                return _Saved(args[at], self.edges[at])
            return _Saved(Tensor._of(args[at]), None) if is_array(args[at]) else args[at]
        if name == OUTPUT:
            return _Saved(outputs[0], 0)
        if self._aside is None or name not in self._aside:
            raise refusal("autograd.unknown_name", operation=type(self).__name__, name=name)
        value = self._aside[name]
        for index, output in enumerate(outputs):
            if output._array is value:
                return _Saved(output, index)
        return _Saved(Tensor._of(value), None) if is_array(value) else value

    # ---------------------------------------------------------------------- gradients

    def gradients(self, received: dict[int, Tensor], wanted: Sequence[bool]) -> Sequence[Tensor | None]:
        """Give the gradients of the wanted arguments, from those that arrived at the outputs."""
        g = received[0] if self._outputs is None else self._filled(received)
        if not _mode.anomaly:
            return self._call_gradients(g, wanted)
        with _inside_gradient(True):
            results = self._call_gradients(g, wanted)
        self._check_backward(results, list(received.values()))
        return results

    def _filled(self, received: dict[int, Tensor]) -> tuple[Any, ...]:
        """The gradient of each of several outputs, zeros or None where none arrived."""
        assert self._outputs is not None
        return tuple([
            received[i] if i in received else Tensor._of(of[2].zeros(*of[:2])) if of and self._materializes else None
            for i, of in enumerate(self._outputs)
        ])  # fmt: skip

    def _call_gradients(self, g: Any, wanted: Sequence[bool]) -> Sequence[Tensor | None]:
        if self.vjp is not None:
            return self._joint(g)
        results: list[Tensor | None] = []
        for call, edge, is_wanted in zip(self._plan.calls, self.edges, wanted):
            if is_wanted and call is not None:
                gradient, reads = call
                values = [g]
                for at in reads:
                    values.append(self._read(at, edge))
                results.append(gradient(self, *values))
            else:
                results.append(None)
        return results

    def _joint(self, g: Any) -> Sequence[Tensor | None]:
        """All gradients by one formula."""
        reads = range(len(self._plan.kept))  # it reads all that is kept, in this order
        results = self.vjp(g, *[self._read(at, None) for at in reads])
        results = tuple(results) if isinstance(results, (tuple, list)) else (results,)
        if len(results) != len(self.edges):
            raise refusal(
                "autograd.gradient_count", operation=type(self).__name__, got=len(results), expected=len(self.edges)
            )
        return results

    vjp: ClassVar[Any] = None

    def _read(self, at: int, edge: Edge | None) -> Any:
        """What a gradient reads: kept value number `at`, or (-1) the shape of its own argument."""
        if at < 0:
            return edge[2]  # type: ignore[index]
        if self._saved is None:
            raise refusal("autograd.freed", operation=type(self).__name__)
        item = self._saved[at]
        return item.tensor(self) if type(item) is _Saved else item

    def recall(self, name: str) -> Any:
        """Give what is kept under a name, because a wanted gradient reads it, to whoever looks at the graph."""
        return self._read(list(self._plan.kept).index(name), None)

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """Where the arguments that need a gradient come from: the operation, or a leaf's end, and which output it is.

        Examples
        --------
        >>> import tinyconv as tc
        >>> x = tc.ones(2, requires_grad=True)
        >>> [type(node).__name__ for node, output in ((x + 1) * x).grad_fn.next_functions]
        ['Add', 'AccumulateGrad']
        """
        edges = [edge for edge in self.edges if edge is not None]
        return tuple([(AccumulateGrad(at) if isinstance(at, Tensor) else at, index) for at, index, *_ in edges])

    def release(self) -> None:
        """Let go of what was kept, once the gradients are computed."""
        if self._saved:
            self._saved = None

    # ---------------------------------------------------------------------- anomaly mode

    def _check_forward(self, outputs: tuple[Tensor, ...], inputs: list[Tensor]) -> None:
        """In anomaly mode: note the line of the call, and stop at the operation that makes a NaN."""
        import traceback  # here: anomaly mode alone needs it

        self._where = "".join(traceback.format_list(traceback.extract_stack()[:-2][-20:]))
        if _mode.inside_gradient:
            return
        arrays = [asnumpy(t._array) for t in outputs]
        bad = sum(int(np.isnan(a).sum()) for a in arrays if a.dtype.kind == "f")
        if bad and not any(_has_nan(t) for t in inputs):
            cells, shapes = sum(a.size for a in arrays), [t.shape for t in inputs]
            raise refusal(
                "autograd.nan_forward",
                operation=type(self).__name__,
                bad=bad,
                cells=cells,
                shapes=shapes,
                where=self._where,
            )

    def _check_backward(self, results: Sequence[Any], grads: list[Tensor]) -> None:
        bad = [i for i, g in enumerate(results) if g is not None and self.edges[i] and _has_nan(g)]
        if bad and not any(_has_nan(g) for g in grads):
            where = getattr(self, "_where", "(not recorded)")
            raise refusal("autograd.nan_backward", operation=type(self).__name__, position=bad[0], where=where)


@silenced
def _forward_in_silence(node: Operation, inputs: list[Any]) -> Any:
    return node.forward(*inputs)


def _plan_of(cls: type[Operation], needs: tuple[bool, ...]) -> _Plan:
    """Find the gradients of the arguments that need one, and what these read."""
    gradients = [
        (cls.vjp or getattr(cls, f"grad_{cls._arguments[min(i, len(cls._arguments) - 1)]}", None)) if need else None
        for i, need in enumerate(needs)
    ]
    gradients = [_missing if need and g is None else g for g, need in zip(gradients, needs)]
    if cls.vjp is not None and OWN_SHAPE in _names_read(cls.vjp):  # of which argument?
        raise refusal("autograd.unknown_name", operation=cls.__name__, name=OWN_SHAPE)
    read = [() if gradient is None else _names_read(gradient) for gradient in gradients]
    kept = tuple(dict.fromkeys(name for names in read for name in names if name != OWN_SHAPE))
    calls = [
        None if g is None else (g, tuple(-1 if name == OWN_SHAPE else kept.index(name) for name in names))
        for g, names in zip(gradients, read)
    ]
    places = {name: at for at, name in enumerate(cls._arguments) if name != cls._rest}
    return _Plan({name: places.get(name, -1) for name in kept}, tuple(calls))


def _missing(node: Operation, g: Tensor) -> Tensor:
    """Stands where an operation has no gradient: it can be used, and not differentiated."""
    raise refusal("autograd.no_gradient", operation=type(node).__name__)


@functools.cache
def _names_read(gradient: Callable) -> tuple[str, ...]:
    """The parameters of a gradient method after itself and the output's gradient."""
    return tuple(inspect.signature(gradient).parameters)[2:]


def _looks_into(result: Array, inputs: Sequence[Any]) -> bool:
    """Does a result share memory with an input that it is not?"""
    share = get_array_module(result).may_share_memory
    return any(is_array(x) and x is not result and share(result, x) for x in inputs)


def _note_view(output: Tensor, args: tuple[Any, ...], operation: type[Operation]) -> None:
    """Let a view follow its base; a reshape that had to copy is none."""
    x = args[0]
    if x._array.flags.c_contiguous or get_array_module(x._array).may_share_memory(output._array, x._array):
        views.mark(output, x, operation, args[1:])


def _has_nan(tensor: Tensor) -> bool:
    return tensor.dtype.kind == "f" and bool(np.isnan(asnumpy(tensor._array)).any())


def edges_of(args: Sequence[Any], needs: Sequence[bool]) -> tuple[Edge | None, ...]:
    """Where the arguments that need a gradient came from."""
    return tuple([
        (a._grad_fn or a, a._index, a._array.shape, a._array.dtype) if need else None for a, need in zip(args, needs)
    ])  # fmt: skip


def check_devices(function: str, tensors: Sequence[Tensor]) -> None:
    """Refuse operands on different devices.

    Raises
    ------
    RuntimeError
        Naming the devices and shapes, and the move that helps.
    """
    first = type(tensors[0]._array)
    if first is np.ndarray and all([type(t._array) is first for t in tensors]):  # noqa: C419
        return
    devices = [device_of(t._array) for t in tensors]
    if any(d != devices[0] for d in devices):
        found = ", ".join(f"{d} (shape {t.shape})" for d, t in zip(devices, tensors))
        other = next(d for d in devices if d != devices[0])
        raise refusal("autograd.devices", function, found=found, other=str(other), first=str(devices[0]))
