"""The drawing of a graph holds every node once, every shape, and stays small."""

from __future__ import annotations

import gc
import itertools
import os
import subprocess
import sys
import weakref
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinyconv as tc
from tests.browser import chromium_or_skip, needed_width, result_of
from tinyconv import nn
from tinyconv.autograd.operation import _mode
from tinyconv.explain import graph
from tinyconv.explain.graph import GraphDrawing, draw
from tinyconv.explain.layout import Box, layered, text_width
from tinyconv.explain.merging import READABLE, Node, by_modules, merged
from tinyconv.explain.opening import inside

F = nn.functional
SVG = "{http://www.w3.org/2000/svg}"


class Block(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: tc.Tensor) -> tc.Tensor:
        return F.relu(x + self.conv2(F.relu(self.norm(self.conv1(x)))))


class Net(nn.Module):
    def __init__(self, blocks: int):
        super().__init__()
        self.stem = nn.Conv2d(1, 4, 3)
        self.blocks = nn.Sequential(*[Block(4) for _ in range(blocks)])
        self.head = nn.Linear(4, 10)

    def forward(self, x: tc.Tensor) -> tc.Tensor:
        return self.head(self.blocks(self.stem(x)).mean((2, 3)))


def image() -> tc.Tensor:
    return tc.randn(2, 1, 6, 6)


def parse(drawing: GraphDrawing) -> ElementTree.Element:
    return ElementTree.fromstring(drawing.svg())


def boxes(root: ElementTree.Element) -> list[tuple[float, float, float, float]]:
    """Left, top, right and bottom of every node's rectangle."""
    found = []
    for group in root.iter(f"{SVG}g"):
        if group.get("class") == "node":
            rect = group.find(f"{SVG}rect")
            x, y, w, h = (float(rect.get(k)) for k in ("x", "y", "width", "height"))
            found.append((x, y, x + w, y + h))
    return found


def check(drawing: GraphDrawing) -> None:
    """Whatever was drawn: valid, complete, without overlap, and everything points down."""
    root = parse(drawing)
    groups = [g for g in root.iter(f"{SVG}g") if g.get("class") == "node"]
    drawn = [int(m) for g in groups for m in g.get("data-members").split()]
    assert Counter(drawn) == Counter(range(drawing.total))
    assert len([g for g in root.iter(f"{SVG}g") if g.get("class").startswith("edge")]) == len(drawing.edges)
    places = boxes(root)
    width, height = float(root.get("width")), float(root.get("height"))
    for left, top, right, bottom in places:
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
    for a, b in itertools.combinations(places, 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], "two boxes overlap"
    for edge in drawing.edges:
        assert edge.source < edge.target
        assert places[edge.source][3] < places[edge.target][1]
    for group, (left, _, right, _) in zip(groups, places):
        for text in group.iter(f"{SVG}text"):
            assert text_width(text.text, 10.5) <= right - left


def test_operations_shapes_and_names() -> None:
    x, w = tc.ones(2, 3, requires_grad=True), nn.Parameter(tc.ones(3))
    drawing = draw((x * w).exp().sum(), names={"x": x, "scale": w})
    assert [(n.kind, n.title) for n in drawing.nodes] == [
        ("leaf", "x"), ("parameter", "scale"), ("operation", "Mul"), ("operation", "Exp"), ("operation", "Sum"),
    ]  # fmt: skip
    assert [(e.source, e.target, e.shape) for e in drawing.edges] == [
        (0, 2, (2, 3)), (1, 2, (3,)), (2, 3, (2, 3)), (3, 4, (2, 3)),
    ]  # fmt: skip
    assert [n.is_output for n in drawing.nodes] == [False] * 4 + [True]
    texts = [t.text for t in parse(drawing).iter(f"{SVG}text")]
    assert texts.count("(2, 3)") == 3
    assert texts.count("(3,)") == 1
    assert texts.count("()") == 1
    check(drawing)


