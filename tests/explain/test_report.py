"""The report names the right mistake: for the bugs of the zoo, for more that are made here, and none without one."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinyconv as tc
from tests.bug_zoo.bugs import BUGS
from tinyconv import nn
from tinyconv.errors.texts import PHRASES
from tinyconv.explain.report import GradcheckReport, gradcheck_report

F = nn.functional


def leaf(*shape: int, seed: int = 0, dtype: type = np.float64) -> tc.Tensor:
    return tc.as_tensor(np.random.default_rng(seed).standard_normal(shape).astype(dtype)).requires_grad_()


def operation(forward: Callable[..., Any], vjp: Callable[..., Any]) -> Callable[..., tc.Tensor]:
    """An operation with a backward of its own: ``vjp(grad, *inputs)`` gives the inputs' gradients."""

    class Mistaken(tc.autograd.Operation):
        def forward(self, *arrays: np.ndarray) -> np.ndarray:
            self.keep(inputs=tuple(map(tc.as_tensor, arrays)))
            return np.asarray(forward(*arrays))

        def vjp(self, grad: tc.Tensor, inputs: tuple[tc.Tensor, ...]) -> Any:
            return vjp(grad, *inputs)

    return Mistaken.apply


def zeros_with(shape: tuple[int, ...], places: Any, values: np.ndarray) -> np.ndarray:
    out = np.zeros(shape)
    out[places] = values  # the bug: repeated places count once
    return out


# --- the zoo ------------------------------------------------------------------------------------------

