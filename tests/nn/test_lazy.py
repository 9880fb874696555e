"""Layers whose input size is read off the first input."""

from __future__ import annotations

import copy
import pickle
import threading
from collections.abc import Callable

import numpy as np
import pytest

import tinyconv as tc
from tinyconv import nn

# (layer, batched input shape, unbatched input shape, weight shape after the first call)
LAYERS: list[tuple[Callable[[], nn.Module], tuple[int, ...], tuple[int, ...], tuple[int, ...]]] = [
    (lambda: nn.Linear(None, 4), (5, 3), (3,), (4, 3)),
    (lambda: nn.LazyLinear(4, bias=False), (5, 2, 3), (3,), (4, 3)),
    (lambda: nn.Conv1d(None, 4, 3), (2, 6, 5), (6, 5), (4, 6, 3)),
    (lambda: nn.LazyConv1d(4, 3, groups=2), (2, 6, 5), (6, 5), (4, 3, 3)),
    (lambda: nn.Conv2d(None, 4, (1, 2), bias=False), (2, 3, 5, 5), (3, 5, 5), (4, 3, 1, 2)),
    (lambda: nn.LazyConv2d(4, 3, stride=2), (2, 3, 5, 5), (3, 5, 5), (4, 3, 3, 3)),
    (lambda: nn.LazyConv3d(4, 2), (2, 3, 2, 3, 4), (3, 2, 3, 4), (4, 3, 2, 2, 2)),
    (lambda: nn.ConvTranspose1d(None, 4, 3), (2, 6, 5), (6, 5), (6, 4, 3)),
    (lambda: nn.ConvTranspose2d(None, 4, 3, groups=2), (2, 6, 3, 3), (6, 3, 3), (6, 2, 3, 3)),
    (lambda: nn.ConvTranspose3d(None, 4, 1), (2, 3, 2, 2, 2), (3, 2, 2, 2), (3, 4, 1, 1, 1)),
]


