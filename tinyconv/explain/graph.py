"""Draw the graph that autograd recorded, in text and in SVG, with the shape of every tensor on its edge.

:func:`draw` walks back from a result over the edges of its ``grad_fn``, which is all that the backward
pass will visit.  A graph too large to read is drawn by modules, a module's operations in one box, and a
long chain of operations becomes one box too.  No other program is needed, and the picture holds no
array: the graph can be freed while it is still shown.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..autograd import Operation, enable_grad
from ..backend import fork_rng
from ..errors import refusal
from ..nn.module import Module
from ..nn.parameter import Parameter
from ..tensor import Tensor
from .picture import Picture

__all__ = ["Edge", "GraphDrawing", "Node", "draw"]

READABLE = 40  # a drawing with more boxes is made smaller where it can be
RESHAPING = ("Cast", "Expand", "Permute", "Reshape")  # what a parameter goes through before it is used
Owner = tuple[str, ...]  # the calls that a node was made in, outermost first: ("features", "features.0")


@dataclass(frozen=True)
class Node:
    """One box: an operation, a leaf, or several of them drawn as one.

    Attributes
    ----------
    kind : {'operation', 'parameter', 'leaf', 'module', 'chain'}
        What it is.
    title, detail : str
        Its two lines.
    members : tuple of int
        The numbers of the operations and leaves in it; they are counted from the inputs on.
    is_output : bool
        Whether the drawing started from one of them.

    Examples
    --------
    >>> import tinyconv as tc
    >>> draw(tc.tensor([1.0], requires_grad=True) * 2).nodes[-1].title
    'Mul'
    """

    kind: str
    title: str
    detail: str
    members: tuple[int, ...]
    is_output: bool = False


@dataclass(frozen=True)
class Edge:
    """A tensor that flows from one box into another.

    Attributes
    ----------
    source, target : int
        Positions in the drawing's `nodes`.
    shape : tuple of int
        The tensor's.

    Examples
    --------
    >>> import tinyconv as tc
    >>> draw(tc.ones(2, 3, requires_grad=True) * 2).edges
    [Edge(source=0, target=1, shape=(2, 3))]
    """

    source: int
    target: int
    shape: tuple[int, ...]


@dataclass
class _Graph:
    """The recorded graph as plain data: nodes in topological order, inputs first."""

    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    owners: list[Owner] = field(default_factory=list)
    results: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)  # the roots and their shapes


def draw(
    target: Tensor | Sequence[Tensor] | Module,
    *inputs: Any,
    model: Module | None = None,
    names: Mapping[str, Tensor] | None = None,
    detail: str = "auto",
) -> GraphDrawing:
    """Draw the graph behind a result, or behind a model called on inputs.

    Parameters
    ----------
    target : Tensor, sequence of Tensor, or Module
        The result(s) to start from; or a model, which is called on `inputs` once.  That call leaves the
        generator and the model's buffers as they were.
    *inputs
        For a model: what to call it on.
    model : Module, optional
        For a result: the model whose parameters are to appear by name.
    names : mapping of str to Tensor, optional
        Names for further leaves.
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
    [0] x    leaf (2, 3)
    [1] w    leaf (3,)
    [2] Mul  <- [0] (2, 3), [1] (3,)
    [3] Sum  <- [2] (2, 3)  => output ()
    """
    if detail not in ("auto", "operations", "modules"):
        raise refusal("explain.detail", "draw", detail=detail)
    labels = {id(tensor): name for name, tensor in (names or {}).items()}
    traced: dict[Operation, Owner] = {}
    if isinstance(target, Module):
        model, target = target, _call(target, inputs, labels, traced)
    roots = [target] if isinstance(target, Tensor) else list(target)
    if not any(isinstance(root, Tensor) and root.requires_grad for root in roots):
        raise refusal("explain.no_graph", "draw")
    graph = _collect([root for root in roots if root.requires_grad], model, labels, traced)
    return GraphDrawing(*_simplified(graph, detail, _module_kinds(model)), total=len(graph.nodes))


# ------------------------------------------------------------------------------ calling a model


def _call(model: Module, inputs: Sequence[Any], labels: dict[int, str], traced: dict[Operation, Owner]) -> list[Tensor]:
    """Run the model on inputs that take part in the graph, and note which call made which node."""
    arguments = []
    for position, value in enumerate(inputs):
        if isinstance(value, Tensor) and value.dtype.kind == "f":
            value = value.detach().requires_grad_()
            labels[id(value)] = "input" if len(inputs) == 1 else f"input {position}"
        arguments.append(value)
    with enable_grad(), fork_rng(), _same_buffers(model), _tracing(model, traced):
        return _tensors_in(model(*arguments))


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
    roots: Sequence[Tensor], model: Module | None, labels: Mapping[int, str], traced: Mapping[Operation, Owner]
) -> _Graph:
    named = {id(parameter): name for name, parameter in (model.named_parameters() if model else ())}
    named.update(labels)
    graph = _Graph()
    order = _inputs_first([root.grad_fn or root for root in roots])
    number = {item: i for i, item in enumerate(order)}
    outputs = {number[root.grad_fn or root] for root in roots}
    for i, item in enumerate(order):
        if isinstance(item, Operation):
            node = Node("operation", type(item).__name__, "", (i,), i in outputs)
            graph.edges += [Edge(number[edge[0]], i, edge[2]) for edge in item.edges if edge is not None]
        else:
            kind = "parameter" if isinstance(item, Parameter) else "leaf"
            name = named.get(id(item), kind)
            node = Node(kind, name, "" if name == kind else kind, (i,), i in outputs)
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


def _own_by_parameters(graph: _Graph, names: Sequence[str]) -> None:
    """Without a trace, an operation belongs to the module whose parameter it takes, directly or reshaped."""
    sources = _neighbours(graph.edges, len(graph.nodes))[0]
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


def _own_what_lies_between(graph: _Graph) -> None:
    """An operation without parameters belongs to the innermost module that holds its neighbours on both sides."""
    sources, targets = _neighbours(graph.edges, len(graph.nodes))
    places = [i for i, node in enumerate(graph.nodes) if node.kind == "operation"]
    above, below = list(graph.owners), list(graph.owners)
    for owners, near, order in ((above, sources, places), (below, targets, places[::-1])):
        for i in order:
            if not graph.owners[i]:
                owners[i] = _common([owners[n] for n in near[i] if graph.nodes[n].kind == "operation"])
    for i in places:
        graph.owners[i] = graph.owners[i] or _common([above[i], below[i]])


def _common(owners: Sequence[Owner]) -> Owner:
    """The calls that all of them were made in."""
    return tuple(path.pop() for path in itertools.takewhile(lambda p: len(p) == 1, map(set, zip(*owners))))


def _module_kinds(model: Module | None) -> dict[str, str]:
    return {path: type(module).__name__ for path, module in (model.named_modules() if model is not None else ())}


def _neighbours(edges: Sequence[Edge], count: int) -> tuple[list[list[int]], list[list[int]]]:
    sources: list[list[int]] = [[] for _ in range(count)]
    targets: list[list[int]] = [[] for _ in range(count)]
    for edge in edges:
        sources[edge.target].append(edge.source)
        targets[edge.source].append(edge.target)
    return sources, targets


def _shape(shape: Sequence[int]) -> str:
    return str(tuple(shape))


# ------------------------------------------------------------------------------ making it smaller


def _simplified(graph: _Graph, detail: str, kinds: Mapping[str, str]) -> tuple[list[Node], list[Edge], list[list[str]]]:
    """Merge boxes as `detail` asks, and give the nodes, edges and per node the shapes of its results."""
    if detail == "modules" or (detail == "auto" and len(graph.nodes) > READABLE):
        deepest = max((len(owner) for owner in graph.owners), default=0)
        whole = graph
        for depth in range(deepest, 0, -1):
            graph = min(graph, _by_modules(whole, depth, kinds), key=lambda g: len(g.nodes))
            if detail == "modules" or len(graph.nodes) <= READABLE:
                break
    if detail == "auto" and len(graph.nodes) > READABLE:
        graph = _without_chains(graph)
    shapes: list[dict[str, None]] = [{} for _ in graph.nodes]  # dicts keep order and drop what is equal
    for edge in graph.edges:
        shapes[edge.source].setdefault(_shape(edge.shape))
    for i, shape in graph.results:
        shapes[i].setdefault(_shape(shape))
    return graph.nodes, graph.edges, [list(each) for each in shapes]


def _by_modules(graph: _Graph, depth: int, kinds: Mapping[str, str]) -> _Graph:
    """One box per module call, for the calls down to `depth`."""
    containers = {owner[:n] for owner in graph.owners for n in range(1, len(owner))}
    group: dict[int, Any] = {  # what a container above this depth does itself is not in one piece: it stays apart
        i: owner[:depth]
        for i, owner in enumerate(graph.owners)
        if len(owner) >= depth or (owner and owner not in containers)
    }
    _absorb_leaves(graph, group, [node.kind == "parameter" for node in graph.nodes])

    def describe(key: Owner, members: Sequence[Node]) -> Node:
        path = key[-1].partition(" (call")[0]
        count = Counter("parameter" if n.kind == "parameter" else "operation" for n in members)
        parts = [
            f"{count[kind]} {kind}{'s' * (count[kind] != 1)}" for kind in ("operation", "parameter") if count[kind]
        ]
        return Node("module", f"{key[-1]}: {kinds.get(path, 'module')}", ", ".join(parts), ())

    return _merged(graph, group, describe)


def _without_chains(graph: _Graph) -> _Graph:
    """Draw the inside of a long chain as one box.

    A chain is a run of operations, each of which goes to the next alone, and takes nothing but the one
    before and what is at most three steps away from a leaf: ``h = tanh(h @ w.T + b)``, many times over.
    """
    sources, targets = _neighbours(graph.edges, len(graph.nodes))
    depth: list[int] = []
    for i in range(len(graph.nodes)):
        depth.append(max((depth[s] + 1 for s in sources[i]), default=0))
    shallow = [d <= 3 for d in depth]
    main = [-1] * len(graph.nodes)  # the node before, if the others come in from the side
    for i in range(len(graph.nodes)):
        by_depth = sorted(set(sources[i]), key=depth.__getitem__)
        if by_depth and all(shallow[s] and depth[s] < depth[by_depth[-1]] for s in by_depth[:-1]):
            main[i] = by_depth[-1]
    after = [set(each) for each in targets]
    group: dict[int, int] = {}
    for start in range(len(graph.nodes)):
        if start in group or graph.nodes[start].kind in ("leaf", "parameter"):
            continue
        run = [start]
        while len(after[run[-1]]) == 1 and main[following := next(iter(after[run[-1]]))] == run[-1]:
            run.append(following)
        if len(run) >= 6:  # the first and the last stay: they show what the chain is tied to
            group.update(dict.fromkeys(run[1:-1], start))
            shallow[run[0]] = shallow[run[-1]] = False
    _absorb_leaves(graph, group, shallow)

    def describe(key: int, members: Sequence[Node]) -> Node:
        inner = [n for n in members if n.kind not in ("leaf", "parameter")]
        common = ", ".join(f"{count} {title}" for title, count in Counter(n.title for n in inner).most_common(3))
        more = ", ..." if len({n.title for n in inner}) > 3 else ""
        return Node("chain", f"{len(inner)} steps in a row", common + more, ())

    return _merged(graph, group, describe)


def _absorb_leaves(graph: _Graph, group: dict[int, Any], eligible: Sequence[bool]) -> None:
    """What is eligible and used in one box alone goes into it."""
    targets = _neighbours(graph.edges, len(graph.nodes))[1]
    for i in reversed(range(len(graph.nodes))):
        node = graph.nodes[i]
        uses = {group.get(t) for t in targets[i]}
        if eligible[i] and i not in group and not node.is_output and len(uses) == 1 and None not in uses:
            group[i] = uses.pop()


def _merged(graph: _Graph, group: dict[int, Any], describe: Any) -> _Graph:
    """The graph with each group as one node; a group that would close a cycle stays apart."""
    group = dict(group)
    while True:
        label = [("group", group[i]) if i in group else ("node", i) for i in range(len(graph.nodes))]
        order = _sorted_labels(graph, label)
        if len(order) == len(set(label)):
            break
        stuck = set(label) - set(order)
        group = {i: key for i, key in group.items() if ("group", key) not in stuck}
    members: dict[Any, list[int]] = {}
    for i, name in enumerate(label):
        members.setdefault(name, []).append(i)
    position = {name: i for i, name in enumerate(order)}
    merged = _Graph()
    for name in order:
        parts = [graph.nodes[i] for i in members[name]]
        node = parts[0]
        if name[0] == "group" and len(parts) > 1:
            node = describe(name[1], parts)
            inside = tuple(sorted(m for part in parts for m in part.members))
            node = Node(node.kind, node.title, node.detail, inside, any(part.is_output for part in parts))
        merged.nodes.append(node)
        merged.owners.append(graph.owners[members[name][0]])
    seen = dict.fromkeys(
        Edge(position[label[e.source]], position[label[e.target]], e.shape)
        for e in graph.edges
        if label[e.source] != label[e.target]
    )
    merged.edges = list(seen)
    merged.results = [(position[label[i]], shape) for i, shape in graph.results]
    return merged


def _sorted_labels(graph: _Graph, label: Sequence[Any]) -> list[Any]:
    """Topological order of the labels, as far as there is one, keeping the nodes' order where it can."""
    first = {name: i for i, name in reversed(list(enumerate(label)))}
    links = dict.fromkeys((label[e.source], label[e.target]) for e in graph.edges if label[e.source] != label[e.target])
    below: dict[Any, list[Any]] = {name: [] for name in first}
    waiting = dict.fromkeys(first, 0)
    for source, target in links:
        below[source].append(target)
        waiting[target] += 1
    ready = [i for name, i in first.items() if not waiting[name]]
    heapq.heapify(ready)
    order = []
    while ready:
        name = label[heapq.heappop(ready)]
        order.append(name)
        for target in below[name]:
            waiting[target] -= 1
            if not waiting[target]:
                heapq.heappush(ready, first[target])
    return order


