"""A window that the reader drives: sliders, a cell to point at, its products and sum; for notebooks and pages.

The figure itself is widget.js with the style of widget.css; here its settings are written, from options or a layer.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from .. import nn
from ..autograd import no_grad
from ..errors import refusal
from ..kernels.geometry import Ints
from ..language import get_language
from ..nn.conv import _Conv, _ConvTranspose
from ..nn.module import Module
from .film import animate
from .window import _require_window, channel_sources, host_array, out_channels, split_shape, weight_of, window_of

__all__ = ["Widget", "script", "widget"]

KINDS = {"conv": "conv", "conv_transpose": "transposed", "max_pool": "max", "avg_pool": "avg"}
LAYERS = {
    "conv": (nn.Conv1d, nn.Conv2d),
    "conv_transpose": (nn.ConvTranspose1d, nn.ConvTranspose2d),
    "max_pool": (nn.MaxPool1d, nn.MaxPool2d),
    "avg_pool": (nn.AvgPool1d, nn.AvgPool2d),
}
CONTROLS = {
    "conv": ["size", "kernel_size", "stride", "padding", "dilation"],
    "transposed": ["size", "kernel_size", "stride", "padding", "output_padding", "dilation"],
    "max": ["size", "kernel_size", "stride", "padding", "kind"],
    "avg": ["size", "kernel_size", "stride", "padding", "kind"],
}
SLIDERS = {  # first and last
    "size": (2, 8), "kernel_size": (1, 5), "stride": (1, 4), "padding": (0, 3), "dilation": (1, 3),
    "output_padding": (0, 2),
}  # fmt: skip
NARROWER = {"size": (2, 4), "kernel_size": (1, 4), "stride": (1, 3), "dilation": (1, 2)}  # where the output grows
MOST_CELLS, MOST_CHANNELS = 16, 8  # of what can be read


def script() -> str:
    """Give the text of the figure's script, plain JavaScript without dependencies, with its style sheet inside.

    Examples
    --------
    >>> "function compute" in script()
    True
    """
    script, style = (Path(__file__).with_name(f"widget.{kind}").read_text("utf-8") for kind in ("js", "css"))
    return script.replace("'widget.css'", json.dumps(style))


@dataclass(frozen=True)
class Widget:
    """A sliding window to play with; shown by itself in a notebook.

    Attributes
    ----------
    settings : dict
        What the script reads: the kind of layer, sizes and numbers.
    still : str
        An ``<svg>`` element, shown where scripts do not run.

    Examples
    --------
    >>> widget(kind="max_pool", size=4, kernel_size=2)
    Widget(max, input 4 x 4)
    """

    settings: dict[str, Any]
    still: str = field(repr=False)

    def __repr__(self) -> str:
        size = " x ".join(str(self.settings["size"][axis]) for axis in self.settings["axes"])
        return f"Widget({self.settings['kind']}, input {size})"

    def element(self) -> str:
        """Give the ``<div>`` that the script turns into the figure; without the script it shows the still."""
        settings = escape(json.dumps(self.settings, separators=(",", ":")))
        return f'<div class="tinyconv-widget" data-settings="{settings}">{self.still}</div>'

    def _repr_html_(self) -> str:
        return f"{self.element()}<script>{script()}</script>"

    def save(self, path: str | Path) -> None:
        """Write a page of its own, which needs no network: ``.html``.

        Parameters
        ----------
        path : str or Path
            Where to.

        Raises
        ------
        ValueError
            For another ending.
        """
        path = Path(path)
        if path.suffix != ".html":
            raise refusal("explain.file_type", "save", name=path.name, endings=".html")
        path.write_text(self.page(), encoding="utf-8")

    def page(self) -> str:
        """Give the text of a page with nothing but the figure."""
        language = {"zh": "zh-CN"}.get(self.settings["lang"] or "en", "en")
        return (
            f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1"><title>tinyconv</title>'
            "<style>html{color-scheme:light dark}body{margin:0 auto;padding:8px;max-width:860px;font-family:system-ui,"
            '"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}</style></head>'
            f"<body>{self._repr_html_()}</body></html>\n"
        )


def widget(
    layer: Module | None = None,
    input: Any = None,
    *,
    kind: str | None = None,
    size: int | tuple[int, ...] | None = None,
    kernel_size: int | tuple[int, ...] | None = None,
    stride: int | tuple[int, ...] | None = None,
    padding: int | tuple[int, ...] | None = None,
    dilation: int | tuple[int, ...] | None = None,
    output_padding: int | tuple[int, ...] | None = None,
    channels: tuple[int, int] | None = None,
    groups: int | None = None,
    controls: Sequence[str] | None = None,
    lang: str | None = None,
) -> Widget:
    """Make a figure in which the reader moves the window: ``widget(layer, input)``, or options alone.

    Pointing at an output cell, tapping it or going there by the arrow keys lights its window and writes out its
    products and their sum; an input cell shows which outputs it reaches, or how it spreads.  Sliders change the
    options, and what a layer would refuse is told in words.

    Parameters
    ----------
    layer : Module, optional
        A convolution, transposed convolution, max or average pooling of 1 or 2 spatial axes, whose weights are shown.
    input : Tensor or array, optional
        ``(N, C, *D)``, or ``(C, *D)``; the first sample is shown, of at most 16 cells an axis and 8 channels.  By
        default digits.
    kind : {'conv', 'conv_transpose', 'max_pool', 'avg_pool'}
        Without a layer: what to show.
    size : int or tuple of int
        Of the input; an int is a square, and a tuple of one number has one axis.
    kernel_size, stride, padding, dilation, output_padding, channels, groups
        Without a layer: its options, with small whole numbers as weights; channels are ``(in, out)``.
    controls : sequence of str, optional
        The sliders to show, by the names of the options, and ``"kind"``, buttons for max and average pooling.
    lang : {'en', 'zh'}, optional
        By default Chinese after ``set_language('zh')``, else the language of the page.

    Returns
    -------
    Widget
        Shown by itself in a notebook; its ``save("window.html")`` keeps it.

    Raises
    ------
    TypeError
        If both a layer and its options are given, or the layer has no window.
    ValueError
        If the kind, a control or the language is unknown, or the figure cannot show the layer or the input.

    Examples
    --------
    >>> import tinyconv as tc
    >>> figure = widget(kernel_size=3, size=5, padding=1)
    >>> figure.settings["kind"], figure.settings["padding"]
    ('conv', [[1, 1], [1, 1]])
    >>> widget(tc.nn.Conv1d(1, 1, 3), tc.ones(1, 1, 7))
    Widget(conv, input 7)
    """
    options = {
        "kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation,
        "output_padding": output_padding, "channels": channels, "groups": groups,
    }  # fmt: skip
    given = {name: value for name, value in options.items() if value is not None}
    if layer is not None and (given or kind is not None):
        raise refusal("explain.widget_both", "widget", options=", ".join(given) or "kind")
    if input is not None and (size is not None or layer is None):
        raise refusal("explain.widget_input", "widget")
    if lang not in (None, "en", "zh"):
        raise refusal("language.unknown", language=lang, known=("en", "zh"))
    shown = layer if layer is not None else _layer(kind or "conv", size, given)
    values = _digits(shown, size) if input is None else _sample(shown, host_array(input))
    settings = _settings(shown, values)
    if input is None:  # more digits, for a larger input
        longest = SLIDERS["size"][1]
        larger = tuple(max(longest, n) if axis in settings["axes"] else n for axis, n in enumerate(settings["size"]))
        settings["values"] = _digit_grid(values.shape[0], larger).tolist()
    usual = CONTROLS[settings["kind"]]
    if layer is not None:
        usual = [
            name for name in usual if name not in ("kernel_size", "kind", *(["size"] if input is not None else []))
        ]
    elif "kernels" in settings:
        settings["kernels"] |= _kernels(shown, settings)
    can_group = layer is None and "kernels" in settings  # a layer has the weights of its own groups alone
    known = usual + ["groups"] * can_group + ["dilation"] * (settings["kind"] == "max")
    usual = usual + ["groups"] * (can_group and math.gcd(*settings["channels"]) > 1)
    chosen = usual if controls is None else controls
    unknown = [name for name in chosen if name not in known]
    if unknown:
        raise refusal("explain.widget_controls", "widget", unknown=unknown[0], known=", ".join(known))
    settings["controls"] = {name: _choices(settings, name) for name in chosen}
    settings["lang"] = lang or ("zh" if get_language() == "zh" else None)
    film = animate(shown, values[None])
    return Widget(settings, film.svg(len(film.shots) // 2))


def _choices(settings: dict[str, Any], name: str) -> list[Any]:
    """What the reader may choose; a value of the layer itself is always among it."""
    if name == "kind":
        return ["max", "avg"]
    if name == "groups":
        return [g for g in range(1, min(settings["channels"]) + 1) if math.gcd(*settings["channels"]) % g == 0]
    first, last = (settings["kind"] == "transposed" and NARROWER.get(name)) or SLIDERS[name]
    if name == "size":
        last = min(last, len(settings["values"][0][0]))
    given = np.ravel([settings[name][axis] for axis in settings["axes"]])
    return list(range(first, max(last, *given.tolist()) + 1))


def _layer(kind: str, size: int | tuple[int, ...] | None, given: dict[str, Any]) -> Module:
    """The layer that the options describe."""
    if kind not in KINDS:
        raise refusal("explain.widget_kind", "widget", kind=kind, known=", ".join(KINDS))
    ndim = len(size) if isinstance(size, tuple) else 2
    if not 1 <= ndim <= 2:
        raise refusal("explain.widget_axes", "widget", axes=ndim)
    options = {"kernel_size": 3 if "conv" in kind else 2, **given}
    if "conv" in kind:
        made = LAYERS[kind][ndim - 1](*options.pop("channels", (1, 1)), bias=False, dtype=np.float64, **options)
        with no_grad():
            made.weight.array[...] = _weights(made, made.kernel_size)
        return made
    options.pop("channels", None)
    return LAYERS[kind][ndim - 1](**options)


def _weights(layer: Any, kernel: Ints) -> np.ndarray:
    """Small whole numbers, in the shape of the layer's weight: edges across, edges down, and sums."""
    rows, columns = layer.weight.shape[:2]
    spreads = isinstance(layer, _ConvTranspose)
    return np.array([[_pattern(kernel, (a + b) % 3, spreads) for b in range(columns)] for a in range(rows)])


