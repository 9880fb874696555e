"""Module: registering, walking, changing, copying."""

from __future__ import annotations

import copy
import functools
import pickle
import threading

import numpy as np
import pytest

import tinyconv as tc
from tinyconv import nn


class Net(nn.Module):
    """Two layers, of which one is used under two names, a scale and a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(2, 2)
        self.scale = nn.Parameter(tc.ones(2))
        self.blocks = nn.ModuleList([nn.BatchNorm1d(2), self.first])
        self.register_buffer("shift", tc.zeros(2))

    def forward(self, x: tc.Tensor) -> tc.Tensor:
        for block in self.blocks:
            x = block(x)
        return self.first(x) * self.scale + self.shift


# ---------------------------------------------------------------------- attributes


def test_assigning_registers_by_kind() -> None:
    module = nn.Module()
    module.weight = nn.Parameter(tc.ones(1))
    module.mean = nn.Buffer(tc.ones(1))
    module.child = nn.ReLU()
    module.plain = tc.ones(1)
    module.number = 3
    assert [name for name, _ in module.named_parameters()] == ["weight"]
    assert [name for name, _ in module.named_buffers()] == ["mean"]
    assert [name for name, _ in module.named_children()] == ["child"]
    assert module.number == 3
    assert isinstance(module.plain, tc.Tensor)
    assert {"weight", "mean", "child", "plain", "number"} <= set(dir(module))


def test_replacing_by_another_kind_leaves_no_trace() -> None:
    module = nn.Module()
    module.a = 1
    module.a = nn.Parameter(tc.ones(1))
    assert list(module.state_dict()) == ["a"]
    module.a = nn.ReLU()
    assert list(module.parameters()) == []
    module.a = nn.Buffer(tc.ones(1))
    assert list(module.children()) == []
    assert [name for name, _ in module.named_buffers()] == ["a"]
    module.a = nn.Parameter(tc.ones(1))
    assert list(module.buffers()) == []


def test_replacing_keeps_the_place_in_the_order() -> None:
    net = nn.Sequential(nn.Linear(1, 1), nn.ReLU(), nn.Linear(1, 1))
    net[1] = nn.Tanh()
    setattr(net, "0", nn.Sigmoid())
    assert [type(m).__name__ for m in net] == ["Sigmoid", "Tanh", "Linear"]


def test_none_keeps_the_name_and_can_be_filled_again() -> None:
    layer = nn.Linear(2, 2)
    layer.bias = None
    assert layer.bias is None
    assert list(layer.state_dict()) == ["weight"]
    assert layer(tc.ones(1, 2)).shape == (1, 2)
    layer.bias = nn.Parameter(tc.zeros(2))
    assert list(layer.state_dict()) == ["weight", "bias"]


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("weight", tc.ones(2), r"cannot assign Tensor as parameter 'weight' \(nn.Parameter or None expected\)"),
        ("weight", 3, "cannot assign int as parameter 'weight'"),
        ("running_mean", np.ones(2), r"cannot assign ndarray as buffer 'running_mean' \(Tensor or None expected\)"),
        ("child", tc.ones(2), r"cannot assign Tensor as child module 'child' \(nn.Module or None expected\)"),
    ],
)
def test_values_of_the_wrong_kind_are_refused(name: str, value: object, text: str) -> None:
    module = nn.BatchNorm1d(2)
    module.child = nn.ReLU()
    with pytest.raises(TypeError, match=text):
        setattr(module, name, value)
    assert isinstance(module.weight, nn.Parameter)


def test_a_tensor_takes_a_buffers_place() -> None:
    norm = nn.BatchNorm1d(2)
    norm.running_mean = tc.ones(2)
    assert (norm.state_dict()["running_mean"] == 1.0).all()


class WithProperties(nn.Linear):
    @property
    def inner(self) -> object:
        return self.absent

    @property
    def outer(self) -> object:
        return self.inner

    @functools.cached_property
    def kept(self) -> object:
        return self.weight.nonsense

    @property
    def fine(self) -> int:
        return 7


def test_an_error_inside_a_property_names_what_is_missing() -> None:
    module = WithProperties(1, 1)
    for name in ("inner", "outer"):
        with pytest.raises(AttributeError, match="'WithProperties' object has no attribute 'absent'"):
            getattr(module, name)
    with pytest.raises(AttributeError, match="nonsense"):
        _ = module.kept
    with pytest.raises(AttributeError, match="object has no attribute 'other'"):
        _ = module.other
    assert module.fine == 7
    assert not hasattr(module, "inner")


def test_deleting() -> None:
    net = Net()
    del net.scale, net.shift, net.first
    assert [name for name, _ in net.named_parameters()] == [
        "blocks.0.weight", "blocks.0.bias", "blocks.1.weight", "blocks.1.bias",
    ]  # fmt: skip
    with pytest.raises(AttributeError, match="'Net' object has no attribute 'scale'"):
        _ = net.scale
    with pytest.raises(AttributeError, match="scale"):
        del net.scale


@pytest.mark.parametrize("name", ["", "a.b"])
def test_names_that_paths_cannot_hold(name: str) -> None:
    module = nn.Module()
    for register, value in (
        (module.register_parameter, nn.Parameter(tc.ones(1))),
        (module.register_buffer, tc.ones(1)),
        (module.add_module, nn.ReLU()),
    ):
        with pytest.raises(KeyError, match=r"name can't be empty or contain '\.'"):
            register(name, value)


def test_names_that_are_taken() -> None:
    module = nn.Linear(1, 1)
    with pytest.raises(KeyError, match="attribute 'forward' already exists in Linear"):
        module.add_module("forward", nn.ReLU())
    with pytest.raises(KeyError, match="attribute 'weight' already exists"):
        module.register_buffer("weight", tc.ones(1))
    with pytest.raises(KeyError, match="attribute 'keys' already exists in ModuleDict"):
        nn.ModuleDict({"keys": nn.ReLU()})


def test_registering_the_wrong_kind() -> None:
    module = nn.Module()
    with pytest.raises(TypeError, match="cannot assign Tensor as parameter 'w'"):
        module.register_parameter("w", tc.ones(1))
    with pytest.raises(TypeError, match="cannot assign list as buffer 'b'"):
        module.register_buffer("b", [1.0])
    with pytest.raises(TypeError, match="int is not a Module subclass"):
        module.add_module("m", 3)


class Forgetful(nn.Module):
    def __init__(self) -> None:
        self.number = 1  # fine: no parameter, no module


@pytest.mark.parametrize("value", [nn.Parameter(tc.ones(1)), nn.ReLU(), nn.Buffer(tc.ones(1))])
def test_assigning_before_super_init(value: object) -> None:
    with pytest.raises(AttributeError, match=r"cannot assign \w+ before .* call: .*super\(\).* 'part'"):
        Forgetful().part = value


def test_using_without_super_init() -> None:
    with pytest.raises(AttributeError, match=r"Forgetful.__init__\(\) must call super\(\).__init__\(\) first"):
        Forgetful()(tc.ones(1))
    with pytest.raises(AttributeError, match=r"did its __init__ call super\(\).__init__\(\) first"):
        list(Forgetful().parameters())


def test_a_module_without_forward() -> None:
    with pytest.raises(NotImplementedError, match=r"Module must define forward\(self, ...\)"):
        nn.Module()(tc.ones(1))


# ---------------------------------------------------------------------- walking


def test_walking_gives_pytorchs_order_and_each_object_once() -> None:
    net = Net()
    assert [name for name, _ in net.named_parameters()] == [
        "scale", "first.weight", "first.bias", "blocks.0.weight", "blocks.0.bias",
    ]  # fmt: skip
    assert [name for name, _ in net.named_parameters(prefix="net")][:2] == ["net.scale", "net.first.weight"]
    assert [name for name, _ in net.named_parameters(recurse=False)] == ["scale"]
    assert [name for name, _ in net.named_buffers()] == [
        "shift", "blocks.0.running_mean", "blocks.0.running_var", "blocks.0.num_batches_tracked",
    ]  # fmt: skip
    assert [name for name, _ in net.named_modules()] == ["", "first", "blocks", "blocks.0"]
    assert [name for name, _ in net.named_children()] == ["first", "blocks"]
    assert [type(m).__name__ for m in net.modules()] == ["Net", "Linear", "ModuleList", "BatchNorm1d"]
    assert len(list(net.parameters())) == 5


def test_a_parameter_shared_by_two_layers_is_given_once_under_its_first_name() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    net[1].weight = net[0].weight
    assert [name for name, _ in net.named_parameters()] == ["0.weight", "0.bias", "1.bias"]
    assert list(net.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]


def test_a_child_with_two_names_is_visited_once() -> None:
    shared, seen = nn.Linear(1, 1), []
    net = nn.Sequential(shared, nn.ReLU(), shared)
    assert [name for name, _ in net.named_children()] == ["0", "1"]
    assert list(net.children()) == [shared, net[1]]
    net.apply(lambda m: seen.append(type(m).__name__))
    assert seen == ["Linear", "ReLU", "Sequential"]
    assert list(net.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]


def test_get_submodule() -> None:
    net = Net()
    assert net.get_submodule("") is net
    assert net.get_submodule("blocks.1") is net.first
    with pytest.raises(AttributeError, match="ModuleList has no submodule '7'"):
        net.get_submodule("blocks.7")


def test_apply_visits_children_first() -> None:
    seen: list[str] = []
    net = nn.Sequential(nn.Linear(1, 1), nn.Sequential(nn.ReLU()))
    assert net.apply(lambda m: seen.append(type(m).__name__)) is net
    assert seen == ["Linear", "ReLU", "Sequential", "Sequential"]


# ---------------------------------------------------------------------- changing


def test_train_and_eval_reach_everything() -> None:
    net = nn.Sequential(nn.Dropout(), nn.Sequential(nn.BatchNorm1d(1)))
    assert all(m.training for m in net.modules())
    assert net.eval() is net
    assert not any(m.training for m in net.modules())
    net.train()
    net[0].train(False)
    assert [m.training for m in net.modules()] == [True, False, True, True]
    with pytest.raises(ValueError, match="training mode is expected to be boolean, got 'no'"):
        net.train("no")


class Frozen(nn.Sequential):
    """Keeps everything below in evaluation mode, and counts how often it was asked."""

    asked = 0

    def train(self, mode: bool = True) -> nn.Module:
        self.asked += 1
        return super().train(False)


def test_train_asks_each_child_s_own_train() -> None:
    frozen = Frozen(nn.BatchNorm1d(2), nn.Sequential(nn.Dropout()))
    net = nn.Sequential(nn.ModuleDict({"a": frozen, "b": frozen}), nn.Linear(2, 2))
    before = frozen[0].running_mean.clone()
    assert net.train() is net
    net[0].a(tc.randn(4, 2))
    assert frozen.asked == 1
    assert not any(m.training for m in frozen.modules())
    assert all(m.training for m in (net, net[0], net[1]))
    assert (frozen[0].running_mean == before).all()
    net.eval()
    assert not any(m.training for m in net.modules())


def test_requires_grad_freezes() -> None:
    net = Net()
    assert net.first.requires_grad_(False) is net.first
    net(tc.randn(3, 2)).sum().backward()
    assert net.first.weight.grad is None
    assert net.scale.grad is not None
    net.requires_grad_()
    assert all(p.requires_grad for p in net.parameters())


def test_zero_grad() -> None:
    layer = nn.Linear(2, 1)
    layer(tc.ones(1, 2)).sum().backward()
    layer.weight.grad.array[0, 0] = np.nan
    layer.zero_grad(set_to_none=False)
    assert layer.weight.grad.tolist() == [[0.0, 0.0]]  # also where it was NaN
    layer.zero_grad()
    assert layer.weight.grad is None
    layer.zero_grad(set_to_none=False)
    assert layer.bias.grad is None


def test_to_a_dtype_changes_floats_in_place_with_their_gradients() -> None:
    layer = nn.BatchNorm1d(2)
    layer(tc.randn(3, 2)).sum().backward()
    kept = [*layer.parameters(), *layer.buffers()]
    assert layer.double() is layer
    assert all(a is b for a, b in zip(kept, [*layer.parameters(), *layer.buffers()], strict=True))
    assert layer.weight.dtype == layer.weight.grad.dtype == layer.running_var.dtype == np.float64
    assert layer.num_batches_tracked.dtype == np.int64
    assert layer.half().weight.dtype == np.float16
    assert layer.float().weight.dtype == np.float32


@pytest.mark.parametrize(
    "args",
    [(np.float64,), ("float64",), (tc.float64,), ("cpu", "float64"), ("cpu", tc.float64), (tc.ones(1).double(),)],
)
def test_to_accepts_every_way_to_name_a_dtype(args: tuple) -> None:
    assert nn.Linear(1, 1).to(*args).weight.dtype == np.float64
    back = nn.Linear(1, 1).double().to(tc.ones(1))
    assert back.weight.dtype == np.float32


def test_to_refuses_what_it_does_not_know() -> None:
    with pytest.raises(TypeError, match="only accepts floating point dtypes, but got desired dtype=int64"):
        nn.Linear(1, 1).to(tc.int64)
    with pytest.raises(TypeError, match="dtyp"):
        nn.Linear(1, 1).to(dtyp="float64")
    assert nn.Linear(1, 1).double().to("float32").weight.dtype == np.float32
    assert nn.Linear(1, 1).double().to(None).weight.dtype == np.float64


def test_to_moves_parameters_buffers_and_gradients(device: tc.Device) -> None:
    layer = nn.BatchNorm1d(2)
    layer(tc.randn(3, 2)).sum().backward()
    weight, mean = layer.weight, layer.running_mean
    layer.to(device)
    assert layer.weight is weight
    assert layer.running_mean is mean
    for tensor in (weight, weight.grad, mean, layer.num_batches_tracked):
        assert tensor.device == device
    assert layer.to("float64").weight.device == device  # a dtype's name is no device
    assert layer.cpu().weight.device == tc.Device("cpu")
    assert layer.weight.grad.device == tc.Device("cpu")


def test_an_optimiser_made_before_to_updates_the_moved_parameters(device: tc.Device) -> None:
    layer = nn.Linear(2, 1)
    optimizer = tc.optim.SGD(layer.parameters(), lr=1.0)
    layer.to(device)
    before = tc.asnumpy(layer.bias.array).copy()
    layer(tc.ones(1, 2, device=device)).sum().backward()
    optimizer.step()
    np.testing.assert_allclose(tc.asnumpy(layer.bias.array), before - 1.0, rtol=1e-6)


# ---------------------------------------------------------------------- copying


def test_deepcopy_is_independent_and_keeps_sharing() -> None:
    net = Net()
    net.blocks[0].requires_grad_(False)
    net(tc.randn(3, 2)).sum().backward()
    twin = copy.deepcopy(net)
    assert twin.first is twin.blocks[1]
    assert twin.first is not net.first
    assert isinstance(twin.scale, nn.Parameter)
    assert not twin.blocks[0].weight.requires_grad
    np.testing.assert_array_equal(twin.scale.grad.numpy(), net.scale.grad.numpy())
    with tc.no_grad():
        twin.first.weight.fill_(9.0)
    assert not (net.first.weight == 9.0).any()
    x = tc.randn(3, 2)
    twin.load_state_dict(net.state_dict())
    np.testing.assert_array_equal(twin.eval()(x).detach().numpy(), net.eval()(x).detach().numpy())


def test_deepcopy_keeps_one_parameter_of_two_layers_one() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    net[1].weight = net[0].weight
    twin = copy.deepcopy(net)
    assert twin[1].weight is twin[0].weight


def test_pickle_brings_back_the_model() -> None:
    net = Net()
    net.eval()
    twin = pickle.loads(pickle.dumps(net))
    x = tc.randn(3, 2)
    np.testing.assert_array_equal(twin(x).detach().numpy(), net(x).detach().numpy())
    assert not twin.training
    assert twin.first is twin.blocks[1]
    assert isinstance(twin.scale, nn.Parameter)
    assert [name for name, _ in twin.named_parameters()] == [name for name, _ in net.named_parameters()]


# ---------------------------------------------------------------------- threads


def in_threads(work: list) -> None:
    errors: list[BaseException] = []

    def guarded(job: object) -> None:
        try:
            job()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(job,)) for job in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def test_threads_may_share_one_module() -> None:
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(64, 3))
    inputs = [tc.randn(2, 1, 6, 6) for _ in range(4)]
    expected = [net(x).detach().numpy() for x in inputs]
    results: dict[int, list[np.ndarray]] = {i: [] for i in range(4)}
    in_threads([lambda i=i: results[i].extend(net(inputs[i]).detach().numpy() for _ in range(10)) for i in range(4)])
    for i in range(4):
        assert len(results[i]) == 10
        for y in results[i]:
            np.testing.assert_allclose(y, expected[i], rtol=1e-5, atol=1e-6)


def test_an_error_in_one_thread_names_that_threads_layer() -> None:
    small, large = nn.Sequential(nn.Linear(2, 2)), nn.Sequential(nn.Linear(3, 3))
    texts: dict[str, str] = {}

    def fail(name: str, net: nn.Module) -> None:
        for _ in range(20):
            with pytest.raises(RuntimeError) as error:
                net(tc.ones(1, 7))
            texts.setdefault(name, str(error.value))
            assert str(error.value) == texts[name]

    in_threads([lambda: fail("small", small), lambda: fail("large", large)])
    assert "Sequential.0 (Linear(in_features=2" in texts["small"]
    assert "Sequential.0 (Linear(in_features=3" in texts["large"]


def test_a_member_by_its_path() -> None:
    net = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.BatchNorm1d(3)))
    assert net.get_parameter("0.weight") is net[0].weight
    assert net.get_buffer("1.0.running_mean") is net[1][0].running_mean
    for ask, path in ((net.get_parameter, "0.running_mean"), (net.get_buffer, "0.weight"), (net.get_buffer, "1.x")):
        with pytest.raises(AttributeError, match=path):
            ask(path)
    net.register_module("last", nn.ReLU())
    assert isinstance(net[-1], nn.ReLU)
    assert net.type(np.float64) is net
    assert net[0].weight.dtype == np.float64
