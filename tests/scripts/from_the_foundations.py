"""A learner with callbacks and hooks, grown from matrix products: as a course from the foundations does it."""

import math
from functools import partial

import torch
import torch.nn.functional as F
from torch import nn, tensor


def matmul(a, b):
    (ar, ac), (br, bc) = a.shape, b.shape
    c = torch.zeros(ar, bc)
    for i in range(ar):
        for j in range(bc):
            c[i, j] = (a[i, :] * b[:, j]).sum()
    return c


def matmul_broadcast(a, b):
    c = torch.zeros(a.shape[0], b.shape[1])
    for i in range(a.shape[0]):
        c[i] = (a[i, :, None] * b).sum(dim=0)
    return c


m1, m2 = torch.arange(6.0).view(2, 3), torch.arange(12.0).view(3, 4) - 5
print(torch.allclose(matmul(m1, m2), m1 @ m2), torch.equal(matmul_broadcast(m1, m2), torch.einsum("ik,kj->ij", m1, m2)))
c = tensor([10.0, 20, 30])
t = c.expand_as(m2.t()[:, :3])
print(t.shape == (4, 3), c.unsqueeze(0).shape == c[None].shape, c[None, :] * c[:, None], c[..., None] > c[None])


class Module:
    def __call__(self, *args):
        self.args = args
        self.out = self.forward(*args)
        return self.out

    def backward(self):
        self.bwd(self.out, *self.args)


class Relu(Module):
    def forward(self, inp):
        return inp.clamp_min(0.0) if hasattr(inp, "clamp_min") else inp.clamp(min=0.0)

    def bwd(self, out, inp):
        inp.g = (inp > 0).float() * out.g


class Lin(Module):
    def __init__(self, w, b):
        self.w, self.b = w, b

    def forward(self, inp):
        return inp @ self.w + self.b

    def bwd(self, out, inp):
        inp.g = out.g @ self.w.t()
        self.w.g = torch.einsum("bi,bj->ij", inp, out.g)
        self.b.g = out.g.sum(0)


class Mse(Module):
    def forward(self, inp, targ):
        return (inp.squeeze() - targ).pow(2).mean()

    def bwd(self, out, inp, targ):
        inp.g = 2 * (inp.squeeze() - targ).unsqueeze(-1) / targ.shape[0]


x_train = torch.sin(torch.arange(40.0)).view(10, 4)
y_train = x_train.abs().sum(1)
w1, b1 = torch.cos(torch.arange(20.0)).view(4, 5) / math.sqrt(4), torch.zeros(5)
w2, b2 = torch.sin(torch.arange(5.0) + 1).view(5, 1) / math.sqrt(5), torch.zeros(1)
layers, loss = [Lin(w1, b1), Relu(), Lin(w2, b2)], Mse()
x = x_train
for l in layers:
    x = l(x)
print("%.4f" % loss(x, y_train))
loss.backward()
for l in reversed(layers):
    l.backward()
xt2 = x_train.clone().requires_grad_(True)
ptgrads = [w.clone().requires_grad_() for w in (w1, b1, w2, b2)]
out = (((xt2 @ ptgrads[0] + ptgrads[1]).clamp(min=0)) @ ptgrads[2] + ptgrads[3]).squeeze()
F.mse_loss(out, y_train).backward()
for own, theirs in zip((w1, b1, w2, b2, x_train), (*ptgrads, xt2)):
    print(torch.allclose(own.g, theirs.grad, atol=1e-5), end=" ")
print()


class CancelFitException(Exception):
    pass


class Callback:
    order = 0


class PrintLoss(Callback):
    def after_epoch(self, learn):
        print(
            learn.epoch, "train" if learn.model.training else "eval", "%.4f" % (sum(learn.losses) / len(learn.losses))
        )


class StopAt(Callback):
    order = 1

    def __init__(self, epoch):
        self.epoch = epoch

    def after_epoch(self, learn):
        if learn.epoch == self.epoch and learn.model.training:
            raise CancelFitException()


