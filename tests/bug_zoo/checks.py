"""Small checks, each of which one bug of the zoo must not pass.

A check takes nothing, and raises when something is wrong.  It compares with a number worked out by hand,
with plain loops, or with differences of the function's own values.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import tinyconv as tc
from tests.kernels.slow_conv import slow_convolve, slow_input_grad
from tinyconv.kernels.conv_simple import simple_input_grad
from tinyconv.kernels.geometry import conv_geometry
from tinyconv.nn import functional as F


def leaf(*shape: int, seed: int = 0) -> tc.Tensor:
    values = np.random.default_rng(seed).standard_normal(shape)
    return tc.as_tensor(values).requires_grad_()


def equal(actual: tc.Tensor | None, expected: Any) -> None:
    assert actual is not None
    np.testing.assert_allclose(actual.detach().numpy(), expected, rtol=1e-6, atol=1e-9)


def refused(function: Callable[[], Any], text: str) -> None:
    message = "no error"
    try:
        function()
    except RuntimeError as error:
        message = str(error)
    assert text in message, message


# --- convolution ----------------------------------------------------------------------------------


def conv_value(x_shape: tuple[int, ...], w_shape: tuple[int, ...], **options: Any) -> None:
    """A convolution's numbers against one loop per index."""
    x, w = leaf(*x_shape), leaf(*w_shape, seed=1)
    geometry = conv_geometry(w_shape[2:], **options)
    equal(F.conv2d(x, w, **options), slow_convolve(x.array, w.array, geometry))


def conv_gradients(x_shape: tuple[int, ...], w_shape: tuple[int, ...], **options: Any) -> None:
    """A convolution's three gradients against differences."""
    inputs = [leaf(*x_shape), leaf(*w_shape, seed=1), leaf(w_shape[0], seed=2)]
    tc.gradcheck(lambda x, w, b: F.conv2d(x, w, b, **options), inputs)


def uneven_padding() -> None:
    conv_value((1, 2, 5, 6), (3, 2, 3, 3), padding=(2, 0))


def even_kernel_same() -> None:
    equal(F.conv1d(tc.tensor([[[1.0, 2.0, 3.0]]]), tc.tensor([[[1.0, 10.0]]]), padding="same"), [[[21, 32, 3]]])


def grouped_value() -> None:
    conv_value((1, 4, 4, 4), (4, 2, 3, 3), groups=2)


def overlapping_windows() -> None:
    conv_gradients((2, 2, 5, 4), (3, 2, 3, 3))


def asymmetric_kernel() -> None:
    conv_gradients((1, 1, 4, 4), (1, 1, 2, 3), stride=2)


def dilated_gradients() -> None:
    conv_gradients((1, 1, 7, 6), (2, 1, 3, 2), dilation=2)


def square_output_bias() -> None:
    conv_gradients((2, 1, 5, 5), (3, 1, 3, 3))


def col2im_overlap() -> None:
    """The input gradient by im2col, as on a GPU, where windows overlap; and fold."""
    gy, w, geometry = leaf(1, 1, 3, 3).array, leaf(1, 1, 3, 3, seed=1).array, conv_geometry((3, 3))
    np.testing.assert_allclose(simple_input_grad(gy, w, geometry, (5, 5)), slow_input_grad(gy, w, geometry, (5, 5)))
    tc.gradcheck(lambda x: F.unfold(x, 2), leaf(1, 1, 3, 3))


def output_padding_size() -> None:
    y = F.conv_transpose2d(leaf(1, 1, 4, 4), leaf(1, 1, 3, 3), stride=2, padding=1, output_padding=1)
    assert y.shape == (1, 1, 8, 8), f"(4 - 1)*2 - 2*1 + (3 - 1) + 1 + 1 = 8, not {y.shape[-1]}"


# --- pooling --------------------------------------------------------------------------------------


def pooling_of_negative_numbers() -> None:
    y = F.max_pool2d(tc.tensor([[[[-1.0, -2.0], [-3.0, -4.0]]]]), 2, stride=1, padding=1)
    equal(y, [[[[-1, -1, -2], [-1, -1, -2], [-3, -3, -4]]]])


