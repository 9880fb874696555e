"""The Tensor: making one, what it is, ways out, conversions, aliases of methods, copies, errors."""

from __future__ import annotations

import ast
import copy
import math
import pickle
from pathlib import Path

import numpy as np
import pytest

import tinyconv as tc
from tests.ops.opcheck import draw, host, leaf

# --- making one ---


@pytest.mark.parametrize(
    ("data", "dtype", "shape"),
    [
        (1, "int64", ()), (1.5, "float32", ()), (True, "bool", ()), ([], "float32", (0,)), ([1, 2], "int64", (2,)),
        ([1, 2.5], "float32", (2,)), ([True, 2], "int64", (2,)), ([[1.0], [2.0]], "float32", (2, 1)),
        (((1, 2), (3, 4)), "int64", (2, 2)), (range(3), "int64", (3,)), ([[], []], "float32", (2, 0)),
        (np.float64(1), "float64", ()), (np.float16(1), "float16", ()), ([np.float64(1)], "float64", (1,)),
        (np.ones((2, 3), np.int32), "int32", (2, 3)), (np.ones(2), "float64", (2,)),
    ],
)  # fmt: skip
def test_dtype_and_shape_of_what_is_given(data, dtype, shape):
    t = tc.tensor(data)
    assert (t.dtype, t.shape) == (np.dtype(dtype), shape)
    np.testing.assert_array_equal(t.numpy(), np.asarray(data))


def test_a_given_dtype_keeps_every_digit():
    assert tc.tensor([0.1], dtype=tc.float64).item() == 0.1
    assert tc.tensor(0.1, dtype="float64").item() == 0.1
    assert tc.tensor([16777217.0], dtype=tc.int64).item() == 16777217
    assert tc.tensor([1.9, -1.9], dtype=tc.int32).tolist() == [1, -1]
    assert tc.tensor([1e6], dtype=tc.float16).item() == math.inf
    assert tc.tensor([0, 2], dtype=tc.bool).tolist() == [False, True]
    assert tc.tensor(np.array([0.1]), dtype=tc.float32).dtype == tc.float32


def test_tensors_inside_lists():
    x = tc.tensor([1.0, 2.0], requires_grad=True)
    assert tc.tensor([x[0], x[1]]).tolist() == [1.0, 2.0]
    assert tc.tensor([x, x]).shape == (2, 2)
    assert tc.tensor(x).requires_grad is False


def test_tensor_copies_and_from_numpy_shares():
    array = np.zeros(2, np.float32)
    copied, shared, too = tc.tensor(array), tc.from_numpy(array), tc.as_tensor(array)
    array[0] = 1
    assert (copied[0].item(), shared[0].item(), too[0].item()) == (0.0, 1.0, 1.0)
    with tc.no_grad():
        shared.add_(1)
    assert array.tolist() == [2.0, 1.0]
    assert not np.shares_memory(tc.tensor(shared).numpy(), array)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int64", "uint8", "bool"])
def test_the_class_copies_an_array_in_the_default_dtype(dtype, device):
    host = np.array([[1, 0, 1], [0, 1, 1]], dtype)
    array = device.asarray(host.copy())
    x = tc.Tensor(array)
    assert (x.dtype, x.shape, x.device) == (tc.float32, (2, 3), device)
    array[0, 0] = 0
    assert x.tolist() == host.astype("float32").tolist()
    assert tc.Tensor(np.array(3.0)).shape == ()


@pytest.mark.parametrize("wanted", [False, True])
def test_the_class_takes_an_array_as_it_is_beside_requires_grad(wanted, device):
    array = device.asarray(np.array([1.0, 2.0]))
    x = tc.Tensor(array, requires_grad=wanted)
    assert (x.dtype, x.requires_grad) == (tc.float64, wanted)
    assert x.array is array


def test_the_package_makes_its_tensors_of_arrays_without_a_copy():
    """Inside, ``Tensor(array)`` would change the dtype: ``Tensor._of(array)`` takes it as it is."""
    root = Path(tc.__file__).parent
    calls = [
        f"{path.relative_to(root)}:{node.lineno}"
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", None) == "Tensor"
        and not (node.args and isinstance(node.args[0], ast.List))
    ]
    assert calls == []


