"""Modules that hold other modules: Sequential, ModuleList and ModuleDict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import count, groupby
from typing import Any

from ..errors import refusal
from .module import Module, indented

__all__ = ["ModuleDict", "ModuleList", "Sequential"]


class Sequential(Module):
    """Modules called one after the other.

    Parameters
    ----------
    *modules : Module, or one dict of them
        A dict gives them names instead of numbers.

    Examples
    --------
    >>> import tinyconv as tc
    >>> from tinyconv import nn
    >>> nn.Sequential(nn.Linear(2, 3), nn.ReLU())(tc.zeros(1, 2)).shape
    (1, 3)
    """

    def __init__(self, *modules: Any):
        super().__init__()
        named = modules[0] if len(modules) == 1 and isinstance(modules[0], Mapping) else enumerate(modules)
        for name, module in named.items() if isinstance(named, Mapping) else named:
            self.add_module(str(name), module)

    def forward(self, x: Any) -> Any:
        """Call each module on the result of the one before."""
        for module in self._modules.values():
            x = module(x)
        return x

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules.values())

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(dict(list(self._modules.items())[index]))
        if not -len(self) <= index < len(self):
            raise refusal("module.index", module=self, index=index, count=len(self))
        return list(self._modules.values())[index]

    def __setitem__(self, index: int, module: Module) -> None:
        self.add_module(list(self._modules)[index], module)

    def __delitem__(self, index: Any) -> None:
        names = list(self._modules)[index]
        for name in names if isinstance(names, list) else [names]:
            del self._modules[name]
        self._arrange(list(self._modules.items()))

    def _arrange(self, items: list[tuple[str, Any]]) -> None:
        """Put the modules in this order, numbered anew; names that were given stay."""
        if all(name.isdecimal() for name, _ in items):
            items = [(str(i), module) for i, (_, module) in enumerate(items)]
        self._modules.clear()
        self._modules.update(items)

    def append(self, module: Module) -> Sequential:
        """Add a module at the end, under the first free number (a slice's numbers do not start at 0)."""
        self.add_module(next(name for name in map(str, count(len(self))) if name not in self._modules), module)
        return self

    def extend(self, sequential: Iterable[Module]) -> Sequential:
        """Add modules at the end."""
        for module in sequential:
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> Sequential:
        """Put a module before the one at `index`."""
        self.append(module)
        *items, new = self._modules.items()
        items.insert(index, new)
        self._arrange(items)
        return self

    def pop(self, key: int) -> Module:
        """Take a module out, and give it."""
        module = self[key]
        del self[key]
        return module


class ModuleList(Module):
    """A list of modules; it has no forward of its own.

    Examples
    --------
    >>> from tinyconv import nn
    >>> len(nn.ModuleList([nn.Linear(2, 2) for _ in range(3)]))
    3
    """

    def __init__(self, modules: Iterable[Module] = ()):
        super().__init__()
        self.extend(modules)

    def append(self, module: Module) -> ModuleList:
        """Add a module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> ModuleList:
        """Add modules at the end."""
        for module in modules:
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> None:
        """Put a module before the one at `index`."""
        items = list(self._modules.values())
        items.insert(index, module)
        self._modules.clear()
        self.extend(items)

    def pop(self, key: int) -> Module:
        """Take a module out, and give it."""
        module = self[key]
        del self[key]
        return module

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules.values())

    def __getitem__(self, index: Any) -> Any:
        items = list(self._modules.values())
        return ModuleList(items[index]) if isinstance(index, slice) else items[index]

    def __setitem__(self, index: int, module: Module) -> None:
        self.add_module(list(self._modules)[index], module)

    def __delitem__(self, index: Any) -> None:
        items = list(self._modules.values())
        del items[index]
        self._modules.clear()
        self.extend(items)

    def __repr__(self) -> str:
        """Print a run of modules that look alike once, with its length."""
        lines, start = [], 0
        for text, run in groupby(map(repr, self)):
            stop = start + len(list(run))
            several = f"({start}-{stop - 1}): {stop - start} x {text}"
            lines.append(indented(f"({start}): {text}" if stop - start == 1 else several))
            start = stop
        return "\n  ".join([f"{type(self).__name__}(", *lines]) + ("\n)" if lines else ")")


class ModuleDict(Module):
    """A dict of modules; it has no forward of its own.

    Examples
    --------
    >>> from tinyconv import nn
    >>> list(nn.ModuleDict({"a": nn.ReLU(), "b": nn.Tanh()}).keys())
    ['a', 'b']
    """

    def __init__(self, modules: Mapping[str, Module] | None = None):
        super().__init__()
        self.update(modules or {})

    def update(self, modules: Mapping[str, Module]) -> None:
        """Add modules under their names, in the place of those that had them."""
        for name, module in modules.items():
            self.add_module(name, module)

    def pop(self, key: str) -> Module:
        """Take a module out, and give it."""
        return self._modules.pop(key)

    def clear(self) -> None:
        """Take all modules out."""
        self._modules.clear()

    def __getitem__(self, key: str) -> Module:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: str) -> bool:
        return key in self._modules

    def keys(self) -> Iterable[str]:
        """Give the names."""
        return self._modules.keys()

    def values(self) -> Iterable[Module]:
        """Give the modules."""
        return self._modules.values()

    def items(self) -> Iterable[tuple[str, Module]]:
        """Give names and modules."""
        return self._modules.items()
