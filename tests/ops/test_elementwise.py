"""Arithmetic and functions of one variable: values, derivatives, broadcasting, dtypes, extremes, errors."""

from __future__ import annotations

import math
import operator

import hypothesis
import hypothesis.extra.numpy as hnp
import numpy as np
import pytest

import tinyconv as tc
from tests.ops.opcheck import check, draw, host, leaf
from tinyconv import ops
from tinyconv.ops import unary

inf, nan = math.inf, math.nan


def each(function):
    """Apply a function of Python floats to each element: a reference that shares nothing with NumPy's."""
    return lambda *arrays: np.vectorize(function, otypes=[float])(*arrays)


# --- functions of one variable ---

UNARY = {
    "exp": (tc.exp, math.exp, -3, 3),
    "expm1": (unary.expm1, math.expm1, -3, 3),
    "log": (tc.log, math.log, 0.2, 4),
    "log1p": (tc.log1p, math.log1p, -0.7, 4),
    "sqrt": (tc.sqrt, math.sqrt, 0.2, 4),
    "rsqrt": (tc.rsqrt, lambda v: 1 / math.sqrt(v), 0.2, 4),
    "sin": (tc.sin, math.sin, -4, 4),
    "cos": (tc.cos, math.cos, -4, 4),
    "tanh": (tc.tanh, math.tanh, -3, 3),
    "sigmoid": (tc.sigmoid, lambda v: 1 / (1 + math.exp(-v)), -5, 5),
    "softplus": (ops.softplus, lambda v: math.log1p(math.exp(v)), -5, 5),
    "erf": (tc.erf, math.erf, -3, 3),
    "abs": (tc.abs, abs, -2, 2),
    "sign": (tc.sign, lambda v: math.copysign(1, v), -2, 2),
    "neg": (operator.neg, lambda v: -v, -2, 2),
    "square": (lambda x: x.square(), lambda v: v * v, -2, 2),
    "clone": (lambda x: x.clone(), lambda v: v, -2, 2),
    "cast": (lambda x: x.to(tc.float64), lambda v: v, -2, 2),
    "clamp": (lambda x: tc.clamp(x, -1, 1), lambda v: min(max(v, -1), 1), -2, 2),
    "clamp low": (lambda x: x.clamp(min=-0.5), lambda v: max(v, -0.5), -2, 2),
    "clamp high": (lambda x: x.clip(max=0.5), lambda v: min(v, 0.5), -2, 2),
    "pow 3": (lambda x: x**3, lambda v: v**3, -2, 2),
    "pow 2.5": (lambda x: x**2.5, lambda v: v**2.5, 0.2, 2),
    "pow -1": (lambda x: x**-1.0, lambda v: 1 / v, 0.3, 2),
    "pow 0": (lambda x: x**0, lambda v: 1.0, -2, 2),
    "2 ** x": (lambda x: 2**x, lambda v: 2**v, -2, 2),
    "1 / x": (lambda x: 1 / x, lambda v: 1 / v, 0.3, 2),
    "1 - x": (lambda x: 1 - x, lambda v: 1 - v, -2, 2),
    "x % 0.7": (lambda x: x % 0.7, lambda v: v - math.floor(v / 0.7) * 0.7, -2, 2),
}


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("shape", [(7,), (2, 3), ()], ids=str)
def test_unary(name, shape, device, on_device):
    op, reference, low, high = UNARY[name]
    order = 1 if name in ("sign", "pow 0") else 2  # theirs is the constant 0, as in PyTorch
    check(op, each(reference), draw(*shape, low=low, high=high), device=device, on_device=on_device, order=order)


