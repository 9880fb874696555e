"""Hooks for feature maps and Grad-CAM, saliency, adversarial pictures, style by Gram matrices, a picture optimised."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 4, 3, padding=1),
            nn.ReLU(inplace=False),
            nn.MaxPool2d(2),
            nn.Conv2d(4, 6, 3, padding=1),
            nn.ReLU(),
        )
        self.avgpool = nn.AdaptiveAvgPool2d(2)
        self.classifier = nn.Linear(24, 3)

    def forward(self, x):
        x = self.avgpool(self.features(x))
        return self.classifier(torch.flatten(x, 1))


model = Net()
for i, p in enumerate(model.parameters()):
    p.data.copy_(torch.sin(torch.arange(p.numel()).float() * 0.9 + i).view_as(p) * 0.4)
model.eval()
image = torch.sigmoid(torch.sin(torch.arange(3 * 8 * 8).float() / 5)).view(1, 3, 8, 8)

activation = {}


def get_activation(name):
    def hook(model, input, output):
        activation[name] = output.detach()

    return hook


handles = [layer.register_forward_hook(get_activation(name)) for name, layer in model.features.named_children()]
handles.append(model.features[3].register_forward_pre_hook(lambda module, args: print("before", list(args[0].shape))))
output = model(image)
for name, act in activation.items():
    print(name, list(act.squeeze().shape), "%.4f" % act.mean().item())
for handle in handles:
    handle.remove()
activation.clear()
model(image)
print(len(activation))


class GradCam:
    def __init__(self, model, target_layer):
        self.model, self.gradients, self.activations = model, None, None
        target_layer.register_forward_hook(self.save_activation)
        target_layer.register_full_backward_hook(self.save_gradient)

    def save_activation(self, module, input, output):
        self.activations = output

    def save_gradient(self, module, grad_input, grad_output):
        self.gradients = grad_output[0]

    def __call__(self, x, class_idx=None):
        output = self.model(x)
        if class_idx is None:
            class_idx = output.argmax(dim=1).item()
        self.model.zero_grad()
        one_hot = torch.zeros_like(output)
        one_hot[0][class_idx] = 1
        output.backward(gradient=one_hot, retain_graph=True)
        weights = self.gradients.mean(dim=[2, 3], keepdim=True)
        cam = F.relu((weights * self.activations).sum(dim=1, keepdim=True))
        cam = F.interpolate(cam, size=x.shape[2:], mode="bilinear", align_corners=False)
        cam = cam - cam.min()
        cam = cam / (cam.max() + 1e-8)
        return cam.squeeze().cpu().detach().numpy(), class_idx


cam, index = GradCam(model, model.features[3])(image)
print(cam.shape, index, "%.4f %.4f" % (cam.mean(), cam.max()))
img = image.clone().requires_grad_()
score, _ = torch.max(model(img), 1)
score.backward()
saliency, _ = torch.max(img.grad.data.abs(), dim=1)
print(list(saliency.size()), "%.4f" % saliency.sum())
mid = model.features(img)
mid.retain_grad()
seen = []
mid.register_hook(lambda grad: seen.append(grad.abs().sum().item()))
doubled = model.avgpool(mid)
doubled.register_hook(lambda grad: grad * 2)
doubled.sum().backward()
print("%.4f %.4f" % (mid.grad.sum(), seen[0]))


def fgsm_attack(image, epsilon, data_grad):
    sign_data_grad = data_grad.sign()
    perturbed_image = image + epsilon * sign_data_grad
    return torch.clamp(perturbed_image, 0, 1)


target = model(image).max(1, keepdim=True)[1][0]
for epsilon in (0.0, 0.05, 0.2):
    data = image.clone()
    data.requires_grad = True
    output = model(data)
    init_pred = output.max(1, keepdim=True)[1]
    if init_pred.item() != target.item():
        continue
    loss = F.nll_loss(F.log_softmax(output, dim=1), target)
    model.zero_grad()
    loss.backward()
    perturbed = fgsm_attack(data, epsilon, data.grad.data)
    adv_ex = perturbed.squeeze().detach().cpu().numpy()
    after = F.cross_entropy(model(perturbed), target)
    print("Epsilon: {}\tloss {:.4f} -> {:.4f} {}".format(epsilon, loss.item(), after.item(), adv_ex.max() <= 1))
delta = torch.zeros_like(image, requires_grad=True)
for step in range(5):
    loss = nn.CrossEntropyLoss()(model(image + delta), target)
    loss.backward()
    delta.data = (delta + 0.02 * delta.grad.detach().sign()).clamp(-0.05, 0.05)
    delta.grad.zero_()
print("PGD %.4f %.3f" % (loss.item(), delta.abs().max()))


def gram_matrix(input):
    a, b, c, d = input.size()
    features = input.view(a * b, c * d)
    G = torch.mm(features, features.t())
    return G.div(a * b * c * d)


class ContentLoss(nn.Module):
    def __init__(self, target):
        super().__init__()
        self.target = target.detach()

    def forward(self, input):
        self.loss = F.mse_loss(input, self.target)
        return input


class StyleLoss(nn.Module):
    def __init__(self, target_feature):
        super().__init__()
        self.target = gram_matrix(target_feature).detach()

    def forward(self, input):
        self.loss = F.mse_loss(gram_matrix(input), self.target)
        return input


class Normalization(nn.Module):
    def __init__(self, mean, std):
        super().__init__()
        self.mean = mean.clone().detach().view(-1, 1, 1)
        self.std = torch.tensor(std).view(-1, 1, 1) if not torch.is_tensor(std) else std.view(-1, 1, 1)

    def forward(self, img):
        return (img - self.mean) / self.std


style = image.flip(-1) * 0.7
net = nn.Sequential(Normalization(torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])))
content_losses, style_losses, i = [], [], 0
for layer in model.features.children():
    if isinstance(layer, nn.Conv2d):
        i += 1
        name = "conv_{}".format(i)
    elif isinstance(layer, nn.ReLU):
        name = "relu_{}".format(i)
        layer = nn.ReLU(inplace=False)
    else:
        name = "pool_{}".format(i)
    net.add_module(name, layer)
    if name == "conv_2":
        content_loss = ContentLoss(net(image).detach())
        net.add_module("content_loss_{}".format(i), content_loss)
        content_losses.append(content_loss)
    if name.startswith("conv"):
        style_loss = StyleLoss(net(style).detach())
        net.add_module("style_loss_{}".format(i), style_loss)
        style_losses.append(style_loss)
print([name for name, _ in net.named_children()])
input_img = image.clone()
input_img.requires_grad_(True)
net.eval()
net.requires_grad_(False)
optimizer = optim.Adam([input_img], lr=0.02)
run = [0]
while run[0] < 6:

    def closure():
        with torch.no_grad():
            input_img.clamp_(0, 1)
        optimizer.zero_grad()
        net(input_img)
        style_score, content_score = 0, 0
        for sl in style_losses:
            style_score += sl.loss
        for cl in content_losses:
            content_score += cl.loss
        style_score *= 1000
        loss = style_score + content_score
        loss.backward()
        run[0] += 1
        if run[0] % 3 == 0:
            print(
                "run {}: Style Loss : {:.3f} Content Loss: {:.3f}".format(run, style_score.item(), content_score.item())
            )
        return style_score + content_score

    optimizer.step(closure)
print("%.3f" % input_img.detach().mean(), all(p.grad is None for p in net.parameters() if not p.requires_grad))
blank = torch.full((1, 3, 8, 8), 0.5, requires_grad=True)
optimizer = optim.SGD([blank], lr=1.0, weight_decay=1e-4)
for _ in range(5):
    optimizer.zero_grad()
    loss = -model(blank)[0, 1] + 0.1 * (blank[:, :, 1:] - blank[:, :, :-1]).abs().mean()
    loss.backward()
    blank.grad /= blank.grad.std() + 1e-8
    optimizer.step()
print("%.3f" % loss)
x = torch.tensor([1.0, 2.0], requires_grad=True)
first = torch.autograd.grad((x**3).sum(), x, create_graph=True)[0]
second = torch.autograd.grad(first.sum(), x, retain_graph=True)[0]
print(first.detach(), second, torch.autograd.functional.jacobian(lambda v: v**2, x.detach()))
penalty = ((first.norm(2) - 1) ** 2).mean()
penalty.backward()
print(x.grad)
