"""Optimisers and learning-rate schedules, with PyTorch's names and numbers."""

from typing import NoReturn

from ..absent import missing as _missing
from . import lr_scheduler
from .adadelta import Adadelta
from .adagrad import Adagrad
from .adam import Adam, AdamW
from .adamax import Adamax
from .optimizer import Optimizer
from .rmsprop import RMSprop
from .sgd import SGD

__all__ = ["SGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "Optimizer", "RMSprop", "lr_scheduler"]


def __getattr__(name: str) -> NoReturn:
    raise _missing(__name__, name)
