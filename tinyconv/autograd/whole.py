"""Functions made of several operations, which a trace may take as one."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from .mode import _mode

__all__ = ["whole"]

F = TypeVar("F", bound=Callable)


def whole(function: F) -> F:
    """Let whoever traces this thread (an export) see a call of `function` before it falls into operations."""

    @functools.wraps(function)
    def watched(*args: Any, **kwargs: Any) -> Any:
        if _mode.trace is None:
            return function(*args, **kwargs)
        return _mode.trace.whole(watched, args, kwargs)

    return watched  # type: ignore[return-value]
