"""The chapters open as notebooks, are complete, and say the same in both languages.

That their cells run is checked by building the documentation, which stops at the first error.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import tinyconv as tc
from tinyconv import nn
from tinyconv.explain import conv_matrix, widget
from tinyconv.explain.slide import size_arithmetic

DOCS = Path(__file__).parents[2] / "docs"
ENGLISH = sorted(path.name for path in (DOCS / "en").glob("[0-9]*.md"))
BOTH = [name for name in ENGLISH if (DOCS / "zh" / name).exists()]
ALL = [f"en/{name}" for name in ENGLISH] + [f"zh/{path.name}" for path in sorted((DOCS / "zh").glob("[0-9]*.md"))]
PLACES = ("docs/*.md", "docs/*/*.md", "docs/api/*.rst", "README*.md")
PAGES = [path for place in PLACES for path in sorted(DOCS.parent.glob(place))]
NUMBERED_LINK = re.compile(r"(?:\[|:doc:`)([^\]<]*)(?:\]\(|<)[\w./]*?(\d\d-[a-z][\w-]*)")
TAUGHT = ENGLISH[:16]  # behind them come exercises on all of it, errata and a dictionary
HEADER = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
    format_version: 0.13
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---
"""
HAN = re.compile("[\u4e00-\u9fff]")
CELL = re.compile(r"^```\{code-cell\}[^\n]*\n((?::[^\n]*\n)*)(.*?)^```$", re.DOTALL | re.MULTILINE)

WINDOW = re.compile(r"^```\{sliding-window\}\n((?::[^\n]*\n)+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def cells(name: str) -> list[tuple[str, str]]:
    """Give options and code of every cell."""
    return CELL.findall((DOCS / name).read_text(encoding="utf-8"))


def quoted_files(name: str) -> list[tuple[str, str, str]]:
    """Give file, object and further options of every piece of the source that a chapter shows."""
    text = (DOCS / name).read_text(encoding="utf-8")
    return re.findall(r"^```\{literalinclude\} (\S+)\n:pyobject: (\S+)\n((?::.*\n)*)```$", text, re.MULTILINE)


def cited_lines(name: str) -> list[tuple[str, str]]:
    """Give the file, and the part of a line of it, of every link of a chapter to a line of the source."""
    return re.findall(r"\{source\}`(\S+) ([^`]+)`", (DOCS / name).read_text(encoding="utf-8"))


def without_words(options: str) -> str:
    """Options of a cell, of the words for its figures only that there are any."""
    return re.sub(r"^:alt: .*$", ":alt:", options, flags=re.MULTILINE)


def same_but_for_words(english: object, chinese: object) -> bool:
    """Tell whether two pieces of code are the same, where a string in Chinese stands for one with the same fields."""
    if isinstance(english, list) and isinstance(chinese, list):
        return len(english) == len(chinese) and all(map(same_but_for_words, english, chinese))
    if not isinstance(english, ast.AST) or not isinstance(chinese, ast.AST):
        return english == chinese
    strings = ast.Constant, ast.JoinedStr
    if isinstance(english, strings) and isinstance(chinese, strings) and HAN.search(ast.unparse(chinese)):
        return fields_of(english) == fields_of(chinese)
    return type(english) is type(chinese) and all(
        same_but_for_words(getattr(english, name), getattr(chinese, name)) for name in english._fields
    )


def fields_of(string: ast.AST) -> list[str]:
    """What a string shows, in the order of the code: Chinese may say it in another one."""
    return sorted(ast.unparse(node) for node in ast.walk(string) if isinstance(node, ast.FormattedValue))


def defined_names(code: str) -> set[str]:
    """Give functions and classes, and methods as ``Class.method``."""
    nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    methods = {
        f"{node.name}.{item.name}"
        for node in nodes
        if isinstance(node, ast.ClassDef)
        for item in node.body
        if isinstance(item, ast.FunctionDef)
    }
    return {node.name for node in nodes} | methods


def test_chapters_are_numbered_without_a_gap() -> None:
    assert [int(name[:2]) for name in ENGLISH] == list(range(1, len(ENGLISH) + 1))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_reading_order_is_that_of_the_numbers(language: str) -> None:
    index = (DOCS / language / "index.md").read_text(encoding="utf-8")
    assert [f"{name}.md" for name in re.findall(r"^(\d\d-[\w-]+)$", index, re.MULTILINE)] == ENGLISH


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(DOCS.parent)))
def test_a_link_that_names_a_chapter_s_number_leads_there(path: Path) -> None:
    """Also over the end of a line; and what a link by name leads to is a chapter that there is."""
    for words, name in NUMBERED_LINK.findall(path.read_text(encoding="utf-8")):
        assert f"{name}.md" in ENGLISH, name
        number = re.search(r"(?:[Cc]hapters?\s|第\s)(\d+)|^(\d+)$", words)
        assert number is None or int(number[1] or number[2]) == int(name[:2]), f"[{words}] leads to {name}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(DOCS.parent)))
