"""Convolution as an operation: values, first and second derivatives, against plain loops, on every device."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import tinyconv as tc
from tests.kernels.slow_conv import output_size, slow_convolve, slow_input_grad, slow_weight_grad
from tinyconv import nn
from tinyconv.kernels.geometry import ConvGeometry

F = nn.functional
CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}


@dataclass(frozen=True)
class Case:
    """The arguments as a user writes them; `pairs` is the padding they come to, worked out by hand."""

    x: tuple[int, ...]
    w: tuple[int, ...]
    options: dict = field(default_factory=dict)
    pairs: tuple[tuple[int, int], ...] | None = None

    @property
    def ndim(self) -> int:
        return len(self.x) - 2

    @property
    def geometry(self) -> ConvGeometry:
        spread = lambda value: value if isinstance(value, tuple) else (value,) * self.ndim  # noqa: E731
        pairs = self.pairs or tuple((p, p) for p in spread(self.options.get("padding", 0)))
        stride, dilation = spread(self.options.get("stride", 1)), spread(self.options.get("dilation", 1))
        return ConvGeometry(stride, pairs, dilation, self.options.get("groups", 1))

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        rng = np.random.default_rng(1)
        y = (self.x[0], self.w[0], *output_size(self.x, self.w, self.geometry))
        return tuple(rng.standard_normal(shape) for shape in (self.x, self.w, self.w[:1], y))

    def conv(self, x: tc.Tensor, w: tc.Tensor, b: tc.Tensor | None = None) -> tc.Tensor:
        return CONV[self.ndim](x, w, b, **self.options)


CASES = {
    "1d": Case((2, 3, 7), (2, 3, 3)),
    "1d, all options": Case(
        (2, 4, 11), (4, 2, 2), {"stride": 3, "padding": 2, "dilation": 2, "groups": 2}
    ),
    "2d, not square": Case((2, 2, 4, 5), (3, 2, 3, 2)),
    "3d": Case((1, 2, 3, 4, 3), (2, 2, 2, 3, 1), {"padding": (1, 0, 1), "stride": (2, 1, 1)}),
    "pointwise": Case((2, 3, 3, 4), (2, 3, 1, 1)),
    "stride does not divide": Case((1, 2, 5, 6), (2, 2, 2, 3), {"stride": (2, 2)}),
    "stride above kernel": Case((1, 2, 7, 5), (2, 2, 2, 1), {"stride": (3, 2)}),
    "overlapping, padded": Case((1, 1, 5, 4), (2, 1, 3, 3), {"stride": 2, "padding": (1, 2)}),
    "dilated": Case((1, 2, 6, 5), (2, 2, 2, 3), {"dilation": (3, 2), "padding": (1, 0)}),
    "groups": Case((1, 4, 4, 3), (6, 2, 2, 2), {"groups": 2, "padding": 1}),
    "depthwise": Case((2, 3, 4, 3), (3, 1, 2, 2), {"groups": 3}),
    "depthwise, two outputs each": Case((1, 2, 5, 4), (4, 1, 3, 2), {"groups": 2, "stride": 2, "padding": 1}),
    "asymmetric pairs": Case((1, 2, 3, 4), (2, 2, 2, 3), {"padding": ((2, 0), (0, 1))}, ((2, 0), (0, 1))),
    "valid": Case((1, 2, 4, 4), (2, 2, 3, 2), {"padding": "valid"}, ((0, 0), (0, 0))),
    "same, odd": Case((1, 2, 4, 3), (2, 2, 3, 3), {"padding": "same"}, ((1, 1), (1, 1))),
    "same, even and dilated": Case(
        (1, 1, 5, 6), (2, 1, 2, 4), {"padding": "same", "dilation": (3, 1)}, ((1, 2), (1, 2))
    ),
    "kernel fills the input": Case((2, 2, 3, 2), (2, 2, 3, 2)),
    # 5 cells in steps of 2: the last window needs one cell more
    "cover_all": Case((1, 2, 5, 4), (2, 2, 2, 2), {"cover_all": True, "stride": 2}, ((0, 1), (0, 0))),
    "cover_all, padded and dilated": Case(
        (1, 1, 6, 5), (2, 1, 2, 2), {"cover_all": True, "stride": 3, "padding": 1, "dilation": (2, 1)},
        ((1, 2), (1, 2)),
    ),
}  # fmt: skip
cases = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


def leaves(*arrays: np.ndarray, device: tc.Device | None = None) -> list[tc.Tensor]:
    """Tensors that want a gradient."""
    return [tc.as_tensor(device.asarray(a) if device else a).requires_grad_() for a in arrays]


def close(actual: object, expected: np.ndarray, tolerance: float = 1e-10) -> None:
    np.testing.assert_allclose(tc.asnumpy(getattr(actual, "array", actual)), expected, tolerance, tolerance)


def check_against_loops(case: Case, x: np.ndarray, w: np.ndarray, b: np.ndarray, gy: np.ndarray) -> None:
    tensors = leaves(x, w, b)
    y = case.conv(*tensors)
    y.backward(tc.as_tensor(gy))
    g = case.geometry
    close(y, slow_convolve(x, w, g) + b.reshape(-1, *[1] * case.ndim))
    close(tensors[0].grad, slow_input_grad(gy, w, g, case.x[2:]))
    close(tensors[1].grad, slow_weight_grad(x, gy, g, case.w[2:]))
    close(tensors[2].grad, gy.sum(axis=(0, *range(2, gy.ndim))))


# --- values and derivatives ---------------------------------------------------------------------------


@cases
def test_equals_the_loops_on_every_device(case: Case, device, on_device) -> None:
    x, w, b, gy = case.arrays()
    tensors, seed = leaves(x, w, b, device=device), tc.as_tensor(device.asarray(gy))
    with on_device():
        y = case.conv(*tensors)
        y.backward(seed)
    g = case.geometry
    assert y.device == tensors[1].grad.device == device
    close(y, slow_convolve(x, w, g) + b.reshape(-1, *[1] * case.ndim))
    close(tensors[0].grad, slow_input_grad(gy, w, g, case.x[2:]))
    close(tensors[1].grad, slow_weight_grad(x, gy, g, case.w[2:]))
    close(tensors[2].grad, gy.sum(axis=(0, *range(2, gy.ndim))))


@cases
def test_first_and_second_derivatives(case: Case) -> None:
    tensors = leaves(*case.arrays()[:3])
    assert tc.gradcheck(case.conv, tensors)
    assert tc.gradgradcheck(case.conv, tensors)


def test_third_derivatives() -> None:
    case = CASES["groups"]
    x, w, *_ = case.arrays()

    def slope(x: tc.Tensor, w: tc.Tensor) -> tuple[tc.Tensor, ...]:
        with tc.enable_grad():  # gradgradcheck looks at the outputs once without
            return tc.grad(case.conv(x, w).exp().sum(), [x, w], create_graph=True)

    assert tc.gradgradcheck(slope, leaves(x[:, :, :2, :2], w[:2, :, :, :1]))


def test_second_derivatives_run_on_every_device(device, on_device) -> None:
    case = CASES["overlapping, padded"]
    on_host, there = leaves(*case.arrays()[:3]), leaves(*case.arrays()[:3], device=device)

    def penalty(tensors: list[tc.Tensor]) -> None:
        gradients = tc.grad(case.conv(*tensors).tanh().sum(), tensors, create_graph=True)
        sum((g * g).sum() for g in gradients).backward()

    penalty(on_host)
    with on_device():
        penalty(there)
    for expected, actual in zip(on_host, there):
        close(actual.grad, expected.grad.array)


@st.composite
def any_case(draw: st.DrawFn) -> Case:
    """One to three axes, every option, any kernel that fits."""
    ndim = draw(st.integers(1, 3))
    numbers = lambda low, high: tuple(draw(st.integers(low, high)) for _ in range(ndim))  # noqa: E731
    kernel, stride, dilation = numbers(1, 3), numbers(1, 3), numbers(1, 2)
    pairs = tuple((draw(st.integers(0, 2)), draw(st.integers(0, 2))) for _ in range(ndim))
    size = numbers(1, 6 if ndim < 3 else 4)
    assume(all(i + sum(p) >= d * (k - 1) + 1 for i, p, k, d in zip(size, pairs, kernel, dilation)))
    groups = draw(st.integers(1, 3))
    c_in, c_out = groups * draw(st.integers(1, 2)), groups * draw(st.integers(1, 2))
    options = {"stride": stride, "padding": pairs, "dilation": dilation, "groups": groups}
    x = (draw(st.integers(0, 2)), c_in, *size)
    return Case(x, (c_out, c_in // groups, *kernel), options, pairs)


@given(any_case(), st.integers(0, 2**32 - 1))
def test_any_convolution_equals_the_loops(case: Case, seed: int) -> None:
    rng = np.random.default_rng(seed)
    check_against_loops(case, *(rng.standard_normal(a.shape) for a in case.arrays()))


@settings(max_examples=10)
@given(any_case())
def test_any_convolution_has_its_derivatives(case: Case) -> None:
    x, w, b, _ = case.arrays()
    assume(0 < x.size * w.size < 1500)  # as many numeric derivatives as fit the time
    assert tc.gradcheck(case.conv, leaves(x, w, b))
    assert tc.gradgradcheck(case.conv, leaves(x, w, b))


# --- padding modes ------------------------------------------------------------------------------------


def source(i: int, n: int, mode: str) -> int:
    """The cell that position `i`, maybe outside ``[0, n)``, shows."""
    if mode == "replicate":
        return min(max(i, 0), n - 1)
    if mode == "circular":
        return i % n
    i = abs(i)  # reflect: the border cell is not repeated
    return i if i < n else 2 * (n - 1) - i


def slow_padded(x: np.ndarray, pairs: tuple, mode: str) -> np.ndarray:
    y = np.zeros(x.shape[:2] + tuple(i + lo + hi for i, (lo, hi) in zip(x.shape[2:], pairs)))
    for place in itertools.product(*map(range, y.shape[2:])):
        cell = tuple(source(a - lo, n, mode) for a, (lo, _), n in zip(place, pairs, x.shape[2:]))
        y[(slice(None), slice(None), *place)] = x[(slice(None), slice(None), *cell)]
    return y


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
@pytest.mark.parametrize(
    ("padding", "pairs"),
    [((2, 1), ((2, 2), (1, 1))), (((0, 2), (3, 1)), ((0, 2), (3, 1))), ("same", ((0, 1), (1, 1)))],
    ids=["numbers", "pairs", "same"],
)
def test_padding_modes_equal_the_loops(mode: str, padding: object, pairs: tuple, device, on_device) -> None:
    rng = np.random.default_rng(0)
    x, w, b = rng.standard_normal((2, 2, 3, 4)), rng.standard_normal((3, 2, 2, 3)), rng.standard_normal(3)
    there = leaves(x, w, b, device=device)
    with on_device():
        y = F.conv2d(*there, padding=padding, padding_mode=mode)
        y.sum().backward()
    unpadded = ConvGeometry((1, 1), ((0, 0), (0, 0)), (1, 1), 1)
    close(y, slow_convolve(slow_padded(x, pairs, mode), w, unpadded) + b.reshape(3, 1, 1))
    if device.type == "cpu":
        conv = lambda *t: F.conv2d(*t, padding=padding, padding_mode=mode)  # noqa: E731
        assert tc.gradcheck(conv, leaves(x, w, b))
        assert tc.gradgradcheck(conv, leaves(x[:1], w[:1], b[:1]))


@pytest.mark.parametrize("layer", [nn.Conv1d, nn.Conv2d, nn.Conv3d])
def test_layers_cover_all(layer: type) -> None:
    n = int(layer.__name__[4])
    conv = layer(1, 2, 2, stride=2, cover_all=True)
    x = np.random.default_rng(0).standard_normal((1, 1, *(5,) * n)).astype(np.float32)
    expected = slow_convolve(x, conv.weight.array, ConvGeometry((2,) * n, ((0, 1),) * n, (1,) * n, 1))
    close(conv(tc.as_tensor(x)), expected + conv.bias.array.reshape(-1, *[1] * n), 1e-5)


@pytest.mark.parametrize(("layer", "shape"), [(nn.Conv1d, (2, 5)), (nn.Conv2d, (2, 5, 6)), (nn.Conv3d, (2, 4, 5, 3))])
@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_layers_pass_every_option_on(layer: type, shape: tuple, mode: str) -> None:
    n = len(shape) - 1
    conv = layer(2, 4, 2, stride=2, padding=1, dilation=2, groups=2, padding_mode=mode)
    x = np.random.default_rng(0).standard_normal((1, *shape)).astype(np.float32)
    padded = np.pad(x, [(0, 0)] * 2 + [(1, 1)] * n) if mode == "zeros" else slow_padded(x, ((1, 1),) * n, mode)
    expected = slow_convolve(padded, conv.weight.array, ConvGeometry((2,) * n, ((0, 0),) * n, (2,) * n, 2))
    close(conv(tc.as_tensor(x)), expected + conv.bias.array.reshape(-1, *[1] * n), 1e-5)


# --- 'same' -------------------------------------------------------------------------------------------


@given(
    i=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    k=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    d=st.tuples(st.integers(1, 3), st.integers(1, 3)),
)
def test_same_keeps_the_size_whatever_the_kernel(i: tuple, k: tuple, d: tuple) -> None:
    x, w = tc.ones(1, 1, *i), tc.ones(1, 1, *k)
    assert F.conv2d(x, w, padding="same", dilation=d).shape == (1, 1, *i)


def test_same_pads_the_odd_cell_at_the_end() -> None:
    y = F.conv1d(tc.tensor([[[1.0, 2.0, 3.0]]]), tc.tensor([[[1.0, 10.0]]]), padding="same")
    assert y.tolist() == [[[21.0, 32.0, 3.0]]]


# --- cover_all ----------------------------------------------------------------------------------------


@given(i=st.integers(1, 9), k=st.integers(1, 4), s=st.integers(1, 4), p=st.integers(0, 2), d=st.integers(1, 2))
def test_cover_all_has_chainers_number_of_windows_and_leaves_no_cell_out(i, k, s, p, d) -> None:
    span = d * (k - 1) + 1
    windows = (i + 2 * p - span + s - 1) // s + 1
    assume(windows > 0)
    x = tc.ones(1, 1, i, requires_grad=True)
    y = F.conv1d(x, tc.ones(1, 1, k), stride=s, padding=p, dilation=d, cover_all=True)
    assert y.shape == (1, 1, windows)
    if d == 1 and s <= k:  # no gaps between taps or windows
        y.sum().backward()
        assert (x.grad.array > 0).all()


# --- shapes of the input ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["1d, all options", "groups", "3d"])
def test_unbatched_input_gives_unbatched_output(name: str) -> None:
    case = CASES[name]
    x, w, b, _ = case.arrays()
    one, batch = leaves(x[0])[0], leaves(x[:1])[0]
    y, expected = case.conv(one, *leaves(w, b)), case.conv(batch, *leaves(w, b))
    close(y, expected.array[0])
    y.sum().backward()
    expected.sum().backward()
    close(one.grad, batch.grad.array[0])


@pytest.mark.parametrize("options", [{}, {"groups": 2}, {"stride": 2, "padding_mode": "reflect"}])
def test_empty_batch(options: dict, device, on_device) -> None:
    x, w, b = (
        device.asarray(np.ones(shape)) for shape in ((0, 4, 5, 6), (2, 4 // options.get("groups", 1), 3, 2), (2,))
    )
    x, w, b = (tc.as_tensor(a).requires_grad_() for a in (x, w, b))
    with on_device():
        y = F.conv2d(x, w, b, padding=1, **options)
        y.sum().backward()
    assert y.shape == ((0, 2, 3, 4) if "stride" in options else (0, 2, 5, 7))
    assert x.grad.shape == x.shape
    assert not tc.asnumpy(w.grad.array).any()
    assert not tc.asnumpy(b.grad.array).any()


def test_an_array_that_is_not_contiguous_or_not_writable() -> None:
    case = CASES["2d, not square"]
    x, w, b, gy = case.arrays()
    x = np.ascontiguousarray(x.transpose(3, 2, 1, 0)).transpose(3, 2, 1, 0)
    w = w.repeat(2, axis=0)[::2]
    x.flags.writeable = w.flags.writeable = False
    check_against_loops(case, x, w, b, gy)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (lambda: nn.Conv1d(None, 4, 3, groups=2), (2, 6, 8)),
        (lambda: nn.LazyConv2d(4, (3, 2), groups=2), (2, 6, 8, 5)),
        (lambda: nn.Conv3d(None, 4, 2, groups=2), (6, 3, 3, 3)),  # unbatched
    ],
)
def test_lazy_layer_reads_its_channels_off_the_first_input(layer, shape: tuple) -> None:
    conv = layer()
    assert conv.in_channels is None
    conv(tc.ones(*shape)).sum().backward()
    assert (conv.in_channels, conv.weight.shape[:2]) == (6, (4, 3))
    assert conv.weight.grad.shape == conv.weight.shape
    bound = 1 / np.sqrt(np.prod(conv.weight.shape[1:]))
    assert 0 < np.abs(conv.weight.array).max() <= bound


# --- dtypes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("w_type", ["float16", "float32", "float64"])
@pytest.mark.parametrize("x_type", ["float16", "float32", "float64"])
def test_output_follows_the_input_and_each_gradient_its_own_tensor(x_type: str, w_type: str, device, on_device) -> None:
    case = CASES["overlapping, padded"]
    x, w, b, _ = case.arrays()
    tensors = leaves(x.astype(x_type), w.astype(w_type), b.astype(w_type), device=device)
    with on_device():
        y = case.conv(*tensors)
        y.sum().backward()
    assert y.dtype == x_type
    assert [t.grad.dtype for t in tensors] == [x_type, w_type, w_type]
    tolerance = 1e-2 if "float16" in (x_type, w_type) else 1e-5
    close(y, slow_convolve(x, w, case.geometry) + b.reshape(2, 1, 1), tolerance)
    ones = np.ones(y.shape)
    close(tensors[1].grad, slow_weight_grad(x, ones, case.geometry, (3, 3)), tolerance)


def test_a_float64_kernel_written_into_a_float32_layer() -> None:
    """The tutorials assign float64 arrays to ``weight.array`` and go on with float32 images."""
    conv = nn.Conv2d(1, 1, 3)
    conv.weight.array = np.asarray([[[[-1.0, 0, 1]] * 3]])
    y = conv(tc.ones(1, 1, 4, 5))
    y.sum().backward()
    assert (y.dtype, conv.weight.grad.dtype, conv.bias.grad.dtype) == (tc.float32, tc.float64, tc.float32)
    close(y, np.full((1, 1, 2, 3), conv.bias.item()), 1e-6)


def test_float16_does_not_lose_digits_in_long_sums() -> None:
    x, w = tc.ones(1, 64, 8, 8).half(), tc.full((1, 64, 8, 8), 0.5).half()
    assert F.conv2d(x, w).item() == 2048.0  # in float16, 1024 + 0.5 would stay 1024


@pytest.mark.parametrize("dtype", [tc.uint8, tc.int64, tc.bool])
def test_integers_are_refused_with_the_conversion_that_helps(dtype: np.dtype) -> None:
    image, w = tc.ones(1, 1, 4, 4).to(dtype), tc.ones(1, 1, 2, 2)
    with pytest.raises(RuntimeError, match=rf"conv2d: .*{dtype} input of shape \(1, 1, 4, 4\).*Use x\.float\(\)"):
        F.conv2d(image, w)
    with pytest.raises(RuntimeError, match=r"\.float\(\)"):
        F.conv2d(image.float(), w.to(dtype))
    assert F.conv2d(image.float(), w).shape == (1, 1, 3, 3)
