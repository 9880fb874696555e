"""The small examples: super-resolution, a polynomial, forward-forward, a net for styles, a siamese one."""

import math
from itertools import count

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.nn.init as init
import torch.optim as optim
from telling import data, fix, show
from torch.optim import Adam
from torch.optim.lr_scheduler import StepLR


class SR(nn.Module):
    def __init__(self, u):
        super().__init__()
        self.relu = nn.ReLU()
        self.conv1 = nn.Conv2d(1, 8, (5, 5), (1, 1), (2, 2))
        self.conv2 = nn.Conv2d(8, 8, (3, 3), (1, 1), (1, 1))
        self.conv4 = nn.Conv2d(8, u**2, (3, 3), (1, 1), (1, 1))
        self.pixel_shuffle = nn.PixelShuffle(u)
        self._initialize_weights()

    def forward(self, x):
        return self.pixel_shuffle(self.conv4(self.relu(self.conv2(self.relu(self.conv1(x))))))

    def _initialize_weights(self):
        init.orthogonal_(self.conv1.weight, init.calculate_gain("relu"))
        init.orthogonal_(self.conv4.weight)


m = SR(3)
w = m.conv4.weight.view(9, -1)
show(torch.allclose(w @ w.t(), torch.eye(9), atol=1e-5))
fix(m)
o = optim.Adam(m.parameters(), lr=0.01)
c = nn.MSELoss()
show(m)
for i in range(3):
    o.zero_grad()
    l = c(m(data(2, 1, 6, 6)), data(2, 1, 18, 18, k=0.1))
    l.backward()
    o.step()
    psnr = 10 * math.log10(1 / l.item())
    show("===> Avg. PSNR: {:.4f} dB".format(psnr))
POLY = 4
W_t = data(POLY, 1) * 5
b_t = data(1) * 5


def make_features(x):
    x = x.unsqueeze(1)
    return torch.cat([x**i for i in range(1, POLY + 1)], 1)


def f(x):
    return x.mm(W_t) + b_t.item()


def poly_desc(W, b):
    r = "y = "
    for i, w in enumerate(W):
        r += "{:+.2f} x^{} ".format(w, i + 1)
    return r + "{:+.2f}".format(b[0])


fc = fix(nn.Linear(W_t.size(0), 1))
for bi in count(1):
    x = make_features(data(32, k=0.1 * bi))
    y = f(x)
    fc.zero_grad()
    out = F.smooth_l1_loss(fc(x), y)
    loss = out.item()
    out.backward()
    for p in fc.parameters():
        p.data.add_(-0.1 * p.grad)
    if bi > 20:
        break
show("Loss: {:.6f} after {} batches".format(loss, bi))
show("==> Learned function:\t" + poly_desc(fc.weight.view(-1), fc.bias))
show("==> Actual function:\t" + poly_desc(W_t.view(-1), b_t))


class Layer(nn.Linear):
    def __init__(self, i, o, bias=True, device=None, dtype=None):
        super().__init__(i, o, bias, device, dtype)
        self.relu = torch.nn.ReLU()
        self.opt = Adam(self.parameters(), lr=0.03)
        self.threshold = 2.0
        self.num_epochs = 5

    def forward(self, x):
        xd = x / (x.norm(2, 1, keepdim=True) + 1e-4)
        return self.relu(torch.mm(xd, self.weight.T) + self.bias.unsqueeze(0))

    def train(self, xp, xn):
        for i in range(self.num_epochs):
            gp = self.forward(xp).pow(2).mean(1)
            gn = self.forward(xn).pow(2).mean(1)
            loss = torch.log(1 + torch.exp(torch.cat([-gp + self.threshold, gn - self.threshold]))).mean()
            self.opt.zero_grad()
            loss.backward()
            self.opt.step()
        show("loss", loss.item())
        return self.forward(xp).detach(), self.forward(xn).detach()


class FF(torch.nn.Module):
    def __init__(self, dims):
        super().__init__()
        self.layers = []
        for d in range(len(dims) - 1):
            self.layers += [Layer(dims[d], dims[d + 1])]

    def predict(self, x):
        gl = []
        for label in range(10):
            h = overlay(x, label)
            g = []
            for l in self.layers:
                h = l(h)
                g = g + [h.pow(2).mean(1)]
            gl += [sum(g).unsqueeze(1)]
        return torch.cat(gl, 1).argmax(1)

    def train(self, a, b):
        for i, l in enumerate(self.layers):
            show("training layer: ", i)
            a, b = l.train(a, b)


