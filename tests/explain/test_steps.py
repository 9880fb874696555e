"""Stepping through the backward pass: the same bits as backward(), in a valid order, and formulas that hold."""

from __future__ import annotations

import gc
import importlib
import math
import operator
import pkgutil
import re
import weakref
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinyconv as tc
from tinyconv import nn, ops
from tinyconv.explain.formulas import FORMULAS, IN_CHINESE, formula_of
from tinyconv.explain.steps import Step, backward_steps

F = nn.functional


def leaves(seed: int, *shapes: tuple[int, ...], dtype: type = np.float32) -> list[tc.Tensor]:
    random = np.random.default_rng(seed)
    return [tc.as_tensor(random.uniform(0.5, 2.0, shape).astype(dtype)).requires_grad_() for shape in shapes]


def classifier() -> tuple[nn.Module, Callable[[], tc.Tensor]]:
    model = nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(12, 4)
    )
    x = tc.randn(5, 1, 6, 6)
    return model, lambda: F.cross_entropy(model(x), tc.tensor([0, 1, 2, 3, 0]))


def test_a_model_gets_the_same_bits() -> None:
    model, loss = classifier()
    loss().backward()
    expected = [p.grad.numpy().copy() for p in model.parameters()]
    model.zero_grad()
    steps = list(backward_steps(loss(), model=model))
    for parameter, grad in zip(model.parameters(), expected):
        assert np.array_equal(parameter.grad.numpy(), grad)
    names = [name for name, _ in model.named_parameters()]
    assert sorted(s.formula.split(".grad")[0] for s in steps if s.op == "AccumulateGrad") == sorted(names)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 4)), min_size=1, max_size=25))
def test_random_graphs_get_the_same_bits_in_a_valid_order(picks: list[tuple[int, int, int]]) -> None:
    operations = [operator.add, operator.mul, operator.sub, tc.maximum, lambda a, b: (a * 0.3).tanh() + b]

    def build() -> tuple[list[tc.Tensor], tc.Tensor]:
        inputs = leaves(0, (2, 3), (3,), (2, 1))
        values = list(inputs)
        for a, b, op in picks:
            values.append(operations[op](values[a % len(values)], values[b % len(values)]) * 0.5)
        return inputs, values[-1].sum()

    plain, result = build()
    result.backward()
    stepped, result = build()
    steps = backward_steps(result)
    seen = list(steps)
    for a, b in zip(plain, stepped):
        assert (a.grad is None) == (b.grad is None)
        assert a.grad is None or a.grad.numpy().tobytes() == b.grad.numpy().tobytes()
    check_order(seen)
    assert steps.total == len(seen)


def check_order(steps: list[Step]) -> None:
    """Every operation comes after all that send it a gradient, and before all that it sends one to."""
    assert [s.number for s in steps] == list(range(len(steps)))
    for step in steps:
        for target in step.targets:
            if target.startswith("#"):
                number, op = target[1:].split()
                assert int(number) > step.number
                assert steps[int(number)].op == op


def test_gradients_of_every_step_and_where_they_go() -> None:
    a, b = tc.tensor([2.0, 3.0], requires_grad=True), tc.tensor([5.0, 7.0], requires_grad=True)
    steps = list(backward_steps((a * b + a).sum(), names={"a": a, "b": b}))
    assert [s.op for s in steps[:3]] == ["Sum", "Add", "Mul"]
    mul = next(s for s in steps if s.op == "Mul")
    assert [g.tolist() for g in mul.grad_out] == [[1, 1]]
    assert [g.tolist() for g in mul.grad_in] == [[5, 7], [2, 3]]
    assert mul.targets == ("a", "b")
    assert steps[0].targets[0] == "#1 Add"
    assert a.grad.tolist() == [6, 8]


def test_each_step_does_no_more_than_its_own_work() -> None:
    x = tc.tensor(2.0, requires_grad=True)
    w = tc.tensor(3.0, requires_grad=True)
    steps = backward_steps(w * x.exp())
    assert next(steps).op == "Mul"
    assert x.grad is None
    while x.grad is None:
        last = next(steps)
    assert last.op == "AccumulateGrad"
    assert last.formula == "leaf of shape ().grad += g"
    assert x.grad.item() == last.grad_out[0].item() == pytest.approx(3 * math.exp(2))


