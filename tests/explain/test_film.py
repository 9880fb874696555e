"""Films of the window: as many frames as places, the lit cells are the window's, and the files open."""

from __future__ import annotations

import builtins
import math
import re
import warnings
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import tinyconv as tc
from tests.browser import result_of
from tests.explain.random_layers import convolutions, poolings, transposed_convolutions
from tinyconv import nn
from tinyconv.explain import animate, explain_cell
from tinyconv.explain.__main__ import main
from tinyconv.explain.film import CELL, COLOURS, MARGIN, WIDTH_OF_LETTER, Square, Words, _wrapped
from tinyconv.explain.fonts import chinese_font_file
from tinyconv.explain.show import columns_of

SVG = "{http://www.w3.org/2000/svg}"
LAYERS = [
    (nn.Conv1d(1, 1, 3, padding=1), (1, 1, 6)),
    (nn.Conv2d(1, 1, 3, stride=2, padding=1), (1, 1, 5, 6)),
    (nn.Conv2d(2, 2, 2, dilation=2, groups=2), (2, 4, 5)),
    (nn.Conv3d(1, 1, 2), (1, 1, 2, 3, 3)),
    (nn.ConvTranspose1d(1, 1, 3, stride=2), (1, 1, 3)),
    (nn.ConvTranspose2d(2, 1, 3, stride=2, padding=1), (1, 2, 2, 3)),
    (nn.MaxPool2d(3, 2, 1), (1, 1, 5, 4)),
    (nn.AvgPool2d(2, ceil_mode=True), (1, 1, 5, 5)),
    (nn.AdaptiveAvgPool2d((2, 3)), (1, 1, 5, 4)),
]


def film_of(layer: Any, shape: tuple[int, ...], **options: Any) -> Any:
    return animate(layer, tc.arange(math.prod(shape)).reshape(*shape).float(), **options)


@given(convolutions() | poolings())
@settings(max_examples=60)
def test_the_lit_cells_are_those_of_the_cell_s_terms(case: tuple[Any, tc.Tensor]) -> None:
    layer, x = case
    film, size = animate(layer, x, most=4), layer(x).shape[-layer._ndim :]
    assert len(film.shots) == min(4, math.prod(size))
    batch = (0,) * (x.ndim - layer._ndim - 1)
    for i, place in zip(range(4), np.ndindex(*size)):
        cell = explain_cell(layer, x, (*batch, 0, *place))
        lit = film.cells(i)
        assert lit["written"] == {place}
        real = {term.input[-layer._ndim :] for term in cell.terms if term.input is not None and not term.padding}
        inside = {at for at in lit["read"] if all(0 <= a < n for a, n in zip(at, x.shape[-layer._ndim :]))}
        assert inside == real


@given(transposed_convolutions())
@settings(max_examples=40)
def test_a_transposed_convolution_grows_to_its_output(case: tuple[Any, tc.Tensor]) -> None:
    layer, x = case
    film = animate(layer, x)
    assert len(film.shots) == math.prod(x.shape[-layer._ndim :])
    batch = (0,) * (x.ndim - layer._ndim - 1)
    made = layer(x).detach().numpy()[(*batch, 0)]
    last = film.shots[-1].after
    np.testing.assert_allclose([float(last[at]) for at in np.ndindex(*made.shape)], made.reshape(-1), rtol=1e-5)
    for i, place in enumerate(np.ndindex(*x.shape[-layer._ndim :])):
        assert film.cells(i)["read"] == {place}
        from_here = {
            at
            for at in np.ndindex(*made.shape)
            if any(t.input[-layer._ndim :] == place for t in explain_cell(layer, x, (*batch, 0, *at)).terms)
        }
        assert film.cells(i)["written"] == from_here


@pytest.mark.parametrize(("layer", "shape"), LAYERS, ids=lambda value: str(value)[:20])
def test_shapes_of_a_frame_show_its_cells(layer: Any, shape: tuple[int, ...]) -> None:
    film = film_of(layer, shape)
    for i in range(len(film.shots)):
        shapes = list(film.shapes(i))
        lit = [each.colour for each in shapes if isinstance(each, Square)]
        assert lit.count("written") == len(film.cells(i)["written"])
        assert lit.count("read") == len(film.cells(i)["read"] & set(film.shots[i].before))
        squares = {(each.x, each.y) for each in shapes if isinstance(each, Square)}
        assert len(squares) == len(lit)  # no cell lies on another
        assert max(x for x, _ in squares) + CELL <= film.width
        assert all(each.y < film.height for each in shapes)