def test_a_memory_map_is_copied_too(tmp_path):
    mapped = np.lib.format.open_memmap(tmp_path / "a.npy", mode="w+", dtype=np.float32, shape=(3,))
    t = tc.tensor(mapped)
    mapped[:] = 7
    assert t.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("data", "error", "text"),
    [
        (None, TypeError, "cannot make a tensor from NoneType.*expected numbers"),
        ("abc", TypeError, "cannot make a tensor from str"),
        (1j, TypeError, "cannot make a tensor from complex"),
        ([1, None], TypeError, "cannot make a tensor from list of dtype object"),
        ({"a": 1}, TypeError, "cannot make a tensor from dict"),
        (np.array(["a"]), TypeError, "cannot make a tensor from ndarray of dtype <U1"),
        (np.array([1j]), TypeError, "dtype complex128"),
        ([[1, 2], [3]], ValueError, "nested lists of unequal lengths"),
        (2**64, TypeError, "dtype object"),
    ],
)
def test_what_is_no_tensor(data, error, text):
    with pytest.raises(error, match=text):
        tc.tensor(data)


def test_from_numpy_wants_an_array():
    with pytest.raises(TypeError, match=r"expected np.ndarray \(got list\)"):
        tc.from_numpy([1.0])


# --- what it is ---


def test_attributes():
    x = tc.zeros(2, 3, dtype=tc.float16)
    assert (x.shape, x.size(), x.size(-1), x.ndim, x.dim(), x.numel(), len(x)) == ((2, 3), (2, 3), 3, 2, 2, 6, 2)
    assert (x.dtype, x.device, x.is_leaf, x.grad, x.grad_fn) == (np.float16, tc.Device("cpu"), True, None, None)
    assert (tc.ones(1, requires_grad=True) * 2).is_leaf is False


def test_data_is_the_raw_array_and_can_be_set(device):
    x = tc.zeros(2, 3, device=device)
    assert type(x.array) is device.xp.ndarray
    x.array = device.xp.ones((2, 3))
    assert host(x).tolist() == [[1.0] * 3] * 2
    with pytest.raises(ValueError, match=r"shape \(2, 3\) to an array of shape \(3,\)"):
        x.array = device.xp.ones(3)
    cpu = tc.zeros(2)
    cpu.array = [3.0, 4.0]
    assert cpu.tolist() == [3.0, 4.0]
    cpu.array = tc.ones(2)
    assert cpu.tolist() == [1.0, 1.0]


def test_iteration_length_and_membership():
    x = tc.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert [row.tolist() for row in x] == [[1.0, 2.0], [3.0, 4.0]]
    *_, b = x
    assert b.tolist() == [3.0, 4.0]
    assert 3.0 in x[1]
    assert 9.0 not in x[1]
    for call, text in ((lambda: len(x[0, 0]), r"len\(\) of a 0-d"), (lambda: iter(x[0, 0]), "iteration over a 0-d")):
        with pytest.raises(TypeError, match=text):
            call()


def test_tensors_are_hashed_by_identity():
    x, y = tc.ones(1), tc.ones(1)
    assert len({x, y, x}) == 2


# --- ways out ---


