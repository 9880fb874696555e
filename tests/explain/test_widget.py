"""The figure that the reader drives: its arithmetic in Chromium against tinyconv, its controls, and its settings."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinyconv as tc
from tests.browser import dump_dom, needed_width, result_of
from tinyconv import nn
from tinyconv.explain import Widget, explain_cell, widget
from tinyconv.explain.film import COLOURS
from tinyconv.explain.widget import script

F = nn.functional

# --- arithmetic: every setting that the sliders reach ---

ALL_SETTINGS = """<p id="result"></p><script>
const {change, compute} = tinyconvWidget;
const every = (s, names) => !names.length ? [s] : s.controls[names[0]].flatMap((value) =>
  every(change(s, names[0], value), names.slice(1)));
const told = BASES.map((base) => every(base, Object.keys(base.controls)).map((s) => {
  const made = compute(s);
  return [[s.kind, s.size, s.kernel_size, s.stride, s.padding.map((p) => p[0]), s.dilation, s.output_padding, s.groups],
    made.error ? made.error[0] : made.cells.map((o) => o.map((i) => i.map((cell) => cell.value)))];
}));
document.getElementById('result').textContent = JSON.stringify(told);
</script>"""


def computed(*figures: Widget) -> list[Any]:
    """What the script computes at all settings of each figure's sliders."""
    bases = json.dumps([figure.settings for figure in figures])
    page = f"<!doctype html><script>{script()}</script>{ALL_SETTINGS.replace('BASES', bases)}"
    return result_of(page, budget=60_000)


def by_tinyconv(base: dict[str, Any], setting: list[Any]) -> np.ndarray:
    """The same by tinyconv, from the same numbers."""
    kind, size, kernel, stride, padding, dilation, output_padding, groups = setting
    one = len(base["axes"]) == 1
    x = np.array(base["values"])[None, :, : size[0], : size[1]]
    cut = (lambda option: option[1]) if one else tuple
    if kind in ("max", "avg"):
        name = f"{kind}_pool{len(base['axes'])}d"
        return getattr(F, name)(tc.tensor(x[:, :, 0] if one else x), cut(kernel), cut(stride), cut(padding)).numpy()
    weight = np.array(base["kernels"]["x".join(map(str, kernel))])  # output, input, taps
    made, read = (count // groups for count in base["channels"][::-1])
    first, second = (read, made) if kind == "transposed" else (made, read)
    kernels = np.zeros((first * groups, second, *kernel))
    for o, c in itertools.product(*map(range, weight.shape[:2])):
        if o // made == c // read:
            kernels[(c, o % made) if kind == "transposed" else (o, c % read)] = weight[o, c]
    if one:
        x, kernels = x[:, :, 0], kernels[:, :, 0]
    arguments = [tc.tensor(x), tc.tensor(kernels), None, cut(stride), cut(padding)]
    if kind == "transposed":
        function = F.conv_transpose1d if one else F.conv_transpose2d
        return function(*arguments, cut(output_padding), groups, cut(dilation)).numpy()
    return (F.conv1d if one else F.conv2d)(*arguments, cut(dilation), groups).numpy()


@pytest.mark.parametrize(
    ("options", "least"),
    [
        ({"kind": "conv"}, 1600),
        ({"kind": "conv_transpose", "size": 3}, 850),
        ({"kind": "max_pool"}, 550),
        ({"kind": "avg_pool"}, 550),
        ({"kind": "conv", "size": (6,)}, 1600),
        ({"kind": "conv_transpose", "size": (3,)}, 850),
        ({"kind": "max_pool", "size": (6,)}, 550),
        ({"kind": "conv", "channels": (4, 4), "controls": ["kernel_size", "stride", "padding", "groups"]}, 200),
        (
            {"kind": "conv_transpose", "channels": (4, 2), "controls": ["kernel_size", "stride", "padding", "groups"]},
            90,
        ),
        ({"kind": "conv", "channels": (2, 6), "groups": 2, "controls": ["size", "dilation", "groups"]}, 40),
    ],
    ids=str,
)
def test_the_script_computes_what_tinyconv_does(options: dict[str, Any], least: int) -> None:
    figure = widget(**options)
    figure.settings["controls"].pop("kind", None)
    (told,) = computed(figure)
    assert len(told) >= least
    refused = 0
    for setting, values in told:
        if isinstance(values, str):
            refused += 1
            with pytest.raises((ValueError, RuntimeError)):
                by_tinyconv(figure.settings, setting)
        else:
            np.testing.assert_allclose(np.array(values).reshape(-1), by_tinyconv(figure.settings, setting).reshape(-1))
    assert refused < len(told)


def uneven_layers() -> Iterator[tuple[nn.Module, tc.Tensor]]:
    """Options that no slider sets."""
    generator = np.random.default_rng(0)

    def numbers(*shape: int) -> tc.Tensor:
        return tc.tensor(generator.standard_normal(shape))

    wide = {"dtype": np.float64}
    yield nn.Conv2d(2, 4, (2, 3), (2, 1), ((0, 1), (2, 0)), (1, 2), 2, **wide), numbers(1, 2, 5, 8)
    yield nn.Conv2d(3, 2, 3, padding="same", **wide), numbers(3, 4, 5)
    yield nn.ConvTranspose2d(4, 2, (3, 2), (2, 3), (1, 0), (1, 2), 2, **wide), numbers(2, 4, 3, 2)
    yield nn.Conv1d(2, 3, 3, 2, 1, **wide), numbers(1, 2, 9)
    yield nn.Conv1d(1, 2, 2, padding="same", **wide), numbers(1, 1, 6)
    yield nn.MaxPool2d((3, 2), (2, 3), (1, 0), ceil_mode=True), numbers(1, 2, 6, 6)
    yield nn.MaxPool2d(2, 1, dilation=2), numbers(1, 1, 5, 6)
    yield nn.AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False), numbers(1, 1, 6, 5)
    yield nn.AvgPool2d(3, 2, 1, ceil_mode=True), numbers(1, 1, 6, 5)
    yield nn.AvgPool2d((2, 3), divisor_override=5), numbers(1, 2, 4, 6)
    yield nn.AvgPool1d(3, 2, ceil_mode=True), numbers(1, 1, 8)


