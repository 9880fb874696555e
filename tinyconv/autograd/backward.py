"""The walk back over the recorded graph: gradients from results to leaves.

First the order (Kahn's algorithm on an explicit list: no recursion, so a chain of 100,000 operations is walked like
any other), then one loop over it.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..backend import Array, get_array_module, quiet
from ..errors import refusal
from .mode import _mode, _QuietWalk, _Recording
from .operation import Edge, Operation, check_devices
from .tensor import Tensor

__all__ = ["backward", "grad", "run_backward", "seed_gradient", "unbroadcast", "walk_order"]


def walk_order(roots: Iterable[Any]) -> list[Any]:
    """List the operations and leaves that can be reached from the roots, each after all that send to it."""
    waiting = dict.fromkeys(roots, 0)  # per node: from how many edges a gradient is still to come
    stack = [node for node in waiting if isinstance(node, Operation)]
    while stack:
        for edge in stack.pop().edges:
            if edge is None:
                continue
            target = edge[0]
            if target not in waiting:
                waiting[target] = 0
                if isinstance(target, Operation):
                    stack.append(target)
            waiting[target] += 1
    order = []
    ready = [node for node, count in waiting.items() if count == 0]
    while ready:
        node = ready.pop()
        order.append(node)
        for edge in node.edges if isinstance(node, Operation) else ():
            if edge is not None:
                waiting[edge[0]] -= 1
                if not waiting[edge[0]]:
                    ready.append(edge[0])
    return order


def _leading_to(targets: set[Any], order: Sequence[Any]) -> set[Any]:
    """All nodes of a walk from which a target can be reached, the targets among them."""
    found = set(targets)
    for node in reversed(order):
        if isinstance(node, Operation) and any(edge is not None and edge[0] in found for edge in node.edges):
            found.add(node)
    return found


def run_backward(
    roots: list[tuple[Tensor, Tensor]],
    retain_graph: bool,
    create_graph: bool,
    targets: Sequence[Tensor] | None = None,
) -> list[Tensor | None]:
    """Send gradients from the roots, each with its seed, back through the graph.

    A node runs once all its consumers have, so it sees the sum of their gradients.  Without `targets`, leaves add
    what they receive to their ``.grad``; with `targets`, only the nodes that lead to one of them run, no ``.grad`` is
    touched, and the targets' gradients are returned.
    """
    places = [root._place() for root, _ in roots]
    order = walk_order(node for node, _ in places)
    keys = [] if targets is None else [target._place() for target in targets]
    asked: dict[Any, list[int]] = {}  # per node, the outputs whose gradients are wanted
    for node, index in keys:
        asked.setdefault(node, []).append(index)
    leading = None if targets is None else _leading_to({node for node, _ in keys}, order)
    pending: dict[Any, dict[int, Tensor]] = {node: {} for node in order}
    captured: dict[tuple[Any, int], Tensor] = {}
    with _Recording(create_graph), quiet(), _QuietWalk(True):
        for (node, index), (_, seed) in zip(places, roots):
            _add(pending[node], index, seed)
        for node in order:
            received = pending.pop(node)
            if not received:
                continue
            _finish(node, received)
            if node in asked:
                captured.update({(node, index): received[index] for index in asked[node] if index in received})
            if isinstance(node, Tensor):
                if targets is None:
                    _accumulate(node, received)
                continue
            wanted = node.needs_input_grad
            if leading is not None:
                wanted = tuple([edge is not None and edge[0] in leading for edge in node.edges])
            if True in wanted:
                _send(node, node.gradients(received, wanted), pending)
                if not retain_graph:
                    node.release()
    return [captured.get(key) for key in keys]


def _send(node: Operation, gradients: Sequence[Any], pending: dict[Any, dict[int, Tensor]]) -> None:
    """Hand a node's gradients to where its arguments came from; after that, only `pending` holds them."""
    for edge, gradient in zip(node.edges, gradients):
        if gradient is not None and edge is not None and edge[0] in pending:
            _add(pending[edge[0]], edge[1], _checked(node, edge, gradient))


