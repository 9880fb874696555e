"""The reference under the names that programs write: ``nn.Conv2d``, not ``tinyconv.nn.conv.Conv2d``.

Descriptions keep their addresses and are shown, and indexed, as part of the outermost package that offers them.  And a
directive makes the table of layers::

    .. layers::

       Convolution: conv
       Normalisation: norm lazy_norm

a line for each subject, with the modules of ``tinyconv.nn`` that belong to it; what no line names stands at the end.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterable, Iterator
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

from tinyconv import nn

FUNCTIONS = "tinyconv.nn.functional"
FAMILY = re.compile(r"(.*?)([123]d)?")


def place(module: str, name: str) -> str:
    """Give the outermost package that offers what a module defines; the module itself if none does.

    Examples
    --------
    >>> place("tinyconv.nn.conv", "Conv2d"), place("tinyconv.ops.elementwise", "add")
    ('tinyconv.nn', 'tinyconv')
    >>> place("tinyconv.nn.functional", "relu"), place("tinyconv.nn.init", "ones_")
    ('tinyconv.nn.functional', 'tinyconv.nn.init')
    """
    if module == FUNCTIONS:
        return module
    item = getattr(importlib.import_module(module), name, None)
    parts = module.split(".")
    outer = [".".join(parts[:i]) for i in range(1, len(parts))]
    for package in [*outer, FUNCTIONS]:
        if item is not None and getattr(importlib.import_module(package), name, None) is item:
            return package
    return module


def shown(package: str) -> str:
    """Write a package as programs do.

    Examples
    --------
    >>> [shown(name) for name in ("tinyconv", "tinyconv.nn", "tinyconv.nn.init", "tinyconv.optim", "tinyconv.data")]
    ['tc', 'nn', 'nn.init', 'tc.optim', 'tinyconv.data']
    """
    if package == FUNCTIONS:
        return "F"
    short = re.sub(r"^tinyconv\.(?=nn\b)", "", package)
    return re.sub(r"^tinyconv(?=$|\.optim\b|\.autograd\b)", "tc", short)  # else as an import says it


class PublicNames(SphinxTransform):
    """Show the public names in the descriptions of one page, and in their entries of the index."""

    default_priority = 840  # the index is made at 850

    def apply(self) -> None:
        """Change the page."""
        rename(self.document)


def rename(page: nodes.document) -> None:
    """Change the names on one page."""
    for signature in page.findall(addnodes.desc_signature):
        module = signature.get("module") or ""
        for prefix in signature.findall(addnodes.desc_addname):
            if module.startswith("tinyconv") and prefix.astext() == f"{module}.":
                package = place(module, signature["fullname"].partition(".")[0])
                prefix.children = [nodes.Text(f"{shown(package)}.")]
    for index in page.findall(addnodes.index):
        index["entries"] = [
            (kind, _indexed(text, target), target, *rest) for kind, text, target, *rest in index["entries"]
        ]


def _indexed(text: str, target: str) -> str:
    """``Conv2d (class in tinyconv.nn.conv)`` with the package in place of the module."""
    match = re.fullmatch(r"(.*\(.*\b)in (tinyconv(?:\.\w+)*)\)", text)
    if not match or not target.startswith(f"{match[2]}."):
        return text
    name = target.removeprefix(f"{match[2]}.").partition(".")[0]
    return f"{match[1]}in {place(match[2], name)})"


# --- the table of layers -----------------------------------------------------------------------------


def families(modules: Iterable[str]) -> Iterator[list[str]]:
    """Give the layers of some modules, those together that differ in their number of axes alone.

    Examples
    --------
    >>> next(families(["conv"]))
    ['Conv1d', 'Conv2d', 'Conv3d']
    """
    found: dict[str, list[str]] = {}
    for module in modules:
        for name, layer in vars(importlib.import_module(f"tinyconv.nn.{module}")).items():
            if inspect.isclass(layer) and layer is getattr(nn, name, None) and layer.__module__.endswith(f".{module}"):
                stem, axes = FAMILY.fullmatch(name).groups()
                found.setdefault(f"{stem}*" if axes else stem, []).append(name)
    yield from found.values()


def rows(family: list[str]) -> list[str]:
    """One line of the table, as reStructuredText."""
    addresses = [f"{getattr(nn, name).__module__}.{name}" for name in family]
    texts = [f"nn.{family[0]}", *(FAMILY.fullmatch(name)[2] for name in family[1:])]
    links = [f":class:`{text} <{address}>`" for text, address in zip(texts, addresses)]
    usual = next((name for name in family if name.endswith("2d")), family[0])
    words = getattr(nn, usual).__doc__.strip().splitlines()[0].partition(";")[0].removesuffix(".")
    plain = re.sub(r":class:`([^`]*)`", r"``\1``", words)
    return [f"   * - {', '.join(links)}", f"     - {plain}."]


class Layers(Directive):
    """``layers``."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Make one table for each subject."""
        subjects = {title: modules.split() for title, _, modules in (line.partition(": ") for line in self.content)}
        named = {module for modules in subjects.values() for module in modules}
        layers = {layer.__module__ for layer in vars(nn).values() if inspect.isclass(layer)}
        more = sorted(module.rpartition(".")[2] for module in layers if module.startswith("tinyconv.nn."))
        subjects["More"] = [module for module in more if module not in named and module not in ("layer", "lazy")]
        lines = []
        for title, modules in subjects.items():
            body = [line for family in families(modules) for line in rows(family)]
            if body:
                lines += [
                    f".. rubric:: {title}",
                    "",
                    ".. list-table::",
                    "   :class: layers",
                    "   :widths: 2 3",
                    "",
                    *body,
                    "",
                ]
        parent = nodes.container()
        self.state.nested_parse(StringList(lines, source="layers"), 0, parent)
        return parent.children


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_directive("layers", Layers)
    app.add_transform(PublicNames)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
