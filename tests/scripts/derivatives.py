"""Derivatives inside losses: a differential equation, a gradient penalty, learning to learn, a flow, an ODE, a policy."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.autograd import grad


def settle(model, scale=0.5):
    for i, p in enumerate(model.parameters()):
        p.data = (torch.sin(torch.arange(p.numel(), dtype=p.dtype) + i) * scale).view(p.shape)
    return model


# u'' + u = 0, u(0) = 0, u'(0) = 1
net = settle(nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1)))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(6):
    t = torch.linspace(0, 2, 11).view(-1, 1).requires_grad_(True)
    u = net(t)
    u_t = grad(u, t, grad_outputs=torch.ones_like(u), create_graph=True)[0]
    u_tt = torch.autograd.grad(u_t, t, torch.ones_like(u_t), create_graph=True, retain_graph=True)[0]
    loss = torch.mean((u_tt + u) ** 2) + u[0].pow(2).squeeze() + (u_t[0] - 1).pow(2).squeeze()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print("ode %d %.4f" % (step, loss))
# a gradient penalty
critic = settle(nn.Sequential(nn.Linear(2, 6), nn.LeakyReLU(0.2), nn.Linear(6, 1)))
real, fake = torch.sin(torch.arange(10.0)).view(5, 2), torch.cos(torch.arange(10.0)).view(5, 2) * 2
alpha = torch.linspace(0, 1, 5).view(5, 1).expand_as(real)
interpolates = (alpha * real.data + (1 - alpha) * fake.data).requires_grad_(True)
d_interpolates = critic(interpolates)
gradients = grad(
    outputs=d_interpolates,
    inputs=interpolates,
    grad_outputs=torch.ones(d_interpolates.size()),
    create_graph=True,
    retain_graph=True,
    only_inputs=True,
)[0]
gradients = gradients.view(gradients.size(0), -1)
gradient_penalty = ((gradients.norm(2, dim=1) - 1) ** 2).mean() * 10
d_loss = -torch.mean(critic(real)) + torch.mean(critic(fake)) + gradient_penalty
d_loss.backward()
print("%.4f %.4f %.4f" % (gradient_penalty, d_loss, critic[0].weight.grad.abs().sum()))
for p in critic.parameters():
    p.data.clamp_(-0.01, 0.01)
print("%.2f" % max(p.abs().max().item() for p in critic.parameters()))
# learning to learn
theta = torch.tensor([0.3, -0.2], requires_grad=True)
meta = torch.optim.SGD([theta], lr=0.1)
for epoch in range(3):
    meta.zero_grad()
    total = 0.0
    for amplitude in (1.0, 2.0):
        x = torch.linspace(-1, 1, 7)
        y = amplitude * x + 0.5
        inner = F.mse_loss(theta[0] * x + theta[1], y)
        (g,) = torch.autograd.grad(inner, [theta], create_graph=True)
        fast = theta - 0.5 * g
        total = total + F.mse_loss(fast[0] * x + fast[1], y)
    total.backward()
    meta.step()
    print("maml %.5f %.4f %.4f" % (total, theta[0], theta[1]))


# a flow
class Coupling(nn.Module):
    def __init__(self, mask):
        super().__init__()
        self.register_buffer("mask", mask)
        self.s = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 2), nn.Tanh())
        self.t = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 2))

    def forward(self, x):
        x_ = x * self.mask
        s, t = self.s(x_) * (1 - self.mask), self.t(x_) * (1 - self.mask)
        return x_ + (1 - self.mask) * (x * torch.exp(s) + t), s.sum(dim=1)

    def inverse(self, z):
        z_ = z * self.mask
        s, t = self.s(z_) * (1 - self.mask), self.t(z_) * (1 - self.mask)
        return z_ + (1 - self.mask) * (z - t) * torch.exp(-s)


flow = nn.ModuleList([settle(Coupling(torch.tensor(m))) for m in ([0.0, 1.0], [1.0, 0.0])])
optimizer = torch.optim.Adam(flow.parameters(), lr=5e-3)
for step in range(4):
    z, log_det = real, real.new_zeros(real.shape[0])
    for f in flow:
        z, ld = f(z)
        log_det += ld
    prior = -0.5 * (z**2 + math.log(2 * math.pi)).sum(1)
    loss = -(prior + log_det).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print("flow %.4f" % loss.item())
with torch.no_grad():
    z = real
    for f in flow:
        z = f(z)[0]
    for f in reversed(flow):
        z = f.inverse(z)
print(torch.allclose(z, real, atol=1e-5))
J = torch.autograd.functional.jacobian(lambda v: flow[0](v.unsqueeze(0))[0].squeeze(0), real[0])
print(
    list(J.shape),
    "%.4f %.4f" % (J[0, 0], J[1, 1]),
    torch.autograd.functional.hessian(lambda v: (v**3).sum(), real[0]).diagonal(),
)


# an ODE by Euler and Runge-Kutta
def rk4(f, y, dt):
    k1 = f(y)
    k2 = f(y + dt * k1 / 2)
    k3 = f(y + dt * k2 / 2)
    k4 = f(y + dt * k3)
    return y + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


A = torch.tensor([[-0.1, 2.0], [-2.0, -0.1]], requires_grad=True)
y, path = torch.tensor([2.0, 0.0]), []
for _ in range(20):
    y = rk4(lambda v: v @ A, y, 0.1)
    path.append(y)
path = torch.stack(path)
path.pow(2).mean().backward()
print(path[-1].detach(), "%.4f" % A.grad.norm())
# a policy's gradient
policy = settle(nn.Sequential(nn.Linear(2, 6), nn.ReLU(), nn.Linear(6, 3), nn.Softmax(dim=-1)))
states, actions, rewards = real, torch.tensor([0, 2, 1, 1, 0]), [1.0, 0.0, 2.0, 0.5, 1.0]
returns, R = [], 0
for r in rewards[::-1]:
    R = r + 0.9 * R
    returns.insert(0, R)
returns = torch.tensor(returns)
returns = (returns - returns.mean()) / (returns.std() + 1e-9)
probs = policy(states)
log_prob = torch.log(probs.gather(1, actions.unsqueeze(1)).squeeze(1))
entropy = -(probs * probs.log()).sum(-1).mean()
loss = torch.cat([(-lp * r).unsqueeze(0) for lp, r in zip(log_prob, returns)]).sum() - 0.01 * entropy
loss.backward()
print("%.4f %.4f %.4f" % (loss, entropy, policy[0].weight.grad.abs().sum()))
q_net, target_net = settle(nn.Linear(2, 3)), nn.Linear(2, 3)
target_net.load_state_dict(q_net.state_dict())
non_final_mask = torch.tensor(tuple(map(lambda s: s is not None, [1, 1, None, 1, None])), dtype=torch.bool)
next_state_values = torch.zeros(5)
with torch.no_grad():
    next_state_values[non_final_mask] = target_net(states[non_final_mask]).max(1).values
expected = (next_state_values * 0.99) + torch.tensor(rewards)
state_action_values = q_net(states).gather(1, actions.view(-1, 1))
loss = nn.SmoothL1Loss()(state_action_values, expected.unsqueeze(1))
loss.backward()
torch.nn.utils.clip_grad_value_(q_net.parameters(), 100)
print("%.4f" % loss)
target_dict, policy_dict = target_net.state_dict(), q_net.state_dict()
for key in policy_dict:
    target_dict[key] = policy_dict[key] * 0.005 + target_dict[key] * (1 - 0.005)
target_net.load_state_dict(target_dict)
# distillation
teacher, student = settle(nn.Linear(2, 4), 1.0), settle(nn.Linear(2, 4), 0.3)
T = 2.0
soft = nn.KLDivLoss(reduction="batchmean")(F.log_softmax(student(real) / T, dim=1), F.softmax(teacher(real) / T, dim=1))
soft_by_hand = torch.sum(
    F.softmax(teacher(real) / T, -1) * (F.softmax(teacher(real) / T, -1).log() - F.log_softmax(student(real) / T, -1))
) / real.size(0)
print("%.5f %.5f" % (soft * T * T, soft_by_hand * T**2))
