"""Matrix products by PyTorch's rules, against plain loops."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinyconv as tc
from tests.ops.opcheck import check, draw, leaf
from tinyconv.nn import functional as F

SHAPES = [
    ((2, 3), (3, 4)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)),
    ((5, 2, 3), (5, 3, 2)), ((4, 1, 2, 3), (5, 3, 2)), ((3,), (2, 3, 4)), ((2, 2, 3), (3,)), ((1, 1), (1, 1)),
    ((0, 3), (3, 2)), ((2, 0), (0, 3)), ((0, 2, 3), (3, 1)), ((2, 1, 3), (1, 3, 1)),
]  # fmt: skip


def product(a, b):
    """``a @ b`` by loops over rows and columns."""
    left = a[None] if a.ndim == 1 else a
    right = b[:, None] if b.ndim == 1 else b
    lead = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    left = np.broadcast_to(left, lead + left.shape[-2:])
    right = np.broadcast_to(right, lead + right.shape[-2:])
    out = np.empty((*lead, left.shape[-2], right.shape[-1]))
    for *where, i, j in np.ndindex(*out.shape):
        row, column = left[tuple(where)][i], right[tuple(where)][:, j]
        out[(*where, i, j)] = math.fsum(float(u) * float(v) for u, v in zip(row, column, strict=True))
    out = out[..., 0, :] if a.ndim == 1 else out
    return out[..., 0] if b.ndim == 1 else out


@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_matmul(shapes, device, on_device):
    a, b = draw(*shapes[0]), draw(*shapes[1], seed=1)
    check(tc.matmul, product, a, b, device=device, on_device=on_device)
    assert (tc.tensor(a) @ tc.tensor(b)).shape == (a @ b).shape


@pytest.mark.parametrize("bias", [None, (2,), (1,), (4, 2)], ids=str)
@pytest.mark.parametrize("shape", [(4, 3), (5, 4, 3), (0, 3), (2, 0, 3), (1, 3), (3,)], ids=str)
def test_linear(shape, bias, device, on_device):
    """A bias of one number per output is added in place; another one broadcasts, as in PyTorch."""
    if bias == (4, 2) and shape != (4, 3):
        pytest.skip("has the shape of one result alone")
    arrays = [draw(*shape), draw(2, 3, seed=1), *([] if bias is None else [draw(*bias, seed=2)])]

    def reference(x, w, b=0.0):
        return product(x, w.T) + b

    check(F.linear, reference, *arrays, device=device, on_device=on_device)


def test_linear_with_a_vector_for_weight():
    x, w = leaf(draw(4, 3)), leaf(draw(3, seed=1))
    np.testing.assert_allclose(F.linear(x, w).detach().numpy(), x.detach().numpy() @ w.detach().numpy())
    assert tc.gradcheck(F.linear, (x, w))


def test_linear_writes_into_none_of_its_arguments():
    x, w, b = (tc.tensor(draw(*shape)) for shape in ((1, 1), (1, 1), (1,)))
    before = [t.tolist() for t in (x, w, b)]
    F.linear(x, w, b)
    assert [t.tolist() for t in (x, w, b)] == before


def test_numpy_on_either_side_and_mixed_dtypes():
    a, b = draw(2, 3), draw(3, 2)
    for out in (tc.tensor(a) @ b, a @ tc.tensor(b), tc.matmul(a, b)):
        assert isinstance(out, tc.Tensor)
        np.testing.assert_allclose(out.numpy(), a @ b)
    assert (tc.ones(2, 2, dtype=tc.float16) @ tc.ones(2, 2, dtype=tc.float16)).dtype == tc.float16
    assert (tc.tensor([[1, 2]]) @ tc.tensor([[3], [4]])).tolist() == [[11]]


def test_gradients_of_strided_views():
    a, b = draw(3, 2), draw(3, 4)
    assert tc.gradcheck(lambda a, b: a.T @ b, [leaf(a), leaf(b)])
    assert tc.gradcheck(lambda a, b: a[::2].T @ b[::2].flip(1), [leaf(a), leaf(b)])


def test_overflow_is_silent():
    assert (tc.tensor([3e38, 3e38]) @ tc.tensor([3e38, 3e38])).item() == math.inf
    assert math.isnan((tc.tensor([math.inf, 1.0]) @ tc.tensor([0.0, 1.0])).item())


@pytest.mark.parametrize(
    ("a", "b", "text"),
    [
        ((2, 3), (2, 3), r"cannot be multiplied \(2x3 and 2x3\): .*first, 3, must equal .* 2"),
        ((3,), (4,), r"\(3 and 4\)"),
        ((3,), (4, 3), r"\(3 and 4x3\)"),
        ((5, 2, 3), (4, 3, 2), r"leading dimensions of \(5, 2, 3\) and \(4, 3, 2\) do not broadcast"),
        ((), (3,), "both arguments need to be at least 1D"),
        ((2, 2), (), "both arguments need to be at least 1D"),
    ],
)
def test_errors(a, b, text):
    with pytest.raises(RuntimeError, match=text):
        tc.matmul(tc.ones(a), tc.ones(b))
    with pytest.raises(RuntimeError, match="at least 1D"):
        tc.ones(2) @ 3.0


def test_mixed_devices():
    with pytest.raises(RuntimeError, match="on the same device"):
        tc.ones(2, 2) @ tc.ones(2, 2, device="strict")
