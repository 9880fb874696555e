"""What the ranks do in the tests: ``mpiexec -n 2 python -m mpi4py worker.py CASE ...``.

Each case is a function that checks by assertions; a rank that comes to its end says so.
"""

from __future__ import annotations

import re
import sys
import time
import zlib
from collections.abc import Callable, Iterator

import numpy as np
import pytest

import tinyconv as tc
from tests import strict_device
from tinyconv import distributed, nn
from tinyconv.data import DataLoader, TensorDataset
from tinyconv.nn import functional as F

strict_device.register()

SAMPLES, BATCH, EPOCHS = 67, 16, 4  # batches of 16, 16, 16, 16 and 3: 20 steps, and an idle rank among 4
OPTIMIZERS = {
    "plain": lambda params: tc.optim.SGD(params, lr=0.05),
    "sgd": lambda params: tc.optim.SGD(params, lr=0.05, momentum=0.9, weight_decay=1e-3),
    "adam": lambda params: tc.optim.Adam(params, lr=1e-3, eps=1e-4),
}


def make_data() -> TensorDataset:
    random = np.random.default_rng(0)
    images = random.standard_normal((SAMPLES, 1, 8, 8)).astype(np.float32)
    return TensorDataset(images, random.integers(0, 3, SAMPLES))


def make_model(seed: int, batch_norm: bool = False, device: str = "cpu", dtype: str = "float32") -> nn.Sequential:
    tc.manual_seed(seed)
    norms = [[nn.BatchNorm2d(4)], [nn.BatchNorm1d(8)]] if batch_norm else [[], []]
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), *norms[0], nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(36, 8), *norms[1], nn.ReLU(), nn.Linear(8, 3),
    ).to(device).to(dtype)  # fmt: skip


def alone(optimizer: str, batch_norm: bool = False, clip: float | None = None, dtype: str = "float32") -> nn.Sequential:
    """Train one process on the global batches."""
    model = make_model(100, batch_norm, dtype=dtype)
    rule = OPTIMIZERS[optimizer](model.parameters())
    loader = DataLoader(make_data(), BATCH, shuffle=True, seed=5)
    for _ in range(EPOCHS):
        for images, labels in loader:
            rule.zero_grad()
            F.cross_entropy(model(images.to(dtype)), labels).backward()
            if clip:
                nn_clip(model, clip)
            rule.step()
    return model


def nn_clip(model: nn.Module, limit: float) -> None:
    norm = float(tc.nn.utils.clip_grad_norm_(model.parameters(), limit))
    assert norm > limit, f"the gradient's norm {norm} is not clipped"


def parts(comm: distributed.Communicator) -> Iterator[np.ndarray]:
    sampler = distributed.DistributedSampler(SAMPLES, BATCH, comm, shuffle=True, seed=5)
    for _ in range(EPOCHS):
        yield from sampler


def together(
    comm: distributed.Communicator,
    optimizer: str,
    device: str = "cpu",
    batch_norm: str = "",
    clip: float | None = None,
    dtype: str = "float32",
) -> nn.Sequential:
    """Train on all ranks; every rank begins with weights of its own, until rank 0's are sent."""
    model = make_model(100 + comm.rank, bool(batch_norm), device, dtype)
    if batch_norm == "sync":
        distributed.convert_sync_batchnorm(model, comm)
    distributed.broadcast_parameters(model, comm)
    rule = distributed.DistributedOptimizer(OPTIMIZERS[optimizer](model.parameters()), comm)
    data, first = make_data(), True
    for indices in parts(comm):
        images, labels = (t.to(device) for t in data.take(indices))
        rule.zero_grad()
        if len(indices) or batch_norm == "sync":  # its layers talk in forward and backward, on empty batches too
            F.cross_entropy(model(images.to(dtype)), labels).backward()
        if clip:
            rule.average_gradients(samples=len(indices))
            nn_clip(model, clip)
            rule.step()
        else:
            step_counting_copies(rule, len(indices), device, comm.size, first)
            first = False
    return model


