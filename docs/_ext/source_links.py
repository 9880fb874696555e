"""Links from a chapter to lines of the source, among the pages of ``viewcode``, which get an anchor for every line.

Below every piece of source that a chapter quotes stands a link to where it begins.  And one line is linked by quoting a
part of it that no other line of its file has, so that the link cannot come to lead to another line::

    {source}`tinyconv/kernels/geometry.py // stride + 1`
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from notebooks import cited, lines_of
from sphinx.application import Sphinx
from sphinx.directives.code import LiteralInclude
from sphinx.util.docutils import SphinxRole

ROOT = Path(__file__).resolve().parents[2]
WORDS = {"en": ("the whole source: ", " ({})"), "zh": ("完整源码：", "（{}）")}
_VIEWCODE = r'(?:<div class="viewcode-block"[^\n]*>\n<a class="viewcode-back"[^\n]*</a>\n)*'
_LINE_BEGINS = re.compile(rf"(?:(?<=<pre>\n)|(?<!</div>)(?<!<pre>)\n){_VIEWCODE}(?!</pre>)")


def whole(page: str, file: str, line: int) -> str:
    """Give the address of a line of a source file, seen from a page.

    Examples
    --------
    >>> whole("en/07-autograd", "../../tinyconv/ops/conv.py", 12)
    '../_modules/tinyconv/ops/conv.html#line-12'
    """
    module = file[file.index("tinyconv/") :].removesuffix(".py")
    return f"{'../' * page.count('/')}_modules/{module}.html#line-{line}"


def line_with(text: str, part: str) -> int:
    """Give the number of the one line that has a part.

    Examples
    --------
    >>> line_with("a = 1\\nb = 2\\nc = a + b\\n", "= a")
    3
    >>> line_with("a = 1\\nb = 2\\nc = a + b\\n", "=")
    Traceback (most recent call last):
    ...
    ValueError: '=' stands in the lines 1, 2, 3, not in one
    """
    numbers = [number for number, line in enumerate(text.splitlines(), start=1) if part in line]
    if len(numbers) != 1:
        raise ValueError(f"{part!r} stands in the lines {', '.join(map(str, numbers)) or 'none'}, not in one")
    return numbers[0]


def first_line(text: str, options: dict[str, str]) -> int:
    """Give the number of the first line that ``literalinclude`` shows.

    Examples
    --------
    >>> first_line("a = 1\\ndef f(x):\\n    y = x\\n    return y\\n", {"pyobject": "f", "start-at": "return"})
    4
    """
    lines = text.splitlines()
    first, last = lines_of(text, options["pyobject"]) if "pyobject" in options else (1, len(lines))
    start = options.get("start-at", "")
    return next(number for number in range(first, last + 1) if start in lines[number - 1])


def with_anchors(body: str) -> str:
    """Mark the beginning of every line in a page that ``viewcode`` made.

    Examples
    --------
    >>> print(with_anchors("<h1>f</h1><div><pre>\\n<span></span>a = 1\\n\\nb = 2\\n</pre></div>"))
    <h1>f</h1><div><pre>
    <span class="line" id="line-1"></span><span></span>a = 1
    <span class="line" id="line-2"></span>
    <span class="line" id="line-3"></span>b = 2
    </pre></div>
    """
    count = 0

    def marked(beginning: re.Match[str]) -> str:
        nonlocal count
        count += 1
        return f'{beginning.group()}<span class="line" id="line-{count}"></span>'

    return _LINE_BEGINS.sub(marked, body)


class Excerpt(LiteralInclude):
    """``literalinclude``, and the link."""

    def run(self) -> list[nodes.Node]:
        """Make the nodes."""
        page, file = self.env.docname, self.arguments[0]
        words = WORDS.get(page.partition("/")[0])
        if words is None:
            return super().run()
        name = file[file.index("tinyconv/") :]
        line = first_line((ROOT / name).read_text(encoding="utf-8"), self.options)
        link = nodes.reference("", "", nodes.literal("", name), refuri=whole(page, name, line), internal=True)
        return [*super().run(), nodes.paragraph("", "", nodes.Text(words[0]), link, classes=["whole-source"])]


class Source(SphinxRole):
    """The role: a part of a line of the source, as a link to that line, and the file's name."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Make the nodes."""
        page = self.env.docname
        file, part = cited(self.text)
        self.env.note_dependency(str(ROOT / file))
        try:
            line = line_with((ROOT / file).read_text(encoding="utf-8"), part)
        except (OSError, ValueError) as error:
            return [], [self.inliner.reporter.error(f"{file}: {error}", line=self.lineno)]
        link = nodes.reference("", "", nodes.literal("", part), refuri=whole(page, file, line), internal=True)
        before, after = WORDS[page.partition("/")[0]][1].split("{}")
        return [link, nodes.Text(before), nodes.literal("", file), nodes.Text(after)], []


def mark_lines(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Give the pages of ``viewcode`` their anchors."""
    if page.startswith("_modules/") and "<pre>" in context["body"]:
        context["body"] = with_anchors(context["body"])


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx, in the place of its own directive."""
    app.add_directive("literalinclude", Excerpt, override=True)
    app.add_role("source", Source())
    app.connect("html-page-context", mark_lines)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
