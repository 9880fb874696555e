"""Transposed convolution: values and derivatives against plain loops, and its ties to the convolution."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import tinyconv as tc
from tests.kernels.slow_conv import slow_convolve, slow_input_grad, slow_weight_grad
from tinyconv import nn
from tinyconv.kernels.geometry import ConvGeometry

F = nn.functional
CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
TRANSPOSED = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


@dataclass(frozen=True)
class Case:
    """``x`` is ``(N, C_in, *D)`` and ``w`` is ``(C_in, C_out/groups, *K)``; every option one per axis."""

    x: tuple[int, ...]
    w: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    output_padding: tuple[int, ...]
    groups: int = 1

    @property
    def ndim(self) -> int:
        return len(self.x) - 2

    @property
    def geometry(self) -> ConvGeometry:
        return ConvGeometry(self.stride, tuple((p, p) for p in self.padding), self.dilation, self.groups)

    @property
    def size(self) -> tuple[int, ...]:
        """Where the last tap of the last cell lands, less the padding cut off, and the output padding."""
        each = zip(self.x[2:], self.stride, self.padding, self.dilation, self.w[2:], self.output_padding)
        return tuple((i - 1) * s + d * (k - 1) + 1 - 2 * p + extra for i, s, p, d, k, extra in each)

    def arrays(self) -> tuple[np.ndarray, ...]:
        """Give x, w, b and gradient of the output."""
        rng = np.random.default_rng(1)
        channels = self.w[1] * self.groups
        shapes = self.x, self.w, (channels,), (self.x[0], channels, *self.size)
        return tuple(rng.standard_normal(shape) for shape in shapes)

    def apply(self, x: tc.Tensor, w: tc.Tensor, b: tc.Tensor | None = None) -> tc.Tensor:
        options = (self.stride, self.padding, self.output_padding, self.groups, self.dilation)
        return TRANSPOSED[self.ndim](x, w, b, *options)


CASES = {
    "1d": Case((2, 2, 4), (2, 3, 3), (1,), (0,), (1,), (0,)),
    "2d, not square": Case((1, 2, 2, 3), (2, 2, 3, 2), (1, 1), (0, 0), (1, 1), (0, 0)),
    "3d": Case((1, 2, 2, 2, 3), (2, 1, 2, 1, 2), (1, 2, 1), (0, 0, 1), (1, 1, 1), (0, 1, 0)),
    "overlapping": Case((1, 2, 3, 2), (2, 2, 3, 3), (2, 2), (1, 0), (1, 1), (1, 0)),
    "gaps": Case((2, 1, 3, 2), (1, 2, 2, 1), (3, 2), (0, 0), (1, 1), (2, 1)),
    "exact": Case((1, 2, 3, 3), (2, 1, 2, 2), (2, 2), (0, 0), (1, 1), (0, 0)),
    "dilated": Case((1, 2, 3, 2), (2, 2, 2, 3), (2, 1), (1, 2), (3, 2), (1, 1)),
    "groups": Case((1, 4, 3, 2), (4, 3, 2, 2), (2, 1), (0, 1), (1, 1), (0, 0), 2),
    "depthwise": Case((2, 3, 3, 2), (3, 1, 3, 2), (2, 1), (1, 0), (1, 1), (1, 0), 3),
    # the output padding uncovers taps that the padding had cut off
    "output padding above the stride": Case((1, 1, 2), (1, 2, 2), (1,), (1,), (3,), (2,)),
    "and above the padding": Case((1, 2, 3, 2), (2, 1, 2, 2), (1, 2), (1, 1), (4, 4), (3, 2)),
    "one side only": Case((1, 1, 2, 2), (1, 1, 2, 2), (2, 1), (0, 2), (1, 4), (1, 3)),
    "smaller than nothing but for the output padding": Case((1, 1, 1), (1, 1, 1), (3,), (1,), (1,), (2,)),
    "nothing but padding": Case((1, 1, 1), (1, 1, 1), (1,), (3,), (8,), (6,)),
}  # fmt: skip
cases = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


def leaves(*arrays: np.ndarray, device: tc.Device | None = None) -> list[tc.Tensor]:
    """Tensors that want a gradient."""
    return [tc.as_tensor(device.asarray(a) if device else a).requires_grad_() for a in arrays]


def close(actual: object, expected: np.ndarray, tolerance: float = 1e-10) -> None:
    np.testing.assert_allclose(tc.asnumpy(getattr(actual, "array", actual)), expected, tolerance, tolerance)


def slow_derivatives(case: Case, x: np.ndarray, w: np.ndarray, gy: np.ndarray) -> tuple:
    """Gradients of x, w and b.  The window visits x's places, whatever the size of the output."""
    reach = [(i - 1) * s + d * (k - 1) + 1 for i, s, d, k in zip(case.x[2:], case.stride, case.dilation, case.w[2:])]
    # gy as the full spread sees it: what padding cut off, and what nothing reached, is 0
    full = np.zeros(gy.shape[:2] + tuple(max(r, p + o) for r, p, o in zip(reach, case.padding, case.size)))
    full[(slice(None), slice(None), *(slice(p, p + o) for p, o in zip(case.padding, case.size)))] = gy
    full = full[(slice(None), slice(None), *map(slice, reach))]
    unpadded = ConvGeometry(case.stride, ((0, 0),) * case.ndim, case.dilation, case.groups)
    gx, gw = slow_convolve(full, w, unpadded), slow_weight_grad(full, x, unpadded, case.w[2:])
    return gx, gw, gy.sum(axis=(0, *range(2, gy.ndim)))


