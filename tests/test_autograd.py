"""The engine: graphs of every form, orders of derivatives, freeing, seeds, and tc.grad."""

from __future__ import annotations

import gc
import math
import weakref

import numpy as np
import pytest

import tinyconv as tc
from tests.ops.opcheck import draw, leaf

LONG = 100_000


def scalar(value=2.0):
    return tc.tensor(float(value), dtype=tc.float64, requires_grad=True)


# --- graphs of every form ---


def test_a_chain_of_100_000_operations():
    x = scalar(1.0)
    y = x
    for _ in range(LONG // 2):
        y = y * 1.0 + 1e-5
    y.backward()
    assert x.grad.item() == 1.0


def test_a_long_chain_is_freed_without_recursion_or_the_garbage_collector():
    gc.disable()
    try:
        x = scalar(1.0)
        y = x
        for _ in range(LONG):
            y = y * 1.0
        last = weakref.ref(y.grad_fn)
        assert last() is not None
        del y
        assert last() is None
    finally:
        gc.enable()


def test_a_long_chain_with_create_graph():
    x = scalar(1.0)
    y = x
    for _ in range(2000):
        y = y.sin()
    (g,) = tc.grad(y, x, create_graph=True)
    (gg,) = tc.grad(g, x)
    with tc.no_grad():
        eps = 1e-6
        slopes = []
        for point in (1.0 + eps, 1.0 - eps):
            x2 = scalar(point)
            y2 = x2
            with tc.enable_grad():
                for _ in range(2000):
                    y2 = y2.sin()
            slopes.append(tc.grad(y2, x2)[0].item())
    assert gg.item() == pytest.approx((slopes[0] - slopes[1]) / (2 * eps), rel=1e-4)


def test_diamonds_visit_each_node_once():
    """2**50 paths lead from the end to the start; each node must still run only once."""
    x = scalar(1.0)
    y = x
    for _ in range(50):
        y = y + y
    y.backward()
    assert x.grad.item() == 2.0**50


def test_uneven_paths_wait_for_one_another():
    x = scalar(3.0)
    a = x * 2
    long_way = a
    for _ in range(5):
        long_way = long_way * 1.0
    (a * long_way).backward()
    assert x.grad.item() == 2 * 4 * 3.0


def test_tensors_used_more_than_once():
    x = scalar(3.0)
    (x * x * x + x).backward()
    assert x.grad.item() == 3 * 9 + 1


def test_backward_calls_add_up():
    x = scalar(3.0)
    for count in range(1, 4):
        (x * x).backward()
        assert x.grad.item() == 6.0 * count
    x.grad = None
    x.backward()
    assert x.grad.item() == 1.0


def test_several_outputs_and_inputs():
    x, y = scalar(2.0), scalar(5.0)
    gx, gy = tc.grad([x * y, x + y], [x, y], [tc.tensor(10.0, dtype=tc.float64), None])
    assert (gx.item(), gy.item()) == (51.0, 21.0)


def test_the_same_output_twice():
    x = scalar(2.0)
    y = x * x
    assert tc.grad([y, y], x)[0].item() == 8.0


def test_outputs_that_lie_on_one_path():
    x = scalar(2.0)
    y = x * x
    assert tc.grad([y, y * 3], [x, y])[0].item() == 16.0


def test_a_leaf_as_its_own_output():
    x = scalar(2.0)
    assert tc.grad(x, x)[0].item() == 1.0


def test_integer_operands_need_no_gradient():
    x, i = leaf(np.ones(2)), tc.tensor([1, 2])
    (x * i).sum().backward()
    assert x.grad.tolist() == [1.0, 2.0]
    assert i.grad is None


# --- orders of derivatives ---


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_derivatives_of_high_order(order):
    x = scalar(0.7)
    derivative = x.exp() * x.sin()
    for step in range(order):
        (derivative,) = tc.grad(derivative, x, create_graph=step < order - 1)
    expected = math.exp(0.7) * 2 ** (order / 2) * math.sin(0.7 + order * math.pi / 4)
    assert derivative.item() == pytest.approx(expected, rel=1e-12)


def test_a_hessian_is_symmetric():
    x = leaf(draw(3))
    (g,) = tc.grad((x.prod() + (x * x.flip(0)).sum().exp()), x, create_graph=True)
    rows = [tc.grad(g[i], x, retain_graph=True)[0].numpy() for i in range(3)]
    np.testing.assert_allclose(np.stack(rows), np.stack(rows).T, rtol=1e-12)


def test_backward_with_create_graph_gives_gradients_that_have_a_graph():
    x = scalar(3.0)
    (x**3).backward(create_graph=True)
    assert x.grad.requires_grad
    first, x.grad = x.grad, None
    first.backward()
    assert x.grad.item() == 18.0


def test_gradient_penalty():
    """The norm of a gradient is itself trained on."""
    w = leaf(draw(4))
    (g,) = tc.grad((w.tanh() ** 2).sum(), w, create_graph=True)
    penalty = (g.norm() - 1) ** 2
    assert tc.gradcheck(lambda v: (tc.grad((v.tanh() ** 2).sum(), v, create_graph=True)[0].norm() - 1) ** 2, w)
    penalty.backward()
    assert np.isfinite(w.grad.numpy()).all()


# --- freeing and keeping the graph ---


def test_a_second_backward_says_what_to_do():
    y = scalar() ** 2
    y.backward()
    with pytest.raises(RuntimeError, match=r"backward through the graph a second time.*retain_graph=True"):
        y.backward()


def test_retain_graph():
    x = scalar(3.0)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == 12.0
    z = x.exp()
    tc.grad(z, x, retain_graph=True)
    tc.grad(z, x)
    with pytest.raises(RuntimeError, match="a second time: what Exp saved was freed"):
        tc.grad(z, x)


def test_grad_leaves_the_part_of_the_graph_that_it_did_not_walk():
    x = scalar(3.0)
    y = x * x
    (g,) = tc.grad(y * y, y)
    y.backward(g)
    assert x.grad.item() == 4 * 27.0


@pytest.mark.parametrize("backward", [False, True])
def test_graphs_die_by_reference_counting_alone(backward):
    gc.collect()
    gc.disable()
    try:
        x = leaf(draw(3, 3))
        y = (x.exp() @ x.tanh()).softmax(1)
        loss = (y * y.sum(0)).mean()
        nodes = [weakref.ref(t.grad_fn) for t in (y, loss)]
        if backward:
            loss.backward()
        del y, loss
        assert [node() for node in nodes] == [None, None]
    finally:
        gc.enable()


def test_backward_frees_the_saved_arrays_while_the_result_lives():
    x = leaf(draw(3))
    a = x * 2
    y = (a * a).sum()
    seen = weakref.ref(a.array)
    del a
    assert seen() is not None
    y.backward()
    assert seen() is None


# --- seeds ---


def test_backward_of_what_is_no_scalar():
    y = leaf(np.ones((2, 3))) * 2
    with pytest.raises(RuntimeError, match=r"only for scalar outputs, but the output has shape \(2, 3\).*sum\(\)"):
        y.backward()
    with pytest.raises(RuntimeError, match=r"gradient has a shape of \(3,\) and output has a shape of \(2, 3\)"):
        y.backward(tc.ones(3))


def test_one_element_is_a_scalar_whatever_its_shape():
    x = leaf(np.full((1, 1), 3.0))
    (x * x).backward()
    assert x.grad.tolist() == [[6.0]]


@pytest.mark.parametrize("make", [tc.tensor, np.array, list])
def test_seeds_may_be_tensors_arrays_or_lists(make):
    x = leaf(np.ones(2))
    (x * 3).backward(make([1.0, 10.0]))
    assert x.grad.tolist() == [3.0, 30.0]
    assert x.grad.dtype == tc.float64


@pytest.mark.parametrize("seed", [1, 2, 2.0, True])
def test_a_number_as_seed_is_that_number(seed):
    """Tensor(2) would be two cells of memory, whatever stands there."""
    x = leaf(3.0)
    (x * x).backward(seed)
    assert x.grad.item() == 6.0 * seed
    for cells in (1, 2):
        with pytest.raises(RuntimeError, match=r"gradient has a shape of \(\) and output has a shape of"):
            (leaf(np.ones(cells)) * 2).backward(seed)
    with pytest.raises(RuntimeError, match=r"gradient has a shape of \(\)"):
        tc.grad(leaf(np.ones(2)) * 2, x, seed)


def test_backward_without_a_graph():
    with pytest.raises(RuntimeError, match=r"does not require grad and does not have a grad_fn.*shape \(\)"):
        tc.tensor(1.0).backward()
    with pytest.raises(RuntimeError, match="does not require grad"):
        tc.grad(tc.tensor(1.0), scalar())


def test_a_seed_on_another_device():
    with pytest.raises(RuntimeError, match="on the same device"):
        (leaf(np.ones(2)) * 2).backward(tc.ones(2, device="strict"))


# --- tc.grad ---


def test_grad_touches_no_grad_attribute():
    x, w = scalar(3.0), scalar(2.0)
    (g,) = tc.grad(x * w, x)
    assert (g.item(), x.grad, w.grad) == (2.0, None, None)


def test_grad_of_inner_tensors():
    x = scalar(3.0)
    y = x * 2
    z = y * y
    gy, gx = tc.grad(z, [y, x])
    assert (gy.item(), gx.item()) == (12.0, 24.0)


def test_unused_inputs():
    x, w = scalar(), scalar()
    with pytest.raises(RuntimeError, match=r"input 1 \(shape \(\)\) appears to not have been used.*allow_unused=True"):
        tc.grad(x * 2, [x, w])
    gx, gw = tc.grad(x * 2, [x, w], allow_unused=True)
    assert (gx.item(), gw) == (2.0, None)
    with pytest.raises(RuntimeError, match=r"input 0 .* does not require grad"):
        tc.grad(x * 2, tc.tensor(1.0))


def test_every_output_needs_its_seed():
    x = scalar()
    with pytest.raises(RuntimeError, match="got 2 outputs and 1 grad_outputs"):
        tc.grad([x * 2, x * 3], x, [None])


def test_pruned_branches_do_not_run():
    class Loud(tc.autograd.Operation):
        def forward(self, x):
            return x * 2

        def grad_x(self, g):
            raise AssertionError("not on the way to the target")

    x, w = scalar(3.0), scalar(2.0)
    z = Loud.apply(w) + x * x
    assert tc.grad(z, x, retain_graph=True)[0].item() == 6.0
    with pytest.raises(AssertionError):
        tc.grad(z, w)


def test_hooks_of_pruned_branches_do_not_run():
    called = []
    x, w = scalar(3.0), scalar(2.0)
    y = -w  # a branch that the target does not need
    y.register_hook(called.append)
    w.register_hook(called.append)
    tc.grad(x * y + x, x)
    assert called == []


def test_pruning_leaves_the_graph_whole_for_later():
    x, w = scalar(3.0), scalar(2.0)
    z = x * w
    tc.grad(z, x, retain_graph=True)
    z.backward()
    assert (x.grad.item(), w.grad.item()) == (2.0, 3.0)


def test_operations_in_a_hook_are_silent_whatever_it_asks_of_numpy():
    x = tc.ones(1, requires_grad=True)
    y = x * 2
    seen = []

    def hook(gradient):
        with np.errstate(all="raise"):
            seen.append((tc.tensor([1.0]) / tc.tensor([0.0])).item())

    y.register_hook(hook)
    y.backward()
    assert seen == [float("inf")]


def test_the_graph_can_be_walked_as_in_pytorch():
    x, w = tc.ones(2, requires_grad=True), tc.ones(2, requires_grad=True)
    loss = ((x * 2 + 1) * w).sum()
    product = loss.grad_fn.next_functions[0][0]
    (plus, _), (leaf, _) = product.next_functions
    assert leaf.variable is w
    assert leaf.next_functions == ()
    assert plus.next_functions[0][0].next_functions[0][0].variable is x
    assert tc.zeros(2).grad_fn is None


def test_zeros_for_an_input_that_is_not_used():
    x, w = tc.ones(2, requires_grad=True), tc.ones(3, dtype=tc.float64, requires_grad=True)
    gx, gw = tc.grad((x * 2).sum(), [x, w], only_inputs=True, materialize_grads=True)
    assert gx.tolist() == [2, 2]
    assert gw.tolist() == [0, 0, 0]
    assert gw.dtype == tc.float64
    with pytest.raises(RuntimeError, match="input 1"):
        tc.grad((x * 2).sum(), [x, w])
