"""Operations that move elements: against NumPy and loops, with gradients, on every device."""

from __future__ import annotations

import hypothesis
import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest

import tinyconv as tc
from tests.ops.opcheck import check, draw, host, leaf
from tinyconv import ops


def around(*pairs, **options):
    """NumPy's padding."""
    return lambda x: np.pad(x, pairs, **options)


MOVES = {
    "reshape": (lambda x: x.reshape(4, 6), lambda x: x.reshape(4, 6)),
    "reshape -1": (lambda x: x.reshape(3, -1), lambda x: x.reshape(3, 8)),
    "reshape tuple": (lambda x: tc.reshape(x, (6, 4)), lambda x: x.reshape(6, 4)),
    "view list": (lambda x: x.view([24]), lambda x: x.reshape(24)),
    "flatten": (lambda x: x.flatten(), lambda x: x.reshape(24)),
    "flatten 1": (lambda x: x.flatten(1), lambda x: x.reshape(2, 12)),
    "flatten -2": (lambda x: tc.flatten(x, 0, -2), lambda x: x.reshape(6, 4)),
    "unflatten": (lambda x: x.unflatten(-1, (2, -1)), lambda x: x.reshape(2, 3, 2, 2)),
    "permute": (lambda x: x.permute(2, 0, 1), lambda x: np.transpose(x, (2, 0, 1))),
    "permute negative": (lambda x: tc.permute(x, (-1, 0, -2)), lambda x: np.transpose(x, (2, 0, 1))),
    "transpose": (lambda x: x.transpose(0, -1), lambda x: np.swapaxes(x, 0, 2)),
    "T": (lambda x: x.T, lambda x: x.T),
    "mT": (lambda x: x.mT, lambda x: np.swapaxes(x, 1, 2)),
    "unsqueeze": (lambda x: x.unsqueeze(1), lambda x: x[:, None]),
    "unsqueeze -1": (lambda x: tc.unsqueeze(x, -1), lambda x: x[..., None]),
    "squeeze": (lambda x: x[:1].squeeze(), lambda x: x[0]),
    "squeeze 0": (lambda x: tc.squeeze(x[:1], 0), lambda x: x[0]),
    "squeeze nothing": (lambda x: x.squeeze(0), lambda x: x),
    "squeeze several": (lambda x: x[:1, :, :1].squeeze((0, -1)), lambda x: x[0, :, 0]),
    "expand": (lambda x: x[:, :1].expand(2, 5, 4), lambda x: np.repeat(x[:, :1], 5, axis=1)),
    "expand -1": (lambda x: x.expand(3, -1, -1, -1), lambda x: np.stack([x] * 3)),
    "flip": (lambda x: x.flip(0), lambda x: x[::-1]),
    "flip several": (lambda x: x.flip(0, -1), lambda x: x[::-1, :, ::-1]),
    "flip list": (lambda x: tc.flip(x, [1]), lambda x: x[:, ::-1]),
    "cat": (lambda x: tc.cat([x, x * 2], 1), lambda x: np.concatenate([x, x * 2], 1)),
    "cat negative": (lambda x: tc.cat((x, x[..., :1]), dim=-1), lambda x: np.concatenate([x, x[..., :1]], -1)),
    "stack": (lambda x: tc.stack([x, x * 2]), lambda x: np.stack([x, x * 2])),
    "stack -1": (lambda x: tc.stack((x, x), dim=-1), lambda x: np.stack([x, x], -1)),
    "split": (lambda x: x.split(3, -1)[1] * 2, lambda x: x[..., 3:] * 2),
    "split sizes": (lambda x: tc.split(x, [1, 0, 3], 2)[2], lambda x: x[..., 1:]),
    "chunk": (lambda x: x.chunk(2, dim=1)[0], lambda x: x[:, :2]),
    "contiguous": (lambda x: x.T.contiguous(), lambda x: x.T),
    "pad": (lambda x: ops.pad(x, (1, 2, 0, 1), value=3.0), around((0, 0), (0, 1), (1, 2), constant_values=3)),
    "pad crops": (lambda x: ops.pad(x, (-1, 2)), lambda x: around((0, 0), (0, 0), (0, 2))(x[..., 1:])),
    "reflect": (lambda x: ops.pad(x, (3, 2, 1, 2), "reflect"), around((0, 0), (1, 2), (3, 2), mode="reflect")),
    "replicate": (lambda x: ops.pad(x, (5, 0, 2, 1), "replicate"), around((0, 0), (2, 1), (5, 0), mode="edge")),
    "circular": (lambda x: ops.pad(x, (4, 3), "circular"), around((0, 0), (0, 0), (4, 3), mode="wrap")),
}  # fmt: skip


@pytest.mark.parametrize("name", MOVES)
def test_moves(name, device, on_device):
    op, reference = MOVES[name]
    check(op, reference, draw(2, 3, 4), device=device, on_device=on_device)


