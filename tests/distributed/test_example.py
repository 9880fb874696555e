"""The MPI example: it learns, prints once, resumes to the very same weights, also in the middle of an epoch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tinyconv as tc
from tests.distributed.launch import ROOT, mpiexec

pytest.importorskip("tqdm")
SCRIPT = ROOT / "examples" / "train_mnist_mpi.py"
FAST = ("--limit", "1000", "--batch-size", "60", "--threads", "1")  # 17 steps an epoch, the last of 40 digits


def run(ranks: int, *arguments: object, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = mpiexec(ranks, SCRIPT, *FAST, *arguments)
    assert done.returncode == 0 or not check, done.stderr
    return done


def weights(folder: Path) -> dict[str, np.ndarray]:
    return {name: value.numpy() for name, value in tc.load(folder / "checkpoint.npz")["model"].items()}


def difference(a: Path, b: Path) -> float:
    return max(float(np.abs(x - y).max()) for x, y in zip(weights(a).values(), weights(b).values()))


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    done = run(2, "--epochs", 2, "--out", folder)
    assert done.stdout.count("digits to learn from, 2 ranks") == 1  # said by one rank
    assert done.stdout.count("epoch 2: mean loss") == 1
    assert done.stderr.count("epoch 2:   0%") == 1
    return folder


def test_resume_is_bit_equal(uninterrupted: Path, tmp_path: Path) -> None:
    run(2, "--epochs", 1, "--out", tmp_path)
    run(2, "--epochs", 2, "--out", tmp_path, "--resume")
    assert difference(tmp_path, uninterrupted) == 0


def test_resume_in_the_middle_of_an_epoch_is_bit_equal(uninterrupted: Path, tmp_path: Path) -> None:
    """A run of which the last checkpoint is of step 12 of the second epoch, as one that was killed leaves it."""
    stop = "import runpy, sys; sys.argv = sys.argv[1:]; import tinyconv.distributed as d; save = d.save_on_main\n"
    stop += "def last(state, path, comm):\n"
    stop += "    save(state, path, comm)\n"
    stop += "    if (state['epoch'], state['sampler']['done']) == (1, 12): raise KeyboardInterrupt('killed')\n"
    stop += "d.save_on_main = last; runpy.run_path(sys.argv[0], run_name='__main__')"
    options = ("--epochs", 2, "--save-every", 4, "--out", tmp_path)
    killed = mpiexec(2, "-c", stop, SCRIPT, *FAST, *options)
    assert killed.returncode != 0
    assert "killed" in killed.stderr
    assert tc.load(tmp_path / "checkpoint.npz")["sampler"] == {"epoch": 2, "done": 12}
    run(2, *options, "--resume")
    assert difference(tmp_path, uninterrupted) == 0


def test_other_numbers_of_ranks_learn_the_same(tmp_path: Path) -> None:
    for ranks in (1, 3):
        run(ranks, "--epochs", 1, "--dropout", 0, "--out", tmp_path / str(ranks))
    # 17 steps of Adam, which divides by the gradient's size, and so lifts rounding errors of tiny gradients
    assert difference(tmp_path / "1", tmp_path / "3") < 1e-3


def test_resume_explains_what_does_not_fit(uninterrupted: Path, tmp_path: Path) -> None:
    for arguments, ranks, words in (
        (("--out", tmp_path / "nowhere"), 2, "No such file"),
        (("--out", uninterrupted, "--seed", 1), 2, "'seed': 0"),
        (("--out", uninterrupted), 3, "random states of 2 ranks, but there are 3 now"),
    ):
        done = run(ranks, "--resume", *arguments, check=False)
        assert done.returncode != 0
        assert words in done.stderr


def test_it_runs_without_mpiexec(tmp_path: Path) -> None:
    command = [sys.executable, SCRIPT, *FAST, "--limit", "200", "--epochs", "1", "--out", tmp_path]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "1 ranks" in done.stdout
