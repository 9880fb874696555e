"""The main example: it learns, stops on Ctrl-C, and resumes to the very same weights."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

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