def step_counting_copies(
    rule: distributed.DistributedOptimizer, samples: int, device: str, ranks: int, first: bool
) -> None:
    """One copy each way; in the first step another to the host, where the ranks compare their parameters."""
    strict_device.transfers.reset()
    rule.step(samples=samples)
    if device == "strict":
        found = (strict_device.transfers.d2h, strict_device.transfers.h2d)
        assert found == ((1 + first, 1) if ranks > 1 else (0, 0)), found


def difference(a: nn.Module, b: nn.Module, only_parameters: bool = False) -> float:
    pairs = zip(*((m.parameters() if only_parameters else m.state_dict().values()) for m in (a, b)))
    return max(float(np.abs(tc.asnumpy(x.array) - tc.asnumpy(y.array)).max()) for x, y in pairs)


def check_same_bits(comm: distributed.Communicator, model: nn.Module) -> None:
    sums = comm.allgather([zlib.crc32(tc.asnumpy(t.array).tobytes()) for t in model.parameters()])
    assert sums.count(sums[0]) == comm.size, "the ranks' parameters have come apart"


# ------------------------------------------------------------------------------ cases


def case_equal(comm: distributed.Communicator, optimizer: str, device: str) -> None:
    model = together(comm, optimizer, device)
    assert sum(1 for _ in parts(comm)) == 20
    found = difference(model, alone(optimizer))
    assert found <= 1e-6, found
    check_same_bits(comm, model)


def case_clip(comm: distributed.Communicator) -> None:
    found = difference(together(comm, "sgd", clip=0.05), alone("sgd", clip=0.05))
    assert found <= 1e-6, found


def case_batch_norm(comm: distributed.Communicator, optimizer: str, device: str, dtype: str) -> None:
    """The parameters match; in float64, where rounding hides nothing, so do the running mean and variance."""
    model = together(comm, optimizer, device, "sync", dtype=dtype)
    reference = alone(optimizer, batch_norm=True, dtype=dtype)
    if dtype == "float64":
        found = difference(model, reference)
        assert found <= 1e-12, found
    found = difference(model, reference, only_parameters=True)
    assert found <= 1e-6, found
    check_same_bits(comm, model)


def case_plain_batch_norm(comm: distributed.Communicator) -> None:
    """The plain layers do not match: the case above would notice."""
    model = make_model(100, True)
    x = make_data().take(np.arange(6) + 6 * comm.rank)[0]
    model(x)
    plain = model.state_dict()["1.running_mean"]
    sync = distributed.convert_sync_batchnorm(make_model(100, True), comm)
    sync(x)
    assert float((plain - sync.state_dict()["1.running_mean"]).abs().max()) > 1e-4


def case_sync_norm_second_derivative(comm: distributed.Communicator) -> None:
    """d/dx of |dL/dx|^2 needs the backward of the backward, which talks as well."""
    whole = tc.tensor(np.random.default_rng(0).standard_normal((6, 2)), requires_grad=True)
    weights = tc.tensor(np.random.default_rng(1).standard_normal((6, 2)))
    own = np.array_split(np.arange(6), comm.size)[comm.rank]
    part = tc.tensor(whole.detach().numpy()[own], requires_grad=True)

    def twice(norm: nn.Module, x: tc.Tensor, w: tc.Tensor) -> np.ndarray:
        n = len(x)  # losses are means over a rank's samples; n * gradient is what does not depend on their number
        (g,) = tc.grad(((norm(x) ** 3) * w).sum() * (1.0 / n), x, create_graph=True)
        return n * tc.grad(((n * g) ** 2).sum() * (1.0 / n), x)[0].numpy()

    expected = twice(nn.BatchNorm1d(2, dtype="float64"), whole, weights)[own]
    found = twice(distributed.SyncBatchNorm(2, comm, dtype="float64"), part, weights[own])
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def case_raise(comm: distributed.Communicator, rank: str) -> None:
    model = make_model(0)
    rule = distributed.DistributedOptimizer(OPTIMIZERS["sgd"](model.parameters()), comm)
    for step, indices in enumerate(parts(comm)):
        rule.zero_grad()
        if step == 3 and comm.rank == int(rank):
            raise ArithmeticError(f"planted on rank {comm.rank}")
        if len(indices):
            images, labels = make_data().take(indices)
            F.cross_entropy(model(images), labels).backward()
        rule.step(samples=len(indices))


