"""Saving and loading: PyTorch's keys, layouts and numbers; strictness; files."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

import tinyconv as tc
from tests.nn import zoo
from tinyconv import nn

# state_dict shapes in PyTorch's order, and (shape, first four, sum) of the output in evaluation
TORCH: dict[str, tuple[dict[str, tuple[int, ...]], Any]] = {
    "conv": (
        {"0.weight": (4, 1, 3, 3), "0.bias": (4,), "2.weight": (3, 4, 1, 2)},
        ((2, 3, 3, 2), [4.55461, -4.3746, 1.14438, 1.76677], 10.7946),
    ),
    "conv of 1 and 3 axes": (
        {"0.weight": (4, 2, 3), "0.bias": (4,), "2.weight": (2, 1, 1, 2, 2), "2.bias": (2,)},
        ((2, 2, 2, 1, 3), [1.03786, -3.96672, 0.98156, -3.25841], -10.8378),
    ),
    "transposed": (
        {"0.weight": (4, 3, 3, 3), "0.bias": (6,), "1.weight": (6, 1, 2, 1)},
        ((1, 1, 5, 6), [-0.57155, -2.13361, -1.08314, 3.83336], -22.8858),
    ),
    "batch norm": (
        {
            "0.weight": (2, 1, 2, 2),
            "0.bias": (2,),
            "1.weight": (2,),
            "1.bias": (2,),
            "1.running_mean": (2,),
            "1.running_var": (2,),
            "1.num_batches_tracked": (),
            "3.running_mean": (8,),
            "3.running_var": (8,),
            "3.num_batches_tracked": (),
        },
        ((3, 8), [1.2101, -0.00164, 2.62049, 2.50139], -2.9981),
    ),
    "other norms": (
        {
            "0.weight": (4,),
            "0.bias": (4,),
            "1.weight": (3, 2),
            "1.bias": (3, 2),
            "3.weight": (4,),
            "3.bias": (4,),
            "3.running_mean": (4,),
            "3.running_var": (4,),
            "3.num_batches_tracked": (),
            "4.weight": (6,),
        },
        ((2, 4, 6), [-0.19043, -1.18414, 0.07046, -1.69559], 0.3537),
    ),
    "linear": (
        {"0.weight": (4, 3), "0.bias": (4,), "1.weight": (4,), "2.weight": (2, 4), "3.weight": (1,)},
        ((2, 2), [1.25707, 1.29612, 2.05794, 1.90736], 6.5185),
    ),
    "nested": (
        {
            "stem.0.weight": (2, 1, 3, 3),
            "stem.0.bias": (2,),
            "stem.1.0.weight": (2,),
            "stem.1.0.bias": (2,),
            "stem.1.0.running_mean": (2,),
            "stem.1.0.running_var": (2,),
            "stem.1.0.num_batches_tracked": (),
            "heads.0.weight": (3, 2),
            "heads.0.bias": (3,),
            "heads.1.out.weight": (1, 3),
        },
        None,
    ),
}


@pytest.mark.parametrize("name", zoo.MODELS)
def test_keys_and_layouts_are_pytorchs(name: str) -> None:
    state = zoo.MODELS[name][0](nn).state_dict()
    assert [(key, value.shape) for key, value in state.items()] == list(TORCH[name][0].items())
    assert all(value.dtype == (np.int64 if key.endswith("tracked") else np.float32) for key, value in state.items())


@pytest.mark.parametrize("name", [name for name in zoo.MODELS if TORCH[name][1]])
def test_pytorchs_weights_give_pytorchs_outputs(name: str) -> None:
    build, input_shape = zoo.MODELS[name]
    model = build(nn)
    result = model.load_state_dict(zoo.checkpoint(TORCH[name][0]))
    assert repr(result) == "<All keys matched successfully>"
    y = model.eval()(tc.tensor(zoo.numbers(input_shape, 50))).detach().numpy()
    shape, first, total = TORCH[name][1]
    assert y.shape == shape
    np.testing.assert_allclose(y.ravel()[:4], first, atol=2e-5)
    np.testing.assert_allclose(y.sum(dtype=np.float64), total, atol=5e-4)


def snapshot(model: nn.Module) -> dict[str, np.ndarray]:
    return {key: value.numpy().copy() for key, value in model.state_dict().items()}


def assert_same(one: Any, other: Any) -> None:
    assert list(one) == list(other)
    for key in one:
        np.testing.assert_array_equal(np.asarray(one[key]), np.asarray(other[key]))


def test_state_dict_shares_memory_and_loading_copies() -> None:
    source, target = nn.Linear(2, 2), nn.Linear(2, 2)
    state = source.state_dict()
    assert not any(value.requires_grad for value in state.values())
    target.load_state_dict(state)
    with tc.no_grad():
        source.weight.fill_(5.0)
    assert (state["weight"] == 5.0).all()
    assert not (target.weight == 5.0).any()


def test_a_prefix_stands_before_every_key() -> None:
    assert list(nn.Linear(1, 1).state_dict(prefix="net.")) == ["net.weight", "net.bias"]


def test_loading_converts_to_the_models_dtype() -> None:
    model = nn.Linear(2, 2)
    model.load_state_dict({"weight": np.full((2, 2), 0.1), "bias": np.zeros(2, np.float16)})
    assert model.weight.dtype == model.bias.dtype == np.float32
    assert model.weight.detach().numpy()[0, 0] == np.float32(0.1)


def test_strict_loading_lists_everything_and_changes_nothing() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))
    before = snapshot(model)
    state = {key: np.ones(value.shape) for key, value in before.items()}
    del state["0.bias"], state["1.running_mean"]
    state |= {"extra": np.ones(1), "2.wieght": np.ones(1), "2.weight": np.ones((3, 1)), "1.bias": np.ones(4)}
    with pytest.raises(RuntimeError) as error:
        model.load_state_dict(state)
    assert str(error.value).split("\n\t") == [
        "Error(s) in loading state_dict for Sequential:",
        'Missing key(s) in state_dict: "0.bias", "1.running_mean".',
        'Unexpected key(s) in state_dict: "extra", "2.wieght".',
        "size mismatch for 1.bias: copying a param with shape (4,) from checkpoint, the shape in current model is "
        "(3,).",
        "size mismatch for 2.weight: copying a param with shape (3, 1) from checkpoint, the shape in current model is "
        "(1, 3).",
    ]
    assert_same(before, snapshot(model))


def test_not_strict_loads_what_fits_by_name_and_reports_the_rest() -> None:
    model = nn.Linear(2, 1)
    before = snapshot(model)
    result = model.load_state_dict({"weight": np.ones((1, 2)), "other": np.ones(1)}, strict=False)
    assert result.missing_keys == ["bias"]
    assert result.unexpected_keys == ["other"]
    assert repr(result) == "IncompatibleKeys(missing_keys=['bias'], unexpected_keys=['other'])"
    assert (model.weight == 1.0).all()
    np.testing.assert_array_equal(model.bias.detach().numpy(), before["bias"])


def test_not_strict_still_refuses_another_shape() -> None:
    model = nn.Linear(2, 1)
    before = snapshot(model)
    with pytest.raises(RuntimeError, match="size mismatch for weight"):
        model.load_state_dict({"bias": np.ones(1), "weight": np.ones((2, 1))}, strict=False)
    assert_same(before, snapshot(model))


def test_a_0d_value_is_not_broadcast() -> None:
    with pytest.raises(RuntimeError, match=r"size mismatch for bias: .* shape \(\) .* is \(1,\)"):
        nn.Linear(2, 1).load_state_dict({"weight": np.ones((1, 2)), "bias": np.float32(1)})


def test_values_that_are_no_arrays_are_named() -> None:
    model = nn.Linear(2, 1)
    before = snapshot(model)
    with pytest.raises(RuntimeError, match='While copying "bias": expected a Tensor or an array, got str'):
        model.load_state_dict({"weight": np.ones((1, 2)), "bias": "ones"})
    assert_same(before, snapshot(model))


# ---------------------------------------------------------------------- values that do not fit


def everything() -> nn.Module:
    """A model with a lazy layer, a batch norm and buffers of many dtypes."""
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.PReLU(), nn.Linear(None, 3), nn.Linear(3, 2).half())
    for dtype in ("int64", "int8", "uint8", "bool", "float64"):
        model.register_buffer(dtype, tc.tensor(np.ones((2, 1), dtype)))
    return model


def full_state() -> dict[str, Any]:
    model = everything()
    model[3](tc.zeros(1, 5))
    return snapshot(model)


def nonsense(rng: np.random.Generator, good: np.ndarray) -> Any:
    """Something in the place of a good value."""
    shape = good.shape
    makers = [
        lambda: None,
        lambda: 2.87,
        lambda: 3,
        lambda: True,
        lambda: good.tolist(),
        lambda: "weights",
        lambda: b"weights",
        lambda: {"a": good},
        lambda: object(),
        lambda: np.ndarray,
        lambda: memoryview(b"weights"),
        lambda: np.float32(2.87),
        lambda: np.str_("weights"),
        lambda: np.full(shape, None),
        lambda: np.full(shape, "text"),
        lambda: np.full(shape, b"text"),
        lambda: np.full(shape, "2026-01-01", "M8[D]"),
        lambda: np.zeros(shape, [("a", "f4")]),
        lambda: np.full(shape, 1j),
        lambda: np.full(shape, 2.87),
        lambda: np.full(shape, 1e300),
        lambda: np.full(shape, float("inf")),
        lambda: np.full(shape, -7),
        lambda: np.full(shape, 2**40),
        lambda: np.full(shape, 2**63, np.uint64),
        lambda: np.full(shape, 1.0, ">f8"),
        lambda: np.full(shape, True),
        lambda: np.ones((*shape, 1)),
        lambda: np.ones(0),
        lambda: tc.tensor(2.87),
        lambda: tc.tensor(np.full(shape, 2.5)),
        lambda: nn.Linear(None, 3).weight,
        lambda: nn.Linear(2, 2),
    ]
    return makers[rng.integers(len(makers))]()


@pytest.mark.parametrize("seed", range(300))
def test_a_nonsensical_value_is_named_and_changes_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    model, state = everything(), full_state()
    before = {name: (type(member), copy.deepcopy(member)) for name, member in model._saved_members()}
    key = rng.choice(list(state))
    state[key] = nonsense(rng, state[key])
    error = refused(model, state, strict=bool(rng.integers(2)))
    if error is None:  # it was a good value after all
        found, given = model.state_dict()[key].numpy(), np.asarray(getattr(state[key], "array", state[key]))
        np.testing.assert_allclose(found.astype(np.float64), given.astype(np.float64), rtol=1e-3)
        return
    assert re.search(f'(While copying "{key}"|size mismatch for {key}): ', str(error))
    for name, member in model._saved_members():
        kind, value = before[name]
        assert type(member) is kind
        if not member.is_lazy:
            np.testing.assert_array_equal(member.detach().numpy(), value.detach().numpy())


def refused(model: nn.Module, state: dict[str, Any], strict: bool) -> RuntimeError | None:
    try:
        model.load_state_dict(state, strict=strict)
    except RuntimeError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("int64", 2.87), ("int64", np.nan), ("int64", np.inf), ("int64", 1e30), ("int8", 200), ("uint8", -1),
        ("bool", 2), ("bool", 0.5), ("float32", 1e300), ("float16", 1e5), ("float16", 100_000),
    ],
)  # fmt: skip
def test_a_value_that_its_place_cannot_hold_is_refused(dtype: str, value: float) -> None:
    model = nn.Module()
    model.register_buffer("first", tc.zeros(1))
    model.register_buffer("count", tc.tensor(np.zeros(2, dtype)))
    with pytest.raises(RuntimeError, match=f'While copying "count": the values are .*, and {dtype} in current model'):
        model.load_state_dict({"first": np.ones(1), "count": np.array([1, value])})
    assert [b.numpy().tolist() for b in model.buffers()] == [[0], [0, 0]]


@pytest.mark.parametrize(
    ("dtype", "value"),
    [("int64", 3.0), ("int8", True), ("bool", 1), ("float32", 0.1), ("float32", np.nan), ("float16", np.inf)],
)
def test_a_value_that_its_place_can_hold_is_converted(dtype: str, value: float) -> None:
    model = nn.Module()
    model.register_buffer("count", tc.tensor(np.zeros(1, dtype)))
    model.load_state_dict({"count": np.array([value])})
    np.testing.assert_array_equal(model.count.numpy(), np.array([value]).astype(dtype))


def test_a_read_only_place_is_named_before_anything_is_changed() -> None:
    model = nn.Module()
    model.register_buffer("first", tc.zeros(1))
    model.register_buffer("wide", tc.zeros(1).expand(3))
    with pytest.raises(RuntimeError, match='While copying "wide": its array in current model is read-only'):
        model.load_state_dict({"first": np.ones(1), "wide": np.ones(3)})
    assert model.first.numpy().tolist() == [0]


def test_a_lazy_parameter_with_two_keys_takes_one_shape() -> None:
    layer = nn.Linear(None, 1)
    model, state = nn.Sequential(layer, layer), {"0.bias": np.ones(1), "1.bias": np.ones(1)}
    with pytest.raises(RuntimeError, match=r"size mismatch for 1.weight: .* shape \(1, 3\) .* is \(1, 2\)"):
        model.load_state_dict({**state, "0.weight": np.ones((1, 2)), "1.weight": np.ones((1, 3))})
    assert layer.weight.is_lazy


# ---------------------------------------------------------------------- values of an older time


class Versioned(dict):
    """A state_dict as PyTorch's, which says the version of each layer."""

    _metadata: ClassVar[dict] = {"": {"version": 1}, "0": {"version": 2}, "1": {"version": 1}}


