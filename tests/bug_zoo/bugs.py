"""A zoo of bugs: mistakes that real frameworks made, put into tinyconv one at a time.

Each entry says who made the mistake, what it breaks, how to make it here (``inject``), a small computation
that shows the difference (``symptom``), a check that fails because of it, and the tests of the suite
that catch it.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import pytest

import tinyconv as tc
from tinyconv.kernels import conv_simple
from tinyconv.kernels import geometry as geometries
from tinyconv.kernels import pool as pool_kernels
from tinyconv.nn import functional as F
from tinyconv.optim.adam import Adam, AdamW

from . import checks

# by name, as tinyconv.ops.conv and some others are functions too
columns, conv, indexing, loss, norm, pool = (
    import_module(f"tinyconv.ops.{name}") for name in ("columns", "conv", "indexing", "loss", "norm", "pool")
)
operation, walk = (import_module(f"tinyconv.autograd.{name}") for name in ("operation", "backward"))


@dataclass(frozen=True)
class Bug:
    """One mistake.

    Attributes
    ----------
    name : str
        What was done wrong, in a few words.
    source : str
        Who did it: a framework and, where there is one, its issue.
    broken : str
        What a user sees.
    inject : callable
        ``inject(patch)`` puts the bug in; ``patch`` is a ``pytest.MonkeyPatch``, whose undo takes it out.
    symptom : callable
        A small computation whose result the bug changes.
    check : callable
        Passes without the bug and raises with it.
    suite : tuple of str
        Arguments for pytest: tests of this suite that fail with the bug.
    """

    name: str
    source: str
    broken: str
    inject: Callable[[pytest.MonkeyPatch], None]
    symptom: Callable[[], Any]
    check: Callable[[], None]
    suite: tuple[str, ...]


BUGS: list[Bug] = []


def bug(**fields: Any) -> Callable[[Callable], Callable]:
    """Enter the decorated injection into the zoo."""

    def enter(inject: Callable[[pytest.MonkeyPatch], None]) -> Callable:
        BUGS.append(Bug(inject=inject, **fields))
        return inject

    return enter


def wrap(patch: pytest.MonkeyPatch, owner: Any, name: str, broken: Callable) -> None:
    """Replace a function by ``broken(original, *its arguments)``."""
    patch.setattr(owner, name, functools.partial(broken, getattr(owner, name)))


def wrap_gradient(patch: pytest.MonkeyPatch, owner: type, name: str, broken: Callable) -> None:
    """Replace a gradient method of an operation, which remembers the methods it has called."""
    patch.setattr(owner, name, broken)
    patch.setattr(owner, "_plans", {})


# --- small computations that the symptoms share ---------------------------------------------------


def ramp(*shape: int) -> tc.Tensor:
    """0, 1, 2, ... in some shape."""
    return tc.arange(int(np.prod(shape))).reshape(shape).double().requires_grad_()


def input_gradient(x: tc.Tensor, w: tc.Tensor, **options: Any) -> Any:
    """What arrives at the input when the output's sum goes back."""
    x = x.detach().requires_grad_()
    F.conv2d(x, w, **options).sum().backward()
    return x.grad


def after_one_step(rule: type, gradient: float, **options: Any) -> tc.Tensor:
    w = tc.tensor([10.0], requires_grad=True)
    w.grad = tc.tensor([gradient])
    rule([w], lr=0.1, **options).step()
    return w.detach()


# --- convolution ----------------------------------------------------------------------------------


