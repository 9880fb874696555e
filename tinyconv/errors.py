"""The name of the layer at work, so that every error can say where it happened.

``Module.__call__`` pushes its path (``'net.conv2 (Conv2d(...))'``); the checks below the modules
ask :func:`layer_name` for it and fall back to the function's own name.
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class _Scope(threading.local):
    def __init__(self) -> None:
        self.stack: list[Callable[[], str]] = []


_scope = _Scope()


def push_layer(describe: Callable[[], str]) -> None:
    """Enter a layer; `describe` gives its name, and is called only if an error is written.

    Examples
    --------
    >>> push_layer(lambda: "net.conv1")
    >>> layer_name("conv2d")
    'net.conv1'
    >>> pop_layer()
    """
    _scope.stack.append(describe)


def pop_layer() -> None:
    """Leave the layer entered last.

    Examples
    --------
    >>> push_layer(lambda: "net")
    >>> pop_layer()
    """
    _scope.stack.pop()


def layer_name(function: str) -> str:
    """Give the innermost layer at work, or `function` when none is.

    Examples
    --------
    >>> layer_name("conv2d")
    'conv2d'
    """
    return _scope.stack[-1]() if _scope.stack else function


def layers_at_work() -> list[Callable[[], str]]:
    """Give what was pushed and not yet popped in this thread, outermost first.

    Examples
    --------
    >>> layers_at_work()
    []
    """
    return _scope.stack
