"""Normalisation layers against sums written out with NumPy, and their running values by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import tinyconv as tc
from tinyconv import nn


def normalised(x: np.ndarray, axes: tuple[int, ...], eps: float = 1e-5) -> np.ndarray:
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)


def drawn(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(len(shape)).normal(2.0, 3.0, shape)


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (nn.BatchNorm1d(3), (5, 3), lambda x: normalised(x, (0,))),
        (nn.BatchNorm1d(3), (5, 3, 4), lambda x: normalised(x, (0, 2))),
        (nn.BatchNorm2d(3, eps=0.5), (5, 3, 4, 2), lambda x: normalised(x, (0, 2, 3), 0.5)),
        (nn.BatchNorm3d(3), (2, 3, 2, 2, 2), lambda x: normalised(x, (0, 2, 3, 4))),
        (nn.InstanceNorm1d(3), (5, 3, 4), lambda x: normalised(x, (2,))),
        (nn.InstanceNorm2d(3), (5, 3, 4, 2), lambda x: normalised(x, (2, 3))),
        (nn.InstanceNorm3d(3, eps=0.1), (2, 3, 2, 2, 2), lambda x: normalised(x, (2, 3, 4), 0.1)),
        (nn.LayerNorm(4), (5, 3, 4), lambda x: normalised(x, (2,))),
        (nn.LayerNorm((3, 4), eps=0.1), (5, 3, 4), lambda x: normalised(x, (1, 2), 0.1)),
        (nn.GroupNorm(2, 4), (3, 4, 2, 2),
         lambda x: normalised(x.reshape(3, 2, 2, 2, 2), (2, 3, 4)).reshape(x.shape)),
        (nn.GroupNorm(1, 4), (3, 4), lambda x: normalised(x, (1,))),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else None,
)  # fmt: skip
def test_values_in_training(layer: nn.Module, shape: tuple[int, ...], expected: Callable) -> None:
    x = drawn(shape)
    np.testing.assert_allclose(layer.double()(tc.tensor(x)).detach().numpy(), expected(x), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("layer", "shape", "axis"),
    [
        (nn.BatchNorm2d(3), (2, 3, 4, 2), 1),
        (nn.InstanceNorm1d(3, affine=True), (2, 3, 4), 1),
        (nn.GroupNorm(1, 3), (2, 3, 4), 1),
        (nn.LayerNorm(3), (2, 4, 3), 2),
    ],
)
def test_weight_and_bias_act_per_channel(layer: nn.Module, shape: tuple[int, ...], axis: int) -> None:
    x = tc.tensor(drawn(shape))
    layer.double()
    plain = np.moveaxis(layer(x).detach().numpy(), axis, -1)
    layer.weight.array = np.array([1.0, 2.0, -3.0])
    layer.bias.array = np.array([0.5, 0.0, 7.0])
    expected = np.moveaxis(plain * layer.weight.array + layer.bias.array, -1, axis)
    np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=1e-9, atol=1e-12)


def test_initial_parameters() -> None:
    for layer in (nn.BatchNorm1d(2), nn.LayerNorm(2), nn.GroupNorm(1, 2), nn.InstanceNorm1d(2, affine=True)):
        assert layer.weight.tolist() == [1.0, 1.0]
        assert layer.bias.tolist() == [0.0, 0.0]
    bare = [
        nn.BatchNorm1d(2, affine=False), nn.LayerNorm(2, elementwise_affine=False),
        nn.GroupNorm(1, 2, affine=False), nn.InstanceNorm1d(2),
    ]  # fmt: skip
    for layer in bare:
        assert layer.weight is None
        assert list(layer.parameters()) == []
    layer = nn.LayerNorm((2, 3), bias=False)
    assert (layer.weight.shape, layer.bias) == ((2, 3), None)


@pytest.mark.parametrize(
    "layer",
    [
        nn.BatchNorm1d(3, bias=False), nn.InstanceNorm1d(3, affine=True, bias=False), nn.GroupNorm(1, 3, bias=False),
        tc.distributed.SyncBatchNorm(3, tc.distributed.Communicator(), bias=False),
    ],
)  # fmt: skip
def test_a_factor_without_an_offset(layer: nn.Module) -> None:
    assert list(layer.state_dict())[:1] == ["weight"]
    assert "bias" not in layer.state_dict()
    x = tc.tensor(drawn((2, 3, 4)))
    plain = layer.double()(x).detach().numpy()
    layer.weight.array = np.array([1.0, 2.0, -3.0])
    np.testing.assert_allclose(layer(x).detach().numpy(), plain * layer.weight.array[:, None], rtol=1e-9, atol=1e-12)


# ---------------------------------------------------------------------- running values

FIRST = np.array([[1.0, 10.0], [3.0, 30.0]])  # mean (2, 20), unbiased variance (2, 200)
SECOND = np.array([[0.0, 0.0], [4.0, 2.0]])  # mean (2, 1), unbiased variance (8, 2)


def test_batch_norm_moves_its_running_values_by_momentum() -> None:
    layer = nn.BatchNorm1d(2, momentum=0.25).double()
    assert layer.running_mean.tolist() == [0.0, 0.0]
    assert layer.running_var.tolist() == [1.0, 1.0]
    layer(tc.tensor(FIRST))
    np.testing.assert_allclose(layer.running_mean.numpy(), [0.5, 5.0])
    np.testing.assert_allclose(layer.running_var.numpy(), [0.75 + 0.5, 0.75 + 50.0])
    layer(tc.tensor(SECOND))
    np.testing.assert_allclose(layer.running_mean.numpy(), [0.75 * 0.5 + 0.5, 0.75 * 5.0 + 0.25])
    np.testing.assert_allclose(layer.running_var.numpy(), [0.75 * 1.25 + 2.0, 0.75 * 50.75 + 0.5])
    assert layer.num_batches_tracked.item() == 2


def test_momentum_none_keeps_the_mean_of_all_batches() -> None:
    layer = nn.BatchNorm1d(2, momentum=None).double()
    layer(tc.tensor(FIRST))
    np.testing.assert_allclose(layer.running_mean.numpy(), [2.0, 20.0])
    layer(tc.tensor(SECOND))
    np.testing.assert_allclose(layer.running_mean.numpy(), [2.0, 10.5])
    np.testing.assert_allclose(layer.running_var.numpy(), [5.0, 101.0])
    layer(tc.tensor(SECOND))
    np.testing.assert_allclose(layer.running_mean.numpy(), [2.0, 22.0 / 3])


def test_running_values_stay_the_same_objects_and_out_of_the_graph() -> None:
    layer = nn.BatchNorm1d(2)
    mean, count = layer.running_mean, layer.num_batches_tracked
    layer(tc.randn(4, 2).requires_grad_())
    assert layer.running_mean is mean
    assert layer.num_batches_tracked is count
    assert not mean.requires_grad
    assert mean.grad_fn is None


def test_evaluation_uses_the_running_values_and_leaves_them() -> None:
    layer = nn.BatchNorm1d(2).double()
    layer.load_state_dict(
        {"weight": np.array([1.0, 2.0]), "bias": np.array([0.0, 1.0]), "running_mean": np.array([1.0, 2.0]),
         "running_var": np.array([4.0, 9.0]), "num_batches_tracked": np.array(3)}
    )  # fmt: skip
    layer.eval()
    y = layer(tc.tensor([[5.0, 5.0]], dtype="float64")).detach().numpy()
    np.testing.assert_allclose(y, [[4 / np.sqrt(4 + 1e-5), 2 * 3 / np.sqrt(9 + 1e-5) + 1]], rtol=1e-12)
    assert layer.running_mean.tolist() == [1.0, 2.0]
    assert layer.num_batches_tracked.item() == 3


def test_without_running_values_evaluation_uses_the_batch() -> None:
    layer = nn.BatchNorm1d(2, track_running_stats=False).double()
    assert layer.running_mean is layer.running_var is layer.num_batches_tracked is None
    assert list(layer.buffers()) == []
    expected = normalised(FIRST, (0,))
    for mode in (True, False):
        np.testing.assert_allclose(layer.train(mode)(tc.tensor(FIRST)).detach().numpy(), expected, rtol=1e-9)


def test_a_frozen_batch_norm_in_a_training_net() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    net[1].eval()
    net(tc.randn(1, 2))  # one sample is enough
    assert net[1].running_mean.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("layer", "shape"),
    [(nn.BatchNorm1d(3), (1, 3)), (nn.BatchNorm1d(3), (1, 3, 1)), (nn.BatchNorm2d(3), (1, 3, 1, 1))],
)
def test_one_value_per_channel_cannot_be_normalised_in_training(layer: nn.Module, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"^BatchNorm.*Expected more than 1 value per channel when training"):
        layer(tc.ones(shape))
    assert layer.running_mean.tolist() == [0.0, 0.0, 0.0]
    assert layer.eval()(tc.ones(shape)).shape == shape


def test_instance_norm_refuses_a_single_cell() -> None:
    with pytest.raises(ValueError, match=r"^InstanceNorm2d.*Expected more than 1 spatial element"):
        nn.InstanceNorm2d(3)(tc.ones(2, 3, 1, 1))


def test_instance_norm_averages_its_running_values_over_samples() -> None:
    layer = nn.InstanceNorm1d(1, momentum=0.5, track_running_stats=True).double()
    x = np.array([[[1.0, 3.0]], [[0.0, 8.0]]])  # means 2 and 4, unbiased variances 2 and 32
    y = layer(tc.tensor(x)).numpy()
    np.testing.assert_allclose(y, normalised(x, (2,)), rtol=1e-9)
    np.testing.assert_allclose(layer.running_mean.numpy(), [1.5])
    np.testing.assert_allclose(layer.running_var.numpy(), [0.5 + 8.5])
    y = layer.eval()(tc.tensor(x)).numpy()
    np.testing.assert_allclose(y, (x - 1.5) / np.sqrt(9.0 + 1e-5), rtol=1e-9)


def test_instance_norm_in_evaluation_uses_each_sample_by_default() -> None:
    x = drawn((2, 3, 4))
    layer = nn.InstanceNorm1d(3).double().eval()
    np.testing.assert_allclose(layer(tc.tensor(x)).numpy(), normalised(x, (2,)), rtol=1e-9, atol=1e-12)


def test_float16_does_not_overflow() -> None:
    x = tc.tensor(np.array([[300.0, -300.0]] * 4, np.float16) * np.array([[1], [2], [3], [4]], np.float16))
    for layer in (nn.BatchNorm1d(2), nn.LayerNorm(2)):
        y = layer.half()(x)
        assert y.dtype == np.float16
        assert np.isfinite(y.detach().numpy()).all()
    np.testing.assert_allclose(np.abs(nn.LayerNorm(2).half()(x).detach().numpy()), 1.0, rtol=1e-3)


def test_running_values_on_a_device(device: tc.Device, on_device: Callable) -> None:
    here, there = nn.BatchNorm2d(2), nn.BatchNorm2d(2).to(device)
    x = tc.randn(3, 2, 4, 4)
    here(x)
    moved = x.to(device)
    with on_device():
        there(moved)
    for name, value in here.state_dict().items():
        np.testing.assert_allclose(tc.asnumpy(there.state_dict()[name].array), value.numpy(), rtol=1e-5, atol=1e-6)
