"""The chapters' notebooks run, show the source that they speak of, and keep the answers folded.

All but the first tests need the extra `docs`.
"""

from __future__ import annotations

import importlib.util
import re
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.conftest import skip_unless_promised
from tests.docs.test_chapters import ALL, DOCS, HEADER, cells, quoted_files

PAGES = [name.removesuffix(".md") for name in ALL]
EXERCISES = [name for name in PAGES if name.endswith("17-exercises")]
SLOW = "09-", "10-", "11-", "12-", "13-", "14-"  # they train, or measure times
QUICK = [page for page in PAGES[:16] if page[3:6] not in SLOW]
WITH_EXERCISES = [*EXERCISES, *QUICK, "zh/08-gradient-descent"]
CHECK = re.compile('(?<=")(correct|正确)')  # what a passed check prints, in the code that prints it


@pytest.fixture(scope="module")
def notebooks() -> ModuleType:
    """The extension, which is also the tool."""
    spec = importlib.util.spec_from_file_location("notebooks", DOCS / "_ext" / "notebooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def make(notebooks: ModuleType) -> Any:
    """Give the function that makes a notebook; skip where a package for it is missing."""
    for package in ("jupytext", "nbconvert", "nbclient", "ipykernel", "matplotlib"):
        if importlib.util.find_spec(package) is None:
            skip_unless_promised("TINYCONV_REQUIRE_DOCS", f"notebooks need {package}: pip install '.[docs]'")
    return notebooks.notebook


def run(notebook: Any, allow_errors: bool = False) -> Any:
    """Run a copy of a notebook in a kernel, as Jupyter does."""
    from copy import deepcopy

    from nbclient import NotebookClient

    notebook = deepcopy(notebook)
    NotebookClient(notebook, timeout=120, kernel_name="python3", allow_errors=allow_errors).execute()
    return notebook


def text(cell: Any) -> str:
    """What a cell that has run printed."""
    return "".join(output.get("text", "") for output in cell.outputs)


def failed(cell: Any) -> bool:
    return any(output.output_type == "error" for output in cell.outputs)


class Folded(HTMLParser):
    """The text of a page that is inside of ``<details>``, and the text outside."""

    def __init__(self, page: str):
        super().__init__()
        self.depth, self.inside, self.outside = 0, "", ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.depth += tag == "details"

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag == "details"

    def handle_data(self, data: str) -> None:
        if self.depth:
            self.inside += data
        else:
            self.outside += data


# --- text, without the extra --------------------------------------------------------------------------

SOURCE = """\
import functools


class Box:
    def open(self):
        return 1

    @functools.cache
    def close(self):
        first = 2
        second = 3
        return first + second


def last():
    pass
"""


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ({"pyobject": "last"}, "def last():\n    pass"),
        ({"pyobject": "Box.open"}, "    def open(self):\n        return 1"),
        ({"pyobject": "Box.close", "end-before": "first"}, "    @functools.cache\n    def close(self):"),
        ({"pyobject": "Box.close", "start-at": "first", "end-before": "return", "dedent": "8"},
         "first = 2\nsecond = 3"),
        ({"pyobject": "Box.close", "start-at": "second =", "prepend": '"def close(self):"'},
         "def close(self):\n        second = 3\n        return first + second"),
    ],
)  # fmt: skip
def test_the_pieces_of_a_source(notebooks: ModuleType, options: dict[str, str], shown: str) -> None:
    assert notebooks.included(SOURCE, options) == shown


def test_what_notebooks_cannot_show_is_refused(notebooks: ModuleType) -> None:
    with pytest.raises(ValueError, match="emphasize-lines"):
        notebooks.included(SOURCE, {"emphasize-lines": "1"})
    with pytest.raises(ValueError, match="more than blanks"):
        notebooks.included(SOURCE, {"pyobject": "Box.close", "dedent": "8"})
    with pytest.raises(ValueError, match=r"\{unheard-of\}"):
        notebooks.for_jupyter("```{unheard-of} x\n```\n", "en/07-autograd")


def test_links_lead_to_notebooks(notebooks: ModuleType) -> None:
    there = (
        "[3](03-channels.md), [a](07-autograd.md#memory-that-is-shared), [times](../benchmarks.md), [w](https://x.md)"
    )
    assert notebooks.for_jupyter(there, "zh/02-output-size") == (
        "[3](03-channels.ipynb), [a](07-autograd.ipynb), times, [w](https://x.md)"
    )
    assert notebooks.for_jupyter("In {source}`tinyconv/a.py b = c`.", "en/02-x") == "In `b = c` (`tinyconv/a.py`)."
    assert notebooks.for_jupyter("```\n[3](03-channels.md)\n```\n", "en/02-x") == "```\n[3](03-channels.md)\n```\n"


def test_every_chapter_has_a_notebook(notebooks: ModuleType) -> None:
    assert sorted(PAGES) == notebooks.chapters()


