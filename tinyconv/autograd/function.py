"""Reverse-mode differentiation: operations, and the graph they record (walked by :mod:`.backward`).

An operation is a subclass of :class:`Function`: ``forward`` computes with arrays, ``vjp`` turns the
gradient of its output into the gradients of its inputs.  ``vjp`` is written in Tensor operations, so
it can be recorded too, and derivatives of any order need nothing more.

The graph is made of Function objects.  Each has one *edge* per input, which tells where that input
came from: ``(function, output index, shape, dtype)``, or ``(leaf tensor, 0, shape, dtype)``, or None
for an input that needs no gradient.  Edges point from results back to operands and nothing points
forward, so there is no reference cycle: dropping the last result frees the whole graph.
"""

from __future__ import annotations

import traceback
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..backend import Array, asnumpy, device_of, get_array_module, is_array, quiet
from ..errors import layer_name
from .mode import _inside_vjp, _mode

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["Function", "check_devices"]

tensor_type: Any = None  # set by set_tensor_type: the engine makes Tensors, but must not import upwards
Edge = tuple[Any, int, tuple[int, ...], np.dtype]


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

    __slots__ = ("__weakref__", "_hooks", "_needs", "_outputs", "_saved", "_where", "edges")
    is_view: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse PyTorch's form of a Function where the class is written, not where it is called."""
        super().__init_subclass__(**kwargs)
        if isinstance(vars(cls).get("forward"), staticmethod) or ("backward" in vars(cls) and "vjp" not in vars(cls)):
            raise TypeError(
                f"{cls.__name__}: write forward(self, *arrays) and vjp(self, *grads), plain methods: self takes the "
                f"place of PyTorch's ctx, forward computes with arrays, and vjp stands for backward"
            )

    edges: tuple[Edge | None, ...]
    _needs: tuple[bool, ...]
    _saved: tuple[Any, ...] | None

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output array(s) from the input arrays; inf and NaN arise in silence, as on a GPU."""
        raise NotImplementedError(f"{type(self).__name__} must define forward(self, *arrays)")

    def vjp(self, *grads: Tensor) -> Any:
        """Give the vector-Jacobian product: input gradients from output gradients."""
        raise NotImplementedError(f"{type(self).__name__} must define vjp(self, grad) to be differentiated")

    @property
    def needs_input_grad(self) -> tuple[bool, ...]:
        """Per positional argument: is its gradient wanted?  A walk towards few targets asks for fewer."""
        asked = _mode.asked
        return asked[1] if asked is not None and asked[0] is self else self._needs

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
            check_devices(cls.__name__, [a for a in args if isinstance(a, tensor_type)])
        recording = _mode.grad and True in needs_grad
        node = cls()
        node._saved = ()
        node._needs = tuple(needs_grad) if recording else (False,) * len(args)
        if _mode.quiet:
            result = node.forward(*inputs, **kwargs)
        else:
            with quiet():
                result = node.forward(*inputs, **kwargs)
        if isinstance(result, np.generic):  # NumPy gives scalars for 0-d results
            result = np.asarray(result)
        elif isinstance(result, list):
            raise TypeError(f"{cls.__name__}.forward returned a list; return an array, or a tuple of arrays")
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
        self.edges = tuple([_edge_of(a) if needs else None for a, needs in zip(args, self._needs)])
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
        self._where = "".join(traceback.format_list(traceback.extract_stack()[:-2][-20:]))
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


def check_devices(function: str, tensors: Sequence[Tensor]) -> None:
    """Refuse operands on different devices.

    Raises
    ------
    RuntimeError
        Naming the devices and shapes, and the move that helps.

    Examples
    --------
    >>> import tinyconv as tc
    >>> check_devices("add", [tc.zeros(1), tc.ones(1)])
    """
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
