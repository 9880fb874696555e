"""A directive that places the sliding window to drive: the invitation to try something, and below it the figure.

::

    ```{sliding-window}
    :size: 5
    :kernel-size: 3
    :controls: stride, padding

    Before you move the slider: how many cells will be left?
    ```

The options are those of :func:`tinyconv.explain.widget`.  The script is the package's own, written beside the pages.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive, directives
from sphinx.application import Sphinx

from tinyconv import explain
from tinyconv.explain.widget import script

SCRIPT = "sliding_window.js"


def whole_numbers(text: str) -> int | tuple[int, ...]:
    """Read ``3``, or ``4, 2`` for a pair; ``5,`` is a tuple of one.

    Examples
    --------
    >>> whole_numbers("3"), whole_numbers("4, 2"), whole_numbers("5,")
    (3, (4, 2), (5,))
    """
    numbers = tuple(int(part) for part in text.split(",") if part.strip())
    return numbers if "," in text else numbers[0]


def names(text: str) -> list[str]:
    """Read names with commas between them.

    Examples
    --------
    >>> names("stride, kernel_size")
    ['stride', 'kernel_size']
    """
    return [part.strip() for part in text.split(",")]


class SlidingWindow(Directive):
    """``{sliding-window}``."""

    has_content = True
    option_spec = {  # noqa: RUF012 - as docutils reads it
        "kind": directives.unchanged_required,
        "controls": names,
        **dict.fromkeys(
            ("size", "kernel-size", "stride", "padding", "dilation", "output-padding", "channels", "groups"),
            whole_numbers,
        ),
    }

    def run(self) -> list[nodes.Node]:
        """Give the invitation and the figure."""
        environment = self.state.document.settings.env
        language = "zh" if environment.docname.startswith("zh/") else "en"
        options = {name.replace("-", "_"): value for name, value in self.options.items()}
        figure = explain.widget(**options, lang=language)
        invitation = nodes.container(classes=["sliding-window"])
        self.state.nested_parse(self.content, self.content_offset, invitation)
        return [invitation, nodes.raw("", figure.element(), format="html")]


def add_script(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Load the script on the pages that have a figure."""
    if doctree is not None and any("tinyconv-widget" in raw.astext() for raw in doctree.findall(nodes.raw)):
        app.add_js_file(SCRIPT)


def add_file(app: Sphinx) -> None:
    """Write the package's script where Sphinx takes it from, to lay it beside the pages."""
    path = Path(app.doctreedir, SCRIPT)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(script(), encoding="utf-8")
    app.config.html_static_path.append(str(path))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("sliding-window", SlidingWindow)
    app.connect("builder-inited", add_file)
    app.connect("html-page-context", add_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