# bug of the zoo -> a computation that meets it, and the cause that the report must name first
ZOO: dict[str, tuple[Callable[..., Any], list[tc.Tensor], str]] = {
    "col2im assigns where it must add": (
        lambda x: F.unfold(x, 2), [leaf(1, 1, 3, 4)], "missing accumulation",
    ),
    "kernel flipped in the input gradient": (
        lambda x, w: F.conv2d(x, w, stride=2), [leaf(1, 1, 4, 5), leaf(2, 1, 2, 3, seed=1)], "flipped kernel",
    ),
    "dilation ignored in the input gradient": (
        lambda x, w: F.conv2d(x, w, dilation=2), [leaf(1, 1, 6, 5), leaf(1, 1, 3, 2, seed=1)],
        "backward's window at the wrong places",
    ),
    "bias gradient summed over the wrong axes": (
        F.conv2d, [leaf(2, 1, 3, 3), leaf(2, 1, 2, 2, seed=1), leaf(2, seed=2)], "sum over the wrong axes",
    ),
    "broadcasting not undone": (
        lambda a, b: a * b, [leaf(2, 3), leaf(3, seed=1)], "missing sum over a broadcast axis",
    ),
    "broadcast gradient picked, not summed": (
        lambda a, b: a * b + b, [leaf(4, 3), leaf(3, seed=1)], "wrong sum over a broadcast axis",
    ),
    "gradient of a tensor used twice overwritten": (
        lambda x: x * x.exp() + x, [leaf(3)], "missing accumulation",
    ),
    "gradient of a repeated index not added up": (
        lambda x: x[[0, 0, 2]], [leaf(3)], "missing accumulation",
    ),
    "batch norm's backward without the mean": (
        lambda x: F.batch_norm(x, training=True), [leaf(5, 2)], "missing term through a mean or sum",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ZOO)
def test_a_bug_of_the_zoo_is_called_by_its_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    func, inputs, cause = ZOO[name]
    bug = next(bug for bug in BUGS if bug.name == name)
    assert gradcheck_report(func, inputs).ok
    with monkeypatch.context() as patch:
        bug.inject(patch)
        report = gradcheck_report(func, inputs)
    assert not report.ok
    assert report.causes[0].name == cause, report
    assert cause in str(report)
    assert gradcheck_report(func, inputs).ok


def test_every_bug_of_the_zoo_that_gradcheck_can_see_is_among_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug that spoils the gradient of one of the computations above must have its own entry above."""
    for bug in BUGS:
        spoilt = []
        with monkeypatch.context() as patch:
            bug.inject(patch)
            for name, (func, inputs, _) in ZOO.items():
                # an error in forward itself is not a wrong gradient
                with contextlib.suppress(RuntimeError):
                    spoilt += [] if gradcheck_report(func, inputs).ok else [name]
        assert (bug.name in ZOO) == bool(spoilt), (bug.name, spoilt)
        assert (bug.name in ZOO) == (bug.name in spoilt), (bug.name, spoilt)


# --- mistakes in the gradient of one operation ---------------------------------------------------------------

square = operation(np.square, lambda g, x: g * x)
MISTAKES: dict[str, tuple[Callable[..., Any], list[tc.Tensor], str, str]] = {
    "the 2 of a square": (square, [leaf(4)], "missing factor", "factor of 2"),
    "the 1/n of a mean": (
        operation(np.mean, lambda g, x: g + 0 * x), [leaf(2, 3)], "missing factor", "factor of 0.1667",
    ),
    "one path of two detached": (lambda x: x * x.detach(), [leaf(3)], "missing factor", "used twice"),
    "a minus": (operation(np.negative, lambda g, x: g), [leaf(3)], "wrong sign", "negative"),
    "the minus of a difference": (
        operation(np.subtract, lambda g, a, b: (g, g)), [leaf(3), leaf(3, seed=1)], "wrong sign", "input 1",
    ),
    "a derivative of the inside": (
        operation(lambda x: np.sin(x**2), lambda g, x: g * (x**2).cos() * 2), [leaf(4)],
        "missing inner derivative", "multiplied by the input",
    ),
    "the other factor": (
        operation(np.multiply, lambda g, a, b: (g + 0 * a, g * a)), [leaf(3), leaf(3, seed=1)],
        "missing inner derivative", "multiplied by input 1",
    ),
    "the saved output": (
        operation(np.exp, lambda g, x: g + 0 * x), [leaf(3)], "missing inner derivative", "multiplied by output 0",
    ),
    "a matrix not transposed": (
        operation(np.matmul, lambda g, a, b: (g @ b, a.T @ g)), [leaf(3, 3), leaf(3, 3, seed=1)],
        "transposed matrix", "input 1 transposed",
    ),
    "a gradient not transposed back": (
        operation(np.transpose, lambda g, x: g), [leaf(3, 3)], "transposed matrix", "is right but transposed",
    ),
    "a kernel's own gradient flipped": (
        lambda x, w: operation(
            lambda x, w: F.conv1d(tc.as_tensor(x), tc.as_tensor(w)).array,
            lambda g, x, w: (None, tc.as_tensor(np.correlate(x.array[0, 0], g.array[0, 0])[None, None, ::-1].copy())),
        )(x, w),
        [leaf(1, 1, 6).detach(), leaf(1, 1, 3, seed=1)], "flipped kernel", "is right but turned around",
    ),
    "the mean of what was broadcast": (
        operation(np.add, lambda g, a, b: (g, g.mean(0))), [leaf(4, 3), leaf(3, seed=1)],
        "wrong sum over a broadcast axis", "1/4",
    ),
    "the last of what was broadcast": (
        operation(np.multiply, lambda g, a, b: (g * b, (g * a)[-1])), [leaf(4, 3), leaf(3, seed=1)],
        "wrong sum over a broadcast axis", "the last place",
    ),
    "the sum of what was broadcast": (
        operation(np.add, lambda g, a, b: (g, g)), [leaf(4, 3), leaf(4, 1, seed=1)],
        "missing sum over a broadcast axis", "over axes (1,)",
    ),
    "the sum over a batch of one": (
        operation(np.add, lambda g, a, b: (g, g)), [leaf(1, 3), leaf(3, seed=1)],
        "missing sum over a broadcast axis", "over axes (0,)",
    ),
    "a gradient of another shape": (
        operation(np.sum, lambda g, x: g), [leaf(3)], "backward fails", "shape ()",
    ),
    "windows that overlap, with several channels": (
        lambda x, w: operation(
            lambda x, w: F.conv1d(tc.as_tensor(x), tc.as_tensor(w)).array,
            lambda g, x, w: (assigning_input_grad(g.array, w.array, x.shape), None),
        )(x, w),
        [leaf(1, 2, 6), leaf(3, 2, 3, seed=1).detach()], "missing accumulation", "one of them alone",
    ),
    "a gradient one cell further": (
        operation(lambda x: x * 1.0, lambda g, x: tc.as_tensor(np.roll(g.array, 1, -1))), [leaf(1, 2, 5)],
        "backward's window at the wrong places", "moved by 1 along axis 2",
    ),
    "cells that get nothing": (
        operation(lambda x: x**3, lambda g, x: 3 * g * x * x * tc.as_tensor(np.arange(5) < 3)), [leaf(5)],
        "backward's window at the wrong places", "2 elements that matter get exactly 0",
    ),
    "a cut": (lambda x: tc.as_tensor(x.detach().numpy() * 2) + 0 * leaf(3), [leaf(3)], "the graph is cut", "never"),
    "a cut with zeros": (lambda x: x.detach() * 2 + 0 * x, [leaf(3)], "the graph is cut", "as zeros"),
    "a root of 0": (
        operation(lambda x: x * np.abs(x), lambda g, x: g * x * x / x.abs() * 2),
        [tc.tensor([1.0, 0.0], dtype=tc.float64, requires_grad=True)], "NaN or infinity in backward", "(1,)",
    ),
    "a jump": (
        lambda x: x + tc.sign(x), [tc.tensor([0.0, 1.0], dtype=tc.float64, requires_grad=True)],
        "the function jumps", "(0,)",
    ),
    "dropout": (lambda x: F.dropout(x, 0.5), [leaf(20)], "the function is random", "eval()"),
    "float32": (lambda x: (x * x).exp(), [leaf(4, dtype=np.float32)], "rounding of float32", "every element agrees"),
    "nonsense": (
        operation(np.tanh, lambda g, x: g * (x.abs() + 0.3).sqrt()), [leaf(6)],
        "none of the common mistakes", "smaller",
    ),
    "nonsense in one of two": (
        operation(np.multiply, lambda g, a, b: (g * b, (g + 0.3).exp())), [leaf(4), leaf(4, seed=1)],
        "none of the common mistakes", "inputs [0] are right",
    ),
}  # fmt: skip


def assigning_input_grad(g: np.ndarray, w: np.ndarray, shape: tuple[int, ...]) -> tc.Tensor:
    """The gradient of a 1-d convolution's input, where each window overwrites the one before."""
    gx = np.zeros(shape)
    for place in range(g.shape[2]):
        gx[:, :, place : place + w.shape[2]] = np.einsum("no,oik->nik", g[:, :, place], w)
    return tc.as_tensor(gx)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_called_by_its_name(name: str) -> None:
    func, inputs, cause, text = MISTAKES[name]
    report = gradcheck_report(func, inputs)
    assert not report.ok
    assert report.causes[0].name == cause, report
    assert text in str(report)
    assert len(report.causes) == 1


def test_each_cause_has_a_mistake_that_shows_it() -> None:
    """Whatever the report can say is proven above."""
    told = {name: text.en.split("\n") for name, text in PHRASES.items() if name.startswith("cause.")}
    said = {lines[0] for lines in told.values() if len(lines) > 1 and "{" not in lines[0]}
    shown = {case[2] for case in MISTAKES.values()} | {case[2] for case in ZOO.values()}
    assert said == shown - {"rounding of float32"}


# --- what is right ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "func",
    [
        lambda x, w, b: F.conv2d(x, w, b, stride=2, padding=1, dilation=2),
        lambda x, w, b: F.max_pool2d(F.conv2d(x, w, b).relu(), 2),
        lambda x, w, b: F.batch_norm(x, training=True) * w.sum(),
        lambda x, w, b: F.conv_transpose2d(x, w.permute(1, 0, 2, 3), stride=2),
    ],
)
def test_what_is_right_is_called_right(func: Callable) -> None:
    inputs = [leaf(2, 2, 5, 5), leaf(3, 2, 2, 2, seed=1), leaf(3, seed=2)]
    if not func(*inputs).requires_grad:
        pytest.skip("nothing to check")
    used = [t for t, g in zip(inputs, tc.grad(func(*inputs).sum(), inputs, allow_unused=True)) if g is not None]
    fixed = [t if any(t is u for u in used) else t.detach() for t in inputs]
    report = gradcheck_report(func, fixed)
    assert report
    assert report.causes == []
    total = sum(t.numel() for t in used)
    assert str(report) == f"gradcheck: all {total} elements of {len(used)} input{'s' * (len(used) > 1)} agree"