def model() -> nn.Sequential:
    """A net of which every weighted layer is lazy."""
    return nn.Sequential(
        nn.Conv2d(None, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.ConvTranspose2d(None, 2, 2), nn.Flatten(),
        nn.Linear(None, 4),
    )  # fmt: skip


@pytest.mark.parametrize("case", LAYERS, ids=lambda case: repr(case[0]()).split("(")[0])
@pytest.mark.parametrize("batched", [True, False])
def test_the_first_call_decides(case: tuple, batched: bool) -> None:
    make, with_batch, without, weight_shape = case
    layer = make()
    weight = layer.weight
    assert isinstance(weight, nn.UninitializedParameter)
    assert weight.is_lazy
    assert "None" in repr(layer)
    y = layer(tc.randn(with_batch if batched else without))
    assert layer.weight is weight
    assert type(weight) is nn.Parameter
    assert weight.shape == weight_shape
    assert "None" not in repr(layer)
    assert (weight != 0.0).any()
    twin = make()
    twin.load_state_dict(layer.state_dict())
    eager_like = copy.deepcopy(layer)
    x = tc.randn(with_batch)
    np.testing.assert_array_equal(twin(x).detach().numpy(), eager_like(x).detach().numpy())
    assert y.ndim == len(with_batch if batched else without)


def test_the_first_values_are_those_of_an_eager_layer() -> None:
    with tc.fork_rng():
        tc.manual_seed(3)
        eager = nn.Conv2d(2, 4, 3)
    lazy = nn.Conv2d(None, 4, 3)
    tc.manual_seed(3)
    lazy(tc.ones(1, 2, 3, 3))
    np.testing.assert_array_equal(lazy.weight.detach().numpy(), eager.weight.detach().numpy())
    np.testing.assert_array_equal(lazy.bias.detach().numpy(), eager.bias.detach().numpy())


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_an_optimiser_made_before_the_first_call_trains(optimizer: str) -> None:
    net = model()
    given = list(net.parameters())
    step = getattr(tc.optim, optimizer)(net.parameters(), lr=0.01)
    step.zero_grad()
    x, target = tc.randn(4, 2, 6, 6), tc.tensor([0, 1, 2, 3])
    losses = []
    for _ in range(8):
        loss = nn.functional.cross_entropy(net(x), target)
        step.zero_grad()
        loss.backward()
        before = [p.detach().numpy().copy() for p in net.parameters()]
        step.step()
        losses.append(loss.item())
        if len(losses) == 1:  # every parameter moved
            moved = [(p.detach().numpy() != b).any() for p, b in zip(net.parameters(), before, strict=True)]
            assert all(moved[:1] + moved[2:])  # batch norm takes the first convolution's bias away again
    assert losses[-1] < losses[0]
    assert all(a is b for a, b in zip(given, net.parameters(), strict=True))


def test_stepping_before_the_first_call_does_nothing() -> None:
    net = model()
    optimizer = tc.optim.SGD(net.parameters(), lr=0.1)
    optimizer.step()
    assert isinstance(net[0].weight, nn.UninitializedParameter)


def test_state_dict_before_the_first_call_says_what_to_do() -> None:
    with pytest.raises(RuntimeError, match=r"'0.weight' belongs to a lazy layer .* Call the model once on an input"):
        model().state_dict()


@pytest.mark.parametrize(
    "use",
    [
        lambda p: p.shape,
        lambda p: p.ndim,
        lambda p: p.numel(),
        lambda p: p + 1.0,
        lambda p: p.sum(),
        lambda p: p.detach(),
        lambda p: nn.init.kaiming_normal_(p),
        lambda p: nn.init.zeros_(p),
        lambda p: setattr(p, "data", np.zeros((4, 1, 3, 3))),
    ],
)
def test_using_the_weight_before_the_first_call_says_what_to_do(use: Callable) -> None:
    with pytest.raises(RuntimeError, match=r"belongs to a lazy layer .* call the model once on an input"):
        use(nn.Conv2d(None, 4, 3).weight)


def test_counting_parameters_before_the_first_call_says_what_to_do() -> None:
    with pytest.raises(RuntimeError, match="call the model once on an input"):
        sum(p.numel() for p in model().parameters())
    net = model()
    net(tc.randn(1, 2, 6, 6))
    assert sum(p.numel() for p in net.parameters()) == 3 * 2 * 9 + 3 + 6 + 3 * 2 * 4 + 2 + 4 * 50 + 4


def test_printing_before_the_first_call() -> None:
    layer = nn.Conv2d(None, 4, 3)
    assert repr(layer) == "Conv2d(None, 4, kernel_size=(3, 3), stride=(1, 1))"
    assert repr(layer.weight) == "UninitializedParameter()"
    assert repr(nn.Linear(None, 2)) == "Linear(in_features=None, out_features=2, bias=True)"


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_before_the_first_call_are_lazy_by_themselves(duplicate: Callable) -> None:
    net = model().double()
    net[0].weight.requires_grad = False
    twin = duplicate(net)
    twin(tc.randn(1, 5, 6, 6).double())
    assert twin[0].weight.shape == (3, 5, 3, 3)
    assert twin[0].weight.dtype == np.float64
    assert not twin[0].weight.requires_grad
    assert isinstance(net[0].weight, nn.UninitializedParameter)
    net(tc.randn(1, 2, 6, 6).double())
    assert net[0].weight.shape == (3, 2, 3, 3)


def test_a_lazy_weight_shared_by_two_layers_stays_shared_in_a_copy() -> None:
    net = nn.Sequential(nn.Linear(None, 2), nn.Linear(None, 2))
    net[1].weight = net[0].weight
    twin = copy.deepcopy(net)
    twin(tc.ones(1, 2))
    assert twin[0].weight is twin[1].weight
    assert len(list(twin.parameters())) == 3


def test_apply_zero_grad_and_freezing_before_the_first_call() -> None:
    net = model()
    net.zero_grad()
    net.zero_grad(set_to_none=False)
    net.apply(lambda m: m.reset_parameters() if hasattr(m, "reset_parameters") else None)
    net.requires_grad_(False)
    assert not net(tc.randn(1, 2, 6, 6)).requires_grad
    assert not net[0].weight.requires_grad


def test_device_and_dtype_given_or_moved_to(device: tc.Device) -> None:
    for layer in (nn.Conv2d(None, 2, 3, device=device, dtype="float64"), nn.Conv2d(None, 2, 3).to(device, "float64")):
        assert layer.weight.device == device
        assert layer.weight.dtype == np.float64
        layer(tc.ones(1, 1, 3, 3, device=device).double())
        for parameter in layer.parameters():
            assert parameter.device == device
            assert parameter.dtype == np.float64


def test_a_layer_without_a_device_goes_where_its_first_input_is(device: tc.Device) -> None:
    net = nn.Sequential(nn.Conv2d(None, 2, 3), nn.Flatten(), nn.Linear(None, 2))
    y = net(tc.ones(1, 1, 4, 4, device=device))
    assert y.device == device
    assert all(p.device == device for p in net.parameters())


def test_a_device_that_was_asked_for_is_not_changed_by_the_input() -> None:
    for layer in (nn.Conv2d(None, 2, 3, device="cpu"), nn.Conv2d(None, 2, 3).to("cpu")):
        with pytest.raises(RuntimeError, match="all tensors to be on the same device"):
            layer(tc.ones(1, 1, 3, 3, device="strict"))
        layer(tc.ones(1, 1, 3, 3))
        assert layer.weight.device == layer.bias.device == tc.Device("cpu")


# ---------------------------------------------------------------------- loading


def test_loading_gives_the_shapes() -> None:
    full, lazy = model(), model()
    full(tc.randn(1, 2, 6, 6))
    held = list(lazy.parameters())
    lazy.load_state_dict(full.state_dict())
    assert all(a is b for a, b in zip(held, lazy.parameters(), strict=True))
    x = tc.randn(2, 2, 6, 6)
    np.testing.assert_array_equal(lazy.eval()(x).detach().numpy(), full.eval()(x).detach().numpy())
    with pytest.raises(RuntimeError, match="channels"):
        lazy(tc.randn(1, 3, 6, 6))


@pytest.mark.parametrize(
    ("make", "shape", "pattern"),
    [
        (lambda: nn.Linear(None, 4, bias=False), (5, 3), r"\(4, None\)"),
        (lambda: nn.Linear(None, 4, bias=False), (4,), r"\(4, None\)"),
        (lambda: nn.Linear(None, 4, bias=False), (4, 0), r"\(4, None\)"),
        (lambda: nn.Conv2d(None, 4, 3, bias=False), (4, 2, 3, 5), r"\(4, None, 3, 3\)"),
        (lambda: nn.ConvTranspose2d(None, 4, 3, groups=2, bias=False), (6, 4, 3, 3), r"\(None, 2, 3, 3\)"),
    ],
)
def test_loading_a_shape_that_cannot_be(make: Callable, shape: tuple, pattern: str) -> None:
    layer = make()
    with pytest.raises(RuntimeError, match=f"size mismatch for weight: .* current model is {pattern}"):
        layer.load_state_dict({"weight": np.ones(shape, np.float32)})
    assert isinstance(layer.weight, nn.UninitializedParameter)


def test_a_failed_load_leaves_every_layer_lazy() -> None:
    full, lazy = model(), model()
    full(tc.randn(1, 2, 6, 6))
    state = full.state_dict()
    del state["5.bias"]
    with pytest.raises(RuntimeError, match=r'Missing key\(s\) in state_dict: "5.bias"'):
        lazy.load_state_dict(state)
    assert all(isinstance(lazy[i].weight, nn.UninitializedParameter) for i in (0, 3, 5))


# ---------------------------------------------------------------------- a first call that fails


@pytest.mark.parametrize(
    ("make", "bad", "good"),
    [
        (lambda: nn.Conv2d(None, 4, 3), tc.ones(1, 7, 2, 2), tc.ones(1, 2, 4, 4)),  # kernel too large
        (lambda: nn.Conv2d(None, 4, 3), tc.ones(1, 2, 4, 4).long(), tc.ones(1, 3, 4, 4)),
        (lambda: nn.Conv2d(None, 4, 3), tc.ones(4, 4), tc.ones(1, 2, 4, 4)),
        (lambda: nn.Conv2d(None, 4, 3, groups=2), tc.ones(1, 3, 4, 4), tc.ones(1, 4, 4, 4)),
        (lambda: nn.ConvTranspose2d(None, 4, 1, padding=3), tc.ones(1, 2, 2, 2), tc.ones(1, 3, 9, 9)),
        (lambda: nn.Linear(None, 4), tc.ones(2, 3).long(), tc.ones(2, 5)),
        (lambda: nn.Linear(None, 4), tc.tensor(1.0), tc.ones(2, 5)),
    ],
)
def test_a_failed_first_call_leaves_the_layer_lazy(make: Callable, bad: tc.Tensor, good: tc.Tensor) -> None:
    layer = make()
    weight, bias = layer.weight, layer.bias.detach().numpy().copy()
    with pytest.raises((RuntimeError, ValueError)):
        layer(bad)
    assert isinstance(weight, nn.UninitializedParameter)
    assert weight.is_lazy
    assert (layer.in_channels if hasattr(layer, "in_channels") else layer.in_features) is None
    layer.double()
    layer(good.double())
    assert layer.weight is weight
    assert type(weight) is nn.Parameter
    assert weight.dtype == np.float64
    assert (layer.bias.detach().numpy() != bias).any()


def test_groups_that_do_not_divide_the_channels_of_the_first_input() -> None:
    with pytest.raises(ValueError, match=r"^Conv2d.*in_channels.*3.*groups.*2"):
        nn.Conv2d(None, 4, 3, groups=2)(tc.ones(1, 3, 4, 4))


def test_groups_that_do_not_divide_out_channels_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="out_channels"):
        nn.Conv2d(None, 3, 3, groups=2)


