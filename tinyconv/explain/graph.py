"""Draw the graph that autograd recorded, in text and in SVG, with the shape of every tensor on its edge.

:func:`draw` walks back from a result over the edges of its ``grad_fn``, which is all that the backward
pass will visit.  The numbers of a tensor of few elements stand in its box, and so does its gradient.  A graph
too large to read is drawn by modules, a module's operations in one box, and a long chain of operations becomes
one box too; in a notebook, such boxes open on a click.  No other program is needed, and
the picture holds no array: the graph can be freed while it is still shown.
"""

from __future__ import annotations

import contextlib
import inspect
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..autograd import Operation, enable_grad, grad
from ..autograd.operation import _mode, _Saved
from ..backend import asnumpy, fork_rng
from ..errors import phrase, refusal
from ..language import get_language
from ..nn.module import Module
from ..nn.parameter import Parameter
from ..tensor import Tensor
from .merging import READABLE, Edge, Graph, Node, Owner, common_calls, neighbours, shapes_of, simplified
from .opening import has_inside, opening_html
from .picture import Picture

__all__ = ["Edge", "GraphDrawing", "Node", "draw"]

AT_A_GLANCE = 12  # a page shows so many boxes at once; a larger model is folded
FEW = 6  # elements of a tensor whose numbers are shown
LEAVES = {"leaf": "explain.leaf", "parameter": "explain.parameter"}  # how each kind is called
RESHAPING = ("Cast", "Expand", "Permute", "Reshape")  # what a parameter goes through before it is used


def draw(
    target: Tensor | Sequence[Tensor] | Module | Callable[..., Any],
    *inputs: Any,
    model: Module | None = None,
    names: Mapping[str, Tensor] | None = None,
    detail: str = "auto",
) -> GraphDrawing:
    """Draw the graph behind a result, or behind a model or function called on inputs.

    A tensor of at most 6 elements shows its numbers where they are known: of leaves, of results, of what `names`
    names, and of what the graph still keeps for its backward pass; of a called model or function, all.  Gradients are
    those that backward has left in ``.grad``; a function's are computed, if its result is one number.

    Parameters
    ----------
    target : Tensor, sequence of Tensor, Module or callable
        The result(s) to start from; or a model or function, which is called on `inputs` once.  That call leaves the
        generator, the model's buffers and every ``.grad`` as they were.
    *inputs
        What to call it on.
    model : Module, optional
        For a result: the model whose parameters are to appear by name.
    names : mapping of str to Tensor, optional
        Names for further leaves, and for results on the way.
    detail : {'auto', 'operations', 'modules'}
        Every operation in its own box, or one box per module; 'auto' draws operations as long as there
        are at most 40 boxes, then groups by modules, then shortens chains.

    Returns
    -------
    GraphDrawing
        Shown by itself in a notebook; ``print`` it, or ``.save("graph.svg")``.

    Raises
    ------
    ValueError
        If there is no graph to draw, or `detail` is unknown.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x, w = tc.ones(2, 3, requires_grad=True), tc.ones(3, requires_grad=True)
    >>> print(draw((x * w).sum(), names={"x": x, "w": w}))
    [0] x    leaf (2, 3)  = [[1, 1, 1], [1, 1, 1]]
    [1] w    leaf (3,)  = [1, 1, 1]
    [2] Mul  <- [0] (2, 3), [1] (3,)
    [3] Sum  <- [2] (2, 3)  => output ()  = 6
    >>> print(draw(lambda a, b: (a * b + a) ** 2, tc.tensor(2.0), tc.tensor(3.0)))
    [0] a    leaf ()  = 2  grad 64
    [1] b    leaf ()  = 3  grad 32
    [2] Mul  <- [0] (), [1] ()  = 6  grad 16
    [3] Add  <- [2] (), [0] ()  = 8  grad 16
    [4] Pow  <- [3] ()  => output ()  = 64  grad 1
    """
    if detail not in ("auto", "operations", "modules"):
        raise refusal("explain.detail", "draw", detail=detail)
    labels = {_place(tensor): name for name, tensor in (names or {}).items()}
    numbers = _Numbers()
    traced: dict[Operation, Owner] = {}
    if isinstance(target, Module):
        model, target = target, _call(target, inputs, labels, numbers, target, traced)
    elif callable(target):
        target = _call(target, inputs, labels, numbers)
        numbers.differentiate(target)
    roots = [target] if isinstance(target, Tensor) else list(target)
    if not any(isinstance(root, Tensor) and root.requires_grad for root in roots):
        raise refusal("explain.no_graph", "draw")
    for tensor in [*roots, *(names or {}).values()]:
        numbers.note(tensor)
    graph = _collect([root for root in roots if root.requires_grad], model, labels, traced, numbers)
    return GraphDrawing(graph, detail, _module_kinds(model))


