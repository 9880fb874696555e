"""Reading and writing parts: every form of index, against NumPy, with gradients that accumulate."""

from __future__ import annotations

import hypothesis
import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest

import tinyconv as tc
from tests.ops.opcheck import check, draw, host, leaf

BASIC = [
    0, -1, np.int64(1), slice(None), slice(1, None), slice(None, None, 2), slice(-3, -1), slice(5, 2), None, ...,
    (0, 1), (0, 1, 2), (slice(None), 1), (..., 0), (None, 0), (0, None, ..., -1),
    (slice(1, 3), slice(None), slice(0, 3, 2)), (), (1, slice(None, None, 3)), (..., slice(None, 2)),
    (slice(None), None, 0),
]  # fmt: skip
INTEGER = [
    [0, 2], [0, 0, 0], [-1, 3, -1], [[0, 1], [1, 1]], [], np.array([1, 1]), ([0, 0], [1, 1]), (slice(None), [0, 0]),
    (0, [2, 2]), ([0, 1], slice(None), [1, 1]), (..., [0, -1, 0]), (None, [1, 1]), ([[0], [1]], [[0, 0]]),
    ((0, 0),), (slice(1), (1, 1)), range(2), (0, range(0, 3, 2)),
]  # fmt: skip
MASKS = [
    np.array([True, False, True, True]), [False, True, False, False], (slice(None), np.array([False, True, True])),
    draw(4, 3, 5) > 0, draw(4, 3) > 0, np.zeros(4, bool), True, False,
]  # fmt: skip


LISTS = (list, np.ndarray, tuple, range)


def array_of(key):
    return np.asarray(key) if len(key) else np.zeros(0, np.int64)


def plain(key):
    """The same index, as NumPy takes it."""
    if isinstance(key, tuple):
        return tuple(array_of(k) if isinstance(k, LISTS) else k for k in key)
    return array_of(key) if isinstance(key, LISTS) else key


def by_device(key, device):
    """The index for a tensor on the CPU, and for one on `device`, where lists would be copied at every use."""
    put = lambda k: tc.tensor(array_of(k), device=device) if isinstance(k, LISTS) else k  # noqa: E731
    moved = tuple(put(k) for k in key) if isinstance(key, tuple) else put(key)
    return {"cpu": key} if device.type == "cpu" else {"cpu": key, device.type: moved}


@pytest.mark.parametrize("key", [*BASIC, *INTEGER], ids=str)
def test_reading(key, device, on_device):
    keys = by_device(key, device)
    check(lambda x: x[keys[x.device.type]], lambda x: x[plain(key)], draw(4, 3, 5), device=device, on_device=on_device)


@pytest.mark.parametrize("key", MASKS, ids=range(len(MASKS)))
def test_masks(key, device):
    x = draw(4, 3, 5)
    t = leaf(x, device)
    out = t[key]
    np.testing.assert_array_equal(host(out), x[key])
    (grad,) = tc.grad((out * out).sum(), t)
    expected = np.zeros_like(x)
    expected[key] = 2 * x[key]
    np.testing.assert_allclose(host(grad), expected)
    if not isinstance(key, tuple) and not isinstance(key, bool):
        mask = tc.tensor(np.asarray(key), device=device)
        np.testing.assert_array_equal(host(t[mask]), x[key])


def test_repeated_places_accumulate():
    for key in ([0, 0, 2, 0], tc.tensor([0, -3, 2, 0]), ((0, 0, 2, 0),), np.array([0, 0, 2, -3])):
        x = leaf(np.zeros(3))
        x[key].sum().backward()
        assert x.grad.tolist() == [3.0, 0.0, 1.0]


@hypothesis.given(st.data())
def test_any_basic_index_matches_numpy(data):
    x = np.arange(24.0).reshape(2, 3, 4)
    key = data.draw(hnp.basic_indices(x.shape, allow_newaxis=True, allow_ellipsis=True))
    t = leaf(x)
    out = t[key]
    np.testing.assert_array_equal(out.numpy() if not out.requires_grad else out.detach().numpy(), x[key])
    expected = np.zeros_like(x)
    expected[key] = 1
    np.testing.assert_array_equal(tc.grad(out.sum(), t)[0].numpy(), expected)


