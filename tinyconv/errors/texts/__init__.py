"""The catalogue of texts: by name, the exception's type, and what it says in English and in Chinese.

A text is a template as ``str.format`` takes it, with the same fields in both languages.  The types of the
exceptions, the names of arguments and the code that a text proposes are the same in every language.  Each file here
holds the texts of one room of the package; ``tests/errors`` holds them to the code and to each other.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import (
    absent,
    arguments,
    causes,
    chainer,
    command_line,
    creation,
    data,
    devices,
    distributed,
    engine,
    explain,
    files,
    functions,
    habits,
    layers,
    modules,
    networks,
    onnx_export,
    onnx_load,
    operations,
    optim,
    reshaping,
    settings,
    vision,
    windows,
)
from .text import Phrase, Text

ROOMS = (
    settings,
    command_line,
    absent,
    arguments,
    habits,
    devices,
    creation,
    engine,
    files,
    operations,
    functions,
    windows,
    networks,
    reshaping,
    modules,
    layers,
    optim,
    data,
    vision,
    distributed,
    chainer,
    explain,
    causes,
    onnx_load,
    onnx_export,
)

TEXTS: Mapping[str, Text] = {name: text for room in ROOMS for name, text in room.TEXTS.items()}
PHRASES: Mapping[str, Phrase] = {name: text for room in ROOMS for name, text in getattr(room, "PHRASES", {}).items()}