def test_a_batch_norm_s_count_may_be_missing_in_old_values() -> None:
    model = nn.Sequential(nn.BatchNorm1d(2), nn.InstanceNorm1d(2, track_running_stats=True))
    model(tc.randn(3, 2, 4))
    old = {key: value for key, value in snapshot(model).items() if not key.endswith("num_batches_tracked")}
    assert model.load_state_dict(old) == ([], [])
    assert model[0].num_batches_tracked.item() == 1
    with pytest.raises(RuntimeError, match=r'Missing key\(s\) in state_dict: "0.num_batches_tracked".'):
        model.load_state_dict(Versioned(old))
    assert model.load_state_dict(Versioned(old), strict=False).missing_keys == ["0.num_batches_tracked"]
    del old["0.running_mean"]
    with pytest.raises(RuntimeError, match=r'Missing key\(s\) in state_dict: "0.running_mean".'):
        model.load_state_dict(old)


def test_something_that_is_no_mapping() -> None:
    with pytest.raises(TypeError, match="Expected state_dict to be dict-like, got list"):
        nn.Linear(2, 1).load_state_dict([np.ones(1)])


def test_loading_keeps_the_objects_and_is_seen_by_a_graph_that_saved_them() -> None:
    model = nn.Linear(2, 1)
    weight = model.weight
    y = (model(tc.ones(1, 2).requires_grad_()) ** 2).sum()
    model.load_state_dict({"weight": np.ones((1, 2)), "bias": np.ones(1)})
    assert model.weight is weight
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_buffers_that_are_not_persistent_are_neither_saved_nor_expected() -> None:
    model = nn.Module()
    model.register_buffer("kept", tc.ones(1))
    model.register_buffer("scratch", tc.ones(1), persistent=False)
    assert list(model.state_dict()) == ["kept"]
    assert [name for name, _ in model.named_buffers()] == ["kept", "scratch"]
    model.load_state_dict({"kept": np.zeros(1)})
    model.register_buffer("scratch", tc.ones(1))
    assert list(model.state_dict()) == ["kept", "scratch"]


