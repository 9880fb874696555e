"""A page on which a reader draws a digit and watches a trained network read it.

:func:`draw_page` writes one HTML file that holds the network's weights and needs nothing else: no server, no
connection.  While the reader draws, the page shows the feature maps of every layer, the scores, and which strokes
spoke for the class that won.  The network runs in the browser; ``draw_page.js`` beside this file holds it, written to
be read.
"""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from ..autograd import no_grad
from ..backend import asnumpy
from ..data import mnist
from ..errors import phrase, refusal
from ..language import get_language, use_language
from ..nn.activation import LeakyReLU, ReLU, Sigmoid, Tanh
from ..nn.container import Sequential
from ..nn.conv import Conv2d, LazyConv2d
from ..nn.dropout import Dropout, Dropout2d
from ..nn.linear import Flatten, Identity, LazyLinear, Linear
from ..nn.module import Module
from ..nn.norm import BatchNorm1d, BatchNorm2d
from ..nn.pooling import AvgPool2d, MaxPool2d
from ..tensor import Tensor, from_numpy
from .dry_run import copy_of
from .window import window_of

__all__ = ["DrawPage", "draw_page"]

_HERE = Path(__file__).parent
_SIDE = 28
_START = 3  # the example that the page opens with


def draw_page(
    model: Module,
    path: str | Path | None = None,
    *,
    labels: Sequence[str] | None = None,
    mean: float = mnist.MEAN,
    std: float = mnist.STD,
    examples: tuple[np.ndarray, np.ndarray] | None = None,
    language: str | None = None,
) -> DrawPage:
    """Make a page on which one draws, and which shows live what a trained network sees in the drawing.

    The drawing becomes a picture as MNIST's digits did: scaled into 20 by 20 pixels, the centre of its ink in the
    middle of 28 by 28.  The strokes are coloured by integrated gradients [1]_ of the winning score, or of another that
    the reader asks about.

    Parameters
    ----------
    model : Sequential
        Of Conv2d, Linear, BatchNorm1d and 2d, ReLU, LeakyReLU, Sigmoid, Tanh, MaxPool2d, AvgPool2d, Flatten, Dropout,
        Dropout2d, Identity and Sequentials of these, from ``(N, 1, 28, 28)`` to ``(N, classes)`` scores.  The page
        holds it as it is in evaluation; the model itself is not touched.
    path : str or Path, optional
        The ``.html`` file to write.
    labels : sequence of str, optional
        The classes' names; '0', '1', '2' ... without.
    mean, std : float
        What was subtracted from the training pixels, which lay between 0 and 1, and what they were divided by.
    examples : (numpy.ndarray, numpy.ndarray), optional
        Pictures to begin with, uint8 ``(N, 28, 28)``, and the classes they belong to; one of each digit of the
        embedded MNIST without.
    language : {'en', 'zh'}, optional
        In which the page opens; the reader can switch.  Without, that of :func:`tinyconv.set_language`.

    Returns
    -------
    DrawPage
        Shown by itself in a notebook.

    Raises
    ------
    TypeError
        If the model is no Sequential, or holds a layer that the page does not know.
    ValueError
        If a layer is used in a way that the page does not know; if the scores are not finite, or do not fit `labels`;
        if `examples` are not what they should be; for another ending of `path`, or another language.

    References
    ----------
    .. [1] M. Sundararajan, A. Taly and Q. Yan, "Axiomatic attribution for deep networks", ICML 2017.

    Examples
    --------
    >>> from tinyconv import nn
    >>> page = draw_page(nn.Sequential(nn.Conv2d(1, 4, 5, stride=3), nn.ReLU(), nn.Flatten(), nn.Linear(256, 10)))
    >>> [layer["kind"] for layer in page.data["layers"]]
    ['conv2d', 'relu', 'flatten', 'linear']
    """
    if path is not None and Path(path).suffix != ".html":
        raise refusal("explain.file_type", "draw_page", name=Path(path).name, endings=".html")
    with use_language(language or get_language()):
        copy = copy_of(model)
        layers = _layers_of(model, copy)
        classes = layers[-1]["output"] if layers else [1, _SIDE, _SIDE]
        names = [str(i) for i in range(classes[0])] if labels is None else [str(label) for label in labels]
        if len(classes) != 1 or classes[0] != len(names):
            raise refusal("explain.page_scores", "draw_page", shape=("N", *classes), labels=len(names))
        images, answers = _examples(examples, names)
        start = min(_START, len(images) - 1)
        poster = _poster(copy, images[start], mean, std, names) if len(images) else ""
        data = {
            "language": get_language(),
            "labels": names,
            "mean": float(mean),
            "std": float(std),
            "start": start,
            "layers": layers,
            "examples": [
                {"label": names[c], "pixels": base64.b64encode(image.tobytes()).decode()}
                for image, c in zip(images, answers)
            ],
        }
        page = DrawPage(data, poster)
    if path is not None:
        Path(path).write_text(page.html(), encoding="utf-8")
    return page


