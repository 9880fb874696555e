"""What print(model) shows, which is what PyTorch shows, and how errors name the layer."""

from __future__ import annotations

from typing import Any

import pytest

import tinyconv as tc
from tinyconv import nn

REPRS = [
    (nn.Conv1d(2, 3, 5), "Conv1d(2, 3, kernel_size=(5,), stride=(1,))"),
    (
        nn.Conv2d(4, 6, 3, 2, 1, 2, 2, False, "reflect"),
        "Conv2d(4, 6, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), dilation=(2, 2), groups=2, bias=False, "
        "padding_mode=reflect)",
    ),
    (nn.Conv2d(4, 6, 3, padding="same"), "Conv2d(4, 6, kernel_size=(3, 3), stride=(1, 1), padding=same)"),
    (nn.Conv3d(1, 2, (1, 2, 3)), "Conv3d(1, 2, kernel_size=(1, 2, 3), stride=(1, 1, 1))"),
    (
        nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2),
        "ConvTranspose2d(4, 6, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), output_padding=(1, 1), groups=2)",
    ),
    (nn.Linear(3, 2, bias=False), "Linear(in_features=3, out_features=2, bias=False)"),
    (
        nn.BatchNorm2d(3, momentum=None),
        "BatchNorm2d(3, eps=1e-05, momentum=None, affine=True, bias=True, track_running_stats=True)",
    ),
    (
        nn.InstanceNorm1d(3),
        "InstanceNorm1d(3, eps=1e-05, momentum=0.1, affine=False, bias=False, track_running_stats=False)",
    ),
    (nn.LayerNorm((3, 4)), "LayerNorm((3, 4), eps=1e-05, elementwise_affine=True, bias=True)"),
    (nn.GroupNorm(2, 4), "GroupNorm(2, 4, eps=1e-05, affine=True, bias=True)"),
    (nn.GroupNorm(2, 4, bias=False), "GroupNorm(2, 4, eps=1e-05, affine=True, bias=False)"),
    (nn.RMSNorm(3), "RMSNorm((3,), eps=None, elementwise_affine=True)"),
    (nn.LocalResponseNorm(2), "LocalResponseNorm(2, alpha=0.0001, beta=0.75, k=1.0)"),
    (nn.CosineSimilarity(), "CosineSimilarity()"),
    (nn.PairwiseDistance(), "PairwiseDistance()"),
    (nn.ReLU(), "ReLU()"),
    (nn.LeakyReLU(0.2), "LeakyReLU(negative_slope=0.2)"),
    (nn.PReLU(3), "PReLU(num_parameters=3)"),
    (nn.ELU(), "ELU(alpha=1.0)"),
    (nn.GELU(), "GELU(approximate='none')"),
    (nn.SiLU(), "SiLU()"),
    (nn.Softplus(), "Softplus(beta=1.0, threshold=20.0)"),
    (nn.Softmax(dim=1), "Softmax(dim=1)"),
    (nn.Dropout(), "Dropout(p=0.5, inplace=False)"),
    (nn.Dropout2d(0.2), "Dropout2d(p=0.2, inplace=False)"),
    (nn.Flatten(), "Flatten(start_dim=1, end_dim=-1)"),
    (nn.Unflatten(1, (2, 3)), "Unflatten(dim=1, unflattened_size=(2, 3))"),
    (nn.Identity(), "Identity()"),
    (nn.Upsample(size=(2, 3)), "Upsample(size=(2, 3), mode='nearest')"),
    (nn.MaxPool2d(2), "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)"),
    (nn.AvgPool2d((2, 3), 1), "AvgPool2d(kernel_size=(2, 3), stride=1, padding=0)"),
    (nn.AdaptiveAvgPool2d((2, None)), "AdaptiveAvgPool2d(output_size=(2, None))"),
    (nn.AdaptiveMaxPool2d(2), "AdaptiveMaxPool2d(output_size=2)"),
    (nn.CrossEntropyLoss(), "CrossEntropyLoss()"),
    (nn.Sequential(), "Sequential()"),
    (nn.ModuleList(), "ModuleList()"),
]


@pytest.mark.parametrize(("layer", "text"), REPRS, ids=[text.partition("(")[0] for _, text in REPRS])
def test_layers_print_as_in_pytorch(layer: nn.Module, text: str) -> None:
    assert repr(layer) == text


def test_arguments_that_pytorch_has_not_or_hides_are_shown_only_when_set() -> None:
    assert repr(nn.Conv2d(1, 1, 3, cover_all=True)).endswith("cover_all=True)")
    assert repr(nn.MaxPool2d(2, return_indices=True)).endswith("ceil_mode=False, return_indices=True)")
    assert repr(nn.AvgPool2d(2, divisor_override=3)).endswith("padding=0, divisor_override=3)")
    assert repr(nn.Conv1d(1, 1, 3, padding=((1, 2),))).endswith("padding=((1, 2),))")