def case_mismatch(comm: distributed.Communicator, where: str, what: str) -> None:
    extra = {"count": [nn.Linear(3, 3)], "shape": [], "values": [], "none": []}[what] if comm.rank == 1 else []
    outputs = 4 if what == "shape" and comm.rank == 1 else 3
    tc.manual_seed(comm.rank if what == "values" else 0)
    model = nn.Sequential(nn.Linear(5, outputs), *extra)
    if where == "broadcast":
        distributed.broadcast_parameters(model, comm)
    rule = distributed.DistributedOptimizer(tc.optim.SGD(model.named_parameters(), lr=0.1), comm)
    model(tc.ones(2, 5)).sum().backward()
    rule.step(samples=2)


def expect(error: type[Exception], words: str, action: Callable[[], object]) -> None:
    with pytest.raises(error, match=re.escape(words)):
        action()


def case_misuse(comm: distributed.Communicator) -> None:
    """Each mistake is told on every rank, and the next step works: nobody is left waiting."""
    w = tc.tensor([1.0], requires_grad=True)
    rule = distributed.DistributedOptimizer(tc.optim.SGD([w], lr=0.0), comm)
    (w * w).sum().backward()
    first = comm.rank == 0
    expect(RuntimeError, "without samples=", lambda: rule.average_gradients(None if first else 2))
    expect(RuntimeError, "nothing to learn from", lambda: rule.average_gradients(0))
    w.grad = tc.ones(1) if first else None
    expect(RuntimeError, "have no gradient at all", rule.average_gradients)
    lazy = nn.Linear(None, 2)
    expect(RuntimeError, "lazy layer", lambda: distributed.broadcast_parameters(lazy, comm))
    expect(RuntimeError, "datasets have", lambda: distributed.scatter_dataset(range(3 + comm.rank), comm))
    w.grad = tc.tensor([float(comm.rank)])
    rule.step(samples=1)
    assert float(w.grad) == (comm.size - 1) / 2
    for wrong in (float("nan"), float("-inf")):
        w.grad = tc.tensor([1.0 if first else wrong])
        expect(RuntimeError, f"ranks {list(range(1, comm.size))} hold an infinity", lambda: rule.step(samples=1))
    w.grad = tc.tensor([1.0 if first else float("nan")])
    rule.step(samples=int(first))  # the gradients of an empty batch are not looked at
    assert float(w.grad) == 1.0


def case_gradients(comm: distributed.Communicator) -> None:
    """Weights, dtypes, and parameters that some or all ranks did not use."""
    half, wide, some, unused = (
        tc.tensor([1.0, 2.0], dtype=dtype, requires_grad=True) for dtype in ("float16", "float64", "float32", "float32")
    )
    rule = distributed.DistributedOptimizer(tc.optim.SGD([half, wide, some, unused], lr=0.1), comm)
    samples = 1000 * (comm.rank + 1)
    half.grad = tc.tensor([100.0, comm.rank], dtype="float16")  # 100 * 1000 is beyond float16
    wide.grad = tc.tensor([1 / 3, comm.rank], dtype="float64")
    if comm.rank == comm.size - 1:
        some.grad = tc.ones(2)
    rule.average_gradients(samples=samples)
    weights = np.arange(1, comm.size + 1) / np.arange(1, comm.size + 1).sum()
    mean_rank = (weights * np.arange(comm.size)).sum()
    np.testing.assert_allclose(half.grad.numpy(), np.float16([100, mean_rank]), rtol=1e-3)
    np.testing.assert_allclose(wide.grad.numpy(), [1 / 3, mean_rank], rtol=1e-15)
    np.testing.assert_allclose(some.grad.numpy(), weights[-1], rtol=1e-6)
    assert unused.grad is None
    assert [p.grad.dtype for p in (half, wide, some)] == [p.dtype for p in (half, wide, some)]


