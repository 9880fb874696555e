"""The small Sphinx extensions in docs/_ext, as far as they can be tested without Sphinx."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sys
import types
from html import escape
from pathlib import Path
from typing import Any

import pytest

import tinyconv as tc
from tests.browser import chromium_or_skip, result_of
from tinyconv.absent import recorded
from tinyconv.explain.widget import script

DOCS = Path(__file__).parents[2] / "docs"
EXTENSIONS = DOCS / "_ext"


class Stub(types.ModuleType):
    """Stands for a package that the test environment need not have: any name gives a class."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give a function that imports an extension, with stubs in Sphinx's place."""
    stubs = "docutils sphinx sphinx.application sphinx.search sphinx.search.en sphinx.util sphinx.util.docutils"
    for name in (*stubs.split(), "latex2mathml", "latex2mathml.converter"):
        monkeypatch.setitem(sys.modules, name, Stub(name))
    sys.modules["sphinx"].addnodes = types.SimpleNamespace(pending_xref=None)  # type: ignore[attr-defined]
    sys.modules["sphinx.search"].languages = {}  # type: ignore[attr-defined]
    sys.modules["sphinx.util"].logging = types.SimpleNamespace(getLogger=lambda name: None)  # type: ignore[attr-defined]

    def load(name: str) -> Any:
        spec = importlib.util.spec_from_file_location(f"docs_ext_{name}", EXTENSIONS / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("stride of 2", ["stride", "of", "2"]),
        ("卷积核", ["卷积", "积核"]),
        ("用conv2d做卷积", ["用", "conv2d", "做卷", "卷积"]),
        ("核", ["核"]),
    ],
)
def test_chinese_is_indexed_in_pairs(load: Any, text: str, words: list[str]) -> None:
    assert load("bilingual").split(text) == words


def test_twins(load: Any) -> None:
    bilingual = load("bilingual")
    assert bilingual._twin_of("en/06-pooling") == "zh/06-pooling"
    assert bilingual._twin_of("zh/index") == "en/index"
    assert bilingual._twin_of("index") == "zh/index"
    assert bilingual._twin_of("api/nn") is None


def test_broken_links_are_found(load: Any, tmp_path: Path) -> None:
    internal_links = load("internal_links")
    (tmp_path / "a.html").write_text('<h1 id="top">A</h1><a href="b.html#there">b</a><img src="no.png">')
    (tmp_path / "b.html").write_text('<p id="here"></p><a href="a.html#top">a</a><a href="https://example.org/x">x</a>')
    assert internal_links.broken_links(tmp_path / "a.html") == ["b.html#there", "no.png"]
    assert internal_links.broken_links(tmp_path / "b.html") == []


@pytest.mark.parametrize(
    ("converted", "better"),
    [
        ("<msup><mi>k</mi><mi>&#x02032;</mi></msup>",
         '<mrow><mi>k</mi><mo lspace="0" rspace="0">&#x02032;</mo></mrow>'),
        ("<mi>&#x0230A;</mi><mn>5</mn><mi>&#x0230B;</mi>",
         '<mo stretchy="false" fence="true" form="prefix">&#x0230A;</mo><mn>5</mn>'
         '<mo stretchy="false" fence="true" form="postfix">&#x0230B;</mo>'),
        ("<mi>&#x00064;</mi><mi>u</mi>", '<mi mathvariant="normal">d</mi><mi>u</mi>'),
        ('<mrow><mi mathvariant="normal">v</mi><mi mathvariant="normal">e</mi></mrow>', "<mi>ve</mi>"),
        ("<msup><mi>k</mi><mn>2</mn></msup><mo>&#x0005E;</mo>", "<msup><mi>k</mi><mn>2</mn></msup><mo>&#x0005E;</mo>"),
        ("<mo>&#x02212;</mo><mo>&#x0221E;</mo>", "<mo>&#x02212;</mo><mi>&#x0221E;</mi>"),
        ('<mo stretchy="false">&#x00028;</mo><mo>&#x02212;</mo><mn>24</mn>',
         '<mo stretchy="false">&#x00028;</mo><mo form="prefix">&#x02212;</mo><mn>24</mn>'),
        ("<mo>&#x0002C;</mo><mtext>&#x000A0;</mtext><mo>&#x02212;</mo><mn>1</mn>",
         '<mo>&#x0002C;</mo><mtext>&#x000A0;</mtext><mo form="prefix">&#x02212;</mo><mn>1</mn>'),
        ("<mn>2</mn><mo>&#x02212;</mo><mn>1</mn>", "<mn>2</mn><mo>&#x02212;</mo><mn>1</mn>"),
        ('<mo>max</mo><mo stretchy="false">&#x00028;</mo>', '<mi>max</mi><mo stretchy="false">&#x00028;</mo>'),
        ("<mi>ln</mi><mn>10</mn>", '<mi>ln</mi><mspace width="0.17em"/><mn>10</mn>'),
    ],
)  # fmt: skip
def test_primes_brackets_and_words_of_formulas(load: Any, converted: str, better: str) -> None:
    mathml = load("mathml")
    mathml.convert = lambda tex: converted
    assert mathml.formula("") == better