def test_switches_are_shown_only_when_set() -> None:
    assert repr(nn.ReLU(inplace=True)) == "ReLU(inplace=True)"
    assert repr(nn.LeakyReLU(inplace=True)) == "LeakyReLU(negative_slope=0.01, inplace=True)"
    assert repr(nn.Softmax()) == "Softmax(dim=None)"
    assert repr(nn.AdaptiveMaxPool2d(2, return_indices=True)) == "AdaptiveMaxPool2d(output_size=2, return_indices=True)"


def test_a_subclass_prints_the_familys_arguments_and_a_model_none() -> None:
    class Halving(nn.MaxPool2d):
        def __init__(self, name: str) -> None:
            super().__init__(2)
            self.name = name

    class Model(nn.Module):
        def __init__(self, width: int) -> None:
            super().__init__()
            self.width = width

    assert repr(Halving("a")) == "Halving(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)"
    assert repr(Model(3)) == "Model()"


def test_nothing_is_described_while_nothing_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **__: Any) -> str:
        raise AssertionError("a description was written for an error that did not come")

    net = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.AvgPool2d(2), nn.Dropout(),
        nn.ConvTranspose2d(4, 2, 2), nn.Flatten(), nn.Linear(None, 3), nn.LayerNorm(3), nn.CrossEntropyLoss(),
    )  # fmt: skip
    for kind in {type(module) for module in net.modules()}:
        monkeypatch.setattr(kind, "extra_repr", never)
        monkeypatch.setattr(kind, "__repr__", never)
    monkeypatch.setattr(nn.Module, "_describe", never, raising=False)
    *layers, loss = net
    y = tc.randn(2, 1, 10, 10)
    for layer in layers:
        y = layer(y)
    loss(y, tc.tensor([0, 1])).backward()


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU())
        self.blocks = nn.ModuleList([nn.Sequential(nn.Tanh()), nn.Sequential(nn.Tanh()), nn.Linear(2, 2)])
        self.heads = nn.ModuleDict({"a": nn.Linear(4, 1)})
        self.gone = nn.ReLU()
        self.gone = None

    def extra_repr(self) -> str:
        return "two\nlines"

    def forward(self, x: tc.Tensor) -> Any:
        return self.heads["a"](self.features(x).flatten(1))


def test_trees_print_as_in_pytorch() -> None:
    assert repr(Net()) == (
        "Net(\n"
        "  two\n"
        "  lines\n"
        "  (features): Sequential(\n"
        "    (0): Conv2d(1, 4, kernel_size=(3, 3), stride=(1, 1))\n"
        "    (1): ReLU()\n"
        "  )\n"
        "  (blocks): ModuleList(\n"
        "    (0-1): 2 x Sequential(\n"
        "      (0): Tanh()\n"
        "    )\n"
        "    (2): Linear(in_features=2, out_features=2, bias=True)\n"
        "  )\n"
        "  (heads): ModuleDict(\n"
        "    (a): Linear(in_features=4, out_features=1, bias=True)\n"
        "  )\n"
        "  (gone): None\n"
        ")"
    )


def test_errors_name_the_path_from_the_outermost_module() -> None:
    with pytest.raises(RuntimeError, match=r"^Net\.features\.0 \(Conv2d\(1, 4, kernel_size=\(3, 3\)") as error:
        Net()(tc.ones(1, 2, 4, 4))
    assert "Net.features.0" in str(error.value)
    with pytest.raises(RuntimeError, match=r"^Net\.heads\.a \(Linear\(in_features=4, .*1x16 and 4x1"):
        Net()(tc.ones(1, 1, 4, 4))


def test_a_layer_by_itself_is_named_without_a_path() -> None:
    with pytest.raises(RuntimeError, match=r"^Conv2d\(1, 4, kernel_size"):
        nn.Conv2d(1, 4, 3)(tc.ones(1, 2, 4, 4))


def test_after_an_error_the_next_layer_is_named_rightly() -> None:
    net = Net()
    for _ in range(2):
        with pytest.raises(RuntimeError, match=r"^Net\.features\.0"):
            net(tc.ones(1, 2, 4, 4))
    with pytest.raises(RuntimeError, match=r"^Linear\(in_features=2"):
        net.blocks[2](tc.ones(1, 3))


def test_a_functional_call_inside_a_module_names_the_module() -> None:
    class Plain(nn.Module):
        def forward(self, x: tc.Tensor) -> tc.Tensor:
            return nn.functional.conv2d(x, tc.ones(1, 2, 3, 3))

    with pytest.raises(RuntimeError, match=r"^Sequential\.0 \(Plain\): conv2d: Given groups=1"):
        nn.Sequential(Plain())(tc.ones(1, 1, 4, 4))