@pytest.mark.parametrize(("layer", "shape"), LAYERS, ids=lambda value: str(value)[:20])
def test_svg_is_xml_and_shows_each_shape_in_its_frames(layer: Any, shape: tuple[int, ...], tmp_path: Path) -> None:
    film = film_of(layer, shape)
    film.save(tmp_path / "film.svg")
    root = ElementTree.parse(tmp_path / "film.svg").getroot()
    assert root.tag == f"{SVG}svg"
    rules, frames = root.find(f"{SVG}style").text, len(film.shots)
    for i in range(frames):
        seen = {"read": 0, "written": 0}
        for rect in root.iter(f"{SVG}rect"):
            classes = rect.get("class").split()
            if classes[-1] != "page" and classes[1] in seen and _visible(rules, classes, i, frames):
                seen[classes[1]] += 1
        assert seen["written"] == len(film.cells(i)["written"])
        assert seen["read"] == len(film.cells(i)["read"] & set(film.shots[i].before))


def _visible(rules: str, classes: list[str], frame: int, frames: int) -> bool:
    """Whether the style sheet shows an element of these classes in the middle of a frame."""
    if "m" not in classes:
        return True
    name = classes[classes.index("m") + 1]
    steps = re.search(rf"@keyframes \w+?{name}{{(.*?}})}}", rules)[1]
    at, shown = 100 * (frame + 0.5) / frames, False
    for percent, value in re.findall(r"([\d.]+)%{visibility:(\w+)}", steps):
        if float(percent) <= at:
            shown = value == "visible"
    return shown


def test_a_still_has_no_motion_and_fits_a_page() -> None:
    still = film_of(*LAYERS[1]).svg(2)
    ElementTree.fromstring(still)
    assert "@keyframes" not in still
    assert "max-width:100%" in still
    assert film_of(*LAYERS[1])._repr_html_() == film_of(*LAYERS[1]).svg()