@pytest.mark.parametrize("dtype", [tc.bool, tc.uint8, tc.int64, tc.float16])
def test_moves_keep_every_dtype(dtype):
    x = tc.ones(2, 3, 4, dtype=dtype)
    for op in (tc.flatten, lambda x: x.T, lambda x: x.flip(0), lambda x: x[None], lambda x: tc.cat([x, x])):
        assert op(x).dtype == dtype
    assert ops.pad(x, (1, 1), "reflect").dtype == ops.pad(x, (1, 1)).dtype == dtype


@hypothesis.given(st.data())
def test_a_move_s_gradient_goes_back_to_its_place(data):
    """Move the numbers 0, 1, 2, ... and send the same numbers back: each must meet its own."""
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=4, max_side=4))
    order = data.draw(st.permutations(range(len(shape))))
    flipped = data.draw(st.sets(st.integers(0, len(shape) - 1)))
    x = tc.arange(float(np.prod(shape))).reshape(shape).requires_grad_()
    y = x.permute(order).flip(tuple(flipped)).flatten().unsqueeze(0)
    y.backward(y.detach())
    np.testing.assert_array_equal(x.grad.numpy(), x.detach().numpy())


def test_zero_dimensional():
    x = leaf(np.float64(3.0))
    for op in (
        lambda x: x.reshape(1), lambda x: x.reshape(()), lambda x: x.flatten(), lambda x: x.unsqueeze(0),
        lambda x: x.squeeze(), lambda x: x.T, lambda x: x.permute(), lambda x: x.transpose(0, -1),
        lambda x: x.expand(2), lambda x: tc.stack([x, x]), lambda x: x.flip(0), lambda x: x.clone(),
    ):  # fmt: skip
        y = op(x)
        assert set(np.ravel(y.tolist())) == {3.0}
        assert tc.grad(y.sum(), x)[0].item() == y.numel()


def test_empty_tensors():
    x = tc.zeros(0, 3, requires_grad=True)
    for op, shape in (
        (lambda x: x.reshape(3, 0), (3, 0)),
        (lambda x: x.flatten(), (0,)),
        (lambda x: x.T, (3, 0)),
        (lambda x: x.flip(0, 1), (0, 3)),
        (lambda x: tc.cat([x, tc.ones(2, 3)]), (2, 3)),
        (lambda x: x.split(1, 0)[0], (0, 3)),
        (lambda x: ops.pad(x, (0, 0, 1, 0)), (1, 3)),
        (lambda x: x.expand(2, 0, 3), (2, 0, 3)),
    ):
        y = op(x)
        assert y.shape == shape
        assert tc.grad(y.sum(), x)[0].shape == (0, 3)


def test_split_and_chunk_give_views_that_make_up_the_whole():
    x = tc.arange(10)
    assert [p.tolist() for p in x.split(4)] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert [p.numel() for p in x.chunk(3)] == [4, 4, 2]
    assert [p.numel() for p in x.chunk(20)] == [1] * 10
    assert [p.tolist() for p in x.split((3, 7))] == [[0, 1, 2], list(range(3, 10))]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [("int64", "float32", "float32"), ("float16", "float64", "float64"), ("bool", "uint8", "uint8")],
)
def test_joined_dtypes_are_promoted(first, second, expected):
    a, b = tc.ones(1, dtype=first), tc.ones(1, dtype=second)
    assert tc.cat([a, b]).dtype == tc.cat([b, a]).dtype == tc.stack([a, b]).dtype == np.dtype(expected)
    assert tc.stack([tc.tensor(1), tc.tensor(1.5, dtype=tc.float64)]).dtype == tc.float64


