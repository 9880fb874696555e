"""The chapters as Jupyter notebooks: what a page includes or folds away, Jupyter shows or folds away, too.

Each page of a chapter offers its notebook.  Without building the pages, all are written by

    python docs/_ext/notebooks.py notebooks

which needs jupytext.  A notebook differs from its chapter in seven things: a piece of source that the page includes
stands in the text; a line of the source that the page links to is only quoted; a sliding window is shown by a cell of
code; a table that the build makes is left out; an answer is folded text instead of a cell that has run; links lead to
the other notebooks; and a first, folded cell gives figures the look of the pages, and tinyconv's words the language of
the chapter.
"""

from __future__ import annotations

import argparse
import ast
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

DOCS = Path(__file__).resolve().parents[1]
WORDS = {"en": ("Answer", "Download as a notebook"), "zh": ("答案", "下载笔记本")}
ON_THE_PAGE = {"en": "*(The table stands on the chapter's page.)*", "zh": "*（表格见本章的网页。）*"}
SPEAK_CHINESE = "import tinyconv\n\ntinyconv.set_language('zh')"
WRITE_CHINESE = "from tinyconv.explain.fonts import use_chinese_font\n\nuse_chinese_font()"
_CHAPTER = re.compile(r"(en|zh)/\d\d-[\w-]+")
_DIRECTIVE = re.compile(r"^```\{([\w-]+)\} *([^\n]*)\n((?::[^\n]*\n)*).*?^```$", re.MULTILINE | re.DOTALL)
_WINDOW = re.compile(r"^```\{sliding-window\}\n((?::[^\n]*\n)*)(.*?)^```$", re.MULTILINE | re.DOTALL)
_OPTION = re.compile(r"^:([\w-]+): ?(.*)$", re.MULTILINE)
_SOURCE = re.compile(r"\{source\}`([^`]*)`")
_LINK = re.compile(r"\[([^\]]*)\]\((?!\w+:)([^)#\s]*)(#[^)]*)?\)")


def chapters() -> list[str]:
    """Give the pages that are chapters, such as ``en/01-convolution``."""
    pages = (path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.glob("*/*.md"))
    return sorted(filter(_CHAPTER.fullmatch, pages))


# --- text --------------------------------------------------------------------------------------------


def included(text: str, options: dict[str, str]) -> str:
    """Cut from a source what Sphinx's directive ``literalinclude`` shows of it.

    Examples
    --------
    >>> print(included("a = 1\\ndef f(x):\\n    y = x\\n    return y\\n", {"pyobject": "f", "start-at": "return"}))
        return y
    """
    unknown = set(options) - {"pyobject", "start-at", "end-before", "dedent", "prepend"}
    if unknown:
        raise ValueError(f"literalinclude: notebooks do not know {unknown}")
    lines = text.splitlines()
    if "pyobject" in options:
        first, last = lines_of(text, options["pyobject"])
        lines = lines[first - 1 : last]
    if "start-at" in options:
        lines = lines[_first(lines, options["start-at"]) :]
    if "end-before" in options:
        lines = lines[: _first(lines, options["end-before"], 1)]
    margin = int(options.get("dedent", 0))
    if any(line[:margin].strip() for line in lines):
        raise ValueError(f"literalinclude: {options} would cut off more than blanks")
    lines = [line[margin:] for line in lines]
    return "\n".join([options.get("prepend", "").strip('"'), *lines]).strip("\n")


def lines_of(text: str, name: str) -> tuple[int, int]:
    """Give the numbers of the first and last line of a function, class or method, with its decorators.

    Examples
    --------
    >>> lines_of("class A:\\n    @property\\n    def f(self):\\n        return 1\\n", "A.f")
    (2, 4)
    """
    scope: Any = ast.parse(text)
    for part in name.split("."):
        scope = next(node for node in scope.body if getattr(node, "name", None) == part)
    return min(node.lineno for node in (scope, *scope.decorator_list)), scope.end_lineno


def cited(text: str) -> tuple[str, str]:
    """Take apart what the role ``source`` is given: a file, and a part of a line of it.

    Examples
    --------
    >>> cited("tinyconv/ops/loss.py g * x")
    ('tinyconv/ops/loss.py', 'g * x')
    """
    file, _, part = text.partition(" ")
    return file, part


def _first(lines: list[str], words: str, start: int = 0) -> int:
    return next(i for i, line in enumerate(lines) if i >= start and words in line)


def for_jupyter(text: str, page: str) -> str:
    """Rewrite the Markdown of a chapter's text: no directives of Sphinx, links among notebooks."""

    def directive(match: re.Match[str]) -> str:
        name, argument, options = match.groups()
        if name == "pytorch-names":
            return ON_THE_PAGE[page.partition("/")[0]]
        if name != "literalinclude":
            raise ValueError(f"{page}: notebooks do not know the directive {{{name}}}")
        source = (DOCS / page).parent / argument.strip()
        piece = included(source.read_text(encoding="utf-8"), dict(_OPTION.findall(options)))
        return f"```python\n# from {argument[argument.index('tinyconv/') :]}\n{piece}\n```"

    def link(match: re.Match[str]) -> str:
        words, target, _ = match.groups()
        if not target.endswith(".md"):
            return match.group()
        language = page.partition("/")[0]
        return f"[{words}]({target[:-3]}.ipynb)" if f"{language}/{target[:-3]}" in chapters() else words

    def source(match: re.Match[str]) -> str:
        file, part = cited(match[1])
        return f"`{part}` (`{file}`)"

    def prose(part: str) -> str:
        return _SOURCE.sub(source, _LINK.sub(link, part))

    parts = re.split(r"(^```.*?^```$)", text, flags=re.MULTILINE | re.DOTALL)  # every other one is fenced
    return "".join(_DIRECTIVE.sub(directive, part) if i % 2 else prose(part) for i, part in enumerate(parts))


