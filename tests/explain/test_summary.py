"""Summary: its numbers against sizes, a loop that counts, and the memory that Python traces."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinyconv as tc
from tests.explain.random_layers import convolutions, transposed_convolutions
from tinyconv import nn
from tinyconv.explain import loops, summary
from tinyconv.kernels.conv_simple import im2col as columns_of
from tinyconv.kernels.geometry import conv_geometry


def traced(work: Callable[[], Any]) -> tuple[int, int]:
    """Bytes that are still held when `work` is done, and the most that were held at once."""
    gc.collect()
    tracemalloc.start()
    try:
        kept = work()
        held, peak = tracemalloc.get_traced_memory()
        del kept
        return held, peak
    finally:
        tracemalloc.stop()


SHAPE = (8, 64, 128, 128)


@pytest.mark.parametrize(
    ("model", "parameters", "multiply_adds"),
    [
        (lambda: nn.Conv2d(64, 32, 3), 18_464, 2_341_011_456),
        (lambda: nn.Conv2d(64, 32, 3, groups=8), 2_336, 2_341_011_456 // 8),
        (lambda: nn.Sequential(nn.Conv2d(64, 64, 3, groups=64), nn.Conv2d(64, 32, 1)), 2_720, 333_268_992),
    ],
)
def test_the_tutorials_layers(model: Callable[[], nn.Module], parameters: int, multiply_adds: int) -> None:
    costs = summary(model(), (1, *SHAPE[1:]))
    assert costs.parameters == costs.trainable_parameters == parameters
    assert costs.multiply_adds * 8 == multiply_adds


@given(st.one_of(convolutions(), transposed_convolutions()))
def test_multiply_adds_are_what_loops_count(case: tuple[Any, tc.Tensor]) -> None:
    layer, x = case
    (row,) = summary(layer, x).rows
    assert row.multiply_adds == loops(layer, x).multiply_adds
    assert row.output_shape == layer(x).shape
    assert row.parameters == sum(p.numel() for p in layer.parameters())


def test_multiply_adds_of_linear() -> None:
    assert summary(nn.Linear(5, 3), (2, 4, 5)).multiply_adds == 2 * 4 * 5 * 3


@pytest.mark.parametrize(("stride", "groups"), [(1, 1), (2, 1), (1, 4)])
def test_im2col_bytes_are_what_im2col_takes(stride: int, groups: int) -> None:
    conv, x = nn.Conv2d(8, 4, 3, stride, groups=groups), tc.zeros(4, 8, 66, 66)
    _, peak = traced(lambda: columns_of(x.array, (3, 3), conv_geometry((3, 3), stride)))
    (row,) = summary(conv, x).rows
    assert peak == pytest.approx(row.im2col_bytes, rel=0.05)
    assert row.im2col_bytes_per_sample * 4 == row.im2col_bytes


def test_im2col_bytes_of_a_transposed_convolution_are_its_columns() -> None:
    up, x = nn.ConvTranspose2d(4, 8, 3), tc.zeros(2, 4, 40, 40)
    weight = up.weight.detach().numpy().reshape(4, -1).T
    held, _ = traced(lambda: weight @ x.numpy().reshape(2, 4, -1))
    assert held == pytest.approx(summary(up, x).rows[0].im2col_bytes, rel=0.05)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """A thread that had no tile in the first run would make its buffers in the second."""
    before = tc.get_num_threads()
    tc.set_num_threads(1)
    yield
    tc.set_num_threads(before)


def test_activation_bytes_are_what_the_graph_keeps(one_thread: None) -> None:
    model = nn.Sequential(
        nn.Conv2d(3, 8, 3),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3),
        nn.Tanh(),
        nn.Conv2d(8, 8, 2, 2),
        nn.Flatten(),
        nn.Linear(None, 64),
    )
    x = tc.randn(8, 3, 64, 64)
    model(x)  # the thread's buffers, lazy sizes and caches are made once
    outputs: list[tc.Tensor] = []
    for layer in model:
        layer.register_forward_hook(lambda module, args, result: outputs.append(result))
    held, _ = traced(lambda: model(x))
    costs = summary(model, x)
    assert held == pytest.approx(costs.activation_bytes, rel=0.05)
    assert sum(out.numel() * 4 for out in outputs) == costs.activation_bytes + outputs[4].numel() * 4  # Flatten's view
    assert costs.rows[5].activation_bytes == 0


def test_lazy_models_are_sized_and_stay_lazy() -> None:
    model = nn.Sequential(nn.Conv2d(None, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(None, 10))
    costs = summary(model, (2, 1, 28, 28))
    assert [row.parameters for row in costs.rows] == [80, 0, 0, 0, 13_530]
    assert [row.output_shape for row in costs.rows] == [
        (2, 8, 26, 26), (2, 8, 26, 26), (2, 8, 13, 13), (2, 1352), (2, 10),
    ]  # fmt: skip
    assert model[0].in_channels is None
    assert model[4].in_features is None
    assert model(tc.zeros(2, 1, 28, 28)).shape == (2, 10)


@pytest.mark.parametrize("training", [True, False])
def test_nothing_of_the_model_changes(training: bool) -> None:
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5), nn.Flatten(), nn.Linear(None, 2))
    model(tc.randn(3, 1, 8, 8)).sum().backward()
    model.train(training)
    model[2].training = not training  # one layer set apart
    heard: list[Any] = []
    handle = model[0].register_forward_hook(lambda *args: heard.append(args))
    state = {name: value.numpy().copy() for name, value in model.state_dict().items()}
    gradient = model[0].weight.grad
    hooks = [dict(table) for m in model.modules() for table in (m._pre_hooks, m._hooks, m._backward_hooks)]
    random_state = tc.get_rng_state()
    summary(model, (1, 1, 8, 8))
    assert tc.get_rng_state() == random_state
    assert {name: value.tolist() for name, value in model.state_dict().items()} == {
        name: value.tolist() for name, value in state.items()
    }
    assert [m.training for m in model] == [training, training, not training, training, training]
    assert hooks == [dict(table) for m in model.modules() for table in (m._pre_hooks, m._hooks, m._backward_hooks)]
    assert model[0].weight.grad is gradient
    assert not heard
    model(tc.randn(3, 1, 8, 8))
    assert len(heard) == 1
    handle.remove()


def test_a_failing_model_is_not_changed_either() -> None:
    model = nn.Sequential(nn.Conv2d(None, 4, 3), nn.Linear(5, 2))
    state = tc.get_rng_state()
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        summary(model, (1, 1, 8, 8))
    assert model[0].in_channels is None
    assert tc.get_rng_state() == state


class Twice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(2, 2, 3, padding=1)
        self.scale = nn.Parameter(tc.ones(2, 1))

    def forward(self, x: tc.Tensor, y: tc.Tensor) -> tc.Tensor:
        return self.conv(self.conv(x)) * self.scale + y


def test_shared_layers_and_a_models_own_parameters_count_once() -> None:
    model = Twice()
    model.conv.bias.requires_grad = False
    costs = summary(model, (1, 2, 9), tc.zeros(1, 2, 9))
    assert [(row.name, row.parameters, row.multiply_adds) for row in costs.rows] == [
        ("conv", 14, 108), ("conv", 0, 108), ("", 2, 0),
    ]  # fmt: skip
    assert costs.parameters == sum(p.numel() for p in model.parameters()) == 16
    assert costs.trainable_parameters == 14
    assert str(costs).splitlines()[-1] == "2 of 16 parameters are frozen"
    assert str(costs).splitlines()[3].startswith("(model)  Twice")


def test_tuples_and_unbatched_inputs() -> None:
    costs = summary(nn.MaxPool2d(2, return_indices=True), (3, 4, 4))
    assert costs.rows[0].output_shape == (3, 2, 2)
    assert summary(nn.Conv1d(2, 3, 2), np.zeros((2, 5), np.float32)).multiply_adds == 3 * 2 * 2 * 4


def test_dtypes_are_counted_in_bytes() -> None:
    x = tc.zeros(1, 1, 8, 8, dtype=np.float64)
    (row,) = summary(nn.Conv2d(1, 1, 3), x).rows
    assert (row.dtype, row.activation_bytes, row.im2col_bytes) == ("float64", 36 * 8, 36 * 9 * 8)


def test_deformable_convolutions_count_their_samples() -> None:
    layer = nn.DeformConv2d(4, 2, 3, padding=1)
    (row,) = summary(layer, (1, 4, 5, 5), (1, 18, 5, 5)).rows
    assert (row.multiply_adds, row.im2col_bytes) == (2 * 25 * 36, 25 * 36 * 4)


def test_on_a_device(device: tc.Device) -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten()).to(device)
    costs = summary(model, (1, 1, 5, 5))
    assert costs.rows[0].multiply_adds == 2 * 9 * 9


def test_the_table_has_a_row_per_layer_and_the_totals() -> None:
    lines = str(summary(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()), (1, 1, 5, 5))).splitlines()
    assert lines[0].split() == [
        "layer",
        "kind",
        "output",
        "shape",
        "parameters",
        "multiply-adds",
        "activation",
        "im2col",
    ]
    assert lines[1].split() == ["0", "Conv2d", "(1,", "2,", "3,", "3)", "20", "162", "72", "B", "324", "B"]
    assert lines[2].split() == ["1", "ReLU", "(1,", "2,", "3,", "3)", "0", "0", "72", "B", "-"]
    assert lines[3].split() == ["total", "20", "162", "144", "B", "324", "B", "(largest)"]
