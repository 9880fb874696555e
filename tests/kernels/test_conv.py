"""The convolution kernels: against plain loops, against one another, and on every path of the CPU code."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kernels.slow_conv import output_size, slow_convolve, slow_input_grad, slow_weight_grad
from tinyconv.backend import asnumpy, get_array_module
from tinyconv.kernels import conv, conv_cpu, conv_mirrored, conv_simple, gemm, threads, tuning
from tinyconv.kernels.conv_mirrored import can_be_mirrored
from tinyconv.kernels.geometry import ConvGeometry, conv_geometry

MIB = 1 << 20


@dataclass(frozen=True)
class Case:
    x: tuple[int, ...]
    w: tuple[int, ...]
    geometry: ConvGeometry

    @property
    def y(self) -> tuple[int, ...]:
        return (self.x[0], self.w[0], *output_size(self.x, self.w, self.geometry))

    def arrays(self, dtype: str = "float64") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rng = np.random.default_rng(1)
        return tuple(rng.standard_normal(shape).astype(dtype) for shape in (self.x, self.w, self.y))


def case(x: tuple[int, ...], w: tuple[int, ...], **options: object) -> Case:
    return Case(x, w, conv_geometry(w[2:], **options))


PLAIN = {
    "1d": case((2, 3, 9), (4, 3, 3)),
    "2d non-square": case((2, 3, 7, 5), (4, 3, 3, 2)),
    "3d": case((2, 2, 4, 5, 3), (3, 2, 2, 3, 2), padding=1),
    "4d": case((1, 2, 3, 3, 4, 3), (2, 2, 2, 2, 2, 1)),
    "pointwise": case((2, 3, 5, 6), (4, 3, 1, 1)),
    "pointwise, grouped": case((2, 4, 5, 6), (6, 2, 1, 1), groups=2),
    "pointwise, strided": case((2, 3, 5, 6), (4, 3, 1, 1), stride=2),
    "pointwise, padded": case((2, 3, 5, 6), (4, 3, 1, 1), padding=1),
    "stride does not divide": case((2, 3, 8, 7), (4, 3, 3, 2), stride=(2, 3)),
    "stride above kernel": case((2, 3, 11, 9), (4, 3, 2, 2), stride=(3, 4)),
    "stride equals kernel": case((2, 3, 8, 8), (4, 3, 2, 2), stride=2),
    "stride, dilation with a common factor": case((1, 2, 13, 14), (2, 2, 3, 3), stride=(4, 6), dilation=(2, 3)),
    "stride, dilation without": case((1, 2, 13, 14), (2, 2, 3, 3), stride=(3, 2), dilation=(2, 3)),
    "dilation": case((2, 3, 9, 8), (4, 3, 3, 2), dilation=(2, 3)),
    "asymmetric padding": case((2, 3, 4, 5), (4, 3, 3, 3), padding=((0, 2), (3, 1))),
    "padding beyond the kernel": case((1, 2, 3, 3), (2, 2, 2, 2), padding=4),
    "same, even kernel": case((2, 3, 5, 6), (4, 3, 2, 4), padding="same"),
    "groups": case((2, 6, 6, 5), (4, 3, 3, 3), groups=2, padding=1),
    "depthwise": case((2, 4, 6, 5), (4, 1, 3, 3), groups=4),
    "depthwise, two outputs each": case((2, 3, 6, 5), (6, 1, 3, 3), groups=3, stride=2),
    "kernel fills the input": case((3, 2, 4, 3), (2, 2, 4, 3)),
    "wide rows": case((2, 2, 4, 70), (3, 2, 2, 3), padding=1),
    "large plane": case((3, 1, 20, 17), (2, 1, 3, 2), padding=(1, 0)),
    "few outputs, dilated": case((2, 4, 8, 20), (2, 4, 3, 2), dilation=(2, 3), padding=2),
    "few outputs, 3d": case((1, 4, 3, 5, 19), (1, 4, 2, 3, 2), padding=1),
    "one cell": case((1, 1, 1, 1), (1, 1, 1, 1)),
    "empty batch": case((0, 3, 5, 5), (4, 3, 3, 3), padding=1),
}

plain = pytest.mark.parametrize("case", PLAIN.values(), ids=PLAIN.keys())


NO_FEW = {"FEW_CELLS": 0, "FEW_STRIDED": 0, "MORE_CELLS": 0}
FORMS = {
    "as chosen": {},
    "by columns": {"FEW_STRIDED": 1 << 30, "FEW_CELLS": 1 << 30, "FEW_KERNELS": 1},
    "by channels": NO_FEW | {"SMALL_PLANE": 1 << 30, "LONG_RUN": 1},
    "in tiles": NO_FEW | {"LONG_RUN": 1 << 30},
    "in tiles, by rows": NO_FEW | {"LONG_RUN": 1 << 30, "ROW_COLUMNS": 1},
}


@pytest.fixture(params=FORMS.values(), ids=FORMS.keys())
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in request.param.items():
        monkeypatch.setattr(tuning, name, value)


def close(actual: np.ndarray, expected: np.ndarray, tolerance: float = 1e-12) -> None:
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance * 10)


def check_against_loops(case: Case, convolve: object, input_grad: object, weight_grad: object) -> None:
    x, w, gy = case.arrays()
    close(convolve(x, w, case.geometry), slow_convolve(x, w, case.geometry))
    close(input_grad(gy, w, case.geometry, case.x[2:]), slow_input_grad(gy, w, case.geometry, case.x[2:]))
    close(weight_grad(x, gy, case.geometry, case.w[2:]), slow_weight_grad(x, gy, case.geometry, case.w[2:]))


# --- values ---------------------------------------------------------------------------------------


@plain
def test_simple_kernels_are_the_definition(case: Case) -> None:
    check_against_loops(
        case, conv_simple.simple_convolve, conv_simple.simple_input_grad, conv_simple.simple_weight_grad
    )


@plain
def test_fast_kernels_are_the_definition(case: Case, form: None) -> None:
    check_against_loops(case, conv.convolve, conv.convolve_input_grad, conv.convolve_weight_grad)


CAN_BE_MIRRORED = {
    name: case for name, case in PLAIN.items() if case.x[0] and can_be_mirrored(case.geometry, case.w[2:])
}


@pytest.mark.parametrize("case", CAN_BE_MIRRORED.values(), ids=CAN_BE_MIRRORED.keys())
@pytest.mark.parametrize("dtype", ["float64", "float16"])
def test_mirrored_kernels_are_the_definition(case: Case, dtype: str) -> None:
    x, w, gy = case.arrays(dtype)
    bias = np.arange(len(w)).astype(dtype)
    y, gx = np.empty(case.y, dtype), np.empty(case.x, dtype)
    conv_mirrored.convolve_mirrored(x, w, case.geometry, bias, y)
    conv_mirrored.input_grad_mirrored(gy, w, case.geometry, None, gx)
    gw = conv_mirrored.weight_grad_mirrored(x, gy, case.geometry, case.w)
    tolerance = 1e-12 if dtype == "float64" else 2e-3
    close(y, slow_convolve(x, w, case.geometry) + bias.reshape(-1, *[1] * case.geometry.ndim), tolerance)
    close(gx, slow_input_grad(gy, w, case.geometry, case.x[2:]), tolerance)
    close(gw, slow_weight_grad(x, gy, case.geometry, case.w[2:]), tolerance)


def test_most_plain_cases_can_be_mirrored() -> None:
    assert len(CAN_BE_MIRRORED) > len(PLAIN) / 2


@plain
def test_on_every_device(case: Case, device, on_device) -> None:
    host = [a.astype(np.float32) for a in case.arrays()]
    x, w, gy = map(device.asarray, host)
    bias = device.asarray(np.arange(case.w[0], dtype=np.float32))
    with on_device():
        results = (
            conv.convolve(x, w, case.geometry),
            conv.convolve(x, w, case.geometry, bias) - conv.convolve(x, w, case.geometry),
            conv.convolve_input_grad(gy, w, case.geometry, case.x[2:]),
            conv.convolve_weight_grad(x, gy, case.geometry, case.w[2:]),
        )
    hx, hw, hgy = host
    expected = (
        slow_convolve(hx, hw, case.geometry),
        np.zeros(case.y) + np.arange(case.w[0]).reshape(-1, *[1] * (len(case.y) - 2)),
        slow_input_grad(hgy, hw, case.geometry, case.x[2:]),
        slow_weight_grad(hx, hgy, case.geometry, case.w[2:]),
    )
    for result, value in zip(results, expected):
        assert get_array_module(result) is device.xp
        assert result.dtype == np.float32
        assert result.flags.c_contiguous
        np.testing.assert_allclose(asnumpy(result), value, rtol=1e-4, atol=1e-4)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    ndim = draw(st.integers(1, 3))

    def sizes(low: int, high: int) -> tuple[int, ...]:
        return tuple(draw(st.integers(low, high)) for _ in range(ndim))

    kernel, dilation, stride = sizes(1, 3), sizes(1, 2), sizes(1, 3)
    padding = tuple(zip(sizes(0, 3), sizes(0, 3)))
    groups = draw(st.integers(1, 3))
    extra = sizes(0, 20 if ndim == 1 else 3)
    size = tuple(max(1, d * (k - 1) + 1 - lo - hi) + e for k, d, (lo, hi), e in zip(kernel, dilation, padding, extra))
    batch, per_in, per_out = (draw(st.integers(1, 2)) for _ in range(3))
    geometry = ConvGeometry(stride, padding, dilation, groups)
    return Case((batch, groups * per_in, *size), (groups * per_out, per_in, *kernel), geometry)


TUNING = st.fixed_dictionaries(
    {
        "NARROW": st.sampled_from([1, 16]),
        "ROW_COLUMNS": st.sampled_from([1, 64, 1 << 30]),
        "SMALL_PLANE": st.sampled_from([0, 256, 1 << 30]),
        "LONG_RUN": st.sampled_from([1, 12, 1 << 30]),
        "SMALL_GEMM": st.sampled_from([20, 200, 100**3]),
        "LONG_SUM": st.sampled_from([1, 512]),
        "GEMM_COLUMNS": st.sampled_from([2, 128]),
        "FEW_CELLS": st.sampled_from([0, 27]),
        "FEW_STRIDED": st.sampled_from([0, 147]),
        "FEW_KERNELS": st.sampled_from([0, 1, 8]),
        "MORE_CELLS": st.sampled_from([0, 75, 1 << 30]),
    }
)


@settings(max_examples=200)
@given(cases(), st.sampled_from([1 << 6, 1 << 11, 1 << 21]), TUNING)
def test_any_geometry_with_any_tuning(case: Case, tile_bytes: int, constants: dict[str, int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tuning, "TILE_BYTES", tile_bytes)
        for name, value in constants.items():
            patch.setattr(tuning, name, value)
        check_against_loops(case, conv.convolve, conv.convolve_input_grad, conv.convolve_weight_grad)


@settings(max_examples=150)
@given(cases())
def test_the_three_kernels_are_adjoint(case: Case) -> None:
    x, w, gy = case.arrays()
    forward = np.vdot(conv.convolve(x, w, case.geometry), gy)
    close(np.vdot(x, conv.convolve_input_grad(gy, w, case.geometry, case.x[2:])), forward, 1e-9)
    close(np.vdot(w, conv.convolve_weight_grad(x, gy, case.geometry, case.w[2:])), forward, 1e-9)


@settings(max_examples=60)
@given(cases())
def test_im2col_and_col2im_are_adjoint(case: Case) -> None:
    x = case.arrays()[0]
    col = conv_simple.im2col(x, case.w[2:], case.geometry)
    assert col.shape == (case.x[0], case.x[1] * int(np.prod(case.w[2:])), int(np.prod(case.y[2:])))
    other = np.random.default_rng(2).standard_normal(col.shape)
    back = conv_simple.col2im(other, case.x[2:], case.w[2:], case.geometry)
    close(np.vdot(col, other), np.vdot(x, back), 1e-9)


def test_im2col_rows_run_over_channels_then_taps() -> None:
    x = np.arange(18.0).reshape(1, 2, 3, 3)
    col = conv_simple.im2col(x, (2, 2), conv_geometry((2, 2)))
    assert col.shape == (1, 8, 4)
    assert col[0, :, 0].tolist() == [0, 1, 3, 4, 9, 10, 12, 13]  # the first window
    assert col[0, 1].tolist() == [1, 2, 4, 5]  # tap (0, 1) of channel 0 in every window


# --- large arrays: more than one tile, more than one thread ---------------------------------------

LARGE = {
    "rows in tiles": case((2, 24, 64, 64), (16, 24, 3, 3), padding=1),
    "columns in tiles": case((2, 24, 3, 3000), (8, 24, 3, 3)),
    "1d": case((3, 24, 2000), (16, 24, 5), padding=2),
    "pointwise": case((3, 48, 40, 40), (32, 48, 1, 1)),
    "narrow": case((24, 32, 8, 8), (48, 32, 3, 3), padding=1),
    "narrow, stride 2, groups": case((24, 32, 15, 13), (48, 16, 3, 3), stride=2, padding=((1, 0), (0, 2)), groups=2),
    "narrow, 3d": case((9, 8, 6, 6, 7), (16, 8, 3, 2, 3), padding=1),
    "stride 2": case((4, 24, 33, 31), (32, 24, 3, 3), stride=2, padding=1),
    "depthwise": case((3, 32, 64, 64), (32, 1, 3, 3), groups=32),
    "groups": case((3, 32, 40, 40), (16, 4, 3, 3), groups=8),
    "3d": case((2, 8, 10, 20, 20), (8, 8, 3, 3, 3), padding=1),
    "one channel": case((9, 1, 28, 28), (32, 1, 3, 3)),
    "few outputs": case((3, 32, 40, 40), (4, 32, 3, 3), padding=1),
    "few outputs, groups": case((9, 64, 30, 20), (4, 32, 3, 3), groups=2, dilation=(1, 2), padding=((0, 2), (1, 0))),
    "strided rows": case((3, 12, 70, 160), (16, 12, 3, 3), stride=2, padding=1),
    "few outputs, 3d": case((2, 16, 8, 20, 20), (4, 16, 3, 2, 3), dilation=(1, 2, 2)),
    "deep": case((2, 300, 12, 20), (40, 300, 3, 3)),
}
large = pytest.mark.parametrize("case", LARGE.values(), ids=LARGE.keys())


def all_three(case: Case, dtype: str) -> list[np.ndarray]:
    x, w, gy = case.arrays(dtype)
    bias = np.arange(len(w)).astype(dtype)
    return [
        conv.convolve(x, w, case.geometry, bias),
        conv.convolve_input_grad(gy, w, case.geometry, case.x[2:]),
        conv.convolve_weight_grad(x, gy, case.geometry, case.w[2:]),
    ]


class FakeBlas:
    """What threadpoolctl gives for a BLAS library."""

    num_threads = 7

    def set_num_threads(self, number: int) -> None:
        self.num_threads = number


@pytest.fixture
def little_work_is_shared(monkeypatch: pytest.MonkeyPatch, thread_count: None) -> None:
    """As if waking a thread took no time: cases that a test computes quickly are cut, in all directions, and shared."""
    monkeypatch.setattr(tuning, "SMALL_WORK", 1 << 20)
    monkeypatch.setattr(tuning, "TILE_BYTES", 1 << 20)


@large
def test_large_values(case: Case, little_work_is_shared: None) -> None:
    x, w, gy = case.arrays()
    expected = (
        conv_simple.simple_convolve(x, w, case.geometry) + np.arange(len(w)).reshape(-1, *[1] * (x.ndim - 2)),
        conv_simple.simple_input_grad(gy, w, case.geometry, case.x[2:]),
        conv_simple.simple_weight_grad(x, gy, case.geometry, case.w[2:]),
    )
    for result, value in zip(all_three(case, "float64"), expected):
        np.testing.assert_allclose(result, value, rtol=1e-9, atol=1e-9)


@large
def test_results_do_not_depend_on_the_number_of_threads(case: Case, little_work_is_shared: None) -> None:
    threads.set_num_threads(1)
    alone = all_three(case, "float32")
    for number in (2, 5, 2):
        threads.set_num_threads(number)
        for first, again in zip(alone, all_three(case, "float32")):
            assert np.array_equal(first, again)


def test_the_large_cases_take_more_than_one_tile_and_thread(
    monkeypatch: pytest.MonkeyPatch, little_work_is_shared: None
) -> None:
    shared = []
    share = threads._share
    monkeypatch.setattr(threads, "_share", lambda count, body: (shared.append(count), share(count, body)))
    monkeypatch.setattr(threads, "_blas_libraries", lambda: (FakeBlas(),))
    threads.set_num_threads(2)
    for case in LARGE.values():
        before = len(shared)
        all_three(case, "float32")
        assert len(shared) >= before + 3
    assert min(shared) > 1


# --- every path of the CPU code is taken ----------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "function", "case"),
    [
        (conv_cpu, "convolve_pointwise", LARGE["pointwise"]),
        (conv_cpu, "convolve_by_rows", LARGE["rows in tiles"]),
        (conv_cpu, "convolve_by_rows", LARGE["depthwise"]),
        (conv_cpu, "convolve_by_planes", LARGE["1d"]),
        (conv_cpu, "convolve_by_planes", LARGE["few outputs, 3d"]),
    ],
)
def test_forms_in_tiles(module: ModuleType, function: str, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    original = getattr(module, function)

    def spy(*args: object) -> object:
        calls.append(function)
        return original(*args)

    monkeypatch.setattr(module, function, spy)
    all_three(case, "float32")
    assert calls


@pytest.mark.parametrize(
    ("name", "case"), [("COLUMNS", "one channel"), ("MIRRORED", "few outputs"), ("CHANNELS", "narrow")]
)
def test_forms_on_whole_samples(name: str, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    form, calls = getattr(conv_cpu, name), []

    def spy(kernel: str) -> Callable[..., object]:
        return lambda *args: calls.append(kernel) or getattr(form, kernel)(*args)

    monkeypatch.setattr(conv_cpu, name, conv_cpu.Form(*map(spy, form._fields)))
    all_three(LARGE[case], "float32")
    assert calls == ["convolve", "input_grad", "weight_grad"]


@pytest.mark.parametrize(("rows", "depth", "columns"), [(32, 576, 126), (40, 300, 200), (70, 900, 30), (5, 9999, 99)])
def test_a_gemm_cut_in_pieces_is_the_same_product(rows: int, depth: int, columns: int) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((rows, depth)), rng.standard_normal((3, depth, columns))
    out = np.full((3, rows, columns), np.nan)
    gemm.multiply(a, b, out)
    np.testing.assert_allclose(out, a @ b, rtol=1e-9, atol=1e-9)


def test_the_input_gradient_at_stride_2_has_four_phases(monkeypatch: pytest.MonkeyPatch) -> None:
    kernels = []
    original = conv_cpu._correlate

    def spy(x: np.ndarray, w: np.ndarray, *rest: object) -> None:
        kernels.append(w.shape[2:])
        original(x, w, *rest)

    monkeypatch.setattr(conv_cpu, "_correlate", spy)
    c = case((2, 3, 9, 9), (4, 3, 3, 3), stride=2)
    gy, w = c.arrays()[2], c.arrays()[1]
    close(conv.convolve_input_grad(gy, w, c.geometry, (9, 9)), slow_input_grad(gy, w, c.geometry, (9, 9)))
    assert sorted(kernels) == [(1, 1), (1, 2), (2, 1), (2, 2)]  # nine taps in all, none multiplied by zero


# --- dtypes and memory layouts --------------------------------------------------------------------

MIXED = case((2, 4, 9, 20), (6, 2, 3, 3), groups=2, padding=1, stride=(1, 2))


@pytest.mark.parametrize("x_dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("w_dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("simple", [True, False])
def test_dtype_follows_the_input(x_dtype: str, w_dtype: str, simple: bool, form: None) -> None:
    module, prefix = (conv_simple, "simple_") if simple else (conv, "convolve_")
    convolve = conv_simple.simple_convolve if simple else conv.convolve
    x, w, gy = MIXED.arrays()
    x, gy, w = x.astype(x_dtype), gy.astype(x_dtype), w.astype(w_dtype)
    g = MIXED.geometry
    tolerance = 2e-3 if x_dtype == "float16" else 1e-5 if x_dtype == "float32" else 1e-12
    for result, value in (
        (convolve(x, w, g), slow_convolve(x, w, g)),
        (getattr(module, prefix + "input_grad")(gy, w, g, (9, 20)), slow_input_grad(gy, w, g, (9, 20))),
        (getattr(module, prefix + "weight_grad")(x, gy, g, (3, 3)), slow_weight_grad(x, gy, g, (3, 3))),
    ):
        assert result.dtype == x_dtype
        np.testing.assert_allclose(result, value, rtol=tolerance, atol=5 * tolerance)


def test_half_precision_is_summed_in_single() -> None:
    x = np.full((1, 4096, 1, 1), 1.0, np.float16)  # in half precision, 2048 + 1 == 2048
    w = np.ones((1, 4096, 1, 1), np.float16)
    for convolve in (conv.convolve, conv_simple.simple_convolve):
        assert convolve(x, w, conv_geometry((1, 1))).item() == 4096


def test_weight_gradient_in_the_dtype_of_gy() -> None:
    x, _, gy = MIXED.arrays()
    gw = conv.convolve_weight_grad(x, gy.astype(np.float32), MIXED.geometry, (3, 3))
    assert gw.dtype == np.float32
    np.testing.assert_allclose(gw, slow_weight_grad(x, gy, MIXED.geometry, (3, 3)), rtol=1e-4, atol=1e-4)


def layouts(a: np.ndarray) -> dict[str, np.ndarray]:
    """The same values in other memory."""
    spread = np.zeros(tuple(2 * n for n in a.shape), a.dtype)
    spread[tuple(slice(None, None, 2) for _ in a.shape)] = a
    locked = a.copy()
    locked.flags.writeable = False
    return {
        "fortran": np.asfortranarray(a),
        "channels last": np.moveaxis(np.ascontiguousarray(np.moveaxis(a, 1, -1)), -1, 1),
        "strided": spread[tuple(slice(None, None, 2) for _ in a.shape)],
        "reversed": a[..., ::-1].copy()[..., ::-1],
        "read-only": locked,
    }


@pytest.mark.parametrize("layout", ["fortran", "channels last", "strided", "reversed", "read-only"])
@pytest.mark.parametrize("name", ["2d non-square", "groups", "pointwise", "large plane", "wide rows"])
def test_memory_layout_does_not_matter(layout: str, name: str, form: None) -> None:
    case = PLAIN[name]
    x, w, gy = case.arrays()
    ox, ow, ogy = (layouts(a)[layout] for a in (x, w, gy))
    close(conv.convolve(ox, ow, case.geometry), slow_convolve(x, w, case.geometry))
    gx = conv.convolve_input_grad(ogy, ow, case.geometry, case.x[2:])
    close(gx, slow_input_grad(gy, w, case.geometry, case.x[2:]))
    gw = conv.convolve_weight_grad(ox, ogy, case.geometry, case.w[2:])
    close(gw, slow_weight_grad(x, gy, case.geometry, case.w[2:]))
    for a, original in ((ox, x), (ow, w), (ogy, gy)):
        assert np.array_equal(a, original), "an input was written to"


@pytest.mark.parametrize("name", ["2d non-square", "pointwise", "large plane", "wide rows", "stride does not divide"])
def test_broadcast_gradient(name: str, form: None) -> None:
    case = PLAIN[name]
    x, w, _ = case.arrays()
    gy = np.broadcast_to(np.float64(0.5), case.y)  # what y.sum().backward() sends: all strides 0
    gx = conv.convolve_input_grad(gy, w, case.geometry, case.x[2:])
    close(gx, slow_input_grad(gy, w, case.geometry, case.x[2:]))
    gw = conv.convolve_weight_grad(x, gy, case.geometry, case.w[2:])
    close(gw, slow_weight_grad(x, gy, case.geometry, case.w[2:]))


@plain
def test_bias_of_the_transposed_convolution(case: Case, form: None) -> None:
    _, w, gy = case.arrays()
    bias = np.arange(case.x[1], dtype=np.float64)
    without = conv.convolve_input_grad(gy, w, case.geometry, case.x[2:])
    with_bias = conv.convolve_input_grad(gy, w, case.geometry, case.x[2:], bias)
    close(with_bias, without + bias.reshape(-1, *[1] * (len(case.x) - 2)))


def test_no_input_channels_give_zeros() -> None:
    g = conv_geometry((3,))
    assert not conv.convolve(np.ones((2, 0, 5)), np.ones((4, 0, 3)), g).any()
    assert conv.convolve_input_grad(np.ones((2, 4, 3)), np.ones((4, 0, 3)), g, (5,)).shape == (2, 0, 5)
    assert conv.convolve_weight_grad(np.ones((2, 0, 5)), np.ones((2, 4, 3)), g, (3,)).shape == (4, 0, 3)


def test_an_empty_batch_has_a_zero_weight_gradient() -> None:
    gw = conv.convolve_weight_grad(np.ones((0, 2, 5)), np.ones((0, 4, 3)), conv_geometry((3,)), (3,))
    assert gw.shape == (4, 2, 3)
    assert not gw.any()


def test_padding_is_zero_even_beside_infinities() -> None:
    x = np.full((1, 1, 3, 3), np.inf)
    y = conv.convolve(x, np.ones((1, 1, 1, 1)), conv_geometry((1, 1), padding=1))
    assert y[0, 0].tolist() == [[0] * 5, *[[0, np.inf, np.inf, np.inf, 0]] * 3, [0] * 5]


# --- memory ---------------------------------------------------------------------------------------


def extra_memory(function: object, *args: object) -> int:
    tracemalloc.start()
    try:
        result = function(*args)
        return tracemalloc.get_traced_memory()[1] - result.nbytes
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("padding", [0, 1])
def test_no_temporary_grows_with_the_batch(padding: int) -> None:
    c = case((8, 64, 128, 128), (32, 64, 3, 3), padding=padding)  # whole-batch im2col would take 279 MiB
    x, w, gy = (np.ones(shape, np.float32) for shape in (c.x, c.w, c.y))
    assert extra_memory(conv.convolve, x, w, c.geometry) < 40 * MIB
    assert extra_memory(conv.convolve_input_grad, gy, w, c.geometry, c.x[2:]) < 40 * MIB
    assert extra_memory(conv.convolve_weight_grad, x, gy, c.geometry, c.w[2:]) < 40 * MIB


def test_the_simple_kernels_chunk_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    c = case((5, 3, 7, 6), (4, 3, 3, 3))
    monkeypatch.setattr(tuning, "CHUNK_BYTES", 2 * 27 * 20 * 8)  # two samples at a time, then one
    chunks = []
    original = conv_simple.pieces
    monkeypatch.setattr(conv_simple, "pieces", lambda *args: chunks.append(original(*args)) or chunks[-1])
    check_against_loops(c, conv_simple.simple_convolve, conv_simple.simple_input_grad, conv_simple.simple_weight_grad)
    assert [len(chunk) for chunk in chunks] == [3, 3, 3]