@given(st.integers(0, 3), st.integers(1, 4), st.integers(1, 4))
def test_agrees_with_gradcheck(which: int, rows: int, columns: int) -> None:
    func = [lambda x: (x * 2).sin(), square, lambda x: x.abs().sqrt(), lambda x: x * x.detach()][which]
    x = leaf(rows, columns)
    assert gradcheck_report(func, x).ok == tc.gradcheck(func, x, raise_exception=False)


def test_kinks_and_ties_are_told_and_accepted() -> None:
    x = tc.tensor([0.0, 1.0], dtype=tc.float64, requires_grad=True)
    report = gradcheck_report(lambda x: x.relu(), x)
    assert report.ok
    ((index, left, right),) = report.inputs[0].kinks
    assert index == (0,)
    assert sorted([abs(left), abs(right)]) == pytest.approx([0, abs(report.inputs[0].numeric[0]) * 2], abs=1e-6)
    assert "element (0,): a kink or a tie" in str(report)
    tie = tc.tensor([[[2.0, 2.0]]], dtype=tc.float64, requires_grad=True)
    report = gradcheck_report(lambda x: F.max_pool1d(x, 2), tie)
    assert report.ok
    assert [index for index, _, _ in report.inputs[0].kinks] == [(0, 0, 0), (0, 0, 1)]


