import gc
import subprocess
import sys
import threading
import time
import traceback

import numpy as np
import pytest

import tinyconv as tc
from tinyconv.data import DataLoader, Dataset, Subset, TensorDataset
from tinyconv.serialization import load, save


def order_of(loader):
    """The samples of a loader over range(n), in the order they come."""
    return [int(x) for batch in loader for x in batch.numpy()]


def worker_threads():
    return [t for t in threading.enumerate() if t.name.startswith("DataLoader")]


@pytest.fixture(autouse=True)
def no_thread_is_left():
    yield
    assert left_over() == []


def left_over():
    """Worker threads that do not end by themselves."""
    for thread in worker_threads():
        thread.join(timeout=20)
    return worker_threads()


class TestBatches:
    @pytest.mark.parametrize("num_workers", [0, 3])
    @pytest.mark.parametrize(
        ("size", "batch_size", "drop_last", "lengths"),
        [
            (10, 4, False, [4, 4, 2]),
            (10, 4, True, [4, 4]),
            (8, 4, False, [4, 4]),
            (8, 4, True, [4, 4]),
            (3, 4, False, [3]),
            (3, 4, True, []),
            (0, 4, False, []),
            (3, 1, True, [1, 1, 1]),
        ],
    )
    def test_lengths(self, size, batch_size, drop_last, lengths, num_workers):
        loader = DataLoader(range(size), batch_size, drop_last=drop_last, num_workers=num_workers)
        batches = list(loader)
        assert [len(batch) for batch in batches] == lengths
        assert len(loader) == len(lengths)
        assert order_of(loader) == list(range(sum(lengths)))

    def test_tensor_dataset_gives_tuples(self):
        x, y = np.arange(12, dtype=np.float32).reshape(6, 2), np.arange(6)
        batches = list(DataLoader(TensorDataset(x, y), batch_size=4))
        assert [tuple(a.shape) for a, _ in batches] == [(4, 2), (2, 2)]
        np.testing.assert_array_equal(np.concatenate([a.numpy() for a, _ in batches]), x)
        np.testing.assert_array_equal(np.concatenate([b.numpy() for _, b in batches]), y)

    @pytest.mark.parametrize("num_workers", [0, 2])
    def test_collate_fn_gets_the_samples(self, num_workers):
        dataset = TensorDataset(np.arange(5))
        loader = DataLoader(dataset, 2, collate_fn=lambda s: [x.item() for (x,) in s], num_workers=num_workers)
        assert list(loader) == [[0, 1], [2, 3], [4]]

    def test_dicts(self):
        loader = DataLoader([{"x": float(i), "name": str(i)} for i in range(3)], batch_size=3)
        (batch,) = loader
        assert batch["x"].numpy().tolist() == [0, 1, 2]
        assert batch["name"] == ["0", "1", "2"]

    def test_repr(self):
        loader = DataLoader(Subset([1, 2, 3], [0, 1]), batch_size=2)
        assert repr(loader) == (
            "DataLoader(Subset(2 of [1, 2, 3]), batch_size=2, shuffle=False, drop_last=False, num_workers=0, seed=None)"
        )


