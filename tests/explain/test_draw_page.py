"""The page to draw on: in the browser its network is tinyconv's, its gradients too, and it answers to hand and key."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinyconv as tc
from tests.browser import chromium_or_skip, needed_width, result_of
from tinyconv import nn
from tinyconv.data import mnist
from tinyconv.explain import DrawPage, draw_page

SCRIPT = Path(tc.__file__).parent / "explain" / "draw_page.js"


@pytest.fixture(autouse=True)
def seed() -> None:
    tc.manual_seed(0)


@pytest.fixture(scope="module")
def trained() -> nn.Sequential:
    """A network of the example's kind that reads most digits."""
    tc.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3), nn.BatchNorm2d(16), nn.ReLU(),
        nn.MaxPool2d(2), nn.Dropout(0.3), nn.Flatten(), nn.Linear(576, 10),
    )  # fmt: skip
    images, labels = mnist.load()
    x, y = tc.from_numpy(mnist.to_float(images[:4000])), tc.from_numpy(labels[:4000])
    optimizer = tc.optim.Adam(model.parameters(), lr=3e-3)
    for start in range(0, 4000, 50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[start : start + 50]), y[start : start + 50]).backward()
        optimizer.step()
    return model


def computed(program: str, **values: Any) -> Any:
    """What the page's script computes, called by a program that ends in an expression over `values`."""
    chromium_or_skip()
    data = json.dumps({name: v.tolist() if isinstance(v, np.ndarray) else v for name, v in values.items()})
    return result_of(
        f'<!DOCTYPE html><meta charset="utf-8"><p id="result"></p><script>{SCRIPT.read_text("utf-8")}</script><script>'
        f"const {{ {', '.join(values)} }} = {data};\n"
        f"document.getElementById('result').textContent = JSON.stringify((() => {{ {program} }})());</script>"
    )


RUN = """
const layers = tinyconvDraw.prepareLayers(page.layers);
return pictures.map((picture, i) => {
    const values = tinyconvDraw.forward(layers, tinyconvDraw.scaled(picture, page));
    return {
        maps: values.slice(1).map(({ shape, data }) => ({ shape, data: Array.from(data) })),
        gradient: Array.from(tinyconvDraw.gradient(layers, values, classes[i]).data),
    };
});
"""


def check_in_browser(model: nn.Sequential, pictures: np.ndarray, classes: np.ndarray) -> None:
    """Each layer's output and the gradient of a score are tinyconv's, to 1e-4."""
    page = draw_page(model)
    results = computed(RUN, page=page.data, pictures=pictures.reshape(len(pictures), -1), classes=classes)
    model.eval()
    shown = [layer for layer in leaves(model) if not isinstance(layer, (nn.Dropout, nn.Dropout2d, nn.Identity))]
    exact = copy.deepcopy(model).double()  # as the browser computes: of two almost equal cells, the same is the larger
    for picture, which, result in zip(pictures, classes, results):
        x = tc.tensor((picture[None, None] - mnist.MEAN) / mnist.STD, dtype=tc.float64, requires_grad=True)
        exact(x)[0, int(which)].backward()
        assert np.abs(np.reshape(result["gradient"], x.shape) - x.grad.numpy()).max() < 1e-4
        value = x.detach().float()
        assert len(result["maps"]) == len(shown)
        for layer, found in zip(shown, result["maps"]):
            value = layer(value)
            assert tuple(found["shape"]) == value.shape[1:]
            assert np.abs(np.reshape(found["data"], value.shape) - value.detach().numpy()).max() < 1e-4, layer
    assert len(results) == len(pictures)


def leaves(model: nn.Module) -> list[nn.Module]:
    return [leaf for child in model for leaf in leaves(child)] if isinstance(model, nn.Sequential) else [model]


