"""What learners write, as PyTorch and tinyconv both run it.

Each program is a function of the library; what it prints, or returns, is held against what PyTorch 2.13 gave.  The
numbers of each are its own, so that no generator needs to be alike.
"""

# ruff: noqa: UP008, UP031, UP032, RUF007 - the older forms are what is written
from __future__ import annotations

from typing import Any

import numpy as np


def numbers(*shape: int, scale: float = 1.0) -> np.ndarray:
    """Numbers without a pattern, the same everywhere."""
    count = int(np.prod(shape))
    return (
        (scale * np.sin(np.arange(count) * 1.7 + 0.3) * np.cos(np.arange(count) * 0.37))
        .astype(np.float32)
        .reshape(shape)
    )


def settle(torch: Any, model: Any) -> Any:
    """Give a model parameters that do not depend on a generator."""
    for position, parameter in enumerate(model.parameters()):
        parameter.data.copy_(torch.from_numpy(numbers(*parameter.size(), scale=0.5 / (1 + position % 2))))
    return model


def sgd_by_hand(torch: Any) -> Any:
    x, y = torch.from_numpy(numbers(12, 3)), torch.from_numpy(numbers(12, 1)) * 2 + 1
    w, b = torch.zeros(3, 1, requires_grad=True), torch.zeros(1, requires_grad=True)
    losses = []
    for _ in range(8):
        loss = ((x @ w + b - y) ** 2).mean()
        loss.backward()
        w.data -= 0.1 * w.grad.data
        b.data.add_(b.grad.data, alpha=-0.1)
        w.grad.data.zero_()
        b.grad = None
        losses.append(loss.data)
    return [loss.item() for loss in losses], w.data.clone().numpy(), b.detach().numpy()


def sgd_without_grad(torch: Any) -> Any:
    w = torch.tensor([3.0, -2.0], requires_grad=True)
    for _ in range(5):
        loss = (w**2).sum()
        loss.backward()
        with torch.no_grad():
            w -= 0.1 * w.grad
            w.grad.zero_()
    return w, w.is_leaf, w.requires_grad


def forgotten_zero_grad(torch: Any) -> Any:
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    return [((w * w).sum().backward(), w.grad.tolist())[1] for _ in range(3)]


def writing_to_data(torch: Any) -> Any:
    layer = torch.nn.Linear(2, 3)
    layer.weight.data.fill_(0.5)
    layer.bias.data.zero_()
    first = layer(torch.ones(1, 2)).tolist()
    layer.weight.data[0] = 2
    layer.weight.data[:, 1:] += 1
    layer.bias.data.copy_(torch.tensor([1.0, 2.0, 3.0]))
    layer.bias.data.mul_(2).sub_(1)
    drawn = layer.weight.data.clone().normal_(0, 1)
    drawn.uniform_(-1, 1)
    return first, layer.weight.data, layer.bias.data, layer.weight.requires_grad, drawn.abs().max().item() <= 1


def accuracy(torch: Any) -> Any:
    outputs = torch.from_numpy(numbers(10, 4)).requires_grad_()
    target = torch.arange(10) % 4
    _, predicted = torch.max(outputs.data, 1)
    pred = outputs.data.max(1, keepdim=True)[1]
    pred_too = outputs.argmax(dim=1, keepdim=True)
    correct = pred.eq(target.view_as(pred)).sum().item()
    also = (predicted == target).sum().item()
    return predicted, pred.size(), correct, also, (pred == pred_too).all().item(), 100.0 * correct / len(target)


def cat_from_empty(torch: Any) -> Any:
    collected = torch.tensor([])
    labels = torch.LongTensor()
    for step in range(3):
        collected = (
            torch.cat((collected, torch.from_numpy(numbers(2, 3)) + step), 0)
            if step
            else torch.cat((collected, torch.from_numpy(numbers(2, 3))))
        )
        labels = torch.cat([labels, torch.tensor([step])])
    return collected, labels, labels.dtype == torch.int64


def custom_function(torch: Any) -> Any:
    class MyReLU(torch.autograd.Function):
        @staticmethod
        def forward(ctx, input):
            ctx.save_for_backward(input)
            return input.clamp(min=0)

        @staticmethod
        def backward(ctx, grad_output):
            (input,) = ctx.saved_tensors
            grad_input = grad_output.clone()
            grad_input[input < 0] = 0
            return grad_input

    x = torch.from_numpy(numbers(3, 4)).requires_grad_()
    y = MyReLU.apply(x)
    (y * torch.from_numpy(numbers(3, 4))).sum().backward()
    return y, x.grad


def variables(torch: Any) -> Any:
    from_autograd = torch.autograd.Variable
    x = from_autograd(torch.ones(2, 2), requires_grad=True)
    y = x + 2
    out = (y * y * 3).mean()
    out.backward()
    return x.grad, isinstance(x, torch.Tensor), from_autograd(torch.ones(1)).requires_grad