@pytest.mark.parametrize(
    ("before", "after", "joined"),
    [
        ("a factor ", "。所以", "f|"),
        ("两点（", "）。", "|f|"),
        ("for (", " to 9", "|f"),
        ("with ", " cells", "f"),
        ("第 ", "格", "f"),
        ("", "", "f"),
    ],
)
def test_a_formula_is_joined_to_its_punctuation(load: Any, before: str, after: str, joined: str) -> None:
    held = load("mathml").joined("f", before, after)
    assert re.sub("<.*?>", "", held).replace("\u2060", "|") == joined
    assert ('class="joined"' in held) == (joined != "f")


def test_no_line_ends_between_a_formula_and_its_punctuation(load: Any) -> None:
    """In columns of many widths, for a bracket before and a full stop behind."""
    chromium_or_skip()
    formula = load("mathml").joined("<math><mi>x</mi><mo>=</mo><mn>1</mn></math>", "（", "。")
    columns = "".join(
        f'<p style="width:{width}px">格格格格<b>（</b>{formula}<i>。</i>格格格格格格</p>' for width in range(90, 190, 3)
    )
    measure = """<p id="result"></p><script>
    const middle = (e) => { const r = e.getBoundingClientRect(); return (r.top + r.bottom) / 2; };
    const apart = [...document.querySelectorAll("p[style]")].filter((p) => ["b", "i"].some((tag) =>
        Math.abs(middle(p.querySelector(tag)) - middle(p.querySelector("math"))) > 10));
    document.querySelector("#result").textContent = JSON.stringify(apart.map((p) => p.style.width));
    </script>"""
    style = (DOCS / "_static" / "extra.css").read_text("utf-8")
    page = '<!doctype html><meta charset="utf-8"><style>' + style + "</style>" + columns + measure
    assert result_of(page) == []
    assert result_of(page.replace('class="joined"', ""))  # as it is without the class


def test_figures_get_their_words(load: Any) -> None:
    class Cell(dict):
        def findall(self, kind: Any) -> list[dict]:
            return self["figures"]

    alt_texts, told = load("alt_texts"), []
    alt_texts.nodes = types.SimpleNamespace(container=None, image=None)
    alt_texts.logger = types.SimpleNamespace(warning=lambda *args, location: told.append(args[1:]))

    def described(words: Any, figures: int) -> list[str]:
        cell = Cell(nb_element="cell_code", cell_metadata={"alt": words} if words else {})
        cell["figures"] = [{} for _ in range(figures)]
        alt_texts.describe(None, types.SimpleNamespace(findall=lambda kind: [cell]))
        return [figure.get("alt") for figure in cell["figures"]]

    assert described("one", 1) == ["one"]
    assert described(["a", "b"], 2) == ["a", "b"]
    assert described(None, 0) == []
    assert told == []
    assert described(None, 1) == [None]
    assert described(["a"], 2) == ["a", None]
    assert described("one", 0) == []  # pages built without running the cells
    assert told == [(1, 0), (2, 1)]


def test_docstrings_are_prepared(load: Any) -> None:
    lines = ["See [1]_.", "x : array, shape (N, C, *D)", "    ``(N, *D)`` stays", ".. [1] A. Author"]
    load("numpy_docstrings").prepare(None, "function", "pack.my_function", None, None, lines)
    assert lines == [
        "See [#pack-my-function-1]_.",
        r"x : array, shape (N, C, \*D)",
        "    ``(N, *D)`` stays",
        ".. [#pack-my-function-1] A. Author",
    ]


