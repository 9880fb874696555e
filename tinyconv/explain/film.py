"""The sliding window as a film to keep, an animated SVG or GIF: the input blue, the kernel amber, the output green.

A frame is a list of shapes.  The SVG writes every shape once and says, by a rule of its style sheet, in which frames it
is to be seen; the GIF paints every frame.  Readers who asked their system for less motion see the SVG's last frame.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..errors import refusal
from ..kernels.geometry import Ints
from ..nn.module import Module
from .fonts import chinese_font_file, has_chinese
from .picture import PALETTE, themed
from .show import columns_of, number
from .slide import Shot, shots, spread_shots
from .window import channel_sources, host_array, split_shape, weight_of, window_of

__all__ = ["Film", "animate"]

CELL, GAP, MARGIN, LINE = 34, 30, 14, 17  # pixels: a cell, between grids, around them, a line of text
TEXT_SIZE, NUMBER_SIZE, WIDTH_OF_LETTER = 12, 13, 7.6
NARROWEST = 300
COLOURS = {
    **{name: PALETTE[name] for name in ("page", "ink", "line")},
    "input": ("#eaf1fe", "#1b2740"),
    "read": ("#8fb8f8", "#2f62b5"),
    "kernel": PALETTE["parameter"],
    "output": ("#e4f5ea", "#16301f"),
    "written": ("#7fd6a0", "#237a49"),
}

Place = tuple[float, float]


class Square(NamedTuple):
    """One cell: its upper left corner, and the name of its colour."""

    x: float
    y: float
    colour: str


class Words(NamedTuple):
    """A text: the middle of a cell's, or the beginning of a line's."""

    x: float
    y: float
    text: str
    size: float
    in_cell: bool


Shape = Square | Words


@dataclass(frozen=True)
class Film:
    """The places of a window, one frame each; shown by itself in a notebook.

    Attributes
    ----------
    shots : sequence of Shot
        What each frame shows.
    kernel : dict from position to str
        The weights, empty for a pooling.
    size : tuple of int
        Of the input, without its padding.
    interval : float
        Seconds that a frame stays.

    Examples
    --------
    >>> import tinyconv as tc
    >>> film = animate(tc.nn.MaxPool2d(2), tc.arange(16).reshape(1, 1, 4, 4).float())
    >>> len(film.shots), film.shots[0].arithmetic
    (4, 'y[0, 0, 0, 0] = max(0, 1, 4, 5) = 5')
    """

    shots: Sequence[Shot] = field(repr=False)
    kernel: dict[Ints, str] = field(repr=False)
    size: Ints
    interval: float = 0.8

    # --- what stands where ---

    def _grids(self) -> list[tuple[dict[Ints, Place], float]]:
        """Places of the cells of input, kernel and output, and the height of each, side by side in the middle."""
        cells = [self.shots[0].before, self.kernel, self.shots[0].after]
        extents = [_extent(each) for each in cells]
        tallest = max(height for _, height in extents)
        grids, x = [], float(MARGIN)
        for each, (width, height) in zip(cells, extents):
            y = MARGIN + (tallest - height) / 2
            grids.append(({position: (x + dx, y + dy) for position, (dx, dy) in _offsets(each).items()}, height))
            x += width + GAP * bool(each)
        return grids

    @property
    def width(self) -> int:
        """Of a frame, in pixels."""
        places = [place for grid, _ in self._grids() for place in grid.values()]
        return max(NARROWEST, math.ceil(max(x for x, _ in places) + CELL + MARGIN))

    @property
    def height(self) -> int:
        """Of a frame, in pixels: the tallest grid, and the longest arithmetic below."""
        lines = max(len(self._lines(shot)) for shot in self.shots)
        return math.ceil(self._below + lines * LINE + MARGIN)

    @property
    def _below(self) -> float:
        return MARGIN + max(height for _, height in self._grids()) + 8

    def _lines(self, shot: Shot) -> list[str]:
        """The arithmetic in lines that fit."""
        most = int((self.width - 2 * MARGIN) / WIDTH_OF_LETTER)
        lines = shot.arithmetic.split("\n")
        return [part for line in lines for part in _wrapped(line, most)]

    def cells(self, frame: int) -> dict[str, set[Ints]]:
        """Give the positions that a frame marks: those ``"read"`` of the input, and those ``"written"`` of the output.

        Examples
        --------
        >>> import tinyconv as tc
        >>> film = animate(tc.nn.MaxPool1d(2), tc.ones(1, 1, 4))
        >>> film.cells(1) == {"read": {(2,), (3,)}, "written": {(1,)}}
        True
        """
        shot = self.shots[frame]
        return {"read": set(shot.read), "written": set(shot.written)}

    def shapes(self, frame: int) -> Iterator[Shape]:
        """Give the shapes of one frame, from back to front."""
        shot = self.shots[frame]
        (before, _), (kernel, _), (after, _) = self._grids()
        for position, place in before.items():
            inside = all(0 <= at < size for at, size in zip(position, self.size))
            yield Square(*place, "read" if position in shot.read else "input" if inside else "page")
        for place in kernel.values():
            yield Square(*place, "kernel")
        for position, place in after.items():
            yield Square(*place, "written" if position in shot.written else "output")
        for grid, texts in ((before, shot.before), (kernel, self.kernel), (after, shot.after)):
            for position, (x, y) in grid.items():
                text = _in_cell(texts[position], "0" * bool(self.kernel))
                length = max(6 if "." in text else 1, len(text))  # fractions are written alike
                size = min(NUMBER_SIZE, (CELL - 4) / length / 0.62)
                yield Words(x + CELL / 2, y + CELL / 2, text, round(size, 1), True)
        for i, line in enumerate(self._lines(shot)):
            yield Words(MARGIN, self._below + (i + 0.7) * LINE, line, TEXT_SIZE, False)

    # --- SVG ---

    def svg(self, frame: int | None = None) -> str:
        """Give an ``<svg>`` element for light and dark pages: the film, or one frame of it.

        Parameters
        ----------
        frame : int, optional
            A still of this frame; by default all frames, one after the other, again and again.
        """
        chosen = [frame] if frame is not None else list(range(len(self.shots)))
        seen: dict[Shape, list[int]] = {}
        for i, each in enumerate(chosen):
            for shape in self.shapes(each):
                seen.setdefault(shape, []).append(i)
        patterns = {tuple(when): f"t{i}" for i, when in enumerate(sorted(map(tuple, seen.values())))}
        squares_first = sorted(seen.items(), key=lambda item: isinstance(item[0], Words))
        body = "".join(_element(shape, self._class(when, patterns, len(chosen))) for shape, when in squares_first)
        scope = f"tcfilm{zlib.crc32(body.encode()):08x}"
        rules = "".join(
            _visible(scope, name, when, len(chosen), self.interval)
            for when, name in patterns.items()
            if len(when) < len(chosen)
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="tinyconv-film {scope}" role="img" '
            f'viewBox="0 0 {self.width} {self.height}" width="{self.width}" height="{self.height}" '
            f'style="max-width:100%;height:auto"><title>{escape(self.shots[chosen[0]].arithmetic)}</title>'
            f"<style>{escape(_style(scope) + rules, quote=False)}</style>"
            f'<rect class="page" width="100%" height="100%" rx="6"/>{body}</svg>'
        )

    @staticmethod
    def _class(when: list[int], patterns: dict[tuple[int, ...], str], frames: int) -> str:
        if len(when) == frames:
            return ""
        return f" m {patterns[tuple(when)]}{' last' * (frames - 1 in when)}"

    def _repr_html_(self) -> str:
        return self.svg()

    # --- GIF ---

    def images(self, scale: int = 2) -> list[Any]:
        """Paint every frame, through Pillow.

        Parameters
        ----------
        scale : int
            Pixels of the picture for a pixel of the SVG.

        Returns
        -------
        list of PIL.Image.Image
            In light colours.

        Raises
        ------
        ImportError
            Without Pillow; the text says how to install it.
        """
        try:
            from PIL import Image, ImageDraw, ImageFont
        except ImportError:
            raise refusal("explain.no_pillow", "animate") from None
        light = {name: pair[0] for name, pair in COLOURS.items()}
        for_numbers = for_lines = cache(ImageFont.load_default)
        file = chinese_font_file() if any(has_chinese(shot.arithmetic) for shot in self.shots) else None
        if file is not None:  # Pillow's own font has no Chinese characters
            for_lines = cache(partial(ImageFont.truetype, file))
        pictures = []
        for frame in range(len(self.shots)):
            picture = Image.new("RGB", (self.width * scale, self.height * scale), light["page"])
            draw = ImageDraw.Draw(picture)
            for shape in self.shapes(frame):
                x, y = shape.x * scale, shape.y * scale
                if isinstance(shape, Square):
                    side = CELL * scale
                    draw.rectangle((x, y, x + side, y + side), light[shape.colour], light["line"], scale)
                elif shape.text:
                    font, anchor = (for_numbers, "mm") if shape.in_cell else (for_lines, "lm")
                    draw.text((x, y), shape.text, light["ink"], font(shape.size * scale), anchor)
            pictures.append(picture)
        return pictures

    def save(self, path: str | Path) -> None:
        """Write the film to a file: ``.svg``, or ``.gif`` (which needs Pillow).

        Parameters
        ----------
        path : str or Path
            Its ending chooses the form.

        Raises
        ------
        ValueError
            For another ending.
        ImportError
            For a GIF without Pillow; the text says how to install it.
        """
        path = Path(path)
        if path.suffix == ".svg":
            path.write_text(self.svg() + "\n", encoding="utf-8")
        elif path.suffix == ".gif":
            first, *others = [picture.quantize(64) for picture in self.images()]
            first.save(path, save_all=True, append_images=others, duration=round(1000 * self.interval), loop=0)
        else:
            raise refusal("explain.file_type", "animate", name=path.name, endings=".svg, .gif")


def animate(
    layer: Module,
    input: Any,
    path: str | Path | None = None,
    *,
    interval: float = 0.8,
    most: int | None = None,
) -> Film:
    """Film the window of a convolution, a transposed convolution or a pooling as it slides over the grid.

    Each frame lights the cells under the window and the output cell that they make, with its arithmetic below.  A
    transposed convolution spreads one input cell after the other, and its output grows.  The first sample's first
    channels are shown.

    Parameters
    ----------
    layer : Module
        Of 1, 2 or 3 spatial axes, with any options.
    input : Tensor or array
        ``(N, C, *D)``, or ``(C, *D)``; small, every cell is drawn.
    path : str or Path, optional
        Where to save it, ``.svg`` or ``.gif`` (through Pillow).
    interval : float
        Seconds that a frame stays.
    most : int, optional
        How many frames; by default all places.

    Returns
    -------
    Film
        Which shows itself in a notebook; its ``save(path)`` keeps it.

    Raises
    ------
    TypeError
        If the layer has no window.
    ValueError
        If there is no frame to show, or for another ending of `path`.
    ImportError
        For a GIF without Pillow.

    Examples
    --------
    >>> import tinyconv as tc
    >>> conv = tc.nn.Conv2d(1, 1, 3, stride=2, padding=1)
    >>> film = animate(conv, tc.arange(25).reshape(1, 1, 5, 5).float())
    >>> len(film.shots), film.svg()[:4]
    (9, '<svg')
    """
    shape = tuple(host_array(input).shape)
    _, _, size = split_shape(layer, shape)
    if 0 in shape or (most is not None and most < 1):
        raise refusal("explain.no_frame", "animate", shape=shape, most=most)
    make = spread_shots if window_of(layer, size).transposed else shots
    film = Film(tuple(make(layer, input, most)), _kernel(layer), size, interval)
    if path is not None:
        film.save(path)
    return film


def _kernel(layer: Any) -> dict[Ints, str]:
    """The slice of the weight between the first channels."""
    if getattr(layer, "weight", None) is None:
        return {}
    _, prefix = channel_sources(layer, 0)[0]
    weight = weight_of(layer, "float64")[0][prefix]
    return {tap: number(float(weight[tap])) for tap in np.ndindex(*weight.shape)}


def _wrapped(line: str, most: int) -> list[str]:
    """Lines of at most so many columns, broken at blanks and after Chinese characters."""
    lines = [""]
    for part in re.findall("[^ \u3000-\u9fff\uff00-\uffef]*(?: +|.[，。：、）]*|$)", line):
        if lines[-1] and columns_of((lines[-1] + part).rstrip()) > most:
            lines.append("")
        lines[-1] += part
    return [each.rstrip() for each in lines if each.strip()]


def _in_cell(text: str, padding: str) -> str:
    """A number to three digits, so that it fits; nothing for an output that comes later."""
    return number(float(f"{float(text):.3g}")) if text not in ("?", ".") else padding * (text == ".")


def _offsets(cells: dict[Ints, str]) -> dict[Ints, Place]:
    """Where each cell stands in its grid: columns, rows, and planes below one another."""
    if not cells:
        return {}
    first = [min(axis) for axis in zip(*cells)]
    rows = 1 if len(first) == 1 else len({position[-2] for position in cells})
    offsets = {}
    for position in cells:
        plane, row, column = (0, 0, *(at - low for at, low in zip(position, first)))[-3:]
        offsets[position] = (column * CELL, (plane * (rows + 0.5) + row) * CELL)
    return offsets


def _extent(cells: dict[Ints, str]) -> Place:
    places = _offsets(cells).values()
    return max((x for x, _ in places), default=-CELL) + CELL, max((y for _, y in places), default=-CELL) + CELL


def _element(shape: Shape, classes: str) -> str:
    if isinstance(shape, Square):
        return f'<rect class="c {shape.colour}{classes}" x="{shape.x:g}" y="{shape.y:g}"/>'
    if not shape.text:
        return ""
    kind = "n" if shape.in_cell else "s"
    size = "" if shape.size in (TEXT_SIZE, NUMBER_SIZE) else f' style="font-size:{shape.size:g}px"'
    return f'<text class="{kind}{classes}" x="{shape.x:g}" y="{shape.y:g}"{size}>{escape(shape.text)}</text>'


def _style(scope: str) -> str:
    fills = "".join(f".{scope} .{name}{{fill:var(--{name})}}" for name in COLOURS if name not in ("ink", "line"))
    return (
        f"{themed(scope, COLOURS)}{fills}"
        f".{scope} .c{{width:{CELL}px;height:{CELL}px;stroke:var(--line);stroke-width:1}}"
        f".{scope} .c.page{{stroke-dasharray:3 3}}"
        f".{scope} text{{fill:var(--ink);font-size:{TEXT_SIZE}px;dominant-baseline:central}}"
        f".{scope} .n{{font-size:{NUMBER_SIZE}px;text-anchor:middle}}"
        f".{scope} .m{{visibility:hidden}}.{scope} .last{{visibility:visible}}"
        f"@media(prefers-reduced-motion:reduce){{.{scope} .m{{animation:none!important}}}}"
    )


def _visible(scope: str, name: str, when: Sequence[int], frames: int, interval: float) -> str:
    """The rule of shapes that are seen in the frames `when`: one step at each change, and back to the beginning."""
    steps = []
    for frame in range(frames):
        shown = frame in when
        if not frame or shown != (frame - 1 in when):
            steps.append(f"{100 * frame / frames:.4g}%{{visibility:{'visible' if shown else 'hidden'}}}")
    return (
        f"@keyframes {scope}{name}{{{''.join(steps)}}}"
        f".{scope} .{name}{{animation:{scope}{name} {frames * interval:g}s step-end infinite}}"
    )