def module_list(torch: Any) -> Any:
    nn, F = torch.nn, torch.nn.functional

    class Net(nn.Module):
        def __init__(self, sizes):
            super(Net, self).__init__()
            self.layers = nn.ModuleList([nn.Linear(a, b) for a, b in zip(sizes, sizes[1:])])
            self.layers.append(nn.Linear(sizes[-1], 2))

        def forward(self, x):
            for i, layer in enumerate(self.layers):
                x = layer(x) if i == len(self.layers) - 1 else F.relu(layer(x))
            return F.log_softmax(x, dim=1)

    net = settle(torch, Net([3, 5, 4]))
    print(net)
    print(sum(p.numel() for p in net.parameters() if p.requires_grad))
    for name, param in net.named_parameters():
        print(name, list(param.size()), param.requires_grad)
    return net(torch.from_numpy(numbers(2, 3)))


def weights_init(torch: Any) -> Any:
    nn = torch.nn

    def initialise(m):
        classname = m.__class__.__name__
        if classname.find("Conv") != -1:
            m.weight.data.normal_(0.0, 0.02)
            m.weight.data.fill_(0.25)
        elif classname.find("BatchNorm") != -1:
            m.weight.data.normal_(1.0, 0.02).fill_(2)
            m.bias.data.fill_(1)
        elif isinstance(m, nn.Linear):
            nn.init.constant_(m.weight, 0.5)
            nn.init.zeros_(m.bias.data)

    net = nn.Sequential(nn.Conv2d(1, 2, 3, bias=False), nn.BatchNorm2d(2), nn.ReLU(True), nn.Flatten(), nn.Linear(8, 2))
    net.apply(initialise)
    net.eval()
    return net(torch.from_numpy(numbers(2, 1, 4, 4)))


def freezing(torch: Any) -> Any:
    nn = torch.nn
    net = settle(torch, nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)))
    for param in net[0].parameters():
        param.requires_grad = False
    before = net[0].weight.data.clone()
    optimizer = torch.optim.SGD(filter(lambda p: p.requires_grad, net.parameters()), lr=0.1, momentum=0.9)
    for _ in range(3):
        optimizer.zero_grad()
        loss = nn.MSELoss()(net(torch.from_numpy(numbers(5, 3))), torch.zeros(5, 2))
        loss.backward()
        optimizer.step()
    return loss.item(), torch.equal(before, net[0].weight.data), net[0].weight.grad is None, net[2].weight


def classifier(torch: Any) -> Any:
    nn, F = torch.nn, torch.nn.functional

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(1, 3, kernel_size=3)
            self.conv2 = nn.Conv2d(3, 4, kernel_size=3)
            self.conv2_drop = nn.Dropout2d(p=0.0)
            self.fc1 = nn.Linear(4, 6)
            self.fc2 = nn.Linear(6, 3)

        def forward(self, x):
            x = F.relu(F.max_pool2d(self.conv1(x), 2))
            x = F.relu(F.max_pool2d(self.conv2_drop(self.conv2(x)), 2))
            x = x.view(x.size(0), -1)
            x = F.relu(self.fc1(x))
            x = F.dropout(x, p=0.0, training=self.training)
            return F.log_softmax(self.fc2(x), dim=1)

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = settle(torch, Net()).to(device)
    data = [(torch.from_numpy(numbers(4, 1, 10, 10) + i), (torch.arange(4) + i) % 3) for i in range(3)]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.5)
    for epoch in range(1, 3):
        model.train()
        for batch_idx, (x, target) in enumerate(data):
            x, target = x.to(device), target.to(device)
            optimizer.zero_grad()
            loss = F.nll_loss(model(x), target)
            loss.backward()
            optimizer.step()
            print("Train Epoch: {} [{}/{}]\tLoss: {:.4f}".format(epoch, batch_idx * len(x), 12, loss.item()))
        model.eval()
        test_loss, correct = 0, 0
        with torch.no_grad():
            for x, target in data:
                output = model(x)
                test_loss += F.nll_loss(output, target, reduction="sum").item()
                pred = output.argmax(dim=1, keepdim=True)
                correct += pred.eq(target.view_as(pred)).sum().item()
        print("Test set: Average loss: {:.4f}, Accuracy: {}/{}".format(test_loss / 12, correct, 12))
    return output.requires_grad