# ------------------------------------------------------------------------------ the model as data


def _layers_of(model: Module, copy: Module) -> list[dict[str, Any]]:
    """Every layer as the page's script takes it, from one pass of the copy over an empty picture."""
    layers: list[dict[str, Any]] = []
    x: Any = _input(copy, np.zeros((_SIDE, _SIDE)))
    with no_grad():
        for name, layer in _each_layer(model, copy):
            write = _known(type(layer))
            if write is None:
                known = ", ".join(sorted({kind.__name__ for kind in _WRITERS}))
                raise refusal("explain.page_layer", "draw_page", name=name, kind=type(layer).__name__, known=known)
            shape, x = x.shape, layer(x)
            described = write(name, layer, shape)
            if described:
                layers.append({**described, "title": str(layer), "output": list(x.shape[1:])})
    if not np.isfinite(asnumpy(x.array)).all():
        raise refusal("explain.page_nonfinite", "draw_page")
    return layers


def _input(model: Module, picture: np.ndarray) -> Tensor:
    """A picture ``(28, 28)`` as ``(1, 1, 28, 28)``, of the dtype and on the device of the model's parameters."""
    x = from_numpy(np.array(picture[None, None], np.float32))
    parameter = next(iter(model.parameters()), None)
    return x if parameter is None else x.to(parameter.device, parameter.dtype)


def _each_layer(model: Module, copy: Module, path: str = "") -> Iterator[tuple[str, Module]]:
    """The layers of nested Sequentials in the order of their calls; of `copy`, which has lost the model's hooks."""
    if model._pre_hooks or model._hooks:
        raise refusal("explain.page_hooks", "draw_page", name=path or "model", kind=type(model).__name__)
    if not isinstance(model, Sequential) or type(model).forward is not Sequential.forward:
        if not path:
            raise refusal("explain.page_model", "draw_page", kind=type(model).__name__)
        yield path, copy
        return
    for name, child in model._modules.items():
        yield from _each_layer(child, copy._modules[name], f"{path}.{name}".lstrip("."))


def _text(array: np.ndarray) -> str:
    """Numbers as the page's script reads them: float32, little-endian, in base64."""
    return base64.b64encode(np.ascontiguousarray(array, "<f4").tobytes()).decode()


def _weights(layer: Any) -> dict[str, Any]:
    weight = asnumpy(layer.weight.array)
    bias = {} if layer.bias is None else {"bias": _text(asnumpy(layer.bias.array))}
    return {"shape": list(weight.shape), "weight": _text(weight), **bias}


def _refuse_unless(fits: bool, name: str, layer: Module, what: str) -> None:
    if not fits:
        raise refusal("explain.page_option", "draw_page", name=name, layer=layer, what=what)


def _windows(layer: Any, shape: Sequence[int]) -> dict[str, Any]:
    """How a window moves over maps of this shape."""
    window = window_of(layer, shape[2:])
    sizes = {name: getattr(window, name) for name in ("kernel", "stride", "dilation", "places")}
    return {**sizes, "padding": [before for before, _ in window.padding]}


def _conv(name: str, layer: Any, shape: Sequence[int]) -> dict[str, Any]:
    _refuse_unless(layer.padding_mode == "zeros", name, layer, f"padding_mode={layer.padding_mode!r}")
    return {"kind": "conv2d", "groups": layer.groups, **_windows(layer, shape), **_weights(layer)}


def _linear(name: str, layer: Any, shape: Sequence[int]) -> dict[str, Any]:
    if len(shape) != 2:
        raise refusal("explain.page_linear", "draw_page", name=name, layer=layer, shape=shape)
    return {"kind": "linear", **_weights(layer)}