@pytest.mark.parametrize("page", PAGES)
def test_no_directive_is_left_in_the_text(notebooks: ModuleType, page: str) -> None:
    prose = re.sub(r"^```\{code-cell\}.*?^```$", "", (DOCS / f"{page}.md").read_text("utf-8"), flags=re.M | re.S)
    pieces = notebooks.text_and_windows(prose.removeprefix(HEADER), page)
    shown = "\n".join(notebooks.for_jupyter(text, page) for text, is_code in pieces if not is_code)
    assert "```{" not in shown
    assert ".md" not in "".join(re.findall(r"\]\([^)]*\)", shown))
    for file, _, _ in quoted_files(f"{page}.md"):
        assert re.search(rf"^```python\n# from {file.removeprefix('../../')}\n", shown, re.MULTILINE)


# --- notebooks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_a_notebook_has_the_chapter_s_cells(make: Any, page: str) -> None:
    import nbformat

    notebook = make(page)
    nbformat.validate(notebook)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    folded = [cell.source for cell in notebook.cells if cell.source.startswith("<details>\n<summary>")]
    for options, source in cells(f"{page}.md"):
        answer = "hide-cell" in options
        assert (source.strip() in code) != answer
        assert any(source.strip() in text for text in folded) or not answer
    windows = [source for source in code if "explain.widget(" in source]
    assert len(windows) == (DOCS / f"{page}.md").read_text("utf-8").count("```{sliding-window}")
    shown = [options for options, _ in cells(f"{page}.md") if "hide-cell" not in options]
    chinese = page.startswith("zh/")
    assert ("set_language('zh')" in "".join(code)) == chinese
    assert len(code) == len(shown) + len(windows) + (chinese or "look = {" in "".join(code))


@pytest.mark.parametrize(
    "page", [page for page in PAGES if "{sliding-window}" in (DOCS / f"{page}.md").read_text("utf-8")]
)
def test_the_windows_of_a_notebook_can_be_shown(notebooks: ModuleType, page: str) -> None:
    for code, is_code in notebooks.text_and_windows((DOCS / f"{page}.md").read_text("utf-8"), page):
        if is_code:
            scope: dict[str, Any] = {}
            exec(code.replace("explain.widget", "figure = explain.widget"), scope)
            assert "<iframe" in scope["figure"]._repr_html_() or "<div" in scope["figure"]._repr_html_()


def test_the_chapter_on_autograd_runs_and_shows_the_source(make: Any) -> None:
    from nbconvert import HTMLExporter

    ran = run(make("en/07-autograd"), allow_errors=True)  # of its exercises' checks, see below
    assert any("found the kernel" in text(cell) for cell in ran.cells if cell.cell_type == "code")
    page, _ = HTMLExporter().from_notebook_node(ran)
    shown = Folded(page).outside
    assert "class Mul(" in shown
    assert "literalinclude" not in shown
    assert ":pyobject:" not in shown


@pytest.mark.parametrize("page", WITH_EXERCISES)
def test_exercises_wait_for_the_reader(make: Any, page: str) -> None:
    """No check passes before there is an answer, and all pass with the folded ones."""
    notebook = make(page)
    number = sum("hide-cell" in options for options, _ in cells(f"{page}.md"))
    ran = run(notebook, allow_errors=True)
    checks = [cell for cell in ran.cells if CHECK.search(cell.source)]
    assert len(checks) == number > 2
    assert all(failed(cell) for cell in checks)
    assert not any(failed(cell) for cell in ran.cells if cell.cell_type == "code" and cell not in checks)

    code = notebook.cells[0]
    for cell in notebook.cells:
        answer = re.search(r"<details>.*?```python\n(.*?)\n```", cell.source, re.DOTALL)
        if answer:
            code.source = answer[1]  # as a reader does who gives up
        code = cell if cell.cell_type == "code" else code
    ran = run(notebook)
    said = [(found[1], text(cell)) for cell in ran.cells if (found := CHECK.search(cell.source))]
    assert [word in told for word, told in said] == [True] * number


@pytest.mark.parametrize("page", EXERCISES)
def test_answers_are_folded_where_they_are_shown(make: Any, page: str) -> None:
    from nbconvert import HTMLExporter

    html, _ = HTMLExporter().from_notebook_node(make(page))
    shown = Folded(html)
    assert "return (i + 2 * p - d * (k - 1) - 1) // s + 1" in shown.inside
    assert "return (i + 2 * p - d * (k - 1) - 1) // s + 1" not in shown.outside
    assert "def size(i, k, s=1, p=0, d=1):" in shown.outside


def test_the_tool_writes_files(make: Any, notebooks: ModuleType, tmp_path: Path) -> None:
    import nbformat

    files = list(notebooks.write(tmp_path))
    assert [path.relative_to(tmp_path).as_posix() for path in files] == [
        f"{page}.ipynb" for page in notebooks.chapters()
    ]
    first = files[0].read_bytes()
    assert nbformat.read(files[0], 4).metadata.kernelspec.name == "python3"
    assert list(notebooks.write(tmp_path)) == files
    assert files[0].read_bytes() == first  # the same at every build
