"""Memory: writes that the graph must notice, writes inside the graph, gradients that own theirs; threads."""

from __future__ import annotations

import threading
import time
import weakref

import numpy as np
import pytest

import tinyconv as tc
from tests.ops.opcheck import draw, host, leaf

# --- writing to what the graph saved ---


WRITES = {
    "setitem": lambda y: y.__setitem__(0, 9.0),
    "+=": lambda y: y.__iadd__(1.0),
    "mul_": lambda y: y.mul_(2.0),
    "fill_": lambda y: y.fill_(0.0),
    "zero_": lambda y: y.zero_(),
    "copy_": lambda y: y.copy_(tc.zeros(3)),
    "through a view": lambda y: y[1:].fill_(0.0),
    "through a reshape": lambda y: y.reshape(3, 1).T.zero_(),
    "through detach": lambda y: y.detach().add_(1.0),
    "raw, announced": lambda y: (y.array.__setitem__(0, 9.0), y.bump_version()),
}


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("kind", ["input", "output", "leaf", "constant"])
def test_writing_to_what_was_saved_is_noticed(name, kind):
    x = leaf(np.ones(3))
    y = x * 2
    constant = tc.full((3,), 2.0, dtype=tc.float64)
    if kind == "input":
        target, z = y, y * y
    elif kind == "output":
        z = target = y.exp()
    elif kind == "leaf":
        target, z = x, x * x
    else:
        target, z = constant, x * constant
    z = z.sum()
    with tc.no_grad():
        WRITES[name](target)
    with pytest.raises(RuntimeError, match=r"modified by an inplace operation: (Mul|Exp) saved .*\(3,\).*x.clone\(\)"):
        z.backward()


def test_a_new_array_in_a_saved_leaf_is_noticed():
    x = leaf(np.ones(3))
    y = (x * x).sum()
    x.array = np.zeros(3)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_writing_to_what_was_not_saved_is_fine():
    x = leaf(np.ones(3))
    y = x + 1  # saves nothing
    z = y.exp()
    with tc.no_grad():
        y.zero_()
    z.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), np.exp([2.0] * 3))


def test_writing_after_backward_is_fine():
    x = leaf(np.ones(3))
    for _ in range(3):
        x.grad = None
        (x * x).sum().backward()
        with tc.no_grad():
            x -= 0.1 * x.grad
    np.testing.assert_allclose(x.detach().numpy(), 0.8**3)


# --- in-place operations in the graph ---


def test_a_leaf_cannot_be_written_while_recording():
    for write in (WRITES["setitem"], WRITES["+="], WRITES["fill_"], WRITES["copy_"], WRITES["zero_"]):
        with pytest.raises(RuntimeError, match=r"a leaf Variable that requires grad .*in-place.*under no_grad"):
            write(leaf(np.ones(3)))


def test_a_view_of_a_leaf_cannot_be_written_while_recording():
    for view in (lambda x: x[0], lambda x: x.reshape(6), lambda x: x.T):
        x = leaf(np.ones((2, 3)))
        with pytest.raises(RuntimeError, match=r"a view of a leaf Variable that requires grad .*in-place"):
            view(x).add_(1)
        assert x.tolist() == [[1.0] * 3] * 2


@pytest.mark.parametrize(
    ("write", "plain"),
    [
        (lambda y, w: y.__iadd__(w), lambda y, w: y + w),
        (lambda y, w: y.__isub__(w), lambda y, w: y - w),
        (lambda y, w: y.__imul__(w), lambda y, w: y * w),
        (lambda y, w: y.__itruediv__(w), lambda y, w: y / w),
        (lambda y, w: y.add_(w, alpha=3), lambda y, w: y + 3 * w),
        (lambda y, w: y.sub_(w, alpha=3), lambda y, w: y - 3 * w),
        (lambda y, w: y.mul_(w).div_(2.0), lambda y, w: y * w / 2),
        (lambda y, w: y.copy_(w), lambda y, w: 0 * y + w),
        (lambda y, w: y.fill_(2.0), lambda y, w: 0 * y + 0 * w + 2),
        (lambda y, w: y.zero_(), lambda y, w: 0 * y + 0 * w),
    ],
)
def test_in_place_results_have_right_gradients(write, plain):
    def in_place(x, w):
        y = x * x
        before = y
        out = write(y, w)
        assert out is before
        return out * x

    x, w = draw(2, 3), draw(3, seed=1, low=0.5)
    assert tc.gradcheck(in_place, [leaf(x), leaf(w)])
    expected = plain(leaf(x) ** 2, leaf(w)) * leaf(x)
    np.testing.assert_allclose(in_place(leaf(x), leaf(w)).detach().numpy(), expected.detach().numpy())


def test_an_in_place_result_keeps_its_dtype():
    x = tc.ones(2, requires_grad=True)
    y = x * 1
    y += tc.ones(2, dtype=tc.float64, requires_grad=True) * 2
    assert y.dtype == tc.float32
    y.sum().backward()
    assert x.grad.dtype == tc.float32


