"""Norms whose number of channels is read off the first input are the plain ones from then on."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import numpy as np
import pytest

import tinyconv as tc
from tinyconv import nn

CASES = [(kind, ndim) for kind in ("Batch", "Instance") for ndim in (1, 2, 3)]
PARTS = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]


def pair(kind: str, ndim: int, **options: object) -> tuple[nn.Module, nn.Module]:
    plain = getattr(nn, f"{kind}Norm{ndim}d")(3, **{"affine": True, "track_running_stats": True, **options})
    return getattr(nn, f"Lazy{kind}Norm{ndim}d")(**options), plain


def values(*shape: int) -> tc.Tensor:
    return tc.tensor(np.random.default_rng(1).normal(1.0, 2.0, shape), dtype="float32")


@pytest.mark.parametrize("options", [{}, {"bias": False}, {"affine": False}, {"track_running_stats": False}])
@pytest.mark.parametrize(("kind", "ndim"), CASES)
def test_after_the_first_call_it_is_the_plain_one(kind: str, ndim: int, options: dict) -> None:
    lazy, plain = pair(kind, ndim, **options)
    assert lazy.num_features is None
    for size in (5, 4):
        x = values(size, 3, *[4] * ndim)
        np.testing.assert_array_equal(lazy(x).detach().numpy(), plain(x).detach().numpy())
    assert lazy.num_features == 3
    assert [*lazy.state_dict()] == [*plain.state_dict()]
    for own, expected in zip(lazy.state_dict().values(), plain.state_dict().values()):
        np.testing.assert_array_equal(own.numpy(), expected.numpy())
    assert [name for name, _ in lazy.named_parameters()] == [name for name, _ in plain.named_parameters()]
    with pytest.raises(RuntimeError, match="channels"):
        lazy(values(5, 2, *[4] * ndim))


def test_what_is_printed() -> None:
    lazy = nn.LazyBatchNorm2d()
    rest = "eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)"
    assert repr(lazy) == f"LazyBatchNorm2d(None, {rest}"
    lazy(values(2, 3, 4, 4))
    assert repr(lazy) == f"BatchNorm2d(3, {rest}"


def test_an_unbatched_input_of_instance_norm_tells_the_channels() -> None:
    layer = nn.LazyInstanceNorm1d()
    assert layer(values(3, 4)).shape == (3, 4)
    assert layer.num_features == 3


def test_an_optimiser_may_hold_the_parameters_before() -> None:
    layer = nn.LazyBatchNorm1d()
    optimizer = tc.optim.SGD(layer.parameters(), lr=0.5)
    layer(values(4, 3)).square().sum().backward()
    optimizer.step()
    assert (layer.weight.detach().numpy() != 1.0).all()


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
def test_copies_are_lazy_by_themselves(duplicate: Callable) -> None:
    layer = nn.LazyBatchNorm1d().double()
    twin = duplicate(layer)
    twin(values(4, 3).double())
    assert twin.running_mean.dtype == np.float64
    assert type(twin.running_mean) is nn.Buffer
    assert layer.num_features is None
    layer(values(4, 2).double())
    assert (layer.num_features, twin.num_features) == (2, 3)


def test_the_state_waits_for_a_shape_and_loading_gives_it() -> None:
    lazy, plain = pair("Batch", 1)
    with pytest.raises(RuntimeError, match="weight"):
        lazy.state_dict()
    plain(values(5, 3))
    lazy.load_state_dict(plain.state_dict())
    assert lazy.num_features == 3
    x = values(4, 3)
    np.testing.assert_array_equal(lazy.eval()(x).detach().numpy(), plain.eval()(x).detach().numpy())


def test_a_load_that_fails_or_gives_a_part() -> None:
    lazy, plain = pair("Batch", 1)
    state = plain.state_dict()
    with pytest.raises(RuntimeError, match=r'Missing key\(s\) in state_dict: "bias"'):
        lazy.load_state_dict({name: value for name, value in state.items() if name != "bias"})
    assert lazy.num_features is None
    lazy.load_state_dict({"weight": state["weight"] * 2.0}, strict=False)
    with pytest.raises(RuntimeError, match="channels"):
        lazy(values(5, 2))
    assert isinstance(lazy.running_mean, nn.UninitializedParameter)
    lazy(values(5, 3))
    assert lazy.weight.tolist() == [2.0, 2.0, 2.0]
    assert lazy.running_mean.shape == (3,)


@pytest.mark.parametrize(
    ("make", "bad", "good"),
    [
        (nn.LazyBatchNorm1d, (4,), (4, 2)),
        (nn.LazyBatchNorm1d, (1, 3), (4, 2)),  # one value per channel
        (nn.LazyBatchNorm2d, (2, 0, 4, 4), (2, 3, 4, 4)),
        (lambda: nn.LazyBatchNorm1d(affine=False, track_running_stats=False), (1, 3), (4, 2)),
    ],
)
def test_a_first_call_that_fails_leaves_it_lazy(make: Callable, bad: tuple, good: tuple) -> None:
    layer = make()
    with pytest.raises(ValueError, match=r"LazyBatchNorm|batch_norm"):
        layer(values(*bad))
    assert layer.num_features is None
    assert all(member.is_lazy for member in (layer.weight, layer.running_var) if member is not None)
    layer(values(*good))
    assert layer.num_features == good[1]


def test_it_goes_where_its_first_input_is(device: tc.Device) -> None:
    layer = nn.LazyBatchNorm1d()
    assert layer(tc.ones(4, 3, device=device)).device == device
    assert all(getattr(layer, name).device == device for name in PARTS)
