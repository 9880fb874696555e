"""A graph that opens box by box, as HTML: a picture of its outermost modules, and below it the inside of each.

A click on a box opens its inside, again a picture with what is inside that; without scripts, the line below the
picture does.  A chain of operations that was drawn as one box opens too, if it is not too long to be drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from ..errors import phrase
from .merging import READABLE, Edge, Graph, Node, by_modules, common_calls, shapes_of, titled, without_chains
from .picture import Picture

__all__ = ["has_inside", "inside", "opening_html"]

LONGEST = 120  # boxes of a chain that is drawn whole when it is opened
_STYLE = (
    ".tinyconv-opening .graph{overflow:auto;max-height:85vh}"
    ".tinyconv-opening details{margin:.4em 0 .4em .2em;padding-left:.8em;border-left:2px solid rgba(128,128,128,.45)}"
    ".tinyconv-opening summary{cursor:pointer}.tinyconv-opening small{opacity:.75}"
    ".tinyconv-opening g[role=button]{cursor:pointer}"
    ".tinyconv-opening g[role=button]:is(:hover,:focus-visible) rect.box{stroke-width:2.5}"
)
# every box whose members have a line below the same picture is a button that opens and closes it
_SCRIPT = """
for (const details of document.currentScript.parentElement.querySelectorAll("details")) {
  const members = details.dataset.members;
  const box = details.parentElement.querySelector(`:scope > .graph [data-members="${members}"]`);
  const toggle = () => {
    details.open = !details.open;
    if (details.open) details.scrollIntoView({ block: "nearest" });
  };
  const said = () => box.setAttribute("aria-expanded", details.open);
  box.setAttribute("role", "button");
  box.setAttribute("tabindex", "0");
  box.addEventListener("click", toggle);
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    toggle();
  });
  details.addEventListener("toggle", said);
  said();
}
"""


def has_inside(graph: Graph) -> bool:
    """Tell whether some operations were made inside modules.

    Examples
    --------
    >>> has_inside(Graph(owners=[(), ("stem",)])), has_inside(Graph(owners=[()]))
    (True, False)
    """
    return any(graph.owners)


def inside(graph: Graph, members: Sequence[int], kinds: Mapping[str, str]) -> Graph:
    """Give the part of a graph that one box holds, and before it, dashed, what comes in from outside.

    Parameters
    ----------
    graph : Graph
        With one node for each operation and leaf.
    members : sequence of int
        The nodes of the part.
    kinds : mapping of str to str
        Of each module's path, what it is.

    Examples
    --------
    >>> nodes = [Node("operation", name, "", (i,)) for i, name in enumerate("abc")]
    >>> graph = Graph(nodes, [Edge(0, 1, (2,)), Edge(1, 2, (3,))], [("x",), ("y",), ("y",)])
    >>> part = inside(graph, [1, 2], {"x": "ReLU"})
    >>> [(node.kind, node.title) for node in part.nodes]
    [('outside', 'x: ReLU'), ('operation', 'b'), ('operation', 'c')]
    >>> part.edges
    [Edge(source=0, target=1, shape=(2,)), Edge(source=1, target=2, shape=(3,))]
    """
    here = set(members)
    edges = [edge for edge in graph.edges if edge.target in here]
    sources = dict.fromkeys(edge.source for edge in edges if edge.source not in here)
    order = [*sources, *sorted(here)]
    position = {number: i for i, number in enumerate(order)}
    results = [(i, shape) for i, shape in graph.results if i in here]
    results += [(edge.source, edge.shape) for edge in graph.edges if edge.source in here and edge.target not in here]
    leads_out = {i for i, _ in results}
    depth = len(common_calls([graph.owners[i] for i in here if graph.owners[i]]))
    part = Graph()
    for number in order:
        node, owner = graph.nodes[number], graph.owners[number]
        if number in here:
            part.nodes.append(_with_output(node, number in leads_out))
            part.owners.append(owner[depth:])
        else:
            part.nodes.append(Node("outside", titled(owner, kinds) if owner else node.title, "", ()))
            part.owners.append(())
    part.edges = [Edge(position[edge.source], position[edge.target], edge.shape) for edge in edges]
    part.results = [(position[i], shape) for i, shape in results]
    return part


def _with_output(node: Node, is_output: bool) -> Node:
    return Node(node.kind, node.title, node.detail, node.members, is_output, node.value, node.grad)


def opening_html(graph: Graph, kinds: Mapping[str, str]) -> str:
    """Give the element: the picture, what opens below it, and the script that lets boxes be clicked.

    Examples
    --------
    >>> nodes = [Node("operation", name, "", (i,)) for i, name in enumerate("ab")]
    >>> html = opening_html(Graph(nodes, [Edge(0, 1, (2,))], [("x",), ("x",)], [(1, (2,))]), {"x": "Block"})
    >>> html.count("<svg"), html.count("<details")
    (2, 1)
    """
    content = _level(graph, graph, kinds)
    if "<details" in content:
        hint = escape(phrase("explain.open_modules"))
        content = f"<p><small>{hint}</small></p>{content}<script>{_SCRIPT}</script>"
    return f'<div class="tinyconv-opening"><style>{_STYLE}</style>{content}</div>'


def _level(whole: Graph, part: Graph, kinds: Mapping[str, str], shorten: bool = True) -> str:
    """The picture of one part by its outermost modules, and the inside of each box of several nodes."""
    drawn = by_modules(part, 1, kinds)
    if shorten and len(drawn.nodes) > READABLE:
        drawn = without_chains(drawn)
    picture = Picture(drawn.nodes, drawn.edges, shapes_of(drawn)).svg()
    opened = [_details(whole, node, kinds) for node in drawn.nodes if node.kind in ("module", "chain")]
    return f'<div class="graph">{picture}</div>{"".join(opened)}'


def _details(whole: Graph, node: Node, kinds: Mapping[str, str]) -> str:
    part, is_chain = inside(whole, node.members, kinds), node.kind == "chain"
    if is_chain and len(by_modules(part, 1, kinds).nodes) > LONGEST:
        return ""
    members = " ".join(map(str, node.members))
    title = f"{escape(node.title)} <small>{escape(node.detail)}</small>"
    content = _level(whole, part, kinds, shorten=not is_chain)
    return f'<details data-members="{members}"><summary>{title}</summary>{content}</details>'