def test_layers_with_options_of_their_own() -> None:
    pairs = list(uneven_layers())
    figures = [widget(layer, x, controls=[]) for layer, x in pairs]
    for (layer, x), told in zip(pairs, computed(*figures), strict=True):
        ((_, values),) = told
        sample = x if x.ndim == layer._ndim + 1 else x[0]
        made = layer(sample).detach().numpy()
        np.testing.assert_allclose(np.array(values).reshape(made.shape), made, err_msg=str(layer), atol=1e-12)


def test_every_cell_is_made_of_the_terms_that_explain_cell_names() -> None:
    pairs = list(uneven_layers())
    bases = json.dumps([widget(layer, x).settings for layer, x in pairs])
    page = f"""<script>{script()}</script><p id="result"></p><script>
    const terms = (cell) => cell.terms.map((t) => [t.pad ? null : [t.c, ...t.cell], t.x * t.w]);
    document.getElementById('result').textContent = JSON.stringify({bases}.map((s) =>
      tinyconvWidget.compute(s).cells.map((o) => o.map((i) => i.map(terms)))));
    </script>"""
    for (layer, x), told in zip(pairs, result_of(page), strict=True):
        one, batch = layer._ndim == 1, (0,) * (x.ndim - layer._ndim - 1)
        for o, i, j in np.ndindex(len(told), len(told[0]), len(told[0][0])):
            cell = explain_cell(layer, x, (*batch, o, *((j,) if one else (i, j))))
            wanted = []
            for term in cell.terms:
                at = None if term.input is None or term.padding else list(term.input[len(batch) :])
                wanted.append((at[:1] + [0] * one + at[1:] if at else None, term.product))
            by_place = [sorted(terms, key=lambda term: (str(term[0]), term[1])) for terms in (told[o][i][j], wanted)]
            assert [place for place, _ in by_place[0]] == [place for place, _ in by_place[1]], str(layer)
            np.testing.assert_allclose([t for _, t in by_place[0]], [t for _, t in by_place[1]], atol=1e-12)


