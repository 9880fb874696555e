"""tests/gpu_day.sh where there is no GPU: it says so, and exits 3."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


@pytest.mark.skipif(shutil.which("bash") is None or shutil.which("nvidia-smi") is not None, reason="no bash, or a GPU")
def test_without_a_gpu_it_says_so_and_exits_3(tmp_path: Path) -> None:
    script = Path(__file__).with_name("gpu_day.sh")
    summary = tmp_path / "summary.txt"
    done = subprocess.run(["bash", str(script), str(summary)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 3
    (line,) = done.stderr.splitlines()
    assert "there is no GPU here" in line
    assert not summary.exists()