def test_numbers(device):
    assert tc.tensor([[2.5]], device=device).item() == 2.5
    assert type(tc.tensor(2, device=device).item()) is int
    assert float(tc.tensor([1.5], device=device)) == 1.5
    assert int(tc.tensor(1.9, device=device)) == 1
    assert bool(tc.tensor(0.0, device=device)) is False
    assert [10, 20, 30][tc.tensor(1, device=device)] == 20
    assert tc.tensor([[1, 2]], device=device).tolist() == [[1, 2]]
    assert tc.tensor(3.0, device=device).tolist() == 3.0
    assert f"{tc.tensor(1.23456, device=device):.2f}" == "1.23"
    assert f"{tc.tensor([1.0])}" == "tensor([1.])"
    assert f"{leaf(np.float32(2.0)):.1f}" == "2.0"


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: tc.ones(2).item(), RuntimeError, "with 2 elements cannot be converted to Scalar"),
        (lambda: tc.zeros(0).item(), RuntimeError, "with 0 elements"),
        (lambda: float(tc.ones(2)), ValueError, "got 2 elements"),
        (lambda: bool(tc.ones(2)), RuntimeError, r"with 2 values is ambiguous. Use .*\.all\(\) or .any\(\)"),
        (lambda: bool(tc.zeros(0)), RuntimeError, "with 0 values is ambiguous"),
        (lambda: [1, 2][tc.tensor(1.0)], TypeError, "only integer tensors of a single element.*float32"),
        (lambda: range(tc.tensor([1, 2])), TypeError, "single element can be converted to an index"),
    ],
)
def test_errors_of_ways_out(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_numpy_shares_memory_and_refuses_what_would_be_lost():
    x = tc.zeros(2)
    x.numpy()[0] = 5
    assert x.tolist() == [5.0, 0.0]
    with pytest.raises(RuntimeError, match=r"requires grad. Use tensor.detach\(\).numpy\(\)"):
        leaf(np.ones(1)).numpy()
    with pytest.raises(RuntimeError, match="requires grad"):
        np.asarray(leaf(np.ones(1)))
    with pytest.raises(TypeError, match=r"can't convert strict:0 device type tensor to numpy. Use Tensor.cpu\(\)"):
        tc.ones(1, device="strict").numpy()
    with pytest.raises(TypeError, match=r"Use Tensor.cpu\(\)"):
        np.asarray(tc.ones(1, device="strict"))


def test_numpy_s_own_functions_take_tensors():
    x = tc.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert np.asarray(x) is x.array
    assert np.asarray(x, dtype=np.float64).dtype == np.float64
    assert not np.shares_memory(np.array(x), x.array)
    assert np.concatenate([x, x]).shape == (4, 2)
    np.testing.assert_array_equal(np.array([x[0], x[1]]), x.numpy())
    assert x.__array__(copy=True) is not x.array
    with pytest.raises(ValueError, match="without a copy"):
        x.__array__(np.float64, copy=False)


# --- conversions ---


def test_to_takes_devices_dtypes_and_tensors(device):
    x = tc.ones(2)
    assert x.to(tc.float32) is x
    assert x.to(x.device) is x
    assert x.to("float64").dtype == tc.float64
    assert x.to(device, tc.float16).dtype == tc.float16
    assert x.to(dtype=tc.int64, device=device).device == device
    like = tc.zeros(1, dtype=tc.float64, device=device)
    assert (x.to(like).dtype, x.to(like).device) == (tc.float64, device)
    assert x.to(str(device)).cpu().device.type == "cpu"
    with pytest.raises(RuntimeError, match="Unknown device 'gpu'"):
        x.to("gpu")


@pytest.mark.parametrize(
    ("method", "dtype"),
    [
        ("half", "float16"), ("float", "float32"), ("double", "float64"),
        ("int", "int32"), ("long", "int64"), ("bool", "bool"),
    ],
)  # fmt: skip
def test_dtype_methods(method, dtype):
    x = tc.tensor([0.0, 1.5, -2.5], dtype=tc.float64, requires_grad=True)
    y = getattr(x, method)()
    assert y.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(y.detach().numpy(), np.array([0.0, 1.5, -2.5]).astype(dtype))
    assert y.requires_grad == (y.dtype.kind == "f")
    assert x.type(dtype).dtype == x.astype(dtype).dtype == np.dtype(dtype)
    if y.requires_grad:
        y.sum().backward()
        assert (x.grad.dtype, x.grad.tolist()) == (tc.float64, [1.0] * 3)


# --- methods are names for functions ---

UNARY = ["exp", "log", "log1p", "sqrt", "rsqrt", "sin", "cos", "tanh", "sigmoid", "relu", "abs", "sign"]


@pytest.mark.parametrize("name", UNARY)
def test_methods_equal_functions(name):
    x = tc.tensor(draw(3, low=0.1))
    np.testing.assert_array_equal(getattr(x, name)().numpy(), getattr(tc, name)(x).numpy())


def test_other_methods():
    x = tc.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert x.pow(2).tolist() == (x**2).tolist() == x.square().tolist()
    assert (+x).tolist() == x.tolist()
    assert abs(-x).tolist() == x.tolist()
    assert x.softmax(1).sum(1).tolist() == pytest.approx([1.0, 1.0])
    assert x.log_softmax(-1).exp().sum().item() == pytest.approx(2.0)
    assert x.t().tolist() == x.T.tolist() == x.mT.tolist() == x.transpose(0, 1).tolist()
    assert tc.tensor([1.0, math.nan]).isnan().tolist() == [False, True]
    assert x.clip(2, 3).tolist() == x.clamp(2, 3).tolist() == [[2.0, 2.0], [3.0, 3.0]]


# --- copies ---


@pytest.mark.parametrize("how", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["deepcopy", "pickle"])
def test_copies_are_equal_and_apart(how, device):
    x = tc.tensor([1.0, 2.0], device=device, requires_grad=True)
    x.note = {"kept": [1]}
    y = how(x)
    assert (y.requires_grad, y.device, y.dtype, y.note) == (True, device, tc.float32, {"kept": [1]})
    np.testing.assert_array_equal(host(y), host(x))
    with tc.no_grad():
        y.zero_()
    assert host(x).tolist() == [1.0, 2.0]


def test_deepcopy_keeps_gradients_and_shared_tensors():
    x = leaf(np.ones(2))
    (x * 3).sum().backward()
    first, second = copy.deepcopy([x, x])
    assert first is second
    assert first.grad.tolist() == [3.0, 3.0]
    assert first.grad is not x.grad


@pytest.mark.parametrize("how", [copy.deepcopy, pickle.dumps])
def test_a_tensor_with_a_graph_cannot_be_copied(how):
    with pytest.raises(RuntimeError, match=r"Only leaf tensors can be .*x.detach\(\)"):
        how(leaf(np.ones(1)) * 2)


def test_clone_is_part_of_the_graph():
    x = leaf(np.ones(2))
    y = x.clone()
    assert not np.shares_memory(y.array, x.array)
    y.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]


