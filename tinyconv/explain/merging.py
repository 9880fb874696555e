"""A recorded graph as plain data, and how it is made smaller: several nodes become one box.

A module's operations become one box with what they take alone, its parameters; so does the inside of a long chain.
Whatever is merged, every node stays a member of one box, and no circle is made.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import phrase

__all__ = [
    "READABLE",
    "Edge",
    "Graph",
    "Node",
    "by_modules",
    "common_calls",
    "merged",
    "neighbours",
    "shapes_of",
    "simplified",
    "titled",
]

READABLE = 40  # a drawing with more boxes is made smaller where it can be
Owner = tuple[str, ...]  # the calls that a node was made in, outermost first: ("features", "features.0")


@dataclass(frozen=True)
class Node:
    """One box: an operation, a leaf, or several of them drawn as one.

    Attributes
    ----------
    kind : {'operation', 'parameter', 'leaf', 'module', 'chain', 'outside'}
        What it is; in the inside of a module, what comes in is 'outside'.
    title, detail : str
        Its two lines.
    members : tuple of int
        The numbers of the operations and leaves in it; they are counted from the inputs on.
    is_output : bool
        Whether the drawing started from one of them.
    value, grad : str
        The numbers of a tensor of few elements, and of its gradient, where they are known; else empty.

    Examples
    --------
    >>> import tinyconv as tc
    >>> from tinyconv.explain import draw
    >>> draw(tc.tensor([1.0], requires_grad=True) * 2).nodes[-1].title
    'Mul'
    """

    kind: str
    title: str
    detail: str
    members: tuple[int, ...]
    is_output: bool = False
    value: str = ""
    grad: str = ""


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
    >>> from tinyconv.explain import draw
    >>> draw(tc.ones(2, 3, requires_grad=True) * 2).edges
    [Edge(source=0, target=1, shape=(2, 3))]
    """

    source: int
    target: int
    shape: tuple[int, ...]


@dataclass
class Graph:
    """The recorded graph as plain data: nodes in topological order, inputs first.

    Examples
    --------
    >>> Graph([Node("leaf", "x", "", (0,))]).owners
    []
    """

    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    owners: list[Owner] = field(default_factory=list)
    results: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)  # the roots and their shapes


def common_calls(owners: Sequence[Owner]) -> Owner:
    """Give the calls that all of them were made in.

    Examples
    --------
    >>> common_calls([("features", "features.0"), ("features", "features.1")])
    ('features',)
    """
    return tuple(path.pop() for path in itertools.takewhile(lambda p: len(p) == 1, map(set, zip(*owners))))


def titled(owner: Owner, kinds: Mapping[str, str]) -> str:
    """Give the innermost call's path and what its module is.

    Examples
    --------
    >>> titled(("stem", "stem.0 (call 2)"), {"stem.0": "Conv2d"})
    'stem.0 (call 2): Conv2d'
    """
    return f"{owner[-1]}: {kinds.get(owner[-1].partition(' (call')[0], 'module')}"


def neighbours(edges: Sequence[Edge], count: int) -> tuple[list[list[int]], list[list[int]]]:
    """Give per node the nodes it takes from, and those that take from it.

    Examples
    --------
    >>> neighbours([Edge(0, 1, ())], 2)
    ([[], [0]], [[1], []])
    """
    sources: list[list[int]] = [[] for _ in range(count)]
    targets: list[list[int]] = [[] for _ in range(count)]
    for edge in edges:
        sources[edge.target].append(edge.source)
        targets[edge.source].append(edge.target)
    return sources, targets


def shapes_of(graph: Graph) -> list[list[str]]:
    """Give per node the shapes of what it gives, each once.

    Examples
    --------
    >>> shapes_of(Graph([Node("leaf", "x", "", (0,))], results=[(0, (2, 3))]))
    [['(2, 3)']]
    """
    shapes: list[dict[str, None]] = [{} for _ in graph.nodes]  # dicts keep order and drop what is equal
    for edge in graph.edges:
        shapes[edge.source].setdefault(str(tuple(edge.shape)))
    for i, shape in graph.results:
        shapes[i].setdefault(str(tuple(shape)))
    return [list(each) for each in shapes]


