"""A font with Chinese characters for Matplotlib's titles and labels, of those that the computer has."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

from ..errors import phrase, refusal

__all__ = ["chinese_font", "font_for", "use_chinese_font"]

# by the names of their families: free fonts, those of Windows, those of macOS
FAMILIES = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei", "Noto Sans CJK JP", "Droid Sans Fallback",
    "Microsoft YaHei", "SimHei", "SimSun",
    "PingFang SC", "PingFang HK", "Hiragino Sans GB", "Heiti TC", "STHeiti", "Arial Unicode MS",
)  # fmt: skip
# and how the names of their files begin, without spaces
FILES = (
    "NotoSansCJK", "NotoSansSC", "SourceHanSans", "wqy-", "DroidSansFallback", "msyh", "simhei", "simsun", "PingFang",
    "HiraginoSansGB", "STHeiti", "ArialUnicode",
)  # fmt: skip


def chinese_font() -> str | None:
    """Name the family of an installed font that has Chinese characters; without one, warn and give None.

    Raises
    ------
    ImportError
        Without Matplotlib; the text says how to install it.
    """
    try:
        from matplotlib import font_manager
    except ImportError:
        raise refusal("explain.no_matplotlib") from None
    found = _known(font_manager)
    if found is None:  # Matplotlib's list may be older than the font
        for path in font_manager.findSystemFonts():
            if Path(path).name.replace(" ", "").lower().startswith(tuple(map(str.lower, FILES))):
                font_manager.fontManager.addfont(path)
        found = _known(font_manager)
    if found is None:
        warnings.warn(phrase("explain.no_chinese_font", families=", ".join(FAMILIES[:3])), stacklevel=2)
    return found


def _known(font_manager: Any) -> str | None:
    """The first of the families that Matplotlib knows."""
    installed = {font.name for font in font_manager.fontManager.ttflist}
    return next((family for family in FAMILIES if family in installed), None)


def use_chinese_font() -> None:
    """Let Matplotlib take from such a font the characters that its own font lacks.

    Examples
    --------
    >>> use_chinese_font()  # doctest: +SKIP
    >>> plt.title("卷积")  # doctest: +SKIP
    """
    family = chinese_font()
    if family is not None:
        import matplotlib

        matplotlib.rcParams["font.family"] = _with(matplotlib.rcParams["font.family"], family)


def font_for(text: str) -> dict[str, Any]:
    """Give what Matplotlib needs to be told to write this text: nothing, if it has no Chinese characters.

    Examples
    --------
    >>> font_for("the sparse matrix W")
    {}
    """
    family = chinese_font() if re.search("[\u4e00-\u9fff]", text) else None
    if family is None:
        return {}
    import matplotlib

    return {"family": _with(matplotlib.rcParams["font.family"], family)}


def _with(families: list[str], family: str) -> list[str]:
    """The families in which a text's characters are looked for, one after the other."""
    return [*(name for name in families if name != family), family]
