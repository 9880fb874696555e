"""Deformable convolution: values and derivatives against plain loops, on every device."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import tinyconv as tc
from tests.kernels import slow_deform
from tinyconv import nn

F = nn.functional


@dataclass(frozen=True)
class Case:
    x: tuple[int, int, int, int]
    w: tuple[int, int, int, int]
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)
    offset_groups: int = 1

    @property
    def output(self) -> tuple[int, ...]:
        each = zip(self.x[2:], self.padding, self.dilation, self.w[2:], self.stride)
        return tuple((i + 2 * p - d * (k - 1) - 1) // s + 1 for i, p, d, k, s in each)

    def arrays(self, reach: float = 2.0) -> tuple[np.ndarray, ...]:
        """Give x, offset, w, b and mask; no tap lies on a line between cells, where the slope jumps."""
        rng = np.random.default_rng(1)
        taps = self.offset_groups * math.prod(self.w[2:])
        shape = (self.x[0], 2 * taps, *self.output)
        offset = np.floor(rng.uniform(-reach, reach, shape)) + rng.uniform(0.2, 0.8, shape)
        mask = rng.uniform(-1, 1, (self.x[0], taps, *self.output))
        return rng.standard_normal(self.x), offset, rng.standard_normal(self.w), rng.standard_normal(self.w[0]), mask

    def apply(self, x, offset, w, b=None, mask=None) -> tc.Tensor:
        return F.deform_conv2d(x, offset, w, b, self.stride, self.padding, self.dilation, mask)

    def slow(self, x, offset, w, b, mask=None) -> np.ndarray:
        y = slow_deform.deform_conv2d(x, offset, w, self.stride, self.padding, self.dilation, mask)
        return y + b.reshape(-1, 1, 1)


CASES = {
    "plain": Case((2, 2, 3, 4), (3, 2, 2, 2)),
    "stride, padding, dilation": Case((1, 2, 5, 4), (2, 2, 2, 3), (2, 1), (1, 2), (2, 1)),
    "groups": Case((1, 4, 3, 3), (2, 2, 2, 1)),
    "depthwise": Case((1, 3, 3, 4), (3, 1, 2, 2)),
    "offset groups": Case((1, 4, 3, 3), (2, 4, 2, 2), offset_groups=2),
    "both kinds of groups": Case((1, 4, 3, 4), (4, 2, 2, 2), padding=(1, 0), offset_groups=4),
}
cases = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


def leaves(*arrays: np.ndarray, device: tc.Device | None = None) -> list[tc.Tensor]:
    """Tensors that want a gradient."""
    return [tc.as_tensor(device.asarray(a) if device else a).requires_grad_() for a in arrays]


def close(actual: tc.Tensor, expected: np.ndarray, tolerance: float = 1e-10) -> None:
    np.testing.assert_allclose(tc.asnumpy(actual.array), expected, tolerance, tolerance)


@cases
@pytest.mark.parametrize("masked", [False, True])
def test_equals_the_loops_on_every_device(case: Case, masked: bool, device, on_device) -> None:
    arrays = case.arrays()[: 5 if masked else 4]
    on_host, there = leaves(*arrays), leaves(*arrays, device=device)
    with on_device():
        y = case.apply(*there)
        y.sum().backward()
    close(y, case.slow(*arrays))
    case.apply(*on_host).sum().backward()
    for tensor, expected in zip(there, on_host):
        close(tensor.grad, expected.grad.array)


@cases
def test_first_derivatives(case: Case) -> None:
    assert tc.gradcheck(case.apply, leaves(*case.arrays()))
    assert tc.gradcheck(case.apply, leaves(*case.arrays()[:3]))  # no bias, no mask


@pytest.mark.parametrize("name", ["depthwise", "both kinds of groups"])
def test_second_derivatives(name: str) -> None:
    case = CASES[name]
    assert tc.gradgradcheck(case.apply, leaves(*case.arrays(reach=1.0)))


@st.composite
def any_case(draw: st.DrawFn) -> Case:
    pair = lambda low, high: (draw(st.integers(low, high)), draw(st.integers(low, high)))  # noqa: E731
    groups, offset_groups = draw(st.integers(1, 2)), draw(st.integers(1, 2))
    channels = 2 * draw(st.integers(1, 2))
    w = (groups * draw(st.integers(1, 2)), channels // groups, *pair(1, 3))
    x = (draw(st.integers(0, 2)), channels, *pair(1, 5))
    case = Case(x, w, pair(1, 2), pair(0, 2), pair(1, 2), offset_groups)
    assume(min(case.output) > 0)
    return case


@given(any_case(), st.booleans())
def test_any_deformable_convolution_equals_the_loops(case: Case, masked: bool) -> None:
    arrays = case.arrays()[: 5 if masked else 4]
    close(case.apply(*map(tc.as_tensor, arrays)), case.slow(*arrays))


@given(any_case())
def test_without_offsets_it_is_a_convolution(case: Case) -> None:
    x, offset, w, b, _ = map(tc.as_tensor, case.arrays())
    groups = case.x[1] // case.w[1]
    expected = F.conv2d(x, w, b, case.stride, case.padding, case.dilation, groups)
    close(case.apply(x, offset * 0.0, w, b), expected.array)


@pytest.mark.parametrize("far", [50.0, -50.0, 1e30, -1e30])
def test_taps_far_outside_read_zero_and_get_no_gradient(far: float, device, on_device) -> None:
    case = CASES["plain"]
    x, offset, w, b, _ = case.arrays()
    tensors = leaves(x, offset * 0 + far, w, b, device=device)
    with on_device():
        y = case.apply(*tensors)
        y.sum().backward()
    close(y, np.broadcast_to(b.reshape(-1, 1, 1), y.shape))
    assert not tc.asnumpy(tensors[0].grad.array).any()
    assert not tc.asnumpy(tensors[1].grad.array).any()


def test_nan_offset_gives_nan_and_spoils_nothing_else() -> None:
    case = CASES["depthwise"]
    x, offset, w, b, _ = case.arrays()
    offset[0, 0, 0, 0] = math.nan
    y = case.apply(*map(tc.as_tensor, (x, offset, w, b))).array
    assert np.isnan(y[0, :, 0, 0]).all()
    assert np.isfinite(y[0, :, 1:]).all()


def test_empty_batch(device, on_device) -> None:
    tensors = leaves(*(np.ones(s) for s in [(0, 2, 4, 4), (0, 8, 3, 3), (2, 2, 2, 2), (2,)]), device=device)
    with on_device():
        y = F.deform_conv2d(*tensors)
        y.sum().backward()
    assert y.shape == (0, 2, 3, 3)
    assert tensors[2].grad.shape == (2, 2, 2, 2)


@pytest.mark.parametrize("other", ["float32", "float64"])
@pytest.mark.parametrize("x_type", ["float32", "float64"])
def test_output_follows_the_input_and_each_gradient_its_own_tensor(x_type: str, other: str) -> None:
    arrays = CASES["offset groups"].arrays()
    tensors = leaves(arrays[0].astype(x_type), *(a.astype(other) for a in arrays[1:]))
    y = CASES["offset groups"].apply(*tensors)
    y.sum().backward()
    assert y.dtype == x_type
    assert [t.grad.dtype for t in tensors] == [x_type] + [other] * 4
    close(y, CASES["offset groups"].slow(*arrays), 1e-5)


def test_layer() -> None:
    layer = nn.DeformConv2d(None, 4, 3, padding=1, groups=2)
    x, offset, mask = tc.randn(1, 6, 5, 4), tc.randn(1, 18, 5, 4), tc.rand(1, 9, 5, 4)
    y = layer(x, offset, mask)
    assert layer.weight.shape == (4, 3, 3, 3)
    arrays = [t.array.astype(float) for t in (x, offset, layer.weight)]
    expected = slow_deform.deform_conv2d(*arrays, (1, 1), (1, 1), (1, 1), mask.array)
    close(y, expected + layer.bias.array.reshape(-1, 1, 1), 1e-4)


@pytest.mark.parametrize(
    ("x", "offset", "mask", "text"),
    [
        ((1, 2, 4, 4), (1, 8, 4, 4), None, r"offset must have shape .* = \(1, 8\*offset_groups, 3, 3\)"),
        ((1, 2, 4, 4), (1, 9, 3, 3), None, r"offset must have shape"),
        ((1, 2, 4, 4), (1, 24, 3, 3), None, r"offset_groups dividing 2 channels"),
        ((1, 2, 4, 4), (8, 3, 3), None, r"offset must have shape"),
        ((1, 2, 4, 4), (1, 8, 3, 3), (1, 8, 3, 3), r"mask must have shape .* = \(1, 4, 3, 3\)"),
        ((2, 4, 4), (8, 3, 3), None, r"expected input \(N, C_in, H, W\), got \[2, 4, 4\]; use unsqueeze\(0\)"),
        ((1, 3, 4, 4), (1, 8, 3, 3), None, r"to have 2 channels, but got 3"),
    ],
)
def test_shapes_that_do_not_fit(x: tuple, offset: tuple, mask: tuple | None, text: str) -> None:
    with pytest.raises(RuntimeError, match=f"^deform_conv2d: .*{text}"):
        F.deform_conv2d(
            tc.zeros(*x), tc.zeros(*offset), tc.zeros(2, 2, 2, 2), mask=None if mask is None else tc.zeros(*mask)
        )