def test_gradients_accumulate_and_hooks_run() -> None:
    x = tc.tensor([1.0, 2.0], requires_grad=True)
    x.grad = tc.tensor([10.0, 10.0])
    y = x * 3
    y.register_hook(lambda g: g * 2)
    x.register_hook(lambda g: g + 1)
    steps = list(backward_steps(y.sum()))
    assert x.grad.tolist() == [17, 17]
    assert steps[1].grad_out[0].tolist() == [2, 2]  # what came in, after the hook


def test_a_gradient_to_start_from_several_outputs_and_unused_ones() -> None:
    x = tc.tensor([3.0, 1.0, 2.0], requires_grad=True)
    values = x.reshape(1, 1, 3)
    y, _ = F.max_pool1d(values, 2, stride=1, return_indices=True)
    steps = list(backward_steps(y, gradient=tc.tensor([[[1.0, 10.0]]])))
    pool = next(s for s in steps if s.op == "MaxPool")
    assert [None if g is None else g.tolist() for g in pool.grad_out] == [[[[1, 10]]], None]
    assert "none arrived" in str(pool)
    assert pool.grad_in[1] is None
    assert x.grad.tolist() == [1, 0, 10]
    with pytest.raises(RuntimeError, match=r"backward_steps: .*scalar"):
        backward_steps(x * 2)
    with pytest.raises(RuntimeError, match="does not require grad"):
        backward_steps(tc.ones(1))


def test_the_graph_is_freed_unless_it_is_retained() -> None:
    x = tc.tensor(2.0, requires_grad=True)
    y = x.exp() * x
    list(backward_steps(y, retain_graph=True))
    list(backward_steps(y))
    assert x.grad.item() == pytest.approx(2 * 3 * math.exp(2), rel=1e-6)
    with pytest.raises(RuntimeError, match="second time"):
        list(backward_steps(y))


def test_a_leaf_alone() -> None:
    x = tc.tensor(2.0, requires_grad=True)
    (step,) = backward_steps(x, names={"x": x})
    assert (step.op, step.formula, x.grad.item()) == ("AccumulateGrad", "x.grad += g", 1.0)


def test_recording_is_off_in_a_step_and_on_between_them() -> None:
    x = tc.tensor(2.0, requires_grad=True)
    for step in backward_steps(x.exp() * x):
        assert tc.is_grad_enabled()
        assert all(g is None or not g.requires_grad for g in (*step.grad_out, *step.grad_in))
    with tc.no_grad():
        y = tc.tensor(1.0)
    assert not y.requires_grad


def test_what_a_step_shows_may_be_written_to_afterwards() -> None:
    """.grad owns its memory, whatever becomes of the gradients that were shown."""
    a, b = tc.tensor([1.0], requires_grad=True), tc.tensor([1.0], requires_grad=True)
    steps = list(backward_steps((a + b).sum()))
    for step in steps:
        for grad in (*step.grad_out, *step.grad_in):
            if grad is not None and grad.array.flags.writeable:
                grad.array[...] = 99
    assert a.grad.item() == b.grad.item() == 1


def test_the_walk_holds_no_gradient_that_was_passed_on() -> None:
    x = tc.tensor([1.0, 2.0], requires_grad=True)
    steps = backward_steps(x.exp().log().exp().sum())
    gradient = weakref.ref(next(steps).grad_in[0])
    for _ in range(2):
        next(steps)
    gc.collect()
    assert gradient() is None


def test_where_the_forward_call_was() -> None:
    x = tc.tensor([1.0, 2.0], requires_grad=True)
    with tc.detect_anomaly():
        y = F.relu(x * 2)  # this line
        loss = nn.Sequential(nn.Linear(2, 1))(y).sum()
    steps = list(backward_steps(loss))
    places = {s.op: s.where for s in steps}
    assert places["ReLU"].startswith("test_steps.py:")
    assert places["ReLU"].endswith("y = F.relu(x * 2)  # this line")
    assert places["AccumulateGrad"] == ""
    assert places["ReLU"] in str(next(s for s in steps if s.op == "ReLU"))
    assert all(s.where == "" for s in backward_steps((x * 2).sum()))


