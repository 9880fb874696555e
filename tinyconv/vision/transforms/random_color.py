"""Random transforms of values: colors, grays, erased rectangles, governed by ``manual_seed``."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...backend import generator
from ...creation import randn
from ...errors import refusal
from ...nn.module import Module
from ...tensor import Tensor
from . import functional as TF
from .chance import happens, integer, rectangle, uniform, uniform_pair

__all__ = [
    "ColorJitter", "GaussianBlur", "RandomErasing", "RandomGrayscale", "RandomInvert", "RandomPosterize",
    "RandomSolarize",
]  # fmt: skip


class ColorJitter(Module):
    """Brightness, contrast, saturation and hue changed at random, in random order.

    Parameters
    ----------
    brightness, contrast, saturation : float or tuple of float
        The least and the most factor; one number ``x`` is ``(max(0, 1 - x), 1 + x)``.
    hue : float or tuple of float
        The least and the most part of the circle of colors, from -0.5 to 0.5; one number is the most both ways.

    Examples
    --------
    >>> ColorJitter(brightness=0.25)
    ColorJitter(brightness=(0.75, 1.25), contrast=None, saturation=None, hue=None)
    """

    def __init__(
        self,
        brightness: float | Sequence[float] = 0,
        contrast: float | Sequence[float] = 0,
        saturation: float | Sequence[float] = 0,
        hue: float | Sequence[float] = 0,
    ):
        super().__init__()
        self.brightness = _factors(brightness, "brightness")
        self.contrast = _factors(contrast, "contrast")
        self.saturation = _factors(saturation, "saturation")
        self.hue = _hues(hue)

    @staticmethod
    def get_params(
        brightness: Sequence[float] | None,
        contrast: Sequence[float] | None,
        saturation: Sequence[float] | None,
        hue: Sequence[float] | None,
    ) -> tuple[list[int], float | None, float | None, float | None, float | None]:
        """Draw the order of the four, and the factor of each that has a range."""
        order = [int(i) for i in generator().permutation(4)]
        b, c, s, h = (pair and uniform(pair[0], pair[1]) for pair in (brightness, contrast, saturation, hue))
        return order, b, c, s, h  # type: ignore[return-value]

    def forward(self, img: Any) -> Any:
        """Give the image with other colors."""
        order, *factors = self.get_params(self.brightness, self.contrast, self.saturation, self.hue)
        steps = [TF.adjust_brightness, TF.adjust_contrast, TF.adjust_saturation, TF.adjust_hue]
        for i in order:
            factor = factors[i]
            if factor is not None:
                img = steps[i](img, factor)
        return img

    def extra_repr(self) -> str:
        """Give the ranges."""
        return f"brightness={self.brightness}, contrast={self.contrast}, saturation={self.saturation}, hue={self.hue}"


def _factors(value: Any, name: str) -> tuple[float, float] | None:
    """The range of a factor; None where that is 1 alone."""
    pair = _range(value, name, 1.0)
    if isinstance(value, numbers.Real):
        pair = max(pair[0], 0.0), pair[1]
    if not 0 <= pair[0] <= pair[1]:
        raise refusal("vision.jitter", "ColorJitter", name=name, given=pair, low=0, high="inf")
    return None if pair == (1.0, 1.0) else pair


def _hues(value: Any) -> tuple[float, float] | None:
    pair = _range(value, "hue", 0.0)
    if not -0.5 <= pair[0] <= pair[1] <= 0.5:
        raise refusal("vision.jitter", "ColorJitter", name="hue", given=pair, low=-0.5, high=0.5)
    return None if pair == (0.0, 0.0) else pair


def _range(value: Any, name: str, middle: float) -> tuple[float, float]:
    if isinstance(value, numbers.Real):
        if value < 0:
            raise refusal("vision.angle", "ColorJitter", name=name, given=value)
        return middle - float(value), middle + float(value)
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise refusal("vision.range", "ColorJitter", name=name, given=value)
    return float(value[0]), float(value[1])


class RandomGrayscale(Module):
    """Colors become grays, in as many channels as before, or not.

    Parameters
    ----------
    p : float
        How likely they do.
    """

    def __init__(self, p: float = 0.1):
        super().__init__()
        self.p = p

    def forward(self, img: Any) -> Any:
        """Give the image, or it in gray."""
        return TF.rgb_to_grayscale(img, TF.get_image_num_channels(img)) if happens(self.p) else img

    def extra_repr(self) -> str:
        """Give the probability."""
        return f"p={self.p}"


class RandomErasing(Module):
    """A rectangle of a Tensor ``(..., C, H, W)`` painted over, or not.

    Z. Zhong et al., "Random Erasing Data Augmentation", 2017 (arXiv:1708.04896).

    Parameters
    ----------
    p : float
        How likely one is.
    scale : tuple of float
        Its area, as a part of the image's: the least and the most.
    ratio : tuple of float
        Its height over its width: the least and the most.
    value : number, sequence or 'random'
        What it is painted with: one number, one for each channel, or a normal random number for each cell.
    inplace : bool
        Whether to write into the Tensor itself.

    Examples
    --------
    >>> import tinyconv as tc
    >>> bool((RandomErasing(p=1.0)(tc.ones(3, 32, 32)) == 0).any())
    True
    """

    def __init__(
        self,
        p: float = 0.5,
        scale: Sequence[float] = (0.02, 0.33),
        ratio: Sequence[float] = (0.3, 3.3),
        value: float | str | Sequence[float] = 0,
        inplace: bool = False,
    ):
        super().__init__()
        if isinstance(value, str) and value != "random":
            raise refusal("vision.erase_word", "RandomErasing", value=value)
        if not 0 <= p <= 1:
            raise refusal("vision.probability", "RandomErasing", p=p)
        self.scale = uniform_pair(scale, "scale", "RandomErasing")
        self.ratio = uniform_pair(ratio, "ratio", "RandomErasing")
        if self.scale[0] < 0 or self.scale[1] > 1:
            raise refusal("vision.parts", "RandomErasing", scale=scale)
        self.p, self.value, self.inplace = p, value, inplace

    @staticmethod
    def get_params(
        img: Tensor, scale: Sequence[float], ratio: Sequence[float], value: Sequence[float] | None = None
    ) -> tuple[int, int, int, int, Tensor]:
        """Draw top, left, height, width and content; after ten that do not fit, the whole image as it is."""
        channels, height, width = TF.get_dimensions(img)
        for _ in range(10):
            h, w = map(round, rectangle(height * width, scale, ratio))
            if h < height and w < width:
                top, left = integer(height - h + 1), integer(width - w + 1)
                if value is None:
                    return top, left, h, w, randn(channels, h, w, device=img.device)
                colors = np.asarray(value, np.float32).reshape(-1, 1, 1)
                return top, left, h, w, Tensor._of(img.device.asarray(colors))
        return 0, 0, height, width, img

    def forward(self, img: Tensor) -> Tensor:
        """Give the Tensor, perhaps with a rectangle painted over."""
        if not isinstance(img, Tensor):
            raise refusal("vision.no_tensor_yet", "RandomErasing", kind=type(img).__name__)
        if not happens(self.p):
            return img
        given = self.value if isinstance(self.value, (tuple, list)) else [self.value]
        if len(given) not in (1, TF.get_image_num_channels(img)):
            raise refusal("vision.fill", "RandomErasing", given=given, channels=TF.get_image_num_channels(img))
        value = None if self.value == "random" else given
        return TF.erase(img, *self.get_params(img, self.scale, self.ratio, value), self.inplace)  # type: ignore[arg-type]

    def extra_repr(self) -> str:
        """Give all parameters."""
        return f"p={self.p}, scale={self.scale}, ratio={self.ratio}, value={self.value}, inplace={self.inplace}"


class GaussianBlur(Module):
    """Pixels mixed with those around them, as far as is drawn anew each time.

    Parameters
    ----------
    kernel_size : int or sequence of int
        How many pixels are mixed: one odd number, or one along x and one along y.
    sigma : float or tuple of float
        The normal distribution's standard deviation: the least and the most, or one number.

    Examples
    --------
    >>> GaussianBlur(5, 1.5)
    GaussianBlur(kernel_size=(5, 5), sigma=(1.5, 1.5))
    """

    def __init__(self, kernel_size: int | Sequence[int], sigma: float | Sequence[float] = (0.1, 2.0)):
        super().__init__()
        self.kernel_size = tuple(TF.as_kernel(kernel_size, "GaussianBlur"))
        pair = (sigma, sigma) if isinstance(sigma, (int, float)) else sigma
        if not isinstance(pair, Sequence) or len(pair) != 2 or not 0 < pair[0] <= pair[1]:
            raise refusal("vision.sigma", "GaussianBlur", sigma=sigma)
        self.sigma = pair

    @staticmethod
    def get_params(sigma_min: float, sigma_max: float) -> float:
        """Draw the standard deviation."""
        return uniform(sigma_min, sigma_max)

    def forward(self, img: Any) -> Any:
        """Give the image, blurred."""
        sigma = self.get_params(self.sigma[0], self.sigma[1])
        return TF.gaussian_blur(img, self.kernel_size, [sigma, sigma])

    def __repr__(self) -> str:
        return f"GaussianBlur(kernel_size={self.kernel_size}, sigma={self.sigma})"


class RandomInvert(Module):
    """White becomes black, or not.

    Parameters
    ----------
    p : float
        How likely it does.
    """

    def __init__(self, p: float = 0.5):
        super().__init__()
        self.p = p

    def forward(self, img: Any) -> Any:
        """Give the image, or its negative."""
        return TF.invert(img) if happens(self.p) else img

    def __repr__(self) -> str:
        return f"RandomInvert(p={self.p})"


class RandomPosterize(Module):
    """The first bits of each byte are kept, or all.

    Parameters
    ----------
    bits : int
        How many, 0 to 8.
    p : float
        How likely it is done.
    """

    def __init__(self, bits: int, p: float = 0.5):
        super().__init__()
        self.bits, self.p = bits, p

    def forward(self, img: Any) -> Any:
        """Give the image, perhaps with fewer colors."""
        return TF.posterize(img, self.bits) if happens(self.p) else img

    def __repr__(self) -> str:
        return f"RandomPosterize(bits={self.bits},p={self.p})"


class RandomSolarize(Module):
    """What is bright becomes its negative, or nothing does.

    Parameters
    ----------
    threshold : float
        From which value on.
    p : float
        How likely it is done.
    """

    def __init__(self, threshold: float, p: float = 0.5):
        super().__init__()
        self.threshold, self.p = threshold, p

    def forward(self, img: Any) -> Any:
        """Give the image, perhaps solarized."""
        return TF.solarize(img, self.threshold) if happens(self.p) else img

    def __repr__(self) -> str:
        return f"RandomSolarize(threshold={self.threshold},p={self.p})"