@hypothesis.given(st.data())
def test_any_integer_index_matches_numpy_and_counts_repeats(data):
    x = np.arange(12.0).reshape(4, 3)
    key = data.draw(hnp.integer_array_indices(x.shape))
    t = leaf(x)
    np.testing.assert_array_equal(t[key].detach().numpy(), x[key])
    expected = np.zeros_like(x)
    np.add.at(expected, key, 1)
    np.testing.assert_array_equal(tc.grad(t[key].sum(), t)[0].numpy(), expected)


def test_changing_the_index_afterwards_does_not_move_the_gradient():
    for make in (tc.tensor, np.array):
        index = make([0, 1])
        x = leaf(np.zeros(3))
        y = x[index]
        index[:] = 2
        y.sum().backward()
        assert x.grad.tolist() == [1.0, 1.0, 0.0]
    mask = tc.tensor([True, False, False])
    x = leaf(np.zeros(3))
    y = x[mask]
    mask[0], mask[1] = False, True
    y.sum().backward()
    assert x.grad.tolist() == [1.0, 0.0, 0.0]


def test_an_element_is_a_view_too():
    x = tc.tensor([1.0, 2.0])
    x[0].fill_(9.0)
    assert x.tolist() == [9.0, 2.0]
    x[-1].add_(1)
    assert x.tolist() == [9.0, 3.0]
    y = tc.zeros(2, 2)
    y[1, 0].copy_(tc.tensor(4.0))
    assert y.tolist() == [[0.0, 0.0], [4.0, 0.0]]


def test_integer_tensors_index_one_element():
    x = tc.arange(5)
    assert x[tc.tensor(3)].item() == 3
    assert x[tc.tensor(1) : tc.tensor(3)].tolist() == [1, 2]


# --- writing ---

WRITES = [
    (0, 7.0), (0, draw(3, 5)), (slice(None), 1.5), (..., 0.5), ((slice(None), 1), draw(5)), ((0, 1, 2), 4.0),
    (slice(1, 3), draw(1, 3, 1)), ([0, 2], draw(2, 3, 5)), ((slice(None), [0, 2]), 3.0), ([1, 0], draw(5)),
    (slice(None, None, 2), draw(2, 1, 5)), (None, draw(4, 3, 5)), (-1, draw(1, 3, 5)), (0, 3), (1, True),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value"), WRITES, ids=range(len(WRITES)))
def test_writing_without_gradients(key, value, device, on_device):
    x = draw(4, 3, 5)
    expected = x.copy()
    expected[key] = value
    given = tc.tensor(value, device=device) if isinstance(value, np.ndarray) else value
    t = tc.tensor(x, device=device)
    t[by_device(key, device)[device.type]] = given
    np.testing.assert_array_equal(host(t), expected)


@pytest.mark.parametrize(("key", "value"), WRITES, ids=range(len(WRITES)))
def test_writing_with_gradients(key, value, device, on_device):
    keys = by_device(key, device)

    def write(x, value):
        y = x * 1.0
        y[keys[x.device.type]] = value
        return y

    def reference(x, value):
        y = x.copy()
        y[key] = value
        return y

    check(write, reference, draw(4, 3, 5), np.asarray(value, float), device=device, on_device=on_device)


def test_writing_lists_masks_and_other_dtypes():
    x = tc.zeros(3)
    x[:2] = [1, 2]
    assert x.tolist() == [1.0, 2.0, 0.0]
    x[x > 0] = -1.0
    assert x.tolist() == [-1.0, -1.0, 0.0]
    x[tc.tensor([True, False, True])] = tc.tensor([5, 6])
    assert x.tolist() == [5.0, -1.0, 6.0]
    x[0] = np.float64(0.25)
    assert (x[0].item(), x.dtype) == (0.25, tc.float32)
    i = tc.zeros(2, dtype=tc.int64)
    i[0] = 2.7  # truncated, as in PyTorch
    assert i.tolist() == [2, 0]
    i[0] += 1
    assert i.tolist() == [3, 0]


def test_a_written_leaf_without_gradient_joins_the_graph_of_its_value():
    x, w = tc.zeros(3), leaf(np.float32(2.0))
    x[1] = w * 3
    assert x.requires_grad
    (x * tc.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert w.grad.item() == 30.0


def test_overlapping_parts(device):
    x = tc.arange(5, device=device)
    x[1:] = x[:-1]
    assert host(x).tolist() == [0, 0, 1, 2, 3]


def test_writing_wakes_the_graph_that_saved_the_memory():
    x = leaf(np.ones(3))
    y = x * 2
    z = (y * y).sum()
    with tc.no_grad():
        y[0] = 5.0
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.backward()


# --- along one dimension ---


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_take_along(dim, device, on_device):
    x = draw(3, 4)
    indices = np.random.default_rng(0).integers(0, x.shape[dim], (2, 4) if dim == 0 else (3, 6))
    on = {"cpu": tc.tensor(indices), device.type: tc.tensor(indices, device=device)}

    def reference(x):
        out = np.empty(indices.shape)
        for i, j in np.ndindex(*indices.shape):
            out[i, j] = x[indices[i, j], j] if dim == 0 else x[i, indices[i, j]]
        return out

    pick = lambda x: tc.take_along_dim(x, on[x.device.type], dim)  # noqa: E731
    check(pick, reference, x, device=device, on_device=on_device)


def test_take_along_notices_changed_indices():
    x, indices = leaf(np.ones((2, 2))), tc.tensor([[0, 0]])
    y = tc.take_along_dim(x, indices, 0)
    indices[0, 0] = 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


# --- errors ---


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (4, r"index \[4\] does not fit a tensor of shape \(4, 3\)"),
        ((0, 3), r"index \[0, 3\] does not fit"),
        ((0, 0, 0), "too many indices"),
        ((slice(None), [0, 3]), r"index \[:, array\(2,\)\] does not fit"),
        ([True, False], r"does not fit a tensor of shape \(4, 3\)"),
        ([0.5], "must be integer or bool, got float64; use index.long"),
        (tc.tensor([1.0]), "must be integer or bool, got float32"),
        (([0, 1], [0, 1, 2]), "does not fit"),
        ("a", "does not fit"),
        ((..., ...), "does not fit"),
    ],
    ids=str,
)
def test_reading_errors(key, text):
    with pytest.raises(IndexError, match=text):
        tc.ones(4, 3)[key]


