"""Random transforms: governed by the seed, within their ranges, each outcome as likely as it should be."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import tinyconv as tc
from tinyconv.vision import transforms as T

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 16, 3), np.uint8)
TRANSFORMS = [
    T.RandomHorizontalFlip(), T.RandomVerticalFlip(), T.RandomCrop(8, padding=2), T.RandomCrop(30, pad_if_needed=True),
    T.RandomResizedCrop(9), T.RandomRotation(40), T.RandomAffine(30, (0.2, 0.1), (0.8, 1.2), (-5, 5, -3, 3)),
    T.ColorJitter(0.4, 0.4, 0.4, 0.2), T.RandomGrayscale(0.5), T.RandomApply([T.CenterCrop(5)]),
    T.GaussianBlur(3), T.RandomInvert(), T.RandomSolarize(0.5),
    T.RandomChoice([T.CenterCrop(5), T.Pad(1)], p=[1, 3]), T.RandomOrder([T.CenterCrop(5), T.Pad(1)]),
]  # fmt: skip


@pytest.mark.parametrize(
    "transform", [*TRANSFORMS, T.RandomErasing(0.7, value="random")], ids=lambda t: type(t).__name__
)
@pytest.mark.parametrize("kind", ["image", "bytes", "floats"])
def test_the_seed_governs(transform, kind):
    images = {"image": Image.fromarray(PIXELS), "bytes": tc.from_numpy(PIXELS.transpose(2, 0, 1).copy())}
    images["floats"] = images["bytes"].float() / 255
    if isinstance(transform, T.RandomErasing) and kind != "floats":
        return
    runs = []
    for seed in (1, 1, 2):
        tc.manual_seed(seed)
        runs.append([np.asarray(transform(images[kind])) for _ in range(8)])
    assert all(np.array_equal(a, b) for a, b in zip(runs[0], runs[1]))
    assert any(a.shape != b.shape or not np.array_equal(a, b) for a, b in zip(runs[0], runs[2]))


def test_how_often():
    x = tc.tensor([[[1.0, 2.0]]])
    flipped = [bool((T.RandomHorizontalFlip(0.3)(x) != x).any()) for _ in range(2000)]
    assert 500 < sum(flipped) < 700
    chosen = [T.RandomChoice([lambda x: 0, lambda x: 1], p=[1, 3])(x) for _ in range(2000)]
    assert 1400 < sum(chosen) < 1600


def test_what_is_drawn_lies_in_its_range():
    x = tc.zeros(3, 40, 50)
    for _ in range(300):
        top, left, h, w = T.RandomResizedCrop.get_params(x, (0.2, 0.5), (0.5, 2))
        assert 0 <= top <= 40 - h
        assert 0 <= left <= 50 - w
        assert 0.17 < h * w / 2000 < 0.53
        assert 0.45 < w / h < 2.2
        angle, (dx, dy), scale, (sx, sy) = T.RandomAffine.get_params(
            (-5, 9), (0.1, 0.2), (0.5, 2), (1, 2, 3, 4), (50, 40)
        )
        assert -5 <= angle <= 9
        assert abs(dx) <= 5
        assert abs(dy) <= 8
        assert 0.5 <= scale <= 2
        assert 1 <= sx <= 2
        assert 3 <= sy <= 4
    assert T.RandomResizedCrop.get_params(x, (2.0, 2.0), (1.0, 1.0)) == (0, 5, 40, 40)  # the middle


def test_gradients_go_through():
    x = tc.rand(1, 3, 6, 5, dtype=tc.float64).requires_grad_()
    for function in (
        lambda x: T.functional.resize(x, (4, 7)), lambda x: T.functional.rotate(x, 20, T.InterpolationMode.BILINEAR),
        lambda x: T.functional.normalize(x, (0.5,), (0.2,)), lambda x: T.functional.pad(x, 2, padding_mode="reflect"),
        lambda x: T.functional.adjust_contrast(x, 0.5),
    ):  # fmt: skip
        assert tc.gradcheck(function, (x,))


def test_erasing_an_image_says_where_it_belongs():
    with pytest.raises(TypeError, match=r"RandomErasing.*Put it after ToTensor\(\)"):
        T.RandomErasing(p=0.0)(Image.fromarray(PIXELS))


def test_the_newer_place_tells_what_it_takes():
    with pytest.raises(TypeError, match="expected a Tensor, got Image"):
        T.v2.ToDtype(tc.float32)(Image.fromarray(PIXELS))
    with pytest.raises(ValueError, match="ToImage"):
        T.v2.ToImage()(PIXELS[None])
