"""The main example: it learns, draws, stops on Ctrl-C, and resumes to the very same weights."""

from __future__ import annotations

import base64
import importlib
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import tinyconv as tc

SCRIPT = Path(__file__).parents[2] / "examples" / "train_mnist.py"
FAST = ("--limit", "2000", "--batch-size", "50", "--threads", "1")  # 40 steps an epoch


def run(*arguments: object, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *map(str, arguments)], capture_output=True, text=True, timeout=240, check=check
    )


def weights(folder: Path) -> dict[str, np.ndarray]:
    return {name: value.numpy() for name, value in tc.load(folder / "checkpoint.npz")["model"].items()}


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    run(*FAST, "--epochs", 2, "--out", folder)
    return folder


def test_it_learns_and_draws(uninterrupted: Path) -> None:
    history = tc.load(uninterrupted / "checkpoint.npz")["history"]
    assert len(history) == 2
    assert history[1]["loss"] < history[0]["loss"]
    assert history[1]["test_accuracy"] > 0.8
    for name in ("learning_curve", "filters", "feature_maps", "mistakes"):
        assert (uninterrupted / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_the_page_holds_the_weights_that_were_learnt(uninterrupted: Path) -> None:
    page = (uninterrupted / "draw.html").read_text("utf-8")
    data = json.loads(re.search(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)[1])
    learnt = weights(uninterrupted)
    for layer, name in zip([layer for layer in data["layers"] if "weight" in layer], ("0", "3", "6", "10")):
        held = np.frombuffer(base64.b64decode(layer["weight"]), "<f4").reshape(layer["shape"])
        assert np.array_equal(held, learnt[f"{name}.weight"])


def test_more_epochs_by_resume_are_bit_equal(uninterrupted: Path, tmp_path: Path) -> None:
    run(*FAST, "--epochs", 1, "--out", tmp_path)
    run(*FAST, "--epochs", 2, "--out", tmp_path, "--resume")
    assert_same(weights(tmp_path), weights(uninterrupted))


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT to one process")
def test_ctrl_c_saves_and_resume_is_bit_equal(uninterrupted: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), *FAST, "--epochs", "2", "--out", str(tmp_path)]
    log, deadline = tmp_path / "log", time.monotonic() + 200
    with log.open("w") as progress:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=progress, text=True)
        while "/40" not in log.read_text() and time.monotonic() < deadline:  # until it is in the first epoch
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=100)
    assert process.returncode == 0
    assert "Go on with --resume" in out
    state = tc.load(tmp_path / "checkpoint.npz")
    assert 0 < len(state["losses"]) < 40  # in the middle of an epoch
    run(*FAST, "--epochs", 2, "--out", tmp_path, "--resume")
    assert_same(weights(tmp_path), weights(uninterrupted))


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, without its pictures, which are slow."""
    monkeypatch.syspath_prepend(SCRIPT.parent)
    module = importlib.import_module("train_mnist")
    monkeypatch.setattr(module, "draw_all", lambda run: [])
    return module


@pytest.mark.parametrize("place", ["step", "predict", "save"])
def test_resume_is_bit_equal_wherever_ctrl_c_falls(
    place: str, example: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Ctrl-C in every call of a part of the run: 2 epochs of 4 steps, each with a test and a checkpoint."""
    options = ["--limit", "70", "--batch-size", "20", "--epochs", "2", "--out"]
    whole = example.main([*options, str(tmp_path / "whole")])
    original = getattr(example.Run, place)
    interrupted = 0
    for number in range(8 if place == "step" else 2):
        calls = iter(range(100))

        def interrupting(run: object, *args: object, _calls=calls, _number=number) -> object:
            if next(_calls) == _number:
                signal.raise_signal(signal.SIGINT)
            return original(run, *args)

        folder = str(tmp_path / str(number))
        with monkeypatch.context() as patch:
            patch.setattr(example.Run, place, interrupting)
            example.main([*options, folder])
        state = tc.load(Path(folder) / "checkpoint.npz")
        interrupted += state["epoch"] < 2
        resumed = example.main([*options, folder, "--resume"])
        assert resumed.history == whole.history
        assert_same(weights(tmp_path / str(number)), weights(tmp_path / "whole"))
    assert interrupted >= (7 if place == "step" else 1)  # in the last step of all, nothing is left to do


def test_a_second_ctrl_c_leaves_the_last_checkpoint(
    example: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    options = ["--limit", "70", "--batch-size", "20", "--epochs", "2", "--out"]
    example.main([*options, str(tmp_path / "whole")])
    original = example.Run.step

    def interrupting(run, *args):
        if (run.epoch, len(run.losses)) == (1, 2):
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
        return original(run, *args)

    with monkeypatch.context() as patch:
        patch.setattr(example.Run, "step", interrupting)
        with pytest.raises(KeyboardInterrupt):
            example.main([*options, str(tmp_path)])
    example.main([*options, str(tmp_path), "--resume"])
    assert_same(weights(tmp_path), weights(tmp_path / "whole"))


def test_a_diverged_run_leaves_the_last_checkpoint(
    example: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    options = ["--limit", "70", "--batch-size", "20", "--epochs", "2", "--out", str(tmp_path)]
    finish = example.Run.finish_epoch

    def spoil(run):
        finish(run)
        run.model[0].weight.array[:] = np.nan

    monkeypatch.setattr(example.Run, "finish_epoch", spoil)
    with pytest.raises(SystemExit, match="the loss of step 1 in epoch 2 is nan: training has diverged"):
        example.main(options)
    assert tc.load(tmp_path / "checkpoint.npz")["epoch"] == 1
    assert all(np.isfinite(w).all() for w in weights(tmp_path).values())


@pytest.mark.parametrize("content", [b"PK no zip", b"", "foreign", "other script"])
def test_a_foreign_file_is_not_resumed(content: bytes | str, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.npz"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        config = {"dropout": 0.3} if content == "other script" else {}
        tc.save({"config": config, "model": {}} if content == "other script" else {"weight": tc.ones(2)}, path)
    done = run(*FAST, "--resume", "--out", tmp_path, check=False)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"--resume: cannot go on from {path}")
    assert "--overwrite" in line


def test_resume_explains_what_does_not_fit(uninterrupted: Path, tmp_path: Path) -> None:
    nothing = run("--resume", "--out", tmp_path, check=False)
    assert nothing.returncode != 0
    assert "there is no" in nothing.stderr
    other = run(*FAST, "--resume", "--out", uninterrupted, "--seed", 1, check=False)
    assert other.returncode != 0
    assert "'seed': 0" in other.stderr


def assert_same(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> None:
    assert a.keys() == b.keys()
    for name in a:
        assert np.array_equal(a[name], b[name]), name
