"""Channels traded for pixels: sub-pixel convolution's last step, and its inverse."""

from __future__ import annotations

from ..arguments import checked
from ..autograd import Tensor
from ..errors import refusal

__all__ = ["channel_shuffle", "pixel_shuffle", "pixel_unshuffle"]


@checked
def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Lay ``r**2`` channels out as blocks of r by r pixels: ``(*, C*r**2, H, W)`` becomes ``(*, C, H*r, W*r)``.

    Raises
    ------
    RuntimeError
        If ``r**2`` does not divide the channels, or there are fewer than 3 dimensions.

    References
    ----------
    W. Shi et al., "Real-time single image and video super-resolution using an efficient sub-pixel convolutional neural
    network", CVPR 2016.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.pixel_shuffle(tc.arange(4).reshape(4, 1, 1), 2)
    tensor([[[0, 1],
             [2, 3]]])
    """
    _check("pixel_shuffle", "upscale_factor", input, upscale_factor)
    r, (channels, height, width) = upscale_factor, input.shape[-3:]
    if channels % (r * r):
        raise refusal("pixel.channels", "pixel_shuffle", channels=channels, factor=r, square=r * r)
    lead, n = input.shape[:-3], input.ndim - 3
    blocks = input.reshape((*lead, channels // (r * r), r, r, height, width))
    rows = blocks.permute((*range(n), n, n + 3, n + 1, n + 4, n + 2))
    return rows.reshape((*lead, channels // (r * r), height * r, width * r))


@checked
def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Undo :func:`pixel_shuffle`: ``(*, C, H*r, W*r)`` becomes ``(*, C*r**2, H, W)``.

    Raises
    ------
    RuntimeError
        If r does not divide height and width, or there are fewer than 3 dimensions.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.pixel_unshuffle(tc.zeros(1, 4, 6), 2).shape
    (4, 2, 3)
    """
    _check("pixel_unshuffle", "downscale_factor", input, downscale_factor)
    r, (channels, height, width) = downscale_factor, input.shape[-3:]
    for name, size in (("height", height), ("width", width)):
        if size % r:
            raise refusal("pixel.side", "pixel_unshuffle", name=name, size=size, factor=r)
    lead, n = input.shape[:-3], input.ndim - 3
    blocks = input.reshape((*lead, channels, height // r, r, width // r, r))
    taken = blocks.permute((*range(n), n, n + 2, n + 4, n + 1, n + 3))
    return taken.reshape((*lead, channels * r * r, height // r, width // r))


def _check(function: str, name: str, x: Tensor, factor: int) -> None:
    if x.ndim < 3:
        raise refusal("pixel.ndim", function, x=x)
    if factor < 1:
        raise refusal("pixel.factor", function, name=name, factor=factor)


@checked
def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Deal the channels of ``(N, C, *)`` anew: one of each group in turn, so that grouped convolutions mix.

    Raises
    ------
    RuntimeError
        If the groups do not divide the channels.

    References
    ----------
    X. Zhang et al., "ShuffleNet", CVPR 2018.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.functional.channel_shuffle(tc.arange(4).reshape(1, 4, 1), 2).flatten()
    tensor([0, 2, 1, 3])
    """
    if input.ndim < 3:
        raise refusal("pixel.ndim", "channel_shuffle", x=input)
    batch, channels = input.shape[:2]
    if groups < 1 or channels % groups:
        raise refusal("pixel.groups", "channel_shuffle", groups=groups, channels=channels)
    grouped = input.reshape((batch, groups, channels // groups, *input.shape[2:]))
    return grouped.transpose(1, 2).reshape(input.shape)
