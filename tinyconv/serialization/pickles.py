"""A pickle read by a machine of our own, which can build plain values, and what its caller knows by name.

A pickle is a program for a stack machine: push a number, push a list, move the last ten items into it, call this
function with that tuple.  Python's own machine calls whatever the file names, which is why a pickle from a stranger
may do anything.  This one has no way to reach a function: a name in the file is looked up by ``find``, which the
caller writes, and what may be called is a :class:`Builder`.  (The codes are those of Python's ``pickletools``.)
"""

from __future__ import annotations

import struct
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from ..errors import refusal
from .budget import Budget

__all__ = ["Builder", "PickleReader"]

_GROWTH = 95  # bytes of Python objects per byte of pickle: an empty dict is one byte there, and about 80 here
_MARK = object()  # on the stack, where a sequence of items begins
_PLAIN_KEYS = (str, int, float, bool, type(None), bytes)


class Builder:
    """A function that a pickle may call, under the name by which the file asked for it.

    Examples
    --------
    >>> Builder("builtins.set", set).function([1, 1])
    {1}
    """

    def __init__(self, name: str, function: Callable[..., Any]):
        self.name, self.function = name, function


class PickleReader:
    """Read the pickles in `content`, one after the other.

    Parameters
    ----------
    content : bytes
        What they stand in.
    find : callable
        ``find(module, name)`` gives what stands for a name: a :class:`Builder` or a plain value; or it refuses.
    load : callable
        ``load(key)`` gives what the file keeps outside of the pickle: a storage.
    budget : Budget
        What the objects may take.

    Examples
    --------
    >>> import pickle
    >>> reader = PickleReader(pickle.dumps({"a": [1, 2.5, None]}, protocol=2), print, print, Budget(100))
    >>> reader.read()
    {'a': [1, 2.5, None]}
    """

    def __init__(
        self, content: bytes, find: Callable[[str, str], Any], load: Callable[[Any], Any], budget: Budget
    ):  # fmt: skip
        self.content, self.position = content, 0
        self._find, self._load, self._budget = find, load, budget
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def read(self) -> Any:
        """Give the value of the next pickle.

        Raises
        ------
        ValueError
            If it is damaged, or asks for what is refused.
        """
        self._stack, self._memo = [], {}
        try:
            while (code := self._take(1)) != b".":
                step = _STEPS.get(code)
                if step is None:
                    raise refusal("load.pickle_code", code=code, position=self.position - 1)
                step(self)
            return self._pop()
        except (IndexError, KeyError, TypeError, AttributeError, struct.error) as error:
            raise refusal("load.pickle", position=self.position, error=error) from error

    # --- bytes ---

    def _take(self, count: int) -> bytes:
        end = self.position + count
        if not self.position <= end <= len(self.content):
            raise refusal("load.pickle_ends", wanted=end, found=len(self.content))
        self._budget.take(_GROWTH * count)
        part = self.content[self.position : end]
        self.position = end
        return part

    def _number(self, kind: str) -> Any:
        return struct.unpack(kind, self._take(struct.calcsize(kind)))[0]

    def _line(self) -> str:
        end = self.content.find(b"\n", self.position, self.position + 1000)
        if end < 0:
            raise refusal("load.pickle_ends", wanted=len(self.content) + 1, found=len(self.content))
        line = self._take(end - self.position)
        self._take(1)
        return line.decode()

    # --- the stack ---

    def _push(self, value: Any) -> None:
        self._stack.append(value)

    def _pop(self) -> Any:
        value = self._stack.pop()
        if value is _MARK:
            raise IndexError("a mark stands where a value should")
        return value

    def _pop_to_mark(self) -> list[Any]:
        stack = self._stack
        start = len(stack) - 1
        while stack[start] is not _MARK:
            start -= 1
            if start < 0:
                raise IndexError("no mark")
        items = stack[start + 1 :]
        del stack[start:]
        return items

    def _top(self, *kinds: type) -> Any:
        """The value on top, which an item is about to be put into."""
        if type(self._stack[-1]) not in kinds:
            raise TypeError(f"{type(self._stack[-1]).__name__} takes no items")
        return self._stack[-1]

    # --- the steps ---

    def _text(self, kind: str) -> None:
        self._push(self._take(self._number(kind)).decode("utf-8", "surrogatepass"))

    def _integer(self, kind: str) -> None:
        self._push(int.from_bytes(self._take(self._number(kind)), "little", signed=True))

    def _tuple(self, count: int) -> None:
        items = [self._pop() for _ in range(count)]
        self._push(tuple(items[::-1]))

    def _append(self, items: list[Any]) -> None:
        self._top(list).extend(items)

    def _add(self, items: list[Any]) -> None:
        for item in items:
            _check_key(item)
        self._top(set).update(items)

    def _set(self, items: list[Any]) -> None:
        target = self._top(dict, OrderedDict)
        if len(items) % 2:
            raise IndexError("a key without a value")
        for key, value in zip(items[::2], items[1::2]):
            _check_key(key)
            target[key] = value

    def _keep(self, index: int) -> None:
        if self._stack[-1] is _MARK:
            raise IndexError("a mark stands where a value should")
        self._memo[index] = self._stack[-1]

    def _global(self, module: Any, name: Any) -> None:
        if type(module) is not str or type(name) is not str:
            raise TypeError("a name must be text")
        self._push(self._find(module, name))

    def _stack_global(self) -> None:
        name, module = self._pop(), self._pop()
        self._global(module, name)

    def _reduce(self) -> None:
        arguments, builder = self._pop(), self._pop()
        if type(builder) is not Builder or type(arguments) is not tuple:
            raise refusal("load.pickle_call", kind=type(builder).__name__)
        self._push(builder.function(*arguments))

    def _build(self) -> None:
        """Only an OrderedDict has a state: the ``_metadata`` of a state dict, its layers' versions."""
        state, target = self._pop(), self._stack[-1]
        if type(target) is not OrderedDict or type(state) is not dict or not set(state) <= {"_metadata"}:
            raise refusal("load.pickle_state", kind=type(target).__name__)
        target.__dict__.update(state)