def test_threads_that_call_a_lazy_layer_first_agree() -> None:
    for _ in range(10):
        layer, results = nn.Linear(None, 300), []
        barrier = threading.Barrier(4)

        def first(layer: nn.Module, results: list, barrier: threading.Barrier) -> None:
            barrier.wait()
            results.append(layer(tc.ones(1, 400)).detach().numpy())

        threads = [threading.Thread(target=first, args=(layer, results, barrier)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(results) == 4
        for y in results:
            np.testing.assert_allclose(y, results[0], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(layer(tc.ones(1, 400)).detach().numpy(), results[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_a_lazy_transposed_convolution_reads_its_channels_off_the_input(ndim: int) -> None:
    layer = getattr(nn, f"LazyConvTranspose{ndim}d")(2, 3, stride=2)
    assert layer(tc.zeros(1, 4, *[5] * ndim)).shape == (1, 2, *[11] * ndim)
    assert layer.weight.shape == (4, 2, *[3] * ndim)


@pytest.mark.parametrize(
    ("name", "arguments", "ndim"),
    [
        ("Linear", (3,), 0),
        *[(f"{kind}{d}d", (3, 2), d) for kind in ("Conv", "ConvTranspose") for d in (1, 2, 3)],
        *[(f"{kind}{d}d", (), d) for kind in ("BatchNorm", "InstanceNorm") for d in (1, 2, 3)],
    ],
)
def test_after_its_first_call_a_lazy_layer_is_an_ordinary_one(name: str, arguments: tuple, ndim: int) -> None:
    """As in PyTorch: ``type(layer) == nn.Linear`` is how many a script finds what to initialise."""
    layer = getattr(nn, f"Lazy{name}")(*arguments)
    model = nn.Sequential(layer)
    with pytest.raises((RuntimeError, ValueError)):
        model(tc.zeros(()))
    assert type(layer).__name__ == f"Lazy{name}"
    x = tc.randn(2, 4, *[5] * ndim)
    first = model(x)
    assert type(layer) is getattr(nn, name)
    assert "4" in repr(layer)
    for other in (model, copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert tc.equal(first, other(x))
        assert type(other[0]) is type(layer)
