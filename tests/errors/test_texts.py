"""The catalogue of texts: whole in both languages, and the same as what the sources ask of it."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import tinyconv as tc
from tinyconv.errors.texts import PHRASES, ROOMS, TEXTS
from tinyconv.errors.texts.text import Phrase, Text

HAN = re.compile("[\u4e00-\u9fff]")
PACKAGE = Path(tc.__file__).parent
SOURCES = {
    path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text("utf-8"))
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.parent.name != "texts"
}
ALL = {**TEXTS, **PHRASES}
# templates that say nothing in words of their own, or everything in both languages
WORDLESS, BILINGUAL = {"load.refused", "argument.none", "cause.told"}, {"language.unknown"}
# types whose texts are for programmers of the package
UNTOLD = {"AssertionError", "StopIteration"}
# files that raise without a text of the catalogue, and why
WITHOUT_A_TEXT = {
    "distributed/optimizer.py": "an attribute's bare name, for getattr",
    "kernels/cuda/program.py": "a mistake in a launcher of the package",
    "serialization/pickles.py": "what is wrong in a file, told behind the file's name",
    "serialization/torch_files.py": "what is wrong in a file, told behind the file's name",
    "onnx/files.py": "a text that was told, with the file's name in front",
}


def fields(template: str) -> set[tuple[str, str | None, str | None]]:
    """What a template shows: each field's path, conversion and format."""
    return {(name, conversion, form) for _, name, form, conversion in string.Formatter().parse(template) if name}


def arguments(text: Text | Phrase) -> set[str]:
    """The values that a text needs, by name."""
    return {re.split(r"[.\[]", name)[0] for name, _, _ in fields(text.en)}


# --- both languages -----------------------------------------------------------------------------------


def test_no_room_hides_a_text_of_another() -> None:
    names = [name for room in ROOMS for name in (*room.TEXTS, *getattr(room, "PHRASES", ()))]
    assert sorted(names) == sorted(ALL)
    assert all(re.fullmatch(r"[a-z_0-9]+\.[a-z_0-9]+", name) for name in names)


@pytest.mark.parametrize("name", ALL)
def test_both_languages_show_the_same_values(name: str) -> None:
    assert fields(ALL[name].zh) == fields(ALL[name].en)


@pytest.mark.parametrize("name", sorted(ALL.keys() - WORDLESS))
def test_each_language_speaks_for_itself(name: str) -> None:
    text = ALL[name]
    assert HAN.search(text.zh)
    assert name in BILINGUAL or not HAN.search(text.en)
    assert not re.search("[，。：；？（）、]", text.en) or name in BILINGUAL


@pytest.mark.parametrize("name", ALL)
def test_code_and_names_of_arguments_are_the_same_in_chinese(name: str) -> None:
    text = ALL[name]
    code = r"\w+=[\w']+|\bx\.\w+\([\d, ]*\)|\w+\((?!s\))\w+\)|'[\w\[\]]+'|\w+\.\w+\(\)"  # key(s) is none
    shown = re.sub(r"\{[^}]*\}", "0", text.en), re.sub(r"\{[^}]*\}", "0", text.zh)
    english, chinese = (set(re.findall(code, words, re.ASCII)) for words in shown)
    assert english <= chinese


@pytest.mark.parametrize("name", sorted(ALL.keys() - BILINGUAL))
def test_punctuation_of_chinese_is_full_width(name: str) -> None:
    assert not re.search(f"{HAN.pattern}[,;:()?]|[,;:()]{HAN.pattern}", ALL[name].zh)


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_all_that_its_exception_needs(name: str) -> None:
    kind = TEXTS[name].kind
    assert kind("words").args == ("words",)


# --- the sources --------------------------------------------------------------------------------------


def calls(*functions: str) -> Iterator[tuple[str, ast.Call]]:
    for path, tree in SOURCES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in functions:
                yield f"{path}:{node.lineno}", node


def names_of(call: ast.Call) -> list[str]:
    """The names that a call may give: one, one of two, or none to be seen here (a variable holds it)."""
    first = call.args[0]
    choices = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
    return [c.value for c in choices if isinstance(c, ast.Constant)]


@pytest.mark.parametrize(("function", "catalogue"), [("refusal", TEXTS), ("phrase", PHRASES)])
def test_the_sources_ask_for_texts_that_exist_and_give_what_they_show(function: str, catalogue: dict) -> None:
    for place, call in calls(function):
        for name in names_of(call):
            assert name in catalogue, f"{place}: no text {name!r}"
            given = {keyword.arg for keyword in call.keywords}
            missing = arguments(catalogue[name]) - given
            assert not missing or None in given, f"{place}: {name!r} shows {missing}"


def test_every_text_is_used() -> None:
    words = {node.value for tree in SOURCES.values() for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert not ALL.keys() - words


def test_texts_stand_in_the_catalogue_and_not_where_they_are_raised() -> None:
    found: dict[str, list[str]] = {}
    for path, tree in SOURCES.items():
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef) and any(map(tells, ast.walk(function))):
                found.setdefault(path, []).append(function.name)
    new = {path: functions for path, functions in found.items() if path not in WITHOUT_A_TEXT}
    assert not new, f"raise refusal(...), with the text in tinyconv/errors/texts: {new}"
    assert not WITHOUT_A_TEXT.keys() - found.keys(), "a file that is clean now"


def test_warnings_are_phrases() -> None:
    """What is warned of is said in the language of the moment, too."""
    found = [
        (name, ast.unparse(node.args[0]))
        for name, tree in SOURCES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "warnings.warn"
    ]
    assert len(found) > 5
    assert {(name, told) for name, told in found if not told.startswith("phrase(")} == {
        ("vision/datasets/digits.py", "told")
    }


def tells(node: ast.AST) -> bool:
    """Whether an exception is made here with a text of its own."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
        return False
    return node.func.id.endswith(("Error", "Exception")) and node.func.id not in UNTOLD