def test_code_within_a_sentence_does_not_touch_the_word_before(path: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for span in re.finditer(r"(?<!`)(`{1,2})(?!`).+?(?<!`)\1(?!`)", text, re.DOTALL):
        if not re.search(r":[a-z]+:\Z", text[: span.start()]):  # a role of reStructuredText
            assert not re.search(r"[A-Za-z,;:.!?]\Z", text[: span.start()]), text[span.start() - 20 : span.end()]


@pytest.mark.parametrize("name", ALL)
def test_a_chapter_opens_as_a_notebook(name: str) -> None:
    text = (DOCS / name).read_text(encoding="utf-8")
    assert text.startswith(HEADER)
    assert re.match(rf"\s*# {int(Path(name).name[:2])}\b", text[len(HEADER) :]), "the title begins with the number"
    assert text.count("```{code-cell}") == len(cells(name)) > 0


@pytest.mark.parametrize("name", ALL)
def test_cells_are_plain_python(name: str) -> None:
    """No magics, so that a chapter's code runs anywhere."""
    for _, code in cells(name):
        assert ast.parse(code).body


@pytest.mark.parametrize("name", ENGLISH)
def test_cells_are_of_a_page_s_width(name: str) -> None:
    """Most lines have at most 88 characters; a text within a line may be longer."""
    for _, code in cells(f"en/{name}"):
        assert max(map(len, code.splitlines())) <= 120


@pytest.mark.parametrize("name", BOTH)
def test_both_languages_have_the_same_cells(name: str) -> None:
    """The same code and options, but for comments and words: so the outputs show the same numbers."""
    english, chinese = cells(f"en/{name}"), cells(f"zh/{name}")
    assert [without_words(options) for options, _ in english] == [without_words(options) for options, _ in chinese]
    for (_, one), (_, other) in zip(english, chinese, strict=True):
        assert same_but_for_words(ast.parse(one), ast.parse(other)), f"{one}\n---\n{other}"


def test_words_and_nothing_else_may_differ() -> None:
    english = 'print(f"{a} of {b:.1f}", "done", x)'
    for chinese, same in {
        'print(f"{b:.1f} 个中的 {a}", "好", x)': True,
        'print(f"{a} of {b:.1f}", "好", x)': True,
        'print(f"{b:.1f} 个中的 {c}", "好", x)': False,
        'print(f"{b:.2f} 个中的 {a}", "好", x)': False,
        'print(f"{a} of {b:.1f}", "gone", x)': False,
        'print(f"{a} of {b:.1f}", "好", y)': False,
    }.items():
        assert same_but_for_words(ast.parse(english), ast.parse(chinese)) == same, chinese


@pytest.mark.parametrize("name", ALL)
def test_figures_are_put_into_words(name: str) -> None:
    """What a chapter shows by matplotlib; building the documentation counts figures and texts."""
    for options, code in cells(name):
        if "plt.show()" in code and not code.rstrip().endswith("    plt.show()"):  # not only in a function
            assert ":alt:" in options, code


@pytest.mark.parametrize("name", BOTH)
def test_both_languages_quote_the_same_source(name: str) -> None:
    assert quoted_files(f"en/{name}") == quoted_files(f"zh/{name}")


@pytest.mark.parametrize("name", BOTH)
def test_both_languages_link_to_the_same_lines_of_the_source(name: str) -> None:
    assert cited_lines(f"en/{name}") == cited_lines(f"zh/{name}")


@pytest.mark.parametrize("name", ENGLISH)
def test_a_link_to_a_line_of_the_source_quotes_a_part_that_no_other_line_has(name: str) -> None:
    for file, part in cited_lines(f"en/{name}"):
        lines = (DOCS.parent / file).read_text(encoding="utf-8").splitlines()
        assert sum(part in line for line in lines) == 1, f"{file}: {part}"


@pytest.mark.parametrize("name", ALL)
def test_quoted_source_exists(name: str) -> None:
    for file, item, _ in quoted_files(name):
        source = (DOCS / name).parent / file
        assert item in defined_names(source.read_text(encoding="utf-8")), f"{source} has no {item}"


@pytest.mark.parametrize("name", ALL)
def test_quoted_source_is_in_the_reference(name: str) -> None:
    """The link under a quotation leads to the source's page, which the reference makes."""
    reference = "".join(path.read_text(encoding="utf-8") for path in sorted((DOCS / "api").glob("*.rst")))
    quoted = [file.removeprefix("../../") for file, _, _ in quoted_files(name)]
    for file in [*quoted, *(file for file, _ in cited_lines(name))]:
        module = file.removesuffix(".py").replace("/", ".")
        assert f"automodule:: {module}\n" in reference, module


@pytest.mark.parametrize("name", [name for name in ALL if name.startswith("zh/")])
def test_chinese_is_never_slanted(name: str) -> None:
    """Emphasis in Chinese is bold or in quotation marks; titles in other languages are slanted."""
    text = re.sub(r"^```.*?^```$|\{source\}`[^`]*`|`[^`]*`", "", (DOCS / name).read_text("utf-8"), flags=re.M | re.S)
    slanted = re.findall(r"(?<![*\\])\*(?![*\s])([^*\n]+)(?<!\s)\*(?!\*)", text.replace("**", "\n"))
    assert not [words for words in slanted if HAN.search(words)]


def test_every_exercise_is_checked() -> None:
    """A cell for the reader's answer, one of ours, folded away, and behind them a check with an assertion."""
    text = (DOCS / "en" / "17-exercises.md").read_text(encoding="utf-8")
    exercises = text.split("\n## ")[1:]
    assert len(exercises) >= 10
    for exercise in exercises:
        (open_options, _), (answer_options, _), (check_options, check) = CELL.findall(exercise)
        assert not open_options
        assert "hide-cell" in answer_options
        assert "hide-input" in check_options
        assert any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(check)))