@bug(
    name="col2im assigns where it must add",
    source="PyDyNet, the input gradient of conv2d",
    broken="Where windows overlap, the input gradient keeps the last window's part alone. Training still moves, "
    "as the layer's own weights are right: every earlier layer suffers.",
    symptom=lambda: F.fold(tc.ones(1, 2, 2), (1, 3), (1, 2)),
    check=checks.col2im_overlap,
    suite=("tests/ops/test_unfold.py::test_first_and_second_derivatives",),
)
def assign_in_col2im(patch: pytest.MonkeyPatch) -> None:
    def col2im(col: np.ndarray, input_size: tuple, kernel_size: tuple, geometry: Any) -> np.ndarray:
        output = geometry.output_size(input_size, kernel_size)
        taps = col.reshape((len(col), -1, *kernel_size, *output))
        size = [i + lo + hi for i, (lo, hi) in zip(input_size, geometry.padding)]
        padded = np.zeros((*taps.shape[:2], *size), col.dtype)
        for tap in itertools.product(*map(range, kernel_size)):
            cells = [
                slice(t * d, t * d + (o - 1) * s + 1, s)
                for t, d, o, s in zip(tap, geometry.dilation, output, geometry.stride)
            ]
            padded[(..., *cells)] = taps[(slice(None), slice(None), *tap)]  # the bug: it should be +=
        return padded[(..., *[slice(lo, lo + i) for i, (lo, _) in zip(input_size, geometry.padding)])]

    patch.setattr(conv_simple, "col2im", col2im)
    patch.setattr(columns, "col2im", col2im)


@bug(
    name="padding of height and width swapped",
    source="PyTorch's padding_mode (pytorch#37844); np-conv2d (PR 2) swapped the sizes",
    broken="padding=(2, 0) pads the columns. Square images with square padding never show it.",
    symptom=lambda: F.conv2d(ramp(1, 1, 3, 3), ramp(1, 1, 2, 2), padding=(1, 0)).shape,
    check=checks.uneven_padding,
    suite=("tests/ops/test_conv.py::test_equals_the_loops_on_every_device", "-k", "cpu"),
)
def swap_height_and_width(patch: pytest.MonkeyPatch) -> None:
    def swapped(original: Callable, *args: Any, **kwargs: Any) -> Any:
        geometry = original(*args, **kwargs)
        return geometry._replace(padding=geometry.padding[::-1])

    wrap(patch, conv, "conv_geometry", swapped)


@bug(
    name="the odd zero of 'same' on the wrong side",
    source="hand-written 'same' paddings; TensorFlow and PyTorch agree on the end",
    broken="With an even kernel the whole picture moves by one cell; the shape is right.",
    symptom=lambda: F.conv1d(ramp(1, 1, 3), ramp(1, 1, 2), padding="same"),
    check=checks.even_kernel_same,
    suite=("tests/ops/test_conv.py::test_same_pads_the_odd_cell_at_the_end",),
)
def same_the_other_way(patch: pytest.MonkeyPatch) -> None:
    def turned(original: Callable, *args: Any) -> Any:
        return tuple(pair[::-1] for pair in original(*args))

    wrap(patch, geometries, "_same_padding", turned)


@bug(
    name="kernel flipped in the input gradient",
    source="hand-written backward passes that mix up convolution and cross-correlation",
    broken="The gradient is right for symmetric kernels (blur, Laplace) and wrong for all others.",
    symptom=lambda: input_gradient(ramp(1, 1, 3, 3), ramp(1, 1, 2, 2)),
    check=checks.asymmetric_kernel,
    suite=("tests/ops/test_conv.py::test_first_and_second_derivatives",),
)
def flip_in_input_gradient(patch: pytest.MonkeyPatch) -> None:
    def flipped(original: Callable, gy: Any, w: Any, *rest: Any) -> Any:
        return original(gy, w[(..., *[slice(None, None, -1)] * (w.ndim - 2))], *rest)

    wrap(patch, conv, "convolve_input_grad", flipped)


@bug(
    name="dilation ignored in the input gradient",
    source="gradient checks that only ever used dilation=1 (as Odyssey's only used padding=0, Odyssey#3817)",
    broken="The forward pass spreads the taps, the backward pass does not.",
    symptom=lambda: input_gradient(ramp(1, 1, 3, 3), ramp(1, 1, 2, 2), dilation=2),
    check=checks.dilated_gradients,
    suite=("tests/ops/test_conv.py::test_first_and_second_derivatives",),
)
def forget_dilation(patch: pytest.MonkeyPatch) -> None:
    def undilated(original: Callable, gy: Any, w: Any, geometry: Any, size: tuple, *rest: Any) -> Any:
        extra = [(d - 1) * (k - 1) for d, k in zip(geometry.dilation, w.shape[2:])]
        close = geometry._replace(dilation=(1,) * geometry.ndim)
        gx = original(gy, w, close, tuple(i - e for i, e in zip(size, extra)), *rest)
        return np.pad(gx, [(0, 0), (0, 0), *[(0, e) for e in extra]])

    wrap(patch, conv, "convolve_input_grad", undilated)