class TestOrder:
    def test_shuffled(self):
        loader = DataLoader(range(100), batch_size=7, shuffle=True)
        first, second = order_of(loader), order_of(loader)
        assert sorted(first) == sorted(second) == list(range(100))
        assert len({tuple(first), tuple(second), tuple(range(100))}) == 3

    @pytest.mark.parametrize("num_workers", [1, 2, 5])
    @pytest.mark.parametrize("seed", [None, 3])
    def test_workers_change_nothing(self, num_workers, seed):
        class Slow(Dataset):
            """The first sample takes longest, so that later batches are ready first."""

            def __len__(self):
                return 12

            def __getitem__(self, index):
                time.sleep(0.001 * (12 - index))
                return index

        def two_epochs(workers):
            tc.manual_seed(0)
            loader = DataLoader(Slow(), 2, shuffle=True, num_workers=workers, seed=seed)
            return order_of(loader), order_of(loader)

        assert two_epochs(num_workers) == two_epochs(0)

    def test_manual_seed_governs(self):
        loader = DataLoader(range(50), shuffle=True)
        tc.manual_seed(1)
        first = order_of(loader)
        tc.manual_seed(1)
        assert order_of(loader) == first
        assert order_of(loader) != first

    def test_a_seed_of_its_own_leaves_the_generator_alone(self):
        state = tc.get_rng_state()
        loader = DataLoader(range(50), shuffle=True, seed=1)
        epochs = [order_of(loader), order_of(loader)]
        assert tc.get_rng_state() == state
        again = DataLoader(range(50), shuffle=True, seed=1)
        tc.manual_seed(9)
        assert [order_of(again), order_of(again)] == epochs
        assert epochs[0] != epochs[1]
        assert order_of(DataLoader(range(50), shuffle=True, seed=2)) != epochs[0]

    def test_the_order_is_drawn_when_the_loop_starts(self):
        loader = DataLoader(range(50), batch_size=5, shuffle=True)
        tc.manual_seed(1)
        first = order_of(loader)
        tc.manual_seed(1)
        batches = iter(loader)
        tc.manual_seed(2)
        assert order_of(batches) == first

    def test_unshuffled_draws_nothing(self):
        state = tc.get_rng_state()
        order_of(DataLoader(range(5)))
        assert tc.get_rng_state() == state

    def test_two_loops_at_once(self):
        loader = DataLoader(range(4), batch_size=2, num_workers=1)
        pairs = [(int(a.numpy()[0]), int(b.numpy()[0])) for a in loader for b in loader]
        assert pairs == [(0, 0), (0, 2), (2, 0), (2, 2)]


class TestResume:
    @pytest.mark.parametrize("num_workers", [0, 2])
    @pytest.mark.parametrize("drop_last", [False, True])
    @pytest.mark.parametrize("seed", [None, 4])
    @pytest.mark.parametrize("stop", [0, 1, 2, 3])
    def test_anywhere(self, tmp_path, stop, seed, drop_last, num_workers):
        """Stop after some batches of the second epoch, go on in a new loader, and see the same to the end."""

        def make():
            return DataLoader(range(11), 4, True, drop_last=drop_last, num_workers=num_workers, seed=seed)

        def batches_of(loader):
            return [batch.numpy().tolist() for batch in loader]

        tc.manual_seed(0)
        loader = make()
        batches_of(loader)
        stop = min(stop, len(loader))
        if stop:
            batches = iter(loader)
            for _ in range(stop):
                next(batches)
        save({"loader": loader.state_dict(), "rng": tc.get_rng_state()}, tmp_path / "state.npz")
        rest = batches_of(batches) if stop else []
        expected = [rest, batches_of(loader), batches_of(loader)]

        tc.manual_seed(99)
        state, resumed = load(tmp_path / "state.npz"), make()
        resumed.load_state_dict(state["loader"])
        tc.set_rng_state(state["rng"])
        got = [batches_of(resumed) if rest else [], batches_of(resumed), batches_of(resumed)]
        assert got == expected

    def test_batches_prepared_ahead_do_not_count(self):
        loader = DataLoader(range(20), batch_size=2, num_workers=2, prefetch_factor=4)
        batches = iter(loader)
        next(batches)
        assert loader.state_dict()["done"] == 2
        batches.close()

    def test_other_dataset(self):
        loader = DataLoader(range(4))
        with pytest.raises(ValueError, match="a dataset with 3 samples, this one has 4"):
            loader.load_state_dict({"epoch": 1, "done": 1, "order": np.arange(3)})


class Failing(Dataset):
    def __len__(self):
        return 8

    def __getitem__(self, index):
        if index == 5:
            raise KeyError("the sixth sample is broken")
        return index


