"""When the CUDA kernels are used: for CuPy's arrays of floats, unless switched off."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from ...backend import Array
from ..geometry import ConvGeometry

__all__ = [
    "available_for",
    "depthwise_available_for",
    "in_place_available_for",
    "is_enabled",
    "plain_path",
    "set_enabled",
]

MAX_AXES = 3  # spatial axes that the kernels have loops for
FLOATS = ("float16", "float32", "float64")

_enabled = os.environ.get("TINYCONV_CUDA_KERNELS", "1") != "0"


def set_enabled(enabled: bool) -> None:
    """Use the CUDA kernels for CuPy's arrays, or the plain ``xp`` path that all devices share.

    The environment variable ``TINYCONV_CUDA_KERNELS=0`` switches them off from outside.

    Examples
    --------
    >>> set_enabled(False)
    >>> is_enabled()
    False
    >>> set_enabled(True)
    """
    global _enabled
    _enabled = bool(enabled)


def is_enabled() -> bool:
    """Tell whether the CUDA kernels may be used.

    Examples
    --------
    >>> is_enabled()
    True
    """
    return _enabled


@contextlib.contextmanager
def plain_path() -> Iterator[None]:
    """Context in which the plain ``xp`` path runs also on a GPU: to compare, to time, or to find a fault.

    Examples
    --------
    >>> with plain_path():
    ...     is_enabled()
    False
    """
    before = _enabled
    set_enabled(False)
    try:
        yield
    finally:
        set_enabled(before)


def available_for(array: Array, spatial_axes: int = 0) -> bool:
    """Tell whether the CUDA kernels compute with `array`: a CuPy array of float16, float32 or float64.

    NumPy has its own fast path, and a device that only has CuPy's names cannot run CUDA.

    Parameters
    ----------
    array : array
        Of any library.
    spatial_axes : int
        How many axes a window moves along; the kernels have loops for at most three.

    Examples
    --------
    >>> import numpy
    >>> available_for(numpy.zeros(3))
    False
    """
    kind = type(array)
    is_cupy = kind.__module__.partition(".")[0] == "cupy"
    return is_cupy and _enabled and spatial_axes <= MAX_AXES and str(array.dtype) in FLOATS


def in_place_available_for(*arrays: Array) -> bool:
    """Tell whether the CUDA kernels can change these arrays in place, element by element.

    They must be C-contiguous and of one type.

    Examples
    --------
    >>> import numpy
    >>> in_place_available_for(numpy.zeros(3), numpy.zeros(3))
    False
    """
    first = arrays[0]
    return available_for(first) and all(
        array.flags.c_contiguous and array.dtype == first.dtype and array.shape == first.shape for array in arrays
    )


def depthwise_available_for(array: Array, weight_shape: tuple[int, ...], geometry: ConvGeometry) -> bool:
    """Tell whether the depthwise kernels compute this convolution: one input channel per group.

    Without groups, one input channel is a matrix product with rows enough.

    Examples
    --------
    >>> import numpy
    >>> from tinyconv.kernels.geometry import conv_geometry
    >>> depthwise_available_for(numpy.zeros((1, 4, 5, 5)), (8, 1, 3, 3), conv_geometry((3, 3), groups=4))
    False
    """
    return weight_shape[1] == 1 and geometry.groups > 1 and available_for(array, geometry.ndim)
