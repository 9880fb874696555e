"""When the CUDA kernels are chosen, and that the whole of tinyconv gives the same with them as without."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import tinyconv as tc
from tests.cuda.host_compiler import HostKernels
from tests.strict_device import register
from tinyconv import nn
from tinyconv.backend import Device, asnumpy
from tinyconv.kernels import cuda
from tinyconv.kernels.geometry import conv_geometry


class CupyArray:
    """What the choice looks at: a type of CuPy's, a dtype, a layout."""

    __module__ = "cupy"

    def __init__(self, dtype: str = "float32", shape: tuple[int, ...] = (3,), c_contiguous: bool = True):
        self.dtype = np.dtype(dtype)
        self.shape = shape
        self.flags = SimpleNamespace(c_contiguous=c_contiguous)


@pytest.fixture(autouse=True)
def _switched_on() -> Iterator[None]:
    before = cuda.is_enabled()
    cuda.set_enabled(True)
    yield
    cuda.set_enabled(before)


# --- the choice ---


def test_floats_of_cupy_are_taken() -> None:
    assert [d for d in ("float16", "float32", "float64", "int64", "bool") if cuda.available_for(CupyArray(d))] == [
        "float16",
        "float32",
        "float64",
    ]


def test_cupys_own_arrays_are_recognised() -> None:
    cupy = pytest.importorskip("cupy")
    assert cupy.ndarray.__module__.partition(".")[0] == "cupy"


def test_other_libraries_are_not_taken() -> None:
    register()
    for name in ("cpu", "strict"):
        array = Device(name).asarray(np.zeros(3, "float32"))
        assert not cuda.available_for(array)
        assert not cuda.in_place_available_for(array, array)


def test_more_than_three_spatial_axes_are_not_taken() -> None:
    assert [n for n in range(6) if cuda.available_for(CupyArray(), n)] == [0, 1, 2, 3]


def test_the_switch() -> None:
    with cuda.plain_path():
        assert not cuda.available_for(CupyArray())
        assert not cuda.in_place_available_for(CupyArray())
    assert cuda.available_for(CupyArray())
    cuda.set_enabled(False)
    with cuda.plain_path():
        pass
    assert not cuda.is_enabled()


@pytest.mark.parametrize(("value", "expected"), [("", "True"), ("0", "False"), ("1", "True")])
def test_the_switch_from_outside(value: str, expected: str) -> None:
    program = "from tinyconv.kernels import cuda; print(cuda.is_enabled())"
    environment = {**os.environ, "TINYCONV_CUDA_KERNELS": value}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == expected


def test_in_place_wants_contiguous_arrays_of_one_type_and_shape() -> None:
    good = CupyArray()
    assert cuda.in_place_available_for(good, CupyArray())
    for bad in (CupyArray("float64"), CupyArray(shape=(4,)), CupyArray(c_contiguous=False)):
        assert not cuda.in_place_available_for(good, bad)
        assert not cuda.in_place_available_for(bad, good)


def test_depthwise_is_one_input_channel_per_group() -> None:
    array, grouped = CupyArray(), conv_geometry((3,), groups=3)
    assert cuda.depthwise_available_for(array, (6, 1, 3), grouped)
    assert not cuda.depthwise_available_for(array, (6, 1, 3), conv_geometry((3,)))
    assert not cuda.depthwise_available_for(array, (6, 2, 3), grouped)
    assert not cuda.depthwise_available_for(CupyArray("int64"), (6, 1, 3), grouped)


# --- the whole, with the kernels on the CPU, and on a GPU where there is one ---


@pytest.fixture
def whole(request: pytest.FixtureRequest, place: Device) -> Device:
    """Like ``place``, but tinyconv itself chooses the kernels."""
    if place.type == "cpu":
        request.getfixturevalue("everywhere")
    return place


def network() -> Any:
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2, 1),
        nn.Conv2d(4, 8, 3, groups=4), nn.ReLU(),  # depthwise, two kernels per channel
        nn.ConvTranspose2d(8, 8, 3, groups=8), nn.MaxPool2d(2),
        nn.Flatten(), nn.LazyLinear(5),
    )  # fmt: skip


def trained(device: Device, kind: Any, **options: Any) -> list[np.ndarray]:
    """The parameters after three steps."""
    tc.manual_seed(0)
    random = np.random.default_rng(0)
    x = tc.tensor(random.standard_normal((6, 2, 12, 12)), device=device)
    labels = tc.tensor(random.integers(0, 5, 6), device=device)
    net = network().double().to(device)
    net(x)
    optimizer = kind(net.parameters(), lr=0.01, **options)
    for _ in range(3):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), labels).backward()
        optimizer.step()
    return [asnumpy(p.array) for p in net.parameters()]


OPTIMIZERS = [
    (tc.optim.SGD, {}),
    (tc.optim.SGD, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    (tc.optim.Adam, {"amsgrad": True}),
    (tc.optim.AdamW, {"weight_decay": 0.1}),
]


@pytest.mark.parametrize(("kind", "options"), OPTIMIZERS)
def test_training_is_the_same(whole: Device, kind: Any, options: dict[str, Any]) -> None:
    got = trained(whole, kind, **options)
    with cuda.plain_path():
        want = trained(whole, kind, **options)
    for one, other in zip(got, want, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-11)


def test_training_launches_the_kernels(everywhere: HostKernels) -> None:
    trained(Device("cpu"), tc.optim.Adam)
    launched = {name for name, _ in everywhere.launched}
    assert launched == {
        "max_pool", "put_taps", "depthwise", "depthwise_input_grad", "depthwise_weight_grad",
        "cross_entropy", "cross_entropy_grad", "adam_step",
    }  # fmt: skip
    everywhere.launched.clear()
    with cuda.plain_path():
        trained(Device("cpu"), tc.optim.Adam)
    assert everywhere.launched == []


def test_unfold_has_its_gradient_from_the_kernel(everywhere: HostKernels) -> None:
    x = tc.tensor(np.random.default_rng(0).standard_normal((2, 3, 6, 5)), requires_grad=True)
    columns = nn.functional.unfold(x, 3, padding=1)
    columns.sum().backward()
    assert [name for name, _ in everywhere.launched] == ["col2im"]


def test_second_derivatives_do_not_pass_the_fused_gradient(whole: Device) -> None:
    """The fused gradient has no graph; asked for one, the loss takes the plain way."""
    x = tc.tensor(np.random.default_rng(0).standard_normal((4, 3)), device=whole, requires_grad=True)
    labels = tc.tensor(np.array([0, 2, 1, 1]), device=whole)
    results = []
    for context in (cuda.plain_path(), contextlib.nullcontext()):
        with context:
            (gx,) = tc.grad(nn.functional.cross_entropy(x, labels), [x], create_graph=True)
            (second,) = tc.grad((gx * gx).sum(), [x])
            results.append((asnumpy(gx.array), asnumpy(second.array)))
    for plain, fused in zip(*results):
        np.testing.assert_allclose(fused, plain, rtol=1e-12, atol=1e-15)


def test_arrays_that_are_not_contiguous_are_stepped_the_plain_way(everywhere: HostKernels) -> None:
    w = tc.tensor(np.zeros((3, 4)), requires_grad=True)
    w.array = np.asfortranarray(w.array)
    w.grad = tc.tensor(np.ones((3, 4)))
    tc.optim.Adam([w], lr=0.5).step()
    np.testing.assert_allclose(w.array, np.full((3, 4), -0.5))
    assert everywhere.launched == []
