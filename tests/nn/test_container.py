"""Sequential, ModuleList and ModuleDict."""

from __future__ import annotations

import pytest

import tinyconv as tc
from tinyconv import nn


def names(container: nn.Module) -> list[str]:
    return [name for name, _ in container.named_children()]


def kinds(container: nn.Module) -> list[str]:
    return [type(module).__name__ for module in container.children()]


def test_sequential_calls_in_order_and_is_a_sequence() -> None:
    net = nn.Sequential(nn.ReLU(), nn.Softmax(dim=0))
    assert net(tc.tensor([-5.0, 0.0])).tolist() == [0.5, 0.5]
    assert len(net) == 2
    assert [type(m).__name__ for m in net] == ["ReLU", "Softmax"]
    assert isinstance(net[-1], nn.Softmax)
    with pytest.raises(IndexError):
        net[2]


def test_an_empty_sequential_gives_its_input_back() -> None:
    x = tc.ones(1)
    assert nn.Sequential()(x) is x


def test_sequential_of_a_dict_has_its_names() -> None:
    net = nn.Sequential({"a": nn.Linear(1, 1), "b": nn.ReLU()})
    assert list(net.state_dict()) == ["a.weight", "a.bias"]
    assert isinstance(net.b, nn.ReLU)


def test_slices_of_a_sequential_share_its_layers() -> None:
    net = nn.Sequential(nn.Linear(1, 1), nn.ReLU(), nn.Linear(1, 1))
    part = net[1:]
    assert isinstance(part, nn.Sequential)
    assert part[1] is net[2]
    assert names(part) == ["1", "2"]  # as in PyTorch: keys stay those of the whole


def test_sequential_changes() -> None:
    net = nn.Sequential(nn.ReLU())
    assert net.append(nn.Tanh()) is net
    net[0] = nn.Sigmoid()
    assert kinds(net) == ["Sigmoid", "Tanh"]
    net.append(nn.ReLU())
    del net[1]
    assert (kinds(net), names(net)) == (["Sigmoid", "ReLU"], ["0", "1"])
    del net[:]
    assert len(net) == 0


def test_deleting_from_a_named_sequential_keeps_names() -> None:
    net = nn.Sequential({"a": nn.ReLU(), "b": nn.Tanh(), "c": nn.ReLU()})
    del net[1]
    assert names(net) == ["a", "c"]


@pytest.mark.parametrize("make", [nn.Sequential, lambda *m: nn.ModuleList(m)])
def test_only_modules_are_taken(make: type) -> None:
    with pytest.raises(TypeError, match="relu is not a Module subclass"):
        make(nn.ReLU(), nn.functional.relu)


def test_module_list_is_a_list() -> None:
    layers = nn.ModuleList([nn.ReLU()])
    assert layers.append(nn.Tanh()) is layers
    layers.extend([nn.Sigmoid(), nn.Identity()])
    layers.insert(1, nn.Flatten())
    assert kinds(layers) == ["ReLU", "Flatten", "Tanh", "Sigmoid", "Identity"]
    assert names(layers) == ["0", "1", "2", "3", "4"]
    layers[-1] = nn.ELU()
    del layers[0]
    assert (kinds(layers), names(layers)) == (["Flatten", "Tanh", "Sigmoid", "ELU"], ["0", "1", "2", "3"])
    assert kinds(layers[1:3]) == ["Tanh", "Sigmoid"]
    assert layers[1:3][0] is layers[1]
    with pytest.raises(NotImplementedError):
        layers(tc.ones(1))


def test_module_dict_is_a_dict() -> None:
    layers = nn.ModuleDict({"a": nn.ReLU()})
    layers["b"] = nn.Tanh()
    assert list(layers) == list(layers.keys()) == ["a", "b"]
    assert [type(m).__name__ for m in layers.values()] == ["ReLU", "Tanh"]
    assert [key for key, _ in layers.items()] == ["a", "b"]
    assert "a" in layers
    assert len(layers) == 2
    del layers["a"]
    assert "a" not in layers
    with pytest.raises(KeyError):
        layers["a"]