@pytest.mark.parametrize("name", UNARY)
def test_unary_keeps_small_floats_and_emptiness(name):
    op, reference, low, high = UNARY[name]
    x = draw(5, low=low, high=high)
    if name != "cast":
        for dtype, tolerance in ((tc.float16, 4e-3), (tc.float32, 1e-6)):
            out = op(tc.tensor(x, dtype=dtype))
            assert out.dtype == dtype
            np.testing.assert_allclose(out.numpy(), each(reference)(x), rtol=tolerance, atol=2 * tolerance)
    empty = op(tc.zeros(0, 3))
    assert empty.shape == (0, 3)


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "rsqrt", "sin", "cos", "tanh", "sigmoid", "erf", "log1p"])
def test_integers_become_float32(name):
    out = getattr(tc, name)(tc.tensor([1, 2]))
    assert out.dtype == tc.float32
    np.testing.assert_allclose(out.numpy(), each(UNARY[name][1])([1, 2]), rtol=1e-6)


@pytest.mark.parametrize(
    ("op", "points", "values", "slopes"),
    [
        (tc.exp, [-1e3, 1e3, -inf, inf], [0, inf, 0, inf], [0, inf, 0, inf]),
        (tc.log, [0, inf], [-inf, inf], [inf, 0]),
        (tc.sqrt, [0, inf], [0, inf], [inf, 0]),
        (tc.sigmoid, [-1e3, 1e3, -inf, inf], [0, 1, 0, 1], [0, 0, 0, 0]),
        (tc.tanh, [-1e3, 1e3, -inf, inf], [-1, 1, -1, 1], [0, 0, 0, 0]),
        (ops.softplus, [-1e3, 1e3, -inf, inf], [0, 1e3, 0, inf], [0, 1, 0, 1]),
        (tc.erf, [-1e3, 1e3, -inf, inf], [-1, 1, -1, 1], [0, 0, 0, 0]),
        (tc.abs, [0, -inf], [0, inf], [0, -1]),
        (tc.sign, [0, -inf], [0, -1], [0, 0]),
        (lambda x: x**2, [0, 1e3], [0, 1e6], [0, 2e3]),
        (lambda x: x**1, [0.0], [0], [1]),
        (lambda x: x**0, [0.0, -3.0], [1, 1], [0, 0]),
        (lambda x: 1 / x, [0.0, inf], [inf, 0], [-inf, 0]),
        (lambda x: tc.clamp(x, 0, 1), [0, 1, -inf, inf], [0, 1, 0, 1], [1, 1, 0, 0]),
        (lambda x: tc.clamp(x, tc.zeros_like(x[0]), tc.ones_like(x[0])), [0, 1, 2], [0, 1, 1], [1, 1, 0]),
    ],
)
def test_extremes_and_edges(op, points, values, slopes, device):
    x = tc.tensor(points, dtype=tc.float32, device=device, requires_grad=True)
    y = op(x)
    np.testing.assert_allclose(host(y), values)
    (slope,) = tc.grad(y, x, tc.ones_like(y))
    np.testing.assert_allclose(host(slope), slopes)


@pytest.mark.parametrize("op", [tc.exp, tc.log, tc.tanh, tc.sigmoid, ops.softplus, tc.relu, tc.abs])
def test_nan_stays_nan(op):
    assert math.isnan(op(tc.tensor(nan)).item())
    assert math.isnan(tc.clamp(tc.tensor(nan), 0, 1).item())


def test_sigmoid_and_expm1_keep_the_digits_of_tiny_results():
    x = tc.tensor([-80.0, -30.0])
    np.testing.assert_allclose(tc.sigmoid(x).numpy(), np.exp([-80.0, -30.0]), rtol=1e-6)
    assert unary.expm1(tc.tensor(-1e-6)).item() == pytest.approx(math.expm1(-1e-6), rel=1e-6)
    assert tc.log1p(tc.tensor(1e-8)).item() == pytest.approx(1e-8, rel=1e-6)


def test_erf_is_precise_everywhere():
    x = np.concatenate([np.linspace(-7, 7, 2001), [1e-300, 0.46875, 0.4687500001, 4.0, 6.0]])
    np.testing.assert_allclose(tc.erf(tc.tensor(x)).numpy(), each(math.erf)(x), rtol=1e-14, atol=1e-300)