def ceil_mode_drops_the_window_that_starts_in_padding() -> None:
    x = tc.tensor([[[1.0, 2.0, 3.0]]])
    equal(F.max_pool1d(x, 2, stride=3, padding=1, ceil_mode=True), [[[1, 3]]])
    equal(F.max_pool1d(x, 1, stride=3, ceil_mode=True), [[[1]]])


def nan_wins_a_pooling() -> None:
    equal(F.max_pool1d(tc.tensor([[[1.0, math.nan]]]), 2), [[[math.nan]]])


def average_without_the_padding() -> None:
    x = tc.tensor([[[3.0, 5.0]]])
    equal(F.avg_pool1d(x, 2, stride=1, padding=1, count_include_pad=False), [[[3, 4, 5]]])


# --- the engine -----------------------------------------------------------------------------------


def broadcast_gradients() -> None:
    tc.gradcheck(lambda a, b: a * b + b, [leaf(2, 3), leaf(3, seed=1)])
    tc.gradcheck(lambda a, b: a / b, [leaf(2, 3), leaf(2, 1, seed=1)])


def tensor_used_twice() -> None:
    x = tc.tensor(3.0, requires_grad=True)
    y = x * x  # used twice below
    (y + y * x).backward()  # x**2 + x**3, whose derivative is 2*3 + 3*9
    equal(x.grad, 33)


def gradients_of_two_leaves_are_two_arrays() -> None:
    a, b = tc.tensor([1.0], requires_grad=True), tc.tensor([2.0], requires_grad=True)
    ((a + b) * 2).sum().backward()
    assert a.grad is not None
    a.grad.mul_(10)
    equal(b.grad, [2])


def changed_value_is_noticed() -> None:
    w, x = tc.tensor([1.0, 2.0]), tc.tensor([1.0, 1.0], requires_grad=True)
    y = (x * w).sum()
    w[0] = 100.0
    refused(y.backward, "modified by an inplace operation")


def second_backward_is_refused() -> None:
    x = tc.tensor(3.0, requires_grad=True)
    y = x * x
    y.backward()
    refused(y.backward, "second time")


def long_chain() -> None:
    x = y = tc.tensor(1.0, requires_grad=True)
    for _ in range(5000):
        y = y + 0.0
    y.backward()
    equal(x.grad, 1)


def repeated_index() -> None:
    x = tc.tensor([1.0, 2.0, 3.0], requires_grad=True)
    x[[0, 0, 2]].sum().backward()
    equal(x.grad, [2, 0, 1])


# --- layers, losses, optimisers -------------------------------------------------------------------


def batch_norm_gradient() -> None:
    tc.gradcheck(lambda x: F.batch_norm(x, training=True), leaf(4, 2))


def mean_of_what_is_not_ignored() -> None:
    scores, labels = tc.tensor([[0.0, 0.0], [5.0, 0.0]]), tc.tensor([1, -100])
    equal(F.cross_entropy(scores, labels), math.log(2))


def cross_entropy_of_large_scores() -> None:
    equal(F.cross_entropy(tc.tensor([[1000.0, 0.0]]), tc.tensor([1])), 1000)


def first_step_of_adam() -> None:
    """m/(1 - b1) = g and v/(1 - b2) = g**2: the first step is ``lr`` whatever the gradient."""
    w = tc.tensor([5.0], requires_grad=True)
    optimizer = tc.optim.Adam([w], lr=0.1)
    w.grad = tc.tensor([3.0])
    optimizer.step()
    equal(w, [4.9])


def decay_of_adamw() -> None:
    """Without a gradient the weight shrinks by ``lr * weight_decay``, and that is all."""
    w = tc.tensor([10.0], requires_grad=True)
    optimizer = tc.optim.AdamW([w], lr=0.1, weight_decay=0.5)
    w.grad = tc.tensor([0.0])
    optimizer.step()
    equal(w, [9.5])
