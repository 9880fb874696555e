"""Learning-rate schedules: call ``scheduler.step()`` after ``optimizer.step()``.

A schedule computes each rate from the present one, as PyTorch does, so that a rate changed by hand, or
by a second schedule, is respected.  It is at ``last_epoch`` 0 when made, and each ``step()`` adds 1
(an "epoch" is whatever time passes between two calls: for :class:`OneCycleLR` it is a batch).
"""

from __future__ import annotations

from typing import NoReturn

from ...absent import missing as _missing
from .base import LRScheduler
from .cycles import CosineAnnealingWarmRestarts, CyclicLR
from .epochs import CosineAnnealingLR, ExponentialLR, LambdaLR, MultiStepLR, OneCycleLR, StepLR
from .factors import ConstantLR, LinearLR, MultiplicativeLR, PolynomialLR
from .plateau import ReduceLROnPlateau
from .together import ChainedScheduler, SequentialLR

_LRScheduler = LRScheduler  # PyTorch's older name of the base

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]


def __getattr__(name: str) -> NoReturn:
    raise _missing(__name__, name)
