"""Initial values: fans, gains, bounds, spreads; all with a fixed seed."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinyconv as tc
from tinyconv import nn
from tinyconv.nn import init


@pytest.mark.parametrize(
    ("layer", "groups", "transposed"),
    [
        (nn.Conv2d(6, 9, (3, 2)), 1, False),
        (nn.Conv2d(6, 9, (3, 2), groups=3), 3, False),
        (nn.Conv2d(6, 12, 3, groups=6), 6, False),
        (nn.Conv1d(4, 2, 5), 1, False),
        (nn.Conv3d(2, 4, 2, groups=2), 2, False),
        (nn.ConvTranspose2d(6, 9, (3, 2)), 1, True),
        (nn.ConvTranspose2d(6, 9, (3, 2), groups=3), 3, True),
    ],
)
def test_fans_count_the_connections(layer: nn.Module, groups: int, transposed: bool) -> None:
    """Fan in: inputs under one output cell. Fan out: outputs over one input cell, both away from the border."""
    size = (9,) * (layer.weight.ndim - 2)
    x = tc.zeros(1, layer.in_channels, *size).requires_grad_()
    layer.weight.array = np.ones(layer.weight.shape, np.float32)
    y = layer(x)
    middle = tuple(s // 2 for s in y.shape[2:])
    (seen,) = tc.grad(y[(0, 0, *middle)], x, retain_graph=True)
    (reach,) = tc.grad(y.sum(), x)
    fan_in, fan_out = int((seen != 0.0).sum()), reach[(0, 0, *(s // 2 for s in size))].item()
    assert init.calculate_fans(layer.weight, groups=groups, transposed=transposed) == (fan_in, fan_out)


def test_fans_of_a_matrix_and_of_less() -> None:
    assert init.calculate_fans(nn.Linear(5, 3).weight) == (5, 3)
    with pytest.raises(ValueError, match=r"fewer than 2 dimensions, got shape \(3,\)"):
        init.calculate_fans(tc.zeros(3))


@pytest.mark.parametrize(
    ("name", "param", "gain"),
    [
        ("linear", None, 1.0), ("conv1d", None, 1.0), ("conv2d", None, 1.0), ("conv_transpose3d", None, 1.0),
        ("sigmoid", None, 1.0), ("tanh", None, 5 / 3), ("relu", None, math.sqrt(2)), ("selu", None, 0.75),
        ("leaky_relu", None, math.sqrt(2 / 1.0001)), ("leaky_relu", 0.2, math.sqrt(2 / 1.04)),
        ("leaky_relu", 0, math.sqrt(2)),
    ],
)  # fmt: skip
def test_gains(name: str, param: float | None, gain: float) -> None:
    assert init.calculate_gain(name, param) == pytest.approx(gain)


def test_unknown_names() -> None:
    with pytest.raises(ValueError, match="Unsupported nonlinearity 'swish'"):
        init.calculate_gain("swish")
    with pytest.raises(ValueError, match="Mode 'fan' not supported"):
        init.kaiming_normal_(tc.empty(2, 2), mode="fan")


def assert_uniform(values: np.ndarray, low: float, high: float) -> None:
    """Within bounds, close to them, with the mean and spread of a uniform distribution (five sigma)."""
    n, width = values.size, high - low
    assert low <= values.min() < low + 0.01 * width
    assert high - 0.01 * width < values.max() <= high
    assert abs(values.mean() - (low + high) / 2) < 5 * width / math.sqrt(12 * n)
    assert abs(values.std() - width / math.sqrt(12)) < 5 * width / math.sqrt(12) * math.sqrt(0.2 / n)


def assert_normal(values: np.ndarray, mean: float, std: float) -> None:
    n = values.size
    assert abs(values.mean() - mean) < 5 * std / math.sqrt(n)
    assert abs(values.std() - std) < 5 * std / math.sqrt(2 * n)
    assert abs((abs(values - mean) < std).mean() - 0.6827) < 5 * math.sqrt(0.6827 * 0.3173 / n)


SHAPE = (60, 40, 3, 3)  # fan in 360, fan out 540


def test_uniform_rules() -> None:
    assert_uniform(init.uniform_(tc.empty(SHAPE), -1.0, 3.0).numpy(), -1.0, 3.0)
    bound = math.sqrt(6 / 900)
    assert_uniform(init.xavier_uniform_(tc.empty(SHAPE)).numpy(), -bound, bound)
    assert_uniform(init.xavier_uniform_(tc.empty(SHAPE), gain=2.0).numpy(), -2 * bound, 2 * bound)
    bound = math.sqrt(6 / 360)
    assert_uniform(init.kaiming_uniform_(tc.empty(SHAPE), nonlinearity="relu").numpy(), -bound, bound)
    bound = math.sqrt(6 / 540)
    assert_uniform(init.kaiming_uniform_(tc.empty(SHAPE), mode="fan_out").numpy(), -bound, bound)
    bound = math.sqrt(6 / (1 + 0.5**2) / 360)
    assert_uniform(init.kaiming_uniform_(tc.empty(SHAPE), a=0.5).numpy(), -bound, bound)


def test_normal_rules() -> None:
    assert_normal(init.normal_(tc.empty(SHAPE), 1.0, 2.0).numpy(), 1.0, 2.0)
    assert_normal(init.xavier_normal_(tc.empty(SHAPE)).numpy(), 0.0, math.sqrt(2 / 900))
    assert_normal(init.kaiming_normal_(tc.empty(SHAPE), nonlinearity="relu").numpy(), 0.0, math.sqrt(2 / 360))
    assert_normal(init.kaiming_normal_(tc.empty(SHAPE), mode="fan_out").numpy(), 0.0, math.sqrt(2 / 540))
    assert_normal(init.lecun_normal_(tc.empty(SHAPE)).numpy(), 0.0, math.sqrt(1 / 360))


def test_rules_know_groups_and_transposition() -> None:
    wide = init.kaiming_normal_(tc.empty(SHAPE), mode="fan_out", groups=4, nonlinearity="linear").numpy()
    assert_normal(wide, 0.0, math.sqrt(1 / (15 * 9)))
    turned = init.lecun_normal_(tc.empty(SHAPE), transposed=True).numpy()
    assert_normal(turned, 0.0, math.sqrt(1 / 540))


def test_integers_cannot_be_drawn() -> None:
    with pytest.raises(RuntimeError, match="cannot draw values for a tensor of dtype int64"):
        init.normal_(tc.zeros(3).long())


def test_constants() -> None:
    assert init.constant_(tc.empty(2, 2), 0.5).tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert init.zeros_(tc.ones(2)).tolist() == [0.0, 0.0]
    assert init.ones_(tc.zeros(2)).tolist() == [1.0, 1.0]


def test_parameters_are_filled_in_place_outside_the_graph() -> None:
    layer = nn.Linear(3, 2)
    weight = layer.weight
    assert init.xavier_uniform_(layer.weight) is weight
    assert weight.requires_grad
    assert weight.grad_fn is None
    init.zeros_(layer.bias)
    assert layer.bias.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("layer", "fan_in"),
    [
        (nn.Linear(50, 800), 50),
        (nn.Conv2d(20, 200, 3), 180),
        (nn.Conv2d(20, 200, 3, groups=4), 45),
        (nn.ConvTranspose2d(40, 100, 3), 360),
        (nn.ConvTranspose2d(40, 100, 3, groups=4), 90),
        (nn.Conv1d(30, 100, 5), 150),
    ],
)
def test_layers_start_uniform_within_one_over_the_root_of_fan_in(layer: nn.Module, fan_in: int) -> None:
    bound = 1 / math.sqrt(fan_in)
    assert_uniform(layer.weight.detach().numpy(), -bound, bound)
    bias = layer.bias.detach().numpy()
    assert abs(bias).max() <= bound
    assert bias.std() > 0.4 * bound


def test_a_seed_repeats_a_model_on_every_device(device: tc.Device) -> None:
    tc.manual_seed(5)
    here = nn.Conv2d(2, 3, 3)
    tc.manual_seed(5)
    there = nn.Conv2d(2, 3, 3, device=device)
    for a, b in zip(here.parameters(), there.parameters(), strict=True):
        assert b.device == device
        np.testing.assert_array_equal(tc.asnumpy(b.array), a.detach().numpy())
    assert (nn.Conv2d(2, 3, 3).weight != here.weight).any()


def test_reset_parameters_draws_anew_in_place() -> None:
    layer = nn.Conv2d(2, 3, 3)
    weight, before = layer.weight, layer.weight.detach().numpy().copy()
    layer.reset_parameters()
    assert layer.weight is weight
    assert (weight.detach().numpy() != before).all()


@pytest.mark.parametrize("fill", [init.ones_, init.normal_, init.kaiming_uniform_, lambda w: init.constant_(w, 2.0)])
def test_a_raw_array_is_filled_too(fill) -> None:
    layer = nn.Linear(3, 2)
    layer.weight.array[...] = math.nan
    fill(layer.weight.array)
    assert np.isfinite(layer.weight.array).all()
    with pytest.raises(TypeError, match="expected a Tensor or an array to fill, got list"):
        init.ones_([1.0])


def test_truncated_normal_is_the_normal_one_within_its_bounds() -> None:
    tc.manual_seed(0)
    values = init.trunc_normal_(tc.empty(40000).double(), 1.0, 2.0, 0.0, 4.0).numpy()
    assert values.min() >= 0.0
    assert values.max() <= 4.0
    # E = mean + std * (pdf(-0.5) - pdf(1.5)) / (cdf(1.5) - cdf(-0.5))
    low, high = (math.exp(-(z**2) / 2) / math.sqrt(2 * math.pi) for z in (-0.5, 1.5))
    inside = 0.5 * (math.erf(1.5 / math.sqrt(2)) + math.erf(0.5 / math.sqrt(2)))
    assert values.mean() == pytest.approx(1.0 + 2.0 * (low - high) / inside, abs=0.03)
    for a, b in ((2.0, -2.0), (90.0, 91.0)):
        with pytest.raises(ValueError, match="trunc_normal_: almost nothing"):
            init.trunc_normal_(tc.empty(3), a=a, b=b)


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 2, 3), (8, 1, 2, 2)])
def test_orthogonal(shape: tuple[int, ...]) -> None:
    matrix = init.orthogonal_(tc.empty(*shape).double(), 3.0).numpy().reshape(shape[0], -1)
    rows, columns = matrix.shape
    product = matrix @ matrix.T if rows <= columns else matrix.T @ matrix
    np.testing.assert_allclose(product, 9.0 * np.eye(min(rows, columns)), atol=1e-12)


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_dirac_passes_channels_on(ndim: int, groups: int) -> None:
    layer = getattr(nn, f"Conv{ndim}d")(4, 4, 3, padding=1, groups=groups, bias=False)
    init.dirac_(layer.weight, groups)
    x = tc.randn(2, 4, *[5] * ndim)
    np.testing.assert_array_equal(layer(x).detach().numpy(), x.numpy())


def test_identity_and_wrong_shapes() -> None:
    assert init.eye_(tc.empty(3, 2)).tolist() == [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]
    for fill, size in ((init.eye_, (2,)), (init.orthogonal_, (2,)), (init.dirac_, (2, 2))):
        with pytest.raises(ValueError, match=f"{fill.__name__}: only tensors with"):
            fill(tc.empty(*size))
    with pytest.raises(ValueError, match="divisible by groups"):
        init.dirac_(tc.empty(3, 1, 3), 2)


def test_sparse_empties_a_share_of_each_column() -> None:
    values = init.sparse_(tc.empty(50, 40), 0.25, std=2.0).numpy()
    assert ((values == 0).sum(0) == 13).all()  # the share rounded up
    assert len({tuple(column) for column in (values == 0).T}) == 40  # each column its own
    assert_normal(values[values != 0], 0.0, 2.0)
    with pytest.raises(ValueError, match="sparse_"):
        init.sparse_(tc.empty(3), 0.5)
