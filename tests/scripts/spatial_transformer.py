"""A spatial transformer: a network that turns, moves and scales its own input, beginning with the identity."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(1, 4, kernel_size=5)
        self.conv2 = nn.Conv2d(4, 6, kernel_size=3)
        self.conv2_drop = nn.Dropout2d(p=0.0)
        self.fc1 = nn.Linear(24, 8)
        self.fc2 = nn.Linear(8, 3)
        self.localization = nn.Sequential(
            nn.Conv2d(1, 3, kernel_size=5),
            nn.MaxPool2d(2, stride=2),
            nn.ReLU(True),
            nn.Conv2d(3, 4, kernel_size=3),
            nn.MaxPool2d(2, stride=2),
            nn.ReLU(True),
        )
        self.fc_loc = nn.Sequential(nn.Linear(4 * 2 * 2, 8), nn.ReLU(True), nn.Linear(8, 3 * 2))

    def stn(self, x):
        xs = self.localization(x)
        xs = xs.view(-1, 4 * 2 * 2)
        theta = self.fc_loc(xs)
        theta = theta.view(-1, 2, 3)
        grid = F.affine_grid(theta, x.size(), align_corners=False)
        return F.grid_sample(x, grid, align_corners=False)

    def forward(self, x):
        x = self.stn(x)
        x = F.relu(F.max_pool2d(self.conv1(x), 2))
        x = F.relu(F.max_pool2d(self.conv2_drop(self.conv2(x)), 2))
        x = x.view(-1, 24)
        x = F.relu(self.fc1(x))
        x = F.dropout(x, p=0.0, training=self.training)
        return F.log_softmax(self.fc2(x), dim=1)


model = Net()
for i, p in enumerate(model.parameters()):
    p.data.copy_(torch.sin(torch.arange(p.numel()).float() + i).view_as(p) * 0.3)
model.fc_loc[2].weight.data.zero_()
model.fc_loc[2].bias.data.copy_(torch.tensor([1, 0, 0, 0, 1, 0], dtype=torch.float))
grid = torch.arange(16 * 16).float().view(1, 1, 16, 16)
data = torch.cat([torch.sin(grid / (3 + k)) for k in range(6)])
target = torch.tensor([0, 1, 2, 0, 1, 2])
print(torch.allclose(model.stn(data), data, atol=1e-4))
optimizer = optim.SGD(model.parameters(), lr=0.05)
for epoch in range(5):
    model.train()
    optimizer.zero_grad()
    output = model(data)
    loss = F.nll_loss(output, target)
    loss.backward()
    optimizer.step()
    print("Train Epoch: {}\tLoss: {:.4f}".format(epoch, loss.item()))
print(" ".join("%.3f" % b for b in model.fc_loc[2].bias.data))
turn = torch.tensor([[[0.8, -0.6, 0.1], [0.6, 0.8, -0.2]]])
for mode in ("bilinear", "nearest"):
    for padding_mode in ("zeros", "border", "reflection"):
        for align_corners in (False, True):
            where = F.affine_grid(turn, (1, 1, 5, 6), align_corners=align_corners)
            moved = F.grid_sample(data[:1], where, mode=mode, padding_mode=padding_mode, align_corners=align_corners)
            print(mode, padding_mode, align_corners, list(moved.shape), "%.3f" % moved.sum())
