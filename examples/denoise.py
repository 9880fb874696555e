"""Denoise digits with a convolutional autoencoder, whose decoder is made of transposed convolutions.

    python examples/denoise.py                 # 8,000 digits that come with the package
    python examples/denoise.py --noise 0.8     # learn from noisier pictures

Strided convolutions squeeze a digit from 28x28 to 7x7; transposed convolutions, their adjoints, spread it out
again.  The network sees noisy digits and is asked for the clean ones.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import command_line
import numpy as np
from command_line import say
from common import fit, load_digits, make_parser, plt, predict, save, start

import tinyconv as tc
from tinyconv import nn

PICTURES = ("denoised.png", "noise_levels.png")


def build_model() -> nn.Sequential:
    """Give the autoencoder: ``(N, 1, 28, 28)`` to ``(N, 1, 28, 28)``, before the sigmoid.

    An even kernel with stride 2 writes to each output pixel equally often: no checkerboard.
    """
    return nn.Sequential(
        nn.Conv2d(1, 16, kernel_size=3, stride=2, padding=1),  # 28 -> 14
        nn.ReLU(),
        nn.Conv2d(16, 32, kernel_size=3, stride=2, padding=1),  # 14 -> 7
        nn.ReLU(),
        nn.Conv2d(32, 32, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(32, 16, kernel_size=4, stride=2, padding=1),  # 7 -> 14
        nn.ReLU(),
        nn.ConvTranspose2d(16, 1, kernel_size=4, stride=2, padding=1),  # 14 -> 28
    )


def add_noise(images: tc.Tensor, noise: float) -> tc.Tensor:
    """Give the images with Gaussian noise, cut off at black and white."""
    return (images + noise * tc.randn_like(images)).clamp(0, 1)


def denoise(model: nn.Module, images: tc.Tensor) -> np.ndarray:
    """Give the model's pictures, within 0 and 1, as an array."""
    return 1 / (1 + np.exp(-predict(model, images)))


def psnr(images: np.ndarray, clean: np.ndarray) -> float:
    """Give the peak signal-to-noise ratio in decibels: 10 more is a tenth of the squared error."""
    return float(-10 * np.log10(np.mean((images - clean) ** 2)))


def blur(images: tc.Tensor) -> np.ndarray:
    """Give each pixel as the mean of the 3x3 around it: denoising without learning."""
    return tc.asnumpy(nn.functional.avg_pool2d(images, 3, stride=1, padding=1).array)


def draw_rows(rows: dict[str, np.ndarray], title: str, path: Path) -> None:
    """Draw pictures ``(N, 28, 28)`` in rows, each with its name at the left."""
    columns = len(next(iter(rows.values())))
    size = (0.9 * columns + 1.3, 0.92 * len(rows) + 0.5)
    figure, axes = plt.subplots(len(rows), columns, figsize=size, squeeze=False, layout="constrained")
    for row, (name, pictures) in zip(axes, rows.items()):
        for axis, picture in zip(row, pictures):
            axis.imshow(picture, cmap="gray", vmin=0, vmax=1)
            axis.set(xticks=[], yticks=[])
        row[0].set_ylabel(name, rotation=0, ha="right", va="center")
    figure.suptitle(title)
    save(figure, path)


def draw_levels(model: nn.Module, digit: tc.Tensor, levels: Sequence[float], trained: float, path: Path) -> None:
    """Draw one digit under more and more noise, and what the model makes of it."""
    noisy = tc.cat([add_noise(digit, level) for level in levels])
    pictures = tc.asnumpy(noisy.array)[:, 0], denoise(model, noisy)[:, 0]
    figure, axes = plt.subplots(2, len(levels), figsize=(1.25 * len(levels), 3.4), layout="constrained")
    clean = tc.asnumpy(digit.array)[0, 0]
    for axis, picture in zip(axes.flat, np.concatenate(pictures)):
        axis.imshow(picture, cmap="gray", vmin=0, vmax=1)
        axis.set(xticks=[], yticks=[])
        axis.set_xlabel(
            say("exact") if np.array_equal(picture, clean) else f"{psnr(picture, clean):.1f} dB", fontsize=9
        )
    for axis, level in zip(axes[0], levels):
        axis.set_title(say("noise {level:g}", level=level), fontsize=9)
    figure.suptitle(say("One digit under more and more noise; the model was trained at {trained:g}", trained=trained))
    save(figure, path)


def main(argv: Sequence[str] | None = None) -> None:
    """Train, compare with a blur, draw."""
    parser = make_parser(__doc__, epochs=4, lr=4e-3, out="runs/denoise")
    parser.add_argument(
        "--noise", type=command_line.spread, default=0.5, help="standard deviation of the noise; ink is 1"
    )
    begin = time.perf_counter()
    args = start(parser, argv, PICTURES)
    train_set, test_set = (load_digits(split, args) for split in ("train", "test"))
    text = "{train} digits to learn from, {test} to test on, {device}"
    print(say(text, train=len(train_set), test=len(test_set), device=args.device))

    clean = test_set[:][0]
    noisy, truth = add_noise(clean, args.noise), tc.asnumpy(clean.array)
    model = build_model()
    model.to(args.device)
    fit(
        args,
        model,
        train_set,
        lambda images, _: nn.functional.binary_cross_entropy_with_logits(model(add_noise(images, args.noise)), images),
        lambda: psnr(denoise(model, noisy), truth),
        score="test PSNR in dB",
        form=".2f",
    )
    denoised, grey = denoise(model, noisy), tc.asnumpy(noisy.array)
    text = (
        "test digits against the clean ones: noisy {noisy:.2f} dB, blurred {blurred:.2f} dB, denoised {denoised:.2f} dB"
    )
    ratios = {"noisy": psnr(grey, truth), "blurred": psnr(blur(noisy), truth), "denoised": psnr(denoised, truth)}
    print(say(text, **ratios))
    rows = {say("noisy"): grey[:12, 0], say("denoised"): denoised[:12, 0], say("clean"): truth[:12, 0]}
    draw_rows(rows, say("Test digits, which the network has never seen"), args.out / "denoised.png")
    draw_levels(model, clean[2:3], [0, 0.2, 0.4, 0.6, 0.8, 1, 1.5], args.noise, args.out / "noise_levels.png")
    print(say("{seconds:.0f} s", seconds=time.perf_counter() - begin))


if __name__ == "__main__":
    main()
