"""Start a script on several ranks, as a user does, and give what it said."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MPIEXEC = Path(sys.executable).parent / "mpiexec"  # the mpich package puts it there
WORKER = Path(__file__).with_name("worker.py")


def mpiexec(ranks: int, *command: object, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """Run ``mpiexec -n ranks python -m mpi4py command``; skip the test without MPI."""
    pytest.importorskip("mpi4py", exc_type=ImportError)
    if not MPIEXEC.exists():
        pytest.skip(f"there is no {MPIEXEC.name} beside Python: pip install mpich")
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return subprocess.run(
        [str(MPIEXEC), "-n", str(ranks), sys.executable, "-m", "mpi4py", *map(str, command)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        cwd=ROOT,
        env={**os.environ, **one_thread, "PYTHONPATH": str(ROOT)},
    )


def run_worker(ranks: int, case: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a case of worker.py."""
    return mpiexec(ranks, WORKER, case, *arguments)


def check_worker(ranks: int, case: str, *arguments: object) -> None:
    """Run a case of worker.py, and see that every rank came to its end."""
    done = run_worker(ranks, case, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(done.stdout.split()) == sorted(f"done-{rank}" for rank in range(ranks))
