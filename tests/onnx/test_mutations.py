"""A thousand damaged models, the same ones each time."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("onnx")
pytest.importorskip("resource", reason="limits of memory are set where the system has them")


def test_a_thousand_damaged_models(tmp_path):
    """Each is refused by a ValueError or gives a result, within 2 seconds of computing and 500 MB."""
    if not Path("/proc/self/statm").exists():
        pytest.skip("the memory held is read from /proc")
    root = Path(__file__).parents[2]
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.onnx.mutations", "1000", "0", str(tmp_path / "m.onnx")],
        cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert found["faults"] == []
    assert set(found["unchanged"]) == {"result"}
    assert min(found["ends"]["result"], found["ends"]["refused"]) > 200
