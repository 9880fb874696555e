"""Data sets, transforms and models for images, in torchvision's place.

``from tinyconv.vision import datasets, transforms``.  Needs Pillow: ``pip install '.[vision]'``.
"""

from .pillow import require_pillow

require_pillow()

from . import datasets, models, transforms, utils  # noqa: E402 - they use Pillow

__all__ = ["datasets", "models", "transforms", "utils"]
