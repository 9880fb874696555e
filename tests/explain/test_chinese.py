"""What ``tinyconv.explain`` says after ``set_language('zh')``: no English but code, and the numbers of the English."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest

import tinyconv as tc
from tinyconv import nn
from tinyconv.explain import (
    backward_steps,
    coverage,
    explain_cell,
    gradcheck_report,
    influences,
    receptive_field,
    summary,
    three_ways,
)
from tinyconv.explain.show import columns_of

HAN = re.compile("[\u4e00-\u9fff]")
ENGLISH = re.compile(
    r"\b(the|of|and|is|to|a|in|with|for|are|wrong|input|padding|layer|kind|total|size|cells|step|out)\b"
)


class Slip(tc.autograd.Function):
    """Its gradient lacks a sign."""

    @staticmethod
    def forward(ctx, x):  # type: ignore[no-untyped-def]
        return -x

    @staticmethod
    def backward(ctx, grad):  # type: ignore[no-untyped-def]
        return grad


def network() -> nn.Sequential:
    tc.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16, 3))
    net[0].bias.requires_grad_(False)
    return net


def transposed() -> nn.ConvTranspose2d:
    tc.manual_seed(0)
    return nn.ConvTranspose2d(1, 1, 2)


def biased(index: tuple[int, ...]) -> object:
    tc.manual_seed(0)
    return explain_cell(nn.Conv2d(1, 1, 3, padding=1), tc.arange(16).reshape(1, 1, 4, 4).float(), index)


def steps() -> str:
    x = tc.tensor([1.0, 2.0], requires_grad=True)
    return str(backward_steps((x * x).sum(), names={}))


SAID: dict[str, Callable[[], object]] = {
    "summary": lambda: summary(network(), (1, 1, 6, 6)),
    "receptive field": lambda: receptive_field(network()[:3], (1, 1, 6, 6)),
    "coverage": lambda: coverage([nn.Conv2d(1, 1, 3, dilation=2)], (9, 9)),
    "cell": lambda: biased((0, 0, 1, 1)),
    "cell's table": lambda: biased((0, 0, 0, 0)).table(),  # type: ignore[attr-defined]
    "influences": lambda: influences(network()[0], (1, 1, 5, 5), (0, 0, 2, 2)),
    "steps": steps,
    "three ways": lambda: three_ways(network()[0], tc.arange(25).reshape(1, 1, 5, 5).float()),
    "three ways, transposed": lambda: three_ways(transposed(), tc.arange(4).reshape(1, 1, 2, 2).float()),
    "report": lambda: gradcheck_report(Slip.apply, tc.tensor([1.0, 2.0], dtype=tc.float64, requires_grad=True)),
}


@pytest.mark.parametrize("name", SAID)
def test_it_is_chinese_with_the_same_numbers(name: str) -> None:
    english = str(SAID[name]())
    with tc.use_language("zh"):
        chinese = str(SAID[name]())
    assert not HAN.search(english)
    assert HAN.search(chinese)
    assert not ENGLISH.findall(chinese), chinese
    numbers = [sorted(re.findall(r"-?\d+\.?\d*", text)) for text in (english, chinese)]
    assert numbers[0] == numbers[1]


@pytest.mark.parametrize("name", ["summary", "receptive field"])
def test_columns_of_a_table_stand_below_each_other(name: str) -> None:
    with tc.use_language("zh"):
        head, first, *_ = str(SAID[name]()).splitlines()
    ends = [columns_of(head[: found.end()]) for found in re.finditer(r"\S+", head)]
    assert columns_of(first.rstrip()) <= max(ends) or name == "receptive field"
    assert columns_of(head[: head.index("种类")]) == columns_of(first[: first.index("Conv2d")])


def test_a_whole_table_of_html_is_chinese() -> None:
    with tc.use_language("zh"):
        html = SAID["report"]()._repr_html_()  # type: ignore[attr-defined]
    heads = re.findall("<th>(.*?)</th>", html)
    assert len(heads) == 6
    assert all(map(HAN.search, heads))
    assert np.isfinite(float(re.findall("<td>([-.0-9]+)</td>", html)[0]))
