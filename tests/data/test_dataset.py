import numpy as np
import pytest

import tinyconv as tc
from tinyconv.data import Dataset, Subset, TensorDataset, random_split
from tinyconv.data.dataset import take


class Squares(Dataset):
    def __len__(self):
        return 10

    def __getitem__(self, index):
        return index, index**2


def test_a_dataset_must_be_completed():
    class Empty(Dataset):
        pass

    with pytest.raises(NotImplementedError, match=r"Empty must define __getitem__"):
        Empty()[0]
    with pytest.raises(NotImplementedError, match=r"Empty must define __len__"):
        len(Empty())


class TestTake:
    def test_default(self):
        x, y = take(Squares(), np.array([3, 1]))
        assert x.numpy().tolist() == [3, 1]
        assert y.numpy().tolist() == [9, 1]

    def test_a_sequence(self):
        assert take([5, 6, 7], np.array([2, 2])).numpy().tolist() == [7, 7]

    def test_own_take_is_used(self):
        class Fast(Squares):
            def take(self, indices):
                return "fast"

        assert take(Fast(), np.arange(2)) == "fast"
        assert take(Subset(Fast(), [1]), np.arange(1)) == "fast"

    def test_take_is_not_used_below_another_getitem(self):
        class Shifted(TensorDataset):
            def __getitem__(self, index):
                return tuple(t.numpy() + 100 for t in super().__getitem__(index))

        dataset = Shifted(np.arange(3))
        assert take(dataset, np.array([1]))[0].numpy().tolist() == [101]
        assert take(Subset(dataset, [2]), np.array([0]))[0].numpy().tolist() == [102]


class TestTensorDataset:
    def test_rows(self):
        dataset = TensorDataset(np.arange(6.0, dtype=np.float32).reshape(3, 2), np.array([7, 8, 9]))
        x, y = dataset[1]
        assert len(dataset) == 3
        assert x.numpy().tolist() == [2, 3]
        assert y.item() == 8
        assert repr(dataset) == "TensorDataset((3, 2), (3,))"

    def test_take_is_one_index_for_each_tensor(self, monkeypatch):
        dataset = TensorDataset(np.arange(6.0).reshape(3, 2), np.array([7, 8, 9]))
        calls = []
        original = tc.Tensor.__getitem__
        monkeypatch.setattr(tc.Tensor, "__getitem__", lambda self, i: calls.append(i) or original(self, i))
        x, y = dataset.take(np.array([2, 0]))
        assert len(calls) == 2
        assert x.numpy().tolist() == [[4, 5], [0, 1]]
        assert y.numpy().tolist() == [9, 7]

    def test_dtypes_are_kept_and_arrays_not_copied(self):
        array = np.zeros((2, 3), np.float16)
        dataset = TensorDataset(array)
        array[1] = 5
        assert dataset[1][0].dtype == np.float16
        assert dataset[1][0].numpy().tolist() == [5, 5, 5]

    @pytest.mark.parametrize(
        ("arrays", "shapes"),
        [
            ([], r"\[\]"),
            ([np.zeros((3, 1)), np.zeros(4)], r"\[\(3, 1\), \(4,\)\]"),
            ([np.zeros(())], r"\[\(\)\]"),
        ],
    )
    def test_lengths_must_agree(self, arrays, shapes):
        with pytest.raises(AssertionError, match=rf"equal length along the first axis, got shapes {shapes}"):
            TensorDataset(*arrays)