# ------------------------------------------------------------------------------ showing it


def _ascii(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode()


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
    [0] leaf  leaf (2,)
    [1] Exp   <- [0] (2,)  => output (2,)
    >>> drawing.svg().startswith("<svg")
    True
    """

    def __init__(self, nodes: list[Node], edges: list[Edge], shapes: list[list[str]], total: int):
        self.nodes, self.edges, self.total = nodes, edges, total
        self._shapes = shapes  # per node, of what it gives

    def __repr__(self) -> str:
        return f"GraphDrawing({len(self.nodes)} boxes for {self.total} nodes; print it, or save('graph.svg'))"

    def __str__(self) -> str:
        """One line per box, in ASCII: what it is, and what it takes from which."""
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
            taken = ", ".join(f"[{edge.source}] {_shape(edge.shape)}" for edge in edges)
            parts = [f"<- {taken}"] if taken else []
            parts += [f"{node.kind} {' '.join(shapes)}"] if node.kind in ("parameter", "leaf") else []
            parts += [f"=> output {' '.join(shapes)}"] if node.is_output else []
            lines.append(f"{name:<{width}}  " + "  ".join(parts))
        return "\n".join(lines)

    def svg(self) -> str:
        """Give the picture as one ``<svg>`` element, for light and dark pages."""
        return Picture(self.nodes, self.edges, self._shapes).svg()

    def _repr_svg_(self) -> str:
        return self.svg()

    def _repr_html_(self) -> str:
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