# --- two operands ---

BINARY = {
    "add": (operator.add, operator.add),
    "sub": (operator.sub, operator.sub),
    "mul": (operator.mul, operator.mul),
    "div": (operator.truediv, operator.truediv),
    "pow": (operator.pow, operator.pow),
    "mod": (operator.mod, lambda a, b: a - math.floor(a / b) * b),
    "maximum": (tc.maximum, max),
    "minimum": (tc.minimum, min),
    "where": (lambda a, b: tc.where(a.detach() > b.detach(), a * 2, b), lambda a, b: a * 2 if a > b else b),
}
SHAPES = [((3,), (3,)), ((2, 3), (3,)), ((3, 1), (1, 4)), ((), (2, 2)), ((1, 2), ()), ((), ()), ((2, 1, 3), (4, 1))]


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_binary_broadcasts_and_differentiates(name, shapes, device, on_device):
    op, reference = BINARY[name]
    a, b = draw(*shapes[0], low=0.3, high=2), draw(*shapes[1], low=0.4, high=1.9, seed=1)
    check(op, each(reference), a, b, device=device, on_device=on_device, rtol=1e-11)


@hypothesis.given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3, min_side=0))
def test_gradients_of_broadcast_operands_have_their_shapes(shapes):
    a, b = (tc.ones(shape, requires_grad=True) for shape in shapes.input_shapes)
    (a * b).sum().backward()
    for leaf_ in (a, b):
        copies = math.prod(shapes.result_shape) / max(1, leaf_.numel())
        np.testing.assert_array_equal(leaf_.grad.numpy(), np.full(leaf_.shape, copies, np.float32))


OPERATORS = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.mod, operator.floordiv,
    operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge,
]  # fmt: skip


@pytest.mark.parametrize("op", OPERATORS)
@pytest.mark.parametrize("scalar", [2, 1.5, True, np.float32(2), np.float64(1.5), np.int64(3), np.int32(2)])
def test_scalars_on_either_side(op, scalar, device, on_device):
    x = tc.tensor([1.5, 2.0, 3.0], device=device)
    with on_device():
        right, left = op(x, scalar), op(scalar, x)
    values = np.array([1.5, 2.0, 3.0])
    for out, expected in ((right, op(values, float(scalar))), (left, op(float(scalar), values))):
        assert isinstance(out, tc.Tensor)
        assert out.dtype == (tc.bool if op in OPERATORS[7:] else tc.float32)
        np.testing.assert_allclose(host(out), expected, rtol=1e-6)


@pytest.mark.parametrize("op", OPERATORS)
def test_numpy_arrays_on_either_side(op):
    x, array = tc.tensor([1.5, 2.0, 3.0]), np.array([2.0, 2.0, 1.0], np.float32)
    for out, expected in ((op(x, array), op(x.numpy(), array)), (op(array, x), op(array, x.numpy()))):
        assert isinstance(out, tc.Tensor)
        np.testing.assert_allclose(out.numpy(), expected, rtol=1e-6)


def test_a_numpy_array_on_the_left_is_part_of_no_graph_but_lets_gradients_through():
    x = tc.tensor([1.0, 2.0], requires_grad=True)
    (np.array([3.0, 4.0], np.float32) * x).sum().backward()
    assert x.grad.tolist() == [3.0, 4.0]


@pytest.mark.parametrize("dtype", [tc.int64, tc.uint8, tc.bool])
def test_bitwise(dtype):
    a, b = np.array([1, 0, 1, 0]).astype(dtype), np.array([1, 1, 0, 0]).astype(dtype)
    x, y = tc.tensor(a), tc.tensor(b)
    for op in (operator.and_, operator.or_, operator.xor):
        np.testing.assert_array_equal(op(x, y).numpy(), op(a, b))
    np.testing.assert_array_equal((~x).numpy(), ~a)
    assert (True & tc.tensor([True, False])).tolist() == [True, False]
    assert (True | tc.tensor([True, False])).tolist() == [True, True]
    assert (True ^ tc.tensor([True, False])).tolist() == [False, True]