def twenty_digits() -> tuple[np.ndarray, np.ndarray]:
    """Two of each digit, as grey values from 0 to 1, and what they are."""
    images, labels = mnist.load(split="test")
    chosen = np.concatenate([np.flatnonzero(labels == digit)[5:7] for digit in range(10)])
    return images[chosen] / 255, labels[chosen]


def test_the_network_in_the_browser_is_tinyconvs(trained: nn.Sequential) -> None:
    pictures, labels = twenty_digits()
    assert len(pictures) == 20
    check_in_browser(trained, pictures, labels)
    with tc.no_grad():
        guesses = trained(tc.from_numpy(mnist.to_float((pictures * 255).round().astype(np.uint8)))).argmax(1)
    assert (guesses.numpy() == labels).mean() >= 0.8  # it is a network that reads


def mixed() -> list[nn.Sequential]:
    """Every layer and option that the page knows, on maps that are not square."""
    return [
        nn.Sequential(
            nn.Conv2d(1, 6, (2, 4), padding="same", dilation=(1, 2)), nn.Tanh(),
            nn.AvgPool2d((3, 2), padding=(1, 0), count_include_pad=False), nn.Identity(),
            nn.Sequential(nn.Conv2d(6, 4, (3, 2), stride=(2, 1), groups=2, bias=False), nn.LeakyReLU(0.2)),
            nn.MaxPool2d((3, 2), stride=(1, 2), padding=1, ceil_mode=True), nn.Dropout2d(0.5), nn.Flatten(1),
            nn.Linear(4 * 4 * 7, 12), nn.BatchNorm1d(12), nn.Sigmoid(), nn.Linear(12, 3, bias=False),
        ),
        nn.Sequential(
            nn.Conv2d(1, 4, 3, stride=2, padding=((2, 0), (0, 3)), cover_all=True), nn.BatchNorm2d(4, affine=False),
            nn.AvgPool2d(3, stride=2, padding=1, ceil_mode=True, divisor_override=5), nn.ReLU(),
            nn.Conv2d(4, 4, 3, groups=4), nn.MaxPool2d(2, stride=1, dilation=2), nn.AvgPool2d(2, ceil_mode=True),
            nn.Flatten(), nn.LazyLinear(10),
        ),
    ]  # fmt: skip


@pytest.mark.parametrize("which", [0, 1])
def test_every_layer_and_option(which: int) -> None:
    model = mixed()[which]
    for _ in range(3):
        model(tc.randn(8, 1, 28, 28) + 0.5)  # gives batch norm its running values
    check_in_browser(model, tc.rand(3, 28, 28).numpy().astype(float), np.array([0, 2, 1]))


def test_credit_is_the_score_minus_that_of_the_empty_page(trained: nn.Sequential) -> None:
    pictures, labels = twenty_digits()
    program = """
    const layers = tinyconvDraw.prepareLayers(page.layers);
    const inks = pictures.map((picture) => Float64Array.from(picture));
    return inks.map((ink, i) => Array.from(tinyconvDraw.credit(layers, ink, page, labels[i], steps)));
    """
    flat = pictures.reshape(20, 784)
    fine = np.array(computed(program, page=draw_page(trained).data, pictures=flat[:4], labels=labels[:4], steps=200))
    scores = trained.eval()(tc.tensor((pictures[:4, None] - mnist.MEAN) / mnist.STD, dtype=tc.float32))
    empty = trained(tc.full((1, 1, 28, 28), -mnist.MEAN / mnist.STD))[0]
    wanted = [float(scores[i, int(k)] - empty[int(k)]) for i, k in enumerate(labels[:4])]
    assert np.abs(fine.sum(1) - wanted).max() < 0.02 * np.abs(wanted).max()
    assert not fine[flat[:4] == 0].any()  # what is not drawn has no part in it


# ------------------------------------------------------------------------------ the drawing


def circle(x: float, y: float, rx: float, ry: float) -> list[list[float]]:
    return [[x + rx * np.sin(t), y - ry * np.cos(t)] for t in np.linspace(0, 2 * np.pi, 40)]


