"""See what a digit classifier looks at, and fool it: gradients with respect to the picture, not the weights.

    python examples/saliency.py
    python examples/saliency.py --image photo.jpg    # look at a digit that you wrote and photographed, too

Four uses of one gradient: which pixels matter (saliency), the same with less noise (SmoothGrad), the smallest
sign step that changes the answer (an adversarial picture), and pictures made from nothing that the classifier
takes for digits.

K. Simonyan, A. Vedaldi, A. Zisserman, "Deep Inside Convolutional Networks", 2013 (arXiv:1312.6034);
D. Smilkov et al., "SmoothGrad: removing noise by adding noise", 2017 (arXiv:1706.03825);
I. Goodfellow, J. Shlens, C. Szegedy, "Explaining and Harnessing Adversarial Examples", 2014 (arXiv:1412.6572);
A. Nguyen, J. Yosinski, J. Clune, "Deep Neural Networks are Easily Fooled", 2014 (arXiv:1412.1897).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import command_line  # noqa: F401 - first, for it makes Ctrl-C end the script with a line
import numpy as np
import own_picture
from command_line import say
from common import fit_classifier, load_digits, make_parser, plt, predict, save, start
from train_mnist import build_model, show_grid

import tinyconv as tc
from tinyconv import nn
from tinyconv.data import mnist

LEVELS = np.linspace(0, 0.3, 13)  # sizes of an adversarial step; paper is 0, ink is 1
PICTURES = ("saliency.png", "adversarial.png", "accuracy.png", "fooling.png")


# ------------------------------------------------------------------------------ gradients of the picture


def input_gradient(images: tc.Tensor, measure: Callable[[tc.Tensor], tc.Tensor]) -> tc.Tensor:
    """Give the gradient of ``measure(images)``, one number, with respect to the images."""
    images = images.detach().requires_grad_()
    (gradient,) = tc.grad(measure(images), [images])
    assert gradient is not None  # it is for an input that the result does not depend on
    return gradient


def score_gradient(model: nn.Module, images: tc.Tensor, classes: tc.Tensor) -> tc.Tensor:
    """Give the gradient of each picture's score for its class with respect to the picture, ``(N, 1, 28, 28)``."""
    column = classes.reshape(-1, 1)
    # no picture changes the score of another, so the sum's gradient holds each picture's own
    return input_gradient(images, lambda x: tc.take_along_dim(model(x), column, 1).sum())


def smooth_gradient(model: nn.Module, images: tc.Tensor, classes: tc.Tensor, copies: int = 25) -> tc.Tensor:
    """Give the mean of the score's gradient over noisy copies of the pictures."""
    noisy = (images + 0.2 * tc.randn_like(images) for _ in range(copies))
    return tc.stack([score_gradient(model, copy, classes) for copy in noisy]).mean(0)


def adversarial_direction(model: nn.Module, images: tc.Tensor, labels: tc.Tensor) -> tc.Tensor:
    """Give the sign of the loss's gradient: the step of at most 1 per pixel that raises the loss fastest."""
    return input_gradient(images, lambda x: nn.functional.cross_entropy(model(x), labels)).sign()


def move(images: tc.Tensor, direction: tc.Tensor, size: float) -> tc.Tensor:
    """Take a step, within paper and ink."""
    return (images + float(size) * direction).clamp(0, 1)


def sweep(model: nn.Module, images: tc.Tensor, direction: tc.Tensor) -> np.ndarray:
    """Give the scores after a step of each of the LEVELS, ``(13, N, 10)``."""
    return np.stack([predict(model, move(images, direction, size)) for size in LEVELS])


def make_fooling(model: nn.Module, device: str, steps: int = 60, rate: float = 0.05) -> tc.Tensor:
    """Climb from grey noise to a high score of each class: pictures ``(10, 1, 28, 28)``."""
    classes = tc.arange(10).to(device)
    images = (0.5 + 0.1 * tc.randn(10, 1, 28, 28)).clamp(0, 1).to(device)
    for _ in range(steps):
        gradient = score_gradient(model, images, classes)
        images = move(images, gradient / gradient.abs().amax((1, 2, 3), keepdim=True), rate)
    return images


# ------------------------------------------------------------------------------ pictures


def draw_saliency(model: nn.Module, images: tc.Tensor, path: Path) -> None:
    """Draw pictures, the gradient of the winning score, and its smoothed form."""
    classes = tc.from_numpy(predict(model, images).argmax(1)).to(images.device)
    rows = [images, score_gradient(model, images, classes), smooth_gradient(model, images, classes)]
    pictures = [tc.asnumpy(row.array)[:, 0] for row in rows]
    figure, axes = plt.subplots(3, len(images), figsize=(1.1 * len(images) + 1.3, 4.1), layout="constrained")
    names = {say("picture"): "gray", say("gradient"): "RdBu_r", say("smoothed\ngradient"): "RdBu_r"}
    for row, row_of_pictures, (name, cmap) in zip(axes, pictures, names.items()):
        for axis, picture in zip(row, row_of_pictures):
            scale = abs(picture).max()
            axis.imshow(picture, cmap=cmap, vmin=0 if cmap == "gray" else -scale, vmax=scale)
            axis.set(xticks=[], yticks=[])
        row[0].set_ylabel(name, rotation=0, ha="right", va="center")
    for axis, label in zip(axes[0], tc.asnumpy(classes.array)):
        axis.set_title(say("score of {label}", label=label), fontsize=9)
    figure.suptitle(say("Ink on red raises the winning score, ink on blue lowers it"))
    save(figure, path)


