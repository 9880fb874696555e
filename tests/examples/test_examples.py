"""The smaller examples: each learns, draws its pictures, and says how well it did."""

from __future__ import annotations

import gzip
import importlib
import re
import struct
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from tinyconv.backend import Device
from tinyconv.data import mnist

EXAMPLES = Path(__file__).parents[2] / "examples"
PICTURES = {
    "denoise": {"denoised", "noise_levels"},
    "time_series": {"series", "confusion", "filters", "learning_curve"},
    "moving_digits": {"clips", "confusion", "filters", "learning_curve"},
    "resnet": {"learning_curve", "mistakes"},
    "saliency": {"saliency", "adversarial", "accuracy", "fooling"},
}


def run(name: str, *arguments: object) -> str:
    """Run an example as a user does; give what it prints."""
    command = [sys.executable, str(EXAMPLES / f"{name}.py"), "--threads", "1", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    assert "epoch 1: 100%" in done.stderr  # the progress bar
    return done.stdout


def load(monkeypatch: pytest.MonkeyPatch, name: str) -> ModuleType:
    """Give an example as a module, to run it in this process."""
    monkeypatch.syspath_prepend(EXAMPLES)
    return importlib.import_module(name)


def call(monkeypatch: pytest.MonkeyPatch, name: str, *arguments: object) -> None:
    """Run an example in this process."""
    load(monkeypatch, name).main(list(map(str, arguments)))


def number(pattern: str, text: str) -> float:
    """Give the number which the pattern's group matches."""
    found = re.search(pattern, text)
    assert found, f"{pattern!r} is not in {text!r}"
    return float(found[1])


def epoch_losses(text: str) -> list[float]:
    return [float(loss) for loss in re.findall(r"mean loss ([\d.]+)", text)]


def assert_pictures(name: str, folder: Path) -> None:
    assert {path.stem for path in folder.iterdir()} == PICTURES[name]
    for path in folder.iterdir():
        assert path.read_bytes().startswith(b"\x89PNG"), path


def test_denoise_beats_a_blur(tmp_path: Path) -> None:
    text = run("denoise", "--limit", 600, "--batch-size", 10, "--epochs", 2, "--out", tmp_path)
    noisy, blurred, denoised = (number(rf"{which} ([\d.]+) dB", text) for which in ("noisy", "blurred", "denoised"))
    assert noisy < blurred < denoised
    assert_pictures("denoise", tmp_path)


def test_time_series_are_told_apart(tmp_path: Path) -> None:
    text = run("time_series", "--limit", 500, "--batch-size", 20, "--epochs", 2, "--out", tmp_path)
    first, second = epoch_losses(text)
    assert second < first
    assert number(r"test accuracy ([\d.]+)% of 500 series", text) > 50  # guessing gives 20
    assert_pictures("time_series", tmp_path)


def test_motion_is_read_and_turns_round_when_played_backwards(tmp_path: Path) -> None:
    text = run(
        "moving_digits", "--noise", 0.1, "--limit", 500, "--batch-size", 8, "--epochs", 2, "--out", tmp_path
    )  # fmt: skip
    assert number(r"test accuracy ([\d.]+)% of 500 clips", text) > 60  # guessing gives 11
    assert number(r"backwards, ([\d.]+)%", text) > 60
    assert_pictures("moving_digits", tmp_path)


def test_resnet_learns(tmp_path: Path) -> None:
    text = run("resnet", "--limit", 500, "--batch-size", 20, "--epochs", 2, "--out", tmp_path)
    assert number(r"test accuracy ([\d.]+)%: \d+ of 500 digits", text) > 70
    assert_pictures("resnet", tmp_path)


def test_saliency_fools_what_random_steps_do_not(tmp_path: Path) -> None:
    text = run("saliency", "--limit", 240, "--batch-size", 8, "--epochs", 2, "--out", tmp_path)
    right = number(r"([\d.]+)% are read right", text)
    assert right > 60
    assert number(r"step of 0.3 a pixel: ([\d.]+)%", text) < right / 2
    assert number(r"step of 0.3 a pixel: .*random signs: ([\d.]+)%", text) > 0.8 * right
    assert number(r"noise: (\d+) of 10", text) >= 8
    assert_pictures("saliency", tmp_path)


@pytest.mark.parametrize("name", PICTURES)
def test_help_lists_the_options(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        call(monkeypatch, name, "--help")
    assert end.value.code == 0
    text = capsys.readouterr().out
    for option in ("--epochs", "--limit", "--seed", "--device", "--threads", "--out"):
        assert option in text


def test_no_epochs_is_an_error(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        call(monkeypatch, "resnet", "--epochs", 0)
    assert end.value.code == 2
    assert "0 is not above 0" in capsys.readouterr().err


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("device", ["strict", "cuda"], indirect=True)
def test_they_run_on_other_devices(name: str, device: Device, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    call(
        monkeypatch, name, "--device", device, "--limit", 10, "--batch-size", 5, "--epochs", 1, "--out", tmp_path
    )  # fmt: skip
    assert {path.stem for path in tmp_path.iterdir()} >= PICTURES[name] - {"adversarial"}  # nothing learnt, none fooled


def test_the_seed_governs_all_randomness(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    example = load(monkeypatch, "denoise")
    for picture in ("draw_rows", "draw_levels"):  # not needed here, and slow
        monkeypatch.setattr(example, picture, lambda *_: None)
    results = []
    for seed in (5, 5, 6):
        example.main(["--seed", str(seed), "--limit", "60", "--epochs", "1", "--out", str(tmp_path)])
        results.append(re.findall(r"[\d.]+ dB|mean loss [\d.]+", capsys.readouterr().out))
    assert len(results[0]) == 4
    assert results[0] == results[1]
    assert results[0] != results[2]


def test_resnet_reads_a_folder_of_idx_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    for split, prefix, count in (("train", "train", 50), ("test", "t10k", 30)):
        images, labels = (array[:count].astype(np.uint8) for array in mnist.load(split=split))
        for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
            header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
            (folder / f"{prefix}-{kind}-ubyte.gz").write_bytes(gzip.compress(header + array.tobytes()))
    call(monkeypatch, "resnet", "--data", folder, "--epochs", 1, "--out", tmp_path / "out")
    assert "50 samples to learn from, 30 to test on" in capsys.readouterr().out