def _pattern(kernel: Ints, which: int, spreads: bool) -> np.ndarray:
    tent = [np.minimum(np.arange(1, k + 1), np.arange(k, 0, -1)) for k in kernel]  # 1 2 1
    slope = [np.sign(k - 1 - 2 * np.arange(k)) if k > 1 else np.ones(1) for k in kernel]  # 1 0 -1
    if spreads:
        tents = np.multiply.outer(*tent) if len(kernel) == 2 else tent[0]
        return np.ones(kernel) if which == 1 else tents
    if len(kernel) == 1 or which == 2:
        return np.ones(kernel) if which == 2 else slope[0]
    return np.multiply.outer(tent[0], slope[1]) if which == 0 else np.multiply.outer(slope[0], tent[1])


def _digits(layer: Any, size: int | tuple[int, ...] | None) -> np.ndarray:
    ndim = _require_window(layer)._ndim
    cells = size if isinstance(size, tuple) else (5 if size is None else size,) * ndim
    if len(cells) != ndim:
        raise refusal("explain.axes", str(layer), ndim=ndim, size=cells)
    values = _digit_grid(getattr(layer, "in_channels", None) or 1, cells)
    return _sample(layer, values)


def _digit_grid(channels: int, size: Ints) -> np.ndarray:
    """Digits without a pattern to see; a larger grid begins with the smaller one."""
    index = np.indices((channels, *size))
    noise = np.sin(12.9898 * index[1] + 78.233 * index[-1] + 37.719 * index[0] + 4) * 43758.5453
    return np.floor(10 * (noise - np.floor(noise)))


