"""Around the engine: modes, hooks, functions written by users, and anomaly mode."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import inspect
import math
import operator
import threading
import weakref

import numpy as np
import pytest

import tinyconv as tc
from tests.ops.opcheck import draw, leaf
from tinyconv.autograd import Operation


def scalar(value=2.0):
    return tc.tensor(float(value), dtype=tc.float64, requires_grad=True)


# --- modes ---


def test_no_grad_and_enable_grad_nest():
    assert tc.is_grad_enabled()
    with tc.no_grad():
        assert not tc.is_grad_enabled()
        with tc.enable_grad():
            assert tc.is_grad_enabled()
            with tc.set_grad_enabled(False):
                assert not tc.is_grad_enabled()
            assert tc.is_grad_enabled()
        assert not tc.is_grad_enabled()
    assert tc.is_grad_enabled()


def test_set_grad_enabled_acts_at_once_as_a_call_and_only_inside_as_a_decorator():
    tc.set_grad_enabled(False)
    assert not tc.is_grad_enabled()
    tc.set_grad_enabled(True)
    assert tc.is_grad_enabled()
    for _ in range(2):
        with tc.set_grad_enabled(False):
            assert not tc.is_grad_enabled()
        assert tc.is_grad_enabled()

    @tc.set_grad_enabled(False)
    def inside():
        return tc.is_grad_enabled()

    assert tc.is_grad_enabled()
    assert (inside(), inside(), tc.is_grad_enabled()) == (False, False, True)


def test_one_context_object_may_be_entered_twice():
    context = tc.no_grad()
    with context, tc.enable_grad(), context:
        assert not tc.is_grad_enabled()
    assert tc.is_grad_enabled()


def test_modes_survive_exceptions():
    with pytest.raises(KeyError), tc.no_grad():
        raise KeyError
    assert tc.is_grad_enabled()

    class Broken(Operation):
        def forward(self, x):
            return x * 1

        def grad_x(self, g):
            raise KeyError

    with pytest.raises(KeyError):
        Broken.apply(scalar()).backward()
    assert tc.is_grad_enabled()


def test_decorated_functions_may_recurse():
    @tc.no_grad()
    def depth(n):
        """Go down."""
        assert not tc.is_grad_enabled()
        return 0 if n == 0 else 1 + depth(n - 1)

    assert depth(5) == 5
    assert depth.__doc__ == "Go down."
    assert tc.is_grad_enabled()


def test_decorated_generators_leave_their_caller_s_mode_alone():
    @tc.no_grad()
    def steps():
        received = yield tc.is_grad_enabled()
        yield received, tc.is_grad_enabled()
        return "end"

    generator = steps()
    assert next(generator) is False
    assert tc.is_grad_enabled()
    assert generator.send("hello") == ("hello", False)
    with pytest.raises(StopIteration) as stop:
        next(generator)
    assert stop.value.value == "end"
    assert tc.is_grad_enabled()


def test_a_decorated_generator_gets_what_is_thrown_and_is_closed():
    seen = []

    @tc.no_grad()
    def steps():
        try:
            yield 1
        except KeyError:
            seen.append(("thrown", tc.is_grad_enabled()))
        try:
            yield 2
        finally:
            seen.append(("closed", tc.is_grad_enabled()))

    generator = steps()
    next(generator)
    assert generator.throw(KeyError("x")) == 2
    generator.close()
    assert seen == [("thrown", False), ("closed", False)]
    assert tc.is_grad_enabled()
    with pytest.raises(KeyError, match="at once"):
        steps().throw(KeyError("at once"))


def test_a_decorated_context_manager_sees_the_block_s_error_and_leaves_the_block_its_mode():
    seen = []

    @contextlib.contextmanager
    @tc.no_grad()
    def swallowing():
        try:
            yield tc.is_grad_enabled()
        except ValueError as error:
            seen.append((str(error), tc.is_grad_enabled()))
        finally:
            seen.append("left")

    with swallowing() as inside:
        assert inside is False
        assert tc.is_grad_enabled()
        raise ValueError("from the block")
    assert seen == [("from the block", False), "left"]
    with pytest.raises(KeyError), swallowing():
        raise KeyError("not swallowed")
    assert seen[2:] == ["left"]
    assert tc.is_grad_enabled()


@pytest.mark.parametrize(
    "decorate",
    [lambda f: tc.no_grad()(f), lambda f: tc.no_grad(f), lambda f: tc.set_grad_enabled(False)(f)],
    ids=["no_grad()", "no_grad", "set_grad_enabled"],
)
def test_a_decorated_coroutine_holds_its_mode_across_awaits_and_leaks_it_to_nobody(decorate):
    seen = []

    async def plain(times):
        for _ in range(times):
            seen.append(("plain", tc.is_grad_enabled()))
            await asyncio.sleep(0)

    @decorate
    async def quiet(x):
        """Add."""
        for _ in range(3):
            seen.append(("quiet", (x * 2).requires_grad))
            await asyncio.sleep(0)
        await plain(1)  # awaited by it: its own lines
        return "result"

    async def main():
        x = scalar()
        assert inspect.iscoroutinefunction(quiet)
        results = await asyncio.gather(quiet(x), plain(3), quiet(x))
        assert tc.is_grad_enabled()
        return results

    assert asyncio.run(main()) == ["result", None, "result"]
    assert quiet.__doc__ == "Add."
    assert seen.count(("quiet", False)) == 6
    assert seen.count(("plain", True)) == 3
    assert seen.count(("plain", False)) == 2
    assert len(seen) == 11
    assert tc.is_grad_enabled()


def test_a_decorated_coroutine_is_cancelled_and_fails_in_its_own_mode():
    seen = []

    @tc.no_grad()
    async def waiting():
        try:
            await asyncio.sleep(60)
        finally:
            seen.append(tc.is_grad_enabled())

    @tc.no_grad()
    async def failing():
        await asyncio.sleep(0)
        raise ValueError("from inside")

    async def main():
        task = asyncio.ensure_future(waiting())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(ValueError, match="from inside"):
            await failing()
        assert tc.is_grad_enabled()

    asyncio.run(main())
    assert seen == [False]


def test_a_decorated_async_generator_switches_at_its_own_steps():
    seen = []

    @tc.no_grad()
    async def steps(count):
        try:
            for i in range(count):
                await asyncio.sleep(0)
                try:
                    received = yield i, tc.is_grad_enabled()
                    seen.append(received)
                except KeyError:
                    seen.append(("thrown", tc.is_grad_enabled()))
        finally:
            await asyncio.sleep(0)
            seen.append(("end", tc.is_grad_enabled()))

    async def main():
        async for i, grad in steps(2):
            assert grad is False, i
            assert tc.is_grad_enabled()
        assert seen == [None, None, ("end", False)]
        seen.clear()
        generator = steps(9)
        await generator.asend(None)
        assert await generator.asend("sent") == (1, False)
        assert await generator.athrow(KeyError()) == (2, False)
        await generator.aclose()
        assert tc.is_grad_enabled()

    asyncio.run(main())
    assert seen == ["sent", ("thrown", False), ("end", False)]


def test_modes_belong_to_their_thread():
    seen = []
    with tc.no_grad():
        thread = threading.Thread(target=lambda: seen.append((tc.is_grad_enabled(), (scalar() * 2).requires_grad)))
        thread.start()
        thread.join()
    assert seen == [(True, True)]


def test_nothing_is_recorded_under_no_grad():
    x = scalar()
    with tc.no_grad():
        y = x * 2
    assert (y.requires_grad, y.grad_fn, y.is_leaf) == (False, None, True)


def test_detach_cuts_the_graph_and_shares_memory():
    x = leaf(np.array([3.0]))
    y = x.detach()
    assert not y.requires_grad
    assert np.shares_memory(y.array, x.array)
    (x * y).backward()
    assert x.grad.tolist() == [3.0]


def test_requires_grad_rules():
    assert (tc.ones(1) * 2).requires_grad is False
    with pytest.raises(RuntimeError, match=r"floating point dtype can require gradients, got int64. Use x.float"):
        tc.tensor([1], requires_grad=True)
    y = scalar() * 2
    with pytest.raises(RuntimeError, match=r"leaf variables. Use x.detach"):
        y.requires_grad_(False)
    x = scalar().requires_grad_(False)
    assert not x.requires_grad


# --- hooks ---


def test_hooks_see_and_replace_the_whole_gradient():
    x = scalar(3.0)
    y = x * 2
    seen = []
    y.register_hook(lambda g: seen.append(g.item()))
    y.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: g + 1)
    (y + y * y).backward()
    assert seen == [1 + 2 * 6.0]
    assert x.grad.item() == 13 * 10 * 2 + 1


def test_hooks_of_a_leaf_run_once_for_the_sum():
    x = scalar(3.0)
    seen = []
    x.register_hook(lambda g: seen.append(g.item()))
    (x * x + x).backward()
    assert seen == [7.0]


def test_hooks_can_be_removed_each_by_its_own_handle():
    x = scalar(1.0)
    first = x.register_hook(lambda g: g * 2)
    first.remove()
    second = x.register_hook(lambda g: g * 3)
    first.remove()  # again: must not take off the second
    x.backward()
    assert x.grad.item() == 3.0
    second.remove()
    x.backward()
    assert x.grad.item() == 4.0


def test_a_hook_may_remove_itself():
    x = scalar(1.0)
    handle = x.register_hook(lambda g: handle.remove() or g * 5)
    for expected in (5.0, 6.0):
        x.backward()
        assert x.grad.item() == expected


def test_hooks_work_in_grad_and_with_create_graph():
    x = scalar(3.0)
    y = x * x
    y.register_hook(lambda g: g * 2)
    (g,) = tc.grad(y, x, create_graph=True)
    assert (g.item(), tc.grad(g, x)[0].item()) == (12.0, 4.0)


@pytest.mark.parametrize("bad", [lambda g: g.sum(), lambda g: g.array, lambda g: 3.0])
def test_a_hook_must_keep_the_shape(bad):
    x = leaf(np.ones(2))
    x.register_hook(bad)
    with pytest.raises(RuntimeError, match=r"a hook returned .* for a gradient of shape \(2,\)"):
        x.sum().backward()


def test_hooks_need_a_gradient():
    with pytest.raises(RuntimeError, match="doesn't require gradient"):
        tc.ones(1).register_hook(print)


def test_retain_grad():
    x = scalar(3.0)
    y = x * 2
    y.retain_grad()
    (y * y).backward()
    assert (y.grad.item(), x.grad.item()) == (12.0, 24.0)
    x.retain_grad()  # a leaf keeps its gradient anyhow
    z = x * 2
    (z * 1).backward()
    assert z.grad is None


def test_retain_grad_keeps_no_graph_alive():
    gc.disable()
    try:
        y = scalar() * 2
        y.retain_grad()
        node, tensor = weakref.ref(y.grad_fn), weakref.ref(y)
        del y
        assert (node(), tensor()) == (None, None)
    finally:
        gc.enable()


# --- functions written by users ---


class SinCos(Operation):
    """Two outputs from one input."""

    def forward(self, x):
        s, c = np.sin(x), np.cos(x)
        self.keep(s=s, c=c)
        return s, c

    def grad_x(self, g, s, c):
        return g[0] * c - g[1] * s


def test_two_outputs():
    x = leaf(draw(3))
    assert tc.gradcheck(SinCos.apply, leaf(draw(3)))
    assert tc.gradgradcheck(SinCos.apply, leaf(draw(3)))
    assert tc.gradcheck(lambda x: SinCos.apply(x)[1], leaf(draw(3)))  # only one of them used
    assert tc.gradgradcheck(lambda x: SinCos.apply(x)[0] * 2, leaf(draw(3)))
    s, c = SinCos.apply(x)
    s.sum().backward(retain_graph=True)
    np.testing.assert_allclose(x.grad.numpy(), np.cos(x.detach().numpy()))
    c.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), np.cos(x.detach().numpy()) - np.sin(x.detach().numpy()))


def test_two_scalar_outputs():
    class Extremes(Operation):
        def forward(self, x):
            self.keep(is_high=x == x.max(), is_low=x == x.min())
            return x.max(), x.min()

        def grad_x(self, g, is_high, is_low):
            return g[0] * is_high + g[1] * is_low

    x = leaf(np.array([1.0, 3.0, 2.0]))
    high, low = Extremes.apply(x)
    assert (high.item(), low.item()) == (3.0, 1.0)
    (high * 10).backward()
    assert x.grad.tolist() == [0.0, 10.0, 0.0]


def test_arguments_that_are_no_tensors_and_gradients_that_are_none():
    class ScaledSum(Operation):
        def forward(self, x, factor, y, offset):
            return x * factor + y + offset

        def grad_x(self, g, factor):
            assert self.needs_input_grad == (True, False, False, False)
            return g * factor

    x = leaf(np.ones(2))
    out = ScaledSum.apply(x, 3.0, tc.ones(2, dtype=tc.float64), 1.0)
    assert out.tolist() == [5.0, 5.0]
    out.sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


def test_an_input_whose_gradient_is_none_gets_nothing():
    class First(Operation):
        def forward(self, a, b):
            return a + 0 * b

        def vjp(self, g):
            return [g, None]  # a list will do

    a, b = scalar(), scalar()
    First.apply(a, b).backward()
    assert (a.grad.item(), b.grad) == (1.0, None)


def test_reversing_a_gradient():
    class Reverse(Operation):
        def forward(self, x):
            return x.copy()

        def grad_x(self, g):
            return -g

    x = scalar(3.0)
    (Reverse.apply(x) * x).backward()
    assert x.grad.item() == 0.0


def bad_function(result):
    class Bad(Operation):
        def forward(self, x, y):
            return x + y

        def vjp(self, g):
            return result(g)

    return Bad


@pytest.mark.parametrize(
    ("result", "error", "text"),
    [
        (lambda g: g, RuntimeError, r"Bad returned an incorrect number of gradients \(expected 2, got 1\)"),
        (lambda g: (g, g, g), RuntimeError, r"Bad returned an incorrect number of gradients \(expected 2, got 3\)"),
        (
            lambda g: (g.sum(), g),
            RuntimeError,
            r"gradient of shape \(\) for an input of shape \(2,\).*sum over",
        ),
        (lambda g: (g.array, g), TypeError, "Bad returned a ndarray as a gradient; it must return Tensors"),
        (lambda g: (1.0, g), TypeError, "Bad returned a float"),
    ],
)
def test_wrong_gradients(result, error, text):
    with pytest.raises(error, match=text):
        bad_function(result).apply(leaf(np.ones(2)), leaf(np.ones(2))).sum().backward()


def test_functions_that_lack_a_part():
    class Nothing(Operation):
        pass

    class NoGradient(Operation):
        def forward(self, x):
            return x * 1

    class Unknown(Operation):
        def forward(self, x):
            return x * 1

        def grad_x(self, g, y):
            return g * y

    with pytest.raises(NotImplementedError, match="Nothing must define forward"):
        Nothing.apply(scalar())
    with pytest.raises(NotImplementedError, match=r"NoGradient must define grad_<argument>\(self, g, ...\), or vjp"):
        NoGradient.apply(scalar()).backward()
    with pytest.raises(TypeError, match=r"Unknown: a gradient reads 'y', .*self.keep\(y=...\)"):
        Unknown.apply(scalar())


def test_tensors_cannot_hide_in_keywords():
    class Keyword(Operation):
        def forward(self, x, weight=None):
            return x * 2

    with pytest.raises(TypeError, match="unexpected keyword argument 'weight'"):
        Keyword.apply(scalar(), weight=scalar())


def test_a_function_is_fresh_at_each_use():
    x = leaf(np.ones(2))
    a, b = SinCos.apply(x)[0], SinCos.apply(x * 2)[0]
    assert a.grad_fn is not b.grad_fn
    (a + b).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), np.cos([1.0, 1.0]) + 2 * np.cos([2.0, 2.0]))


# --- anomaly mode ---


def test_anomaly_mode_names_the_operation_that_made_a_nan(device):
    x = tc.tensor([4.0, -1.0], device=device, requires_grad=True)
    with tc.detect_anomaly(), pytest.raises(RuntimeError, match=r"Sqrt made NaN in 1 of 2 values.*\[\(2,\)\]") as info:
        (x * 2).sqrt().sum()
    assert "test_autograd_functions.py" in str(info.value)  # the line of the call
    assert math.isnan((x * 2).sqrt().sum().item())  # outside, nothing is checked


def test_anomaly_mode_lets_a_nan_of_the_inputs_pass():
    with tc.detect_anomaly():
        assert math.isnan((tc.tensor(math.nan) * 2).item())


def test_anomaly_mode_names_the_forward_call_of_a_nan_gradient():
    x = leaf(np.array([0.0, 1.0]))
    with tc.detect_anomaly():
        y = (x.sqrt() * tc.tensor([0.0, 1.0])).sum()  # slope of the root at 0: inf, times 0
        with pytest.raises(RuntimeError, match=r"made NaN in the gradient of its input 0") as info:
            y.backward()
    assert "x.sqrt()" in str(info.value)


def test_anomaly_mode_finds_raw_writes():
    x = leaf(np.ones(3))
    with tc.detect_anomaly():
        y = x.exp()
        y.array[0] = 100.0
        with pytest.raises(RuntimeError, match=r"Exp saved an array of shape .* written to before backward"):
            y.sum().backward()


def test_anomaly_mode_runs_every_kind_of_result():
    x = leaf(draw(2, 3))
    with tc.detect_anomaly():
        loss = (tc.maximum(x.sum(), 0.5) * x.max(1).values + x.mean() * tc.where(x[0, 0] > 0, x[0, 0], 1.0)).prod()
        (g,) = tc.grad(loss, x, create_graph=True)
        tc.grad(g.sum(), x)
    assert not tc.autograd.mode._mode.anomaly


# --- the forms of PyTorch ---


def test_no_grad_decorates_without_parentheses():
    @tc.no_grad
    def double(x):
        return x * 2

    @tc.enable_grad
    def triple(x):
        return x * 3

    assert not double(scalar()).requires_grad
    assert double.__name__ == "double"
    assert (scalar() * 2).requires_grad
    with tc.no_grad():
        assert triple(scalar()).requires_grad


def test_a_walk_towards_few_targets_leaves_the_graph_as_it_was():
    """What a targeted walk asks for is the walk's, not the node's: another walk may be under way."""
    a, b = tc.randn(3, requires_grad=True), tc.randn(3, requires_grad=True)
    y = (a * b).sum()
    failures = []

    def walk(target, other):
        for _ in range(300):
            (g,) = tc.grad(y, target, retain_graph=True)
            if not np.array_equal(g.numpy(), other.detach().numpy()):
                failures.append(g)

    threads = [threading.Thread(target=walk, args=pair) for pair in ((a, b), (b, a))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    ga, gb = tc.grad(y, [a, b])
    assert np.array_equal(ga.numpy(), b.detach().numpy())
    assert np.array_equal(gb.numpy(), a.detach().numpy())


def test_forward_must_not_return_a_list():
    class Listed(Operation):
        def forward(self, x):
            return [x, x]

    with pytest.raises(TypeError, match=r"Listed\.forward returned a list; return an array, or a tuple of arrays"):
        Listed.apply(tc.ones(1))


def test_only_numbers_become_tensors():
    for array in (np.array(["a"]), np.array([1j])):
        with pytest.raises(TypeError):
            tc.as_tensor(array)
        with pytest.raises(TypeError):
            tc.from_numpy(array)


def test_a_gradient_reads_arguments_by_keyword_alone():
    class Scale(Operation):
        def forward(self, x, *, factor=3.0):
            return x * factor

        def grad_x(self, g, factor):
            return g * factor

    x = tc.ones(2, requires_grad=True)
    Scale.apply(x).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


def test_forward_need_not_be_a_function():
    class Odd(Operation):
        forward = staticmethod(operator.neg)

        def vjp(self, g):
            return (g * 5,)

    x = tc.ones(2, requires_grad=True)
    Odd.apply(x).sum().backward()
    assert x.grad.tolist() == [5.0, 5.0]


def test_a_gradient_reads_defaults_but_no_rest_of_the_arguments():
    class Scale(Operation):
        def forward(self, x, factor=3.0):
            return x * factor

        def grad_x(self, g, factor):
            return g * factor

    class Total(Operation):
        def forward(self, *arrays):
            return sum(arrays)

        def vjp(self, g, arrays):
            return tuple(g for _ in arrays)

    x = scalar(1.0)
    Scale.apply(x).backward()
    assert x.grad.item() == 3.0
    with pytest.raises(TypeError, match="a gradient reads 'arrays'"):
        Total.apply(x, x)


def test_an_operation_that_hands_its_input_through_shares_its_memory():
    class Same(Operation):
        def forward(self, x):
            return x

        def grad_x(self, g):
            return g

    h = scalar(2.0) * 1
    y, square = Same.apply(h), h * h
    with tc.no_grad():
        y.fill_(0.0)
    with pytest.raises(RuntimeError, match="modified by an inplace operation: Mul saved"):
        square.backward()
    with pytest.raises(RuntimeError, match="gave one of its inputs back as its output"):
        y += 1


def test_names_that_mean_something_else_are_refused():
    for name in ("shape", "out"):
        with pytest.raises(TypeError, match=f"'{name}' cannot be an argument's name"):
            exec(f"class Taken(Operation):\n    def forward(self, x, {name}): return x", {"Operation": Operation})

    class Joint(Operation):
        def forward(self, x):
            return x * 1

        def vjp(self, g, shape):
            return g

    with pytest.raises(TypeError, match="Joint: a gradient reads 'shape'"):
        Joint.apply(scalar())


def test_a_gradient_on_another_device_is_refused():
    class Stray(tc.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g.cpu() * 2

    x = tc.ones(2, device="strict", requires_grad=True)
    with pytest.raises(RuntimeError, match="a gradient came on cpu for a tensor on strict:0"):
        Stray.apply(x).sum().backward()
    x.register_hook(lambda g: g.cpu())
    with pytest.raises(RuntimeError, match="a gradient came on cpu for a tensor on strict:0"):
        x.sum().backward()
