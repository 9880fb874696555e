from __future__ import annotations

import pathlib

import pytest

from tests.strict_device.lint import device_files, lint

PACKAGE = pathlib.Path(__file__).parents[2] / "tinyconv"
DEVICE_CODE = [PACKAGE / folder for folder in ("ops", "kernels", "nn", "optim")]

BAD_LINES = {
    "y = xp.errstate(all='ignore')": "xp.errstate is not in CuPy",
    "y = xp.linalg.multi_dot([x, x])": "xp.linalg.multi_dot is not in CuPy",
    "y = device.xp.unstack(x)": "xp.unstack is not in CuPy",
    "y = get_array_module(x).unstack(x)": "xp.unstack is not in CuPy",
    "f = xp.vecdot": "xp.vecdot is not in CuPy",
    "y = xp.random.permutation(3)": "xp.random.permutation is not in CuPy",
    "y = xp.exp(x, where=x > 0)": "xp.exp: CuPy takes no where",
    "y = xp.sum(x, axis=0, initial=0)": "xp.sum: CuPy takes no initial",
    "y = xp.einsum('ij->i', x, out=y)": "xp.einsum: CuPy takes no out",
    "y = xp.lib.stride_tricks.as_strided(x, s, t, writeable=False)": "takes no writeable",
    "y = xp.maximum.reduce(x)": "xp.maximum.reduce is not supported",
    "xp.multiply.at(x, i, 2)": "xp.multiply.at is not supported",
    "y = np.zeros(3)": "np.zeros() in device code",
    "y = numpy.zeros(3) + numpy.zeros(3)": "numpy.zeros() in device code",
    "y = np.linalg.norm(x)": "np.linalg.norm() in device code",
    "y = np.zeros(3)  # host:": "np.zeros() in device code",
}

GOOD_LINES = [
    "y = xp.sum(x, axis=0, keepdims=True)",
    "xp.add(x, y, out=x)",
    "xp.add.at(x, i, y)",
    "y = xp.add.reduce(x)",
    "y = xp.lib.stride_tricks.as_strided(x, shape, strides)",
    "y = xp.zeros(3, dtype=xp.float32)",
    "y = xp.random.default_rng(0).random(3)",
    "assert type(x) is xp.ndarray",
    "d = np.dtype('f4')",
    "ok = isinstance(x, np.ndarray)",
    "y = np.zeros(3)  # host: a table of sizes",
]


@pytest.fixture
def findings_in(tmp_path):
    def check(line, file_name="code.py"):
        (tmp_path / file_name).write_text(line + "\n", encoding="utf-8")
        return [finding.message for finding in lint([tmp_path])]

    return check


@pytest.mark.parametrize("line", BAD_LINES)
def test_finds_what_cupy_lacks(findings_in, line):
    (message,) = findings_in(line)
    assert BAD_LINES[line] in message


@pytest.mark.parametrize("line", GOOD_LINES)
def test_accepts_what_cupy_has(findings_in, line):
    assert findings_in(line) == []


def test_cpu_files_are_host_code(findings_in):
    assert findings_in("y = np.zeros(3)", "conv_cpu.py") == []


def test_device_code_uses_what_cupy_has():
    assert device_files(DEVICE_CODE), "no device code found: were the folders renamed?"
    findings = lint(DEVICE_CODE)
    assert not findings, "\n" + "\n".join(map(str, findings))