def test_the_written_code_is_the_layer() -> None:
    pairs = [(layer, x) for layer, x in uneven_layers()]
    bases = json.dumps([widget(layer, x).settings for layer, x in pairs])
    page = f"""<script>{script()}</script><p id="result"></p><script>
    document.getElementById('result').textContent = JSON.stringify({bases}.map(tinyconvWidget.code));</script>"""
    for (layer, x), code in zip(pairs, result_of(page), strict=True):
        again = eval(code, {"nn": nn})
        assert type(again) is type(layer)
        assert again(x.float()).shape == layer(x).shape
        assert [p.shape for p in again.parameters()] == [p.shape for p in layer.parameters()]


# --- the page: pointing, keys, sliders, steps ---

ACTIONS = """<p id="result"></p><script>
const results = {};
const figures = [...document.querySelectorAll('.tinyconv-widget')];
const text = (n) => figures[n].querySelector('.tw-sum').textContent;
const cell = (n, side, i, j, c = 0) => figures[n].querySelector(
  `[data-side=${side}][data-c="${c}"] [data-i="${i}"][data-j="${j}"]`);
const number = (n, side, i, j, c = 0) => cell(n, side, i, j, c).querySelector('text').textContent;
const lit = (n, side) => [...figures[n].querySelectorAll(`[data-side=${side}] .lit`)].map((e) =>
  [Number(e.dataset.i), Number(e.dataset.j)]);
const point = (n, ...at) => cell(n, ...at).querySelector('rect').dispatchEvent(
  new PointerEvent('pointerover', {bubbles: true, pointerType: 'mouse'}));
const tap = (n, ...at) => cell(n, ...at).querySelector('rect').dispatchEvent(new MouseEvent('click', {bubbles: true}));
const press = (n, side, key) => figures[n].querySelector(`[data-side=${side}]`).dispatchEvent(
  new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
const slide = (n, which, value) => { const input = figures[n].querySelectorAll('input')[which];
  input.value = value; input.dispatchEvent(new Event('input')); };
const button = (n, which) => figures[n].querySelectorAll('button')[which].click();
const tell = () => { document.getElementById('result').textContent = JSON.stringify(results); };
setTimeout(() => { DO; tell(); }, 500);
</script>"""


def acted(actions: str, *figures: Widget, lang: str = "en", budget: int = 10_000) -> Any:
    """A page with the figures, once more for each, as a notebook has them; then actions, which fill `results`."""
    body = "".join(figure._repr_html_() for figure in figures)
    page = f'<!doctype html><html lang="{lang}"><meta charset="utf-8"><body>{body}{ACTIONS.replace("DO", actions)}'
    return result_of(page, budget=budget)


def nine() -> Widget:
    conv = nn.Conv2d(1, 1, 2, bias=False)
    conv.weight.array[...] = [[0, 1], [2, 3]]
    return widget(conv, tc.arange(9).reshape(1, 1, 3, 3).float())


def test_a_cell_pointed_at_shows_its_window_and_sum() -> None:
    told = acted(
        """
        point(0, 'y', 0, 1); results.pointed = text(0); results.read = lit(0, 'x'); results.made = lit(0, 'y');
        tap(0, 'y', 1, 1); results.tapped = text(0);
        tap(0, 'x', 0, 0); results.input = text(0);
        tap(0, 'x', 1, 1); results.reached = lit(0, 'y');
        """,
        nine(),
    )
    assert told["pointed"] == "y[0, 1] = 1·0 + 2·1 + 4·2 + 5·3 = 25"
    assert told["read"] == [[0, 1], [0, 2], [1, 1], [1, 2]]
    assert told["made"] == [[0, 1]]
    assert told["tapped"] == "y[1, 1] = 4·0 + 5·1 + 7·2 + 8·3 = 43"
    assert told["input"] == "x[0, 0] = 0 reaches y[0, 0] += 0·0"
    assert told["reached"] == [[0, 0], [0, 1], [1, 0], [1, 1]]