def _checked(node: Operation, edge: Edge, gradient: Any) -> Tensor:
    """A gradient must be a Tensor of its argument's shape; its dtype is made the argument's."""
    if not isinstance(gradient, Tensor):
        raise refusal("autograd.no_tensor", operation=type(node).__name__, kind=type(gradient).__name__)
    if gradient._array.shape != edge[2]:
        gradient = unbroadcast(gradient, edge[2]) if node.broadcasts else gradient
        if gradient._array.shape != edge[2]:
            raise refusal(
                "autograd.gradient_shape", operation=type(node).__name__, got=gradient.shape, expected=edge[2]
            )
    return gradient if gradient._array.dtype == edge[3] else gradient.to(edge[3])


def unbroadcast(g: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Sum a gradient over the axes along which an argument of `shape` was broadcast."""
    extra = g.ndim - len(shape)
    stretched = [extra + i for i, n in enumerate(shape) if n == 1 and g.shape[extra + i : extra + i + 1] != (1,)]
    if extra < 0 or not (extra or stretched):
        return g
    return g.sum(tuple(range(extra)) + tuple(stretched), keepdim=True).reshape(shape)


def _add(slots: dict[int, Tensor], index: int, gradient: Tensor) -> None:
    if index not in slots:
        slots[index] = gradient
    elif _mode.grad or _mode.anomaly:
        slots[index] = slots[index] + gradient
    else:  # nothing watches: straight on the arrays, for a node with thousands of consumers
        slots[index] = Tensor._of(slots[index]._array + gradient._array)


def _finish(node: Any, received: dict[int, Tensor]) -> None:
    """The gradients of a node's outputs, or of a leaf, are complete: hooks may replace them, and some are retained."""
    if node._hooks:
        _run_hooks(node, received)
    if isinstance(node, Operation) and node._retained:
        for index, reference in node._retained.items():
            tensor = reference()
            if tensor is not None and index in received:
                tensor._grad = received[index].clone() if tensor._grad is None else tensor._grad + received[index]


def _run_hooks(node: Any, received: dict[int, Tensor]) -> None:
    for index, hooks in node._hooks.items():
        if index in received:
            for hook in list(hooks.values()):
                with _QuietWalk(False):  # a hook may have set NumPy's warnings itself
                    replacement = hook(received[index])
                if replacement is not None:
                    received[index] = _checked_hook(replacement, received[index])


def _checked_hook(replacement: Any, gradient: Tensor) -> Tensor:
    if not isinstance(replacement, Tensor) or replacement.shape != gradient.shape:
        given = getattr(replacement, "shape", type(replacement).__name__)
        raise refusal("autograd.hook_result", given=given, shape=gradient.shape)
    if replacement.device != gradient.device:
        raise refusal("autograd.gradient_device", given=replacement.device, device=gradient.device)
    return replacement if replacement.dtype == gradient.dtype else replacement.to(gradient.dtype)


_accumulating = threading.Lock()  # two threads may reach one leaf at once


def _accumulate(leaf: Tensor, received: dict[int, Tensor]) -> None:
    """Add to ``leaf.grad``, which must own its memory: an operation may hand one array to two arguments."""
    if type(received[0]._array) is not type(leaf._array):
        raise refusal("autograd.gradient_device", given=received[0].device, device=leaf.device)
    with _accumulating:
        if leaf._grad is not None:
            leaf._grad = leaf._grad + received[0]
        elif not _mode.grad and _holders(received) == _NOBODY_ELSE and _is_whole(received[0]._array):
            leaf._grad = Tensor._of(received[0]._array)
        else:
            leaf._grad = received[0].clone()


def _holders(received: dict[int, Tensor]) -> tuple[int, int]:
    """How many references there are to the gradient, and to its array."""
    return sys.getrefcount(received[0]), sys.getrefcount(received[0]._array)


def _is_whole(array: Array) -> bool:
    """An array of its own memory, laid out as a copy would be; on the host, where whoever looks into it holds it."""
    return type(array) is np.ndarray and array.base is None and array.flags.c_contiguous


_NOBODY_ELSE = _holders({0: Tensor._of(np.zeros(()))})  # so many, by this Python's way of counting, where none is left


# ------------------------------------------------------------------------------ the public faces


def seed_gradient(output: Tensor, gradient: Any, caller: str) -> Tensor:
    """Check the gradient to start from, or make the 1.0 of a scalar output.

    Raises
    ------
    RuntimeError
        If the output needs no gradient, is no scalar and has no seed, or the seed has another shape.
    """
    if not output.requires_grad:
        raise refusal("autograd.no_graph", caller, shape=output.shape)
    if gradient is None:
        if output._array.size != 1:
            raise refusal("autograd.scalar_only", caller, shape=output.shape)
        return Tensor._of(get_array_module(output._array).ones_like(output._array))
    if not isinstance(gradient, Tensor):
        gradient = Tensor._of(gradient)  # a number too
    if gradient.shape != output.shape:
        raise refusal("autograd.seed_shape", caller, given=gradient.shape, shape=output.shape)
    check_devices(caller, [output, gradient])
    return gradient if gradient.dtype == output.dtype else gradient.to(output.dtype)


def backward(
    tensors: Tensor | Sequence[Tensor],
    gradient: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """Add to every leaf's ``.grad`` its derivative of this tensor, or of the sum of several.

    Parameters
    ----------
    gradient : Tensor, optional
        Where to start from, of the tensor's shape; 1 for a scalar.  For several tensors, one each.
    retain_graph : bool, optional
        Keep what the graph saved, so that backward can be called again; defaults to `create_graph`.
    create_graph : bool
        Record the backward pass, so that gradients can be differentiated.
    inputs : Tensor or sequence of Tensor, optional
        Add to the ``.grad`` of these alone, which may be results of operations; by default of all leaves.

    Raises
    ------
    RuntimeError
        If there is no graph, it was freed, the tensor is no scalar and `gradient` is missing, or
        something the graph saved was modified.
    """
    roots = _listed(tensors)
    gradients = gradient if isinstance(gradient, (list, tuple)) and not isinstance(tensors, Tensor) else [gradient]
    if len(gradients) not in (1, len(roots)):
        raise refusal("autograd.seed_count", "backward", outputs=len(roots), seeds=len(gradients))
    gradients = gradients if len(gradients) == len(roots) else gradients * len(roots)
    seeded = [(root, seed_gradient(root, g, "backward")) for root, g in zip(roots, gradients)]
    keep = create_graph if retain_graph is None else retain_graph
    if inputs is None:
        run_backward(seeded, keep, create_graph)
        return
    chosen = list({id(tensor): tensor for tensor in _listed(inputs)}.values())
    if not chosen:
        raise refusal("autograd.no_inputs", "backward")
    _check_inputs(chosen, "backward")
    for tensor in chosen:
        tensor.retain_grad()  # of a leaf, nothing
    for tensor, found in zip(chosen, run_backward(seeded, keep, create_graph, chosen)):
        if found is not None and tensor.is_leaf:
            _accumulate(tensor, {0: found})


def _check_inputs(inputs: Sequence[Tensor], caller: str) -> None:
    for position, tensor in enumerate(inputs):
        if not tensor.requires_grad:
            raise refusal("autograd.input_without_grad", caller, position=position, shape=tensor.shape)


def _listed(tensors: Any) -> list[Tensor]:
    """One Tensor, or several, as a list."""
    found = list(tensors) if isinstance(tensors, (list, tuple)) or hasattr(tensors, "__next__") else [tensors]
    for tensor in found:
        if not isinstance(tensor, Tensor):
            raise refusal("autograd.inputs", kind=type(tensor).__name__)
    return found


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    *,
    materialize_grads: bool = False,
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
    only_inputs : bool
        Accepted, for programs that say it; only the inputs get gradients in any case.
    allow_unused : bool, optional
        Give None for an input that the outputs do not depend on, instead of raising; by default `materialize_grads`.
    materialize_grads : bool
        Give zeros for such an input.

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
    outputs, inputs = _listed(outputs), _listed(inputs)
    seeds = grad_outputs if isinstance(grad_outputs, (list, tuple)) else [grad_outputs] * len(outputs)
    if len(seeds) != len(outputs):
        raise refusal("autograd.seed_count", "grad", outputs=len(outputs), seeds=len(seeds))
    roots = [(out, seed_gradient(out, seed, "grad")) for out, seed in zip(outputs, seeds)]
    _check_inputs(inputs, "grad")
    keep = create_graph if retain_graph is None else retain_graph
    results = run_backward(roots, keep, create_graph, inputs)
    unused = [position for position, g in enumerate(results) if g is None]
    if unused and not (materialize_grads if allow_unused is None else allow_unused):
        raise refusal("autograd.unused", "grad", position=unused[0], shape=inputs[unused[0]].shape)
    if materialize_grads:
        for position in unused:
            array = inputs[position].array
            results[position] = Tensor._of(get_array_module(array).zeros(array.shape, array.dtype))
    return tuple(results)