@pytest.mark.parametrize(("layer", "shape"), LAYERS, ids=lambda value: str(value)[:20])
def test_gif_opens_and_its_cells_are_lit(layer: Any, shape: tuple[int, ...], tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    film = film_of(layer, shape, interval=0.5)
    film.save(tmp_path / "film.gif")
    with image.open(tmp_path / "film.gif") as picture:
        assert picture.n_frames == len(film.shots)
        assert picture.size == (2 * film.width, 2 * film.height)
        assert picture.info["duration"] == 500
        for i in range(picture.n_frames):
            picture.seek(i)
            pixels = picture.convert("RGB")
            for square in (each for each in film.shapes(i) if isinstance(each, Square)):
                found = pixels.getpixel((int(2 * square.x) + 6, int(2 * square.y) + 6))
                wanted = COLOURS[square.colour][0]
                assert found == pytest.approx([int(wanted[j : j + 2], 16) for j in (1, 3, 5)], abs=6), square


def test_numbers_fit_their_cells() -> None:
    layer = nn.Conv2d(1, 1, 1, bias=False, dtype=np.float64)
    layer.weight.array[...] = -1 / 3
    words = [each for each in animate(layer, tc.tensor([[[[100000.0, 2.0]]]])).shapes(1) if isinstance(each, Words)]
    assert [each.text for each in words if each.in_cell] == ["100000", "2", "-0.333", "-33300", "-0.667"]
    assert all(len(each.text) * each.size * 0.62 <= CELL for each in words if each.in_cell)


def test_in_a_browser_one_frame_is_seen_at_a_time() -> None:
    """The style sheet as Chromium reads it, at the beginning."""
    film = film_of(nn.Conv2d(1, 1, 2, bias=False), (1, 1, 3, 3))
    count = """<p id="result"></p><script>
    const seen = [...document.querySelectorAll('.written')].filter((e) => getComputedStyle(e).visibility === 'visible');
    document.querySelector('#result').textContent = JSON.stringify(seen.map((e) => e.getBBox().x));
    </script>"""
    (first,) = [each.x for each in film.shapes(0) if isinstance(each, Square) and each.colour == "written"]
    assert result_of(f"<!doctype html>{film.svg()}{count}", budget=1) == [first]


def test_the_command_keeps_a_film(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "out.svg"
    assert main(["conv", "--input", "5x5", "--kernel", "3x3", "--save", str(path)]) == 0
    assert capsys.readouterr().out.endswith(f"{path}: a film of 9 pictures\n")
    ElementTree.parse(path)
    assert main(["transposed", "--input", "2", "--kernel", "3", "--stride", "2", "--save", str(path)]) == 0
    assert capsys.readouterr().out.endswith("a film of 2 pictures\n")


def test_what_cannot_be_kept_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pool = ["pool", "--input", "4", "--kernel", "2", "--save"]
    assert main([*pool, str(tmp_path / "out.png")]) == 2
    assert "'out.png' must end in one of .svg, .gif" in capsys.readouterr().err
    assert main([*pool, str(tmp_path / "no" / "out.svg")]) == 2
    assert "No such file" in capsys.readouterr().err
    importer = builtins.__import__

    def without_pillow(name: str, *arguments: Any) -> Any:
        if name == "PIL":
            raise ImportError(name)
        return importer(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without_pillow)
    assert main([*pool, str(tmp_path / "out.gif")]) == 2
    assert 'pip install ".[vision]"' in capsys.readouterr().err
    with pytest.raises(ValueError, match="no frame to show"):
        animate(nn.MaxPool1d(2), tc.ones(1, 1, 4), most=0)
    with pytest.raises(ValueError, match=r"no frame to show of an input of shape \(0, 1, 4\)"):
        animate(nn.ConvTranspose1d(1, 1, 2), tc.ones(0, 1, 4))


# ------------------------------------------------------------------------------ in Chinese

SPREADING = (nn.ConvTranspose2d(1, 1, 3, stride=2), tc.arange(4).reshape(1, 1, 2, 2).float())


def test_its_lines_are_chinese_and_stay_within_the_frame() -> None:
    with tc.use_language("zh"):
        film = animate(*SPREADING)
    for shot in film.shots:
        lines = film._lines(shot)
        assert "散布到：" in lines[0]
        assert "".join(lines).replace(" ", "") == shot.arithmetic.replace(" ", "")
        assert max(map(columns_of, lines)) * WIDTH_OF_LETTER <= film.width - 2 * MARGIN
    assert "散布到：" in film.svg()


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("once upon a time", ["once upon", "a time"]),
        ("卷积核滑过输入", ["卷积核滑过", "输入"]),
        ("一二三四五，六", ["一二三四", "五，六"]),
        ("longer-than-the-line", ["longer-than-the-line"]),
        ("", []),
    ],
)
def test_a_line_is_broken_where_it_may_be(line: str, lines: list[str]) -> None:
    assert _wrapped(line, 10) == lines


def test_a_gif_in_chinese_is_written_by_a_font_that_can(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fonts = pytest.importorskip("PIL.ImageFont")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file = chinese_font_file()
    if file is None:
        pytest.skip("no font with Chinese characters is installed")
    asked = []
    original = fonts.truetype

    def truetype(name: Any, *rest: Any, **more: Any) -> Any:
        asked.append(name)
        return original(name, *rest, **more)

    monkeypatch.setattr(fonts, "truetype", truetype)
    with tc.use_language("zh"):
        animate(*SPREADING, tmp_path / "film.gif")
    assert file in asked
    asked.clear()
    animate(*SPREADING, tmp_path / "film.gif")
    assert file not in asked


def test_without_such_a_font_a_gif_warns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("PIL")
    monkeypatch.setattr("tinyconv.explain.fonts.FOLDERS", (str(tmp_path),))
    with tc.use_language("zh"), pytest.warns(UserWarning, match="没有找到带汉字的字体"):
        animate(*SPREADING, tmp_path / "film.gif")
    assert (tmp_path / "film.gif").exists()