def check_against_loops(case: Case, device: tc.Device | None = None, on_device=None) -> None:
    x, w, b, gy = case.arrays()
    tensors, (seed,) = leaves(x, w, b, device=device), leaves(gy, device=device)
    if on_device is None:
        y = case.apply(*tensors)
        y.backward(seed.detach())
    else:
        with on_device():
            y = case.apply(*tensors)
            y.backward(seed.detach())
    assert y.shape == gy.shape
    close(y, slow_input_grad(x, w, case.geometry, case.size) + b.reshape(-1, *[1] * case.ndim))
    for tensor, expected in zip(tensors, slow_derivatives(case, x, w, gy)):
        close(tensor.grad, expected)


# --- values and derivatives ---------------------------------------------------------------------------


@cases
def test_equals_the_loops_on_every_device(case: Case, device, on_device) -> None:
    check_against_loops(case, device, on_device)


@cases
def test_first_and_second_derivatives(case: Case) -> None:
    tensors = leaves(*case.arrays()[:3])
    assert tc.gradcheck(case.apply, tensors)
    assert tc.gradgradcheck(case.apply, tensors)


@st.composite
def any_case(draw: st.DrawFn) -> Case:
    """One to three axes and every option, output padding at and above the stride included."""
    ndim = draw(st.integers(1, 3))
    numbers = lambda low, high: tuple(draw(st.integers(low, high)) for _ in range(ndim))  # noqa: E731
    kernel, stride, dilation, padding = numbers(1, 3), numbers(1, 3), numbers(1, 4), numbers(0, 2)
    extra = tuple(draw(st.integers(0, max(s, d) - 1)) for s, d in zip(stride, dilation))
    groups = draw(st.integers(1, 2))
    x = (draw(st.integers(0, 2)), groups * draw(st.integers(1, 2)), *numbers(1, 3))
    w = (x[1], draw(st.integers(1, 2)), *kernel)
    case = Case(x, w, stride, padding, dilation, extra, groups)
    assume(min(case.size) > 0)
    assume(math.prod(case.size) < 200)
    return case


@given(any_case())
def test_any_transposed_convolution_equals_the_loops(case: Case) -> None:
    check_against_loops(case)


@settings(max_examples=10)
@given(any_case())
def test_any_transposed_convolution_has_its_derivatives(case: Case) -> None:
    x, w, b, y = case.arrays()
    assume(0 < (x.size + w.size) * y.size < 1500)  # as many numeric derivatives as fit the time
    assert tc.gradcheck(case.apply, leaves(x, w, b))
    assert tc.gradgradcheck(case.apply, leaves(x, w, b))


# --- ties to the convolution --------------------------------------------------------------------------


@given(any_case(), st.integers(0, 2**32 - 1))
def test_it_is_the_adjoint_of_the_convolution(case: Case, seed: int) -> None:
    """``<conv(u), x> = <u, conv_transpose(x)>`` where conv maps the output's size back to the input's."""
    assume(case.geometry.output_size(case.size, case.w[2:]) == case.x[2:])
    rng = np.random.default_rng(seed)
    x, w = rng.standard_normal(case.x), rng.standard_normal(case.w)
    u = rng.standard_normal((case.x[0], case.w[1] * case.groups, *case.size))
    g = case.geometry
    there = CONV[case.ndim](tc.as_tensor(u), tc.as_tensor(w), None, g.stride, g.padding, g.dilation, g.groups)
    back = case.apply(tc.as_tensor(x), tc.as_tensor(w))
    np.testing.assert_allclose(np.vdot(there.array, x), np.vdot(u, back.array), rtol=1e-9, atol=1e-9)


def test_it_is_not_the_inverse_of_the_convolution() -> None:
    """The tutorials call it an inverse; it brings back the shape, not the values."""
    x, w = tc.randn(1, 1, 5, 5), tc.randn(1, 1, 3, 3)
    back = F.conv_transpose2d(F.conv2d(x, w), w)
    assert back.shape == x.shape
    assert np.abs(back.array - x.array).max() > 0.1


# --- output sizes -------------------------------------------------------------------------------------