def test_text_is_ascii_and_complete() -> None:
    x = tc.ones(2, requires_grad=True)
    assert str(draw(x + 1, names={"\u8f93": x})).splitlines() == [
        "[0] \\u8f93  leaf (2,)  = [1, 1]",
        "[1] Add     <- [0] (2,)  => output (2,)  = [2, 2]",
    ]


def test_a_tensor_used_twice_is_one_box_with_two_arrows() -> None:
    x = tc.ones(2, requires_grad=True)
    y = x.exp()
    drawing = draw(y * y + x)
    assert [n.title for n in drawing.nodes] == ["leaf", "Exp", "Mul", "Add"]
    assert Counter((e.source, e.target) for e in drawing.edges) == {(0, 1): 1, (1, 2): 2, (2, 3): 1, (0, 3): 1}
    check(drawing)


def test_several_results_and_a_leaf_alone() -> None:
    x = tc.ones(2, requires_grad=True)
    both = draw([x.exp(), x.log()])
    assert [n.title for n in both.nodes if n.is_output] == ["Exp", "Log"]
    check(both)
    alone = draw(x)
    assert [n.title for n in alone.nodes] == ["leaf"]
    assert alone.nodes[0].is_output
    check(alone)


def test_the_graph_may_be_freed_and_is_not_held() -> None:
    x = tc.ones(3, requires_grad=True)
    y = (x * x).sum()
    node = weakref.ref(y.grad_fn)
    y.backward()
    drawing = draw(y)
    del y
    gc.collect()
    assert node() is None
    check(drawing)


def test_a_small_model_is_drawn_operation_by_operation_with_its_parameters_by_name() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(32, 3))
    drawing = draw(model, image())
    titles = [n.title for n in drawing.nodes]
    assert {name for name, _ in model.named_parameters()} <= set(titles)
    assert titles[0] == "input"
    assert {"Conv", "ReLU", "Reshape", "Linear"} <= set(titles)
    assert all(len(n.members) == 1 for n in drawing.nodes)
    check(drawing)


def test_calling_the_model_changes_nothing() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(0.5))
    x = image()
    state = {name: value.numpy().copy() for name, value in model.state_dict().items()}
    random = tc.get_rng_state()
    with tc.no_grad():
        drawing = draw(model, x)
    assert random == tc.get_rng_state()
    for name, value in model.state_dict().items():
        assert np.array_equal(value.numpy(), state[name]), name
    assert not x.requires_grad
    assert not any(m._hooks or m._pre_hooks for m in model.modules())
    assert all(p.grad is None for p in model.parameters())
    check(drawing)


def test_hooks_are_taken_off_when_the_model_fails() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Linear(3, 3))
    with pytest.raises(RuntimeError, match="Linear"):
        draw(model, image())
    assert not any(m._hooks or m._pre_hooks for m in model.modules())


