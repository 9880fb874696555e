"""A font with Chinese characters for Matplotlib's titles and labels, and for films, of those that the computer has."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

from ..errors import phrase, refusal

__all__ = ["chinese_font", "chinese_font_file", "font_for", "has_chinese", "use_chinese_font"]

# by the names of their families: free fonts, those of Windows, those of macOS
FAMILIES = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei", "Noto Sans CJK JP", "Droid Sans Fallback",
    "Microsoft YaHei", "SimHei", "SimSun",
    "PingFang SC", "PingFang HK", "Hiragino Sans GB", "Heiti TC", "STHeiti", "Arial Unicode MS",
)  # fmt: skip
# how the names of their files begin, without spaces, and the folders in which systems keep fonts
FILES = (
    "NotoSansCJK", "NotoSansSC", "SourceHanSans", "wqy-", "DroidSansFallback", "msyh", "simhei", "simsun", "PingFang",
    "HiraginoSansGB", "STHeiti", "ArialUnicode",
)  # fmt: skip
FOLDERS = (
    "/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts",
    "/System/Library/Fonts", "/Library/Fonts", "~/Library/Fonts", "C:/Windows/Fonts",
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
            if _is_chinese(Path(path)):
                font_manager.fontManager.addfont(path)
        found = _known(font_manager)
    if found is None:
        _warn()
    return found


def chinese_font_file() -> str | None:
    """Name the file of a font that has Chinese characters, for what draws without Matplotlib; without one, warn."""
    folders = (Path(folder).expanduser() for folder in FOLDERS)
    found = [path for folder in folders for path in folder.rglob("*.[to]t[fc]") if _is_chinese(path)]
    if not found:
        _warn()
        return None
    return str(min(found, key=lambda path: ("Regular" not in path.name, path.name)))


def has_chinese(text: str) -> bool:
    """Tell whether a text has Chinese characters.

    Examples
    --------
    >>> has_chinese("conv"), has_chinese("卷积")
    (False, True)
    """
    return re.search("[\u4e00-\u9fff]", text) is not None


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
    family = chinese_font() if has_chinese(text) else None
    if family is None:
        return {}
    import matplotlib

    return {"family": _with(matplotlib.rcParams["font.family"], family)}


def _is_chinese(path: Path) -> bool:
    return path.name.replace(" ", "").lower().startswith(tuple(map(str.lower, FILES)))


def _warn() -> None:
    warnings.warn(phrase("explain.no_chinese_font", families=", ".join(FAMILIES[:3])), stacklevel=3)


def _with(families: list[str], family: str) -> list[str]:
    """The families in which a text's characters are looked for, one after the other."""
    return [*(name for name in families if name != family), family]
