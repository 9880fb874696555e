"""The blocks of well-known networks: dense, inception, fire, inverted residual, squeeze and excitation, shuffle."""

from collections import OrderedDict

import torch
import torch.nn as nn
import torch.nn.functional as F


def settle(model, scale=0.3):
    for i, (name, p) in enumerate(model.named_parameters()):
        if p.dim() > 1:
            p.data.copy_((torch.sin(torch.arange(p.numel()).float() * 0.9 + i) * scale).view(p.shape))
    return model


class _DenseLayer(nn.Sequential):
    def __init__(self, num_input_features, growth_rate, bn_size, drop_rate):
        super().__init__()
        self.add_module("norm1", nn.BatchNorm2d(num_input_features))
        self.add_module("relu1", nn.ReLU(inplace=True))
        self.add_module("conv1", nn.Conv2d(num_input_features, bn_size * growth_rate, 1, stride=1, bias=False))
        self.add_module("norm2", nn.BatchNorm2d(bn_size * growth_rate))
        self.add_module("relu2", nn.ReLU(inplace=True))
        self.add_module("conv2", nn.Conv2d(bn_size * growth_rate, growth_rate, 3, stride=1, padding=1, bias=False))
        self.drop_rate = drop_rate

    def forward(self, x):
        new_features = super().forward(x)
        if self.drop_rate > 0:
            new_features = F.dropout(new_features, p=self.drop_rate, training=self.training)
        return torch.cat([x, new_features], 1)


class _DenseBlock(nn.Sequential):
    def __init__(self, num_layers, num_input_features, bn_size, growth_rate, drop_rate):
        super().__init__()
        for i in range(num_layers):
            layer = _DenseLayer(num_input_features + i * growth_rate, growth_rate, bn_size, drop_rate)
            self.add_module("denselayer%d" % (i + 1), layer)


class DenseNet(nn.Module):
    def __init__(self, growth_rate=3, block_config=(2, 2), num_init_features=4, num_classes=5):
        super().__init__()
        self.features = nn.Sequential(
            OrderedDict(
                [
                    ("conv0", nn.Conv2d(3, num_init_features, kernel_size=3, padding=1, bias=False)),
                    ("norm0", nn.BatchNorm2d(num_init_features)),
                    ("relu0", nn.ReLU(inplace=True)),
                    ("pool0", nn.MaxPool2d(kernel_size=3, stride=2, padding=1, ceil_mode=False)),
                ]
            )
        )
        num_features = num_init_features
        for i, num_layers in enumerate(block_config):
            block = _DenseBlock(num_layers, num_features, 2, growth_rate, 0)
            self.features.add_module("denseblock%d" % (i + 1), block)
            num_features = num_features + num_layers * growth_rate
            if i != len(block_config) - 1:
                trans = nn.Sequential(
                    nn.BatchNorm2d(num_features),
                    nn.ReLU(),
                    nn.Conv2d(num_features, num_features // 2, 1),
                    nn.AvgPool2d(2),
                )
                self.features.add_module("transition%d" % (i + 1), trans)
                num_features = num_features // 2
        self.features.add_module("norm5", nn.BatchNorm2d(num_features))
        self.classifier = nn.Linear(num_features, num_classes)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight)
            elif isinstance(m, nn.BatchNorm2d):
                nn.init.constant_(m.weight, 1)
                nn.init.constant_(m.bias, 0)
            elif isinstance(m, nn.Linear):
                nn.init.constant_(m.bias, 0)

    def forward(self, x):
        features = self.features(x)
        out = F.relu(features, inplace=True)
        out = F.adaptive_avg_pool2d(out, (1, 1))
        return self.classifier(torch.flatten(out, 1))


class BasicConv2d(nn.Module):
    def __init__(self, in_channels, out_channels, **kwargs):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, bias=False, **kwargs)
        self.bn = nn.BatchNorm2d(out_channels, eps=0.001)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)), inplace=True)


class Inception(nn.Module):
    def __init__(self, in_channels, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, pool_proj):
        super().__init__()
        self.branch1 = BasicConv2d(in_channels, ch1x1, kernel_size=1)
        self.branch2 = nn.Sequential(
            BasicConv2d(in_channels, ch3x3red, kernel_size=1), BasicConv2d(ch3x3red, ch3x3, kernel_size=3, padding=1)
        )
        self.branch3 = nn.Sequential(
            BasicConv2d(in_channels, ch5x5red, kernel_size=1),
            BasicConv2d(ch5x5red, ch5x5, kernel_size=(1, 5), padding=(0, 2)),
            BasicConv2d(ch5x5, ch5x5, kernel_size=(5, 1), padding=(2, 0)),
        )
        self.branch4 = nn.Sequential(
            nn.MaxPool2d(kernel_size=3, stride=1, padding=1, ceil_mode=True),
            BasicConv2d(in_channels, pool_proj, kernel_size=1),
        )

    def forward(self, x):
        outputs = [self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)]
        return torch.cat(outputs, 1)


