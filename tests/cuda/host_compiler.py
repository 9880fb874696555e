"""Run CUDA kernels on the CPU: the text that a GPU would get, compiled by g++ behind a few lines of C++.

It proves indices and arithmetic.  It does not prove speed, nor what only a GPU has: its rounding of fused
multiply-adds, its ``exp``, its memory.
"""

from __future__ import annotations

import ctypes
import functools
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinyconv.kernels.cuda.program import FILES, Types, source

HEADERS = Path(__file__).parent / "host"
# no fused multiply-adds: each operation rounds, as NumPy's do
FLAGS = ["-std=c++17", "-O1", "-shared", "-fPIC", "-ffp-contract=off", "-Wall", "-Wno-unused-function", "-Werror"]


@functools.cache
def missing_compiler() -> str:
    """Say why kernels cannot be compiled for the CPU; empty when they can."""
    return "" if shutil.which("g++") else "g++ is not installed"


class HostKernels:
    """Kernels for the CPU, compiled into a folder; call it as ``program.compile_kernel``."""

    def __init__(self, folder: Path, flags: Sequence[str] = ()):
        self._folder = folder
        self._flags = [*FLAGS, *flags]
        self._libraries: dict[tuple[str, Types], ctypes.CDLL] = {}
        self.launched: list[tuple[str, Types]] = []

    def __call__(self, name: str, types: Types) -> Callable[..., None]:
        file = next(file for file, names in FILES.items() if name in names)
        if (file, types) not in self._libraries:
            self._libraries[file, types] = self._compile(file, types)
        self.launched.append((name, types))
        return functools.partial(_launch, self._libraries[file, types], name)

    def _compile(self, file: str, types: Types) -> ctypes.CDLL:
        text = '#include "cuda_on_host.hpp"\n' + source(file, types)
        text += "".join(f"EXPORT({name})\n" for name in FILES[file])
        code = self._folder / f"{Path(file).stem}_{len(self._libraries)}.cpp"
        code.write_text(text, encoding="utf-8")
        library = code.with_suffix(".so")
        command = ["g++", *self._flags, "-I", str(HEADERS), "-o", str(library), str(code)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return ctypes.CDLL(str(library))


def _launch(library: ctypes.CDLL, name: str, grid: tuple[int], block: tuple[int], arguments: tuple[Any, ...]) -> None:
    """Launch as ``cupy.RawKernel`` does, but refuse arguments that a GPU would misread."""
    signature = getattr(library, f"signature_of_{name}")
    signature.restype = ctypes.c_char_p
    wanted, given = signature().decode().split(), [_type_name(argument) for argument in arguments]
    if wanted != given:
        raise TypeError(f"{name} takes {wanted}, was given {given}")
    values = [_value(argument) for argument in arguments]
    pointers = (ctypes.c_void_p * len(values))(*(value.ctypes.data for value in values))
    getattr(library, f"launch_{name}")(ctypes.c_uint(grid[0]), ctypes.c_uint(block[0]), pointers)


def _type_name(argument: Any) -> str:
    if isinstance(argument, np.ndarray):
        assert argument.flags.c_contiguous
        return "*" + argument.dtype.str[1:]
    # CuPy passes Python's numbers with 64 bits; NumPy's pass with their own size
    return np.asarray(argument).dtype.str[1:]


def _value(argument: Any) -> np.ndarray:
    """What the kernel finds in its parameter: a number, or the address of an array."""
    if isinstance(argument, np.ndarray):
        return np.array(argument.ctypes.data, np.uint64)
    return np.array(argument)
