"""The sixty minutes' tour: tensors, autograd, a network by hand, and a classifier of pictures that is saved and read."""

import os
import tempfile

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

# --- tensors
data = [[1, 2], [3, 4]]
x_data = torch.tensor(data)
np_array = np.array(data)
x_np = torch.from_numpy(np_array)
x_ones = torch.ones_like(x_data)
print(f"Ones Tensor: \n {x_ones} \n")
x_rand = torch.rand_like(x_data, dtype=torch.float)
print(x_rand.dtype, x_rand.shape == x_data.shape)
shape = (2, 3)
print(torch.rand(shape).size() == shape, torch.zeros(shape))
tensor = torch.ones(4, 4)
print(f"Shape of tensor: {tuple(tensor.shape)}")
print(f"Datatype of tensor: {tensor.dtype}")
print(f"Device tensor is stored on: {tensor.device}")
if torch.cuda.is_available():
    tensor = tensor.to("cpu")
tensor[:, 1] = 0
print(tensor)
print("First row:", tensor[0], "Last column:", tensor[..., -1])
t1 = torch.cat([tensor, tensor, tensor], dim=1)
print(t1.size(1), tensor.mul(tensor).equal(tensor * tensor))
y1 = tensor @ tensor.T
y2 = tensor.matmul(tensor.T)
y3 = torch.rand_like(y1)
y3.copy_(y1)
print((y1 == y2).all(), (y3 == y1).all().item())
print(tensor, "\n")
tensor.add_(5)
print(tensor.sum().item())
t = torch.ones(5)
n = t.numpy()
t.add_(1)
print(f"t: {t} n: {n}")
n = np.ones(5)
t = torch.from_numpy(n)
np.add(n, 1, out=n)
print(f"t: {t} n: {n}")
x = torch.rand(5, 3).new_ones(5, 3, dtype=torch.double)
x = torch.zeros_like(x, dtype=torch.float)
result = x.view(-1, 5)
print(x.size() == (5, 3), list(result.size()), torch.empty(5, 3).numel(), len(x))

# --- autograd
x = torch.ones(2, 2, requires_grad=True)
print(x)
y = x + 2
print(y.requires_grad, y.grad_fn is not None, x.grad_fn)
z = y * y * 3
out = z.mean()
print(z.tolist(), out.item())
a = torch.ones(2, 2)
a = (a * 3) / (a - 2)
print(a.requires_grad)
a.requires_grad_(True)
b = (a * a).sum()
print(b.requires_grad)
out.backward()
print(x.grad)
x = torch.tensor([0.5, -1.0, 2.0], requires_grad=True)
y = x * 2
while y.data.norm() < 1000:
    y = y * 2
print(y.tolist())
v = torch.tensor([0.1, 1.0, 0.0001], dtype=torch.float)
y.backward(v)
print(x.grad)
with torch.no_grad():
    print((x**2).requires_grad)
y = x.detach()
print(y.requires_grad, x.eq(y).all())
a = torch.tensor([2.0, 3.0], requires_grad=True)
b = torch.tensor([6.0, 4.0], requires_grad=True)
Q = 3 * a**3 - b**2
external_grad = torch.tensor([1.0, 1.0])
Q.backward(gradient=external_grad)
print(9 * a**2 == a.grad)
print(-2 * b == b.grad)


# --- a network
class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), (2, 2))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = x.view(-1, self.num_flat_features(x))
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)

    def num_flat_features(self, x):
        size = x.size()[1:]
        num_features = 1
        for s in size:
            num_features *= s
        return num_features


def settle(model):
    for i, p in enumerate(model.parameters()):
        p.data.copy_(torch.sin(torch.arange(p.numel()).float() * 0.7 + i).view_as(p) * 0.08)


net = Net()
settle(net)
print(net)
params = list(net.parameters())
print(len(params))
print(tuple(params[0].size()))
input = torch.sin(torch.arange(32 * 32).float()).view(1, 1, 32, 32)
out = net(input)
print("%.4f %.4f" % (out[0, 0].item(), out.max().item()))
net.zero_grad()
out.backward(torch.ones(1, 10))
output = net(input)
target = torch.linspace(-1, 1, 10).view(1, -1)
criterion = nn.MSELoss()
loss = criterion(output, target)
print("%.5f" % loss.item())
print(loss.grad_fn is not None, loss.grad_fn.next_functions[0][0] is not None)
net.zero_grad()
print(net.conv1.bias.grad is None)
loss.backward()
print(" ".join("%.4f" % g for g in net.conv1.bias.grad))
learning_rate = 0.01
for f in net.parameters():
    f.data.sub_(f.grad.data * learning_rate)
optimizer = optim.SGD(net.parameters(), lr=0.01)
optimizer.zero_grad()
loss = criterion(net(input), target)
loss.backward()
optimizer.step()
print("%.5f" % criterion(net(input), target))


# --- a classifier
class Pictures(torch.utils.data.Dataset):
    def __len__(self):
        return 12

    def __getitem__(self, i):
        return torch.sin(torch.arange(3 * 32 * 32).float() * (1 + i % 4) / 9).view(3, 32, 32), i % 4


classes = ("plane", "car", "bird", "cat")
trainloader = torch.utils.data.DataLoader(Pictures(), batch_size=4, shuffle=False, num_workers=0)
dataiter = iter(trainloader)
images, labels = next(dataiter)
print(" ".join(f"{classes[labels[j]]:5s}" for j in range(4)))


class Picture(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.pool = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 20)
        self.fc2 = nn.Linear(20, 4)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = torch.flatten(x, 1)
        return self.fc2(F.relu(self.fc1(x)))


net = Picture()
settle(net)
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
for epoch in range(4):
    running_loss = 0.0
    for i, data in enumerate(trainloader, 0):
        inputs, labels = data
        optimizer.zero_grad()
        outputs = net(inputs)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
        if i % 3 == 2:
            print("[%d, %5d] loss: %.3f" % (epoch + 1, i + 1, running_loss / 3))
            running_loss = 0.0
print("Finished Training")
PATH = os.path.join(tempfile.mkdtemp(), "cifar_net.pth")
torch.save(net.state_dict(), PATH)
net = Picture()
print(net.load_state_dict(torch.load(PATH, weights_only=True)))
correct_pred = {classname: 0 for classname in classes}
total_pred = {classname: 0 for classname in classes}
class_correct = list(0.0 for i in range(4))
with torch.no_grad():
    for data in trainloader:
        images, labels = data
        outputs = net(images)
        _, predictions = torch.max(outputs, 1)
        c = (predictions == labels).squeeze()
        for i in range(4):
            class_correct[labels[i]] += c[i].item()
        for label, prediction in zip(labels, predictions):
            if label == prediction:
                correct_pred[classes[label]] += 1
            total_pred[classes[label]] += 1
for classname, correct_count in correct_pred.items():
    accuracy = 100 * float(correct_count) / total_pred[classname]
    print(f"Accuracy for class: {classname:5s} is {accuracy:.1f} %")
print(class_correct)
