"""What random transforms draw, all from tinyconv's generator, and checks of the ranges that they draw from."""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence
from typing import Any

from ...backend import generator
from ...errors import refusal

__all__ = ["as_angles", "happens", "integer", "rectangle", "uniform", "uniform_pair"]


def happens(p: float) -> bool:
    """Draw whether something of probability `p` happens.

    Examples
    --------
    >>> happens(0.0), happens(1.0)
    (False, True)
    """
    return bool(generator().random() < p)


def uniform(low: float, high: float) -> float:
    """Draw a number from ``[low, high]``.

    Examples
    --------
    >>> uniform(2.0, 2.0)
    2.0
    """
    return low + (high - low) * float(generator().random())


def integer(below: int) -> int:
    """Draw one of 0, 1, ... ``below - 1``.

    Examples
    --------
    >>> integer(1)
    0
    """
    return int(generator().integers(below))


def rectangle(area: int, scale: Sequence[float], ratio: Sequence[float]) -> tuple[float, float]:
    """Draw the sides of a rectangle: ``(sqrt(area * r), sqrt(area / r))``.

    Its area is a part of `area` within `scale`; the logarithm of ``r`` is uniform within that of `ratio`, so that
    1/2 is as likely as 2.

    Examples
    --------
    >>> rectangle(200, (0.5, 0.5), (1, 1))
    (10.0, 10.0)
    """
    part = area * uniform(*scale)
    r = math.exp(uniform(math.log(ratio[0]), math.log(ratio[1])))
    return math.sqrt(part * r), math.sqrt(part / r)


def uniform_pair(value: Any, name: str, function: str) -> tuple[float, float]:
    """Check a range ``(low, high)``.

    Examples
    --------
    >>> uniform_pair((1, 2), "scale", "RandomErasing")
    (1, 2)
    """
    if not isinstance(value, Sequence) or len(value) != 2:
        raise refusal("vision.range", function, name=name, given=value)
    if value[0] > value[1]:
        raise refusal("vision.range_order", function, name=name, given=value)
    return value[0], value[1]


def as_angles(value: Any, name: str, function: str, sizes: Sequence[int] = (2,)) -> list[float]:
    """Give ``[-value, value]`` for one number, and a sequence as it is.

    Examples
    --------
    >>> as_angles(10, "degrees", "RandomRotation")
    [-10.0, 10.0]
    """
    if isinstance(value, numbers.Real):
        if value < 0:
            raise refusal("vision.angle", function, name=name, given=value)
        return [float(-value), float(value)]
    if not isinstance(value, Sequence) or len(value) not in sizes:
        raise refusal("vision.angles", function, name=name, given=value, sizes=" / ".join(map(str, sizes)))
    return [float(angle) for angle in value]
