"""Dropout: how much is dropped, what remains, and that a seed repeats it; one-hot vectors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import tinyconv as tc
from tinyconv import nn

LAYERS = [
    (nn.Dropout, (200, 500), ()),
    (nn.Dropout1d, (100, 200, 5), (2,)),
    (nn.Dropout2d, (100, 200, 3, 2), (2, 3)),
    (nn.Dropout3d, (100, 200, 2, 3, 2), (2, 3, 4)),
]
EACH = pytest.mark.parametrize(("layer", "shape", "together"), LAYERS, ids=lambda v: getattr(v, "__name__", None))


@EACH
@pytest.mark.parametrize("p", [0.2, 0.5, 0.9])
def test_the_share_dropped_and_the_scale_of_the_rest(layer: type, shape: tuple, together: tuple, p: float) -> None:
    y = layer(p)(tc.ones(shape)).numpy()
    draws = y.reshape(shape[0], shape[1], -1)
    np.testing.assert_array_equal(draws, np.broadcast_to(draws[..., :1], draws.shape))  # whole channels
    draws = draws[..., 0]
    np.testing.assert_allclose(np.unique(draws), [0.0, 1.0 / (1.0 - p)], rtol=1e-6)
    dropped = (draws == 0.0).mean()
    assert abs(dropped - p) < 5 * np.sqrt(p * (1 - p) / draws.size)
    rows = (draws == 0.0).mean(0)  # no channel is preferred
    assert abs(rows - p).max() < 6 * np.sqrt(p * (1 - p) / draws.shape[0])


@EACH
def test_nothing_and_everything(layer: type, shape: tuple, together: tuple) -> None:
    x = tc.ones(shape)
    assert (layer(0.0)(x) == 1.0).all()
    y = layer(1.0)(x)
    assert (y == 0.0).all()
    x = tc.ones(2, *shape[1:]).requires_grad_()
    layer(1.0)(x).sum().backward()
    assert (x.grad == 0.0).all()


@EACH
def test_evaluation_gives_the_input_back(layer: type, shape: tuple, together: tuple) -> None:
    x = tc.randn(shape)
    y = layer(0.9).eval()(x)
    np.testing.assert_array_equal(y.numpy(), x.numpy())


def test_everything_dropped_stays_finite() -> None:
    assert nn.Dropout(1.0)(tc.tensor([np.inf, 1.0]).clamp(max=1e30)).tolist() == [0.0, 0.0]


def test_a_seed_repeats_the_mask_and_calls_differ(device: tc.Device) -> None:
    layer, x = nn.Dropout(), tc.ones(50, device=device)
    tc.manual_seed(7)
    first, second = (tc.asnumpy(layer(x).array) for _ in range(2))
    tc.manual_seed(7)
    np.testing.assert_array_equal(tc.asnumpy(layer(x).array), first)
    assert (first != second).any()


def test_the_gradient_passes_where_values_passed(device: tc.Device, on_device: Callable) -> None:
    x = tc.ones(1000, device=device).requires_grad_()
    with on_device():  # the seed is drawn on the host, the mask on the device
        y = nn.Dropout(0.3)(x)
        y.sum().backward()
    np.testing.assert_array_equal(tc.asnumpy(x.grad.array), tc.asnumpy(y.array))


def test_unbatched_channels_are_dropped_whole() -> None:
    y = nn.Dropout2d(0.5)(tc.ones(400, 3, 2)).numpy().reshape(400, -1)
    assert set(y.min(1)) == set(y.max(1)) == {0.0, 2.0}
    np.testing.assert_array_equal(y.min(1), y.max(1))


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_dtype_is_kept(dtype: str) -> None:
    assert nn.Dropout(0.3)(tc.ones(3).to(dtype)).dtype == np.dtype(dtype)


@pytest.mark.parametrize(("n", "shape"), [(1, (3,)), (2, (3,)), (2, (3, 4)), (2, (1, 2, 3, 4, 5)), (3, (2, 3, 4))])
def test_channel_dropout_refuses_input_without_its_spatial_axes(n: int, shape: tuple[int, ...]) -> None:
    text = rf"^Dropout{n}d.*expected {n + 1}D \(unbatched\) or {n + 2}D \(batched\) input, but got input of shape"
    with pytest.raises(RuntimeError, match=text):
        getattr(nn, f"Dropout{n}d")()(tc.ones(shape))


@EACH
def test_integers_cannot_be_scaled(layer: type, shape: tuple, together: tuple) -> None:
    x = tc.ones(2, *shape[1:]).long()
    with pytest.raises(RuntimeError, match=r"^Dropout.*int64.*x\.float\(\)"):
        layer(0.3)(x)
    assert layer(0.3).eval()(x) is x


def test_one_hot(device, on_device) -> None:
    labels = tc.tensor([[1], [2]], device=device)
    with on_device():
        y = nn.functional.one_hot(labels, 3)
    assert (y.shape, y.dtype) == ((2, 1, 3), tc.int64)
    np.testing.assert_array_equal(tc.asnumpy(y.array), np.eye(3)[[[1], [2]]])
    assert nn.functional.one_hot(tc.tensor([], dtype=tc.int64), 3).shape == (0, 3)


@pytest.mark.parametrize(
    ("labels", "text"),
    [([0, 3], "from 0 to 3 with num_classes=3"), ([-1], "from -1 to -1"), ([0.5], "must be integers, got float32")],
)
def test_one_hot_refuses_what_is_no_class(labels: list, text: str) -> None:
    with pytest.raises(RuntimeError, match=text):
        nn.functional.one_hot(tc.tensor(labels), 3)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
@pytest.mark.parametrize("layer", [nn.AlphaDropout, nn.FeatureAlphaDropout])
def test_alpha_dropout_keeps_mean_and_variance(layer: type, p: float, device: tc.Device, on_device: Callable) -> None:
    tc.manual_seed(3)
    shape = (200, 300) if layer is nn.AlphaDropout else (200, 300, 2)
    x = tc.randn(shape).to(device).requires_grad_()
    with on_device():
        y = layer(p)(x)
        y.sum().backward()
    values, slopes = tc.asnumpy(y.detach().array), tc.asnumpy(x.grad.array)
    assert abs(values.mean()) < 0.05
    assert abs(values.std() - 1) < 0.05
    scale, floor = 1 / np.sqrt((1 - p) * (1 + p * 1.7580993408473766**2)), -1.7580993408473766
    np.testing.assert_allclose(values[slopes == 0], scale * floor * (1 - p), rtol=1e-4)
    np.testing.assert_allclose(slopes[slopes != 0], scale, rtol=1e-6)
    assert abs((slopes == 0).mean() - p) < 0.01
    if len(shape) == 3:  # whole channels
        np.testing.assert_array_equal(slopes[..., 0], slopes[..., 1])


@pytest.mark.parametrize("layer", [nn.AlphaDropout, nn.FeatureAlphaDropout])
def test_alpha_dropout_of_nothing_and_of_everything(layer: type) -> None:
    x = tc.randn(3, 4)
    assert layer(0.0)(x) is layer(0.7).eval()(x) is x
    assert (layer(1.0)(x) == 0).all()
    assert layer(0.5, inplace=True)(x) is x
    with pytest.raises(ValueError, match="between 0 and 1"):
        layer(1.5)
    with pytest.raises(RuntimeError, match="int64"):
        layer()(tc.ones(2, 2).long())


def test_feature_dropout_needs_features() -> None:
    with pytest.raises(RuntimeError, match="at least 2 dimensions"):
        nn.FeatureAlphaDropout()(tc.ones(3))
