"""What a tensor is when nobody says: its dtype, its device, and both under their PyTorch names."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

import tinyconv as tc
from tinyconv.backend import Device


@pytest.fixture
def in_double() -> Iterator[None]:
    tc.set_default_dtype(tc.float64)
    yield
    tc.set_default_dtype(tc.float32)


@pytest.mark.usefixtures("in_double")
@pytest.mark.parametrize(
    "make",
    [
        lambda: tc.ones(2), lambda: tc.zeros(2), lambda: tc.empty(2), lambda: tc.full((2,), 1.0), lambda: tc.eye(2),
        lambda: tc.tensor([1.0]), lambda: tc.Tensor([1]), lambda: tc.Tensor(2, 3), lambda: tc.Tensor(2),
        lambda: tc.Tensor(tc.Size([2])), lambda: tc.rand(2), lambda: tc.randn(2), lambda: tc.normal(0.0, 1.0, (2,)),
        lambda: tc.arange(3.0), lambda: tc.linspace(0, 1, 3), lambda: tc.tensor(1) / 2, lambda: tc.tensor([1]) * 2.5,
        lambda: tc.tensor([1]) / tc.tensor([2]), lambda: tc.sin(tc.tensor(1)), lambda: tc.tensor([1]).clamp(0.5),
        lambda: tc.nn.Linear(2, 2).weight, lambda: tc.nn.BatchNorm1d(2).running_mean, lambda: tc.nn.PReLU().weight,
        lambda: tc.utils.data.default_collate([0.5, 1.5]), lambda: tc.where(tc.tensor([True]), 1.0, 2.0),
    ],
)  # fmt: skip
def test_everything_follows_the_default_dtype(make):
    assert tc.get_default_dtype() == np.float64
    assert make().dtype == np.float64


@pytest.mark.usefixtures("in_double")
def test_what_has_a_dtype_keeps_it():
    assert tc.from_numpy(np.ones(2, np.float32)).mul(2.0).dtype == np.float32
    assert tc.FloatTensor([1.0]).dtype == tc.tensor([1]).float().dtype == np.float32
    assert repr(tc.ones(1)) == "tensor([1.])"
    assert repr(tc.ones(1).float()) == "tensor([1.], dtype=float32)"
    lazy = tc.nn.LazyLinear(2)
    lazy(tc.ones(1, 3))
    assert lazy.weight.dtype == np.float64


def test_draws_of_float64_are_of_its_precision():
    tc.set_default_dtype(tc.float64)
    try:
        tc.manual_seed(0)
        ours = tc.rand(3)
    finally:
        tc.set_default_dtype(tc.float32)
    tc.manual_seed(0)
    assert bool((ours == tc.rand(3, dtype=tc.float64)).all())


@pytest.mark.parametrize("given", [tc.int64, tc.bool, "float32", None, 3, tc.ones(1)])
def test_no_other_default_dtype(given):
    with pytest.raises(TypeError, match="float64"):
        tc.set_default_dtype(given)


def test_the_default_device(device: Device):
    tc.set_default_device(str(device))
    try:
        made = (
            tc.ones(2), tc.tensor([1.0]), tc.rand(2), tc.arange(3), tc.randperm(3), tc.nn.Linear(2, 2).weight,
            tc.tensor(np.ones(2)),
        )  # fmt: skip
        assert tc.get_default_device() == device
        assert all(x.device == device for x in made)
        with tc.device("cpu") as place:
            assert tc.ones(2).device == tc.get_default_device() == place == "cpu"
            with tc.device(device):
                assert tc.ones(2).device == device
            assert tc.ones(2).device == "cpu"
        seen = []
        other = threading.Thread(target=lambda: seen.append(tc.get_default_device()))
        other.start()
        other.join()
        assert seen == ["cpu"]
    finally:
        tc.set_default_device(None)
    assert tc.ones(2).device == tc.get_default_device() == "cpu"


def test_the_block_ends_with_an_error(device: Device):
    with pytest.raises(KeyError), device:
        raise KeyError
    assert tc.get_default_device() == "cpu"


def test_a_tensor_stays_where_it_is(device: Device):
    x = tc.ones(2, device=str(device))
    assert tc.tensor(x).device == device
    with tc.device("cpu"):
        assert tc.tensor(x).device == tc.ones_like(x).device == device


def test_forms_of_device(device: Device):
    assert tc.device(device.type, 0) == tc.device(type=device.type) == tc.device(type=device.type, index=0) == device
    assert tc.device("cuda" if tc.cuda.is_available() else "cpu").type in ("cpu", "cuda")
    for arguments in (("cpu:0", 0), ("cpu", -1), ("cpu", "0")):
        with pytest.raises(RuntimeError, match="given once"):
            tc.device(*arguments)
    for wrong in (None, 1.0, True, [0]):
        with pytest.raises(TypeError, match="string"):
            tc.device(wrong)
    if not tc.cuda.is_available():
        for make in (lambda: tc.device("cuda", 0), lambda: tc.device(0), lambda: tc.ones(1).to("cuda")):
            with pytest.raises(RuntimeError, match="Use Device"):
                make()


@pytest.mark.parametrize(
    ("dtype", "name"),
    [("float32", "Float"), ("float64", "Double"), ("float16", "Half"), ("int64", "Long"), ("int32", "Int"),
     ("uint8", "Byte"), ("bool", "Bool")],
)  # fmt: skip
def test_type_names_and_casts(dtype: str, name: str):
    x = tc.ones(2, dtype=dtype)
    assert x.type() == f"torch.{name}Tensor"
    for kind in (f"torch.{name}Tensor", getattr(tc, f"{name}Tensor"), getattr(tc, dtype), x.type()):
        cast = tc.tensor([0.0, 1.0]).type(kind)
        assert cast.dtype == dtype
        assert cast.tolist() == [0, 1]


def test_type_is_recorded_and_refuses(device: Device):
    x = tc.ones(2, requires_grad=True)
    x.type("torch.DoubleTensor").sum().backward()
    assert x.grad.dtype == np.float32
    for wrong in ("foo", "torch.foo.FloatTensor", "numpy.FloatTensor"):
        with pytest.raises(ValueError, match=r"torch\.LongTensor"):
            x.type(wrong)
    there = tc.ones(2, device=str(device))
    assert there.type(tc.float64).device == device
    assert there.type() == ("torch.FloatTensor" if device.type == "cpu" else f"torch.{device.type}.FloatTensor")


def test_backward_into_some(device: Device):
    a, b = (tc.ones(2, device=str(device), requires_grad=True) for _ in "ab")
    for times in (1, 2):
        (a * b * 3).sum().backward(inputs=[a, a])
        assert a.grad.tolist() == [3.0 * times] * 2
    assert b.grad is None
    y = a * 2
    (y * y).sum().backward(inputs=y)
    assert y.grad.tolist() == [4.0, 4.0]
    assert a.grad.tolist() == [6.0, 6.0]
    with pytest.raises(RuntimeError, match="empty"):
        (a * 2).sum().backward(inputs=[])
    with pytest.raises(RuntimeError, match="does not require grad"):
        (a * 2).sum().backward(inputs=[tc.ones(2)])


def test_products_with_derivatives():
    F = tc.autograd.functional
    x, y, u = tc.tensor([1.0, 2.0]), tc.tensor([3.0, -1.0]), tc.tensor([0.5, 10.0])

    def f(x, y):
        return x * y, (x * x * y).sum()

    def g(x, y):
        return (x**3 * y).sum()

    value, change = F.jvp(f, (x, y), (u, x))
    expected = [sum((j @ w for j, w in zip(row, (u, x))), tc.tensor(0.0)) for row in F.jacobian(f, (x, y))]
    tc.testing.assert_close(change, tuple(expected))
    tc.testing.assert_close(value, f(x, y))
    H = F.hessian(g, (x, y))
    expected = tuple(H[i][0] @ u + H[i][1] @ x for i in range(2))
    for product in (F.hvp, F.vhp):
        value, found = product(g, (x, y), (u, x))
        tc.testing.assert_close(found, expected)
        assert not found[0].requires_grad
        assert value == g(x, y)
    assert F.hvp(lambda x: x.sum(), x, u)[1].tolist() == [0.0, 0.0]
    slope = F.hvp(lambda x: (x**4).sum(), x.requires_grad_(), u, create_graph=True)[1]
    assert tc.grad(slope.sum(), x)[0].tolist() == [24.0 * 0.5, 48.0 * 10.0]
    for wrong in (
        lambda: F.jvp(lambda x: x, x, tc.ones(3)),
        lambda: F.hvp(lambda x: x, x, x),
        lambda: F.vhp(g, (x, y)),
    ):
        with pytest.raises(RuntimeError):
            wrong()


def test_arguments_of_gradcheck():
    x = tc.tensor([0.5, -2.0], dtype=tc.float64, requires_grad=True)
    assert tc.autograd.gradcheck(lambda x: x**2, x, nondet_tol=1e-3, fast_mode=True, check_undefined_grad=False)
    assert tc.autograd.gradgradcheck(lambda x: x**3, x, tc.tensor([1.0, -3.0], dtype=tc.float64), eps=1e-6)
    with pytest.raises(ValueError, match="check_forward_ad"):
        tc.gradcheck(lambda x: x**2, x, check_forward_ad=True)
    with pytest.raises(ValueError, match="grad_outputs"):
        tc.gradgradcheck(lambda x: x**3, x, tc.ones(3))


def test_one_int_is_a_size():
    assert tc.Tensor(5).shape == (5,)
    assert tc.Tensor(5).dtype == tc.float32
    assert tc.Tensor(0).shape == (0,)
