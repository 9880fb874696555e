"""A character model as a well-known lecture builds it: counts, one layer, an embedding, batch norm and its gradient by hand."""

import torch
import torch.nn.functional as F

words = ["emma", "olivia", "ava", "isabella", "sophia", "mia", "amelia", "evelyn", "abigail", "harper"]
chars = sorted(list(set("".join(words))))
stoi = {s: i + 1 for i, s in enumerate(chars)}
stoi["."] = 0
itos = {i: s for s, i in stoi.items()}
vocab_size = len(itos)
N = torch.zeros((vocab_size, vocab_size), dtype=torch.int32)
for w in words:
    chs = ["."] + list(w) + ["."]
    for ch1, ch2 in zip(chs, chs[1:]):
        N[stoi[ch1], stoi[ch2]] += 1
print(N[0], N.dtype, N.sum().item())
P = (N + 1).float()
P /= P.sum(1, keepdims=True)
print(P[0].sum(), P.shape == (vocab_size, vocab_size))
log_likelihood, n = 0.0, 0
for w in words:
    chs = ["."] + list(w) + ["."]
    for ch1, ch2 in zip(chs, chs[1:]):
        prob = P[stoi[ch1], stoi[ch2]]
        log_likelihood += torch.log(prob)
        n += 1
print(f"{log_likelihood=}", f"nll={-log_likelihood / n:.4f}")
g = torch.Generator().manual_seed(2147483647)
ix = 0
for _ in range(5):
    ix = torch.multinomial(P[ix], num_samples=1, replacement=True, generator=g).item()
    assert 0 <= ix < vocab_size
xs, ys = [], []
for w in words:
    chs = ["."] + list(w) + ["."]
    for ch1, ch2 in zip(chs, chs[1:]):
        xs.append(stoi[ch1])
        ys.append(stoi[ch2])
xs = torch.tensor(xs)
ys = torch.tensor(ys)
num = xs.nelement()
print("number of examples:", num)
W = torch.randn((vocab_size, vocab_size), generator=g, requires_grad=True)
W.data = torch.sin(torch.arange(vocab_size**2).float()).view(vocab_size, vocab_size)
for k in range(5):
    xenc = F.one_hot(xs, num_classes=vocab_size).float()
    logits = xenc @ W
    counts = logits.exp()
    probs = counts / counts.sum(1, keepdims=True)
    loss = -probs[torch.arange(num), ys].log().mean() + 0.01 * (W**2).mean()
    W.grad = None
    loss.backward()
    W.data += -10 * W.grad
    print("%.4f" % loss.item())


def build_dataset(words, block_size=3):
    X, Y = [], []
    for w in words:
        context = [0] * block_size
        for ch in w + ".":
            ix = stoi[ch]
            X.append(context)
            Y.append(ix)
            context = context[1:] + [ix]
    return torch.tensor(X), torch.tensor(Y)


X, Y = build_dataset(words)
print(list(X.shape), X.dtype, list(Y.shape), X[:3])


def wave(*shape, scale=1.0, start=0.0):
    count = 1
    for s in shape:
        count *= s
    return torch.sin(torch.arange(count).float() * 1.7 + start).reshape(shape) * scale


n_embd, n_hidden = 4, 12
C = wave(vocab_size, n_embd)
W1 = wave(n_embd * 3, n_hidden, scale=(5 / 3) / (n_embd * 3) ** 0.5, start=1)
b1 = wave(n_hidden, scale=0.1, start=2)
W2 = wave(n_hidden, vocab_size, scale=0.1, start=3)
b2 = wave(vocab_size, scale=0.1, start=4)
bngain = wave(1, n_hidden, scale=0.1, start=5) + 1.0
bnbias = wave(1, n_hidden, scale=0.1, start=6)
parameters = [C, W1, b1, W2, b2, bngain, bnbias]
print(sum(p.nelement() for p in parameters))
for p in parameters:
    p.requires_grad = True


def cmp(s, dt, t):
    app = torch.allclose(dt, t.grad, atol=1e-6)
    maxdiff = (dt - t.grad).abs().max().item()
    print(f"{s:15s} | approximate: {str(app):5s} | maxdiff below 1e-6: {maxdiff < 1e-6}")


Xb, Yb, n = X[:32], Y[:32], 32
emb = C[Xb]
embcat = emb.view(emb.shape[0], -1)
hprebn = embcat @ W1 + b1
bnmeani = 1 / n * hprebn.sum(0, keepdim=True)
bndiff = hprebn - bnmeani
bndiff2 = bndiff**2
bnvar = 1 / (n - 1) * (bndiff2).sum(0, keepdim=True)
bnvar_inv = (bnvar + 1e-5) ** -0.5
bnraw = bndiff * bnvar_inv
hpreact = bngain * bnraw + bnbias
h = torch.tanh(hpreact)
logits = h @ W2 + b2
logit_maxes = logits.max(1, keepdim=True).values
norm_logits = logits - logit_maxes
counts = norm_logits.exp()
counts_sum = counts.sum(1, keepdims=True)
counts_sum_inv = counts_sum**-1
probs = counts * counts_sum_inv
logprobs = probs.log()
loss = -logprobs[range(n), Yb].mean()
for p in parameters:
    p.grad = None
for t in [logprobs, probs, counts, counts_sum, counts_sum_inv, norm_logits, logit_maxes, logits, h, hpreact, bnraw]:
    t.retain_grad()
for t in [bnvar_inv, bnvar, bndiff2, bndiff, hprebn, bnmeani, embcat, emb]:
    t.retain_grad()
