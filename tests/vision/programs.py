# ruff: noqa: E501 - one expression, one piece
"""What torchvision and tinyconv are both asked: expressions of their names, on the same pictures."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

SIDES = ", padding_mode='edge'", ", padding_mode='reflect'", ", padding_mode='symmetric'"
SIZES = ["5", "[7]", "(20, 9)", "(4, 5)", "9, max_size=10"]
MODES = ["NEAREST", "BILINEAR", "BICUBIC"]


def _both(*calls: str) -> list[str]:
    """On a PIL image, on bytes and on floats."""
    return [
        f"F.{call.replace('(', f'({kind}, ' if call[-2:] != '()' else f'({kind}', 1)}"
        for call in calls
        for kind in ("p", "b", "f")
    ]


PLACES = [
    "hflip()", "vflip()", "crop(1, 2, 3, 4)", "crop(-2, -1, 9, 20)", "crop(8, 8, 9, 9)", "center_crop(5)",
    "center_crop((4, 7))", "center_crop(21)", "pad(2)", "pad((1, 2))", "pad([1, 2, 3, 0], 7)", "pad([-1, 2, 3, -2])",
    *(f"pad([1, 2, 3, 0]{side})" for side in SIDES), *(f"pad([-1, 2, 3, -2]{side})" for side in SIDES),
]  # fmt: skip
RESIZES = [f"resize({size}, interpolation=M.{mode})" for size in SIZES for mode in MODES]
TURNS = [
    *(f"rotate({angle})" for angle in (90, 180, -90, 30, -45.5)),
    *(f"rotate(30, M.BILINEAR, fill={fill})" for fill in (None, 9, [1, 2, 3])),
    "rotate(30, expand=True)", "rotate(90, expand=True)", "rotate(40, center=(2, 3), fill=5)",
    "affine(0, [2, -1], 1.0, 0.0)", "affine(30, [1, 2], 0.8, 10.0)", "affine(-20, [0, 0], 1.5, [5.0, -8.0])",
    "affine(15, [1, 0], 1.2, [3.0, 4.0], M.BILINEAR, [7.0])", "affine(15, [1, 0], 1.2, 0.0, center=[1, 2])",
]  # fmt: skip
COLORS = [
    *(f"adjust_{what}({factor})" for what in ("brightness", "contrast", "saturation") for factor in (0, 0.4, 1.7)),
    *(f"adjust_hue({factor})" for factor in (-0.5, -0.13, 0, 0.3, 0.5)),
    "adjust_gamma(0.5)", "adjust_gamma(2.2, 0.8)", "rgb_to_grayscale()", "rgb_to_grayscale(3)",
]  # fmt: skip

GROUPS: dict[str, list[str]] = {
    "places": _both(*PLACES),
    "resizes": [
        *_both(*RESIZES),
        *(f"F.resize({kind}, (4, 9), M.{mode}, antialias=False)" for kind in "bf" for mode in MODES[1:]),
        "F.resize(b, (4, 9), M.NEAREST_EXACT)", "F.resize(p, 6, M.LANCZOS)", "F.resized_crop(f, 1, 2, 5, 6, [7, 7])",
        "F.resize(p, 6, 3)",
    ],
    "turns": _both(*TURNS),
    "colors": _both(*COLORS),
    "blurs": _both(
        "gaussian_blur(3)", "gaussian_blur([5, 3], [1.5, 0.5])", "gaussian_blur((1, 7), 2)", "gaussian_blur([3, 3], [0.7])",
        "invert()", "posterize(3)", "solarize(100)", "solarize(0.4)",
    ) + ["F.gaussian_blur(t.stack([f, f * 2]), 3)", "F.gaussian_blur(p.convert('L'), 5, 1.0)"],
    "newer place": [
        "T.v2.ToImage()(a)", "T.v2.ToImage()(p)", "T.v2.ToImage()(a[..., 0])", "T.v2.ToImage()(b)",
        "T.v2.ToDtype(t.float32, scale=True)(b)", "T.v2.ToDtype(t.float32)(b)", "repr(T.v2.ToDtype(t.float32, scale=True))",
        "T.v2.Compose([T.v2.ToImage(), T.v2.ToDtype(t.float32, scale=True), T.v2.Resize((5, 6)),"
        " T.v2.Normalize([0.5] * 3, [0.2] * 3)])(p)", "T.v2.functional.hflip(f)",
    ],
    "conversions": [
        "T.ToTensor()(p)", "T.ToTensor()(p.convert('L'))", "T.ToTensor()(p.convert('1'))", "T.ToTensor()(p.convert('I'))",
        "T.ToTensor()(p.convert('F'))", "T.ToTensor()(p.convert('RGBA'))", "T.PILToTensor()(p)", "T.ToTensor()(a)",
        "T.ToTensor()(a[..., 0])", "T.ToTensor()(a / 255)", "T.ToPILImage()(b)", "T.ToPILImage()(f)", "T.ToPILImage()(a)",
        "T.ToPILImage()(f[0])", "T.ToPILImage('F')(f[:1])", "T.ToPILImage('HSV')(b)", "T.ToPILImage()(b[:2])",
        "T.Normalize((0.5, 0.4, 0.3), (0.1, 0.2, 0.3))(f)", "T.Normalize(0.5, 0.5)(f)", "T.Normalize((0.5,), (0.5,))(f)",
        "T.ConvertImageDtype(t.uint8)(f)", "T.ConvertImageDtype(t.float32)(b)", "T.ConvertImageDtype(t.int32)(b)",
        "T.ConvertImageDtype(t.uint8)(b.to(t.int32) * 2**23)", "F.erase(f, 1, 2, 3, 4, t.zeros(3, 1, 1))",
        "F.get_dimensions(p)", "F.get_dimensions(f)", "F.get_image_size(p)", "F.get_image_num_channels(f)",
        "F.hflip(t.stack([f, f * 2]))", "F.rotate(t.stack([f, f * 2]), 30, fill=[0.5])",
        "F.resize(t.stack([f, f * 2]), 5)", "F.adjust_hue(t.stack([f, f / 2]), 0.2)",
    ],
    "grids": [
        "U.make_grid(t.stack([f] * 5), nrow=3)", "U.make_grid([f, f * 2, f], padding=1, pad_value=0.5)", "U.make_grid(f)",
        "U.make_grid(f[0])", "U.make_grid(f[:1])", "U.make_grid(t.stack([f[:1]] * 3), normalize=True)",
        "U.make_grid(t.stack([f, f * 3]), normalize=True, scale_each=True)",
        "U.make_grid(t.stack([f, f * 3]), normalize=True, value_range=(0.2, 0.9))", "U.make_grid(b)", "saved(f)",
        "saved([f, f * 2])",
    ],
    "texts": [
        f"repr({made})"
        for made in (
            "T.Compose([T.ToTensor(), T.Normalize((0.1307,), (0.3081,))])", "T.Resize(5)", "T.Resize((5, 6), M.BICUBIC)",
            "T.CenterCrop(5)", "T.RandomCrop(32, padding=4)", "T.Pad(3)", "T.RandomHorizontalFlip()",
            "T.RandomVerticalFlip(0.1)", "T.RandomRotation(10)", "T.RandomRotation((0, 5), center=(1, 2))",
            "T.RandomAffine(10)", "T.RandomAffine(0, translate=(0.1, 0.2), scale=(0.5, 2), shear=5, fill=1)",
            "T.ColorJitter(0.5, (0.5, 2), 0, 0.1)", "T.Grayscale()", "T.RandomGrayscale()", "T.RandomResizedCrop(5)",
            "T.RandomErasing()", "T.GaussianBlur(5)", "T.GaussianBlur((3, 5), 2)", "T.RandomInvert()",
            "T.RandomPosterize(3)", "T.RandomSolarize(0.5, p=0.1)", "T.Lambda(abs)", "T.ConvertImageDtype(t.float32)", "T.ToPILImage()",
            "T.ToPILImage('L')", "T.PILToTensor()", "T.RandomApply([T.CenterCrop(2)], p=0.3)",
            "T.RandomChoice([T.CenterCrop(2), T.Pad(1)])", "T.RandomOrder([T.CenterCrop(2)])",
            "D.FakeData(3, transform=T.Compose([T.ToTensor()]), target_transform=T.Lambda(abs))", "D.FakeData(3)",
        )
    ],
    "errors": [
        "T.ToTensor()(5)", "T.ToTensor()(a[None])", "T.ToPILImage()(t.zeros(5, 2, 2))", "T.ToPILImage()(t.zeros(2, 2, 2, 2))",
        "T.ToPILImage('L')(f)", "T.Normalize((0.5,), (0.0,))(f)", "T.Normalize((0.5,), (0.5,))(b)",
        "T.Normalize((0.5,), (0.5,))(f[0])", "T.Normalize((0.5,), (0.5,))(p)", "T.PILToTensor()(f)", "T.Resize((1, 2, 3))",
        "T.Resize(5.5)", "F.resize(f, 5, M.LANCZOS)", "F.resize(f, 5, max_size=4)", "F.resize(f, (5, 5), max_size=9)",
        "F.pad(f, (1, 2, 3))", "F.pad(f, 1, padding_mode='wrap')", "F.pad(f, 99, padding_mode='reflect')",
        "F.pad(f, 1, (1, 2, 3))", "F.rotate(f, 10, M.BICUBIC)", "F.rotate(f, 10, fill=[1.0, 2.0])",
        "F.affine(f, 0, [1], 1.0, 0.0)", "F.affine(f, 0, [1, 1], 0.0, 0.0)", "F.adjust_hue(f, 0.6)",
        "F.adjust_brightness(f, -1)", "F.adjust_contrast(t.zeros(2, 4, 4), 0.5)", "F.rgb_to_grayscale(f, 2)", "F.hflip(5)",
        "T.RandomCrop(99)(f)", "T.RandomRotation(-1)", "T.RandomRotation((1, 2, 3))", "T.RandomAffine(0, (2, 2))",
        "T.RandomAffine(0, scale=(0, 1))", "T.ColorJitter(hue=0.7)", "T.ColorJitter(-1)", "T.ColorJitter((2, 1))",
        "T.RandomErasing(value='x')", "T.RandomErasing(p=2)", "T.RandomErasing(scale=(0, 2))", "T.Lambda(5)",
        "T.GaussianBlur(4)", "T.GaussianBlur(3, 0)", "T.GaussianBlur(3, (2, 1))", "F.gaussian_blur(f, (3, 3, 3))",
        "F.gaussian_blur(f, '3')", "F.invert(f[0])", "F.invert(t.zeros(2, 4, 4))", "F.solarize(f, 1.5)",
        "F.gaussian_blur(5, 3)", "F.gaussian_blur(f, 25)", "T.RandomPosterize(2, p=1)(f)",
        "U.make_grid(5)", "T.ConvertImageDtype(t.int32)(f)", "D.EMNIST('x', 'y')", "D.ImageFolder('no/such')",
    ],
}  # fmt: skip
PROGRAMS = [program for group in GROUPS.values() for program in group]


def picture() -> np.ndarray:
    """A picture of 13 rows and 11 columns with smooth parts, edges, grays, black and white."""
    y, x = np.mgrid[:13, :11]
    red, green = (x * 23) % 256, (y * 19 + x * 3) % 256
    pixels = np.stack([red, green, np.where(x > y, 255 - red, 40)], -1).astype(np.uint8)
    pixels[2:5, 3:6] = 128
    pixels[6, :4], pixels[7, 5:] = 0, 255
    return pixels


def names(lib: Any, vision: Any, device: Any = None) -> dict[str, Any]:
    """What the expressions are written in."""
    from PIL import Image

    pixels = picture()
    transforms = vision.transforms
    b = lib.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))
    b = b if device is None else b.to(device)
    transforms.v2 = importlib.import_module(f"{transforms.__name__}.v2")
    return {
        "t": lib, "T": transforms, "F": transforms.functional, "M": transforms.InterpolationMode, "U": vision.utils,
        "D": vision.datasets, "a": pixels, "p": Image.fromarray(pixels), "b": b, "f": b.to(lib.float32) / 255,
        "saved": lambda images: _saved(vision, images),
    }  # fmt: skip


def _saved(vision: Any, images: Any) -> Any:
    """What a file that save_image wrote shows."""
    import io

    from PIL import Image

    file = io.BytesIO()
    vision.utils.save_image(images, file, format="png")
    return Image.open(file)
