from collections import namedtuple

import numpy as np
import pytest

import tinyconv as tc
from tinyconv.data import default_collate


def same(tensor, values, dtype):
    assert isinstance(tensor, tc.Tensor)
    assert tensor.dtype == dtype
    np.testing.assert_array_equal(tensor.numpy(), values)


@pytest.mark.parametrize(
    ("samples", "values", "dtype"),
    [
        ([1, 2], [1, 2], np.int64),
        ([1.5, 2.5], [1.5, 2.5], np.float32),
        ([1, 2.5], [1, 2.5], np.float32),
        ([True, False], [True, False], np.bool_),
        ([np.float64(1.5), np.float64(2)], [1.5, 2], np.float64),
        ([np.uint8(200), np.uint8(1)], [200, 1], np.uint8),
        ([np.ones((2, 3), np.float16)], np.ones((1, 2, 3)), np.float16),
        ([np.array(3), np.array(4)], [3, 4], np.int64),
    ],
)
def test_leaves(samples, values, dtype):
    same(default_collate(samples), values, dtype)


def test_tensors():
    a, b = tc.tensor([1.0, 2.0]), tc.tensor([3.0, 4.0])
    same(default_collate([a, b]), [[1, 2], [3, 4]], np.float32)


def test_containers():
    samples = [{"x": (np.float32(i), [i, f"name {i}"])} for i in range(3)]
    batch = default_collate(samples)
    assert isinstance(batch["x"], tuple)
    assert isinstance(batch["x"][1], list)
    same(batch["x"][0], [0, 1, 2], np.float32)
    same(batch["x"][1][0], [0, 1, 2], np.int64)
    assert batch["x"][1][1] == ["name 0", "name 1", "name 2"]


def test_namedtuple():
    Point = namedtuple("Point", "x y")
    batch = default_collate([Point(1, 2), Point(3, 4)])
    assert isinstance(batch, Point)
    same(batch.y, [2, 4], np.int64)


@pytest.mark.parametrize(
    ("samples", "text", "kind"),
    [
        (
            [np.zeros((3, 2)), np.zeros((3, 2)), np.zeros(3)],
            r"shape \(3, 2\), but sample 2 has shape \(3,\)",
            RuntimeError,
        ),
        ([(1, 2), (1, 2, 3)], r"length 2, but sample 1 has length 3", RuntimeError),
        ([{"a": 1}, {"b": 1}], r"keys .*a.*, but sample 1 has keys .*b", KeyError),
    ],
)
def test_samples_of_different_forms(samples, text, kind):
    with pytest.raises(kind, match=rf"sample 0 of the batch has {text}"):
        default_collate(samples)


def test_tensors_of_different_shapes():
    with pytest.raises(RuntimeError, match=r"shape \(2,\), but sample 1 has shape \(3,\).*collate_fn"):
        default_collate([tc.tensor([1.0, 2.0]), tc.tensor([1.0, 2.0, 3.0])])


def test_samples_of_different_types():
    with pytest.raises(TypeError, match="sample 0 of the batch is of type int, but sample 1 of type str"):
        default_collate([1, "a"])


def test_unknown_type():
    with pytest.raises(TypeError, match=r"cannot make a batch of set.*collate_fn"):
        default_collate([{1}, {2}])


@pytest.mark.parametrize("samples", [[None, None], [(1, None), (2, None)], [{"a": None}, {"a": None}]])
def test_none_is_no_sample(samples):
    with pytest.raises(TypeError, match=r"batch of None. Does __getitem__ return"):
        default_collate(samples)