@bug(
    name="groups mixed up",
    source="reshapes of (groups, channels/groups) done as (channels/groups, groups)",
    broken="Group i gets channels i, i + g, i + 2g, ... instead of a block of neighbours. Depthwise "
    "convolution, where both are the same, works.",
    symptom=lambda: F.conv1d(ramp(1, 4, 1), tc.tensor([[[1.0], [1.0]], [[1.0], [1.0]]]).double(), groups=2),
    check=checks.grouped_value,
    suite=("tests/ops/test_conv.py::test_equals_the_loops_on_every_device", "-k", "cpu"),
)
def mix_groups(patch: pytest.MonkeyPatch) -> None:
    def mixed(original: Callable, x: Any, w: Any, geometry: Any, *rest: Any) -> Any:
        order = np.arange(x.shape[1]).reshape(-1, geometry.groups).T.reshape(-1)
        return original(x[:, order], w, geometry, *rest)

    wrap(patch, conv, "convolve", mixed)


@bug(
    name="bias gradient summed over the wrong axes",
    source="code for (N, H, W, C) used on (N, C, H, W)",
    broken="Where the output is as wide as it has channels the shapes fit, and the bias learns columns.",
    symptom=lambda: conv._sum_per_channel(ramp(1, 2, 2, 2)),
    check=checks.square_output_bias,
    suite=("tests/ops/test_conv.py::test_first_and_second_derivatives",),
)
def sum_bias_over_wrong_axes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(conv, "_sum_per_channel", lambda grad: grad.sum(tuple(range(grad.ndim - 1))))


@bug(
    name="output_padding ignored",
    source="sizes worked out without it (questions such as pytorch#8816 and #6417)",
    broken="A decoder with stride 2 comes out one row short, and does not line up with its encoder.",
    symptom=lambda: F.conv_transpose1d(ramp(1, 1, 2), ramp(1, 1, 3), stride=2, output_padding=1).shape,
    check=checks.output_padding_size,
    suite=("tests/ops/test_conv_transpose.py::test_equals_the_loops_on_every_device", "-k", "cpu"),
)
def ignore_output_padding(patch: pytest.MonkeyPatch) -> None:
    def ignorant(original: Callable, geometry: Any, size: tuple, kernel: tuple, extra: Any, *rest: Any) -> Any:
        return original(geometry, size, kernel, 0, *rest)

    wrap(patch, conv, "transposed_geometry", ignorant)


# --- pooling --------------------------------------------------------------------------------------


@bug(
    name="max pooling padded with 0",
    source="DeZero, PyDyNet",
    broken="Where all numbers near the border are negative, the padding wins.",
    symptom=lambda: F.max_pool1d(tc.tensor([[[-1.0, -2.0]]]), 2, stride=1, padding=1),
    check=checks.pooling_of_negative_numbers,
    suite=("tests/ops/test_pool.py::test_padding_never_wins_over_negative_numbers",),
)
def pad_max_pool_with_zeros(patch: pytest.MonkeyPatch) -> None:
    def padded(original: Callable, x: np.ndarray, geometry: Any, with_taps: bool = True) -> Any:
        larger = np.pad(x, [(0, 0), (0, 0), *geometry.padding])
        none = ((0, 0),) * len(geometry.padding)
        return original(larger, geometry._replace(input_size=larger.shape[2:], padding=none), with_taps)

    wrap(patch, pool_kernels, "max_pool", padded)