class Fire(nn.Module):
    def __init__(self, inplanes, squeeze_planes, expand1x1_planes, expand3x3_planes):
        super().__init__()
        self.squeeze = nn.Conv2d(inplanes, squeeze_planes, kernel_size=1)
        self.squeeze_activation = nn.ReLU(inplace=True)
        self.expand1x1 = nn.Conv2d(squeeze_planes, expand1x1_planes, kernel_size=1)
        self.expand3x3 = nn.Conv2d(squeeze_planes, expand3x3_planes, kernel_size=3, padding=1)

    def forward(self, x):
        x = self.squeeze_activation(self.squeeze(x))
        return torch.cat([F.relu(self.expand1x1(x)), F.relu(self.expand3x3(x))], 1)


class SELayer(nn.Module):
    def __init__(self, channel, reduction=4):
        super().__init__()
        self.avg_pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Sequential(
            nn.Linear(channel, channel // reduction, bias=False),
            nn.ReLU(inplace=True),
            nn.Linear(channel // reduction, channel, bias=False),
            nn.Hardsigmoid(),
        )

    def forward(self, x):
        b, c, _, _ = x.size()
        y = self.avg_pool(x).view(b, c)
        y = self.fc(y).view(b, c, 1, 1)
        return x * y.expand_as(x)


def _make_divisible(v, divisor=4, min_value=None):
    if min_value is None:
        min_value = divisor
    return max(min_value, int(v + divisor / 2) // divisor * divisor)


class InvertedResidual(nn.Module):
    def __init__(self, inp, oup, stride, expand_ratio):
        super().__init__()
        assert stride in [1, 2]
        hidden_dim = _make_divisible(inp * expand_ratio)
        self.use_res_connect = stride == 1 and inp == oup
        self.conv = nn.Sequential(
            nn.Conv2d(inp, hidden_dim, 1, bias=False),
            nn.BatchNorm2d(hidden_dim),
            nn.ReLU6(inplace=True),
            nn.Conv2d(hidden_dim, hidden_dim, 3, stride, 1, groups=hidden_dim, bias=False),
            nn.BatchNorm2d(hidden_dim),
            nn.Hardswish(inplace=True),
            SELayer(hidden_dim),
            nn.Conv2d(hidden_dim, oup, 1, bias=False),
            nn.BatchNorm2d(oup),
        )

    def forward(self, x):
        return x + self.conv(x) if self.use_res_connect else self.conv(x)


def channel_shuffle(x, groups):
    batchsize, num_channels, height, width = x.size()
    x = x.view(batchsize, groups, num_channels // groups, height, width)
    x = torch.transpose(x, 1, 2).contiguous()
    return x.view(batchsize, -1, height, width)


class ShuffleUnit(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.branch2 = nn.Sequential(nn.Conv2d(c // 2, c // 2, 3, padding=1, groups=c // 2), nn.BatchNorm2d(c // 2))

    def forward(self, x):
        x1, x2 = x.chunk(2, dim=1)
        return channel_shuffle(torch.cat((x1, self.branch2(x2)), dim=1), 2)


x = torch.sin(torch.arange(2 * 3 * 16 * 16).float() / 7).view(2, 3, 16, 16)
model = settle(DenseNet())
print(model)
print(sum(p.numel() for p in model.parameters()), len(list(model.modules())))
loss = F.cross_entropy(model(x), torch.tensor([1, 3]))
loss.backward()
print("%.4f %.4f" % (loss, model.features.conv0.weight.grad.abs().sum()))
print([name for name, m in model.named_modules() if isinstance(m, nn.Conv2d)])
h = torch.cos(torch.arange(2 * 8 * 9 * 9).float() / 5).view(2, 8, 9, 9).requires_grad_()
for block in (
    Inception(8, 2, 3, 4, 2, 2, 3),
    Fire(8, 3, 4, 5),
    InvertedResidual(8, 8, 1, 2),
    InvertedResidual(8, 6, 2, 3),
    SELayer(8),
    ShuffleUnit(8),
    nn.Sequential(nn.PixelUnshuffle(3), nn.Conv2d(72, 9, 1), nn.PixelShuffle(3), nn.GELU()),
    nn.Sequential(nn.LocalResponseNorm(5, alpha=0.0001, beta=0.75, k=2), nn.GroupNorm(4, 8), nn.SiLU(), nn.Mish()),
):
    settle(block)
    for p in block.parameters():
        if p.dim() == 1:
            nn.init.ones_(p)
    h.grad = None
    out = block(h)
    out.pow(2).sum().backward()
    count = sum(p.numel() for p in block.parameters())
    print(type(block).__name__, list(out.shape), count, "%.3f %.3f" % (out.detach().abs().mean(), h.grad.abs().mean()))


def summary(model, size):
    rows = []

    def register_hook(module):
        def hook(module, input, output):
            name = str(module.__class__).split(".")[-1].split("'")[0]
            n = sum(int(torch.prod(torch.LongTensor(list(p.size())))) for p in module.parameters())
            rows.append("%-20s %-20s %d" % (name, list(input[0].size()), n))

        if not isinstance(module, (nn.Sequential, nn.ModuleList)) and not (module == model):
            hooks.append(module.register_forward_hook(hook))

    hooks = []
    model.apply(register_hook)
    model(torch.rand(2, *size))
    for h in hooks:
        h.remove()
    print("\n".join(rows))


summary(nn.Sequential(Fire(3, 2, 2, 2), nn.Flatten(), nn.Linear(64, 2)), (3, 4, 4))
