"""Models of every kind of layer, each with an example input."""

import tinyconv as tc
from tinyconv import nn
from tinyconv.nn import functional as F


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10),
    )  # fmt: skip


class Block(nn.Module):
    """A residual block; it adds in place, as many models do."""

    def __init__(self, c_in, c_out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(c_in, c_out, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(c_out)
        self.conv2 = nn.Conv2d(c_out, c_out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(c_out)
        self.short = nn.Sequential(nn.Conv2d(c_in, c_out, 1, stride=stride, bias=False), nn.BatchNorm2d(c_out))

    def forward(self, x):
        y = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        y += self.short(x)
        return F.relu(y)


def resnet():
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(3, 2, 1),
        Block(8, 8, 1), Block(8, 16, 2), Block(16, 32, 2), nn.GlobalAvgPool(), nn.Dropout(0.5), nn.Linear(32, 10),
    )  # fmt: skip


def one_d():
    return nn.Sequential(
        nn.Conv1d(4, 8, 5, padding="same", dilation=2, padding_mode="circular"), nn.ELU(0.7), nn.BatchNorm1d(8),
        nn.MaxPool1d(2, ceil_mode=True), nn.Conv1d(8, 8, 3, groups=4, cover_all=True, stride=2), nn.GELU(),
        nn.AdaptiveAvgPool1d(4), nn.Flatten(), nn.LayerNorm(32), nn.Linear(32, 3), nn.LogSoftmax(1),
    )  # fmt: skip


def three_d():
    return nn.Sequential(
        nn.Conv3d(2, 4, 3, padding=1), nn.GroupNorm(2, 4), nn.SiLU(), nn.MaxPool3d(2, cover_all=True),
        nn.Conv3d(4, 4, (1, 2, 2)), nn.InstanceNorm3d(4, affine=True), nn.LeakyReLU(0.2),
        nn.AdaptiveMaxPool3d((2, 1, 2)), nn.Flatten(), nn.Linear(16, 5), nn.Softmax(1),
    )  # fmt: skip


def transposed():
    return nn.Sequential(
        nn.ConvTranspose2d(3, 8, 4, stride=2, padding=1), nn.PReLU(8), nn.Upsample(scale_factor=2),
        nn.ConvTranspose2d(8, 4, 3, stride=3, output_padding=2, groups=2), nn.Softplus(),
        nn.ConvTranspose2d(4, 1, 3, padding=1, bias=False), nn.Sigmoid(),
    )  # fmt: skip


class Autoencoder(nn.Module):
    """Max pooling with indices, unpooled."""

    def __init__(self):
        super().__init__()
        self.pool, self.unpool = nn.MaxPool2d(2, return_indices=True), nn.MaxUnpool2d(2)

    def forward(self, x):
        values, indices = self.pool(x)
        return self.unpool(values * 2, indices), indices


class Deformed(nn.Module):
    def __init__(self):
        super().__init__()
        self.offset = nn.Conv2d(4, 18, 3, padding=1)
        self.deform = nn.DeformConv2d(4, 6, 3, padding=1)

    def forward(self, x):
        return self.deform(x, self.offset(x))


class Mixture(nn.Module):
    """Operations without a layer: indexing, shapes, reductions, comparisons."""

    def forward(self, x):
        n = x.shape[0]
        y = x.reshape(n, 2, -1, 4)[:, :, 1:, ::2].permute(0, 2, 1, 3).flip(1)
        y = tc.cat([y, y.abs().sqrt() + 1], dim=-1) * tc.where(y.amax((1, 2, 3), keepdim=True) > 0.5, 2.0, 0.5)
        spread = y.var((1, 2, 3), keepdim=True).rsqrt().expand(n, *y.shape[1:])
        z = (y * spread).clamp(-0.9, 1).log1p().logsumexp(-1) - y.mean(-1) + y.prod(-1)
        best = z.reshape(n, -1).argmax(1)
        top = z.max(dim=1).values
        return z, best, top.unsqueeze(1)[..., None], z.reshape(n, -1)[:, 0], z.tanh().mean((1, 2)).exp() ** 0.5


def pooled():
    return nn.Sequential(
        nn.AvgPool2d(3, 2, 1, ceil_mode=True), nn.AvgPool2d(2, 1, divisor_override=3), nn.AdaptiveMaxPool2d((3, 2)),
        nn.Upsample(size=(5, 3)), nn.AvgPool2d(2, 1, 1, count_include_pad=False), nn.AdaptiveAvgPool2d((3, None)),
        nn.Unflatten(1, (2, 2)), nn.Flatten(1, 2), nn.GlobalMaxPool(),
    )  # fmt: skip


def normalised():
    return nn.Sequential(
        nn.BatchNorm2d(4, affine=False), nn.InstanceNorm2d(4, track_running_stats=True),
        nn.GroupNorm(2, 4, affine=False), nn.LayerNorm((6, 5), bias=False),
        nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect"),
        nn.Conv2d(4, 4, 3, padding=((0, 1), (2, 0)), padding_mode="replicate"), nn.Linear(5, 3), nn.GELU("tanh"),
    )  # fmt: skip


MODELS = {
    "LeNet": (lenet, (2, 1, 28, 28)),
    "ResNet": (resnet, (2, 3, 32, 32)),
    "1-d": (one_d, (2, 4, 31)),
    "3-d": (three_d, (2, 2, 7, 9, 10)),
    "transposed": (transposed, (2, 3, 5, 6)),
    "autoencoder": (Autoencoder, (2, 3, 6, 8)),
    "deformed": (Deformed, (2, 4, 6, 7)),
    "mixture": (Mixture, (2, 24)),
    "pooled": (pooled, (2, 4, 12, 11)),
    "normalised": (normalised, (2, 4, 6, 5)),
}


def make(name):
    """A model with weights that are not the initial ones, in training mode, and its example input."""
    factory, shape = MODELS[name]
    tc.manual_seed(len(name))
    model = factory()
    with tc.no_grad():
        model(tc.randn(*shape))  # moves running statistics
        for parameter in model.parameters():
            parameter.copy_(parameter + tc.randn(*parameter.shape) * 0.1)
    return model, tc.randn(*shape)


# Every layer of nn, with the shapes of its inputs; "labels" and "probabilities" are targets of losses.
LAYERS = {
    **{name: (getattr(nn, name), (2, 4, 6, 6)) for name in (
        "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "LogSigmoid", "Mish", "ReLU6", "SELU", "Softmax2d",
        "Softshrink", "Softsign", "Tanhshrink",
    )},
    **{f"{kind}Pad{n}d": (lambda kind=kind, n=n: getattr(nn, f"{kind}Pad{n}d")(1), (2, 3) + (4,) * n)
       for kind in ("Circular", "Reflection", "Replication", "Zero") for n in (1, 2, 3)},
    **{f"ConstantPad{n}d": (lambda n=n: getattr(nn, f"ConstantPad{n}d")(1, 2.0), (2, 3) + (4,) * n) for n in (1, 2, 3)},
    **{f"LazyConvTranspose{n}d": (lambda n=n: getattr(nn, f"LazyConvTranspose{n}d")(3, 2), (2, 4) + (4,) * n)
       for n in (1, 2, 3)},
    "ChannelShuffle": (lambda: nn.ChannelShuffle(2), (2, 4, 3, 3)), "GLU": (lambda: nn.GLU(1), (2, 4, 3, 3)),
    "PixelShuffle": (lambda: nn.PixelShuffle(2), (2, 4, 3, 3)), "Softmin": (lambda: nn.Softmin(1), (2, 4, 3, 3)),
    "PixelUnshuffle": (lambda: nn.PixelUnshuffle(2), (2, 1, 4, 4)),
    "Threshold": (lambda: nn.Threshold(0.1, 2.0), (2, 4, 3, 3)),
    "UpsamplingNearest2d": (lambda: nn.UpsamplingNearest2d(scale_factor=2), (2, 4, 3, 3)),
    **{f"Conv{n}d": (lambda n=n: getattr(nn, f"Conv{n}d")(4, 6, 3, stride=2, padding=2, dilation=2, groups=2),
                     (2, 4) + (7,) * n) for n in (1, 2, 3)},
    **{f"LazyConv{n}d": (lambda n=n: getattr(nn, f"LazyConv{n}d")(3, 2, bias=False), (2, 4) + (5,) * n)
       for n in (1, 2, 3)},
    **{f"ConvTranspose{n}d": (lambda n=n: getattr(nn, f"ConvTranspose{n}d")(4, 6, 3, 2, 1, 1, 2, dilation=2),
                              (2, 4) + (4,) * n) for n in (1, 2, 3)},
    "DeformConv2d": (lambda: nn.DeformConv2d(4, 6, 3, padding=1, groups=2), (2, 4, 6, 5), (2, 36, 6, 5), (2, 18, 6, 5)),
    **{f"MaxPool{n}d": (lambda n=n: getattr(nn, f"MaxPool{n}d")(3, 2, 1, 2, return_indices=True),
                        (2, 3) + (9,) * n) for n in (1, 2, 3)},
    **{f"AvgPool{n}d": (lambda n=n: getattr(nn, f"AvgPool{n}d")(3, 2, 1), (2, 3) + (7,) * n) for n in (1, 2, 3)},
    **{f"MaxUnpool{n}d": (lambda n=n: _Unpooled(n), (2, 3) + (6,) * n) for n in (1, 2, 3)},
    **{f"AdaptiveAvgPool{n}d": (lambda n=n: getattr(nn, f"AdaptiveAvgPool{n}d")(3), (2, 3) + (7,) * n)
       for n in (1, 2, 3)},
    **{f"AdaptiveMaxPool{n}d": (lambda n=n: getattr(nn, f"AdaptiveMaxPool{n}d")(3), (2, 3) + (7,) * n)
       for n in (1, 2, 3)},
    **{f"BatchNorm{n}d": (lambda n=n: getattr(nn, f"BatchNorm{n}d")(3), (2, 3) + (4,) * n) for n in (1, 2, 3)},
    **{f"InstanceNorm{n}d": (lambda n=n: getattr(nn, f"InstanceNorm{n}d")(3), (2, 3) + (4,) * n) for n in (1, 2, 3)},
    **{f"Lazy{kind}Norm{n}d": (lambda kind=kind, n=n: getattr(nn, f"Lazy{kind}Norm{n}d")(bias=n != 2),
                               (2, 3) + (4,) * n)
       for kind in ("Batch", "Instance") for n in (1, 2, 3)},
    **{f"Dropout{n}": (lambda n=n: nn.Sequential(getattr(nn, f"Dropout{n}")(0.5), nn.ReLU()), (2, 3) + (4,) * axes)
       for n, axes in (("", 0), ("1d", 1), ("2d", 2), ("3d", 3))},
    "GroupNorm": (lambda: nn.GroupNorm(2, 4), (2, 4, 5)),
    "LayerNorm": (lambda: nn.LayerNorm((4, 5)), (2, 4, 5)),
    "RMSNorm": (lambda: nn.RMSNorm((4, 5)), (2, 4, 5)),
    "LocalResponseNorm": (lambda: nn.LocalResponseNorm(3, 0.5), (2, 4, 5)),
    "CosineSimilarity": (nn.CosineSimilarity, (2, 4, 5), (2, 4, 5)),
    "PairwiseDistance": (nn.PairwiseDistance, (2, 4), (2, 4)),
    "GlobalAvgPool": (nn.GlobalAvgPool, (2, 3, 4, 5)),
    "GlobalMaxPool": (nn.GlobalMaxPool, (2, 3, 4, 5)),
    "Upsample": (lambda: nn.Upsample(scale_factor=1.5), (2, 3, 4, 5)),
    "UpsamplingBilinear2d": (lambda: nn.UpsamplingBilinear2d(scale_factor=2), (2, 3, 4, 5)),
    "Linear": (lambda: nn.Linear(5, 3), (2, 5)),
    "LazyLinear": (lambda: nn.LazyLinear(3), (2, 4, 5)),
    "Identity": (nn.Identity, (2, 3)),
    "Flatten": (lambda: nn.Flatten(1, 2), (2, 3, 4, 5)),
    "Unflatten": (lambda: nn.Unflatten(1, (2, -1)), (2, 6)),
    **{name: (getattr(nn, name), (2, 3, 4)) for name in
       ("ELU", "GELU", "LeakyReLU", "PReLU", "ReLU", "SiLU", "Sigmoid", "Softplus", "Tanh")},
    "Softmax": (lambda: nn.Softmax(1), (2, 3, 4)),
    "LogSoftmax": (lambda: nn.LogSoftmax(-1), (2, 3, 4)),
    **{name: (getattr(nn, name), (2, 3), (2, 3)) for name in ("MSELoss", "L1Loss", "HuberLoss", "SmoothL1Loss")},
    "BCELoss": (nn.BCELoss, "probabilities", "probabilities"),
    "BCEWithLogitsLoss": (nn.BCEWithLogitsLoss, (2, 3), "probabilities"),
    "CrossEntropyLoss": (lambda: nn.CrossEntropyLoss(tc.tensor([1.0, 2.0, 0.5]), ignore_index=1), (2, 3), "labels"),
    "KLDivLoss": (lambda: nn.KLDivLoss(reduction="sum"), (2, 3), "probabilities"),
    "CosineEmbeddingLoss": (nn.CosineEmbeddingLoss, (2, 3), (2, 3), (2,)),
    **{name: (getattr(nn, name), (2, 3), (2, 3)) for name in ("HingeEmbeddingLoss", "SoftMarginLoss")},
    **{name: (getattr(nn, name), (2, 3), (2, 3), (2, 3)) for name in ("MarginRankingLoss", "TripletMarginLoss")},
    "NLLLoss": (nn.NLLLoss, (2, 3), "labels"),
    "PoissonNLLLoss": (nn.PoissonNLLLoss, (2, 3), "probabilities"),
    "GaussianNLLLoss": (nn.GaussianNLLLoss, (2, 3), (2, 3), "probabilities"),
    "Bilinear": (lambda: nn.Bilinear(3, 4, 2), (2, 3), (2, 4)),
    **{name: (lambda name=name: nn.Sequential(getattr(nn, name)(0.5), nn.ReLU()), (2, 3, 4))
       for name in ("AlphaDropout", "FeatureAlphaDropout")},
}  # fmt: skip


class _Unpooled(nn.Module):
    """A max pooling, and the layer that undoes it."""

    def __init__(self, ndim):
        super().__init__()
        self.pool = getattr(nn, f"MaxPool{ndim}d")(2, return_indices=True)
        self.unpool = getattr(nn, f"MaxUnpool{ndim}d")(2)

    def forward(self, x):
        return self.unpool(*self.pool(x))


def inputs_of(shapes, batch):
    """Random inputs with another first size."""

    def one(shape):
        if shape == "labels":
            return tc.randint(0, 3, (batch,))
        return tc.rand(batch, 3) if shape == "probabilities" else tc.randn(batch, *shape[1:])

    return tuple(map(one, shapes))
