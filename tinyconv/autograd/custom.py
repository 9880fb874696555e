"""PyTorch's form of an operation of your own: static ``forward`` and ``backward``, written in Tensors."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from ..backend import get_array_module
from ..errors import refusal
from .mode import _mode, enable_grad, no_grad
from .operation import Operation, _Saved, check_devices, edges_of
from .tensor import Tensor
from .views import check_writable_in_graph, hand_through

__all__ = ["Function", "once_differentiable"]


class Function(Operation):
    """An operation in PyTorch's words: ``forward(ctx, ...)`` and ``backward(ctx, *grads)``, static methods.

    Both get and give Tensors.  ``forward`` runs without recording; ``backward`` gets one gradient per output and
    returns one, or None, per argument of ``forward``; written in Tensor operations, it can itself be differentiated.
    With ``setup_context(ctx, inputs, output)`` beside it, ``forward`` takes no ctx.  The ctx is the node of the graph
    itself: what you set on it stays there.

    Examples
    --------
    >>> import tinyconv as tc
    >>> class Cube(tc.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x**3
    ...     @staticmethod
    ...     def backward(ctx, grad_output):
    ...         (x,) = ctx.saved_tensors
    ...         return grad_output * 3 * x**2
    >>> x = tc.tensor([2.0], requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor([12.])
    """

    broadcasts = True  # as in PyTorch, a gradient that fits by broadcasting is summed

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse the engine's own form where the class is written, not where it is called."""
        super(Operation, cls).__init_subclass__(**kwargs)
        if "forward" in vars(cls) and not isinstance(vars(cls)["forward"], staticmethod):
            raise refusal("function.not_static", name=cls.__name__)

    def __init__(self) -> None:
        self._to_save: tuple[Any, ...] = ()
        self._dirty: tuple[Tensor, ...] = ()
        self._silent: tuple[Tensor, ...] = ()
        self._materializes = True

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """Give the gradients of the arguments; a subclass writes this."""
        raise refusal("function.no_backward")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: Any) -> None:
        """Save what backward needs; a subclass may write this, and leave ctx out of ``forward``."""

    # ---------------------------------------------------------------------- what ctx offers

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep inputs, outputs or other Tensors; a change to one of them before backward is noticed."""
        for tensor in tensors:
            if tensor is not None and not isinstance(tensor, Tensor):
                raise refusal("function.save_tensors", name=type(self).__name__, kind=type(tensor).__name__)
        self._to_save = tensors

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What was saved, tied into the graph.

        Raises
        ------
        RuntimeError
            If the graph was freed by an earlier backward, or a saved Tensor was written to.
        """
        if self._saved is None:
            raise refusal("autograd.freed", operation=type(self).__name__)
        return tuple(item.tensor(self) if isinstance(item, _Saved) else item for item in self._saved)

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Say which inputs ``forward`` wrote into; it must return them."""
        self._dirty = tensors

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Say which outputs have no gradient."""
        self._silent = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Choose what ``backward`` gets for an output without a gradient: zeros (True), or None."""
        self._materializes = value

    # ---------------------------------------------------------------------- recording

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run ``forward`` on the arguments, and record the call if a gradient may be wanted."""
        ctx = cls()
        first = (ctx,) if cls.setup_context is Function.setup_context else ()
        if kwargs or not first:  # by name, or left out
            call = inspect.signature(cls.forward).bind(*first, *args, **kwargs)
            if not first:
                call.apply_defaults()
            args = call.args[len(first) :]
        tensors = [a for a in args if isinstance(a, Tensor)]
        if tensors:
            check_devices(cls.__name__, tensors)
        ctx.needs_input_grad = tuple(isinstance(a, Tensor) and _mode.grad and a.requires_grad for a in args)
        with no_grad():
            result = cls.forward(*first, *args)
            if not first:
                cls.setup_context(ctx, args, result)
        for tensor in ctx._dirty:
            tensor.bump_version()
        several = isinstance(result, tuple)
        given = result if several else (result,)
        outputs = tuple(ctx._output(value, tensors) for value in given)
        if True in ctx.needs_input_grad:
            ctx._record_call(args, given, outputs)
        ctx._to_save = ctx._dirty = ctx._silent = ()  # what is kept is in _saved, until backward lets it go
        if _mode.trace is not None:
            _mode.trace.operation(cls, args, outputs)
        return outputs if several else outputs[0]

    def _output(self, value: Any, inputs: list[Tensor]) -> Any:
        """What ``apply`` gives for one result: the input that was written into, else a new Tensor on the memory."""
        if not isinstance(value, Tensor) or _is_among(value, self._dirty):
            return value
        output = Tensor._of(value._array)
        if _is_among(value, inputs) or value._view is not None:
            hand_through(output, value)
        else:
            output._version = value._version
        return output

    def _record_call(self, args: tuple[Any, ...], given: tuple[Any, ...], outputs: tuple[Any, ...]) -> None:
        for name in ("edges", "gradients", "recall", "release"):
            if name in vars(self) or (name == "edges" and hasattr(self, name)):
                raise refusal("function.reserved_name", name=type(self).__name__, attribute=name)
        self._hooks = self._retained = None
        self._tensors = [isinstance(a, Tensor) for a in args]
        self.edges = edges_of(args, self.needs_input_grad)
        self._outputs = [
            (o.shape, o.dtype, get_array_module(o._array)) if isinstance(o, Tensor) else None for o in outputs
        ]
        for index, (value, output) in enumerate(zip(given, outputs)):
            if not isinstance(output, Tensor) or _is_among(value, self._silent):
                continue
            if _is_among(value, self._dirty) and output._view is not None:  # its base is written, by an operation
                result = Tensor._of(output._array.copy())
                result._put(self, index)
                with enable_grad():
                    output[...] = result
            elif _is_among(value, self._dirty):
                check_writable_in_graph(output, type(self).__name__)
                output._move(self, index)
            else:
                output._put(self, index)
        self._saved = tuple([self._pack(tensor, args, given, outputs) for tensor in self._to_save])

    def _pack(self, tensor: Any, args: tuple[Any, ...], given: tuple[Any, ...], outputs: tuple[Any, ...]) -> Any:
        """Remember which input or output a saved Tensor is."""
        if tensor is None:
            return None
        for index, value in enumerate(given):
            if value is tensor:
                return _Saved(outputs[index], index)
        for arg, edge in zip(args, self.edges):
            if arg is tensor:
                return _Saved(tensor, edge)
        return _Saved(tensor, None)

    # ---------------------------------------------------------------------- gradients

    def _call_gradients(self, g: Any, wanted: Sequence[bool]) -> Sequence[Tensor | None]:
        results = self.backward(self, *g)
        results = results if isinstance(results, tuple) else (results,)
        if len(results) < len(self.edges) or any(r is not None for r in results[len(self.edges) :]):
            raise refusal(
                "autograd.gradient_count", operation=type(self).__name__, got=len(results), expected=len(self.edges)
            )
        for position, (result, is_tensor) in enumerate(zip(results, self._tensors)):
            if result is not None and not is_tensor:
                raise refusal("function.gradient_of_no_tensor", name=type(self).__name__, position=position)
        return results[: len(self.edges)]


def _is_among(value: Any, tensors: Sequence[Tensor]) -> bool:
    return any(value is t for t in tensors)


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a ``backward`` that is not made of Tensor operations: to differentiate it again is an error."""

    @functools.wraps(backward)
    def once(ctx: Any, *grads: Any) -> Any:
        with no_grad():
            results = backward(ctx, *grads)
        if not (_mode.grad and any(isinstance(g, Tensor) and g.requires_grad for g in grads)):
            return results
        ended = [
            None if r is None else _End.apply(r, *grads)
            for r in (results if isinstance(results, tuple) else (results,))
        ]
        return tuple(ended)

    return once


class _End(Operation):
    """A gradient that cannot be differentiated again."""

    __slots__ = ()

    def forward(self, result: Any, *grads: Any) -> Any:
        return result.copy()

    def vjp(self, g: Tensor) -> Any:
        raise refusal("function.once")
