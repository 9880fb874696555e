"""From the ``.cu`` files to a launch: choose the types, compile, cut the work into blocks.

Every kernel computes one element per thread, so all are launched alike: with the number of elements, and
the arguments that follow it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ...backend import Array, device_of
from ..geometry import ConvGeometry, PoolGeometry
from ..sums import sum_dtype

__all__ = ["FILES", "Types", "Window", "launch", "source", "window_of", "with_device"]

THREADS = 256  # per block
INDEX_LIMIT = 2**31 - THREADS  # the first size whose element numbers may not fit an int

FILES = {
    "pool.cu": ("max_pool", "take_taps", "put_taps"),
    "columns.cu": ("col2im",),
    "depthwise.cu": ("depthwise", "depthwise_input_grad", "depthwise_weight_grad"),
    "cross_entropy.cu": ("cross_entropy", "cross_entropy_grad"),
    "adam.cu": ("adam_step",),
}
"""The kernels of each source file."""

_C_TYPES = {
    "float16": "__half",
    "float32": "float",
    "float64": "double",
    "uint8": "unsigned char",
    "uint16": "unsigned short",
    "uint32": "unsigned int",
    "int32": "int",
    "int64": "long long",
}

_INT = np.dtype("int32").type  # C's int


class Types(NamedTuple):
    """The types that a kernel is compiled for, by NumPy's names.

    Examples
    --------
    >>> Types("float16", "float32").index
    'int32'
    """

    value: str
    sum: str
    tap: str = "uint8"
    index: str = "int32"  # type: ignore[assignment]  # a field, and not tuple's method


@functools.cache
def _text(file: str) -> str:
    from pathlib import Path  # here: with what it brings it takes an eighth of the time of importing tinyconv

    return Path(__file__).with_name(file).read_text(encoding="utf-8")


def source(file: str, types: Types) -> str:
    """Give the CUDA C++ text of one file for these types.

    Examples
    --------
    >>> source("pool.cu", Types("float32", "float32")).splitlines()[:2]
    ['typedef float value_t;', 'typedef float sum_t;']
    """
    typedefs = "".join(f"typedef {_C_TYPES[type_]} {role}_t;\n" for role, type_ in types._asdict().items())
    include = "#include <cuda_fp16.h>\n" if types.value == "float16" else ""
    return include + typedefs + _text("common.cuh") + _text(file)


@functools.cache
def compile_kernel(name: str, types: Types) -> Callable[..., None]:
    """Give a kernel to call with ``(grid, block, arguments)``: CuPy compiles it at its first launch.

    CuPy keeps what it compiled on disk, so a kernel is compiled once per machine and set of types.

    Examples
    --------
    >>> kernel = compile_kernel("max_pool", Types("float32", "float32"))  # doctest: +SKIP
    """
    import cupy

    file = next(file for file, kernels in FILES.items() if name in kernels)
    return cupy.RawKernel(source(file, types), name)


class Window(NamedTuple):
    """A window's 18 numbers in the order of the kernels' parameters: six sizes of three axes each.

    Examples
    --------
    >>> Window((0, 1, 2)).numbers
    (0, 1, 2)
    """

    numbers: tuple[int, ...]


@functools.lru_cache(maxsize=256)
def window_of(
    geometry: ConvGeometry | PoolGeometry,
    input_size: tuple[int, ...],
    output_size: tuple[int, ...],
    kernel_size: tuple[int, ...],
) -> Window:
    """Give the :class:`Window` of a geometry with one to three spatial axes; missing axes come first.

    Examples
    --------
    >>> from tinyconv.kernels.geometry import conv_geometry
    >>> window_of(conv_geometry((3,), stride=2, padding=1), (8,), (4,), (3,)).numbers
    (1, 1, 8, 1, 1, 4, 1, 1, 3, 1, 1, 2, 0, 0, 1, 1, 1, 1)
    """
    missing = 3 - len(geometry.stride)
    ones, zeros = (1,) * missing, (0,) * missing
    low = tuple(before for before, _ in geometry.padding)
    sizes = ones + input_size + ones + output_size + ones + kernel_size
    return Window(sizes + ones + geometry.stride + zeros + low + ones + geometry.dilation)


def launch(name: str, count: int, values: Array, *arguments: Any, tap: str = "uint8") -> None:
    """Run a kernel for `count` elements.

    Parameters
    ----------
    name : str
        The kernel.
    count : int
        How many elements it computes; 0 launches nothing, which CUDA would refuse.
    values : array
        Any array of the type that ``value_t`` shall be.
    *arguments
        What the kernel takes after the count.  Arrays must be C-contiguous.  A float becomes a ``sum_t``,
        an int an ``index_t``, a bool an ``int``, a :class:`Window` its 18 ints: left to
        itself CuPy would pass 64 bits, and a kernel that takes 32 would read something else.
    tap : str
        The type of taps.

    Raises
    ------
    ValueError
        If an array is not C-contiguous: the kernel would read its elements in another order.

    Examples
    --------
    >>> import numpy
    >>> launch("adam_step", 0, numpy.zeros(0, "float32"))  # nothing to do
    """
    if count == 0:
        return
    arrays = [argument for argument in arguments if hasattr(argument, "strides") and argument.ndim]
    largest = max([count, *(array.size for array in arrays)])
    index = "int32" if largest < INDEX_LIMIT else "int64"
    types = Types(str(values.dtype), str(sum_dtype(values)), tap, index)
    passed: list[Any] = [np.dtype(index).type(count)]
    for argument in arguments:
        passed += _passed(name, argument, types)
    compile_kernel(name, types)((-(-count // THREADS),), (THREADS,), tuple(passed))


def _passed(name: str, argument: Any, types: Types) -> list[Any]:
    """Give an argument as the kernel takes it."""
    if isinstance(argument, Window):
        return [_INT(number) for number in argument.numbers]
    if isinstance(argument, bool):
        return [_INT(argument)]
    if isinstance(argument, int):
        return [np.dtype(types.index).type(argument)]
    if isinstance(argument, float):
        return [np.dtype(types.sum).type(argument)]
    if not argument.flags.c_contiguous:
        raise ValueError(
            f"{name}: an array of shape {argument.shape} and strides {argument.strides} is not C-contiguous; "
            f"give xp.ascontiguousarray(array)"
        )
    return [argument]


def with_device(function: Callable) -> Callable:
    """Run a function on the device of its first argument: a kernel starts on whichever device is current.

    Examples
    --------
    >>> import numpy
    >>> with_device(lambda array: array.size)(numpy.zeros(3))
    3
    """

    @functools.wraps(function)
    def on_its_device(array: Array, *args: Any, **options: Any) -> Any:
        with device_of(array).use():
            return function(array, *args, **options)

    return on_its_device