def test_arrow_keys_move_the_cell_and_stay_on_the_grid() -> None:
    told = acted(
        """
        press(0, 'y', 'ArrowRight'); results.right = lit(0, 'y'); press(0, 'y', 'ArrowRight');
        press(0, 'y', 'ArrowDown'); press(0, 'y', 'ArrowDown'); results.corner = lit(0, 'y');
        results.sum = text(0);
        const grid = figures[0].querySelector('[data-side=y]');
        results.focus = [grid.getAttribute('tabindex'), grid.getAttribute('aria-label')];
        results.controls = [...figures[0].querySelectorAll('button, input')].every((e) =>
          e.getAttribute('aria-label') || e.closest('label').textContent);
        """,
        nine(),
    )
    assert told["right"] == [[0, 1]]
    assert told["corner"] == [[1, 1]]
    assert told["sum"].endswith("= 43")
    assert told["focus"] == ["0", "output. Arrow keys move the cell."]
    assert told["controls"] is True


def test_sliders_change_the_layer_and_illegal_settings_are_told() -> None:
    told = acted(
        """
        const code = () => figures[0].querySelector('code').textContent;
        results.before = code(); slide(0, 0, 1); results.after = code();
        results.size = figures[0].querySelector('.tw-size b').textContent;
        addEventListener('error', (event) => { results.error = event.message; });
        slide(0, 2, 2); tap(0, 'x', 1, 1); results.illegal = text(0); results.kept = number(0, 'x', 1, 1);
        results.grids = figures[0].querySelectorAll('[data-side=y]').length;
        slide(0, 2, 0); results.again = lit(0, 'y').length;
        """,
        nine(),
    )
    assert told["before"] == "nn.Conv2d(1, 1, kernel_size=2, bias=False)"
    assert told["after"] == "nn.Conv2d(1, 1, kernel_size=2, stride=2, bias=False)"
    assert told["size"] == "1"
    assert told["illegal"].startswith("No output: the kernel spans 4 cells, but the input with its padding has only 3.")
    assert told["kept"] == "4"
    assert told["grids"] == 0
    assert "error" not in told
    assert told["again"] == 1


def test_steps_and_play_show_the_output_as_it_comes() -> None:
    told = acted(
        """
        const outputs = () => [0, 1].flatMap((i) => [0, 1].map((j) => number(0, 'y', i, j)));
        button(0, 2); results.first = outputs(); button(0, 2); results.second = outputs();
        button(0, 0); results.back = outputs();
        button(0, 1); results.label = figures[0].querySelectorAll('button')[1].textContent;
        setTimeout(() => { results.played = outputs();
          results.stopped = figures[0].querySelectorAll('button')[1].textContent; tell(); }, 6000);
        """,
        nine(),
    )
    assert told["first"] == ["19", "", "", ""]
    assert told["second"] == ["19", "25", "", ""]
    assert told["back"] == ["19", "", "", ""]
    assert told["label"] == "Pause"
    assert told["played"] == ["19", "25", "37", "43"]
    assert told["stopped"] == "Play"


