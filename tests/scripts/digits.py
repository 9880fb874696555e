"""A competition's digits: NumPy's arrays into tensors, loaders, a network, schedules, stopping early, confusions."""

import tempfile
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from telling import fix, show
from torch.autograd import Variable
from torch.optim.lr_scheduler import ReduceLROnPlateau, StepLR
from torch.utils.data import DataLoader, Dataset, SubsetRandomSampler, TensorDataset, random_split

rng = np.random.RandomState(0)
X = rng.randint(0, 256, (120, 64))
Y = (X[:, 0] // 26).astype(np.int64)
features = X / 255.0
ft = torch.from_numpy(features).type(torch.FloatTensor)
tt = torch.from_numpy(Y).type(torch.LongTensor)
show(ft.type(), tt.type())
t1 = torch.Tensor(features.astype(np.float32))
show(t1.dtype, t1.shape)
t2 = torch.Tensor(features.reshape(-1, 1, 8, 8))
show(t2.dtype)
t3 = torch.Tensor(Y)
show(t3.dtype)
t4 = torch.LongTensor(Y)
show(t4.dtype)
t5 = torch.tensor(Y, dtype=torch.long)
t6 = torch.tensor(X.astype(float)).float()
show(t6.mean(), t6.std(), t6.max(), t6.min(), t6.median())
Xs = torch.FloatTensor(features.tolist())
show(Xs.shape)
ds = TensorDataset(t2.float(), tt)
tr, va = random_split(ds, [100, 20], generator=torch.Generator().manual_seed(42))
show(len(tr), len(va))
idx = list(range(120))
split = int(np.floor(0.2 * 120))
sampler = SubsetRandomSampler(idx[split:])
dl = DataLoader(ds, batch_size=32, sampler=sampler)
show(len(dl), sum(len(y) for _, y in dl), len(dl.sampler), len(dl.dataset))


class DigitDataset(Dataset):
    def __init__(self, X, y=None, transform=None):
        self.X = X.reshape(-1, 8, 8).astype(np.uint8)[:, :, :, None]
        self.y = y
        self.transform = transform

    def __len__(self):
        return len(self.X)

    def __getitem__(self, i):
        x = torch.from_numpy(self.X[i].transpose(2, 0, 1) / 255.0).float()
        return (x, self.y[i]) if self.y is not None else x


dd = DataLoader(DigitDataset(X, Y), batch_size=50, shuffle=False, num_workers=0, drop_last=False, pin_memory=False)


class CNN(nn.Module):
    def __init__(self):
        super(CNN, self).__init__()
        self.cnn1 = nn.Conv2d(in_channels=1, out_channels=4, kernel_size=3, stride=1, padding=0)
        self.relu1 = nn.ReLU()
        self.maxpool1 = nn.MaxPool2d(kernel_size=2)
        self.fc1 = nn.Linear(4 * 3 * 3, 10)

    def forward(self, x):
        out = self.maxpool1(self.relu1(self.cnn1(x)))
        out = out.view(out.size(0), -1)
        return self.fc1(out)


m = fix(CNN())
err = nn.CrossEntropyLoss()
opt = optim.Adam(m.parameters(), lr=0.01)
sch = StepLR(opt, step_size=2, gamma=0.5)
pl = ReduceLROnPlateau(opt, "min", patience=1, factor=0.5)
best = np.inf
saved = Path(tempfile.mkdtemp()) / "best.pt"
bad = 0
for ep in range(6):
    m.train()
    tot = 0
    correct = 0
    for b, (x, y) in enumerate(dd):
        x, y = Variable(x.view(-1, 1, 8, 8)), Variable(y)
        opt.zero_grad()
        out = m(x)
        l = err(out, y)
        l.backward()
        opt.step()
        tot += l.item() * x.size(0)
        pred = torch.max(out.data, 1)[1]
        correct += (pred == y).cpu().sum()
        if b % 2 == 0:
            show(
                "Epoch: {} [{}/{} ({:.0f}%)]\tLoss: {:.4f}\t Accuracy:{:.3f}%".format(
                    ep,
                    b * len(x),
                    len(dd.dataset),
                    100.0 * b / len(dd),
                    l.item(),
                    float(correct * 100) / float(50 * (b + 1)),
                )
            )
    sch.step()
    pl.step(tot)
    show(opt.param_groups[0]["lr"], sch.get_last_lr())
    v = tot / len(dd.dataset)
    if v < best:
        best = v
        bad = 0
        torch.save(m.state_dict(), saved)
    else:
        bad += 1
m.load_state_dict(torch.load(saved, weights_only=True))
m.eval()
cm = torch.zeros(10, 10, dtype=torch.int64)
with torch.no_grad():
    for x, y in dd:
        _, p = torch.max(m(x), 1)
        for t, q in zip(y.view(-1), p.view(-1)):
            cm[t.long(), q.long()] += 1
show(cm)
show(cm.diag() / cm.sum(1))
show(cm.diag().sum().item(), cm.sum())
preds = torch.LongTensor()
for x, y in dd:
    preds = torch.cat((preds, m(x).data.max(1, keepdim=True)[1]), dim=0)
out = np.concatenate((np.arange(1, len(preds) + 1)[:, None], preds.numpy()), axis=1)
show(out[:3], preds.dtype)
test_pred = torch.LongTensor()
show(test_pred, torch.Tensor(), torch.FloatTensor([1, 2]))
show(np.unique(preds.numpy(), return_counts=True))
show("%d of %d" % (correct, 120), f"{correct}/{120}", "{:.2f}".format(correct.item() / 120), "%.3f" % l, f"{l:.4f}")
