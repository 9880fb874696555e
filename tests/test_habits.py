"""What learners write: scripts for PyTorch, in which ``sys.modules["torch"]`` alone stands for tinyconv."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import tinyconv as tc
from tinyconv.data import DataLoader, IterableDataset, get_worker_info

SCRIPT = """
import sys, tinyconv
sys.modules["torch"] = tinyconv
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
import torch.utils.data as Data
import torch.backends.cudnn as cudnn
from torch.autograd import Variable, Function, gradcheck
from torch.optim.lr_scheduler import StepLR
from torch.nn.parameter import Parameter
from torch.nn.parallel import DataParallel
from torch.utils.data import DataLoader, Dataset, TensorDataset
from torch.utils.data.sampler import SubsetRandomSampler
from torch.cuda.amp import GradScaler
assert nn is tinyconv.nn and F is tinyconv.nn.functional and nn.__spec__.name == "tinyconv.nn"
cudnn.benchmark = True
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
torch.manual_seed(1)

class MyReLU(Function):
    @staticmethod
    def forward(ctx, input):
        ctx.save_for_backward(input)
        return input.clamp(min=0)
    @staticmethod
    def backward(ctx, grad_output):
        input, = ctx.saved_tensors
        grad_input = grad_output.clone()
        grad_input[input < 0] = 0
        return grad_input

x, y = Variable(torch.randn(8, 5)), torch.randn(8, 2)
w1, w2 = (torch.randn(*s, requires_grad=True) for s in ((5, 7), (7, 2)))
losses = []
for step in range(30):
    loss = (MyReLU.apply(x.mm(w1) if hasattr(x, "mm") else x @ w1) @ w2 - y).pow(2).sum()
    losses.append(loss.data.item())
    loss.backward()
    for w in (w1, w2):
        w.data -= 1e-3 * w.grad
        w.grad.data.zero_()
assert losses[-1] < losses[0]

net = DataParallel(nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(8, 3))).to(device)
net.module[0].weight.data[:] -= 0.1
net.module[0].bias.data.fill_(0.5)
loader = DataLoader(TensorDataset(torch.randn(6, 1, 4, 4), torch.arange(6) % 3), batch_size=4, shuffle=True,
                    num_workers=0, pin_memory=True, generator=torch.Generator().manual_seed(0))
assert len(loader.dataset) == 6
optimizer = optim.SGD(net.parameters(), lr=0.01, momentum=0.5)
for data, target in loader:
    data, target = Variable(data.to(device)), Variable(target.to(device))
    optimizer.zero_grad()
    output = net(data)
    F.nll_loss(F.log_softmax(output, dim=1), target).backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimizer.step()
    value, predicted = torch.max(output.data, 1)
    correct = predicted.eq(target.view_as(predicted)).sum().item()
    assert 0 <= correct <= 4
collected = torch.tensor([])
for _ in range(3):
    collected = torch.cat((collected, torch.ones(2)))
