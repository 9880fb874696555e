"""The walk back over the recorded graph: gradients from results to leaves.

Kahn's algorithm on an explicit list: no recursion, so a chain of 100,000 operations is walked like
any other.
"""

from __future__ import annotations

import itertools
import sys
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..backend import get_array_module, quiet
from . import function
from .function import Edge, Function, check_devices
from .mode import _mode, _QuietWalk, _Recording

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["RemovableHandle", "grad", "run_backward", "seed_gradient"]


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
    with _Recording(create_graph), quiet(), _QuietWalk(True):
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
    outer, _mode.asked = _mode.asked, (node, tuple(edge is not None and edge[0] in wanted for edge in node.edges))
    try:
        return node._run_vjp(grads)
    finally:
        _mode.asked = outer


def _checked(node: Function, edge: Edge, gradient: Tensor) -> Tensor:
    """A gradient must be a Tensor of its input's shape; its dtype is made the input's."""
    if not isinstance(gradient, function.tensor_type):
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
    return function.tensor_type(np.asarray(total) if isinstance(total, np.generic) else total)


def _run_hooks(node: Any, received: dict[int, Tensor]) -> None:
    """Let hooks see, and replace, the finished gradients of a node's outputs or of a leaf."""
    for index, hooks in node._hooks.items():
        if index in received:
            for hook in list(hooks.values()):
                with _QuietWalk(False):  # a hook may have set NumPy's warnings itself
                    replacement = hook(received[index])
                if replacement is not None:
                    received[index] = _checked_hook(replacement, received[index])


def _checked_hook(replacement: Any, gradient: Tensor) -> Tensor:
    if not isinstance(replacement, function.tensor_type) or replacement.shape != gradient.shape:
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
            leaf.grad = function.tensor_type(array if alone and array.base is None else array.copy())


# ------------------------------------------------------------------------------ the public faces


def seed_gradient(output: Tensor, gradient: Any, caller: str) -> Tensor:
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
            f"{caller}: element 0 of tensors does not require grad and does not have a grad_fn: nothing "
            f"that led to this tensor of shape {output.shape} had requires_grad=True (or it was computed "
            f"under no_grad, or detached)"
        )
    if gradient is None:
        if output._data.size != 1:
            raise RuntimeError(
                f"{caller}: grad can be implicitly created only for scalar outputs, but the output has shape "
                f"{output.shape}. Reduce it first (y.sum().backward()), or pass gradient= of that shape"
            )
        return function.tensor_type(get_array_module(output._data).ones_like(output._data))
    if not isinstance(gradient, function.tensor_type):
        gradient = function.tensor_type(gradient)
    if gradient.shape != output.shape:
        raise RuntimeError(
            f"{caller}: Mismatch in shape: gradient has a shape of {gradient.shape} and output has a shape "
            f"of {output.shape}; they must be equal"
        )
    check_devices(caller, [output, gradient])
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
    outputs = [outputs] if isinstance(outputs, function.tensor_type) else list(outputs)
    inputs = [inputs] if isinstance(inputs, function.tensor_type) else list(inputs)
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
    unused = [position for position, g in enumerate(results) if g is None]
    if unused and not allow_unused:
        position = unused[0]
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