def test_a_lazy_model_is_drawn_on_its_first_input() -> None:
    model = nn.Sequential(nn.Conv2d(None, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(None, 3))
    drawing = draw(model, image(), detail="modules")
    assert [n.title for n in drawing.nodes] == ["input", "0: Conv2d", "1: BatchNorm2d", "Reshape", "3: Linear"]
    assert not model[1].running_mean.numpy().any()
    check(drawing)


def test_a_larger_model_is_drawn_by_its_layers() -> None:
    drawing = draw(Net(3), image())
    titles = [n.title for n in drawing.nodes]
    assert "blocks.1.norm: BatchNorm2d" in titles
    assert next(n.detail for n in drawing.nodes if n.title == "head: Linear") == "1 operation, 2 parameters"
    assert titles.count("ReLU") == 6  # a block's own operations stay apart
    check(drawing)


def test_a_still_larger_model_is_drawn_by_its_blocks() -> None:
    drawing = draw(Net(20), image())
    assert [n.title for n in drawing.nodes[2:5]] == ["blocks.0: Block", "blocks.1: Block", "blocks.2: Block"]
    assert len(drawing.nodes) <= READABLE
    check(drawing)


def test_detail_is_as_asked_for() -> None:
    model = Net(1)
    every, modules = draw(model, image(), detail="operations"), draw(model, image(), detail="modules")
    assert len(every.nodes) == every.total == modules.total
    assert len(modules.nodes) < len(every.nodes)
    assert len(draw(model(image()).sum(), detail="operations").nodes) == every.total  # Sum instead of the input
    for drawing in (every, modules):
        check(drawing)
    with pytest.raises(ValueError, match="'auto', 'operations' or 'modules'"):
        draw(model, image(), detail="all")


def test_a_result_with_its_model_is_grouped_by_whose_parameters_an_operation_takes() -> None:
    model = Net(6)
    drawing = draw(model(image()).sum(), model=model)
    assert drawing.total > 2 * len(drawing.nodes)
    assert any(n.kind == "module" and n.title.startswith("blocks.") for n in drawing.nodes)
    check(drawing)


def test_a_module_called_twice_is_two_boxes() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.BatchNorm1d(3)

        def forward(self, x: tc.Tensor) -> tc.Tensor:
            return self.layer(self.layer(x).tanh())

    drawing = draw(Twice(), tc.ones(2, 3), detail="modules")
    titles = [n.title for n in drawing.nodes]
    assert titles == [
        "input",
        "layer.weight",
        "layer.bias",
        "layer: BatchNorm1d",
        "Tanh",
        "layer (call 2): BatchNorm1d",
    ]
    check(drawing)


def test_groups_that_would_close_a_circle_stay_apart() -> None:
    """Whose parameters an operation takes is the only hint here: both uses of ``a`` would be one box around ``b``."""
    a, b = nn.Linear(3, 3), nn.Linear(3, 3)
    drawing = draw(a(b(a(tc.ones(2, 3)))).sum(), model=nn.ModuleDict({"a": a, "b": b}), detail="modules")
    assert all(not n.title.startswith("a:") for n in drawing.nodes)
    check(drawing)


@pytest.mark.parametrize("steps", [50, 5000])
def test_a_long_chain_is_one_box(steps: int) -> None:
    x = tc.ones(3, requires_grad=True)
    y = x
    for _ in range(steps // 2):
        y = (y + 1.0) * 0.5
    drawing = draw(y.sum())
    assert [n.kind for n in drawing.nodes] == ["leaf", "operation", "chain", "operation"]
    assert drawing.nodes[2].title == f"{steps - 1} steps in a row"
    assert drawing.nodes[2].detail == f"{steps // 2} Mul, {steps // 2 - 1} Add"
    assert drawing.total == steps + 2
    check(drawing)


def test_a_recurrent_net_is_a_chain_with_its_weights_beside_it() -> None:
    w, u = nn.Parameter(tc.randn(4, 4)), nn.Parameter(tc.randn(4, 4))
    h = tc.zeros(2, 4)
    for _ in range(50):
        h = (h @ w.T + tc.randn(2, 4) @ u.T).tanh()
    drawing = draw(h.sum(), names={"w": w, "u": u})
    assert len(drawing.nodes) < 15
    (chain,) = (i for i, n in enumerate(drawing.nodes) if n.kind == "chain")
    taken = {drawing.nodes[e.source].title for e in drawing.edges if e.target == chain}
    assert {"w", "u"} <= taken
    check(drawing)


def test_every_operation_of_a_long_chain_can_be_drawn_too() -> None:
    x = tc.ones(1, requires_grad=True)
    y = x
    for _ in range(600):
        y = y * x  # x has arrows to 600 rows
    drawing = draw(y, detail="operations", names={"x": x})
    root = parse(drawing)
    assert len(boxes(root)) == 601
    cut = [g for g in root.iter(f"{SVG}g") if g.get("class") == "edge cut"]
    assert len(cut) > 500
    assert {t.text for g in cut for t in g.iter(f"{SVG}text")} == {"x"}  # a far source is named at the arrow


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=30), st.booleans())
def test_random_graphs(picks: list[tuple[int, int]], everything: bool) -> None:
    tensors = [tc.ones(2, requires_grad=True)]
    for a, b in picks:
        tensors.append(tensors[a % len(tensors)] * tensors[b % len(tensors)])
    check(draw(tensors[-1], detail="operations" if everything else "auto"))
    check(draw(tensors, detail="auto"))


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=60),
    st.integers(2, 5),
)
def test_merging_keeps_what_is_connected(picks: list[tuple[int, int]], groups: int) -> None:
    """Whatever is merged: an arrow stays if and only if its ends are in different boxes, and no circle is made."""
    tensors = [tc.ones(2, requires_grad=True)]
    for a, b in picks:
        tensors.append(tensors[a % len(tensors)] + tensors[b % len(tensors)])
    whole = graph._collect([tensors[-1]], None, {}, {}, graph._Numbers())
    group = {i: i * groups // len(whole.nodes) for i in range(len(whole.nodes)) if i % 3}
    drawn = merged(whole, group, lambda key, nodes: Node("module", str(key), "", ()))
    box = {m: i for i, n in enumerate(drawn.nodes) for m in n.members}
    assert sorted(box) == list(range(len(whole.nodes)))
    wanted = {(box[e.source], box[e.target]) for e in whole.edges if box[e.source] != box[e.target]}
    assert {(e.source, e.target) for e in drawn.edges} == wanted
    assert all(e.source < e.target for e in drawn.edges)


def test_names_cannot_break_the_picture() -> None:
    x = tc.ones(1, requires_grad=True)
    drawing = draw(x * 2, names={'<b>&"x"': x})
    assert '<b>&"x"' in [t.text for t in parse(drawing).iter(f"{SVG}text")]
    check(drawing)
    long = draw(x * 2, names={"n" * 500: x})
    assert float(parse(long).get("width")) < 500
    check(long)


def test_nothing_to_draw() -> None:
    with pytest.raises(ValueError, match="requires_grad=True"):
        draw(tc.ones(2) * 2)
    model = nn.Linear(2, 2)
    with tc.no_grad():
        y = model(tc.ones(1, 2))
    with pytest.raises(ValueError, match=r"draw\(model, x\)"):
        draw(y)
    assert draw(model, tc.ones(1, 2)).total > 1


def test_notebooks_and_files(tmp_path: Path) -> None:
    drawing = draw(tc.ones(1, requires_grad=True) * 2)
    assert drawing._repr_svg_() == drawing.svg()
    assert drawing.svg() in drawing._repr_html_()
    for name, start in (("g.svg", "<svg"), ("g.html", "<!DOCTYPE html>"), ("g.txt", "[0] leaf")):
        drawing.save(tmp_path / name)
        assert (tmp_path / name).read_text("utf-8").startswith(start)
    ElementTree.parse(tmp_path / "g.svg")
    with pytest.raises(ValueError, match=r"\.svg, \.html, \.txt"):
        drawing.save(tmp_path / "g.png")


def test_two_pictures_on_one_page_have_their_own_styles() -> None:
    a, b = draw(tc.ones(1, requires_grad=True) * 2), draw(tc.ones(2, requires_grad=True).exp())
    scopes = [parse(d).get("class").split()[1] for d in (a, b, a)]
    assert scopes[0] != scopes[1]
    assert scopes[0] == scopes[2]  # and the same picture is the same text
    for scope, drawing in zip(scopes, (a, b)):
        style = parse(drawing).find(f"{SVG}style").text
        selectors = [part.split("}")[-1] for part in style.split("{")[:-1]]
        assert all(scope in s or s.startswith("@media") for s in selectors if s)
        assert "prefers-color-scheme:dark" in style


def test_no_other_program_is_needed() -> None:
    code = (
        "import tinyconv as tc\n"
        "from tinyconv.explain.graph import draw\n"
        "d = draw(tc.nn.Linear(2, 3), tc.ones(1, 2))\n"
        "print(len(d.svg()) > 500, len(str(d).splitlines()))"
    )
    environment = {**os.environ, "PATH": ""}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.split() == ["True", "4"]


def test_layout_settles_boxes_by_least_squares() -> None:
    """Two boxes that want the same place share it: as far to the left as to the right."""
    top, a, b = Box(10), Box(10), Box(10)
    layout = layered([top, a, b], [(0, 1), (0, 2)], [1, 1])
    assert top.x == pytest.approx((a.x + b.x) / 2)
    assert b.x - a.x == pytest.approx(10 + 22)
    assert layout.width == pytest.approx(42)
    assert text_width("\u5377", 10) > text_width("x", 10)


# ------------------------------------------------------------------------------ numbers


def lines(drawing: GraphDrawing) -> dict[str, tuple[str, str]]:
    return {node.title: (node.value, node.grad) for node in drawing.nodes}


def test_a_function_shows_every_number_and_gradient() -> None:
    a, b = tc.tensor(2.0, requires_grad=True), tc.tensor([1.0, 3.0])
    drawing = draw(lambda a, b: ((a * b).exp() + a).sum().log(), a, b)
    exp = np.exp([2, 6])
    total = exp.sum() + 4
    expected = {  # the derivatives on paper
        "a": ("2", f"{(exp @ [1, 3] + 2) / total:.4g}"),
        "b": ("[1, 3]", "[{:.4g}, {:.4g}]".format(*(2 * exp / total))),
        "Mul": ("[2, 6]", "[{:.4g}, {:.4g}]".format(*(exp / total))),
        "Exp": ("[{:.4g}, {:.4g}]".format(*exp), f"[{1 / total:.4g}, {1 / total:.4g}]"),
        "Add": ("[{:.4g}, {:.4g}]".format(*(exp + 2)), f"[{1 / total:.4g}, {1 / total:.4g}]"),
        "Sum": (f"{total:.4g}", f"{1 / total:.4g}"),
        "Log": (f"{np.log(total):.4g}", "1"),
    }
    assert lines(drawing) == expected
    assert a.grad is b.grad is None
    assert not b.requires_grad
    texts = [text.text for text in parse(drawing).iter(f"{SVG}text")]
    assert {"= [2, 6]", "= 2", "grad 1"} <= set(texts)
    check(drawing)


def test_what_is_not_one_number_has_no_gradient_and_what_is_outside_of_it_none() -> None:
    w = tc.tensor([1.0, 2.0], requires_grad=True)
    assert lines(draw(lambda x: w * x, tc.tensor([3.0, 4.0]))) == {
        "leaf": ("[1, 2]", ""), "x": ("[3, 4]", ""), "Mul": ("[3, 8]", ""),
    }  # fmt: skip
    assert lines(draw(lambda x: (w * x).sum(), tc.tensor([3.0, 4.0])))["leaf"] == ("[1, 2]", "[3, 4]")
    assert w.grad is None
    assert lines(draw(lambda x: x.detach() * w.sum(), tc.tensor(2.0)))["leaf"] == ("[1, 2]", "[2, 2]")


def test_after_backward_the_gradients_that_it_left() -> None:
    a, b = tc.tensor(2.0, requires_grad=True), tc.tensor(3.0, requires_grad=True)
    product = a * b
    product.retain_grad()
    result = (product + 1) ** 2
    names = {"a": a, "b": b, "product": product}
    assert [line for line in lines(draw(result, names=names)).values() if line[1]] == []
    result.backward()
    drawing = draw(result, names=names)
    assert lines(drawing) == {
        "a": ("2", "42"), "b": ("3", "28"), "Mul": ("6", "14"), "Add": ("", ""), "Pow": ("49", ""),
    }  # fmt: skip
    assert next(node.detail for node in drawing.nodes if node.title == "Mul") == "product"
    check(drawing)


def test_what_the_graph_keeps_is_shown_until_it_is_freed() -> None:
    a = tc.tensor(0.0, requires_grad=True)
    result = ((a + 1) ** 2).exp()
    assert lines(draw(result))["Add"] == ("1", "")  # Pow keeps it
    result.backward()
    assert lines(draw(result))["Add"] == ("", "")


def test_a_number_that_was_written_over_is_not_shown() -> None:
    a = tc.tensor([1.0, 2.0], requires_grad=True)
    middle = a + 1
    result = (middle * middle).sum()
    assert lines(draw(result))["Add"] == ("[2, 3]", "")
    with tc.no_grad():
        middle.add_(10)
    assert lines(draw(result))["Add"] == ("", "")

    def function(x: tc.Tensor) -> tc.Tensor:
        y = x * 2
        y.add_(10)
        return y.sum()

    found = lines(draw(function, tc.tensor([1.0, 2.0])))
    assert found["Mul"][0] == "[2, 4]"  # before the write
    assert found["Sum"] == ("26", "1")


def test_many_numbers_are_not_shown() -> None:
    for shape, shown in (((6,), True), ((2, 3), True), ((7,), False), ((1, 1, 2), False), ((0,), False)):
        drawing = draw(lambda x: x * 2, tc.ones(shape))
        assert bool(drawing.nodes[0].value) is bool(drawing.nodes[1].value) is shown
    values = tc.tensor([[1 / 3, -0.0], [1e-9, 123456.0]])
    assert draw(lambda x: x * 1, values).nodes[0].value == "[[0.3333, 0], [1e-09, 1.235e+05]]"


def test_a_function_that_fails_leaves_no_trace() -> None:
    def fails(x: tc.Tensor) -> tc.Tensor:
        raise KeyError("x")

    with pytest.raises(KeyError):
        draw(fails, tc.ones(1))
    assert _mode.trace is None


# ------------------------------------------------------------------------------ opening


class Inside(HTMLParser):
    """The lines that open, with how deep they are, and the boxes that are drawn."""

    def __init__(self, text: str):
        super().__init__()
        self.lines: list[tuple[int, str]] = []
        self.boxes: list[tuple[str, int]] = []
        self.depth = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "details":
            self.depth += 1
            self.lines.append((self.depth, found["data-members"] or ""))
        elif found.get("class") == "node":
            self.boxes.append((found["data-members"] or "", self.depth))

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag == "details"


def test_a_model_opens_module_by_module() -> None:
    model, x = Net(2), image()
    drawing = draw(model, x)
    page = Inside(drawing._repr_html_())
    assert [depth for depth, _ in page.lines] == [1, 1, 2, 3, 3, 3, 2, 3, 3, 3, 1]  # stem, blocks, head
    for depth, members in page.lines:  # each opens the box above it
        assert page.boxes.count((members, depth - 1)) == 1
    inside = [set(members.split()) for _, members in page.lines]
    single = [members for members, _ in page.boxes if members and " " not in members]
    assert sorted(single, key=int) == [str(i) for i in range(drawing.total)]  # each node is drawn by itself once
    assert inside[2] | inside[6] == inside[1]  # the blocks
    assert drawing._repr_html_() == draw(model, x)._repr_html_()


def test_what_comes_in_from_outside_is_drawn_dashed() -> None:
    whole = draw(Net(1), image())._whole
    block = next(n for n in by_modules(whole, 2, {}).nodes if n.title.startswith("blocks.0"))
    part = inside(whole, block.members, {"stem": "Conv2d"})
    assert [n.title for n in part.nodes if n.kind == "outside"] == ["stem: Conv2d"]
    assert [n.title for n in part.nodes if n.is_output] == ["ReLU"]
    assert all(edge.source < edge.target for edge in part.edges)
    assert ("blocks.0.norm",) in part.owners


def test_small_and_flat_graphs_are_shown_at_once() -> None:
    small = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    for drawing in (draw(small, tc.ones(1, 2)), draw(Net(2), image(), detail="operations"), draw(Net(1)(image()))):
        assert "<details" not in drawing._repr_html_()


def test_a_chain_opens_unless_it_is_too_long_to_be_drawn() -> None:
    def chain(steps: int) -> GraphDrawing:
        y = tc.ones(2, requires_grad=True)
        for _ in range(steps):
            y = y.sin()
        return draw(y)

    opened, whole = Inside(chain(60)._repr_html_()), Inside(chain(600)._repr_html_())
    assert [depth for depth, _ in opened.lines] == [1]
    assert len([members for members, depth in opened.boxes if depth]) == 58 + 1  # and what comes in
    assert whole.lines == []
    assert "Click" not in chain(600)._repr_html_()
    deep = nn.Sequential(*[nn.Linear(2, 2) for _ in range(60)])
    lines = Inside(draw(deep, tc.ones(1, 2))._repr_html_()).lines
    assert Counter(depth for depth, _ in lines) == {1: 3, 2: 58}  # the first, the last, and a chain of layers between


OPENING = """
<p id="result"></p><script>
const state = () => [...document.querySelectorAll("details")].map((details) => details.open);
const box = (i) => [...document.querySelectorAll("g[role=button]")][i];
const told = [state()];
box(1).dispatchEvent(new MouseEvent("click", { bubbles: true }));
told.push(state());
const inner = document.querySelector("details details");
inner.parentElement.querySelector(":scope > .graph g[role=button]")
    .dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
told.push(state());
setTimeout(() => {
    told.push(box(1).getAttribute("aria-expanded"));
    box(1).dispatchEvent(new MouseEvent("click", { bubbles: true }));
    told.push(state());
    document.querySelector("#result").textContent = JSON.stringify(told);
}, 300);
</script>"""


def test_a_click_or_a_key_opens_a_box(tmp_path: Path) -> None:
    chromium_or_skip()
    path = tmp_path / "graph.html"
    draw(Net(2), image()).save(path)
    closed, outer, both, expanded, again = result_of(path.read_text("utf-8") + OPENING)
    assert closed == [False] * 11  # stem, blocks, each block and its three layers, head
    assert outer == [False, True] + [False] * 9
    assert both == [False, True, True] + [False] * 8
    assert expanded == "true"
    assert again == [False, False, True] + [False] * 8
    assert needed_width(path, 390) <= 390


def test_the_hint_speaks_the_readers_language() -> None:
    drawing = draw(Net(1), image())
    assert "Click a box" in drawing._repr_html_()
    with tc.use_language("zh"):
        assert "点一下含有多个运算的方框" in drawing._repr_html_()


def test_numbers_from_a_device(device: tc.Device) -> None:
    a, b = tc.tensor(2.0).to(device), tc.tensor([1.0, 3.0]).to(device)
    assert lines(draw(lambda a, b: (a * b).sum(), a, b)) == {
        "a": ("2", "4"), "b": ("[1, 3]", "[2, 2]"), "Mul": ("[2, 6]", "[1, 1]"), "Sum": ("8", "1"),
    }  # fmt: skip


def test_the_words_of_a_drawing_in_chinese() -> None:
    x, w = tc.ones(2, requires_grad=True), nn.Parameter(tc.ones(2))
    with tc.use_language("zh"):
        assert str(draw((x * w).sum(), names={"输入": x})).splitlines() == [
            "[0] 输入   叶子 (2,)  = [1, 1]",
            "[1] 参数   参数 (2,)  = [1, 1]",
            "[2] Mul  <- [0] (2,), [1] (2,)",
            "[3] Sum  <- [2] (2,)  => 输出 ()  = 2",
        ]
        drawing = draw(Net(1), image(), detail="modules")
        texts = [text.text for text in parse(drawing).iter(f"{SVG}text")]
        assert "3 个运算，含 2 个参数" in texts
        assert "1 个运算，含 2 个参数" in texts
        assert not {"leaf", "parameter"} & set(texts)
        check(drawing)
        y = x
        for _ in range(60):
            y = y.sin()
        assert "连续 58 步" in [node.title for node in draw(y).nodes]
