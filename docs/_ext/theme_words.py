"""Pages in Chinese: the theme's own words, the place of "next", and the language in which cells speak.

Sphinx builds in one language, English here.  On a page ``zh/X`` the words that the theme and Sphinx put around the
chapter are translated when the page is written; its cells run with ``TINYCONV_LANGUAGE=zh``, their figures with a font
that has Chinese characters, and links to the next and the previous page never leave the language of the page.
"""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from tinyconv.explain.fonts import chinese_font

# texts that templates hand to gettext
GETTEXT = {
    "Search": "搜索",
    "Index": "索引",
    "Next": "下一页",
    "Previous": "上一页",
    "Home": "首页",
    "On this page": "本页目录",
    "Back to top": "回到顶部",
    "Skip to content": "跳到正文",
    "Copyright": "版权",
    "Copyright &#169; %(copyright)s": "版权所有 &#169; %(copyright)s",
    "Made with ": "由 ",
    '<a href="https://www.sphinx-doc.org/">Sphinx</a> and ': '<a href="https://www.sphinx-doc.org/">Sphinx</a> 和 ',
    '\n            <a href="https://github.com/pradyunsg/furo">Furo</a>\n            ': (
        '\n            <a href="https://github.com/pradyunsg/furo">Furo</a> 生成\n            '
    ),
}
# words that stand in the page's HTML as they are: whole attributes and whole texts of elements
ATTRIBUTES = {
    "Link to this heading": "本节的链接",
    "Link to this image": "这张图的链接",
    "Link to this table": "这张表的链接",
    "Link to this code": "这段代码的链接",
    "Permalink to this heading": "本节的链接",
    "Toggle site navigation sidebar": "打开或收起导航栏",
    "Toggle table of contents sidebar": "打开或收起目录",
    "Toggle hidden content": "展开或收起",
    "Toggle Light / Dark / Auto color theme": "切换浅色、深色或自动配色",
}
TEXTS = {
    "Attention": "注意",
    "Caution": "小心",
    "Danger": "危险",
    "Error": "错误",
    "Hint": "提示",
    "Important": "重要",
    "Note": "说明",
    "See also": "另见",
    "Tip": "小窍门",
    "Warning": "警告",
    "Show the code": "展开代码",
    "Hide the code": "收起代码",
    "Show the answer": "展开答案",
    "Hide the answer": "收起答案",
    "Show the output": "展开输出",
    "Hide the output": "收起输出",
    "Read along": "英文教程",
    "Reference": "参考（英文）",
    "Contents": "目录",
    "Menu": "菜单",
    "Expand": "展开",
    "Light mode": "浅色",
    "Dark mode": "深色",
    "Auto light/dark, in light mode": "自动配色，现为浅色",
    "Auto light/dark, in dark mode": "自动配色，现为深色",
}
# what stands on the bar of a folded cell: a whole cell is folded only where it is the answer to an exercise
FOLDS = {"source": "the code", "content": "the answer", "output": "the output", "outputs": "the output"}
# titles of the pages that are in English alone, as the navigation shows them
PAGES = {
    "Tensors": "张量",
    "Automatic differentiation": "自动微分",
    "Operations": "运算",
    "Layers": "层",
    "Layers as functions": "函数形式的层",
    "Optimisers": "优化器",
    "Data": "数据",
    "Images": "图像",
    "Tools that explain": "讲解工具",
    "Chainer's names": "Chainer 的名字",
    "Devices, random numbers, files, language": "设备、随机数、文件、语言",
    "Kernels": "计算内核",
    "Distributed training": "分布式训练",
    "Benchmarks": "性能测试",
    "Training with several processes": "多进程训练",
    "ONNX, and PyTorch's weights": "ONNX 与 PyTorch 的权重",
    "CUDA kernels": "CUDA 内核",
}
# what the search page says while it looks and when it has found; it learns the language from its address
SEARCH = {
    "Search Results": "搜索结果",
    "Searching": "正在搜索",
    "Preparing search...": "正在准备搜索……",
    ", in ": "，在 ",
    "Your search did not match any documents. Please make sure that all words are spelled correctly and that you've "
    "selected enough categories.": "没有找到。请检查每个词的写法。",
    "Search finished, found one page matching the search query.": ["搜索完毕，找到 ${resultCount} 页。"],
}
SEARCH_IN_CHINESE = """
if (new URLSearchParams(location.search).get("lang") === "zh") {
  document.documentElement.lang = "zh-CN";
  document.title = "搜索 - tinyconv";
  Documentation.addTranslations({ locale: "zh_CN", plural_expr: "0", messages: %s });
  addEventListener("DOMContentLoaded", () => {
    const form = document.querySelector(".sidebar-search-container");
    form.insertAdjacentHTML("beforeend", '<input type="hidden" name="lang" value="zh">');
    form.querySelector(".sidebar-search").placeholder = "搜索";
  });
}
"""
# what a page offers that was opened from a search, whose words it then marks
HIGHLIGHTS = {"Hide Search Matches": "不再标出搜索词"}
HIGHLIGHTS_IN_CHINESE = 'Documentation.addTranslations({ locale: "zh_CN", plural_expr: "0", messages: %s });'
_FORM = '<input type="hidden" name="area" value="default">'
_FOLD = re.compile(rf">(Show|Hide) code cell ({'|'.join(FOLDS)})<")
_ATTRIBUTE = re.compile(rf'\b(title|aria-label)="({"|".join(map(re.escape, ATTRIBUTES))})"')
_TEXT = re.compile(rf">({'|'.join(map(re.escape, TEXTS))})<(?!/h\d|/code)")
_TITLE = re.compile(r'(<a class="reference internal" href="[^"#]*">)([^<]+)(?=</a>)')  # links within a text hold a span
_APOSTROPHE = re.compile("(?<=[a-z])’(?=[A-Za-zÀ-ÿ])")  # a Chinese font would draw it as wide as a character
_TOGGLE = re.compile(r"Toggle navigation of ([^<\"]*)")


