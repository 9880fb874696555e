"""A name of PyTorch's that is not here says so, and why."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

import tinyconv as tc
from tests.names.rooms import found
from tinyconv.absent import reason, recorded, substitute


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: tc.nn.LSTM, "nn.LSTM is PyTorch's, and not in tinyconv: recurrent layers"),
        (lambda: tc.nn.TransformerEncoder, "attention"),
        (lambda: tc.linalg.svd, "linalg.svd is PyTorch's.*norm and matmul"),
        (lambda: tc.inverse, "inverse is PyTorch's.*norm and matmul"),
        (lambda: tc.complex64, "its numbers are real"),
        (lambda: tc.optim.LBFGS, "; use optim.SGD"),
        (lambda: tc.nn.functional.scaled_dot_product_attention, "matmul and softmax"),
        (lambda: tc.instance_norm, "; use nn.functional.instance_norm$"),
        (lambda: tc.nn.init.xavier_normal, "; use nn.init.xavier_normal_$"),
        (lambda: tc.cuda.Stream, "CuPy"),
        (lambda: tc.nn.utils.spectral_norm, "multilayer perceptrons"),
        (lambda: tc.autograd.profiler, "^autograd.profiler is PyTorch's"),
        (lambda: tc.nn.Convv2d, "^module 'tinyconv.nn' has no attribute 'Convv2d'$"),
    ],
)
def test_what_is_told(ask, words: str) -> None:
    with pytest.raises(AttributeError, match=words) as caught:
        ask()
    assert hasattr(caught.value, "refusal")


def test_asking_whether_is_no_error() -> None:
    assert not hasattr(tc, "inverse")
    assert not hasattr(tc.linalg, "svd")
    assert getattr(tc.nn, "LSTM", None) is None


@pytest.mark.parametrize("room", recorded())
def test_each_absent_name_has_a_reason(room: str) -> None:
    if room.startswith("vision"):
        pytest.importorskip("PIL")
    absent = [name for name in recorded()[room] if not hasattr(found(tc, room), name)]
    with tc.use_language("en"):
        assert all(reason(room, name).startswith((": ", "; use ")) for name in absent)


@pytest.mark.parametrize("room", recorded())
def test_what_is_to_be_used_instead_is_here(room: str) -> None:
    for name in recorded()[room]:
        instead = substitute(room, name)
        if instead is not None and re.fullmatch(r"(vision|nn|Tensor|optim|torch)?[.\w]*", instead):
            place, _, last = instead.removeprefix("tinyconv.").rpartition(".")
            assert instead in ("vision.models", "cProfile", "tinyconv.onnx.export") or hasattr(found(tc, place), last)


@pytest.mark.parametrize(
    ("room", "name", "instead"),
    [
        ("", "abs_", "Tensor.abs_"),
        ("Tensor", "arccosh", "arccosh"),
        ("Tensor", "greater_", "x = x.greater()"),
        ("", "cpu", None),  # a module there, a method here
        ("", "vdot", "dot"),
        ("nn", "modules", "nn"),
    ],
)
def test_another_place(room: str, name: str, instead: str | None) -> None:
    assert substitute(room, name) == instead


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("from torch.nn import Linear, LSTM", "^nn.LSTM is PyTorch's, and not in tinyconv: recurrent layers"),
        ("from torch.nn.functional import scaled_dot_product_attention", "matmul and softmax"),
        ("from torch import inverse", "^inverse is PyTorch's.*norm and matmul"),
        ("import torch.jit", "^jit is PyTorch's"),
        ("from torch.nn.init import xavier_normal", "; use nn.init.xavier_normal_$"),
        ("from tinyconv.optim import LBFGS", "; use optim.SGD"),
        ("from torch.nn import Convv2d", "cannot import name 'Convv2d'"),
        ("import torch.nonsense", "No module named"),
    ],
)
def test_what_an_import_is_told(line: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", tc)
    before = set(sys.modules)
    with pytest.raises(ImportError, match=words):
        exec(line, {})
    for name in set(sys.modules) - before:
        if name.startswith("torch."):
            monkeypatch.delitem(sys.modules, name)
    assert not hasattr(tc.nn, "LSTM")


def test_the_folder_of_layers_is_the_layers_themselves() -> None:
    program = """
import sys, tinyconv
sys.modules["torch"] = tinyconv
from torch.nn.modules.conv import Conv2d
from torch.nn.modules.module import Module
from torch.nn.modules import Linear
import torch
assert Conv2d is torch.nn.Conv2d is tinyconv.nn.modules.conv.Conv2d
assert Module is torch.nn.Module and Linear is torch.nn.Linear
try:
    from torch.nn.modules.rnn import LSTM
except ImportError:
    print("refused")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "refused\n"
