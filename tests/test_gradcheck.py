"""The gradient checker is itself checked: it passes right gradients and finds each kind of wrong one."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import tinyconv as tc
from tests.ops.opcheck import draw, leaf
from tinyconv.gradcheck import GradcheckError, gradcheck, gradgradcheck


def cube(gradient):
    """A function ``x**3`` whose gradient is the given one."""

    class Cube(tc.autograd.Operation):
        def forward(self, x):
            return x**3

        def grad_x(self, g, x):
            return gradient(g, x)

    return Cube.apply


right = cube(lambda g, x: g * 3 * x**2)
wrong_factor = cube(lambda g, x: g * 2 * x**2)
wrong_in_one_place = cube(lambda g, x: g * 3 * x**2 + tc.tensor([0.0, 0.1, 0.0], dtype=tc.float64))
ignores_the_incoming = cube(lambda g, x: 3 * x**2)
detached = cube(lambda g, x: tc.as_tensor(g.array * 3 * x.array**2))
half_detached = cube(lambda g, x: g * 3 * x.detach() ** 2)


def test_right_gradients_pass(device):
    x = leaf(draw(3, low=0.5), device)
    for check in (gradcheck, gradgradcheck):
        assert check(lambda x: x * x * x, x) is True
        assert check(lambda x, y: (x * y, x + y), [x, leaf(draw(3), device)]) is True
        assert check(lambda x, n: x * n, [x, 3]) is True


def test_a_right_function_by_hand_passes():
    assert gradcheck(right, leaf(draw(3)))
    assert gradgradcheck(right, leaf(draw(3)))


@pytest.mark.parametrize("function", [wrong_factor, wrong_in_one_place, ignores_the_incoming])
def test_wrong_first_derivatives_are_found(function):
    x = leaf(draw(3, low=0.5))
    assert gradcheck(function, x, raise_exception=False) is False
    with pytest.raises(GradcheckError):
        gradcheck(function, x)


@pytest.mark.parametrize("function", [detached, half_detached])
def test_right_first_and_missing_second_derivatives_are_found(function):
    """A vjp written with arrays gives right gradients that cannot be differentiated again."""
    x = leaf(draw(3, low=0.5))
    assert gradcheck(function, x)
    assert gradgradcheck(function, x, raise_exception=False) is False
    with pytest.raises(GradcheckError, match="second derivative"):
        gradgradcheck(function, x)


def test_the_message_names_the_input_the_element_and_both_values():
    def function(a, b):
        return a * 2 + wrong_in_one_place(b)

    values = np.array([1.0, 2.0, 3.0])
    with pytest.raises(GradcheckError) as info:
        gradcheck(function, [leaf(values), leaf(values)])
    text = str(info.value)
    for part in ("input 1", "shape (3,)", "element (1,)", "where it is 2", "analytic", "numeric", "atol 1e-05"):
        assert part in text


def test_kinks_take_any_slope_between_the_two_sides():
    at_kink = leaf(np.array([0.0, 1.0]))
    assert gradcheck(tc.relu, at_kink)
    assert gradcheck(tc.abs, at_kink)
    assert gradcheck(lambda x: tc.maximum(x, 0.0), at_kink)

    class TooSteep(tc.autograd.Operation):
        def forward(self, x):
            return np.maximum(x, 0)

        def grad_x(self, g):
            return g * 1.5

    with pytest.raises(GradcheckError, match="left and right differ"):
        gradcheck(TooSteep.apply, leaf(np.array([0.0])))


def test_jumps_are_not_accepted():
    with pytest.raises(GradcheckError):
        gradcheck(tc.sign, leaf(np.array([0.0])))


def test_constant_gradients_have_second_derivative_zero():
    assert gradgradcheck(lambda x: x * 3, leaf(draw(3)))
    assert gradgradcheck(tc.sign, leaf(draw(3)))
    assert gradgradcheck(lambda x, y: x + y, [leaf(draw(3)), leaf(draw(3))])


def test_inputs_without_gradient_are_left_alone():
    x, fixed = leaf(draw(2)), tc.tensor(draw(2))
    assert gradcheck(lambda x, fixed: x * fixed, [x, fixed])
    assert gradcheck(lambda x, i: x[i], [x, tc.tensor([1, 1, 0])])
    assert fixed.grad is None
    assert x.grad is None


def test_integer_outputs_are_ignored():
    assert gradcheck(lambda x: tc.max(x, 0), leaf(draw(3)))


def test_zero_dimensional_and_empty_inputs():
    assert gradcheck(tc.exp, leaf(np.float64(0.3)))
    assert gradgradcheck(tc.exp, leaf(np.float64(0.3)))
    assert gradcheck(tc.exp, leaf(np.zeros((0, 2))))


def test_float32_warns():
    x = leaf(draw(2).astype(np.float32))
    with pytest.warns(UserWarning, match=r"shape \(2,\) is float32.*x.double\(\)") as caught:
        gradcheck(lambda x: x * 2, x, eps=1e-2, rtol=1e-2)
    assert caught[0].filename == __file__
    with warnings.catch_warnings(record=True) as none:
        warnings.simplefilter("always")
        gradcheck(lambda x: x * 2, x.double().detach().requires_grad_())
    assert none == []


@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
def test_nothing_to_check(check):
    with pytest.raises(ValueError, match="at least one input tensor to require gradient"):
        check(tc.exp, tc.ones(2))


def test_no_output_depends_on_the_input():
    with pytest.raises(ValueError, match="no output requires grad"):
        gradcheck(lambda x: tc.ones(2), leaf(draw(2)))
