"""Linear regression with gradients written into ``.data``, as the first tutorials do it."""

import torch

x = torch.linspace(-1, 1, 20).view(-1, 1)
y = 3 * x + 0.5 + 0.1 * torch.sin(20 * x)
w = torch.zeros(1, 1, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
for epoch in range(60):
    y_pred = x.mm(w) + b
    loss = (y_pred - y).pow(2).mean()
    loss.backward()
    w.data -= 0.3 * w.grad.data
    b.data.sub_(0.3 * b.grad)
    w.grad.zero_()
    b.grad.data.zero_()
    if epoch % 20 == 0:
        print(epoch, "%.5f" % loss.item())
print(f"w {w.item():.4f} b {b.data[0]:.4f} loss {loss.data:.5f}")
