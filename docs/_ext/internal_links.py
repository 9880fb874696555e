"""After the build, follow every link that stays inside the site; a broken one is a warning (``-W``: an error)."""

from __future__ import annotations

import functools
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)


class Page(HTMLParser):
    """The anchors of an HTML page, and where its links and pictures point."""

    def __init__(self, text: str):
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one tag's id and target."""
        for name, value in attrs:
            if value and (name == "id" or (tag == "a" and name == "name")):
                self.anchors.add(value)
            elif value and name in ("href", "src"):
                self.links.append(value)


@functools.cache
def _page(path: Path) -> Page:
    return Page(path.read_text(encoding="utf-8"))


def broken_links(path: Path) -> list[str]:
    """Give the internal links of one page that lead nowhere."""
    return [link for link in _page(path).links if not _leads_somewhere(path, link)]


def _leads_somewhere(path: Path, link: str) -> bool:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return True
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target.is_dir():
        target = target / "index.html"
    if not target.is_file():
        return False
    if not parts.fragment or target.suffix != ".html":
        return True
    return unquote(parts.fragment) in _page(target).anchors


def check(app: Sphinx, failure: Exception | None) -> None:
    """Warn of each broken link of an HTML build."""
    if failure or app.builder.format != "html":
        return
    _page.cache_clear()
    for path in sorted(Path(app.outdir).rglob("*.html")):
        if not {"_static", "_modules"} & set(path.parts):
            for link in broken_links(path):
                logger.warning("%s: broken internal link %s", path.relative_to(app.outdir), link)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("build-finished", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