def _sample(layer: Any, values: np.ndarray) -> np.ndarray:
    """The first sample, ``(C, *D)``, of a size that can be read."""
    batch, channels, size = split_shape(layer, values.shape)
    if (
        batch == (0,)
        or max(size, default=0) > MOST_CELLS
        or max(channels, out_channels(layer, channels)) > MOST_CHANNELS
    ):
        raise refusal("explain.widget_size", "widget", shape=values.shape, cells=MOST_CELLS, channels=MOST_CHANNELS)
    if not np.isfinite(values).all():
        raise refusal("explain.widget_finite", "widget")
    return values.reshape(-1, channels, *size)[0].astype(np.float64)


def _settings(layer: Any, values: np.ndarray) -> dict[str, Any]:
    """What the script reads, with one row where the layer has one axis."""
    window = window_of(layer, values.shape[1:])
    told = getattr(layer, "padding_mode", "zeros") != "zeros" and "padding_mode"
    told = told or (getattr(layer, "cover_all", False) and "cover_all") or (window.adaptive and type(layer).__name__)
    if told or window.ndim > 2:
        raise refusal("explain.widget_layer", "widget", layer=layer, option=told or f"{window.ndim} axes")
    one = window.ndim == 1

    def both(values: Ints, missing: int) -> list[int]:
        return [*[missing] * one, *map(int, values)]

    settings = {
        "kind": window.kind,
        "axes": [1] if one else [0, 1],
        "size": both(window.input_size, 1),
        "kernel_size": both(window.kernel, 1),
        "stride": both(window.stride, 1),
        "dilation": both(window.dilation, 1),
        "padding": [*[[0, 0]] * one, *([int(lo), int(hi)] for lo, hi in window.padding)],
        "output_padding": both(_output_padding(layer, window.ndim), 0),
        "channels": [len(values), out_channels(layer, len(values))],
        "groups": getattr(layer, "groups", 1),
        "ceil_mode": bool(getattr(layer, "ceil_mode", False)),
        "count_include_pad": bool(getattr(layer, "count_include_pad", True)),
        "divisor_override": getattr(layer, "divisor_override", None),
        "bias": None,
        "values": (values[:, None] if one else values).tolist(),
    }
    if isinstance(layer, (_Conv, _ConvTranspose)):
        weight, bias = weight_of(layer, np.float64)
        settings["bias"] = None if bias is None else bias.tolist()
        settings["kernels"] = {_key(settings["kernel_size"]): _by_output(layer, weight, one)}
    return settings


