"""Two languages in one site: a link from each page to its twin, and a search that finds Chinese words.

A page ``en/X`` and a page ``zh/X`` are twins, and the first page of all has ``zh/index`` for its own.  Sphinx builds
in one language, so the search's splitter is replaced by one that cuts Chinese text into pairs of characters, when
indexing and when asking.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx
from sphinx.search import languages
from sphinx.search.en import SearchEnglish

LANGUAGES = {"en": ("en", "English"), "zh": ("zh-CN", "中文")}
_WORD = re.compile(r"[\u3400-\u9fff]+|[^\W\u3400-\u9fff]+")
_CHINESE = re.compile(r"[\u3400-\u9fff]")


def split(text: str) -> list[str]:
    """Cut a text into words, and Chinese runs into overlapping pairs of characters.

    Examples
    --------
    >>> split("stride 卷积核")
    ['stride', '卷积', '积核']
    """
    words: list[str] = []
    for word in _WORD.findall(text):
        if len(word) > 1 and _CHINESE.match(word):
            words += [word[i : i + 2] for i in range(len(word) - 1)]
        else:
            words.append(word)
    return words


_SPLIT_IN_BROWSER = r"""
function splitQuery(query) {
  const words = query.match(/[\u3400-\u9fff]+|(?:(?![\u3400-\u9fff])[\p{L}\p{N}_])+/gu) || [];
  return words.flatMap((word) =>
    /^[\u3400-\u9fff]{2}/.test(word)
      ? [...word].slice(1).map((character, i) => word[i] + character)
      : [word]);
}
"""


class SearchBothLanguages(SearchEnglish):
    """English stemming and stop words, and pairs of Chinese characters."""

    js_splitter_code = _SPLIT_IN_BROWSER

    def split(self, input: str) -> list[str]:
        """Cut what is to be indexed into words."""
        return split(input)

    def word_filter(self, word: str) -> bool:
        """Tell whether to index a word; a pair of Chinese characters always is."""
        return bool(_CHINESE.match(word)) or super().word_filter(word)


def _twin_of(page: str) -> str | None:
    if page == "index":  # the first page of all is in English
        return "zh/index"
    language, _, rest = page.partition("/")
    other = {"en": "zh", "zh": "en"}.get(language)
    return f"{other}/{rest}" if other and rest else None


def add_twin(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Tell the page's template its language and its twin, if there is one."""
    language = "en" if page == "index" else page.partition("/")[0]
    if language in LANGUAGES:
        context["language"] = LANGUAGES[language][0]
    twin = _twin_of(page)
    if twin in app.env.found_docs:
        context["twin"] = twin
        context["twin_language"], context["twin_name"] = LANGUAGES[twin.partition("/")[0]]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    languages["en"] = SearchBothLanguages
    app.connect("html-page-context", add_twin)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
