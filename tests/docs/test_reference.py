"""The pages of the reference, as far as they can be tested without Sphinx."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

PAGES = sorted((Path(__file__).parents[2] / "docs" / "api").glob("*.rst"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_shows_modules_that_exist_each_under_one_heading(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    modules = re.findall(r"^\.\. automodule:: (\S+)$", text, re.MULTILINE)
    for name in modules:
        importlib.import_module(name)
    shown = [name for name in modules if f".. automodule:: {name}\n   :members:\n" in text]
    assert len(set(shown)) == len(shown)
    for heading, line in re.findall(r"^(\w\S.*)\n(-{3,}|={3,})$", text, re.MULTILINE):
        assert len(line) >= len(heading), heading
        assert not heading.startswith("..")


def test_every_module_that_explains_is_shown_once() -> None:
    text = (PAGES[0].parent / "explain.rst").read_text(encoding="utf-8")
    for name in re.findall(
        r"^from \.(\w+) import", (PAGES[0].parents[2] / "tinyconv/explain/__init__.py").read_text(), re.M
    ):
        assert text.count(f".. automodule:: tinyconv.explain.{name}\n") == 1, name