DRAWN = {
    0: [circle(0.3, 0.6, 0.1, 0.16)],
    1: [[[0.8, 0.2], [0.78, 0.5]]],
    7: [[[0.1, 0.1], [0.5, 0.1], [0.3, 0.9]]],
    4: [[[0.35, 0.1], [0.2, 0.5], [0.7, 0.5]], [[0.6, 0.15], [0.55, 0.9]]],
}


def test_a_drawing_becomes_what_mnist_makes_of_it(trained: nn.Sequential) -> None:
    """Wherever and however large it is drawn: its longer side is 20 pixels, its ink's mean is at pixel (14, 14)."""
    program = "return drawings.map((strokes) => Array.from(tinyconvDraw.picture(strokes)));"
    pictures = np.reshape(computed(program, drawings=list(DRAWN.values())), (-1, 28, 28))
    for picture in pictures:
        assert 0 <= picture.min() <= picture.max() == 1
        rows, columns = np.flatnonzero(picture.sum(1) > 0.3), np.flatnonzero(picture.sum(0) > 0.3)
        assert 19 <= max(np.ptp(rows) + 1, np.ptp(columns) + 1) <= 21
        for axis in (0, 1):
            assert (picture.sum(1 - axis) @ np.arange(28)) / picture.sum() == pytest.approx(14, abs=0.1)
    scores = trained.eval()(tc.tensor((pictures[:, None] - mnist.MEAN) / mnist.STD, dtype=tc.float32))
    assert scores.argmax(1).tolist() == list(DRAWN)


def test_nothing_and_a_dot_can_be_drawn() -> None:
    nothing, dot = computed(
        "return [[], [[[0.9, 0.1]]]].map((strokes) => Array.from(tinyconvDraw.picture(strokes)));", unused=0
    )
    assert not any(nothing)
    assert np.reshape(dot, (28, 28))[14, 14] == 1
    assert 0 < sum(dot) < 10


# ------------------------------------------------------------------------------ the page

HANDS = """
<p id="result"></p><script>
const page = document.querySelector(".tinyconv-draw"), pad = page.querySelector(".pad"), told = {};
const box = pad.getBoundingClientRect();
window.requestAnimationFrame = (draw) => setTimeout(draw, 16);  // no screen asks for pictures here
pad.setPointerCapture = () => {};  // of a pointer that no device has
const point = (kind, x, y) => pad.dispatchEvent(new PointerEvent(kind,
    { clientX: box.left + x * box.width, clientY: box.top + y * box.height, pointerId: 1, bubbles: true }));
const key = (name) => pad.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));
const press = (name) => [...page.querySelectorAll("button")].find((b) => b.textContent === name).click();
const inked = (canvas) => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data
    .reduce((sum, value, i) => sum + (i % 4 === 3 && value > 0), 0);
const note = (name) => { told[name] = {
    verdict: page.querySelector(".verdict").textContent,
    share: page.querySelector(".winner .track ~ span ~ span")?.textContent,
    asked: [...page.querySelectorAll("input")].findIndex((input) => input.checked),
    pad: inked(pad), maps: inked(page.querySelector(".maps canvas")), credit: inked(page.querySelectorAll(".view")[1]),
    lang: page.lang, title: document.title,
}; };
const wait = () => new Promise((resolve) => setTimeout(resolve, 300));
(async () => {
    await wait(); note("start");
    press("Clear"); await wait(); note("cleared");
    point("pointerdown", 0.5, 0.15);
    for (let y = 0.15; y < 0.85; y += 0.05) point("pointermove", 0.5, y);
    point("pointerup", 0.5, 0.85); await wait(); note("one");
    page.querySelectorAll("input")[7].click(); await wait(); note("asked");
    press("中文"); await wait(); note("chinese");
    press("English"); key("Escape"); await wait(); note("escaped");
    for (let i = 0; i < 9; i++) key("ArrowUp");
    key(" "); for (let i = 0; i < 18; i++) key("ArrowDown"); key(" "); await wait(); note("by keys");
    key("Backspace"); await wait(); note("taken back");
    page.querySelectorAll(".samples button")[0].click(); await wait(); note("sample");
    document.querySelector("#result").textContent = JSON.stringify(told);
})();
</script></body>"""


