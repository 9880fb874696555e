"""从全连接到卷积:互相关运算,手算 19.

From a dense layer to a convolution: two demands on the weights leave four numbers of 36; the sum 19 by hand, by loops
and by the layer; and a kernel that is learnt from examples.

A rewrite of a Chinese tutorial; its own short programs are in tests/tutorials/test_cross_correlation.py.

    python examples/tutorials/cross_correlation.py --out pictures
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pictures import output_folder, plt, save, say, show_tables

import tinyconv as torch
import tinyconv.nn.functional as F
from tinyconv import nn


def cross_correlation(X: torch.Tensor, K: torch.Tensor) -> torch.Tensor:
    """Lay the kernel on every place where it fits, multiply, and sum: an output of n - k + 1 cells along each axis."""
    h, w = K.shape
    Y = torch.zeros((X.shape[0] - h + 1, X.shape[1] - w + 1))
    for i in range(Y.shape[0]):
        for j in range(Y.shape[1]):
            Y[i, j] = (X[i : i + h, j : j + w] * K).sum()
    return Y


def nineteen(path: Path) -> None:
    """Compute the 19 by hand, by the loops and by the layer, and once more with the kernel reversed."""
    X = torch.tensor([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]])
    K = torch.tensor([[0.0, 1.0], [2.0, 3.0]])
    print("0*0 + 1*1 + 3*2 + 4*3 =", 0 * 0 + 1 * 1 + 3 * 2 + 4 * 3)
    Y = cross_correlation(X, K)
    print(Y)
    assert Y.tolist() == [[19, 25], [37, 43]]
    assert F.conv2d(X[None, None], K[None, None]).tolist() == [[Y.tolist()]]

    # what mathematicians call a convolution reverses the kernel first; a layer that learns its kernel need not
    flipped = cross_correlation(X, K.flip(0, 1))
    print(say("with the kernel reversed: {numbers}", numbers=flipped.tolist()))
    assert flipped.tolist() == [[5, 11], [23, 29]]

    tables = [t.numpy() for t in (X, K, Y, flipped)]
    titles = [say("input"), say("kernel"), say("cross-correlation"), say("true convolution")]
    show_tables(tables, titles, path)


def from_dense_to_convolution(path: Path) -> None:
    """Start from a dense layer H[i,j] = u + sum W[i,j,k,l] X[k,l] and ask two things of W.

    With k = i + a and l = j + b it reads H[i,j] = u + sum V[i,j,a,b] X[i+a,j+b].  *Translation*: V must not depend on
    (i, j).  *Locality*: V must be 0 for steps (a, b) that are not small.  What is left is a convolution.
    """
    kernel = np.array([[0.0, 1.0], [2.0, 3.0]])
    W = np.zeros((2, 2, 3, 3))  # 2 x 2 outputs from 3 x 3 inputs
    for i, j, a, b in np.ndindex(2, 2, 2, 2):
        W[i, j, i + a, j + b] = kernel[a, b]
    X = np.arange(9.0).reshape(3, 3)
    H = np.einsum("ijkl,kl->ij", W, X)
    assert H.tolist() == [[19, 25], [37, 43]]
    assert (W.size, np.count_nonzero(W), kernel.size) == (36, 12, 4)  # one of the kernel's numbers is itself 0
    text = "dense: {dense} free weights; local: 4 * {size}; local and the same everywhere: {size}"
    print(say(text, dense=W.size, size=kernel.size))

    megapixel = 1024 * 1024 * 3  # a colour picture, and a thousand hidden numbers
    dense, conv = megapixel * 1000, nn.Conv2d(3, 32, 3)
    assert dense == 3_145_728_000
    assert sum(p.numel() for p in conv.parameters()) == 896
    text = "1024 x 1024 x 3 pixels to 1000 hidden numbers: {dense:,} weights; 32 feature maps by 3x3 kernels: 896"
    print(say(text, dense=dense))

    figure, axis = plt.subplots(figsize=(6, 3), layout="constrained")
    matrix = W.reshape(4, 9)
    axis.imshow(matrix, cmap="Blues", vmax=5)
    for (row, column), value in np.ndenumerate(matrix):
        axis.text(column, row, f"{value:g}", ha="center", va="center", color="black" if value else "lightgray")
    title = say("The same convolution as a dense layer's matrix")
    axis.set(title=title, xlabel=say("input cell"), ylabel=say("output cell"))
    axis.set(xticks=range(9), yticks=range(4))
    save(figure, path)


def learn_a_kernel(path: Path) -> None:
    """Find the kernel (1, -1), which answers at vertical edges, from one input and the wanted output."""
    X = torch.ones(6, 8)
    X[:, 2:6] = 0  # a dark bar on white
    Y = cross_correlation(X, torch.tensor([[1.0, -1.0]]))
    assert Y[0].tolist() == [0, 1, 0, 0, 0, -1, 0]

    conv = nn.Conv2d(1, 1, kernel_size=(1, 2), bias=False)
    inputs, wanted = X.reshape(1, 1, 6, 8), Y.reshape(1, 1, 6, 7)
    losses = []
    for _ in range(25):
        conv.zero_grad()
        loss = ((conv(inputs) - wanted) ** 2).sum()
        loss.backward()
        with torch.no_grad():
            conv.weight -= 0.03 * conv.weight.grad
        losses.append(loss.item())
    learnt = conv.weight.detach().numpy().ravel()
    print(say("learnt kernel: {numbers}", numbers=learnt.round(3)))
    assert np.abs(learnt - [1, -1]).max() < 0.01

    figure, axes = plt.subplots(1, 4, figsize=(12, 2.8), layout="constrained")
    images = (X.numpy(), Y.numpy(), conv(inputs).detach().numpy()[0, 0])
    for axis, image, title in zip(axes, images, (say("input"), say("wanted"), say("learnt"))):
        axis.imshow(image, cmap="RdBu", vmin=-1.5, vmax=1.5)
        axis.set(title=title, xticks=[], yticks=[])
    axes[3].semilogy(losses)
    axes[3].set(title=say("loss"), xlabel=say("step"))
    save(figure, path)


def main() -> None:
    """Run it all."""
    out = output_folder(__doc__)
    torch.manual_seed(0)
    from_dense_to_convolution(out / "dense_matrix.png")
    nineteen(out / "nineteen.png")
    learn_a_kernel(out / "learnt_kernel.png")


if __name__ == "__main__":
    main()
