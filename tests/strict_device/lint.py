"""The static half of the check, for lines that no test runs.

Every ``xp.name(...)`` must be a name that CuPy has, called with keywords that CuPy takes, and no function of
NumPy may be called in device code::

    python -m tests.strict_device.lint tinyconv/ops tinyconv/kernels

Files with ``_cpu`` in their name are NumPy's own fast path, and may call what they like; so may those in
``HOST_FILES``.  A single line of host code is excused by a comment that says why, as in
``np.zeros(3)  # host: a table of sizes``.
"""

from __future__ import annotations

import ast
import inspect
import pathlib
import re
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tests.strict_device import rules
from tests.strict_device.spec import API, CUPY_VERSION, call_signature, kind_of, ufunc_spec

SECTIONS = ("lib.stride_tricks", "linalg")
OWN_NAMES = {"ndarray", "ufunc", "asnumpy", "get_array_module", "__name__"}  # of CuPy alone, or of both
DEVICE_RANDOM = {"random.default_rng"}  # every other draw is made on the host

# NumPy's functions that compute with dtypes and Python numbers, never with an array's elements.
HOST_FUNCTIONS = {
    "dtype",
    "finfo",
    "iinfo",
    "isscalar",
    "issubdtype",
    "promote_types",
    "result_type",  # of dtypes
    "errstate",  # harmless: a GPU never warns
    "float16",
    "float32",
    "float64",
    "int64",
}

HOST_FILES = {
    "threads",
    "gemm",
    *("conv_" + form for form in ("channels", "columns", "mirrored", "planes", "pointwise", "rows", "weight_grad")),
}  # the CPU path

HOST_COMMENT = re.compile(r"#\s*host: \S")


class Finding(NamedTuple):
    """One line of device code that would not run on CuPy."""

    path: pathlib.Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


def dotted_name(node: ast.AST) -> list[str]:
    """Give ``['xp', 'linalg', 'norm']`` for ``xp.linalg.norm``, also for ``device.xp.linalg.norm``.

    ``get_array_module(x).zeros`` counts as ``xp.zeros``.  Anything else gives ``[]``.
    """
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    if isinstance(node, ast.Call):
        function = dotted_name(node.func) or [getattr(node.func, "id", "")]
        return ["xp", *parts] if function[-1] == "get_array_module" else []
    if not isinstance(node, ast.Name):
        return []
    parts.insert(0, node.id)
    return parts[parts.index("xp") :] if "xp" in parts else parts


def entry_of(name: list[str]) -> str | None:
    """Find the entry of ``['linalg', 'norm']`` in ``api.json``."""
    dotted = ".".join(name)
    for section in SECTIONS:
        if dotted.startswith(section + "."):
            return API[section].get(dotted[len(section) + 1 :])
    return API[""].get(name[0])


def unknown_keywords(entry: str, call: ast.Call) -> set[str]:
    """Give the keywords of `call` that CuPy's function does not take."""
    given = {keyword.arg for keyword in call.keywords if keyword.arg is not None}
    if kind_of(entry) == "ufunc":
        return given - {"out", "dtype", "casting"}
    if kind_of(entry) != "call":
        return set()
    parameters = call_signature(entry).parameters.values()
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters):
        return set()
    return given - {parameter.name for parameter in parameters}


def lacks_method(entry: str, method: str) -> bool:
    """Tell whether CuPy refuses ``ufunc.method`` whatever the arguments."""
    spec = ufunc_spec(entry)
    if method == "at":
        return spec.at not in rules.AT_DTYPES
    return method in ("reduce", "accumulate", "reduceat") and not spec.reduce


def check_xp(name: list[str], call: ast.Call | None) -> str | None:
    """Say what is wrong with ``xp.<name>``, or with calling it like that; None if nothing is."""
    dotted = ".".join(name)
    if name[0] in OWN_NAMES or dotted in SECTIONS or dotted in DEVICE_RANDOM or dotted in ("lib", "random"):
        return None
    entry = entry_of(name)
    if entry is None:
        return f"xp.{dotted} is not in CuPy {CUPY_VERSION}, or not in the strict device"
    is_ufunc = kind_of(entry) == "ufunc"
    if is_ufunc and len(name) == 2:
        return f"xp.{dotted} is not supported by CuPy" if lacks_method(entry, name[1]) else None
    bad = unknown_keywords(entry, call) if call else set()
    return f"xp.{dotted}: CuPy takes no {', '.join(sorted(bad))}" if bad else None


def check_file(path: pathlib.Path) -> Iterator[Finding]:
    """Find what is wrong in one file of device code."""
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    tree = ast.parse(source)
    calls = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute):
            continue
        name = dotted_name(node)
        if len(name) < 2 or HOST_COMMENT.search(lines[node.lineno - 1]):
            continue
        call = calls.get(id(node))
        message = None
        if name[0] == "xp":
            message = check_xp(name[1:], call)
        elif name[0] in ("np", "numpy") and call and name[1] not in HOST_FUNCTIONS:
            message = f"{'.'.join(name)}() in device code: use xp, or say '# host: why'"
        if message:
            yield Finding(path, node.lineno, message)


def device_files(paths: Iterable[pathlib.Path]) -> list[pathlib.Path]:
    """List the files of device code among `paths`, folders searched through."""
    files = [file for path in paths for file in (sorted(path.rglob("*.py")) if path.is_dir() else [path])]
    return [file for file in files if "_cpu" not in file.stem and file.stem not in HOST_FILES]


def lint(paths: Iterable[pathlib.Path]) -> list[Finding]:
    """Find what is wrong in the device code among `paths`."""
    findings = [finding for path in device_files(paths) for finding in check_file(path)]
    return sorted(set(findings))  # one line may hold the same call twice


def main() -> int:
    findings = lint(map(pathlib.Path, sys.argv[1:]))
    print("\n".join(map(str, findings)) or "device code: nothing found")
    return int(bool(findings))


if __name__ == "__main__":
    sys.exit(main())