def test_deleting_or_replacing_a_buffer_forgets_that_it_was_not_persistent() -> None:
    model = nn.Module()
    model.register_buffer("a", tc.ones(1), persistent=False)
    model.register_buffer("b", tc.ones(1), persistent=False)
    del model.a
    model.b = nn.Parameter(tc.ones(1))
    model.register_buffer("a", tc.ones(1))
    assert list(model.state_dict()) == ["b", "a"]
    model.b = nn.Buffer(tc.ones(1))
    assert list(model.state_dict()) == ["a", "b"]


def test_shared_modules_are_listed_under_each_name_and_load_back() -> None:
    layer = nn.Linear(1, 1)
    model = nn.Sequential(layer, layer)
    assert list(model.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    model.load_state_dict(snapshot(model))


def test_none_members_have_no_keys() -> None:
    model = nn.Module()
    model.register_parameter("weight", None)
    model.register_buffer("mean", None)
    model.add_module("child", None)
    assert model.state_dict() == {}
    assert list(model.parameters()) == list(model.buffers()) == list(model.children()) == []


def test_a_loss_keeps_its_weight_as_a_buffer() -> None:
    loss = nn.CrossEntropyLoss(weight=tc.ones(3))
    assert list(loss.state_dict()) == ["weight"]
    assert list(loss.parameters()) == []


@pytest.mark.parametrize("extension", ["npz", "safetensors"])
def test_files_bring_back_models_bit_by_bit(tmp_path: Path, extension: str) -> None:
    if extension == "safetensors":
        pytest.importorskip("safetensors")
    path = tmp_path / f"model.{extension}"
    model, other = (zoo.MODELS["batch norm"][0](nn) for _ in range(2))
    model(tc.randn(3, 1, 3, 3))  # moves the running values
    tc.save(model.state_dict(), path)
    other.load_state_dict(tc.load(path))
    assert_same(dict(sorted(snapshot(model).items())), dict(sorted(snapshot(other).items())))


def test_a_file_of_plain_numpy_loads(tmp_path: Path) -> None:
    values = zoo.checkpoint(TORCH["linear"][0])
    np.savez(tmp_path / "weights.npz", **values)
    model = zoo.MODELS["linear"][0](nn)
    model.load_state_dict(tc.load(tmp_path / "weights.npz"))
    assert_same(values, snapshot(model))


def test_a_state_from_another_device_loads(device: tc.Device) -> None:
    here, there = nn.BatchNorm1d(2), nn.BatchNorm1d(2).to(device)
    here(tc.randn(4, 2))
    there.load_state_dict(here.state_dict())
    assert all(value.device == device for value in there.state_dict().values())
    for key, value in here.state_dict().items():
        np.testing.assert_array_equal(tc.asnumpy(there.state_dict()[key].array), value.numpy())
    here.load_state_dict(there.state_dict())


def test_a_state_of_another_dtype_from_another_device_is_checked_too(device: tc.Device) -> None:
    there, here = nn.BatchNorm1d(2).to(device).double(), nn.BatchNorm1d(2)
    here.load_state_dict(there.state_dict())
    there.load_state_dict(here.state_dict())
    assert there.running_var.device == device
    state = {**there.state_dict(), "num_batches_tracked": there.running_var[0] * 2.87}
    with pytest.raises(RuntimeError, match='While copying "num_batches_tracked": the values are float64, and int64'):
        here.load_state_dict(state)


def test_a_state_dict_prints_as_pytorchs():
    keys = nn.Linear(2, 1).state_dict().keys()
    assert repr(keys) == "odict_keys(['weight', 'bias'])"