def test_long_chains_need_no_recursion() -> None:
    x = tc.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(5000):
        y = y + 0.0
    assert sum(s.op == "Add" for s in backward_steps(y)) == 5000
    assert x.grad.item() == 1


def test_text() -> None:
    x = tc.tensor([1.0, -2.0], requires_grad=True)
    many = tc.arange(20).float().requires_grad_()
    steps = backward_steps((x.sum() * many).sum(), names={"x": x, "many": many})
    assert str(steps) == "step 0 of 5"
    first = next(steps)
    assert str(first) == (
        "#0 Sum:  y = sum(x over dims);  gx = g, repeated along those dims\n"
        "    in    () 1\n"
        "    out   (20,) from 1 to 1, mean 1  to #1 Mul"
    )
    list(steps)
    assert str(steps).startswith("step 5 of 5\n#0 Sum")
    assert "many.grad += g" in str(steps)
    assert "(20,) from -1 to -1, mean -1  to many" in str(steps)


def test_html_parses_and_is_escaped() -> None:
    x = tc.tensor([1.0, -2.0], requires_grad=True)
    with tc.detect_anomaly():
        y = (x * (1 < 2)).relu().sum()
    steps = backward_steps(y, names={"<x&y>": x})
    one = next(steps)
    rest = list(steps)
    for html, rows in ((one._repr_html_(), 1), (steps._repr_html_(), 1 + len(rest))):
        root = ElementTree.fromstring(f"<body>{html.replace('<br>', '<br/>')}</body>")
        assert len(list(root.iter("tr"))) == 1 + rows
    assert "&lt;x&amp;y&gt;" in steps._repr_html_()
    assert "1 &lt; 2" in steps._repr_html_()


# --- the formulas -------------------------------------------------------------------------------------


def all_operations() -> dict[str, type[tc.autograd.Operation]]:
    """Those of tinyconv.ops, without what they have in common."""
    for module in pkgutil.iter_modules(ops.__path__):
        importlib.import_module(f"tinyconv.ops.{module.name}")
    found, stack = {}, [tc.autograd.Operation]
    while stack:
        for cls in stack.pop().__subclasses__():
            stack.append(cls)
            own = cls.__module__.startswith("tinyconv.ops.") and not cls.__name__.startswith("_")
            if own and cls.forward is not tc.autograd.Operation.forward:
                found[cls.__name__] = cls
    return found


OPERATIONS = all_operations()


def test_every_operation_has_a_formula_and_no_other_name_has() -> None:
    assert set(FORMULAS) == set(OPERATIONS)


CODE = re.compile(
    r"\w+\(|- mean\)"
    r"|\b(?:g[xyabwt]|gbound|gvalue|bound|value|key|dims?|dtype|label|weights|places|indices|min|max|pi|var|eps)\b"
)


def test_every_formula_with_words_is_chinese_too() -> None:
    assert FORMULAS.keys() >= IN_CHINESE.keys()
    for name, formula in FORMULAS.items():
        with tc.use_language("zh"):
            told = formula_of(name, "")
        assert not re.search("[A-Za-z]{2,}", CODE.sub("", told)), told
        assert (told != formula) == bool(re.search("[A-Za-z]{2,}", CODE.sub("", formula))), formula
        assert told.count(";  ") == formula.count(";  ") == 1
        assert set(re.findall(r"\bg\w* =", told)) == set(re.findall(r"\bg\w* =", formula))


def test_an_operation_of_ones_own_is_shown_too() -> None:
    class Cube(tc.autograd.Operation):
        def forward(self, x: np.ndarray) -> np.ndarray:
            return x**3

        def grad_x(self, g: tc.Tensor, x: tc.Tensor) -> tc.Tensor:
            return g * 3 * x**2

    step = next(backward_steps(Cube.apply(tc.tensor(2.0, requires_grad=True))))
    assert (step.op, step.formula, step.grad_in[0].item()) == ("Cube", "see its gradient methods", 12)


