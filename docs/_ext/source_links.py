"""Below every piece of source that a chapter quotes, a link to the whole of it, among the pages of ``viewcode``."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.directives.code import LiteralInclude

WORDS = {"en": "the whole source: ", "zh": "完整源码："}


def whole(page: str, file: str) -> str:
    """Give the address of a source file's page, seen from another page.

    Examples
    --------
    >>> whole("en/07-autograd", "../../tinyconv/ops/conv.py")
    '../_modules/tinyconv/ops/conv.html'
    """
    module = file[file.index("tinyconv/") :].removesuffix(".py")
    return f"{'../' * page.count('/')}_modules/{module}.html"


class Excerpt(LiteralInclude):
    """``literalinclude``, and the link."""

    def run(self) -> list[nodes.Node]:
        """Make the nodes."""
        page, file = self.env.docname, self.arguments[0]
        words = WORDS.get(page.partition("/")[0])
        if words is None:
            return super().run()
        name = file[file.index("tinyconv/") :]
        link = nodes.reference("", "", nodes.literal("", name), refuri=whole(page, file), internal=True)
        link["excerpt"] = (name.removesuffix(".py").replace("/", "."), self.options.get("pyobject"))
        return [*super().run(), nodes.paragraph("", "", nodes.Text(words), link, classes=["whole-source"])]


def point(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Let links lead to the quoted item itself where its page has an anchor: where the reference describes it."""
    for link in doctree.findall(nodes.reference):
        module, item = link.get("excerpt", (None, None))
        entry = getattr(app.env, "_viewcode_modules", {}).get(module)
        if entry and item in entry[2]:  # code, tags, used, name
            link["refuri"] += f"#{item}"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx, in the place of its own directive."""
    app.add_directive("literalinclude", Excerpt, override=True)
    app.connect("doctree-resolved", point)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