def test_views_share_memory_and_clones_do_not():
    x = tc.zeros(2, 3)
    for view in (x.T, x.reshape(6), x[0], x.flatten(), x.unsqueeze(0), x[:, 1:], x.detach(), x.view(3, 2)):
        assert np.shares_memory(view.numpy(), x.numpy())
    for copy in (x.clone(), x.flip(0), x[[0, 1]], x.double(), tc.tensor(x), x + 0):
        assert not np.shares_memory(copy.numpy(), x.numpy())


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda x: x.reshape(5), RuntimeError, r"reshape: shape '\[5\]' is invalid for input of size 6.*multiply to 5"),
        (lambda x: x.reshape(4, -1), RuntimeError, "multiply to 4, which does not divide 6"),
        (lambda x: x.reshape(-1, -1), RuntimeError, "Use -1 for one size"),
        (lambda x: x.reshape(-2, -3), RuntimeError, "is invalid"),
        (lambda x: tc.zeros(0).reshape(-1, 0), RuntimeError, "is invalid for input of size 0"),
        (lambda x: x.permute(0), RuntimeError, r"dims=\(0,\) is not an order of the 2 dimensions"),
        (lambda x: x.permute(0, 0), RuntimeError, "is not an order"),
        (lambda x: x.permute(0, 2), IndexError, r"permute: Dimension out of range.*\[-2, 1\], but got 2"),
        (lambda x: x.transpose(0, 2), IndexError, "transpose: Dimension out of range"),
        (lambda x: x.squeeze(2), IndexError, "squeeze: Dimension out of range"),
        (lambda x: x.unsqueeze(3), IndexError, r"unsqueeze: .*\[-3, 2\], but got 3"),
        (lambda x: x.flatten(1, 0), RuntimeError, "start_dim=1 comes after end_dim=0"),
        (lambda x: x.expand(3, 3), RuntimeError, r"a tensor of shape \(2, 3\) cannot be expanded to \(3, 3\)"),
        (lambda x: x.expand(3), RuntimeError, "cannot be expanded"),
        (lambda x: x.expand(-1, 2, 3), RuntimeError, "cannot be expanded"),
        (lambda x: x.flip(2), IndexError, "flip: Dimension out of range"),
        (lambda x: x.flip(0, 0), RuntimeError, "flip: .*names a dimension twice"),
        (lambda x: tc.cat([]), RuntimeError, "non-empty list"),
        (lambda x: tc.cat(x), TypeError, "must be a list or tuple of Tensors"),
        (lambda x: tc.stack([1.0]), TypeError, "must be a list or tuple of Tensors"),
        (lambda x: tc.cat([x, tc.ones(3, 2)]), RuntimeError, r"must match except in dimension 0: .*\(2, 3\).*\(3, 2\)"),
        (lambda x: tc.cat([x.sum(), x.sum()]), RuntimeError, "use stack for 0-d tensors"),
        (lambda x: tc.cat([x[0], x.sum()]), RuntimeError, r"\(at position 1\)"),
        (lambda x: tc.cat([x, x[:, 0]], 1), RuntimeError, "tensor 1 has"),
        (lambda x: tc.stack([x, x.T]), RuntimeError, r"\(2, 3\) at entry 0 and \(3, 2\) at entry 1"),
        (lambda x: x.split(0), RuntimeError, "split_size=0"),
        (lambda x: x.split([1, 3]), RuntimeError, "add up to 4, but dimension 0"),
        (lambda x: x.split([3, -1]), RuntimeError, "must not be negative"),
        (lambda x: x.chunk(0), RuntimeError, "greater than 0, got: 0"),
        (lambda x: ops.pad(x, (1,)), ValueError, "must give .before, after."),
        (lambda x: ops.pad(x, (1, 1), "mirror"), ValueError, "mode='mirror' must be"),
        (lambda x: ops.pad(x, (3, 0), "reflect"), RuntimeError, r"padding \(3, 0\) at dimension 1 .* can fill 0 to 2"),
        (lambda x: ops.pad(x, (0, 4), "circular"), RuntimeError, "can fill 0 to 3"),
        (lambda x: ops.pad(x, (-2, -2)), RuntimeError, "crops more than"),
    ],
)
def test_errors(call, error, text):
    with pytest.raises(error, match=text):
        call(tc.ones(2, 3))


def test_mixed_devices():
    with pytest.raises(RuntimeError, match="on the same device"):
        tc.cat([tc.ones(1), tc.ones(1, device="strict")])


def test_moving_between_devices_is_part_of_the_graph(device):
    x = tc.ones(2, requires_grad=True)
    y = x.to(device)
    assert (y.device, host(y).tolist()) == (device, [1.0, 1.0])
    (y * 3).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]
    assert x.grad.device == tc.Device("cpu")
    assert y.cpu().device == tc.Device("cpu")
    assert y.to(device) is y


def test_resize_gives_the_tensor_itself_another_shape(device):
    x = tc.arange(6.0, device=device)
    assert x.resize_(2, 3) is x
    assert x.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert x.resize_(tc.Size([3, 1, 2])).shape == (3, 1, 2)
    assert x.resize_((6,)).shape == (6,)
    row = x[2:].resize_(2, 2)
    row[0, 0] = 7.0
    assert x[2].item() == 7.0


@pytest.mark.parametrize("size", [(2, 2), (7,), (-1, 2)])
def test_resize_keeps_all_the_numbers(size):
    x = tc.arange(6.0)
    with pytest.raises(RuntimeError, match="keeps all its numbers"):
        x.resize_(*size)
    assert x.shape == (6,)


def test_resize_is_not_for_what_requires_grad_or_lies_otherwise():
    x = tc.ones(2, 3, requires_grad=True)
    for tensor in (x, x * 2):
        with pytest.raises(RuntimeError, match="requires grad"):
            tensor.resize_(6)
    with pytest.raises(RuntimeError, match="do not lie in memory"):
        tc.ones(2, 3).t().resize_(6)
