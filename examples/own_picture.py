"""A picture of your own for the examples: how it is read, made grey, and, if it is a digit, made like MNIST's.

A network reads only what looks like what it learnt from.  MNIST's digits are light ink on black, 20 pixels large, with
their centre of gravity in the middle of 28 x 28; a photo has dark ink on light paper, large, somewhere on the sheet.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from command_line import one_line, reason, say

SMALLEST, LARGEST = 32, 1024  # pixels along a side of a picture that is read
WEIGHTS = (0.299, 0.587, 0.114)  # of red, green and blue: the eye is most sensitive to green
FAINTEST = 30  # of 255: what differs less from its paper is no ink
SIDE, INK, WORKING = 28, 20, 160  # pixels: MNIST's picture, the digit in it, the photo in which the digit is looked for

PICTURE = "own_digit.png"


def read(text: str, least: int = SMALLEST) -> np.ndarray:
    """Read a picture file as bytes of red, green and blue, ``(H, W, 3)``, shrunk to at most 1024 pixels a side."""
    try:
        from PIL import Image, ImageOps
    except ImportError:
        raise argparse.ArgumentTypeError(say("reading a picture needs Pillow: pip install pillow")) from None
    try:
        with Image.open(text) as image:
            deep = image.mode[0] in "IF"  # more than eight bits, which Pillow would cut off at 255
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except Image.UnidentifiedImageError:
        told = say("{name!r} is no picture that Pillow can read; give a PNG or JPEG", name=text)
        raise argparse.ArgumentTypeError(told) from None
    except Exception as error:  # a broken file: Pillow's readers raise what they like
        told = say("cannot read {name!r}: {reason}", name=text, reason=one_line(reason(error)))
        raise argparse.ArgumentTypeError(told) from None
    upright.thumbnail((LARGEST, LARGEST))
    if deep:
        told = say("{name!r} has more than 8 bits per colour; save it with 8, as PNG or JPEG", name=text)
        raise argparse.ArgumentTypeError(told)
    if min(upright.size) < least:
        told = say(
            "{name!r} has {width} x {height} pixels; give at least {least} x {least}",
            name=text, width=upright.width, height=upright.height, least=least,
        )  # fmt: skip
        raise argparse.ArgumentTypeError(told)
    return np.asarray(upright)


def grey(picture: np.ndarray) -> np.ndarray:
    """Give the brightness of a picture ``(H, W, 3)``: float32, ``(H, W)``, 0 to 255, as the eye weighs the colours."""
    return (picture @ np.array(WEIGHTS)).astype(np.float32)


# ------------------------------------------------------------------------------ a digit


class OwnDigit(NamedTuple):
    """A photographed digit: its file's name, the photo in grey ``(H, W)``, and the digit as one of MNIST's."""

    name: str
    photo: np.ndarray
    digit: np.ndarray  # uint8, (28, 28)


def read_digit(text: str) -> OwnDigit:
    """Read a picture file that shows one digit."""
    photo = grey(read(text, SIDE))
    digit = as_mnist(photo)
    if digit is None:
        told = say("nothing stands out from the paper in {name!r}; give a picture of one digit", name=text)
        raise argparse.ArgumentTypeError(told)
    return OwnDigit(Path(text).name, photo, digit)


def as_mnist(photo: np.ndarray) -> np.ndarray | None:
    """Give a grey photo ``(H, W)`` as a digit of MNIST's kind: uint8, ``(28, 28)``; None if there is no ink on it.

    Whether the paper is light or dark is read from the picture: the ink is what differs from it most.
    """
    from PIL import Image

    small = Image.fromarray(photo.round().astype(np.uint8))
    small.thumbnail((WORKING, WORKING), Image.Resampling.BOX)  # the mean of many pixels has less noise
    ink = paper_less(np.asarray(small, float))
    ink = np.clip(ink if ink.max() >= -ink.min() else -ink, 0, None)
    if ink.max() < FAINTEST:
        return None
    rows, columns = np.nonzero(ink > 0.35 * ink.max())
    ink = np.where(ink > 0.15 * ink.max(), ink, 0)[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    scale = INK / max(ink.shape)
    width, height = (max(1, round(size * scale)) for size in ink.shape[::-1])
    levels = Image.fromarray((255 * ink / ink.max()).astype(np.uint8))
    digit = np.asarray(levels.resize((width, height), Image.Resampling.BOX), float)
    return centred(255 * digit / digit.max()).round().astype(np.uint8)


def paper_less(photo: np.ndarray) -> np.ndarray:
    """Take the paper's brightness away: the edge's, carried on inwards as a plane, for light falls from one side."""
    rows, columns = np.indices(photo.shape)
    margin = max(2, min(photo.shape) // 12)
    edge = np.ones(photo.shape, bool)
    edge[margin:-margin, margin:-margin] = False
    plane = np.stack([np.ones(photo.size), rows.ravel(), columns.ravel()], axis=1)
    coefficients, *_ = np.linalg.lstsq(plane[edge.ravel()], photo[edge], rcond=None)
    return photo - (plane @ coefficients).reshape(photo.shape)


def centred(digit: np.ndarray) -> np.ndarray:
    """Lay a digit into ``(28, 28)``, its centre of gravity in row and column 14, as MNIST's."""
    starts = []
    for axis, size in enumerate(digit.shape):
        centre = digit.sum(1 - axis) @ np.arange(size) / digit.sum()
        starts.append(int(np.clip(round(SIDE / 2 - centre), 0, SIDE - size)))
    picture = np.zeros((SIDE, SIDE))
    picture[starts[0] : starts[0] + digit.shape[0], starts[1] : starts[1] + digit.shape[1]] = digit
    return picture


def add_option(parser: argparse.ArgumentParser, kind: Callable[[str], Any], text: str) -> None:
    """Add ``--image FILE``: `kind` is :func:`read` or :func:`read_digit`, `text` the help."""
    parser.add_argument("--image", type=kind, metavar="FILE", help=text)


def tell(own: OwnDigit, scores: np.ndarray) -> np.ndarray:
    """Print what a network reads in one's own digit, from its ten scores; give them as probabilities (softmax)."""
    shares = np.exp(scores - scores.max())
    shares = shares / shares.sum()
    ranking = ", ".join(f"{i}: {shares[i]:.1%}" for i in np.argsort(-shares, kind="stable"))
    print(say("{name} is read as {digit} ({ranking})", name=own.name, digit=int(shares.argmax()), ranking=ranking))
    return shares
