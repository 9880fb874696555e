"""Random transforms of places: crops, flips, turns; drawn from tinyconv's generator, which ``manual_seed`` governs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...errors import refusal
from ...nn.module import Module
from . import functional as TF
from .chance import as_angles, happens, integer, rectangle, uniform, uniform_pair
from .modes import InterpolationMode, as_mode

__all__ = [
    "RandomAffine", "RandomCrop", "RandomHorizontalFlip", "RandomResizedCrop", "RandomRotation", "RandomVerticalFlip",
]  # fmt: skip


class RandomHorizontalFlip(Module):
    """Left becomes right, or not.

    Parameters
    ----------
    p : float
        How likely it does.

    Examples
    --------
    >>> import tinyconv as tc
    >>> RandomHorizontalFlip(p=1.0)(tc.tensor([[[1, 2, 3]]]))
    tensor([[[3, 2, 1]]])
    """

    def __init__(self, p: float = 0.5):
        super().__init__()
        self.p = p

    def forward(self, img: Any) -> Any:
        """Give the image or its mirror image."""
        return TF.hflip(img) if happens(self.p) else img

    def extra_repr(self) -> str:
        """Give the probability."""
        return f"p={self.p}"


class RandomVerticalFlip(RandomHorizontalFlip):
    """Top becomes bottom, or not.

    Parameters
    ----------
    p : float
        How likely it does.
    """

    def forward(self, img: Any) -> Any:
        """Give the image or its mirror image."""
        return TF.vflip(img) if happens(self.p) else img


class RandomCrop(Module):
    """A part of an image, from anywhere in it.

    Parameters
    ----------
    size : int or sequence of int
        ``(height, width)`` of the part, or one number for both.
    padding : int or sequence of int, optional
        Pixels added at the sides first, as by :func:`~tinyconv.vision.transforms.functional.pad`.
    pad_if_needed : bool
        Whether an image that is too small is padded until it is large enough, on both sides alike.
    fill, padding_mode
        What is added.

    Examples
    --------
    >>> import tinyconv as tc
    >>> RandomCrop(32, padding=4)(tc.zeros(3, 32, 32)).shape
    (3, 32, 32)
    """

    def __init__(
        self,
        size: int | Sequence[int],
        padding: int | Sequence[int] | None = None,
        pad_if_needed: bool = False,
        fill: Any = 0,
        padding_mode: str = "constant",
    ):
        super().__init__()
        self.size = TF.as_size(size, "RandomCrop")
        self.padding, self.pad_if_needed = padding, pad_if_needed
        self.fill, self.padding_mode = fill, padding_mode

    @staticmethod
    def get_params(img: Any, output_size: Sequence[int]) -> tuple[int, int, int, int]:
        """Draw the part: top, left, height, width."""
        _, h, w = TF.get_dimensions(img)
        height, width = output_size
        if height > h or width > w:
            raise refusal("vision.crop_size", "RandomCrop", size=(height, width), image=(h, w))
        return integer(h - height + 1), integer(w - width + 1), height, width

    def forward(self, img: Any) -> Any:
        """Give a part of the image."""
        if self.padding is not None:
            img = TF.pad(img, self.padding, self.fill, self.padding_mode)
        if self.pad_if_needed:
            _, height, width = TF.get_dimensions(img)
            missing = [max(self.size[1] - width, 0), max(self.size[0] - height, 0)]
            img = TF.pad(img, missing, self.fill, self.padding_mode)
        return TF.crop(img, *self.get_params(img, self.size))

    def extra_repr(self) -> str:
        """Give size and padding."""
        return f"size={self.size}, padding={self.padding}"


class RandomResizedCrop(Module):
    """A part of an image of any place, size and shape, made of one size.

    C. Szegedy et al., "Going Deeper with Convolutions", 2014 (arXiv:1409.4842).

    Parameters
    ----------
    size : int or sequence of int
        ``(height, width)`` of the result, or one number for both.
    scale : tuple of float
        The part's area, as a part of the image's: the least and the most.
    ratio : tuple of float
        Its width over its height: the least and the most.
    interpolation, antialias
        As for :func:`~tinyconv.vision.transforms.functional.resize`.
    """

    def __init__(
        self,
        size: int | Sequence[int],
        scale: Sequence[float] = (0.08, 1.0),
        ratio: Sequence[float] = (3.0 / 4.0, 4.0 / 3.0),
        interpolation: InterpolationMode | int = InterpolationMode.BILINEAR,
        antialias: bool | None = True,
    ):
        super().__init__()
        self.size = TF.as_size(size, "RandomResizedCrop")
        self.scale = uniform_pair(scale, "scale", "RandomResizedCrop")
        self.ratio = uniform_pair(ratio, "ratio", "RandomResizedCrop")
        self.interpolation = as_mode(interpolation, "RandomResizedCrop")
        self.antialias = antialias

    @staticmethod
    def get_params(img: Any, scale: Sequence[float], ratio: Sequence[float]) -> tuple[int, int, int, int]:
        """Draw the part: top, left, height, width; after ten that do not fit, the largest in the middle."""
        _, height, width = TF.get_dimensions(img)
        for _ in range(10):
            w, h = map(round, rectangle(height * width, scale, ratio))
            if 0 < w <= width and 0 < h <= height:
                return integer(height - h + 1), integer(width - w + 1), h, w
        w = min(width, round(height * max(ratio)))
        h = min(height, round(width / min(ratio)))
        return (height - h) // 2, (width - w) // 2, h, w

    def forward(self, img: Any) -> Any:
        """Give a part of the image, resized."""
        part = self.get_params(img, self.scale, self.ratio)
        return TF.resized_crop(img, *part, self.size, self.interpolation, self.antialias)

    def extra_repr(self) -> str:
        """Give all parameters."""
        scale, ratio = (tuple(round(x, 4) for x in pair) for pair in (self.scale, self.ratio))
        return (
            f"size={self.size}, scale={scale}, ratio={ratio}, interpolation={self.interpolation.value}, "
            f"antialias={self.antialias}"
        )


class RandomRotation(Module):
    """An image turned by a random angle.

    Parameters
    ----------
    degrees : float or sequence of float
        The least and the most, against the clock; one number is the most both ways.
    interpolation, expand, center, fill
        As for :func:`~tinyconv.vision.transforms.functional.rotate`.

    Examples
    --------
    >>> RandomRotation(30)
    RandomRotation(degrees=[-30.0, 30.0], interpolation=nearest, expand=False, fill=0)
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        interpolation: InterpolationMode | int = InterpolationMode.NEAREST,
        expand: bool = False,
        center: Sequence[float] | None = None,
        fill: Any = 0,
    ):
        super().__init__()
        self.degrees = as_angles(degrees, "degrees", "RandomRotation")
        self.interpolation = as_mode(interpolation, "RandomRotation")
        self.expand, self.center, self.fill = expand, center, 0 if fill is None else fill

    @staticmethod
    def get_params(degrees: Sequence[float]) -> float:
        """Draw the angle."""
        return uniform(degrees[0], degrees[1])

    def forward(self, img: Any) -> Any:
        """Give the image turned."""
        return TF.rotate(img, self.get_params(self.degrees), self.interpolation, self.expand, self.center, self.fill)

    def extra_repr(self) -> str:
        """Give all parameters."""
        center = "" if self.center is None else f", center={self.center}"
        return (
            f"degrees={self.degrees}, interpolation={self.interpolation.value}, expand={self.expand}{center}, "
            f"fill={self.fill}"
        )


