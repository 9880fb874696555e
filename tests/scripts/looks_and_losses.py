"""Class activation maps, attacks, inverted features, blocks of the zoo, and losses written by hand."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from telling import data, fix, show


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 8, 3, padding=1), nn.ReLU()
        )
        self.gap = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(8, 5)

    def forward(self, x):
        return self.fc(torch.flatten(self.gap(self.features(x)), 1))


net = fix(Net()).eval()
x = data(1, 3, 12, 12)


class GradCAM:
    def __init__(self, m, l):
        self.m = m
        self.h = [l.register_forward_hook(self.sa), l.register_full_backward_hook(self.sg)]

    def sa(self, m, i, o):
        self.a = o.detach()

    def sg(self, m, gi, go):
        self.g = go[0].detach()

    def __call__(self, x, c=None):
        out = self.m(x)
        c = out.argmax(1).item() if c is None else c
        self.m.zero_grad()
        oh = torch.zeros_like(out)
        oh[0][c] = 1
        out.backward(gradient=oh, retain_graph=True)
        w = self.g.mean(dim=(2, 3), keepdim=True)
        cam = F.relu((w * self.a).sum(1, keepdim=True))
        cam = F.interpolate(cam, size=x.shape[2:], mode="bilinear", align_corners=False)
        cam -= cam.min()
        cam /= cam.max()
        return cam.squeeze().cpu().numpy(), c


g = GradCAM(net, net.features[-1])
cam, c = g(x)
show(cam.shape, c, cam.sum())
[h.remove() for h in g.h]
feats = {}
h = net.features[3].register_forward_hook(lambda m, i, o: feats.update({"conv": o}))
lg = net(x)
w = list(net.parameters())[-2].data[c]
cam = torch.einsum("c,bchw->bhw", w, feats["conv"])
show(cam.shape, cam.sum())
h.remove()


def fgsm(im, eps, dg):
    p = im + eps * dg.sign()
    return torch.clamp(p, 0, 1)


xi = x.clone().abs()
xi.requires_grad = True
l = F.nll_loss(F.log_softmax(net(xi), 1), torch.tensor([2]))
net.zero_grad()
l.backward()
dg = xi.grad.data
show(fgsm(xi, 0.1, dg).sum())


def pgd(m, im, lab, eps=0.3, alpha=2 / 255, iters=5):
    ori = im.data
    for i in range(iters):
        im.requires_grad = True
        out = m(im)
        m.zero_grad()
        cost = nn.CrossEntropyLoss()(out, lab)
        cost.backward()
        adv = im + alpha * im.grad.sign()
        eta = torch.clamp(adv - ori, min=-eps, max=eps)
        im = torch.clamp(ori + eta, min=0, max=1).detach_()
    return im


show(pgd(net, x.abs(), torch.tensor([2])).sum())
inp = torch.zeros(1, 3, 12, 12, requires_grad=True)
tgt = net.features(x).detach()
o = torch.optim.Adam([inp], lr=0.05)


def tv(i):
    return torch.sum(torch.abs(i[:, :, :, :-1] - i[:, :, :, 1:])) + torch.sum(
        torch.abs(i[:, :, :-1, :] - i[:, :, 1:, :])
    )


for i in range(4):
    o.zero_grad()
    l = ((net.features(inp) - tgt) ** 2).sum() + 1e-3 * tv(inp)
    l.backward()
    o.step()
show(l.item())


def rand_bbox(size, lam, cx, cy):
    W, H = size[2], size[3]
    cr = np.sqrt(1.0 - lam)
    cw, ch = int(W * cr), int(H * cr)
    return (
        np.clip(cx - cw // 2, 0, W),
        np.clip(cy - ch // 2, 0, H),
        np.clip(cx + cw // 2, 0, W),
        np.clip(cy + ch // 2, 0, H),
    )


xb = data(4, 3, 12, 12)
b = rand_bbox(xb.size(), 0.6, 5, 5)
idx = torch.tensor([1, 0, 3, 2])
xb[:, :, b[0] : b[2], b[1] : b[3]] = xb[idx, :, b[0] : b[2], b[1] : b[3]]
lam = 1 - ((b[2] - b[0]) * (b[3] - b[1]) / (xb.size()[-1] * xb.size()[-2]))
show(lam, xb.sum())


class WSConv2d(nn.Conv2d):
    def __init__(self, i, o, k, stride=1, padding=0, dilation=1, groups=1, bias=True):
        super().__init__(i, o, k, stride, padding, dilation, groups, bias)

    def forward(self, x):
        w = self.weight
        wm = w.mean(dim=1, keepdim=True).mean(dim=2, keepdim=True).mean(dim=3, keepdim=True)
        w = w - wm
        std = w.view(w.size(0), -1).std(dim=1).view(-1, 1, 1, 1) + 1e-5
        w = w / std.expand_as(w)
        return F.conv2d(x, w, self.bias, self.stride, self.padding, self.dilation, self.groups)


ws = fix(WSConv2d(3, 4, 3, padding=1))
y = ws(x)
y.pow(2).sum().backward()
show(y.sum(), ws.weight.grad.norm(), ws)


class SE(nn.Module):
    def __init__(self, c, r=4):
        super().__init__()
        self.avg = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Sequential(
            nn.Linear(c, c // r, bias=False), nn.ReLU(inplace=True), nn.Linear(c // r, c, bias=False), nn.Sigmoid()
        )

    def forward(self, x):
        b, c, _, _ = x.size()
        y = self.avg(x).view(b, c)
        y = self.fc(y).view(b, c, 1, 1)
        return x * y.expand_as(x)


def conv_dw(i, o, s):
    return nn.Sequential(
        nn.Conv2d(i, i, 3, s, 1, groups=i, bias=False),
        nn.BatchNorm2d(i),
        nn.ReLU6(inplace=True),
        nn.Conv2d(i, o, 1, 1, 0, bias=False),
        nn.BatchNorm2d(o),
        nn.Hardswish(),
    )


m = fix(nn.Sequential(conv_dw(3, 8, 2), SE(8)))
show(m(data(2, 3, 8, 8)).sum(), m)


class EMA:
    def __init__(self, m, d):
        self.d = d
        self.s = {n: p.data.clone() for n, p in m.named_parameters() if p.requires_grad}
        self.m = m
        self.b = {}

    def update(self):
        for n, p in self.m.named_parameters():
            assert n in self.s
            self.s[n] = ((1.0 - self.d) * p.data + self.d * self.s[n]).clone()

    def apply_shadow(self):
        for n, p in self.m.named_parameters():
            self.b[n] = p.data
            p.data = self.s[n]

    def restore(self):
        for n, p in self.m.named_parameters():
            p.data = self.b[n]


e = EMA(net, 0.9)
o = torch.optim.AdamW(net.parameters(), lr=0.1)
net(x).sum().backward()
o.step()
e.update()
a = net(x).sum()
e.apply_shadow()
b = net(x).sum()
e.restore()
show(a, b, net(x).sum() == a)


class FocalLoss(nn.Module):
    def __init__(self, gamma=0, alpha=None, size_average=True):
        super().__init__()
        self.gamma = gamma
        self.alpha = alpha
        self.size_average = size_average
        if isinstance(alpha, (float, int)):
            self.alpha = torch.Tensor([alpha, 1 - alpha])
        if isinstance(alpha, list):
            self.alpha = torch.Tensor(alpha)

    def forward(self, input, target):
        if input.dim() > 2:
            input = input.view(input.size(0), input.size(1), -1)
            input = input.transpose(1, 2)
            input = input.contiguous().view(-1, input.size(2))
        target = target.view(-1, 1)
        logpt = F.log_softmax(input, dim=1)
        logpt = logpt.gather(1, target)
        logpt = logpt.view(-1)
        pt = logpt.data.exp()
        if self.alpha is not None:
            if self.alpha.type() != input.data.type():
                self.alpha = self.alpha.type_as(input.data)
            at = self.alpha.gather(0, target.data.view(-1))
            logpt = logpt * at
        loss = -1 * (1 - pt) ** self.gamma * logpt
        return loss.mean() if self.size_average else loss.sum()


show(
    FocalLoss(2, [0.2, 0.3, 0.5])(data(2, 3, 4, 4), torch.arange(32).view(2, 4, 4) % 3),
    FocalLoss(2, 0.25)(data(4, 2), torch.tensor([0, 1, 1, 0])),
)


def dice(p, t, s=1.0):
    p = p.contiguous()
    t = t.contiguous()
    i = (p * t).sum(dim=2).sum(dim=2)
    return (1 - ((2.0 * i + s) / (p.sum(dim=2).sum(dim=2) + t.sum(dim=2).sum(dim=2) + s))).mean()


show(dice(torch.sigmoid(data(2, 1, 4, 4)), (data(2, 1, 4, 4, k=0.2) > 0).float()))


class CenterLoss(nn.Module):
    def __init__(self, nc=4, fd=2):
        super().__init__()
        self.num_classes = nc
        self.centers = nn.Parameter(torch.randn(nc, fd))

    def forward(self, x, labels):
        bs = x.size(0)
        dm = (
            torch.pow(x, 2).sum(dim=1, keepdim=True).expand(bs, self.num_classes)
            + torch.pow(self.centers, 2).sum(dim=1, keepdim=True).expand(self.num_classes, bs).t()
        )
        dm.addmm_(x, self.centers.t(), beta=1, alpha=-2)
        cl = torch.arange(self.num_classes).long()
        labels = labels.unsqueeze(1).expand(bs, self.num_classes)
        mask = labels.eq(cl.expand(bs, self.num_classes))
        d = dm * mask.float()
        return d.clamp(min=1e-12, max=1e12).sum() / bs


cl = fix(CenterLoss())
l = cl(data(3, 2), torch.tensor([0, 3, 1]))
l.backward()
show(l, cl.centers.grad)


class ContrastiveLoss(torch.nn.Module):
    def __init__(self, margin=2.0):
        super().__init__()
        self.margin = margin

    def forward(self, a, b, lab):
        d = F.pairwise_distance(a, b, keepdim=True)
        return torch.mean((1 - lab) * torch.pow(d, 2) + lab * torch.pow(torch.clamp(self.margin - d, min=0.0), 2))


show(ContrastiveLoss()(data(3, 2), data(3, 2, k=0.1), torch.tensor([[0.0], [1.0], [1.0]])))


class LSL(nn.Module):
    def __init__(self, c, s=0.1, dim=-1):
        super().__init__()
        self.confidence = 1.0 - s
        self.smoothing = s
        self.cls = c
        self.dim = dim

    def forward(self, p, t):
        p = p.log_softmax(dim=self.dim)
        with torch.no_grad():
            td = torch.zeros_like(p)
            td.fill_(self.smoothing / (self.cls - 1))
            td.scatter_(1, t.data.unsqueeze(1), self.confidence)
        return torch.mean(torch.sum(-td * p, dim=self.dim))


show(LSL(3)(data(4, 3), torch.tensor([0, 1, 2, 0])))


def nt_xent(z1, z2, t=0.5):
    z = F.normalize(torch.cat([z1, z2]), dim=1)
    s = z @ z.T / t
    s.masked_fill_(torch.eye(len(z), dtype=torch.bool), float("-inf"))
    n = len(z1)
    return F.cross_entropy(s, torch.cat([torch.arange(n, 2 * n), torch.arange(n)]))


show(nt_xent(data(4, 3), data(4, 3, k=0.4)))
