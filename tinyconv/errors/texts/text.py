"""One text of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Phrase(NamedTuple):
    """A part of a text: a hint that fits some cases alone.

    Examples
    --------
    >>> Phrase(en=" or ", zh=" 或 ").told("zh", {})
    ' 或 '
    """

    en: str
    zh: str

    def told(self, language: str, values: Mapping[str, Any]) -> str:
        """Fill in the values."""
        return (self.zh if language == "zh" else self.en).format_map(values)


class Text(NamedTuple):
    """What an exception of type `kind` says.

    Examples
    --------
    >>> import numpy as np
    >>> Text(ValueError, en="{x.shape} is empty", zh="{x.shape} 是空的").told("en", {"x": np.zeros(0)})
    '(0,) is empty'
    """

    kind: type[Exception]
    en: str
    zh: str

    def told(self, language: str, values: Mapping[str, Any]) -> str:
        """Fill in the values."""
        return (self.zh if language == "zh" else self.en).format_map(values)
