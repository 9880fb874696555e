"""The help of every command: in both languages, and nothing in English alone."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.examples.words import EXAMPLES, HAN, HELP

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted(p for p in EXAMPLES.glob("**/*.py") if '__name__ == "__main__"' in p.read_text("utf-8"))


def options(folder: Path) -> Iterator[tuple[str, ast.expr | None]]:
    """Every option that a parser gets, and what its help is."""
    for path in sorted(folder.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "attr", "") in ("add_argument", "add_parser"):
                helps = [keyword.value for keyword in call.keywords if keyword.arg == "help"]
                yield f"{path.relative_to(ROOT).as_posix()}:{call.lineno}", helps[0] if helps else None


def texts_of_examples() -> Iterator[tuple[str, str]]:
    """Every text that an example's help shows, as it stands in the source."""
    for path in sorted(EXAMPLES.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        place = path.relative_to(ROOT).as_posix()
        if path in SCRIPTS:
            yield place, (ast.get_docstring(tree) or "").partition("\n")[0]
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield from ((place, text) for text in texts_of_call(node))


def texts_of_call(call: ast.Call) -> Iterator[str]:
    for keyword in call.keywords:
        if keyword.arg == "help" and isinstance(keyword.value, ast.Constant):
            yield keyword.value.value
    if getattr(call.func, "attr", "") == "add_out" and isinstance(call.args[2], ast.Constant):
        yield f"folder for {call.args[2].value}"
    if getattr(call.func, "attr", "") == "add_option":
        yield ast.literal_eval(call.args[2])


def test_every_option_has_a_help() -> None:
    assert SCRIPTS
    assert not [place for folder in ("examples", "tinyconv") for place, text in options(ROOT / folder) if text is None]


def test_the_package_says_its_help_by_phrases() -> None:
    """A text that stands in the source is English alone."""
    given = list(options(ROOT / "tinyconv"))
    assert given
    assert not [place for place, text in given if getattr(getattr(text, "func", None), "id", "") != "phrase"]


def test_no_help_of_the_examples_is_english_alone() -> None:
    found = list(texts_of_examples())
    assert len(found) > 40
    assert not [f"{place}: {text}" for place, text in found if text not in HELP and not HAN.search(text)]


def test_no_chinese_help_is_left_over() -> None:
    assert not HELP.keys() - {text for _, text in texts_of_examples()} - {"language: en or zh"}
    assert all(HAN.search(chinese) or chinese == english.replace(", ", "、") for english, chinese in HELP.items())


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_its_help_in_chinese_leaves_no_english(script: Path) -> None:
    if script.stem in ("train_mnist_mpi", "mpi_scaling"):
        pytest.importorskip("mpi4py")
    command = [sys.executable, str(script), "--lang", "zh", "--help"]
    done = subprocess.run(
        command, capture_output=True, encoding="utf-8", timeout=120, env={**os.environ, "PYTHONIOENCODING": "utf-8"}
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"用法：{script.name}")
    for entry in re.split(r"^  (?=-)", done.stdout.partition("选项:")[2], flags=re.MULTILINE)[1:]:
        assert HAN.search(entry)
        assert not re.search(r"\b(the|of|and|is|to|a|in|with|for|all|or more)\b", entry)