def test_remainder_has_the_sign_of_the_divisor_and_is_exact():
    assert (tc.tensor([5, -5]) % 3).tolist() == [2, 1]
    assert (tc.tensor([5, -5]) % -3).tolist() == [-1, -2]
    assert (tc.tensor([5.0, -5.0]) % 3).tolist() == [2.0, 1.0]
    assert (tc.tensor([5e8]) % 3).item() == 5e8 % 3
    assert (7 % tc.tensor([4])).tolist() == [3]
    assert (7 // tc.tensor([4])).tolist() == [1]
    assert (tc.tensor([-7]) // 2).tolist() == [-4]


def test_division_by_zero():
    assert (tc.tensor([1.0, -1.0]) / 0).tolist() == [inf, -inf]
    assert (tc.tensor([1.0]) // 0).tolist() == [inf]
    for op in (operator.floordiv, operator.mod):
        with pytest.raises(RuntimeError, match="an integer was divided by 0"):
            op(tc.tensor([1]), 0)
        with pytest.raises(RuntimeError, match="an integer was divided by 0"):
            op(tc.tensor([1, 2]), tc.tensor([1, 0]))


def test_a_quotient_s_gradient_neither_overflows_nor_underflows():
    a, b = leaf(np.float32(1e-30)), leaf(np.float32(1e-25))
    _, gb = tc.grad(a / b, [a, b])
    assert gb.item() == pytest.approx(-1e20, rel=1e-5)  # b * b would be 0
    a, b = leaf(np.float32(1e25)), leaf(np.float32(1e25))
    _, gb = tc.grad(a / b, [a, b])
    assert gb.item() == pytest.approx(-1e-25, rel=1e-5)  # b * b would be inf


@pytest.mark.parametrize(("op", "dtype"), [(operator.add, tc.float32), (operator.mul, tc.float16)])
def test_overflow_is_silent(op, dtype):
    huge = tc.tensor([np.finfo(dtype).max], dtype=dtype)
    assert op(huge, huge).item() == inf
    assert (tc.tensor([1.0], dtype=tc.float16) + 1e6).item() == inf
    assert math.isnan((tc.tensor(inf) - tc.tensor(inf)).item())


def test_pow_of_zero_and_of_negative_bases():
    base, exponent = leaf(np.array([0.0, 0.0, -2.0])), leaf(np.array([2.0, 0.0, 3.0]))
    gb, ge = tc.grad((base**exponent).sum(), [base, exponent])
    assert gb.tolist() == [0.0, 0.0, 12.0]
    assert ge.tolist()[:2] == [0.0, 0.0]
    assert math.isnan(ge.tolist()[2])  # (-2)**(3 + h) is no real number
    exponent = leaf(np.array([2.0]))
    assert tc.grad((0**exponent).sum(), exponent)[0].tolist() == [0.0]


def test_ties_of_maximum_share_the_gradient():
    a, b = leaf(np.array([1.0, 2.0, 3.0])), leaf(np.array([1.0, 3.0, 2.0]))
    for op, expected in ((tc.maximum, [0.5, 0.0, 1.0]), (tc.minimum, [0.5, 1.0, 0.0])):
        ga, gb = tc.grad(op(a, b).sum(), [a, b])
        assert ga.tolist() == expected
        assert gb.tolist() == [1 - g for g in expected]
    assert math.isnan(tc.maximum(tc.tensor(nan), 1.0).item())
    assert tc.maximum(tc.tensor([True, False]), tc.tensor([False, False])).tolist() == [True, False]
    assert tc.maximum(tc.tensor(1.0), 2.0).item() == 2.0
    assert tc.maximum(2.0, tc.tensor(1.0)).item() == 2.0


def test_where_takes_scalars_and_broadcasts_all_three():
    condition = tc.tensor([[True], [False]])
    assert tc.where(condition, 1, 2).tolist() == [[1], [2]]
    assert tc.where(condition, 1, 2).dtype == tc.int64
    assert tc.where(condition, 1.0, 2).dtype == tc.float32
    x = tc.tensor([1.0, 2.0], requires_grad=True)
    out = tc.where(condition, x, 0)
    assert out.tolist() == [[1.0, 2.0], [0.0, 0.0]]
    out.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_where_keeps_nan_of_the_other_branch_out_of_the_gradient():
    x = tc.tensor([1.0, 2.0], requires_grad=True)
    tc.where(x > 1.5, x, tc.tensor([0.0, nan])).sum().backward()
    assert x.grad.tolist() == [0.0, 1.0]


# --- dtypes: recorded from PyTorch 2.13 ---

DTYPES = {
    "b": tc.bool, "u1": tc.uint8, "i4": tc.int32, "i8": tc.int64,
    "f2": tc.float16, "f4": tc.float32, "f8": tc.float64,
}  # fmt: skip
TENSOR_AND_TENSOR = """
    b  b  u1 i4 i8 f2 f4 f8
    u1 u1 u1 i4 i8 f2 f4 f8
    i4 i4 i4 i4 i8 f2 f4 f8
    i8 i8 i8 i8 i8 f2 f4 f8
    f2 f2 f2 f2 f2 f2 f4 f8
    f4 f4 f4 f4 f4 f4 f4 f8
    f8 f8 f8 f8 f8 f8 f8 f8"""
TENSOR_AND_0D = """
    b  b  u1 i4 i8 f2 f4 f8
    u1 u1 u1 u1 u1 f2 f4 f8
    i4 i4 i4 i4 i4 f2 f4 f8
    i8 i8 i8 i8 i8 f2 f4 f8
    f2 f2 f2 f2 f2 f2 f2 f2
    f4 f4 f4 f4 f4 f4 f4 f4
    f8 f8 f8 f8 f8 f8 f8 f8"""
TENSOR_AND_SCALAR = """
    b  b  i8 f4
    u1 u1 u1 f4
    i4 i4 i4 f4
    i8 i8 i8 f4
    f2 f2 f2 f2
    f4 f4 f4 f4
    f8 f8 f8 f8"""


def rows(table):
    for line in table.split("\n")[1:]:
        first, *results = line.split()
        yield from ((DTYPES[first], column, DTYPES[result]) for column, result in enumerate(results))


@pytest.mark.parametrize(("table", "shape"), [(TENSOR_AND_TENSOR, (1,)), (TENSOR_AND_0D, ())], ids=["1d", "0d"])
def test_promotion_of_tensors(table, shape, device):
    for first, column, expected in rows(table):
        other = tc.ones(shape, dtype=list(DTYPES.values())[column], device=device)
        one = tc.ones(1, dtype=first, device=device)
        assert (one + other).dtype == (other + one).dtype == expected, (first, other.dtype)
        assert (one * other).dtype == tc.where(one > 0, one, other).dtype == expected


def test_scalars_never_promote_within_their_kind():
    for first, column, expected in rows(TENSOR_AND_SCALAR):
        for scalar in ((True, np.bool_(True)), (1, np.int64(1)), (1.0, np.float64(1)))[column]:
            one = tc.ones(1, dtype=first)
            assert (one + scalar).dtype == (scalar + one).dtype == expected, (first, scalar)


def test_quotients_of_integers_are_float32():
    for dtype in (tc.bool, tc.uint8, tc.int32, tc.int64):
        for other in (2, tc.tensor([2])):
            out = tc.ones(1, dtype=dtype) / other
            assert (out.dtype, out.item()) == (tc.float32, 0.5)


def test_a_scalar_that_does_not_fit_is_an_error_in_arithmetic_and_right_in_comparisons():
    x = tc.tensor([1, 255], dtype=tc.uint8)
    for scalar in (300, -1):
        with pytest.raises(RuntimeError, match=f"value {scalar} cannot be converted to uint8 without overflow"):
            x + scalar
    assert (x == -1).tolist() == [False, False]
    assert (x < 256).tolist() == [True, True]
    assert (x != -100).tolist() == [True, True]
    assert (tc.tensor([1]) < 2**70).tolist() == [True]


def test_a_gradient_comes_back_in_the_dtype_of_its_input():
    a = tc.ones(2, dtype=tc.float16, requires_grad=True)
    b = tc.ones(2, dtype=tc.float64, requires_grad=True)
    (a * b).sum().backward()
    assert (a.grad.dtype, b.grad.dtype) == (tc.float16, tc.float64)


def test_clamp_of_integers_by_floats_is_a_float():
    out = tc.clamp(tc.tensor([1, 5]), 0.5, 2.5)
    assert out.tolist() == [1.0, 2.5]
    assert tc.clamp(tc.tensor([1, 5]), 0, 2).dtype == tc.int64


def test_casting_nan_to_integers_is_silent():
    assert tc.tensor([nan, 1.0]).long().tolist()[1] == 1


def test_comparisons_give_bool_without_gradient():
    x = leaf(draw(3))
    for op in OPERATORS[7:]:
        out = op(x, 0.0)
        assert out.dtype == tc.bool
        assert not out.requires_grad
        np.testing.assert_array_equal(out.numpy(), op(x.detach().numpy(), 0.0))


def test_equality_with_none_and_strings_is_plain_false():
    x = tc.tensor([1.0])
    assert (x == None) is False  # noqa: E711 - the point of this test
    assert (x != None) is True  # noqa: E711
    assert (x == "a") is False
    assert x not in [None, "a"]


# --- errors ---


@pytest.mark.parametrize("op", [*OPERATORS, tc.maximum, lambda a, b: tc.where(a > 0, a, b)])
def test_shapes_that_do_not_broadcast(op, device):
    a, b = tc.ones(2, 3, device=device), tc.ones(4, device=device)
    with pytest.raises(RuntimeError, match=r"shapes \(2, 3\).* and \(4,\) do not broadcast.*reshape or unsqueeze"):
        op(a, b)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: tc.tensor([True]) - tc.tensor([True]), RuntimeError, "with a bool tensor is not supported"),
        (lambda: -tc.tensor([True]), RuntimeError, "on a bool tensor is not supported"),
        (lambda: ~tc.tensor([1.0]), TypeError, "only implemented on integer and bool"),
        (lambda: tc.tensor([1.0]) & 1, RuntimeError, "bitwise_and: not implemented for float32"),
        (lambda: tc.tensor([2]) ** -1, RuntimeError, "Integers to negative integer powers"),
        (lambda: tc.tensor([2]) ** tc.tensor([-1]), RuntimeError, "negative integer powers"),
        (lambda: tc.tensor([True]) ** 2.0 + (tc.tensor([True]) ** True), RuntimeError, "not implemented for bool"),
        (lambda: tc.clamp(tc.ones(1)), ValueError, "at least one of min or max"),
        (lambda: tc.clamp(tc.tensor([1]), 0, 2**70), RuntimeError, "without overflow"),
        (lambda: tc.clamp(tc.tensor([1]).to(tc.uint8), -1), RuntimeError, "value -1 .* uint8"),
        (lambda: tc.ones(1) + None, TypeError, "operand must be a Tensor, a number or an array, not NoneType"),
        (lambda: tc.ones(1) + "a", TypeError, "operand must be a Tensor, a number or an array, not str"),
    ],
)
def test_errors(call, error, text):
    with pytest.raises(error, match=text):
        call()


@pytest.mark.parametrize("op", [*OPERATORS, tc.maximum])
def test_mixed_devices(op):
    with pytest.raises(RuntimeError, match="on the same device"):
        op(tc.ones(2), tc.ones(2, device="strict"))
