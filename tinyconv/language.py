"""The language of what tinyconv says: English, or Chinese after ``set_language('zh')``.

The environment variable ``TINYCONV_LANGUAGE=zh`` chooses it from outside, for a command or a notebook's kernel.

The texts themselves stand in :mod:`tinyconv.errors.texts`, both languages side by side.

Only the words change.  The types of the exceptions, the names of arguments and the code that an error
proposes are the same in every language.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextvars import ContextVar

__all__ = ["get_language", "set_language", "use_language"]

LANGUAGES = ("en", "zh")
_everywhere = os.environ.get("TINYCONV_LANGUAGE") or "en"  # and then what set_language chose, for all threads
_here: ContextVar[str | None] = ContextVar("tinyconv_language", default=None)  # what a `with` block chose, for its own


def set_language(language: str) -> None:
    """Choose the language of errors, tables and explanations for the whole program, every thread included.

    Parameters
    ----------
    language : {'en', 'zh'}
        English or simplified Chinese.

    Raises
    ------
    ValueError
        For another language.

    Examples
    --------
    >>> from tinyconv.language import get_language, set_language
    >>> set_language("zh")
    >>> get_language()
    'zh'
    >>> set_language("en")
    """
    global _everywhere
    _everywhere = _known(language)


def get_language() -> str:
    """Tell in which language an error, or an explanation, would be written here.

    Examples
    --------
    >>> get_language()
    'en'
    """
    return _here.get() or _everywhere


@contextlib.contextmanager
def use_language(language: str) -> Iterator[None]:
    """Choose the language inside a ``with`` block, for this thread (or asynchronous task) alone.

    Raises
    ------
    ValueError
        For another language than English and Chinese.

    Examples
    --------
    >>> import tinyconv as tc
    >>> with use_language("zh"):
    ...     tc.nn.Conv2d(4, 4, 3, groups=3)
    Traceback (most recent call last):
    ...
    ValueError: Conv2d: in_channels 必须能被 groups 整除...
    """
    token = _here.set(_known(language))
    try:
        yield
    finally:
        _here.reset(token)


def _known(language: str) -> str:
    if language not in LANGUAGES:
        from .errors import refusal  # whose texts speak the language chosen here

        raise refusal("language.unknown", language=language, known=LANGUAGES)
    return language
