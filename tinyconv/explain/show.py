"""Numbers, grids and matrices as text; the same and heat maps through matplotlib, if it is installed."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from ..errors import phrase, refusal
from .fonts import font_for

__all__ = [
    "axes_for",
    "columns_of",
    "grid_text",
    "matrix_text",
    "number",
    "padded",
    "plot_grid",
    "plot_matrix",
    "product",
    "shortened",
    "table_text",
]

MOST_ROWS, WIDEST = 40, 160  # a matrix of more rows, or of longer lines, is described, not printed


def number(value: float) -> str:
    """Write a number as people do.

    Examples
    --------
    >>> number(19.0), number(0.1 + 0.2), number(-2.0)
    ('19', '0.3', '-2')
    """
    text = f"{value:.6g}"
    return "0" if text == "-0" else text


def product(value: str, weight: float) -> str:
    """Write a product, a negative factor in parentheses.

    Examples
    --------
    >>> product("4", -2.0), product("-4", 3.0)
    ('4*(-2)', '(-4)*3')
    """
    factors = [f"({text})" if text.startswith("-") else text for text in (value, number(weight))]
    return "*".join(factors)


def shortened(parts: Sequence[str], most: int, joint: str = " + ") -> str:
    """Join parts, leaving out the middle when there are more than `most`.

    Examples
    --------
    >>> shortened(["a", "b", "c"], 3), shortened(list("abcdefg"), 4)
    ('a + b + c', 'a + b + c + ... (3 more) ... + g')
    """
    if len(parts) <= most:
        return joint.join(parts)
    return joint.join([*parts[: most - 1], phrase("explain.elided", count=len(parts) - most), parts[-1]])


def grid_text(cells: Sequence[Sequence[str]], joint: str = " ") -> str:
    """Lay out cells in columns of equal width.

    Examples
    --------
    >>> print(grid_text([["1", "20"], ["300", "4"]]))
      1  20
    300   4
    """
    width = max((len(cell) for row in cells for cell in row), default=0)
    return "\n".join(joint.join(cell.rjust(width) for cell in row) for row in cells)


def columns_of(text: str) -> int:
    """Tell how many columns a text takes in a terminal, where a Chinese character takes two.

    Examples
    --------
    >>> columns_of("conv"), columns_of("卷积")
    (4, 4)
    """
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def padded(text: str, columns: int, right: bool = False) -> str:
    """Fill a text with blanks to so many columns.

    Examples
    --------
    >>> padded("卷积", 6), padded("8", 3, right=True)
    ('卷积  ', '  8')
    """
    blanks = " " * (columns - columns_of(text))
    return blanks + text if right else text + blanks


def table_text(rows: Sequence[Sequence[str]], right_aligned: Collection[int] = ()) -> str:
    """Lay out rows in columns as wide as their widest cell, to the left or to the right.

    Examples
    --------
    >>> print(table_text([["layer", "size"], ["0", "3"]], right_aligned={1}))
    layer  size
    0         3
    """
    widths = [max(map(columns_of, column)) for column in zip(*rows)]
    lines = [
        [padded(cell, width, right=i in right_aligned) for i, (cell, width) in enumerate(zip(row, widths))]
        for row in rows
    ]
    return "\n".join("  ".join(line).rstrip() for line in lines)


def matrix_text(matrix: np.ndarray) -> str:
    """Write a matrix to three digits, with a dot for each zero; or its size if it is too large to read.

    Examples
    --------
    >>> print(matrix_text(np.array([[0.0, 1.0], [2.0, 0.0]])))
    . 1
    2 .
    """
    rows, columns = matrix.shape
    text = grid_text([["." if value == 0 else f"{value:.3g}" for value in row] for row in matrix[:MOST_ROWS]])
    if rows <= MOST_ROWS and text.find("\n") <= WIDEST:
        return text
    filled = np.count_nonzero(matrix)
    return phrase("explain.matrix", rows=rows, columns=columns, filled=filled, entries=rows * columns)


# --- matplotlib --------------------------------------------------------------------------------------


def axes_for(axes: Any = None, figsize: tuple[float, float] = (5.0, 4.0)) -> Any:
    """Give the axes to draw on: those given, or those of a new figure.

    Raises
    ------
    ImportError
        If matplotlib is not installed; the text says how to install it.

    Examples
    --------
    >>> axes_for("given")
    'given'
    """
    if axes is not None:
        return axes
    try:
        from matplotlib import pyplot
    except ImportError:
        raise refusal("explain.no_matplotlib") from None
    return pyplot.subplots(figsize=figsize, layout="constrained")[1]


def plot_matrix(matrix: np.ndarray, axes: Any = None, title: str = "") -> Any:
    """Draw a matrix as a heat map: blue below zero, white at zero, red above.

    Parameters
    ----------
    matrix : array, shape (rows, columns)
        Dense.
    axes : matplotlib axes, optional
        Where to draw; by default a new figure.
    title : str
        Written above.

    Returns
    -------
    axes
        What was drawn on; ``axes.figure.savefig(path)`` saves it.

    Raises
    ------
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> axes = plot_matrix(np.eye(3), Figure().subplots(), "the identity")
    >>> axes.images[0].get_array().shape
    (3, 3)
    """
    axes = axes_for(axes)
    largest = float(np.abs(matrix).max(initial=0)) or 1.0
    image = axes.imshow(matrix, cmap="RdBu_r", vmin=-largest, vmax=largest, interpolation="nearest")
    _label_axes(axes, image, title)
    return axes


def plot_grid(counts: np.ndarray, axes: Any = None, title: str = "") -> Any:
    """Draw a grid of counts, none of them negative; cells that count nothing stay white.

    Parameters
    ----------
    counts : array, shape (H, W)
        What to draw.
    axes : matplotlib axes, optional
        Where to draw; by default a new figure.
    title : str
        Written above.

    Returns
    -------
    axes
        What was drawn on.

    Raises
    ------
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> axes = plot_grid(np.ones((3, 3)), Figure().subplots(), "once each")
    >>> axes.images[0].get_array().shape
    (3, 3)
    """
    axes = axes_for(axes)
    seen = np.ma.masked_equal(counts, 0)
    image = axes.imshow(seen, cmap="viridis", vmin=0, interpolation="nearest")
    axes.set_facecolor("white")
    _label_axes(axes, image, title)
    return axes


def _label_axes(axes: Any, image: Any, title: str) -> None:
    axes.figure.colorbar(image, ax=axes, shrink=0.8)
    axes.set_title(title, **font_for(title))
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.yaxis.get_major_locator().set_params(integer=True)
