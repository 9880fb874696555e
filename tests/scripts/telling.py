"""What some of the scripts share: short prints of tensors, and weights and data that no seed decides."""

import numpy as np
import torch


def told(value):
    """Numbers in a few digits, sums for what has many."""
    if isinstance(value, torch.Tensor) and value.numel() > 12:
        return f"{tuple(value.shape)} {value.double().sum().item():.2f}"
    if isinstance(value, torch.Tensor):
        return told(value.tolist())
    if isinstance(value, (list, tuple)):
        return " ".join(map(told, value))
    return f"{value:.3f}" if isinstance(value, (float, np.floating)) else str(value)


def show(*values):
    print(*map(told, values))


def fix(m):
    for i, (n, p) in enumerate(m.named_parameters()):
        with torch.no_grad():
            v = torch.sin(torch.arange(p.numel()).float() * 1.7 + i).view_as(p)
            if p.dim() > 1:
                p.copy_(v / (p[0].numel() ** 0.5))
            elif "weight" in n:
                p.copy_(1 + 0.1 * v)
            else:
                p.copy_(0.1 * v)
    return m


def data(*s, k=0.7):
    n = 1
    for d in s:
        n *= d
    return torch.cos(torch.arange(n).float() * k).view(*s)
