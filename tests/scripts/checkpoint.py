"""Saving and loading .pth files: state dicts, a general checkpoint, warm starts."""

import os
import tempfile

import torch
from torch import nn, optim


class TheModelClass(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 2, 3)
        self.bn = nn.BatchNorm2d(2)
        self.fc = nn.Linear(2 * 2 * 2, 2)

    def forward(self, x):
        return self.fc(torch.relu(self.bn(self.conv1(x))).view(-1, 8))


def step(model, optimizer):
    optimizer.zero_grad()
    loss = model(torch.sin(torch.arange(48.0)).view(3, 1, 4, 4)).pow(2).sum()
    loss.backward()
    optimizer.step()
    return loss.item()


model = TheModelClass()
for i, p in enumerate(model.parameters()):
    p.data = torch.cos(torch.arange(p.numel()).float() + i).view(p.shape)
optimizer = optim.SGD(model.parameters(), lr=0.001, momentum=0.9)
for param_tensor in model.state_dict():
    print(param_tensor, "\t", tuple(model.state_dict()[param_tensor].size()))
print("%.4f" % step(model, optimizer), list(optimizer.state_dict()), sorted(optimizer.state_dict()["state"]))
folder = tempfile.mkdtemp()
PATH = os.path.join(folder, "model.pth")
torch.save(model.state_dict(), PATH)
other = TheModelClass()
print(other.load_state_dict(torch.load(PATH, weights_only=True)))
other.eval()
CHECKPOINT = os.path.join(folder, "checkpoint.tar.pth")
torch.save(
    {"epoch": 5, "model_state_dict": model.state_dict(), "optimizer_state_dict": optimizer.state_dict(), "loss": 0.4},
    CHECKPOINT,
)
resumed = TheModelClass()
resumed_optimizer = optim.SGD(resumed.parameters(), lr=0.5, momentum=0.9)
checkpoint = torch.load(CHECKPOINT, map_location=torch.device("cpu"), weights_only=True)
resumed.load_state_dict(checkpoint["model_state_dict"])
resumed_optimizer.load_state_dict(checkpoint["optimizer_state_dict"])
print(checkpoint["epoch"], checkpoint["loss"], resumed_optimizer.param_groups[0]["lr"])
print("%.4f" % step(model, optimizer), "%.4f" % step(resumed, resumed_optimizer))
print(resumed.load_state_dict({"fc.bias": torch.zeros(2)}, strict=False).missing_keys[:2])
