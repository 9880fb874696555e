"""Tricks of training: mixup, smoothed labels, accumulated gradients, a range test of rates, warmup, averages, stopping."""

import copy
import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, OneCycleLR, ReduceLROnPlateau


def new_model():
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Dropout(0.0), nn.Linear(8, 3))
    for i, p in enumerate(model.parameters()):
        if p.dim() == 2:
            p.data.copy_(torch.cos(torch.arange(p.numel()).float() + i).view_as(p) * 0.5)
        elif i != 2:
            nn.init.zeros_(p)
    return model


X = torch.sin(torch.arange(24 * 4).float() * 1.3).view(24, 4)
Y = (X.sum(1) > 0).long() + (X[:, 0] > 0.5).long()
print(torch.bincount(Y, minlength=3))


def mixup_data(x, y, lam, index):
    mixed_x = lam * x + (1 - lam) * x[index, :]
    y_a, y_b = y, y[index]
    return mixed_x, y_a, y_b, lam


def mixup_criterion(criterion, pred, y_a, y_b, lam):
    return lam * criterion(pred, y_a) + (1 - lam) * criterion(pred, y_b)


class LabelSmoothingCrossEntropy(nn.Module):
    def __init__(self, eps=0.1, reduction="mean"):
        super().__init__()
        self.eps, self.reduction = eps, reduction

    def forward(self, output, target):
        c = output.size()[-1]
        log_preds = F.log_softmax(output, dim=-1)
        loss = -log_preds.sum(dim=-1).mean()
        return loss * self.eps / c + (1 - self.eps) * F.nll_loss(log_preds, target, reduction=self.reduction)


class FocalLoss(nn.Module):
    def __init__(self, gamma=2.0, weight=None):
        super().__init__()
        self.gamma, self.weight = gamma, weight

    def forward(self, input, target):
        ce_loss = F.cross_entropy(input, target, reduction="none", weight=self.weight)
        p_t = torch.exp(-ce_loss)
        return ((1 - p_t) ** self.gamma * ce_loss).mean()


model = new_model()
out = model(X)
print("%.5f %.5f" % (LabelSmoothingCrossEntropy()(out, Y), nn.CrossEntropyLoss(label_smoothing=0.1)(out, Y)))
print("%.5f" % FocalLoss(weight=torch.tensor([1.0, 2.0, 0.5]))(out, Y))
optimizer = torch.optim.AdamW(model.parameters(), lr=0.05, weight_decay=1e-2)
criterion = nn.CrossEntropyLoss()
for step, lam in enumerate(np.random.RandomState(0).beta(1.0, 1.0, size=4)):
    inputs, targets_a, targets_b, lam = mixup_data(X, Y, lam, torch.arange(24).flip(0))
    loss = mixup_criterion(criterion, model(inputs), targets_a, targets_b, lam)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print("mixup %d %.4f" % (step, loss.item()))

# gradients of small batches add up to those of the whole
model = new_model().eval()
accumulation_steps = 4
whole = torch.autograd.grad(criterion(model(X), Y), list(model.parameters()))
model.zero_grad()
for i in range(accumulation_steps):
    loss = criterion(model(X[i * 6 : (i + 1) * 6]), Y[i * 6 : (i + 1) * 6]) / accumulation_steps
    loss.backward()
print(all(torch.allclose(g, p.grad, atol=1e-6) for g, p in zip(whole, model.parameters())))

# a range test of learning rates
model = new_model()
optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
num, beta, avg_loss, best_loss, losses, log_lrs = 12, 0.98, 0.0, 0.0, [], []
mult = (10.0 / 1e-4) ** (1 / num)
lr = 1e-4
optimizer.param_groups[0]["lr"] = lr
for batch_num in range(1, num + 1):
    optimizer.zero_grad()
    loss = criterion(model(X), Y)
    avg_loss = beta * avg_loss + (1 - beta) * loss.item()
    smoothed_loss = avg_loss / (1 - beta**batch_num)
    if batch_num > 1 and smoothed_loss > 4 * best_loss:
        break
    if smoothed_loss < best_loss or batch_num == 1:
        best_loss = smoothed_loss
    losses.append(smoothed_loss)
    log_lrs.append(math.log10(lr))
    loss.backward()
    optimizer.step()
    lr *= mult
    optimizer.param_groups[0]["lr"] = lr
print(len(losses), " ".join("%.3f" % l for l in losses[::3]), "%.3f" % log_lrs[-1])

# no decay for biases and norms, warmup, clipping
decay, no_decay = [], []
model = new_model()
for name, param in model.named_parameters():
    (no_decay if param.ndim <= 1 or name.endswith(".bias") else decay).append(param)
