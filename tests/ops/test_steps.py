"""Steps: what is rounded, counted or drawn has a gradient, which is 0, also where the number is inf or NaN."""

import math

import numpy as np
import pytest

import tinyconv as tc
import tinyconv.nn.functional as F

X = [[-2.5, 0.0, 7.0], [math.inf, math.nan, -3.0]]
Y = [[2.0, 0.0, -4.0], [1.0, 2.0, math.inf]]


def _gradients(function, *lists, device):
    """The value, and each argument's gradient from a gradient of ones, as NumPy arrays."""
    tensors = [tc.tensor(values, device=device, requires_grad=True) for values in lists]
    out = function(*tensors)
    assert out.requires_grad
    out.backward(tc.ones_like(out))
    return out.detach().cpu().numpy(), [t.grad.cpu().numpy() for t in tensors]


@pytest.mark.parametrize(("mode", "rounding"), [("floor", np.floor), ("trunc", np.trunc)])
def test_a_rounded_quotient_has_gradient_zero(mode, rounding, device):
    value, gradients = _gradients(lambda a, b: tc.div(a, b, rounding_mode=mode), X, Y, device=device)
    with np.errstate(all="ignore"):
        quotient = np.float32(X) / np.float32(Y)
        expected = np.floor_divide(np.float32(X), np.float32(Y)) if mode == "floor" else rounding(quotient)
    np.testing.assert_array_equal(value, expected)
    for gradient in gradients:
        np.testing.assert_array_equal(gradient, np.zeros((2, 3)))


def test_trunc_rounds_the_quotient_that_division_gives(device):
    """A number just below a whole quotient: the division rounds up to it, and so does its whole part."""
    a, b = tc.tensor(0.3, dtype=tc.float64, device=device), tc.tensor(0.1, dtype=tc.float64, device=device)
    assert (0.6 / 0.2, 0.6 // 0.2) == (2.9999999999999996, 2.0)
    assert tc.div(a * 2, b * 2, rounding_mode="trunc").item() == 2.0
    a, b = tc.tensor(1.0, dtype=tc.float64, device=device), tc.tensor(0.1, dtype=tc.float64, device=device)
    assert (1.0 / 0.1, 1.0 // 0.1) == (10.0, 9.0)
    assert tc.div(a, b, rounding_mode="trunc").item() == 10.0
    assert tc.div(a, b, rounding_mode="floor").item() == 9.0


def test_a_count_of_what_is_not_zero_has_gradient_zero(device):
    value, (gradient,) = _gradients(lambda x: tc.norm(x, 0, 1), X, device=device)
    np.testing.assert_array_equal(value, [2.0, 3.0])
    np.testing.assert_array_equal(gradient, np.zeros((2, 3)))
    value, gradients = _gradients(
        lambda x, y: tc.cdist(x, y, 0.0), [[1.0, 2.0]], [[1.0, 3.0], [0.0, 0.0]], device=device
    )
    np.testing.assert_array_equal(value, [[1.0, 2.0]])
    for gradient in gradients:
        assert not gradient.any()


def test_a_draw_has_gradient_zero(device):
    chances = np.linspace(0, 1, 2001, dtype=np.float32)
    value, (gradient,) = _gradients(tc.bernoulli, chances, device=device)
    assert set(np.unique(value)) == {0.0, 1.0}
    assert not np.signbit(value).any()
    assert value[0] == 0
    assert value[-1] == 1
    assert abs(value.mean() - 0.5) < 0.05
    assert not gradient.any()


def test_a_second_derivative_of_fmod_at_nan_is_zero(device):
    x, y = (tc.tensor(v, device=device, requires_grad=True) for v in ([math.nan, 5.0], [2.0, 3.0]))
    (first,) = tc.autograd.grad(tc.fmod(x, y).sum(), y, create_graph=True)
    (second,) = tc.autograd.grad(first[1], x)
    np.testing.assert_array_equal(second.cpu().numpy(), [0.0, 0.0])


def test_the_place_of_the_nearest_pixel_has_gradient_zero(device):
    picture, grid = [[[[1.0, 2.0], [3.0, 4.0]]]], [[[[-0.6, -0.4], [0.7, math.nan], [5.0, math.inf]]]]
    read = lambda x, g: F.grid_sample(x, g, "nearest", align_corners=False)  # noqa: E731
    value, (of_picture, of_grid) = _gradients(read, picture, grid, device=device)
    np.testing.assert_array_equal(value, [[[[1.0, 0.0, 0.0]]]])
    np.testing.assert_array_equal(of_picture, [[[[1.0, 0.0], [0.0, 0.0]]]])
    np.testing.assert_array_equal(of_grid, np.zeros((1, 1, 3, 2)))
    _, (alone,) = _gradients(lambda g: read(tc.tensor(picture, device=device), g), grid, device=device)
    np.testing.assert_array_equal(alone, np.zeros((1, 1, 3, 2)))


@pytest.mark.parametrize("x", [-3.0, -2.9995, 2.9995, 3.0])
def test_hardsigmoid_of_half_precision_has_its_corners_at_three(x, device):
    """x + 3 would round to 0 or 6 beside them."""
    _, (gradient,) = _gradients(lambda v: F.hardsigmoid(v.half()), [x], device=device)
    inside = abs(float(np.float16(x))) < 3
    np.testing.assert_allclose(gradient, [1 / 6 if inside else 0.0], rtol=1e-3)


def test_integers_stay_integers_in_hardtanh(device):
    x = tc.tensor([-3, 0, 2, 9], device=device)
    assert F.hardtanh(x).tolist() == [-1, 0, 1, 1]
    assert F.hardtanh(x).dtype == tc.int64
    assert F.hardtanh(x, -0.5, 2.5).tolist() == [0, 0, 2, 2]  # the bounds lose their fraction
    assert F.relu6(x).tolist() == [0, 0, 2, 6]
    assert F.relu6(x).dtype == tc.int64


@pytest.mark.parametrize("function", [tc.atan2, tc.hypot])
def test_a_wide_float_without_dimensions_decides_beside_integers(function, device):
    wide = tc.tensor(2.0, dtype=tc.float64, device=device)
    half = tc.tensor(2.0, dtype=tc.float16, device=device)
    whole = tc.tensor([1, 2], device=device)
    assert function(wide, whole).dtype == tc.float64
    assert function(whole, half).dtype == tc.float16
    assert function(whole, whole).dtype == tc.float32


def test_all_and_any_of_bytes_are_bytes(device):
    x = tc.tensor([[2, 0], [3, 1]], dtype=tc.uint8, device=device)
    assert tc.all(x, 1).tolist() == [0, 1]
    assert tc.all(x).dtype == tc.uint8
    assert tc.any(x, 0).tolist() == [1, 1]
    assert x.any().dtype == tc.uint8
