"""A suite that leaves out the strict device, or the GPU that the environment promises, must not pass."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]

SUITE = """
import hypothesis
from hypothesis import strategies
import pytest

def test_on_each_device(device):
    pass

@hypothesis.given(strategies.integers())
def test_property(device, number):
    pass

def test_stays_on_the_device(device, on_device):
    x = device.xp.ones((2,), dtype="f4")
    with on_device():
        total = x.sum()
    if device.type == "strict":
        with pytest.raises(RuntimeError, match="d2h copy"), on_device():
            float(total)
"""

WITHOUT_STRICT = """
@pytest.fixture(params=["cpu"])
def device(request):
    request.node.user_properties.append(("device", request.param))
"""


@pytest.fixture
def run_suite(tmp_path):
    """Give a function that runs SUITE under the repository's conftest, plus some lines of its own."""

    def run(*options, conftest="", **environment):
        if "-n" in options:
            pytest.importorskip("xdist")
        header = "import pytest\nfrom tests.conftest import *\n"
        (tmp_path / "conftest.py").write_text(header + conftest, encoding="utf-8")
        (tmp_path / "test_suite.py").write_text(SUITE, encoding="utf-8")
        (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options],
            cwd=tmp_path,
            env=inherited | {"PYTHONPATH": path} | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_strict_tests_are_counted(run_suite, options):
    result = run_suite(*options)
    assert result.returncode == 0, result.stdout
    assert "3 on cpu, 3 on strict" in result.stdout


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_a_suite_without_strict_tests_fails(run_suite, options):
    result = run_suite(*options, "--deselect", "test_suite.py::test_stays_on_the_device", conftest=WITHOUT_STRICT)
    assert "No test ran on the strict device" in result.stdout
    assert result.returncode == pytest.ExitCode.TESTS_FAILED


def test_a_selection_may_leave_out_the_strict_device(run_suite):
    assert run_suite("-k", "cpu").returncode == 0


def test_a_promised_gpu_must_be_there(run_suite):
    result = run_suite("-k", "cuda and each", TINYCONV_REQUIRE_GPU="1", CUDA_VISIBLE_DEVICES="")
    assert "TINYCONV_REQUIRE_GPU=1, but" in result.stdout
    assert result.returncode == pytest.ExitCode.TESTS_FAILED
