"""Short programs on memory that tensors share, in words that PyTorch and tinyconv have in common.

Each takes the library and gives numbers.  ``record.py`` runs them with PyTorch and writes what comes out, results and
errors, to ``recorded.json``; ``test_recorded.py`` holds tinyconv to it.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable
from typing import Any

PROGRAMS: dict[str, Callable[[Any], Any]] = {}


def program(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Enter a program under its name."""
    PROGRAMS[function.__name__] = function
    return function


def leaf(lib: Any, *values: Any) -> Any:
    return lib.tensor(list(values), dtype=lib.float64, requires_grad=True)


def matrix(lib: Any, rows: int = 2, columns: int = 3) -> Any:
    numbers = [[float(1 + i * columns + j) for j in range(columns)] for i in range(rows)]
    return lib.tensor(numbers, dtype=lib.float64, requires_grad=True)


# --- values are seen through every alias ---


@program
def write_to_a_view_is_seen_in_the_base(lib):
    x = lib.zeros(2, 3)
    x[0] += 1
    x.view(-1)[4] = 5
    x.T[2] *= 3
    return x.tolist()


@program
def write_to_the_base_is_seen_in_its_views(lib):
    x = lib.zeros(2, 3)
    row, flat, turned = x[1], x.view(6), x.t()
    x += 2
    x[1, 1] = 7
    return [row.tolist(), flat.tolist(), turned.tolist()]


@program
def detach_data_and_numpy_share_memory(lib):
    x = leaf(lib, 1.0, 2.0, 3.0)
    x.detach()[0] = 10
    x.data[1] = 20
    x.detach().numpy()[2] = 30
    return x.tolist()


@program
def from_numpy_shares_memory(lib):
    import numpy as np

    array = np.zeros(3)
    x = lib.from_numpy(array)
    x += 1
    array[1] = 5
    y = x.view(3, 1)
    y.mul_(2)
    return [array.tolist(), x.tolist()]


@program
def data_of_data(lib):
    w = leaf(lib, 1.0, 2.0)
    w.data.fill_(3.0)
    w.data -= 0.5 * lib.ones(2, dtype=lib.float64)
    w.data[:] = w.data * 2
    return [w.tolist(), w.requires_grad, w.data.requires_grad, w.is_leaf]


@program
def data_assigned(lib):
    w = leaf(lib, 1.0, 2.0)
    other = lib.tensor([5.0, 6.0], dtype=lib.float64)
    w.data = other
    other[0] = 9
    (w * w).sum().backward()
    return [w.tolist(), w.grad.tolist()]


@program
def deepcopy_keeps_what_is_shared(lib):
    x = lib.arange(6).reshape(2, 3)
    pair = copy.deepcopy([x, x[1], x])
    pair[0][1, 0] = 100
    return [pair[1].tolist(), pair[0] is pair[2], x.tolist()]


# --- gradients follow ---


@program
def column_minus_column(lib):
    x = matrix(lib)
    y = x * 2
    y[:, 1] -= y[:, 0]
    (y * y).sum().backward()
    return [y.tolist(), x.grad.tolist()]


@program
def row_times_three(lib):
    x = matrix(lib)
    y = x * x
    y[0] *= 3
    y.sum().backward()
    return x.grad.tolist()


@program
def flat_view_mul(lib):
    x = matrix(lib)
    y = x + 1
    y.view(-1).mul_(2)
    (y * x).sum().backward()
    return [y.tolist(), x.grad.tolist()]


@program
def zeros_take_a_weight(lib):
    w = leaf(lib, 1.0, 2.0, 3.0)
    z = lib.zeros(2, 3, dtype=lib.float64)
    z[0] += w
    z[1] = w * w
    z.sum().backward()
    return [z.requires_grad, w.grad.tolist()]


@program
def view_made_before_the_write(lib):
    x = matrix(lib)
    y = x * 1
    row = y[0]
    y *= 2
    y[0, 1] = 0
    (row * row).sum().backward()
    return [row.tolist(), x.grad.tolist()]


