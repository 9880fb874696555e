"""Write PyTorch's public names and signatures: ``python -m tests.names.record`` with PyTorch 2.13 and its torchvision.

The names go to ``tinyconv/pytorch_names.json``, which tells tinyconv what is PyTorch's and not offered here; the
signatures of those that tinyconv offers go beside this file.  Functions written in C have theirs in PyTorch's stubs.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import warnings
from enum import EnumMeta
from pathlib import Path
from types import ModuleType
from typing import Any

import tinyconv
from tests.names.rooms import ROOMS, found

HERE = Path(__file__).parent
NAMES = Path(tinyconv.__file__).with_name("pytorch_names.json")


def stubs(path: Path, cls: str = "") -> dict[str, list[str]]:
    """The signatures in a stub file, each overload as text."""
    body = ast.parse(path.read_text()).body
    if cls:
        body = next(node for node in body if isinstance(node, ast.ClassDef) and node.name == cls).body
    signatures: dict[str, list[str]] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef):
            for argument in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg]:
                if argument is not None:
                    argument.annotation = None
            text = ast.unparse(node.args).replace("self, ", "", 1) if cls else ast.unparse(node.args)
            signatures.setdefault(node.name, []).append("" if text in ("self", "self, /") else text)
    return signatures


def written(thing: Any) -> list[str] | None:
    """The signature of what is written in Python."""
    try:
        parameters = [p.replace(annotation=p.empty) for p in inspect.signature(thing).parameters.values()]
    except (TypeError, ValueError):
        return None
    text = str(inspect.Signature([p for p in parameters if p.name != "self"]))[1:-1]
    return [re.sub(r"<[^<>]*>", "...", text)]  # a default that is an object


def is_theirs(thing: Any) -> bool:
    """Is it a function or a class of PyTorch's, and nothing imported?

    An enumeration is called as Python says, which differs between its versions; a dtype is not called at all.
    """
    if isinstance(thing, EnumMeta) or getattr(thing, "__name__", "") == "dtype":
        return False
    return callable(thing) and not str(getattr(thing, "__module__", "")).startswith(
        ("typing", "collections", "functools")
    )


def is_public(thing: Any, name: str, room: str) -> bool:
    """Is it a name of PyTorch's, and no module, type or number of Python's that stands beside?"""
    if name.startswith("_") or (name == "Tensor" and room) or thing is None:
        return False
    if isinstance(thing, ModuleType):
        own = thing.__name__.startswith(("torch.", "torchvision."))
        return own and (not room.startswith("vision") or hasattr(thing, "__path__"))  # their files are no names
    home = getattr(thing, "__module__", None) or "torch"
    if isinstance(thing, type):
        return home.startswith("torch")
    return home.startswith(("torch", "builtins")) and (room == "" or not isinstance(thing, (dict, float, str, bool)))


def main() -> None:
    import torch

    warnings.simplefilter("ignore")
    base = Path(torch.__file__).parent / "_C"
    in_c = {**stubs(base / "_nn.pyi"), **stubs(base / "_VariableFunctions.pyi")}
    methods = stubs(base / "__init__.pyi", "TensorBase")
    names, signatures = {}, {}
    for room in ROOMS:
        theirs = found(torch, room)
        names[room] = sorted(name for name in dir(theirs) if is_public(getattr(theirs, name, None), name, room))
        ours = found(tinyconv, room)
        offered = [
            name for name in names[room] if callable(getattr(ours, name, None)) and is_theirs(getattr(theirs, name))
        ]
        known = methods if room == "Tensor" else in_c
        told = {name: written(getattr(theirs, name)) or known.get(name) for name in offered}
        signatures[room] = {name: texts for name, texts in told.items() if texts}
    NAMES.write_text(json.dumps(names, separators=(",", ":")) + "\n")
    lines = {"torch": torch.__version__, "signatures": signatures}
    (HERE / "recorded.json").write_text(json.dumps(lines, indent=1) + "\n")


if __name__ == "__main__":
    main()