@pytest.mark.parametrize("name", ENGLISH[:6])
def test_the_first_chapters_have_a_window_to_drive(name: str) -> None:
    """The same one in both languages, of settings that make a layer, with something to try."""
    ((english, invitation),) = WINDOW.findall((DOCS / "en" / name).read_text(encoding="utf-8"))
    ((chinese, translated),) = WINDOW.findall((DOCS / "zh" / name).read_text(encoding="utf-8"))
    assert english == chinese
    assert invitation.startswith("**Try it.** ")
    assert translated.startswith("**试一试。** ")
    assert "?" in invitation
    options = dict(re.findall(r"^:([\w-]+): (.*)$", english, re.MULTILINE))
    numbers = {key.replace("-", "_"): ast.literal_eval(text) for key, text in options.items() if text[0].isdigit()}
    controls = options.get("controls")
    figure = widget(kind=options.get("kind"), **numbers, controls=controls.split(", ") if controls else None)
    assert figure.settings["controls"]


def test_what_the_invitations_ask_has_an_answer() -> None:
    """The sizes that a reader finds by the sliders."""

    def size(layer: nn.Module, cells: int) -> int:
        return layer(tc.zeros(1, 1, cells, cells)).shape[-1]

    assert [size(nn.Conv2d(1, 1, k), 5) for k in (4, 5)] == [2, 1]
    strides = [size_arithmetic(nn.Conv2d(1, 1, 3, s, 1), (6, 6)) for s in (1, 2, 3, 4)]
    assert ["never reaches" in text for text in strides] == [False, False, True, False]
    assert [size(nn.Conv2d(1, 1, 3, padding=p, dilation=3), 7) for p in (0, 3)] == [1, 7]
    assert size(nn.MaxPool2d(2, 1), 6) == 5
    reached = [
        conv_matrix(nn.ConvTranspose1d(1, 1, k, s), (1, 3)).dense()[: (2 * s) + k] != 0
        for k, s in ((3, 2), (3, 3), (2, 3))
    ]
    most = [int(each.sum(1).max()) for each in reached]
    least = [int(each.sum(1).min()) for each in reached]
    assert (most, least) == ([2, 1, 1], [1, 1, 0])


@pytest.mark.parametrize("name", TAUGHT)
def test_a_chapter_ends_with_graded_exercises(name: str) -> None:
    """Two to five, each with its grade, a stub, a hint, a folded answer and a check; in both languages."""
    grades = {"en": r"### Exercise \d \((easy|medium|hard)\): ", "zh": r"### 练习 \d（(容易|中等|难)）："}
    for language, title in grades.items():
        text = (DOCS / language / name).read_text(encoding="utf-8")
        exercises = re.split("(?=### (?:Exercise|练习) )", text)[1:]
        assert 2 <= len(exercises) <= 5
        for exercise in exercises:
            assert re.match(title, exercise)
            assert "<details><summary>" in exercise
            (stub_options, stub), (answer_options, answer), (check_options, check) = CELL.findall(exercise)
            assert not stub_options
            assert "...  # " in stub
            assert "hide-cell" in answer_options
            assert "...  # " not in answer
            assert "hide-input" in check_options
            assert any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(check)))


@pytest.mark.parametrize("name", TAUGHT)
def test_a_chapter_ends_with_ways_on(name: str) -> None:
    """Something to run, the reference, the line of the source that computes the formula, and whom to read."""
    titles = {"en": ("\n## Go on\n", "\n## Further reading\n"), "zh": ("\n## 接下来\n", "\n## 延伸阅读\n")}
    for language, (go_on, reading) in titles.items():
        text = (DOCS / language / name).read_text(encoding="utf-8")
        ways, books = text[text.index(go_on) :].split(reading)
        assert "`python " in ways
        assert re.search(r"\]\(\.\./api/\w+\.rst\)", ways)
        assert "{source}`" in ways
        assert len(re.findall(r"^- .*?(?:\*.+?\*|《.+?》)", books.replace("\n  ", " "), re.MULTILINE)) >= 3