def _batch_norm(name: str, layer: Any, shape: Sequence[int]) -> dict[str, Any]:
    """``(x - mean) / sqrt(var + eps) * weight + bias`` as one product and one sum."""
    _refuse_unless(layer.running_mean is not None, name, layer, "track_running_stats=False")
    mean, variance = asnumpy(layer.running_mean.array), asnumpy(layer.running_var.array)
    scale = 1 / np.sqrt(variance.astype(float) + layer.eps)
    scale *= 1 if layer.weight is None else asnumpy(layer.weight.array)
    shift = (0 if layer.bias is None else asnumpy(layer.bias.array)) - mean * scale
    return {"kind": "batch_norm", "weight": _text(scale), "bias": _text(shift)}


def _max_pool(name: str, layer: Any, shape: Sequence[int]) -> dict[str, Any]:
    _refuse_unless(not layer.return_indices, name, layer, "return_indices=True")
    return {"kind": "max_pool2d", **_windows(layer, shape)}


def _avg_pool(name: str, layer: Any, shape: Sequence[int]) -> dict[str, Any]:
    window, given = window_of(layer, shape[2:]), layer.divisor_override
    divisors = [
        window.divisor(place, layer.count_include_pad) if given is None else given
        for place in np.ndindex(window.places)
    ]
    return {"kind": "avg_pool2d", "divisors": divisors, **_windows(layer, shape)}


def _flatten(name: str, layer: Any, shape: Sequence[int]) -> dict[str, Any]:
    _refuse_unless(layer.start_dim == 1, name, layer, f"start_dim={layer.start_dim}")
    _refuse_unless(layer.end_dim in (-1, len(shape) - 1), name, layer, f"end_dim={layer.end_dim}")
    return {"kind": "flatten"}


def _pointwise(kind: str) -> Callable[[str, Any, Sequence[int]], dict[str, Any]]:
    return lambda name, layer, shape: {"kind": kind}


def _leaky_relu(name: str, layer: Any, shape: Sequence[int]) -> dict[str, Any]:
    return {"kind": "leaky_relu", "slope": layer.negative_slope}


def _left_out(name: str, layer: Any, shape: Sequence[int]) -> None:
    """What does nothing after training."""


_WRITERS: dict[type[Module], Callable[[str, Any, Sequence[int]], dict[str, Any] | None]] = {
    Conv2d: _conv,
    Linear: _linear,
    BatchNorm1d: _batch_norm,
    BatchNorm2d: _batch_norm,
    MaxPool2d: _max_pool,
    AvgPool2d: _avg_pool,
    Flatten: _flatten,
    ReLU: _pointwise("relu"),
    LeakyReLU: _leaky_relu,
    Sigmoid: _pointwise("sigmoid"),
    Tanh: _pointwise("tanh"),
    Dropout: _left_out,
    Dropout2d: _left_out,
    Identity: _left_out,
}


def _known(kind: type[Module]) -> Callable[[str, Any, Sequence[int]], dict[str, Any] | None] | None:
    """What writes a layer of exactly this class: a class derived from it may compute anything."""
    lazy: dict[type[Module], type[Module]] = {LazyConv2d: Conv2d, LazyLinear: Linear}
    return _WRITERS.get(lazy.get(kind, kind))


# ------------------------------------------------------------------------------ the pictures to begin with