class Learner:
    def __init__(self, model, dls, loss_func, lr, cbs, opt_func=torch.optim.SGD):
        self.model, self.dls, self.loss_func, self.lr, self.opt_func = model, dls, loss_func, lr, opt_func
        self.cbs = sorted(cbs, key=lambda cb: cb.order)

    def callback(self, name):
        for cb in self.cbs:
            getattr(cb, name, lambda learn: None)(self)

    def one_epoch(self, train):
        self.model.train(train)
        self.losses = []
        for self.xb, self.yb in self.dls[0 if train else 1]:
            self.preds = self.model(self.xb)
            self.loss = self.loss_func(self.preds, self.yb)
            if self.model.training:
                self.loss.backward()
                self.opt.step()
                self.opt.zero_grad()
            self.losses.append(self.loss.item())
        self.callback("after_epoch")

    def fit(self, n_epochs):
        self.opt = self.opt_func(self.model.parameters(), self.lr)
        try:
            for self.epoch in range(n_epochs):
                self.one_epoch(True)
                with torch.no_grad():
                    self.one_epoch(False)
        except CancelFitException:
            print("stopped at", self.epoch)


class Hook:
    def __init__(self, m, f):
        self.hook = m.register_forward_hook(partial(f, self))

    def remove(self):
        self.hook.remove()

    def __del__(self):
        self.remove()


class Hooks(list):
    def __init__(self, ms, f):
        super().__init__([Hook(m, f) for m in ms])

    def __enter__(self, *args):
        return self

    def __exit__(self, *args):
        for h in self:
            h.remove()


def append_stats(hook, mod, inp, outp):
    if not hasattr(hook, "stats"):
        hook.stats = ([], [], [])
    acts = outp.detach().cpu()
    hook.stats[0].append(acts.mean())
    hook.stats[1].append(acts.std())
    hook.stats[2].append(acts.abs().histc(10, 0, 2))


class GeneralRelu(nn.Module):
    def __init__(self, leak=None, sub=None, maxv=None):
        super().__init__()
        self.leak, self.sub, self.maxv = leak, sub, maxv

    def forward(self, x):
        x = F.leaky_relu(x, self.leak) if self.leak is not None else F.relu(x)
        if self.sub is not None:
            x -= self.sub
        if self.maxv is not None:
            x.clamp_(max=self.maxv)
        return x


def conv(ni, nf, ks=3, stride=2, act=True):
    res = nn.Conv2d(ni, nf, stride=stride, kernel_size=ks, padding=ks // 2)
    return nn.Sequential(res, GeneralRelu(leak=0.1, sub=0.4, maxv=6.0)) if act else res


def init_weights(m, leaky=0.0):
    if isinstance(m, (nn.Conv1d, nn.Conv2d, nn.Conv3d)):
        nn.init.kaiming_normal_(m.weight, a=leaky)
        m.weight.data = torch.sin(torch.arange(m.weight.numel()).float()).view_as(m.weight) * 0.3
        m.bias.data.zero_()


model = nn.Sequential(conv(1, 4), conv(4, 4), conv(4, 3, act=False), nn.Flatten(), nn.Softmax(dim=1))
model = nn.Sequential(*list(model.children())[:-1])
model.apply(partial(init_weights, leaky=0.1))
images = torch.sin(torch.arange(12 * 64.0) / 5).view(12, 1, 8, 8)
targets = torch.arange(12) % 3
batches = [(images[i : i + 4], targets[i : i + 4]) for i in range(0, 12, 4)]
model.append(nn.Identity())
pooled = nn.Sequential(model[:3], nn.AdaptiveAvgPool2d(1), nn.Flatten())
with Hooks([layer for layer in model if isinstance(layer, nn.Sequential)], append_stats) as hooks:
    Learner(pooled, (batches, batches[:1]), F.cross_entropy, 0.1, [StopAt(2), PrintLoss()]).fit(5)
    for h in hooks:
        print(len(h.stats[0]), "%.4f %.4f" % (h.stats[0][-1], h.stats[1][-1]), torch.stack(h.stats[2]).t().shape[0])


def normalise(x, m=None, s=None):
    return (x - x.mean()) / x.std()


print("%.4f %.4f" % (normalise(images).mean().abs().item(), normalise(images).std()))
xs = torch.linspace(-2, 2, 9)
print(torch.where(xs > 0, xs, torch.zeros_like(xs)), xs.clamp(-1, 1).tolist()[0], xs.logsumexp(0))


def gaussian(d, bw):
    return torch.exp(-0.5 * (d / bw) ** 2) / (bw * math.sqrt(2 * math.pi))


points = torch.stack([torch.sin(torch.arange(8.0)), torch.cos(torch.arange(8.0))], 1)
dist = ((points[None] - points[:, None]) ** 2).sum(-1).sqrt()
weight = gaussian(dist, 2.5)
print("%.4f" % ((weight @ points) / weight.sum(1, keepdim=True)).abs().sum())
