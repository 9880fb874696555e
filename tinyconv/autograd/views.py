"""Views: tensors that look into another's memory, and follow it when it is written to.

``y = x[0]`` is a view of `x`: one memory, two tensors.  A view knows its *base*, the tensor that is no view itself,
and the *path* from there, the view operations with their arguments.  A tracked write into the base, or into any view
of it, is one operation on the base (:class:`tinyconv.ops.inplace.Overwrite`), which gives the base a new place in the
graph.  A view that finds its base at another place than it knew takes its own anew: it looks into the base again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..errors import refusal
from .mode import _mode, enable_grad

if TYPE_CHECKING:
    from .operation import Operation
    from .tensor import Tensor

__all__ = ["Path", "View", "become", "check_writable_in_graph", "follow", "hand_through", "look", "mark", "refresh"]

Path = tuple[tuple[Any, tuple], ...]  # the operations that lead from a base to its view, with their arguments


class View:
    """Where a tensor looks: into `base`, along `path`, and at which place in the graph it knew the base.

    A view that cannot follow is `closed`, by the name of the text that says why.
    """

    __slots__ = ("_base", "closed", "known", "path", "replaces_base")

    def __init__(self, base: Tensor, path: Path, closed: str | None = None):
        self._base, self.path, self.closed = base, path, closed
        self.known = base._grad_fn
        self.replaces_base = False  # does the tensor look at what it was itself, before its shape was changed in place?

    @property
    def base(self) -> Tensor:
        """The tensor that is no view itself."""
        moved = self._base._view
        if moved is not None and moved.replaces_base:
            self._base = moved.base
        return self._base


def hand_through(output: Tensor, x: Tensor) -> None:
    """Note that `output` is x's memory, by no operation that could be repeated: no write to it can be followed."""
    output._version = x._version
    output._view = View(x if x._view is None else x._view.base, (), closed="inplace.handed_through")


def mark(view: Tensor, x: Tensor, operation: type[Operation], arguments: tuple) -> None:
    """Note that ``view = operation(x, *arguments)`` looks into x's memory."""
    view._version = x._version
    above = x._view
    base, path, closed = (x, (), None) if above is None else (above.base, above.path, above.closed)
    view._view = View(base, (*path, (operation, arguments)), closed if _mode.grad else "inplace.view_of_no_grad")


def become(x: Tensor, operation: Callable[[Tensor], Tensor], how: str) -> Tensor:
    """Let `x` itself become a view of what it was, as in ``x.unsqueeze_(0)``; gives `x`.

    What it was lives on as a tensor of its own, which x's views have for their base from now on.

    Raises
    ------
    RuntimeError
        For a leaf that requires grad.
    """
    leaf = x.requires_grad and x.is_leaf
    if leaf and _mode.grad:
        raise refusal("inplace.shape_of_leaf", how, function=how.rstrip("_"))
    was = x.detach()
    if leaf:
        x._take(operation(was)._array)
        return x
    was._view = x._view
    if x._grad_fn is not None:
        was._put(x._grad_fn, x._index)
    with enable_grad():
        view = operation(was)
    if view._view is not None:
        view._view.replaces_base = x._view is None or x._view.replaces_base
    x._array, x._view = view._array, view._view
    if view._grad_fn is not None:
        x._move(view._grad_fn, view._index)
    x.bump_version()
    return x


def follow(base: Tensor, path: Path) -> Tensor:
    """Look into `base` as its view does: an operation of the graph, to any order."""
    for operation, arguments in path:
        base = operation.apply(base, *arguments)
    return base


def look(array: Any, path: Path) -> Any:
    """Look into an array along a path."""
    for operation, arguments in path:
        array = operation().forward(array, *arguments)
    return array


def refresh(tensor: Tensor) -> None:
    """The base was moved to another place in the graph: let its view follow."""
    view = tensor._view
    assert view is not None
    if view.base._version is not tensor._version:  # the base was given another memory: no view of it any more
        tensor._view = None
        return
    if view.closed:
        raise refusal(view.closed, shape=tensor.shape)
    view.known = view.base._grad_fn
    with enable_grad():
        fresh = follow(view.base, view.path)
    if fresh._grad_fn is not None:
        tensor._move(fresh._grad_fn, fresh._index)


def check_writable_in_graph(tensor: Tensor, how: str) -> None:
    """Refuse to record a write into a leaf that requires grad, into a view of one, or into a view that cannot follow.

    Raises
    ------
    RuntimeError
        In these three cases.
    """
    view = tensor._view
    if view is not None and view.closed:
        raise refusal(view.closed, how, shape=tensor.shape)
    for one, name in ((tensor, "inplace.leaf"), (None if view is None else view.base, "inplace.view_of_leaf")):
        if one is not None and one._requires_grad and one._grad_fn is None:
            raise refusal(name, how=how)
