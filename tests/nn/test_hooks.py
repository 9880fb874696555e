"""Hooks before, after and behind a module's forward."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinyconv as tc
from tinyconv import nn


def test_forward_hooks_see_and_replace() -> None:
    layer, seen = nn.ReLU(), []
    layer.register_forward_hook(lambda m, args, y: seen.append((m, args, y)))
    x = tc.tensor([-1.0, 2.0])
    y = layer(x)
    assert seen[0][0] is layer
    assert seen[0][1] == (x,)
    assert seen[0][2] is y
    layer.register_forward_hook(lambda m, args, y: y * 10.0)
    layer.register_forward_hook(lambda m, args, y: y + 1.0)
    assert layer(x).tolist() == [1.0, 21.0]


def test_pre_hooks_replace_one_argument_or_all() -> None:
    class Add(nn.Module):
        def forward(self, a: tc.Tensor, b: Any = 0.0) -> tc.Tensor:
            return a + b

    layer = Add()
    one = layer.register_forward_pre_hook(lambda m, args: args[0] * 2.0)
    assert layer(tc.tensor([1.0])).tolist() == [2.0]
    one.remove()
    layer.register_forward_pre_hook(lambda m, args: (args[0], 5.0))
    assert layer(tc.tensor([1.0])).tolist() == [6.0]


def test_removed_hooks_are_silent_and_removing_twice_is_fine() -> None:
    layer, calls = nn.ReLU(), []
    handles = [
        layer.register_forward_pre_hook(lambda *a: calls.append("pre")),
        layer.register_forward_hook(lambda *a: calls.append("post")),
        layer.register_full_backward_hook(lambda *a: calls.append("back")),
    ]
    x = tc.ones(1).requires_grad_()
    layer(x).sum().backward()
    assert calls == ["pre", "post", "back"]
    for handle in handles:
        handle.remove()
        handle.remove()
    layer(x).sum().backward()
    assert len(calls) == 3


def test_a_hook_may_remove_itself() -> None:
    layer, calls = nn.ReLU(), []

    def once(*args: Any) -> None:
        calls.append(1)
        handle.remove()

    handle = layer.register_forward_hook(once)
    layer(tc.ones(1))
    layer(tc.ones(1))
    assert calls == [1]


def test_backward_hook_gets_both_sides() -> None:
    layer, seen = nn.Linear(2, 1, bias=False), []
    layer.weight.array = np.array([[3.0, 4.0]], np.float32)
    layer.register_full_backward_hook(lambda m, gi, go: seen.append((m, gi, go)))
    x = tc.ones(1, 2).requires_grad_()
    (layer(x) * 10.0).sum().backward()
    ((module, grad_input, grad_output),) = seen
    assert module is layer
    assert len(grad_input) == len(grad_output) == 1
    assert grad_input[0].tolist() == [[30.0, 40.0]]
    assert grad_output[0].tolist() == [[10.0]]
    assert x.grad.tolist() == [[30.0, 40.0]]


class Mix(nn.Module):
    def forward(self, a: tc.Tensor, b: tc.Tensor, c: tc.Tensor, factor: float = 1.0) -> tc.Tensor:
        return (a * b + c) * factor


def test_backward_hook_gets_the_gradient_of_every_input_that_wants_one() -> None:
    layer, seen = Mix(), []
    layer.register_full_backward_hook(lambda m, gi, go: seen.append(gi))
    a, b, c = tc.tensor([2.0]).requires_grad_(), tc.tensor([3.0]), tc.tensor([4.0]).requires_grad_()
    layer(a, b, c, factor=2.0).sum().backward()
    assert [None if g is None else g.tolist() for g in seen[0]] == [[6.0], None, [2.0]]
    assert (a.grad.item(), b.grad, c.grad.item()) == (6.0, None, 2.0)


def test_backward_hook_replaces_gradients() -> None:
    layer = Mix()
    layer.register_full_backward_hook(lambda m, gi, go: tuple(g * 100.0 for g in gi))
    layer.register_full_backward_hook(lambda m, gi, go: (gi[0] + 1.0, None, gi[2]))
    a, b, c = (tc.tensor([v]).requires_grad_() for v in (2.0, 3.0, 4.0))
    layer(a, b, c).sum().backward()
    assert (a.grad.item(), b.grad, c.grad.item()) == (301.0, None, 100.0)


def test_backward_hook_that_returns_the_wrong_number_of_gradients() -> None:
    layer = Mix()
    layer.register_full_backward_hook(lambda m, gi, go: gi[:1])
    a = tc.ones(1).requires_grad_()
    with pytest.raises(RuntimeError, match="invalid number of grad_input, got 1, but expected 3"):
        layer(a, a, a).sum().backward()


def test_backward_hook_without_an_input_that_wants_a_gradient() -> None:
    layer, seen = nn.Linear(2, 1), []
    layer.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go[0].tolist())))
    layer(tc.ones(1, 2)).sum().backward()
    assert seen == [((None,), [[1.0]])]
    assert layer.weight.grad.tolist() == [[1.0, 1.0]]


def test_backward_hook_sees_each_call_by_itself() -> None:
    layer, seen = nn.Linear(1, 1, bias=False), []
    layer.weight.array = np.array([[2.0]], np.float32)
    layer.register_full_backward_hook(lambda m, gi, go: seen.append((gi[0].item(), go[0].item())))
    x = tc.ones(1, 1).requires_grad_()
    layer(layer(x)).sum().backward()
    assert seen == [(2.0, 1.0), (4.0, 2.0)]
    assert x.grad.item() == 4.0


def test_backward_hook_sees_the_gradient_of_its_call_alone() -> None:
    """The input is used elsewhere too: that share must not be in grad_input."""
    layer, seen = nn.ReLU(), []
    layer.register_full_backward_hook(lambda m, gi, go: seen.append(gi[0].item()))
    x = tc.ones(1).requires_grad_()
    (layer(x) + x * 5.0).sum().backward()
    assert seen == [1.0]
    assert x.grad.item() == 6.0


def test_backward_hook_is_no_burden_without_gradients() -> None:
    layer, seen = nn.ReLU(), []
    layer.register_full_backward_hook(lambda *a: seen.append(1))
    x = tc.ones(1).requires_grad_()
    with tc.no_grad():
        assert layer(x).tolist() == [1.0]
    assert layer(tc.ones(1)).tolist() == [1.0]
    assert seen == []


def test_backward_hooks_under_double_backward() -> None:
    layer, seen = nn.Tanh(), []
    layer.register_full_backward_hook(lambda m, gi, go: seen.append(gi[0].item()))
    x = tc.tensor([0.5], dtype="float64").requires_grad_()
    (first,) = tc.grad(layer(x).sum(), x, create_graph=True)
    (second,) = tc.grad(first.sum(), x)
    tanh = np.tanh(0.5)
    np.testing.assert_allclose(first.item(), 1 - tanh**2)
    np.testing.assert_allclose(second.item(), -2 * tanh * (1 - tanh**2))
    assert seen[0] == first.item()


def test_writing_into_an_input_of_a_watched_module_is_still_noticed() -> None:
    layer = nn.Tanh()
    layer.register_full_backward_hook(lambda *a: None)
    square = Mix()
    square.register_full_backward_hook(lambda *a: None)
    x = tc.ones(2).requires_grad_()
    y = x * 1.0
    z = square(y, y, y).sum()
    with tc.no_grad():
        y += 1.0
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.backward()
