"""Arguments that make no sense together, or no numbers: refused in words."""

import pytest

import tinyconv as tc


@pytest.mark.parametrize("function", [tc.max, tc.min])
def test_of_two_tensors_there_is_no_dim(function):
    x = tc.tensor([1.0, 5.0])
    for call in (lambda: function(x, 0, other=x), lambda: function(x, x, keepdim=True)):
        with pytest.raises(TypeError, match="neither dim nor keepdim"):
            call()


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda x: x.normal_(0, -1), "standard deviation"),
        (lambda x: x.normal_(0, float("nan")), "standard deviation"),
        (lambda x: x.uniform_(2, 1), "low=2 and high=1"),
        (lambda x: x.exponential_(0), "lambd=0"),
        (lambda x: x.exponential_(-1), "lambd=-1"),
    ],
)
def test_what_is_no_distribution(draw, words):
    x = tc.zeros(3)
    with pytest.raises(RuntimeError, match=words):
        draw(x)
    assert x.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("tolerance", [{"rtol": -0.1}, {"atol": -0.1}, {"rtol": float("nan")}])
def test_a_tolerance_below_zero(tolerance):
    with pytest.raises(RuntimeError, match="greater than or equal to zero"):
        tc.isclose(tc.zeros(2), tc.zeros(2), **tolerance)


def test_a_fraction_times_integers():
    whole = tc.ones(2, 2, dtype=tc.int64)
    with pytest.raises(RuntimeError, match="floating point"):
        tc.addmm(whole, whole, whole, alpha=0.5)
    with pytest.raises(RuntimeError, match="floating point"):
        tc.baddbmm(whole, whole[None], whole[None], beta=0.2)


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (
            lambda x: tc.take_along_dim(x, tc.tensor([7, 2]), 0),
            RuntimeError,
            "take_along_dim: index 7 is out of bounds",
        ),
        (lambda x: tc.take_along_dim(x[0], tc.tensor([0]), -1), RuntimeError, "take_along_dim: .* must broadcast"),
        (lambda x: tc.bincount(tc.tensor([1]), x), RuntimeError, r"bincount: .* the input's shape \(1,\)"),
        (lambda x: tc.bincount(tc.tensor([1]), minlength=-2), RuntimeError, "bincount: minlength=-2 must not be"),
        (lambda x: tc.searchsorted(x[0], x), RuntimeError, "searchsorted: the sorted sequence must have a dimension"),
        (lambda x: tc.tensordot(x, x, (1, 2, 3)), ValueError, "tensordot: dims must be a number, or two lists"),
        (lambda x: tc.add(x, x, alpha="x"), TypeError, "add: argument 'alpha' must be a number"),
        (lambda x: x.sub(x, alpha=[1]), TypeError, "sub: argument 'alpha' must be a number"),
        (lambda x: tc.nn.functional.linear(x, x[0]), RuntimeError, "linear: .* cannot be multiplied"),
        (lambda x: tc.repeat_interleave(x[0], 2, 0), IndexError, "repeat_interleave: .* has no dimensions"),
        (lambda x: tc.normal(x, tc.ones(2)), RuntimeError, r"normal: shapes \(3,\), \(2,\) do not broadcast"),
        (lambda x: tc.linalg.norm(tc.ones(2, 2, 2), 2), RuntimeError, "linalg.norm: .* over one or two dims"),
        (lambda x: tc.linalg.norm(tc.ones(2, 2, 2), dim=(0, 1, 2)), RuntimeError, "use linalg.vector_norm"),
        (lambda x: tc.can_cast("x", tc.int8), TypeError, "can_cast: argument 'from_' must be a dtype"),
        (lambda x: tc.promote_types(tc.int8, 1), TypeError, "promote_types: argument 'type2' must be a dtype"),
        (lambda x: tc.finfo("x"), TypeError, "finfo: argument 'type' must be a dtype"),
        (lambda x: tc.iinfo(3), TypeError, "iinfo: argument 'type' must be a dtype"),
        (lambda x: tc.tensor([1], "x"), TypeError, "tensor: argument 'dtype' must be a dtype"),
        (lambda x: tc.as_tensor([1], x), TypeError, "as_tensor: argument 'dtype' must be a dtype"),
    ],
)
def test_what_numpy_would_refuse_in_its_own_words(call, kind, words):
    with pytest.raises(kind, match=words):
        call(tc.ones(3))


def test_a_number_is_taken_along_its_dimension():
    assert tc.take_along_dim(tc.tensor(2.0), tc.tensor(0), 0).item() == 2.0
    assert tc.add(tc.ones(1), 1, alpha=tc.tensor(2)).item() == 3.0
