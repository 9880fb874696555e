"""Pairs of values and indices print as PyTorch prints them, and are the tuples that they were."""

from __future__ import annotations

import copy
import pickle

import pytest

import tinyconv as tc


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("max", (1,)), ("min", (1,)), ("median", (1,)), ("mode", ()), ("sort", ()), ("topk", (1,)), ("kthvalue", (1,)),
        ("cummax", (1,)), ("cummin", (1,)),
    ],
)  # fmt: skip
def test_a_pair(function: str, arguments: tuple) -> None:
    pair = getattr(tc, function)(tc.tensor([[3.0, 1.0, 2.0]]), *arguments)
    assert type(pair) is getattr(tc.return_types, function)
    values, indices = pair
    assert pair.values is values is pair[0]
    assert pair.indices is indices is pair[1]
    assert repr(pair) == f"tinyconv.return_types.{function}(\nvalues={values!r},\nindices={indices!r})"
    for other in (copy.copy(pair), pickle.loads(pickle.dumps(pair))):
        assert type(other) is type(pair)
        assert repr(other) == repr(pair)
