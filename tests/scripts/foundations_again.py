"""From matrix products to Adam by hand: layers with hooks, norms, a search for good first values."""

from functools import partial, reduce

import torch
import torch.nn.functional as F
from telling import data, fix, show
from torch import nn, optim, tensor
from torch.utils.data import BatchSampler, DataLoader, SequentialSampler

torch.set_printoptions(precision=2, linewidth=140, sci_mode=False)
x = data(50, 64)
y = torch.arange(50) % 10
w1 = data(64, 10)
b1 = torch.zeros(10)
m1 = x[:5]
m2 = w1
ar, ac = m1.shape
br, bc = m2.shape
t1 = torch.zeros(ar, bc)
for i in range(ar):
    t1[i] = (m1[i, :, None] * m2).sum(dim=0)
show(
    t1,
    torch.allclose(t1, m1 @ m2, atol=1e-4),
    torch.einsum("ik,kj->ij", m1, m2).sum(),
    (m1 * m1).sum().sqrt(),
    m1.norm(),
)
c = tensor([10.0, 20, 30])
show(c[None, :].shape, c[:, None].expand(3, 3), c.expand_as(torch.ones(3, 3)).stride())


def lin(x, w, b):
    return x @ w + b


def relu(x):
    return x.clamp_min(0.0)


def mse(o, t):
    return (o[:, 0] - t).pow(2).mean()


show(relu(lin(x, w1, b1)).mean(), mse(lin(x, data(64, 1), torch.zeros(1)), y.float()))


class Lin:
    def __init__(self, w, b):
        self.w, self.b = w, b

    def __call__(self, i):
        self.inp = i
        self.out = i @ self.w + self.b
        return self.out

    def backward(self):
        self.inp.g = self.out.g @ self.w.t()
        self.w.g = self.inp.t() @ self.out.g
        self.b.g = self.out.g.sum(0)


class Relu:
    def __call__(self, i):
        self.inp = i
        self.out = i.clamp_min(0.0)
        return self.out

    def backward(self):
        self.inp.g = (self.inp > 0).float() * self.out.g


class Mse:
    def __call__(self, i, t):
        self.inp, self.targ = i, t
        self.out = (i.squeeze() - t).pow(2).mean()
        return self.out

    def backward(self):
        self.inp.g = 2.0 * (self.inp.squeeze() - self.targ).unsqueeze(-1) / self.targ.shape[0]


l1, r, l2, ls = Lin(w1, b1), Relu(), Lin(data(10, 1, k=0.3), torch.zeros(1)), Mse()
L = ls(l2(r(l1(x))), y.float())
[o.backward() for o in (ls, l2, r, l1)]
show(w1.g.sum(), b1.g, x.g.shape)
wp = w1.clone().requires_grad_(True)
mse(F.relu(x @ wp) @ data(10, 1, k=0.3), y.float()).backward()
show(torch.allclose(wp.grad, w1.g, atol=1e-3))


def logsumexp(x):
    m = x.max(-1)[0]
    return m + (x - m[:, None]).exp().sum(-1).log()


def log_softmax(x):
    return x - x.logsumexp(-1, keepdim=True)


sm = log_softmax(x[:, :10])
show(torch.allclose(logsumexp(x), x.logsumexp(-1)), -sm[range(y.shape[0]), y].mean(), sm[[0, 1, 2], [5, 0, 4]])


class Dataset:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


ds = Dataset(x, y)
dl = DataLoader(ds, batch_sampler=BatchSampler(SequentialSampler(ds), 8, drop_last=False))
show(len(dl), next(iter(dl))[1])
dl = DataLoader(ds, sampler=BatchSampler(SequentialSampler(ds), 8, False), batch_size=None)
show(next(iter(dl))[0].shape)


