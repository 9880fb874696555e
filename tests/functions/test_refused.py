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