def test_the_page_answers_to_hand_and_key(trained: nn.Sequential) -> None:
    chromium_or_skip()
    page = draw_page(trained, language="en").html().replace("</body>", HANDS)
    told = result_of(page)
    assert told["start"]["verdict"].startswith("Reads “3”")  # it opens with an example
    assert told["start"]["share"].endswith("%")
    assert told["start"]["credit"] > 20
    assert told["cleared"] == {
        **dict.fromkeys(("pad", "maps", "credit"), 0), "asked": -1, "verdict": "Nothing is drawn yet.", "lang": "en",
        "title": "Draw a digit",
    }  # fmt: skip
    for name in ("one", "by keys"):
        assert told[name]["verdict"].startswith("Reads “1”"), name
        assert told[name]["asked"] == 1
        assert min(told[name][part] for part in ("pad", "maps", "credit")) > 20
    assert told["asked"]["asked"] == 7
    assert told["asked"]["verdict"] == told["one"]["verdict"]
    assert told["chinese"]["verdict"].startswith("读作“1”")
    assert (told["chinese"]["lang"], told["chinese"]["title"]) == ("zh-CN", "写一个数字")
    for name in ("escaped", "taken back"):
        assert told[name]["verdict"] == "Nothing is drawn yet.", name
    assert told["sample"]["verdict"].startswith("Reads “0”")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_fits_a_phone(trained: nn.Sequential, language: str, tmp_path: Path) -> None:
    chromium_or_skip()
    path = tmp_path / "draw.html"
    draw_page(trained, path, language=language)
    assert needed_width(path, 390) <= 390


def test_the_file_needs_nothing_else(trained: nn.Sequential, tmp_path: Path) -> None:
    path = tmp_path / "draw.html"
    page = draw_page(trained, path, language="zh")
    text = path.read_text("utf-8")
    assert text == page.html()
    assert '<html lang="zh-CN">' in text
    assert not re.search(r"https?://|\bimport\s*\(|\bfetch\s*\(|(src|href)=\"(?!data:)", text)
    assert len(text) < 150_000
    assert "<noscript>" in page.fragment()
    assert "data:image/png;base64," in page.fragment()
    assert page._repr_html_().startswith("<iframe")


def test_both_languages_say_the_same() -> None:
    words = re.findall(r"^    (en|zh): \{(.*?)^    \},", SCRIPT.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    keys = [re.findall(r'(\w+): "', body) for _, body in words]
    assert [language for language, _ in words] == ["en", "zh"]
    assert keys[0] == keys[1]
    kinds = {layer["kind"] for model in mixed() for layer in draw_page(model).data["layers"]}
    assert kinds <= set(keys[0])


def test_the_model_is_not_touched(trained: nn.Sequential) -> None:
    trained.train()
    before = {name: value.numpy().copy() for name, value in trained.state_dict().items()}
    draw_page(trained)
    assert all(layer.training for layer in trained.modules())
    assert all(np.array_equal(before[name], value.numpy()) for name, value in trained.state_dict().items())


def test_a_model_on_a_device_gives_the_same_page(device: tc.Device) -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 5, stride=4), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(72, 10))
    here = draw_page(model).data
    assert draw_page(model.to(device)).data == here
    assert draw_page(model.double()).data == here


def test_own_labels_and_examples() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 2))
    images = (np.arange(3 * 784) % 256).astype(np.uint8).reshape(3, 28, 28)
    page = draw_page(model, labels=["cat", "</script>"], examples=(images, np.array([1, 0, 1])))
    assert [example["label"] for example in page.data["examples"]] == ["</script>", "cat", "</script>"]
    assert page.data["start"] == 2
    assert page.html().count("</script>") == 2  # those that end its own
    assert draw_page(model).data["examples"] == []  # MNIST has ten classes