def test_appending_to_a_slice_replaces_nothing() -> None:
    part = nn.Sequential(nn.ReLU(), nn.Tanh(), nn.ELU())[1:]
    part.append(nn.Sigmoid())
    assert kinds(part) == ["Tanh", "ELU", "Sigmoid"]


def test_a_sequential_grows_and_shrinks() -> None:
    net = nn.Sequential(nn.ReLU(), nn.Tanh())
    assert net.insert(1, nn.Sigmoid()) is net
    assert net.insert(-1, nn.ELU()) is net
    assert kinds(net) == ["ReLU", "Sigmoid", "ELU", "Tanh"]
    assert names(net) == ["0", "1", "2", "3"]
    assert net.extend([nn.GELU(), nn.SiLU()]) is net
    assert isinstance(net.pop(0), nn.ReLU)
    assert isinstance(net.pop(-1), nn.SiLU)
    assert (names(net), kinds(net)) == (["0", "1", "2", "3"], ["Sigmoid", "ELU", "Tanh", "GELU"])
    with pytest.raises(IndexError):
        net.pop(4)
    named = nn.Sequential({"a": nn.ReLU(), "b": nn.Tanh()}).insert(0, nn.ELU())
    assert (names(named), kinds(named)) == (["2", "a", "b"], ["ELU", "ReLU", "Tanh"])


def test_a_list_and_a_dict_give_modules_back() -> None:
    modules = nn.ModuleList([nn.ReLU(), nn.Tanh(), nn.ELU()])
    assert isinstance(modules.pop(1), nn.Tanh)
    assert (names(modules), kinds(modules)) == (["0", "1"], ["ReLU", "ELU"])
    table = nn.ModuleDict({"a": nn.ReLU()})
    table.update({"b": nn.Tanh(), "a": nn.ELU()})
    assert (names(table), kinds(table)) == (["a", "b"], ["ELU", "Tanh"])
    assert isinstance(table.pop("b"), nn.Tanh)
    table.clear()
    assert len(table) == 0


def test_lists_and_dicts_of_parameters() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weights = nn.ParameterList([nn.Parameter(tc.ones(2, 2)), tc.ones(2, 2)])
            self.scales = nn.ParameterDict({"a": tc.zeros(2)})

        def forward(self, x: tc.Tensor) -> tc.Tensor:
            for weight in self.weights:
                x = x @ weight
            return x + self.scales["a"]

    net = Net()
    assert list(net.state_dict()) == ["weights.0", "weights.1", "scales.a"]
    net(tc.ones(1, 2)).sum().backward()
    assert all(p.grad is not None for p in net.parameters())
    net.weights.append(tc.zeros(3)).extend([tc.zeros(1)])
    net.weights[0] = tc.zeros(5)
    assert [tuple(p.shape) for p in net.weights] == [(5,), (2, 2), (3,), (1,)]
    assert len(net.weights[1:]) == 3
    assert isinstance(net.weights[0], nn.Parameter)
    net.scales.update({"b": tc.ones(1)})
    assert (list(net.scales), len(net.scales.pop("a"))) == (["a", "b"], 2)
    del net.scales["b"]
    assert (len(net.scales), repr(net.scales), "b" in net.scales) == (0, "ParameterDict()", False)
    with pytest.raises(TypeError, match=r"ParameterList.*holds parameters, got Linear.*ModuleList"):
        nn.ParameterList([nn.Linear(1, 1)])


def test_columns_as_layers() -> None:
    x = tc.randn(2, 3, 5, 6)
    columns = nn.Unfold((2, 3), padding=1, stride=(1, 2))(x)
    assert tc.equal(columns, nn.functional.unfold(x, (2, 3), padding=1, stride=(1, 2)))
    back = nn.Fold((5, 6), (2, 3), padding=1, stride=(1, 2))(columns)
    assert tc.equal(back, nn.functional.fold(columns, (5, 6), (2, 3), padding=1, stride=(1, 2)))
    assert repr(nn.Fold(5, 2)) == "Fold(output_size=5, kernel_size=2, dilation=1, padding=0, stride=1)"
