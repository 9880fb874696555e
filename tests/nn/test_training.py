"""A whole training step on each device, without a copy between host and device."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import tinyconv as tc
from tinyconv import nn

OPTIMIZERS = {
    "SGD": {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 1e-3},
    "Adam": {"lr": 0.01},
    "AdamW": {"lr": 0.01},
    "RMSprop": {"lr": 0.005, "momentum": 0.5, "centered": True},
    "Adagrad": {"lr": 0.05},
}


def network(dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout2d(dropout),
        nn.Conv2d(4, 4, 3, groups=2, bias=False), nn.GroupNorm(2, 4), nn.GELU(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Dropout(dropout), nn.Linear(4, 8), nn.LayerNorm(8), nn.PReLU(), nn.Linear(8, 3),
    )  # fmt: skip


def data(device: tc.Device) -> tuple[tc.Tensor, tc.Tensor]:
    rng = np.random.default_rng(0)
    labels = np.arange(12) % 3
    images = rng.normal(size=(12, 1, 8, 8)) + labels[:, None, None, None]
    return tc.tensor(images.astype(np.float32), device=device), tc.tensor(labels, device=device)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_training_steps_stay_on_the_device(device: tc.Device, on_device: Callable, optimizer: str) -> None:
    net = network(dropout=0.2).to(device)
    step = getattr(tc.optim, optimizer)(net.parameters(), **OPTIMIZERS[optimizer])
    criterion = nn.CrossEntropyLoss(weight=tc.tensor([1.0, 2.0, 1.0]), label_smoothing=0.1).to(device)
    x, target = data(device)
    losses = []
    for _ in range(12):
        with on_device():
            step.zero_grad()
            loss = criterion(net(x), target)
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            step.step()
        losses.append(loss.item())
    assert min(losses[-3:]) < losses[0]
    assert net[1].num_batches_tracked.item() == 12
    for parameter in net.parameters():
        assert parameter.device == parameter.grad.device == device


def test_evaluation_stays_on_the_device(device: tc.Device, on_device: Callable) -> None:
    net = network(dropout=0.5).to(device).eval()
    x, target = data(device)
    with on_device(), tc.no_grad():
        correct = (net(x).argmax(1) == target).sum()
    assert 0 <= correct.item() <= 12


def test_every_device_trains_to_the_same_weights(device: tc.Device) -> None:
    """Without dropout (whose masks differ) the devices differ by rounding alone."""
    results = []
    for place in (tc.Device("cpu"), device):
        tc.manual_seed(1)
        net = network(dropout=0.0).to(place).double()
        optimizer = tc.optim.SGD(net.parameters(), lr=0.05)
        x, target = data(place)
        for _ in range(3):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x.double()), target).backward()
            optimizer.step()
        results.append({key: tc.asnumpy(value.array) for key, value in net.state_dict().items()})
    for key, value in results[0].items():
        np.testing.assert_allclose(results[1][key], value, rtol=1e-7, atol=1e-9, err_msg=key)


@pytest.mark.parametrize(
    ("layer", "shape"), [(nn.Linear(2, 1), (1, 2)), (nn.Conv1d(2, 1, 1), (1, 2, 1)), (nn.BatchNorm1d(2), (3, 2))]
)
def test_a_model_and_an_input_on_different_devices(layer: nn.Module, shape: tuple[int, ...]) -> None:
    text = r"^Sequential\.0 \(.*all tensors to be on the same device, but found .*cpu.* the model: model\.to"
    with pytest.raises(RuntimeError, match=text):
        nn.Sequential(layer)(tc.ones(shape, device="strict"))