# ------------------------------------------------------------------------------ refusals


class Own(nn.Sequential):
    def forward(self, x: tc.Tensor) -> tc.Tensor:
        return super().forward(x) * 2


class Thick(nn.ReLU):
    def forward(self, x: tc.Tensor) -> tc.Tensor:
        return super().forward(x) + 1


def hooked() -> nn.Sequential:
    model = nn.Sequential(nn.Flatten(), nn.Sequential(nn.Linear(784, 10)))
    model[1][0].register_forward_hook(lambda module, args, result: result * 2)
    return model


def diverged() -> nn.Sequential:
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    model[1].weight.array[3, 4] = np.nan
    return model


REFUSED = [
    (lambda: nn.Linear(784, 10), TypeError, "got Linear", "得到的是 Linear"),
    (lambda: Own(nn.Flatten(), nn.Linear(784, 10)), TypeError, "got Own", "得到的是 Own"),
    (lambda: nn.Sequential(nn.Sequential(nn.GELU())), TypeError, "layer '0.0' is a GELU", "层 '0.0' 是 GELU"),
    (lambda: nn.Sequential(Thick(), nn.Flatten()), TypeError, "layer '0' is a Thick", "层 '0' 是 Thick"),
    (
        lambda: nn.Sequential(nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect")), ValueError,
        "cannot compute it with padding_mode='reflect'", "不会按 padding_mode='reflect' 计算",
    ),
    (
        lambda: nn.Sequential(nn.BatchNorm2d(1, track_running_stats=False)), ValueError, "track_running_stats=False",
        "track_running_stats=False",
    ),
    (lambda: nn.Sequential(nn.Flatten(0)), ValueError, "start_dim=0", "start_dim=0"),
    (lambda: nn.Sequential(nn.Flatten(1, 2)), ValueError, "end_dim=2", "end_dim=2"),
    (lambda: nn.Sequential(nn.MaxPool2d(2, return_indices=True)), ValueError, "return_indices", "return_indices"),
    (lambda: nn.Sequential(nn.Linear(28, 10)), ValueError, "Put an nn.Flatten", "放一个 nn.Flatten"),
    (hooked, ValueError, r"layer '1.0' \(Linear\) has forward hooks", "层 '1.0'（Linear）挂有前向钩子"),
    (lambda: nn.Sequential(nn.Conv2d(1, 10, 3)), ValueError, r"it gives \('N', 10, 26, 26\)", "它给出的是"),
    (diverged, ValueError, "training has diverged", "训练已经发散"),
    (lambda: nn.Sequential(), ValueError, "it gives", "它给出的是"),
]  # fmt: skip


@pytest.mark.parametrize(("model", "kind", "english", "chinese"), REFUSED)
def test_what_the_page_cannot_compute_is_refused(model: Any, kind: type[Exception], english: str, chinese: str) -> None:
    for language, text in (("en", english), ("zh", chinese)):
        with pytest.raises(kind, match=text):
            draw_page(model(), language=language)


def test_other_arguments_are_refused() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    images, classes = np.zeros((2, 28, 28), np.uint8), np.array([0, 9])
    with pytest.raises(ValueError, match="one for each of the 9 labels"):
        draw_page(model, labels=list("abcdefghi"))
    for wrong in ((images.astype(float), classes), (images[0], classes), (images, classes + 1), (images, classes[:1])):
        with pytest.raises(ValueError, match="examples must be uint8"):
            draw_page(model, examples=wrong)
    with pytest.raises(ValueError, match=r"\.html"):
        draw_page(model, "draw.htm")
    with pytest.raises(ValueError, match="fr"):
        draw_page(model, language="fr")
    assert isinstance(draw_page(model, examples=(images, classes)), DrawPage)