def test_a_transposed_convolution_spreads_and_gathers() -> None:
    up = nn.ConvTranspose1d(1, 1, 3, stride=2, bias=False)
    up.weight.array[...] = [1, 2, 3]
    told = acted(
        """
        tap(0, 'x', 0, 1); results.spread = text(0); results.over = lit(0, 'y');
        tap(0, 'y', 0, 2); results.gathered = text(0); results.from = lit(0, 'x');
        button(0, 2); results.one = [0, 1, 2, 3, 4].map((j) => number(0, 'y', 0, j));
        """,
        widget(up, tc.tensor([[[1.0, 10.0]]])),
    )
    assert told["spread"] == "x[1] = 10 is spread over y[2] += 10·1, y[3] += 10·2, y[4] += 10·3"
    assert told["over"] == [[0, 2], [0, 3], [0, 4]]
    assert told["gathered"] == "y[2] = 10·1 + 1·3 = 13"
    assert told["from"] == [[0, 0], [0, 1]]
    assert told["one"] == ["1", "2", "3", "0", "0"]


def test_groups_read_their_own_channels() -> None:
    told = acted(
        """
        const dim = () => [...figures[0].querySelectorAll('[data-side=x]')].map((g) => g.classList.contains('dim'));
        tap(0, 'y', 0, 0, 3); results.dim = dim(); results.sum = text(0);
        slide(0, 2, 0); results.all = dim();
        """,
        widget(size=3, kernel_size=2, channels=(4, 4), groups=2, controls=["kernel_size", "padding", "groups"]),
    )
    assert told["dim"] == [True, True, False, False]
    assert told["sum"].startswith("channel 2: ")
    assert told["all"] == [False] * 4


def test_pooling_switches_between_largest_and_mean() -> None:
    told = acted(
        """
        tap(0, 'y', 0, 0); results.max = text(0); button(0, 4); tap(0, 'y', 0, 0); results.avg = text(0);
        results.code = figures[0].querySelector('code').textContent;
        """,
        widget(kind="max_pool", size=4, kernel_size=2),
    )
    assert told["max"].startswith("y[0, 0] = max(")
    assert " / 4 = " in told["avg"]
    assert told["code"] == "nn.AvgPool2d(kernel_size=2)"


def test_a_large_divisor_stands_in_the_window() -> None:
    figure = widget(nn.AvgPool2d(2, divisor_override=1000), tc.ones(1, 1, 4, 4), lang="en")
    told = acted("results.cell = number(0, 'w', 0, 0); tap(0, 'y', 0, 0); results.sum = text(0);", figure)
    assert told["cell"] == "1/1000"
    assert told["sum"] == "y[0, 0] = (1 + 1 + 1 + 1) / 1000 = 0.004"


def test_several_figures_on_one_page_do_not_meet_and_speak_the_page_s_language() -> None:
    told = acted(
        """
        results.texts = figures.map((f) => f.querySelector('label').firstChild.textContent);
        tap(0, 'y', 0, 0); tap(1, 'y', 1, 1); results.sums = [text(0), text(1)];
        results.styles = document.querySelectorAll('#tinyconv-widget-style').length;
        results.live = figures.map((f) => f.querySelectorAll('svg').length);
        """,
        nine(),
        widget(kind="avg_pool", size=4, kernel_size=2, lang="en"),
        lang="zh-CN",
    )
    assert told["texts"] == ["步幅", "input size"]
    assert told["sums"][0] == "y[0, 0] = 0·0 + 1·1 + 3·2 + 4·3 = 19"
    assert "y[1, 1]" in told["sums"][1]
    assert told["styles"] == 1
    assert told["live"] == [1, 1]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_phone_needs_no_scrolling_sideways(lang: str) -> None:
    figures = [
        widget(size=8, kernel_size=5, padding=3, lang=lang),
        widget(size=4, kernel_size=2, channels=(4, 4), groups=2, lang=lang),
        widget(kind="conv_transpose", size=4, kernel_size=4, stride=3, dilation=2, lang=lang),
        widget(kind="max_pool", size=8, lang=lang),
    ]
    page = '<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    assert needed_width(page + "".join(figure._repr_html_() for figure in figures), 390) == 390


# --- settings, files and refusals ---


def test_without_scripts_a_still_is_shown() -> None:
    element = nine().element()
    assert "<svg" in element
    assert "<script" not in element
    document = dump_dom(f"<!doctype html>{element}")
    assert document.count("<svg") == 1
    assert ">43</text>" in nine().still or "y[0, 0, 1, 0]" in nine().still


