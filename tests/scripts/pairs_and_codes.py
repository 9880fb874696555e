"""A siamese network with a contrastive loss, triplets, an autoencoder and a U-Net, on small pictures made up here."""

import torch
import torch.nn as nn
import torch.nn.functional as F


def settle(model, scale=0.3):
    for i, p in enumerate(model.parameters()):
        p.data.copy_((torch.sin(torch.arange(p.numel()).float() * 0.9 + i) * scale).view(p.shape))
    return model


class SiameseNetwork(nn.Module):
    def __init__(self):
        super(SiameseNetwork, self).__init__()
        self.cnn1 = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(1, 4, kernel_size=3),
            nn.ReLU(inplace=True),
            nn.BatchNorm2d(4),
            nn.MaxPool2d(2, stride=2),
            nn.Dropout2d(p=0.0),
        )
        self.fc1 = nn.Sequential(nn.Linear(4 * 4 * 4, 12), nn.ReLU(inplace=True), nn.Linear(12, 2))

    def forward_once(self, x):
        output = self.cnn1(x)
        output = output.view(output.size()[0], -1)
        return self.fc1(output)

    def forward(self, input1, input2):
        return self.forward_once(input1), self.forward_once(input2)


class ContrastiveLoss(torch.nn.Module):
    def __init__(self, margin=2.0):
        super(ContrastiveLoss, self).__init__()
        self.margin = margin

    def forward(self, output1, output2, label):
        euclidean_distance = F.pairwise_distance(output1, output2, keepdim=True)
        return torch.mean(
            (1 - label) * torch.pow(euclidean_distance, 2)
            + label * torch.pow(torch.clamp(self.margin - euclidean_distance, min=0.0), 2)
        )


left = torch.sin(torch.arange(6 * 64).float() / 3).view(6, 1, 8, 8)
right = left.roll(2, 0) * 0.5
label = torch.tensor([0.0, 1, 1, 0, 1, 0]).unsqueeze(1)
net = settle(SiameseNetwork())
criterion = ContrastiveLoss()
optimizer = torch.optim.RMSprop(net.parameters(), lr=1e-3, alpha=0.99, eps=1e-8, weight_decay=5e-4, momentum=0.9)
for epoch in range(5):
    optimizer.zero_grad()
    output1, output2 = net(left, right)
    loss_contrastive = criterion(output1, output2, label)
    loss_contrastive.backward()
    optimizer.step()
    print("Epoch number {}\n Current loss {:.4f}\n".format(epoch, loss_contrastive.item()))
net.eval()
output1, output2 = net(left, right)
print("%.4f" % F.pairwise_distance(output1, output2).mean().item())
anchor, positive, negative = output1, output2, output2.flip(0)
print("%.4f" % nn.TripletMarginLoss(margin=1.0, p=2)(anchor, positive, negative))
print("%.4f" % nn.CosineEmbeddingLoss(margin=0.5)(output1, output2, torch.tensor([1, -1, -1, 1, -1, 1])))
z = F.normalize(torch.cat([output1, output2]), dim=1)
sim = torch.mm(z, z.t()) / 0.5
sim = sim.masked_fill(torch.eye(12, dtype=torch.bool), float("-inf"))
targets = torch.cat([torch.arange(6) + 6, torch.arange(6)])
print("NT-Xent %.4f" % F.cross_entropy(sim, targets), tuple(F.cosine_similarity(z[None], z[:, None], dim=-1).shape))


class ConvAutoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 4, 3, stride=2, padding=1), nn.ReLU(), nn.Conv2d(4, 6, 3, stride=2, padding=1), nn.ReLU()
        )
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(6, 4, 3, stride=2, padding=1, output_padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(4, 1, 2, stride=2),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return self.decoder(self.encoder(x))


model = settle(ConvAutoencoder(), 0.5)
optimizer = torch.optim.Adam(model.parameters(), lr=0.02, weight_decay=1e-5)
data = (left + 1) / 2
for epoch in range(4):
    noisy = torch.clip(data + 0.1 * torch.cos(torch.arange(data.numel()).float()).view_as(data), 0.0, 1.0)
    output = model(noisy)
    loss = nn.MSELoss()(output, data)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"epoch [{epoch + 1}/4], loss:{loss.data.item():.4f}")


class DoubleConv(nn.Module):
    def __init__(self, in_channels, out_channels, mid_channels=None):
        super().__init__()
        if not mid_channels:
            mid_channels = out_channels
        self.double_conv = nn.Sequential(
            nn.Conv2d(in_channels, mid_channels, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(mid_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(mid_channels, out_channels, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
        )

    def forward(self, x):
        return self.double_conv(x)


class Up(nn.Module):
    def __init__(self, in_channels, out_channels, bilinear=True):
        super().__init__()
        if bilinear:
            self.up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
            self.conv = DoubleConv(in_channels, out_channels, in_channels // 2)
        else:
            self.up = nn.ConvTranspose2d(in_channels, in_channels // 2, kernel_size=2, stride=2)
            self.conv = DoubleConv(in_channels, out_channels)

    def forward(self, x1, x2):
        x1 = self.up(x1)
        diffY = x2.size()[2] - x1.size()[2]
        diffX = x2.size()[3] - x1.size()[3]
        x1 = F.pad(x1, [diffX // 2, diffX - diffX // 2, diffY // 2, diffY - diffY // 2])
        x = torch.cat([x2, x1], dim=1)
        return self.conv(x)


class UNet(nn.Module):
    def __init__(self, n_channels, n_classes, bilinear=True):
        super().__init__()
        factor = 2 if bilinear else 1
        self.inc = DoubleConv(n_channels, 4)
        self.downs = nn.ModuleList()
        for a, b in ((4, 8), (8, 16 // factor)):
            self.downs.append(nn.Sequential(nn.MaxPool2d(2), DoubleConv(a, b)))
        self.ups = nn.ModuleList([Up(16, 8 // factor, bilinear), Up(8, 4, bilinear)])
        self.outc = nn.Conv2d(4, n_classes, kernel_size=1)

    def forward(self, x):
        skips = [self.inc(x)]
        for down in self.downs:
            skips.append(down(skips[-1]))
        x = skips.pop()
        for up in self.ups:
            x = up(x, skips.pop())
        return self.outc(x)


def dice_coeff(input, target, epsilon=1e-6):
    inter = 2 * (input * target).sum(dim=(-1, -2))
    sets_sum = input.sum(dim=(-1, -2)) + target.sum(dim=(-1, -2))
    sets_sum = torch.where(sets_sum == 0, inter, sets_sum)
    dice = (inter + epsilon) / (sets_sum + epsilon)
    return dice.mean()


images = torch.sin(torch.arange(2 * 3 * 11 * 9).float() / 4).view(2, 3, 11, 9)
masks = (images.mean(1) > 0).float()
for bilinear in (True, False):
    net = settle(UNet(3, 1, bilinear))
    print(sum(p.numel() for p in net.parameters() if p.requires_grad), len(net.ups[::-1]))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    for step in range(3):
        masks_pred = net(images).squeeze(1)
        loss = nn.BCEWithLogitsLoss()(masks_pred, masks)
        loss += 1 - dice_coeff(torch.sigmoid(masks_pred), masks)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_value_(net.parameters(), 1.0)
        optimizer.step()
        print("%d %.3f" % (step, loss))
pred = (torch.sigmoid(net(images)) > 0.5).long()
print(pred.dtype, pred.unique().tolist()[-1] <= 1)
x = F.one_hot(torch.tensor([[0, 2], [1, 1]]), 3).permute(0, 2, 1).float()
print(x.shape[1], x.argmax(dim=1).tolist())