assert collected.shape == (6,) and data.shape[1:].numel() == 16
print("done")
"""


def test_a_script_runs_with_one_name_replaced() -> None:
    done = subprocess.run([sys.executable, "-W", "error", "-c", SCRIPT], capture_output=True, text=True)
    assert done.stdout.strip() == "done", done.stderr


def test_generators_are_independent_of_the_common_one() -> None:
    state = tc.get_rng_state()
    a = tc.randn(3, generator=tc.Generator().manual_seed(5))
    assert tc.get_rng_state() == state
    tc.manual_seed(5)
    assert bool((tc.randn(3) == a).all())
    assert tc.manual_seed(7) is tc.default_generator
    with pytest.raises(TypeError, match=r"Generator\(\)"):
        tc.rand(2, generator=3)


def test_samplers_and_batches_of_ones_own() -> None:
    data = list(range(10))
    assert [b.tolist() for b in DataLoader(data, batch_size=2, sampler=tc.tensor([3, 1, 2]))] == [[3, 1], [2]]
    for workers in (0, 2):
        loader = DataLoader(data, batch_sampler=[[1, 2], [5]], num_workers=workers)
        assert [b.tolist() for b in loader] == [[1, 2], [5]]
        assert len(loader) == 2
    assert list(DataLoader(data, batch_size=None)) == data
    for arguments in ({"shuffle": True, "sampler": [0]}, {"batch_size": 2, "batch_sampler": [[0]]}):
        with pytest.raises(ValueError, match="exclude"):
            DataLoader(data, **arguments)
    one, two = (
        [b.tolist() for b in DataLoader(data, shuffle=True, generator=tc.Generator().manual_seed(2))] for _ in "ab"
    )
    assert one == two
    counts = np.bincount(list(tc.utils.data.WeightedRandomSampler([1.0, 3.0], 4000)), minlength=2)
    assert abs(counts[1] / 4000 - 0.75) < 0.05
    with pytest.raises(ValueError, match="weights"):
        tc.utils.data.WeightedRandomSampler([0.0, 1.0], 2, replacement=False)


class Share(IterableDataset):
    """Numbers that the workers divide."""

    def __iter__(self):
        info = get_worker_info()
        return iter(range(10) if info is None else range(info.id, 10, info.num_workers))


def test_workers_share_a_stream() -> None:
    assert [b.tolist() for b in DataLoader(Share(), batch_size=4)] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert [b.tolist() for b in DataLoader(Share(), batch_size=3, num_workers=2)] == [
        [0, 2, 4],
        [1, 3, 5],
        [6, 8],
        [7, 9],
    ]
    begun: list[int] = []
    list(DataLoader(range(4), num_workers=2, worker_init_fn=begun.append))
    assert begun
    assert set(begun) <= {0, 1}


def test_jacobian_and_hessian_of_several() -> None:
    x, y = tc.tensor([1.0, 2.0]), tc.tensor(3.0)
    J = tc.autograd.functional.jacobian(lambda x, y: x * y, (x, y))
    assert J[0].tolist() == [[3.0, 0.0], [0.0, 3.0]]
    assert J[1].tolist() == [1.0, 2.0]
    H = tc.autograd.functional.hessian(lambda x, y: (x * x * y).sum(), (x, y))
    assert H[0][0].tolist() == [[6.0, 0.0], [0.0, 6.0]]
    assert H[0][1].tolist() == H[1][0].tolist() == [2.0, 4.0]


def test_assert_close_says_what_differs() -> None:
    tc.testing.assert_close({"a": [tc.ones(2)]}, {"a": [tc.ones(2)]})
    with pytest.raises(AssertionError, match="Mismatched elements: 1 / 2"):
        tc.testing.assert_close(tc.tensor([1.0, 2.0]), tc.tensor([1.0, 2.1]))
    with pytest.raises(AssertionError, match="dtype"):
        tc.testing.assert_close(tc.ones(1), tc.ones(1, dtype=tc.float64))
    nan = tc.tensor([float("nan")])
    with pytest.raises(AssertionError):
        tc.testing.assert_close(nan, nan)
    tc.testing.assert_close(nan, nan, equal_nan=True)


def test_errors_of_habit() -> None:
    if not tc.cuda.is_available():
        with pytest.raises(RuntimeError, match="Use Device"):
            tc.ones(2).cuda()
    with pytest.raises(RuntimeError, match="detach"):
        tc.ones(2, requires_grad=True).numpy()
    with pytest.raises(RuntimeError, match="autocast"):
        tc.autocast("cpu")
    with pytest.warns(UserWarning, match="compile"):
        tc.compile(tc.nn.ReLU())


def test_tensor_and_typed_constructors() -> None:
    assert tc.Tensor([1, 2]).dtype == tc.float32
    assert tc.Tensor(2, 3).shape == (2, 3)
    assert tc.Tensor(2, 3).dtype == tc.float32
    assert tc.Tensor(tc.ones(4, 1).size()).shape == (4, 1)
    assert tc.Tensor().shape == (0,)
    assert tc.LongTensor([1.5, 2]).tolist() == [1, 2]
    assert tc.FloatTensor(2, 3).shape == (2, 3)
    assert tc.ones(2).type(tc.LongTensor).dtype == tc.int64
    with pytest.raises(TypeError, match="float32"):
        tc.LongTensor(tc.ones(2))