@bug(
    name="ceil_mode keeps a window that starts in the padding",
    source="Torch7 after Caffe (torch/nn#116), PyTorch (#45357); Chainer's cover_all means to",
    broken="One window too many, filled with -inf.",
    symptom=lambda: F.max_pool1d(tc.tensor([[[1.0, 2.0, 3.0]]]), 1, stride=3, ceil_mode=True),
    check=checks.ceil_mode_drops_the_window_that_starts_in_padding,
    suite=("tests/ops/test_pool.py::test_cover_all_may_give_a_window_wholly_in_padding_and_ceil_mode_does_not",),
)
def keep_the_last_window(patch: pytest.MonkeyPatch) -> None:
    def cover_all(original: Callable, *args: Any, **kwargs: Any) -> Any:
        head, (ceil_mode, cover), tail = args[:5], args[5:7], args[7:]
        return original(*head, False, ceil_mode or cover, *tail, **kwargs)

    wrap(patch, pool, "pool_geometry", cover_all)


@bug(
    name="NaN lost in max pooling",
    source="PyTorch until 2018 (pytorch#7645)",
    broken="NaN loses every comparison, so a network that has diverged looks healthy from here on.",
    symptom=lambda: F.max_pool1d(tc.tensor([[[1.0, np.nan]]]), 2),
    check=checks.nan_wins_a_pooling,
    suite=("tests/ops/test_pool.py::test_nan_wins_and_takes_the_gradient[cpu]",),
)
def lose_nan(patch: pytest.MonkeyPatch) -> None:
    def blind(original: Callable, x: np.ndarray, geometry: Any, with_taps: bool = True) -> Any:
        return original(np.where(np.isnan(x), -np.inf, x).astype(x.dtype), geometry, with_taps)

    wrap(patch, pool_kernels, "max_pool", blind)


@bug(
    name="padding counted in the average",
    source="libraries that have no count_include_pad, read by models that set it to False",
    broken="Averages near the border are too small.",
    symptom=lambda: F.avg_pool1d(ramp(1, 1, 2), 2, stride=1, padding=1, count_include_pad=False),
    check=checks.average_without_the_padding,
    suite=("tests/ops/test_pool.py::test_avg_pool_equals_the_loops", "-k", "cpu"),
)
def count_the_padding(patch: pytest.MonkeyPatch) -> None:
    def counting(original: Callable, geometry: Any, xp: Any, dtype: Any, include: bool, divisor: Any) -> Any:
        return original(geometry, xp, dtype, True, divisor)

    wrap(patch, pool_kernels, "window_divisor", counting)


# --- the engine -----------------------------------------------------------------------------------


