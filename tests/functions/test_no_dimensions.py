"""Tensors without dimensions, where a dimension is asked for: -1 and 0 name the one element, or are refused."""

import pytest

import tinyconv as tc

CASES = [
    ("index_add", lambda x, i: tc.index_add(x, 0, i, tc.tensor(3.0, device=x.device)), 5.0),
    ("index_copy", lambda x, i: tc.index_copy(x, -1, i, tc.tensor(3.0, device=x.device)), 3.0),
    ("index_fill", lambda x, i: tc.index_fill(x, 0, i, 3.0), 3.0),
    ("scatter", lambda x, i: tc.scatter(x, 0, i, tc.tensor(3.0, device=x.device)), 3.0),
    ("scatter of a number", lambda x, i: tc.scatter(x, -1, i, 3.0), 3.0),
    ("scatter_add", lambda x, i: tc.scatter_add(x, 0, i, tc.tensor(3.0, device=x.device)), 5.0),
    ("gather", lambda x, i: tc.gather(x, 0, i), 2.0),
    ("index_select", lambda x, i: tc.index_select(x, 0, i), 2.0),
]


@pytest.mark.parametrize(("function", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_of_one_element(function, expected, device):
    x, index = tc.tensor(2.0, device=device), tc.tensor(0, device=device)
    out = function(x, index)
    assert out.shape == ()
    assert out.item() == expected
    assert x.item() == 2.0


@pytest.mark.parametrize(
    "write",
    [
        lambda x, i: x.index_copy_(0, i, tc.tensor(3.0, device=x.device)),
        lambda x, i: x.index_fill_(0, i, 3.0),
        lambda x, i: x.scatter_(0, i, 3.0),
    ],
    ids=["index_copy_", "index_fill_", "scatter_"],
)
def test_written_in_place(write, device):
    start = tc.tensor(2.0, device=device, requires_grad=True)
    x = start * 1
    assert write(x, tc.tensor(0, device=device)) is x
    assert x.item() == 3.0
    x.backward()
    assert start.grad.item() == 0.0  # nothing of it is left


@pytest.mark.parametrize("call", [lambda x: tc.roll(x, 1, 0), lambda x: tc.unique(x, dim=0)], ids=["roll", "unique"])
def test_refused(call):
    with pytest.raises(IndexError, match="tensor has no dimensions"):
        call(tc.tensor(2.0))
