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

import tinyconv as tc
from tinyconv import nn
from tinyconv.backend import Device
from tinyconv.data import mnist
from tinyconv.data.idx import write_idx

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
    assert "'0' is not a whole number from 1 on" in str(end.value.code)
    assert not capsys.readouterr().err


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


# ------------------------------------------------------------------------------ wrong arguments, and ends

SCRIPTS = [*PICTURES, "train_mnist"]
WRONG = [
    ("--epochs", "0"), ("--epochs", "two"), ("--limit", "0"), ("--limit", "-5"), ("--batch-size", "0"),
    ("--threads", "0"), ("--seed", "-1"), ("--lr", "0"), ("--lr", "nan"), ("--lr", "inf"), ("--device", "gpu"),
    ("--device", "cpu:7"), ("--out", ""), ("--out", __file__), ("--out", f"{__file__}/below"),
]  # fmt: skip


def line_of(monkeypatch: pytest.MonkeyPatch, name: str, *arguments: object) -> str:
    """Give the one line with which an example ends, before it trains."""
    module = load(monkeypatch, name)
    never = pytest.fail
    monkeypatch.setattr(tc.Tensor, "backward", lambda *_: never("it trains"))
    with pytest.raises(SystemExit) as end:
        module.main(list(map(str, arguments)))
    line = end.value.code
    assert isinstance(line, str)
    assert len(line.splitlines()) == 1
    return line


@pytest.mark.parametrize("name", SCRIPTS)
def test_wrong_arguments_are_refused_in_one_line_before_training(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    extra = {
        "train_mnist": [("--data", "nowhere"), ("--decay", "-1")],
        "resnet": [("--data", "nowhere"), ("--data", __file__)],
        "saliency": [],
    }
    for option, value in [*WRONG, *extra.get(name, [("--noise", "-1"), ("--noise", "nan")])]:
        assert f"argument {option}: " in line_of(monkeypatch, name, option, value)


@pytest.mark.parametrize("name", ["train_mnist", "resnet"])
def test_files_that_are_not_mnist_are_refused_in_one_line(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for split in ("train", "t10k"):
        write_idx(np.zeros((0, 28, 28), np.uint8), tmp_path / f"{split}-images-idx3-ubyte")
        write_idx(np.zeros(0, np.uint8), tmp_path / f"{split}-labels-idx1-ubyte")
    arguments = ("--data", tmp_path, "--out", tmp_path / "out")
    assert "the file holds no images" in line_of(monkeypatch, name, *arguments)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(b"<html>")
    assert "argument --data: " in line_of(monkeypatch, name, *arguments)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_second_run_does_not_replace_the_first(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pictures = load(monkeypatch, name).PICTURES
    if name in PICTURES:
        assert {Path(picture).stem for picture in pictures} == PICTURES[name]  # all that it draws
    for file in (*pictures, "checkpoint.npz")[: None if name == "train_mnist" else -1]:
        (tmp_path / file).write_bytes(b"earlier")
        line = line_of(monkeypatch, name, "--out", tmp_path)
        assert f"{tmp_path} holds {file} of an earlier run" in line
        assert "--overwrite replaces" in line
        assert ("--resume goes on" in line) == (name == "train_mnist")
        assert (tmp_path / file).read_bytes() == b"earlier"
        (tmp_path / file).unlink()


def test_overwrite_replaces_and_does_not_go_with_resume(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for picture in PICTURES["denoise"]:
        (tmp_path / f"{picture}.png").write_bytes(b"earlier")
    call(monkeypatch, "denoise", "--limit", 10, "--epochs", 1, "--out", tmp_path, "--overwrite")
    assert_pictures("denoise", tmp_path)
    assert "choose one" in line_of(monkeypatch, "train_mnist", "--overwrite", "--resume", "--out", tmp_path)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_diverged_run_ends_with_one_line(name: str, tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLES / f"{name}.py"), "--threads", "1", "--lr", "1e30", "--limit", "50"]
    done = subprocess.run(
        [*command, "--batch-size", "10", "--out", str(tmp_path)], capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 1
    *bars, line = done.stderr.replace("\r", "\n").splitlines()
    assert re.search(r"is (nan|inf): training has diverged. Use a smaller --lr than 1e\+30$", line)
    assert all(not bar or bar.startswith("epoch ") for bar in bars), bars
    assert not list(tmp_path.iterdir())


def test_weights_that_the_last_step_spoils_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    common = load(monkeypatch, "common")
    model = nn.Linear(2, 2)
    model.weight.array[:] = np.nan
    dataset = common.to_dataset(np.ones((3, 2), np.float32), np.zeros(3), "cpu")
    assert np.isnan(common.accuracy(model, dataset))


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT to one process")
@pytest.mark.parametrize("script", [*SCRIPTS, "train_mnist_mpi", "mpi_scaling", "tutorials/two_minutes"])
@pytest.mark.parametrize("place", ["numpy import", "work"])
def test_ctrl_c_ends_with_one_line(script: str, place: str, tmp_path: Path) -> None:
    """At the end of importing NumPy, and as soon as tinyconv is imported."""
    if place == "numpy import" and script.startswith("tutorials"):
        pytest.skip("a tutorial imports NumPy first, as its readers would")
    program = (
        "import builtins, runpy, signal, sys\n"
        "script, module = sys.argv.pop(1), sys.argv.pop(1)\n"
        "original = builtins.__import__\n"
        "def interrupting(name, *rest):\n"
        "    found = original(name, *rest)\n"
        "    if name == module:\n"
        "        builtins.__import__ = original\n"
        "        signal.raise_signal(signal.SIGINT)\n"
        "    return found\n"
        "builtins.__import__ = interrupting\n"
        "sys.path.insert(0, script.rpartition('/')[0])\n"
        "runpy.run_path(script, run_name='__main__')\n"
    )
    module = "numpy" if place == "numpy import" else "tinyconv"
    done = subprocess.run(
        [sys.executable, "-c", program, str(EXAMPLES / f"{script}.py"), module],
        capture_output=True, text=True, timeout=60, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode != 0
    assert done.stderr.split("\n") == ["", "stopped by Ctrl-C", ""]


@pytest.mark.parametrize("arguments", [("--ranks", "0"), ("--batch", "1"), ("--rounds", "0"), ("--passes", "-1")])
def test_the_scaling_measurement_refuses_in_one_line(
    arguments: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert f"argument {arguments[0]}: " in line_of(monkeypatch, "mpi_scaling", *arguments)


def test_tutorials_refuse_in_one_line(tmp_path: Path) -> None:
    for arguments in (["--out", __file__], ["--nothing"]):
        command = [sys.executable, str(EXAMPLES / "tutorials" / "two_minutes.py"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 1
        (line,) = done.stderr.splitlines()
        assert arguments[0] in line
