"""Transfer learning: frozen layers, a new head, phases of an epoch, the best weights kept, and surgery on state dicts."""

import copy
from collections import OrderedDict

import torch
import torch.nn as nn
import torch.optim as optim
from torch.optim import lr_scheduler


class Backbone(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.layer1 = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(inplace=True))
        self.layer2 = nn.Sequential(nn.Conv2d(4, 6, 3, stride=2), nn.BatchNorm2d(6), nn.ReLU(inplace=True))
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(6, num_classes)

    def forward(self, x):
        x = self.avgpool(self.layer2(self.layer1(x)))
        return self.fc(x.reshape(x.shape[0], -1))


def settle(module):
    for i, p in enumerate(module.parameters()):
        p.data = torch.sin(torch.arange(p.nelement()).float() * 0.8 + i).reshape(p.shape) * 0.4


model_ft = Backbone()
settle(model_ft)
for param in model_ft.parameters():
    param.requires_grad = False
for param in model_ft.layer2.parameters():
    param.requires_grad_(True)
num_ftrs = model_ft.fc.in_features
model_ft.fc = nn.Linear(num_ftrs, 2)
nn.init.constant_(model_ft.fc.weight, 0.1)
nn.init.zeros_(model_ft.fc.bias)
model_ft.fc.weight.data[1] *= -1
print([name for name, p in model_ft.named_parameters() if p.requires_grad])
images = torch.sin(torch.arange(16 * 36).float() / 3).view(16, 1, 6, 6)
labels = (images.mean(dim=(1, 2, 3)) > 0).long()
datasets = {
    "train": torch.utils.data.TensorDataset(images[:12], labels[:12]),
    "val": torch.utils.data.TensorDataset(images[12:], labels[12:]),
}
dataloaders = {x: torch.utils.data.DataLoader(datasets[x], batch_size=4, shuffle=False) for x in ["train", "val"]}
dataset_sizes = {x: len(datasets[x]) for x in ["train", "val"]}


def train_model(model, criterion, optimizer, scheduler, num_epochs=3):
    best_model_wts = copy.deepcopy(model.state_dict())
    best_acc = 0.0
    for epoch in range(num_epochs):
        print(f"Epoch {epoch}/{num_epochs - 1}")
        print("-" * 10)
        for phase in ["train", "val"]:
            if phase == "train":
                model.train()
            else:
                model.eval()
            running_loss = 0.0
            running_corrects = 0
            for inputs, labels in dataloaders[phase]:
                optimizer.zero_grad()
                with torch.set_grad_enabled(phase == "train"):
                    outputs = model(inputs)
                    _, preds = torch.max(outputs, 1)
                    loss = criterion(outputs, labels)
                    if phase == "train":
                        loss.backward()
                        optimizer.step()
                running_loss += loss.item() * inputs.size(0)
                running_corrects += torch.sum(preds == labels.data)
            if phase == "train":
                scheduler.step()
            epoch_loss = running_loss / dataset_sizes[phase]
            epoch_acc = running_corrects.double() / dataset_sizes[phase]
            print(f"{phase} Loss: {epoch_loss:.4f} Acc: {epoch_acc:.4f}")
            if phase == "val" and epoch_acc > best_acc:
                best_acc = epoch_acc
                best_model_wts = copy.deepcopy(model.state_dict())
        print()
    print(f"Best val Acc: {best_acc:4f}")
    model.load_state_dict(best_model_wts)
    return model


optimizer_ft = optim.SGD(
    [{"params": model_ft.layer2.parameters(), "lr": 0.01}, {"params": model_ft.fc.parameters()}], lr=0.1, momentum=0.9
)
exp_lr_scheduler = lr_scheduler.StepLR(optimizer_ft, step_size=2, gamma=0.1)
frozen = model_ft.layer1[0].weight.clone()
model_ft = train_model(model_ft, nn.CrossEntropyLoss(), optimizer_ft, exp_lr_scheduler)
print(torch.equal(frozen, model_ft.layer1[0].weight), ["%.5f" % g["lr"] for g in optimizer_ft.param_groups])

# --- state dicts
print("Model's state_dict:")
for param_tensor in model_ft.state_dict():
    print(param_tensor, "\t", list(model_ft.state_dict()[param_tensor].size()))
print("Optimizer's state_dict:")
print(list(optimizer_ft.state_dict()), optimizer_ft.state_dict()["param_groups"][0]["params"])
parallel = OrderedDict(("module." + k, v) for k, v in model_ft.state_dict().items())
new_state_dict = OrderedDict()
for k, v in parallel.items():
    name = k[7:]
    new_state_dict[name] = v
other = Backbone(num_classes=2)
print(other.load_state_dict(new_state_dict))
pretrained_dict = {k: v for k, v in model_ft.state_dict().items() if "fc" not in k}
fresh = Backbone(num_classes=5)
model_dict = fresh.state_dict()
model_dict.update(pretrained_dict)
fresh.load_state_dict(model_dict)
result = fresh.load_state_dict({k: v for k, v in pretrained_dict.items() if "layer2" not in k}, strict=False)
print(len(result.missing_keys), result.unexpected_keys, result.missing_keys[-1])
try:
    fresh.load_state_dict(model_ft.state_dict())
except RuntimeError as e:
    print("size mismatch for fc.weight" in str(e))
try:
    other.load_state_dict(parallel)
except RuntimeError as e:
    print("Missing key(s) in state_dict" in str(e), "Unexpected key(s) in state_dict" in str(e))
x = images[:2]
model_ft.eval(), other.eval()
print(torch.allclose(model_ft(x), other(x)))
features = nn.Sequential(*list(model_ft.children())[:-1])
print(list(features(x).shape), list(model_ft.fc.parameters())[0].shape[1])


class TiedAutoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encode = nn.Linear(6, 3, bias=False)
        self.decode = nn.Linear(3, 6, bias=False)
        self.decode.weight = nn.Parameter(self.encode.weight.t())

    def forward(self, x):
        return nn.functional.linear(self.encode(x), self.encode.weight.t())


shared = nn.Linear(4, 4)
net = nn.Sequential(shared, nn.ReLU(), shared)
print(len(list(net.parameters())), net[0] is net[2], list(net.state_dict()))
tied = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
tied[1].weight = tied[0].weight
nn.init.eye_(tied[0].weight)
nn.init.zeros_(tied[0].bias), nn.init.zeros_(tied[1].bias)
tied(torch.ones(1, 4)).sum().backward()
print(tied[0].weight.grad[0], len(list(tied.parameters())))
ema = copy.deepcopy(tied)
for p in ema.parameters():
    p.requires_grad_(False)
decay = 0.9
with torch.no_grad():
    tied[0].weight.add_(1.0)
    for e, p in zip(ema.parameters(), tied.parameters()):
        e.mul_(decay).add_(p, alpha=1 - decay)
print(ema[0].weight[0], ema[1].weight is ema[0].weight, ema[0].weight.requires_grad)