def gettext(text: str) -> str:
    """Give a text of the theme's in Chinese, or as it is where there is none.

    Examples
    --------
    >>> gettext("Search")
    '搜索'
    """
    return GETTEXT.get(text, text)


def name_folds(page: str) -> str:
    """Let the bar of a folded cell say what is under it.

    Examples
    --------
    >>> name_folds("<p>Show code cell content</p><p>Hide code cell source</p>")
    '<p>Show the answer</p><p>Hide the code</p>'
    """
    return _FOLD.sub(lambda found: f">{found[1]} {FOLDS[found[2]]}<", page)


def in_chinese(page: str) -> str:
    """Translate what the theme and Sphinx put into a page's HTML.

    Examples
    --------
    >>> in_chinese('<p class="admonition-title">Hint</p><a title="Link to this heading">#</a>')
    '<p class="admonition-title">提示</p><a title="本节的链接">#</a>'
    >>> in_chinese("<em>des systèmes d’équations</em>")
    "<em>des systèmes d'équations</em>"
    >>> in_chinese("<p>Show code cell content</p>")
    '<p>展开答案</p>'
    >>> in_chinese('<a class="reference internal" href="../api/tensor.html">Tensors</a>')
    '<a class="reference internal" href="../api/tensor.html">张量</a>'
    """
    page = page.replace(_FORM, f'{_FORM}\n  <input type="hidden" name="lang" value="zh">')
    page = _APOSTROPHE.sub("'", name_folds(page))
    page = _ATTRIBUTE.sub(lambda found: f'{found[1]}="{ATTRIBUTES[found[2]]}"', page)
    page = _TEXT.sub(lambda found: f">{TEXTS[found[1]]}<", page)
    page = _TITLE.sub(lambda found: found[1] + _page_title(found[2]), page)
    return _TOGGLE.sub(lambda found: f"展开或收起：{_page_title(TEXTS.get(found[1], found[1]))}", page)


def _page_title(title: str) -> str:
    return PAGES.get(html.unescape(title).replace("’", "'"), title)


def language_of(page: str) -> str:
    """Tell a page's language; what is not in Chinese is in English."""
    return "zh" if page.startswith("zh/") else "en"


def speak(app: Sphinx, page: str, content: list[str]) -> None:
    """Let the cells of the page about to be read speak its language: their kernel inherits the environment."""
    os.environ["TINYCONV_LANGUAGE"] = language_of(page)


def add_font(app: Sphinx) -> None:
    """Add a Chinese font to the look of all figures; without one, a warning of Python's and boxes in the figures."""
    Path(app.doctreedir).mkdir(parents=True, exist_ok=True)
    look = Path(os.environ["MATPLOTLIBRC"]).read_text(encoding="utf-8")
    os.environ["MPLCONFIGDIR"] = str(app.doctreedir)  # a list of fonts of its own: the user's may be older than a font
    family = chinese_font()
    if family is not None:
        look += f"font.family: sans-serif, {family}\n"
    with_font = Path(app.doctreedir) / "matplotlibrc"
    with_font.write_text(look, encoding="utf-8")
    os.environ["MATPLOTLIBRC"] = str(with_font)


def dress(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Give the page's template the words of its language, and no way into the other one by "next"."""
    relations: dict[str, Any] = getattr(app.builder, "relations", {})
    _, previous, following = relations.get(page, (None, None, None))
    for name, other in (("prev", previous), ("next", following)):
        if other and language_of(other) != language_of(page):
            context[name] = None
    in_page: Callable[[str], str] = name_folds
    if language_of(page) == "zh":
        context["_"] = context["gettext"] = gettext
        context["master_doc"] = context["root_doc"] = "zh/index"  # where the title at the top leads
        context["highlights_in_chinese"] = HIGHLIGHTS_IN_CHINESE % json.dumps(HIGHLIGHTS, ensure_ascii=False)
        in_page = in_chinese
    context["in_the_language"] = in_page
    context["search_in_chinese"] = SEARCH_IN_CHINESE % json.dumps(SEARCH, ensure_ascii=False)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("builder-inited", add_font)
    app.connect("source-read", speak)
    app.connect("html-page-context", dress)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
