"""What needs no MPI: one rank, what a sampler hands out, and how mistakes are told."""

from __future__ import annotations

import importlib.util
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

import tinyconv as tc
from tinyconv import distributed, nn
from tinyconv.data import DataLoader
from tinyconv.distributed import Communicator, DistributedOptimizer, DistributedSampler


def rank_of(rank: int, size: int) -> Communicator:
    comm = Communicator()
    comm.rank, comm.size = rank, size
    return comm


@pytest.fixture
def without_mpi4py(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "mpi4py" else find(name))


@pytest.mark.usefixtures("without_mpi4py")
def test_without_mpi4py_there_is_one_rank() -> None:
    comm = distributed.create_communicator()
    assert (comm.rank, comm.size, comm.is_main, comm.intra_rank) == (0, 1, True, 0)
    assert comm.broadcast("value") == "value"
    model = nn.Linear(2, 1)
    before = model.weight.detach().numpy().copy()
    distributed.broadcast_parameters(model)
    optimizer = DistributedOptimizer(tc.optim.SGD(model.parameters(), lr=0.5))
    model(tc.ones(1, 2)).sum().backward()
    optimizer.step(samples=1)
    np.testing.assert_array_equal(model.weight.detach().numpy(), before - 0.5)


@pytest.mark.usefixtures("without_mpi4py")
@pytest.mark.parametrize("variable", ["PMI_SIZE", "OMPI_COMM_WORLD_SIZE"])
def test_many_processes_without_mpi4py_are_told(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "2")
    with pytest.raises(RuntimeError, match="mpi4py is not installed"):
        distributed.create_communicator()


@pytest.mark.parametrize("timeout", [0, -1.0, float("nan")])
def test_a_timeout_is_above_zero(timeout: float) -> None:
    pytest.importorskip("mpi4py", exc_type=ImportError)
    with pytest.raises(ValueError, match="timeout must be a number of seconds above 0"):
        distributed.create_communicator(timeout=timeout)


def test_import_does_not_start_mpi() -> None:
    code = "import sys, tinyconv.distributed; sys.exit('mpi4py' in sys.modules)"
    root = pathlib.Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], timeout=60, check=False, env={**os.environ, "PYTHONPATH": str(root)}
    )
    assert done.returncode == 0


def test_only_the_main_rank_prints(capsys: pytest.CaptureFixture[str]) -> None:
    for rank in range(3):
        rank_of(rank, 3).print("rank", rank)
    assert capsys.readouterr().out == "rank 0\n"


# --- sampler ---


@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize(("samples", "batch"), [(67, 16), (5, 8), (8, 4), (1, 1), (9, 2)])
@pytest.mark.parametrize("drop_last", [False, True])
def test_parts_make_up_the_loaders_batches(size: int, samples: int, batch: int, drop_last: bool) -> None:
    loader = DataLoader(range(samples), batch, shuffle=True, drop_last=drop_last, seed=3)
    samplers = [
        DistributedSampler(samples, batch, rank_of(rank, size), True, drop_last, seed=3) for rank in range(size)
    ]
    for _ in range(2):
        epochs = [list(sampler) for sampler in samplers]
        assert {len(epoch) for epoch in epochs} == {len(samplers[0])} == {len(loader)}
        for whole, *parts in zip(loader, *epochs):
            assert np.concatenate(parts).tolist() == whole.tolist()
            lengths = [len(part) for part in parts]
            assert max(lengths) - min(lengths) <= 1


def test_sampler_goes_on_within_an_epoch() -> None:
    sampler = DistributedSampler(20, 4, rank_of(1, 2), shuffle=True, seed=1)
    batches = iter(sampler)
    for _ in range(2):
        next(batches)
    state = sampler.state_dict()
    rest = [part.tolist() for part in batches] + [part.tolist() for part in sampler]
    fresh = DistributedSampler(20, 4, rank_of(1, 2), shuffle=True, seed=1)
    fresh.load_state_dict(state)
    assert [part.tolist() for part in fresh] + [part.tolist() for part in fresh] == rest
    assert fresh.state_dict() == sampler.state_dict() == {"epoch": 2, "done": 0}


def test_a_loop_that_was_left_is_followed_by_a_new_epoch() -> None:
    sampler = DistributedSampler(6, 2, Communicator())
    next(iter(sampler))
    assert [part.tolist() for part in sampler] == [[0, 1], [2, 3], [4, 5]]
    assert sampler.epoch == 2


def test_sampler_refuses_empty_batches() -> None:
    with pytest.raises(ValueError, match="batch_size must be at least 1, got 0"):
        DistributedSampler(3, 0, Communicator())


def test_scatter_gives_some_ranks_nothing_when_there_is_too_little() -> None:
    parts = [distributed.scatter_dataset([7, 8], rank_of(rank, 3)) for rank in range(3)]
    assert [list(part) for part in parts] == [[7], [8], []]


# --- optimiser ---


def make_optimizer() -> tuple[tc.Tensor, DistributedOptimizer]:
    w = tc.tensor([3.0], requires_grad=True)
    return w, DistributedOptimizer(tc.optim.SGD([w], lr=0.1, momentum=0.5), Communicator())


def test_closure() -> None:
    w, optimizer = make_optimizer()

    def closure() -> tc.Tensor:
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return loss

    assert float(optimizer.step(closure, samples=1)) == 9.0
    assert float(w) == pytest.approx(2.4)


def test_schedules_and_options_are_the_wrapped_optimisers() -> None:
    w, optimizer = make_optimizer()
    schedule = tc.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    w.grad = tc.ones(1)
    optimizer.step()
    schedule.step()
    assert optimizer.optimizer.param_groups[0]["lr"] == optimizer.param_groups[0]["lr"] == 0.05
    assert optimizer.state_dict()["state"][0]["momentum_buffer"].tolist() == [1.0]