def test_types_of_attributes_are_no_links(load: Any) -> None:
    class Reference(dict):
        children, instead = "the word", None

        def replace_self(self, nodes: Any) -> None:
            self.instead = nodes

    found = [
        Reference(reftype="class", reftarget="array", refspecific=True),
        Reference(reftype="class", reftarget="tinyconv.Tensor", refspecific=False),
        Reference(reftype="mod", reftarget="backward", refspecific=True),
    ]
    load("numpy_docstrings").unlink(None, types.SimpleNamespace(findall=lambda kind: found))
    assert [node.instead for node in found] == ["the word", None, None]


@pytest.mark.parametrize("room", [room for room in recorded() if not room.startswith("vision")])
def test_each_name_stands_once_where_it_belongs(load: Any, room: str) -> None:
    offered, elsewhere, reasons = load("pytorch_names").sort_out(room)
    absent = [name for names in reasons.values() for name in names]
    assert sorted([*offered, *elsewhere, *absent]) == sorted(recorded()[room])
    here = tc.Tensor if room == "Tensor" else importlib.import_module(f"tinyconv.{room}".rstrip("."))
    assert all(hasattr(here, name) for name in offered)
    assert not any(hasattr(here, name) for name in [*elsewhere, *absent])


def test_the_dictionary_says_what_the_error_says(load: Any) -> None:
    _, elsewhere, reasons = load("pytorch_names").sort_out("nn")
    told = next(why for why, names in reasons.items() if "LSTM" in names)
    with pytest.raises(AttributeError, match=re.escape(told)):
        _ = tc.nn.LSTM
    assert elsewhere["SyncBatchNorm"] == "tinyconv.distributed"


def test_the_names_as_a_page_shows_them(load: Any) -> None:
    pytest.importorskip("PIL")
    english, chinese = (load("pytorch_names").as_html(language) for language in ("en", "zh"))
    for html in (english, chinese):
        assert html.count("<details") == html.count("</details>") == html.count("<tr>") - 1 == len(recorded())
        assert "<code>torchvision.models</code>" in html
    offered = sum(hasattr(tc.nn.init, name) for name in recorded()["nn.init"])
    assert (
        f"<td><code>torch.<wbr>nn.<wbr>init</code></td><td>{len(recorded()['nn.init'])}</td><td>{offered}</td>"
        in english
    )
    assert "recurrent layers" in english
    assert "循环层" in chinese
    assert re.findall("<td>.*?</td>", english) == re.findall("<td>.*?</td>", chinese)


