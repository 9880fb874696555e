"""A quiz on tensors: shapes, views, indexing, reductions, masks, types, and how all of it is printed."""

import torch

x = torch.arange(12)
print(x, x.shape == (12,), x.numel(), x.dtype)
X = x.reshape(3, 4)
print(X, X[-1], X[1:3], X[:, 1], X[1, 2], X[1][2].item())
X[1, 2] = 17
X[:2, :] = 12
print(X, x[:4])
print(torch.zeros((2, 3, 4)), torch.ones(1, 3), torch.eye(2), torch.full((2, 2), 7))
print(torch.tensor([[2, 1, 4, 3], [1, 2, 3, 4]]), torch.linspace(0, 1, 5), torch.logspace(0, 2, 3))
x = torch.tensor([1.0, 2, 4, 8])
y = torch.tensor([2, 2, 2, 2])
print(x + y, x - y, x * y, x / y, x**y, x // 3, x % 3, -x, 2**y, 1 / x)
print(torch.exp(x), x.log(), x.sqrt(), torch.abs(-x), x.sum(), x.mean(), x.std(), x.var(unbiased=False))
X, Y = torch.arange(12, dtype=torch.float32).reshape((3, 4)), torch.tensor([[2.0, 1, 4, 3], [1, 2, 3, 4], [4, 3, 2, 1]])
print(torch.cat((X, Y), dim=0), torch.cat((X, Y), dim=1), X == Y, X > Y, torch.stack([X, Y], 2).shape[2])
a, b = torch.arange(3).reshape((3, 1)), torch.arange(2).reshape((1, 2))
print(a + b, (a * b).sum(), (a == b).any(), (a >= 0).all())
before = id(Y)
Y[:] = X + Y
print(id(Y) == before)
X += Y
print(X.sum(axis=0), X.sum(axis=[0, 1]), X.mean(axis=1), X.cumsum(axis=0)[-1], X.max(), X.min(dim=1), X.argmax())
A = torch.arange(6.0).view(2, 3)
v = torch.tensor([1.0, 2, 3])
print(A.T, torch.mv(A, v), torch.mm(A, A.T), torch.dot(v, v), torch.norm(v), v.norm(1), A @ v, torch.outer(v, v))
print(
    A.permute(1, 0).contiguous().view(-1),
    A.t().reshape(6),
    A.transpose(0, 1).shape[0],
    list(A.unsqueeze(0).squeeze().shape),
)
B = torch.arange(24).view(2, 3, 4)
print(
    B[0, :, ::2],
    B[..., 0],
    B[:, None].shape[1],
    B.flatten(1).shape[1],
    B.swapaxes(0, 2).shape[0],
    B.movedim(0, -1).size(2),
)
print(
    B.split(2, dim=1)[1].shape[1],
    [c.shape[2] for c in B.chunk(3, dim=2)],
    B.unbind(0)[1][0],
    B.flip(2)[0, 0],
    B.roll(1, 2)[0, 0],
)
mask = B > 20
print(
    B[mask],
    B.masked_fill(mask, 0)[1, 2],
    torch.where(mask, -B, B)[1, 2],
    mask.sum().item(),
    mask.nonzero()[0],
    ~mask[1, 2],
)
idx = torch.tensor([[0, 2], [1, 0]])
src = torch.tensor([[10.0, 20, 30], [40, 50, 60]])
print(
    src.gather(1, idx),
    torch.zeros(2, 3).scatter_(1, idx, 1.0),
    src[[1, 0]],
    src[:, [2, 0]],
    src.index_select(1, torch.tensor([0])),
)
print(
    src.topk(2),
    src.sort(descending=True)[0],
    src.flatten().argsort(descending=True),
    torch.unique(torch.tensor([3, 1, 3])),
)
print(
    torch.meshgrid(torch.arange(2), torch.arange(3), indexing="ij")[1],
    torch.tril(torch.ones(3, 3)),
    torch.triu(torch.ones(2, 2), 1),
)
print(
    torch.einsum("bij,bjk->bik", B.float(), B.float().transpose(1, 2)).sum(),
    torch.bmm(B.float(), B.float().mT).shape[2],
)
print(
    torch.tensor([1, 2]).repeat(2, 2),
    torch.tensor([1, 2]).repeat_interleave(2),
    torch.tensor([1, 2]).expand(2, 2),
    torch.tile(torch.tensor([1]), (2,)),
)
print(
    torch.clamp(torch.tensor([-2.0, 0.3, 5]), -1, 1),
    torch.round(torch.tensor([0.5, 1.5, -1.2])),
    torch.floor(torch.tensor(-0.5)),
    torch.sign(torch.tensor(-3)),
)
print(
    torch.tensor([True, False]) & torch.tensor([True, True]),
    torch.tensor([True]) | torch.tensor([False]),
    torch.logical_not(torch.tensor([0, 1])),
)
print(
    torch.tensor([1, 2, 3]).float(),
    torch.tensor([1.7, -1.7]).int(),
    torch.tensor([0, 1]).bool(),
    torch.tensor(3).double(),
    torch.tensor([1.5]).half(),
)
print(
    (torch.tensor([1]) + 1.5).dtype,
    (torch.tensor([1], dtype=torch.int32) + torch.tensor([1])).dtype,
    (torch.tensor([1]) / 2).dtype,
    (torch.ones(1) * torch.ones(1, dtype=torch.double)).dtype,
)
print(
    torch.tensor([1, 2], dtype=torch.uint8),
    torch.tensor(2.0).type(),
    torch.zeros(2).type(torch.int64),
    torch.ones(2).to(torch.float64),
    torch.ones(1).type("torch.LongTensor"),
)
print(torch.tensor(3.5), torch.tensor(7), torch.tensor(True), torch.tensor([]), torch.zeros(0, 3), torch.tensor([[]]))
print(
    torch.tensor([1e-8, 1.0]),
    torch.tensor([1e10, 1.0]),
    torch.tensor([123456.789]),
    torch.tensor([0.1, 0.22, 0.333]),
    torch.tensor([1.0, float("inf"), float("nan")]),
)
print(
    torch.tensor([[1.5, -2.25], [100.0, 0.001]]),
    torch.tensor([[1, -20], [300, 4]]),
    torch.tensor([-1.0, 2.0]),
    torch.tensor([1000000.0, 2.0]),
)
print(torch.arange(2000), torch.arange(1200.0).view(30, 40), torch.zeros(3, 2, 2), torch.zeros(1, 1, 2, 2))
print(
    torch.ones(2, requires_grad=True),
    (torch.ones(2, requires_grad=True) * 2).detach(),
    torch.ones(2, dtype=torch.float64),
    repr(torch.tensor([1])),
)
print(
    f"{torch.tensor(3.14159):.2f} {torch.tensor(5)} {torch.tensor(2.5).item():>8}",
    "%d %s" % (torch.tensor(4), torch.tensor(1.0)),
)
print(
    int(torch.tensor(3.7)),
    float(torch.tensor(2)),
    bool(torch.tensor([1])),
    torch.tensor([[5]]).item(),
    len(torch.zeros(4, 2)),
    [t.item() for t in torch.arange(3)],
    torch.arange(4).tolist(),
)
print(
    torch.is_tensor(x),
    isinstance(x, torch.Tensor),
    x.is_floating_point(),
    torch.equal(x, x.clone()),
    torch.allclose(x, x + 1e-9),
    x.device,
    x.is_leaf,
)
s = torch.zeros(2, 3).size()
print(s[0], s[-1], len(s), s.numel(), tuple(s), list(s), s == torch.Size([2, 3]))
z = torch.zeros(3)
w = z.view(3, 1)
w[0] = 5
u = z.clone()
u[1] = 9
print(z, u, z.data_ptr() == w.data_ptr() if hasattr(z, "data_ptr") else True)
print(
    torch.sum(torch.tensor([[1, 2], [3, 4]]), dim=1),
    torch.prod(torch.tensor([1, 2, 3, 4])),
    torch.cumprod(torch.tensor([1, 2, 3]), 0),
    torch.median(torch.tensor([3.0, 1, 2])),
    torch.mode(torch.tensor([1, 1, 2]))[0] if hasattr(torch, "mode") else torch.tensor(1),
)
print(
    torch.max(torch.tensor([[1, 9], [8, 2]]), dim=0),
    torch.maximum(torch.tensor([1, 5]), torch.tensor([3, 2])),
    torch.max(torch.tensor([1, 5]), torch.tensor([3, 2])),
)
print(
    torch.bincount(torch.tensor([0, 1, 1, 3])),
    torch.nn.functional.one_hot(torch.tensor([0, 2]), num_classes=3),
    torch.diag(torch.tensor([1, 2])),
    torch.trace(torch.eye(3)),
    torch.cdist(torch.zeros(1, 2), torch.tensor([[3.0, 4]])),
)
for bad in (
    lambda: torch.ones(2, 3) @ torch.ones(2, 3),
    lambda: torch.ones(2, 3) + torch.ones(2, 2),
    lambda: torch.arange(5).view(2, 3),
    lambda: torch.ones(3)[5],
    lambda: torch.ones(2, requires_grad=True).numpy(),
    lambda: torch.ones(2).backward(),
    lambda: torch.cat([torch.ones(2, 3), torch.ones(3, 2)]),
    lambda: torch.tensor([1, 2]).item(),
    lambda: torch.tensor([1, 2], requires_grad=True),
    lambda: bool(torch.ones(2)),
    lambda: torch.nn.Linear(3, 2)(torch.ones(2, 4)),
    lambda: torch.nn.CrossEntropyLoss()(torch.ones(2, 3), torch.tensor([0, 3])),
    lambda: torch.ones(2).squeeze(3),
):
    try:
        bad()
        print("no error")
    except Exception as e:
        print(type(e).__name__)