def test_state_is_loaded_into_the_wrapped_optimiser() -> None:
    w, optimizer = make_optimizer()
    w.grad = tc.ones(1)
    optimizer.step()
    other = make_optimizer()[1]
    other.load_state_dict(optimizer.state_dict())
    assert other.optimizer.state_dict()["state"][0]["momentum_buffer"].tolist() == [1.0]
    assert other.state is other.optimizer.state


@pytest.mark.parametrize(
    ("samples", "error", "words"),
    [
        (-1, ValueError, "samples must be a number >= 0, got -1"),
        (float("nan"), ValueError, "got nan"),
        ("8", TypeError, "samples must be a number, got '8'"),
        (0, RuntimeError, "nothing to learn from"),
    ],
)
def test_wrong_numbers_of_samples(samples: object, error: type[Exception], words: str) -> None:
    w, optimizer = make_optimizer()
    w.grad = tc.ones(1)
    with pytest.raises(error, match=words):
        optimizer.step(samples=samples)
    assert float(w) == 3.0


def test_weights_given_too_late_are_refused() -> None:
    w, optimizer = make_optimizer()
    w.grad = tc.ones(1)
    optimizer.average_gradients(samples=4)
    with pytest.raises(RuntimeError, match="weighed this step already"):
        optimizer.step(samples=4)


def test_wraps_optimisers_only() -> None:
    with pytest.raises(TypeError, match="wraps an Optimizer, got list"):
        DistributedOptimizer([tc.ones(1)], Communicator())


def test_parameters_on_two_devices_are_told() -> None:
    from tinyconv.distributed.packing import GradientPack

    with pytest.raises(RuntimeError, match=r"on \['cpu', 'strict:0'\]"):
        GradientPack([tc.ones(1), tc.ones(1).to("strict")])


def test_pack_that_stays_on_the_device() -> None:
    """For an MPI that reads GPU memory: only the header crosses."""
    from tests.strict_device import ndarray, transfers
    from tinyconv.distributed.packing import GradientPack

    w = tc.ones(1000).to("strict")
    w.grad = tc.ones(1000).to("strict")
    pack = GradientPack([w], on_device=True, rank=1, ranks=2)
    transfers.reset()
    buffer = pack.pack(samples=2)
    assert type(buffer) is ndarray
    total = buffer + buffer
    pack.check(total)
    pack.unpack(total)
    assert max(transfers.nbytes.values()) < 100
    assert w.grad.tolist() == [1.0] * 1000
    w.grad = tc.full((1000,), float("inf")).to("strict")
    with pytest.raises(RuntimeError, match=r"gradients of the ranks \[1\] hold an infinity or a NaN"):
        pack.check(pack.pack(samples=2))


# --- synchronised batch norm ---


def test_one_value_per_channel_is_told() -> None:
    with pytest.raises(ValueError, match="all 1 ranks have 1"):
        distributed.SyncBatchNorm(3, Communicator())(tc.ones(1, 3))


def test_conversion_keeps_parameters_state_and_mode() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.BatchNorm1d(3, momentum=0.3, eps=1e-3))).eval()
    weight, state = model[1][0].weight, model.state_dict()
    assert distributed.convert_sync_batchnorm(model, Communicator()) is model
    new = model[1][0]
    assert type(new) is distributed.SyncBatchNorm
    assert new.weight is weight
    assert (new.momentum, new.eps, new.training) == (0.3, 1e-3, False)
    assert model.state_dict().keys() == state.keys()
    alone = distributed.convert_sync_batchnorm(nn.BatchNorm2d(3), Communicator())
    assert type(alone) is distributed.SyncBatchNorm


def test_a_shared_batch_norm_is_converted_under_every_name_and_stays_one() -> None:
    norm = nn.BatchNorm2d(3)
    model = nn.Sequential(norm, nn.ReLU(), norm)
    distributed.convert_sync_batchnorm(model, Communicator())
    assert type(model[0]) is distributed.SyncBatchNorm
    assert model[2] is model[0]


@pytest.mark.parametrize("options", [{}, {"affine": False}, {"momentum": None}, {"track_running_stats": False}])
def test_one_rank_gives_what_batch_norm_gives(device: tc.Device, options: dict) -> None:
    plain = nn.BatchNorm2d(3, dtype="float64", **options).to(device)
    sync = distributed.convert_sync_batchnorm(nn.BatchNorm2d(3, dtype="float64", **options), Communicator()).to(device)
    for _ in range(2):
        x = tc.randn(4, 3, 5, 5, dtype="float64").to(device)
        np.testing.assert_allclose(tc.asnumpy(sync(x).array), tc.asnumpy(plain(x).array), rtol=1e-12, atol=1e-12)
    for a, b in zip(sync.state_dict().values(), plain.state_dict().values()):
        np.testing.assert_allclose(tc.asnumpy(a.array), tc.asnumpy(b.array), rtol=1e-12)
    x = tc.randn(4, 3, 5, 5, dtype="float64").to(device)
    sync_eval, plain_eval = sync.eval()(x), plain.eval()(x)
    np.testing.assert_allclose(tc.asnumpy(sync_eval.array), tc.asnumpy(plain_eval.array), rtol=1e-12, atol=1e-12)


def test_half_precision_sums_do_not_overflow() -> None:
    x = tc.full((2, 1, 200, 200), 100.0).half()
    y = distributed.SyncBatchNorm(1, Communicator())(x)
    assert y.dtype == "float16"
    assert float(y.abs().max()) < 0.5