def overlay(x, y):
    x_ = x.clone()
    x_[:, :10] *= 0.0
    x_[range(x.shape[0]), y] = x.max()
    return x_


x = data(20, 64)
y = torch.arange(20) % 10
n = FF([64, 32, 16])
[fix(l) for l in n.layers]
n.train(overlay(x, y), overlay(x, (y + 3) % 10))
show("train error:", 1.0 - n.predict(x).eq(y).float().mean().item())


class ConvLayer(nn.Module):
    def __init__(self, i, o, k, s):
        super(ConvLayer, self).__init__()
        self.reflection_pad = nn.ReflectionPad2d(k // 2)
        self.conv2d = nn.Conv2d(i, o, k, s)

    def forward(self, x):
        return self.conv2d(self.reflection_pad(x))


class Res(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv1 = ConvLayer(c, c, 3, 1)
        self.in1 = nn.InstanceNorm2d(c, affine=True)
        self.conv2 = ConvLayer(c, c, 3, 1)
        self.in2 = nn.InstanceNorm2d(c, affine=True)
        self.relu = nn.ReLU()

    def forward(self, x):
        r = x
        return self.in2(self.conv2(self.relu(self.in1(self.conv1(x))))) + r


class Up(nn.Module):
    def __init__(self, i, o, k, s, upsample=None):
        super().__init__()
        self.upsample = upsample
        self.rp = nn.ReflectionPad2d(k // 2)
        self.c = nn.Conv2d(i, o, k, s)

    def forward(self, x):
        if self.upsample:
            x = torch.nn.functional.interpolate(x, mode="nearest", scale_factor=self.upsample)
        return self.c(self.rp(x))


t = fix(
    nn.Sequential(
        ConvLayer(3, 4, 9, 1),
        nn.InstanceNorm2d(4, affine=True),
        nn.ReLU(),
        ConvLayer(4, 8, 3, 2),
        Res(8),
        Up(8, 4, 3, 1, upsample=2),
        ConvLayer(4, 3, 9, 1),
    )
)
y = t(data(2, 3, 12, 12))
show(y.sum(), t)


def gram(y):
    (b, ch, h, w) = y.size()
    f = y.view(b, ch, w * h)
    ft = f.transpose(1, 2)
    return f.bmm(ft) / (ch * h * w)


g = gram(y)
show(g)
mse = nn.MSELoss()
l = 1e5 * mse(gram(y), g[:1].expand_as(g).detach())
l.backward()
show(l, [round(float(p.grad.norm()), 2) for p in t.parameters()][:3])


def normalize_batch(b):
    mean = b.new_tensor([0.485, 0.456, 0.406]).view(-1, 1, 1)
    std = b.new_tensor([0.229, 0.224, 0.225]).view(-1, 1, 1)
    b = b.div_(255.0)
    return (b - mean) / std


show(normalize_batch(data(1, 3, 2, 2) * 255))


class Siam(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(2))
        self.fc_in = 16
        self.fc = nn.Sequential(nn.Linear(self.fc_in * 2, 8), nn.ReLU(inplace=True), nn.Linear(8, 1))
        self.sigmoid = nn.Sigmoid()
        self.c.apply(self.iw)
        self.fc.apply(self.iw)

    def iw(self, m):
        if isinstance(m, nn.Linear):
            torch.nn.init.xavier_uniform_(m.weight)
            m.bias.data.fill_(0.01)

    def once(self, x):
        o = self.c(x)
        return o.view(o.size()[0], -1)

    def forward(self, a, b):
        return self.sigmoid(self.fc(torch.cat((self.once(a), self.once(b)), 1)))


s = fix(Siam())
o = optim.Adadelta(s.parameters(), lr=1.0)
sc = StepLR(o, step_size=1, gamma=0.7)
tg = torch.tensor([1, 0, 1], dtype=torch.float)
for e in range(3):
    o.zero_grad()
    out = s(data(3, 1, 8, 8), data(3, 1, 8, 8, k=0.2)).squeeze()
    l = nn.BCELoss()(out, tg)
    l.backward()
    o.step()
    sc.step()
    pred = torch.where(out > 0.5, 1, 0)
    show(l.item(), pred, pred.eq(tg.view_as(pred)).sum().item(), sc.get_last_lr())
