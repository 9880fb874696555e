"""Images of noise, to try a program with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...errors import refusal
from ..transforms.functional import to_pil_image
from .base import VisionDataset

__all__ = ["FakeData"]


class FakeData(VisionDataset):
    """Random images and labels: sample ``i`` is the same each time, whatever the seed.

    Parameters
    ----------
    size : int
        How many.
    image_size : tuple of int
        ``(C, H, W)``.
    num_classes : int
        Labels are 0 to one less.
    transform : callable, optional
        Called on each image, a PIL image.
    target_transform : callable, optional
        Called on each label, an int.
    random_offset : int
        Another one gives other images.

    Examples
    --------
    >>> image, label = FakeData(image_size=(3, 8, 6))[0]
    >>> image.size, 0 <= label < 10
    ((6, 8), True)
    """

    def __init__(
        self,
        size: int = 1000,
        image_size: tuple[int, int, int] = (3, 224, 224),
        num_classes: int = 10,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        random_offset: int = 0,
    ):
        super().__init__(transform=transform, target_transform=target_transform)
        self.size, self.image_size, self.num_classes = size, image_size, num_classes
        self.random_offset = random_offset

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        """Give the image and label at `index`, transformed."""
        if index >= len(self):
            raise refusal("data.subset_index", "FakeData", index=index, size=len(self))
        draw = np.random.default_rng((index + self.random_offset) % 2**64)
        channels, height, width = self.image_size
        pixels = draw.integers(0, 256, (height, width, channels), np.uint8)
        return self.transformed(to_pil_image(pixels), int(draw.integers(self.num_classes)))
