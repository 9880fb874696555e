"""Chainer's rule: data and gradients are arrays, for Variables and for the parameters of links; and its limits."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import tinyconv as tc
import tinyconv.chainer as chainer
import tinyconv.chainer.functions as F
import tinyconv.chainer.links as L
from tinyconv import nn
from tinyconv.chainer.variable import Parameter, UninitializedParameter

ONES = np.ones((2, 3), np.float32)


def variable(*values: float) -> chainer.Variable:
    return chainer.Variable(np.array(values, np.float32))


def is_array(value: object, expected: object) -> bool:
    return type(value) is np.ndarray and np.array_equal(value, expected)


# --- Variables ----------------------------------------------------------------------------------------


def test_chainers_own_introduction() -> None:
    x = variable(5)
    y = x**2 - 2 * x + 1
    assert is_array(y.data, [16])
    y.backward()
    assert is_array(x.grad, [8])
    assert is_array(y.grad, [1])
    x = chainer.Variable(np.arange(1, 7, dtype=np.float32).reshape(2, 3))
    y = x**2 - 2 * x + 1
    with pytest.raises(RuntimeError, match="scalar"):
        y.backward()
    y.grad = ONES
    y.backward()
    assert is_array(x.grad, [[0, 2, 4], [6, 8, 10]])


def test_backward_starts_from_the_gradient_that_was_set() -> None:
    x = variable(1, 2)
    y = x * x
    y.grad = np.array([1, 10])  # of another dtype
    y.backward(retain_graph=True)
    assert is_array(x.grad, [2, 40])
    assert y.grad.dtype == np.float32
    y.backward(np.array([100.0, 0]), retain_graph=True)
    assert is_array(x.grad, [202, 40])
    assert is_array(y.grad, [100, 0])
    y.retain_grad()
    y.backward()
    assert is_array(y.grad, [100, 0])
    scalar = (x * x).sum()
    scalar.grad = np.float32(3)
    x.cleargrad()
    scalar.backward()
    assert is_array(x.grad, [6, 12])


def test_a_gradient_is_an_array_to_read_set_change_and_clear() -> None:
    x = variable(1, 2)
    assert x.grad is None
    assert x.grad_var is None
    x.grad = np.array([5, 6], np.float32)
    (x * 2).sum().backward()
    assert is_array(x.grad, [7, 8])
    x.grad *= 10
    x.grad[0] = 1
    assert is_array(x.grad, [1, 80])
    assert is_array(x.grad_var.data, [1, 80])
    x.grad_var = variable(3, 4)
    assert is_array(x.grad, [3, 4])
    with pytest.raises(ValueError, match=r"\(2,\) to an array of shape \(3,\)"):
        x.grad = np.zeros(3, np.float32)
    x.cleargrad()
    assert x.grad is None
    x.grad = None
    assert x.grad is None


def test_an_inner_gradient_is_kept_if_it_is_asked_for() -> None:
    x = variable(1, 2)
    h = x * 3
    k = h * h
    h.retain_grad()
    k.sum().backward()
    assert is_array(h.grad, [6, 12])
    assert k.grad is None


def test_data_is_an_array_to_read_and_set() -> None:
    x = variable(1, 2)
    assert x.data is x.array
    x.data = np.array([3.0, 4.0])
    assert is_array(x.array, [3, 4])
    x.data += 1
    assert is_array(x.array, [4, 5])
    with pytest.raises(ValueError, match="shape"):
        x.data = np.zeros(3)


def test_gradients_of_gradients() -> None:
    x = variable(2)
    (x**3).backward(create_graph=True)
    slope = x.grad_var
    x.cleargrad()
    assert isinstance(slope, chainer.Variable)
    slope.backward()
    assert is_array(x.grad, [12])


def test_operators_and_methods_give_variables() -> None:
    x = chainer.Variable(ONES)
    plain, array = tc.ones(2, 3), np.ones(3, np.float32)
    results = [
        x + 1, 1 - x, x * x, x @ x.T, -x, plain * x, array * x, x > 0, x[0], x.sum(), x.reshape(-1), x.max(1).values,
        *x, *x.split(1), x.exp(), x.mT, x.clone(), x.astype(np.float64),
    ]  # fmt: skip
    for result in results:
        assert type(result) is chainer.Variable
        assert type(result.data) is np.ndarray
    assert type(plain) is tc.Tensor
    assert x.shape == (2, 3)
    assert len(x) == 2
    assert hash(x) == hash(x)


@pytest.mark.parametrize("hand_through", [F.dropout, chainer.Sequential(), chainer.as_variable])
def test_a_tensor_given_to_chainer_keeps_its_own_rule(hand_through) -> None:
    x = tc.tensor([1.0, 2.0], requires_grad=True)
    with chainer.using_config("train", False):
        y = hand_through(x)
    assert type(y) is chainer.Variable
    assert type(x) is type(x.data) is tc.Tensor
    (y * 3).sum().backward()
    assert type(x.grad) is tc.Tensor
    assert x.grad.tolist() == [3, 3]


# --- parameters of links ------------------------------------------------------------------------------


def test_a_links_parameters_keep_the_rule_too() -> None:
    link = L.Linear(3, 2)
    link.W.data = np.arange(6, dtype=np.float32).reshape(2, 3)
    F.sum(link(ONES)).backward()
    assert is_array(link.W.data, [[0, 1, 2], [3, 4, 5]])
    assert is_array(link.W.grad, [[2, 2, 2], [2, 2, 2]])
    assert is_array(link.b.grad, [2, 2])
    assert link.W is link.weight
    assert isinstance(link.W, (chainer.Variable, nn.Parameter))
    assert type(link.W * 2) is chainer.Variable
    link.b.grad = np.array([5, 6], np.float32)
    for parameter in link.params():  # by hand, as in Chainer's books
        parameter.data -= 0.1 * parameter.grad
    np.testing.assert_allclose(link.b.data, [-0.5, -0.6])
    link.cleargrads()
    assert link.W.grad is None
    norm = L.BatchNormalization(3)
    F.sum(norm(ONES)).backward()
    assert is_array(norm.beta.grad, [2, 2, 2])
    assert type(norm.gamma.grad) is type(norm.avg_mean) is np.ndarray


def test_a_parameter_of_a_lazy_link_keeps_the_rule_before_and_after_its_first_call() -> None:
    link = L.Linear(None, 2)
    weight = link.W
    assert (weight.data, weight.array, weight.grad, weight.grad_var) == (None, None, None, None)
    assert isinstance(weight, chainer.Variable)
    twin = copy.deepcopy(link)
    assert type(twin.W) is type(pickle.loads(pickle.dumps(weight))) is UninitializedParameter
    with pytest.raises(RuntimeError, match="shape"):
        weight.data = ONES
    F.sum(link(ONES)).backward()
    assert link.W is weight
    assert type(weight) is Parameter
    assert is_array(weight.grad, [[2, 2, 2], [2, 2, 2]])


def test_a_first_call_that_fails_leaves_a_parameter_that_keeps_the_rule() -> None:
    link = L.Convolution2D(None, 2, 99)
    with pytest.raises(RuntimeError, match="Kernel size"):
        link(np.zeros((1, 3, 8, 8), np.float32))
    assert type(link.W) is UninitializedParameter
    assert link.W.data is None


def test_parameters_that_are_assigned_follow_the_rule_and_those_of_tinyconvs_layers_do_not() -> None:
    net = chainer.Chain(inner=nn.Linear(3, 2))
    net.scale = nn.Parameter(tc.ones(2))
    net.register_parameter("shift", nn.Parameter(tc.ones(2)))
    net.register_parameter("nothing", None)
    F.sum(net.inner(chainer.Variable(ONES)) * net.scale + net.shift).backward()
    assert type(net.scale.grad) is type(net.shift.grad) is np.ndarray
    assert type(net.inner.weight.grad) is tc.Tensor


def twins() -> tuple[chainer.Link, nn.Module]:
    link, layer = L.Linear(3, 2), nn.Linear(3, 2)
    layer.load_state_dict(link.state_dict())
    F.sum(link(ONES) * link(ONES)).backward()
    y = layer(tc.from_numpy(ONES))
    (y * y).sum().backward()
    return link, layer


@pytest.mark.parametrize("make", [tc.optim.SGD, tc.optim.Adam, tc.optim.RMSprop])
def test_an_optimiser_sees_tensors(make: type) -> None:
    link, layer = twins()
    for module in (link, layer):
        tc.nn.utils.clip_grad_norm_(module.parameters(), 0.5)
        optimizer = make(module.parameters(), lr=0.1)
        optimizer.step()
        optimizer.zero_grad(set_to_none=False)
    for ours, theirs in zip(link.params(), layer.parameters()):
        np.testing.assert_allclose(ours.data, theirs.array, rtol=1e-6)
        assert is_array(ours.grad, np.zeros(ours.shape))


def test_a_module_moves_clears_and_copies_the_gradients() -> None:
    link, layer = twins()
    link.double()
    assert link.W.grad.dtype == link.W.data.dtype == np.float64
    np.testing.assert_allclose(link.W.grad, layer.weight.grad.array, rtol=1e-6)
    copied = copy.deepcopy(link)
    assert type(copied.W) is Parameter
    assert is_array(copied.W.grad, link.W.grad)
    assert copied.W.grad is not link.W.grad
    link.zero_grad(set_to_none=False)
    assert is_array(link.W.grad, np.zeros((2, 3)))
    assert {type(value) for value in link.state_dict().values()} == {tc.Tensor}
    assert type(pickle.loads(pickle.dumps(link)).W) is Parameter


def test_a_gradient_is_no_number_of_cells():
    x = variable(1, 1)
    with pytest.raises(ValueError, match="shape"):
        x.grad = 2