@pytest.mark.parametrize("grad", [False, True])
@pytest.mark.parametrize(
    ("key", "value", "error", "text"),
    [
        (4, 1.0, IndexError, r"into \(4, 3\).*out of bounds"),
        (0, [1.0, 2.0], ValueError, r"cannot assign a value of shape \(2,\) into \(4, 3\)"),
        (slice(2), tc.ones(3, 3), ValueError, r"cannot assign a value of shape \(3, 3\)"),
        (tc.tensor([0.5]), 1.0, IndexError, "must be integer or bool"),
        (0, None, TypeError, "expected numbers"),
        (0, tc.ones(3, device="strict"), RuntimeError, "same device"),
    ],
    ids=str,
)
def test_writing_errors(key, value, error, text, grad):
    x = tc.ones(4, 3, requires_grad=grad) * 1
    with pytest.raises(error, match=text):
        x[key] = value


def test_an_index_on_another_device():
    with pytest.raises(RuntimeError, match="indices should be either on cpu"):
        tc.ones(3)[tc.tensor([0], device="strict")]
    assert host(tc.arange(3, device="strict")[tc.tensor([2, 2])]).tolist() == [2, 2]  # copied, as in PyTorch


def test_an_integer_that_does_not_fit_cannot_be_written():
    x = tc.zeros(2, dtype=tc.uint8)
    for value in (-1, 256, float("nan")):
        with pytest.raises(RuntimeError, match="without overflow"):
            x[0] = value


@pytest.mark.parametrize(("indices", "dim"), [((3, 2), 0), ((2,), 0), ((2, 3, 1), 1)])
def test_take_along_errors(indices, dim):
    with pytest.raises(RuntimeError, match="must broadcast against the input"):
        tc.take_along_dim(tc.ones(2, 3), tc.zeros(indices, dtype=tc.int64), dim)


@pytest.mark.parametrize("dim", [2, -3, 5])
def test_take_along_a_dimension_that_is_not_there(dim):
    with pytest.raises(IndexError, match="Dimension out of range"):
        tc.take_along_dim(tc.ones(2, 3), tc.zeros(2, 3, dtype=tc.int64), dim)