def text_and_windows(text: str, page: str) -> Iterator[tuple[str, bool]]:
    """Cut a chapter's text at its sliding windows: pieces of text, and of code that shows a window (then True).

    Examples
    --------
    >>> chapter = "See:\\n```{sliding-window}\\n:size: 4, 2\\n\\nTry it.\\n```\\n"
    >>> for piece, is_code in text_and_windows(chapter, "en/01-x"):
    ...     print(is_code, repr(piece))
    False 'See:\\n\\nTry it.'
    True "from tinyconv import explain\\n\\nexplain.widget(size=(4, 2), lang='en')"
    """
    *before, rest = _WINDOW.split(text)  # text, options, invitation, text, options, invitation, ...
    for above, options, invitation in zip(before[::3], before[1::3], before[2::3]):
        yield f"{above}\n{invitation.strip()}", False
        yield f"from tinyconv import explain\n\nexplain.widget({_arguments(options)}, lang={page[:2]!r})", True
    if rest.strip():
        yield rest, False


def _arguments(options: str) -> str:
    """The options of a directive as arguments of a call."""
    given = {name.replace("-", "_"): value.strip() for name, value in _OPTION.findall(options)}
    if "controls" in given:
        given["controls"] = str([name.strip() for name in given["controls"].split(",")])
    if "kind" in given:
        given["kind"] = repr(given["kind"])
    return ", ".join(
        f"{name}=({value})" if re.match(r"\d+ *,", value) else f"{name}={value}" for name, value in given.items()
    )


def folded(code: str, page: str) -> str:
    """An answer, as text that opens on a click."""
    summary = WORDS[page.partition("/")[0]][0]
    return f"<details>\n<summary>{summary}</summary>\n\n```python\n{code}\n```\n\n</details>"


def look_of_figures(page: str) -> str:
    """Code that gives figures the look of the pages, with a Chinese font on a Chinese one."""
    lines = (DOCS / "matplotlibrc").read_text(encoding="utf-8").splitlines()
    settings = [line.split(": ", 1) for line in lines if line and not line.startswith("#")]
    body = "".join(f'    "{name}": "{value}",\n' for name, value in settings)
    chinese = f"\n\n{SPEAK_CHINESE}\n{WRITE_CHINESE}" if page.startswith("zh/") else ""
    return f"import matplotlib.pyplot as plt\n\nlook = {{\n{body}}}\nplt.rcParams.update(look){chinese}"


# --- notebooks ---------------------------------------------------------------------------------------


def notebook(page: str) -> Any:
    """Make a chapter's notebook, a ``nbformat`` node, without outputs."""
    import jupytext
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    chapter = jupytext.read(DOCS / f"{page}.md", fmt="md:myst")
    cells = []
    for cell in chapter.cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "markdown":
            for piece, is_code in text_and_windows(cell.source, page):
                cells.append(new_code_cell(piece) if is_code else new_markdown_cell(for_jupyter(piece, page)))
        elif "hide-cell" in tags:
            cells.append(new_markdown_cell(folded(cell.source, page)))
        else:
            cells.append(new_code_cell(cell.source, metadata=_closed() if "hide-input" in tags else {}))
    if any("matplotlib" in cell.source for cell in cells):
        cells.insert(1, new_code_cell(look_of_figures(page), metadata=_closed()))
    elif page.startswith("zh/"):
        cells.insert(1, new_code_cell(SPEAK_CHINESE, metadata=_closed()))
    for i, cell in enumerate(cells):
        cell.id = f"cell-{i}"  # the same at every build
    return new_notebook(cells=cells, metadata={"kernelspec": chapter.metadata["kernelspec"]})


def _closed() -> dict[str, Any]:
    """How Jupyter marks a cell whose code is folded and whose output is shown."""
    return {"jupyter": {"source_hidden": True}}


def write(folder: Path) -> Iterator[Path]:
    """Write every chapter's notebook, and give the files."""
    import nbformat

    for page in chapters():
        path = folder / f"{page}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook(page), path)
        yield path


# --- Sphinx ------------------------------------------------------------------------------------------


def offer(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Tell the template of a chapter's page where its notebook will be."""
    if _CHAPTER.fullmatch(page):
        context["notebook"] = f"notebooks/{page}.ipynb"
        context["notebook_words"] = WORDS[page.partition("/")[0]][1]


def write_beside_pages(app: Sphinx, failure: Exception | None) -> None:
    """Write the notebooks into an HTML build."""
    if not failure and app.builder.format == "html":
        list(write(Path(app.outdir) / "notebooks"))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx; notebooks are written before links are checked, at priority 500."""
    app.connect("html-page-context", offer)
    app.connect("build-finished", write_beside_pages, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=textwrap.dedent(__doc__), formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where to; en and zh are made in it")
    for written in write(parser.parse_args().folder):
        print(written)
