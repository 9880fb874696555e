"""Draws: repeatable from a seed or a generator of one's own, in range, of the shape asked for and the right mean."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinyconv as tc
from tinyconv.backend import Device, asnumpy

SHAPE = (40, 50)


def _empty(device: Any = "cpu") -> tc.Tensor:
    return tc.zeros(SHAPE, device=device)


# each with its least and largest possible value, mean and standard deviation
DRAWS: dict[str, tuple[Callable[..., tc.Tensor], float, float, float, float]] = {
    "normal_": (lambda x, **g: x.normal_(2.0, 3.0, **g), -np.inf, np.inf, 2.0, 3.0),
    "uniform_": (lambda x, **g: x.uniform_(-1.0, 3.0, **g), -1.0, 3.0, 1.0, 4 / 12**0.5),
    "exponential_": (lambda x, **g: x.exponential_(2.0, **g), 0.0, np.inf, 0.5, 0.5),
    "random_": (lambda x, **g: x.random_(2, 7, **g), 2.0, 6.0, 4.0, 2**0.5),
    "random_ from 0": (lambda x, **g: x.random_(5, **g), 0.0, 4.0, 2.0, 2**0.5),
    "bernoulli_": (lambda x, **g: x.bernoulli_(0.25, **g), 0.0, 1.0, 0.25, 0.1875**0.5),
    "bernoulli": (lambda x, **g: tc.bernoulli(x + 0.25, **g), 0.0, 1.0, 0.25, 0.1875**0.5),
    "bernoulli of p": (lambda x, **g: tc.bernoulli(x, 0.25, **g), 0.0, 1.0, 0.25, 0.1875**0.5),
    "multinomial": (
        lambda x, **g: tc.multinomial(x[:, :2] + tc.tensor([1.0, 3.0]).to(x.device), 50, True, **g),
        0.0, 1.0, 0.75, 0.1875**0.5,
    ),
    "rand_like": (lambda x, **g: tc.rand_like(x, **g), 0.0, 1.0, 0.5, 1 / 12**0.5),
    "randn_like": (lambda x, **g: tc.randn_like(x, **g), -np.inf, np.inf, 0.0, 1.0),
    "randint_like": (lambda x, **g: tc.randint_like(x, 2, 7, **g), 2.0, 6.0, 4.0, 2**0.5),
}  # fmt: skip


@pytest.mark.parametrize("name", DRAWS)
def test_range_shape_and_moments(name: str, device: Device):
    draw, least, most, mean, std = DRAWS[name]
    drawn = draw(_empty(device))
    values = asnumpy(drawn.array).astype(np.float64)
    assert drawn.shape == SHAPE
    assert drawn.device == _empty(device).device
    assert least <= values.min() < values.max() <= most
    assert abs(values.mean() - mean) < 5 * std / values.size**0.5  # once in a million, and the seed is fixed
    assert abs(values.std() / std - 1) < 0.15


@pytest.mark.parametrize("name", DRAWS)
def test_a_seed_or_a_generator_repeats_the_draw(name: str):
    draw = DRAWS[name][0]
    tc.manual_seed(5)
    first = draw(_empty())
    second = draw(_empty())
    assert not tc.equal(first, second)
    tc.manual_seed(5)
    assert tc.equal(draw(_empty()), first)

    state = tc.get_rng_state()
    assert tc.equal(draw(_empty(), generator=tc.Generator().manual_seed(5)), first)
    assert tc.get_rng_state() == state


@pytest.mark.parametrize("name", DRAWS)
def test_what_is_no_generator_is_refused(name: str):
    with pytest.raises(TypeError, match="Generator"):
        DRAWS[name][0](_empty(), generator=5)


def test_without_replacement_no_index_comes_twice(device: Device):
    drawn = tc.multinomial(tc.ones(30, 6, device=device), 6)
    np.testing.assert_array_equal(np.sort(asnumpy(drawn.array), axis=1), np.tile(np.arange(6), (30, 1)))


def test_weight_0_is_not_drawn(device: Device):
    weights = tc.tensor([0.0, 1.0, 0.0, 2.0], device=device)
    assert set(asnumpy(tc.multinomial(weights, 200, replacement=True).array).tolist()) == {1, 3}
    assert set(asnumpy(tc.multinomial(weights, 2).array).tolist()) == {1, 3}


@pytest.mark.parametrize("draw", [lambda: tc.bernoulli(_empty(), 1.5), lambda: _empty().bernoulli_(-0.1)])
def test_what_is_no_probability_is_refused(draw: Callable[[], Any]):
    with pytest.raises(RuntimeError, match="bernoulli") as info:
        draw()
    assert hasattr(info.value, "refusal")


def test_generator_is_given_by_name_alone():
    for function in (tc.bernoulli, tc.multinomial, tc.rand_like, tc.Tensor.normal_, tc.Tensor.uniform_):
        assert inspect.signature(function).parameters["generator"].kind is inspect.Parameter.KEYWORD_ONLY


@pytest.mark.parametrize("hard", [False, True])
def test_gumbel_softmax_draws_the_classes_as_often_as_they_are_likely(hard: bool, device: Device):
    tc.manual_seed(3)
    chances = np.array([0.1, 0.6, 0.3])
    logits = tc.tensor(np.log(chances)).expand(4000, 3).T.to(device).requires_grad_()
    drawn = tc.nn.functional.gumbel_softmax(logits, tau=0.5, hard=hard, dim=0)
    (drawn * tc.arange(3, device=device).reshape(3, 1)).sum().backward()
    values = asnumpy(drawn.detach().array)
    np.testing.assert_allclose(values.sum(0), 1.0, rtol=1e-6)
    often = np.eye(3)[values.argmax(0)].mean(0)
    assert abs(often - chances).max() < 5 * 0.5 / 4000**0.5
    assert np.isin(values.round(9), [0.0, 1.0]).all() == hard
    assert (asnumpy(logits.grad.array) != 0).any()
