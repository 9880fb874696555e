"""Hooks: functions of the user's that are called on the way, and the handles that take them off again."""

from __future__ import annotations

import itertools
from collections.abc import Callable

__all__ = ["RemovableHandle"]


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