def test_a_wrong_value_at_a_kink_is_wrong() -> None:
    wrong = operation(np.abs, lambda g, x: g * 5 * tc.sign(x) + 7 * g * tc.as_tensor(x.array == 0))
    report = gradcheck_report(wrong, tc.tensor([0.0, 1.0], dtype=tc.float64, requires_grad=True))
    assert report.inputs[0].wrong.tolist() == [True, True]


# --- what it shows ------------------------------------------------------------------------------------


def test_table() -> None:
    x = tc.tensor([1.0, -3.0], dtype=tc.float64, requires_grad=True)
    report = gradcheck_report(square, x)
    entry = report.inputs[0]
    np.testing.assert_allclose(entry.analytic * 2, entry.numeric, rtol=1e-6)
    assert entry.worst == [(1,), (0,)]
    head, title, columns, first, *_ = str(report).splitlines()
    assert head == "gradcheck: 2 of 2 elements are wrong"
    assert title == "input 0, shape (2,): 2 of 2 wrong"
    assert columns.split() == ["element", "value", "analytic", "numeric", "difference", "ratio"]
    cells = first.split()
    assert cells[0] == "(1,)"
    assert cells[1] == "-3"
    assert cells[-1] == "0.5"
    assert float(cells[2]) == pytest.approx(entry.analytic[1], rel=1e-5)


def test_a_long_table_is_cut_and_right_inputs_are_named() -> None:
    wrong = operation(np.multiply, lambda g, a, b: (g * b, 2 * g * a))
    report = gradcheck_report(wrong, [leaf(4, 5), leaf(4, 5, seed=1)])
    assert "input 0, shape (4, 5): right" in str(report)
    assert "input 1, shape (4, 5): 20 of 20 wrong" in str(report)
    assert "... and 12 more" in str(report)


def test_terms_add_up_to_the_numeric_gradient() -> None:
    report = gradcheck_report(lambda x: (F.unfold(x, 2), x.sum()), leaf(1, 1, 3, 3))
    entry = report.inputs[0]
    assert [t.shape for t in entry.terms] == [(1, 4, 4, 1, 1, 3, 3), (1, 1, 3, 3)]
    total = sum(t.sum(tuple(range(t.ndim - 4))) for t in entry.terms)
    np.testing.assert_allclose(total, entry.numeric, atol=1e-12)
    assert np.count_nonzero(np.abs(entry.terms[0][..., 0, 0, 1, 1]) > 1e-9) == 4  # the middle is in four windows


def test_html() -> None:
    for report in (gradcheck_report(square, leaf(3)), gradcheck_report(lambda x: x * 2, leaf(3))):
        root = ElementTree.fromstring(report._repr_html_())
        assert root.find("p/b").text == str(report).splitlines()[0]
        assert len(list(root.iter("tr"))) == (0 if report.ok else 4)
    assert isinstance(report, GradcheckReport)


def test_arguments_are_checked_and_left_alone() -> None:
    with pytest.raises(ValueError, match="requires_grad=True"):
        gradcheck_report(lambda x: x, tc.ones(2))
    with pytest.raises(ValueError, match="no Tensor of floats"):
        gradcheck_report(lambda x: x.detach().argmax(), leaf(3))
    x = leaf(3)
    before = x.array.copy()
    gradcheck_report(lambda x, n: x * n, [x, 3])
    assert np.array_equal(x.array, before)
    assert x.grad is None


def test_inputs_on_a_device(device: tc.Device) -> None:
    x = leaf(2, 3).detach().to(device).requires_grad_()
    assert gradcheck_report(lambda x: x * x, x).ok
    report = gradcheck_report(lambda x: x * x.detach(), x)
    assert report.causes[0].name == "missing factor"


def test_combinations_of_inputs() -> None:
    """Each wrong input of several is looked at on its own."""
    wrong = operation(np.multiply, lambda g, a, b: (-g * b, 3 * g * a))
    names = [cause.name for cause in gradcheck_report(wrong, [leaf(3), leaf(3, seed=1)]).causes]
    assert names == ["wrong sign", "missing factor"]
    assert all(a != b for a, b in itertools.combinations(names, 2))
