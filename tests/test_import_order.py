"""An import goes down only: no file of the package is needed by one that it needs itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import tinyconv

PACKAGE = Path(tinyconv.__file__).parent


def modules() -> dict[str, Path]:
    names = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return names


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """What runs when a file is imported; not what only a type checker reads, nor the inside of functions."""
    for statement in body:
        if isinstance(statement, ast.If):
            only_types = "TYPE_CHECKING" in ast.dump(statement.test)
            yield from statements(statement.orelse if only_types else statement.body + statement.orelse)
        elif isinstance(statement, ast.Try):
            yield from statements(statement.body)
        else:
            yield statement


def needs(name: str, path: Path, known: dict[str, Path]) -> set[str]:
    """The files of the package that `name` imports; names of a package's __init__ lead to the package."""
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    found: set[str] = set()
    for statement in statements(ast.parse(path.read_text("utf-8")).body):
        if isinstance(statement, ast.ImportFrom):
            base = package[: len(package) - statement.level + 1] if statement.level else []
            module = ".".join(base + (statement.module.split(".") if statement.module else []))
            parts = [f"{module}.{alias.name}" for alias in statement.names]
            found |= {part if part in known else module for part in parts}
        elif isinstance(statement, ast.Import):
            found |= {alias.name for alias in statement.names}
    return {other for other in found if other in known and other != name}


def circles(graph: dict[str, set[str]]) -> set[str]:
    """What is left when files that need nothing (left) are taken away, again and again, from both ends."""
    left = {name: set(targets) for name, targets in graph.items()}
    while True:
        needed = set().union(*left.values()) if left else set()
        ends = {name for name, targets in left.items() if not targets or name not in needed}
        if not ends:
            return set(left)
        left = {name: targets - ends for name, targets in left.items() if name not in ends}


def test_circles_are_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == {"b", "c"}
    assert circles({"a": {"b"}, "b": set()}) == set()


def test_no_circle_of_imports() -> None:
    known = modules()
    graph = {name: needs(name, path, known) for name, path in known.items()}
    assert len(graph) > 100
    assert circles(graph) == set()