def _output_padding(layer: Any, ndim: int) -> Ints:
    given = getattr(layer, "output_padding", 0)
    return tuple(given) if isinstance(given, Sequence) else (given,) * ndim


def _key(kernel: Sequence[int]) -> str:
    return "x".join(map(str, kernel))


def _by_output(layer: Any, weight: np.ndarray, one: bool) -> list[list[Any]]:
    """The kernel slice from every input channel to every output channel; None where they are not joined."""
    slices: list[list[Any]] = [[None] * layer.in_channels for _ in range(layer.out_channels)]
    for target in range(layer.out_channels):
        for source, prefix in channel_sources(layer, target):
            found = weight[prefix]
            slices[target][source] = (found[None] if one else found).tolist()
    return slices


def _kernels(layer: Any, settings: dict[str, Any]) -> dict[str, Any]:
    """The weights of all sizes of the slider, between all channels, so that groups can change too."""
    channels, spreads, one = settings["channels"], settings["kind"] == "transposed", len(settings["axes"]) == 1
    kernels = {}
    for k in {*range(1, SLIDERS["kernel_size"][1] + 1), *layer.kernel_size}:
        shape = (k,) if one else (k, k)
        slices = [[_pattern(shape, (o + c) % 3, spreads) for c in range(channels[0])] for o in range(channels[1])]
        kernels[_key([1, k] if one else [k, k])] = [[(s[None] if one else s).tolist() for s in row] for row in slices]
    return kernels