@program
def two_views_of_one_base(lib):
    x = matrix(lib)
    y = x.clone()
    a, b = y[0], y[:, 1]
    a.mul_(b.sum())
    b.add_(1)
    (a.sum() + (b * b).sum()).backward()
    return [a.tolist(), b.tolist(), x.grad.tolist()]


@program
def view_of_a_view(lib):
    x = matrix(lib)
    y = x.exp() * 0 + x
    y.t()[1:][0] += x[:, 0]
    y.sum().backward()
    return x.grad.tolist()


@program
def write_through_a_transposed_reshape(lib):
    x = matrix(lib)
    y = x * 1
    y.t().reshape(6)  # a copy: no view
    y.t()[0].fill_(0)
    (y * y).sum().backward()
    return x.grad.tolist()


@program
def expand_reads_and_the_base_is_written(lib):
    w = leaf(lib, 2.0)
    y = w * 3
    wide = y.expand(4)
    y.mul_(5)
    wide.sum().backward()
    return w.grad.tolist()


@program
def mask_write(lib):
    x = matrix(lib)
    y = x * x
    y[y > 10] = 0
    y.sum().backward()
    return x.grad.tolist()


@program
def index_write(lib):
    x = matrix(lib)
    w = leaf(lib, 10.0, 20.0)
    y = x * 1
    y[lib.tensor([0, 1]), lib.tensor([2, 0])] = w
    (y * y).sum().backward()
    return [x.grad.tolist(), w.grad.tolist()]