class Model(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.layers = layers
        [self.add_module(f"layer_{i}", l) for i, l in enumerate(layers)]

    def forward(self, x):
        return reduce(lambda v, l: l(v), self.layers, x)


m = fix(Model([nn.Linear(64, 20), nn.ReLU(), nn.Linear(20, 10)]))
show(m)
with torch.no_grad():
    F.cross_entropy(m(x), y)
for xb, yb in [(x, y)] * 3:
    l = F.cross_entropy(m(xb), yb)
    l.backward()
    with torch.no_grad():
        for p in m.parameters():
            p -= p.grad * 0.5
        m.zero_grad()
    show(f"{l.item():.3f}, {(m(xb).argmax(dim=1) == yb).float().mean():.2f}")


class Hook:
    def __init__(self, m, f):
        self.hook = m.register_forward_hook(partial(f, self))

    def remove(self):
        self.hook.remove()

    def __del__(self):
        self.remove()


def append_stats(hook, mod, inp, outp):
    if not hasattr(hook, "stats"):
        hook.stats = ([], [], [])
    a = outp.cpu() if hasattr(outp, "cpu") else outp
    hook.stats[0].append(a.mean().item())
    hook.stats[1].append(a.std().item())
    hook.stats[2].append(a.abs().histc(10, 0, 4))


hs = [Hook(l, append_stats) for l in m.layers]
m(x)
show([h.stats for h in hs])
[h.remove() for h in hs]
h = torch.stack(hs[0].stats[2]).t().float().log1p()
show(h)


class GeneralRelu(nn.Module):
    def __init__(self, leak=None, sub=None, maxv=None):
        super().__init__()
        self.leak, self.sub, self.maxv = leak, sub, maxv

    def forward(self, x):
        x = F.leaky_relu(x, self.leak) if self.leak is not None else F.relu(x)
        if self.sub is not None:
            x -= self.sub
        if self.maxv is not None:
            x.clamp_max_(self.maxv)
        return x


class LayerNorm(nn.Module):
    def __init__(self, dummy, eps=1e-5):
        super().__init__()
        self.eps = eps
        self.mult = nn.Parameter(tensor(1.0))
        self.add = nn.Parameter(tensor(0.0))

    def forward(self, x):
        m = x.mean((1, 2, 3), keepdim=True)
        v = x.var((1, 2, 3), keepdim=True)
        x = (x - m) / ((v + self.eps).sqrt())
        return x * self.mult + self.add


class BatchNorm(nn.Module):
    def __init__(self, nf, mom=0.1, eps=1e-5):
        super().__init__()
        self.mom, self.eps = mom, eps
        self.mults = nn.Parameter(torch.ones(nf, 1, 1))
        self.adds = nn.Parameter(torch.zeros(nf, 1, 1))
        self.register_buffer("vars", torch.ones(1, nf, 1, 1))
        self.register_buffer("means", torch.zeros(1, nf, 1, 1))

    def update_stats(self, x):
        m = x.mean((0, 2, 3), keepdim=True)
        v = x.var((0, 2, 3), keepdim=True)
        self.means.lerp_(m, self.mom)
        self.vars.lerp_(v, self.mom)
        return m, v

    def forward(self, x):
        if self.training:
            with torch.no_grad():
                m, v = self.update_stats(x)
        else:
            m, v = self.means, self.vars
        x = (x - m) / (v + self.eps).sqrt()
        return x * self.mults + self.adds


def conv(ni, nf, ks=3, stride=2, act=GeneralRelu(0.1, 0.4), norm=None, bias=None):  # noqa: B008
    if bias is None:
        bias = not isinstance(norm, (nn.BatchNorm1d, nn.BatchNorm2d))
    ls = [nn.Conv2d(ni, nf, kernel_size=ks, stride=stride, padding=ks // 2, bias=bias)]
    if norm:
        ls.append(norm(nf))
    if act:
        ls.append(act)
    return nn.Sequential(*ls)


net = fix(nn.Sequential(conv(1, 4, norm=BatchNorm), conv(4, 8, norm=LayerNorm), nn.Flatten(), nn.Linear(32, 3)))
show(net(x.view(-1, 1, 8, 8)).sum(), net[0][1].means.flatten(), list(net.state_dict())[:5])


def clean_mem():
    pass


def lsuv(m, mi, xb):
    h = Hook(m, append_stats)
    with torch.no_grad():
        while net(xb) is not None and (abs(h.stats[1][-1] - 1) > 1e-2 or abs(h.stats[0][-1]) > 1e-2):
            mi.bias -= h.stats[0][-1]
            mi.weight.data /= h.stats[1][-1]
    h.remove()
    show(round(h.stats[1][-1], 1))


lsuv(net[0][0], net[0][0], x.view(-1, 1, 8, 8))


class AdamSt:
    def __init__(self, ps, lr, b1=0.9, b2=0.99, eps=1e-5):
        self.ps = list(ps)
        self.lr, self.b1, self.b2, self.eps = lr, b1, b2, eps
        self.i = 0

    def step(self):
        with torch.no_grad():
            for p in self.ps:
                if not hasattr(p, "avg"):
                    p.avg = torch.zeros_like(p.grad.data)
                    p.sqr = torch.zeros_like(p.grad.data)
                p.avg = self.b1 * p.avg + (1 - self.b1) * p.grad
                ua = p.avg / (1 - self.b1 ** (self.i + 1))
                p.sqr = self.b2 * p.sqr + (1 - self.b2) * (p.grad**2)
                us = p.sqr / (1 - self.b2 ** (self.i + 1))
                p -= self.lr * ua / (us + self.eps).sqrt()
        self.i += 1


o = AdamSt(m.parameters(), 0.01)
for _ in range(3):
    l = F.cross_entropy(m(x), y)
    l.backward()
    o.step()
    [p.grad.zero_() for p in m.parameters()]
show(l)
xb = x.view(-1, 1, 8, 8).clone()
xm, xs = xb.mean(), xb.std()
xb[:, :, 2:4, 2:4] = 0
show(xb.sum(), xb.min(), xb.max())
torch.set_printoptions(profile="default")
sched = optim.lr_scheduler.OneCycleLR(optim.AdamW(m.parameters(), lr=1e-2), max_lr=6e-2, total_steps=10)
show([round(sched.get_last_lr()[0], 5)])
show(isinstance(sched, optim.lr_scheduler.LRScheduler))
