"""A page in headless Chromium: what its script computed, and how it looks.

A page under test writes its results into itself, ``<script type="application/json" id="result">`` or any element of
that id, and :func:`result_of` reads them from the document that Chromium hands back.  Without Chromium a test is
skipped; with TINYCONV_REQUIRE_CHROMIUM=1 it fails.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.conftest import skip_unless_promised

__all__ = ["chromium_or_skip", "dump_dom", "find_chromium", "needed_width", "result_of", "screenshot"]

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "headless_shell")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
PATIENCE = 300  # seconds of real time for a browser on a busy machine
NARROWEST = 500  # pixels: Chromium's window is never narrower, so a phone is a frame within one


def find_chromium() -> str | None:
    """Give the path of Chromium or Chrome: TINYCONV_CHROMIUM, else the first of the usual names; None without."""
    named = os.environ.get("TINYCONV_CHROMIUM")
    if named:
        return shutil.which(named)
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or (str(MAC) if MAC.exists() else None)


def chromium_or_skip() -> str:
    """Give the path of Chromium; skip the test without one, fail it where the environment promises one."""
    found = find_chromium()
    if found is None:
        skip_unless_promised(
            "TINYCONV_REQUIRE_CHROMIUM",
            "NO CHROMIUM: nothing that a page computes or shows was tested. Install it (apt-get install chromium), or "
            "name it in TINYCONV_CHROMIUM",
        )
    return found


def dump_dom(page: str | Path, budget: int = 10_000, width: int = 1280, height: int = 900, query: str = "") -> str:
    """Open a page and give its document as text, after its scripts have run.

    Parameters
    ----------
    page : str or Path
        The page's text, or its file.
    budget : int
        Milliseconds of the page's own clock, which runs as fast as it can, for what it does by timers.
    width, height : int
        Of the window, in pixels; at least 500 wide.
    query : str
        What follows the address, such as ``?lang=zh`` or ``#output``.
    """
    return _run(page, ["--dump-dom"], budget, width, height, query).stdout


def result_of(page: str | Path, name: str = "result", **options: Any) -> Any:
    """Open a page and read the JSON that its script wrote into the element of the id `name`; options as in dump_dom."""
    document = dump_dom(page, **options)
    found = re.search(rf'<(\w+)\b[^>]*\bid="{re.escape(name)}"[^>]*>(.*?)</\1>', document, re.DOTALL)
    assert found, f"the page has no element with the id {name}: its script failed before it. {document[:2000]}"
    tag, text = found.groups()
    return json.loads(text if tag == "script" else html.unescape(text))


def needed_width(page: str | Path, width: int) -> int:
    """Give the width in pixels that a page takes in a frame of `width`: more, if it must be scrolled sideways."""
    measure = """<p id="result"></p><script>
    const frame = document.querySelector('iframe');
    setTimeout(() => {
        const page = frame.contentDocument.documentElement;  // its scroll bar on the right is not the page's fault
        document.querySelector('#result').textContent = frame.offsetWidth - page.clientWidth + page.scrollWidth;
    }, 3000);
    </script>"""
    with tempfile.TemporaryDirectory() as folder:
        return result_of(_frame(_file(page, folder), width, 900) + measure)


def screenshot(page: str | Path, picture: Path, dark: bool = False, **options: Any) -> None:
    """Open a page and take a picture of it, ``picture`` a .png; options as in dump_dom."""
    options = {"budget": 10_000, "width": 1280, "height": 900, "query": "", **options}
    theme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
    flags = [f"--screenshot={picture}", "--hide-scrollbars", theme]
    with tempfile.TemporaryDirectory() as folder:
        page = _file(page, folder)
        if options["width"] < NARROWEST:
            page = _frame(page, options["width"], options["height"], options["query"])
            options["query"] = ""
        _run(page, flags, **options)
    assert picture.is_file(), "Chromium took no picture"


def _frame(page: Path, width: int, height: int, query: str = "") -> str:
    address = html.escape(page.resolve().as_uri() + query)
    style = f"width:{width}px;height:{height}px;border:0;display:block"
    return f'<!doctype html><body style="margin:0"><iframe src="{address}" style="{style}"></iframe>'


def _file(page: str | Path, folder: str) -> Path:
    """The page's file; a text is written into one."""
    if isinstance(page, Path):
        return page
    path = Path(folder, "page.html")
    path.write_text(page, encoding="utf-8")
    return path


def _run(
    page: str | Path, flags: list[str], budget: int, width: int, height: int, query: str
) -> subprocess.CompletedProcess[str]:
    chromium = chromium_or_skip()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # a profile of its own for each call
        command = [
            chromium,
            "--headless=new",
            "--no-sandbox",  # containers and CI have no user namespaces; the pages are our own
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-extensions",
            "--allow-file-access-from-files",  # so that a frame can be measured
            f"--user-data-dir={folder}/profile",
            f"--window-size={width},{height}",
            f"--virtual-time-budget={budget}",
            *flags,
            _file(page, folder).resolve().as_uri() + query,
        ]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", timeout=PATIENCE)
    assert done.returncode == 0, f"Chromium failed with {done.returncode}: {done.stderr[-2000:]}"
    return done
