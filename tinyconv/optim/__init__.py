"""Optimisers and learning-rate schedules, with PyTorch's names and numbers."""

from typing import NoReturn

from ..absent import missing as _missing
from . import lr_scheduler
from .adagrad import Adagrad
from .adam import Adam, AdamW
from .optimizer import Optimizer
from .rmsprop import RMSprop
from .sgd import SGD

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "Optimizer", "RMSprop", "lr_scheduler"]


def __getattr__(name: str) -> NoReturn:
    raise _missing(__name__, name)
