"""Parameter names, order and defaults are PyTorch's; each difference stands in a table with its reason."""

from __future__ import annotations

import ast
import inspect
import json
from pathlib import Path
from typing import Any

import pytest

import tinyconv as tc
from tests.names.differences import DIFFERENCES, NOT_HERE
from tests.names.rooms import ROOMS, found

SIGNATURES = json.loads((Path(__file__).parent / "recorded.json").read_text())["signatures"]
CASES = [(room, name) for room in ROOMS for name in SIGNATURES[room]]


def overload(text: str) -> tuple[list[str], dict[str, Any], set[str]]:
    """The names by position, the defaults, and all names of a recorded signature."""
    arguments = ast.parse(f"def f({text}): ...").body[0].args  # type: ignore[attr-defined]
    positional = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    defaults = dict(zip(positional[::-1], arguments.defaults[::-1]))
    defaults |= {a.arg: d for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults) if d is not None}
    rest = [arguments.vararg.arg] if arguments.vararg else []
    names = {*positional, *rest, *(a.arg for a in arguments.kwonlyargs)} - NOT_HERE
    return [name for name in positional + rest if name not in NOT_HERE], defaults, names


def literal(node: ast.AST) -> Any:
    try:
        return ast.literal_eval(node)  # type: ignore[arg-type]
    except ValueError:
        return ...  # an expression of PyTorch's


def differences(room: str, name: str) -> list[str]:
    """What a call in PyTorch's words would meet here."""
    parameters = dict(inspect.signature(getattr(found(tc, room), name)).parameters)
    if room == "Tensor":
        parameters.pop(next(iter(parameters), ""), None)
    by_position = [p.name for p in parameters.values() if p.kind in (p.POSITIONAL_OR_KEYWORD, p.VAR_POSITIONAL)]
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()) and "args" in parameters:
        return ["its parameters have no names"]
    told = []
    for text in SIGNATURES[room][name]:
        positional, defaults, names = overload(text)
        told += [f"no {missing}" for missing in sorted(names - parameters.keys())]
        common = [p for p in positional if p in by_position]
        if common != by_position[: len(common)] and len(SIGNATURES[room][name]) == 1:
            told.append(f"order {by_position} for {positional}")
        for key, node in defaults.items():
            own, theirs = getattr(parameters.get(key), "default", None), literal(node)
            if key in names and theirs is not ... and own is not inspect.Parameter.empty and not same(own, theirs):
                told.append(f"{key}={own!r} for {theirs!r}")
    return sorted(set(told))


def same(own: Any, theirs: Any) -> bool:
    return own == theirs or (own is None) == (theirs is None) == True or theirs is ...  # noqa: E712


@pytest.mark.parametrize(("room", "name"), CASES, ids=[f"{room}.{name}".lstrip(".") for room, name in CASES])
def test_a_call_in_pytorchs_words_is_understood(room: str, name: str) -> None:
    if room.startswith("vision"):
        pytest.importorskip("PIL")
    place = f"{room}.{name}".lstrip(".")
    if place in DIFFERENCES:
        assert differences(room, name), "no difference any more: take it off the table"
    else:
        assert not differences(room, name)


def test_no_difference_stands_for_a_name_that_is_not_recorded() -> None:
    assert set(DIFFERENCES) <= {f"{room}.{name}".lstrip(".") for room, name in CASES}