# --- writing without gradients ---


def test_writes_return_the_tensor_itself():
    x = tc.zeros(3)
    memory = x.array
    for write in (
        lambda: x.fill_(2.0), lambda: x.add_(1), lambda: x.sub_(1, alpha=0.5), lambda: x.mul_(2), lambda: x.div_(4),
        lambda: x.copy_(tc.tensor([1, 2, 3])), lambda: x.copy_(tc.tensor(5.0)), lambda: x.zero_(),
    ):  # fmt: skip
        assert write() is x
        assert x.array is memory
    x += 1
    x -= np.float64(3)
    x *= 2
    x /= 4
    assert x.array is memory
    assert x.tolist() == [-1.0] * 3


def test_copy_takes_other_devices_dtypes_and_shapes(device):
    x = tc.zeros(2, 3, device=device)
    x.copy_(tc.tensor([1, 2, 3]))
    assert host(x).tolist() == [[1.0, 2.0, 3.0]] * 2
    i = tc.zeros(1, dtype=tc.int64)
    i.copy_(tc.tensor([2.9]))
    assert i.item() == 2
    with pytest.raises(RuntimeError, match="cannot be expanded"):
        x.copy_(tc.ones(2, device=device))


def test_writing_to_a_view_writes_to_its_base():
    x = tc.zeros(2, 3)
    x[0].add_(1)
    x[:, 1].mul_(5)
    x.T[2].fill_(7)
    assert x.tolist() == [[1.0, 5.0, 7.0], [0.0, 0.0, 7.0]]


# --- operators by name ---


@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "eq", "ne", "lt", "le", "gt", "ge", "maximum", "minimum"])
def test_an_operator_by_name_is_the_operator(name, device):
    a, b = draw(2, 3).round(), draw(3).round()
    ufunc = {"sub": "subtract", "mul": "multiply", "div": "divide", "eq": "equal", "ne": "not_equal", "lt": "less",
             "le": "less_equal", "gt": "greater", "ge": "greater_equal"}.get(name, name)  # fmt: skip
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = getattr(np, ufunc)(a, b)
    np.testing.assert_array_equal(host(getattr(leaf(a, device), name)(leaf(b, device))), expected)


def test_methods_of_pytorchs_scripts():
    x = tc.tensor([[1.0, -2.0], [3.0, 4.0]])
    assert x.add(x, alpha=2).tolist() == (x * 3).tolist()
    assert x.sub(1, alpha=2).tolist() == (x - 2).tolist()
    assert x.matmul(x).tolist() == (x @ x).tolist()
    assert x.neg().tolist() == (-x).tolist()
    assert x.masked_fill(x < 0, 0).tolist() == [[1.0, 0.0], [3.0, 4.0]]
    assert x.expand_as(tc.zeros(3, 2, 2)).shape == (3, 2, 2)
    labels = tc.tensor([1, 1])
    predicted = x.argmax(dim=1, keepdim=True)
    assert predicted.eq(labels.view_as(predicted)).sum().item() == 1


def test_only_matrices_are_transposed_by_t():
    assert tc.zeros(2, 3).t().shape == (3, 2)
    with pytest.raises(RuntimeError, match="t: expects a tensor with <= 2 dimensions, but self is 3D"):
        tc.zeros(2, 3, 4).t()


@pytest.mark.parametrize("convert", [int, float])
def test_several_elements_are_no_number(convert: type) -> None:
    assert convert(tc.tensor([[2.0]])) == 2
    for size in (0, 2):
        with pytest.raises(ValueError, match="only one element tensors can be converted to Python scalars"):
            convert(tc.ones(size))