def test_a_function_in_pytorchs_form_is_shown_too() -> None:
    class Cube(tc.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: tc.Tensor, power: int) -> tc.Tensor:
            ctx.save_for_backward(x)
            ctx.power = power
            return x**power

        @staticmethod
        def backward(ctx: Any, g: tc.Tensor) -> Any:
            (x,) = ctx.saved_tensors
            return g * ctx.power * x ** (ctx.power - 1), None

    step = next(backward_steps(Cube.apply(tc.tensor(2.0, requires_grad=True), 3)))
    assert (step.op, step.formula, step.grad_in[0].item()) == ("Cube", "see its backward", 12)
    assert step.grad_in[1] is None


WORDS = {
    "exp": np.exp, "log": np.log, "sin": np.sin, "cos": np.cos, "tanh": np.tanh, "sqrt": np.sqrt, "sign": np.sign,
    "floor": np.floor, "pi": np.pi, "erf": np.vectorize(math.erf), "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "sum": lambda x: x.sum(-1, keepdims=True), "mean": lambda x: x.mean(-1, keepdims=True),
}  # fmt: skip

UNARY = {
    "Abs": tc.abs, "Cos": tc.cos, "Exp": tc.exp,
    "Erf": lambda x: OPERATIONS["Erf"].apply(x), "Expm1": lambda x: OPERATIONS["Expm1"].apply(x),
    "Log": tc.log, "Log1p": lambda x: x.log1p(), "Neg": lambda x: -x, "Rsqrt": tc.rsqrt, "Sigmoid": tc.sigmoid,
    "Sign": tc.sign, "Sin": tc.sin, "Sqrt": tc.sqrt, "Softplus": F.softplus, "Tanh": tc.tanh,
    "Softmax": lambda x: F.softmax(x, -1), "LogSoftmax": lambda x: F.log_softmax(x, -1),
}  # fmt: skip


def evaluate(expression: str, **values: np.ndarray) -> np.ndarray:
    """Compute a formula of the table with NumPy."""
    code = "abs(x)" if expression == "|x|" else expression
    return np.broadcast_to(eval(code, {"__builtins__": {"abs": abs}}, {**WORDS, **values}), np.shape(values["g"]))


@pytest.mark.parametrize("name", UNARY)
def test_the_formula_of_a_function_of_one_variable_is_what_is_computed(name: str) -> None:
    (x,) = leaves(1, (2, 4), dtype=np.float64)
    y = UNARY[name](x)
    g = np.random.default_rng(2).standard_normal(y.shape)
    step = next(s for s in backward_steps(y, tc.as_tensor(g)) if s.op == name)
    value, gradient = (part.split(" = ", 1)[1] for part in step.formula.split(";  "))
    arrays = {"x": x.array, "g": g}
    np.testing.assert_allclose(evaluate(value, **arrays), y.detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(evaluate(gradient, y=y.array, **arrays), step.grad_in[0].numpy(), rtol=1e-10, atol=1e-14)


BINARY = {
    "Add": operator.add, "Sub": operator.sub, "Mul": operator.mul, "Div": operator.truediv, "Pow": operator.pow,
    "Remainder": operator.mod,
}  # fmt: skip


@pytest.mark.parametrize("name", BINARY)
def test_the_formula_of_a_function_of_two_variables_is_what_is_computed(name: str) -> None:
    a, b = leaves(3, (2, 4), (2, 4), dtype=np.float64)
    y = BINARY[name](a, b)
    g = np.random.default_rng(4).standard_normal(y.shape)
    step = next(s for s in backward_steps(y, tc.as_tensor(g)) if s.op == name)
    value, gradients = step.formula.split(";  ")
    arrays = {"a": a.array, "b": b.array, "y": y.array, "g": g}
    np.testing.assert_allclose(evaluate(value.split(" = ")[1], **arrays), y.detach().numpy(), rtol=1e-12)
    for text, grad in zip(gradients.split(", "), step.grad_in):
        np.testing.assert_allclose(evaluate(text.split(" = ")[1], **arrays), grad.numpy(), rtol=1e-10)
