"""Parameter groups, saved state, errors, and the update rules on every device."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinyconv as tc
from tinyconv.backend import Device, asnumpy

RULES: list[tuple[type[tc.optim.Optimizer], dict[str, Any]]] = [
    (tc.optim.SGD, {"lr": 0.1}),
    (tc.optim.SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    (tc.optim.SGD, {"lr": 0.1, "momentum": 0.9, "dampening": 0.5, "maximize": True}),
    (tc.optim.Adam, {"lr": 0.1, "weight_decay": 0.1, "amsgrad": True}),
    (tc.optim.AdamW, {"lr": 0.1, "maximize": True}),
    (tc.optim.RMSprop, {"lr": 0.1, "momentum": 0.9, "centered": True}),
    (tc.optim.RMSprop, {"lr": 0.1, "weight_decay": 0.1}),
    (tc.optim.Adagrad, {"lr": 0.1, "lr_decay": 0.1, "initial_accumulator_value": 0.5}),
    (tc.optim.NAdam, {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    (tc.optim.RAdam, {"lr": 0.1, "weight_decay": 0.1, "maximize": True}),
]


def _label(value: Any) -> str:
    return value.__name__ if isinstance(value, type) else "-".join(k for k in value if k != "lr")


each_rule = pytest.mark.parametrize(("rule", "options"), RULES, ids=_label)


def leaf(array: Any, device: Device | str = "cpu", dtype: Any = np.float32) -> tc.Tensor:
    host = np.array(array, dtype)
    return tc.as_tensor(Device(device).asarray(host)).requires_grad_()


def give_gradients(params: list[tc.Tensor], seed: int) -> None:
    rng = np.random.default_rng(seed)
    for param in params:
        grad = np.asarray(rng.standard_normal(param.shape), param.dtype)
        param.grad = tc.as_tensor(param.device.asarray(grad))


def train(optimizer: tc.optim.Optimizer, params: list[tc.Tensor], seeds: range) -> None:
    for seed in seeds:
        give_gradients(params, seed)
        optimizer.step()


def make_params(device: Device | str = "cpu", dtype: Any = np.float32) -> list[tc.Tensor]:
    rng = np.random.default_rng(100)
    return [leaf(rng.standard_normal(shape), device, dtype) for shape in ((3, 4), (5,), (), (0, 2))]


# --- the rules, whatever holds the numbers ---


@each_rule
def test_a_step_on_a_device_copies_nothing_and_agrees_with_the_cpu(
    rule: Any, options: dict, device: Device, on_device: Callable
) -> None:
    here, cpu = make_params(device), make_params()
    optimizer = rule(here, **options)
    for seed in range(3):
        give_gradients(here, seed)
        with on_device():
            optimizer.step()
    train(rule(cpu, **options), cpu, range(3))
    for param, reference in zip(here, cpu):
        assert param.device == device
        np.testing.assert_allclose(asnumpy(param.array), reference.array, rtol=1e-5, atol=1e-6)


@each_rule
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_parameters_and_state_keep_their_dtype(rule: Any, options: dict, dtype: Any) -> None:
    params = make_params(dtype=dtype)
    before = [param.array for param in params]
    optimizer = rule(params, **options)
    train(optimizer, params, range(2))
    for param, array in zip(params, before):
        assert param.array is array, "a step writes in place"
        assert param.dtype == dtype
        for key, value in optimizer.state[param].items():
            if key in ("step", "mu_product"):
                assert type(value) is (int if key == "step" else float)
            else:
                assert (type(value), value.dtype, value.shape) == (np.ndarray, dtype, param.shape)


@each_rule
def test_options_may_be_numpy_scalars(rule: Any, options: dict) -> None:
    ours, theirs = make_params(), make_params()
    numpy_options = {k: v if isinstance(v, bool) else np.float64(v) for k, v in options.items()}
    train(rule(ours, **numpy_options), ours, range(2))
    train(rule(theirs, **options), theirs, range(2))
    for a, b in zip(ours, theirs):
        np.testing.assert_array_equal(a.array, b.array)


@each_rule
@pytest.mark.parametrize("make", [lambda a: a, lambda a: a.T, lambda a: a[:, ::2]], ids=["c", "f", "strided"])
def test_pieces_threads_and_memory_order_do_not_change_the_numbers(
    rule: Any, options: dict, make: Callable, monkeypatch: pytest.MonkeyPatch, thread_count: None
) -> None:
    start = np.random.default_rng(0).standard_normal((6, 10)).astype(np.float32)
    whole, pieces = (
        tc.as_tensor(make(start.copy()).copy()).requires_grad_(),
        tc.as_tensor(make(start.copy())).requires_grad_(),
    )
    train(rule([whole], **options), [whole], range(3))
    monkeypatch.setattr("tinyconv.kernels.tuning.STEP_CELLS", 7)
    monkeypatch.setattr("tinyconv.kernels.tuning.SMALL_WORK", 0)
    tc.set_num_threads(3)
    train(rule([pieces], **options), [pieces], range(3))
    np.testing.assert_array_equal(whole.array, pieces.array)


@each_rule
def test_a_step_does_not_change_the_gradient(rule: Any, options: dict) -> None:
    params = make_params()
    optimizer = rule(params, **options)
    give_gradients(params, 0)
    before = [param.grad.array.copy() for param in params]
    optimizer.step()
    for param, grad in zip(params, before):
        np.testing.assert_array_equal(param.grad.array, grad)


@each_rule
def test_training_lowers_the_loss(rule: Any, options: dict) -> None:
    w = leaf([1.0, -2.0])
    sign = -1 if options.get("maximize") else 1
    optimizer = rule([w], **options)
    for _ in range(30):
        optimizer.zero_grad()
        (sign * (w * w).sum()).backward()
        optimizer.step()
    assert float((w.array**2).sum()) < 2.5


def test_steps_reuse_their_scratch_memory(thread_count: None) -> None:
    import tracemalloc

    tc.set_num_threads(1)  # each thread has its own, made when it first takes part
    w = leaf(np.ones(200_000))
    optimizer = tc.optim.Adam([w], weight_decay=0.1)
    give_gradients([w], 0)
    optimizer.step()
    tracemalloc.start()
    optimizer.step()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000, "an array of w's size takes 800,000 bytes"


def test_a_graph_that_saved_the_parameter_notices_the_step() -> None:
    w = leaf([1.0, 2.0])
    loss = (w * w).sum()
    w.grad = tc.tensor([1.0, 1.0])
    tc.optim.SGD([w], lr=0.1).step()
    with pytest.raises(RuntimeError, match="modified by an inplace"):
        loss.backward()


# --- gradients that are missing, and zero_grad ---


def test_a_parameter_without_a_gradient_is_left_alone() -> None:
    moved, left = leaf([1.0]), leaf([1.0])
    optimizer = tc.optim.SGD([moved, left], lr=0.1, momentum=0.9, weight_decay=0.1)
    moved.grad = tc.tensor([1.0])
    optimizer.step()
    assert moved.item() != 1.0
    assert left.item() == 1.0
    assert left not in optimizer.state


def test_zero_grad_gives_none_or_zeros(device: Device, on_device: Callable) -> None:
    params = make_params(device)
    optimizer = tc.optim.SGD(params, lr=0.1, momentum=0.9)
    give_gradients(params[:2], 0)
    with on_device():
        optimizer.zero_grad(set_to_none=False)
    assert [param.grad is None for param in params] == [False, False, True, True]
    assert not asnumpy(params[0].grad.array).any()
    optimizer.zero_grad()
    assert all(param.grad is None for param in params)


def test_zero_grad_leaves_a_gradient_that_someone_kept() -> None:
    w = leaf([1.0])
    w.grad = kept = tc.tensor([5.0])
    tc.optim.SGD([w]).zero_grad(set_to_none=False)
    assert (kept.item(), w.grad.item()) == (5.0, 0.0)


def test_closure_runs_with_gradients_on_and_its_loss_comes_back() -> None:
    w = leaf([3.0])
    optimizer = tc.optim.SGD([w], lr=0.1)

    def closure() -> tc.Tensor:
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return loss

    with tc.no_grad():
        loss = optimizer.step(closure)
    assert loss.item() == 9.0
    np.testing.assert_allclose(w.item(), 3.0 - 0.1 * 6.0, rtol=1e-6)


def test_step_without_closure_gives_none() -> None:
    assert tc.optim.SGD([leaf([1.0])]).step() is None


# --- groups ---


def test_groups_have_options_of_their_own() -> None:
    a, b = leaf([1.0]), leaf([1.0])
    optimizer = tc.optim.SGD([{"params": a}, {"params": [b], "lr": 0.5}], lr=0.1)
    a.grad = b.grad = tc.tensor([1.0])
    optimizer.step()
    np.testing.assert_allclose([a.item(), b.item()], [0.9, 0.5], rtol=1e-6)
    optimizer.param_groups[1]["lr"] = 0.0
    optimizer.step()
    np.testing.assert_allclose([a.item(), b.item()], [0.8, 0.5], rtol=1e-6)


def test_a_group_dict_is_not_written_to() -> None:
    group = {"params": [leaf([1.0])]}
    tc.optim.SGD([group], lr=0.1)
    assert list(group) == ["params"]


def test_add_param_group_takes_defaults_of_the_optimizer() -> None:
    optimizer = tc.optim.Adam([leaf([1.0])], lr=0.1, amsgrad=True)
    optimizer.add_param_group({"params": iter([leaf([2.0]), leaf([3.0])]), "lr": 0.2})
    group = optimizer.param_groups[1]
    assert (len(group["params"]), group["lr"], group["amsgrad"]) == (2, 0.2, True)


def test_names_come_along() -> None:
    a, b = leaf([1.0]), leaf([1.0])
    optimizer = tc.optim.SGD([("conv.weight", a), ("conv.bias", b)], lr=0.1)
    assert optimizer.param_groups[0]["param_names"] == ["conv.weight", "conv.bias"]
    b.grad = tc.tensor([1.0])
    b.data = tc.tensor([1.0, 2.0])  # after its gradient was there
    with pytest.raises(RuntimeError, match=r"parameter 1 of group 0 \('conv.bias'\)"):
        optimizer.step()


def test_repr_shows_the_options() -> None:
    optimizer = tc.optim.Adam([("w", leaf([1.0]))], lr=0.25)
    assert repr(optimizer).startswith("Adam (\nParameter Group 0\n    amsgrad: False\n    betas: (0.9, 0.999)")
    assert "lr: 0.25" in repr(optimizer)
    assert "tensor" not in repr(optimizer)


# --- saved state ---


@each_rule
def test_training_goes_on_bit_equal_from_saved_state(rule: Any, options: dict, device: Device) -> None:
    straight = make_params(device)
    optimizer = rule(straight, **options)
    train(optimizer, straight, range(3))
    saved = optimizer.state_dict()
    arrays = [asnumpy(param.array).copy() for param in straight]
    train(optimizer, straight, range(3, 6))  # the saved state must not change by this

    resumed = [leaf(array, device) for array in arrays]
    other = rule(resumed, lr=99.0)
    other.load_state_dict(saved)
    train(other, resumed, range(3, 6))
    for a, b in zip(straight, resumed):
        np.testing.assert_array_equal(asnumpy(a.array), asnumpy(b.array))


def test_state_survives_a_file(tmp_path: Path, device: Device) -> None:
    params = make_params(device)
    optimizer = tc.optim.Adam(params, lr=0.1, amsgrad=True)
    train(optimizer, params, range(3))
    tc.save(optimizer.state_dict(), tmp_path / "optimizer.npz")
    twins = [leaf(asnumpy(param.array), device) for param in params]
    other = tc.optim.Adam(twins)
    other.load_state_dict(tc.load(tmp_path / "optimizer.npz"))
    train(optimizer, params, range(3, 6))
    train(other, twins, range(3, 6))
    for a, b in zip(params, twins):
        np.testing.assert_array_equal(asnumpy(a.array), asnumpy(b.array))


def test_state_dict_has_pytorch_form() -> None:
    a, b, c = leaf([1.0]), leaf([1.0, 2.0]), leaf([3.0])
    optimizer = tc.optim.Adam([{"params": [a]}, {"params": [b, c], "lr": 0.5}])
    b.grad = tc.tensor([1.0, 2.0])
    optimizer.step()
    saved = optimizer.state_dict()
    assert set(saved) == {"state", "param_groups"}
    assert [group["params"] for group in saved["param_groups"]] == [[0], [1, 2]]
    assert set(saved["state"]) == {1}
    assert set(saved["state"][1]) == {"step", "exp_avg", "exp_avg_sq"}
    assert saved["state"][1]["step"] == 1
    assert isinstance(saved["state"][1]["exp_avg"], tc.Tensor)


def test_state_may_come_as_arrays_of_another_dtype_or_device(device: Device) -> None:
    w = leaf([1.0, 2.0], device)
    optimizer = tc.optim.Adam([w])
    saved = optimizer.state_dict()
    saved["state"] = {  # a step count as PyTorch has it, numbers as a JSON reader gives them
        "0": {"step": np.array(3.0), "exp_avg": np.ones(2), "exp_avg_sq": tc.tensor([1.0, 2.0])}
    }
    optimizer.load_state_dict(saved)
    state = optimizer.state[w]
    assert state["step"] == 3
    assert type(state["exp_avg"]) is type(w.array)
    assert state["exp_avg"].dtype == np.float32
    assert (asnumpy(state["exp_avg_sq"]) == [1, 2]).all()


def test_loading_copies() -> None:
    w = leaf([1.0])
    optimizer = tc.optim.SGD([w], lr=0.1, momentum=0.9)
    momentum = tc.tensor([1.0])
    saved = {**optimizer.state_dict(), "state": {0: {"momentum_buffer": momentum}}}
    optimizer.load_state_dict(saved)
    w.grad = tc.tensor([1.0])
    optimizer.step()
    optimizer.param_groups[0]["lr"] = 5.0
    assert momentum.item() == 1.0
    assert saved["param_groups"][0]["lr"] == 0.1


def test_a_momentum_buffer_of_none_is_no_buffer() -> None:
    w = leaf([1.0])
    optimizer = tc.optim.SGD([w], lr=1.0, momentum=0.9)
    optimizer.load_state_dict({**optimizer.state_dict(), "state": {0: {"momentum_buffer": None}}})
    w.grad = tc.tensor([1.0])
    optimizer.step()
    assert w.item() == 0.0


def test_options_missing_in_saved_groups_keep_their_values() -> None:
    optimizer = tc.optim.SGD([leaf([1.0])], lr=0.1, momentum=0.5)
    optimizer.load_state_dict({"state": {}, "param_groups": [{"params": [0], "lr": 0.3}]})
    assert (optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["momentum"]) == (0.3, 0.5)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"param_groups": []}, "different number of parameter groups: 0, where this optimizer has 1"),
        ({"param_groups": [{"params": [0]}]}, r"it has \[1\] parameters per group, this optimizer \[2\]"),
        (
            {"state": {0: {"momentum_buffer": np.ones(3)}}},
            r"shape \(3,\), but parameter 0 of group 0 has shape \(2,\)",
        ),
        ({"state": {5: {}}}, "state for parameter 5, which is in no group"),
        ({"param_groups": [{"params": [0, 1], "lr": -1}]}, "Invalid learning rate: -1"),
    ],
)
def test_state_that_does_not_fit_changes_nothing(change: dict, text: str) -> None:
    params = [leaf([1.0, 2.0]), leaf([1.0])]
    optimizer = tc.optim.SGD(params, lr=0.1, momentum=0.9)
    train(optimizer, params, range(1))
    before = repr(optimizer.state_dict())
    with pytest.raises(ValueError, match=text):
        optimizer.load_state_dict({**optimizer.state_dict(), **change})
    assert repr(optimizer.state_dict()) == before


def test_a_deep_copy_is_independent() -> None:
    w = leaf([1.0])
    optimizer = tc.optim.Adam([w], lr=0.1)
    train(optimizer, [w], range(2))
    twin = copy.deepcopy(optimizer)
    (other,) = twin.param_groups[0]["params"]
    before = w.item()
    train(twin, [other], range(2, 4))
    assert w.item() == before
    train(optimizer, [w], range(2, 4))
    assert w.item() == other.item()


# --- lazy parameters ---


def lazy_net() -> tc.nn.Module:
    return tc.nn.Sequential(tc.nn.Linear(None, 3), tc.nn.ReLU(), tc.nn.Linear(None, 2))


def net_step(net: tc.nn.Module, optimizer: tc.optim.Optimizer, x: tc.Tensor) -> None:
    optimizer.zero_grad()
    (net(x) ** 2).sum().backward()
    optimizer.step()


@each_rule
def test_a_lazy_model_may_be_given_before_its_first_forward(rule: Any, options: dict) -> None:
    net = lazy_net()
    optimizer = rule(net.parameters(), **options)
    optimizer.step()  # nothing has a gradient yet
    assert optimizer.state_dict()["state"] == {}
    net_step(net, optimizer, tc.tensor(np.ones((2, 5), np.float32)))
    assert all(param.grad is not None for param in net.parameters())
    assert net[0].weight.shape == (3, 5)


def test_state_loaded_before_a_lazy_models_first_forward_waits_for_it() -> None:
    x = tc.tensor(np.linspace(0, 1, 10, dtype=np.float32).reshape(2, 5))
    net = lazy_net()
    optimizer = tc.optim.Adam(net.parameters(), lr=0.1)
    net_step(net, optimizer, x)
    weights, saved = copy.deepcopy(net.state_dict()), optimizer.state_dict()
    net_step(net, optimizer, x)

    resumed = lazy_net()
    other = tc.optim.Adam(resumed.parameters(), lr=0.1)
    other.load_state_dict(saved)
    assert repr(other.state_dict()) == repr(saved)
    resumed.load_state_dict(weights)
    net_step(resumed, other, x)
    for a, b in zip(net.parameters(), resumed.parameters()):
        np.testing.assert_array_equal(a.array, b.array)


# --- errors ---


@pytest.mark.parametrize(
    ("rule", "options", "text"),
    [
        (tc.optim.SGD, {"lr": -1}, "Invalid learning rate: -1"),
        (tc.optim.SGD, {"lr": float("nan")}, "Invalid learning rate: nan"),
        (tc.optim.SGD, {"lr": float("inf")}, "Invalid learning rate: inf"),
        (tc.optim.SGD, {"momentum": -0.5}, "Invalid momentum value: -0.5"),
        (tc.optim.SGD, {"weight_decay": -0.5}, "Invalid weight_decay value: -0.5"),
        (tc.optim.SGD, {"nesterov": True}, "Nesterov momentum requires a momentum and zero dampening"),
        (tc.optim.SGD, {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, "dampening=0.1"),
        (tc.optim.Adam, {"lr": -1.0}, "Invalid learning rate: -1.0"),
        (tc.optim.Adam, {"eps": -1.0}, "Invalid epsilon value: -1.0"),
        (tc.optim.Adam, {"betas": (1.0, 0.9)}, "Invalid beta parameter at index 0: 1.0"),
        (tc.optim.Adam, {"betas": (0.9, -0.1)}, "Invalid beta parameter at index 1: -0.1"),
        (tc.optim.AdamW, {"weight_decay": -1.0}, "Invalid weight_decay value: -1.0"),
        (tc.optim.RMSprop, {"alpha": -1.0}, "Invalid alpha value: -1.0"),
        (tc.optim.RMSprop, {"momentum": -1.0}, "Invalid momentum value: -1.0"),
        (tc.optim.Adagrad, {"lr_decay": -1.0}, "Invalid lr_decay value: -1.0"),
        (
            tc.optim.Adagrad,
            {"initial_accumulator_value": -1.0},
            "Invalid initial_accumulator_value value: -1.0",
        ),
    ],
)
def test_options_out_of_range(rule: Any, options: dict, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        rule([leaf([1.0])], **options)
    with pytest.raises(ValueError, match=text):  # in a group too
        rule([{"params": [leaf([1.0])], **options}])


def test_an_option_that_is_no_number() -> None:
    with pytest.raises(TypeError, match="SGD: argument 'lr' must be a number, not str"):
        tc.optim.SGD([leaf([1.0])], lr="0.1")


NAN = float("nan")
NO_NUMBER = ["0.1", None, NAN, float("inf"), 1j, [0.1]]
NUMBERS = {
    tc.optim.SGD: ("lr", "momentum", "dampening", "weight_decay"),
    tc.optim.Adam: ("lr", "eps", "weight_decay"),
    tc.optim.AdamW: ("lr", "eps", "weight_decay"),
    tc.optim.RMSprop: ("lr", "alpha", "eps", "weight_decay", "momentum"),
    tc.optim.Adagrad: ("lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps"),
    tc.optim.NAdam: ("lr", "eps", "weight_decay", "momentum_decay"),
    tc.optim.RAdam: ("lr", "eps", "weight_decay"),
}
SWITCHES = {
    tc.optim.SGD: ("nesterov", "maximize"),
    tc.optim.Adam: ("amsgrad", "maximize"),
    tc.optim.AdamW: ("amsgrad", "maximize"),
    tc.optim.RMSprop: ("centered", "maximize"),
    tc.optim.Adagrad: ("maximize",),
    tc.optim.NAdam: ("maximize", "decoupled_weight_decay"),
    tc.optim.RAdam: ("maximize", "decoupled_weight_decay"),
}
NO_BETAS = [(1.0, 0.9), (0.9, 1.0), (0.9,), (0.9, 0.9, 0.9), 0.9, None, (NAN, 0.9), (".9", 0.9), "ab", (None, 0.9)]
NONSENSE = [
    *[(rule, name, value) for rule, names in NUMBERS.items() for name in names for value in NO_NUMBER],
    *[(rule, name, value) for rule, names in SWITCHES.items() for name in names for value in ("no", NAN, 2, None, [])],
    *[(rule, "betas", value) for rule in (tc.optim.Adam, tc.optim.NAdam, tc.optim.RAdam) for value in NO_BETAS],
]


@pytest.mark.parametrize(("rule", "option", "value"), NONSENSE, ids=str)
def test_nonsense_is_refused_by_its_name(rule: Any, option: str, value: Any) -> None:
    for build in (lambda w: rule([w], **{option: value}), lambda w: rule([{"params": [w], option: value}])):
        with pytest.raises((ValueError, TypeError), match=option) as caught:
            build(leaf([1.0]))
        assert hasattr(caught.value, "refusal")


@pytest.mark.parametrize("rule", NUMBERS)
def test_every_option_of_a_rule_is_checked(rule: Any) -> None:
    checked = {*NUMBERS[rule], *SWITCHES[rule], *(["betas"] if "betas" in rule([leaf([1.0])]).defaults else [])}
    assert checked == set(rule([leaf([1.0])]).defaults)


def test_true_is_1_as_in_pytorch() -> None:
    optimizer = tc.optim.SGD([leaf([1.0])], lr=True, momentum=True, nesterov=1, maximize=np.bool_(False))
    give_gradients(optimizer.param_groups[0]["params"], 0)
    optimizer.step()


def test_wrong_parameters() -> None:
    w = leaf([1.0])
    with pytest.raises(TypeError, match=r"is one Tensor. Put it in a list: SGD\(\[parameter\]"):
        tc.optim.SGD(w)
    with pytest.raises(ValueError, match="optimizer got an empty parameter list"):
        tc.optim.SGD([])
    with pytest.raises(TypeError, match="can only optimize Tensors, but item 1 is float"):
        tc.optim.SGD([w, 1.0])
    with pytest.raises(ValueError, match=r"can't optimize a non-leaf Tensor: item 0 of shape \(1,\)"):
        tc.optim.SGD([w * 2])
    with pytest.raises(TypeError, match="Use a list instead"):
        tc.optim.SGD([{"params": {w}}])
    with pytest.raises(ValueError, match="got 1 of 2 named"):
        tc.optim.SGD([("w", w), leaf([2.0])])
    with pytest.raises(TypeError, match="param_group must be a dict, but got list"):
        tc.optim.SGD([w]).add_param_group([leaf([2.0])])


def test_a_parameter_given_twice() -> None:
    w = leaf([1.0])
    with pytest.raises(ValueError, match="some parameters appear more than once"):
        tc.optim.SGD([w, w])
    with pytest.raises(ValueError, match="some parameters appear more than once"):
        tc.optim.SGD([w]).add_param_group({"params": w})


def test_a_gradient_that_does_not_fit() -> None:
    w = leaf([1.0])
    optimizer = tc.optim.SGD([w], lr=0.1)
    w.grad = tc.tensor([1.0])
    w.data = tc.tensor([1.0, 2.0])  # after its gradient was there
    with pytest.raises(
        RuntimeError, match=r"float32 of shape \(2,\) on cpu, but its gradient is float32 of shape \(1,\)"
    ):
        optimizer.step()
    w.grad = tc.as_tensor(np.ones(2))
    with pytest.raises(RuntimeError, match="but its gradient is float64"):
        optimizer.step()
    w.grad = tc.as_tensor(np.ones(2, np.float32))
    w.data = Device("strict").asarray(np.array([1, 2], np.float32))
    with pytest.raises(RuntimeError, match=r"on strict:0, but its gradient is float32 of shape .* on cpu"):
        optimizer.step()
    np.testing.assert_array_equal(asnumpy(w.array), [1, 2])


def test_a_parameter_in_read_only_memory() -> None:
    array = np.ones(2, np.float32)
    array.flags.writeable = False
    w = tc.as_tensor(array).requires_grad_()
    w.grad = tc.tensor([1.0, 1.0])
    with pytest.raises(RuntimeError, match=r"holds a read-only array. Give it one of its own"):
        tc.optim.SGD([w], lr=0.1).step()


def test_a_rule_that_is_missing() -> None:
    w = leaf([1.0])
    w.grad = tc.tensor([1.0])
    with pytest.raises(NotImplementedError, match="Optimizer must define _update"):
        tc.optim.Optimizer([w], {}).step()