loss.backward()
print("%.5f" % loss)
dlogprobs = torch.zeros_like(logprobs)
dlogprobs[range(n), Yb] = -1.0 / n
dprobs = (1.0 / probs) * dlogprobs
dcounts_sum_inv = (counts * dprobs).sum(1, keepdim=True)
dcounts = counts_sum_inv * dprobs
dcounts_sum = (-(counts_sum**-2)) * dcounts_sum_inv
dcounts += torch.ones_like(counts) * dcounts_sum
dnorm_logits = counts * dcounts
dlogits = dnorm_logits.clone()
dlogit_maxes = (-dnorm_logits).sum(1, keepdim=True)
dlogits += F.one_hot(logits.max(1).indices, num_classes=logits.shape[1]) * dlogit_maxes
dh = dlogits @ W2.T
dW2 = h.T @ dlogits
db2 = dlogits.sum(0)
dhpreact = (1.0 - h**2) * dh
dbngain = (bnraw * dhpreact).sum(0, keepdim=True)
dbnraw = bngain * dhpreact
dbnbias = dhpreact.sum(0, keepdim=True)
dbndiff = bnvar_inv * dbnraw
dbnvar_inv = (bndiff * dbnraw).sum(0, keepdim=True)
dbnvar = (-0.5 * (bnvar + 1e-5) ** -1.5) * dbnvar_inv
dbndiff2 = (1.0 / (n - 1)) * torch.ones_like(bndiff2) * dbnvar
dbndiff += (2 * bndiff) * dbndiff2
dhprebn = dbndiff.clone()
dbnmeani = (-dbndiff).sum(0)
dhprebn += 1.0 / n * (torch.ones_like(hprebn) * dbnmeani)
dembcat = dhprebn @ W1.T
dW1 = embcat.T @ dhprebn
db1 = dhprebn.sum(0)
demb = dembcat.view(emb.shape)
dC = torch.zeros_like(C)
for k in range(Xb.shape[0]):
    for j in range(Xb.shape[1]):
        dC[Xb[k, j]] += demb[k, j]
for name, own, t in (
    ("logprobs", dlogprobs, logprobs),
    ("probs", dprobs, probs),
    ("counts", dcounts, counts),
    ("logits", dlogits, logits),
    ("logit_maxes", dlogit_maxes, logit_maxes),
    ("h", dh, h),
    ("W2", dW2, W2),
    ("b2", db2, b2),
    ("bngain", dbngain, bngain),
    ("bnbias", dbnbias, bnbias),
    ("bnvar", dbnvar, bnvar),
    ("hprebn", dhprebn, hprebn),
    ("W1", dW1, W1),
    ("b1", db1, b1),
    ("emb", demb, emb),
    ("C", dC, C),
):
    cmp(name, own, t)
dlogits = F.softmax(logits, 1)
dlogits[range(n), Yb] -= 1
dlogits /= n
print(torch.allclose(dlogits, logits.grad, atol=1e-6))


class Linear:
    def __init__(self, fan_in, fan_out, bias=True):
        self.weight = wave(fan_in, fan_out, scale=fan_in**-0.5)
        self.bias = torch.zeros(fan_out) if bias else None

    def __call__(self, x):
        self.out = x @ self.weight
        if self.bias is not None:
            self.out += self.bias
        return self.out

    def parameters(self):
        return [self.weight] + ([] if self.bias is None else [self.bias])


class BatchNorm1d:
    def __init__(self, dim, eps=1e-5, momentum=0.1):
        self.eps, self.momentum, self.training = eps, momentum, True
        self.gamma, self.beta = torch.ones(dim), torch.zeros(dim)
        self.running_mean, self.running_var = torch.zeros(dim), torch.ones(dim)

    def __call__(self, x):
        if self.training:
            dim = 0 if x.ndim == 2 else (0, 1)
            xmean, xvar = x.mean(dim, keepdim=True), x.var(dim, keepdim=True)
        else:
            xmean, xvar = self.running_mean, self.running_var
        xhat = (x - xmean) / torch.sqrt(xvar + self.eps)
        self.out = self.gamma * xhat + self.beta
        if self.training:
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * xmean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * xvar
        return self.out

    def parameters(self):
        return [self.gamma, self.beta]


class Tanh:
    def __call__(self, x):
        self.out = torch.tanh(x)
        return self.out

    def parameters(self):
        return []


layers = [Linear(12, 10, bias=False), BatchNorm1d(10), Tanh(), Linear(10, vocab_size), BatchNorm1d(vocab_size)]
parameters = [C.detach()] + [p for layer in layers for p in layer.parameters()]
for p in parameters:
    p.requires_grad = True
ud = []
for i in range(6):
    x = parameters[0][X].view(X.shape[0], -1)
    for layer in layers:
        x = layer(x)
    loss = F.cross_entropy(x, Y)
    for layer in layers:
        layer.out.retain_grad()
    for p in parameters:
        p.grad = None
    loss.backward()
    lr = 0.1
    for p in parameters:
        p.data += -lr * p.grad
    with torch.no_grad():
        ud.append([((lr * p.grad).std() / p.data.std()).log10().item() for p in parameters if p.ndim == 2])
    print("%d %.4f" % (i, loss.item()))
t = layers[2].out
print(t.mean().item() < 1, "%.2f%%" % ((t.abs() > 0.97).float().mean() * 100), " ".join("%.3f" % u for u in ud[-1]))
hy, hx = torch.histc(t, bins=4, min=-1, max=1).tolist(), layers[2].out.grad.std()
print(hy, "%.5f" % hx)
for layer in layers:
    if hasattr(layer, "training"):
        layer.training = False
x = parameters[0][X].view(-1, 12)
for layer in layers:
    x = layer(x)
print("%.4f" % F.cross_entropy(x, Y), F.softmax(x, dim=1).topk(2, dim=1).indices[0])