def adversaries(torch: Any) -> Any:
    nn = torch.nn
    D = settle(torch, nn.Sequential(nn.Linear(2, 4), nn.LeakyReLU(0.2), nn.Linear(4, 1), nn.Sigmoid()))
    G = settle(torch, nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)))
    criterion = nn.BCELoss()
    d_optimizer = torch.optim.Adam(D.parameters(), lr=0.02, betas=(0.5, 0.999))
    g_optimizer = torch.optim.Adam(G.parameters(), lr=0.02, betas=(0.5, 0.999))
    real_labels, fake_labels = torch.ones(6, 1), torch.zeros(6, 1)
    history = []
    for step in range(4):
        real, noise = torch.from_numpy(numbers(6, 2) + 1), torch.from_numpy(numbers(6, 3) * (step + 1))
        d_optimizer.zero_grad()
        d_loss_real = criterion(D(real), real_labels)
        d_loss_real.backward()
        fake = G(noise)
        d_loss_fake = criterion(D(fake.detach()), fake_labels)
        d_loss_fake.backward()
        d_optimizer.step()
        g_optimizer.zero_grad()
        g_loss = criterion(D(fake), real_labels)
        g_loss.backward()
        g_optimizer.step()
        history.append([(d_loss_real + d_loss_fake).item(), g_loss.item()])
    return history


def autoencoder(torch: Any) -> Any:
    nn, F = torch.nn, torch.nn.functional

    class VAE(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc1, self.fc21, self.fc22 = nn.Linear(6, 4), nn.Linear(4, 2), nn.Linear(4, 2)
            self.fc3, self.fc4 = nn.Linear(2, 4), nn.Linear(4, 6)

        def forward(self, x, eps):
            h1 = F.relu(self.fc1(x))
            mu, logvar = self.fc21(h1), self.fc22(h1)
            std = torch.exp(0.5 * logvar)
            z = eps.mul(std).add_(mu)
            return torch.sigmoid(self.fc4(F.relu(self.fc3(z)))), mu, logvar

    model = settle(torch, VAE())
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    x, eps = torch.sigmoid(torch.from_numpy(numbers(5, 6))), torch.from_numpy(numbers(5, 2))
    losses = []
    for _ in range(4):
        optimizer.zero_grad()
        recon, mu, logvar = model(x, eps)
        bce = F.binary_cross_entropy(recon, x.view(-1, 6), reduction="sum")
        kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
        loss = bce + kld
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
    return losses


def loaders(torch: Any) -> Any:
    from_data = torch.utils.data

    class Squares(from_data.Dataset):
        def __init__(self, n):
            self.n = n

        def __len__(self):
            return self.n

        def __getitem__(self, index):
            return torch.tensor([float(index)]), index**2

    loader = from_data.DataLoader(Squares(7), batch_size=3, shuffle=False, num_workers=0, drop_last=False)
    print(len(loader.dataset), len(loader))
    for i, (x, y) in enumerate(loader, 0):
        print(i, x.squeeze(1).tolist(), y.tolist(), x.size(0))
    inputs, labels = next(iter(loader))
    train, test = from_data.random_split(Squares(10), [8, 2])
    sampled = from_data.DataLoader(Squares(5), batch_size=2, sampler=from_data.SequentialSampler(range(4)))
    return inputs, labels, len(train), len(test), [y.tolist() for _, y in sampled]


def printing(torch: Any) -> Any:
    print(torch.tensor([[1.0, 2.5], [-3.0, 4.0]]))
    print(torch.tensor([1, 2, 3]), torch.tensor(5), torch.tensor(2.5), torch.tensor([True, False]))
    print(list(torch.zeros(2, 3).size()), torch.tensor([1e-5, 1000.0]), torch.tensor([]))
    print(torch.ones(2, requires_grad=True), torch.tensor(0.125).item())
    print("loss: %.3f" % torch.tensor(0.5), "{:.2f}".format(torch.tensor(1.234)), f"{torch.tensor(3)}")
    print(torch.nn.Sequential(torch.nn.Conv2d(1, 6, 5), torch.nn.ReLU(), torch.nn.MaxPool2d(2, 2)))
    print(torch.nn.CrossEntropyLoss(), torch.nn.Dropout(0.25))
    print(torch.device("cpu"), torch.ones(1).type(), torch.ones(1).long().type())


def state(torch: Any) -> Any:
    one = settle(torch, torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3)))
    other = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
    one(torch.from_numpy(numbers(4, 2)))
    other.load_state_dict(one.state_dict())
    for name, value in one.state_dict().items():
        print(name, tuple(value.size()), value.tolist() == other.state_dict()[name].tolist())
    return other.eval()(torch.from_numpy(numbers(4, 2)))


def schedule(torch: Any) -> Any:
    w = torch.nn.Parameter(torch.tensor([1.0, -1.0]))
    optimizer = torch.optim.SGD([{"params": [w]}], lr=0.1, weight_decay=1e-2)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    rates = []
    for _ in range(5):
        optimizer.zero_grad(set_to_none=True)
        (w**2).sum().backward()
        torch.nn.utils.clip_grad_norm_([w], 1.0)
        optimizer.step()
        scheduler.step()
        rates.append(optimizer.param_groups[0]["lr"])
    return rates, w


PROGRAMS = [
    sgd_by_hand, sgd_without_grad, forgotten_zero_grad, writing_to_data, accuracy, cat_from_empty, custom_function,
    variables, module_list, weights_init, freezing, classifier, adversaries, autoencoder, loaders, printing, state,
    schedule,
]  # fmt: skip
