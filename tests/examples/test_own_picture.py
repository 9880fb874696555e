"""A digit of one's own: a photo of it becomes one of MNIST's, whatever the paper, the light and the place."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from tinyconv.data import mnist

Image = pytest.importorskip("PIL.Image")

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def own_picture(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(EXAMPLES)
    return importlib.import_module("own_picture")


def digits(number: int) -> np.ndarray:
    return mnist.load(split="test")[0][:number].astype(np.uint8)


def photograph(
    digit: np.ndarray, rng: np.random.Generator, size: int = 140, contrast: float = 0.75, dark_paper: bool = False
) -> np.ndarray:
    """Lay a digit anywhere on a grey sheet in slanted light, as a camera sees it: bytes, ``(300, 240, 3)``."""
    sheet = np.zeros((300, 240))
    top, left = rng.integers(20, 280 - size), rng.integers(20, 220 - size)
    sheet[top : top + size, left : left + size] = np.asarray(Image.fromarray(digit).resize((size, size))) / 255
    light = np.linspace(215, 150, 240) + np.linspace(0, 20, 300)[:, None]
    seen = np.clip(light * (1 - contrast * sheet) + rng.normal(0, 4, sheet.shape), 0, 255)
    return np.repeat((255 - seen if dark_paper else seen)[..., None], 3, axis=2).astype(np.uint8)


KINDS = {"large": {}, "small": {"size": 70}, "pencil": {"contrast": 0.4}, "chalk": {"dark_paper": True}}


@pytest.mark.parametrize("kind", KINDS)
def test_a_photographed_digit_is_the_digit(kind: str, own_picture: ModuleType) -> None:
    rng, alike = np.random.default_rng(0), []
    for digit in digits(20):
        made = own_picture.as_mnist(own_picture.grey(photograph(digit, rng, **KINDS[kind])))
        assert made.shape == (28, 28)
        assert made.dtype == np.uint8
        assert made.max() == 255
        assert (made[[0, -1]] == 0).all()  # black around
        alike.append(np.corrcoef(made.ravel(), digit.ravel())[0, 1])
    assert min(alike) > 0.7
    assert np.mean(alike) > 0.9


def test_its_centre_of_gravity_is_in_the_middle(own_picture: ModuleType) -> None:
    photo = np.full((100, 100), 230.0, np.float32)
    photo[10:50, 20:40] = 40  # a bar of ink, 40 x 20
    made = own_picture.as_mnist(photo)
    rows, columns = np.nonzero(made)
    assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == (20, 10)
    assert abs(rows.mean() - 14) <= 0.5
    assert abs(columns.mean() - 14) <= 0.5


def test_empty_paper_has_no_digit(own_picture: ModuleType) -> None:
    noise = np.random.default_rng(0).normal(0, 4, (200, 200))
    slanted = np.linspace(120, 220, 200) + noise
    assert own_picture.as_mnist(slanted.astype(np.float32)) is None


@pytest.mark.parametrize("script", ["train_mnist", "resnet", "saliency"])
def test_a_network_reads_it(
    script: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    pytest.importorskip("tqdm")
    monkeypatch.syspath_prepend(EXAMPLES)
    monkeypatch.setitem(sys.modules, script, None)
    monkeypatch.delitem(sys.modules, script)
    photo = tmp_path / "photo.png"
    Image.fromarray(photograph(digits(1)[0], np.random.default_rng(0))).save(photo)
    options = ["--limit", "200", "--batch-size", "20", "--epochs", "1", "--out", str(tmp_path / "out")]
    importlib.import_module(script).main([*options, "--image", str(photo)])
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("photo.png is read as ")]
    ranking = line.partition("(")[2].rstrip(")").split(", ")
    assert sorted(entry[0] for entry in ranking) == list("0123456789")
    shares = [float(entry[3:-1]) for entry in ranking]
    assert shares == sorted(shares, reverse=True)
    assert abs(sum(shares) - 100) < 1
    assert line.startswith(f"photo.png is read as {ranking[0][0]} ")
    assert (tmp_path / "out" / "own_digit.png").exists() == (script != "saliency")


def test_a_picture_without_a_digit_is_refused_before_training(
    own_picture: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    pytest.importorskip("tqdm")
    Image.fromarray(np.full((40, 40), 200, np.uint8)).save(tmp_path / "blank.png")
    with pytest.raises(SystemExit) as end:
        importlib.import_module("train_mnist").main(
            ["--image", str(tmp_path / "blank.png"), "--out", str(tmp_path / "out")]
        )
    assert "argument --image: nothing stands out from the paper" in str(end.value.code)
    assert not (tmp_path / "out").exists()
