"""Scripts in PyTorch's words: tinyconv stands in its place, and what they print is what PyTorch prints."""

from __future__ import annotations

import contextlib
import io
import json
import re
import runpy
import sys
import warnings
from pathlib import Path

import pytest

import tinyconv as tc
from tests.scripts.record import HERE, SCRIPTS

PRINTED = json.loads((HERE / "recorded.json").read_text())


def run(path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a script prints where ``torch`` is tinyconv."""
    for name in [name for name in sys.modules if name.partition(".")[0] in ("torch", "torchvision")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", tc)
    monkeypatch.syspath_prepend(path.parent)  # as where a script is run, for what some of them share
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            runpy.run_path(str(path), run_name="__main__")
    finally:
        for name in [name for name in sys.modules if name.startswith("torch.") or name == "telling"]:
            del sys.modules[name]
    return printed.getvalue().splitlines()


@pytest.mark.parametrize("name", SCRIPTS)
def test_prints_what_pytorch_prints(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        re.sub(r"torch\.(Size|(?=(u?int|float|bool)\d*\b))", "", line) for line in PRINTED[name]
    ]  # a dtype is NumPy's
    told = [
        line.replace("tinyconv.return_types", "torch.return_types") for line in run(HERE / f"{name}.py", monkeypatch)
    ]
    assert len(told) == len(lines)
    for own, theirs in zip(told, lines):
        assert same(own, theirs), f"{own!r} for {theirs!r}"


def same(own: str, theirs: str) -> bool:
    """Word by word, numbers to what they show: sums in another order may round the last digit otherwise."""
    a, b = own.replace("(", " ").replace(")", " ").split(), theirs.replace("(", " ").replace(")", " ").split()
    return len(a) == len(b) and all(x == y or _close(x, y) for x, y in zip(a, b))


def _close(x: str, y: str) -> bool:
    try:
        return abs(float(x) - float(y)) <= 1.5 * 10.0 ** -len(y.rpartition(".")[2])
    except ValueError:
        return False