def _place(tensor: Tensor) -> Any:
    """What a tensor is in the graph: the operation that made it, or itself; of several outputs, the first alone."""
    return (tensor.grad_fn or id(tensor)) if tensor._index == 0 else id(tensor)


# ------------------------------------------------------------------------------ numbers of small tensors


def _numbers_text(tensor: Any) -> str:
    """The numbers of a tensor of few elements, to four digits; empty for others."""
    if tensor is None or tensor.array is None or not 0 < tensor.array.size <= FEW or tensor.array.ndim > 2:
        return ""
    return _listed(asnumpy(tensor.array))


def _listed(array: np.ndarray) -> str:
    return f"[{', '.join(map(_listed, array))}]" if array.ndim else f"{array + 0:.4g}"


class _Numbers:
    """What is known of the tensors in the graph, as text: by place, values and gradients.

    It stands as the trace that is told of each operation while a model or function runs.
    """

    def __init__(self) -> None:
        self.values: dict[Any, str] = {}
        self.grads: dict[Any, str] = {}
        self._made: list[Tensor] = []

    def operation(self, cls: type, args: Sequence[Any], outputs: Sequence[Tensor]) -> None:
        """Note an operation's result; what is written into it later is another one's."""
        node, text = outputs[0]._grad_fn, _numbers_text(outputs[0])
        if node is not None and text:
            self.values.setdefault(node, text)
            stands = Tensor._of(outputs[0].array)  # for this operation's result, whatever becomes of its memory
            stands._put(node, 0)
            self._made.append(stands)

    def whole(self, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """A function made of operations is seen through."""
        return function.__wrapped__(*args, **kwargs)

    def note(self, tensor: Tensor) -> None:
        """Remember the numbers of a tensor, and of the gradient that backward left."""
        place = _place(tensor)
        self.values.setdefault(place, _numbers_text(tensor))
        if tensor.is_leaf or tensor.retains_grad:
            self.grads.setdefault(place, _numbers_text(tensor.grad))

    def note_kept(self, node: Operation) -> None:
        """Remember what an operation keeps for its backward pass, unless that was changed since."""
        for item in node._saved or ():
            if isinstance(item, _Saved) and item.edge is not None and not item.changed():
                source, index = (node, item.edge) if isinstance(item.edge, int) else item.edge[:2]
                if index == 0 and isinstance(source, Operation):
                    self.values.setdefault(source, _numbers_text(Tensor._of(item.array)))

    def differentiate(self, result: Sequence[Tensor]) -> None:
        """Compute the gradients of what was noted, if the result is one number."""
        if len(result) != 1 or result[0].numel() != 1 or not result[0].requires_grad:
            return
        leaves = [item for item in _inputs_first([result[0].grad_fn or result[0]]) if isinstance(item, Tensor)]
        tensors = list({id(tensor): tensor for tensor in [*self._made, *leaves, *result]}.values())
        for tensor, gradient in zip(tensors, grad(result[0].sum(), tensors, retain_graph=True, allow_unused=True)):
            self.grads[_place(tensor)] = _numbers_text(gradient)


# ------------------------------------------------------------------------------ calling a model or a function


def _call(
    function: Callable[..., Any],
    inputs: Sequence[Any],
    labels: dict[Any, str],
    numbers: _Numbers,
    model: Module | None = None,
    traced: dict[Operation, Owner] | None = None,
) -> list[Tensor]:
    """Run it on inputs that take part in the graph, and note which module's call made which node."""
    arguments = []
    for name, value in zip(_names_of(function, len(inputs)), inputs):
        if isinstance(value, Tensor) and value.dtype.kind == "f":
            value = value.detach().requires_grad_()
            labels[id(value)] = name
        arguments.append(value)
    with contextlib.ExitStack() as stack:
        stack.enter_context(enable_grad())
        stack.enter_context(fork_rng())
        stack.enter_context(_told(numbers))
        if model is not None:
            stack.enter_context(_same_buffers(model))
            stack.enter_context(_tracing(model, {} if traced is None else traced))
        return _tensors_in(function(*arguments))


def _names_of(function: Callable[..., Any], count: int) -> list[str]:
    """What the inputs are called: a function's by its parameters, a model's as they are numbered."""
    if not isinstance(function, Module):
        with contextlib.suppress(ValueError, TypeError):
            parameters = inspect.signature(function).parameters.values()
            names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
            if len(names) >= count:
                return names[:count]
    return ["input"] if count == 1 else [f"input {position}" for position in range(count)]


@contextlib.contextmanager
def _told(numbers: _Numbers) -> Iterator[None]:
    """Have each operation told to `numbers`."""
    above, _mode.trace = _mode.trace, numbers
    try:
        yield
    finally:
        _mode.trace = above


@contextlib.contextmanager
def _same_buffers(model: Module) -> Iterator[None]:
    """Put running statistics back as they were."""
    before = [(buffer, buffer.array.copy()) for buffer in model.buffers() if buffer.array is not None]
    try:
        yield
    finally:
        for buffer, array in before:
            buffer.array[...] = array


@contextlib.contextmanager
def _tracing(model: Module, traced: dict[Operation, Owner]) -> Iterator[None]:
    """Note the innermost call that every node is made in.

    A module's nodes are found when it returns: they lie between its result and its arguments, and those of
    modules inside it have been found before.
    """
    calls: Counter[str] = Counter()
    stack: list[str] = []

    def enter(path: str) -> Any:
        def hook(module: Module, args: tuple) -> None:
            calls[path] += 1
            stack.append(path if calls[path] == 1 else f"{path} (call {calls[path]})")

        return hook

    def leave(module: Module, args: tuple, result: Any) -> None:
        here = tuple(stack)
        seen = {tensor.grad_fn for tensor in _tensors_in(args)}
        found: list[Any] = [tensor.grad_fn for tensor in _tensors_in(result)]
        while found:
            node = found.pop()
            if isinstance(node, Operation) and node not in seen:
                seen.add(node)
                if traced.setdefault(node, here)[: len(here)] == here:  # made in here, or in a module inside
                    found.extend(edge[0] for edge in node.edges if edge is not None)
        stack.pop()

    handles = []
    for path, module in model.named_modules():
        if path:  # the model itself is the whole picture
            handles += [module.register_forward_pre_hook(enter(path)), module.register_forward_hook(leave)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _tensors_in(value: Any) -> list[Tensor]:
    """All Tensors in nested tuples, lists and dicts."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, Mapping):
        value = list(value.values())
    return [t for item in value for t in _tensors_in(item)] if isinstance(value, (tuple, list)) else []


# ------------------------------------------------------------------------------ reading the graph


def _collect(
    roots: Sequence[Tensor],
    model: Module | None,
    labels: Mapping[Any, str],
    traced: Mapping[Operation, Owner],
    numbers: _Numbers,
) -> Graph:
    named: dict[Any, str] = {id(parameter): name for name, parameter in (model.named_parameters() if model else ())}
    named.update(labels)
    graph = Graph()
    order = _inputs_first([root.grad_fn or root for root in roots])
    number = {item: i for i, item in enumerate(order)}
    outputs = {number[root.grad_fn or root] for root in roots}
    for item in order:
        numbers.note_kept(item) if isinstance(item, Operation) else numbers.note(item)
    for i, item in enumerate(order):
        place = item if isinstance(item, Operation) else id(item)
        known = numbers.values.get(place, ""), numbers.grads.get(place, "")
        if isinstance(item, Operation):
            node = Node("operation", type(item).__name__, named.get(item, ""), (i,), i in outputs, *known)
            graph.edges += [Edge(number[edge[0]], i, edge[2]) for edge in item.edges if edge is not None]
        else:
            kind = "parameter" if isinstance(item, Parameter) else "leaf"
            word = phrase(LEAVES[kind])
            name = named.get(id(item), word)
            node = Node(kind, name, "" if name == word else word, (i,), i in outputs, *known)
        graph.nodes.append(node)
        graph.owners.append(traced.get(item, ()))
    graph.results = [(number[root.grad_fn or root], root.shape) for root in roots]
    if model is not None and not traced:
        _own_by_parameters(graph, [named.get(id(item), "") if isinstance(item, Parameter) else "" for item in order])
    return graph


def _inputs_first(roots: Sequence[Any]) -> list[Any]:
    """All nodes and leaves behind the roots, each after everything it was made of (depth first, no recursion)."""
    order: dict[Any, None] = {}
    opened: set[Any] = set()
    stack = list(reversed(roots))
    while stack:
        item = stack[-1]
        if item in opened:
            stack.pop()
            order.setdefault(item)
            continue
        opened.add(item)
        if isinstance(item, Operation):
            stack.extend(edge[0] for edge in reversed(item.edges) if edge is not None and edge[0] not in opened)
    return list(order)


def _own_by_parameters(graph: Graph, names: Sequence[str]) -> None:
    """Without a trace, an operation belongs to the module whose parameter it takes, directly or reshaped."""
    sources = neighbours(graph.edges, len(graph.nodes))[0]
    modules = [name.rpartition(".")[0] for name in names]  # of a parameter, and of one in another shape or dtype
    for i, node in enumerate(graph.nodes):
        if node.kind != "operation":
            continue
        found = [modules[s] for s in sources[i] if modules[s]]
        if found:
            parts = found[0].split(".")
            graph.owners[i] = tuple(".".join(parts[: n + 1]) for n in range(len(parts)))
            if node.title in RESHAPING:
                modules[i] = found[0]
    _own_what_lies_between(graph)


def _own_what_lies_between(graph: Graph) -> None:
    """An operation without parameters belongs to the innermost module that holds its neighbours on both sides."""
    sources, targets = neighbours(graph.edges, len(graph.nodes))
    places = [i for i, node in enumerate(graph.nodes) if node.kind == "operation"]
    above, below = list(graph.owners), list(graph.owners)
    for owners, near, order in ((above, sources, places), (below, targets, places[::-1])):
        for i in order:
            if not graph.owners[i]:
                owners[i] = common_calls([owners[n] for n in near[i] if graph.nodes[n].kind == "operation"])
    for i in places:
        graph.owners[i] = graph.owners[i] or common_calls([above[i], below[i]])


def _module_kinds(model: Module | None) -> dict[str, str]:
    return {path: type(module).__name__ for path, module in (model.named_modules() if model is not None else ())}


# ------------------------------------------------------------------------------ showing it


def _ascii(text: str) -> str:
    """The text as any console shows it; who reads Chinese has one for it."""
    return text if get_language() == "zh" else text.encode("ascii", "backslashreplace").decode()


class GraphDrawing:
    """A drawing of a recorded graph.

    Attributes
    ----------
    nodes : list of Node
        The boxes, in topological order.
    edges : list of Edge
        The tensors between them.
    total : int
        How many operations and leaves the graph has; each is a member of one box.

    Examples
    --------
    >>> import tinyconv as tc
    >>> drawing = draw(tc.ones(2, requires_grad=True).exp())
    >>> print(drawing)
    [0] leaf  leaf (2,)  = [1, 1]
    [1] Exp   <- [0] (2,)  => output (2,)  = [2.718, 2.718]
    >>> drawing.svg().startswith("<svg")
    True
    """

    def __init__(self, graph: Graph, detail: str, kinds: Mapping[str, str]):
        drawn = simplified(graph, detail, kinds)
        self.nodes, self.edges, self.total = drawn.nodes, drawn.edges, len(graph.nodes)
        self._shapes = shapes_of(drawn)  # per node, of what it gives
        self._whole, self._detail, self._kinds = graph, detail, kinds

    def __repr__(self) -> str:
        return f"GraphDrawing({len(self.nodes)} boxes for {self.total} nodes; print it, or save('graph.svg'))"

    def __str__(self) -> str:
        """One line per box, in ASCII unless the language is Chinese: what it is, and what it takes from which."""
        incoming: list[list[Edge]] = [[] for _ in self.nodes]
        for edge in self.edges:
            incoming[edge.target].append(edge)
        names = [
            _ascii(f"[{i}] {node.title}" + (f" ({node.detail})" if node.kind in ("module", "chain") else ""))
            for i, node in enumerate(self.nodes)
        ]
        width = min(60, max(map(len, names)))
        lines = []
        for name, node, edges, shapes in zip(names, self.nodes, incoming, self._shapes):
            taken = ", ".join(f"[{edge.source}] {tuple(edge.shape)}" for edge in edges)
            parts = [f"<- {taken}"] if taken else []
            parts += [f"{phrase(LEAVES[node.kind])} {' '.join(shapes)}"] if node.kind in LEAVES else []
            parts += [f"=> {phrase('explain.output')} {' '.join(shapes)}"] if node.is_output else []
            parts += [f"= {node.value}"] if node.value else []
            parts += [f"grad {node.grad}"] if node.grad else []
            lines.append(f"{name:<{width}}  " + "  ".join(parts))
        return "\n".join(lines)

    def svg(self) -> str:
        """Give the picture as one ``<svg>`` element, for light and dark pages."""
        return Picture(self.nodes, self.edges, self._shapes).svg()

    def _repr_svg_(self) -> str:
        return self.svg()

    def _repr_html_(self) -> str:
        """The picture; of a model with many operations, or a large graph, one that opens box by box."""
        most = AT_A_GLANCE if has_inside(self._whole) else READABLE
        if self._detail != "operations" and self.total > most:
            return opening_html(self._whole, self._kinds)
        return f'<div style="overflow:auto;max-height:85vh">{self.svg()}</div>'

    def save(self, path: str | Path) -> None:
        """Write the picture to a file: ``.svg``, ``.html`` or ``.txt``.

        Raises
        ------
        ValueError
            For another ending.
        """
        path = Path(path)
        page = '<!DOCTYPE html><meta charset="utf-8"><title>graph</title>'
        forms = {".svg": self.svg, ".html": lambda: page + self._repr_html_(), ".txt": self.__str__}
        if path.suffix not in forms:
            raise refusal("explain.file_type", "save", name=path.name, endings=", ".join(forms))
        path.write_text(forms[path.suffix]() + "\n", encoding="utf-8")
