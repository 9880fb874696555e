"""What readers are told to install is what works from a clone: the package is on no index."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tinyconv.errors.install import install

ROOT = Path(__file__).parents[2]
FOLDERS = ("tinyconv", "docs", "examples")
TEXTS = [
    path
    for path in (*ROOT.glob("README*"), *(path for name in FOLDERS for path in ROOT.joinpath(name).rglob("*")))
    if path.suffix in {".py", ".md", ".rst", ".html", ".txt", ".toml", ".sh", ".yml"} and "_build" not in path.parts
]
SOURCES = [path for path in TEXTS if path.suffix == ".py" and path.name != "install.py" and "docs" not in path.parts]
EXTRAS = re.compile(r"""(?:pip install [^\n`]*?['"]\.\[|\binstall\(['"])([\w,]+)""")  # in words, or asked for


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def spoken(tree: ast.AST) -> Iterator[str]:
    """The strings of a source that are no docstrings."""
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def test_the_texts_are_found() -> None:
    names = {name_of(path) for path in TEXTS}
    assert names >= {"README.md", "README.zh.md", "docs/zh/15-gpu.md", "docs/api/vision.rst", "tinyconv/__main__.py"}


def test_nobody_is_sent_to_an_index_for_an_extra() -> None:
    assert [name_of(path) for path in TEXTS if "tinyconv[" in path.read_text("utf-8")] == []


def test_code_says_how_to_install_an_extra_through_one_function() -> None:
    trees = {name_of(path): ast.parse(path.read_text("utf-8")) for path in SOURCES}
    wrong = {name for name, tree in trees.items() if any(re.search(r"pip install\W+\.\[", s) for s in spoken(tree))}
    assert wrong == set()


@pytest.mark.parametrize("path", TEXTS, ids=name_of)
def test_the_extras_exist(path: Path) -> None:
    table = ROOT.joinpath("pyproject.toml").read_text("utf-8").split("[project.optional-dependencies]")[1]
    known = set(re.findall(r"^(\w+) = \[", table.split("\n[")[0], re.MULTILINE))
    named = {extra for extras in EXTRAS.findall(path.read_text("utf-8")) for extra in extras.split(",")}
    assert named <= known


def test_the_words() -> None:
    assert install("mpi,examples") == 'pip install ".[mpi,examples]"'
    assert EXTRAS.findall(install("mpi,examples")) == EXTRAS.findall("{install('mpi,examples')}") == ["mpi,examples"]
