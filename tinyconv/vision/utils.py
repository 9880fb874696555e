"""Many images in one picture, and pictures in files."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import IO, Any, NoReturn

import numpy as np

from ..absent import missing as _missing
from ..autograd import no_grad
from ..creation import full
from ..errors import refusal
from ..ops import cat, clamp, stack
from ..tensor import Tensor
from .transforms.functional import to_pil_image

__all__ = ["make_grid", "save_image"]


def __getattr__(name: str) -> NoReturn:
    raise _missing(__name__, name)


def make_grid(
    tensor: Tensor | Sequence[Tensor],
    nrow: int = 8,
    padding: int = 2,
    normalize: bool = False,
    value_range: tuple[float, float] | None = None,
    scale_each: bool = False,
    pad_value: float = 0.0,
) -> Tensor:
    """Lay images side by side, row by row.

    Parameters
    ----------
    tensor : Tensor or list of Tensors
        ``(B, C, H, W)``, or images of one size ``(C, H, W)``; one channel becomes three.
    nrow : int
        Images in a row.
    padding : int
        Pixels between them, and around.
    normalize : bool
        Whether to bring the values into [0, 1].
    value_range : tuple of float, optional
        What becomes 0 and 1; the least and the most value by default.
    scale_each : bool
        Whether each image has a range of its own.
    pad_value : float
        Of the pixels between.

    Returns
    -------
    Tensor
        ``(C, H', W')``.

    Raises
    ------
    TypeError
        If it is no Tensor and no list of them.

    Examples
    --------
    >>> import tinyconv as tc
    >>> make_grid(tc.zeros(10, 1, 28, 28), nrow=5).shape
    (3, 62, 152)
    """
    with no_grad():
        images = _as_batch(tensor)
        if normalize:
            parts = [images[i] for i in range(len(images))] if scale_each else [images]
            images = stack([_in_range(x, value_range) for x in parts]).reshape(images.shape)
        return images[0] if len(images) == 1 else _laid(images, nrow, padding, pad_value)


def _as_batch(tensor: Any) -> Tensor:
    """Images ``(B, C, H, W)`` of other than one channel."""
    if isinstance(tensor, (list, tuple)) and tensor and all(isinstance(t, Tensor) for t in tensor):
        tensor = stack(list(tensor))
    if not isinstance(tensor, Tensor):
        raise refusal("vision.grid", "make_grid", kind=type(tensor).__name__)
    if not 2 <= tensor.ndim <= 4:
        raise refusal("vision.grid_axes", "make_grid", shape=tensor.shape)
    images = tensor[(None,) * (3 - tensor.ndim)] if tensor.ndim < 3 else tensor
    images = images[None] if images.ndim == 3 else images
    return cat([images] * 3, 1) if images.shape[1] == 1 else images


def _in_range(x: Tensor, value_range: tuple[float, float] | None) -> Tensor:
    if x.dtype.kind != "f":
        raise refusal("vision.no_floats", "make_grid", dtype=x.dtype)
    low, high = value_range or (float(x.min()), float(x.max()))
    return (clamp(x, low, high) - low) / max(high - low, 1e-5)


def _laid(images: Tensor, nrow: int, padding: int, pad_value: float) -> Tensor:
    count, channels, h, w = images.shape
    columns = min(nrow, count)
    height, width = h + padding, w + padding
    size = channels, height * math.ceil(count / columns) + padding, width * columns + padding
    grid = full(size, pad_value, dtype=images.dtype, device=images.device)
    for i in range(count):
        top, left = (place * side + padding for place, side in zip(divmod(i, columns), (height, width)))
        grid[:, top : top + h, left : left + w] = images[i]
    return grid


def save_image(
    tensor: Tensor | Sequence[Tensor],
    fp: str | os.PathLike[str] | IO[bytes],
    format: str | None = None,
    **kwargs: Any,
) -> None:
    """Write images with values within [0, 1] to one picture file.

    Parameters
    ----------
    tensor : Tensor or list of Tensors
        As for :func:`make_grid`.
    fp : str, os.PathLike or file
        Where to.
    format : str, optional
        Pillow's name of the format; what the file's name ends in by default.
    **kwargs
        As for :func:`make_grid`.

    Examples
    --------
    >>> import io, tinyconv as tc
    >>> file = io.BytesIO()
    >>> save_image(tc.rand(4, 3, 8, 8), file, "png")
    >>> file.getvalue()[1:4]
    b'PNG'
    """
    with no_grad():
        grid = make_grid(tensor, **kwargs)
        pixels = clamp(grid * 255 + 0.5, 0, 255).to(np.dtype(np.uint8))
    to_pil_image(pixels).save(fp, format=format)
