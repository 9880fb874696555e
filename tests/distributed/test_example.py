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
    stop += "    if (state['epoch'], state['sampler']['done']) == (1, 12): raise RuntimeError('killed')\n"
    stop += f"sys.path.insert(0, {str(SCRIPT.parent)!r})\n"
    stop += "d.save_on_main = last; runpy.run_path(sys.argv[0], run_name='__main__')"
    options = ("--epochs", 2, "--save-every", 4, "--out", tmp_path)
    killed = mpiexec(2, "-c", stop, SCRIPT, *FAST, *options)
    assert killed.returncode != 0
    assert "killed" in killed.stderr
    assert tc.load(tmp_path / "checkpoint.npz")["sampler"] == {"epoch": 2, "done": 12}
    run(2, *options, "--resume")
    assert difference(tmp_path, uninterrupted) == 0


@pytest.mark.parametrize("save_every", [1, 3])
def test_resume_is_bit_equal_wherever_ctrl_c_falls(save_every: int, tmp_path: Path) -> None:
    """Ctrl-C on one of two ranks in every step of 2 epochs of 3 steps, and while a checkpoint is written."""
    done = mpiexec(2, ROOT / "tests" / "distributed" / "interrupt_example.py", SCRIPT, tmp_path, save_every)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("stopped; saved to") == 6 + 1  # in the last step of all, the run is finished first
    whole = weights(tmp_path / "whole")
    for folder in tmp_path.iterdir():
        assert all(np.array_equal(value, whole[name]) for name, value in weights(folder).items()), folder


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--epochs", 0), "argument --epochs: '0' is not a whole number from 1 on"),
        (("--save-every", 0), "argument --save-every"),
        (("--dropout", 1), "argument --dropout"),
        (("--data", "nowhere"), "argument --data: nowhere lacks MNIST's train images"),
        (("--device", "gpu"), "argument --device: Unknown device 'gpu'"),
        (("--out", SCRIPT), "argument --out: cannot write into"),
    ],
)
def test_one_rank_refuses_in_one_line(arguments: tuple[object, ...], words: str, tmp_path: Path) -> None:
    done = run(2, "--out", tmp_path, *arguments, check=False)
    assert done.returncode != 0
    (line,) = done.stderr.splitlines()
    assert words in line


def test_a_second_run_does_not_replace_the_first(uninterrupted: Path) -> None:
    before = (uninterrupted / "checkpoint.npz").read_bytes()
    done = run(2, "--out", uninterrupted, "--seed", 1, check=False)
    assert done.returncode != 0
    (line,) = done.stderr.splitlines()
    assert "--resume goes on with that run, --overwrite replaces them, another --out keeps them" in line
    assert (uninterrupted / "checkpoint.npz").read_bytes() == before


def test_a_diverged_run_says_so_once(tmp_path: Path) -> None:
    done = run(2, "--out", tmp_path, "--lr", "1e30", check=False)
    assert done.returncode != 0
    assert done.stderr.count("training has diverged. Use a smaller --lr than 1e+30") == 1
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_other_numbers_of_ranks_learn_the_same(tmp_path: Path) -> None:
    for ranks in (1, 3):
        run(ranks, "--epochs", 1, "--dropout", 0, "--out", tmp_path / str(ranks))
    # 17 steps of Adam, which divides by the gradient's size, and so lifts rounding errors of tiny gradients
    assert difference(tmp_path / "1", tmp_path / "3") < 1e-3


def test_resume_explains_what_does_not_fit(uninterrupted: Path, tmp_path: Path) -> None:
    for arguments, ranks, words in (
        (("--out", tmp_path / "nowhere"), 2, "there is no"),
        (("--out", uninterrupted, "--seed", 1), 2, "'seed': 0"),
        (("--out", uninterrupted), 3, "random states of 2 ranks, but there are 3 now"),
    ):
        done = run(ranks, "--resume", *arguments, check=False)
        assert done.returncode != 0
        (line,) = done.stderr.splitlines()  # said by one rank
        assert words in line


def test_it_runs_without_mpiexec(tmp_path: Path) -> None:
    command = [sys.executable, SCRIPT, *FAST, "--limit", "200", "--epochs", "1", "--out", tmp_path]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "1 ranks" in done.stdout