def test_both_landing_pages_let_the_reader_draw(load: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("docutils", "docutils.parsers", "docutils.parsers.rst"):
        monkeypatch.setitem(sys.modules, name, Stub(name))
    extension = load("draw_digit")
    monkeypatch.setattr(extension, "EPOCHS", 0)
    model = extension.trained_model()
    numbers = sum(parameter.numel() for parameter in model.parameters())
    for page, language, told in (("index.md", "en", f"{numbers:,} numbers"), ("zh/index.md", "zh", f"{numbers} 个数")):
        text = (EXTENSIONS.parent / page).read_text(encoding="utf-8")
        assert f"```{{draw-digit}} {language}\n" in text
        assert told in text  # of the network that is there
    assert "noscript" in extension.draw_page(model, language="zh").fragment()


@pytest.fixture
def sliding_window(load: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("docutils", "docutils.nodes", "docutils.parsers", "docutils.parsers.rst"):
        monkeypatch.setitem(sys.modules, name, Stub(name))
    sys.modules["docutils.parsers.rst"].directives = types.SimpleNamespace(unchanged_required=str)  # type: ignore[attr-defined]
    return load("sliding_window")


def test_options_of_the_sliding_window(sliding_window: Any) -> None:
    assert [sliding_window.whole_numbers(text) for text in ("3", "4, 2", "5,")] == [3, (4, 2), (5,)]
    assert sliding_window.names("stride, kernel_size") == ["stride", "kernel_size"]


def test_the_sliding_window_s_script_is_one_file_with_its_style(sliding_window: Any, tmp_path: Path) -> None:
    app = types.SimpleNamespace(doctreedir=tmp_path / "new", config=types.SimpleNamespace(html_static_path=["_static"]))
    sliding_window.add_file(app)
    text = Path(app.config.html_static_path[1]).read_text(encoding="utf-8")
    assert text == script()
    assert "tinyconvWidget" in text
    assert "prefers-color-scheme" in text


# --- Chinese pages ------------------------------------------------------------------------------------

PAGES_IN_ORDER = ("index", "en/index", "en/01-x", "zh/index", "zh/01-x", "api/index")


def context_of(theme_words: Any, page: str) -> dict[str, Any]:
    """What the template of a page is given, with the pages on both sides by their names."""
    place = PAGES_IN_ORDER.index(page)
    beside = [PAGES_IN_ORDER[i] if 0 <= i < len(PAGES_IN_ORDER) else None for i in (place - 1, place + 1)]
    builder = types.SimpleNamespace(relations={page: [None, *beside]})
    context: dict[str, Any] = {"prev": beside[0], "next": beside[1]}
    theme_words.dress(types.SimpleNamespace(builder=builder), page, "page.html", context, None)
    return context


def test_next_and_previous_stay_within_the_language(load: Any) -> None:
    theme_words = load("theme_words")
    ways = {
        page: (context_of(theme_words, page)["prev"], context_of(theme_words, page)["next"]) for page in PAGES_IN_ORDER
    }
    assert ways == {
        "index": (None, "en/index"),
        "en/index": ("index", "en/01-x"),
        "en/01-x": ("en/index", None),
        "zh/index": (None, "zh/01-x"),
        "zh/01-x": ("zh/index", None),
        "api/index": (None, None),
    }


def test_words_of_the_theme_are_chinese_on_chinese_pages_alone(load: Any) -> None:
    theme_words = load("theme_words")
    html = (
        '<a aria-label="Toggle Light / Dark / Auto color theme"></a><p class="admonition-title">Note</p>'
        "<summary>Show code cell source</summary><h2>Note</h2><p>Search for a Note.</p>Toggle navigation of 3. 通道"
    )
    chinese, english = context_of(theme_words, "zh/01-x"), context_of(theme_words, "en/01-x")
    assert chinese["in_the_language"](html) == (
        '<a aria-label="切换浅色、深色或自动配色"></a><p class="admonition-title">说明</p>'
        "<summary>展开代码</summary><h2>Note</h2><p>Search for a Note.</p>展开或收起：3. 通道"
    )
    assert chinese["_"]("Next") == "下一页"
    form = '<form><input type="hidden" name="area" value="default"></form>'
    assert '<input type="hidden" name="lang" value="zh">' in chinese["in_the_language"](form)  # for the page of results
    assert chinese["master_doc"] == "zh/index"
    assert "Hide Search Matches" in chinese["highlights_in_chinese"]
    assert "highlights_in_chinese" not in english
    assert english["in_the_language"](html) == html.replace("code cell source", "the code")
    assert "_" not in english


def test_an_apostrophe_within_a_foreign_word_is_narrow_on_chinese_pages(load: Any) -> None:
    theme_words = load("theme_words")
    assert theme_words.in_chinese("<em>d’équations</em>，‘引号’") == "<em>d'équations</em>，‘引号’"


def test_the_bar_over_an_answer_says_so(load: Any) -> None:
    theme_words = load("theme_words")
    bars = "".join(
        f"<p>{verb} code cell {what}</p>" for what in ("content", "source", "outputs") for verb in ("Show", "Hide")
    )
    said = {page: context_of(theme_words, page)["in_the_language"](bars) for page in ("en/01-x", "zh/01-x")}
    assert re.findall("<p>(.*?)</p>", said["en/01-x"])[:4] == [
        "Show the answer",
        "Hide the answer",
        "Show the code",
        "Hide the code",
    ]
    assert re.findall("<p>(.*?)</p>", said["zh/01-x"]) == [
        "展开答案",
        "收起答案",
        "展开代码",
        "收起代码",
        "展开输出",
        "收起输出",
    ]


@pytest.mark.parametrize("path", sorted(DOCS.glob("*/[0-9]*.md")), ids=lambda path: path.stem)
def test_a_whole_cell_is_folded_only_where_it_is_an_answer(path: Path) -> None:
    text = path.read_text("utf-8")
    before_exercises = re.split(r"^## (?:Exercises|练习|1\. )", text, maxsplit=1, flags=re.MULTILINE)[0]
    assert "hide-cell" not in before_exercises


def test_every_english_page_has_a_chinese_title_for_the_navigation(load: Any) -> None:
    theme_words = load("theme_words")
    pages = [path for path in (*DOCS.glob("*.md"), *DOCS.glob("api/*.rst")) if path.stem != "index"]
    titles = {path.read_text("utf-8").lstrip("# ").partition("\n")[0] for path in pages}
    assert titles == theme_words.PAGES.keys()
    for title in titles:
        link = '<a class="reference internal" href="../api/x.html">{}</a>'
        curly = escape(title, quote=False).replace("'", "’")
        assert theme_words.in_chinese(link.format(curly)) == link.format(theme_words.PAGES[title])
    in_a_text = '<a class="reference internal" href="../api/x.html"><span class="doc">Data</span></a>'
    assert theme_words.in_chinese(in_a_text) == in_a_text


def test_cells_speak_the_language_of_their_page(load: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYCONV_LANGUAGE", "")
    theme_words = load("theme_words")
    for page, language in {"zh/01-x": "zh", "en/01-x": "en", "api/index": "en"}.items():
        theme_words.speak(None, page, [""])
        assert os.environ["TINYCONV_LANGUAGE"] == language


def test_every_word_of_the_theme_s_templates_has_its_chinese(load: Any) -> None:
    theme_words, package = load("theme_words"), importlib.util.find_spec("furo")
    if package is None or package.origin is None:
        pytest.skip("needs the theme: pip install '.[docs]'")
    theme = Path(package.origin).parent / "theme" / "furo"
    used = ("base.html", "page.html", "sidebar/search.html")  # what a chapter's page is made of
    asked = {
        words
        for name in used
        for quoted in [(theme / name).read_text("utf-8")]
        for words in re.findall(r"_\(\s*\"([^\"]+)\"\s*\)", quoted)
    }
    assert asked >= {"Search", "Next", "On this page"}
    unused = {"About these documents"}  # the head's link to a page that there is not
    assert asked - unused <= theme_words.GETTEXT.keys()
    icons = (theme / "partials" / "icons.html").read_text("utf-8")
    assert set(re.findall("<title>(.*?)</title>", icons)) <= theme_words.TEXTS.keys()
    labels = set(re.findall('aria-label="(Toggle [^"]*)"', (theme / "page.html").read_text("utf-8")))
    assert labels
    assert labels <= theme_words.ATTRIBUTES.keys()


def test_every_word_of_the_search_page_has_its_chinese(load: Any) -> None:
    """The scripts that search and mark what was found are Sphinx's; they hand to its gettext what they can say."""
    theme_words, package = load("theme_words"), importlib.util.find_spec("furo")
    if package is None or package.origin is None:
        pytest.skip("needs Sphinx: pip install '.[docs]'")
    static = Path(package.origin).parents[1] / "sphinx" / "themes" / "basic" / "static"
    for file, a_word, known in (
        ("searchtools.js", "Searching", theme_words.SEARCH),
        ("sphinx_highlight.js", "Hide Search Matches", theme_words.HIGHLIGHTS),
    ):
        said = re.findall(r'(?:\b_|gettext)\(\s*"([^"]+)"', (static / file).read_text("utf-8"))
        assert a_word in said
        assert set(said) <= known.keys()


def test_a_result_of_the_search_shows_the_page_s_own_text() -> None:
    """Without the links above its title and the bars over its folded cells."""
    chromium_or_skip()
    templates = DOCS / "_templates"
    links = re.findall("<p class=.*?</p>", (templates / "page.html").read_text("utf-8"))
    assert len(links) == 2
    page = "<h1>膨胀</h1>" + "".join(links) + "<details><summary><p>展开</p>\n<p>收起</p></summary>x = 1</details>"
    (script,) = re.findall("<script>\\n.*?</script>", (templates / "search.html").read_text("utf-8"), re.DOTALL)
    stub = "<script>const Search = { htmlToText: (page, anchor) => [page, anchor] };</script>"
    write = """<p id="result"></p><script>
    const asked = JSON.parse(document.querySelector("#page").textContent);
    document.querySelector("#result").textContent = JSON.stringify(Search.htmlToText(asked, "#a"));
    </script>"""
    asked = json.dumps(page).replace("<", "\\u003c")
    document = f'<!doctype html><meta charset="utf-8"><script type="application/json" id="page">{asked}</script>'
    assert result_of(document + stub + script + write) == ["<h1>膨胀</h1><details>x = 1</details>", "#a"]