def _check_key(key: Any) -> None:
    """A key must be plain: to hash deeply nested tuples is to overflow Python's own stack."""
    parts = key if type(key) is tuple else (key,)
    if not all(type(part) in _PLAIN_KEYS for part in parts):
        raise TypeError(f"a key of type {type(key).__name__}")


_STEPS: dict[bytes, Callable[[PickleReader], Any]] = {
    # frames and protocols say nothing that matters here
    b"\x80": lambda r: r._take(1),
    b"\x95": lambda r: r._take(8),
    # values
    b"N": lambda r: r._push(None),
    b"\x88": lambda r: r._push(True),
    b"\x89": lambda r: r._push(False),
    b"K": lambda r: r._push(r._number("<B")),
    b"M": lambda r: r._push(r._number("<H")),
    b"J": lambda r: r._push(r._number("<i")),
    b"G": lambda r: r._push(r._number(">d")),
    b"\x8a": lambda r: r._integer("<B"),
    b"\x8b": lambda r: r._integer("<I"),
    b"X": lambda r: r._text("<I"),
    b"\x8c": lambda r: r._text("<B"),
    b"\x8d": lambda r: r._text("<Q"),
    b"T": lambda r: r._text("<I"),
    b"U": lambda r: r._text("<B"),
    b"B": lambda r: r._push(r._take(r._number("<I"))),
    b"C": lambda r: r._push(r._take(r._number("<B"))),
    b"\x8e": lambda r: r._push(r._take(r._number("<Q"))),
    # containers
    b"]": lambda r: r._push([]),
    b"}": lambda r: r._push({}),
    b")": lambda r: r._push(()),
    b"\x8f": lambda r: r._push(set()),
    b"(": lambda r: r._push(_MARK),
    b"\x85": lambda r: r._tuple(1),
    b"\x86": lambda r: r._tuple(2),
    b"\x87": lambda r: r._tuple(3),
    b"t": lambda r: r._push(tuple(r._pop_to_mark())),
    b"a": lambda r: r._append([r._pop()]),
    b"e": lambda r: r._append(r._pop_to_mark()),
    b"s": lambda r: r._set([r._pop(), r._pop()][::-1]),
    b"u": lambda r: r._set(r._pop_to_mark()),
    b"\x90": lambda r: r._add(r._pop_to_mark()),
    b"0": lambda r: r._stack.pop(),
    b"1": lambda r: r._pop_to_mark(),
    # values that come again
    b"q": lambda r: r._keep(r._number("<B")),
    b"r": lambda r: r._keep(r._number("<I")),
    b"\x94": lambda r: r._keep(len(r._memo)),
    b"h": lambda r: r._push(r._memo[r._number("<B")]),
    b"j": lambda r: r._push(r._memo[r._number("<I")]),
    # names, calls, states, and what stands outside
    b"c": lambda r: r._global(r._line(), r._line()),
    b"\x93": lambda r: r._stack_global(),
    b"R": lambda r: r._reduce(),
    b"b": lambda r: r._build(),
    b"Q": lambda r: r._push(r._load(r._pop())),
}