@bug(
    name="broadcasting not undone",
    source="nearly every autograd engine's first version",
    broken="The gradient of a bias has the shape of the batch.",
    symptom=lambda: walk.unbroadcast(ramp(2, 3), (3,)),
    check=checks.broadcast_gradients,
    suite=("tests/ops/test_elementwise.py::test_gradients_of_broadcast_operands_have_their_shapes",),
)
def forget_unbroadcast(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(walk, "unbroadcast", lambda grad, shape: grad)


@bug(
    name="broadcast gradient picked, not summed",
    source="un-broadcasting written to make the shapes fit",
    broken="Shapes are right; the gradient of a bias is that of the first sample.",
    symptom=lambda: walk.unbroadcast(ramp(2, 3), (3,)),
    check=checks.broadcast_gradients,
    suite=("tests/ops/test_elementwise.py::test_binary_broadcasts_and_differentiates", "-k", "cpu and add"),
)
def pick_instead_of_sum(patch: pytest.MonkeyPatch) -> None:
    def pick(grad: tc.Tensor, shape: tuple[int, ...]) -> tc.Tensor:
        lead = (0,) * (grad.ndim - len(shape))
        kept = tuple(slice(0, 1) if n == 1 else slice(None) for n in shape)
        return grad[lead + kept] if lead + kept else grad

    patch.setattr(walk, "unbroadcast", pick)


@bug(
    name="gradient of a tensor used twice overwritten",
    source="the lectures on micrograd, which correct it later (nn-zero-to-hero#52)",
    broken="= instead of +=: of a tensor that was used twice, the last use alone counts.",
    symptom=lambda: tc.grad((lambda x: x * x)(x := ramp(1)[0].detach().requires_grad_() + 3.0), x),
    check=checks.tensor_used_twice,
    suite=("tests/test_autograd.py::test_tensors_used_more_than_once",),
)
def overwrite_gradients(patch: pytest.MonkeyPatch) -> None:
    def overwrite(slots: dict, index: int, gradient: tc.Tensor) -> None:
        slots[index] = gradient

    patch.setattr(walk, "_add", overwrite)


def _aliased() -> Any:
    a, b = (tc.tensor([1.0], requires_grad=True) for _ in range(2))
    ((a + b) * 2).sum().backward()
    a.grad.mul_(10)
    return b.grad


@bug(
    name="two leaves share one gradient array",
    source="engines whose backward of a + b returns one array twice, and whose .grad keeps it",
    broken="Clipping or scaling one parameter's gradient in place changes the other's.",
    symptom=_aliased,
    check=checks.gradients_of_two_leaves_are_two_arrays,
    suite=("tests/test_autograd_writes.py::test_gradients_never_share_memory",),
)
def share_gradients(patch: pytest.MonkeyPatch) -> None:
    def share(leaf: tc.Tensor, received: dict[int, tc.Tensor]) -> None:
        leaf.grad = received[0] if leaf.grad is None else leaf.grad + received[0]

    patch.setattr(walk, "_accumulate", share)


def _stale() -> Any:
    w, x = tc.tensor([1.0, 2.0]), tc.tensor([1.0, 1.0], requires_grad=True)
    y = (x * w).sum()
    w[0] = 100.0
    y.backward()
    return x.grad


@bug(
    name="a change to a saved value goes unnoticed",
    source="Chainer, DeZero, HIPS autograd",
    broken="Writing to a tensor between forward and backward gives the gradient of another function.",
    symptom=_stale,
    check=checks.changed_value_is_noticed,
    suite=("tests/test_autograd_writes.py::test_writing_to_what_was_saved_is_noticed",),
)
def overlook_changes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(operation._Saved, "changed", lambda self: False)


def _twice() -> Any:
    x = tc.tensor(3.0, requires_grad=True)
    y = x * x
    y.backward()
    y.backward()
    return x.grad


@bug(
    name="a second backward silently counts twice",
    source="micrograd (micrograd#53)",
    broken="Calling backward again, by mistake or in a loop, doubles every gradient.",
    symptom=_twice,
    check=checks.second_backward_is_refused,
    suite=("tests/test_autograd.py::test_a_second_backward_says_what_to_do",),
)
def allow_second_backward(patch: pytest.MonkeyPatch) -> None:
    def keep(original: Callable, roots: list, retain_graph: bool, *rest: Any) -> Any:
        return original(roots, True, *rest)

    wrap(patch, walk, "run_backward", keep)


def _deep() -> Any:
    y = tc.tensor(1.0, requires_grad=True)
    for _ in range(5000):
        y = y + 0.0
    return y.backward()


@bug(
    name="the graph is walked by recursion",
    source="micrograd, and most engines of one page",
    broken="RecursionError after some 1,000 operations: a loop over time steps gets there.",
    symptom=_deep,
    check=checks.long_chain,
    suite=("tests/test_autograd.py::test_a_chain_of_100_000_operations",),
)
def walk_by_recursion(patch: pytest.MonkeyPatch) -> None:
    def visit(node: Any, done: dict) -> None:
        for edge in getattr(node, "edges", ()):
            if edge is not None and edge[0] not in done:
                visit(edge[0], done)
        done[node] = None  # after all that it sends to

    def walk_order(roots: Any) -> list[Any]:
        done: dict[Any, None] = {}
        for root in roots:
            if root not in done:
                visit(root, done)
        return list(done)[::-1]

    patch.setattr(walk, "walk_order", walk_order)


@bug(
    name="gradient of a repeated index not added up",
    source="x.grad[index] += g in NumPy, which counts each place once",
    broken="A word that occurs twice in a sentence learns from one of them.",
    symptom=lambda: tc.grad((x := tc.ones(2, requires_grad=True))[[0, 0]].sum(), x),
    check=checks.repeated_index,
    suite=("tests/ops/test_indexing.py::test_repeated_places_accumulate",),
)
def count_places_once(patch: pytest.MonkeyPatch) -> None:
    def forward(self: Any, values: np.ndarray, key: Any, whole: tuple[int, ...]) -> np.ndarray:
        out = np.zeros(whole, values.dtype)
        out[key] += values
        return out

    patch.setattr(indexing.PutItem, "forward", forward)


# --- layers, losses, optimisers -------------------------------------------------------------------


def _norm_gradient() -> Any:
    x = tc.tensor([[1.0], [2.0], [4.0]], requires_grad=True)
    F.batch_norm(x, training=True)[0].sum().backward()
    return x.grad


@bug(
    name="batch norm's backward without the mean",
    source="derivations that take mean and variance for constants",
    broken="The gradient says that adding 1 to all inputs changes the output, which it does not.",
    symptom=_norm_gradient,
    check=checks.batch_norm_gradient,
    suite=("tests/ops/test_norm.py::test_batch_norm", "-k", "cpu"),
)
def forget_the_mean(patch: pytest.MonkeyPatch) -> None:
    def vjp(self: Any, g: Any, x: tc.Tensor, mean: tc.Tensor, var: tc.Tensor, dims: tuple[int, ...], eps: float) -> Any:
        scale = (var + eps).rsqrt()
        z = (x - mean) * scale
        return scale * (g[0] - z * (g[0] * z).mean(dims, keepdim=True)), None, None, None, None

    wrap_gradient(patch, norm.Normalize, "vjp", vjp)


@bug(
    name="ignored labels counted in the mean",
    source="losses that set ignored cells to 0 and then call mean()",
    broken="The more padding a batch has, the smaller its loss and its gradients.",
    symptom=lambda: F.cross_entropy(tc.zeros(2, 2), tc.tensor([1, -100])),
    check=checks.mean_of_what_is_not_ignored,
    suite=("tests/ops/test_loss.py::test_an_ignored_cell_counts_nothing_even_with_infinite_loss",),
)
def count_ignored_labels(patch: pytest.MonkeyPatch) -> None:
    def counting(original: Callable, cells: Any, scale: Any, reduction: str, function: str) -> Any:
        return original(cells, None, reduction, function)

    wrap(patch, loss, "_reduced_by", counting)


@bug(
    name="softmax of large scores overflows",
    source="log(exp(x) / sum(exp(x))) taken literally",
    broken="inf or NaN as soon as a score passes 88 in float32.",
    symptom=lambda: F.cross_entropy(tc.tensor([[1000.0, 0.0]]), tc.tensor([1])),
    check=checks.cross_entropy_of_large_scores,
    suite=("tests/ops/test_loss.py::test_the_loss_of_one_huge_and_one_tiny_score",),
)
def overflow_softmax(patch: pytest.MonkeyPatch) -> None:
    def literally(self: Any, x: np.ndarray, labels: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            e = np.exp(x)
            total = e.sum(1)
            self.keep(peak=None, total=total, exponentials=e)
            return -np.log(np.take_along_axis(e, labels[:, None], axis=1)[:, 0] / total)

    patch.setattr(loss.SoftmaxCrossEntropy, "forward", literally)


@bug(
    name="Adam without bias correction",
    source="ports of Adam that leave out the last lines of the algorithm",
    broken="The first step is three times as long as lr says: 0.1 / sqrt(0.001).",
    symptom=lambda: after_one_step(tc.optim.Adam, 3.0),
    check=checks.first_step_of_adam,
    suite=("tests/golden/test_golden.py", "-k", "adam"),
)
def forget_bias_correction(patch: pytest.MonkeyPatch) -> None:
    original = Adam._update_on_host
    late = 10**9  # by then the corrections are 1
    patch.setattr(Adam, "_update_on_host", lambda self, arrays, step, options: original(self, arrays, late, options))


@bug(
    name="AdamW's decay sent through the running means",
    source="most libraries before Loshchilov and Hutter (2017)",
    broken="Weight decay is divided by the size of the gradients, so it does what lr does and not what it says.",
    symptom=lambda: after_one_step(tc.optim.AdamW, 3.0, weight_decay=0.5),
    check=checks.decay_of_adamw,
    suite=("tests/golden/test_golden.py", "-k", "adamw"),
)
def couple_weight_decay(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(AdamW, "_decoupled_weight_decay", False)