@program
def chained_in_place(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x * 1
    y.add_(1).mul_(x).sub_(0.5).div_(2)
    y **= 2
    y.sum().backward()
    return [y.tolist(), x.grad.tolist()]


@program
def times_equals_with_a_weight(lib):
    x, w = leaf(lib, 1.0, 2.0), leaf(lib, 3.0, 4.0)
    y = x * 1
    y *= w
    y *= w
    y.sum().backward()
    return [x.grad.tolist(), w.grad.tolist()]


@program
def integers_in_place(lib):
    a = lib.tensor([7, -7, 12])
    a //= 2
    first = a.tolist()
    a %= 4
    b = lib.tensor([True, False])
    b &= lib.tensor([True, True])
    b |= lib.tensor([False, True])
    b ^= lib.tensor([True, False])
    same = a
    same **= 2
    return [first, a.tolist(), b.tolist()]


@program
def relu_in_place(lib):
    x = leaf(lib, -1.0, 2.0)
    y = x * 3
    z = lib.nn.functional.relu(y, inplace=True)
    z.sum().backward()
    return [z is y, y.tolist(), x.grad.tolist()]


@program
def relu_layer_in_place(lib):
    x = leaf(lib, -1.0, 2.0)
    net = lib.nn.Sequential(lib.nn.ReLU(inplace=True))
    y = x * 3
    net(y).sum().backward()
    return [y.tolist(), x.grad.tolist()]


@program
def detached_alias_joins_a_graph(lib):
    x = leaf(lib, 1.0, 2.0)
    w = leaf(lib, 5.0, 6.0)
    d = x.detach()
    d += w
    (x.sum() * 1 + d.sum()).backward()
    return [x.grad.tolist(), w.grad.tolist(), x.tolist(), d.requires_grad]


@program
def no_grad_write_to_a_leaf_and_its_view(lib):
    x = leaf(lib, 1.0, 2.0)
    with lib.no_grad():
        x[0] = 5
        x.view(2).mul_(2)
    (x * x).sum().backward()
    return [x.tolist(), x.grad.tolist()]


@program
def second_derivative_through_a_write(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x * x
    y[0] *= x[1]
    (g,) = lib.autograd.grad((y * y).sum(), [x], create_graph=True)
    (h,) = lib.autograd.grad(g.sum(), [x])
    return [g.tolist(), h.tolist()]


# --- retain_grad and hooks ---


@program
def retain_grad_twice(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x * 2
    y.retain_grad()
    y.retain_grad()
    (y * y).sum().backward()
    return [y.grad.tolist(), y.retains_grad]


@program
def retain_grad_before_a_write(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x * 2
    y.retain_grad()
    y *= 3
    (y * y).sum().backward()
    return [y.grad.tolist(), x.grad.tolist()]


@program
def retain_grad_sees_later_hooks(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda g: g * 10)
    y.sum().backward()
    return [y.grad.tolist(), x.grad.tolist()]


# --- refusals ---


@program
def saved_output_overwritten(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x.exp()
    y += 1
    y.sum().backward()


@program
def saved_input_overwritten(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x * 1
    z = y * y
    y[0] = 0
    z.sum().backward()


@program
def saved_value_overwritten_through_a_view(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x * 1
    z = y * y
    y.view(2, 1).add_(1)
    z.sum().backward()


@program
def saved_value_overwritten_through_detach(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x * x
    x.detach().add_(1)
    y.sum().backward()


@program
def overwritten_through_data_goes_unnoticed(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x * x
    x.data.add_(1)
    y.sum().backward()
    return x.grad.tolist()


@program
def leaf_in_place(lib):
    x = leaf(lib, 1.0, 2.0)
    x += 1


@program
def view_of_leaf_in_place(lib):
    x = leaf(lib, 1.0, 2.0)
    x[0] += 1


@program
def view_of_leaf_method(lib):
    x = leaf(lib, 1.0, 2.0)
    x.view(2, 1).mul_(2)


@program
def no_grad_view_written_with_grad(lib):
    w = leaf(lib, 1.0, 2.0)
    x = w * 2
    with lib.no_grad():
        view = x[0]
    view += w[0]


@program
def expanded_memory(lib):
    x = lib.zeros(1).expand(3)
    x += 1


@program
def shape_that_does_not_fit(lib):
    x = lib.zeros(2)
    x += lib.zeros(3, 2)


@program
def float_into_integers(lib):
    x = lib.tensor([1, 2])
    x += 0.5


@program
def view_where_a_copy_would_be_needed(lib):
    return lib.zeros(2, 3).t().view(6).tolist()


@program
def view_of_what_is_not_contiguous_but_fits(lib):
    return list(lib.zeros(2, 3, 4)[:, :, :2].view(6, 2).shape)


@program
def reshape_where_a_copy_is_needed(lib):
    x = lib.zeros(2, 3)
    y = x.t().reshape(6)
    y += 1
    return x.tolist()


@program
def deepcopy_of_a_result(lib):
    copy.deepcopy(leaf(lib, 1.0) * 2)


@program
def requires_grad_of_integers(lib):
    x = lib.tensor([1])
    x.requires_grad = True


# --- Functions in the static form ---


def cube(lib, **parts):
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * 3 * x * x

    members = {"forward": forward, "backward": backward, **parts}
    return type("Cube", (lib.autograd.Function,), {name: staticmethod(f) for name, f in members.items()})


@program
def static_function(lib):
    x = leaf(lib, 1.0, -2.0)
    Cube = cube(lib)
    Cube.apply(x).sum().backward()
    (g,) = lib.autograd.grad(Cube.apply(x).sum(), [x], create_graph=True)
    (h,) = lib.autograd.grad(g.sum(), [x])
    return [x.grad.tolist(), g.tolist(), h.tolist()]


@program
def static_function_that_returns_its_input(lib):
    class Same(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x

        @staticmethod
        def backward(ctx, g):
            return g * 2

    x = leaf(lib, 1.0, 2.0)
    y = Same.apply(x)
    y.sum().backward()
    return [y is x, y.is_leaf, x.grad.tolist()]


def returning(lib: Any, name: str, look: Callable[[Any], Any]) -> Any:
    """A Function whose forward gives ``look(x)``, and whose gradient is the incoming one."""
    members = {"forward": staticmethod(lambda ctx, x: look(x)), "backward": staticmethod(lambda ctx, g: g)}
    return type(name, (lib.autograd.Function,), members)


@program
def writing_into_an_input_handed_through(lib):
    y = returning(lib, "Same", lambda x: x).apply(leaf(lib, 1.0, 2.0) * 1)
    y += 1
    y.sum().backward()


@program
def writing_into_a_view_made_in_a_function(lib):
    y = returning(lib, "First", lambda x: x[0]).apply(matrix(lib) * 1)
    y += 1
    y.sum().backward()


@program
def base_written_after_an_input_was_handed_through(lib):
    x = leaf(lib, 1.0, 2.0) * 1
    y = returning(lib, "Same", lambda x: x).apply(x)
    x += 1
    y.sum().backward()


@program
def deepcopy_of_views_detached_and_tied(lib):
    w = lib.zeros(4, requires_grad=True)
    w2, seen, flat, back = copy.deepcopy([w, w.detach(), w.detach().view(2, 2)[1], w])
    seen.data[0] = 5
    flat.data[1] = 7
    return [w2.tolist(), back is w2, w2.requires_grad, seen.tolist(), w.tolist()]


@program
def unbind_by_iteration_shares_memory(lib):
    x = lib.zeros(3, 2)
    for i, row in enumerate(x):
        row += i
    return x.tolist()


@program
def hand_written_sgd_on_data(lib):
    w = leaf(lib, 1.0, -2.0)
    for _ in range(3):
        loss = (w * w).sum()
        loss.backward()
        w.data -= 0.1 * w.grad
        w.grad.data.zero_()
    return w.tolist()


@program
def hand_written_sgd_under_no_grad(lib):
    w = leaf(lib, 1.0, -2.0)
    for _ in range(3):
        (w * w).sum().backward()
        with lib.no_grad():
            w -= 0.1 * w.grad
            w.grad = None
    return [w.tolist(), w.requires_grad, w.is_leaf]


@program
def copy_in_place_in_the_graph(lib):
    x, w = matrix(lib), leaf(lib, 1.0, 2.0, 3.0)
    y = x * 2
    y[1].copy_(w * w)
    (y * y).sum().backward()
    return [x.grad.tolist(), w.grad.tolist()]


@program
def fill_and_zero_in_the_graph(lib):
    x = matrix(lib)
    y = x * 2
    y[0].zero_()
    y[:, 1].fill_(3)
    (y * x).sum().backward()
    return x.grad.tolist()


@program
def overlapping_copy(lib):
    x = lib.arange(6)
    x[1:] = x[:-1].clone()
    y = lib.arange(6)
    y[:3] += y[3:]
    return [x.tolist(), y.tolist()]


@program
def mark_dirty(lib):
    class AddOne(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            x.add_(1)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx, g):
            return g * 2

    x = leaf(lib, 1.0, 2.0)
    y = x * 3
    z = AddOne.apply(y)
    z.sum().backward()
    return [z is y, y.tolist(), x.grad.tolist()]


@program
def mark_dirty_of_a_leaf(lib):
    class AddOne(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            x.add_(1)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx, g):
            return g

    AddOne.apply(leaf(lib, 1.0))


@program
def non_differentiable_and_unmaterialized(lib):
    class SortOfMax(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            rounded = (x * 2) // 1
            ctx.mark_non_differentiable(rounded)
            return x * 2, rounded, x * 5

        @staticmethod
        def backward(ctx, a, b, c):
            assert (b, c) == (None, None)
            return a * 2

    x = leaf(lib, 1.25, 2.0)
    doubled, rounded, _ = SortOfMax.apply(x)
    doubled.sum().backward()
    return [rounded.requires_grad, rounded.tolist(), x.grad.tolist()]


@program
def setup_context_and_needs_input_grad(lib):
    class Scale(lib.autograd.Function):
        @staticmethod
        def forward(x, factor, w):
            return x * factor * w

        @staticmethod
        def setup_context(ctx, inputs, output):
            x, ctx.factor, w = inputs
            ctx.save_for_backward(x, w, output)

        @staticmethod
        def backward(ctx, g):
            _, w, _ = ctx.saved_tensors
            assert ctx.needs_input_grad == (True, False, False)
            return g * ctx.factor * w, None, None

    x = leaf(lib, 1.0, 2.0)
    Scale.apply(x, 3.0, lib.tensor([2.0, 2.0], dtype=lib.float64)).sum().backward()
    return x.grad.tolist()


@program
def once_differentiable(lib):
    from importlib import import_module

    once = import_module("torch.autograd.function").once_differentiable if lib.__name__ == "torch" else None
    once = once or lib.autograd.once_differentiable
    Cube = cube(lib, backward=once(lambda ctx, g: g * 3 * ctx.saved_tensors[0] ** 2))
    x = leaf(lib, 2.0)
    (g,) = lib.autograd.grad(Cube.apply(x).sum(), [x], create_graph=True)
    first = g.tolist()
    y = x * 1
    (g,) = lib.autograd.grad((Cube.apply(y) * x).sum(), [x], create_graph=True)
    g.sum().backward()
    return first


@program
def wrong_number_of_gradients(lib):
    Cube = cube(lib, backward=lambda ctx, g: (g, g))
    Cube.apply(leaf(lib, 2.0)).backward()


@program
def gradient_that_broadcasts(lib):
    Cube = cube(lib, backward=lambda ctx, g: lib.ones(4, 2, dtype=lib.float64))
    x = leaf(lib, 2.0, 3.0)
    Cube.apply(x).sum().backward()
    return x.grad.tolist()


@program
def gradient_of_a_wrong_shape(lib):
    Cube = cube(lib, backward=lambda ctx, g: lib.ones(3, dtype=lib.float64))
    Cube.apply(leaf(lib, 2.0, 3.0)).sum().backward()


@program
def save_for_backward_of_a_number(lib):
    def forward(ctx, x):
        ctx.save_for_backward(3.0)
        return x * 1

    cube(lib, forward=forward).apply(leaf(lib, 2.0))


@program
def saved_twice_freed_once(lib):
    y = cube(lib).apply(leaf(lib, 2.0)).sum()
    y.backward()
    y.backward()


# --- what was found by looking for it ---


@program
def deepcopy_of_gradients_beside_other_tensors(lib):
    class Holder:
        def __init__(self):
            self.b = lib.tensor([5.0, 5.0])

        def __getstate__(self):
            return {"b": self.b.detach()}

    x = lib.ones(2, requires_grad=True)
    x.grad = lib.tensor([7.0, 8.0])
    other, holder = copy.deepcopy([x, Holder()])
    pair = copy.deepcopy([x, x.grad])
    return [other.grad.tolist(), holder.b.tolist(), pair[0].grad is pair[1]]


@program
def data_written_by_an_augmented_assignment(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x * 1
    v = y[:1]
    v.data *= 1
    y *= 3
    v.sum().backward()
    return x.grad.tolist()


@program
def data_assignment_keeps_the_count_of_writes(lib):
    x = leaf(lib, 1.0, 2.0)
    y = (x * x).sum()
    x.data -= 0
    with lib.no_grad():
        x.add_(1)
    y.backward()


@program
def prod_of_one_element_is_no_view(lib):
    x = lib.tensor([[2.0], [3.0]], dtype=lib.float64)
    y = x.prod(1)
    y += 10
    z = lib.tensor(4.0)
    largest = z.max(0).values
    largest += 1
    return [x.tolist(), z.item()]


@program
def padding_and_scaling_by_nothing_give_copies(lib):
    x = lib.ones(1, 1, 2, 2)
    for mode in ("reflect", "replicate", "circular", "constant"):
        lib.nn.functional.pad(x, (0, 0, 0, 0), mode=mode).zero_()
    lib.nn.functional.interpolate(x, size=(2, 2)).zero_()
    return x.tolist()


@program
def mark_dirty_of_a_view(lib):
    class Times3(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            x.mul_(3)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx, g):
            return g * 3

    x = leaf(lib, 1.0, 2.0, 3.0)
    y = x * 1
    Times3.apply(y[:2])
    y.sum().backward()
    return [y.tolist(), x.grad.tolist()]


@program
def retained_gradients_are_their_own(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x * 1
    z = y + 1
    y.retain_grad()
    z.retain_grad()
    seed = lib.ones(2, dtype=lib.float64)
    z.backward(seed)
    y.grad.mul_(5)
    return [y.grad.tolist(), z.grad.tolist(), seed.tolist()]


@program
def reversed_gradient_of_a_written_base(lib):
    class Reverse(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.view_as(x)

        @staticmethod
        def backward(ctx, g):
            return -g

    x = leaf(lib, 1.0, 2.0)
    y = x * 1
    z = Reverse.apply(y)
    y *= 3
    z.sum().backward()


@program
def reversed_gradient(lib):
    class Reverse(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x, alpha):
            ctx.alpha = alpha
            return x.view_as(x)

        @staticmethod
        def backward(ctx, grad_output):
            return grad_output.neg() * ctx.alpha, None

    x = leaf(lib, 1.0, 2.0)
    (Reverse.apply(x * x, 0.5) + x).sum().backward()
    return x.grad.tolist()


@program
def gradients_in_the_wrong_order(lib):
    class Scale(lib.autograd.Function):
        @staticmethod
        def forward(ctx, factor, x):
            ctx.factor = factor
            return x * factor

        @staticmethod
        def backward(ctx, g):
            return g * ctx.factor, None

    x = leaf(lib, 1.0, 2.0)
    Scale.apply(3.0, x).sum().backward()


@program
def free_names_on_ctx(lib):
    class Named(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.name, ctx.shape, ctx.size = "scale", x.shape, 3
            return x * ctx.size

        @staticmethod
        def backward(ctx, g):
            assert (ctx.name, tuple(ctx.shape)) == ("scale", (2,))
            return g * ctx.size

    x = leaf(lib, 1.0, 2.0)
    Named.apply(x).sum().backward()
    return x.grad.tolist()


@program
def numpy_where_nothing_is_recorded(lib):
    x = leaf(lib, 1.0, 2.0)
    with lib.no_grad():
        inside = x.numpy().tolist()
    return inside


@program
def backward_of_several_tensors(lib):
    x = leaf(lib, 1.0, 2.0)
    lib.autograd.backward([(x * x).sum(), (3 * x).sum()])
    y = x * x
    lib.autograd.backward([y], [lib.ones(2, dtype=lib.float64)])
    return x.grad.tolist()


@program
def a_gradient_of_another_shape_is_refused(lib):
    x = leaf(lib, 1.0, 2.0)
    x.grad = lib.zeros(5, 2, dtype=lib.float64)


@program
def a_gradient_that_is_no_tensor_is_refused(lib):
    leaf(lib, 1.0, 2.0).grad = "abc"


@program
def a_base_given_other_memory_leaves_its_views(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x * 1
    v = y[:1]
    y.data = lib.tensor([10.0, 20.0], dtype=lib.float64)
    with lib.no_grad():
        v *= 3
    return [v.tolist(), y.tolist()]


@program
def a_leaf_made_of_a_view_refuses_writes(lib):
    z = lib.zeros(3, dtype=lib.float64)
    v = z[:2]
    v.requires_grad_()
    v += 1


@program
def a_decorated_generator_is_closed_under_its_mode(lib):
    seen = []

    @lib.no_grad()
    def steps():
        try:
            yield 1
            yield 2
        except KeyError:
            seen.append(lib.is_grad_enabled())
            yield 3
        finally:
            seen.append(lib.is_grad_enabled())

    first = steps()
    next(first)
    thrown = first.throw(KeyError())
    first.close()
    return [thrown, seen, lib.is_grad_enabled()]


# --- the shape of the tensor itself is changed ---


@program
def shape_changed_in_place(lib):
    x = lib.zeros(2, 1, 3)
    same = [x.squeeze_() is x, x.unsqueeze_(0) is x, x.transpose_(0, 2) is x, x.squeeze_(1) is x, x.t_() is x]
    x[0, 0] = 5
    shapes = [list(x.swapaxes_(0, 1).shape), list(x.unsqueeze_(-1).shape), list(x.swapdims_(0, 2).shape)]
    return [same, shapes, x.tolist(), list(x.stride()), x.is_contiguous()]


@program
def shape_changed_in_place_keeps_the_memory_of_views(lib):
    x = lib.arange(6).reshape(2, 3)
    row = x[1]
    x.t_()
    row += 10
    x[0] = 7
    return [x.tolist(), row.tolist()]


@program
def an_old_view_of_a_tensor_whose_shape_changed_is_followed(lib):
    x = lib.zeros(2, 3, dtype=lib.float64)
    row, w = x[1], leaf(lib, 1.0, 2.0, 3.0)
    x.unsqueeze_(0)
    row += w * w
    (x * x).sum().backward()
    return [x.tolist(), list(x.shape), x.requires_grad, w.grad.tolist()]


@program
def a_write_after_the_shape_changed_reaches_an_old_view(lib):
    x = lib.ones(2, 3, dtype=lib.float64)
    row, w = x[1], leaf(lib, 2.0, 3.0)
    x.t_()
    x[1] *= w
    (row * row).sum().backward()
    return [row.tolist(), row.requires_grad, w.grad.tolist()]


@program
def a_write_through_a_new_view_reaches_an_old_one(lib):
    x = lib.ones(2, 3, dtype=lib.float64)
    row, w = x[1], leaf(lib, 2.0, 3.0)
    x.t_().unsqueeze_(0)
    new = x[0, 1]
    new *= w
    (row * row).sum().backward()
    return [x.tolist(), row.tolist(), row.requires_grad, w.grad.tolist()]


@program
def the_shape_of_a_result_changed_in_place(lib):
    x = matrix(lib)
    y = x * x
    y.t_().unsqueeze_(0)
    y[0, 1] *= 3
    (y * lib.arange(6, dtype=lib.float64).reshape(1, 3, 2)).sum().backward()
    return [list(y.shape), y.tolist(), x.grad.tolist()]


@program
def the_shape_of_a_view_changed_in_place(lib):
    x = matrix(lib)
    y = x * 2
    part = y[:, 1:]
    part.t_()
    part[0] *= 5
    y.sum().backward()
    return [part.tolist(), y.tolist(), x.grad.tolist()]


@program
def the_shape_of_a_leaf_changed_in_place(lib):
    x = matrix(lib)
    with lib.no_grad():
        x.unsqueeze_(0)
    (x * x).sum().backward()
    return [list(x.shape), x.is_leaf, x.grad.tolist()]


@program
def the_shape_of_a_leaf_changed_in_place_within_the_graph(lib):
    matrix(lib).unsqueeze_(0)


@program
def the_shape_changed_in_place_after_it_was_saved(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x.exp()
    y.unsqueeze_(0)
    y.sum().backward()


@program
def the_shape_of_a_tensor_made_without_a_graph(lib):
    w = leaf(lib, 2.0, 3.0)
    with lib.no_grad():
        x = lib.ones(2, dtype=lib.float64)
        x.unsqueeze_(0)
    x *= w
    (x * x).sum().backward()
    return [x.tolist(), w.grad.tolist()]


@program
def an_unfit_dimension_leaves_the_tensor_as_it_was(lib):
    x = lib.zeros(2, 3)
    for change in (lambda: x.unsqueeze_(5), lambda: x.transpose_(0, 4), lambda: x.squeeze_(3)):
        with contextlib.suppress(IndexError):
            change()
    return [list(x.shape), list(x.squeeze_(0).shape)]