class RandomAffine(Module):
    """An image sheared, scaled, turned and moved at random.

    Parameters
    ----------
    degrees : float or sequence of float
        The least and the most angle, with the clock; one number is the most both ways.
    translate : tuple of float, optional
        The most that it moves, as parts of its width and of its height.
    scale : tuple of float, optional
        The least and the most that it grows.
    shear : float or sequence of float, optional
        The least and the most angle along x; of four numbers the last two are along y.
    interpolation, fill, center
        As for :func:`~tinyconv.vision.transforms.functional.affine`.

    Examples
    --------
    >>> RandomAffine(0, translate=(0.1, 0.1))
    RandomAffine(degrees=[0.0, 0.0], translate=(0.1, 0.1))
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        translate: Sequence[float] | None = None,
        scale: Sequence[float] | None = None,
        shear: float | Sequence[float] | None = None,
        interpolation: InterpolationMode | int = InterpolationMode.NEAREST,
        fill: Any = 0,
        center: Sequence[float] | None = None,
    ):
        super().__init__()
        self.degrees = as_angles(degrees, "degrees", "RandomAffine")
        if translate is not None and (len(translate) != 2 or not all(0 <= t <= 1 for t in translate)):
            raise refusal("vision.translations", "RandomAffine", translate=translate)
        if scale is not None and (len(scale) != 2 or min(scale) <= 0):
            raise refusal("vision.scales", "RandomAffine", scale=scale)
        self.translate, self.scale = translate, scale
        self.shear = None if shear is None else as_angles(shear, "shear", "RandomAffine", (2, 4))
        self.interpolation = as_mode(interpolation, "RandomAffine")
        self.fill, self.center = 0 if fill is None else fill, center

    @staticmethod
    def get_params(
        degrees: Sequence[float],
        translate: Sequence[float] | None,
        scale_ranges: Sequence[float] | None,
        shears: Sequence[float] | None,
        img_size: Sequence[int],
    ) -> tuple[float, tuple[int, int], float, tuple[float, float]]:
        """Draw angle, translation, scale and shear for an image of ``(width, height)``."""
        angle = uniform(degrees[0], degrees[1])
        most_x, most_y = (0.0, 0.0) if translate is None else (t * n for t, n in zip(translate, img_size))
        moved = round(uniform(-most_x, most_x)), round(uniform(-most_y, most_y))
        scale = 1.0 if scale_ranges is None else uniform(scale_ranges[0], scale_ranges[1])
        least_x, most_x, least_y, most_y = (*(shears or (0.0, 0.0)), 0.0, 0.0)[:4]
        return angle, moved, scale, (uniform(least_x, most_x), uniform(least_y, most_y))

    def forward(self, img: Any) -> Any:
        """Give the image transformed."""
        size = TF.get_image_size(img)
        drawn = self.get_params(self.degrees, self.translate, self.scale, self.shear, size)
        return TF.affine(img, *drawn, self.interpolation, self.fill, self.center)

    def extra_repr(self) -> str:
        """Give the parameters that are not left out."""
        nearest = self.interpolation is InterpolationMode.NEAREST
        shown = {
            "translate": self.translate,
            "scale": self.scale,
            "shear": self.shear,
            "interpolation": None if nearest else self.interpolation.value,
            "fill": None if self.fill == 0 else self.fill,
            "center": self.center,
        }
        return f"degrees={self.degrees}" + "".join(f", {k}={v}" for k, v in shown.items() if v is not None)