def draw_adversarial(
    images: tc.Tensor, direction: tc.Tensor, scores: np.ndarray, truth: np.ndarray, path: Path
) -> None:
    """Draw pictures, and the smallest of the sign steps after which each is read as something else.

    `scores` are those after a step of each of the LEVELS, ``(13, N, 10)``.
    """
    wrong = scores.argmax(2) != truth
    first = wrong.argmax(0)  # the first step that fools: 0 if the digit is misread without any, or never
    found = np.flatnonzero(first)[:8]
    if not len(found):
        print(say("no adversarial pictures: every digit keeps its reading, or is misread from the start"))
        return
    figure, axes = plt.subplots(
        3, len(found), figsize=(1.35 * len(found) + 1.1, 4.8), squeeze=False, layout="constrained"
    )
    grey, signed = ("gray", 0, 1), ("RdBu_r", -LEVELS[-1], LEVELS[-1])
    for column, i, level in zip(axes.T, found, first[found]):
        changed = move(images[i : i + 1], direction[i : i + 1], LEVELS[level])
        change = changed - images[i : i + 1]
        pictures = [tc.asnumpy(t.array)[0, 0] for t in (images[i : i + 1], change, changed)]
        for axis, picture, (cmap, low, high) in zip(column, pictures, (grey, signed, grey)):
            axis.imshow(picture, cmap=cmap, vmin=low, vmax=high)
            axis.set(xticks=[], yticks=[])
        column[0].set_title(reading(scores[0, i]), fontsize=9)
        column[1].set_title(f"± {LEVELS[level]:.3f}", fontsize=9)
        column[2].set_title(reading(scores[level, i]), fontsize=9)
    for axis, name in zip(axes[:, 0], (say("digit"), say("step"), say("digit\n+ step"))):
        axis.set_ylabel(name, rotation=0, ha="right", va="center")
    figure.suptitle(
        say("The smallest sign step that changes the reading (steps up to {most:g} tried)", most=LEVELS[-1])
    )
    save(figure, path)


def reading(scores: np.ndarray) -> str:
    """Say what is read, and how surely."""
    sure = 1 / np.exp(scores - scores.max()).sum()  # the largest of the softmax
    return f"{scores.argmax()}: " + (f"{sure:.1%}" if sure < 0.9995 else "> 99.9%")


def draw_accuracy(adversarial: np.ndarray, random: np.ndarray, path: Path) -> None:
    """Draw the accuracy against the size of the step, beside steps of random sign."""
    figure, axis = plt.subplots(figsize=(6.4, 3.8), layout="constrained")
    axis.plot(LEVELS, 100 * random, "s-", label=say("random signs"), color="0.5")
    axis.plot(LEVELS, 100 * adversarial, "o-", label=say("signs of the loss's gradient"), color="tab:red")
    axis.set(xlabel=say("size of the step (paper is 0, ink is 1)"), ylabel=say("accuracy (%)"), ylim=(0, 102))
    axis.set_title(say("The same change of every pixel, well or randomly aimed"))
    axis.grid(alpha=0.3)
    axis.legend()
    save(figure, path)


def main(argv: Sequence[str] | None = None) -> None:
    """Train, look, fool, draw."""
    parser = make_parser(__doc__, epochs=3, lr=5e-3, out="runs/saliency")
    own_picture.add_option(parser, own_picture.read_digit, "a photo of one digit of your own to look at first")
    begin = time.perf_counter()
    args = start(parser, argv, PICTURES)
    train_set, test_set = (load_digits(split, args) for split in ("train", "test"))
    model = build_model()
    model.to(args.device)
    with tc.no_grad():
        model(train_set[:1][0])  # the first call fixes the sizes left open
    fit_classifier(args, model, train_set, test_set)
    model.eval()

    images, labels = test_set[:1000]
    truth = tc.asnumpy(labels.array)
    shown = images[:10]
    if args.image is not None:
        own = tc.from_numpy(mnist.to_float(args.image.digit[None], normalize=False)).to(args.device)
        own_picture.tell(args.image, predict(model, own)[0])
        shown = tc.cat([own, images[:9]])
    draw_saliency(model, shown, args.out / "saliency.png")

    aimed, random = adversarial_direction(model, images, labels), tc.randn_like(images).sign()
    scores, control = sweep(model, images, aimed), sweep(model, images, random)
    right, random_right = ((s.argmax(2) == truth).mean(1) for s in (scores, control))
    print(say("of {all} test digits, {right:.2%} are read right", all=len(truth), right=right[0]))
    for level in (len(LEVELS) // 2, -1):
        text = "after a step of {size:g} a pixel: {right:.2%}; of random signs: {random:.2%}"
        print(say(text, size=LEVELS[level], right=right[level], random=random_right[level]))
    draw_adversarial(images, aimed, scores, truth, args.out / "adversarial.png")
    draw_accuracy(right, random_right, args.out / "accuracy.png")

    fooling = make_fooling(model, args.device)
    scores = predict(model, fooling)
    hits = (scores.argmax(1) == np.arange(10)).sum()
    print(say("pictures made from noise: {hits} of 10 are read as the digit aimed at", hits=hits))
    title, path = say("Made from noise, one for each digit, and read as"), args.out / "fooling.png"
    show_grid(tc.asnumpy(fooling.array)[:, 0], [reading(s) for s in scores], 5, title, path)
    print(say("wrote {path}", path=path))
    print(say("{seconds:.0f} s", seconds=time.perf_counter() - begin))


if __name__ == "__main__":
    main()