class TestWorkers:
    @pytest.mark.parametrize("num_workers", [0, 2])
    def test_an_error_comes_in_its_turn_with_its_traceback(self, num_workers):
        batches = iter(DataLoader(Failing(), batch_size=2, num_workers=num_workers))
        assert [next(batches).numpy().tolist() for _ in range(2)] == [[0, 1], [2, 3]]
        with pytest.raises(KeyError, match="the sixth sample is broken") as caught:
            next(batches)
        assert "__getitem__" in [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]

    def test_a_break_stops_the_threads(self):
        for _ in DataLoader(range(1000), num_workers=3):
            assert worker_threads()
            break
        assert left_over() == []

    def test_a_break_waits_for_no_batch(self):
        left, ended = threading.Event(), []

        class Slow(Dataset):
            def __len__(self):
                return 9

            def __getitem__(self, index):
                if index:
                    ended.append(left.wait(timeout=20))
                return index

        for _ in DataLoader(Slow(), num_workers=1, prefetch_factor=1):
            break
        left.set()  # had the break waited, this would come after the worker had given up
        assert left_over() == []
        assert False not in ended

    def test_workers_at_the_end_of_python(self):
        """Threads can no longer be started there: the batches are prepared by who asks."""
        code = """if True:
            import atexit
            from tinyconv.data import DataLoader
            atexit.register(lambda: print([int(x) for x in DataLoader(range(3), num_workers=2)]))
        """
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
        assert (done.stdout.strip(), done.stderr) == ("[0, 1, 2]", "")

    def test_an_error_in_the_loop_stops_the_threads(self):
        def train():
            for _ in DataLoader(range(1000), num_workers=3):
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            train()
        gc.collect()  # the traceback held the loop's frame
        assert left_over() == []

    def test_a_break_prepares_no_more(self):
        asked = []

        class Counting(Dataset):
            def __len__(self):
                return 1000

            def __getitem__(self, index):
                asked.append(index)
                return index

        for _ in DataLoader(Counting(), num_workers=2, prefetch_factor=3):
            break
        assert len(asked) <= 2 * 3 + 1

    def test_an_iterator_that_is_never_used_starts_no_thread(self):
        iter(DataLoader(range(10), num_workers=2))
        assert worker_threads() == []

    def test_they_work_at_the_same_time(self):
        """Two samples which each wait for the other: with one thread this would never end."""
        barrier = threading.Barrier(2, timeout=10)

        class Meeting(Dataset):
            def __len__(self):
                return 2

            def __getitem__(self, index):
                barrier.wait()
                return index

        assert order_of(DataLoader(Meeting(), num_workers=2)) == [0, 1]


class TestArguments:
    @pytest.mark.parametrize(
        ("name", "value", "error"),
        [
            ("batch_size", 0, ValueError),
            ("batch_size", 2.0, TypeError),
            ("batch_size", True, TypeError),
            ("num_workers", -1, ValueError),
            ("prefetch_factor", 0, ValueError),
            ("timeout", -1, ValueError),
        ],
    )
    def test_bad_numbers(self, name, value, error):
        with pytest.raises(error, match=f"DataLoader: {name} must be .* got {value}"):
            DataLoader(range(3), **{name: value})

    def test_a_generator_is_no_dataset(self):
        with pytest.raises(TypeError, match=r"__len__ and __getitem__, got generator. Make a list"):
            DataLoader(x for x in range(3))


@pytest.mark.parametrize("rows", [np.arange(6).reshape(3, 2), tc.arange(6).reshape(3, 2), [[0, 1], [2, 3], [4, 5]]])
def test_rows_of_an_array_or_a_tensor_are_samples(rows):
    first, last = DataLoader(rows, batch_size=2)
    if isinstance(rows, list):
        first, last = tc.stack(first, 1), tc.stack(last, 1)
    assert (first.tolist(), last.tolist()) == ([[0, 1], [2, 3]], [[4, 5]])


@pytest.mark.parametrize("name", ["batch_size", "batch_sampler", "sampler", "drop_last", "dataset"])
def test_what_a_loader_was_made_of_stays(name):
    loader = DataLoader([1, 2, 3], batch_size=2)
    with pytest.raises(ValueError, match=f"DataLoader: {name} attribute should not be set after"):
        setattr(loader, name, 1)
    assert len(loader) == len(list(loader)) == 2
