"""The reference shows the names that programs write, and its table has every layer."""

from __future__ import annotations

import doctest
import importlib.util
import inspect
import re
import sys
from types import ModuleType

import pytest

from tests.docs.test_extensions import EXTENSIONS, Stub
from tinyconv import nn

REFERENCE = EXTENSIONS.parent / "api" / "nn.rst"
FOREIGN = ("docutils", "docutils.nodes", "docutils.parsers", "docutils.parsers.rst", "docutils.statemachine", "sphinx",
           "sphinx.application", "sphinx.directives", "sphinx.directives.code", "sphinx.transforms", "sphinx.util",
           "sphinx.util.docutils")  # fmt: skip


def loaded(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Import an extension, with stubs in the place of Sphinx."""
    for foreign in FOREIGN:
        monkeypatch.setitem(sys.modules, foreign, Stub(foreign))
    monkeypatch.syspath_prepend(EXTENSIONS)  # one extension may use another
    spec = importlib.util.spec_from_file_location(name, EXTENSIONS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def public_names(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return loaded("public_names", monkeypatch)


@pytest.mark.parametrize("name", ["public_names", "source_links", "notebooks"])
def test_examples_in_the_extensions(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    failures, tried = doctest.testmod(loaded(name, monkeypatch))
    assert tried
    assert not failures


def test_lines_are_counted_as_the_source_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """A class and its method that viewcode marks, as it does: in lines of its own, which are not the source's."""
    lines = ["import a", "", "class A:", "    b = 1", "", "    def f(self):", "        pass", "", "c = 2"]
    shown = list(lines)
    for name, start, end in (("A", 2, 6), ("A.f", 5, 6)):
        opening = f'<div class="viewcode-block" id="{name}">\n<a class="viewcode-back" href="x">[docs]</a>\n'
        shown[start] = opening + shown[start]
        shown[end] += "</div>\n"
    page = "<h1>a</h1><div><pre>\n" + "\n".join(shown) + "\n</pre></div>"
    marked = loaded("source_links", monkeypatch).with_anchors(page)
    pieces = re.split(r'<span class="line" id="line-(\d+)"></span>', marked)
    assert [int(number) for number in pieces[1::2]] == list(range(1, len(lines) + 1))
    assert [re.sub("<.*?>", "", piece.partition("\n")[0]) for piece in pieces[2::2]] == lines


@pytest.mark.parametrize(
    ("defined", "written"),
    [
        ("tinyconv.nn.conv Conv2d", "nn.Conv2d"),
        ("tinyconv.nn.module Module", "nn.Module"),
        ("tinyconv.nn.functional relu", "F.relu"),
        ("tinyconv.nn.init xavier_normal_", "nn.init.xavier_normal_"),
        ("tinyconv.ops.elementwise add", "tc.add"),
        ("tinyconv.autograd.tensor Tensor", "tc.Tensor"),
        ("tinyconv.optim.sgd SGD", "tc.optim.SGD"),
        ("tinyconv.optim.lr_scheduler StepLR", "tc.optim.lr_scheduler.StepLR"),
        ("tinyconv.data.loader DataLoader", "tinyconv.data.DataLoader"),
        ("tinyconv.kernels.conv_cpu convolve_input_grad", "tinyconv.kernels.conv_cpu.convolve_input_grad"),
    ],
)
def test_names_as_programs_write_them(public_names: ModuleType, defined: str, written: str) -> None:
    module, name = defined.split()
    assert f"{public_names.shown(public_names.place(module, name))}.{name}" == written


def test_names_in_the_index(public_names: ModuleType) -> None:
    indexed = public_names._indexed
    assert indexed("Conv2d (class in tinyconv.nn.conv)", "tinyconv.nn.conv.Conv2d") == "Conv2d (class in tinyconv.nn)"
    assert indexed("step() (SGD method)", "tinyconv.optim.sgd.SGD.step") == "step() (SGD method)"


def subjects() -> dict[str, list[str]]:
    """The lines of the table in the reference."""
    lines = re.findall(r"^   ([\w ]+): ([\w ]+)$", REFERENCE.read_text(encoding="utf-8"), re.MULTILINE)
    return {title: modules.split() for title, modules in lines}


def test_every_layer_is_in_the_table_once(public_names: ModuleType) -> None:
    modules = [module for modules in subjects().values() for module in modules]
    listed = [name for family in public_names.families(modules) for name in family]
    layers = [name for name, item in vars(nn).items() if inspect.isclass(item) and not name.startswith("_")]
    assert len(layers) > 100
    assert sorted(listed) == sorted(layers)


def test_every_module_of_the_table_is_described_below_it() -> None:
    described = re.findall(r"automodule:: tinyconv\.nn\.(\w+)", REFERENCE.read_text(encoding="utf-8"))
    assert len(described) == len(set(described))
    assert {module for modules in subjects().values() for module in modules} <= set(described)


def test_layers_that_differ_in_their_axes_share_a_line(public_names: ModuleType) -> None:
    assert public_names.rows(["Dropout1d", "Dropout2d", "Dropout3d"]) == [
        "   * - :class:`nn.Dropout1d <tinyconv.nn.dropout.Dropout1d>`, :class:`2d <tinyconv.nn.dropout.Dropout2d>`, "
        ":class:`3d <tinyconv.nn.dropout.Dropout3d>`",
        "     - Zeroes whole channels of ``(N, C, H, W)`` with probability `p` in training.",
    ]
    assert ["Dropout"] in list(public_names.families(["dropout"]))
