"""What the functions on tensors say of wrong arguments: the function, the argument, and what was given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import tinyconv as tc

x = tc.tensor([[3.0, -1.0, 2.0], [0.5, 4.0, -2.5]])


@pytest.mark.parametrize(
    ("call", "function", "argument"),
    [
        (lambda: tc.mm([[1.0]], x), "mm", "input"),
        (lambda: tc.cumsum(x, 0.0), "cumsum", "dim"),
        (lambda: tc.cumsum(x, 0, dtype="complex64"), "cumsum", "dtype"),
        (lambda: tc.sort(x, descending=1), "sort", "descending"),
        (lambda: tc.topk(x, 1.0), "topk", "k"),
        (lambda: tc.gather(x, 0, [[0]]), "gather", "index"),
        (lambda: tc.index_fill(x, 0, tc.tensor([0]), "1"), "index_fill", "value"),
        (lambda: tc.roll(x, 1.5), "roll", "shifts"),
        (lambda: tc.hstack(x), "hstack", "tensors"),
        (lambda: tc.einsum(x, x), "einsum", "equation"),
        (lambda: tc.lerp(x, x, "0.5"), "lerp", "weight"),
        (lambda: tc.logical_and(x, True), "logical_and", "other"),
        (lambda: tc.multinomial(x, 1, replacement=0), "multinomial", "replacement"),
        (lambda: tc.empty_like([1.0]), "empty_like", "input"),
        (lambda: x.where(True, 0.0), "where", "condition"),
        (lambda: x.fmod_("2"), "fmod_", "other"),
        (lambda: x.tril_(1.5), "tril_", "diagonal"),
        (lambda: tc.Tensor.floor_([1.5]), "floor_", "input"),
        (lambda: x.uniform_("0"), "uniform_", "low"),
    ],
)
def test_a_wrong_argument_is_named(call: Callable[[], Any], function: str, argument: str):
    with pytest.raises(TypeError, match=rf"^{function}: argument '{argument}'"):
        call()


def test_where_as_a_method():
    assert tc.equal(x.where(x > 0, 0.0), tc.tensor([[3.0, 0.0, 2.0], [0.5, 4.0, 0.0]]))
    assert tc.Tensor.where.__name__ == "where"
    assert tc.Tensor.where.__doc__


def test_methods_in_place_have_their_own_names():
    for name in ("floor_", "tril_", "masked_fill_", "fmod_", "scatter_add_", "index_put_"):
        assert getattr(tc.Tensor, name).__name__ == name


def test_numpys_names_of_arguments_are_known_in_place_too():
    y = x.clone()
    assert tc.equal(y.fmod_(x2=2), tc.fmod(x, 2))