@pytest.mark.parametrize("pick", [lambda x, i: x[i], lambda x, i: tc.take_along_dim(x, i, 0)])
def test_many_gradients_of_one_place_add_up_in_float16(pick, device):
    x = tc.zeros(3, dtype=tc.float16, device=device, requires_grad=True)
    pick(x, tc.zeros(5000, dtype=tc.int64, device=device)).sum().backward()
    assert host(x.grad).tolist() == [5000.0, 0.0, 0.0]  # 2048 + 1 is 2048 in float16


# NumPy alone would move the array's dimensions to the front of these; PyTorch applies the integers first
APART = [
    ((0, slice(None), [1, 2, 0, 0]), lambda a: a[0][:, [1, 2, 0, 0]]),
    ((slice(None), [2, 0], None, -1), lambda a: a[..., -1][:, [2, 0], None]),
    ((1, ..., [0, 3]), lambda a: a[1][..., [0, 3]]),
    ((-1, None, [2, 1]), lambda a: a[-1][None, [2, 1]]),
    (([0, 1], slice(None), 2), lambda a: a[:, :, 2][[0, 1]]),
]


@pytest.mark.parametrize(("key", "expected"), APART)
def test_integers_come_before_arrays(key, expected, device, on_device):
    keys = by_device(key, device)
    check(lambda x: x[keys[x.device.type]], expected, draw(2, 3, 5), device=device, on_device=on_device)


def test_integers_come_before_a_mask(device):
    x, mask = draw(2, 3, 5), np.array([True, False, True, True, False])
    out = leaf(x, device)[0, 1:, tc.tensor(mask, device=device)]
    assert host(out).tolist() == x[0][1:][:, mask].tolist()


@pytest.mark.parametrize(("key", "expected"), APART[1:])  # the first writes to one place twice
@pytest.mark.parametrize("recorded", [False, True])
def test_integers_come_before_arrays_in_an_assignment_too(key, expected, recorded, device):
    places = np.arange(30.0).reshape(2, 3, 5)
    x, value = leaf(places, device), leaf(-1.0 - expected(draw(2, 3, 5)) ** 2, device)
    with tc.set_grad_enabled(recorded):
        y = x.clone()
        y[key] = value
    written = np.isin(places, expected(places))
    assert (expected(host(y)) == host(value)).all()
    assert (host(y)[~written] == places[~written]).all()
    assert y.requires_grad == recorded
    if recorded:
        y.sum().backward()
        assert (host(x.grad) == ~written).all()
        assert (host(value.grad) == 1).all()


REPEATING = {
    "a vector": (np.array([0, 2, 0, -3]),),
    "a vector without a tuple": np.array([0, 2, 0, -3]),
    "a matrix without a tuple": np.array([[0, 1], [0, 2]]),
    "its last first": (np.array([0, 2, 0, 1])[::-1],),
    "along the second": (slice(None), np.array([3, 1, 1, 3, 0])),
    "a transposed matrix": (np.array([[0, 1], [0, 2], [1, 1]]).T,),
    "pairs": (np.array([0, 1, 0, -2]), np.array([1, 1, 1, -3])),
    "pairs that broadcast": (np.array([[0], [0]]), np.array([2, 1, 2])),
    "a slice between none": (np.array([1, 1]), slice(1, 3)),
}


@pytest.mark.parametrize("key", REPEATING.values(), ids=REPEATING)
@pytest.mark.parametrize("values", ["all", "one", "transposed"])
def test_of_several_values_for_one_place_the_last_has_the_gradient(key, values):
    """PyTorch gives it to each of them, although one alone is read.  (On a GPU any one may stay.)"""
    shape = np.zeros((3, 4))[key].shape
    value = leaf(draw(*(() if values == "one" else shape[::-1] if values == "transposed" else shape)))
    x = leaf(draw(3, 4))

    def written(x, value):
        y = x * 1.0
        y[key] = value.permute(*reversed(range(value.ndim))) if values == "transposed" else value
        return y * y

    assert tc.gradcheck(written, (x, value))
    assert tc.gradgradcheck(written, (x, value))