def test_output_size_chooses_among_the_sizes_that_a_convolution_maps_here() -> None:
    x, w, b, _ = CASES["overlapping"].arrays()
    tensors = leaves(x, w, b)
    for size in [(5, 5), (6, 5), (6, 6)]:
        y = F.conv_transpose2d(*tensors, stride=2, padding=(1, 0), output_size=size)
        extra = (size[0] - 5, size[1] - 5)
        close(y, F.conv_transpose2d(*tensors, stride=2, padding=(1, 0), output_padding=extra).array)
        assert F.conv2d(y, tc.ones(1, 2, 3, 3), stride=2, padding=(1, 0)).shape[2:] == (3, 2)
    with_batch = F.conv_transpose2d(*tensors, stride=2, padding=(1, 0), output_size=(1, 2, 6, 5))
    assert with_batch.shape == (1, 2, 6, 5)


@pytest.mark.parametrize("size", [(4, 5), (5, 7), (5,), (7, 5)])
def test_output_size_that_cannot_be_reached(size: tuple) -> None:
    tensors = leaves(*CASES["overlapping"].arrays()[:3])
    with pytest.raises(ValueError, match=r"requested an output size of .*valid sizes range from \(5, 5\) to \(6, 6\)"):
        F.conv_transpose2d(*tensors, stride=2, padding=(1, 0), output_size=size)


def test_output_size_must_not_be_empty() -> None:
    with pytest.raises(RuntimeError, match=r"\(1 - 1\)\*3 - 1 - 1 \+ 1\*\(1 - 1\) \+ 1 \+ 1 = 0\. Use padding=\(0,\)"):
        F.conv_transpose1d(tc.ones(1, 1, 1), tc.ones(1, 1, 1), stride=3, padding=1, output_size=(0,))


@pytest.mark.parametrize(
    ("layer", "x", "y"),
    [
        (nn.ConvTranspose1d(4, 6, 3, 2, 1, 1, 2), (1, 4, 5), (1, 6, 10)),
        (nn.ConvTranspose2d(4, 6, (3, 2), (2, 1), (1, 0), (1, 0), 2), (4, 5, 3), (6, 10, 4)),  # unbatched
        (nn.ConvTranspose3d(None, 6, 2, 2), (1, 4, 2, 3, 1), (1, 6, 4, 6, 2)),  # lazy
    ],
)
def test_layers_pass_every_option_on(layer: nn.Module, x: tuple, y: tuple) -> None:
    values = np.random.default_rng(0).standard_normal(x).astype(np.float32)
    out = layer(tc.as_tensor(values))
    assert out.shape == y
    assert layer.weight.shape[:2] == (4, 6 // layer.groups)
    n = len(layer.kernel_size)
    g = ConvGeometry(layer.stride, tuple((p, p) for p in layer.padding), layer.dilation, layer.groups)
    batch = values if len(x) == n + 2 else values[None]
    expected = slow_input_grad(batch, layer.weight.array, g, y[-n:]) + layer.bias.array.reshape(-1, *[1] * n)
    close(out, expected.reshape(y), 1e-5)


def test_layer_takes_output_size_at_the_call() -> None:
    up = nn.ConvTranspose2d(1, 1, 3, stride=2, padding=1)
    assert up(tc.ones(1, 1, 6, 6), output_size=(12, 11)).shape == (1, 1, 12, 11)


def test_empty_batch(device, on_device) -> None:
    x, w, b = leaves(np.ones((0, 4, 3, 2)), np.ones((4, 1, 2, 2)), np.ones(2), device=device)
    with on_device():
        y = F.conv_transpose2d(x, w, b, stride=2, groups=2)
        y.sum().backward()
    assert y.shape == (0, 2, 6, 4)
    assert (x.grad.shape, w.grad.shape) == (x.shape, w.shape)


# --- dtypes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("w_type", ["float16", "float32", "float64"])
@pytest.mark.parametrize("x_type", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name", ["overlapping", "and above the padding"])
def test_output_follows_the_input_and_each_gradient_its_own_tensor(
    name: str, x_type: str, w_type: str, device, on_device
) -> None:
    case = CASES[name]
    x, w, b, _ = case.arrays()
    tensors = leaves(x.astype(x_type), w.astype(w_type), b.astype(w_type), device=device)
    with on_device():
        y = case.apply(*tensors)
        y.sum().backward()
    assert y.dtype == x_type
    assert [t.grad.dtype for t in tensors] == [x_type, w_type, w_type]
    tolerance = 1e-2 if "float16" in (x_type, w_type) else 1e-5
    close(y, slow_input_grad(x, w, case.geometry, case.size) + b.reshape(-1, 1, 1), tolerance)


def test_integers_are_refused_with_the_conversion_that_helps() -> None:
    counts = tc.arange(4).reshape(1, 1, 2, 2)
    with pytest.raises(RuntimeError, match=r"conv_transpose2d: .*int64 input of shape \(1, 1, 2, 2\).*x\.float\(\)"):
        F.conv_transpose2d(counts, tc.ones(1, 1, 2, 2))
    assert F.conv_transpose2d(counts.float(), tc.ones(1, 1, 2, 2)).shape == (1, 1, 3, 3)