def test_integers_cannot_take_floats_in_place():
    for write in (lambda i: i.__iadd__(1.5), lambda i: i.__itruediv__(2), lambda i: i.mul_(tc.tensor(0.5))):
        i = tc.tensor([1, 2])
        with pytest.raises(RuntimeError, match="result type float32 can't be cast to the desired output type int64"):
            write(i)
        assert i.tolist() == [1, 2]


def test_in_place_shapes_and_read_only_memory():
    with pytest.raises(RuntimeError, match=r"output with shape \(2,\) doesn't match the broadcast shape \(3, 2\)"):
        tc.ones(2).add_(tc.ones(3, 2))
    for write in (WRITES["+="], WRITES["fill_"], WRITES["setitem"]):
        with pytest.raises(RuntimeError, match=r"memory is read-only.*x.clone\(\)"):
            write(tc.ones(1).expand(3))


# --- gradients own their memory ---


def test_gradients_never_share_memory():
    a, b, c = (leaf(np.ones((2, 2))) for _ in range(3))
    loss = ((a + b) - c.reshape(4).reshape(2, 2)).T.sum()
    loss.backward()
    arrays = [t.grad.array for t in (a, b, c)]
    for i, array in enumerate(arrays):
        assert array.flags.writeable
        for other in arrays[i + 1 :]:
            assert not np.shares_memory(array, other)
    a.grad.zero_()
    assert b.grad.tolist() == [[1.0, 1.0], [1.0, 1.0]]


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_gradient_is_not_its_seed_nor_what_a_hook_kept(create_graph):
    a, b = leaf(np.ones(2)), leaf(np.ones(2))
    kept = []
    a.register_hook(kept.append)
    seed = tc.ones(2, dtype=tc.float64)
    y = a + b
    y.retain_grad()
    y.backward(seed, create_graph=create_graph)
    arrays = [a.grad.array, b.grad.array, seed.array, kept[0].array]
    for i, array in enumerate(arrays[:2]):
        for other in arrays[i + 1 :]:
            assert not np.shares_memory(array, other)
    x = leaf(np.ones(2))
    x.backward(seed)
    assert not np.shares_memory(x.grad.array, seed.array)


class Handing(tc.autograd.Operation):
    """The sum of two arguments, whose gradients are made by ``make(g)``; what it made is seen by weak references."""

    made = None
    make = None

    def forward(self, a, b):
        return a + b

    def vjp(self, g):
        results = Handing.make(g)
        Handing.made = [weakref.ref(result.array) for result in results]
        return results


def handed(make):
    a, b = leaf(np.ones((2, 3))), leaf(np.ones((2, 3)))
    Handing.make = make
    Handing.apply(a, b).sum().backward()
    return a.grad, b.grad


def test_an_array_that_nobody_else_holds_becomes_the_gradient_without_a_copy():
    a, b = handed(lambda g: (g * 2, g * 3))
    assert a.array is Handing.made[0]()
    assert b.array is Handing.made[1]()
    assert (a.tolist(), b.tolist()) == ([[2.0] * 3] * 2, [[3.0] * 3] * 2)


HELD = []


@pytest.mark.parametrize(
    "make",
    [
        lambda g: (two := g * 2, two),
        lambda g: (two := g * 2, two.detach()),
        lambda g: (two := g * 2, tc.from_numpy(two.array)),
        lambda g: (two := g * 2, two.reshape(6).reshape(2, 3)),
        lambda g: (two := g * 2, two.T.T),
        lambda g: (HELD.append(two := g * 2), (two, g * 1))[1],
        lambda g: (HELD.append((two := g * 2).array), (two, g * 1))[1],
        lambda g: (HELD.append((two := g * 2).array[0]), (two, g * 1))[1],
        lambda g: (HELD.append(memoryview((two := g * 2).array)), (two, g * 1))[1],
        lambda g: (HELD.append((two := g * 2).array.T), (two, g * 1))[1],
        lambda g: (tc.from_numpy(np.repeat(g.array, 2, 1)[:, ::2]), g * 1),
    ],
)  # fmt: skip
def test_an_array_that_somebody_still_holds_is_copied(make):
    HELD.clear()
    a, b = handed(make)
    others = [b.array, *[x.array if isinstance(x, tc.Tensor) else np.asarray(x) for x in HELD]]
    assert not any(np.shares_memory(a.array, other) for other in others)
    assert a.array.base is None


def test_a_gradient_that_was_kept_does_not_change_later():
    x = leaf(np.ones(2))
    (x * 2).sum().backward()
    kept = x.grad
    (x * 3).sum().backward()
    assert (kept.tolist(), x.grad.tolist()) == ([2.0, 2.0], [5.0, 5.0])


# --- threads ---


def run_in_threads(count, work):
    errors = []

    def guarded(i):
        try:
            work(i)
        except BaseException as error:  # an assertion in a thread would go unseen
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_threads_with_graphs_of_their_own():
    def work(i):
        for _ in range(20):
            x = leaf(np.full(3, float(i)))
            y = x
            for _ in range(20):
                y = y * 1.0 + x
            y.sum().backward()
            assert x.grad.tolist() == [21.0] * 3

    run_in_threads(4, work)


