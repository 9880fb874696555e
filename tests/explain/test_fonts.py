"""A font with Chinese characters for figures, or a loud word that there is none."""

from __future__ import annotations

import types

import numpy as np
import pytest

import tinyconv as tc
from tinyconv.explain import fonts
from tinyconv.explain.fonts import FAMILIES, chinese_font, font_for, use_chinese_font
from tinyconv.explain.show import plot_grid

matplotlib = pytest.importorskip("matplotlib")
font_manager = pytest.importorskip("matplotlib.font_manager")


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[types.SimpleNamespace]:
    """What Matplotlib knows of fonts: two, of which the second is Chinese."""
    known = [types.SimpleNamespace(name=name) for name in ("DejaVu Sans", FAMILIES[4])]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", known)
    monkeypatch.setattr(font_manager, "findSystemFonts", list)
    return known


def test_it_is_added_once_behind_the_others(installed: list[types.SimpleNamespace]) -> None:
    with matplotlib.rc_context({"font.family": ["sans-serif"]}):
        use_chinese_font()
        use_chinese_font()
        assert matplotlib.rcParams["font.family"] == ["sans-serif", FAMILIES[4]]


def test_without_one_the_warning_names_some(installed: list[types.SimpleNamespace]) -> None:
    del installed[1]
    with pytest.warns(UserWarning, match="no font with Chinese characters.*Noto Sans CJK SC"):
        assert chinese_font() is None
    with tc.use_language("zh"), pytest.warns(UserWarning, match="没有找到带汉字的字体.*Noto Sans CJK SC"):
        assert font_for("卷积") == {}


def test_one_that_is_newer_than_matplotlib_s_list_is_found_by_its_file(
    installed: list[types.SimpleNamespace], monkeypatch: pytest.MonkeyPatch
) -> None:
    del installed[1]
    paths = ["/fonts/Latin.ttf", "/fonts/Noto Sans CJK/NotoSansCJK-Regular.ttc"]
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: paths)
    added = []

    def add(path: str) -> None:
        added.append(path)
        installed.append(types.SimpleNamespace(name="Noto Sans CJK JP"))

    monkeypatch.setattr(font_manager.fontManager, "addfont", add)
    assert chinese_font() == "Noto Sans CJK JP"
    assert chinese_font() == "Noto Sans CJK JP"
    assert added == paths[1:]


def test_titles_in_chinese_ask_for_it_and_others_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "chinese_font", lambda: FAMILIES[4])
    figure = pytest.importorskip("matplotlib.figure").Figure()
    for title, families in (("once each", ["sans-serif"]), ("每格一次", ["sans-serif", FAMILIES[4]])):
        with matplotlib.rc_context({"font.family": ["sans-serif"]}):
            axes = plot_grid(np.ones((3, 3)), figure.add_subplot(), title)
        assert axes.title.get_fontfamily() == families
