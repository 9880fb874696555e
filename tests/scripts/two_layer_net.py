"""A two-layer classifier as a course on vision has it: scores, softmax by hand, numeric gradients, then modules."""

from collections import OrderedDict

import torch
import torch.nn as nn
import torch.nn.functional as F

N, D_in, H, C = 6, 5, 7, 3
x = torch.sin(torch.arange(N * D_in).double()).view(N, D_in)
y = torch.tensor([0, 1, 2, 2, 1, 0])
params = {
    "W1": torch.cos(torch.arange(D_in * H).double()).view(D_in, H) * 0.5,
    "b1": torch.zeros(H, dtype=torch.double),
    "W2": torch.sin(torch.arange(H * C).double() + 2).view(H, C) * 0.5,
    "b2": torch.zeros(C, dtype=x.dtype),
}


def softmax_loss(scores, y):
    shifted_logits = scores - scores.max(dim=1, keepdim=True).values
    Z = shifted_logits.exp().sum(dim=1, keepdim=True)
    log_probs = shifted_logits - Z.log()
    probs = log_probs.exp()
    N = scores.shape[0]
    loss = (-1.0 / N) * log_probs[torch.arange(N), y].sum()
    dx = probs.clone()
    dx[torch.arange(N), y] -= 1
    dx /= N
    return loss, dx


def loss_and_gradients(params, x, y, reg=0.05):
    h1 = x.mm(params["W1"]) + params["b1"]
    hidden = h1.clamp(min=0)
    scores = hidden.mm(params["W2"]) + params["b2"]
    loss, dscores = softmax_loss(scores, y)
    loss = loss + reg * (torch.sum(params["W1"] ** 2) + torch.sum(params["W2"] * params["W2"]))
    grads = {}
    grads["W2"] = hidden.t().mm(dscores) + 2 * reg * params["W2"]
    grads["b2"] = dscores.sum(dim=0)
    dhidden = dscores.mm(params["W2"].t())
    dhidden[h1 < 0] = 0
    grads["W1"] = x.t().mm(dhidden) + 2 * reg * params["W1"]
    grads["b1"] = dhidden.sum(0)
    return loss, grads


loss, grads = loss_and_gradients(params, x, y)
print("loss %.8f" % loss)
for name in sorted(params):
    flat, worst, h = params[name].view(-1), 0.0, 1e-5
    for i in range(0, flat.numel(), 3):
        old = flat[i].item()
        flat[i] = old + h
        pos, _ = loss_and_gradients(params, x, y)
        flat[i] = old - h
        neg, _ = loss_and_gradients(params, x, y)
        flat[i] = old
        worst = max(worst, abs(((pos - neg) / (2 * h)).item() - grads[name].view(-1)[i].item()))
    print(name, worst < 1e-7, "%.6f" % grads[name].abs().sum())
scores = torch.relu(x @ params["W1"] + params["b1"]) @ params["W2"] + params["b2"]
print("%.8f" % F.cross_entropy(scores, y), "%.4f" % F.cross_entropy(scores, y, reduction="none").max())
leaf = {k: v.clone().requires_grad_(True) for k, v in params.items()}
out = torch.relu(x @ leaf["W1"] + leaf["b1"]) @ leaf["W2"] + leaf["b2"]
reg = 0.05 * sum((w**2).sum() for k, w in leaf.items() if k[0] == "W")
(F.cross_entropy(out, y) + reg).backward()
print(all(torch.allclose(leaf[k].grad, grads[k]) for k in leaf))
velocity = {k: torch.zeros_like(v) for k, v in params.items()}
for step in range(30):
    loss, grads = loss_and_gradients(params, x, y, reg=1e-3)
    for k in params:
        velocity[k] = 0.9 * velocity[k] - 0.1 * grads[k]
        params[k] += velocity[k]
    if step % 10 == 0:
        print("iteration %d / 30: loss %f" % (step, loss))
pred = (x.mm(params["W1"]) + params["b1"]).clamp(0).mm(params["W2"]).add(params["b2"]).argmax(dim=1)
print(pred, (pred == y).double().mean().item() * 100)


def flatten(x):
    N = x.shape[0]
    return x.view(N, -1)


class Flatten(nn.Module):
    def forward(self, x):
        return flatten(x)


class ThreeLayerConvNet(nn.Module):
    def __init__(self, in_channel, channel_1, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channel, channel_1, 5, padding=2)
        self.fc = nn.Linear(channel_1 * 8 * 8, num_classes)
        nn.init.kaiming_normal_(self.conv1.weight)
        nn.init.constant_(self.conv1.bias, 0)

    def forward(self, x):
        return self.fc(flatten(F.relu(self.conv1(x))))


print(tuple(ThreeLayerConvNet(3, 4, 10)(torch.zeros((5, 3, 8, 8), dtype=torch.float32)).size()))
model = nn.Sequential(
    OrderedDict(
        [("flatten", Flatten()), ("fc1", nn.Linear(5, 4)), ("relu1", nn.ReLU()), ("fc2", nn.Linear(4, 3, bias=False))]
    )
)
print(model, model.fc1.out_features, [name for name, _ in model.named_children()])


def check_accuracy(batches, model):
    num_correct, num_samples = 0, 0
    model.eval()
    with torch.no_grad():
        for x, y in batches:
            x = x.to(device="cpu", dtype=torch.float32)
            y = y.to(device="cpu", dtype=torch.long)
            scores = model(x)
            _, preds = scores.max(1)
            num_correct += (preds == y).sum()
            num_samples += preds.size(0)
        acc = float(num_correct) / num_samples
        print("Got %d / %d correct (%.2f)" % (num_correct, num_samples, 100 * acc))


for i, p in enumerate(model.parameters()):
    p.data = torch.sin(torch.arange(p.numel()).float() + i).view(p.size())
optimizer = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9, nesterov=True)
for t in range(40):
    model.train()
    loss = F.cross_entropy(model(x.float()), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if t % 20 == 0:
        print("Iteration %d, loss = %.4f" % (t, loss.item()))
check_accuracy([(x[:3], y[:3]), (x[3:], y[3:])], model)