optimizer = torch.optim.AdamW(
    [{"params": decay, "weight_decay": 0.1}, {"params": no_decay, "weight_decay": 0.0}], lr=0.02, betas=(0.9, 0.95)
)
print(len(decay), len(no_decay), [g["weight_decay"] for g in optimizer.param_groups])


def lr_lambda(step, warmup=3, total=10):
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / (total - warmup)))


scheduler = LambdaLR(optimizer, lr_lambda=lr_lambda)
lrs = []
for step in range(10):
    loss = criterion(model(X), Y)
    loss.backward()
    total_norm = nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
    optimizer.step()
    optimizer.zero_grad()
    lrs.append(optimizer.param_groups[0]["lr"])
    scheduler.step()
print(" ".join("%.4f" % l for l in lrs), "%.4f %.4f" % (loss, total_norm))
for make in (
    lambda o: OneCycleLR(o, max_lr=0.1, steps_per_epoch=2, epochs=4),
    lambda o: CosineAnnealingLR(o, T_max=8, eta_min=1e-3),
    lambda o: torch.optim.lr_scheduler.MultiStepLR(o, milestones=[2, 5], gamma=0.3),
    lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.8),
):
    optimizer = torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=0.05, momentum=0.9)
    scheduler = make(optimizer)
    seen = []
    for _ in range(7):
        optimizer.step()
        scheduler.step()
        seen.append(scheduler.get_last_lr()[0])
    print(type(scheduler).__name__, " ".join("%.4f" % s for s in seen))


class EarlyStopping:
    def __init__(self, patience=2, delta=0.0):
        self.patience, self.delta, self.counter, self.best_score, self.early_stop = patience, delta, 0, None, False

    def __call__(self, val_loss, model):
        score = -val_loss
        if self.best_score is None or score > self.best_score + self.delta:
            self.best_score, self.counter = score, 0
            self.checkpoint = copy.deepcopy(model.state_dict())
        else:
            self.counter += 1
            self.early_stop = self.counter >= self.patience


class EMA:
    def __init__(self, model, decay):
        self.model, self.decay, self.shadow, self.backup = model, decay, {}, {}
        for name, param in model.named_parameters():
            if param.requires_grad:
                self.shadow[name] = param.data.clone()

    def update(self):
        for name, param in self.model.named_parameters():
            if param.requires_grad:
                assert name in self.shadow
                new_average = (1.0 - self.decay) * param.data + self.decay * self.shadow[name]
                self.shadow[name] = new_average.clone()

    def apply_shadow(self):
        for name, param in self.model.named_parameters():
            self.backup[name] = param.data
            param.data = self.shadow[name]

    def restore(self):
        for name, param in self.model.named_parameters():
            param.data = self.backup[name]


model = new_model()
optimizer = torch.optim.SGD(model.parameters(), lr=1.5, momentum=0.95)
plateau = ReduceLROnPlateau(optimizer, mode="min", factor=0.5, patience=0)
stopping, ema = EarlyStopping(), EMA(model, 0.9)
for epoch in range(12):
    model.train()
    loss = criterion(model(X[:16]), Y[:16])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    ema.update()
    model.eval()
    with torch.no_grad():
        val = criterion(model(X[16:]), Y[16:])
    plateau.step(val)
    stopping(val.item(), model)
    if stopping.early_stop:
        print("Early stopping")
        break
print(epoch, "%.3f" % -stopping.best_score, optimizer.param_groups[0]["lr"])
model.load_state_dict(stopping.checkpoint)
before = model[0].weight.data.clone()
ema.apply_shadow()
print(torch.equal(before, model[0].weight.data), "%.3f" % criterion(model(X[16:]), Y[16:]).item())
ema.restore()
scaler = torch.amp.GradScaler("cpu", enabled=False)
with torch.autocast(device_type="cpu", enabled=False):
    loss = criterion(model(X), Y)
scaler.scale(loss).backward()
scaler.step(optimizer)
scaler.update()
print(loss.dtype, scaler.is_enabled())
checkpoint = {
    "epoch": epoch + 1,
    "state_dict": model.state_dict(),
    "optimizer": optimizer.state_dict(),
    "scheduler": plateau.state_dict(),
    "best": stopping.best_score,
}
resumed = new_model()
resumed.load_state_dict(checkpoint["state_dict"])
again = torch.optim.SGD(resumed.parameters(), lr=0.1, momentum=0.95)
again.load_state_dict(checkpoint["optimizer"])
for group in again.param_groups:
    group["lr"] = group["lr"] * 0.1
print(again.param_groups[0]["lr"] < 0.15, len(again.state_dict()["state"]), again.param_groups[0]["momentum"])
