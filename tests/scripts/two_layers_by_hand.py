"""A two-layer network without autograd, then with it: the gradients agree."""

import torch

dtype = torch.float
device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
N, D_in, H, D_out = 8, 10, 6, 3
x = torch.cos(torch.arange(N * D_in, device=device, dtype=dtype)).reshape(N, D_in)
y = torch.sin(torch.arange(N * D_out, device=device, dtype=dtype)).view(N, D_out)
w1 = 0.3 * torch.sin(torch.arange(D_in * H, dtype=dtype)).view(D_in, H)
w2 = 0.3 * torch.cos(torch.arange(H * D_out, dtype=dtype)).view(H, D_out)
learning_rate = 1e-2
for t in range(20):
    h = x.mm(w1)
    h_relu = h.clamp(min=0)
    y_pred = h_relu.mm(w2)
    loss = (y_pred - y).pow(2).sum().item()
    grad_y_pred = 2.0 * (y_pred - y)
    grad_w2 = h_relu.t().mm(grad_y_pred)
    grad_h_relu = grad_y_pred.mm(w2.t())
    grad_h = grad_h_relu.clone()
    grad_h[h < 0] = 0
    grad_w1 = x.t().mm(grad_h)
    if t % 5 == 0:
        print(t, f"{loss:.4f}")
    w1 -= learning_rate * grad_w1
    w2 -= learning_rate * grad_w2
a, b = w1.clone().requires_grad_(), w2.clone().requires_grad_(True)
(x.mm(a).clamp(min=0).mm(b) - y).pow(2).sum().backward()
print(tuple(a.grad.size()), a.grad.norm().item() > 0, b.grad.shape == b.shape)
print(torch.allclose(b.grad, (x @ w1).clamp(min=0).t() @ (2 * ((x @ w1).clamp(min=0) @ w2 - y)), atol=1e-5))