def case_new_group(comm: distributed.Communicator) -> None:
    a, b = (tc.tensor([1.0], requires_grad=True) for _ in range(2))
    rule = distributed.DistributedOptimizer(tc.optim.SGD([a], lr=1.0), comm)
    for number in range(2):
        for p in (a, b)[: number + 1]:
            p.grad = tc.tensor([float(comm.rank)])
        rule.step()
        rule.add_param_group({"params": [b]}) if number == 0 else None
    mean = (comm.size - 1) / 2
    assert (float(a), float(b)) == (1 - 2 * mean, 1 - mean)


def case_save_fails(comm: distributed.Communicator, path: str) -> None:
    expect(OSError if comm.is_main else RuntimeError, path, lambda: distributed.save_on_main({}, path, comm))
    expect(OSError if comm.is_main else RuntimeError, path, lambda: distributed.load_on_all(path, comm))


def case_checkpoint(comm: distributed.Communicator, path: str) -> None:
    state = {"model": make_model(comm.rank).state_dict(), "rng": distributed.gather_rng_states(comm)}
    tc.manual_seed(comm.rank)
    state["rng"] = distributed.gather_rng_states(comm)
    expected = tc.rand(3).numpy()
    distributed.save_on_main(state, path, comm)
    loaded = distributed.load_on_all(path, comm)
    distributed.restore_rng_state(loaded["rng"], comm)
    np.testing.assert_array_equal(tc.rand(3).numpy(), expected)
    drawn = comm.allgather(expected.tolist())
    assert all(drawn[0] != other for other in drawn[1:])
    np.testing.assert_array_equal(loaded["model"]["0.weight"].numpy(), make_model(0).state_dict()["0.weight"].numpy())
    expect(ValueError, "random states", lambda: distributed.restore_rng_state(loaded["rng"][:-1], comm))


def case_parts(comm: distributed.Communicator) -> None:
    scattered = distributed.scatter_dataset(range(10), comm, shuffle=True)
    assert sorted(i for part in comm.allgather(list(scattered)) for i in part) == list(range(10))
    batches = list(distributed.in_step([comm.rank] * (comm.rank + 1), comm))
    assert batches == [comm.rank] * (comm.rank + 1) + [None] * (comm.size - 1 - comm.rank)


def case_leaves_early(comm: distributed.Communicator, call: str) -> None:
    """All but the last rank go on alone."""
    patient = distributed.create_communicator(timeout=1.0)
    if comm.rank < comm.size - 1:
        CALLS[call](patient)
    sys.exit()  # without main's barrier


def case_other_call(comm: distributed.Communicator, first: str, others: str) -> None:
    try:
        CALLS[first if comm.is_main else others](comm)
    except Exception:
        if not comm.is_main:
            time.sleep(1.0)  # whoever ends first ends the others: rank 0 is to say its part before
        raise


CALLS = {
    "create_communicator": lambda comm: distributed.create_communicator(comm.mpi_comm, timeout=1.0),
    "barrier": lambda comm: comm.barrier(),
    "broadcast": lambda comm: comm.broadcast("value"),
    "allgather": lambda comm: comm.allgather("value"),
    "allreduce_sum": lambda comm: comm.allreduce_sum(np.ones(3)),
    "broadcast_array": lambda comm: comm.broadcast_array(np.ones(3)),
    "short": lambda comm: comm.allreduce_sum(np.ones(2)),
    "single": lambda comm: comm.broadcast_array(np.ones(3, np.float32)),
}


def main() -> None:
    comm = distributed.create_communicator()
    globals()[f"case_{sys.argv[1]}"](comm, *sys.argv[2:])
    comm.barrier()
    sys.stdout.write(f"done-{comm.rank}\n")


if __name__ == "__main__":
    main()