def _examples(given: tuple[np.ndarray, np.ndarray] | None, labels: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Check the examples; without any, give one of each digit of the embedded MNIST, if there are ten classes."""
    if given is None:
        images, digits = mnist.load(split="test")
        first = [np.flatnonzero(digits == digit)[0] for digit in range(10)] if len(labels) == 10 else []
        return images[first], digits[first]
    images, classes = np.asarray(given[0]), np.asarray(given[1])
    fits = images.ndim == 3 and images.shape[1:] == (_SIDE, _SIDE) and images.dtype == np.uint8
    if not fits or classes.shape != images.shape[:1] or not all(int(c) in range(len(labels)) for c in classes):
        raise refusal(
            "explain.page_examples", "draw_page", shape=images.shape, dtype=images.dtype, classes=classes.tolist()
        )
    return images, classes


def _poster(copy: Module, image: np.ndarray, mean: float, std: float, labels: Sequence[str]) -> str:
    """What stands still where scripts do not run: one digit, what the first layer sees in it, and the scores."""
    x = _input(copy, (image / 255 - mean) / std)
    with no_grad():
        scores = asnumpy(copy(x).array)[0].astype(float)
        first = next(iter(copy.children()))(x)
    shares = np.exp(scores - scores.max())
    shares /= shares.sum()
    maps = asnumpy(first.array)[0].astype(float)
    tiles = "".join(_tile(values / (np.abs(maps).max() or 1)) for values in maps) if maps.ndim == 3 else ""
    rows = "".join(
        f'<div class="bar"><b>{escape(label)}</b><span class="track"><i style="width:{100 * share:.1f}%"></i></span>'
        f"<span>{100 * share:.1f} %</span></div>"
        for label, share in zip(labels, shares)
    )
    digit = _tile(image / 255, above=(0, 0, 0))
    return (
        f'<noscript><div class="poster"><p>{escape(phrase("explain.page_still"))}</p>'
        f'<div class="top"><div class="still">{digit}</div><div class="maps">{tiles}</div>'
        f"<div>{rows}</div></div></div></noscript>"
    )


def _tile(values: np.ndarray, above: tuple[int, int, int] = (226, 112, 16)) -> str:
    """Numbers from -1 to 1 as a picture: orange above zero, blue below, nothing at zero."""
    pixels = np.empty((*values.shape, 4), np.uint8)
    pixels[..., :3] = np.where(values[..., None] < 0, (46, 112, 214), above)
    pixels[..., 3] = np.round(255 * np.abs(values))
    return f'<img alt="" src="data:image/png;base64,{base64.b64encode(_png(pixels)).decode()}">'


def _png(pixels: np.ndarray) -> bytes:
    """Write ``(H, W, 4)`` bytes of red, green, blue and opacity as a PNG file (ISO/IEC 15948)."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    height, width = pixels.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)  # eight bits each, with opacity
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)  # each row begins with its filter: none
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


# ------------------------------------------------------------------------------ the page


class DrawPage:
    """The page that :func:`draw_page` makes.

    Attributes
    ----------
    data : dict
        What the page's script is given: the layers with their weights, labels, examples.

    Examples
    --------
    >>> from tinyconv import nn
    >>> page = draw_page(nn.Sequential(nn.Flatten(), nn.Linear(784, 10)), language="zh")
    >>> page.html()[:15]
    '<!DOCTYPE html>'
    >>> page
    DrawPage(2 layers, 10 classes)
    """

    def __init__(self, data: dict[str, Any], poster: str):
        self.data, self._poster = data, poster

    def __repr__(self) -> str:
        return f"DrawPage({len(self.data['layers'])} layers, {len(self.data['labels'])} classes)"

    def fragment(self, heading: bool = False) -> str:
        """Give the element with its style and script, to stand in another page, whose light or dark theme it follows.

        Where scripts do not run, it is a picture that stands still.

        Parameters
        ----------
        heading : bool
            Whether a title stands above.
        """
        style, script = ((_HERE / f"draw_page.{kind}").read_text("utf-8") for kind in ("css", "js"))
        data = json.dumps(self.data, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
        return (
            f'<style>{style}</style><div class="tinyconv-draw"{" data-heading" * heading}>{self._poster}</div>'
            f'<script type="application/json">{data}</script><script>(() => {{\n{script}\n'
            "const data = document.currentScript.previousElementSibling;\n"
            "tinyconvDraw.mount(data.previousElementSibling, JSON.parse(data.textContent));\n})();</script>"
        )

    def html(self) -> str:
        """Give the whole page."""
        language = "zh-CN" if self.data["language"] == "zh" else "en"
        with use_language(self.data["language"]):
            title = escape(phrase("explain.page_title"))
        return (
            f'<!DOCTYPE html><html lang="{language}"><meta charset="utf-8"><title>{title}</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            "<style>html{color-scheme:light dark;background:#fff}body{margin:0 auto;max-width:72rem;padding:1.25rem}"
            "@media(prefers-color-scheme:dark){html{background:#16181d}}</style>"
            f"<body>{self.fragment(heading=True)}</body></html>\n"
        )

    def _repr_html_(self) -> str:
        """In a frame of its own, so that no notebook's style reaches in."""
        style = "border:0;width:100%;height:720px"
        return f'<iframe srcdoc="{escape(self.html())}" style="{style}" loading="lazy"></iframe>'
