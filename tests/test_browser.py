"""The helper that reads pages through Chromium: what it hands back, and what it says where there is no browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser import chromium_or_skip, dump_dom, find_chromium, needed_width, result_of, screenshot

PAGE = """<!doctype html><meta charset="utf-8"><p id="result"></p><script>
setTimeout(() => { document.getElementById('result').textContent = JSON.stringify(
  {text: '<卷积> & "quotes"', sum: 0.1 + 0.2, width: innerWidth, query: location.search}); }, 3000);
</script>"""


def test_what_a_script_computed_comes_back_exactly():
    result = result_of(PAGE, width=700, query="?lang=zh")
    assert result == {"text": '<卷积> & "quotes"', "sum": 0.1 + 0.2, "width": 700, "query": "?lang=zh"}


def test_a_file_is_opened_like_a_text(tmp_path: Path):
    page = tmp_path / "a page.html"
    page.write_text(PAGE, encoding="utf-8")
    assert result_of(page)["sum"] == 0.1 + 0.2


def test_a_script_in_json_is_read_as_it_stands():
    page = '<script type="application/json" id="result">{"a": "&amp;"}</script>'
    assert result_of(page) == {"a": "&amp;"}


def test_a_page_without_a_result_fails_the_test():
    with pytest.raises(AssertionError, match="no element with the id result"):
        result_of("<script>throw Error()</script>")


def test_document_and_picture(tmp_path: Path):
    assert "<b>3</b>" in dump_dom("<script>document.write('<b>' + (1 + 2) + '</b>')</script>")
    screenshot("<p>a</p>", tmp_path / "a.png", width=390, dark=True)
    assert (tmp_path / "a.png").read_bytes()[1:4] == b"PNG"


def test_a_phone_s_width_is_measured(tmp_path: Path):
    assert needed_width("<!doctype html><p>short</p>", 390) == 390
    assert needed_width("<!doctype html><p style='height:5000px'>high</p>", 390) == 390
    assert needed_width('<!doctype html><div style="width:700px">x</div>', 390) >= 700


def test_without_a_browser_a_test_is_skipped_loudly_or_fails_where_one_is_promised(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TINYCONV_CHROMIUM", "no-such-browser")
    monkeypatch.delenv("TINYCONV_REQUIRE_CHROMIUM", raising=False)
    assert find_chromium() is None
    with pytest.raises(pytest.skip.Exception, match="NO CHROMIUM"):
        chromium_or_skip()
    monkeypatch.setenv("TINYCONV_REQUIRE_CHROMIUM", "1")
    with pytest.raises(pytest.fail.Exception, match="NO CHROMIUM"):
        chromium_or_skip()