def test_threads_that_share_a_leaf_lose_no_gradient():
    class SlowToAdd(tc.Tensor):
        def __add__(self, other):
            time.sleep(0.05)  # long enough for the other thread to come
            return super().__add__(other)

    w = leaf(np.zeros(2))
    w.grad = SlowToAdd(np.zeros(2))
    run_in_threads(2, lambda i: (w * 1.0).sum().backward())
    assert w.grad.tolist() == [2.0, 2.0]


# --- devices ---


def test_a_training_step_on_the_device_copies_nothing(device, on_device):
    x, w, b = (tc.tensor(draw(*s), device=device, dtype=tc.float32) for s in ((8, 5), (5, 3), (3,)))
    parameters = [w.requires_grad_(), b.requires_grad_()]
    with on_device():
        for _ in range(3):
            loss = ((x @ w + b).tanh().log_softmax(1) ** 2).mean()
            for p in parameters:
                p.grad = None
            loss.backward()
            with tc.no_grad():
                for p in parameters:
                    p -= 0.1 * p.grad
    assert w.grad.device == device
    assert all(np.isfinite(host(p.grad)).all() and np.abs(host(p.grad)).max() > 0 for p in parameters)


@pytest.mark.parametrize(
    "operation",
    [
        lambda h: h * 3.0,
        lambda h: h / 3.0,
        lambda h: h @ tc.ones(4, 4),
        lambda h: tc.nn.functional.conv2d(h[None, None], tc.ones(1, 1, 2, 2)),
        lambda h: tc.nn.functional.conv_transpose2d(h[None, None], tc.ones(1, 1, 2, 2)),
    ],
    ids=["mul", "div", "matmul", "conv", "conv_transpose"],
)
def test_only_what_backward_needs_is_kept(operation):
    x = tc.randn(4, 4, requires_grad=True)
    h = x + 1.0
    array = weakref.ref(h.array)
    y = operation(h)
    del h
    assert array() is None  # linear in h, and the other factor wants no gradient
    y.sum().backward()
    assert x.grad is not None


def frozen(layer):
    return layer.requires_grad_(False)


@pytest.mark.parametrize(
    "layer",
    [
        lambda: frozen(tc.nn.Conv2d(2, 3, 3, padding=1)),
        lambda: frozen(tc.nn.ConvTranspose2d(2, 3, 3)),
        lambda: tc.nn.Sequential(frozen(tc.nn.Conv2d(2, 2, 3)), frozen(tc.nn.Conv2d(2, 2, 1))),
        lambda: tc.nn.Sequential(tc.nn.Flatten(), frozen(tc.nn.Linear(32, 5))),
        lambda: tc.nn.AvgPool2d(2),
    ],
    ids=["conv", "conv_transpose", "two convs", "linear", "avg_pool"],
)
def test_a_frozen_layer_keeps_no_input(layer):
    """Its weights want no gradient, and the input's gradient needs the weights alone."""
    x = tc.randn(2, 2, 4, 4, requires_grad=True)
    h = x * 1.0
    array = weakref.ref(h.array)
    y = layer()(h)
    del h
    assert array() is None
    y.sum().backward()
    assert x.grad.abs().sum().item() > 0


def test_a_trained_layer_whose_input_wants_no_gradient_keeps_no_weight():
    conv = tc.nn.Conv2d(2, 3, 3)
    y = conv(tc.randn(1, 2, 4, 4))
    node = y.grad_fn
    while type(node).__name__ != "Conv":
        node = next(edge[0] for edge in node.edges if edge is not None)
    assert list(node._plan.kept) == ["x", "geometry"]


@pytest.mark.parametrize("kind", ["plain", "frozen"])
def test_frozen_layers_hold_less_memory(kind):
    """Of a stack of frozen convolutions nothing of the batch's size is kept."""
    import tracemalloc

    net = tc.nn.Sequential(*[tc.nn.Conv2d(4, 4, 3, padding=1) for _ in range(6)])
    if kind == "frozen":
        net.requires_grad_(False)
    x = tc.randn(8, 4, 32, 32, requires_grad=True)
    threads = tc.get_num_threads()
    tc.set_num_threads(1)  # another thread makes its scratch memory whenever it gets its first tile
    try:
        net(x)  # scratch memory is made
        tracemalloc.start()
        y = net(x)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        tc.set_num_threads(threads)
    layers = held / y.array.nbytes
    assert layers < 1.5 if kind == "frozen" else layers > 5.5


def test_a_retained_gradient_has_the_shape_that_was_changed_in_place() -> None:
    x = tc.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    y.retain_grad()
    y.unsqueeze_(0)
    (y * y).sum().backward()
    assert (y.grad.tolist(), x.grad.tolist()) == ([[6.0, 12.0]], [18.0, 36.0])