def test_the_colours_are_those_of_the_films() -> None:
    for light, dark in COLOURS.values():
        assert light in script()
        assert dark in script()


def test_a_page_of_its_own_needs_no_network(tmp_path: Path) -> None:
    figure = widget(size=4)
    figure.save(tmp_path / "window.html")
    text = (tmp_path / "window.html").read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert "src=" not in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "tw-sliders" in dump_dom(tmp_path / "window.html")
    with pytest.raises(ValueError, match=r"must end in one of \.html"):
        figure.save(tmp_path / "window.png")


def test_language_follows_the_program() -> None:
    assert widget().settings["lang"] is None
    with tc.use_language("zh"):
        assert widget().settings["lang"] == "zh"
        assert '<html lang="zh-CN">' in widget().page()
    assert widget(lang="en").settings["lang"] == "en"


def test_only_the_first_sample_is_shown() -> None:
    x = tc.arange(32).reshape(2, 1, 4, 4).float()
    assert widget(nn.MaxPool2d(2), x).settings["values"] == x[0].numpy().tolist()
    assert widget(nn.MaxPool2d(2), size=6).settings["size"] == [6, 6]


@pytest.mark.parametrize(
    ("arguments", "options", "error", "text"),
    [
        ([nn.Conv2d(1, 1, 3)], {"stride": 2}, TypeError, "a layer brings its own options, but stride is given"),
        ([nn.Conv2d(1, 1, 3)], {"kind": "conv"}, TypeError, "a layer brings its own options"),
        ([None, tc.ones(1, 1, 4, 4)], {}, TypeError, "an input goes with a layer"),
        ([], {"kind": "pool"}, ValueError, "must be one of conv, conv_transpose, max_pool, avg_pool"),
        ([], {"size": (2, 3, 4)}, ValueError, "size has 3 axes"),
        ([], {"controls": ["size", "weight"]}, ValueError, "no slider 'weight'"),
        ([nn.Conv2d(4, 4, 1, groups=2)], {"controls": ["groups"]}, ValueError, "no slider 'groups'"),
        ([], {"controls": ["output_padding"]}, ValueError, "no slider 'output_padding'"),
        ([], {"kind": "avg_pool", "controls": ["dilation"]}, ValueError, "no slider 'dilation'"),
        ([], {"lang": "fr"}, ValueError, "fr"),
        ([], {"size": 2, "kernel_size": 3}, RuntimeError, "Kernel size can't be greater"),
        ([], {"kind": "max_pool", "stride": 0}, Exception, "stride"),
        ([], {"kind": "avg_pool", "dilation": 2}, TypeError, "dilation"),
        ([nn.Conv2d(1, 1, 3), tc.ones(1, 1, 40, 40)], {}, ValueError, "cannot be shown: at most 16 cells"),
        ([nn.Conv2d(1, 64, 3), tc.ones(1, 1, 4, 4)], {}, ValueError, "8 channels"),
        ([nn.MaxPool2d(2), tc.full((1, 1, 4, 4), float("nan"))], {}, ValueError, "NaN"),
        ([nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect")], {}, ValueError, "because of padding_mode"),
        ([nn.MaxPool2d(2, cover_all=True)], {}, ValueError, "because of cover_all"),
        ([nn.AdaptiveAvgPool2d(2)], {}, ValueError, "because of AdaptiveAvgPool2d"),
        ([nn.Conv3d(1, 1, 2)], {"size": 3}, ValueError, "because of 3 axes"),
        ([nn.Conv2d(1, 1, 3)], {"size": (4,)}, RuntimeError, "2 spatial axes"),
        ([nn.ReLU()], {}, TypeError, "no window"),
    ],
)
def test_what_cannot_be_shown_is_told(arguments: list[Any], options: dict[str, Any], error: Any, text: str) -> None:
    with pytest.raises(error, match=text):
        widget(*arguments, **options)