def simplified(graph: Graph, detail: str, kinds: Mapping[str, str]) -> Graph:
    """Merge boxes as `detail` asks; `kinds` says of each module's path what it is.

    Examples
    --------
    >>> nodes = [Node("operation", name, "", (i,)) for i, name in enumerate(("Conv", "Add"))]
    >>> graph = Graph(nodes, [Edge(0, 1, (2,))], [("stem",), ("stem",)], [(1, (2,))])
    >>> [node.title for node in simplified(graph, "modules", {"stem": "Conv2d"}).nodes]
    ['stem: Conv2d']
    """
    if detail == "modules" or (detail == "auto" and len(graph.nodes) > READABLE):
        deepest = max((len(owner) for owner in graph.owners), default=0)
        whole = graph
        for depth in range(deepest, 0, -1):
            graph = min(graph, by_modules(whole, depth, kinds), key=lambda g: len(g.nodes))
            if detail == "modules" or len(graph.nodes) <= READABLE:
                break
    return without_chains(graph) if detail == "auto" and len(graph.nodes) > READABLE else graph


def by_modules(graph: Graph, depth: int, kinds: Mapping[str, str]) -> Graph:
    """Give the graph with one box per module call, for the calls down to `depth`.

    Examples
    --------
    >>> nodes = [Node("operation", name, "", (i,)) for i, name in enumerate(("Conv", "Add"))]
    >>> by_modules(Graph(nodes, [], [("stem",), ("stem",)]), 1, {"stem": "Conv2d"}).nodes[0].detail
    '2 operations'
    """
    containers = {owner[:n] for owner in graph.owners for n in range(1, len(owner))}
    group: dict[int, Any] = {  # what a container above this depth does itself is not in one piece: it stays apart
        i: owner[:depth]
        for i, owner in enumerate(graph.owners)
        if len(owner) >= depth or (owner and owner not in containers)
    }
    _absorb_leaves(graph, group, [node.kind == "parameter" for node in graph.nodes])

    def describe(key: Owner, members: Sequence[Node]) -> Node:
        parameters = sum(node.kind == "parameter" for node in members)
        operations = len(members) - parameters
        detail = phrase("explain.one_operation") if operations == 1 else phrase("explain.operations", count=operations)
        if parameters:
            one = parameters == 1
            more = phrase("explain.one_parameter") if one else phrase("explain.parameters", count=parameters)
            detail = phrase("explain.with_parameters", operations=detail, parameters=more)
        return Node("module", titled(key, kinds), detail, ())

    return merged(graph, group, describe)


def without_chains(graph: Graph) -> Graph:
    """Give the graph with the inside of each long chain as one box.

    A chain is a run of operations, each of which goes to the next alone, and takes nothing but the one
    before and what is at most three steps away from a leaf: ``h = tanh(h @ w.T + b)``, many times over.

    Examples
    --------
    >>> nodes = [Node("operation", "Exp", "", (i,)) for i in range(9)]
    >>> graph = Graph(nodes, [Edge(i, i + 1, ()) for i in range(8)], [()] * 9)
    >>> [node.title for node in without_chains(graph).nodes]
    ['Exp', '7 steps in a row', 'Exp']
    """
    sources, targets = neighbours(graph.edges, len(graph.nodes))
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
        return Node("chain", phrase("explain.chain", count=len(inner)), common + more, ())

    return merged(graph, group, describe)


def _absorb_leaves(graph: Graph, group: dict[int, Any], eligible: Sequence[bool]) -> None:
    """What is eligible and used in one box alone goes into it."""
    targets = neighbours(graph.edges, len(graph.nodes))[1]
    for i in reversed(range(len(graph.nodes))):
        node = graph.nodes[i]
        uses = {group.get(t) for t in targets[i]}
        if eligible[i] and i not in group and not node.is_output and len(uses) == 1 and None not in uses:
            group[i] = uses.pop()


def merged(graph: Graph, group: dict[int, Any], describe: Any) -> Graph:
    """Give the graph with each group as one node; a group that would close a cycle stays apart.

    Examples
    --------
    >>> graph = Graph([Node("operation", name, "", (i,)) for i, name in enumerate("abc")], [], [()] * 3)
    >>> [n.title for n in merged(graph, {0: "x", 1: "x"}, lambda key, parts: Node("chain", key, "", ())).nodes]
    ['x', 'c']
    """
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
    merged = Graph()
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


def _sorted_labels(graph: Graph, label: Sequence[Any]) -> list[Any]:
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