class TestSubset:
    def test_items(self):
        subset = Subset(Squares(), [4, 2, -1])
        assert list(subset) == [(4, 16), (2, 4), (9, 81)]
        assert take(subset, np.array([2, 0]))[1].numpy().tolist() == [81, 16]

    def test_of_a_subset(self):
        assert list(Subset(Subset("abcdef", [5, 3, 1]), [2, 0])) == ["b", "f"]

    @pytest.mark.parametrize("index", [10, -11])
    def test_out_of_range(self, index):
        with pytest.raises(IndexError, match=f"index {index} is out of range for a dataset of 10 samples"):
            Subset(Squares(), [0, index])

    @pytest.mark.parametrize(
        "indices",
        [
            [True, False], [1, True], np.array([True] * 10), [np.True_], [1.5], [1.0], np.array([1.0]), ["1"], "12",
            [None], None, 3, [[1, 2]], np.array([[1, 2]]), [1, float("nan")], tc.tensor([True, False]),
            tc.tensor([1.0]),
        ],
        ids=repr,
    )  # fmt: skip
    def test_what_is_no_integer(self, indices):
        with pytest.raises(TypeError, match=r"Subset: indices must be a sequence of integers, got "):
            Subset(Squares(), indices)

    @pytest.mark.parametrize(
        "indices", [[], (2, -1), range(3), np.array([2, 1], np.uint8), [np.int64(4)], list(tc.tensor([3, 1]))], ids=repr
    )
    def test_every_kind_of_integers(self, indices):
        assert [x for x, _ in Subset(Squares(), indices)] == [int(i) % 10 for i in indices]
        assert [x for x, _ in Subset(Squares(), tc.tensor(np.array(indices, int)))] == [int(i) % 10 for i in indices]

    def test_an_index_of_any_size_is_out_of_range(self):
        with pytest.raises(IndexError, match=f"index {2**70} is out of range for a dataset of 10 samples"):
            Subset(Squares(), [2**70])
        with pytest.raises(IndexError, match="index 0 is out of range for a dataset of 0 samples"):
            Subset([], [0])

    @pytest.mark.parametrize(
        "part", [slice(None, 2), slice(None, None, -1), slice(5, 9), [2, 0], np.array([1])], ids=repr
    )
    def test_a_slice_is_what_the_dataset_s_slice_would_be(self, part):
        rows, indices = np.arange(20.0).reshape(10, 2), [7, 0, -1, 3]
        dataset = TensorDataset(tc.tensor(rows), tc.tensor(np.arange(10)))
        for subset in (Subset(dataset, indices), Subset(Subset(dataset, [0, *indices]), [1, 2, 3, 4])):
            x, y = subset[part]
            np.testing.assert_array_equal(x.numpy(), rows[indices][part])
            np.testing.assert_array_equal(y.numpy(), np.arange(10)[indices][part])
        assert Subset(list(range(10)), indices)[part] == np.arange(10)[indices][part].tolist()
        assert Subset(tuple(range(10)), indices)[part] == tuple(np.arange(10)[indices][part])


class TestRandomSplit:
    @pytest.mark.parametrize(
        ("total", "lengths", "sizes"),
        [
            (10, [7, 3], [7, 3]),
            (10, [0, 10], [0, 10]),
            (10, [0.75, 0.25], [8, 2]),  # 7 and 2, and the sample left over goes to the first
            (11, [1 / 3, 1 / 3, 1 / 3], [4, 4, 3]),
            (10, [0.7, 0.2, 0.1], [7, 2, 1]),  # 0.7 + 0.2 + 0.1 is not 1 in floating point
            (1, [0.5, 0.5], [1, 0]),
        ],
    )
    def test_sizes(self, total, lengths, sizes):
        parts = random_split(range(total), lengths, seed=0)
        assert [len(part) for part in parts] == sizes
        assert sorted(x for part in parts for x in part) == list(range(total))

    def test_the_order_is_random_and_the_seed_governs_it(self):
        def split(**kw):
            return [list(part) for part in random_split(range(100), [80, 20], **kw)]

        assert split(seed=1) == split(seed=1) != split(seed=2)
        assert split(seed=1)[0] != sorted(split(seed=1)[0])
        assert split(generator=np.random.default_rng(1)) == split(seed=1)
        tc.manual_seed(5)
        first = split()
        tc.manual_seed(5)
        assert first == split()
        assert first != split()

    @pytest.mark.parametrize("lengths", [[5, 4], [0.5, 0.4], [1], [2.5, 7.5], []])
    def test_lengths_must_add_up(self, lengths):
        with pytest.raises(ValueError, match=rf"add up to {sum(lengths)}, but the dataset has 10 samples"):
            random_split(range(10), lengths)

    def test_negative_lengths(self):
        with pytest.raises(ValueError, match=r"must not be negative, got \[11, -1\]"):
            random_split(range(10), [11, -1])

    def test_generator_and_seed(self):
        with pytest.raises(ValueError, match="not both"):
            random_split(range(10), [5, 5], generator=np.random.default_rng(), seed=0)


class TestDevice:
    def test_take_stays_there(self, device):
        dataset = TensorDataset(tc.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]).to(device), np.arange(3))
        x, y = dataset.take(np.array([2, 0]))
        assert x.device == device
        assert y.device == tc.Device("cpu")
        assert x.cpu().numpy().tolist() == [[5, 6], [1, 2]]
        assert y.numpy().tolist() == [2, 0]

    def test_collated_tensors_stay_there(self, device):
        x, _ = take([(tc.tensor([float(i)]).to(device), i) for i in range(4)], np.array([3, 1]))
        assert x.device == device
        assert x.cpu().numpy().tolist() == [[3], [1]]
